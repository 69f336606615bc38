//! Taking in: offers become durable in groups, whatever queued while the flush before ran.

use super::delivery::{Cover, Kept, Parcel, Understood};
use super::drive::Task;
use super::{Clock, LiveError, thread};
use bellwether_core::{Duration, Purpose, Timestamp};
use bellwether_store::{Delivery, Inbox};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// How many offers may wait for the flush.
const OFFERS: usize = 4096;
/// What one flush may grow to before those who wait longest get their answer.
const GROUP: usize = 1024;
const GROUP_BYTES: usize = 16 << 20;
/// What may wait in memory for the driver, by weight; what is beyond is read from the inbox again.
const HELD: u64 = 10_000;
/// How many stepped deliveries are let lie before they are dropped from the inbox.
const DROP: u64 = 4096;
const IDLE: std::time::Duration = std::time::Duration::from_millis(500);
/// How long a delivery is known again: the most patient sender repeats for three days.
const SEEN: Duration = Duration::from_days(8);

type Done = Box<dyn FnOnce(Result<Kept, LiveError>) + Send>;

/// Something to be taken.
struct Offer {
    parcel: Parcel,
    understood: Understood,
    weight: u64,
    done: Done,
}

/// A delivery that is durable and waits for the driver.
pub(super) struct Ready {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    /// What it was counted as when it was taken.
    pub(super) weight: u64,
    pub(super) parcel: Parcel,
    pub(super) understood: Understood,
}

impl Ready {
    /// How many signals it holds.
    pub(super) fn signals(&self) -> usize {
        self.understood.signals.len()
    }
}

/// What both threads see.
pub(super) struct Shared {
    /// The number of the next delivery.
    next: AtomicU64,
    /// What was offered and is not in the journal, by weight.
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
    pub(super) fn new(
        (done, next): (u64, u64),
        waiting: u64,
        most: u64,
        tasks: SyncSender<Task>,
    ) -> Self {
        Self {
            next: AtomicU64::new(next),
            waiting: AtomicU64::new(waiting),
            most,
            pace: AtomicU64::new(1000),
            ready: Mutex::default(),
            held: AtomicU64::new(0),
            done: AtomicU64::new(done),
            told: AtomicBool::new(false),
            news: Mutex::default(),
            tasks,
        }
    }

