//! Rotation wherever it breaks off; master keys from outside; blocks that were written half.

use super::*;

/// Where a rotation breaks off: after so many writes to the store.
struct Breaking(MemoryKeys, usize);

impl Breaking {
    fn write(&mut self) -> Result<(), StoreFault> {
        let gone = || StoreFault { reason: "store-io", source: "the power is gone".into() };
        self.1 = self.1.checked_sub(1).ok_or_else(gone)?;
        Ok(())
    }
}

impl KeyStore for Breaking {
    fn next_free_slot(&self) -> Result<Slot, StoreFault> {
        self.0.next_free_slot()
    }

    fn mint_block(&mut self, block: &[(SubjectId, Vec<u8>)]) -> Result<Range<Slot>, StoreFault> {
        self.0.mint_block(block)
    }

    fn key(&self, slot: Slot) -> Result<Option<StoredKey>, StoreFault> {
        self.0.key(slot)
    }

    fn destroy(&mut self, slot: Slot, at: Timestamp) -> Result<bool, StoreFault> {
        self.0.destroy(slot, at)
    }

    fn ring(&self) -> Result<Vec<RingKey>, StoreFault> {
        self.0.ring()
    }

    fn put_ring(&mut self, keys: &[RingKey], at: Timestamp) -> Result<(), StoreFault> {
        self.write()?;
        self.0.put_ring(keys, at)
    }

    fn keep_ring(&mut self, master: [u8; 8], version: u64) -> Result<(), StoreFault> {
        self.write()?;
        self.0.keep_ring(master, version)
    }

    fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>, StoreFault> {
        self.0.secrets()
    }

    fn put_secrets(
        &mut self,
        secrets: &[(String, Vec<u8>)],
        at: Timestamp,
    ) -> Result<(), StoreFault> {
        self.write()?;
        self.0.put_secrets(secrets, at)
    }

    fn rewrap(&mut self, block: &[(Slot, Vec<u8>)]) -> Result<(), StoreFault> {
        for one in block {
            self.write()?;
            self.0.rewrap(std::slice::from_ref(one))?;
        }
        Ok(())
    }
}

#[test]
fn a_rotation_wraps_every_key_anew_wherever_it_breaks_off() {
    let at = Timestamp::from_secs(5);
    for writes in [0, 1, 2, 500, 1_024, 1_025, 1_026, usize::MAX] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let file = FileKeys::create(&path).unwrap();
        let store = MemoryKeys::default();
        let open = || {
            let keys = Box::new(FileKeys::at(&path));
            Vault::open(keys, Box::new(store.clone()), "acme", 1)
        };
        let mut vault = open().unwrap();
        let ids: Vec<_> = (2..50).map(|slot| vault.id(slot).unwrap()).collect();
        let blind = vault.tenant().blind.of(&[b"x"]);
        let words = vault.sealer(&[9]).unwrap().digest(b"word");
        vault.destroy(11, at).unwrap();
        vault.keep_secret("log", b"signs", at).unwrap();
        vault.keep_secret("log", b"signs the log", at).unwrap();
        assert_eq!(vault.secret("other").unwrap(), None);
        let sealed = store.secrets().unwrap();
        let old = file.master().unwrap();
        let kept: Vec<_> = (1..50).map(|slot| store.key(slot).unwrap()).collect();
        let broken = rotate(&file, &mut Breaking(store.clone(), writes), "acme", at);
        assert_eq!(broken.is_err(), writes <= 1_025, "{writes}: {broken:?}");
        let vault = open().unwrap();
        vault.opener(&[9]).unwrap();
        assert_eq!(&vault.secret("log").unwrap().unwrap()[..], b"signs the log");
        if broken.is_err() {
            let went_on = rotate(&file, &mut store.clone(), "acme", at).unwrap();
            assert_eq!((went_on.version, went_on.resumed), (1, writes > 0), "{writes}");
        }
        let mut vault = open().unwrap();
        assert_eq!((2..50).map(|slot| vault.id(slot).unwrap()).collect::<Vec<_>>(), ids);
        assert_eq!(vault.tenant().blind.of(&[b"x"]), blind, "what is found stays found");
        assert_eq!(vault.sealer(&[9]).unwrap().digest(b"word"), words);
        assert_eq!(&vault.secret("log").unwrap().unwrap()[..], b"signs the log");
        assert_eq!(vault.sealer(&[11]).err().map(|error| error.code()), Some("key-erased"));
        assert!(!folder.path().join("key.next").exists());
        assert_eq!(store.ring().unwrap().len(), 2);
        // The old master key opens neither the ring nor anything below the old wrapping.
        assert_ne!(*file.master().unwrap().bytes(), *old.bytes());
        let before = ring::Ring::open(&old, "acme", &store.ring().unwrap()).unwrap();
        let now = store.secrets().unwrap();
        assert!(now != sealed && before.open_secret("log", &now[0].1).is_err());
        assert!(before.open_secret("log", &sealed[0].1).is_ok());
        for (slot, old) in (1..).zip(kept) {
            let new = store.key(slot).unwrap();
            assert!(slot == 11 || new != old);
            assert!(slot == 11 || before.unwrap(slot, &new.unwrap()).is_err());
        }
        assert_eq!(rotate(&file, &mut store.clone(), "acme", at).unwrap().version, 2);
        open().unwrap().sealer(&[9]).unwrap();
    }
}

