//! Explanation of a verdict: the way through the graph, the rule that decided, and why not others.
//!
//! - In: a graph, the facts it decided with, its verdict.
//! - Out: an [`Explanation`] as plain data, or the text of [`Graph::tell`] for people.
//! - Never: anything that the verdict did not depend on, and no personal data.

mod render;

use crate::graph::{Graph, Human, Masks, Node, NodeKind, Outcome, Overruling, Passed, Verdict};
use bellwether_core::Duration;
use bellwether_expr::{Catalogue, Clause, Slots, Told, Tri};

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
    /// Its conditions with what was found and by what margin. None for an `otherwise`, and where
    /// they do not matter to how it stood.
    pub clauses: Vec<Clause>,
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
    pub act: Duration,
    /// How long after the end of an escalation the same rule does not ask again.
    pub again: Duration,
    /// The roles that must approve first, in order.
    pub approvals: Vec<String>,
    /// The node that is entered when one of them refuses; without one the escalation ends.
    pub refused: Option<String>,
    /// What is to be done there, in order.
    pub steps: Vec<String>,
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
    /// The override that changed it, and its reason.
    pub overridden_by: Option<(String, String)>,
    /// Rules that stood before a deciding one and did not hold, in order.
    pub before: Vec<RuleAccount>,
    /// The other nodes where the graph could have ended.
    pub others: Vec<OtherNode>,
    text: String,
}

impl Explanation {
    /// All of it for people, as [`Graph::tell`] writes it.
    pub fn render(&self) -> String {
        self.text.clone()
    }
}

impl Graph {
    /// Explains the verdict that [`Graph::decide`] gave for these facts, rule by rule.
    pub fn explain(&self, slots: &Slots, catalogue: &Catalogue, verdict: &Verdict) -> Explanation {
        Explainer::new(self, slots, catalogue).explain(verdict)
    }

    /// The explanation for people only: much cheaper, because only what they read is put into words.
    pub fn tell(&self, slots: &Slots, catalogue: &Catalogue, verdict: &Verdict) -> String {
        Explainer::new(self, slots, catalogue).tell(verdict)
    }
}

struct Explainer<'a> {
    graph: &'a Graph,
    slots: &'a Slots,
    catalogue: &'a Catalogue,
    masks: Masks,
    /// What was come through on the way.
    passed: Vec<Passed>,
    /// The rules that decided, one for each decide node on the way.
    deciding: Vec<usize>,
}

impl<'a> Explainer<'a> {
    fn new(graph: &'a Graph, slots: &'a Slots, catalogue: &'a Catalogue) -> Self {
        let mut masks = Masks::default();
        graph.decide(slots, &mut masks);
        let mut passed = Vec::new();
        graph.walk(&masks, |one| passed.push(one));
        let rule = |one: &Passed| match one {
            Passed::Rule(rule) => Some(*rule),
            Passed::Wait(_) => None,
        };
        let deciding = passed.iter().filter_map(rule).collect();
        Self { graph, slots, catalogue, masks, passed, deciding }
    }

