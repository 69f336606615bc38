//! Links: one account's signals count for another, until the link is undone.
//!
//! - In: two accounts of the store.
//! - Out: a row in the store, and a `folded` event on both streams, in one commit.
//! - Never: a merge. Every signal keeps its stream, and with `via` the account whose keys matched.
//!
//! After a link the survivor counts its own signals and the other's, wherever they lie; open cases and
//! deals go where their signals count. The other's account rests: its features stay as they were, no
//! timer is left, and new signals go to the survivor. Undoing the link gives both what they would have
//! if it had never been; but a signal that came through the link beyond the allowed lateness of the
//! survivor was not counted, and stays so.

use super::super::Embedded;
use super::past::Folded;
use crate::error::DriveError;
use crate::keys::Slot;
use bellwether_core::event::{FoldCause, Seen};
use bellwether_core::{AccountId, Body, DocKey, Origin, Signal, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_store::Link;
use std::collections::{BTreeMap, BTreeSet};

/// Why two accounts cannot be linked or unlinked. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There is no such account.
    #[error("there is no account {0}")]
    Unknown(AccountId),
    /// The link would lead back to where it starts.
    #[error("{0} would count for itself")]
    Circle(AccountId),
    /// The account is linked already.
    #[error("{0} is linked already, to {1}")]
    Already(AccountId, AccountId),
    /// The account is not linked.
    #[error("{0} is not linked")]
    NotLinked(AccountId),
}

impl LinkError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "link-unknown-account",
            Self::Circle(_) => "link-circle",
            Self::Already(..) => "link-already",
            Self::NotLinked(_) => "link-none",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unknown(_) => {
                "name it by a mail address or by SYSTEM=ID instead, such as `zendesk=4711`"
            }
            Self::Circle(_) => "link the other way round, or undo the link that leads here",
            Self::Already(..) => "`bellwether unlink` undoes that link first",
            Self::NotLinked(_) => "only an account that was linked to another can be unlinked",
        }
    }
}

/// What a link or its undoing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The account whose signals went.
    pub other: AccountId,
    /// The account that counts them, or did: the end of the chain of links.
    pub survivor: AccountId,
    /// Signals that the survivor counts now.
    pub survivor_signals: usize,
    /// Signals that the other counts now; while it is linked, none.
    pub other_signals: usize,
    /// Cases and deals that went from one to the other.
    pub moved: usize,
}

/// Both ends of a link under way.
struct Ends {
    other: (Slot, AccountId),
    survivor: (Slot, AccountId),
    links: Vec<Link>,
}

/// Which streams have to do with links, and what they count that lies elsewhere.
#[derive(Default)]
pub(in super::super) struct Kin {
    streams: BTreeSet<StreamId>,
    /// Contents by key; made when it is first asked for. It changes only with links.
    absorbed: BTreeMap<StreamId, BTreeMap<u64, u64>>,
}

impl Embedded {
    /// Counts an account's signals for another one, from the first on.
    ///
    /// # Errors
    /// [`LinkError`] when they cannot be linked, else what the store says. Nothing is changed then.
    pub fn link(
        &mut self,
        other: AccountId,
        survivor: AccountId,
        at: Timestamp,
    ) -> Result<Linked, DriveError> {
        self.commit()?;
        let (from, to) = (self.slot(other)?, self.slot(survivor)?);
        let end = self.links.survivor(to);
        if self.links.survivor(from) != from {
            let to = self.account(self.links.survivor(from), other)?;
            return Err(LinkError::Already(other, to).into());
        }
        if end == from {
            return Err(LinkError::Circle(other).into());
        }
        let mut links = self.store.links()?;
        links.push(Link { slot: from, survivor: to, since: at, undone: None });
        let ends =
            Ends { other: (from, other), survivor: (end, self.account(end, survivor)?), links };
        self.index()?;
        let done = self.guarded(|driver| {
            driver.pending.batch.links.extend(ends.links.last());
            driver.give_link(&ends, at)
        })?;
        self.commit()?;
        self.links.set(from, Some(to));
        self.relearn()?;
        Ok(done)
    }

