//! The samples of the shipped mappings' exports, and the same with a text in some of their columns.

use crate::{HARMLESS, here};
use bellwether_adapters::{Format, Mapping, rows, shipped};
use bellwether_core::Purpose;
use bellwether_core::signal::{AccountHint, RawSignal, RawValue};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// An export, and which of its columns are texts.
pub(crate) struct Sample {
    pub(crate) name: String,
    mapping: Mapping,
    text: String,
    /// Rows and parts that its mapping refuses in any case.
    refused: usize,
    /// Columns that are sealed or looked up by, and change no field.
    pub(crate) sealed: BTreeSet<String>,
    /// Columns whose words become fields.
    pub(crate) words: BTreeSet<String>,
}

pub(crate) fn samples() -> Vec<Sample> {
    shipped().iter().map(|(name, text)| sample(name, text)).collect()
}

fn sample(name: &str, text: &str) -> Sample {
    let mapping = Mapping::parse(&format!("{name}.yaml"), text).unwrap();
    let mapping = mapping.with_own_domains(["ospreyvale.example"]);
    let file = format!("{name}.{}", mapping.format().as_str());
    let text = fs::read_to_string(here("crates/adapters/tests/samples").join(file)).unwrap();
    let (sealed, words) = (BTreeSet::new(), BTreeSet::new());
    let name = name.to_owned();
    let mut sample = Sample { name, mapping, text, refused: 0, sealed, words };
    sample.refused = sample.read(&BTreeSet::new(), "").unwrap().1;
    let plain = sample.signals(&BTreeSet::new(), "").unwrap();
    let seen = plain.iter().map(identity).collect::<Vec<_>>();
    for column in sample.columns() {
        let Some(tried) = sample.signals(&[column.clone()].into(), HARMLESS) else { continue };
        if tried.iter().map(identity).collect::<Vec<_>>() != seen {
            continue;
        }
        let words = |raw: &RawSignal| {
            let words = raw.fields.iter().filter(|(_, value)| matches!(value, RawValue::Word(_)));
            words.cloned().collect::<Vec<_>>()
        };
        let same = tried.iter().zip(&plain).all(|(tried, plain)| words(tried) == words(plain));
        if same {
            sample.sealed.insert(column)
        } else {
            sample.words.insert(column)
        };
    }
    sample
}

/// What says which signal it is and about whom; a company's name is only a hint, and what a text asks for
/// is its own.
fn identity(raw: &RawSignal) -> String {
    let show = |text: &bellwether_core::Personal<String>| text.reveal(Purpose::Identify).clone();
    let hints = raw.account.iter().filter_map(|hint| match hint {
        AccountHint::Name(_) => None,
        AccountHint::External(system, id) => Some(format!("{system}:{}", show(id))),
        AccountHint::Domain(it) | AccountHint::DomainOf(it) | AccountHint::Contact(it) => {
            Some(show(it))
        }
    });
    let hints: Vec<_> = hints.collect();
    let people = [&raw.contact, &raw.owner].map(|person| person.as_ref().map(show));
    let hidden: Vec<_> = raw.hidden.id.iter().map(show).collect();
    let typed: Vec<_> = raw
        .fields
        .iter()
        .map(|(name, value)| match value {
            RawValue::Word(_) | RawValue::Bool(_) => name.clone(),
            other => format!("{name}{other:?}"),
        })
        .collect();
    format!(
        "{} {} {} {} {hints:?} {people:?} {:?} {:?} {hidden:?} {typed:?}",
        raw.kind, raw.id, raw.at, raw.trust, raw.case, raw.deal
    )
}

impl Sample {
    /// Its columns, or the ways to texts in its documents.
    fn columns(&self) -> Vec<String> {
        match self.mapping.format() {
            Format::Csv => {
                let mut table = csv::Reader::from_reader(self.text.as_bytes());
                table.headers().unwrap().iter().map(str::to_owned).collect()
            }
            Format::Mbox | Format::Eml => {
                ["subject", "body", "from_name"].map(str::to_owned).into()
            }
            Format::Json | Format::JsonLines => {
                let mut ways = BTreeSet::new();
                for mut document in self.documents() {
                    walk(&mut document, "", &mut |way, _| {
                        ways.insert(way.to_owned());
                    });
                }
                ways.into_iter().collect()
            }
        }
    }

