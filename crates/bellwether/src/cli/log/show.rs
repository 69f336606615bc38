//! `log show`: epochs, keys and signatures at a glance, and what happened to the rules.

use super::failed;
use crate::cli::Format;
use crate::cli::context::{Context, to_the_second};
use crate::exit::{Exit, Failure};
use crate::table::{Table, short, thousands};
use anyhow::Result;
use bellwether_ledger::note::Note;
use bellwether_runtime::rollout::{Rollout, Step};
use bellwether_store::{Epoch, LogKey, View};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// One tree of the log, and how far it is signed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Signed {
    /// Its number: it counts restores, from 1.
    pub(crate) epoch: u64,
    /// The first line of its checkpoints.
    pub(crate) origin: String,
    /// How many records it has.
    pub(crate) records: u64,
    /// How many of them the newest checkpoint covers.
    pub(crate) signed: u64,
    /// When it was signed; absent before the first checkpoint.
    pub(crate) signed_at: Option<String>,
    /// How many keys signed it: the log's own, and witnesses.
    pub(crate) signatures: usize,
    /// When it began.
    pub(crate) begun: String,
}

/// A public key of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LogKey)]
pub(crate) struct Key {
    /// The verifier key, as signed notes write it.
    pub(crate) key: String,
    /// Of which epoch.
    pub(crate) epoch: u64,
    /// The size from which on it signs.
    pub(crate) since: u64,
    /// When it stops; absent while it is the newest.
    pub(crate) until: Option<String>,
}

/// Every epoch, the oldest first.
pub(crate) fn epochs(view: &View) -> Result<Vec<Signed>> {
    let one = |epoch: Epoch| {
        let kept = view.last_checkpoint(epoch.number)?;
        let note = kept.as_ref().map(|kept| Note::parse(&kept.note)).transpose();
        let note = note.map_err(|error| failed(error.into()))?;
        Ok(Signed {
            epoch: epoch.number,
            origin: epoch.origin,
            records: epoch.size,
            signed: kept.as_ref().map_or(0, |kept| kept.head.size),
            signed_at: kept.as_ref().map(|kept| to_the_second(kept.at).to_string()),
            signatures: note.map_or(0, |note| note.signatures().len()),
            begun: epoch.at.to_string(),
        })
    };
    view.epochs()?.into_iter().map(one).collect()
}

/// Every key, the oldest first.
pub(crate) fn keys(view: &View) -> Result<Vec<Key>> {
    let one = |key: LogKey| Key {
        key: key.vkey,
        epoch: key.epoch,
        since: key.since,
        until: key.until.map(|until| until.to_string()),
    };
    Ok(view.log_keys()?.into_iter().map(one).collect())
}

/// What happened to the rules, the newest last, for people.
fn changes(steps: &[Step]) -> String {
    let mut table = Table::new(&["when", "what", "rules", "who", "why"]);
    for step in steps {
        let mode = step.mode.map(|mode| format!(" ({mode})")).unwrap_or_default();
        table.row([
            to_the_second(step.at).to_string(),
            format!("{}{mode}", step.what),
            short(step.rules),
            step.by.clone(),
            step.reason.clone(),
        ]);
    }
    table.render()
}

pub(super) fn run(context: &Context) -> Result<Exit> {
    let store = context.read()?;
    let (epochs, keys) = (epochs(&store)?, keys(&store)?);
    let rollout = Rollout::read(&store).map_err(Failure::drive)?;
    let steps = rollout.steps();
    if context.format == Format::Json {
        let one = |step: &Step| {
            json!({
                "at": step.at.to_string(), "what": step.what, "rules": step.rules.to_string(),
                "mode": step.mode.map(|mode| mode.to_string()), "by": step.by, "reason": step.reason,
            })
        };
        let rules = serde_json::Value::from_iter(steps.iter().map(one));
        println!("{}", json!({"epochs": epochs, "keys": keys, "rules": rules}));
        return Ok(Exit::Fine);
    }
    let mut table = Table::new(&["epoch", ">records", ">signed", "last signed", "by", "origin"]);
    for one in epochs {
        table.row([
            one.epoch.to_string(),
            thousands(one.records),
            thousands(one.signed),
            one.signed_at.unwrap_or_else(|| "never".to_owned()),
            format!("{} keys", one.signatures),
            one.origin,
        ]);
    }
    print!("{}", table.render());
    let mut table = Table::new(&["epoch", ">signs from record", "until", "key"]);
    for one in keys {
        let until = one.until.unwrap_or_default();
        table.row([one.epoch.to_string(), thousands(one.since), until, one.key]);
    }
    if !table.is_empty() {
        print!("\n{}", table.render());
    }
    print!("\n{}", changes(steps));
    Ok(Exit::Fine)
}
