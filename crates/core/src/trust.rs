//! Trust labels: who could have written a value. Joins keep the lowest.

use std::fmt;

/// Who could have written a value, lowest trust first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// Words of a customer or of anybody outside.
    CustomerText,
    /// A connected system that outsiders can partly write to.
    Partner,
    /// A person of ours.
    Operator,
    /// Bellwether or a system of ours.
    System,
}

impl Trust {
    /// All labels, lowest first.
    pub const ALL: [Self; 4] = [Self::CustomerText, Self::Partner, Self::Operator, Self::System];

    /// The label of something made from both.
    pub fn join(self, other: Self) -> Self {
        self.min(other)
    }

    /// The word in files and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerText => "customer",
            Self::Partner => "partner",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    /// The label of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.as_str() == word)
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
