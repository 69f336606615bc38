//! Routing graphs: from the facts known at one instant to the node that is reached.
//!
//! - In: [`Slots`] of facts; missing and stale ones are absent.
//! - Out: a [`Verdict`]: the node, the rule that decided, and whether doubt did.
//! - Never: skips a rule that cannot be evaluated. It takes the `unknown` edge of its node, which
//!   leads to a person, or to a discovery that ends at one.

mod node;
mod pause;
mod verdict;

use bellwether_core::{Code, Place};
use bellwether_expr::{Comparison, Expr, GuardSet, Scope, Slot, Slots, Tri};
use std::collections::BTreeSet;

pub use node::{AGAIN, Human, Node, NodeKind, NodePermit, Ready};
pub use pause::LONGEST_PAUSE;
pub(crate) use verdict::Passed;
pub use verdict::{Masks, Overrules, Overruling, Verdict};

/// What a node's decision means for the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// An executive is brought in.
    Cxo,
    /// A sponsor is involved.
    Sponsor,
    /// Another person takes it.
    Person,
    /// More is to be found out first.
    Discover,
    /// Nobody is asked.
    None,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 5] = [Self::Cxo, Self::Sponsor, Self::Person, Self::Discover, Self::None];

    /// The word in files and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cxo => "cxo",
            Self::Sponsor => "sponsor",
            Self::Person => "person",
            Self::Discover => "discover",
            Self::None => "none",
        }
    }

    /// The outcome of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// A rule: an edge from a decide node, taken when its guard holds.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id, unique in the graph.
    pub id: String,
    /// Why the rule exists, in the words of its author; may be empty.
    pub reason: String,
    /// The position of the decide node it belongs to.
    pub from: usize,
    /// The position of the node it leads to.
    pub to: usize,
    /// Whether it holds whenever none before it did.
    pub otherwise: bool,
    /// Where it is written.
    pub place: Place,
}

/// A routing graph whose checks have passed.
pub struct Graph {
    pub(crate) name: String,
    pub(crate) code: Code,
    pub(crate) subject: Scope,
    pub(crate) owner: String,
    pub(crate) place: Place,
    pub(crate) start: usize,
    pub(crate) closed_when: Option<Expr>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) rules: Vec<Rule>,
    /// One guard a rule, in their order; that of an `otherwise` is `true`. Behind them one a wait.
    pub(crate) guards: GuardSet,
    pub(crate) overrides: Vec<Overruling>,
    /// For each node, bits of the rules that belong to it.
    pub(crate) own: Vec<Vec<u64>>,
}

impl Graph {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name's code, as it stands in state and effects.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// What it decides about.
    pub const fn subject(&self) -> Scope {
        self.subject
    }

    /// Who answers for it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Where it is written.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The position of the decide node where each decision starts.
    pub const fn start(&self) -> usize {
        self.start
    }

    /// The rules, in the order written.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The guard of a rule; that of an `otherwise` is `true`. Behind them stand guards that belong to no
    /// rule, up to [`Graph::guards`].
    pub fn guard(&self, rule: usize) -> Option<&Expr> {
        self.guards.expr(rule)
    }

    /// How many guards there are.
    pub fn guards(&self) -> usize {
        self.guards.len()
    }

    /// The nodes, in the order written; behind them one for each approval that they need.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node with a name's code.
    pub fn node(&self, code: Code) -> Option<&Node> {
        self.nodes.iter().find(|node| node.code == code)
    }

    /// The nodes that are entered before the one at a position, in order, and that one itself.
    pub fn entries(&self, node: usize) -> impl Iterator<Item = (usize, &Node)> {
        self.entries_under(node, None)
    }

    /// As [`Graph::entries`], with the approvals that an override adds, by its position.
    pub fn entries_under(
        &self,
        node: usize,
        added: Option<usize>,
    ) -> impl Iterator<Item = (usize, &Node)> {
        let own = self.nodes.get(node).and_then(Node::human).and_then(|human| human.approval);
        let added = added.and_then(|at| match &self.overrides.get(at)?.what {
            Overrules::Approvals(first) => first.get(&node).copied(),
            Overrules::Route { .. } => None,
        });
        let first = added.or(own);
        let next = |at: &usize| self.nodes.get(*at)?.human()?.approves;
        // Approvals form no circle; the bound makes it plain.
        let way = std::iter::successors(Some(first.unwrap_or(node)), next);
        way.take(self.nodes.len()).filter_map(|at| Some((at, self.nodes.get(at)?)))
    }

