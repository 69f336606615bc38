//! Examples: subjects that fare otherwise, told again up to the instant at which it shows.
//!
//! - In: which subjects; the journal and both sets of rules.
//! - Out: what either side decided then, by which rule, and the conditions with what was found.
//! - Never: a name, or more streams than those of the examples and what is linked with them.

use super::moves::Moved;
use super::{History, Matter, Turn, Watch, World};
use crate::cli::explain::stood::{ToldClause, clauses};
use bellwether_core::{Signal, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_engine::explain::read;
use bellwether_policy::{Explanation, Masks};
use bellwether_runtime::DriveError;
use bellwether_runtime::lineage::Kinship;
use bellwether_store::{Row, StoredEntry, View};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use utoipa::ToSchema;

/// What one side decided.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = HistorySide)]
pub(crate) struct Stood {
    /// `cxo`, `sponsor`, `person`, `discover` or `none`.
    pub(crate) outcome: String,
    /// The node; empty where this side has no such graph.
    pub(crate) node: String,
    /// The role that is asked; empty where nobody is.
    pub(crate) role: String,
    /// The rule that decided; empty where none held.
    pub(crate) rule: String,
    /// The conditions that decided, or of the rule that decides on the other side and did not hold on this one.
    pub(crate) clauses: Vec<ToldClause>,
}

/// What was seen of one subject.
struct Seen {
    at: Timestamp,
    stood: Option<[Stood; 2]>,
}

/// Waits for the instants that are wanted.
struct Looking(BTreeMap<Matter, Seen>);

impl Looking {
    /// Whether all that is wanted of some streams was seen, and nothing more comes of those instants.
    fn is_over(&self, streams: &BTreeSet<StreamId>, now: Timestamp) -> bool {
        let mut wanted = self.0.iter().filter(|((stream, ..), _)| streams.contains(stream));
        wanted.all(|(_, seen)| seen.stood.is_some() && seen.at < now)
    }
}

impl Watch for Looking {
    fn turn(&mut self, worlds: &[World; 2], turn: &Turn<'_>) {
        for matter in turn.matters {
            let Some(seen) = self.0.get_mut(matter).filter(|seen| seen.at == turn.at) else {
                continue;
            };
            let told = worlds.each_ref().map(|world| explained(world, *matter, turn.signal));
            let [old, new] = &told;
            let stood = |own: &Option<Explanation>, other: &Option<Explanation>| {
                own.as_ref().map(|own| side(own, other.as_ref())).unwrap_or_default()
            };
            seen.stood = Some([stood(old, new), stood(new, old)]);
        }
    }
}

fn explained(world: &World, matter: Matter, signal: Option<&Signal>) -> Option<Explanation> {
    let (stream, doc, code) = matter;
    let rules: &Rules = world.rules();
    let graph = rules.policy().graph(code)?;
    let state = world.told.streams().get(&stream)?;
    let (_, _, reading) = read(rules, state, (doc, signal))?;
    let verdict = graph.decide(&reading.slots, &mut Masks::default());
    Some(graph.explain(&reading.slots, rules.catalogue(), &verdict))
}

fn side(own: &Explanation, other: Option<&Explanation>) -> Stood {
    let rule = own.decided.as_ref();
    let mut told = rule.map(clauses).unwrap_or_default();
    if told.is_empty() {
        // An `otherwise` says nothing: what the other side decides by failed here.
        let wanted = other.and_then(|other| other.decided.as_ref());
        let failed =
            own.before.iter().find(|rule| wanted.is_some_and(|wanted| wanted.id == rule.id));
        told = failed.map(clauses).unwrap_or_default();
    }
    Stood {
        outcome: own.outcome.as_str().to_owned(),
        node: own.path.last().cloned().unwrap_or_default(),
        role: own.asks.as_ref().map(|asks| asks.role.clone()).unwrap_or_default(),
        rule: rule.map(|rule| rule.id.clone()).unwrap_or_default(),
        clauses: told,
    }
}

/// What both sides decided about each of these, in the order in which they are given. Time passes `until` an
/// instant, as it did when they were found. Each is told as far as it shows, and only while there is time for
/// `more`: what is not reached is nothing.
///
/// # Errors
/// What is wrong with an event, or with a step.
pub(crate) fn look(
    (view, kin): (&View, &Kinship),
    rules: &[Arc<Rules>; 2],
    (wanted, until): (&[Moved], Timestamp),
    more: impl Fn() -> bool,
) -> Result<Vec<Option<[Stood; 2]>>, DriveError> {
    let seen = |one: &Moved| (one.matter, Seen { at: one.at, stood: None });
    let mut looking = Looking(wanted.iter().map(seen).collect());
    let mut done = BTreeSet::new();
    for one in wanted {
        let group = kin.connected(one.matter.0);
        if !more() || group.iter().any(|stream| !done.insert(*stream)) {
            continue;
        }
        // Each with a clock of its own: what others came to says nothing of how far these streams are told.
        let mut history = History::new(kin, rules.clone(), (Timestamp::MIN, None));
        for row in rows(view, &group)? {
            if looking.is_over(&group, history.now()) || !more() {
                break;
            }
            history.tell(&borrowed(&row), &mut looking)?;
        }
        if !looking.is_over(&group, history.now()) && more() {
            history.finish_some(&group, until, &mut looking)?;
        }
    }
    let found = wanted.iter().map(|one| looking.0.get_mut(&one.matter)?.stood.take());
    Ok(found.collect())
}

/// A kept row as it is told.
pub(crate) fn borrowed(row: &StoredEntry) -> Row<'_> {
    let StoredEntry { pos, stream, seq, event, record } = row;
    Row { pos: *pos, stream: *stream, seq: *seq, event, record }
}

/// The rows of some streams in the order of the journal.
///
/// # Errors
/// What the store says.
pub(crate) fn rows(
    view: &View,
    streams: &BTreeSet<StreamId>,
) -> Result<Vec<StoredEntry>, DriveError> {
    let mut rows = Vec::new();
    for stream in streams {
        view.stream_events(*stream, 1, |row| {
            rows.push(row.to_owned());
            ControlFlow::Continue(())
        })?;
    }
    rows.sort_by_key(|row| row.pos);
    Ok(rows)
}
