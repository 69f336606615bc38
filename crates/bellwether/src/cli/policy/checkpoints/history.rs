//! Each time that somebody was asked to approve, as the journal has it.
//!
//! - In: a journal, and the rules that its events name.
//! - Out: passages: which step was waited for, from when to when, and how it ended.
//! - Never: an answer that nobody gave, or a record that the journal does not hold. What is purged is not counted.

use super::{Step, steps};
use crate::exit::Failure;
use anyhow::{Result, anyhow};
use bellwether_core::event::Answer;
use bellwether_core::{Body, Code, Digest, Envelope};
use bellwether_engine::{RuleBook, StreamState};
use bellwether_measure::checkpoints::{Ending, Passage};
use bellwether_runtime::base::Retrace;
use bellwether_runtime::rehearsal::{Asks, Standing};
use bellwether_store::View;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// What was asked, so far.
#[derive(Default)]
pub(super) struct History {
    asks: Asks,
    /// The approvals of all rules that were met, by graph and node.
    steps: BTreeMap<(Code, Code), Step>,
    met: BTreeSet<Digest>,
    passages: Vec<Passage>,
}

impl History {
    /// Reads a journal from its beginning; `each` is called for every event.
    pub(super) fn of(view: &View, book: &RuleBook, mut each: impl FnMut()) -> Result<Self> {
        let mut told = Self::default();
        let mut retrace = Retrace::new(view, book);
        let mut fault = None;
        view.scan(1, |row| {
            each();
            match retrace.derive(row) {
                Ok(Some((event, _))) => {
                    told.meet(book, &event.rules);
                    if let Some(state) = retrace.state(row.stream) {
                        told.look(&event, state);
                    }
                    ControlFlow::Continue(())
                }
                Ok(None) => ControlFlow::Continue(()),
                Err(error) => {
                    fault = Some(anyhow!(
                        "[{}] the event at position {} of the journal: {error}",
                        error.code(),
                        row.pos
                    ));
                    ControlFlow::Break(())
                }
            }
        })
        .map_err(|error| Failure::drive(error.into()))?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        let open: Vec<_> = told.asks.standing().copied().collect();
        let open: Vec<_> = open.iter().filter_map(|ask| told.passage(ask, None)).collect();
        told.passages.extend(open);
        Ok(told)
    }

    /// Every passage, those that are still waited for last.
    pub(super) fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Learns the approvals of rules, once.
    fn meet(&mut self, book: &RuleBook, digest: &Digest) {
        if !self.met.insert(*digest) {
            return;
        }
        let found = book.get(digest).map(|rules| steps(rules)).unwrap_or_default();
        let keyed =
            found.into_iter().map(|step| ((Code::of(&step.graph), Code::of(&step.node)), step));
        self.steps.extend(keyed);
    }

    /// What an event has changed.
    fn look(&mut self, event: &Envelope, state: &StreamState) {
        for left in self.asks.look(state).left {
            let (_, doc, graph) = left.from.matter;
            let how = match &event.body {
                Body::Answered { doc: of, graph: at, answer, .. } if (*of, *at) == (doc, graph) => {
                    match answer {
                        Answer::Accept => Ending::Approved,
                        Answer::Decline(_) => Ending::Refused,
                        _ => Ending::Dropped,
                    }
                }
                _ => Ending::Dropped,
            };
            self.passages.extend(self.passage(&left.from, Some((event.at, how))));
        }
    }

    fn passage(
        &self,
        ask: &Standing,
        ended: Option<(bellwether_core::Timestamp, Ending)>,
    ) -> Option<Passage> {
        let step = self.steps.get(&(ask.matter.2, ask.node))?;
        let (step, owner) = (step.name(), step.owner.clone());
        Some(Passage { step, owner, asked: ask.since, ended })
    }
}