    /// Undoes the link of an account.
    ///
    /// # Errors
    /// [`LinkError`] when it is not linked, else what the store says. Nothing is changed then.
    pub fn unlink(&mut self, other: AccountId, at: Timestamp) -> Result<Linked, DriveError> {
        self.commit()?;
        let from = self.slot(other)?;
        let end = self.links.survivor(from);
        let mut links = self.store.links()?;
        let live = links.iter_mut().find(|link| link.slot == from && link.undone.is_none());
        let Some(live) = live else { return Err(LinkError::NotLinked(other).into()) };
        live.undone = Some(at);
        let undone = *live;
        let ends = Ends { other: (from, other), survivor: (end, self.account(end, other)?), links };
        self.index()?;
        let done = self.guarded(|driver| {
            driver.pending.batch.links.push(undone);
            driver.give_unlink(&ends, at)
        })?;
        self.commit()?;
        self.links.set(from, None);
        self.relearn()?;
        Ok(done)
    }

    fn give_link(&mut self, ends: &Ends, at: Timestamp) -> Result<Linked, DriveError> {
        let [other, survivor] = ends.streams();
        self.load(other)?;
        self.load(survivor)?;
        let leaving: BTreeSet<_> = self.standing(other).into_keys().collect();
        let standing = self.standing(survivor);
        let past = self.past(&self.reach(ends.survivor.0, &ends.links)?)?;
        let wanted = |doc| standing.contains_key(&doc) || leaving.contains(&doc);
        let mut folded = self.fold(survivor, &past, wanted);
        let own = past.iter().filter(|past| past.stream == other).map(|past| past.origin);
        let other_live = own.into_iter().any(|origin| origin == Origin::Live);
        let moved = folded.states.keys().filter(|doc| !standing.contains_key(doc)).count();
        folded
            .states
            .retain(|doc, bytes| *doc == DocKey::Account || standing.get(doc) != Some(&*bytes));
        // The account rests when its cases have gone, so it comes last.
        let subs = leaving.into_iter().filter(|doc| *doc != DocKey::Account);
        let gone = subs.chain([DocKey::Account]).map(|doc| (doc, Vec::new())).collect();
        self.give_folded(other, FoldCause::Link, Some(survivor), gone, (other_live, at))?;
        let states = folded.states.into_iter().collect();
        self.give_folded(survivor, FoldCause::Link, Some(other), states, (folded.live, at))?;
        Ok(ends.done(past.len(), 0, moved))
    }

    fn give_unlink(&mut self, ends: &Ends, at: Timestamp) -> Result<Linked, DriveError> {
        let [other, survivor] = ends.streams();
        self.load(other)?;
        self.load(survivor)?;
        let standing = self.standing(survivor);
        let rested = self.standing(other);
        let back = self.past(&self.reach(ends.other.0, &ends.links)?)?;
        let kept = self.past(&self.reach(ends.survivor.0, &ends.links)?)?;
        let wanted = |doc| standing.contains_key(&doc) || rested.contains_key(&doc);
        let Folded { states: back_states, live: back_live } = self.fold(other, &back, wanted);
        let mut folded = self.fold(survivor, &kept, |doc| standing.contains_key(&doc));
        let mut leave = Vec::new();
        for doc in back_states.keys().filter(|doc| **doc != DocKey::Account) {
            if standing.contains_key(doc) && !folded.states.contains_key(doc) {
                leave.push((*doc, Vec::new()));
            }
        }
        let moved = leave.len();
        folded
            .states
            .retain(|doc, bytes| *doc == DocKey::Account || standing.get(doc) != Some(&*bytes));
        leave.extend(folded.states);
        self.give_folded(survivor, FoldCause::Unlink, Some(other), leave, (folded.live, at))?;
        let states = back_states.into_iter().collect();
        self.give_folded(other, FoldCause::Unlink, Some(survivor), states, (back_live, at))?;
        Ok(ends.done(kept.len(), back.len(), moved))
    }

