//! Owners: who of ours answers for something, and whether they have left.
//!
//! - In: the owner that a signal names; `person.left` and `person.returned` of a source we trust.
//! - Out: the fields `owner` and `owner_left` of a signal, as of its instant; a [`Notice`] as an event.
//! - Never: an address, an id of a source, or a hash of one in an event: an owner is a random id.
//!
//! What somebody outside wrote says nothing about our people: only an operator's or a system's word
//! that a person left, or is back, is heard.

use super::{Edge, Stamp};
use bellwether_core::signal::{MatchedBy, RawValue};
use bellwether_core::{
    AccountId, DocKey, Envelope, Id, Origin, StreamId, SubjectId, Timestamp, Trust,
};
use bellwether_ledger::{DraftBody, EventDraft, SignalDraft, encode_event};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Included};

/// Somebody of ours has left.
const PERSON_LEFT: &str = "person.left";
/// Somebody of ours is back, or had never left.
const PERSON_RETURNED: &str = "person.returned";
/// What an account hears when the owner of something of its own leaves or comes back.
pub const OWNER_STATUS: &str = "owner.status";

/// The field that holds an owner's random id.
pub(crate) const OWNER: &str = "owner";
/// The field that says whether the owner had left by then.
pub(crate) const OWNER_LEFT: &str = "owner_left";
/// The field of a notice with the kind of the signals that name the owner.
pub(crate) const NAMED_BY: &str = "named_by";

/// The source of notices.
const SOURCE: &str = "bellwether";

/// Somebody left, or came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// Who.
    pub person: SubjectId,
    /// Since when.
    pub at: Timestamp,
    /// They left; otherwise they are back.
    pub left: bool,
}

impl Tenure {
    /// What a signal of a kind says of its contact, if it says that and may.
    pub(crate) fn said(
        kind: &str,
        contact: Option<SubjectId>,
        at: Timestamp,
        trust: Trust,
    ) -> Option<Self> {
        let left = match kind {
            PERSON_LEFT => true,
            PERSON_RETURNED => false,
            _ => return None,
        };
        let person = contact.filter(|_| trust >= Trust::Operator)?;
        Some(Self { person, at, left })
    }
}

/// Who was here when, as far as anybody said.
#[derive(Debug, Default)]
pub(crate) struct Tenures {
    known: BTreeMap<SubjectId, BTreeMap<Timestamp, bool>>,
    /// When something was said to change; some of it may have been taken back.
    times: BTreeSet<(Timestamp, SubjectId)>,
    /// What was noted since the last commit, with what stood there before.
    undo: Vec<(Tenure, Option<bool>)>,
}

impl Tenures {
    /// Notes a change. Of two at the same instant the one that takes back counts.
    pub(crate) fn note(&mut self, tenure: Tenure) {
        let changes = self.known.entry(tenure.person).or_default();
        let before = changes.get(&tenure.at).copied();
        changes.insert(tenure.at, tenure.left && before.unwrap_or(true));
        self.times.insert((tenure.at, tenure.person));
        self.undo.push((tenure, before));
    }

    /// Who may have left or come back after one instant and up to another.
    pub(crate) fn between(&self, after: Timestamp, until: Timestamp) -> Vec<SubjectId> {
        let last = SubjectId(Id::from_bits(u128::MAX));
        let span = (Excluded((after, last)), Included((until, last)));
        if after >= until { Vec::new() } else { self.times.range(span).map(|it| it.1).collect() }
    }

    /// The newest change of a person up to an instant.
    pub(crate) fn latest(&self, person: SubjectId, until: Timestamp) -> Option<Tenure> {
        let (at, left) = self.known.get(&person)?.range(..=until).next_back()?;
        Some(Tenure { person, at: *at, left: *left })
    }

    pub(super) fn commit(&mut self) {
        self.undo.clear();
    }

    pub(super) fn rollback(&mut self) {
        while let Some((noted, before)) = self.undo.pop() {
            let Some(changes) = self.known.get_mut(&noted.person) else { continue };
            match before {
                Some(before) => changes.insert(noted.at, before),
                None => changes.remove(&noted.at),
            };
        }
    }
}

/// What an account is told of the owner of something of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice<'a> {
    /// Whose it is.
    pub(crate) account: AccountId,
    /// The account that its signals count for, where it is linked.
    pub(crate) survivor: AccountId,
    /// What is owned.
    pub(crate) doc: DocKey,
    /// The kind of the signals that name the owner.
    pub(crate) named_by: &'a str,
    /// The key of the signal that named the owner.
    pub(crate) named: u64,
    /// The change that it is told of.
    pub(crate) cause: Tenure,
    /// When it holds: not before the change, nor before the owner was named.
    pub(crate) at: Timestamp,
}

impl Edge {
    /// Who was here when.
    pub(crate) fn tenures(&self) -> &Tenures {
        &self.tenures
    }

