//! Owners: what each person of ours owns, and what was said of them last.
//!
//! - In: signals that were counted and name an owner; the read model that was written behind.
//! - Out: the [`Told`] that are owed: an account has heard something else of an owner than is known.
//! - Never: an event of its own; never more in memory than was taken since the last pass behind.
//!
//! What is owed follows from the journal alone: an account that was not told, because the process
//! ended in between, is told later, and one that was told is not told again.

use crate::edge::owner::{NAMED_BY, Notice, OWNER, OWNER_LEFT, Tenures};
use crate::edge::{OWNER_STATUS, Taken, Tenure};
use bellwether_core::{
    AccountId, Body, Code, DocKey, Duration, Id, Signal, SubjectId, Timestamp, Value,
};
use bellwether_ledger::decode_event;
use bellwether_store::{ModelRow, Store, StoreError, View};
use std::collections::{BTreeMap, BTreeSet};

/// The read model of what is owned, sorted by its owner.
const OWNED: &str = "owned";
/// The read model of who left, and who is back.
const TENURES: &str = "tenures";
/// How many rows of a model are read at once.
const PAGE: usize = 512;

/// Something that has an owner: an account as one kind of signal names it, or one of its deals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) account: AccountId,
    pub(crate) doc: DocKey,
    /// The kind of the signals that name the owner.
    pub(crate) named_by: String,
}

/// What was said last of the owner of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) at: Timestamp,
    pub(crate) key: u64,
    pub(crate) owner: Option<SubjectId>,
    pub(crate) left: bool,
}

/// What a signal says of our own people, once it was counted.
pub(crate) struct Heard {
    /// Somebody left, or is back.
    pub(crate) tenure: Option<Tenure>,
    /// Something has this owner.
    pub(crate) owned: Option<(Place, Said)>,
}

impl Heard {
    /// What was heard of a signal with this kind.
    pub(crate) fn of(taken: &Taken, kind: &str) -> Option<Self> {
        let Body::Signal(signal) = &taken.envelope.body else { return None };
        let account = taken.envelope.via.unwrap_or(AccountId(taken.envelope.stream.id));
        let doc = signal.doc.unwrap_or(DocKey::Account);
        let place = Place { account, doc, named_by: kind.to_owned() };
        let said = taken.owner.and_then(|owner| Said::of(signal, owner));
        let heard = Self { tenure: taken.tenure, owned: said.map(|said| (place, said)) };
        (heard.tenure.is_some() || heard.owned.is_some()).then_some(heard)
    }
}

impl Said {
    fn is_older_than(&self, other: &Self) -> bool {
        (self.at, self.key) < (other.at, other.key)
    }
}

/// What an account must be told: of whose change, and what it heard before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owed {
    pub(crate) place: Place,
    pub(crate) said: Said,
    pub(crate) cause: Tenure,
}

impl Owed {
    /// The notice for the account that the place's signals count for.
    pub(crate) fn notice(&self, survivor: AccountId, at: Timestamp) -> Notice<'_> {
        Notice {
            account: self.place.account,
            survivor,
            doc: self.place.doc,
            named_by: &self.place.named_by,
            named: self.said.key,
            cause: self.cause,
            at,
        }
    }

    /// When the notice holds in a stream of this time: not before the change, nor before what was said,
    /// and never so late that it would not be counted.
    pub(crate) fn at(&self, time: Timestamp, lateness: Duration) -> Timestamp {
        let after = self.said.at.plus(Duration::from_micros(1));
        self.cause.at.max(after).max(time.minus(lateness))
    }
}

/// What was said of owners since the last pass behind the journal, over what the model holds.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    said: BTreeMap<Place, Said>,
    /// Places of which a person was said to be the owner; some may have another one by now.
    of: BTreeMap<SubjectId, BTreeSet<Place>>,
    tenures: Vec<Tenure>,
    /// What the uncommitted batch has changed.
    undo: Vec<(Place, Option<Said>)>,
    fresh_tenures: usize,
    /// People of whose change some account may not have heard.
    pub(crate) untold: BTreeSet<SubjectId>,
}

impl Owners {
    /// Notes what was said; what is newer already stays.
    pub(crate) fn note(&mut self, place: Place, said: Said) {
        let before = self.said.get(&place).copied();
        if before.is_some_and(|before| !before.is_older_than(&said)) {
            return;
        }
        if let Some(owner) = said.owner {
            self.of.entry(owner).or_default().insert(place.clone());
        }
        self.said.insert(place.clone(), said);
        self.undo.push((place, before));
    }

