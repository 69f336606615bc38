//! How many records each version of the rules has made, and what the versions are called.

use anyhow::Result;
use bellwether_core::{Digest, StreamId};
use bellwether_engine::RuleBook;
use bellwether_store::View;
use memchr::memmem::Finder;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Records by the digest of the rules that made them, from the first one on or on from a place.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pos: u64,
    records: BTreeMap<Digest, u64>,
}

impl Counted {
    /// Reads what was committed since, while `more` says so, and gives how far it came; the house's own
    /// records decide nothing and are left out.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn follow(&mut self, view: &View, mut more: impl FnMut() -> bool) -> Result<u64> {
        let rules = Finder::new("\"rules\":\"");
        view.scan(self.pos + 1, |row| {
            self.pos = row.pos;
            // Members come sorted: what stands before is ours alone, and no text from outside stands behind.
            let at = rules.find(row.record).filter(|_| row.stream != StreamId::SYSTEM);
            let text = at.and_then(|at| row.record.get(at + 9..)).and_then(|rest| {
                let end = rest.iter().position(|byte| *byte == b'"')?;
                std::str::from_utf8(rest.get(..end)?).ok()
            });
            if let Some(digest) = text.and_then(|text| text.parse().ok()) {
                *self.records.entry(digest).or_default() += 1;
            }
            if more() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(self.pos)
    }

    /// How many of one version.
    pub(crate) fn of(&self, rules: Digest) -> u64 {
        self.records.get(&rules).copied().unwrap_or_default()
    }
}

/// Name and version of a bundle, such as `small 1.0.0`.
pub(crate) fn named(book: &RuleBook, rules: Digest) -> String {
    let meta = book.get(&rules).map(|rules| rules.policy().meta());
    meta.map(|meta| format!("{} {}", meta.name, meta.version)).unwrap_or_default()
}
