//! Analysis of guards: rules that can never decide, and guards that say nothing.
//!
//! - In: a [`Graph`] and the catalogue of its facts.
//! - Out: a problem for each rule that no case reaches, and for guards that always hold.
//! - Never: a claim that is not proved. What takes too many boxes stays unsaid, and a condition that is
//!   not taken apart counts as free; so nothing here depends on luck or on a sample.
//!
//! A rule decides where every rule before it at its node is false: one that is unknown takes the `unknown`
//! edge. So rules behind are reached by the cases for which all before are false, and by no other.

use crate::graph::{Graph, NodeKind, Rule};
use bellwether_core::Problem;
use bellwether_expr::{Catalogue, Expr, Region, Space, Truth};

/// The most boxes of a region.
const MOST: usize = 192;
/// How many regions of a node may turn out too large before it is taken as it is.
const TRIES: u32 = 3;
/// The most pairs of rules that are compared in a graph, so that loading stays quick.
const PAIRS: usize = 200_000;

/// What is known of a rule's guard.
struct Known {
    /// Where it is false.
    no: Option<Region>,
    /// Where it is true or unknown: where it decides, if it is reached.
    not_no: Option<Region>,
    /// Where it is true.
    yes: Option<Region>,
    /// Where it is false or unknown.
    not_yes: Option<Region>,
}

/// Every finding of a graph.
pub(crate) fn findings(graph: &Graph, catalogue: &Catalogue) -> Vec<Problem> {
    let mut space = Space::new(catalogue, MOST);
    let known: Vec<Known> = (0..graph.rules().len())
        .map(|rule| {
            let mut of = |truth| graph.guard(rule).and_then(|guard| space.region(guard, truth));
            Known {
                no: of(Truth::False),
                not_no: of(Truth::NotFalse),
                yes: of(Truth::True),
                not_yes: of(Truth::NotTrue),
            }
        })
        .collect();
    let mut look = Look { graph, known, pairs: PAIRS, problems: Vec::new() };
    let reached = look.reached();
    for (node, reached) in reached.iter().enumerate() {
        if matches!(graph.nodes().get(node).map(|node| &node.kind), Some(NodeKind::Decide { .. })) {
            look.node(node, reached);
        }
    }
    look.problems
}

struct Look<'a> {
    graph: &'a Graph,
    known: Vec<Known>,
    pairs: usize,
    problems: Vec<Problem>,
}

impl<'a> Look<'a> {
    /// The rules of a node, in order.
    fn rules(&self, node: usize) -> Vec<(usize, &'a Rule)> {
        self.graph.rules().iter().enumerate().filter(|(_, rule)| rule.from == node).collect()
    }

    fn of(&self, rule: usize) -> Option<&Known> {
        self.known.get(rule)
    }

    /// For each node, a region that holds every case which comes there on the way from the start.
    fn reached(&self) -> Vec<Region> {
        let nodes = self.graph.nodes().len();
        let mut reached = vec![Region::nothing(); nodes];
        let mut waits = vec![0_usize; nodes];
        for rule in self.graph.rules() {
            waits.get_mut(rule.to).into_iter().for_each(|count| *count += 1);
        }
        let mut open: Vec<usize> = (0..nodes).filter(|at| waits.get(*at) == Some(&0)).collect();
        if let Some(start) = reached.get_mut(self.graph.start()) {
            *start = Region::everything();
        }
        // What is waited for may come in any case, also where doubt led to the wait.
        for node in self.graph.nodes() {
            if let NodeKind::Discover { ready: Some(ready), .. } = &node.kind
                && let Some(next) = reached.get_mut(ready.node)
            {
                *next = Region::everything();
            }
        }
        // Decide nodes form no cycle, so each is taken once all that leads to it has been.
        while let Some(node) = open.pop() {
            let mut here = reached.get(node).cloned().unwrap_or_default();
            let mut tries = TRIES;
            for (at, rule) in self.rules(node) {
                let taken = self.of(at).and_then(|known| here.and(known.yes.as_ref()?, MOST));
                let taken = taken.unwrap_or_else(|| here.clone());
                if let Some(to) = reached.get_mut(rule.to) {
                    let joined = std::mem::take(to).or(taken);
                    *to = if joined.cells().len() > MOST { Region::everything() } else { joined };
                }
                here = self.past(here, at, &mut tries);
                if let Some(left) = waits.get_mut(rule.to) {
                    *left -= 1;
                    if *left == 0 {
                        open.push(rule.to);
                    }
                }
            }
        }
        reached
    }

    /// What goes on behind a rule: all that may make it false. Too large a region stays as it was, which
    /// holds more.
    /// After a few of those nothing is tried any more: a node of hundreds of rules must load in no time.
    fn past(&self, here: Region, rule: usize, tries: &mut u32) -> Region {
        let no = self.of(rule).and_then(|known| known.no.as_ref()).filter(|_| *tries > 0);
        let Some(no) = no else { return here };
        here.and(no, MOST).unwrap_or_else(|| {
            *tries -= 1;
            here
        })
    }

