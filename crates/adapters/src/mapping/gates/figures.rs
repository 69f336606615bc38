//! Figures: what a file is like as a whole, counted while it is read.
//!
//! They can be kept and read back, so that the next file is compared with this one. They hold names of
//! columns and fields and counts, and of the cells nothing.

use crate::mapping::Mapping;
use crate::mapping::field::Make;
use crate::rows::{Cell, Refusal, Row};
use bellwether_core::Timestamp;
use bellwether_core::signal::RawSignal;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashSet};
use std::hash::{Hash as _, Hasher as _};

/// How many reasons of refusals are told.
const TOLD: usize = 3;

/// What a file is like.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Rows, refused ones too.
    pub rows: u64,
    /// Rows that gave nothing but refusals.
    pub refused_rows: u64,
    /// Signals.
    pub signals: u64,
    /// Signals whose id stood in the file before; counted where the mapping has a gate for them.
    pub duplicates: u64,
    /// The newest instant of a signal.
    pub newest: Option<Timestamp>,
    /// Rows that could be cut into cells.
    cut: u64,
    /// For each column that the mapping reads: rows in which it holds something.
    present: BTreeMap<String, u64>,
    /// For each watched column or field: rows in which it holds nothing.
    missing: BTreeMap<String, u64>,
    /// For each watched field: words, and those that the mapping does not list.
    words: BTreeMap<String, (u64, u64)>,
    /// Refusals by what is wrong.
    wrong: BTreeMap<(&'static str, String), u64>,
    /// Hashes of the ids, while the file is read and only for the gate that asks.
    ids: HashSet<u64>,
}

impl Figures {
    /// Counts a row that could not be cut.
    pub fn note_broken(&mut self, mapping: &Mapping, refusal: &Refusal) {
        self.rows += 1;
        self.refused_rows += 1;
        self.note_refusal(mapping, refusal);
    }

    /// Counts a row and what became of it.
    pub fn note(&mut self, mapping: &Mapping, row: &Row, signals: &[Result<RawSignal, Refusal>]) {
        self.rows += 1;
        self.cut += 1;
        self.note_cells(mapping, row);
        let mut fine = signals.is_empty();
        for signal in signals {
            match signal {
                Ok(signal) => {
                    fine = true;
                    self.signals += 1;
                    self.newest = self.newest.max(Some(signal.at));
                    if mapping.gates().duplicates.is_some() {
                        self.duplicates += u64::from(!self.ids.insert(hash_of(signal)));
                    }
                }
                Err(refusal) => self.note_refusal(mapping, refusal),
            }
        }
        self.refused_rows += u64::from(!fine);
    }

    /// The file has ended: what told its signals apart is let go.
    pub fn end(&mut self) {
        self.ids = HashSet::new();
    }

    fn note_refusal(&mut self, mapping: &Mapping, refusal: &Refusal) {
        let message = &refusal.problem.message;
        let told =
            column_of(mapping, message).map(|column| format!("{message} (column `{column}`)"));
        let key = (refusal.problem.code, told.unwrap_or_else(|| message.clone()));
        *self.wrong.entry(key).or_default() += 1;
    }

    fn note_cells(&mut self, mapping: &Mapping, row: &Row) {
        let holds = |path: usize| match row.cell(path) {
            Cell::Missing => false,
            Cell::Compound => true,
            Cell::Text { .. } => row.text(path).is_some_and(|text| !is_empty(mapping, text)),
        };
        for (at, path) in mapping.paths().iter().enumerate() {
            if holds(at) {
                match self.present.get_mut(&path.text) {
                    Some(count) => *count += 1,
                    None => _ = self.present.insert(path.text.clone(), 1),
                }
            }
        }
        for watched in &mapping.gates().missing {
            if !watched.paths.iter().any(|path| holds(*path)) {
                *self.missing.entry(watched.name.clone()).or_default() += 1;
            }
        }
        for watched in &mapping.gates().new_words {
            let word = watched.paths.iter().find(|path| holds(**path));
            let Some(word) = word.and_then(|path| row.text(*path)).map(str::trim) else { continue };
            let count = self.words.entry(watched.name.clone()).or_default();
            count.0 += 1;
            count.1 += u64::from(!lists(mapping, &watched.name, word));
        }
    }

    /// Rows that could be cut into cells.
    pub(super) fn read(&self) -> u64 {
        self.cut
    }

    pub(super) fn missing_of(&self, name: &str) -> u64 {
        self.missing.get(name).copied().unwrap_or_default()
    }

