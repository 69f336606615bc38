//! Origins: the signals behind a fact, wherever they lie, and how they came to count here.

use super::render::{event, text_at};
use super::told::{ToldLinks, ToldSignal};
use crate::exit::Failure;
use anyhow::Result;
use bellwether_core::{DocKey, Signal, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_engine::state::scope_of;
use bellwether_runtime::lineage::{Kinship, Past, past_of};
use bellwether_runtime::privacy::erased_in;
use bellwether_store::{StoredEntry, View};
use std::collections::BTreeSet;

/// What counts for an account at a place in the journal.
pub(super) struct Origins<'a> {
    store: &'a View,
    stream: StreamId,
    past: Vec<Past>,
    kin: Kinship,
    /// Streams whose log tells of somebody's erasure.
    left: BTreeSet<StreamId>,
}

impl<'a> Origins<'a> {
    pub(super) fn read(store: &'a View, stream: StreamId, until: u64) -> Result<Self> {
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

    /// The kind as the event says it, because rules know its code only; and why its words are gone.
    fn kind(&self, past: &Past) -> (String, Option<&'static str>) {
        let Some(row) = self.store.entry(past.pos).ok().flatten() else {
            return Default::default();
        };
        (text_at(&event(&row), &["body", "kind"]), self.gone(&row))
    }

    /// A signal, and where it lies.
    pub(super) fn signal(&self, past: &Past) -> ToldSignal {
        let (kind, gone) = self.kind(past);
        ToldSignal {
            stream: past.stream.to_string(),
            seq: past.seq,
            kind,
            at: past.signal.at.to_string(),
            account: past.home.to_string(),
            words: gone.unwrap_or("kept").to_owned(),
            place: (past.stream, past.home),
        }
    }

    /// The links of the account.
    pub(super) fn told_links(&self) -> ToldLinks {
        let (survivor, others) = self.links();
        ToldLinks {
            counts_for: survivor.map(|to| to.to_string()),
            also_counts: others.iter().map(ToString::to_string).collect(),
            streams: (survivor, others),
        }
    }
}
