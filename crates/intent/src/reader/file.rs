//! The bytes of a reader: its calibration, then its model, then the digest of both.
//!
//! ```text
//! line   "bellwether reader 1\n"
//! f64    temperature     i64 least confidence in ppm     u8 whether there is a gate
//! 25 x f64  means, spreads, weights of the gate, if there is one; all little-endian
//! u8     whether there is a head: u32 labels, u32 width, u32 examples, 3 x f64 temperatures and weight,
//!        width x labels x f32, labels x f32, examples x width x i8
//! the bytes of the model (they end with their own digest)
//! 32 bytes  SHA-256 of everything before
//! ```

use super::{Fused, Reader};
use crate::calibrate::Temperature;
use crate::gate::{Gate, NUMBERS};
use crate::head::Head;
use crate::model::{Model, ModelError, checked, table};
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
        bytes.push(u8::from(self.fused.is_some()));
        if let Some(fused) = &self.fused {
            fused.write(&mut bytes);
        }
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
        let temperature =
            temperature.ok_or(ModelError::Damaged("its temperature is out of bounds"))?;
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
        let [has_head] = take(&mut rest)?;
        let fused = if has_head == 1 { Some(Fused::read(&mut rest)?) } else { None };
        let model = Model::from_bytes(rest)?;
        if fused.as_ref().is_some_and(|fused| fused.head.labels != model.labels().len()) {
            return Err(ModelError::Damaged("its parts know different labels"));
        }
        Ok(Self { model, fused, temperature, gate, least })
    }
}

impl Fused {
    fn write(&self, bytes: &mut Vec<u8>) {
        let Head { labels, weights, bias, examples, width } = &self.head;
        for count in [*labels, *width, examples.len() / (*width).max(1)] {
            bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        }
        let [own, theirs] = self.temperatures;
        bytes.extend([own.get(), theirs.get(), self.weight].into_iter().flat_map(f64::to_le_bytes));
        bytes.extend(weights.iter().chain(bias).flat_map(|value| value.to_le_bytes()));
        bytes.extend(examples.iter().flat_map(|value| value.to_le_bytes()));
    }

    fn read(rest: &mut &[u8]) -> Result<Self, ModelError> {
        let mut count = || take(rest).map(|bytes| u32::from_le_bytes(bytes) as usize);
        let (labels, width, examples) = (count()?, count()?, count()?);
        let mut number = || take(rest).map(f64::from_le_bytes);
        let (own, theirs, weight) = (number()?, number()?, number()?);
        let temperatures = [Temperature::new(own), Temperature::new(theirs)];
        let ([Some(own), Some(theirs)], true) = (temperatures, (0.0..=1.0).contains(&weight))
        else {
            return Err(ModelError::Damaged(
                "a temperature or the weight of its head is out of bounds",
            ));
        };
        let size = |one: usize, other: usize| one.checked_mul(other).ok_or(SHORT);
        let weights = table(rest, size(width, labels)?, f32::from_le_bytes)?;
        let bias = table(rest, labels, f32::from_le_bytes)?;
        if !weights.iter().chain(&bias).all(|value| value.is_finite()) {
            return Err(ModelError::Damaged("a weight of its head is not a number"));
        }
        let examples = table(rest, size(examples, width)?, i8::from_le_bytes)?;
        let head = Head { labels, weights, bias, examples, width };
        Ok(Self { head, temperatures: [own, theirs], weight })
    }
}

const SHORT: ModelError = ModelError::Damaged("it ends early");

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ModelError> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or(SHORT)?;
    *rest = after;
    Ok(*taken)
}
