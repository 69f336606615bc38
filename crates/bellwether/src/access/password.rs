//! Passwords: Argon2id, with their own parameters beside them.
//!
//! - In: a password and what is kept of one.
//! - Out: whether they belong together, after the same work whether there is one or not.
//! - Never: keeps, prints or compares a password itself.

use super::error::AccessError;
use super::settings::Work;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use bellwether_core::{Personal, Purpose};

/// The shortest, in characters.
pub(crate) const SHORTEST: usize = 12;
/// Longer ones would only cost work.
const LONGEST: usize = 1024;

/// Hashes and checks.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    /// Stands in where there is no password, so that this takes as long.
    nobody: String,
}

impl Passwords {
    /// With the parameters for new passwords.
    ///
    /// # Errors
    /// `access-settings`, `key-randomness`.
    pub(crate) fn new(work: Work) -> Result<Self, AccessError> {
        let params = Params::new(work.memory, work.passes, 1, None);
        let params = params.map_err(|error| AccessError::Settings(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon2, super::secret::random()?.as_bytes())?;
        Ok(Self { argon2, nobody })
    }

    /// What to keep of a password.
    ///
    /// # Errors
    /// `access-password` when it is too short, or is the name.
    pub(crate) fn hash(
        &self,
        name: &str,
        password: &Personal<String>,
    ) -> Result<String, AccessError> {
        let password = password.reveal(Purpose::Identify);
        if let Some(weak) = weakness(name, password) {
            return Err(AccessError::Password(weak));
        }
        hash(&self.argon2, password.as_bytes())
    }

    /// Whether a password is the one that is kept.
    pub(crate) fn check(&self, kept: Option<&str>, password: &Personal<String>) -> bool {
        let bytes = password.reveal(Purpose::Identify).as_bytes();
        let stored = kept.unwrap_or(&self.nobody);
        let matches = |stored: &str| {
            let parsed = PasswordHash::new(stored).ok()?;
            // The parameters are those of the stored one.
            Some(self.argon2.verify_password(bytes, &parsed).is_ok())
        };
        matches(stored).unwrap_or(false) && kept.is_some()
    }

    /// Whether a kept one was made with other parameters than new ones are.
    pub(crate) fn is_old(&self, kept: &str) -> bool {
        let of = |text: &str| PasswordHash::new(text).ok().map(|hash| hash.params.to_string());
        of(kept) != of(&self.nobody)
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<String, AccessError> {
    let hash = argon2.hash_password(password);
    hash.map(|hash| hash.to_string()).map_err(|_| AccessError::Randomness)
}

/// Why a password must not be used, if so.
fn weakness(name: &str, password: &str) -> Option<&'static str> {
    let plain = password.trim().to_lowercase();
    let name = name.trim().to_lowercase();
    let distinct: std::collections::BTreeSet<char> = plain.chars().collect();
    match password.chars().count() {
        0..SHORTEST => Some("it has fewer than 12 characters"),
        _ if password.len() > LONGEST => Some("it has more than 1024 bytes"),
        _ if plain == name => Some("it is the name"),
        _ if distinct.len() < 4 => Some("it repeats too few characters"),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) const QUICK: Work = Work { memory: 8, passes: 1 };

#[cfg(test)]
mod tests {
    use super::*;

    fn personal(text: &str) -> Personal<String> {
        Personal::new(text.to_owned())
    }

    #[test]
    fn the_rules_of_passwords() {
        let passwords = Passwords::new(QUICK).unwrap();
        for (password, fine) in [
            ("correct horse battery", true),
            ("twelve chars", true),
            ("äöüäöüßéèáàâ", true),
            ("elevenchars", false),
            ("ann.admin@example.org", false),
            (" ANN.admin@example.org ", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("", false),
        ] {
            let kept = passwords.hash("ann.admin@example.org", &personal(password));
            assert_eq!(kept.is_ok(), fine, "{password}");
        }
        assert!(passwords.hash("ann", &personal(&"abcd".repeat(300))).is_err(), "too long");
    }

    #[test]
    fn only_the_right_password_fits_and_parameters_stay_with_it() {
        let passwords = Passwords::new(QUICK).unwrap();
        let right = personal("correct horse battery");
        let kept = passwords.hash("ann", &right).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{kept}");
        assert!(passwords.check(Some(&kept), &right));
        assert!(!passwords.check(Some(&kept), &personal("correct horse batterz")));
        assert!(!passwords.check(None, &right), "nobody has a password");
        assert!(!passwords.check(Some("nonsense"), &right));
        let stronger = Passwords::new(Work { memory: 16, passes: 2 }).unwrap();
        assert!(stronger.check(Some(&kept), &right), "an old one still fits");
        assert!(stronger.is_old(&kept) && !passwords.is_old(&kept));
    }
}
