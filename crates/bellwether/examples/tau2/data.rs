//! Data of the sets as JSON values, however it is written, and the files of a bundle.
//!
//! - In: `*.json`, `*.json.gz` and `*.yaml` files.
//! - Out: [`Value`]s, and short ways to read them.
//! - Never: fails on a member that is not there: it is null, and what depends on it is not known.

use anyhow::{Context, Result, anyhow};
use bellwether_core::Problem;
use bellwether_core::authored::{Document, Kind, Node};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// Reads a file by its ending.
pub(crate) fn read(path: &Path) -> Result<Value> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| name.clone())?;
    if name.ends_with(".yaml") {
        return yaml(&name, &String::from_utf8(bytes)?);
    }
    let text = match name.ends_with(".gz") {
        true => {
            let mut text = String::new();
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
            text
        }
        false => String::from_utf8(bytes)?,
    };
    serde_json::from_str(&text).with_context(|| name)
}

/// The files of a bundle: paths relative to its folder, and their texts.
pub(crate) fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for inside in ["", "boundaries", "invariants", "routing", "tests", "overrides"] {
        let Ok(entries) = std::fs::read_dir(folder.join(inside)) else { continue };
        for entry in entries {
            let path = entry?.path();
            let named = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            if path.is_file() && (named.ends_with(".yaml") || named.ends_with(".cedar")) {
                files.insert(named, std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(files)
}

/// Several problems as one error.
pub(crate) fn problems(problems: &[Problem]) -> anyhow::Error {
    let text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    anyhow!(text)
}

/// A YAML text: unquoted whole numbers, true and false are read as such, everything else as text.
pub(crate) fn yaml(name: &str, text: &str) -> Result<Value> {
    let document = Document::read(name, text).map_err(|found| problems(&found))?;
    Ok(value(&document.root))
}

fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Scalar { text, quoted: true } => Value::String(text.clone()),
        Kind::Scalar { text, quoted: false } => plain(text),
        Kind::List(items) => Value::Array(items.iter().map(value).collect()),
        Kind::Map(entries) => {
            let pairs = entries.iter().map(|(key, node)| (key.text.clone(), value(node)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

fn plain(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => {
            let number = text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
            let number = number.then(|| serde_json::from_str(text).ok()).flatten();
            number.unwrap_or_else(|| Value::String(text.to_owned()))
        }
    }
}

/// Short ways to read a value.
pub(crate) trait Reading {
    /// A member, or null.
    fn at(&self, name: &str) -> &Value;
    /// Its text; a number as it is written; nothing where there is none.
    fn words(&self) -> String;
    /// Whether it is text that says this, whatever the case.
    fn says(&self, text: &str) -> bool;
    /// Its items; none where it is no list.
    fn items(&self) -> &[Value];
    /// A number of dollars, also as `$1,250.00`, in cents.
    fn cents(&self) -> Option<i64>;
}

impl Reading for Value {
    fn at(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }

    fn words(&self) -> String {
        match self {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }

    fn says(&self, text: &str) -> bool {
        self.as_str().is_some_and(|mine| mine.eq_ignore_ascii_case(text))
    }

    fn items(&self) -> &[Value] {
        self.as_array().map_or(&[], Vec::as_slice)
    }

    fn cents(&self) -> Option<i64> {
        let text: String = self.words().chars().filter(|one| !"$, ".contains(*one)).collect();
        let number: f64 = text.parse().ok()?;
        // Amounts of the sets have at most two decimals and are far below 2^53 cents.
        Some((number * 100.0).round() as i64)
    }
}
