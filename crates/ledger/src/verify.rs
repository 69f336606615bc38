//! Verify: a whole log against its signed checkpoint, and what exactly differs.
//!
//! - In: the bytes of the checkpoint, whom to trust, and a reader of tiles and bundles: a database's
//!   or a folder's, it makes no difference.
//! - Out: a [`Report`] that names every entry, hash, tile or line of the checkpoint that differs.
//! - Never: samples; one altered entry among millions is found.
//!
//! Three things speak about every entry: the entry itself, the stored hashes above it, and the root
//! that was signed. What two of them agree on is believed, and the third is named.

mod finding;
mod judge;
mod sweep;

pub use finding::{Field, Finding};
pub use sweep::sweep;

use crate::note::{Checkpoint, Note, NoteError, Trust, TrustError};
use crate::tree::{Head, Tile};
use bellwether_core::Digest;

/// More findings are counted and not kept.
pub const MOST_FINDINGS: usize = 10_000;

/// What a sweep found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that were read and hashed.
    pub entries: u64,
    /// Tiles and bundles that were read.
    pub files: u64,
    /// What differs: the checkpoint first, then in the order of the log.
    pub findings: Vec<Finding>,
    /// How many more there are than [`MOST_FINDINGS`].
    pub more: u64,
    /// The root that the log itself leads to: by its entries, or by its tiles where entries differ.
    pub root: Option<Digest>,
}

impl Report {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

/// Checks the checkpoint, then sweeps the log it stands for.
///
/// `read` gives the bytes of a tile or bundle, or `None` where there is none.
///
/// # Errors
/// What `read` says when it cannot answer; everything about the log itself is a [`Finding`].
pub fn verify<E>(
    checkpoint: &[u8],
    trust: &Trust,
    read: impl FnMut(Tile) -> Result<Option<Vec<u8>>, E>,
) -> Result<Report, E> {
    let parsed = Note::parse(checkpoint).map_err(TrustError::Note).and_then(|note| {
        let text: Checkpoint = note.text().parse()?;
        Ok((note, text))
    });
    let (note, text) = match parsed {
        Ok(parsed) => parsed,
        Err(why) => {
            let findings = vec![Finding::Checkpoint { field: Field::Text, why }];
            return Ok(Report { findings, ..Report::default() });
        }
    };
    let mut report = sweep(text.head, read)?;
    if let Err(why) = trust.open(&note) {
        let field = blame(&why, &note, &text, trust, &report);
        // What was signed is known now; that the log does not lead to another text is no news.
        if field != Field::Witnesses {
            report.findings.retain(|finding| !matches!(finding, Finding::Root { .. }));
        }
        report.findings.insert(0, Finding::Checkpoint { field, why });
    }
    Ok(report)
}

/// Which line of a checkpoint that does not pass was changed. A signature tells when it fits the
/// text with one line put right.
fn blame(why: &TrustError, note: &Note, text: &Checkpoint, trust: &Trust, found: &Report) -> Field {
    let signed = |text: Checkpoint| {
        let sealed = note.with_text(&text.to_string());
        sealed.is_ok_and(|note| note.verify(&trust.log_keys).is_ok())
    };
    match why {
        TrustError::Unwitnessed { .. } => return Field::Witnesses,
        TrustError::Origin { .. } => return Field::Origin,
        TrustError::Note(NoteError::Signature { name })
            if !trust.log_keys.iter().any(|key| key.name() == name) =>
        {
            return Field::Witnesses;
        }
        _ => {}
    }
    let right = found.root.map(|root| Head { root, ..text.head });
    match right {
        Some(head) if head == text.head => Field::Signature,
        Some(head) if signed(Checkpoint { head, ..text.clone() }) => Field::Root,
        _ if signed(Checkpoint { extensions: Vec::new(), ..text.clone() }) => Field::Extensions,
        _ => Field::Size,
    }
}

#[cfg(test)]
mod tests;
