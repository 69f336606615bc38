//! Origins: the signals behind a fact, wherever they lie, and how they came to count here.

use super::render::{event, text_at};
use crate::cli::names::Names;
use crate::exit::Failure;
use anyhow::Result;
use bellwether_core::{AccountId, DocKey, Signal, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_engine::state::scope_of;
use bellwether_runtime::lineage::{Kinship, Past, past_of};
use bellwether_runtime::privacy::erased_in;
use bellwether_store::{Store, StoredEntry};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What counts for an account at a place in the journal.
pub(super) struct Origins<'a> {
    store: &'a Store,
    stream: StreamId,
    past: Vec<Past>,
    kin: Kinship,
    /// Streams whose log tells of somebody's erasure.
    left: BTreeSet<StreamId>,
}

impl<'a> Origins<'a> {
    pub(super) fn read(store: &'a Store, stream: StreamId, until: u64) -> Result<Self> {
        let (past, kin) = past_of(store, stream, until).map_err(Failure::drive)?;
        let mut left = BTreeSet::new();
        let streams = past.iter().map(|past| past.stream).chain([stream]);
        for stream in streams.collect::<BTreeSet<_>>() {
            if !erased_in(store, stream)?.is_empty() {
                left.insert(stream);
            }
        }
        Ok(Self { store, stream, past, kin, left })
    }

    /// Why words of an entry's signal are gone, if they are.
    pub(super) fn gone(&self, row: &StoredEntry) -> Option<&'static str> {
        let event = event(row);
        let said = event.pointer("/body/commitments")?.as_object()?.len();
        let kept = self.store.payloads(row.pos).ok()?.len();
        let erased = self.left.contains(&row.stream);
        (kept < said).then_some(if erased { "erased" } else { "purged" })
    }

    /// The signals that are in a fact about a document at an instant, the oldest first.
    pub(super) fn of(&self, rules: &Rules, name: &str, doc: DocKey, now: Timestamp) -> Vec<&Past> {
        let catalogue = rules.catalogue();
        let Some((slot, fact)) = catalogue.iter().find(|(_, fact)| fact.name == name) else {
            return Vec::new();
        };
        let of_account = fact.scope == scope_of(DocKey::Account);
        let about = |past: &&Past| of_account || past.signal.doc == Some(doc);
        let (past, signals): (Vec<&Past>, Vec<Signal>) =
            self.past.iter().filter(about).map(|past| (past, past.signal.clone())).unzip();
        let rates = rules.policy().rates();
        let within = rules.features().contributions(slot, &signals, now, rates);
        within.into_iter().filter_map(|nth| past.get(nth).copied()).collect()
    }

    /// Whom the account's signals count for, and whose count for it.
    pub(super) fn links(&self) -> (Option<StreamId>, Vec<StreamId>) {
        let survivor = self.kin.survivor(self.stream);
        let others = self.kin.homes(self.stream).into_iter().map(StreamId::account);
        let others = others.filter(|other| *other != self.stream).collect();
        ((survivor != self.stream).then_some(survivor), others)
    }

    /// A signal in a few words: its record, its kind, and where it came from if that is elsewhere.
    pub(super) fn word(&self, past: &Past, names: &Names) -> String {
        let (mut kind, gone) = self.kind(past);
        kind.extend(gone.map(|gone| format!(", {gone}")));
        let own = AccountId(self.stream.id);
        let called =
            |stream: StreamId| names.called(stream).unwrap_or_else(|| short(AccountId(stream.id)));
        match (past.stream == self.stream, past.home == own) {
            (true, true) => format!("{} {kind}", past.seq),
            // It lies here because a link led it here.
            (true, false) => {
                format!("{} {kind} (of {})", past.seq, called(StreamId::account(past.home)))
            }
            (false, _) => format!("{} {kind} (in {})", past.seq, called(past.stream)),
        }
    }

    /// The kind as the event says it, because rules know its code only; and why its words are gone.
    fn kind(&self, past: &Past) -> (String, Option<&'static str>) {
        let Some(row) = self.store.entry(past.pos).ok().flatten() else {
            return Default::default();
        };
        (text_at(&event(&row), &["body", "kind"]), self.gone(&row))
    }

    pub(super) fn json(&self, past: &Past) -> Value {
        let (kind, gone) = self.kind(past);
        json!({
            "stream": past.stream.to_string(), "seq": past.seq,
            "kind": kind, "at": past.signal.at.to_string(),
            "account": past.home.to_string(), "words": gone.unwrap_or("kept"),
        })
    }
}

/// The first characters of an id are enough beside the whole one.
fn short(account: AccountId) -> String {
    account.to_string().chars().take(12).collect()
}

/// The links of an account, a line each.
pub(super) fn write_links(origins: &Origins<'_>, called: impl Fn(StreamId) -> String) -> String {
    let (survivor, others) = origins.links();
    let rests = survivor.map(|to| format!("linked: its signals count for {}\n", called(to)));
    let more = others.into_iter().map(|other| format!("linked: also counts {}\n", called(other)));
    rests.into_iter().chain(more).collect()
}

/// The same for programs.
pub(super) fn links_json(origins: &Origins<'_>) -> Value {
    let (survivor, others) = origins.links();
    json!({
        "counts_for": survivor.map(|to| to.to_string()),
        "also_counts": Value::from_iter(others.iter().map(ToString::to_string)),
    })
}
