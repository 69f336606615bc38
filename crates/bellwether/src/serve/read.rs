//! Reading: what the API and the console both show, read beside the driver.
//!
//! - In: read-only stores on blocking threads, a few at a time; purposes for which names are opened.
//! - Out: plain structs.
//! - Never: runs a query on the driver's thread; reads without a bound on rows and time; opens a name
//!   whose purpose is not written down first.

pub(crate) mod accounts;
pub(crate) mod answering;
pub(crate) mod board;
pub(crate) mod cursor;
pub(crate) mod decisions;
pub(crate) mod escalations;
pub(crate) mod house;
pub(crate) mod log;
pub(crate) mod rules;
pub(crate) mod sending;
pub(crate) mod trial;
pub(crate) mod version;
pub(crate) mod what_if;

use super::problem::Refused;
use super::viewer::Viewer;
use crate::cli::context::Context;
use crate::cli::explain::staff::Staff;
use crate::cli::names::Names;
use axum::http::StatusCode;
use bellwether_core::{Digest, Duration as Span, Problem, Timestamp};
use bellwether_engine::{RuleBook, Rules};
use bellwether_runtime::DriveError;
use bellwether_runtime::edge::Edge;
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::live::Live;
use bellwether_runtime::reading_edge;
use bellwether_runtime::rollout::Rollout;
use bellwether_store::{Access, Options, Store, Tally, View};
use board::Board;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How many read at once; more wait.
const AT_ONCE: usize = 4;
/// How long a request waits for its turn.
const TURN: Duration = Duration::from_secs(5);
/// How long one may look for rows before it gives what it has, with where to go on.
const BUDGET: Duration = Duration::from_millis(150);
/// Page cache of a reader, in MiB.
const CACHE_MIB: u32 = 16;

/// Readers of a data directory.
pub(crate) struct Reading {
    context: Context,
    live: Live,
    /// How long each source may be silent, where that is configured.
    silence: BTreeMap<String, Span>,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Store>>,
    board: Mutex<Board>,
    /// What happened to the rules so far, and all that are kept since.
    ruled: Mutex<(Rollout, Option<Arc<RuleBook>>)>,
    /// Whoever asks what if; the next one comes later.
    what_if: Mutex<()>,
}

/// What one reading has at hand.
pub(crate) struct Desk<'a> {
    pub(crate) view: &'a View,
    reading: &'a Reading,
    until: Instant,
}

impl Reading {
    /// Readers of a directory that a driver works in, and how long sources may be silent.
    pub(crate) fn new(context: &Context, live: Live, silence: BTreeMap<String, Span>) -> Arc<Self> {
        let reading = Arc::new(Self {
            context: context.clone(),
            live,
            silence,
            room: Arc::new(Semaphore::new(AT_ONCE)),
            idle: Mutex::new(Vec::new()),
            board: Mutex::new(Board::default()),
            ruled: Mutex::default(),
            what_if: Mutex::new(()),
        });
        // The first reader of a long journal would wait for it; whoever starts reads it meanwhile.
        let ahead = Arc::clone(&reading);
        let started = std::thread::Builder::new().name("board".to_owned()).spawn(move || {
            if let Err(refused) = ahead.now(|desk| desk.board().map(drop)) {
                tracing::warn!(code = refused.problem.code, "The journal could not be read ahead.");
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "No thread reads the journal ahead; the first page does.");
        }
        reading
    }

    /// Runs a reading on a thread that may block.
    ///
    /// # Errors
    /// `read-busy` when too many read; what the reading says.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Desk<'_>) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.room).acquire_owned()).await;
        let Ok(Ok(room)) = turn else { return Err(busy()) };
        let this = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let _room = room;
            this.now(work)
        });
        done.await.unwrap_or_else(|_| Err(anyhow::anyhow!("a reading broke off").into()))
    }

    /// Runs a reading on this thread, which may block.
    ///
    /// # Errors
    /// What the reading says.
    pub(crate) fn now<T>(
        &self,
        work: impl FnOnce(&Desk<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let idle = locked(&self.idle).pop();
        let store = idle.map_or_else(|| self.open(), Ok)?;
        let desk = Desk { view: &store, reading: self, until: Instant::now() + BUDGET };
        let done = work(&desk);
        locked(&self.idle).push(store);
        done
    }

    fn open(&self) -> Result<Store, Refused> {
        let options = Options { read_only: true, cache_mib: CACHE_MIB, ..Options::default() };
        Ok(Store::open(&self.context.data, &options)?)
    }

    fn edge(&self, store: &Store) -> Result<Edge, Refused> {
        Ok(reading_edge(store, self.context.keys()?)?)
    }
}

