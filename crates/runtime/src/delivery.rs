//! Delivery: effects that wait become messages, each attempt written down before and after.
//!
//! Flow: outbox -> desk -> a hand: prepared, allowed, `sending`, carried, and what it came to -> journal
//!
//! - In: the outbox, cards that the program prepares, channels and the lines to them.
//! - Out: requests; the leaves `effect.result` and `effect.ambiguous`; spans, counters, dead letters.
//! - Never: sends what is not committed, one key twice at once, or again what may have arrived unless its
//!   receiver recognises it; says that something arrived when nobody knows.

mod attempt;
mod carry;
mod desk;
mod effect;
mod health;
mod outcome;
mod queue;
mod record;
mod stats;

pub use carry::{Carried, Carry, Line};
pub use effect::read_effect;
pub use outcome::TRIES;
pub use queue::Id;
pub use record::{ALL, PERSON, retry, settle, stop};
pub use stats::{ChannelStats, DeliveryStats};

use crate::live::{Live, LiveError};
use crate::trace::Spans;
use attempt::Hand;
use bellwether_adapters::channel::{Card, Channel};
use bellwether_core::{Personal, Problem};
use bellwether_store::{OutboxRow, View};
use desk::{Crew, Desk};
use health::Health;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// The most threads that carry.
const THREADS: usize = 64;
/// How long nothing may happen before the desk looks again all the same.
const IDLE: Duration = Duration::from_millis(500);

/// A configured channel: how it speaks, and what carries its words.
pub struct Route {
    /// Its configured name.
    pub name: String,
    /// What it is, in a word: `mail`, `webhook`.
    pub kind: &'static str,
    /// How it speaks.
    pub channel: Arc<dyn Channel>,
    /// What carries its requests.
    pub line: Box<dyn Carry>,
}

/// An effect made ready for a person.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// Nobody wants it any more.
    Unwanted,
    /// It is to be sent.
    Card {
        /// What the person reads. Its trace is set by delivery.
        card: Card,
        /// The person's channels by their configured names, each with their address on it, in the order in
        /// which they are to be tried.
        ways: Vec<(String, Personal<String>)>,
    },
}

/// Makes effects ready. The same effect must give the same card, so that a receiver can tell a repetition.
pub type Render = Arc<dyn Fn(&OutboxRow) -> Result<Prepared, Problem> + Send + Sync>;

/// How to deliver.
pub struct Settings {
    /// The channels.
    pub channels: Vec<Route>,
    /// How many requests may be under way at once by one channel.
    pub at_once: usize,
    /// How many asks a person gets in a day (UTC) at most; whoever is always staffed gets every one.
    pub asks_a_day: Option<u32>,
    /// A secret that spreads retries; not that of anything else.
    pub seed: [u8; 32],
    /// Takes a span of each attempt, where traces are kept.
    pub spans: Option<Arc<dyn Spans>>,
}

/// What the desk and the hands share.
struct Shared {
    live: Live,
    dir: PathBuf,
    render: Render,
    routes: BTreeMap<String, Route>,
    health: Mutex<BTreeMap<String, Health>>,
    at_once: usize,
    asks_a_day: Option<u32>,
    seed: [u8; 32],
    spans: Option<Arc<dyn Spans>>,
    stats: Arc<DeliveryStats>,
    /// What a person wants tried again.
    again: Mutex<Vec<Id>>,
    ends: AtomicBool,
}

impl Shared {
    fn health<T>(&self, name: &str, look: impl FnOnce(&mut Health) -> T) -> T {
        let mut all = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        look(all.entry(name.to_owned()).or_default())
    }
}

/// The running threads; whoever holds this ends them. End it before the driver.
pub struct Delivery {
    shared: Arc<Shared>,
    desk: Option<JoinHandle<()>>,
    hands: Vec<JoinHandle<()>>,
}

/// Has effects of a running delivery tried again, and says how it stands. Once that has ended, the next
/// one tries them.
#[derive(Clone)]
pub struct Again(Arc<Shared>);

