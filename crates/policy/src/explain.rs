//! Explanation of a verdict: the way through the graph, the rule that decided, and why not others.
//!
//! - In: a graph, the facts it decided with, its verdict.
//! - Out: an [`Explanation`] as plain data; [`Explanation::render`] writes it for people.
//! - Never: anything that the verdict did not depend on, and no personal data.

mod render;

use crate::graph::{Graph, Human, Masks, Node, NodeKind, Outcome, Verdict};
use bellwether_core::Duration;
use bellwether_expr::{Catalogue, Clause, Slots, Tri};

/// The most rules of one kind that are written out for people; the rest are counted.
const MOST: usize = 8;

/// How a rule stood when the graph decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It decided at its node.
    Decided,
    /// It could not be evaluated, so doubt decided at its node.
    Doubtful,
    /// It did not hold.
    Failed,
    /// It holds, but one before it decided.
    Outranked,
    /// It cannot be evaluated, but one before it decided.
    Unread,
    /// It is only taken when no rule of its node holds.
    NotNeeded,
    /// The graph did not come to its node.
    NotReached,
}

/// A rule, how it stood, and its clauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAccount {
    /// Its id.
    pub id: String,
    /// Its author's reason.
    pub reason: String,
    /// The decide node it belongs to.
    pub from: String,
    /// The node it leads to.
    pub to: String,
    /// How it stood.
    pub standing: Standing,
    /// Its conditions with what was found and by what margin. None for an `otherwise`, where they
    /// do not matter to how it stood, and among the other nodes for the first ones in `before`.
    pub clauses: Vec<Clause>,
}

impl RuleAccount {
    /// The clauses that kept it from holding; all of them where no single one did.
    pub fn missing(&self) -> Vec<&Clause> {
        let wanted = if self.standing == Standing::Failed { Tri::False } else { Tri::Unknown };
        short_of(&self.clauses, wanted)
    }
}

/// What a node asks of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asks {
    /// The role that is asked first.
    pub role: String,
    /// The roles after it.
    pub fallback: Vec<String>,
    /// How high it is.
    pub level: u8,
    /// How long one person has to take it.
    pub ack: Duration,
    /// How long until something must have moved.
    pub act: Option<Duration>,
}

/// A node that was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherNode {
    /// Its name.
    pub name: String,
    /// What reaching it would have meant.
    pub outcome: Outcome,
    /// The role it would have asked.
    pub role: Option<String>,
    /// The rules that lead to it; none when it is reached by doubt or after a discovery only.
    pub rules: Vec<RuleAccount>,
    /// How many there are; more than `rules` in a brief explanation.
    pub rule_count: usize,
}

/// Why a graph decided as it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The graph.
    pub graph: String,
    /// Who answers for it.
    pub owner: String,
    /// The nodes from the start to the one that was reached.
    pub path: Vec<String>,
    /// What the node that was reached means.
    pub outcome: Outcome,
    /// Whom that node asks.
    pub asks: Option<Asks>,
    /// How long more is found out, and which node decides then.
    pub discovers: Option<(Duration, String)>,
    /// The deciding rule.
    pub decided: Option<RuleAccount>,
    /// Whether that rule could not be evaluated.
    pub doubt: bool,
    /// Rules that stood before a deciding one and did not hold, in order.
    pub before: Vec<RuleAccount>,
    /// How many there are; more than `before` in a brief explanation.
    pub before_count: usize,
    /// The other nodes where the graph could have ended.
    pub others: Vec<OtherNode>,
}

impl Graph {
    /// Explains the verdict that [`Graph::decide`] gave for these facts, rule by rule.
    pub fn explain(&self, slots: &Slots, catalogue: &Catalogue, verdict: &Verdict) -> Explanation {
        self.explain_some(slots, catalogue, verdict, usize::MAX)
    }

    /// As [`Graph::explain`], but with only the rules that [`Explanation::render`] writes out, which
    /// is cheaper in a graph of many rules, and rendered the same.
    pub fn explain_briefly(
        &self,
        slots: &Slots,
        catalogue: &Catalogue,
        verdict: &Verdict,
    ) -> Explanation {
        self.explain_some(slots, catalogue, verdict, MOST)
    }

    fn explain_some(
        &self,
        slots: &Slots,
        catalogue: &Catalogue,
        verdict: &Verdict,
        most: usize,
    ) -> Explanation {
        let mut masks = Masks::default();
        self.decide(slots, &mut masks);
        let mut deciding = Vec::new();
        self.walk(&masks, |rule| deciding.push(rule));
        let explainer = Explainer { graph: self, slots, catalogue, masks: &masks, deciding, most };
        explainer.explain(verdict)
    }
}

struct Explainer<'a> {
    graph: &'a Graph,
    slots: &'a Slots,
    catalogue: &'a Catalogue,
    masks: &'a Masks,
    /// The rules that decided, one for each decide node on the way.
    deciding: Vec<usize>,
    /// The most rules of one list.
    most: usize,
}

