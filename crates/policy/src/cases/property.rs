//! Properties: what must hold for every case within bounds, tried on seeded random cases.
//!
//! - In: entries of `tests/*.yaml` with `property:`, and the policy.
//! - Out: a [`TestOutcome`] each; where it fails, one case that shows it, made as small as it goes.
//! - Never: chance. The seed is taken of the property's name, so that a failure can be repeated.

use super::read::{Known, find_graph, like, position, read_facts};
use super::{Choose, TestOutcome, fill};
use crate::graph::{Graph, Masks, Outcome};
use crate::policy::Policy;
use crate::read::{Word, required_choice, required_entries, required_word, scalars, word, words};
use crate::routing::Names;
use crate::scope::{is_visible, wrong_scope};
use bellwether_core::authored::{Document, Fields, Key, Node};
use bellwether_core::{Code, Place, Problem, Timestamp};
use bellwether_expr::{Catalogue, Slot, Slots, Space, literal};

/// How many cases are tried where a property does not say.
const CASES: i64 = 1_000;

/// A property of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// The position of its graph.
    pub graph: usize,
    /// The facts that vary, and the values that each may have: a list, or a range with both ends.
    pub forall: Vec<(Slot, Range)>,
    /// The facts that stay.
    pub facts: Vec<(Slot, i64)>,
    /// What must hold.
    pub asserts: Asserts,
    /// How many cases are tried.
    pub cases: i64,
}

/// The values of a fact that varies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// From the first to the last, both included.
    Between(i64, i64),
    /// One of these.
    OneOf(Vec<i64>),
}

/// What must hold in every case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asserts {
    /// As the fact grows, the outcome never falls (`true`) or never rises.
    Monotone(Slot, bool),
    /// The node is never reached.
    Never(usize),
    /// The node is always reached.
    Always(usize),
    /// The outcome is one of these.
    Outcomes(Vec<Outcome>),
}