    /// What was offered and is not in the journal, by weight.
    pub(super) fn waits(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// What is durable and held in memory, by weight.
    pub(super) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
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
            self.held.fetch_sub(front.weight, Ordering::Relaxed);
            if front.seq == seq {
                return Some(front);
            }
        }
        None
    }

    pub(super) fn looked(&self) {
        self.told.store(false, Ordering::Release);
    }

    /// Something of this weight is in the journal now, and every delivery up to a number.
    pub(super) fn stepped(&self, weight: u64, seq: u64) {
        self.waiting.fetch_sub(weight, Ordering::Relaxed);
        self.done.store(seq, Ordering::Release);
    }

    /// An offer waits no longer, because nothing of it was added.
    fn release(&self, offer: &Offer) {
        self.waiting.fetch_sub(offer.weight, Ordering::Relaxed);
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
        understood: Understood,
        done: impl FnOnce(Result<Kept, LiveError>) + Send + 'static,
    ) -> Result<(), LiveError> {
        let weight = parcel.weight(&understood, self.shared.most);
        let waiting = self.shared.waiting.fetch_add(weight, Ordering::Relaxed);
        let full =
            |waiting| LiveError::Full { waiting, retry_after: self.shared.retry_after(waiting) };
        let refused = if waiting + weight > self.shared.most {
            full(waiting)
        } else {
            let offer = Offer { parcel, understood, weight, done: Box::new(done) };
            match self.offers.try_send(Some(offer)) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => full(waiting),
                Err(TrySendError::Disconnected(_)) => LiveError::Closed,
            }
        };
        self.shared.waiting.fetch_sub(weight, Ordering::Relaxed);
        Err(refused)
    }

    /// As [`Intake::offer`], and waits until it is durable.
    ///
    /// # Errors
    /// As [`Intake::offer`], and what the inbox says.
    pub fn offer_and_wait(
        &self,
        parcel: Parcel,
        understood: Understood,
    ) -> Result<Kept, LiveError> {
        let (answer, waits) = mpsc::sync_channel(1);
        self.offer(parcel, understood, move |result| drop(answer.send(result)))?;
        waits.recv().unwrap_or(Err(LiveError::Closed))
    }

    /// The sources from which something was taken since this was last asked, and when.
    pub fn news(&self) -> BTreeMap<String, Timestamp> {
        std::mem::take(&mut self.shared.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signals that were taken and are not in the journal yet; large ones count as more.
    pub fn waiting(&self) -> u64 {
        self.shared.waits()
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
    /// When old deliveries are forgotten next.
    forgets: Timestamp,
}

pub(super) fn start(
    inbox: Inbox,
    cover: Arc<Cover>,
    shared: Arc<Shared>,
    clock: Clock,
) -> Result<(Intake, JoinHandle<()>), LiveError> {
    let (offers, offered) = mpsc::sync_channel(OFFERS);
    let dropped = shared.done.load(Ordering::Acquire);
    let (last, forgets) = (Timestamp::MIN, Timestamp::MIN);
    let taking =
        Taking { inbox, cover, shared: Arc::clone(&shared), clock, last, dropped, forgets };
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
                Err(RecvTimeoutError::Timeout) => {
                    self.drop_stepped(1);
                    self.forget_seen();
                }
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
        let (offers, repeated): (Vec<_>, Vec<_>) = self.without_repeated(offers);
        let kept = self.sealed(first, at, &offers).and_then(|rows| Ok(self.inbox.put(&rows)?));
        if let Err(error) = &kept {
            tracing::error!(code = error.code(), "Nothing could be taken: {error}");
            self.refuse(offers, error);
            return self.refuse(repeated, error);
        }
        let next = first + offers.len() as u64;
        let mut answers = Vec::with_capacity(offers.len());
        self.note_news(&offers, at);
        {
            let mut ready = self.shared.ready.lock().unwrap_or_else(PoisonError::into_inner);
            for (seq, Offer { parcel, understood, weight, done }) in (first..).zip(offers) {
                if self.shared.held() + weight <= HELD {
                    self.shared.held.fetch_add(weight, Ordering::Relaxed);
                    ready.push_back(Ready { seq, at, weight, parcel, understood });
                }
                answers.push(done);
            }
            self.shared.next.store(next, Ordering::Release);
        }
        if !self.shared.told.swap(true, Ordering::AcqRel) {
            // A full queue wakes the driver by itself.
            drop(self.shared.tasks.try_send(Task::Ready));
        }
        answers.into_iter().for_each(|done| done(Ok(Kept::Now)));
        for offer in repeated {
            self.shared.release(&offer);
            (offer.done)(Ok(Kept::Before));
        }
    }

    /// What was taken before, or stands twice in this group, is left out.
    fn without_repeated(&self, offers: Vec<Offer>) -> (Vec<Offer>, Vec<Offer>) {
        let mut here = BTreeSet::new();
        offers.into_iter().partition(|offer| match offer.parcel.once {
            None => true,
            // A look-up that fails must not lose a delivery: signals are told apart by their ids too.
            Some(once) => here.insert(once) && !self.inbox.has_seen(once).unwrap_or(false),
        })
    }

    fn sealed(
        &self,
        first: u64,
        at: Timestamp,
        offers: &[Offer],
    ) -> Result<Vec<Delivery>, LiveError> {
        let row = |(seq, offer): (u64, &Offer)| {
            let (weight, once) = (offer.weight, offer.parcel.once);
            Ok(Delivery { seq, at, weight, sealed: self.cover.seal(seq, &offer.parcel)?, once })
        };
        (first..).zip(offers).map(row).collect()
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
            self.shared.release(&offer);
            (offer.done)(Err(LiveError::Untaken { code }));
        }
    }

    /// Once an hour, when nothing else is to be done.
    fn forget_seen(&mut self) {
        let now = (self.clock)();
        if now < self.forgets {
            return;
        }
        self.forgets = now.plus(Duration::from_secs(3600));
        let before = Timestamp::from_micros(now.micros().saturating_sub(SEEN.micros()));
        if let Err(error) = self.inbox.forget_seen(before) {
            tracing::warn!(code = error.code(), "Old deliveries could not be forgotten.");
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
