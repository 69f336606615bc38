//! Which cases go elsewhere under another version, in words.
//!
//! - In: two policies with the catalogues of their facts.
//! - Out: for each graph and each pair of nodes, one case that went to the one and goes to the other.
//! - Never: a case that was not decided by both versions. What takes too many boxes or ways is left out, and
//!   so are cases with unknown facts, but for those that a wait is for: this is a list of examples, not a proof
//!   that nothing else moves. Overrides are left out too: they end by themselves.

use crate::graph::{Graph, Masks, Node, NodeKind};
use crate::policy::Policy;
use bellwether_expr::{Axis, Catalogue, Cell, Expr, Region, Slot, Slots, Space, Truth};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The most boxes of a region.
const MOST: usize = 300;
/// The most ways through a graph that are followed, and the most rules on all of them together.
const WAYS: usize = 400;
const STEPS: usize = 20_000;
/// The most pairs of boxes that are looked at for two nodes, and for a whole graph.
const PAIRS: usize = 20_000;
const ALL_PAIRS: usize = 500_000;

/// A case that goes elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The graph.
    pub graph: String,
    /// The node that it went to, and the role that was asked there.
    pub old: (String, Option<String>),
    /// The node that it goes to, and the role that is asked there.
    pub new: (String, Option<String>),
    /// How much higher the level is: below zero for a lower one.
    pub raised: i16,
    /// The case: facts that matter to it.
    pub case: String,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = |(node, role): &(String, Option<String>)| match role {
            Some(role) => format!("{node} ({role})"),
            None => format!("{node} (nobody)"),
        };
        let what = match (&self.old.1, &self.new.1) {
            (None, Some(_)) => "newly escalates",
            (Some(_), None) => "no longer escalates",
            _ if self.raised > 0 => "goes higher",
            _ if self.raised < 0 => "goes lower",
            _ => "goes elsewhere",
        };
        let (graph, old, new, case) = (&self.graph, to(&self.old), to(&self.new), &self.case);
        write!(f, "{graph}: {what}: now {new}, was {old}\n  such as {case}")
    }
}

/// One case for each pair of nodes between which cases move, in the order of graphs.
pub fn moved(old: (&Policy, &Catalogue), new: (&Policy, &Catalogue)) -> Vec<Moved> {
    let mut found = Vec::new();
    for graph in new.0.graphs() {
        let Some(before) = old.0.graph(graph.code()) else { continue };
        found.extend(of_graph((before, old.1), (graph, new.1)));
    }
    found
}

fn of_graph(old: (&Graph, &Catalogue), new: (&Graph, &Catalogue)) -> Vec<Moved> {
    let mut space = Space::new(new.1, MOST);
    let (Some(before), Some(after)) = (guards(old.0, new.1), guards(new.0, new.1)) else {
        return Vec::new();
    };
    let slots: BTreeSet<Slot> =
        before.iter().chain(&after).flat_map(|guard| guard.slots()).copied().collect();
    let known = slots.iter().fold(Cell::default(), |cell, slot| {
        cell.with(Axis::Fact(*slot), space.domain(*slot)).unwrap_or(cell)
    });
    let parts = [(old.0, &before), (new.0, &after)]
        .map(|(graph, guards)| parts(graph, guards, Region::of(known.clone()), &mut space));
    let [was, is] = parts;
    let mut found: BTreeMap<(usize, usize), Moved> = BTreeMap::new();
    let mut left = ALL_PAIRS;
    for (from, old_part) in &was {
        for (to, new_part) in &is {
            let names = (old.0.nodes().get(*from), new.0.nodes().get(*to));
            let (Some(old_node), Some(new_node)) = names else { continue };
            if asked(old_node) == asked(new_node) || found.contains_key(&(*from, *to)) {
                continue;
            }
            let pairs =
                old_part.cells().iter().flat_map(|a| new_part.cells().iter().map(move |b| (a, b)));
            let pairs = pairs.take(PAIRS.min(left)).inspect(|_| left -= 1);
            let case = pairs.filter_map(|(a, b)| a.and(b)).find(|cell| {
                let mut slots = Slots::new(new.1.len());
                space.place(cell, &mut slots);
                decides(old, &translated(&slots, new.1, old.1), *from) && decides(new, &slots, *to)
            });
            if let Some(cell) = case {
                let moved = Moved {
                    graph: new.0.name().to_owned(),
                    old: asked(old_node),
                    new: asked(new_node),
                    raised: i16::from(new_node.level()) - i16::from(old_node.level()),
                    case: told(&cell, &space),
                };
                found.insert((*from, *to), moved);
            }
        }
    }
    found.into_values().collect()
}

