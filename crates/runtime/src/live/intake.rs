//! Taking in: offers become durable in groups, whatever queued while the flush before ran.

use super::delivery::{Arrived, Cover, Parcel};
use super::drive::Task;
use super::{Clock, LiveError, thread};
use bellwether_core::{Purpose, Timestamp};
use bellwether_store::{Delivery, Inbox};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many offers may wait for the flush.
const OFFERS: usize = 4096;
/// What one flush may grow to before those who wait longest get their answer.
const GROUP: usize = 1024;
const GROUP_BYTES: usize = 16 << 20;
/// How many signals wait in memory for the driver; what is beyond is read from the inbox again.
const HELD: u64 = 10_000;
/// How many stepped deliveries are let lie before they are dropped from the inbox.
const DROP: u64 = 4096;
const IDLE: Duration = Duration::from_millis(500);

type Done = Box<dyn FnOnce(Result<(), LiveError>) + Send>;

/// Something to be taken.
struct Offer {
    parcel: Parcel,
    signals: Vec<Arrived>,
    done: Done,
}

/// A delivery that is durable and waits for the driver.
pub(super) struct Ready {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) parcel: Parcel,
    pub(super) signals: Vec<Arrived>,
}

/// What both threads see.
pub(super) struct Shared {
    /// The number of the next delivery.
    next: AtomicU64,
    /// Signals that were offered and are not in the journal.
    waiting: AtomicU64,
    most: u64,
    /// Signals a second that the driver steps, as of late.
    pub(super) pace: AtomicU64,
    /// Deliveries that need not be read from the inbox again.
    ready: Mutex<VecDeque<Ready>>,
    held: AtomicU64,
    /// Up to where the journal has everything.
    done: AtomicU64,
    /// The driver was told that something is ready, and has not looked yet.
    told: AtomicBool,
    /// When each source was last heard, since somebody asked.
    news: Mutex<BTreeMap<String, Timestamp>>,
    tasks: SyncSender<Task>,
}

impl Shared {
    pub(super) fn new(next: u64, waiting: u64, most: u64, tasks: SyncSender<Task>) -> Self {
        Self {
            next: AtomicU64::new(next),
            waiting: AtomicU64::new(waiting),
            most,
            pace: AtomicU64::new(1000),
            ready: Mutex::default(),
            held: AtomicU64::new(0),
            done: AtomicU64::new(next - 1),
            told: AtomicBool::new(false),
            news: Mutex::default(),
            tasks,
        }
    }

    /// Whether any delivery from a number on is durable.
    pub(super) fn reaches(&self, seq: u64) -> bool {
        seq < self.next.load(Ordering::Acquire)
    }

    /// The delivery of a number, if it is held in memory; earlier ones are forgotten.
    pub(super) fn ready(&self, seq: u64) -> Option<Ready> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        while ready.front().is_some_and(|front| front.seq <= seq) {
            let front = ready.pop_front()?;
            self.held.fetch_sub(front.signals.len() as u64, Ordering::Relaxed);
            if front.seq == seq {
                return Some(front);
            }
        }
        None
    }

    pub(super) fn looked(&self) {
        self.told.store(false, Ordering::Release);
    }

    /// So many signals are in the journal now, and every delivery up to a number.
    pub(super) fn stepped(&self, signals: u64, seq: u64) {
        self.waiting.fetch_sub(signals, Ordering::Relaxed);
        self.done.store(seq, Ordering::Release);
    }

    fn retry_after(&self, waiting: u64) -> u64 {
        (waiting / self.pace.load(Ordering::Relaxed).max(1)).clamp(1, 60)
    }
}

/// Takes parcels in. Cheap to clone; when the last one is gone the thread ends.
#[derive(Clone)]
pub struct Intake {
    offers: SyncSender<Option<Offer>>,
    shared: Arc<Shared>,
}

