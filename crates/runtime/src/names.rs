//! Names of accounts: sealed for showing, and a keyed hash for finding.
//!
//! - In: what somebody who signs in is called.
//! - Out: bytes that open only beside their account, and a [`Blind`] that finds an equal name again.
//! - Never: lets a file of accounts tell who they are without the keys.

use crate::cover::Cover;
use crate::identity::{Blind, blind_account};
use crate::keys::{KeyError, Prf, Vault};
use bellwether_core::{Personal, Purpose, Timestamp};

/// The name of the key among the tenant's secrets.
const SECRET: &str = "access";

/// Seals, opens and finds names of one tenant's accounts.
pub struct Names {
    cover: Cover,
    blind: Prf,
}

impl Names {
    /// For the keys of a tenant; what is missing is made.
    ///
    /// # Errors
    /// `key-damaged`, `key-randomness`, and what the store says.
    pub fn of(vault: &mut Vault, at: Timestamp) -> Result<Self, KeyError> {
        let cover = Cover::of(vault, SECRET, at)?;
        Ok(Self { cover, blind: vault.tenant().blind.clone() })
    }

    /// The same beside whoever works with the keys; `None` before the first [`Names::of`].
    ///
    /// # Errors
    /// `key-damaged`, and what the store says.
    pub fn read(vault: &Vault) -> Result<Option<Self>, KeyError> {
        let cover = Cover::read(vault, SECRET)?;
        Ok(cover.map(|cover| Self { cover, blind: vault.tenant().blind.clone() }))
    }

    /// Seals the name of an account.
    ///
    /// # Errors
    /// `key-randomness`.
    pub fn seal(&self, account: &str, name: &Personal<String>) -> Result<Vec<u8>, KeyError> {
        self.cover.seal(account.as_bytes(), name.reveal(Purpose::Seal).as_bytes())
    }

    /// Opens the name of an account; `None` when the bytes were sealed for another, or altered.
    pub fn open(&self, account: &str, sealed: &[u8]) -> Option<Personal<String>> {
        let bytes = self.cover.open(account.as_bytes(), sealed)?;
        String::from_utf8(bytes).ok().map(Personal::new)
    }

    /// The keyed hash that finds an account: of one kind, equal for names that differ in the case of
    /// letters or in space around them.
    pub fn blind(&self, kind: &str, name: &Personal<String>) -> Blind {
        let name = name.reveal(Purpose::Identify);
        blind_account(&self.blind, kind, name)
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names([secret])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{MemoryKeys, SeededKeys};

    fn vault(seed: u64) -> Vault {
        Vault::open(Box::new(SeededKeys(seed)), Box::new(MemoryKeys::default()), "t", 1).unwrap()
    }

    fn name(text: &str) -> Personal<String> {
        Personal::new(text.to_owned())
    }

    #[test]
    fn a_name_opens_beside_its_account_and_nowhere_else() {
        let mut keys = vault(7);
        assert!(Names::read(&keys).unwrap().is_none(), "no key was made yet");
        let names = Names::of(&mut keys, Timestamp::from_secs(1)).unwrap();
        let sealed = names.seal("u1", &name("Zoë Quillon")).unwrap();
        let again = Names::read(&keys).unwrap().unwrap();
        assert_eq!(again.open("u1", &sealed), Some(name("Zoë Quillon")));
        assert_eq!(again.open("u2", &sealed), None);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(again.open("u1", &altered), None, "byte {at}");
        }
    }

    #[test]
    fn names_are_found_however_they_are_typed_and_only_with_the_key() {
        let mut keys = vault(7);
        let names = Names::of(&mut keys, Timestamp::from_secs(1)).unwrap();
        let ours = names.blind("local", &name("Zoë@Example.org"));
        assert_eq!(names.blind("local", &name(" zoë@example.ORG ")), ours);
        assert_ne!(names.blind("local", &name("zoe@example.org")), ours);
        assert_ne!(names.blind("oidc", &name("zoë@example.org")), ours, "another kind");
        let other = Names::of(&mut vault(8), Timestamp::from_secs(1)).unwrap();
        assert_ne!(other.blind("local", &name("zoë@example.org")), ours, "another key");
    }
}
