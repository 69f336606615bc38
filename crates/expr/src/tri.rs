//! Three-valued truth after Kleene: what is not known stays unknown until something decides it.

use std::fmt;

/// True, false, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tri {
    /// It does not hold.
    False,
    /// A fact is missing that would decide it.
    Unknown,
    /// It holds.
    True,
}

impl Tri {
    /// All three.
    pub const ALL: [Self; 3] = [Self::False, Self::Unknown, Self::True];

    /// The truth of a slot's number: nothing is unknown, zero is false.
    pub const fn from_raw(raw: Option<i64>) -> Self {
        match raw {
            None => Self::Unknown,
            Some(0) => Self::False,
            Some(_) => Self::True,
        }
    }

    /// The number of a slot.
    pub const fn raw(self) -> Option<i64> {
        match self {
            Self::False => Some(0),
            Self::Unknown => None,
            Self::True => Some(1),
        }
    }

    /// Both: the lower of the two in the order false, unknown, true.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either: the higher of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The opposite; unknown stays unknown.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl fmt::Display for Tri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::False => "false",
            Self::Unknown => "unknown",
            Self::True => "true",
        })
    }
}
