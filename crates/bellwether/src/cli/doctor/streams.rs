//! Streams: whether every record follows the one before, under rules that are kept; and whether what is
//! built behind the journal says the same as the journal.

use super::finding::Finding;
use super::tables::told;
use crate::progress;
use crate::table::thousands;
use bellwether_core::{Digest, StreamId};
use bellwether_store::{Row, Store, StoreError};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

type Result<T> = std::result::Result<T, StoreError>;

/// Behind this many rows, looking a stream up reads all of them.
const LONG_TAIL: u64 = 200_000;

/// The most streams that are named one by one.
const MOST: usize = 3;

const RESTORE: &str =
    "stop whoever works here, keep a copy of the directory, restore the last backup";

pub(super) fn look(store: &Store) -> Vec<Finding> {
    let mut findings = vec![told("index", index(store))];
    match Walk::through(store) {
        Ok(walk) => {
            findings.push(walk.chains());
            findings.push(told("bundles", walk.bundles(store)));
            findings.push(walk.snapshots());
        }
        Err(error) => findings.push(Finding::store("chains", &error)),
    }
    findings
}

fn index(store: &Store) -> Result<Finding> {
    let (indexed, last) = (store.indexed_pos()?, store.last_pos()?);
    let found = format!("reaches {} of {} records", thousands(indexed), thousands(last));
    Ok(if last.saturating_sub(indexed) > LONG_TAIL {
        let mend = "the next command that works here indexes the rest; nothing is lost";
        Finding::look("index", found, mend)
    } else {
        Finding::ok("index", found)
    })
}

/// What a record says of itself, as far as it is checked here.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    prev: Cow<'a, str>,
    #[serde(borrow)]
    rules: Cow<'a, str>,
}

/// What a pass through the journal found.
#[derive(Default)]
struct Walk {
    /// The newest record of each stream.
    heads: BTreeMap<StreamId, (u64, String)>,
    snapshots: BTreeMap<StreamId, (u64, String)>,
    rules: BTreeSet<String>,
    records: u64,
    missing: Vec<String>,
    twice: Vec<String>,
    torn: Vec<String>,
    apart: Vec<String>,
}

impl Walk {
    fn through(store: &Store) -> Result<Self> {
        let mut walk = Self::default();
        store.snapshots(|kept| {
            walk.snapshots.insert(kept.stream, (kept.seq, kept.head.to_string()));
            ControlFlow::Continue(())
        })?;
        let bar = progress::bar(store.last_pos()?, "records followed");
        store.scan(1, |row| {
            bar.inc(1);
            walk.follow(row);
            ControlFlow::Continue(())
        })?;
        bar.finish_and_clear();
        // A snapshot whose record never came.
        for (stream, (seq, _)) in std::mem::take(&mut walk.snapshots) {
            walk.apart.push(format!("{stream} has a snapshot of record {seq}, which is not there"));
        }
        Ok(walk)
    }

    fn follow(&mut self, row: &Row<'_>) {
        self.records += 1;
        let (stream, seq) = (row.stream, row.seq);
        let head = Digest::of(row.record).to_string();
        let before = self.heads.insert(stream, (seq, head.clone()));
        let (last, prev) = before.unwrap_or_else(|| (0, Digest::ZERO.to_string()));
        match seq {
            _ if seq == last + 1 => {}
            _ if seq <= last => self.twice.push(format!("{stream} has record {seq} after {last}")),
            _ => self.missing.push(format!("{stream} lacks record {}", last + 1)),
        }
        match serde_json::from_slice::<Said<'_>>(row.record) {
            Ok(said) => {
                if said.prev != prev && seq == last + 1 {
                    self.torn.push(format!("record {seq} of {stream} names another one before it"));
                }
                if !self.rules.contains(&*said.rules) {
                    self.rules.insert(said.rules.into_owned());
                }
            }
            Err(_) => self.torn.push(format!("record {seq} of {stream} cannot be read")),
        }
        if let Some((at, kept)) = self.snapshots.get(&stream)
            && *at == seq
        {
            if *kept != head {
                self.apart.push(format!("the snapshot of {stream} is not of its record {seq}"));
            }
            self.snapshots.remove(&stream);
        }
    }

    fn chains(&self) -> Finding {
        let faults = [
            (&self.missing, "records are missing"),
            (&self.twice, "records stand twice"),
            (&self.torn, "records do not follow"),
        ];
        let found: Vec<_> = faults
            .iter()
            .filter(|(places, _)| !places.is_empty())
            .map(|(places, what)| format!("{what} ({}): {}", places.len(), first(places)))
            .collect();
        if found.is_empty() {
            let (records, streams) = (thousands(self.records), thousands(self.heads.len() as u64));
            return Finding::ok("chains", format!("{records} records of {streams} streams follow"));
        }
        Finding::broken("chains", found.join("; "), RESTORE).code("store-corrupt")
    }

    /// Whether the bundle that each record names is still kept: without it nothing can be replayed.
    fn bundles(&self, store: &Store) -> Result<Finding> {
        let kept: BTreeSet<_> =
            store.blobs("rules")?.into_iter().map(|(digest, _)| digest.to_string()).collect();
        let gone: Vec<_> = self.rules.difference(&kept).cloned().collect();
        if gone.is_empty() {
            let (named, kept) = (self.rules.len(), kept.len());
            return Ok(Finding::ok("bundles", format!("{named} named by records, {kept} kept")));
        }
        let found = format!("records name rules that are not kept: {}", first(&gone));
        let finding = Finding::broken("bundles", found, RESTORE);
        Ok(finding.code("step-unknown-rules"))
    }

    fn snapshots(&self) -> Finding {
        if self.apart.is_empty() {
            return Finding::ok("snapshot heads", "equal to their records");
        }
        let found = format!("{} differ: {}", self.apart.len(), first(&self.apart));
        Finding::broken("snapshot heads", found, RESTORE).code("store-corrupt")
    }
}

/// The first few, and how many more.
fn first(places: &[String]) -> String {
    let shown = places.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match places.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