    /// Notes that somebody left or came back.
    pub(crate) fn note_tenure(&mut self, tenure: Tenure) {
        self.tenures.push(tenure);
        self.untold.insert(tenure.person);
    }

    /// What was noted so far is committed.
    pub(crate) fn commit(&mut self) {
        self.undo.clear();
        self.fresh_tenures = self.tenures.len();
    }

    /// What was noted since the last commit was not said after all.
    pub(crate) fn rollback(&mut self) {
        self.tenures.truncate(self.fresh_tenures);
        while let Some((place, before)) = self.undo.pop() {
            match before {
                Some(before) => self.said.insert(place, before),
                None => self.said.remove(&place),
            };
        }
    }

    /// Everything that is noted of people and not written yet.
    pub(crate) fn heard(&self) -> Vec<Tenure> {
        self.tenures.clone()
    }

    /// Notes what a kept event says: for rows that the model does not hold yet.
    pub(crate) fn read(&mut self, event: &[u8], counted: bool) {
        // Most events name nobody of ours; that is seen without reading them.
        let names = |what: &str| event.windows(what.len()).any(|part| part == what.as_bytes());
        if !names("\"owner_left\"") && !names("\"person.") {
            return;
        }
        let Ok(envelope) = decode_event(event) else { return };
        let Body::Signal(signal) = &envelope.body else { return };
        let Some((kind, owner, named_by)) = words(event) else { return };
        if let Some(tenure) = Tenure::said(&kind, signal.contact, signal.at, signal.trust) {
            self.note_tenure(tenure);
        }
        let account = envelope.via.unwrap_or(AccountId(envelope.stream.id));
        let named_by = if kind == OWNER_STATUS { named_by } else { Some(kind).filter(|_| counted) };
        let owner = owner.and_then(|owner| owner.parse().ok());
        if let (Some(said), Some(named_by)) = (Said::of(signal, owner), named_by) {
            let doc = signal.doc.unwrap_or(DocKey::Account);
            self.note(Place { account, doc, named_by }, said);
        }
    }

    /// What was said last of a place.
    pub(crate) fn said(
        &self,
        place: &Place,
        kept: Option<&View>,
    ) -> Result<Option<Said>, StoreError> {
        let fresh = self.said.get(place).copied();
        let row = kept.map(|kept| kept.model_row(OWNED, &key(place))).transpose()?.flatten();
        let old = row.as_ref().and_then(read_said);
        Ok(match (fresh, old) {
            (Some(fresh), Some(old)) if fresh.is_older_than(&old) => Some(old),
            (fresh, old) => fresh.or(old),
        })
    }

    /// Notes who owns a place, and says whether it must hear at once that the owner has left since.
    pub(crate) fn own(
        &mut self,
        (place, said): (Place, Said),
        tenures: &Tenures,
        until: Timestamp,
        kept: Option<&View>,
    ) -> Result<Option<Owed>, StoreError> {
        self.note(place.clone(), said);
        let cause = said.owner.and_then(|owner| tenures.latest(owner, until));
        let Some(cause) = cause.filter(|cause| cause.left != said.left) else { return Ok(None) };
        Ok(self.said(&place, kept)?.and_then(|said| owes(&place, said, cause)))
    }

    /// Which accounts have heard something else of a person than is known up to an instant; at most so
    /// many.
    pub(crate) fn owed(
        &self,
        person: SubjectId,
        tenures: &Tenures,
        until: Timestamp,
        kept: Option<&View>,
        most: usize,
    ) -> Result<Vec<Owed>, StoreError> {
        let mut owed = Vec::new();
        let Some(cause) = tenures.latest(person, until) else { return Ok(owed) };
        for place in self.of.get(&person).into_iter().flatten() {
            let said = self.said(place, kept)?;
            owed.extend(said.and_then(|said| owes(place, said, cause)));
        }
        let (mut after, rank) = ((rank(person), Vec::new()), rank(person));
        while let Some(kept) = kept.filter(|_| owed.len() < most) {
            let page = kept.model_page(OWNED, Some((after.0, &after.1)), PAGE)?;
            let Some(last) = page.last() else { break };
            after = (last.rank, last.key.clone());
            let ended = last.rank != rank;
            for row in page.iter().filter(|row| row.rank == rank) {
                let (Some(place), Some(said)) = (read_place(&row.key), read_said(row)) else {
                    continue;
                };
                if !self.said.get(&place).is_some_and(|fresh| said.is_older_than(fresh)) {
                    owed.extend(owes(&place, said, cause));
                }
            }
            if ended {
                break;
            }
        }
        owed.sort_by(|one, next| one.place.cmp(&next.place));
        owed.dedup_by(|next, one| next.place == one.place);
        owed.truncate(most);
        Ok(owed)
    }

