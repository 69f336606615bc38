//! Live: one thread owns the driver, another makes what is taken durable; everybody else asks them.
//!
//! Flow: whoever listens -> [`Intake`] -> inbox -> the driver -> journal -> whoever delivers
//!
//! - In: parcels that were understood, calls that need the driver, the passing of time.
//! - Out: an answer once a parcel is durable; the result of a call once it is; fired timers, a signed log,
//!   and a [`Bell`] that rings when effects wait.
//! - Never: waits to fill a batch, lets time run backwards, or takes more than may wait: beyond that an
//!   offer is refused with how long to stay away.

mod bell;
mod delivery;
mod drive;
mod intake;
mod spans;
mod stats;
mod steps;

pub use bell::Bell;
pub use delivery::{Arrived, Kept, Parcel, Understood};
pub use intake::Intake;
pub use stats::{BOUNDS as LATENCY_BOUNDS, Latency, Stats};

use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::keys::KeyError;
use crate::trace::Spans;
use bellwether_core::{Problem, Timestamp};
use bellwether_store::StoreError;
use drive::{Call, Drive, Task};
use std::ops::DerefMut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

/// How many calls may wait for the driver.
const CALLS: usize = 1024;

/// What time it is, from whoever may ask the clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Reads a parcel that waited while the program was down, as it was read when it was taken.
pub type Reader = Box<dyn Fn(&Parcel) -> Result<Understood, Problem> + Send>;

/// How to run.
pub struct Settings {
    /// The clock.
    pub clock: Clock,
    /// How many signals may wait to be stepped; more are refused.
    pub most_waiting: u64,
    /// Reads parcels again after a restart.
    pub reader: Reader,
}

/// Why a running driver did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// Too much waits already.
    #[error("{waiting} signals wait; no more are taken for about {retry_after} s")]
    Full {
        /// Signals that wait.
        waiting: u64,
        /// Seconds after which it is worth trying again.
        retry_after: u64,
    },
    /// It ends, or has ended.
    #[error("the server is ending; nothing more is taken")]
    Closed,
    /// The driver has met what it cannot go on from.
    #[error("the driver could not go on; what is written above says why")]
    Failed,
    /// A parcel of the inbox cannot be opened.
    #[error("delivery {seq} of the inbox is damaged")]
    Damaged {
        /// Its number.
        seq: u64,
    },
    /// The system has no randomness.
    #[error("the system gives no random bytes")]
    Randomness,
    /// The system gives no thread.
    #[error("the system gives no thread: {0}")]
    Thread(std::io::Error),
    /// The inbox could not be written.
    #[error("it could not be made durable (`{code}`)")]
    Untaken {
        /// What was wrong.
        code: &'static str,
    },
    /// The driver refused.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// The keys are not at hand.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The inbox could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LiveError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full { .. } => "live-full",
            Self::Closed => "live-closed",
            Self::Failed => "live-failed",
            Self::Damaged { .. } => "live-damaged",
            Self::Randomness => "key-randomness",
            Self::Thread(_) => "live-thread",
            Self::Untaken { .. } => "live-untaken",
            Self::Drive(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Full { .. } => "send it again after the time in `Retry-After`; nothing was kept",
            Self::Closed => "send it again when the server is back; nothing was kept",
            Self::Failed => {
                "mend what it names, then start it again; a service is started again by itself"
            }
            Self::Damaged { .. } => "keep a copy of `inbox.db`; the sender has to send it again",
            Self::Thread(_) => "raise the number of tasks that the service may have",
            Self::Untaken { .. } => "check the disk of the server, then send it again",
            Self::Randomness => "check the system's random device",
            Self::Drive(error) => error.help(),
            Self::Keys(error) => error.help(),
            Self::Store(error) => error.help(),
        }
    }
}

/// Asks the running driver. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    tasks: SyncSender<Task>,
    bell: Arc<Bell>,
    stats: Arc<Stats>,
    failed: Arc<AtomicBool>,
    clock: Clock,
    spans: Sink,
}

/// Where spans go, once somebody takes them.
type Sink = Arc<OnceLock<Arc<dyn Spans>>>;

/// The threads; whoever holds this ends them.
pub struct Running {
    live: Live,
    intake: Intake,
    taking: Option<JoinHandle<()>>,
    driving: Option<JoinHandle<()>>,
}

