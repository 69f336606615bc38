//! Opening: rules, keys and identities are read; streams are derived again from snapshot and tail.
//!
//! Every record of the tail is derived again and compared with the kept one, byte for byte. A stream
//! that differs, or has an event that cannot be read, is frozen: it takes no events until somebody has
//! looked. The others go on.

use super::alarms::Alarms;
use super::known::Known;
use super::owners::Clock;
use super::{Embedded, Pending, refold, timers};
use crate::error::DriveError;
use crate::keys::KeyProvider;
use crate::log;
use crate::owners::Owners;
use crate::rollout::{Canary, Rollout, Share};
use bellwether_core::record::ENGINE;
use bellwether_core::{Body, Digest, Origin, Problem, StreamId, Timestamp};
use bellwether_engine::{Replay, ReplayError, RuleBook, Rules, Scratch, StreamState};
use bellwether_store::{Batch, Meta, Options, Snapshot, Store, View};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

impl Embedded {
    /// Reads a stream into memory if it is not there yet.
    pub(super) fn load(&mut self, stream: StreamId) -> Result<(), DriveError> {
        if self.streams.contains_key(&stream) || self.frozen.contains_key(&stream) {
            return Ok(());
        }
        let mut replay = Replay::new(&self.book);
        let mut from = 1;
        let snapshot = self.store.snapshot(stream)?.and_then(|kept| self.restore(&kept));
        let start = match snapshot {
            Some(state) => Some(state),
            None => crate::base::state_of(&self.store, stream, &self.book)?,
        };
        if let Some(state) = start {
            from = state.seq + 1;
            replay.start_from(state);
        }
        let mut fault = None;
        self.rows_of(stream, from, |kept| {
            let checked = replay.check(kept.event, kept.record);
            note_fault(&mut fault, checked.err())
        })?;
        // What waits for the next commit counts too: a stream may be read again in the midst of a batch.
        for entry in self.pending.batch.entries.iter().filter(|entry| entry.stream == stream) {
            let _ = note_fault(&mut fault, replay.check(&entry.event, &entry.record).err());
        }
        if let Some(fault) = fault {
            tracing::error!(code = fault.code(), %stream, "A stream is frozen; it takes no events.");
            self.frozen.insert(stream, fault);
        }
        if let Some(state) = replay.into_states().remove(&stream) {
            if let Some(timer) = state.next_timer() {
                self.alarms.note(stream, timer.due);
            }
            self.streams.insert(stream, state);
        }
        Ok(())
    }

    /// Whether a stream takes no events, because its records differ.
    pub(crate) fn is_frozen(&mut self, stream: StreamId) -> Result<bool, DriveError> {
        self.load(stream)?;
        Ok(self.frozen.contains_key(&stream))
    }

    /// The state of a snapshot, unless it was made with something else.
    fn restore(&self, kept: &Snapshot) -> Option<StreamState> {
        let state = StreamState::from_bytes(&kept.state, &self.book).ok()?;
        let fits = self.snapshot_tag(state.rules) == kept.tag
            && (state.stream, state.seq, state.head) == (kept.stream, kept.seq, kept.head);
        fits.then_some(state)
    }
}

