//! `witness status`: the newest co-signed tree of each log, its forks, and what was refused.

use super::failure;
use crate::cli::Format;
use crate::cli::context::{Context, to_the_second};
use crate::exit::Exit;
use crate::table::{Table, short, thousands};
use anyhow::Result;
use bellwether_store::{Cosigned, Fork, Refused, StoreError, WitnessState};
use serde_json::json;
use std::path::Path;

/// Everything to show, read at one go.
struct Seen {
    vkey: String,
    logs: Vec<(String, Vec<String>, Option<Cosigned>)>,
    forks: Vec<Fork>,
    refused: Vec<Refused>,
}

/// What a fork says.
const REWRITTEN: &str =
    "the log signed two notes of one size with two roots: its entries were rewritten";

/// What refusals that are only counted say.
const ANYBODY: &str =
    "an old checkpoint, or one without a proof, may be sent by anybody: it proves nothing";

/// Exit 2 when a log contradicted itself: anything else may be another's doing.
pub(super) fn run(context: &Context, dir: &Path, evidence: bool) -> Result<Exit> {
    let seen = read(dir).map_err(failure)?;
    match context.format {
        Format::Text => print!("{}", text(&seen, evidence)),
        Format::Json => println!("{}", json(&seen, evidence)),
    }
    Ok(if seen.forks.is_empty() { Exit::Fine } else { Exit::Findings })
}

fn read(dir: &Path) -> Result<Seen, StoreError> {
    let state = WitnessState::open(dir, true)?;
    let log = |origin: String| {
        let (keys, cosigned) = (state.log_keys(&origin)?, state.cosigned(&origin)?);
        Ok((origin, keys, cosigned))
    };
    let logs = state.origins()?.into_iter().map(log).collect::<Result<_, StoreError>>()?;
    Ok(Seen { vkey: state.vkey()?, logs, forks: state.forks()?, refused: state.refused()? })
}

fn text(seen: &Seen, evidence: bool) -> String {
    let mut text = format!("{}\n\n", seen.vkey);
    if seen.logs.is_empty() {
        text.push_str("no log is known; `bellwether witness trust --log VKEY` makes one known\n");
        return text;
    }
    let mut table = Table::new(&["log", ">keys", ">entries", "co-signed", "root", ">forks"]);
    for (origin, keys, cosigned) in &seen.logs {
        let forks = seen.forks.iter().filter(|fork| fork.tree.origin == *origin).count();
        let of = |show: fn(&Cosigned) -> String| cosigned.as_ref().map_or_else(String::new, show);
        table.row([
            origin.clone(),
            keys.len().to_string(),
            of(|tree| thousands(tree.size)),
            of(|tree| to_the_second(tree.at).to_string()),
            of(|tree| short(tree.root)),
            forks.to_string(),
        ]);
    }
    text.push_str(&table.render());
    if !seen.forks.is_empty() {
        text.push_str(&format!("\n{}", forks(&seen.forks, evidence)));
    }
    if !seen.refused.is_empty() {
        let mut table = Table::new(&["refused", "log", ">times", "newest"]);
        for Refused { origin, code, times, newest } in &seen.refused {
            let newest = to_the_second(*newest).to_string();
            table.row([code.clone(), origin.clone(), thousands(*times), newest]);
        }
        text.push_str(&format!("\n{}{ANYBODY}\n", table.render()));
    }
    text
}

fn forks(forks: &[Fork], evidence: bool) -> String {
    let mut table = Table::new(&["forked", "log", ">entries", "root refused"]);
    for Fork { tree, .. } in forks {
        let (at, root) = (to_the_second(tree.at).to_string(), short(tree.root));
        table.row([at, tree.origin.clone(), thousands(tree.size), root]);
    }
    let mut text = format!("{}{REWRITTEN}\n", table.render());
    if !evidence {
        text.push_str("`--evidence` prints both; keep them\n");
    }
    for Fork { tree, cosigned } in forks.iter().filter(|_| evidence) {
        let [cosigned, note] = [cosigned, &tree.note].map(|note| String::from_utf8_lossy(note));
        text.push_str(&format!("\n[witness-fork] co-signed before:\n{cosigned}"));
        text.push_str(&format!("\n[witness-fork] refused:\n{note}"));
    }
    text
}

fn json(seen: &Seen, evidence: bool) -> serde_json::Value {
    let tree = |tree: &Cosigned| json!({"entries": tree.size, "root": tree.root.to_string(), "at": tree.at.to_string()});
    let logs = seen.logs.iter().map(|(origin, keys, cosigned)| {
        json!({"log": origin, "keys": keys, "cosigned": cosigned.as_ref().map(tree)})
    });
    let forks = seen.forks.iter().map(|Fork { tree: refused, cosigned }| {
        let mut one = json!({"log": refused.origin, "tree": tree(refused)});
        if let (true, Some(one)) = (evidence, one.as_object_mut()) {
            let note = |note: &[u8]| json!(String::from_utf8_lossy(note));
            one.insert("cosigned_note".to_owned(), note(cosigned));
            one.insert("refused_note".to_owned(), note(&refused.note));
        }
        one
    });
    let refused = seen.refused.iter().map(|Refused { origin, code, times, newest }| {
        json!({"log": origin, "code": code, "times": times, "newest": newest.to_string()})
    });
    json!({
        "witness": seen.vkey, "logs": logs.collect::<Vec<_>>(),
        "forks": forks.collect::<Vec<_>>(), "refused": refused.collect::<Vec<_>>(),
    })
}
