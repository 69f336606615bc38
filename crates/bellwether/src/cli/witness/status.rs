//! `witness status`: the newest co-signed tree of each log, and what was refused.

use super::failure;
use crate::cli::Format;
use crate::cli::context::{Context, to_the_second};
use crate::exit::Exit;
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_store::{Cosigned, Refused, StoreError, WitnessState};
use serde_json::json;
use std::path::Path;

/// Everything to show, read at one go.
struct Seen {
    vkey: String,
    logs: Vec<(String, Vec<String>, Option<Cosigned>)>,
    refused: Vec<Refused>,
}

/// Exit 2 when a log contradicted itself.
pub(super) fn run(context: &Context, dir: &Path, evidence: bool) -> Result<Exit> {
    let seen = read(dir).map_err(failure)?;
    match context.format {
        Format::Text => print!("{}", text(&seen, evidence)),
        Format::Json => println!("{}", json(&seen, evidence)),
    }
    Ok(if seen.refused.is_empty() { Exit::Fine } else { Exit::Findings })
}

fn read(dir: &Path) -> Result<Seen, StoreError> {
    let state = WitnessState::open(dir, true)?;
    let log = |origin: String| {
        let (keys, cosigned) = (state.log_keys(&origin)?, state.cosigned(&origin)?);
        Ok((origin, keys, cosigned))
    };
    let logs = state.origins()?.into_iter().map(log).collect::<Result<_, StoreError>>()?;
    Ok(Seen { vkey: state.vkey()?, logs, refused: state.refused()? })
}

fn text(seen: &Seen, evidence: bool) -> String {
    let mut text = format!("{}\n\n", seen.vkey);
    if seen.logs.is_empty() {
        text.push_str("no log is known; `bellwether witness trust --log VKEY` makes one known\n");
        return text;
    }
    let mut table = Table::new(&["log", ">keys", ">entries", "co-signed", "root", ">refused"]);
    for (origin, keys, cosigned) in &seen.logs {
        let refused = seen.refused.iter().filter(|refused| refused.tree.origin == *origin).count();
        let of = |show: fn(&Cosigned) -> String| cosigned.as_ref().map_or_else(String::new, show);
        table.row([
            origin.clone(),
            keys.len().to_string(),
            of(|tree| thousands(tree.size)),
            of(|tree| to_the_second(tree.at).to_string()),
            of(|tree| tree.root.to_string().chars().take(12).collect()),
            refused.to_string(),
        ]);
    }
    text.push_str(&table.render());
    if seen.refused.is_empty() {
        return text;
    }
    let mut table = Table::new(&["refused", "log", ">entries", "why"]);
    for Refused { code, tree, .. } in &seen.refused {
        let at = to_the_second(tree.at).to_string();
        table.row([at, tree.origin.clone(), thousands(tree.size), code.clone()]);
    }
    text.push_str(&format!("\n{}", table.render()));
    for refused in seen.refused.iter().filter(|_| evidence) {
        let Refused { code, tree, cosigned } = refused;
        let [cosigned, note] = [cosigned, &tree.note].map(|note| String::from_utf8_lossy(note));
        text.push_str(&format!(
            "\n[{code}] co-signed before:\n{cosigned}\n[{code}] refused:\n{note}"
        ));
    }
    if !evidence {
        text.push_str("\n`--evidence` prints the signed notes; keep them\n");
    }
    text
}

fn json(seen: &Seen, evidence: bool) -> serde_json::Value {
    let tree = |tree: &Cosigned| json!({"entries": tree.size, "root": tree.root.to_string(), "at": tree.at.to_string()});
    let logs = seen.logs.iter().map(|(origin, keys, cosigned)| {
        json!({"log": origin, "keys": keys, "cosigned": cosigned.as_ref().map(tree)})
    });
    let refused = seen.refused.iter().map(|refused| {
        let mut one = json!({
            "log": refused.tree.origin, "code": refused.code, "tree": tree(&refused.tree),
        });
        if let (true, Some(one)) = (evidence, one.as_object_mut()) {
            let note = |note: &[u8]| json!(String::from_utf8_lossy(note));
            one.insert("cosigned_note".to_owned(), note(&refused.cosigned));
            one.insert("refused_note".to_owned(), note(&refused.tree.note));
        }
        one
    });
    json!({
        "witness": seen.vkey, "logs": logs.collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
    })
}
