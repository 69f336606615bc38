//! Shadow: the events of the journal decided a second time, by other rules, beside what was decided.
//!
//! - In: rows of the journal in their order, as they are committed; the rules to try.
//! - Out: counts of what would have been decided otherwise, by graph, rule and person, with examples.
//! - Never: writes anything, asks anybody, or holds the driver up: it reads what is committed already.
//!
//! Both sides are derived anew from the same events: the kept records by the rules that they name, the
//! others by [`RuleBook::with_stand_in`], which is what `replay --bundle` does. So both come to the same.

use crate::base::{Retrace, RetraceError};
use bellwether_core::{Body, Code, DocKey, Envelope, StreamId, Timestamp};
use bellwether_engine::{RuleBook, Rules, Step};
use bellwether_store::{Row, StoreError, View};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How many decisions that differ are kept as examples: the first ones.
const EXAMPLES: usize = 20;

/// How often two sides said the same, and how often not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The same.
    pub equal: u64,
    /// Not the same.
    pub differ: u64,
}

impl Count {
    fn add(&mut self, same: bool) {
        match same {
            true => self.equal += 1,
            false => self.differ += 1,
        }
    }
}

/// Something counted on either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Both {
    /// As it was decided.
    pub kept: u64,
    /// As the other rules decide.
    pub tried: u64,
}

/// One decision that comes out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The stream.
    pub stream: StreamId,
    /// The record in it.
    pub seq: u64,
    /// The subject.
    pub doc: DocKey,
    /// When.
    pub at: Timestamp,
    /// The graph.
    pub graph: String,
    /// Rule, node and person as it was decided; empty words where nothing was.
    pub kept: [String; 3],
    /// The same by the other rules.
    pub tried: [String; 3],
}

/// What two sets of rules come to over the same events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Records, byte for byte.
    pub records: Count,
    /// Records before their stream's base: their events are purged.
    pub purged: u64,
    /// Sealed parts of events that are erased.
    pub erased: u64,
    /// Decisions: rule, node and who was asked.
    pub decisions: Count,
    /// The same by graph.
    pub graphs: BTreeMap<String, Count>,
    /// Decisions by graph and rule.
    pub rules: BTreeMap<(String, String), Both>,
    /// How often each person is asked.
    pub people: BTreeMap<String, Both>,
    /// How often somebody is asked about each subject.
    subjects: BTreeMap<(StreamId, DocKey), Both>,
    /// The first decisions that differ.
    pub examples: Vec<Example>,
}

impl Compared {
    /// Subjects that somebody is asked about only by the other rules.
    pub fn newly(&self) -> u64 {
        self.count(|both| both.kept == 0)
    }

    /// Subjects that nobody is asked about any more by the other rules.
    pub fn no_longer(&self) -> u64 {
        self.count(|both| both.tried == 0)
    }

    fn count(&self, is: impl Fn(&Both) -> bool) -> u64 {
        self.subjects.values().filter(|both| is(both)).count() as u64
    }
}

/// A rule, a node and whom it asks, in words.
struct Said {
    rule: String,
    node: String,
    person: Option<Code>,
    asked: String,
}

impl Said {
    fn words(&self) -> [String; 3] {
        [self.rule.clone(), self.node.clone(), self.asked.clone()]
    }
}

/// A journal decided twice, up to a place.
pub struct Beside<'a> {
    view: &'a View,
    book: &'a RuleBook,
    rules: Arc<Rules>,
    kept: Retrace<'a>,
    tried: Retrace<'a>,
    pos: u64,
    found: Compared,
}

impl<'a> Beside<'a> {
    /// Nothing read yet. `book` holds the rules that events name, `stand_in` is made of it by
    /// [`RuleBook::with_stand_in`].
    pub fn new(
        view: &'a View,
        book: &'a RuleBook,
        stand_in: &'a RuleBook,
        rules: Arc<Rules>,
    ) -> Self {
        let (kept, tried) = (Retrace::new(view, book), Retrace::new(view, stand_in));
        Self { view, book, rules, kept, tried, pos: 0, found: Compared::default() }
    }

