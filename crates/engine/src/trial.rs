//! A bundle's own tests, routing and boundaries together.
//!
//! - In: rules.
//! - Out: an outcome for each test, with every expectation that was not met.
//! - Never: a clock or an effect.

use crate::permit::{Permit, Wish, permit};
use crate::rules::Rules;
use bellwether_boundary::Answer;
use bellwether_expr::Slots;
use bellwether_policy::{Act, Judged, Test, TestOutcome};

/// What boundaries say, in the words of tests and people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The decision.
    pub decision: Judged,
    /// The ids of the policies that decide, sorted: the permits of an allowed action, else the forbids.
    pub by: Vec<String>,
    /// Sets of roles each of which suffices, cheapest first.
    pub approvals: Vec<Vec<String>>,
    /// Facts that are missing, or what could not be evaluated.
    pub errors: Vec<String>,
}

impl Judgement {
    /// Nothing could be asked, for lack of these.
    pub(crate) fn doubt(missing: Vec<String>) -> Self {
        Self { decision: Judged::Doubt, by: Vec::new(), approvals: Vec::new(), errors: missing }
    }
}

impl From<Permit> for Judgement {
    fn from(permit: Permit) -> Self {
        let said = |decision, by, approvals, errors| Self { decision, by, approvals, errors };
        match permit {
            Permit::Missing(facts) => Self::doubt(facts),
            Permit::Answered(Answer::Allow { by }) => {
                said(Judged::Allow, by, Vec::new(), Vec::new())
            }
            Permit::Answered(Answer::NeedsApproval { sets, denied_by }) => {
                said(Judged::Approval, denied_by, sets, Vec::new())
            }
            Permit::Answered(Answer::Deny { by, errors }) => {
                said(Judged::Deny, by, Vec::new(), errors)
            }
        }
    }
}

/// Judges an action with what is known.
pub fn judge(rules: &Rules, act: &Act, slots: &Slots) -> Option<Judgement> {
    let wish = Wish {
        action: rules.policy().actions().get(act.action)?,
        parameters: &act.parameters,
        approvals: &act.approvals,
        confidence: act.confidence,
        calibrated: act.calibrated,
        tainted: act.tainted,
    };
    Some(permit(rules, &wish, slots).into())
}

/// Runs every test of a bundle.
pub fn run_tests(rules: &Rules) -> Vec<TestOutcome> {
    let choose = |slots: &mut Slots| rules.features().choose(slots);
    let mut outcomes = bellwether_policy::run_tests(rules.policy(), rules.catalogue(), &choose);
    let mut slots = Slots::new(rules.catalogue().len());
    for (test, outcome) in rules.policy().tests().iter().zip(&mut outcomes) {
        let Some(act) = &test.act else { continue };
        test.fill(rules.catalogue(), &mut slots, &choose);
        let judged = judge(rules, act, &slots);
        outcome.failures.extend(judged.into_iter().flat_map(|judged| differences(test, &judged)));
    }
    outcomes
}

fn differences(test: &Test, found: &Judgement) -> Vec<String> {
    let mut failures = Vec::new();
    let mut compare = |what: &str, expected: String, found: String| {
        if expected != found {
            failures.push(format!("expected {what} `{expected}`, found `{found}`"));
        }
    };
    if let Some(decision) = test.expected.decision {
        compare("decision", decision.as_str().to_owned(), found.decision.as_str().to_owned());
    }
    if let Some(by) = &test.expected.by {
        let mut by = by.clone();
        by.sort_unstable();
        compare("by", by.join(", "), found.by.join(", "));
    }
    if let Some(approvals) = &test.expected.approvals {
        let cheapest = found.approvals.first().cloned().unwrap_or_default();
        compare("approvals", approvals.join(", "), cheapest.join(", "));
    }
    if !failures.is_empty() && !found.errors.is_empty() {
        failures.push(format!("it could not be told: {}", found.errors.join(", ")));
    }
    failures
}
