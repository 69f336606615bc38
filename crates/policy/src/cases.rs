//! A bundle's own tests: facts in, the expected node, rule and person out.
//!
//! - In: `tests/*.yaml`; facts are literals, and a fact that is not given is missing.
//! - Out: a [`TestOutcome`] for each test, with every expectation that was not met.
//! - Never: a clock. Without `given: {at: ..}` it is the beginning of time: nobody is away, nobody has left, and
//!   no override holds.

mod coverage;
mod property;
mod read;

pub use coverage::{Coverage, coverage};
pub use property::{Asserts, Property, Range};
pub(crate) use read::{Known, read_tests};

use crate::explain::why_not;
use crate::graph::{Graph, Masks, Node, Outcome, Verdict};
use crate::policy::Policy;
use bellwether_core::{Place, Ppm, Timestamp};
use bellwether_expr::{Catalogue, Slot, Slots};

/// What a test expects; what is not said is not checked, except that doubt must be said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The position of the node.
    pub node: Option<usize>,
    /// The outcome.
    pub outcome: Option<Outcome>,
    /// The position of the rule.
    pub rule: Option<usize>,
    /// The key of the person who is asked first.
    pub person: Option<String>,
    /// Whether a rule cannot be evaluated.
    pub doubt: bool,
    /// What is to be done at the node, in order.
    pub steps: Option<Vec<String>>,
    /// What the boundaries say to the action of the test.
    pub decision: Option<Judged>,
    /// The ids of the policies that decide, sorted; nothing when not said.
    pub by: Option<Vec<String>>,
    /// Of a test that tries an action, the roles of the cheapest approvals that suffice; of another, the
    /// roles that must approve first, in order.
    pub approvals: Option<Vec<String>>,
}

/// What boundaries can say to an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The agent may.
    Allow,
    /// Somebody must approve it.
    Approval,
    /// Nobody can approve it.
    Deny,
    /// A fact that it is judged by is not known: a person looks.
    Doubt,
}

impl Judged {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Allow, Self::Approval, Self::Deny, Self::Doubt];

    /// The word in tests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Approval => "approval",
            Self::Deny => "deny",
            Self::Doubt => "doubt",
        }
    }

    /// The one of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|judged| judged.as_str() == word)
    }
}

/// An action that a test tries, and what is given besides facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The position of the action.
    pub action: usize,
    /// Its parameters as raw numbers, in their order; words of codes are noted in the catalogue.
    pub parameters: Vec<i64>,
    /// The roles that have approved.
    pub approvals: Vec<String>,
    /// How sure the agent is; not at all when not said.
    pub confidence: Ppm,
    /// Whether that is calibrated.
    pub calibrated: bool,
    /// Whether somebody outside could have written what is used.
    pub tainted: bool,
}

/// A test of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// The position of its graph.
    pub graph: usize,
    /// What is known, as slot values.
    pub facts: Vec<(Slot, i64)>,
    /// Keys of people who are away, whatever `people.yaml` says.
    pub away: Vec<String>,
    /// When it is decided; [`Timestamp::MIN`] when not said.
    pub at: Timestamp,
    /// The action that is tried, if any.
    pub act: Option<Act>,
    /// What is expected.
    pub expected: Expected,
}

impl Test {
    /// Whether it expects anything of its graph; one that only tries an action does not.
    fn is_about_routing(&self) -> bool {
        let Expected { node, outcome, rule, person, doubt, steps, .. } = &self.expected;
        let said = node.is_some() || outcome.is_some() || rule.is_some() || person.is_some();
        self.act.is_none() || said || steps.is_some() || *doubt
    }

    /// Puts what is known into the slots: the instant, then the facts, which may say another `now`, then what
    /// follows from them.
    pub fn fill(&self, catalogue: &Catalogue, slots: &mut Slots, choose: Choose<'_>) {
        fill(slots, (catalogue, self.at), self.facts.iter().copied(), choose);
    }
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    /// The test's name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Where it is written.
    pub place: Place,
    /// What was expected and did not happen; empty when all did.
    pub failures: Vec<String>,
}

