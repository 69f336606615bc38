//! Personal data cannot be printed by accident: reading it takes a purpose.

use std::fmt;

/// Why somebody's data is read; the caller's audit trail keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To find the account or contact it belongs to.
    Identify,
    /// To seal it under its subject's key.
    Seal,
    /// To let a local reader score it before it is sealed.
    Read,
    /// To write to a person who is asked.
    Notify,
    /// To show it to a signed-in person.
    Show,
}

/// A customer's words or name. It has no `Display`, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Wraps a value as soon as it is read.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Reads the value for a purpose.
    pub fn reveal(&self, _purpose: Purpose) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_value() {
        let name = Personal::new("Quillon");
        assert_eq!(format!("{name:?} {:?}", Some(&name)), "[personal] Some([personal])");
        assert_eq!(*name.reveal(Purpose::Identify), "Quillon");
    }
}
