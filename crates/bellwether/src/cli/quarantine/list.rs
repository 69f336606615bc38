//! `quarantine list`: files with the gates that hold them, rows by code, and the rows one by one.

use super::super::Format;
use super::super::context::{Context, to_the_second};
use super::{Rows, all, import};
use crate::exit::{Exit, Failure};
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_store::{GateResult, Quarantined};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What to list.
#[derive(clap::Args)]
pub(crate) struct ListArgs {
    /// Only rows that were refused with this code.
    #[arg(long)]
    code: Option<String>,
    /// How many rows are listed one by one, the newest first.
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(context: &Context, args: &ListArgs) -> Result<Exit> {
    let store = context.read()?;
    let mut rows = all(&store)?;
    rows.retain(|(_, row)| args.code.as_ref().is_none_or(|code| *code == row.code));
    rows.reverse();
    let held = store.gate_results().map_err(|error| Failure::drive(error.into()))?;
    if context.format == Format::Json {
        let shown = rows.iter().take(args.limit).map(|(id, row)| json(*id, row));
        let json = serde_json::json!({
            "files": held.iter().map(file_json).collect::<Vec<_>>(),
            "codes": codes(&rows).into_iter().map(|(code, (count, _))| (code.to_owned(), count))
                .collect::<BTreeMap<_, _>>(),
            "rows": shown.collect::<Vec<_>>(),
        });
        println!("{json}");
        return Ok(Exit::Fine);
    }
    files(&held);
    listed(&rows, args.limit);
    if rows.is_empty() && held.is_empty() {
        println!("nothing is in quarantine");
    }
    Ok(Exit::Fine)
}

fn files(held: &[GateResult]) {
    if held.is_empty() {
        return;
    }
    let mut table = Table::new(&["file", "mapping", ">import", "gate", "", "what was found"]);
    for one in held {
        let what = if one.accepted { "let through" } else { "held back" };
        let number = one.import.to_string();
        table.row([&one.file, &one.mapping, &number, &one.gate, what, &one.reason]);
    }
    print!("{}", table.render());
    println!(
        "what is held back was not imported at all: mend the file or its mapping and import it again, \
         or let it pass with `--accept-gate`\n"
    );
}

fn listed(rows: &Rows, limit: usize) {
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new(&[">rows", "code", "first reason"]);
    for (code, (count, reason)) in codes(rows) {
        table.row([&thousands(count), code, reason]);
    }
    println!("{}", table.render());
    let mut table = Table::new(&[">row", "code", "place", "mapping", ">import", "refused at"]);
    for (id, row) in rows.iter().take(limit) {
        let (id, at) = (id.to_string(), to_the_second(row.at).to_string());
        table.row([&id, &row.code, &row.place, &row.source, &import(row), &at]);
    }
    print!("{}", table.render());
    if rows.len() > limit {
        println!("and {} more; `--limit` shows them", rows.len() - limit);
    }
}

/// How many rows have a code, and the reason of one of them.
fn codes(rows: &Rows) -> BTreeMap<&str, (u64, &str)> {
    let mut codes = BTreeMap::new();
    for (_, row) in rows {
        let entry = codes.entry(row.code.as_str()).or_insert((0, row.reason.as_str()));
        *entry = (entry.0 + 1, row.reason.as_str());
    }
    codes
}

fn file_json(one: &GateResult) -> serde_json::Value {
    serde_json::json!({
        "file": one.file, "mapping": one.mapping, "import": one.import, "gate": one.gate,
        "reason": one.reason, "accepted": one.accepted, "at": one.at.to_string(),
    })
}

/// A refused row without its words.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Quarantined)]
pub(crate) struct Listed {
    /// Its number.
    pub(crate) id: u64,
    /// What was wrong with it.
    pub(crate) code: String,
    /// Where it stood.
    pub(crate) place: String,
    /// What is wrong, in a sentence without a word of it.
    pub(crate) reason: String,
    /// Which mapping read it.
    pub(crate) mapping: String,
    /// The import that read it; absent where none did.
    pub(crate) import: Option<u64>,
    /// When it was refused.
    pub(crate) at: String,
}

impl Listed {
    /// A row as it is shown.
    pub(crate) fn of(id: u64, row: &Quarantined) -> Self {
        Self {
            id,
            code: row.code.clone(),
            place: row.place.clone(),
            reason: row.reason.clone(),
            mapping: row.source.clone(),
            import: row.import,
            at: row.at.to_string(),
        }
    }
}

/// The same for programs.
pub(super) fn json(id: u64, row: &Quarantined) -> serde_json::Value {
    serde_json::json!(Listed::of(id, row))
}
