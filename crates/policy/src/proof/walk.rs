//! Walking one node's chain of people with the clock, as the engine does when nobody answers.
//!
//! - In: the chain, the node that it belongs to, who is missing and how, the instant of the first ask.
//! - Out: every ask with its offset, and when somebody was reached.
//! - Never: an answer of anybody. Who is there and hears of it ends the walk.

use crate::graph::Human;
use crate::people::{People, Person};
use bellwether_core::{Duration, Timestamp};

/// How whoever is missing is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Nobody knows: they are asked, and their time runs out.
    Silent,
    /// It is known that they are away: they are passed over.
    Away,
    /// They are asked, and it is told at once that nothing reaches them: the next is asked.
    Unreachable,
}

/// The people of a node, and who of them is missing.
pub(super) struct Chain<'a> {
    pub(super) people: &'a People,
    /// First to last; by position in it the others say who is missing.
    pub(super) rungs: Vec<&'a Person>,
    pub(super) human: &'a Human,
    /// Within what time of the first ask somebody must be reached; nothing: before the chain ends.
    pub(super) within: Option<Duration>,
}

/// One ask.
pub(super) struct Ask<'a> {
    pub(super) after: Duration,
    pub(super) person: &'a Person,
    pub(super) missing: bool,
    /// Whether everybody has been asked before.
    pub(super) again: bool,
}

/// What came of a walk.
pub(super) struct Walk<'a> {
    pub(super) asks: Vec<Ask<'a>>,
    /// How long after the first ask somebody was reached.
    pub(super) reached: Option<Duration>,
    /// Without anybody reached: when that broke the promise.
    pub(super) broke: Duration,
}

impl<'a> Chain<'a> {
    /// Asks one after the other, from `start` on.
    pub(super) fn walk(&self, start: Timestamp, missing: &[bool], how: How) -> Walk<'a> {
        let is_missing = |at: usize| missing.get(at).copied().unwrap_or(false);
        let (mut asks, mut now, mut from) = (Vec::new(), start, 0);
        loop {
            let after = now.since(start);
            if let Some(within) = self.within.filter(|within| after > *within) {
                return Walk { asks, reached: None, broke: within };
            }
            let there = |at: &usize| {
                let away = how == How::Away && is_missing(*at);
                !away && self.rungs.get(*at).is_some_and(|person| person.is_there(now))
            };
            let all = 0..self.rungs.len();
            let next = all.clone().skip(from).find(there);
            let rung = next.unwrap_or_else(|| from.max(self.rungs.len()));
            let again = rung >= self.rungs.len();
            if again && self.within.is_none() {
                return Walk { asks, reached: None, broke: after };
            }
            let asked = next.or_else(|| all.clone().rev().find(there));
            // Nobody is there at all: the role that is always staffed is told all the same.
            let always = || self.people.members(self.people.always()).next();
            let person = asked.and_then(|at| self.rungs.get(at).copied()).or_else(always);
            let Some(person) = person else {
                return Walk { asks, reached: None, broke: after };
            };
            let missing = asked.is_none_or(is_missing);
            asks.push(Ask { after, person, missing, again });
            if !missing {
                return Walk { asks, reached: Some(after), broke: after };
            }
            from = rung + 1;
            let told = how == How::Unreachable && all.skip(from).any(|at| there(&at));
            if !told {
                now = now.plus(self.human.pause(rung, self.rungs.len()));
            }
        }
    }

    /// Every instant of a first ask at which the walk may differ from that of an instant before: those from
    /// which some later ask falls on the edge of a planned absence. `absent` is how many are missing.
    pub(super) fn starts(&self, absent: usize) -> Vec<Timestamp> {
        let offsets = self.offsets(absent);
        let edges = self.rungs.iter().flat_map(|person| {
            let away = person.away.iter().flat_map(|away| [away.from, away.to]);
            away.chain(person.left)
        });
        let edges = edges.filter(|edge| ![Timestamp::MIN, Timestamp::MAX].contains(edge));
        let starts = edges.flat_map(|edge| offsets.iter().map(move |offset| edge.minus(*offset)));
        let mut starts: Vec<_> = starts.chain([Timestamp::MIN]).collect();
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    /// How long after the first ask another may follow: as many times `ack` as there are missing, then the
    /// growing pauses beyond the chain's end.
    fn offsets(&self, absent: usize) -> Vec<Duration> {
        let within = self.within.unwrap_or(Duration::ZERO);
        let (mut offsets, mut pauses, mut rung) = (Vec::new(), 0i64, self.rungs.len());
        while rung == self.rungs.len() || pauses <= within.micros() {
            for times in 0..=absent {
                let times = i64::try_from(times).unwrap_or(i64::MAX);
                let in_chain = self.human.ack.micros().saturating_mul(times);
                let offset = in_chain.saturating_add(pauses);
                if self.within.is_none_or(|within| offset <= within.micros()) {
                    offsets.push(Duration::from_micros(offset));
                }
            }
            pauses = pauses.saturating_add(self.human.pause(rung, self.rungs.len()).micros());
            rung += 1;
        }
        offsets
    }
}