    /// For noting changes that were counted.
    pub(crate) fn tenures_mut(&mut self) -> &mut Tenures {
        &mut self.tenures
    }

    /// The fields of a signal with what is known of its owner.
    pub(super) fn stamp_owner(
        &self,
        fields: &[(String, RawValue)],
        owner: Option<SubjectId>,
        at: Timestamp,
    ) -> Vec<(String, RawValue)> {
        let left = owner.and_then(|owner| self.tenures.latest(owner, at));
        let id = owner.map(|owner| (OWNER.to_owned(), RawValue::Word(owner.to_string())));
        let left = RawValue::Bool(left.is_some_and(|tenure| tenure.left));
        let mut stamped: Vec<_> = id.into_iter().chain([(OWNER_LEFT.to_owned(), left)]).collect();
        let others = fields.iter().filter(|(name, _)| name != OWNER && name != OWNER_LEFT);
        stamped.extend(others.cloned());
        stamped.sort_by(|(one, _), (next, _)| one.cmp(next));
        stamped
    }

    /// The event of a notice: the same one for the same change, however often it is made.
    pub(crate) fn notice(&self, notice: &Notice<'_>, stamp: Stamp) -> (Vec<u8>, Envelope) {
        let Notice { account, survivor, doc, named_by, named, cause, at } = notice;
        let (person, since) = (cause.person, cause.at.micros());
        let id = format!("{account}|{doc}|{named_by}|{named}|{person}|{since}|{}", cause.left);
        let word = |name: &str, word: String| (name.to_owned(), RawValue::Word(word));
        let fields = [
            word(NAMED_BY, (*named_by).to_owned()),
            word(OWNER, person.to_string()),
            (OWNER_LEFT.to_owned(), RawValue::Bool(cause.left)),
        ];
        let key = self.signal_key(SOURCE, &id);
        let signal = SignalDraft {
            key,
            // The id says all that the signal says.
            content: key,
            source: SOURCE,
            kind: OWNER_STATUS,
            at: *at,
            known_at: stamp.at.max(*at),
            trust: Trust::Operator,
            doc: (*doc != DocKey::Account).then_some(*doc),
            contact: None,
            matched_by: if account == survivor { MatchedBy::External } else { MatchedBy::Link },
            fields: &fields,
            commitments: &[],
        };
        encode_event(&EventDraft {
            stream: StreamId::account(*survivor),
            at: if stamp.origin == Origin::History { *at } else { stamp.at },
            rules: self.rules_for(StreamId::account(*survivor), stamp.rules),
            origin: stamp.origin,
            epoch: stamp.epoch,
            seen: stamp.seen,
            failed: false,
            via: (account != survivor).then_some(*account),
            body: DraftBody::Signal(signal),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenure(at: i64, left: bool) -> Tenure {
        let person = SubjectId(Id::from_bits(7));
        Tenure { person, at: Timestamp::from_secs(at), left }
    }

    #[test]
    fn who_is_here_depends_on_the_instant_and_not_on_the_order_of_news() {
        let news = [tenure(10, true), tenure(20, false), tenure(30, true), tenure(30, false)];
        for turn in 0..news.len() {
            let mut tenures = Tenures::default();
            news.iter().cycle().skip(turn).take(news.len()).for_each(|one| tenures.note(*one));
            for (at, left) in [(9, None), (10, Some(true)), (19, Some(true)), (25, Some(false))] {
                let latest = tenures.latest(tenure(0, true).person, Timestamp::from_secs(at));
                assert_eq!(latest.map(|tenure| tenure.left), left, "at {at}, turn {turn}");
            }
            let end = tenures.latest(tenure(0, true).person, Timestamp::MAX);
            assert_eq!(end, Some(tenure(30, false)), "what takes back counts");
        }
    }

    #[test]
    fn what_was_not_committed_was_never_said() {
        let mut tenures = Tenures::default();
        tenures.note(tenure(10, true));
        tenures.commit();
        tenures.note(tenure(10, false));
        tenures.note(tenure(20, true));
        tenures.note(tenure(20, true));
        tenures.rollback();
        let latest = |at| tenures.latest(tenure(0, true).person, Timestamp::from_secs(at));
        assert_eq!((latest(9), latest(50)), (None, Some(tenure(10, true))));
    }

    #[test]
    fn only_our_own_word_counts() {
        let person = Some(tenure(0, true).person);
        let at = Timestamp::from_secs(5);
        for trust in Trust::ALL {
            let heard = Tenure::said(PERSON_LEFT, person, at, trust).is_some();
            assert_eq!(heard, trust >= Trust::Operator, "{trust}");
        }
        assert_eq!(
            Tenure::said(PERSON_RETURNED, person, at, Trust::System),
            Some(tenure(5, false))
        );
        assert_eq!(Tenure::said("person.updated", person, at, Trust::System), None);
        assert_eq!(Tenure::said(PERSON_LEFT, None, at, Trust::System), None);
    }
}