    fn documents(&self) -> Vec<Value> {
        let read = |text: &str| serde_json::from_str(text).unwrap();
        match self.mapping.format() {
            Format::JsonLines => self.text.lines().map(read).collect(),
            _ => vec![read(&self.text)],
        }
    }

    /// The export with a text in these columns.
    fn with(&self, columns: &BTreeSet<String>, text: &str) -> Vec<u8> {
        match self.mapping.format() {
            Format::Csv => {
                let mut table = csv::Reader::from_reader(self.text.as_bytes());
                let mut out = csv::Writer::from_writer(Vec::new());
                let headers = table.headers().unwrap().clone();
                out.write_record(&headers).unwrap();
                for row in table.records() {
                    let row = row.unwrap();
                    let cells = headers.iter().zip(&row).map(|(name, cell)| {
                        let swap = columns.contains(name) && !cell.is_empty();
                        if swap { text } else { cell }
                    });
                    out.write_record(cells).unwrap();
                }
                out.into_inner().unwrap()
            }
            Format::Mbox | Format::Eml => mail(&self.text, columns, text).into_bytes(),
            Format::Json | Format::JsonLines => {
                let swapped = self.documents().into_iter().map(|mut document| {
                    walk(&mut document, "", &mut |way, value| {
                        if columns.contains(way) {
                            *value = text.to_owned();
                        }
                    });
                    document.to_string() + "\n"
                });
                swapped.collect::<String>().into_bytes()
            }
        }
    }

    /// What it gives with a text in these columns; nothing where more is refused than without.
    pub(crate) fn signals(&self, columns: &BTreeSet<String>, text: &str) -> Option<Vec<RawSignal>> {
        let (signals, refused) = self.read(columns, text)?;
        (refused == self.refused).then_some(signals)
    }

    fn read(&self, columns: &BTreeSet<String>, text: &str) -> Option<(Vec<RawSignal>, usize)> {
        let bytes = self.with(columns, text);
        let rows = rows(bytes.as_slice(), &self.name, self.mapping.format(), &self.mapping).ok()?;
        let (mut signals, mut refused) = (Vec::new(), 0);
        for row in rows {
            let Ok(row) = row else {
                refused += 1;
                continue;
            };
            for signal in self.mapping.map(&row) {
                match signal {
                    Ok(signal) => signals.push(signal),
                    Err(_) => refused += 1,
                }
            }
        }
        Some((signals, refused))
    }
}

/// Every text of a document, with the names that lead to it.
fn walk(value: &mut Value, way: &str, each: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => each(way, text),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, way, each)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                walk(member, &format!("{way}.{name}"), each);
            }
        }
        _ => {}
    }
}

/// Mails with a text as subject, as the name of whoever wrote, and above what they wrote.
fn mail(all: &str, columns: &BTreeSet<String>, text: &str) -> String {
    let line: String = text.chars().filter(|sign| !sign.is_control() && *sign != '"').collect();
    let body = text.replace('\0', " ").replace('\n', "\n> ");
    let (mut out, mut head) = (String::new(), true);
    for given in all.lines() {
        head |= given.starts_with("From ");
        if head && given.is_empty() {
            head = false;
            out += "\n";
            if columns.contains("body") {
                out += &format!("> {body}\n");
            }
            continue;
        }
        match given.split_once(": ") {
            Some(("Subject", _)) if head && columns.contains("subject") => {
                out += &format!("Subject: {line}\n");
            }
            Some(("From", who)) if head && columns.contains("from_name") => {
                let address = who.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
                out += &format!("From: \"{line}\" <{address}>\n");
            }
            _ => out += &format!("{given}\n"),
        }
    }
    out
}