/// Keeps the first fault. Only behind a record that merely differs the rest can be looked at too.
fn note_fault(first: &mut Option<ReplayError>, found: Option<ReplayError>) -> ControlFlow<()> {
    let ends = matches!(found, Some(ReplayError::Event(_) | ReplayError::Step(_)));
    *first = first.take().or(found);
    if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Reads every set of rules that the store keeps.
///
/// # Errors
/// [`DriveError::BadRules`] when some cannot be composed any more.
pub fn read_rules(store: &View) -> Result<RuleBook, DriveError> {
    let mut book = RuleBook::default();
    for (digest, _) in store.blobs("rules")? {
        let Some((_, bytes)) = store.blob(digest)? else { continue };
        let (files, preimage) = crate::shelf::unpack(&bytes).ok_or(DriveError::BadRules {
            digest,
            problem: "the kept files are damaged".to_owned(),
        })?;
        let rules = Rules::recompose(files, preimage);
        let rules = rules.map_err(|problems| bad_rules(digest, &problems))?;
        book.add(Arc::new(rules));
    }
    Ok(book)
}

fn bad_rules(digest: Digest, problems: &[Problem]) -> DriveError {
    let problem = problems.first().map(ToString::to_string).unwrap_or_default();
    DriveError::BadRules { digest, problem }
}

/// What a data directory is about.
#[derive(Clone, Debug)]
pub struct Tenancy {
    /// The tenant.
    pub tenant: String,
    /// The region its data stays in.
    pub region: String,
}

/// The first line of a new log's checkpoints. Half of it is random: a witness that looks after several
/// logs must not take one of them for a fork of another.
fn origin(tenancy: &Tenancy, keys: &dyn KeyProvider) -> Result<String, DriveError> {
    let mark = keys.fresh("log-origin", 0)?;
    let mark: String = mark.bytes().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("bellwether/{}/{}/{mark}", tenancy.region, tenancy.tenant))
}

impl Embedded {
    /// Creates a data directory and activates its first rules.
    ///
    /// # Errors
    /// [`DriveError`] when there is one already, or it cannot be written.
    pub fn create(
        dir: &Path,
        provider: Box<dyn KeyProvider + Send>,
        tenancy: &Tenancy,
        rules: Arc<Rules>,
        now: Timestamp,
    ) -> Result<Self, DriveError> {
        let meta = Meta {
            tenant: tenancy.tenant.clone(),
            region: tenancy.region.clone(),
            origin: origin(tenancy, provider.as_ref())?,
            epoch: 1,
            created: now,
        };
        let store = Store::open(dir, &Options::create(meta))?;
        let mut driver = Self::assemble(store, provider, RuleBook::default(), Arc::clone(&rules))?;
        driver.activate(rules, now)?;
        driver.checkpoint(now)?;
        Ok(driver)
    }

    /// Opens a data directory: rules and identities are read, and every record behind the snapshots is
    /// derived again and compared.
    ///
    /// # Errors
    /// [`DriveError`] when it is locked, damaged, not what was signed, or its keys are not at hand.
    pub fn open(dir: &Path, provider: Box<dyn KeyProvider + Send>) -> Result<Self, DriveError> {
        let store = Store::open(dir, &Options::default())?;
        let book = read_rules(&store)?;
        let rollout = Rollout::read(&store)?;
        let active = held(&rollout, &book)?;
        log::check_start(&store, &store.keys()?)?;
        let mut driver = Self::assemble(store, provider, book, active)?;
        driver.resume_canary(&rollout)?;
        driver.read_tail()?;
        driver.write_epoch_leaf()?;
        driver.read_owners()?;
        Ok(driver)
    }

    fn assemble(
        store: Store,
        provider: Box<dyn KeyProvider + Send>,
        book: RuleBook,
        active: Arc<Rules>,
    ) -> Result<Self, DriveError> {
        let (edge, links) = crate::wiring::edge(&store, provider)?;
        let epoch = store.meta()?.epoch;
        let (batch, touched) = (Batch::new(Timestamp::MIN), BTreeSet::new());
        let pending = Pending { batch, touched, rules: None };
        Ok(Self {
            store,
            edge,
            links,
            kin: refold::Kin::default(),
            book,
            active,
            canary: None,
            epoch,
            streams: BTreeMap::new(),
            frozen: BTreeMap::new(),
            scratch: Scratch::default(),
            pending,
            behind: timers::Behind::default(),
            alarms: Alarms::default(),
            due: BTreeSet::new(),
            evicted: BTreeSet::new(),
            known: Known::default(),
            owners: Owners::default(),
            clock: Clock::default(),
            #[cfg(test)]
            breaks: None,
        })
    }

