//! One question after the other: within its time, believed only as far as the solver is seen to be honest.
//!
//! - In: assertions, and how a counterexample is to be replayed.
//! - Out: a [`Reply`].
//! - Never: takes silence, rubbish, `unknown` or a counterexample that does not hold for a proof; goes on
//!   after the solver got a question wrong whose answer is known.

use super::solver::Process;
use bellwether_core::Digest;
use cedar_policy_symcc::solver::{Decision, Solver as _, SolverError};
use cedar_policy_symcc::{CedarSymCompiler, Env, SmtLibScript as _, WellFormedAsserts};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// After so many failures on end the solver is not asked again.
const MOST_FAILURES: u32 = 3;

/// A known question stands before every so many questions, at most.
const KNOWN_EVERY: u64 = 8;

/// What became of a question.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// No request is like that.
    Never,
    /// This one is; the authorizer agrees.
    Found(Box<Env>),
    /// It is not known, and why.
    Open(String),
}

/// The solver answered a question wrongly whose answer is known.
#[derive(Debug)]
pub(super) struct Lies(pub(super) String);

/// How much was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Questions about the rules.
    pub(crate) asked: u64,
    /// Those that had been asked before.
    pub(crate) repeated: u64,
    /// Those that the solver was asked; the others answer themselves.
    pub(crate) solver: u64,
    /// Questions whose answer was known.
    pub(crate) known: u64,
    /// Counterexamples that the authorizer confirmed.
    pub(crate) replayed: u64,
    /// Those that it did not.
    pub(crate) faults: u64,
}

/// Asks a solver.
pub(super) struct Asker {
    path: Option<PathBuf>,
    limit: Duration,
    running: Option<CedarSymCompiler<Process>>,
    failures: u32,
    answered: BTreeMap<Digest, Reply>,
    random: u64,
    /// The count of solver questions at which a known one comes next.
    next_known: u64,
    pub(super) counts: Counts,
}

impl Asker {
    /// Without a path, nothing is known that does not answer itself.
    pub(super) fn new(path: Option<PathBuf>, limit: Duration, seed: u64) -> Self {
        Self {
            path,
            limit,
            running: None,
            failures: 0,
            answered: BTreeMap::new(),
            random: seed,
            next_known: 0,
            counts: Counts::default(),
        }
    }

    /// Asks whether some request fits the assertions, unless `key` was asked before. What the solver finds
    /// must be confirmed.
    ///
    /// # Errors
    /// [`Lies`].
    pub(super) async fn ask(
        &mut self,
        key: Digest,
        asserts: &WellFormedAsserts<'_>,
        confirm: impl Fn(&Env) -> bool,
    ) -> Result<Reply, Lies> {
        self.counts.asked += 1;
        if let Some(known) = self.answered.get(&key) {
            self.counts.repeated += 1;
            return Ok(known.clone());
        }
        if self.counts.solver >= self.next_known {
            if self.counts.known == 0 {
                self.known(true).await?;
                self.known(false).await?;
            } else {
                let satisfiable = self.random() & 1 == 0;
                self.known(satisfiable).await?;
            }
            self.next_known = self.counts.solver + 1 + self.random() % KNOWN_EVERY;
        }
        let reply = self.one(asserts, confirm).await;
        // What is not known now may be known at another try.
        if !matches!(reply, Reply::Open(_)) {
            self.answered.insert(key, reply.clone());
        }
        Ok(reply)
    }

    /// The last known questions, so that a solver that began to lie in between is noticed.
    pub(super) async fn finish(&mut self) -> Result<(), Lies> {
        if self.counts.solver > 0 {
            self.known(true).await?;
            self.known(false).await?;
        }
        self.running = None;
        Ok(())
    }

    async fn one(
        &mut self,
        asserts: &WellFormedAsserts<'_>,
        confirm: impl Fn(&Env) -> bool,
    ) -> Reply {
        let limit = self.limit;
        let running = match self.running() {
            Ok(running) => running,
            Err(why) => return Reply::Open(why),
        };
        let before = running.solver().asked;
        let answer = tokio::time::timeout(limit, running.check_sat(asserts)).await;
        let asked = running.solver().asked - before;
        self.counts.solver += asked;
        let why = match answer {
            Ok(Ok(None)) => {
                self.failures = 0;
                return Reply::Never;
            }
            Ok(Ok(Some(env))) if confirm(&env) => {
                self.failures = 0;
                self.counts.replayed += 1;
                return Reply::Found(Box::new(env));
            }
            Ok(Ok(Some(_))) => {
                self.counts.faults += 1;
                return Reply::Open(
                    "the solver's counterexample does not hold: a fault of it".to_owned(),
                );
            }
            Ok(Err(cedar_policy_symcc::err::Error::SolverUnknown)) => {
                return Reply::Open("the solver does not know".to_owned());
            }
            Ok(Err(error)) => said(&error),
            Err(_) => format!("timeout after {} s", limit.as_secs_f64()),
        };
        self.failed();
        Reply::Open(why)
    }

    /// A question whose answer is known: whether a number lies between two others.
    async fn known(&mut self, satisfiable: bool) -> Result<(), Lies> {
        let low = self.random() >> 2;
        let high = if satisfiable { low + 2 + self.random() % 1000 } else { low + 1 };
        let limit = self.limit;
        let Ok(running) = self.running() else { return Ok(()) };
        let ask = async {
            let solver = running.solver_mut();
            let script = solver.smtlib_input();
            script.reset().await?;
            script.set_logic("ALL").await?;
            script.declare_const("x", "(_ BitVec 64)").await?;
            script.assert(&format!("(bvslt #x{low:016x} x)")).await?;
            script.assert(&format!("(bvslt x #x{high:016x})")).await?;
            solver.check_sat().await
        };
        let answer: Result<Result<Decision, SolverError>, _> =
            tokio::time::timeout(limit, ask).await;
        self.counts.known += 1;
        match answer {
            Ok(Ok(Decision::Sat)) if satisfiable => Ok(()),
            Ok(Ok(Decision::Unsat)) if !satisfiable => Ok(()),
            Ok(Ok(Decision::Sat | Decision::Unsat)) => {
                let [truth, told] = if satisfiable { ["a ", "not "] } else { ["no ", ""] };
                Err(Lies(format!(
                    "there is {truth}number between {low} and {high}, and it says there is {told}one"
                )))
            }
            // It gives up, or is silent: that proves nothing, and the next questions show it.
            Ok(Ok(Decision::Unknown)) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                self.failed();
                Ok(())
            }
        }
    }

    fn running(&mut self) -> Result<&mut CedarSymCompiler<Process>, String> {
        let Some(path) = &self.path else { return Err("there is no solver".to_owned()) };
        if self.failures >= MOST_FAILURES {
            return Err(format!("the solver failed {MOST_FAILURES} times on end"));
        }
        if self.running.is_none() {
            let started = Process::start(path, self.limit).map_err(|error| error.to_string());
            let process = started.inspect_err(|_| self.failures += 1)?;
            let compiler = CedarSymCompiler::new(process).map_err(|error| error.to_string())?;
            self.running = Some(compiler);
        }
        self.running.as_mut().ok_or_else(|| "it did not start".to_owned())
    }

    /// Ends the present solver; the next question starts another.
    fn failed(&mut self) {
        self.failures += 1;
        self.running = None;
    }

    /// Splitmix64 (Steele, Lea, Flood 2014).
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// An error with what led to it, on one line.
pub(super) fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let mut text = error.to_string();
    for cause in causes.map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text.replace('\n', " ")
}
