//! Every shipped mapping on a small sample of its export, with all that it gives pinned.
//!
//! `tests/samples/<mapping>.<format>` is read and compared with `<mapping>.txt` beside it;
//! `UPDATE_EXPECT=1` writes the latter anew.

#![cfg(test)]

use bellwether_adapters::{Mapping, rows, shipped};
use bellwether_core::Purpose;
use bellwether_core::signal::{AccountHint, RawSignal, RawValue};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}

fn mappings() -> impl Iterator<Item = (&'static str, Mapping)> {
    shipped().iter().map(|(name, text)| {
        let file = format!("{name}.yaml");
        let mapping = Mapping::parse(&file, text).unwrap_or_else(|found| {
            panic!("{}", found.iter().map(|it| format!("{it}\n")).collect::<String>())
        });
        (*name, mapping.with_own_domains(["ospreyvale.example"]))
    })
}

fn shown(signal: &RawSignal) -> String {
    let mut text = format!("{} at {} from {}", signal.id, signal.at, signal.trust);
    for (what, number) in [("case", &signal.case), ("deal", &signal.deal)] {
        if let Some(number) = number {
            let _ = write!(text, ", {what} {number}");
        }
    }
    let hints = signal.account.iter().map(|hint| match hint {
        AccountHint::External(system, id) => format!("{system}:{}", id.reveal(Purpose::Show)),
        AccountHint::Domain(it) => format!("domain {}", it.reveal(Purpose::Show)),
        AccountHint::DomainOf(it) => format!("domain of {}", it.reveal(Purpose::Show)),
        AccountHint::Contact(it) => format!("contact {}", it.reveal(Purpose::Show)),
        AccountHint::Name(it) => format!("name {}", it.reveal(Purpose::Show)),
    });
    let hints: Vec<_> = hints.collect();
    let contact = signal.contact.as_ref().map_or("nobody", |it| it.reveal(Purpose::Show));
    let _ = writeln!(text, "\n  account: {}; contact: {contact}", hints.join(", "));
    if let Some(owner) = &signal.owner {
        let _ = writeln!(text, "  owner: {:?}", owner.reveal(Purpose::Show));
    }
    for (name, value) in &signal.fields {
        let value = match value {
            RawValue::Word(word) => word.clone(),
            RawValue::Money(money) => money.to_string(),
            RawValue::Time(time) => time.to_string(),
            other => format!("{other:?}"),
        };
        let _ = writeln!(text, "  {name} = {value}");
    }
    for part in &signal.hidden.id {
        let _ = writeln!(text, "  id: a digest of {:?}", part.reveal(Purpose::Show));
    }
    for field in &signal.hidden.fields {
        let whose = if field.personal { "person" } else { "account" };
        let word = field.word.reveal(Purpose::Show);
        let _ = writeln!(text, "  {} = a digest of {word:?} ({whose})", field.name);
    }
    for (name, value) in &signal.personal {
        let _ = writeln!(text, "  [{name}] {:?}", value.reveal(Purpose::Show));
    }
    text
}

#[test]
fn every_sample_gives_what_is_pinned() {
    for (name, mapping) in mappings() {
        let file = format!("{name}.{}", mapping.format().as_str());
        let bytes = std::fs::read(samples().join(&file)).unwrap_or_else(|_| panic!("no {file}"));
        let mut text = String::new();
        for row in rows(bytes.as_slice(), &file, mapping.format(), &mapping).unwrap() {
            for signal in mapping.map(&row.unwrap()) {
                match signal {
                    Ok(signal) => text.push_str(&shown(&signal)),
                    Err(refusal) => {
                        let _ = writeln!(text, "{}", refusal.problem);
                    }
                }
            }
        }
        expect_test::expect_file![samples().join(format!("{name}.txt"))].assert_eq(&text);
    }
}

#[test]
fn every_shipped_mapping_is_named_after_its_file() {
    for (name, mapping) in mappings() {
        assert_eq!(mapping.name(), name);
        assert!(!mapping.description().is_empty(), "{name} says what it is for");
        assert!(!mapping.schema().is_empty() || name == "mail", "{name} gives fields");
    }
    let names: Vec<_> = shipped().iter().map(|(name, _)| *name).collect();
    assert!(names.is_sorted());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let yaml = files.filter(|file| file.path().extension().is_some_and(|it| it == "yaml"));
    assert_eq!(yaml.count(), names.len(), "a file that is not shipped");
}

/// Outcomes and what an export fills in afterwards must be marked, or a rule could read the future.
#[test]
fn hindsight_is_marked() {
    let mut close = Vec::new();
    for (_, mapping) in mappings() {
        for field in mapping.schema() {
            assert!(
                field.known_at_close || !field.kind.starts_with("outcome."),
                "{} {}",
                field.kind,
                field.field
            );
            if field.known_at_close && !field.kind.starts_with("outcome.") {
                close.push(field.field);
            }
        }
    }
    assert_eq!(close, ["made_sla", "closed_code", "resolved_by", "resolved_at", "closed_at"]);
}
