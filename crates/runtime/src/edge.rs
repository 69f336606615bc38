//! The edge: what an adapter understood becomes the bytes of an event, without anybody's words.
//!
//! Flow: adapter -> **edge** -> journal -> engine
//!
//! - In: a [`RawSignal`], and a [`Stamp`]: when, live or history, under which rules.
//! - Out: [`Taken`]: the event's bytes and envelope, sealed parts, and what was learnt on the way.
//! - Never: writes anything by itself, reads a clock, or lets a personal word into bytes or errors, be
//!   it as a hash that could confirm a guess once the subject's key is destroyed.
//!
//! Everything in [`Taken`] belongs in one transaction. Until [`Edge::commit`] says that it is durable
//! the edge remembers it apart; [`Edge::rollback`] forgets it, and taking the same signals again gives
//! the same slots and, where the keys are the same, the same bytes.

mod called;
mod check;
mod content;
mod error;
pub(crate) mod guard;
mod hidden;
mod lookup;
pub(crate) mod owner;
mod share;
mod taken;

pub use called::{Called, open_source_id};
pub use error::EdgeError;
pub use guard::Standing;
use guard::{Guards, Treated};
pub use lookup::Found;
use owner::Tenures;
pub use owner::{OWNER_STATUS, Tenure};
pub use taken::{AccountRow, Payload, Taken, open_name};

use crate::identity::{self, Blind, Directory, Hint, How, IdentityStore};
use crate::keys::{KeyError, KeyProvider, KeyStore, Slot, Vault};
use crate::rollout::Share;
use crate::seal::{Context, Sealer};
use bellwether_core::event::Seen;
use bellwether_core::signal::{MatchedBy, RawSignal};
use bellwether_core::{
    AccountId, Digest, DocKey, Id, Origin, Personal, Purpose, StreamId, SubjectId, Timestamp,
};
use bellwether_ledger::{DraftBody, EventDraft, SignalDraft, encode_event};
use std::borrow::Cow;

/// The part under which an account's name is sealed; no event of its own belongs to it.
pub const ACCOUNT_NAME: &str = "account.name";

/// What the driver says of a signal: it stands in the envelope.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// When it was taken in. History happens when it happened instead, but never later than this.
    pub at: Timestamp,
    /// Now or history.
    pub origin: Origin,
    /// Digest of the rules that hold.
    pub rules: Digest,
    /// The epoch of the log.
    pub epoch: u64,
    /// What the journal said about its key; it is asked only when the stream's memory is too short.
    pub seen: Seen,
}

/// Takes signals in.
pub struct Edge {
    vault: Vault,
    directory: Directory,
    tenures: Tenures,
    guards: Guards,
    /// The next slot as of the last commit.
    durable: Slot,
    /// The next slot before the last signal was taken.
    before: Slot,
    /// Which accounts other rules decide about.
    share: Option<Share>,
}

/// A blind index, the slot it is kept for, and what it is made of.
type Learnt = (Blind, Slot, How);

/// What the event says of its sealed parts, sorted by name.
type Commitments = Vec<(String, Digest)>;

/// Whom a signal is about.
struct About {
    slot: Slot,
    /// The account whose keys matched: another one than `slot` where a link led there.
    keeper: Slot,
    account: AccountId,
    via: Option<AccountId>,
    matched_by: MatchedBy,
    contact: Option<(Slot, SubjectId)>,
    owner: Option<SubjectId>,
    conflict: bool,
    new: bool,
    learnt: Vec<Learnt>,
}

impl Edge {
    /// Opens the edge of a tenant.
    ///
    /// # Errors
    /// As [`Vault::open`], and what the identity store says.
    pub fn open(
        provider: Box<dyn KeyProvider + Send>,
        keys: Box<dyn KeyStore + Send>,
        identities: Box<dyn IdentityStore + Send>,
        tenant: &str,
    ) -> Result<Self, KeyError> {
        let vault = Vault::open(provider, keys, tenant, identities.next_slot()?)?;
        let durable = vault.next_slot();
        let (directory, tenures) = (Directory::new(identities), Tenures::default());
        let guards = Guards::new(directory.guards()?);
        let (before, share) = (durable, None);
        Ok(Self { vault, directory, tenures, guards, durable, before, share })
    }

    /// Takes one signal in.
    ///
    /// # Errors
    /// `edge-*` when the signal is at fault, `key-erased` while an erasure is under way, else what
    /// the stores say. A failed signal leaves no trace.
    pub fn take(&mut self, raw: &RawSignal, stamp: Stamp) -> Result<Taken, EdgeError> {
        self.take_knowing(raw, stamp, &[])
    }

    /// Takes a signal in; `told` is what it taught when it was taken before.
    fn take_knowing(
        &mut self,
        raw: &RawSignal,
        stamp: Stamp,
        told: &[Learnt],
    ) -> Result<Taken, EdgeError> {
        check::signal(raw)?;
        self.before = self.vault.next_slot();
        let taken = self.write(raw, stamp, told);
        match &taken {
            Ok(taken) => self.directory.learn(&taken.learnt),
            Err(_) => self.vault.rewind(self.before),
        }
        taken
    }