impl Explainer<'_> {
    fn explain(&self, verdict: &Verdict) -> Explanation {
        let graph = self.graph;
        let from = |rule: &usize| graph.rules.get(*rule).map(|rule| rule.from);
        let way = self.deciding.iter().filter_map(from).chain([verdict.node]);
        let reached = graph.nodes.get(verdict.node);
        let discovers = reached.and_then(|node| match node.kind {
            NodeKind::Discover { within, then } => Some((within, self.name(then))),
            _ => None,
        });
        let before = self.before();
        Explanation {
            graph: graph.name.clone(),
            owner: graph.owner.clone(),
            path: way.map(|at| self.name(at)).collect(),
            outcome: reached.map_or(Outcome::None, |node| node.outcome),
            asks: reached.and_then(Node::human).map(asks),
            discovers,
            decided: verdict.rule.and_then(|rule| self.account(rule, true)),
            doubt: verdict.doubt,
            before: self.accounts(&before, &[]),
            before_count: before.len(),
            others: self.others(verdict.node, before.get(..MOST).unwrap_or(&before)),
        }
    }

    fn name(&self, node: usize) -> String {
        self.graph.nodes.get(node).map_or_else(String::new, |node| node.name.clone())
    }

    /// Positions of the rules that stood before a deciding one at its node, in order.
    fn before(&self) -> Vec<usize> {
        let from = |rule: usize| self.graph.rules.get(rule).map(|rule| rule.from);
        let earlier = |deciding: &usize| {
            let node = from(*deciding);
            (0..*deciding).filter(move |rule| from(*rule) == node)
        };
        let mut before: Vec<usize> = self.deciding.iter().flat_map(earlier).collect();
        before.sort_unstable();
        before
    }

    /// `told` are rules whose clauses are written out already.
    fn others(&self, reached: usize, told: &[usize]) -> Vec<OtherNode> {
        let nodes = self.graph.nodes.iter().enumerate();
        let ends = nodes
            .filter(|(at, node)| *at != reached && !matches!(node.kind, NodeKind::Decide { .. }));
        ends.map(|(at, node)| {
            let rules = self.graph.rules.iter().enumerate().filter(|(_, rule)| rule.to == at);
            let rules: Vec<usize> = rules.map(|(index, _)| index).collect();
            OtherNode {
                name: node.name.clone(),
                outcome: node.outcome,
                role: node.human().map(|human| human.role.clone()),
                rules: self.accounts(&rules, told),
                rule_count: rules.len(),
            }
        })
        .collect()
    }

    fn accounts(&self, rules: &[usize], told: &[usize]) -> Vec<RuleAccount> {
        let some = rules.iter().take(self.most);
        some.filter_map(|rule| self.account(*rule, !told.contains(rule))).collect()
    }

    fn account(&self, index: usize, clauses: bool) -> Option<RuleAccount> {
        let rule = self.graph.rules.get(index)?;
        let standing = self.standing(index);
        let mattered = matches!(
            standing,
            Standing::Decided | Standing::Doubtful | Standing::Failed | Standing::Unread
        );
        let guard = self.graph.guard(index).filter(|_| clauses && mattered && !rule.otherwise);
        let clauses = guard.map(|guard| guard.explain(self.slots, self.catalogue));
        Some(RuleAccount {
            id: rule.id.clone(),
            reason: rule.reason.clone(),
            from: self.name(rule.from),
            to: self.name(rule.to),
            standing,
            clauses: clauses.unwrap_or_default(),
        })
    }

    fn standing(&self, index: usize) -> Standing {
        let rules = &self.graph.rules;
        let Some(rule) = rules.get(index) else { return Standing::NotReached };
        let same = |at: &&usize| rules.get(**at).is_some_and(|other| other.from == rule.from);
        let Some(deciding) = self.deciding.iter().find(same) else { return Standing::NotReached };
        let bit = |mask: &[u64]| mask.get(index / 64).is_some_and(|w| w >> (index % 64) & 1 == 1);
        match (bit(self.masks.hit()), bit(self.masks.unknown())) {
            (_, true) if index == *deciding => Standing::Doubtful,
            _ if index == *deciding => Standing::Decided,
            _ if rule.otherwise => Standing::NotNeeded,
            (_, true) => Standing::Unread,
            (true, false) => Standing::Outranked,
            (false, false) => Standing::Failed,
        }
    }
}

fn asks(human: &Human) -> Asks {
    let (role, fallback) = (human.role.clone(), human.fallback.clone());
    Asks { role, fallback, level: human.level, ack: human.ack, act: human.act }
}

/// One line that says why a rule did not decide, for failing tests.
pub(crate) fn why_not(graph: &Graph, rule: usize, slots: &Slots, catalogue: &Catalogue) -> String {
    let (Some(rule), Some(guard)) = (graph.rules.get(rule), graph.guard(rule)) else {
        return String::new();
    };
    let truth = guard.truth(slots);
    let what = match truth {
        Tri::True => return format!("`{}` holds too, but was not come to", rule.id),
        Tri::Unknown => "cannot be evaluated",
        Tri::False => "did not hold",
    };
    let clauses = guard.explain(slots, catalogue);
    format!("`{}` {what}: {}", rule.id, render::sentences(&short_of(&clauses, truth)))
}

/// The clauses with a truth; all of them where none has it.
fn short_of(clauses: &[Clause], truth: Tri) -> Vec<&Clause> {
    let some: Vec<_> = clauses.iter().filter(|clause| clause.truth == truth).collect();
    if some.is_empty() { clauses.iter().collect() } else { some }
}
