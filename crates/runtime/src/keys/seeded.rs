//! Keys from a seed: for tests, the demo and measurements, where runs must repeat byte by byte.

use super::{KeyError, KeyProvider, Prf, Secret, Slot};

/// Keys and ids that depend on a seed alone. Anybody who knows the seed can open everything.
#[derive(Clone, Copy, Debug)]
pub struct SeededKeys(pub u64);

impl SeededKeys {
    fn of(self, what: &str, slot: Slot) -> Secret {
        let mut seed = Secret::default();
        for (place, byte) in seed.bytes_mut().iter_mut().zip(self.0.to_be_bytes()) {
            *place = byte;
        }
        Secret::new(Prf::new(&seed).of(&[&slot.to_be_bytes(), what.as_bytes()]))
    }
}

impl KeyProvider for SeededKeys {
    fn master(&self) -> Result<Secret, KeyError> {
        Ok(self.of("master", 0))
    }

    fn next(&self) -> Result<Secret, KeyError> {
        Err(KeyError::Seeded)
    }

    fn fresh(&self, what: &'static str, slot: Slot) -> Result<Secret, KeyError> {
        Ok(self.of(what, slot))
    }
}