/// Starts both threads over a driver that is ready for work. What the inbox holds is stepped first.
///
/// # Errors
/// [`LiveError`] when the inbox or its key cannot be had.
pub fn start<D>(mut driver: D, settings: Settings) -> Result<Running, LiveError>
where
    D: DerefMut<Target = Embedded> + Send + 'static,
{
    let now = (settings.clock)();
    let cover = Arc::new(delivery::Cover::of(driver.edge().vault_mut(), now)?);
    let inbox = driver.store().inbox()?;
    let done = driver.store().inbox_done()?;
    let (last, waiting) = inbox.waiting(done)?;
    let (tasks, wanted) = mpsc::sync_channel(CALLS);
    let (bell, stats) = (Arc::new(Bell::default()), Arc::new(Stats::default()));
    let failed = Arc::new(AtomicBool::new(false));
    let spans = Sink::default();
    let shared = intake::Shared::new(
        (done, done.max(last) + 1),
        waiting,
        settings.most_waiting,
        tasks.clone(),
    );
    let shared = Arc::new(shared);
    let (intake, taking) =
        intake::start(inbox, Arc::clone(&cover), Arc::clone(&shared), Arc::clone(&settings.clock))?;
    let waits = bellwether_store::Inbox::read(driver.store().dir())?;
    let drive = Drive {
        driver,
        reader: settings.reader,
        clock: Arc::clone(&settings.clock),
        cover,
        waits,
        shared,
        next: done + 1,
        bell: Arc::clone(&bell),
        stats: Arc::clone(&stats),
        failed: Arc::clone(&failed),
        spans: Arc::clone(&spans),
        last: now,
        signed: Timestamp::MIN,
        ticked: Timestamp::MIN,
        fires: false,
    };
    let watch = Watch(Arc::clone(&failed));
    let driving = thread("driver", move || {
        let _watch = watch;
        drive.run(&wanted);
    })?;
    let live = Live { tasks, bell, stats, failed, clock: settings.clock, spans };
    Ok(Running { live, intake, taking: Some(taking), driving: Some(driving) })
}

/// A driver that dies has failed.
struct Watch(Arc<AtomicBool>);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Release);
        }
    }
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LiveError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(LiveError::Thread)
}

impl Live {
    /// Runs work on the driver between its batches, and calls back on its thread once what the work did is
    /// durable. Work that fails, or whose commit does, leaves nothing; it may be run again by itself if
    /// other work in its batch failed. The callback must be short.
    ///
    /// # Errors
    /// `live-full`, `live-closed`: the work was not taken.
    pub fn call_then<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Embedded, Timestamp) -> Result<T, DriveError> + Send + 'static,
        done: impl FnOnce(Result<T, LiveError>) + Send + 'static,
    ) -> Result<(), LiveError> {
        let mut result = None;
        let mut done = Some(done);
        let call: Call = Box::new(move |step| match step {
            drive::CallStep::Run(driver, now) => {
                result = None;
                result = Some(work(driver, now)?);
                Ok(())
            }
            drive::CallStep::Done(outcome) => {
                if let Some(done) = done.take() {
                    let value = outcome.and_then(|()| result.take().ok_or(LiveError::Closed));
                    done(value);
                }
                Ok(())
            }
        });
        self.tasks.try_send(Task::Call(call)).map_err(|error| match error {
            TrySendError::Full(_) => LiveError::Full { waiting: CALLS as u64, retry_after: 1 },
            TrySendError::Disconnected(_) => LiveError::Closed,
        })
    }

    /// As [`Live::call_then`], and waits for the result.
    ///
    /// # Errors
    /// As [`Live::call_then`], and what the work says.
    pub fn call<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Embedded, Timestamp) -> Result<T, DriveError> + Send + 'static,
    ) -> Result<T, LiveError> {
        let (answer, waits) = mpsc::sync_channel(1);
        self.call_then(work, move |result| drop(answer.send(result)))?;
        waits.recv().unwrap_or(Err(LiveError::Closed))
    }

    /// Rings when effects wait that nobody has seen yet.
    pub fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// From now on, spans of decisions go there. Only the first who asks is heard.
    pub fn trace_to(&self, spans: Arc<dyn Spans>) {
        drop(self.spans.set(spans));
    }

    /// What was counted since the start.
    pub fn stats(&self) -> &Arc<Stats> {
        &self.stats
    }

    /// Whether the driver has met what it cannot go on from: the program must be started again.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl Running {
    /// Asks the driver.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Takes parcels in.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// Ends: what was offered is made durable, what is under way is committed, the log is signed and the
    /// next start made quick. What waits in the inbox is stepped by the next start.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let ended = |thread: Option<JoinHandle<()>>| {
            if thread.is_some_and(|thread| thread.join().is_err()) {
                tracing::error!(code = "live-closed", "A thread of the server died.");
            }
        };
        if self.taking.is_some() {
            self.intake.close();
        }
        ended(self.taking.take());
        drop(self.live.tasks.send(Task::End));
        ended(self.driving.take());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests;