    /// Positions of the nodes from the start to the one that was reached.
    fn way(&self, verdict: &Verdict) -> impl Iterator<Item = &'a Node> {
        let from = |one: &Passed| match one {
            Passed::Rule(rule) => self.graph.rules.get(*rule).map(|rule| rule.from),
            Passed::Wait(node) => Some(*node),
        };
        let way = self.passed.iter().filter_map(from).chain([verdict.node]);
        way.filter_map(|at| self.graph.nodes.get(at))
    }

    /// The other nodes where the graph could have ended, each with its position.
    fn ends(&self, verdict: &Verdict) -> impl Iterator<Item = (usize, &'a Node)> {
        let (reached, nodes) = (verdict.node, self.graph.nodes.iter().enumerate());
        nodes.filter(move |(at, node)| {
            let decides = matches!(node.kind, NodeKind::Decide { .. });
            *at != reached && !decides && node.approval().is_none()
        })
    }

    /// Positions of the rules that lead to a node.
    fn leading(&self, node: usize) -> impl Iterator<Item = usize> {
        let rules = self.graph.rules.iter().enumerate().filter(move |(_, rule)| rule.to == node);
        rules.map(|(index, _)| index)
    }

    fn explain(&self, verdict: &Verdict) -> Explanation {
        let graph = self.graph;
        let reached = graph.nodes.get(verdict.node);
        let discovers = reached.and_then(|node| match node.kind {
            NodeKind::Discover { within, then, .. } => Some((within, self.name(then).to_owned())),
            _ => None,
        });
        Explanation {
            graph: graph.name.clone(),
            owner: graph.owner.clone(),
            path: self.way(verdict).map(|node| node.name.clone()).collect(),
            outcome: reached.map_or(Outcome::None, |node| node.outcome),
            asks: self.asks(verdict),
            discovers,
            decided: verdict.rule.and_then(|rule| self.account(rule)),
            doubt: verdict.doubt,
            overridden_by: self.overridden(verdict).map(|one| (one.id.clone(), one.reason.clone())),
            before: self.accounts(self.before()),
            others: self.ends(verdict).map(|(at, node)| self.other(at, node)).collect(),
            text: self.tell(verdict),
        }
    }

    fn asks(&self, verdict: &Verdict) -> Option<Asks> {
        let human = self.graph.nodes.get(verdict.node)?.human()?;
        let refused = self.approvals(verdict).find_map(|approval| approval.refused);
        Some(Asks {
            role: human.role.clone(),
            fallback: human.fallback.clone(),
            level: human.level,
            ack: human.ack,
            act: human.act,
            again: human.again,
            approvals: self.approvals(verdict).map(|approval| approval.role.clone()).collect(),
            refused: refused.map(|at| self.name(at).to_owned()),
            steps: human.steps.clone(),
        })
    }

    fn overridden(&self, verdict: &Verdict) -> Option<&'a Overruling> {
        self.graph.overrides.get(verdict.overridden()?)
    }

    /// The approvals that are needed first, in order.
    fn approvals(&self, verdict: &Verdict) -> impl Iterator<Item = &'a Human> {
        self.graph
            .entries_under(verdict.node, verdict.added)
            .filter_map(|(_, node)| node.approval())
    }

    fn name(&self, node: usize) -> &'a str {
        self.graph.nodes.get(node).map_or("", |node| &node.name)
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

    fn other(&self, at: usize, node: &Node) -> OtherNode {
        OtherNode {
            name: node.name.clone(),
            outcome: node.outcome,
            role: node.human().map(|human| human.role.clone()),
            rules: self.accounts(self.leading(at)),
        }
    }

    fn accounts(&self, rules: impl IntoIterator<Item = usize>) -> Vec<RuleAccount> {
        rules.into_iter().filter_map(|rule| self.account(rule)).collect()
    }

    fn account(&self, index: usize) -> Option<RuleAccount> {
        let rule = self.graph.rules.get(index)?;
        let standing = self.standing(index);
        let mattered = matches!(
            standing,
            Standing::Decided | Standing::Doubtful | Standing::Failed | Standing::Unread
        );
        let clauses = self.clauses(index).filter(|_| mattered);
        Some(RuleAccount {
            id: rule.id.clone(),
            reason: rule.reason.clone(),
            from: self.name(rule.from).to_owned(),
            to: self.name(rule.to).to_owned(),
            standing,
            clauses: clauses.map(|told| told.clause()).collect(),
        })
    }

    /// What a rule asks; nothing for an `otherwise`.
    fn clauses(&self, index: usize) -> impl Iterator<Item = Told<'a>> + Clone {
        let otherwise = self.graph.rules.get(index).is_none_or(|rule| rule.otherwise);
        let guard = self.graph.guard(index).filter(|_| !otherwise);
        let (slots, catalogue) = (self.slots, self.catalogue);
        guard.into_iter().flat_map(move |guard| guard.tell(slots, catalogue))
    }

    fn standing(&self, index: usize) -> Standing {
        let rules = &self.graph.rules;
        let Some(rule) = rules.get(index) else { return Standing::NotReached };
        let same = |at: &&usize| rules.get(**at).is_some_and(|other| other.from == rule.from);
        let Some(deciding) = self.deciding.iter().find(same) else { return Standing::NotReached };
        match (self.masks.holds(index), self.masks.doubts(index)) {
            (_, true) if index == *deciding => Standing::Doubtful,
            _ if index == *deciding => Standing::Decided,
            _ if rule.otherwise => Standing::NotNeeded,
            (_, true) => Standing::Unread,
            (true, false) => Standing::Outranked,
            (false, false) => Standing::Failed,
        }
    }
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
    let mut text = format!("`{}` {what}: ", rule.id);
    render::short_of(&mut text, guard.tell(slots, catalogue), truth);
    text
}
