//! Random receivers, random crashes: whatever happens, the promise holds.

use super::super::*;
use super::HOUR;
use super::receiver::Mode;
use super::world::{Hook, World, everybody, key_of, settings};
use bellwether_adapters::channel::{Reply, Request};
use bellwether_core::Digest;
use bellwether_store::OutboxStatus;
use bellwether_testkit::Dice;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A receiver in memory: its ledger survives the crashes of whoever sends.
struct Fake {
    recognises: bool,
    dice: Mutex<Dice>,
    executed: Mutex<Vec<Digest>>,
    under_way: Mutex<Vec<Digest>>,
    /// One in so many requests ends in a crash; 0 for none.
    crashes: Mutex<u64>,
}

struct FakeLine(Arc<Fake>);

struct Crash;

impl Fake {
    fn crash(&self) {
        let one_in = *self.crashes.lock().unwrap();
        if one_in > 0 && self.dice.lock().unwrap().below(one_in) == 0 {
            self.under_way.lock().unwrap().clear();
            resume_unwind(Box::new(Crash));
        }
    }

    fn execute(&self, key: Digest) {
        let mut executed = self.executed.lock().unwrap();
        if !(self.recognises && executed.contains(&key)) {
            executed.push(key);
        }
    }
}

impl Carry for FakeLine {
    fn carry(&self, request: &Request) -> Carried {
        let fake = &self.0;
        let (key, asks) = key_of(request);
        let answer = |status, after: Option<&str>| {
            let retry_after = after.map(str::to_owned);
            Carried::Answered(Reply { status, retry_after, body: Vec::new() })
        };
        fake.crash();
        let dice = |below| fake.dice.lock().unwrap().below(below);
        if asks {
            return match dice(6) {
                0 => Carried::Unknown,
                1 => answer(500, None),
                _ if fake.executed.lock().unwrap().contains(&key) => answer(200, None),
                _ => answer(404, None),
            };
        }
        assert!(!fake.under_way.lock().unwrap().contains(&key), "twice at once");
        fake.under_way.lock().unwrap().push(key);
        let mode = match dice(3) {
            0 => Mode::Ok,
            _ => Mode::ALL[dice(Mode::ALL.len() as u64) as usize],
        };
        let carried = match mode {
            Mode::Ok | Mode::HalfAnswer | Mode::Twice => {
                fake.execute(key);
                answer(200, None)
            }
            Mode::ResetAfter | Mode::Drip | Mode::SilentAfter => {
                fake.execute(key);
                Carried::Unknown
            }
            Mode::Reset if dice(2) == 0 => Carried::NotSent("transport-failed"),
            Mode::Reset | Mode::Silent => Carried::Unknown,
            Mode::TooMany => answer(429, Some("7")),
            Mode::Broken => answer(500, None),
            Mode::Refuse if dice(4) == 0 => answer(400, None),
            Mode::Refuse => answer(500, None),
        };
        fake.crash();
        fake.under_way.lock().unwrap().clear();
        carried
    }
}

fn run(seed: u64, crashes: u64) {
    let mut dice = Dice(seed);
    let mut world = World::new();
    let kinds: Vec<(bool, bool)> =
        (0..2).map(|_| (dice.below(2) == 0, dice.below(2) == 0)).collect();
    let fakes: Vec<_> = kinds
        .iter()
        .map(|(recognises, _)| {
            Arc::new(Fake {
                recognises: *recognises,
                dice: Mutex::new(Dice(dice.below(u64::MAX))),
                executed: Mutex::default(),
                under_way: Mutex::default(),
                crashes: Mutex::new(crashes),
            })
        })
        .collect();
    let desk = |world: &World| {
        let routes = ["one", "two"].into_iter().zip(&kinds).zip(&fakes);
        let routes = routes.map(|((name, (repeats, asks)), fake)| {
            Hook { repeats: *repeats, asks: *asks }.route(name, FakeLine(Arc::clone(fake)))
        });
        world.desk(settings(routes.collect()), everybody(&["one", "two"]))
    };
    for nth in 0..3 {
        world.asks(&format!("a{nth}"));
    }
    let mut at_work = Some(desk(&world));
    for round in 0..40 {
        if round == 30 {
            fakes.iter().for_each(|fake| *fake.crashes.lock().unwrap() = 0);
        }
        let Some(mut now) = at_work.take() else { break };
        let turned = catch_unwind(AssertUnwindSafe(|| {
            world.settle(&mut now, 12 * HOUR);
            now
        }));
        match turned {
            Ok(_) => break,
            Err(_) => {
                world.open();
                at_work = Some(desk(&world));
            }
        }
    }
    let mut executed = fakes[0].executed.lock().unwrap().clone();
    executed.extend(fakes[1].executed.lock().unwrap().iter());
    world.check(&executed, seed);
    for row in world.rows() {
        assert!(!row.status.is_open(), "seed {seed}: {row:?} never ended");
    }
    let ambiguous = world.rows().iter().any(|row| row.status == OutboxStatus::Ambiguous);
    let sure = kinds.iter().all(|(repeats, asks)| *repeats || *asks);
    eprintln!(
        "seed {seed}: {kinds:?}, {} effects, ambiguous: {ambiguous}, sure: {sure}",
        world.rows().len()
    );
}

#[test]
fn nothing_is_executed_twice_whatever_receivers_do() {
    (0..10).for_each(|seed| run(seed, 0));
}

#[test]
fn nothing_is_executed_twice_whenever_the_program_dies() {
    (100..110).for_each(|seed| run(seed, 4));
}
