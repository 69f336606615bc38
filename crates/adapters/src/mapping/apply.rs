//! From a row to its signals.

use super::convert::{convert, mentions, time};
use super::field::{Field, Make, Source, Times};
use super::{Entry, Mapping, Part, account};
use crate::rows::{Cell, Refusal, Row};
use bellwether_core::signal::{Hidden, HiddenField, RawSignal, RawValue};
use bellwether_core::{Duration, Personal, Problem, Timestamp};

/// The longest id, in bytes.
pub(crate) const MAX_ID: usize = 1024;

/// A row as a mapping reads it.
struct View<'a> {
    row: &'a Row,
    mapping: &'a Mapping,
}

impl Mapping {
    /// The signals of a row: one for each entry whose `when` holds, or the reason why not. A row for
    /// which no entry holds gives none.
    ///
    /// The row must come from [`crate::rows`] with this mapping.
    pub fn map(&self, row: &Row) -> Vec<Result<RawSignal, Refusal>> {
        let view = View { row, mapping: self };
        let signals = self.entries.iter().filter_map(|entry| match view.holds(entry) {
            Ok(true) => Some(view.signal(entry)),
            Ok(false) => None,
            Err(problem) => Some(Err(problem)),
        });
        let refused = |problem: Problem| Refusal {
            problem: Box::new(problem.at(row.place())),
            row: Personal::new(row.to_kept(self)),
        };
        let mut signals: Vec<_> = signals.map(|signal| signal.map_err(refused)).collect();
        // One signal of a row takes along what the mapping does not list.
        if let Some(rest) = &row.rest
            && let Some(first) = signals.iter_mut().find_map(|signal| signal.as_mut().ok())
        {
            first.hidden.unknown = Some(Personal::new(rest.clone()));
        }
        signals
    }
}