impl TestOutcome {
    /// Whether everything expected happened.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Fills in what follows from the facts that are given, such as thresholds.
pub type Choose<'a> = &'a dyn Fn(&mut Slots);

/// As [`Test::fill`], of any facts.
fn fill(
    slots: &mut Slots,
    (catalogue, at): (&Catalogue, Timestamp),
    facts: impl Iterator<Item = (Slot, i64)>,
    choose: Choose<'_>,
) {
    slots.clear();
    if let Some(now) = catalogue.slot("now") {
        slots.set(now, at.micros());
    }
    facts.for_each(|(slot, raw)| slots.set(slot, raw));
    choose(slots);
}

/// Runs what every test of a policy expects of its graph, and tries every property. `choose` fills in what
/// follows from the facts of a test; what a test expects of boundaries is for those who have them.
pub fn run_tests(policy: &Policy, catalogue: &Catalogue, choose: Choose<'_>) -> Vec<TestOutcome> {
    let mut masks = Masks::default();
    let mut slots = Slots::new(catalogue.len());
    let run = |test: &Test| {
        test.fill(catalogue, &mut slots, choose);
        let graph = policy.graphs().get(test.graph).filter(|_| test.is_about_routing());
        let failures = graph.map_or_else(Vec::new, |graph| {
            let verdict = graph.decide(&slots, &mut masks);
            failures(policy, graph, test, verdict, &slots, catalogue)
        });
        let (name, place) = (test.name.clone(), test.place.clone());
        TestOutcome { name, file: place.file.clone(), place, failures }
    };
    let mut outcomes: Vec<_> = policy.tests().iter().map(run).collect();
    outcomes.extend(property::run(policy, catalogue, choose));
    outcomes
}

fn failures(
    policy: &Policy,
    graph: &Graph,
    test: &Test,
    verdict: Verdict,
    slots: &Slots,
    catalogue: &Catalogue,
) -> Vec<String> {
    let expected = &test.expected;
    let mut failures = Vec::new();
    let mut compare = |what: &str, expected: &str, found: &str| {
        if expected != found {
            failures.push(format!("expected {what} `{expected}`, found `{found}`"));
        }
    };
    let node_name = |at: usize| graph.nodes().get(at).map_or("", |node| &node.name);
    let rule_id = |at: usize| graph.rules().get(at).map_or("", |rule| &rule.id);
    if let Some(node) = expected.node {
        compare("node", node_name(node), node_name(verdict.node));
    }
    let reached = graph.nodes().get(verdict.node);
    if let (Some(outcome), Some(node)) = (expected.outcome, reached) {
        compare("outcome", outcome.as_str(), node.outcome.as_str());
    }
    if let (Some(rule), Some(found)) = (expected.rule, verdict.rule) {
        compare("rule", rule_id(rule), rule_id(found));
    }
    if let (Some(person), Some(node)) = (&expected.person, reached) {
        let chain = policy.people().chain(node, test.at);
        let mut there = chain.iter().filter_map(|code| policy.people().person(*code));
        let first = there.find(|person| !test.away.contains(&person.key));
        compare("person", person, first.map_or("nobody", |person| &person.key));
    }
    if let Some(steps) = &expected.steps {
        let found = reached.and_then(Node::human).map(|human| human.steps.join(", "));
        compare("steps", &steps.join(", "), &found.unwrap_or_default());
    }
    if let (Some(approvals), None) = (&expected.approvals, &test.act) {
        let found = graph
            .entries_under(verdict.node, verdict.added)
            .filter_map(|(_, node)| node.approval());
        let found: Vec<_> = found.map(|human| human.role.as_str()).collect();
        compare("approvals", &approvals.join(", "), &found.join(", "));
    }
    let said = |doubt: bool| if doubt { "doubt" } else { "no doubt" };
    if expected.doubt != verdict.doubt {
        let (expected, found) = (said(expected.doubt), said(verdict.doubt));
        failures.push(format!("expected {expected}, found {found}"));
    }
    if let Some(decided) = verdict.rule
        && !failures.is_empty()
    {
        let because = |rule| why_not(graph, rule, slots, catalogue);
        failures.push(match verdict.doubt {
            true => because(decided),
            false => format!("`{}` decided", rule_id(decided)),
        });
        failures.extend(expected.rule.filter(|rule| *rule != decided).map(because));
    }
    failures
}