    /// Writes what was noted into the models; nothing of it may wait for a commit.
    pub(crate) fn write(&mut self, store: &mut Store, covered: u64) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(self.said.len());
        let kept: &View = store;
        for place in self.said.keys() {
            if let Some(said) = self.said(place, Some(kept))? {
                let rank = said.owner.map_or(i64::MIN, rank);
                rows.push(ModelRow { key: key(place), rank, body: Some(write_said(&said)) });
            }
        }
        store.put_model(OWNED, &rows, covered)?;
        let tenures = self.tenures.iter().map(|tenure| {
            let (person, at) = (tenure.person.0.to_bytes(), tenure.at.micros());
            let key = [&person[..], &at.to_be_bytes(), &[u8::from(tenure.left)]].concat();
            ModelRow { key, rank: at, body: Some(Vec::new()) }
        });
        store.put_model(TENURES, &tenures.collect::<Vec<_>>(), covered)?;
        let untold = std::mem::take(&mut self.untold);
        *self = Self { untold, ..Self::default() };
        Ok(())
    }
}

/// Every change that the model holds.
pub(crate) fn kept_tenures(kept: &View) -> Result<Vec<Tenure>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None::<(i64, Vec<u8>)>);
    loop {
        let from = after.as_ref().map(|(rank, key)| (*rank, key.as_slice()));
        let page = kept.model_page(TENURES, from, PAGE)?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some((last.rank, last.key.clone()));
        found.extend(page.iter().filter_map(|row| {
            let (person, rest) = row.key.split_first_chunk::<16>()?;
            let person = SubjectId(Id::from_bytes(*person));
            let left = rest.last() == Some(&1);
            Some(Tenure { person, at: Timestamp::from_micros(row.rank), left })
        }));
    }
}

impl Said {
    /// What a signal says of the owner of its place, if it says anything.
    pub(crate) fn of(signal: &Signal, owner: Option<SubjectId>) -> Option<Self> {
        match signal.field(Code::of(OWNER_LEFT)) {
            Some(Value::Bool(left)) => Some(Self { at: signal.at, key: signal.key, owner, left }),
            _ => None,
        }
    }
}

/// The words of an event that name a kind and an owner.
fn words(event: &[u8]) -> Option<(String, Option<String>, Option<String>)> {
    let json: serde_json::Value = serde_json::from_slice(event).ok()?;
    let body = json.get("body")?;
    let field = |name: &str| Some(body.get("fields")?.get(name)?.as_str()?.to_owned());
    Some((body.get("kind")?.as_str()?.to_owned(), field(OWNER), field(NAMED_BY)))
}

fn owes(place: &Place, said: Said, cause: Tenure) -> Option<Owed> {
    let differs = said.owner == Some(cause.person) && said.left != cause.left;
    differs.then(|| Owed { place: place.clone(), said, cause })
}

/// By what the model sorts: ids are random, so few people share the first half of one.
fn rank(person: SubjectId) -> i64 {
    (person.0.bits() >> 65) as i64
}

fn key(place: &Place) -> Vec<u8> {
    let mut key = place.account.0.to_bytes().to_vec();
    key.extend_from_slice(place.doc.to_string().as_bytes());
    key.push(b' ');
    key.extend_from_slice(place.named_by.as_bytes());
    key
}

fn read_place(key: &[u8]) -> Option<Place> {
    let (account, rest) = key.split_first_chunk::<16>()?;
    let (doc, named_by) = std::str::from_utf8(rest).ok()?.split_once(' ')?;
    let (account, doc) = (AccountId(Id::from_bytes(*account)), doc.parse().ok()?);
    Some(Place { account, doc, named_by: named_by.to_owned() })
}

fn write_said(said: &Said) -> Vec<u8> {
    let owner = said.owner.map(|owner| owner.0.to_bytes());
    let mut body = said.at.micros().to_be_bytes().to_vec();
    body.extend_from_slice(&said.key.to_be_bytes());
    body.push(u8::from(said.left));
    body.extend(owner.iter().flatten());
    body
}

fn read_said(row: &ModelRow) -> Option<Said> {
    let (at, rest) = row.body.as_ref()?.split_first_chunk::<8>()?;
    let (key, rest) = rest.split_first_chunk::<8>()?;
    let (left, rest) = rest.split_first()?;
    let owner = rest.try_into().ok().map(|bytes| SubjectId(Id::from_bytes(bytes)));
    let (at, key) = (Timestamp::from_micros(i64::from_be_bytes(*at)), u64::from_be_bytes(*key));
    Some(Said { at, key, owner, left: *left == 1 })
}
