//! Rules, records and the clock: whether what was decided can be derived again.

use super::finding::Finding;
use super::tables::told;
use crate::cli::context::to_the_second;
use crate::progress;
use crate::table::thousands;
use bellwether_core::{Origin, Timestamp};
use bellwether_engine::RuleBook;
use bellwether_ledger::decode_event;
use bellwether_runtime::base::{Retrace, Traced};
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::rollout::Rollout;
use bellwether_store::{Store, StoreError};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

type Result<T> = std::result::Result<T, StoreError>;

/// A start derives every record behind the snapshots again; beyond this many it takes long.
const LONG_TAIL: u64 = 200_000;

pub(super) fn look(store: &Store, full: bool, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    match read_rules(store) {
        Ok(book) => {
            findings.push(rules(store, &book));
            findings.push(told("records", records(store, &book, full)));
        }
        Err(error) => {
            let (code, help) = (error.code(), error.help());
            findings.push(Finding::broken("rules", error.to_string(), help).code(code));
        }
    }
    findings.push(told("snapshots", snapshots(store)));
    findings.push(told("clock", clock(store, now)));
    findings
}

fn rules(store: &Store, book: &RuleBook) -> Finding {
    let rollout = match Rollout::read(store) {
        Ok(rollout) => rollout,
        Err(error) => {
            let (code, help) = (error.code(), error.help());
            return Finding::broken("rules", error.to_string(), help).code(code);
        }
    };
    let in_force = rollout.active().and_then(|digest| rollout.version(digest));
    match in_force.and_then(|version| Some((book.get(&version.rules)?, version.since))) {
        Some((rules, since)) => {
            let meta = rules.policy().meta();
            let mode = meta.mode.as_str();
            let since = to_the_second(since);
            let found = format!("{} {} ({mode}) in force since {since}", meta.name, meta.version);
            Finding::ok("rules", found)
        }
        None => {
            let mend = "`bellwether init --bundle NAME` activates a bundle";
            Finding::broken("rules", "none are in force", mend).code("drive-no-rules")
        }
    }
}

fn snapshots(store: &Store) -> Result<Finding> {
    let (covered, last) = (store.covered_pos()?, store.last_pos()?);
    let behind = last.saturating_sub(covered);
    let found = format!("cover {} of {} records", thousands(covered), thousands(last));
    Ok(if behind > LONG_TAIL {
        let mend = "the next start derives the rest again, which takes a while; nothing is lost";
        Finding::look("snapshots", found, mend)
    } else {
        Finding::ok("snapshots", found)
    })
}

/// Derives records again: those of every stream that moved behind the snapshots, or all of them. A
/// stream whose records differ is frozen when the directory is opened.
fn records(store: &Store, book: &RuleBook, full: bool) -> Result<Finding> {
    let about = if full { "records (all)" } else { "records (newest)" };
    let from = if full { 1 } else { store.covered_pos()? + 1 };
    let mut streams = BTreeSet::new();
    store.scan(from, |row| {
        streams.insert(row.stream);
        ControlFlow::Continue(())
    })?;
    let bar = progress::bar(streams.len() as u64, "streams derived again");
    let (mut same, mut frozen, mut purged) = (0u64, Vec::new(), 0u64);
    for stream in streams {
        bar.inc(1);
        let mut retrace = Retrace::new(store, book);
        store.stream_events(stream, 1, |kept| {
            match retrace.check(kept) {
                Ok(Traced::Same(_)) => same += 1,
                Ok(Traced::Purged) => purged += 1,
                Err(error) => {
                    frozen.push(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
    }
    bar.finish_and_clear();
    let mut found = format!("{} derived again, byte for byte", thousands(same));
    if purged > 0 {
        found.push_str(&format!("; {} before the bases of their streams", thousands(purged)));
    }
    Ok(match frozen.first() {
        None => Finding::ok(about, found),
        Some(first) => {
            let found = format!("frozen streams: {}; {first}", thousands(frozen.len() as u64));
            let mend = "`bellwether replay --all` names every record that differs";
            Finding::broken(about, found, mend).code(first.code())
        }
    })
}

/// The clock must not lie before what already happened.
fn clock(store: &Store, now: Timestamp) -> Result<Finding> {
    let (about, mend) =
        ("clock", "set the system's clock; signals would be counted at wrong times");
    let created = store.meta()?.created;
    if now < created {
        let found = format!("{now} lies before the directory was made, {created}");
        return Ok(Finding::broken(about, found, mend));
    }
    let newest = store.entry(store.last_pos()?)?;
    let newest = newest.and_then(|kept| decode_event(&kept.event).ok());
    Ok(match newest {
        Some(event) if event.at > now && event.origin == Origin::Live => {
            let found = format!("{now} lies before the newest record, {}", event.at);
            Finding::broken(about, found, mend)
        }
        Some(event) if event.at > now => {
            let found = format!("imported history reaches into the future, to {}", event.at);
            let mend = "see that the mapping reads times in the right format and time zone";
            Finding::look(about, found, mend)
        }
        _ => Finding::ok(about, to_the_second(now).to_string()),
    })
}
