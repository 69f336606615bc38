//! `thresholds.yaml`: decision tables that become facts.
//!
//! - In: the document, and the catalogue of the facts that columns may name.
//! - Out: a [`Table`] each: the conditions of its rows as expressions, in order, and their values.
//! - Never: a table with a gap, with a row that no case reaches, or where `unique` rows overlap. A case
//!   of which a column is not known has no value, and that is doubt.

mod cell;
mod check;
pub mod put;
mod read;
pub mod sheet;
mod tighter;

pub use cell::{CellText, check_cell};
pub use read::{outlines, read};

use bellwether_core::{Place, Type};
use bellwether_expr::Scope;

/// What facts of tables are called: `threshold.NAME`.
pub const PREFIX: &str = "threshold.";

/// How the rows of a table are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The first row that fits.
    First,
    /// The only row that fits.
    Unique,
}

impl Hit {
    /// All ways.
    pub const ALL: [Self; 2] = [Self::First, Self::Unique];

    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Unique => "unique",
        }
    }

    /// The way of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hit| hit.as_str() == word)
    }
}

/// What is known of a table before its rows are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The name of the fact, with [`PREFIX`].
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// The type of its values.
    pub kind: Type,
    /// What it is about.
    pub scope: Scope,
    /// The words of its values, where those are codes.
    pub values: Vec<String>,
    /// Why there is such a threshold, in the words of its owner.
    pub reason: String,
}

/// A table whose checks have passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name, type and scope.
    pub outline: Outline,
    /// Who answers for it.
    pub owner: String,
    /// How its rows are read.
    pub hit: Hit,
    /// Its rows, in order.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When it fits, as an expression.
    pub when: String,
    /// Its value, as it stands in a slot.
    pub value: i64,
    /// Why, in the words of its author; may be empty.
    pub reason: String,
    /// Where it is written.
    pub place: Place,
}
