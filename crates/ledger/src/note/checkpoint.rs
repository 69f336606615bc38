//! Checkpoints: which log, how many entries, and the root over them (c2sp.org/tlog-checkpoint).

use super::text::{base64, decimal, hash};
use super::{Note, NoteError, Signer};
use crate::tree::Head;
use bellwether_core::Timestamp;
use std::fmt;
use std::str::FromStr;

/// What a log signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the log, and its epoch.
    pub origin: String,
    /// The tree.
    pub head: Head,
    /// Further lines, which we read and never write: auditors cannot check them.
    pub extensions: Vec<String>,
}

/// A text that is no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: {what}")]
pub struct BadCheckpoint {
    /// What is wrong with it.
    pub what: &'static str,
}

impl BadCheckpoint {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        "checkpoint-format"
    }
}

impl Checkpoint {
    /// A log at one moment.
    pub fn new(origin: impl Into<String>, head: Head) -> Self {
        Self { origin: origin.into(), head, extensions: Vec::new() }
    }

    /// Signs it; give the old and the new signer while a key is being changed.
    ///
    /// # Errors
    /// [`NoteError::Format`] when the origin holds control characters.
    pub fn sign(&self, signers: &[&Signer], at: Timestamp) -> Result<Note, NoteError> {
        let mut note = Note::new(self.to_string())?;
        let parsed: Result<Self, _> = note.text().parse();
        if parsed.as_ref() != Ok(self) {
            return Err(NoteError::Format { what: "the origin must be one line" });
        }
        for signer in signers {
            note.add(signer.sign(note.text(), at));
        }
        Ok(note)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Head { size, root } = &self.head;
        writeln!(f, "{}\n{size}\n{}", self.origin, base64(root.as_bytes()))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = BadCheckpoint;

    fn from_str(text: &str) -> Result<Self, BadCheckpoint> {
        let wrong = |what| BadCheckpoint { what };
        let body = text.strip_suffix('\n').ok_or_else(|| wrong("its last line is not whole"))?;
        let mut lines = body.split('\n');
        let (origin, size, root) = (lines.next(), lines.next(), lines.next());
        let origin = origin.filter(|origin| !origin.is_empty());
        let origin =
            origin.ok_or_else(|| wrong("the first line, the origin, is empty"))?.to_owned();
        let size = size.and_then(decimal);
        let size = size.ok_or_else(|| wrong("the second line is not a number of entries"))?;
        let root = root.and_then(hash);
        let root = root.ok_or_else(|| wrong("the third line is not a hash in base 64"))?;
        let extensions: Vec<_> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(wrong("a line is empty"));
        }
        Ok(Self { origin, head: Head { size, root }, extensions })
    }
}