    /// Puts other rules in force from an instant on; a canary goes on beside them. They are kept as long as a record names them.
    ///
    /// # Errors
    /// [`DriveError`] when the activation cannot be committed; the old rules then stay.
    pub fn activate(&mut self, rules: Arc<Rules>, at: Timestamp) -> Result<(), DriveError> {
        self.shelve(&rules)?;
        let done = self.supersede(&rules, at).and_then(|()| self.commit());
        if done.is_err() {
            self.drop_batch();
        }
        done
    }

    /// Keeps rules on the shelf, so that events may name them.
    pub(crate) fn shelve(&mut self, rules: &Arc<Rules>) -> Result<(), DriveError> {
        let bytes = crate::shelf::pack(rules.files(), rules.preimage());
        self.store.put_blob("rules", rules.digest(), &bytes)?;
        self.book.add(Arc::clone(rules));
        Ok(())
    }

    /// Puts the rules in force under this program's engine if they were activated under an older one: from
    /// here on records are made by the newest semantics, and the log says since when. To be called before
    /// work is done in a directory; reading needs it not. Says whether it was so.
    ///
    /// # Errors
    /// As [`Embedded::activate`].
    pub fn adopt_engine(&mut self, at: Timestamp) -> Result<bool, DriveError> {
        self.load(StreamId::SYSTEM)?;
        if self.active.engine() == ENGINE || self.frozen.contains_key(&StreamId::SYSTEM) {
            return Ok(false);
        }
        let digest = self.active.digest();
        let rules = Rules::compose(self.active.files().clone());
        let rules = rules.map_err(|problems| bad_rules(digest, &problems))?;
        self.activate(Arc::new(rules), at)?;
        Ok(true)
    }

    /// Goes on with a canary that was under way.
    fn resume_canary(&mut self, rollout: &Rollout) -> Result<(), DriveError> {
        let Some((rules, percent, activation)) = rollout.canary() else { return Ok(()) };
        let share = Share { rules, activation, percent };
        let rules = self.book.get(&rules).cloned().ok_or(DriveError::NoRules)?;
        self.edge.share(Some(share));
        self.canary = Some(Canary { rules, share });
        Ok(())
    }

    /// The first leaf of an epoch, if a restore began one and it is not there yet.
    fn write_epoch_leaf(&mut self) -> Result<(), DriveError> {
        let epoch = self.store.epoch()?;
        if epoch.number == 1 || epoch.size > 0 {
            return Ok(());
        }
        let before = String::from_utf8_lossy(&epoch.before).into_owned();
        let body = Body::EpochBegun { origin: epoch.origin, before };
        self.give(StreamId::SYSTEM, &body, Origin::Live, epoch.at)?;
        self.commit()
    }

    /// Derives the streams that changed behind the snapshots, and compares their records.
    fn read_tail(&mut self) -> Result<(), DriveError> {
        self.index()?;
        self.relearn()?;
        let (mut streams, mut rows) = (BTreeSet::new(), 0);
        let from = self.store.covered_pos()? + 1;
        self.store.scan(from, |row| {
            streams.insert(row.stream);
            rows += 1;
            ControlFlow::Continue(())
        })?;
        for stream in streams {
            self.load(stream)?;
            if let Some(state) = self.streams.get(&stream) {
                let timers: Vec<_> = state.timers().collect();
                self.behind.note(stream, &timers);
            }
        }
        self.behind.found(rows);
        self.behind.committed();
        Ok(())
    }
}

/// The rules that are in force.
///
/// # Errors
/// [`DriveError::NoRules`] when none are.
pub fn active_rules(store: &View, book: &RuleBook) -> Result<Arc<Rules>, DriveError> {
    held(&Rollout::read(store)?, book)
}

fn held(rollout: &Rollout, book: &RuleBook) -> Result<Arc<Rules>, DriveError> {
    let digest = rollout.active().ok_or(DriveError::NoRules)?;
    book.get(&digest).cloned().ok_or(DriveError::NoRules)
}
