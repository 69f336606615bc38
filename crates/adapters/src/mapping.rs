//! The mapping language: what a row of another system means, as a file that a person can read.
//!
//! - In: YAML such as the files in `mappings/` (the language is described in `mappings/README.md`).
//! - Out: a [`Mapping`], or every problem of the file at once; then, row by row, canonical signals.
//! - Never: guesses. A cell that cannot be read refuses its signal, with a code and a mend, and what
//!   the mapping does not name reaches no rule. Free text cannot become a field that rules read.

pub(crate) mod account;
pub(crate) mod apply;
pub(crate) mod check;
mod condition;
mod convert;
pub(crate) mod decimal;
mod field;
mod gates;
mod path;
mod read;
pub(crate) mod shipped;
#[cfg(test)]
mod tests;

use bellwether_core::{Digest, Place, Problem, Trust, value::Type};
use condition::Condition;
use field::{Field, Source, Times};

pub use gates::{Figures, Gates, Verdict};
pub(crate) use path::{Path, Step};

/// How the bytes of a file are cut into rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table with a header.
    Csv,
    /// One document: an array of rows somewhere inside, or a single row.
    Json,
    /// One document a line.
    JsonLines,
    /// Many mails in one file.
    Mbox,
    /// One mail.
    Eml,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Json, Self::JsonLines, Self::Mbox, Self::Eml];

    /// The word in mappings, which is also the usual end of the file's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Mbox => "mbox",
            Self::Eml => "eml",
        }
    }

    /// The format of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    /// Whether rows have columns rather than paths.
    const fn is_flat(self) -> bool {
        !matches!(self, Self::Json | Self::JsonLines)
    }
}

/// One field that a mapping gives, for the check that rules read only what exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSchema {
    /// The kind of the signal.
    pub kind: String,
    /// The field's name.
    pub field: String,
    /// Its type.
    pub value: Type,
    /// Whether it is known only when the matter is closed: using it earlier would be hindsight.
    pub known_at_close: bool,
    /// Where the mapping says so.
    pub place: Place,
}

/// What the rows of one export or delivery mean.
#[derive(Clone, Debug)]
pub struct Mapping {
    digest: Digest,
    name: String,
    version: i64,
    description: String,
    source: String,
    format: Format,
    delimiter: u8,
    /// The keys on the way to the array of rows.
    rows: Vec<String>,
    each: Option<Path>,
    empty: Vec<String>,
    /// Our own mail domains, lower case: they are never a customer's.
    own: Vec<String>,
    /// Whether what is not listed is kept, sealed, for a short time.
    keeps_unlisted: bool,
    gates: Gates,
    paths: Vec<Path>,
    entries: Vec<Entry>,
}

/// One signal that a row may give.
#[derive(Clone, Debug)]
struct Entry {
    kind: String,
    trust: Trust,
    /// All must hold; by path.
    when: Vec<(usize, Condition)>,
    id: Vec<Part>,
    at: Times,
    known_at: Option<Times>,
    account: Vec<Hint>,
    contact: Option<Source>,
    owner: Option<Source>,
    /// Where it says so.
    place: Place,
    case: Option<Source>,
    deal: Option<Source>,
    numbers: Option<String>,
    fields: Vec<Field>,
    personal: Vec<(String, Source)>,
}

/// What the edge makes of an `owner`: an id that says nothing, and whether they have left.
pub(crate) const STAMPED: [(&str, Type); 2] = [("owner", Type::Code), ("owner_left", Type::Bool)];

/// A part of an id.
#[derive(Clone, Debug)]
enum Part {
    /// As it stands.
    Plain(Source),
    /// As a keyed digest, because it may name a person: ids are not sealed.
    Digest(Source),
}

/// A way to find the account.
#[derive(Clone, Debug)]
enum Hint {
    External { system: String, id: usize },
    Domain(usize),
    DomainOf(usize),
    Contact(usize),
    Name(usize),
}

impl Mapping {
    /// Reads a mapping. `file` is its name in messages.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let read = read::mapping(file, text)?;
        Ok(Self { digest: Digest::of(text.as_bytes()), ..read })
    }

    /// The mapping's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its text: what makes an import the same import.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its version, raised by whoever changes what rows mean.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// What it is for, in a sentence.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The system that the rows come from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How the bytes are cut into rows.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Every field that it gives, kind by kind in the order written.
    pub fn schema(&self) -> Vec<FieldSchema> {
        let fields = |entry: &Entry| {
            let kind = entry.kind.clone();
            let schema = move |field: &Field| field.schema(&kind);
            let stamped = STAMPED.iter().filter(|_| entry.owner.is_some());
            let stamped = stamped.map(|(field, value)| FieldSchema {
                kind: entry.kind.clone(),
                field: (*field).to_owned(),
                value: *value,
                known_at_close: false,
                place: entry.place.clone(),
            });
            entry.fields.iter().map(schema).chain(stamped).collect::<Vec<_>>()
        };
        self.entries.iter().flat_map(fields).collect()
    }

    /// Adds our own mail domains, which an installation knows and a shipped mapping cannot.
    #[must_use]
    pub fn with_own_domains<'a>(mut self, domains: impl IntoIterator<Item = &'a str>) -> Self {
        self.own.extend(domains.into_iter().map(str::to_lowercase));
        self
    }

    /// Whether it tells what we sent from what we received, and does not know our domains: everything
    /// then counts as received.
    pub fn lacks_own_domains(&self) -> bool {
        let tells = |(_, condition): &(usize, Condition)| {
            matches!(condition, Condition::Own | Condition::Outside)
        };
        self.own.is_empty() && self.entries.iter().any(|entry| entry.when.iter().any(tells))
    }

    /// Whether what rows hold beyond the mapping is kept, sealed, for a short time.
    pub fn keeps_unlisted(&self) -> bool {
        self.keeps_unlisted
    }

    /// The same, whatever the mapping says: to see what there is.
    #[must_use]
    pub fn keeping_unlisted(self) -> Self {
        Self { keeps_unlisted: true, ..self }
    }

    /// What a file must be like as a whole.
    pub fn gates(&self) -> &Gates {
        &self.gates
    }

    /// The words that mean "nothing here".
    pub(crate) fn empty(&self) -> &[String] {
        &self.empty
    }

    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    pub(crate) fn rows(&self) -> &[String] {
        &self.rows
    }

    /// The way to the rows as it was written.
    pub(crate) fn pointer(&self) -> String {
        self.rows.iter().map(|key| format!("/{key}")).collect()
    }

    pub(crate) fn each(&self) -> Option<&Path> {
        self.each.as_ref()
    }

    /// What is read of each row; cells of a row stand in this order.
    pub(crate) fn paths(&self) -> &[Path] {
        &self.paths
    }
}
