//! `log show`: epochs, keys and signatures at a glance.

use super::failed;
use crate::cli::Format;
use crate::cli::context::{Context, to_the_second};
use crate::exit::Exit;
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_ledger::note::Note;
use serde_json::{Value, json};

pub(super) fn run(context: &Context) -> Result<Exit> {
    let store = context.read()?;
    let keys = store.log_keys()?;
    let mut epochs = Table::new(&["epoch", ">records", ">signed", "last signed", "by", "origin"]);
    let mut list = Vec::new();
    for epoch in store.epochs()? {
        let kept = store.last_checkpoint(epoch.number)?;
        let note = kept.as_ref().map(|kept| Note::parse(&kept.note)).transpose();
        let note = note.map_err(|error| failed(error.into()))?;
        let by = note.map_or(0, |note| note.signatures().len());
        let signed = kept.as_ref().map_or(0, |kept| kept.head.size);
        let at = kept.as_ref().map(|kept| to_the_second(kept.at).to_string());
        list.push(json!({
            "epoch": epoch.number, "origin": epoch.origin, "records": epoch.size, "signed": signed,
            "signed_at": at, "signatures": by, "begun": epoch.at.to_string(),
        }));
        epochs.row([
            epoch.number.to_string(),
            thousands(epoch.size),
            thousands(signed),
            at.unwrap_or_else(|| "never".to_owned()),
            format!("{by} keys"),
            epoch.origin,
        ]);
    }
    if context.format == Format::Json {
        let keys = keys.iter().map(|key| {
            json!({
                "key": key.vkey, "epoch": key.epoch, "since": key.since,
                "until": key.until.map(|until| until.to_string()),
            })
        });
        println!("{}", json!({"epochs": list, "keys": Value::from_iter(keys)}));
        return Ok(Exit::Fine);
    }
    print!("{}", epochs.render());
    let mut table = Table::new(&["epoch", ">signs from record", "until", "key"]);
    for key in keys {
        let until = key.until.map_or_else(String::new, |until| to_the_second(until).to_string());
        table.row([key.epoch.to_string(), thousands(key.since), until, key.vkey]);
    }
    if !table.is_empty() {
        print!("\n{}", table.render());
    }
    Ok(Exit::Fine)
}
