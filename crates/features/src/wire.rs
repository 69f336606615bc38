//! Bytes of feature state: numbers in, numbers out, and a reader that trusts nothing.
//!
//! - In: whole numbers. Small ones take few bytes (LEB128; signed ones zigzag).
//! - Out: the same numbers, or [`StateError`]; a count that the bytes cannot hold is refused early.
//! - Never: depends on the machine.

/// Why bytes are not a feature state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// They end too early.
    #[error("the feature state ends too early")]
    Short,
    /// They were written by an unknown version of this code.
    #[error("unknown version {0} of the feature state")]
    Version(u8),
    /// They belong to a document of another scope.
    #[error("the feature state belongs to a document of another scope")]
    Scope,
    /// A number is outside of what it may be.
    #[error("the feature state is damaged: {0}")]
    Damaged(&'static str),
}

impl StateError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Short | Self::Damaged(_) => "feature-state-damaged",
            Self::Version(_) => "feature-state-version",
            Self::Scope => "feature-state-scope",
        }
    }
}

/// Writes to the end of a buffer.
pub(crate) struct Writer<'a>(pub(crate) &'a mut Vec<u8>);

impl Writer<'_> {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn fixed(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    pub(crate) fn count(&mut self, number: usize) {
        self.unsigned(number as u128);
    }

    pub(crate) fn unsigned(&mut self, mut number: u128) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(crate) fn signed(&mut self, number: i128) {
        self.unsigned(((number << 1) ^ (number >> 127)) as u128);
    }

    pub(crate) fn int(&mut self, number: i64) {
        self.signed(i128::from(number));
    }
}

/// Reads from the front of some bytes.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, StateError> {
        let (first, rest) = self.0.split_first().ok_or(StateError::Short)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], StateError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(StateError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn fixed(&mut self) -> Result<u64, StateError> {
        let taken = self.bytes(8)?;
        Ok(taken.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A count of things that take at least one byte each.
    pub(crate) fn count(&mut self) -> Result<usize, StateError> {
        let count = usize::try_from(self.unsigned()?).map_err(|_| StateError::Short)?;
        if count > self.0.len() { Err(StateError::Short) } else { Ok(count) }
    }

    pub(crate) fn unsigned(&mut self) -> Result<u128, StateError> {
        let (mut number, mut shift) = (0u128, 0u32);
        loop {
            let byte = self.byte()?;
            let seven = u128::from(byte & 0x7f);
            if shift > 126 || (seven << shift) >> shift != seven {
                return Err(StateError::Damaged("a number is too long"));
            }
            number |= seven << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
            shift += 7;
        }
    }

    pub(crate) fn signed(&mut self) -> Result<i128, StateError> {
        let number = self.unsigned()?;
        Ok((number >> 1) as i128 ^ -((number & 1) as i128))
    }

    pub(crate) fn int(&mut self) -> Result<i64, StateError> {
        i64::try_from(self.signed()?).map_err(|_| StateError::Damaged("a number is too large"))
    }

    pub(crate) fn small(&mut self) -> Result<u64, StateError> {
        u64::try_from(self.unsigned()?).map_err(|_| StateError::Damaged("a number is too large"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_back() {
        let numbers = [0, 1, -1, 63, 64, -64, -65, i128::MAX, i128::MIN, i128::from(i64::MIN)];
        let mut bytes = Vec::new();
        for number in numbers {
            Writer(&mut bytes).signed(number);
        }
        Writer(&mut bytes).fixed(u64::MAX - 7);
        let mut reader = Reader(&bytes);
        for number in numbers {
            assert_eq!(reader.signed(), Ok(number));
        }
        assert_eq!(reader.fixed(), Ok(u64::MAX - 7));
        assert!(reader.is_empty());
        assert_eq!(reader.byte(), Err(StateError::Short));
    }

    #[test]
    fn damage_is_refused() {
        assert!(Reader(&[0xff; 40]).unsigned().is_err());
        assert_eq!(Reader(&[0xff, 0x7f, 1, 2]).count(), Err(StateError::Short));
        assert_eq!(Reader(&[1, 2, 3]).fixed(), Err(StateError::Short));
    }
}
