//! What runs beside the requests for the rules: orders from commands, and rules in shadow.
//!
//! - In: the folder of orders; the journal, read as it grows.
//! - Out: orders that are carried out and answered; counts for pages, the API and metrics.
//! - Never: writes the journal itself, or reads longer at once than the driver would notice.

use super::metrics::Figure;
use crate::cli::context::Context;
use crate::exit::Failure;
use crate::rollout::count::Counted;
use crate::rollout::spool;
use anyhow::Result;
use bellwether_core::Digest;
use bellwether_engine::RuleBook;
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::live::Live;
use bellwether_runtime::rollout::shadow::{Beside, Compared};
use bellwether_runtime::rollout::{Rollout, Version};
use bellwether_runtime::sources::Pace;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the journal is looked at.
const EACH: Duration = Duration::from_secs(1);
/// How long it is read at once; then it rests as long, so that the driver has the machine.
const SPELL: Duration = Duration::from_millis(20);
/// How long it rests after something went wrong.
const AFTER: Duration = Duration::from_secs(30);
/// How many versions in shadow are followed: the newest.
const MOST: usize = 2;

/// What was counted, for whoever shows it.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    records: Mutex<Counted>,
    versions: Mutex<Vec<Version>>,
    shadows: Mutex<BTreeMap<Digest, Arc<Compared>>>,
}

impl Versions {
    /// How many records a version has made, as far as was read.
    pub(crate) fn records(&self, rules: Digest) -> u64 {
        locked(&self.records).of(rules)
    }

    /// What a version in shadow has come to, as far as was read.
    pub(crate) fn shadow(&self, rules: Digest) -> Option<Arc<Compared>> {
        locked(&self.shadows).get(&rules).cloned()
    }

    /// What metrics say.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        let records = "Records that each version of the rules has made";
        for version in locked(&self.versions).iter() {
            let (digest, state) = (version.rules.to_string(), version.state.as_str());
            let info =
                Figure::gauge("rules_info", "Versions of the rules and where each stands", 1.0);
            figures.push(info.of("digest", digest.clone()).of("state", state));
            let count = self.records(version.rules);
            figures.push(Figure::counter("rules_records", records, count).of("digest", digest));
        }
        let help =
            "Decisions that rules in shadow have made again, and whether they came out the same";
        for (digest, found) in locked(&self.shadows).iter() {
            for (same, count) in [("yes", found.decisions.equal), ("no", found.decisions.differ)] {
                let figure = Figure::gauge("rules_shadow_decisions", help, count as f64);
                figures.push(figure.of("digest", digest.to_string()).of("same", same));
            }
        }
        figures
    }

    /// Follows the journal until the server ends.
    pub(crate) fn run(&self, context: &Context, pace: &dyn Pace) {
        let (mut rest, mut rollout) = (EACH, Rollout::default());
        while pace.pause(rest) {
            rest = match self.follow(context, pace, &mut rollout) {
                Ok(()) => EACH,
                Err(error) => {
                    tracing::warn!(%error, "Rules in shadow could not be followed; it is tried again.");
                    AFTER
                }
            };
        }
    }

    /// Follows the journal until versions change or the server ends. What is in shadow is counted from the
    /// first record on, also after a restart: so it is always what `replay --bundle` finds.
    fn follow(&self, context: &Context, pace: &dyn Pace, rollout: &mut Rollout) -> Result<()> {
        let store = context.read()?;
        rollout.follow(&store).map_err(Failure::drive)?;
        let book = read_rules(&store).map_err(Failure::drive)?;
        *locked(&self.versions) = rollout.versions().to_vec();
        let mut newest: Vec<_> = rollout.in_shadow().collect();
        newest.sort_by_key(|version| std::cmp::Reverse(version.since));
        let rules: Vec<_> =
            newest.iter().filter_map(|one| book.get(&one.rules).cloned()).take(MOST).collect();
        locked(&self.shadows).retain(|digest, _| rules.iter().any(|one| one.digest() == *digest));
        let stand_ins: Vec<RuleBook> = rules.iter().map(|one| book.with_stand_in(one)).collect();
        let both = rules.iter().zip(&stand_ins);
        let mut besides: Vec<_> = both
            .map(|(one, stand_in)| {
                (one.digest(), Beside::new(&store, &book, stand_in, Arc::clone(one)))
            })
            .collect();
        let mut seen = 0;
        loop {
            let last = store.last_pos()?;
            if last != seen && rollout.follow(&store).map_err(Failure::drive)? {
                return Ok(());
            }
            seen = last;
            let until = Instant::now() + SPELL;
            let mut behind =
                locked(&self.records).follow(&store, || Instant::now() < until)? < last;
            for (digest, beside) in &mut besides {
                let (until, before) = (Instant::now() + SPELL, beside.pos());
                beside.follow(|| Instant::now() < until)?;
                behind |= beside.pos() < last;
                if beside.pos() > before {
                    locked(&self.shadows).insert(*digest, Arc::new(beside.found().clone()));
                }
            }
            if !pace.pause(if behind { SPELL } else { EACH }) {
                return Ok(());
            }
        }
    }
}

/// Takes up orders until the server ends; `four_eyes` is what the server's own configuration says.
pub(crate) fn orders(context: &Context, live: &Live, four_eyes: bool, pace: &dyn Pace) {
    spool::clear(&context.data);
    while pace.pause(spool::LOOK) {
        spool::take_up(&context.data, live, four_eyes);
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