    /// Where whoever is led to a node may stand first: at its first approval, or else at the node itself, at
    /// an approval that the boundaries want before it, or where it leads when they say no.
    pub fn doors(&self, node: usize) -> Vec<usize> {
        match self.entries(node).next() {
            Some((first, _)) if first != node => vec![first],
            _ => self.gate(node),
        }
    }

    /// Where an approval may lead once it is given. The worst case is that the boundaries want all that
    /// their node lists, one after the other.
    pub fn given(&self, approval: usize) -> Vec<usize> {
        let human = self.nodes.get(approval).and_then(Node::human);
        let Some(next) = human.and_then(|human| human.approves) else { return Vec::new() };
        let Some(permit) = self.permit(next) else { return vec![next] };
        match permit.asks.iter().position(|at| *at == approval) {
            Some(at) => self.gate_from(next, permit.asks.get(at + 1)),
            None => self.gate(next),
        }
    }

    fn gate(&self, node: usize) -> Vec<usize> {
        self.gate_from(node, self.permit(node).and_then(|permit| permit.asks.first()))
    }

    fn gate_from(&self, node: usize, ask: Option<&usize>) -> Vec<usize> {
        let denied = self.permit(node).map(|permit| permit.denied);
        ask.copied().into_iter().chain([node]).chain(denied).collect()
    }

    /// What the boundaries must allow before the node at a position asks.
    pub fn permit(&self, node: usize) -> Option<&NodePermit> {
        self.nodes.get(node)?.human()?.permit.as_ref()
    }

    /// The guards by which a decision can have come to a rule, and that rule's: whichever facts they read,
    /// chose the way. Where doubt leads on, any rule of the node may have been in doubt; an `otherwise`
    /// decided because none of its node's rules did; a wait went on because its facts came.
    pub fn guards_towards(&self, rule: usize) -> Vec<usize> {
        let Some(decided) = self.rules.get(rule) else { return Vec::new() };
        let mut nodes = vec![decided.from];
        let mut guards = BTreeSet::from([rule]);
        let mut next = 0;
        while let Some(to) = nodes.get(next).copied() {
            next += 1;
            for from in 0..self.nodes.len() {
                let led = self.other_edges(from).any(|edge| edge == to);
                let own = || self.rules.iter().enumerate().filter(|(_, rule)| rule.from == from);
                let leads = own().any(|(_, rule)| rule.to == to);
                guards.extend(own().filter(|(_, rule)| led || rule.to == to).map(|(at, _)| at));
                let ready = self.ready(from).filter(|ready| ready.node == to);
                guards.extend(ready.map(|ready| ready.guard));
                if (led || leads) && !nodes.contains(&from) {
                    nodes.push(from);
                }
            }
        }
        let of = |guard: &usize| self.rules.get(*guard).filter(|rule| rule.otherwise);
        let sure: BTreeSet<usize> = guards.iter().filter_map(of).map(|rule| rule.from).collect();
        let before = self.rules.iter().enumerate().filter(|(_, rule)| sure.contains(&rule.from));
        guards.extend(before.map(|(at, _)| at));
        guards.into_iter().collect()
    }

    /// What a wait waits for.
    fn ready(&self, node: usize) -> Option<&Ready> {
        match &self.nodes.get(node)?.kind {
            NodeKind::Discover { ready, .. } => ready.as_ref(),
            NodeKind::Decide { .. } | NodeKind::Human(_) | NodeKind::End => None,
        }
    }

    /// Where a node leads besides by rules: doubt, the end of a discovery, a refusal, a boundary's no.
    pub(crate) fn other_edges(&self, node: usize) -> impl Iterator<Item = usize> {
        let permit = self.permit(node);
        let asks = permit.into_iter().flat_map(|permit| &permit.asks);
        let asks = asks.filter_map(|at| Some((*at, self.nodes.get(*at)?)));
        let refused = self.entries(node).chain(asks).find_map(|(_, node)| node.human()?.refused);
        let refused = refused.into_iter().chain(permit.map(|permit| permit.denied));
        let other = self.nodes.get(node).and_then(|node| match node.kind {
            NodeKind::Decide { unknown } => Some(unknown),
            NodeKind::Discover { then, .. } => Some(then),
            NodeKind::Human(_) | NodeKind::End => None,
        });
        refused.chain(other).chain(self.ready(node).map(|ready| ready.node))
    }

