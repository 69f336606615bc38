//! How much each role would have had to do: asks a week and a day, how many at once, and how long they waited.
//!
//! An ask waits from the instant it is made until somebody takes it or it is over. Streams are told one
//! after the other, so spans are kept and laid over each other at the end.

use super::Matter;
use bellwether_core::escalation::Escalation;
use bellwether_core::{Code, DocKey, Duration, Timestamp};
use bellwether_engine::{Rules, StreamState};
use std::collections::BTreeMap;

const DAY: i64 = 86_400_000_000;

/// What one role came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shift {
    /// Asks in all.
    pub(crate) asks: u64,
    /// Asks on the busiest day (UTC).
    pub(crate) busiest: u64,
    /// The most that waited at one instant.
    pub(crate) at_once: u64,
    /// How long an ask waited on average.
    pub(crate) wait: Duration,
}

/// What all roles had to do.
#[derive(Debug, Default)]
pub(crate) struct Shifts {
    /// The role of each node that asks somebody, by graph and node.
    roles: BTreeMap<(Code, Code), String>,
    days: BTreeMap<String, BTreeMap<i64, u64>>,
    open: BTreeMap<Matter, (String, Timestamp)>,
    spans: BTreeMap<String, Vec<(Timestamp, Timestamp)>>,
    last: Timestamp,
}

impl Shifts {
    pub(super) fn new(rules: &Rules) -> Self {
        let mut roles = BTreeMap::new();
        for graph in rules.policy().graphs() {
            for node in graph.nodes() {
                if let Some(human) = node.human() {
                    roles.insert((graph.code(), Code::of(&node.name)), human.role.clone());
                }
            }
        }
        Self { roles, ..Self::default() }
    }

    /// Somebody of a node's role is asked.
    pub(super) fn asked(&mut self, place: Matter, node: Code, at: Timestamp) {
        let Some(role) = self.roles.get(&(place.2, node)).cloned() else { return };
        let day = at.micros().div_euclid(DAY);
        *self.days.entry(role.clone()).or_default().entry(day).or_default() += 1;
        self.last = self.last.max(at);
        if let Some((before, from)) = self.open.insert(place, (role, at)) {
            self.spans.entry(before).or_default().push((from, at));
        }
    }

    /// Looks which asks of a stream wait no longer.
    pub(super) fn look(&mut self, state: &StreamState) {
        let first = (state.stream, DocKey::Account, Code::default());
        let of_stream = self.open.range(first..).take_while(|(place, _)| place.0 == state.stream);
        let ended = of_stream.filter_map(|(place, (_, from))| {
            let graph = state.doc(place.1).and_then(|doc| doc.graph(place.2));
            match graph.and_then(|graph| graph.escalation) {
                Some(Escalation::Asked { .. }) => None,
                Some(Escalation::Accepted { at, .. } | Escalation::Closed { at, .. }) => {
                    Some((*place, at))
                }
                Some(Escalation::Discovering { .. }) | None => Some((*place, *from)),
            }
        });
        for (place, at) in ended.collect::<Vec<_>>() {
            self.last = self.last.max(at);
            if let Some((role, from)) = self.open.remove(&place) {
                self.spans.entry(role).or_default().push((from, at.max(from)));
            }
        }
    }

    /// The first and the last day on which anybody was asked.
    fn span(&self) -> Option<(i64, i64)> {
        let days = || self.days.values().flat_map(|days| days.keys().copied());
        Some((days().min()?, days().max()?))
    }

