//! What would break if an approval went.
//!
//! - In: rules, one of their approvals, and where the solver is.
//! - Out: [`Needed`]: the proof or the tests that rest on it, or that nothing does.
//! - Never: counts what was broken or failing before.
//!
//! An approval that a graph asks for moves no boundary, so of those only the graphs' proofs are looked at again. One
//! that a boundary asks for stands for the forbids that the role lifts: without them, every test is run and every
//! invariant proved anew. What an override asks for cannot be taken out: it ends by itself.

use super::Step;
use crate::cli::policy::prove::graph_proofs;
use crate::prove::{self, Claim, Outcome, Task};
use bellwether_core::Code;
use bellwether_core::authored::lies_in;
use bellwether_engine::Rules;
use bellwether_engine::trial::run_tests;
use bellwether_policy::{About, Files, Override, Overrides, TestOutcome, without_approval};
use cedar_policy::{Policy, PolicyId, PolicySet};
use indicatif::ProgressBar;
use std::collections::{BTreeMap, BTreeSet};
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
    /// What was found of the approvals that boundaries want, by role and action.
    wanted: BTreeMap<(String, String), Needed>,
}

impl<'a> Without<'a> {
    pub(super) fn new(rules: &'a Rules, solver: Option<PathBuf>) -> Self {
        let (broken, failing) = (broken(rules), failing(rules));
        Self { rules, solver, broken, failing, unheld: None, wanted: BTreeMap::new() }
    }

    /// Whether a step is needed.
    pub(super) fn needed(&mut self, step: &Step) -> Needed {
        match step.node.split_once("/approval:").map(|(node, _)| node) {
            Some(node) => self.of_graph(step, node),
            None => self.of_permit(step),
        }
    }

    /// What a permit may want: the boundaries, or an override of its action.
    fn of_permit(&mut self, step: &Step) -> Needed {
        let node = step.node.split_once("/permit:").map_or("", |(node, _)| node);
        let graph = self.rules.policy().graph(Code::of(&step.graph));
        let node = graph.and_then(|graph| graph.node(Code::of(node))?.human());
        let Some(permit) = node.and_then(|human| human.permit.as_ref()) else {
            return Needed::Open("no permit asks for it".to_owned());
        };
        let asks = |one: &Override| {
            matches!((&one.about, &one.overrides), (About::Action(about), Overrides::Approvals(roles))
                if *about == permit.action && roles.contains(&step.role))
        };
        let overridden = self.rules.policy().overrides().iter().any(asks);
        let key = (step.role.clone(), permit.action.clone());
        let found = match self.wanted.get(&key) {
            Some(found) => found.clone(),
            None => self.of_boundary(&step.role, &permit.action),
        };
        self.wanted.insert(key, found.clone());
        // What breaks without the boundaries' own forbids breaks; an override would ask all the same.
        match found {
            Needed::No if overridden => ends_by_itself(),
            found => found,
        }
    }

    fn of_graph(&self, step: &Step, node: &str) -> Needed {
        let files = self.rules.files();
        let Some(files) = without_approval(files, &step.graph, node, &step.role) else {
            return ends_by_itself();
        };
        composed(files).map_or_else(|open| open, |rules| self.under(&rules))
    }

    /// What breaks in the graphs and in the tests under other rules.
    fn under(&self, rules: &Rules) -> Needed {
        if let Some(why) = broken(rules).difference(&self.broken).next() {
            return Needed::Proof(why.clone());
        }
        let failing: Vec<_> = failing(rules).difference(&self.failing).cloned().collect();
        if failing.is_empty() { Needed::No } else { Needed::Tests(failing) }
    }

    /// Without the forbids that a role lifts, as far as an action wants its approval.
    fn of_boundary(&mut self, role: &str, action: &str) -> Needed {
        let Some(known) = self.rules.boundaries() else {
            return Needed::Open("the bundle has no boundaries".to_owned());
        };
        let lifted =
            known.boundaries().iter().filter(|one| one.needs.iter().any(|need| need == role));
        let lifted: BTreeSet<_> = lifted.map(|one| one.id.as_str()).collect();
        if !wants(self.rules, role, action) {
            return Needed::No;
        }
        let Some(files) = without_forbids(self.rules.files(), &lifted) else {
            return Needed::Open("its boundaries cannot be read".to_owned());
        };
        let rules = match composed(files) {
            Ok(rules) => rules,
            Err(open) => return open,
        };
        if wants(&rules, role, action) {
            return Needed::Proof(format!("what is permitted only with the approval of {role}"));
        }
        match self.under(&rules) {
            Needed::No => {}
            found => return found,
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

/// Other files as rules, or that they are none.
fn composed(files: Files) -> Result<Rules, Needed> {
    Rules::compose(files).map_err(|problems| {
        let code = problems.first().map_or("", |problem| problem.code);
        Needed::Open(format!("the bundle does not load without it ({code})"))
    })
}

/// Whether the boundaries may want the approval of a role before an action.
fn wants(rules: &Rules, role: &str, action: &str) -> bool {
    let lifting = rules.boundaries().and_then(|known| known.lifting(action));
    lifting.is_some_and(|roles| roles.iter().any(|one| one == role))
}

/// What stands for as long as an override does.
fn ends_by_itself() -> Needed {
    Needed::Open("an override asks for it, and ends by itself".to_owned())
}

/// The files of a bundle without some of its boundaries.
fn without_forbids(files: &Files, without: &BTreeSet<&str>) -> Option<Files> {
    let mut files = files.clone();
    let cedar = |path: &str| lies_in(path, "boundaries", ".cedar");
    for (_, text) in files.iter_mut().filter(|(path, _)| cedar(path)) {
        let policies: PolicySet = text.parse().ok()?;
        let goes = |one: &&Policy| one.annotation("id").is_some_and(|id| without.contains(id));
        if policies.policies().any(|one| goes(&one)) {
            let kept = policies.policies().filter(|one| !goes(one));
            *text = kept.map(|one| format!("{one}\n")).collect();
        }
    }
    Some(files)
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