    /// Whether a signal counts for its stream already, although it lies in another one: it came before
    /// the link that leads it here, or while a link led it there.
    pub(in super::super) fn absorbed(
        &mut self,
        stream: StreamId,
        signal: &Signal,
    ) -> Result<Option<Seen>, DriveError> {
        if !self.kin.streams.contains(&stream) {
            return Ok(None);
        }
        if !self.kin.absorbed.contains_key(&stream) {
            let slot = self.slot(AccountId(stream.id))?;
            let past = self.past(&self.reach(slot, &self.store.links()?)?)?;
            let elsewhere = past.into_iter().filter(|past| past.stream != stream);
            let keys = elsewhere.map(|past| (past.signal.key, past.signal.content)).collect();
            self.kin.absorbed.insert(stream, keys);
        }
        let known = self.kin.absorbed.get(&stream).and_then(|known| known.get(&signal.key));
        Ok(known.map(|content| if *content == signal.content { Seen::Same } else { Seen::Other }))
    }

    /// Reads which streams have to do with links.
    pub(in super::super) fn relearn(&mut self) -> Result<(), DriveError> {
        let slots: BTreeSet<Slot> =
            self.store.links()?.iter().flat_map(|link| [link.slot, link.survivor]).collect();
        let slots: Vec<_> = slots.into_iter().collect();
        let known = self.store.accounts(&slots)?.into_iter().flatten();
        let streams = known.map(|account| StreamId::account(account.id)).collect();
        self.kin = Kin { streams, absorbed: BTreeMap::new() };
        self.edge.forget();
        Ok(())
    }

    /// Gives a stream its new states: as something real from now on, or as history at the time that the
    /// stream has come to. Many documents make several events, because an event has bounds.
    pub(super) fn give_folded(
        &mut self,
        stream: StreamId,
        cause: FoldCause,
        other: Option<StreamId>,
        states: Vec<(DocKey, Vec<u8>)>,
        (live, at): (bool, Timestamp),
    ) -> Result<(), DriveError> {
        let time = self.streams.get(&stream).map_or(at, |state| state.time);
        let (origin, at) = if live { (Origin::Live, at) } else { (Origin::History, time) };
        self.pending.batch.at = self.pending.batch.at.max(at);
        let most = most_documents(self.ruling(stream));
        let mut parts: Vec<_> = states.chunks(most).map(<[_]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        for states in parts {
            let body = Body::Folded { cause, other, states };
            self.give_unguarded(stream, &body, origin, at)?;
        }
        Ok(())
    }

    fn slot(&self, account: AccountId) -> Result<Slot, DriveError> {
        Ok(self.store.slot_of(account)?.ok_or(LinkError::Unknown(account))?)
    }

    /// The account of a slot that the links of another one lead to.
    pub(in super::super) fn account(
        &self,
        slot: Slot,
        from: AccountId,
    ) -> Result<AccountId, DriveError> {
        let known = self.store.accounts(&[slot])?.into_iter().flatten().next();
        Ok(known.map(|account| account.id).ok_or(LinkError::Unknown(from))?)
    }
}

/// The most documents that one event replaces: each graph may ask somebody about each of them and about
/// the account, and let somebody else go, and an entry of the journal holds at most 256 effects.
pub(crate) fn most_documents(rules: &Rules) -> usize {
    let graphs = rules.policy().graphs().len().max(1);
    (256 / (2 * graphs)).saturating_sub(1).clamp(1, 48)
}

impl Ends {
    fn streams(&self) -> [StreamId; 2] {
        [StreamId::account(self.other.1), StreamId::account(self.survivor.1)]
    }

    fn done(&self, survivor_signals: usize, other_signals: usize, moved: usize) -> Linked {
        let (other, survivor) = (self.other.1, self.survivor.1);
        Linked { other, survivor, survivor_signals, other_signals, moved }
    }
}
