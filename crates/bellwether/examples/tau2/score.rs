//! Scoring: what was decided beside what should have been.
//!
//! - In: the steps of a task, its ground truth.
//! - Out: a [`Score`] per task, and totals with a line for every miss.
//! - Never: counts a step as right because another one was.

use crate::tau2::data::Reading;
use crate::tau2::gold::{Truth, Write};
use crate::tau2::judge::{Judge, Route};
use crate::tau2::walk::{Step, World};
use std::fmt::Write as _;

/// The arguments that say what an action is done to; others may be worded differently.
const KEYS: [&str; 9] = [
    "reservation_id",
    "account_id",
    "card_id",
    "credit_card_account_id",
    "transaction_id",
    "source_account_id",
    "card_type",
    "card_name",
    "account_type",
];

/// The verdict over a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Something that was asked for is done.
    Allow,
    /// A person takes it, and nothing is done.
    Transfer,
    /// Nothing is done.
    Deny,
}

/// How a task came out.
#[derive(Debug)]
pub(crate) struct Score {
    /// The task's id.
    pub(crate) task: String,
    /// What was decided.
    pub(crate) decided: Verdict,
    /// What should have been.
    pub(crate) should: Verdict,
    /// Writes that should be done, and were.
    pub(crate) done: usize,
    /// Writes that should be done, and were not.
    pub(crate) missing: Vec<String>,
    /// Writes that were done, and should not.
    pub(crate) forbidden: Vec<String>,
    /// Requests and what became of them.
    pub(crate) steps: Vec<Step>,
}

impl Score {
    /// Compares.
    pub(crate) fn of(
        task: String,
        judge: &Judge,
        world: &World<'_>,
        steps: Vec<Step>,
        truth: &Truth,
    ) -> Self {
        let acted =
            |step: &&Step| matches!(step.route, Route::Act(_)) && judge.is_write(&step.action());
        let mut open: Vec<&Write> = truth.writes.iter().collect();
        let mut forbidden = Vec::new();
        for step in steps.iter().filter(acted) {
            match open.iter().position(|write| same(step, write, world)) {
                Some(at) => drop(open.remove(at)),
                None => forbidden.push(told(&step.action(), &step.request)),
            }
        }
        let transfers = |step: &Step| match &step.route {
            Route::Transfer(_) => true,
            Route::Act(_) => !judge.is_write(&step.action()),
            Route::Refuse(_) => false,
        };
        let verdict = |writes: bool, transfer: bool| match (writes, transfer) {
            (true, _) => Verdict::Allow,
            (false, true) => Verdict::Transfer,
            (false, false) => Verdict::Deny,
        };
        let decided = verdict(steps.iter().any(|step| acted(&step)), steps.iter().any(transfers));
        let should = verdict(!truth.writes.is_empty(), truth.transfer);
        let missing: Vec<_> =
            open.iter().map(|write| told(&write.action, &write.arguments)).collect();
        let done = truth.writes.len() - missing.len();
        Self { task, decided, should, done, missing, forbidden, steps }
    }

    /// Whether the verdict agrees.
    pub(crate) fn agrees(&self) -> bool {
        self.decided == self.should
    }

    /// Whether everything agrees.
    pub(crate) fn is_right(&self) -> bool {
        self.agrees() && self.missing.is_empty() && self.forbidden.is_empty()
    }
}

/// Whether a step does what the ground truth writes: the same tool to the same thing.
fn same(step: &Step, write: &Write, world: &World<'_>) -> bool {
    let agrees = |key: &str| {
        let (mine, theirs) = (step.request.at(key), write.arguments.at(key));
        // What kind of account is opened has other words for the tool than for the policy.
        let elsewhere = key == "account_type" && step.action().starts_with("open_");
        mine.is_null()
            || theirs.is_null()
            || elsewhere
            || world.made(&mine.words())
            || mine.words() == theirs.words()
    };
    step.action() == write.action && KEYS.iter().all(|key| agrees(key))
}

fn told(action: &str, arguments: &serde_json::Value) -> String {
    let named = KEYS.iter().filter(|key| !arguments.at(key).is_null());
    let named: Vec<_> = named.map(|key| arguments.at(key).words()).collect();
    format!("{action}({})", named.join(", "))
}

/// All tasks of a set.
pub(crate) struct Total {
    /// The set.
    pub(crate) set: String,
    /// Its tasks.
    pub(crate) scores: Vec<Score>,
}

impl Total {
    /// Tasks whose verdict agrees, of all.
    pub(crate) fn agreeing(&self) -> (usize, usize) {
        (self.scores.iter().filter(|score| score.agrees()).count(), self.scores.len())
    }

    /// Permitted writes that were done, of all.
    pub(crate) fn writes(&self) -> (usize, usize) {
        let done: usize = self.scores.iter().map(|score| score.done).sum();
        let missing: usize = self.scores.iter().map(|score| score.missing.len()).sum();
        (done, done + missing)
    }

    /// Writes that should not have been done.
    pub(crate) fn forbidden(&self) -> usize {
        self.scores.iter().map(|score| score.forbidden.len()).sum()
    }

    /// The figures, and every task that is not entirely right; with `all`, every step of every task.
    pub(crate) fn table(&self, all: bool) -> String {
        let share = |(part, whole): (usize, usize)| {
            format!("{part} of {whole} ({:.1} %)", 100.0 * part as f64 / whole.max(1) as f64)
        };
        let mut text = format!(
            "{}\n  allow, deny or transfer agrees  {}\n  permitted writes done           {}\n  forbidden writes done           {}\n",
            self.set,
            share(self.agreeing()),
            share(self.writes()),
            self.forbidden(),
        );
        for score in self.scores.iter().filter(|score| all || !score.is_right()) {
            // A string takes everything that is written to it.
            let _ = writeln!(
                text,
                "  {}: decided {:?}, should be {:?}",
                score.task, score.decided, score.should
            );
            for (what, list) in [("not done", &score.missing), ("forbidden", &score.forbidden)] {
                for one in list {
                    let _ = writeln!(text, "    {what}: {one}");
                }
            }
            for step in &score.steps {
                let _ = writeln!(
                    text,
                    "    {} -> {:?}",
                    told(&step.action(), &step.request),
                    step.route
                );
            }
        }
        text
    }
}