/// Reads an entry.
pub(super) fn read_property(
    document: &Document,
    node: &Node,
    known: Known<'_>,
    catalogue: &mut Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<Property> {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let name = required_word(&mut fields, "property");
    let graph = required_word(&mut fields, "graph");
    let forall = required_entries(&mut fields, "forall");
    let facts = fields.entries("facts");
    let asserts = fields.required("assert");
    let cases = fields.int("cases").unwrap_or(CASES).clamp(1, 100_000);
    let problems = fields.problems();
    let graph = graph.and_then(|word| find_graph(&word, known, problems))?;
    let names = known.graphs?.get(graph);
    let facts = read_facts(document, facts, names, catalogue, problems);
    let ranges = forall
        .iter()
        .filter_map(|(key, node)| range(document, (key, node), names, catalogue, problems));
    let ranges: Vec<_> = ranges.collect();
    let asserts = asserts
        .and_then(|node| read_asserts(document, node, names?, (forall, catalogue), problems));
    let forall = ranges;
    fields.finish();
    Some(Property { name: name?.text, place, graph, forall, facts, asserts: asserts?, cases })
}

fn range(
    document: &Document,
    (key, node): (&Key, &Node),
    graph: Option<&Names>,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<(Slot, Range)> {
    let slot = slot(&key.text, document.place_of_key(key), graph, catalogue, problems)?;
    let fact = catalogue.fact(slot)?;
    let words = scalars(document, node, problems);
    let value = |text: &str| literal(text, fact.kind, &fact.values);
    let read = match words.as_slice() {
        [one] if one.text.contains("..") => {
            let ends = one.text.split_once("..").map(|(low, high)| (value(low), value(high)));
            match ends {
                Some((Some(low), Some(high))) if low <= high => Some(Range::Between(low, high)),
                _ => None,
            }
        }
        [] => None,
        several => {
            several.iter().map(|word| value(&word.text)).collect::<Option<_>>().map(Range::OneOf)
        }
    };
    if read.is_none() {
        let message = format!("`{}` has no such range: it is of type {}", key.text, fact.kind);
        let problem = Problem::new("policy-test-value", message).at(document.place(node));
        let help = format!("write `low..high` or a list; {}", like(fact.kind, &fact.values));
        problems.push(problem.help(help));
    }
    Some((slot, read?))
}

fn slot(
    name: &str,
    place: Place,
    graph: Option<&Names>,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<Slot> {
    let Some(slot) = catalogue.slot(name) else {
        let message = format!("there is no fact `{name}`");
        let known = catalogue.iter().map(|(_, fact)| fact.name.as_str());
        let help = "facts.yaml and features.yaml define the facts that may vary";
        let problem = Problem::new("policy-unknown-fact", message).at(place);
        problems.push(problem.help(help).nearest(name, known));
        return None;
    };
    let (fact, subject) = (catalogue.fact(slot)?, graph.and_then(|graph| graph.subject));
    if let Some(subject) = subject.filter(|subject| !is_visible(fact.scope, *subject)) {
        problems.push(wrong_scope(fact, subject).at(place));
    }
    Some(slot)
}

fn read_asserts(
    document: &Document,
    node: &Node,
    names: &Names,
    (forall, catalogue): (&[(Key, Node)], &Catalogue),
    problems: &mut Vec<Problem>,
) -> Option<Asserts> {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let [monotone, never, always] =
        ["monotone", "never", "always"].map(|key| word(&mut fields, key));
    if let Some(fact) = monotone {
        let problems = fields.problems();
        let slot = slot(&fact.text, fact.place.clone(), None, catalogue, problems);
        if slot.is_some() && !forall.iter().any(|(key, _)| key.text == fact.text) {
            let message = format!("`{}` never grows here, so this always holds", fact.text);
            let problem = Problem::new("policy-empty-test", message).at(fact.place);
            problems.push(problem.help("give it a range under `forall`"));
        }
        let ways = ["rises", "falls"];
        let rises = required_choice(&mut fields, "outcome", &ways, |way| {
            ways.contains(&way).then_some(way == "rises")
        });
        fields.finish();
        return Some(Asserts::Monotone(slot?, rises?));
    }
    let outcomes = words(&mut fields, "outcome");
    fields.finish();
    let mut find = |word: &Word| {
        let message = format!("`{}` has no node `{}`", names.graph, word.text);
        position(word, &names.nodes, Problem::new("policy-unknown-node", message), problems)
    };
    match (never, always, outcomes.as_slice()) {
        (Some(node), None, []) => find(&node).map(Asserts::Never),
        (None, Some(node), []) => find(&node).map(Asserts::Always),
        (None, None, [_, ..]) => {
            let read = outcomes.iter().map(|word| Outcome::from_word(&word.text));
            let read = read.collect::<Option<Vec<_>>>();
            if read.is_none() {
                let known = Outcome::ALL.map(Outcome::as_str).join(", ");
                let message = "an outcome that there is not".to_owned();
                problems.push(
                    Problem::new("yaml-value", message)
                        .at(place)
                        .help(format!("outcomes are: {known}")),
                );
            }
            read.map(Asserts::Outcomes)
        }
        _ => {
            let problem = Problem::new("policy-empty-test", "the property asserts not one thing");
            let help =
                "write one of `never`, `always`, `outcome`, or `monotone` with `outcome: rises`";
            problems.push(problem.at(place).help(help));
            None
        }
    }
}

/// Tries every property of a policy.
pub(super) fn run(policy: &Policy, catalogue: &Catalogue, choose: Choose<'_>) -> Vec<TestOutcome> {
    let run = |property: &Property| {
        let failures = policy
            .graphs()
            .get(property.graph)
            .and_then(|graph| Trial { property, graph, catalogue, choose }.counterexample());
        let (name, place) = (property.name.clone(), property.place.clone());
        let failures = failures.into_iter().collect();
        TestOutcome { name, file: place.file.clone(), place, failures }
    };
    policy.properties().iter().map(run).collect()
}

struct Trial<'a> {
    property: &'a Property,
    graph: &'a Graph,
    catalogue: &'a Catalogue,
    choose: Choose<'a>,
}

impl Trial<'_> {
    fn counterexample(&self) -> Option<String> {
        let seed = Code::of(&self.property.name).raw() as u64;
        let mut random = seed | 1;
        let mut draw = |range: &Range| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let number = u128::from(random);
            match range {
                Range::OneOf(values) => {
                    let at = (number % values.len().max(1) as u128) as usize;
                    values.get(at).copied().unwrap_or_default()
                }
                Range::Between(low, high) => {
                    let width = (i128::from(*high) - i128::from(*low) + 1) as u128;
                    low.saturating_add((number % width) as i64)
                }
            }
        };
        let ranges = self.ranges();
        let case = (0..self.property.cases).find_map(|_| {
            let case: Vec<i64> = ranges.iter().map(|range| draw(range)).collect();
            self.fails(&case).then_some(case)
        })?;
        let case = self.smallest(case, &ranges);
        Some(format!("{} (seed {seed:x})", self.told(&case)))
    }

    /// The ranges of a case: of each fact that varies, and once more of a monotone one.
    fn ranges(&self) -> Vec<&Range> {
        let second = match &self.property.asserts {
            Asserts::Monotone(slot, _) => Some(*slot),
            _ => None,
        };
        let forall = &self.property.forall;
        let again = forall.iter().filter(|(slot, _)| Some(*slot) == second);
        forall.iter().chain(again).map(|(_, range)| range).collect()
    }

    fn node(&self, case: &[i64], other: Option<(Slot, i64)>) -> (usize, u8) {
        let mut slots = Slots::new(self.catalogue.len());
        let varied = self.property.forall.iter().zip(case).map(|((slot, _), raw)| (*slot, *raw));
        let facts = self.property.facts.iter().copied().chain(varied).chain(other);
        fill(&mut slots, (self.catalogue, Timestamp::MIN), facts, self.choose);
        let verdict = self.graph.decide(&slots, &mut Masks::default());
        let outcome = self.graph.nodes().get(verdict.node).map(|node| node.outcome);
        (verdict.node, rank(outcome.unwrap_or(Outcome::None)))
    }

    fn fails(&self, case: &[i64]) -> bool {
        let (node, own) = self.node(case, None);
        match &self.property.asserts {
            Asserts::Never(wanted) => node == *wanted,
            Asserts::Always(wanted) => node != *wanted,
            Asserts::Outcomes(wanted) => !wanted.iter().any(|outcome| rank(*outcome) == own),
            Asserts::Monotone(slot, rises) => {
                let at = self.property.forall.iter().position(|(known, _)| known == slot);
                let (Some(first), Some(second)) = (at.and_then(|at| case.get(at)), case.last())
                else {
                    return false;
                };
                let (_, other) = self.node(case, Some((*slot, *second)));
                first < second && if *rises { other < own } else { other > own }
            }
        }
    }

    /// Moves each value towards the start of its range while the case still fails.
    fn smallest(&self, mut case: Vec<i64>, ranges: &[&Range]) -> Vec<i64> {
        for _ in 0..200 {
            let before = case.clone();
            for (at, range) in ranges.iter().enumerate() {
                let now = case.get(at).copied().unwrap_or_default();
                let tries = match range {
                    Range::OneOf(values) => {
                        values.iter().copied().take_while(|value| *value != now).collect()
                    }
                    Range::Between(low, _) if now > *low => {
                        vec![*low, low.midpoint(now), now - 1]
                    }
                    Range::Between(..) => Vec::new(),
                };
                for value in tries {
                    let mut next = case.clone();
                    next.get_mut(at).into_iter().for_each(|own| *own = value);
                    if self.fails(&next) {
                        case = next;
                        break;
                    }
                }
            }
            if case == before {
                break;
            }
        }
        case
    }

    fn told(&self, case: &[i64]) -> String {
        let space = Space::new(self.catalogue, 1);
        let facts = self.property.forall.iter().zip(case);
        let facts: Vec<_> = facts.map(|((slot, _), raw)| space.said(*slot, Some(*raw))).collect();
        let reached =
            |node: usize| self.graph.nodes().get(node).map_or("", |node| node.name.as_str());
        let mut told =
            format!("not so for {}: `{}`", facts.join(", "), reached(self.node(case, None).0));
        if let (Asserts::Monotone(slot, _), Some(second)) = (&self.property.asserts, case.last()) {
            let node = reached(self.node(case, Some((*slot, *second))).0);
            told.push_str(&format!(", and with {}: `{node}`", space.said(*slot, Some(*second))));
        }
        told
    }
}

/// How high an outcome is.
const fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::None => 0,
        Outcome::Discover => 1,
        Outcome::Person => 2,
        Outcome::Sponsor => 3,
        Outcome::Cxo => 4,
    }
}
