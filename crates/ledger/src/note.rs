//! Notes: text signed by several keys, and what the log says in them.
//!
//! - In: a text and signers, or bytes from outside and the keys that are trusted.
//! - Out: checkpoints, cosignatures of witnesses, proofs in files, each readable by others' programs.
//! - Never: believes a text before a trusted key's signature; drops a signature that it does not know.
//!
//! Formats: c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature (version 1), tlog-proof (version 1).

mod checkpoint;
mod key;
mod proof_file;
pub(crate) mod text;
mod trust;

pub use checkpoint::{BadCheckpoint, Checkpoint};
pub use key::{BadKey, Scheme, Signature, Signer, VerifierKey, is_secret};
pub use proof_file::{ProofFile, ProofFileError};
pub use trust::{Opened, Signed, Trust, TrustError};

use std::fmt;

/// More bytes are no note of ours.
const LARGEST: usize = 1 << 20;

/// More signatures are not read; the format asks for at least 16.
const MOST_SIGNATURES: usize = 100;

/// A signed text: its lines, and every signature under it, known or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// Why a note is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The bytes are no signed note.
    #[error("not a signed note: {what}")]
    Format {
        /// What is wrong with them.
        what: &'static str,
    },
    /// A key that is trusted did not make the signature that names it.
    #[error("the signature of `{name}` is not over this text")]
    Signature {
        /// The key's name.
        name: String,
    },
    /// No key that is trusted signed it.
    #[error("no trusted key signed this text")]
    Unsigned,
}

impl NoteError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format { .. } => "note-format",
            Self::Signature { .. } => "note-signature",
            Self::Unsigned => "note-unsigned",
        }
    }
}

impl Note {
    /// A text without signatures; it must not be empty and must end with a line break.
    ///
    /// # Errors
    /// [`NoteError::Format`].
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        let wrong = |what| Err(NoteError::Format { what });
        if text.chars().any(|c| c < ' ' && c != '\n') {
            return wrong("it holds control characters");
        }
        if !text.ends_with('\n') {
            return wrong("the text does not end with a line break");
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a signed note.
    ///
    /// # Errors
    /// [`NoteError::Format`] says what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let wrong = |what| NoteError::Format { what };
        if bytes.len() > LARGEST {
            return Err(wrong("it is larger than 1 MiB"));
        }
        let all = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        let (text, lines) = all.rsplit_once("\n\n").ok_or_else(|| wrong("no line is empty"))?;
        let mut note = Self::new(format!("{text}\n"))?;
        let lines = lines.strip_suffix('\n').ok_or_else(|| wrong("its last line is not whole"))?;
        for line in lines.split('\n') {
            if note.signatures.len() == MOST_SIGNATURES {
                return Err(wrong("it has more than 100 signatures"));
            }
            let signature =
                line.parse().map_err(|()| wrong("a line of a signature is malformed"))?;
            note.signatures.push(signature);
        }
        Ok(note)
    }

    /// The same signatures under another text, to see which text they were made for.
    pub(crate) fn with_text(&self, text: &str) -> Result<Self, NoteError> {
        Ok(Self { signatures: self.signatures.clone(), ..Self::new(text)? })
    }

    /// What is signed, with its last line break.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every signature, in its order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature, in place of an older one by the same key.
    pub fn add(&mut self, signature: Signature) {
        let same = |known: &&mut Signature| known.is_by_the_key_of(&signature);
        match self.signatures.iter_mut().find(same) {
            Some(known) => *known = signature,
            None => self.signatures.push(signature),
        }
    }

    /// The keys, of those given, that signed this text, each once and in the order given. Other
    /// signatures are passed over.
    ///
    /// # Errors
    /// [`NoteError::Signature`] when a signature names a given key and is not by it;
    /// [`NoteError::Unsigned`] when none of the keys signed.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<Signed<'k>>, NoteError> {
        let mut signed: Vec<Signed<'k>> = Vec::new();
        for signature in &self.signatures {
            let mut named = keys.iter().filter(|key| signature.names(key)).peekable();
            if named.peek().is_none() {
                continue;
            }
            // Two keys may share a name and an id, which is short: one of them is enough.
            let by =
                named.find_map(|key| Some(Signed { key, at: key.verify(&self.text, signature)? }));
            let by =
                by.ok_or_else(|| NoteError::Signature { name: signature.name().to_owned() })?;
            if !signed.iter().any(|known| known.key.is_same_secret(by.key)) {
                signed.push(by);
            }
        }
        if signed.is_empty() { Err(NoteError::Unsigned) } else { Ok(signed) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

#[cfg(test)]
mod tests;