impl Intake {
    /// Offers a parcel and what was understood of it, and calls back on the intake's thread once it is
    /// durable, or is not. The callback must be short: the next flush waits for it.
    ///
    /// # Errors
    /// `live-full`, `live-closed`: it was not taken, and the callback is not called.
    pub fn offer(
        &self,
        parcel: Parcel,
        signals: Vec<Arrived>,
        done: impl FnOnce(Result<(), LiveError>) + Send + 'static,
    ) -> Result<(), LiveError> {
        let count = signals.len() as u64;
        let waiting = self.shared.waiting.fetch_add(count, Ordering::Relaxed);
        let full =
            |waiting| LiveError::Full { waiting, retry_after: self.shared.retry_after(waiting) };
        let refused = if waiting + count > self.shared.most {
            full(waiting)
        } else {
            let offer = Offer { parcel, signals, done: Box::new(done) };
            match self.offers.try_send(Some(offer)) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => full(waiting),
                Err(TrySendError::Disconnected(_)) => LiveError::Closed,
            }
        };
        self.shared.waiting.fetch_sub(count, Ordering::Relaxed);
        Err(refused)
    }

    /// As [`Intake::offer`], and waits until it is durable.
    ///
    /// # Errors
    /// As [`Intake::offer`], and what the inbox says.
    pub fn offer_and_wait(&self, parcel: Parcel, signals: Vec<Arrived>) -> Result<(), LiveError> {
        let (answer, waits) = mpsc::sync_channel(1);
        self.offer(parcel, signals, move |result| drop(answer.send(result)))?;
        waits.recv().unwrap_or(Err(LiveError::Closed))
    }

    /// The sources from which something was taken since this was last asked, and when.
    pub fn news(&self) -> BTreeMap<String, Timestamp> {
        std::mem::take(&mut self.shared.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signals that were taken and are not in the journal yet.
    pub fn waiting(&self) -> u64 {
        self.shared.waiting.load(Ordering::Relaxed)
    }
}

/// The thread that makes offers durable.
struct Taking {
    inbox: Inbox,
    cover: Arc<Cover>,
    shared: Arc<Shared>,
    clock: Clock,
    last: Timestamp,
    dropped: u64,
}

pub(super) fn start(
    inbox: Inbox,
    cover: Arc<Cover>,
    shared: Arc<Shared>,
    clock: Clock,
) -> Result<(Intake, JoinHandle<()>), LiveError> {
    let (offers, offered) = mpsc::sync_channel(OFFERS);
    let dropped = shared.done.load(Ordering::Acquire);
    let last = Timestamp::MIN;
    let taking = Taking { inbox, cover, shared: Arc::clone(&shared), clock, last, dropped };
    let thread = thread("intake", move || taking.run(&offered))?;
    Ok((Intake { offers, shared }, thread))
}

impl Intake {
    /// What is offered from here on is refused; what was offered is made durable.
    pub(super) fn close(&self) {
        drop(self.offers.send(None));
    }
}

impl Taking {
    fn run(mut self, offered: &Receiver<Option<Offer>>) {
        loop {
            match offered.recv_timeout(IDLE) {
                Ok(Some(first)) => {
                    let group = gather(first, offered);
                    let ended = group.ends;
                    self.take(group.offers);
                    self.drop_stepped(DROP);
                    if ended {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.drop_stepped(1),
                Ok(None) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.drop_stepped(1);
    }

    /// Makes offers durable in one transaction, then answers each.
    fn take(&mut self, offers: Vec<Offer>) {
        self.last = self.last.max((self.clock)());
        let at = self.last;
        let first = self.shared.next.load(Ordering::Acquire);
        let mut rows = Vec::with_capacity(offers.len());
        let mut failed = None;
        for (seq, offer) in (first..).zip(&offers) {
            match self.cover.seal(seq, &offer.parcel) {
                Ok(sealed) => {
                    rows.push(Delivery { seq, at, signals: offer.signals.len() as u64, sealed });
                }
                Err(error) => failed = Some(error),
            }
        }
        let kept = failed.map_or(Ok(()), Err).and_then(|()| Ok(self.inbox.put(&rows)?));
        if let Err(error) = &kept {
            tracing::error!(code = error.code(), "Nothing could be taken: {error}");
            return self.refuse(offers, error);
        }
        let next = first + rows.len() as u64;
        let mut answers = Vec::with_capacity(offers.len());
        self.note_news(&offers, at);
        {
            let mut ready = self.shared.ready.lock().unwrap_or_else(PoisonError::into_inner);
            for (seq, Offer { parcel, signals, done }) in (first..).zip(offers) {
                let count = signals.len() as u64;
                if self.shared.held.load(Ordering::Relaxed) + count <= HELD {
                    self.shared.held.fetch_add(count, Ordering::Relaxed);
                    ready.push_back(Ready { seq, at, parcel, signals });
                }
                answers.push(done);
            }
            self.shared.next.store(next, Ordering::Release);
        }
        if !self.shared.told.swap(true, Ordering::AcqRel) {
            // A full queue wakes the driver by itself.
            drop(self.shared.tasks.try_send(Task::Ready));
        }
        answers.into_iter().for_each(|done| done(Ok(())));
    }

    fn note_news(&self, offers: &[Offer], at: Timestamp) {
        let mut news = self.shared.news.lock().unwrap_or_else(PoisonError::into_inner);
        for offer in offers {
            let source = &offer.parcel.source;
            match news.get_mut(source) {
                Some(last) => *last = at,
                None => drop(news.insert(source.clone(), at)),
            }
        }
    }

    fn refuse(&self, offers: Vec<Offer>, error: &LiveError) {
        let code = error.code();
        for offer in offers {
            self.shared.waiting.fetch_sub(offer.signals.len() as u64, Ordering::Relaxed);
            (offer.done)(Err(LiveError::Untaken { code }));
        }
    }

    fn drop_stepped(&mut self, least: u64) {
        let done = self.shared.done.load(Ordering::Acquire);
        if done - self.dropped < least {
            return;
        }
        match self.inbox.drop_until(done) {
            Ok(_) => self.dropped = done,
            Err(error) => tracing::warn!(code = error.code(), "The inbox could not be emptied."),
        }
    }
}

/// What is flushed together.
struct Group {
    offers: Vec<Offer>,
    ends: bool,
}

fn gather(first: Offer, offered: &Receiver<Option<Offer>>) -> Group {
    let size = |offer: &Offer| offer.parcel.body.reveal(Purpose::Seal).len();
    let mut bytes = size(&first);
    let mut group = Group { offers: vec![first], ends: false };
    while group.offers.len() < GROUP && bytes < GROUP_BYTES {
        match offered.try_recv() {
            Ok(Some(next)) => {
                bytes += size(&next);
                group.offers.push(next);
            }
            Ok(None) => {
                group.ends = true;
                break;
            }
            Err(_) => break,
        }
    }
    group
}