    /// What was found so far.
    pub fn found(&self) -> &Compared {
        &self.found
    }

    /// Up to where the journal was read.
    pub fn pos(&self) -> u64 {
        self.pos
    }

    /// Reads on while `more` says so after each row.
    ///
    /// # Errors
    /// [`RetraceError`] when an event cannot be read, or names rules that the book does not hold.
    pub fn follow(&mut self, mut more: impl FnMut() -> bool) -> Result<(), RetraceError> {
        let (view, mut fault) = (self.view, None);
        let scanned = view.scan(self.pos + 1, |row| match self.row(row) {
            Ok(()) if more() => ControlFlow::Continue(()),
            Ok(()) => ControlFlow::Break(()),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        });
        scanned.map_err(|error: StoreError| RetraceError::Base(error.into()))?;
        fault.map_or(Ok(()), Err)
    }

    fn row(&mut self, row: &Row<'_>) -> Result<(), RetraceError> {
        let (kept, tried) = (self.kept.derive(row)?, self.tried.derive(row)?);
        self.pos = row.pos;
        let (Some((event, kept)), Some((_, tried))) = (kept, tried) else {
            self.found.purged += 1;
            return Ok(());
        };
        self.found.records.add(tried.record == row.record);
        if let Body::SubjectErased { parts, .. } = event.body {
            self.found.erased += parts;
        }
        self.decided(&event, &kept, &tried);
        Ok(())
    }

    fn decided(&mut self, event: &Envelope, kept: &Step, tried: &Step) {
        let Some(own) = self.book.get(&event.rules) else { return };
        let seq = kept.seq;
        let mut both: BTreeMap<(DocKey, Code), [Option<Said>; 2]> = BTreeMap::new();
        for (side, rules, step) in [(0, own, kept), (1, &self.rules, tried)] {
            for one in &step.decided {
                let word = |code: Code| rules.word(code).unwrap_or_default().to_owned();
                let person = one.asked.map(|(person, _)| person);
                let asked = person.map(word).unwrap_or_default();
                if one.asked.is_some_and(|(_, cause)| cause.is_decision()) {
                    let subject = self.found.subjects.entry((event.stream, one.doc)).or_default();
                    let by = self.found.people.entry(asked.clone()).or_default();
                    for both in [subject, by] {
                        *(if side == 0 { &mut both.kept } else { &mut both.tried }) += 1;
                    }
                }
                let said = Said { rule: word(one.rule), node: word(one.node), person, asked };
                let graph = word(one.graph);
                let by = self.found.rules.entry((graph, said.rule.clone())).or_default();
                *(if side == 0 { &mut by.kept } else { &mut by.tried }) += 1;
                let place = both.entry((one.doc, one.graph)).or_default();
                if let Some(place) = place.get_mut(side) {
                    *place = Some(said);
                }
            }
        }
        // A timer is set by the rules that were in force: where only one side has something to decide by it,
        // the other would have had a timer of its own.
        let timer = matches!(event.body, Body::Timer { .. });
        both.retain(|_, sides| !timer || sides.iter().all(Option::is_some));
        for ((doc, graph), [kept, tried]) in both {
            let plain = |said: &Option<Said>| {
                said.as_ref().map(|said| (said.rule.clone(), said.node.clone(), said.person))
            };
            let same = plain(&kept) == plain(&tried);
            let graph = own.word(graph).or_else(|| self.rules.word(graph)).unwrap_or_default();
            self.found.decisions.add(same);
            self.found.graphs.entry(graph.to_owned()).or_default().add(same);
            if !same && self.found.examples.len() < EXAMPLES {
                let words =
                    |said: &Option<Said>| said.as_ref().map(Said::words).unwrap_or_default();
                self.found.examples.push(Example {
                    stream: event.stream,
                    seq,
                    doc,
                    at: event.at,
                    graph: graph.to_owned(),
                    kept: words(&kept),
                    tried: words(&tried),
                });
            }
        }
    }
}
