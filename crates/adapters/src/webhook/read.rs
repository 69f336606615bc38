//! Reading a scheme's file: all problems at once, each with its place.

use super::template::{self, Part, WORDS};
use super::{Algorithm, Encoding, Scheme, SecretForm, Time, Where};
use bellwether_core::authored::{Document, Fields, Node};
use bellwether_core::{Duration, Problem};

const TOLERANCE: Duration = Duration::from_secs(300);

const UNITS: [(&str, &str); 3] = [("s", "epoch_s"), ("ms", "epoch_ms"), ("iso", "iso")];

pub(super) fn scheme(file: &str, text: &str) -> Result<Scheme, Vec<Problem>> {
    let document = Document::read(file, text)?;
    let mut problems = Vec::new();
    let mut fields = Fields::new(&document, &document.root, &mut problems);
    let scheme = top(&mut fields);
    fields.finish();
    match scheme {
        Some(scheme) if problems.is_empty() => Ok(scheme),
        _ => {
            problems.sort_by(|a, b| a.place.cmp(&b.place));
            Err(problems)
        }
    }
}

fn top(fields: &mut Fields<'_>) -> Option<Scheme> {
    let name = fields.required_text("scheme");
    let description = fields.text("description").unwrap_or_default().to_owned();
    let algorithm = fields.required("algorithm").and_then(|_| {
        fields.word("algorithm", &["sha1", "sha256", "none"], |word| match word {
            "sha1" => Some(Algorithm::Sha1),
            "sha256" => Some(Algorithm::Sha256),
            "none" => Some(Algorithm::None),
            _ => None,
        })
    });
    let encoding = fields.word("encoding", &["hex", "base64"], |word| match word {
        "hex" => Some(Encoding::Hex),
        "base64" => Some(Encoding::Base64),
        _ => None,
    });
    let signature = fields.required("signature").and_then(|node| part(fields, node, place));
    let timestamp = fields.node("timestamp").map(|node| part(fields, node, time));
    let id = fields.node("id").map(|node| part(fields, node, place));
    let secret = fields.node("secret").map(|node| part(fields, node, secret_form));
    let signed = match algorithm {
        Some(Algorithm::None) => Some(Vec::new()),
        _ => fields.required_text("signed").and_then(|text| signed(fields, text)),
    };
    let scheme = Scheme {
        name: name?.to_owned(),
        description,
        algorithm: algorithm?,
        encoding: encoding.unwrap_or(Encoding::Hex),
        signature: signature?,
        timestamp: flat(timestamp)?,
        id: flat(id)?,
        signed: signed?,
        secret: flat(secret)?.unwrap_or(SecretForm { prefix: String::new(), base64: false }),
    };
    holds_together(fields, &scheme);
    Some(scheme)
}

/// `None` where something was written that could not be read.
fn flat<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        Some(None) => None,
        Some(found) => Some(found),
        None => Some(None),
    }
}

fn part<T>(
    outer: &mut Fields<'_>,
    node: &Node,
    read: fn(&mut Fields<'_>) -> Option<T>,
) -> Option<T> {
    let document = outer.document();
    let mut fields = Fields::new(document, node, outer.problems());
    let found = read(&mut fields);
    fields.finish();
    found
}

fn place(fields: &mut Fields<'_>) -> Option<Where> {
    let given = fields.required("header");
    let headers: Vec<_> =
        fields.texts("header").into_iter().map(|(name, _)| name.to_owned()).collect();
    let separator = fields.text("separator").map(str::to_owned);
    let prefix = fields.text("prefix").unwrap_or_default().to_owned();
    given.map(|_| Where { headers, separator, prefix })
}

fn time(fields: &mut Fields<'_>) -> Option<Time> {
    let at = place(fields);
    let known = UNITS.map(|(word, _)| word);
    let format = fields.word("unit", &known, |word| {
        UNITS.iter().find(|(unit, _)| *unit == word).map(|(_, format)| *format)
    });
    let tolerance = fields.duration("tolerance").unwrap_or(TOLERANCE);
    Some(Time { at: at?, format: format.unwrap_or("epoch_s"), tolerance })
}

fn secret_form(fields: &mut Fields<'_>) -> Option<SecretForm> {
    let prefix = fields.text("prefix").unwrap_or_default().to_owned();
    let base64 = fields.word("encoding", &["base64"], |word| (word == "base64").then_some(()));
    Some(SecretForm { prefix, base64: base64.is_some() })
}

fn signed(fields: &mut Fields<'_>, text: &str) -> Option<Vec<Part>> {
    match template::parse(text) {
        Ok(parts) => Some(parts),
        Err(word) => {
            let known = WORDS.map(|(word, _)| word);
            refuse(
                fields,
                "`signed` has a word that is not known",
                &format!("known: {}", known.join(", ")),
            );
            let last = fields.problems().pop();
            let last = last.map(|problem| problem.nearest(&word, known));
            fields.problems().extend(last);
            None
        }
    }
}

/// What is said in one place must be used in the other.
fn holds_together(fields: &mut Fields<'_>, scheme: &Scheme) {
    let has = |part: Part| scheme.signed.contains(&part);
    if scheme.algorithm == Algorithm::None {
        if scheme.timestamp.is_some() {
            refuse(fields, "without a signature a time proves nothing", "leave `timestamp` out");
        }
        return;
    }
    if !has(Part::Body) && !has(Part::Form) {
        refuse(fields, "the body is not signed", "add `{body}` to `signed`");
    }
    if has(Part::Timestamp) != scheme.timestamp.is_some() {
        let help = "write both `timestamp:` and `{timestamp}` in `signed`, or neither";
        refuse(fields, "the time is either not signed or not found", help);
    }
    if has(Part::Id) && scheme.id.is_none() {
        refuse(fields, "the id is signed and not found", "say under `id` which header has it");
    }
}

fn refuse(fields: &mut Fields<'_>, message: &str, help: &str) {
    let node = fields.node("signed");
    let place = node.map_or_else(|| fields.place(), |node| fields.place_of(node));
    fields.problems().push(Problem::new("scheme-signed", message).at(place).help(help));
}