    /// Whether a signal is of somebody who was erased: nothing of it is kept, not even as refused.
    pub(crate) fn is_of_erased(&self, raw: &RawSignal) -> bool {
        self.treat(raw).standing == Some(Standing::Erased)
    }

    /// Takes the signal back that was taken last: its stream takes none, so nothing of it is kept.
    pub(crate) fn untake(&mut self) {
        self.directory.unlearn();
        self.vault.rewind(self.before);
    }

    /// Everything taken since the last commit is durable.
    pub fn commit(&mut self) {
        self.directory.commit();
        self.tenures.commit();
        self.durable = self.vault.next_slot();
    }

    /// Nothing taken since the last commit is durable: its slots are handed out again.
    pub fn rollback(&mut self) {
        self.directory.rollback();
        self.tenures.rollback();
        self.vault.rewind(self.durable);
    }

    /// Somebody was linked, unlinked or erased: nothing that was read before is trusted.
    pub fn forget(&mut self) {
        self.directory.forget();
        self.vault.forget();
    }

    /// Reads again who is treated apart, and trusts nothing that was read before.
    ///
    /// # Errors
    /// What the identity store says.
    pub fn guard_anew(&mut self) -> Result<(), KeyError> {
        self.forget();
        self.guards = Guards::new(self.directory.guards()?);
        Ok(())
    }

    /// The keys, for opening what was sealed.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The keys, for erasing, and for minting ahead.
    pub fn vault_mut(&mut self) -> &mut Vault {
        &mut self.vault
    }

    /// Takes a signal again, now that the journal was asked about its key. What was learnt the first
    /// time stays.
    ///
    /// # Errors
    /// As [`Edge::take`].
    pub fn take_again(
        &mut self,
        first: Taken,
        raw: &RawSignal,
        stamp: Stamp,
    ) -> Result<Taken, EdgeError> {
        let again = self.take_knowing(raw, stamp, &first.learnt)?;
        let mut learnt = first.learnt;
        learnt.extend(again.learnt);
        let mut accounts = first.accounts;
        accounts.extend(again.accounts);
        Ok(Taken { learnt, accounts, ..again })
    }

    fn write(
        &mut self,
        raw: &RawSignal,
        stamp: Stamp,
        told: &[Learnt],
    ) -> Result<Taken, EdgeError> {
        let Treated { raw, hints, standing } = self.treat(raw);
        let (raw, about) = (&*raw, self.about(&raw, &hints)?);
        let stream = StreamId::account(about.account);
        let personal = sorted(&raw.personal);
        check::twice(&raw.personal, &personal)?;
        let sealer = self.sealer_of(raw, &about)?;
        let sealer = sealer.as_deref();
        let fields = self.fields_of(raw, &about, sealer)?;
        let stamped = raw.owner.as_ref().map(|_| self.stamp_owner(&fields, about.owner, raw.at));
        let key = self.key_of(raw, sealer);
        let (commitments, mut payloads) =
            seal(sealer, &about.slots(), Context { stream, event: key, field: "" }, &personal)?;
        let unlisted = sealer.map(|sealer| hidden::unlisted(sealer, &about, stream, key, raw));
        let unlisted = unlisted.transpose()?.flatten();
        let mut committed = commitments.clone();
        self.seal_ids(raw, &about, told, (stream, key), (&mut committed, &mut payloads))?;
        let contact = about.contact.map(|(_, subject)| subject);
        let owner = raw.owner.is_some().then_some(about.owner);
        let mut signal = SignalDraft {
            key,
            content: 0,
            source: &raw.source,
            kind: &raw.kind,
            at: raw.at,
            known_at: raw.known_at.unwrap_or(raw.at),
            trust: raw.trust,
            doc: self.document(raw),
            contact,
            matched_by: about.matched_by,
            fields: &fields,
            commitments: &commitments,
        };
        // What is known of the owner may differ when the signal comes again, and ids are sealed once.
        signal.content = content::hash(self.vault.tenant(), &signal, owner);
        signal.fields = stamped.as_deref().unwrap_or(&fields);
        signal.commitments = &committed;
        let (bytes, envelope) = encode_event(&EventDraft {
            stream,
            at: if stamp.origin == Origin::History { raw.at.min(stamp.at) } else { stamp.at },
            rules: self.rules_for(stream, stamp.rules),
            origin: stamp.origin,
            epoch: stamp.epoch,
            seen: stamp.seen,
            failed: false,
            via: about.via,
            body: DraftBody::Signal(signal),
        });
        check::event(&bytes)?;
        let accounts = self.account_rows(raw, &about, stream)?;
        Ok(Taken {
            bytes,
            envelope,
            payloads,
            unlisted,
            learnt: about.learnt,
            accounts,
            conflict: about.conflict,
            new: about.new,
            tenure: Tenure::said(&raw.kind, contact, raw.at, raw.trust),
            owner,
            standing,
        })
    }