impl Again {
    /// What was counted.
    pub fn stats(&self) -> &Arc<DeliveryStats> {
        &self.0.stats
    }

    /// As [`retry`], and at once. `false`: there is no such effect to try again.
    ///
    /// # Errors
    /// [`LiveError`].
    pub fn retry(&self, id: Id) -> Result<bool, LiveError> {
        let found = self.0.live.call(move |driver, now| retry(driver, now, id))?;
        if found {
            self.0.again.lock().unwrap_or_else(PoisonError::into_inner).push(id);
            self.0.live.bell().ring();
        }
        Ok(found)
    }
}

/// Marks what a crash left as unknown, then delivers until it is ended.
///
/// # Errors
/// [`LiveError`] when the store cannot be read, or the system gives no thread.
pub fn start(
    live: Live,
    dir: &Path,
    settings: Settings,
    render: Render,
) -> Result<Delivery, LiveError> {
    let shared = share(live, dir, settings, render)?;
    let threads = (shared.at_once * shared.routes.len() + 1).min(THREADS);
    let (jobs, wanted) = mpsc::sync_channel(threads);
    let (done, ended) = mpsc::channel();
    let wanted = Arc::new(Mutex::new(wanted));
    let mut hands = Vec::with_capacity(threads);
    for _ in 0..threads {
        let hand = Hand { shared: Arc::clone(&shared), view: View::open(&shared.dir)? };
        let (wanted, done) = (Arc::clone(&wanted), done.clone());
        hands.push(thread("carrier", move || desk::work(&hand, &wanted, &done))?);
    }
    let (view, crew) = (View::open(&shared.dir)?, Crew::Threads { jobs, ended });
    let desk = Desk::new(Arc::clone(&shared), view, crew)?;
    let desk = thread("delivery", move || run(desk))?;
    Ok(Delivery { shared, desk: Some(desk), hands })
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LiveError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(LiveError::Thread)
}

fn share(
    live: Live,
    dir: &Path,
    settings: Settings,
    render: Render,
) -> Result<Arc<Shared>, LiveError> {
    live.call(|driver, _| Ok(driver.store_mut().mark_sending_unknown()?))?;
    let Settings { channels, at_once, asks_a_day, seed, spans } = settings;
    let routes: BTreeMap<_, _> =
        channels.into_iter().map(|route| (route.name.clone(), route)).collect();
    Ok(Arc::new(Shared {
        live,
        dir: dir.to_owned(),
        render,
        stats: Arc::new(DeliveryStats::of(routes.values())),
        routes,
        health: Mutex::default(),
        at_once: at_once.max(1),
        asks_a_day,
        seed,
        spans,
        again: Mutex::default(),
        ends: AtomicBool::new(false),
    }))
}

fn run(mut desk: Desk) {
    let shared = Arc::clone(&desk.shared);
    let bell = Arc::clone(shared.live.bell());
    while !shared.ends.load(Ordering::Acquire) {
        let heard = bell.wait(u64::MAX, Duration::ZERO);
        let next = desk.turn();
        let left = next.map(|next| next.since(shared.live.now()).micros().unsigned_abs());
        bell.wait(heard, left.map_or(IDLE, |left| Duration::from_micros(left).min(IDLE)));
    }
}

impl Delivery {
    /// Has effects tried again.
    pub fn again(&self) -> Again {
        Again(Arc::clone(&self.shared))
    }

    /// Ends: what is under way is waited for and written down, nothing new is begun.
    pub fn end(mut self) {
        self.join();
    }

    fn join(&mut self) {
        self.shared.ends.store(true, Ordering::Release);
        self.shared.live.bell().ring();
        for thread in self.desk.take().into_iter().chain(self.hands.drain(..)) {
            if thread.join().is_err() {
                tracing::error!(code = "delivery-broke", "A thread of the delivery died.");
            }
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.join();
    }
}

#[cfg(test)]
mod tests;