    /// What each role came to; what still waits has waited until the end.
    pub(crate) fn shifts(&self) -> BTreeMap<String, Shift> {
        let mut spans = self.spans.clone();
        for (role, from) in self.open.values() {
            spans.entry(role.clone()).or_default().push((*from, self.last.max(*from)));
        }
        let mut found = BTreeMap::new();
        for (role, days) in &self.days {
            let spans = spans.get(role).map(Vec::as_slice).unwrap_or_default();
            let waited: i64 = spans.iter().map(|(from, to)| to.since(*from).micros()).sum();
            let mean = waited / i64::try_from(spans.len().max(1)).unwrap_or(1);
            let shift = Shift {
                asks: days.values().sum(),
                busiest: days.values().copied().max().unwrap_or(0),
                at_once: at_once(spans),
                wait: Duration::from_secs(mean / 1_000_000),
            };
            found.insert(role.clone(), shift);
        }
        found
    }
}

/// Over how many days asks of either side are spread, and at least a week: what a mean is taken over.
pub(crate) fn days(both: [&Shifts; 2]) -> u64 {
    let spans = || both.into_iter().filter_map(Shifts::span);
    let (first, last) = (spans().map(|span| span.0).min(), spans().map(|span| span.1).max());
    let days = last.zip(first).map_or(0, |(last, first)| last.saturating_sub(first) + 1);
    u64::try_from(days).unwrap_or(0).max(7)
}

impl Shift {
    /// Asks in a mean week, in tenths.
    pub(crate) const fn tenths_a_week(&self, days: u64) -> u64 {
        let days = if days == 0 { 1 } else { days };
        (self.asks.saturating_mul(70) + days / 2) / days
    }
}

/// The most spans that hold one instant; one that ends as another begins is not beside it.
fn at_once(spans: &[(Timestamp, Timestamp)]) -> u64 {
    let mut turns: Vec<(Timestamp, i64)> = Vec::with_capacity(spans.len() * 2);
    // A span without length waited all the same, if for a moment.
    let end = |from: Timestamp, to: Timestamp| {
        to.max(Timestamp::from_micros(from.micros().saturating_add(1)))
    };
    turns.extend(spans.iter().map(|(from, _)| (*from, 1)));
    turns.extend(spans.iter().map(|(from, to)| (end(*from, *to), -1)));
    turns.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, turn) in turns {
        now += turn;
        most = most.max(now);
    }
    u64::try_from(most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::StreamId;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn spans_beside_each_other_are_counted() {
        for (spans, expected) in [
            (&[][..], 0),
            (&[(0, 10)][..], 1),
            (&[(0, 10), (10, 20)][..], 1),
            (&[(0, 10), (5, 20), (9, 12), (15, 16)][..], 3),
            (&[(5, 5), (5, 5)][..], 2),
        ] {
            let spans: Vec<_> = spans.iter().map(|(from, to)| (at(*from), at(*to))).collect();
            assert_eq!(at_once(&spans), expected, "{spans:?}");
        }
    }

    #[test]
    fn a_role_waits_from_the_ask_until_it_is_raised_or_the_end() {
        let stream = StreamId::account(bellwether_core::AccountId::default());
        let (graph, node, other) = (Code::of("g"), Code::of("n"), Code::of("o"));
        let mut shifts = Shifts::default();
        shifts.roles.insert((graph, node), "desk".to_owned());
        shifts.roles.insert((graph, other), "lead".to_owned());
        shifts.asked((stream, DocKey::Account, graph), node, at(0));
        shifts.asked((stream, DocKey::Account, graph), other, at(60));
        shifts.asked((stream, DocKey::Account, graph), other, at(86_400 + 60));
        let found = shifts.shifts();
        let (desk, lead) = (found["desk"], found["lead"]);
        assert_eq!((desk.asks, desk.busiest, desk.wait), (1, 1, Duration::from_secs(60)));
        assert_eq!((lead.asks, lead.busiest, lead.at_once), (2, 1, 1));
        assert_eq!(lead.wait, Duration::from_secs(43_200), "a day and nothing");
        let none = Shifts::default();
        assert_eq!((days([&none, &none]), days([&shifts, &none])), (7, 7), "a week at least");
        assert_eq!([7, 14, 21].map(|days| lead.tenths_a_week(days)), [20, 10, 7]);
    }
}
