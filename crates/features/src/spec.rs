//! What the entries of a set come from, once their names are known: parts of state, each kept once.

use crate::draft::{Draft, Operation};
use bellwether_core::{Digest, Trust, Type};
use bellwether_expr::Scope;

/// What a part of state folds. Equal ones are kept once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) scope: Scope,
    pub(crate) keeps: Keep,
    /// (kind, field), in order.
    pub(crate) inputs: Vec<(String, Option<String>)>,
    pub(crate) filter: Option<String>,
    /// The lowest trust of a signal that counts.
    pub(crate) trust: Trust,
    pub(crate) digest: Digest,
}

/// What a part keeps, before parts are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keep {
    Count(i64),
    Total,
    Sum,
    Min,
    Max,
    Distinct,
    Windowed(Operation, i64),
    Decay(i64),
    Newest,
}

impl Keep {
    /// Part of the digest under which state is stored: must not change.
    pub(crate) fn said(self) -> String {
        match self {
            Self::Count(window) => format!("count {window}"),
            Self::Total => "count".to_owned(),
            Self::Sum => "sum".to_owned(),
            Self::Min => "min".to_owned(),
            Self::Max => "max".to_owned(),
            Self::Distinct => "distinct".to_owned(),
            Self::Windowed(operation, window) => format!("{} {window}", operation.as_str()),
            Self::Decay(half_life) => format!("decayed_mean {half_life}"),
            Self::Newest => "newest".to_owned(),
        }
    }
}

/// Where an entry's number will come from; parts are positions in [`Resolver::specs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Part(usize),
    Previous(usize),
    Since { part: usize, previous: bool },
    Rate { short: usize, long: usize, window: i64, baseline: i64 },
    Current,
    Computed,
}

/// An entry whose names are known.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(crate) draft: Draft,
    /// Nothing for an expression that does not say it.
    pub(crate) kind: Option<Type>,
    pub(crate) values: Vec<String>,
    pub(crate) from: From,
}
