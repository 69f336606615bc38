//! A preview: what would become of files, without changing anything.

use super::read::{each_row, note_refusal};
use super::{ImportError, Refused, Source, gates};
use bellwether_adapters::{Figures, Verdict};
use bellwether_core::signal::RawSignal;
use bellwether_core::{Problem, Timestamp};
use bellwether_store::View;
use std::collections::BTreeMap;

/// What a file would give.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// The first signals.
    pub first: Vec<RawSignal>,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// Everything that is refused, by code.
    pub refused: Refused,
    /// What the file is like.
    pub figures: Figures,
    /// What the mapping does not list, at the top of rows, and how many rows hold it. It is kept only
    /// if the mapping keeps it; a source whose mapping drops it must be asked to keep it to see this.
    pub unlisted: BTreeMap<String, u64>,
    /// Gates that the file does not pass.
    pub verdicts: Vec<Verdict>,
}

/// Reads a file to its end: its first `limit` signals and problems, and what it is like as a whole.
/// `store` is where earlier files are known from.
///
/// # Errors
/// [`ImportError`] when the file does not fit its mapping at all.
pub fn preview(
    source: &Source,
    limit: usize,
    store: Option<&View>,
    now: Timestamp,
) -> Result<Preview, ImportError> {
    let mut found = Preview::default();
    for row in each_row(source)? {
        let mapped = match &row {
            Ok(row) => {
                let mapped = source.mapping.map(row);
                found.figures.note(&source.mapping, row, &mapped);
                for name in row.unlisted() {
                    *found.unlisted.entry(name).or_default() += 1;
                }
                mapped
            }
            Err(refusal) => {
                found.figures.note_broken(&source.mapping, refusal);
                vec![Err(refusal.clone())]
            }
        };
        for signal in mapped {
            match signal {
                Ok(signal) if found.first.len() < limit => found.first.push(signal),
                Ok(_) => {}
                Err(refusal) => {
                    note_refusal(&mut found.refused, &refusal);
                    if found.problems.len() < limit {
                        found.problems.push(*refusal.problem);
                    }
                }
            }
        }
    }
    found.verdicts = gates::verdicts(store, source, &found.figures, now)?;
    Ok(found)
}
