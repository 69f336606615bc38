//! The configuration as it holds, for people and programs: what was set, and the defaults of the rest.

use super::Loaded;
use super::keys::written;
use super::secret::SecretAt;
use bellwether_core::authored::{Kind, Node};
use serde_json::Value;

/// The configuration as TOML, each line with where it came from if that is not the file. Of a secret,
/// where it stands and whether it can be read.
pub(crate) fn show(loaded: &Loaded) -> String {
    let mut text = String::new();
    table(loaded, &loaded.layers.document.root, "", &mut text);
    text
}

fn table(loaded: &Loaded, node: &Node, path: &str, text: &mut String) {
    let Kind::Map(entries) = &node.kind else { return };
    let is_table = |node: &Node| matches!(node.kind, Kind::Map(_));
    if !path.is_empty() && entries.iter().any(|(_, node)| !is_table(node)) {
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}[{path}]\n"));
    }
    for (key, node) in entries.iter().filter(|(_, node)| !is_table(node)) {
        let mut notes: Vec<&str> = Vec::new();
        notes.extend(state(loaded, &key.text, node));
        notes.extend(loaded.layers.origin(node.line));
        let note = match notes.as_slice() {
            [] => String::new(),
            notes => format!("  # {}", notes.join(", ")),
        };
        text.push_str(&format!("{} = {}{note}\n", key.text, value(node)));
    }
    for (key, node) in entries.iter().filter(|(_, node)| is_table(node)) {
        let path = if path.is_empty() { key.text.clone() } else { format!("{path}.{}", key.text) };
        table(loaded, node, &path, text);
    }
}

fn value(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar { text, .. } => written(text),
        Kind::List(items) => {
            format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", "))
        }
        Kind::Null | Kind::Map(_) => "[]".to_owned(),
    }
}

/// Whether the secrets that a key names can be read; nothing for other keys.
fn state(loaded: &Loaded, key: &str, node: &Node) -> Option<&'static str> {
    const SECRETS: [&str; 6] = ["secret", "password", "token", "url", "client_secret", "headers"];
    let (stem, how) = key.rsplit_once('_')?;
    if !SECRETS.contains(&stem) {
        return None;
    }
    let base = loaded.file.as_deref().and_then(std::path::Path::parent).unwrap_or("".as_ref());
    let at = |node: &Node| {
        let Kind::Scalar { text, .. } = &node.kind else { return None };
        Some(match how {
            "file" => SecretAt::File(base.join(text)),
            "env" => SecretAt::Env(text.clone()),
            "credential" => SecretAt::Credential(text.clone()),
            _ => return None,
        })
    };
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let set = items.iter().all(|item| at(item).is_some_and(|at| at.read().is_ok()));
    Some(if set { "(set)" } else { "(cannot be read)" })
}

/// As [`show`], for programs.
pub(crate) fn json(loaded: &Loaded) -> Value {
    fn one(node: &Node) -> Value {
        match &node.kind {
            Kind::Null => Value::Null,
            Kind::Scalar { text, .. } => match written(text).starts_with('"') {
                true => Value::String(text.clone()),
                false => serde_json::from_str(text).unwrap_or(Value::Null),
            },
            Kind::List(items) => items.iter().map(one).collect(),
            Kind::Map(entries) => {
                entries.iter().map(|(key, node)| (key.text.clone(), one(node))).collect()
            }
        }
    }
    one(&loaded.layers.document.root)
}