impl<'a> View<'a> {
    /// The text at a path, unless it is missing or one of the words for "missing".
    fn cell(&self, path: usize) -> Result<Option<&'a str>, Problem> {
        match self.row.cell(path) {
            Cell::Missing => Ok(None),
            Cell::Compound => {
                let name = self.name(path);
                Err(Problem::new("row-not-single", format!("`{name}` is a list or an object"))
                    .help("name a value inside of it: `a.b`, `list[0]` or `list[key=value].b`"))
            }
            Cell::Text { .. } => {
                let text = self.row.text(path).map(str::trim);
                let empty = |text: &&str| !self.mapping.empty.iter().any(|word| word == text);
                Ok(text.filter(empty))
            }
        }
    }

    fn name(&self, path: usize) -> &'a str {
        self.mapping.paths.get(path).map_or("", |path| path.text.as_str())
    }

    fn first(&self, source: &'a Source) -> Result<Option<&'a str>, Problem> {
        match source {
            Source::Const(text) => Ok(Some(text)),
            Source::First(paths) => {
                for path in paths {
                    if let Some(text) = self.cell(*path)? {
                        return Ok(Some(text));
                    }
                }
                Ok(None)
            }
        }
    }

    fn maybe(&self, source: Option<&'a Source>) -> Result<Option<&'a str>, Problem> {
        source.map_or(Ok(None), |source| self.first(source))
    }

    fn holds(&self, entry: &Entry) -> Result<bool, Problem> {
        for (path, condition) in &entry.when {
            // A list or an object is present, and equal to nothing.
            let compound = self.row.cell(*path) == Cell::Compound;
            let value = if compound { Some("") } else { self.cell(*path)? };
            match condition.holds(value, &self.mapping.own) {
                Some(true) => {}
                Some(false) => return Ok(false),
                None => {
                    let message = format!("`{}` is not a number", self.name(*path));
                    return Err(Problem::new("row-bad-number", message)
                        .help("`when` compares it with a number; mend it at its source"));
                }
            }
        }
        Ok(true)
    }

    fn signal(&self, entry: &'a Entry) -> Result<RawSignal, Problem> {
        let at = self.time("at", &entry.at)?.ok_or_else(missing_time)?;
        let contact = self.maybe(entry.contact.as_ref())?;
        let contact = contact.map(|it| account::address(it).unwrap_or_else(|| it.to_owned()));
        let owner = match &entry.owner {
            // An empty cell says that nobody owns it.
            Some(source) => Some(Personal::new(self.first(source)?.unwrap_or_default().to_owned())),
            None => None,
        };
        let own = self.mapping.own.as_slice();
        let mut account = Vec::with_capacity(entry.account.len());
        for hint in &entry.account {
            let found = self.cell(hint.path())?.and_then(|text| hint.of(text, own));
            account.extend(found.filter(|hint| !account.contains(hint)));
        }
        let mut hidden = Hidden::default();
        let mut fields = Vec::with_capacity(entry.fields.len());
        for field in &entry.fields {
            match self.field(field)? {
                Some(RawValue::Word(word)) if field.is_digest() => {
                    let (name, word) = (field.name.clone(), Personal::new(word));
                    hidden.fields.push(HiddenField { name, word, personal: field.personal });
                }
                Some(value) => fields.push((field.name.clone(), value)),
                None => {}
            }
        }
        let mut personal = Vec::with_capacity(entry.personal.len());
        for (name, source) in &entry.personal {
            if let Some(text) = self.first(source)? {
                personal.push((name.clone(), Personal::new(text.to_owned())));
            }
        }
        let known_at = entry.known_at.as_ref().map(|times| self.time("known_at", times));
        Ok(RawSignal {
            source: self.mapping.source.clone(),
            id: self.id(entry, &mut hidden)?,
            kind: entry.kind.clone(),
            at,
            known_at: known_at.transpose()?.flatten(),
            trust: entry.trust,
            account,
            contact: contact.map(Personal::new),
            owner,
            case: self.document(entry.case.as_ref())?,
            deal: self.document(entry.deal.as_ref())?,
            numbers: entry.numbers.clone(),
            fields,
            personal,
            hidden,
        })
    }

    /// Kind and parts joined by `|`; one inside of a part is escaped, so that ids stay distinct. A part
    /// that is to be a digest leaves its place empty: only the edge has the key.
    fn id(&self, entry: &'a Entry, hidden: &mut Hidden) -> Result<String, Problem> {
        let mut id = entry.kind.clone();
        for part in &entry.id {
            let (source, digest) = match part {
                Part::Plain(source) => (source, false),
                Part::Digest(source) => (source, true),
            };
            let Some(text) = self.first(source)? else {
                return Err(Problem::new("row-no-id", "a part of the id is missing in this row")
                    .help("a signal needs an id, or a repeat would count twice"));
            };
            id.push('|');
            if digest {
                hidden.id.push(Personal::new(text.to_lowercase()));
            } else {
                push_part(&mut id, text);
            }
        }
        short(id)
    }

    fn document(&self, source: Option<&'a Source>) -> Result<Option<String>, Problem> {
        self.maybe(source)?.map(|text| short(text.to_owned())).transpose()
    }

    fn time(&self, name: &str, times: &'a Times) -> Result<Option<Timestamp>, Problem> {
        let text = self.first(&times.from)?;
        // A message names the column, where there is only one.
        let name = match times.from.paths() {
            [path] => self.name(*path),
            _ => name,
        };
        let Some(text) = text else { return Ok(None) };
        let at = time(name, text, &times.format, &times.zone)?;
        Ok(Some(at.plus(self.order(times)?)))
    }

    /// Where many rows share an instant, a counter of the source says which one came later.
    fn order(&self, times: &'a Times) -> Result<Duration, Problem> {
        let Some(text) = self.maybe(times.order.as_ref())? else { return Ok(Duration::ZERO) };
        match text.parse::<u32>() {
            Ok(order) => Ok(Duration::from_micros(i64::from(order.min(999_999)))),
            Err(_) => {
                Err(Problem::new("row-bad-number", "the `order` of a time is no whole number")
                    .help("name a column that counts up, or leave `order` out"))
            }
        }
    }

    fn field(&self, field: &'a Field) -> Result<Option<RawValue>, Problem> {
        let own = self.mapping.own.as_slice();
        let value = match &field.make {
            // Any of the texts may mention it.
            Make::Mentions(phrases) => self.mentioned(&field.from, phrases)?,
            Make::Money { currency, .. } => match self.first(&field.from)? {
                Some(text) => convert(field, text, self.maybe(currency.as_ref())?, own)?,
                None => None,
            },
            Make::TrueWhen(condition) => match self.first(&field.from)? {
                Some(text) => convert(field, text, None, own)?,
                None => condition.on_nothing().map(RawValue::Bool),
            },
            _ => match self.first(&field.from)? {
                Some(text) => convert(field, text, None, own)?,
                None => None,
            },
        };
        if value.is_none() && field.required {
            let message = format!("the field `{}` is required and missing", field.name);
            return Err(Problem::new("row-no-field", message)
                .help("fill it at its source, or drop `required` in the mapping"));
        }
        Ok(value)
    }

    fn mentioned(
        &self,
        source: &'a Source,
        phrases: &[String],
    ) -> Result<Option<RawValue>, Problem> {
        let mut found = None;
        for path in source.paths() {
            if let Some(text) = self.cell(*path)? {
                found = Some(found.unwrap_or(false) || mentions(text, phrases));
            }
        }
        Ok(found.map(RawValue::Bool))
    }
}

/// Adds a part to an id; what would end it is escaped.
pub(crate) fn push_part(id: &mut String, text: &str) {
    if text.contains(['|', '\\']) {
        id.push_str(&text.replace('\\', "\\\\").replace('|', "\\|"));
    } else {
        id.push_str(text);
    }
}

fn missing_time() -> Problem {
    Problem::new("row-no-time", "this row does not say when it happened")
        .help("name a second column, `at: [updated_at, created_at]`, or fill it at its source")
}

fn short(id: String) -> Result<String, Problem> {
    if id.len() <= MAX_ID {
        return Ok(id);
    }
    Err(Problem::new("row-id-too-long", format!("an id is longer than {MAX_ID} bytes"))
        .help("ids are short; look for free text in the column"))
}
