//! The bytes of a reader: its calibration, then its model, then the digest of both.
//!
//! ```text
//! line   "bellwether reader 1\n"
//! f64    temperature     i64 least confidence in ppm     u8 whether there is a gate
//! 25 x f64  means, spreads, weights of the gate, if there is one; all little-endian
//! the bytes of the model (they end with their own digest)
//! 32 bytes  SHA-256 of everything before
//! ```

use super::Reader;
use crate::calibrate::Temperature;
use crate::gate::{Gate, NUMBERS};
use crate::model::{Model, ModelError, checked};
use bellwether_core::{Digest, Ppm};

const FIRST: &str = "bellwether reader ";

impl Reader {
    /// Its bytes; equal readers have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{FIRST}{}\n", crate::model::VERSION).into_bytes();
        bytes.extend(self.temperature.get().to_le_bytes());
        bytes.extend(self.least.get().to_le_bytes());
        bytes.push(u8::from(self.gate.is_some()));
        bytes.extend(self.gate.iter().flat_map(Gate::numbers).flat_map(f64::to_le_bytes));
        bytes.extend(self.model.to_bytes());
        let digest = Digest::of(&bytes);
        bytes.extend(digest.as_bytes());
        bytes
    }

    /// The digest that names it: of its bytes without the digest at their end.
    pub fn digest(&self) -> Digest {
        let bytes = self.to_bytes();
        Digest::of(bytes.get(..bytes.len() - 32).unwrap_or_default())
    }

    /// Reads a reader.
    ///
    /// # Errors
    /// Bytes that are none, of another version, altered, or damaged; see [`ModelError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let mut rest = checked(FIRST, bytes)?;
        let temperature = Temperature::new(f64::from_le_bytes(take(&mut rest)?));
        let temperature = temperature.ok_or(ModelError::Damaged("its temperature is out of bounds"))?;
        let least = Ppm::probability(i64::from_le_bytes(take(&mut rest)?));
        let least = least.ok_or(ModelError::Damaged("its least confidence is no probability"))?;
        let [has_gate] = take(&mut rest)?;
        let gate = if has_gate == 1 {
            let mut numbers = [0.0; NUMBERS];
            for number in &mut numbers {
                *number = f64::from_le_bytes(take(&mut rest)?);
            }
            let gate = Gate::from_numbers(&numbers);
            Some(gate.ok_or(ModelError::Damaged("a number of its gate is not one"))?)
        } else {
            None
        };
        Ok(Self { model: Model::from_bytes(rest)?, temperature, gate, least })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ModelError> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(ModelError::Damaged("it ends early"))?;
    *rest = after;
    Ok(*taken)
}