    /// Words of a watched field, and those that are new.
    pub(super) fn words_of(&self, name: &str) -> (u64, u64) {
        self.words.get(name).copied().unwrap_or_default()
    }

    /// Columns that most rows of another file had and no row of this one has.
    pub(super) fn vanished_since<'a>(&'a self, last: &'a Self) -> impl Iterator<Item = &'a str> {
        let most = last.present.iter().filter(|(_, rows)| **rows * 2 > last.cut);
        most.filter(|(name, _)| !self.present.contains_key(*name)).map(|(name, _)| name.as_str())
    }

    /// Why rows were refused, the most frequent reasons first.
    pub(super) fn reasons(&self) -> String {
        let mut wrong: Vec<_> = self.wrong.iter().collect();
        wrong.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let told =
            wrong.iter().take(TOLD).map(|((_, message), count)| format!("; {count}: {message}"));
        told.collect()
    }

    /// As text, for the file that comes next.
    pub fn to_text(&self) -> String {
        let present: serde_json::Map<_, _> =
            self.present.iter().map(|(name, rows)| (name.clone(), (*rows).into())).collect();
        let newest = self.newest.map(Timestamp::micros);
        serde_json::json!({
            "rows": self.rows, "cut": self.cut, "signals": self.signals, "newest": newest,
            "refused_rows": self.refused_rows, "duplicates": self.duplicates, "present": present,
        })
        .to_string()
    }

    /// The reverse of [`Figures::to_text`], without what only the file itself needs.
    pub fn from_text(text: &str) -> Option<Self> {
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        let number = |name: &str| json.get(name).and_then(serde_json::Value::as_u64);
        let present = json.get("present")?.as_object()?.iter();
        Some(Self {
            rows: number("rows")?,
            cut: number("cut")?,
            signals: number("signals")?,
            refused_rows: number("refused_rows")?,
            duplicates: number("duplicates")?,
            newest: json
                .get("newest")
                .and_then(serde_json::Value::as_i64)
                .map(Timestamp::from_micros),
            present: present
                .filter_map(|(name, rows)| Some((name.clone(), rows.as_u64()?)))
                .collect(),
            ..Self::default()
        })
    }
}

fn hash_of(signal: &RawSignal) -> u64 {
    let mut hash = DefaultHasher::new();
    signal.id.hash(&mut hash);
    for part in &signal.hidden.id {
        part.reveal(bellwether_core::Purpose::Identify).hash(&mut hash);
    }
    hash.finish()
}

fn is_empty(mapping: &Mapping, text: &str) -> bool {
    let text = text.trim();
    mapping.empty().iter().any(|word| word == text)
}

/// The column behind the field that a message names, where it is called otherwise.
fn column_of<'m>(mapping: &'m Mapping, message: &str) -> Option<&'m str> {
    let name = message.split('`').nth(1)?;
    let mut fields = mapping.entries.iter().flat_map(|entry| &entry.fields);
    let field = fields.find(|field| field.name == name)?;
    let column = mapping.paths().get(*field.from.paths().first()?)?;
    (column.text != name).then_some(column.text.as_str())
}

/// Whether a field of this name lists a word, in any of the signals.
fn lists(mapping: &Mapping, name: &str, word: &str) -> bool {
    let fields = mapping.entries.iter().flat_map(|entry| &entry.fields);
    fields.filter(|field| field.name == name).any(|field| match &field.make {
        Make::Code { values, .. } => values.iter().any(|(from, to)| from == word || to == word),
        Make::Words { values, .. } => values.iter().any(|(from, _)| from == word),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use crate::rows::rows;

    #[test]
    fn only_a_gate_for_repeats_remembers_ids_and_only_while_the_file_is_read() {
        const MAPPING: &str = "mapping: m\nversion: 1\nsource: s\nformat: csv\nsignals:\n  - kind: a.b\n    \
             id: n\n    at: {const: \"2026-01-01\"}\n    account: [{external: n, system: s}]\n";
        for (gates, ids, duplicates) in [("", 0, 0), ("gates: {duplicates: 90%}\n", 2, 1)] {
            let mapping = Mapping::parse("m", &format!("{MAPPING}{gates}")).unwrap();
            let mut figures = Figures::default();
            for row in rows("n\n1\n2\n1\n".as_bytes(), "f", Format::Csv, &mapping).unwrap() {
                let row = row.unwrap();
                figures.note(&mapping, &row, &mapping.map(&row));
            }
            assert_eq!((figures.ids.len(), figures.duplicates), (ids, duplicates), "{gates}");
            figures.end();
            assert_eq!((figures.ids.len(), figures.duplicates), (0, duplicates), "{gates}");
        }
    }
}
