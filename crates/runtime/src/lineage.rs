//! Lineage: whose signals count for an account at a place in the journal, and where they lie.
//!
//! - In: the store's links and the journal.
//! - Out: [`Kinship`], which moves with the events that link and unlink; [`past_of`], the signals that an
//!   account counts.
//! - Never: a time of day to tell which links stood: the `folded` event on the account's own stream is
//!   what made each of them true.

use crate::error::DriveError;
use bellwether_core::event::FoldCause;
use bellwether_core::{
    AccountId, Body, DocKey, Duration, Envelope, Origin, Signal, StreamId, Timestamp,
};
use bellwether_engine::Rules;
use bellwether_engine::state::scope_of;
use bellwether_ledger::decode_event;
use bellwether_store::{Row, View};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// The end of a walk along links: as many steps as there are links, so that a circle ends there too.
pub(crate) fn end_of<K: Copy + Ord>(links: &BTreeMap<K, K>, from: K) -> K {
    let mut end = from;
    for _ in 0..links.len() {
        match links.get(&end) {
            Some(next) => end = *next,
            None => break,
        }
    }
    end
}

/// Everything that links lead to a place: what `from` gains step by step.
pub(crate) fn grown<K: Copy + Ord>(from: K, links: &[(K, K)]) -> BTreeSet<K> {
    let mut all = BTreeSet::from([from]);
    while links.iter().any(|(one, to)| all.contains(to) && all.insert(*one)) {}
    all
}

/// One signal that was counted.
#[derive(Clone, Debug)]
pub struct Past {
    /// Position in the journal.
    pub pos: u64,
    /// The stream it lies in.
    pub stream: StreamId,
    /// Position within that stream.
    pub seq: u64,
    /// The account whose keys matched.
    pub home: AccountId,
    /// The stream's time when it was counted.
    pub time: Timestamp,
    /// Now or history.
    pub origin: Origin,
    /// What it said.
    pub signal: Signal,
}

impl Past {
    /// The signal of a row, if it was counted.
    ///
    /// # Errors
    /// [`DriveError::Trimmed`] where retention took the event, else what is wrong with its bytes.
    pub(crate) fn read(row: &Row<'_>) -> Result<Option<Self>, DriveError> {
        if row.event.is_empty() {
            return Err(DriveError::Trimmed(row.stream));
        }
        let Envelope { stream, at, origin, via, body, .. } = decode_event(row.event)?;
        let Body::Signal(signal) = body else { return Ok(None) };
        if !was_counted(row.record) {
            return Ok(None);
        }
        let home = via.unwrap_or(AccountId(stream.id));
        let time = stream_time(row.record).unwrap_or(at);
        Ok(Some(Self { pos: row.pos, stream, seq: row.seq, home, time, origin, signal }))
    }
}

/// Signals in the order in which they came, each once: the same one may have come before a link and
/// again after it.
pub(crate) fn in_order(mut past: Vec<Past>) -> Vec<Past> {
    past.sort_by_key(|past| past.pos);
    let mut known = BTreeSet::new();
    past.retain(|past| known.insert(past.signal.key));
    past
}

/// Which accounts count for which others, as far as the journal was followed.
#[derive(Clone, Debug, Default)]
pub struct Kinship {
    /// The accounts that each one was linked to, in turn.
    turns: BTreeMap<StreamId, Vec<StreamId>>,
    /// Next to each stream, whichever way the link leads.
    beside: BTreeMap<StreamId, Vec<StreamId>>,
    /// How many of them were taken.
    taken: BTreeMap<StreamId, usize>,
    live: BTreeMap<StreamId, StreamId>,
}

