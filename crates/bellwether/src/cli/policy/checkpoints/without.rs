//! What would break if an approval went.
//!
//! - In: rules, one of their approvals, and where the solver is.
//! - Out: [`Needed`]: the proof or the tests that rest on it, or that nothing does.
//! - Never: counts what was broken or failing before.
//!
//! An approval that a graph asks for moves no boundary, so of those only the graphs' proofs are looked at again. One
//! that a boundary asks for stands for the forbids that the role lifts: without them, every invariant is proved anew.

use super::Step;
use crate::cli::policy::prove::graph_proofs;
use crate::prove::{self, Claim, Outcome, Task};
use bellwether_engine::Rules;
use bellwether_engine::trial::run_tests;
use bellwether_policy::{TestOutcome, without_approval};
use cedar_policy::PolicyId;
use indicatif::ProgressBar;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// Whether an approval is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Needed {
    /// Every proof still holds without it, and every test passes.
    No,
    /// This property or invariant breaks.
    Proof(String),
    /// These tests fail.
    Tests(Vec<String>),
    /// It is not known, and why.
    Open(String),
}

/// The most time for one question to the solver.
const LIMIT: Duration = Duration::from_secs(10);

/// Rules, to be looked at without each of their approvals.
pub(super) struct Without<'a> {
    rules: &'a Rules,
    solver: Option<PathBuf>,
    broken: BTreeSet<String>,
    failing: BTreeSet<String>,
    /// The invariants that do not hold as it is; worked out when it is first asked.
    unheld: Option<BTreeSet<String>>,
}

impl<'a> Without<'a> {
    pub(super) fn new(rules: &'a Rules, solver: Option<PathBuf>) -> Self {
        let (broken, failing) = (broken(rules), failing(rules));
        Self { rules, solver, broken, failing, unheld: None }
    }

    /// Whether a step is needed.
    pub(super) fn needed(&mut self, step: &Step) -> Needed {
        match step.node.split_once("/approval:").map(|(node, _)| node) {
            Some(node) => self.of_graph(step, node),
            None => self.of_boundary(&step.role),
        }
    }

    fn of_graph(&self, step: &Step, node: &str) -> Needed {
        let files = self.rules.files();
        let Some(files) = without_approval(files, &step.graph, node, &step.role) else {
            return Needed::Open("an override asks for it, and ends by itself".to_owned());
        };
        let rules = match Rules::compose(files) {
            Ok(rules) => rules,
            Err(problems) => {
                let code = problems.first().map_or("", |problem| problem.code);
                return Needed::Open(format!("the bundle does not load without it ({code})"));
            }
        };
        if let Some(why) = broken(&rules).difference(&self.broken).next() {
            return Needed::Proof(why.clone());
        }
        let failing: Vec<_> = failing(&rules).difference(&self.failing).cloned().collect();
        if failing.is_empty() { Needed::No } else { Needed::Tests(failing) }
    }

    /// Without the forbids that a role lifts.
    fn of_boundary(&mut self, role: &str) -> Needed {
        let Some(known) = self.rules.boundaries() else {
            return Needed::Open("the bundle has no boundaries".to_owned());
        };
        let lifted =
            known.boundaries().iter().filter(|one| one.needs.iter().any(|need| need == role));
        let lifted: BTreeSet<_> = lifted.map(|one| one.id.as_str()).collect();
        if lifted.is_empty() {
            return Needed::Proof(format!("what is permitted only with the approval of {role}"));
        }
        if self.solver.is_none() {
            return Needed::Open("there is no solver, see `policy prove`".to_owned());
        }
        let before = match &self.unheld {
            Some(before) => before.clone(),
            None => match self.unheld(&BTreeSet::new()) {
                Ok(before) => before,
                Err(why) => return Needed::Open(why),
            },
        };
        self.unheld = Some(before.clone());
        match self.unheld(&lifted) {
            Err(why) => Needed::Open(why),
            Ok(after) => match after.difference(&before).next() {
                Some(id) => Needed::Proof(format!("the invariant {id}")),
                None => Needed::No,
            },
        }
    }

    /// The invariants that do not hold without some policies.
    fn unheld(&self, without: &BTreeSet<&str>) -> Result<BTreeSet<String>, String> {
        let mut subject = prove::subject(self.rules).ok_or("the bundle has no boundaries")?;
        for id in without {
            // What is not there cannot be taken out.
            let _ = subject.boundaries.remove_static(PolicyId::new(id));
        }
        let task = Task {
            bundle: self.rules.digest(),
            subject: &subject,
            older: &[],
            solver: self.solver.clone(),
            limit: LIMIT,
        };
        let report =
            prove::run(&task, &ProgressBar::hidden()).map_err(|problem| problem.message)?;
        let holds = report.properties.iter().filter(|one| one.kind == Claim::Holds);
        let open = holds.clone().find_map(|one| match &one.outcome {
            Outcome::Open(why) => Some(format!("{}: {why}", one.about)),
            _ => None,
        });
        if let Some(why) = open {
            return Err(why);
        }
        let broken = holds.filter(|one| one.outcome != Outcome::Proved);
        Ok(broken.map(|one| one.about.clone()).collect())
    }
}

/// The properties of the graphs that do not hold.
fn broken(rules: &Rules) -> BTreeSet<String> {
    let broken = graph_proofs(rules).into_iter().filter(|proof| !proof.holds);
    broken.map(|proof| format!("{} of {}", proof.property.as_str(), proof.about)).collect()
}

/// The tests that fail.
fn failing(rules: &Rules) -> BTreeSet<String> {
    let outcomes = run_tests(rules).into_iter().filter(|one: &TestOutcome| !one.passed());
    outcomes.map(|one| one.name).collect()
}