    /// Finds whom a signal is about, or gives them slots.
    fn about(&mut self, raw: &RawSignal, hints: &[Hint]) -> Result<About, EdgeError> {
        let found = identity::resolve(hints, &mut self.directory)?;
        let slot = found.slot.map_or_else(|| self.vault.take_slot(), Ok)?;
        // What is learnt through a link belongs to the account whose keys matched: links can be undone.
        let keeper = found.via.unwrap_or(slot);
        let mut learnt: Vec<_> =
            found.learn.into_iter().map(|(blind, how)| (blind, keeper, how)).collect();
        let contact = self.named(raw, raw.contact.as_ref(), &mut learnt)?;
        let owner = self.named(raw, raw.owner.as_ref(), &mut learnt)?;
        let via = found.via.map(|via| self.vault.id(via)).transpose()?;
        Ok(About {
            slot,
            keeper,
            account: AccountId(self.vault.id(slot)?.0),
            via: via.map(|subject| AccountId(subject.0)),
            matched_by: found.matched_by,
            contact,
            owner: owner.map(|(_, subject)| subject),
            conflict: found.conflict,
            new: found.slot.is_none(),
            learnt,
        })
    }

    /// Finds a person whom a signal names, or gives it a slot.
    fn named(
        &mut self,
        raw: &RawSignal,
        named: Option<&Personal<String>>,
        learnt: &mut Vec<Learnt>,
    ) -> Result<Option<(Slot, SubjectId)>, EdgeError> {
        let named = named.map(|named| named.reveal(Purpose::Identify));
        let keys = self.vault.tenant();
        let blind = named.and_then(|named| identity::blind_person(keys, &raw.source, named));
        let Some(blind) = blind else { return Ok(None) };
        let fresh = learnt.iter().find(|(known, ..)| *known == blind).map(|(_, slot, _)| *slot);
        let slot = match fresh.map_or_else(|| self.directory.find(&blind), |slot| Ok(Some(slot)))? {
            Some(slot) => slot,
            None => {
                let slot = self.vault.take_slot()?;
                learnt.push((blind, slot, How::Person));
                slot
            }
        };
        Ok(Some((slot, self.vault.id(slot)?)))
    }

    /// The document of a case by its number in a source.
    pub fn case(&self, source: &str, number: &str) -> DocKey {
        DocKey::Case(self.document_id("case", source, number))
    }

    /// The document of a deal by its number in a source.
    pub fn deal(&self, source: &str, number: &str) -> DocKey {
        DocKey::Deal(self.document_id("deal", source, number))
    }

    /// The document that a signal belongs to; a case goes before a deal.
    fn document(&self, raw: &RawSignal) -> Option<DocKey> {
        let given = |number: &Option<String>| number.clone().filter(|number| !number.is_empty());
        let system = raw.numbers.as_deref().unwrap_or(&raw.source);
        let case = given(&raw.case).map(|number| self.case(system, &number));
        case.or_else(|| given(&raw.deal).map(|number| self.deal(system, &number)))
    }

    /// A keyed hash, so that it needs no table and says nothing of the number.
    fn document_id(&self, kind: &str, source: &str, number: &str) -> Id {
        let mut message = self.vault.tenant().document.message();
        message.part(kind.as_bytes());
        message.part(source.as_bytes());
        message.raw(number.as_bytes());
        Id::from_bytes(message.end_short())
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").field("vault", &self.vault).field("durable", &self.durable).finish()
    }
}

/// Commits to every personal part and seals it for everybody whom the signal names.
fn seal(
    sealer: Option<&Sealer>,
    slots: &[Slot],
    event: Context<'_>,
    personal: &[(String, Personal<String>)],
) -> Result<(Commitments, Vec<Payload>), EdgeError> {
    let mut commitments = Vec::with_capacity(personal.len());
    let mut payloads = Vec::with_capacity(personal.len());
    let Some(sealer) = sealer else { return Ok((commitments, payloads)) };
    for (part, words) in personal {
        let at = Context { field: part, ..event };
        let words = words.reveal(Purpose::Seal).as_bytes();
        commitments.push((part.clone(), sealer.commit(&at, words)));
        let (part, sealed) = (part.clone(), sealer.seal(&at, words)?);
        payloads.push(Payload { part, slots: slots.to_vec(), sealed });
    }
    Ok((commitments, payloads))
}

/// Fields by rising name, each once: the first given counts.
fn sorted<T: Clone>(given: &[(String, T)]) -> Cow<'_, [(String, T)]> {
    if given.is_sorted_by(|(one, _), (next, _)| one < next) {
        return Cow::Borrowed(given);
    }
    let mut fields = given.to_vec();
    fields.sort_by(|(one, _), (next, _)| one.cmp(next));
    fields.dedup_by(|(next, _), (one, _)| next == one);
    Cow::Owned(fields)
}

#[cfg(test)]
mod tests;