/// The guards of a graph over the facts of a catalogue; nothing where that lacks one of them.
fn guards(graph: &Graph, catalogue: &Catalogue) -> Option<Vec<Expr>> {
    let guard = |rule| {
        let source = graph.guard(rule)?.source();
        Expr::compile_bool(source, catalogue, graph.place().clone()).ok()
    };
    (0..graph.rules().len()).map(guard).collect()
}

/// The nodes that are reached without doubt, and by which cases.
fn parts(
    graph: &Graph,
    guards: &[Expr],
    all: Region,
    space: &mut Space<'_>,
) -> Vec<(usize, Region)> {
    let regions = guards
        .iter()
        .map(|guard| [Truth::True, Truth::False].map(|truth| space.region(guard, truth)));
    let regions: Vec<_> = regions.collect();
    let (mut parts, mut open, mut steps) = (Vec::new(), vec![(graph.start(), all)], STEPS);
    while let Some((node, mut here)) = open.pop() {
        match graph.nodes().get(node).map(|node| &node.kind) {
            Some(NodeKind::Decide { .. }) => {}
            // It ends there, or all that is waited for is known.
            Some(NodeKind::Discover { ready: Some(ready), .. }) => {
                let known = known(&ready.facts, space).and_then(|known| here.and(&known, MOST));
                open.extend(known.map(|known| (ready.node, known)));
                parts.push((node, here));
                continue;
            }
            _ => {
                parts.push((node, here));
                continue;
            }
        }
        if parts.len() >= WAYS {
            break;
        }
        let own = graph.rules().iter().zip(&regions).filter(|(rule, _)| rule.from == node);
        for (rule, [yes, no]) in own {
            let Some(fewer) = steps.checked_sub(1) else { return parts };
            steps = fewer;
            let taken = yes.as_ref().and_then(|yes| here.and(yes, MOST));
            if let Some(taken) = taken.filter(|taken| !taken.is_empty()) {
                open.push((rule.to, taken));
            }
            match no.as_ref().and_then(|no| here.and(no, MOST)) {
                Some(rest) if !rest.is_empty() => here = rest,
                _ => break,
            }
        }
    }
    parts
}

/// Where all of these facts are known; nothing where the catalogue lacks one.
fn known(facts: &[String], space: &Space<'_>) -> Option<Region> {
    let mut cell = Cell::default();
    for fact in facts {
        let slot = space.catalogue().slot(fact)?;
        cell = cell.with(Axis::Fact(slot), space.domain(slot))?;
    }
    Some(Region::of(cell))
}

fn asked(node: &Node) -> (String, Option<String>) {
    (node.name.clone(), node.human().map(|human| human.role.clone()))
}

fn decides((graph, _): (&Graph, &Catalogue), slots: &Slots, node: usize) -> bool {
    let mut masks = Masks::default();
    graph.decide(slots, &mut masks);
    let verdict = graph.walk(&masks, |_| {});
    verdict.node == node && !verdict.doubt
}

/// The same facts in the slots of another catalogue.
fn translated(slots: &Slots, from: &Catalogue, to: &Catalogue) -> Slots {
    let mut other = Slots::new(to.len());
    for (slot, fact) in from.iter() {
        if let (Some(raw), Some(slot)) = (slots.get(slot), to.slot(&fact.name)) {
            other.set(slot, raw);
        }
    }
    other
}

/// What a cell asks for, without the facts that may be anything.
fn told(cell: &Cell, space: &Space<'_>) -> String {
    let matters = cell.sides().iter().filter_map(|(axis, values)| match axis {
        Axis::Fact(slot) if *values != space.domain(*slot) => {
            Some(space.said(*slot, values.example()?))
        }
        _ => None,
    });
    let told: Vec<_> = matters.collect();
    if told.is_empty() { "any".to_owned() } else { told.join(", ") }
}
