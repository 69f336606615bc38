//! Finding somebody in every store: key slots, blind indexes, staff, refused rows.

use super::{Named, PrivacyError, Subject, slots_of_row, split};
use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::identity::{Blind, How, normal};
use crate::keys::Slot;
use crate::lineage::Kinship;
use crate::seal::{self, Context};
use bellwether_core::{AccountId, Body, Personal, Purpose, StreamId, SubjectId};
use bellwether_ledger::decode_event;
use bellwether_store::{Erasure, Sealed};
use std::ops::ControlFlow;

/// How many parts, and signals, of somebody are read to learn their address.
const MOST_READ: usize = 512;

/// A shorter id stands in too many rows to tell whom one is about.
const SHORTEST_ID: usize = 4;

impl Embedded {
    /// Who somebody is in every store. It reads whole tables: for a person's request, not for a signal.
    ///
    /// # Errors
    /// `privacy-ambiguous`, and what stores and keys say. Whom nobody knows is no error: see
    /// [`Subject::is_known`].
    pub fn find_subject(&mut self, named: &Named) -> Result<Subject, DriveError> {
        let mut subject = Subject::default();
        match named {
            Named::Email(email) => self.add_address(&mut subject, email)?,
            Named::External(system, id) => self.add_external(&mut subject, system, id)?,
            Named::Person(person) => {
                let slot = self.store().keys()?.slot_of(*person)?;
                let slot = slot.ok_or(PrivacyError::Unknown)?;
                self.add_slot(&mut subject, slot)?;
                self.add_own_addresses(&mut subject)?;
            }
            Named::Account(account) => {
                let slot = self.store().slot_of(*account)?.ok_or(PrivacyError::Unknown)?;
                self.add_slot(&mut subject, slot)?;
                self.add_own_addresses(&mut subject)?;
            }
        }
        self.add_staff(&mut subject)?;
        self.add_refused(&mut subject)?;
        self.add_hashes(&mut subject);
        subject.erased = self.earlier(&subject)?;
        Ok(subject)
    }

    /// The keyed hashes by which somebody is told again.
    pub(super) fn add_hashes(&self, subject: &mut Subject) {
        let hash = |blind| self.edge_ref().guard_hash(blind);
        subject.hashes.extend(subject.blinds.iter().map(hash));
    }

    /// The person of an address, and the account that it stands for if that is nobody else's.
    fn add_address(
        &mut self,
        subject: &mut Subject,
        email: &Personal<String>,
    ) -> Result<(), DriveError> {
        let kept = self.edge().kept_email(email.reveal(Purpose::Identify))?;
        subject.words.push(email.clone());
        for (blind, slot) in [kept.person, kept.account].into_iter().flatten() {
            subject.blinds.insert(blind);
            if Some((blind, slot)) == kept.person
                && let Some(slot) = slot
            {
                self.add_slot(subject, slot)?;
            }
        }
        if let Some((_, Some(slot))) = kept.account {
            let account = AccountId(self.edge().vault().read_id(slot)?.0);
            if subject.slots.contains_key(&slot) || self.is_alone(subject, slot, account)? {
                self.add_slot(subject, slot)?;
            } else {
                subject.kept_accounts.insert(account);
            }
        }
        Ok(())
    }

    fn add_external(
        &mut self,
        subject: &mut Subject,
        system: &str,
        id: &Personal<String>,
    ) -> Result<(), DriveError> {
        let kept = self.edge().kept_external(system, id.reveal(Purpose::Identify))?;
        if let (Some((_, Some(person))), Some((_, Some(account)))) = (kept.person, kept.account) {
            let person = self.edge().vault().read_id(person)?;
            let account = AccountId(self.edge().vault().read_id(account)?.0);
            return Err(PrivacyError::Ambiguous { person, account }.into());
        }
        subject.words.push(id.clone());
        for (blind, slot) in [kept.person, kept.account].into_iter().flatten() {
            subject.blinds.insert(blind);
            slot.map(|slot| self.add_slot(subject, slot)).transpose()?;
        }
        self.add_own_addresses(subject)
    }

    /// A slot with everything that leads to it.
    pub(super) fn add_slot(&mut self, subject: &mut Subject, slot: Slot) -> Result<(), DriveError> {
        let id = self.edge().vault().read_id(slot)?;
        subject.slots.insert(slot, id);
        for identity in self.store().identities_of(slot)? {
            let is_mark = [How::SharedName, How::SharedMailDomain, How::NamedMailDomain]
                .iter()
                .any(|mark| mark.as_str() == identity.how);
            if let (Ok(blind), false) = (identity.blind.try_into(), is_mark) {
                let leads = identity.how == How::Contact.as_str();
                let blinds = if leads { &mut subject.leads } else { &mut subject.blinds };
                blinds.insert(Blind(blind));
            }
        }
        if self.store().accounts(&[slot])?.into_iter().flatten().next().is_some() {
            subject.accounts.insert(AccountId(id.0));
        }
        Ok(())
    }

