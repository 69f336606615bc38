//! Keys: files, derivation against published and library answers, the vault over crashes.

use super::*;
use bellwether_core::Id;
use hkdf::Hkdf;
use proptest::prelude::*;
use sha2::Sha256;

mod rotation;

fn vault(seed: u64, store: &MemoryKeys, next: Slot) -> Result<Vault, KeyError> {
    Vault::open(Box::new(SeededKeys(seed)), Box::new(store.clone()), "acme", next)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn hmac_agrees_with_rfc_4231() {
    // Test cases 1 and 2; their keys are shorter than ours and filled with zeros, as the RFC says.
    for (key, text, expected) in [
        (&[0x0b; 20][..], &b"Hi There"[..], "b0344c61d8db38535ca8afceaf0bf12b"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
    ] {
        let mut secret = Secret::default();
        secret.bytes_mut()[..key.len()].copy_from_slice(key);
        assert_eq!(hex(&Prf::new(&secret).of(&[text])[..16]), expected);
    }
}

proptest! {
    #[test]
    fn derivation_agrees_with_a_library(salt: [u8; 32], key: [u8; 32], label in ".{0,40}") {
        let mut expected = [0; 32];
        Hkdf::<Sha256>::new(Some(&salt), &key).expand(label.as_bytes(), &mut expected).unwrap();
        let ours = Prf::derive(&Secret::new(salt), &[&key[..9], &key[9..]], &[label.as_bytes()]);
        prop_assert_eq!(*ours.bytes(), expected);
    }
}

#[test]
fn every_use_and_every_tenant_has_a_key_of_its_own() {
    let mut seen = std::collections::BTreeSet::new();
    for (seed, tenant) in [(1, "acme"), (1, "acme2"), (2, "acme")] {
        let keys = TenantKeys::derive(&SeededKeys(seed).master().unwrap(), tenant);
        for prf in [&keys.blind, &keys.signal, &keys.content, &keys.document] {
            assert!(seen.insert(prf.of(&[b"x"])));
        }
        assert!(seen.insert(*keys.wrapping.bytes()));
    }
    assert_eq!(seen.len(), 15);
}

#[test]
fn slots_are_handed_out_once_and_their_keys_survive_a_restart() {
    let store = MemoryKeys::default();
    let mut first = vault(1, &store, 1).unwrap();
    let slots: Vec<Slot> = (0..BLOCK + 5).map(|_| first.take_slot().unwrap()).collect();
    assert_eq!(slots, (2..BLOCK + 7).collect::<Vec<_>>(), "slot 1 belongs to nobody");
    assert_eq!(store.next_free_slot().unwrap(), 2 * BLOCK + 1);
    let ids: Vec<SubjectId> = slots.iter().map(|slot| first.id(*slot).unwrap()).collect();
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());

    let mut again = vault(1, &store, BLOCK + 7).unwrap();
    assert_eq!(again.take_slot().unwrap(), BLOCK + 7);
    let at =
        crate::seal::Context { stream: bellwether_core::StreamId::SYSTEM, event: 1, field: "a" };
    for (slot, id) in slots.iter().zip(&ids).step_by(100) {
        assert_eq!(again.id(*slot).unwrap(), *id);
        let (one, two) = (first.sealer(&[*slot]).unwrap(), again.sealer(&[*slot]).unwrap());
        assert_eq!(one.commit(&at, b"words"), two.commit(&at, b"words"));
    }
    again.rewind(BLOCK + 7);
    assert_eq!(again.take_slot().unwrap(), BLOCK + 7, "rewound");
    again.rewind(BLOCK * 9);
    assert_eq!(again.take_slot().unwrap(), BLOCK + 8, "never forwards");
}

#[test]
fn minting_ahead_waits_until_half_a_block_is_left() {
    let store = MemoryKeys::default();
    let mut vault = vault(1, &store, 1).unwrap();
    vault.mint_ahead().unwrap();
    assert_eq!(store.next_free_slot().unwrap(), BLOCK + 1);
    for _ in 0..BLOCK * 2 / 3 {
        vault.take_slot().unwrap();
    }
    vault.mint_ahead().unwrap();
    assert_eq!(store.next_free_slot().unwrap(), 2 * BLOCK + 1);
}

#[test]
fn the_wrong_master_key_is_found_out_at_once() {
    let store = MemoryKeys::default();
    vault(1, &store, 1).unwrap();
    for (seed, tenant, code) in [(1, "acme", ""), (2, "acme", "key-wrong-master")] {
        let opened = Vault::open(Box::new(SeededKeys(seed)), Box::new(store.clone()), tenant, 1);
        assert_eq!(opened.err().map_or("", |error| error.code()), code, "{seed} {tenant}");
    }
    let other = Vault::open(Box::new(SeededKeys(1)), Box::new(store), "other tenant", 1);
    assert_eq!(other.unwrap_err().code(), "key-wrong-master");
}

#[test]
fn an_old_key_database_is_found_out_at_once() {
    let store = MemoryKeys::default();
    vault(1, &store, 1).unwrap();
    assert!(vault(1, &store, BLOCK + 1).is_ok());
    let error = vault(1, &store, BLOCK + 2).unwrap_err();
    assert_eq!(error.code(), "key-database-behind");
    assert_eq!(error.to_string(), "the data names key slot 1025, the key database ends at 1024");
    let empty = MemoryKeys::default();
    assert_eq!(vault(1, &empty, 3).unwrap_err().code(), "key-database-behind");
    assert_eq!(empty.next_free_slot().unwrap(), 1, "no key was minted in the place of a lost one");
}

#[test]
fn no_slot_no_seal() {
    let store = MemoryKeys::default();
    let mut vault = vault(1, &store, 1).unwrap();
    for (slots, code) in [(vec![], "key-unknown"), (vec![5_000], "key-unknown"), (vec![2, 2], "")] {
        let found = vault.sealer(&slots).err().map_or("", |error| error.code());
        assert_eq!(found, code, "{slots:?}");
    }
    assert!(vault.destroy(2, Timestamp::from_micros(0)).unwrap());
    assert!(!vault.destroy(2, Timestamp::from_micros(0)).unwrap());
    assert_eq!(vault.sealer(&[3, 2]).unwrap_err().code(), "key-erased");
    assert_ne!(vault.id(2).unwrap(), SubjectId::default(), "the id says nothing and stays");
}

/// A database whose rows can be exchanged and damaged.
struct Tampered(MemoryKeys, Slot, fn(&mut StoredKey, &StoredKey));

impl KeyStore for Tampered {
    fn next_free_slot(&self) -> Result<Slot, StoreFault> {
        self.0.next_free_slot()
    }

    fn mint_block(&mut self, block: &[(SubjectId, Vec<u8>)]) -> Result<Range<Slot>, StoreFault> {
        self.0.mint_block(block)
    }

    fn key(&self, slot: Slot) -> Result<Option<StoredKey>, StoreFault> {
        let mut key = self.0.key(slot)?;
        let other = self.0.key(slot + 1)?.unwrap();
        if slot == self.1 {
            key.iter_mut().for_each(|key| self.2(key, &other));
        }
        Ok(key)
    }

    fn destroy(&mut self, slot: Slot, at: Timestamp) -> Result<bool, StoreFault> {
        self.0.destroy(slot, at)
    }

    fn ring(&self) -> Result<Vec<RingKey>, StoreFault> {
        self.0.ring()
    }

    fn put_ring(&mut self, keys: &[RingKey], at: Timestamp) -> Result<(), StoreFault> {
        self.0.put_ring(keys, at)
    }

    fn keep_ring(&mut self, master: [u8; 8], version: u64) -> Result<(), StoreFault> {
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
        self.0.put_secrets(secrets, at)
    }

    fn rewrap(&mut self, block: &[(Slot, Vec<u8>)]) -> Result<(), StoreFault> {
        self.0.rewrap(block)
    }
}

#[test]
fn a_wrapped_key_opens_only_in_its_own_row() {
    let changes: [fn(&mut StoredKey, &StoredKey); 4] = [
        |key, _| key.wrapped.as_mut().unwrap()[30] ^= 1,
        |key, other| key.wrapped = other.wrapped.clone(),
        |key, _| key.id = SubjectId(Id::from_bits(7)),
        |key, _| key.wrapped.as_mut().unwrap().truncate(10),
    ];
    for (nth, change) in changes.into_iter().enumerate() {
        for slot in [1, 9] {
            let store = MemoryKeys::default();
            vault(1, &store, 1).unwrap();
            let store = Box::new(Tampered(store, slot, change));
            let opened = Vault::open(Box::new(SeededKeys(1)), store, "acme", 1);
            let found = opened.and_then(|mut vault| vault.id(slot));
            assert_eq!(found.unwrap_err().code(), "key-damaged", "change {nth}, slot {slot}");
        }
    }
}

#[test]
fn the_cache_is_bounded_and_keeps_what_is_used() {
    let mut cache = Recent::new(10);
    for nth in 0..1_000 {
        cache.put(nth, nth);
        assert_eq!(cache.get(&0), Some(0), "after {nth}");
        assert!(cache.len() <= 20);
    }
    assert_eq!(cache.get(&500), None);
    cache.drop_one(&0);
    assert_eq!(cache.get(&0), None);
}

#[test]
fn a_key_file_is_made_once_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let keys = FileKeys::create(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.len(), 44);
    assert_eq!(keys.master().unwrap().bytes(), FileKeys::at(&path).master().unwrap().bytes());
    assert_eq!(FileKeys::create(&path).unwrap_err().code(), "key-file-exists");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "never overwritten");
    assert_ne!(keys.fresh("id", 1).unwrap().bytes(), keys.fresh("id", 1).unwrap().bytes());
    let nowhere = folder.path().join("missing/master.key");
    assert_eq!(FileKeys::create(nowhere).unwrap_err().code(), "key-file-unreadable");
    let shown = format!("{keys:?} {:?}", keys.master().unwrap());
    assert!(!shown.contains(text.trim()) && shown.contains("[secret]"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_key_file_must_be_well_formed_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    assert_eq!(FileKeys::at(&path).master().unwrap_err().code(), "key-file-missing");
    FileKeys::create(&path).unwrap();
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    let fine = std::fs::read_to_string(&path).unwrap();
    for (mode, code) in [
        (0o600, ""),
        (0o400, ""),
        (0o640, "key-file-exposed"),
        (0o604, "key-file-exposed"),
        (0o620, "key-file-exposed"),
        (0o666, "key-file-exposed"),
    ] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let found = FileKeys::at(&path).master().err().map_or("", |error| error.code());
        assert_eq!(found, code, "{mode:o}");
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    for (text, code) in [
        (fine.trim().to_owned(), ""),
        (String::new(), "key-file-malformed"),
        (fine.trim().chars().skip(1).collect(), "key-file-malformed"),
        (format!("{fine}{fine}"), "key-file-malformed"),
        (fine.replace(fine.chars().next().unwrap(), "+"), "key-file-malformed"),
        ("a".repeat(1_000_000), "key-file-malformed"),
    ] {
        std::fs::write(&path, text).unwrap();
        let found = FileKeys::at(&path).master();
        assert_eq!(found.as_ref().err().map_or("", |error| error.code()), code);
        let shown = found.err().map(|error| format!("{error:?} {error}")).unwrap_or_default();
        assert!(!shown.contains(fine.trim()), "{shown}");
    }
}