impl Kinship {
    /// The links of a store before any of them was made.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(view: &View) -> Result<Self, DriveError> {
        let links = view.links()?;
        let slots: BTreeSet<_> = links.iter().flat_map(|link| [link.slot, link.survivor]).collect();
        let slots: Vec<_> = slots.into_iter().collect();
        let known = view.accounts(&slots)?.into_iter().flatten();
        let streams: BTreeMap<_, _> =
            known.map(|account| (account.slot, StreamId::account(account.id))).collect();
        let mut turns: BTreeMap<StreamId, Vec<StreamId>> = BTreeMap::new();
        let mut beside: BTreeMap<StreamId, Vec<StreamId>> = BTreeMap::new();
        for link in links {
            if let (Some(other), Some(to)) = (streams.get(&link.slot), streams.get(&link.survivor))
            {
                turns.entry(*other).or_default().push(*to);
                beside.entry(*other).or_default().push(*to);
                beside.entry(*to).or_default().push(*other);
            }
        }
        Ok(Self { turns, beside, ..Self::default() })
    }

    /// Whether a stream was ever linked, or linked to.
    pub fn knows(&self, stream: StreamId) -> bool {
        self.beside.contains_key(&stream)
    }

    /// The streams that links ever connected with one, itself among them.
    pub fn connected(&self, stream: StreamId) -> BTreeSet<StreamId> {
        let (mut all, mut open) = (BTreeSet::from([stream]), vec![stream]);
        while let Some(one) = open.pop() {
            let next = self.beside.get(&one).into_iter().flatten();
            open.extend(next.filter(|next| all.insert(**next)));
        }
        all
    }

    /// The next link of a stream is made.
    pub fn link(&mut self, other: StreamId) {
        let nth = self.taken.entry(other).or_default();
        if let Some(to) = self.turns.get(&other).and_then(|turns| turns.get(*nth)) {
            *nth += 1;
            self.live.insert(other, *to);
        }
    }

    /// The link of a stream is undone.
    pub fn unlink(&mut self, other: StreamId) {
        self.live.remove(&other);
    }

    /// Whether a stream's signals count for another one.
    pub fn rests(&self, stream: StreamId) -> bool {
        self.live.contains_key(&stream)
    }

    /// The stream that counts a stream's signals: itself where there is no link.
    pub fn survivor(&self, stream: StreamId) -> StreamId {
        end_of(&self.live, stream)
    }

    /// The accounts whose signals count for a stream, its own among them.
    pub fn homes(&self, stream: StreamId) -> BTreeSet<AccountId> {
        let live: Vec<_> = self.live.iter().map(|(one, to)| (*one, *to)).collect();
        grown(stream, &live).into_iter().map(|stream| AccountId(stream.id)).collect()
    }

    /// Follows one event. The account's own document says which side of a link a stream is on: it goes
    /// from the one that is linked, and comes back to it.
    fn note(&mut self, stream: StreamId, body: &Body) {
        let Body::Folded { cause, states, .. } = body else { return };
        let account = states.iter().find(|(doc, _)| *doc == DocKey::Account);
        match (cause, account.map(|(_, bytes)| bytes.is_empty())) {
            (FoldCause::Link, Some(true)) => self.link(stream),
            (FoldCause::Unlink, Some(false)) if self.rests(stream) => self.unlink(stream),
            _ => {}
        }
    }
}

/// The signals that an account counts at a place in the journal, in the order they came, and the links
/// as they stood then. Trimmed events are left out.
///
/// # Errors
/// What the store says, or what is wrong with an event.
pub fn past_of(
    view: &View,
    stream: StreamId,
    until: u64,
) -> Result<(Vec<Past>, Kinship), DriveError> {
    let mut kin = Kinship::read(view)?;
    let (mut found, mut fault) = (Vec::new(), Ok(()));
    for place in kin.connected(stream) {
        view.stream_events(place, 1, |row| {
            if row.pos > until {
                return ControlFlow::Break(());
            }
            match look(row, &mut kin) {
                Ok(past) => found.extend(past),
                Err(DriveError::Trimmed(_)) => {}
                Err(error) => fault = Err(error),
            }
            if fault.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    fault?;
    let homes = kin.homes(stream);
    found.retain(|past| homes.contains(&past.home));
    Ok((in_order(found), kin))
}

fn look(row: &Row<'_>, kin: &mut Kinship) -> Result<Option<Past>, DriveError> {
    if !row.event.is_empty() {
        kin.note(row.stream, &decode_event(row.event)?.body);
    }
    Past::read(row)
}

/// Folds the signals of the wanted documents anew. The account's is always there.
pub fn fold(
    rules: &Rules,
    past: &[Past],
    wanted: impl Fn(DocKey) -> bool,
) -> BTreeMap<DocKey, Vec<u8>> {
    let (features, rates) = (rules.features(), rules.policy().rates());
    let always = Duration::from_micros(i64::MAX);
    let new = |key| features.new_state(scope_of(key));
    let mut registers = features.registers();
    let mut states = BTreeMap::from([(DocKey::Account, new(DocKey::Account))]);
    for Past { time, signal, .. } in past {
        for key in [DocKey::Account].into_iter().chain(signal.doc.filter(|key| wanted(*key))) {
            let state = states.entry(key).or_insert_with(|| new(key));
            features.fold_with(&mut registers, state, signal, *time, always, rates);
        }
    }
    let encode = |(key, state)| {
        let mut bytes = Vec::new();
        features.encode(&state, &mut bytes);
        (key, bytes)
    };
    states.into_iter().map(encode).collect()
}

/// Records are canonical, and quotes within their words are escaped: a member's name in quotes stands
/// nowhere but where the member begins. The last one of a name is the record's own.
fn member<'a>(record: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let place = record.windows(name.len()).rposition(|part| part == name)?;
    let value = record.get(place + name.len()..)?;
    value.get(..value.iter().position(|byte| *byte == b'"')?)
}

pub(crate) fn was_counted(record: &[u8]) -> bool {
    matches!(member(record, b"\"status\":\""), Some(b"applied" | b"late"))
}

fn stream_time(record: &[u8]) -> Option<Timestamp> {
    let micros = std::str::from_utf8(member(record, b"\"stream_time\":\"")?).ok()?;
    micros.parse().ok().map(Timestamp::from_micros)
}
