//! Why the edge does not take a signal. Messages name places and bounds, never words.

use crate::keys::{KeyError, StoreFault};
use crate::seal::SealError;

/// Why a signal is not taken. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// The signal has no id, so a repetition could not be told.
    #[error("the signal has no id")]
    NoId,
    /// The name of the source is missing or too long.
    #[error("the source's name is not 1 to 64 bytes without control characters")]
    SourceName,
    /// The kind is not a name.
    #[error("the signal's kind is not 1 to 64 characters of a-z, 0-9, `_` and `.`")]
    KindName,
    /// A field or part is not called by a name. The name is not quoted: it may be anybody's words.
    #[error("{what} {nth} is not called by 1 to 64 characters of a-z, 0-9, `_` and `.`")]
    FieldName {
        /// "field" or "personal part".
        what: &'static str,
        /// Which one, from 1.
        nth: usize,
    },
    /// A field holds more than a word.
    #[error("field {nth} holds more than 64 bytes; free text is personal")]
    WordLong {
        /// Which one, from 1.
        nth: usize,
    },
    /// Two personal parts have one name.
    #[error("two personal parts have the same name")]
    PartTwice,
    /// The signal is larger than is taken.
    #[error("{what}: {found} bytes; at most {most} are taken")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much is taken.
        most: usize,
    },
    /// A key cannot be had.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The identities cannot be read.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl EdgeError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoId => "edge-no-id",
            Self::SourceName => "edge-source-name",
            Self::KindName => "edge-kind-name",
            Self::FieldName { .. } => "edge-field-name",
            Self::WordLong { .. } => "edge-word-long",
            Self::PartTwice => "edge-part-twice",
            Self::TooLarge { .. } => "edge-too-large",
            Self::Keys(error) => error.code(),
            Self::Seal(error) => error.code(),
            Self::Store(fault) => fault.reason,
        }
    }

    /// The next step for the person who reads it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoId => "map `id` to something that the source repeats when it sends again",
            Self::SourceName => "name the source in its mapping, such as `zendesk`",
            Self::KindName | Self::FieldName { .. } => "rename it in the source's mapping",
            Self::WordLong { .. } => "map it under `personal`, or as a digest if it is an id",
            Self::PartTwice => "give the parts different names in the source's mapping",
            Self::TooLarge { .. } => "map fewer or shorter parts",
            Self::Keys(error) => error.help(),
            Self::Seal(error) => error.help(),
            Self::Store(fault) => fault.help(),
        }
    }

    /// Whether the signal itself is at fault, so that sending it again cannot help.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Keys(_) | Self::Seal(_) | Self::Store(_))
    }
}