    /// Evaluates every guard into `masks`, then walks from the start: at each decide node the first
    /// rule that holds, or cannot be evaluated, decides.
    pub fn decide(&self, slots: &Slots, masks: &mut Masks) -> Verdict {
        let (hit, unknown) = masks.room(self.guards.words());
        self.guards.masks(slots, hit, unknown);
        self.verdict(masks)
    }

    /// The verdict of guards that have been evaluated.
    pub(crate) fn verdict(&self, masks: &Masks) -> Verdict {
        self.overrule(masks, self.walk(masks, |_| {}))
    }

    /// Lets each override in turn change what the rules decided. What cannot be told is taken as the
    /// stricter of the two: it raises the level and adds approvals, and lets nothing pass.
    fn overrule(&self, masks: &Masks, mut verdict: Verdict) -> Verdict {
        let level = |at: usize| self.nodes.get(at).map_or(0, Node::level);
        for (at, one) in self.overrides.iter().enumerate() {
            let holds = masks.holds(one.guard);
            match one.what {
                Overrules::Route { node, signed } => {
                    let higher = level(node) > level(verdict.node);
                    let taken =
                        if holds { signed || higher } else { masks.doubts(one.guard) && higher };
                    if taken && node != verdict.node {
                        (verdict.node, verdict.routed) = (node, Some(at));
                    }
                }
                Overrules::Approvals(_) if holds || masks.doubts(one.guard) => {
                    verdict.added = Some(at);
                }
                Overrules::Approvals(_) => {}
            }
        }
        verdict
    }

    /// The overrides, in the order of their files.
    pub fn overrides(&self) -> &[Overruling] {
        &self.overrides
    }

    /// Walks the graph by masks, without overrides; `step` sees what it comes through.
    pub(crate) fn walk(&self, masks: &Masks, mut step: impl FnMut(Passed)) -> Verdict {
        let mut verdict = Verdict { node: self.start, ..Verdict::default() };
        // Decide nodes form no cycle, so this ends earlier; the bound makes it plain.
        for _ in &self.nodes {
            let unknown = match self.nodes.get(verdict.node).map(|node| &node.kind) {
                Some(NodeKind::Decide { unknown }) => unknown,
                Some(NodeKind::Discover { ready: Some(ready), .. }) if masks.holds(ready.guard) => {
                    step(Passed::Wait(verdict.node));
                    verdict.node = ready.node;
                    continue;
                }
                _ => break,
            };
            let Some((index, doubt)) = self.first(masks, verdict.node) else { break };
            step(Passed::Rule(index));
            let to = self.rules.get(index).map_or(*unknown, |rule| rule.to);
            let node = if doubt { *unknown } else { to };
            verdict = Verdict { rule: Some(index), node, doubt, ..Verdict::default() };
        }
        verdict
    }

    /// The first rule of a node that holds or cannot be evaluated, and whether it is the latter.
    fn first(&self, masks: &Masks, node: usize) -> Option<(usize, bool)> {
        let own = self.own.get(node)?;
        let both = masks.hit().iter().zip(masks.unknown()).zip(own).enumerate();
        for (word, ((hit, unknown), own)) in both {
            let first = (hit | unknown) & own;
            if first != 0 {
                let bit = first.trailing_zeros() as usize;
                return Some((word * 64 + bit, unknown >> bit & 1 == 1));
            }
        }
        None
    }

    /// Whether the subject has ended. What cannot be evaluated has not.
    pub fn closed(&self, slots: &Slots) -> bool {
        self.closed_when.as_ref().is_some_and(|when| when.truth(slots) == Tri::True)
    }

    /// Every expression of the graph.
    fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let guards = (0..self.guards.len()).filter_map(|guard| self.guards.expr(guard));
        guards.chain(&self.closed_when)
    }

    /// The words that its expressions compare facts with.
    pub(crate) fn words(&self) -> impl Iterator<Item = &String> {
        self.exprs().flat_map(Expr::words)
    }

    /// What the guards read: comparisons of a fact with a limit, and the facts they use in any other
    /// way, sorted and each once.
    pub fn watched(&self) -> (Vec<Comparison>, Vec<Slot>) {
        let mut comparisons: Vec<_> =
            self.exprs().flat_map(|expr| expr.comparisons()).copied().collect();
        comparisons.sort_unstable();
        comparisons.dedup();
        let loose = self.exprs().flat_map(|expr| expr.loose_slots().iter().chain(expr.has_slots()));
        let mut loose: Vec<Slot> = loose.copied().collect();
        loose.sort_unstable();
        loose.dedup();
        (comparisons, loose)
    }
}