    /// Whether an account is known by nothing but this person: by their address, and by numbers of cases
    /// and deals; linked to no other; and nobody else is named in its stream.
    fn is_alone(
        &mut self,
        subject: &Subject,
        slot: Slot,
        account: AccountId,
    ) -> Result<bool, DriveError> {
        let own = |how: &str, blind: &[u8]| {
            let number = [How::Case, How::Deal, How::Event].iter().any(|one| one.as_str() == how);
            number || subject.blinds.iter().any(|known| known.0 == blind)
        };
        let identities = self.store().identities_of(slot)?;
        if !identities.iter().all(|identity| own(&identity.how, &identity.blind)) {
            return Ok(false);
        }
        let stream = StreamId::account(account);
        if Kinship::read(self.store())?.knows(stream) {
            return Ok(false);
        }
        let mut alone = true;
        self.store().stream_events(stream, 1, |row| {
            if let Ok(event) = decode_event(row.event)
                && let Body::Signal(signal) = event.body
            {
                let known = |id: SubjectId| subject.slots.values().any(|own| *own == id);
                alone &= signal.contact.is_none_or(known);
            }
            if alone { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(alone)
    }

    /// Learns from somebody's own parts by which address they are known.
    fn add_own_addresses(&mut self, subject: &mut Subject) -> Result<(), DriveError> {
        let mut rows = Vec::new();
        self.store().each_sealed(Sealed::Payload, |_, pos, row| {
            let theirs = slots_of_row(row).iter().any(|slot| subject.slots.contains_key(slot));
            if theirs && rows.len() < MOST_READ {
                rows.push((pos, row.to_vec()));
            }
        })?;
        // Signals that name somebody as an owner are sealed for their account alone.
        for place in self.places_of(subject)?.iter().take(MOST_READ) {
            self.store().sealed_at(place.pos, |_, _, row| rows.push((place.pos, row.to_vec())))?;
        }
        let mut found: Vec<Personal<String>> = Vec::new();
        for (pos, row) in rows {
            let Some(entry) = self.store().entry(pos)? else { continue };
            let Ok(event) = decode_event(&entry.event) else { continue };
            let (Body::Signal(signal), Some((field, sealed))) = (event.body, split(&row)) else {
                continue;
            };
            let at = Context { stream: entry.stream, event: signal.key, field };
            let Ok(opened) = seal::open(self.edge().vault(), &at, sealed) else { continue };
            for address in normal::addresses(opened.reveal(Purpose::Identify)) {
                // An address that only leads to the account may be another person's of the same company.
                let (_, slot) = self.edge().kept_email(&address)?.person.unzip();
                let theirs = slot.flatten().is_some_and(|slot| subject.slots.contains_key(&slot));
                let known = |one: &Personal<String>| *one.reveal(Purpose::Identify) == address;
                if theirs && !found.iter().any(known) {
                    found.push(Personal::new(address));
                }
            }
        }
        found.iter().try_for_each(|address| self.add_address(subject, address))
    }

    /// Staff whose address it is.
    fn add_staff(&mut self, subject: &mut Subject) -> Result<(), DriveError> {
        let wanted: Vec<_> = subject.words.iter().filter_map(whole_address).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let details = crate::staff::of(self.store(), self.edge_ref().vault())?;
        for staff in self.store().staff()? {
            let email = details.get(&staff.person).and_then(|details| details.email.as_ref());
            if email.and_then(whole_address).is_some_and(|email| wanted.contains(&email)) {
                let id = self.edge_ref().vault().read_id(staff.slot)?;
                subject.slots.insert(staff.slot, id);
                subject.staff.push(staff.person);
            }
        }
        Ok(())
    }

    /// Refused rows in which an address or id stands. Nobody knows whose they are until they are opened.
    fn add_refused(&mut self, subject: &mut Subject) -> Result<(), DriveError> {
        let emails: Vec<_> = subject.words.iter().filter_map(whole_address).collect();
        let words = subject.words.iter().map(|word| word.reveal(Purpose::Identify));
        let ids: Vec<&String> =
            words.filter(|word| !word.contains('@') && word.len() >= SHORTEST_ID).collect();
        subject.searched = !emails.is_empty() || !ids.is_empty();
        if !subject.searched {
            return Ok(());
        }
        let mut found = Vec::new();
        for (id, row) in self.store().quarantine(None, 0, usize::MAX >> 1)? {
            let Ok(opened) = self.open_quarantined(&row) else { continue };
            let bytes = opened.reveal(Purpose::Identify);
            let named = normal::addresses(bytes).iter().any(|address| emails.contains(address));
            let text = String::from_utf8_lossy(bytes);
            let called = |id: &&String| {
                text.split(|letter: char| !letter.is_alphanumeric() && !id.contains(letter))
                    .any(|word| word == id.as_str())
            };
            if named || ids.iter().any(called) {
                found.push((id, row.subject));
            }
        }
        for (id, slot) in found {
            subject.refused.push(id);
            subject.slots.insert(slot, self.edge_ref().vault().read_id(slot)?);
        }
        Ok(())
    }

    /// The newest erasure of the same: by what names them, or by their keys.
    fn earlier(&self, subject: &Subject) -> Result<Option<Erasure>, DriveError> {
        let guards = self.store().guards()?;
        let by_hash = guards.iter().find_map(|guard| {
            guard.erasure.filter(|_| guard.kind == "erased" && subject.hashes.contains(&guard.hash))
        });
        let is_it = |one: &Erasure| {
            let theirs = one.slots.iter().any(|slot| subject.slots.contains_key(slot));
            theirs || Some(one.id) == by_hash
        };
        Ok(self.store().erasures()?.into_iter().rev().find(is_it))
    }
}

fn whole_address(word: &Personal<String>) -> Option<String> {
    normal::address(word.reveal(Purpose::Identify)).map(|address| address.whole())
}
