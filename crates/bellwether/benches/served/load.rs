//! What is sent: the benchmark's signals as CloudEvents, or signals that make people be asked.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The benchmark's kinds, and what stands before them so that they can be kinds here.
pub(crate) const KINDS: [&str; 6] = ["account", "email", "ticket", "calendar", "chat", "crm_stage"];
pub(crate) const PREFIX: &str = "w1.";

/// Stands where an id is to be.
pub(crate) const MARK: &str = "@";

/// The benchmark's signals, as many as wanted; for an id they have a mark.
pub(crate) fn signals(folder: &Path, count: usize) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(folder.join("w1-signals.jsonl"))?;
    text.lines().take(count).map(|line| event_of(MARK, serde_json::from_str(line)?)).collect()
}

/// What is known of each account, as its first signal.
pub(crate) fn accounts(folder: &Path) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(folder.join("w1-accounts.jsonl"))?;
    let event = |line: &str| {
        let mut given: Map<String, Value> = serde_json::from_str(line)?;
        given.remove("base");
        let number = given.get("account").cloned().unwrap_or_default();
        given.insert("kind".to_owned(), json!("account"));
        event_of(&format!("account-{number}"), given)
    };
    text.lines().map(event).collect()
}

fn event_of(id: &str, mut given: Map<String, Value>) -> Result<Value> {
    let kind = given.remove("kind").context("a kind")?;
    let kind = kind.as_str().context("a word")?.to_owned();
    let account = given.remove("account").context("an account")?;
    given.retain(|name, _| name != "id" && name != "ts");
    Ok(event(id, &account.to_string(), &kind, Value::Object(given)))
}

/// A serious ticket, about which somebody is asked.
pub(crate) fn ticket(id: &str, account: &str) -> Value {
    let fields = json!({"severity": 4, "category": "shipment", "sentiment": -500});
    event(id, account, "ticket", fields)
}

/// A friendly word, about which nobody is asked.
pub(crate) fn word(id: &str, account: &str) -> Value {
    let fields = json!({"sentiment": 300, "intent": "other", "conf": 700});
    event(id, account, "email", fields)
}

fn event(id: &str, account: &str, kind: &str, fields: Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "w1", "type": format!("{PREFIX}{kind}"),
        "data": {"account": {"external": account, "system": "crm"}, "fields": fields}
    })
}