impl Desk<'_> {
    /// Asks the running driver.
    pub(crate) fn live(&self) -> &Live {
        &self.reading.live
    }

    /// What the command line knows of the directory.
    pub(crate) fn context(&self) -> &Context {
        &self.reading.context
    }

    /// How long a source may be silent, if that is configured.
    pub(crate) fn silence(&self, source: &str) -> Option<Span> {
        self.reading.silence.get(source).copied()
    }

    /// Whether the time for looking is over.
    pub(crate) fn is_late(&self) -> bool {
        Instant::now() >= self.until
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.reading.live.now()
    }

    /// The escalations and sources as they stand in the journal now.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn board(&self) -> Result<MutexGuard<'_, Board>, Refused> {
        let mut board = locked(&self.reading.board);
        board.follow(self.view)?;
        Ok(board)
    }

    /// Every set of rules that is kept, those that wait or are in shadow too.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn book(&self) -> Result<Arc<RuleBook>, Refused> {
        Ok(self.ruled()?.0)
    }

    /// The rules in force.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn rules(&self) -> Result<Arc<Rules>, Refused> {
        let (book, active) = self.ruled()?;
        let active = active.and_then(|active| book.get(&active).cloned());
        Ok(active.ok_or(DriveError::NoRules)?)
    }

    /// Every set of rules, and the digest of those in force; read anew when anything happened to rules.
    fn ruled(&self) -> Result<(Arc<RuleBook>, Option<Digest>), Refused> {
        let mut ruled = locked(&self.reading.ruled);
        let (rollout, book) = &mut *ruled;
        let moved = rollout.follow(self.view);
        // What was read before something failed may have been about rules.
        if !matches!(moved, Ok(false)) {
            *book = None;
        }
        moved?;
        let kept = match book {
            Some(kept) => Arc::clone(kept),
            None => Arc::clone(book.insert(Arc::new(read_rules(self.view)?))),
        };
        Ok((kept, rollout.active()))
    }

    /// The keys, for looking up.
    ///
    /// # Errors
    /// What the keys say.
    pub(crate) fn edge(&self) -> Result<Edge, Refused> {
        let store = self.reading.open()?;
        self.reading.edge(&store)
    }

    /// Whom rules ask, by name; without the keys, by handle alone.
    pub(crate) fn staff(&self) -> Staff {
        self.edge().map(|edge| Staff::with(self.view, &edge)).unwrap_or_default()
    }

    /// Names, for a message to whoever is asked; that it was sent is in the log.
    ///
    /// # Errors
    /// What the keys say.
    pub(crate) fn names_to_notify(&self) -> Result<Names, Refused> {
        let store = self.reading.open()?;
        let edge = self.reading.edge(&store)?;
        Ok(Names::counted(edge, store)?)
    }

    /// Names, if the viewer said what for: written down before the first is opened.
    ///
    /// # Errors
    /// What the driver says when the purpose could not be written down, or the keys.
    pub(crate) fn names(&self, viewer: &Viewer, what: &str) -> Result<Names, Refused> {
        let Some(purpose) = &viewer.purpose else { return Ok(Names::closed()) };
        let (name, by) = (purpose.clone(), format!("{purpose} ({})", viewer.name));
        let what = format!("names: {what}");
        self.live().call(move |driver, now| {
            let tally = Tally { family: crate::cli::names::FAMILY, name: name.clone(), by: 1 };
            driver.note_access(&Access { at: now, what: what.clone(), purpose: by.clone() })?;
            let batch = driver.batch();
            batch.at = batch.at.max(now);
            batch.tallies.push(tally);
            Ok(())
        })?;
        let store = self.reading.open()?;
        let edge = self.reading.edge(&store)?;
        Ok(Names::counted(edge, store)?)
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy() -> Refused {
    let problem = Problem::new("read-busy", "too many are reading at this moment");
    let problem = problem.help("try again in a second");
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, problem).again_in(1)
}

#[cfg(test)]
pub(in crate::serve) mod tests;