#[test]
fn a_wrong_master_rotates_nothing_and_a_seed_has_no_next() {
    let (store, at) = (MemoryKeys::default(), Timestamp::from_secs(5));
    vault(1, &store, 1).unwrap();
    let error = rotate(&SeededKeys(1), &mut store.clone(), "acme", at).unwrap_err();
    assert_eq!((error.code(), error.help()), ("key-no-next", "start anew without a seed"));
    let folder = tempfile::tempdir().unwrap();
    let other = FileKeys::create(folder.path().join("key")).unwrap();
    let error = rotate(&other, &mut store.clone(), "acme", at).unwrap_err();
    assert_eq!((error.code(), store.ring().unwrap().len()), ("key-wrong-master", 0));
    assert_eq!(EnvKeys.next().unwrap_err().code(), "key-no-next");
}

#[test]
fn credentials_give_the_master_key_and_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let keys = CredentialKeys::at(folder.path());
    assert!(!keys.is_there());
    assert_eq!(keys.master().unwrap_err().code(), "key-not-given");
    let file = FileKeys::create(folder.path().join(CREDENTIAL)).unwrap();
    assert!(keys.is_there());
    assert_eq!(keys.master().unwrap().bytes(), file.master().unwrap().bytes());
    assert_eq!(keys.next().unwrap_err().code(), "key-no-next");
    let next = FileKeys::create(folder.path().join("bellwether-master-key-next")).unwrap();
    assert_eq!(keys.next().unwrap().bytes(), next.master().unwrap().bytes());
    std::fs::write(folder.path().join(CREDENTIAL), "half").unwrap();
    assert_eq!(keys.master().unwrap_err().code(), "key-file-malformed");
}

#[test]
fn a_block_that_was_written_half_is_noticed() {
    let store = MemoryKeys::default();
    vault(1, &store, 1).unwrap();
    let cut = |slot: Slot| {
        let whole = store.key(slot).unwrap().unwrap().wrapped.unwrap();
        store.clone().rewrap(&[(slot, whole[..20].to_vec())]).unwrap();
    };
    cut(9);
    let mut half = vault(1, &store, 1).unwrap();
    assert_eq!(half.sealer(&[9]).err().map(|error| error.code()), Some("key-damaged"));
    assert!(half.sealer(&[10]).is_ok());
    let error = vault(1, &store, BLOCK + 9).unwrap_err();
    assert_eq!(error.code(), "key-database-behind", "slots that data names are not there");
    (1..9).for_each(cut);
    assert_eq!(vault(1, &store, 1).unwrap_err().code(), "key-wrong-master");
}
