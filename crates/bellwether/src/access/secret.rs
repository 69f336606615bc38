//! Secrets that are handed out once: random, and kept as SHA-256 only.

use super::error::AccessError;
use bellwether_core::Digest;
use sha2::{Digest as _, Sha256};

/// 256 random bits as 43 characters of base64url.
pub(crate) fn random() -> Result<String, AccessError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| AccessError::Randomness)?;
    Ok(Digest::from_bytes(bytes).to_string())
}

/// A random id that is no secret: a letter and 12 hexadecimal digits.
pub(crate) fn id(letter: char) -> Result<String, AccessError> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes).map_err(|_| AccessError::Randomness)?;
    Ok(bytes.iter().fold(String::from(letter), |id, byte| format!("{id}{byte:02x}")))
}

/// What is kept of a secret. It has 256 random bits, so that a fast hash is enough.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// What forms of a session carry: only whoever has the session's secret can know it.
pub(crate) fn form(secret: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"bellwether form 1\n");
    hash.update(secret.as_bytes());
    Digest::from_bytes(hash.finalize().into()).to_string()
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(one, other).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let drawn: BTreeSet<_> = (0..100).map(|_| random().unwrap()).collect();
        assert_eq!(drawn.len(), 100);
        assert!(drawn.iter().all(|secret| secret.len() == 43), "{drawn:?}");
        let ids: BTreeSet<_> = (0..100).map(|_| id('u').unwrap()).collect();
        assert!(ids.len() == 100 && ids.iter().all(|id| id.len() == 13), "{ids:?}");
    }

    #[test]
    fn what_a_form_carries_tells_nothing_that_opens_a_session() {
        let secret = random().unwrap();
        assert_ne!(form(&secret), form(&random().unwrap()));
        assert_ne!(form(&secret), Digest::from_bytes(hash(&secret)).to_string());
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab"));
    }
}