    fn node(&mut self, node: usize, reached: &Region) {
        let rules = self.rules(node);
        let name = self.graph.nodes().get(node).map_or("", |node| node.name.as_str());
        // Anywhere, and where the node is reached: the first needs no words about the way there.
        let (mut anywhere, mut here) = (Region::everything(), reached.clone());
        let (mut wide, mut narrow) = (TRIES, TRIES);
        for (nth, (at, rule)) in rules.iter().enumerate() {
            let before = rules.get(..nth).unwrap_or_default();
            let after = rules.get(nth + 1..).unwrap_or_default();
            if rule.otherwise {
                if here.is_empty() {
                    let message = format!(
                        "the `otherwise` of `{name}` is never taken: one of the rules before always decides"
                    );
                    let help =
                        "nothing is wrong if that is meant; else look at the rules before it";
                    let problem = Problem::new("policy-otherwise-unreached", message).warning();
                    self.problems.push(problem.at(rule.place.clone()).help(help));
                }
                return;
            }
            if let Some(problem) = self.dead(*at, rule, before, (&anywhere, &here), name) {
                self.problems.push(problem);
            } else if self.always(*at, &here) {
                self.problems.push(constant(rule, after, name, self.always(*at, &anywhere)));
                return;
            }
            anywhere = self.past(anywhere, *at, &mut wide);
            here = self.past(here, *at, &mut narrow);
        }
    }

    /// Why a rule never decides, if that is so.
    fn dead(
        &mut self,
        at: usize,
        rule: &Rule,
        before: &[(usize, &Rule)],
        (anywhere, here): (&Region, &Region),
        node: &str,
    ) -> Option<Problem> {
        let id = &rule.id;
        let guard = self.graph.guard(at)?;
        let problem = |code, message: String| Problem::new(code, message).at(rule.place.clone());
        let twin = before
            .iter()
            .find(|(other, _)| self.graph.guard(*other).is_some_and(|g| same(g, guard)));
        if let Some((_, twin)) = twin {
            let message =
                format!("`{id}` never decides: `{}` before it has the same condition", twin.id);
            return Some(problem("policy-shadowed-rule", message).help("remove one of the two"));
        }
        let known = self.known.get(at)?;
        let (yes, not_no) = (known.yes.as_ref(), known.not_no.as_ref()?);
        if yes.is_some_and(Region::is_empty) {
            let message = format!("`{id}` never holds: its condition contradicts itself");
            let help = "no case makes all of it true; loosen one of its parts, or remove the rule";
            return Some(problem("policy-never-holds", message).help(help));
        }
        for (other, rule) in before {
            self.pairs = self.pairs.checked_sub(1)?;
            let no = self.known.get(*other).and_then(|known| known.no.as_ref());
            if no.is_some_and(|no| !no.meets(not_no)) {
                let message =
                    format!("`{id}` never decides: `{}` before it decides all its cases", rule.id);
                let help =
                    format!("move it before `{}`, narrow that one, or remove this one", rule.id);
                return Some(problem("policy-shadowed-rule", message).help(help));
            }
        }
        if !anywhere.meets(not_no) {
            let message = format!("`{id}` never decides: the rules before it decide all its cases");
            let help = "move it before them, narrow them, or remove it";
            return Some(problem("policy-shadowed-rule", message).help(help));
        }
        if !here.meets(not_no) {
            let message = format!("`{id}` never decides: what it asks for never comes to `{node}`");
            let help = format!(
                "the rules that lead to `{node}` leave none of its cases; loosen them, or remove this one"
            );
            return Some(problem("policy-shadowed-rule", message).help(help));
        }
        None
    }

    /// Whether a guard holds in every case of a region.
    fn always(&self, rule: usize, region: &Region) -> bool {
        let not_yes = self.of(rule).and_then(|known| known.not_yes.as_ref());
        not_yes.is_some_and(|not_yes| !not_yes.meets(region))
    }
}

fn same(a: &Expr, b: &Expr) -> bool {
    a.source() == b.source()
}

/// A rule that always decides where it is reached. Behind it only `otherwise` may stand, which must.
fn constant(rule: &Rule, after: &[(usize, &Rule)], node: &str, anywhere: bool) -> Problem {
    let id = &rule.id;
    let why = if anywhere { "always holds" } else { "holds in every case that comes there" };
    let blocked: Vec<_> = after
        .iter()
        .filter(|(_, rule)| !rule.otherwise)
        .map(|(_, rule)| format!("`{}`", rule.id))
        .collect();
    let problem = if blocked.is_empty() {
        let message = format!("the condition of `{id}` says nothing: at `{node}` it {why}");
        Problem::new("policy-always-holds", message).warning().help("make it the `otherwise`")
    } else {
        let message = format!(
            "`{id}` {why} at `{node}`, so nothing behind it decides: {}",
            blocked.join(", ")
        );
        Problem::new("policy-always-holds", message)
            .help("narrow its condition, or move it behind them")
    };
    problem.at(rule.place.clone())
}
