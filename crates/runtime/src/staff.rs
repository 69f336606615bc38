//! Staff: names and addresses of whom rules ask, kept apart from the rules and sealed one by one.
//!
//! - In: the people of rules that are activated, while their files are at hand.
//! - Out: [`Details`] by handle, as long as they are kept: for explanations and for writing to them.
//! - Never: puts a name into rules, records or effects; those know handles only.

use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::keys::{KeyProvider, Vault};
use crate::seal::{self, Context, SealError};
use bellwether_core::{Personal, Purpose, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_ledger::json::Object;
use bellwether_store::{Batch, Staff, Store, View};
use std::collections::BTreeMap;

/// Where details are sealed. No part of a signal can be called so.
const CONTEXT: Context<'static> = Context { stream: StreamId::SYSTEM, event: 0, field: "~staff" };

/// What is kept of somebody whom rules ask.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// What to call them.
    pub name: Option<Personal<String>>,
    /// Where to write to.
    pub email: Option<Personal<String>>,
}

impl Embedded {
    /// Keeps names and addresses of the people of rules that are about to be activated, with the next
    /// commit. Whom they do not name is marked as gone.
    ///
    /// # Errors
    /// [`DriveError`] when keys cannot be had.
    pub fn keep_staff(&mut self, rules: &Rules, at: Timestamp) -> Result<(), DriveError> {
        let known = self.store().staff()?;
        let people = rules.policy().people();
        let mut changed = Vec::new();
        for staff in &known {
            let there = people.persons().iter().any(|person| person.key == staff.person);
            let gone = if there { None } else { staff.gone.or(Some(at)) };
            changed.push(Staff { gone, ..staff.clone() });
        }
        self.take_details(rules, at, |_| true, &mut changed)?;
        changed.retain(|staff| !known.contains(staff));
        self.batch().staff.extend(changed);
        Ok(())
    }

    /// Keeps names and addresses of people whom nobody knows yet, of rules that are not in force: what is
    /// known of the others stays as it is until they are.
    ///
    /// # Errors
    /// As [`Embedded::keep_staff`].
    pub(crate) fn keep_newcomers(
        &mut self,
        rules: &Rules,
        at: Timestamp,
    ) -> Result<(), DriveError> {
        let known = self.store().staff()?;
        let mut kept = Vec::new();
        let is_new = |person: &str| known.iter().all(|staff| staff.person != person);
        self.take_details(rules, at, is_new, &mut kept)?;
        self.batch().staff.extend(kept);
        Ok(())
    }

    /// Seals what rules say of people, each under the key that is theirs already.
    fn take_details(
        &mut self,
        rules: &Rules,
        at: Timestamp,
        wanted: impl Fn(&str) -> bool,
        changed: &mut Vec<Staff>,
    ) -> Result<(), DriveError> {
        let persons = rules.policy().people().persons().iter();
        for person in persons.filter(|person| wanted(&person.key)) {
            let Some(details) = written(person.name.as_ref(), person.email.as_ref()) else {
                continue;
            };
            let place = changed.iter().position(|staff| staff.person == person.key);
            let kept = place.and_then(|place| changed.get(place)).map(|staff| staff.slot);
            let slot = match kept {
                Some(slot) if self.edge().vault().opener(&[slot]).is_ok() => slot,
                _ => self.edge().vault_mut().take_slot()?,
            };
            let sealer = self.edge().vault_mut().sealer(&[slot])?;
            let sealed = sealer.seal(&CONTEXT, details.reveal(Purpose::Seal))?;
            let staff = Staff { person: person.key.clone(), slot, sealed, since: at, gone: None };
            match place.and_then(|place| changed.get_mut(place)) {
                Some(old) => *old = staff,
                None => changed.push(staff),
            }
        }
        Ok(())
    }

    /// Erases name and address of somebody whom rules ask: the row is removed and its key destroyed.
    /// Says whether there was anything to erase.
    ///
    /// # Errors
    /// [`DriveError`] when it could not be done whole; then do it again.
    pub fn forget_staff(&mut self, person: &str, at: Timestamp) -> Result<bool, DriveError> {
        let known = self.store().staff()?;
        let Some(staff) = known.into_iter().find(|staff| staff.person == person) else {
            return Ok(false);
        };
        self.edge().vault_mut().destroy(staff.slot, at)?;
        let batch = Batch { forget: vec![staff.slot], ..Batch::new(at) };
        self.store_mut().commit(&batch)?;
        self.store_mut().fold_log()?;
        Ok(true)
    }
}

/// What is kept of somebody, as bytes.
fn written(
    name: Option<&Personal<String>>,
    email: Option<&Personal<String>>,
) -> Option<Personal<Vec<u8>>> {
    name.or(email)?;
    let mut out = Vec::new();
    let mut object = Object::new(&mut out);
    for (key, detail) in [("email", email), ("name", name)] {
        if let Some(detail) = detail {
            object.text(key, detail.reveal(Purpose::Seal));
        }
    }
    object.end();
    Some(Personal::new(out))
}

/// Everybody's details that are still there, by handle.
///
/// # Errors
/// [`DriveError`] when keys or rows cannot be read. Details whose key is gone are left out.
pub fn read(
    store: &Store,
    provider: Box<dyn KeyProvider + Send>,
) -> Result<BTreeMap<String, Details>, DriveError> {
    if store.staff()?.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (edge, _) = crate::wiring::edge(store, provider)?;
    of(store, edge.vault())
}

/// The same with keys that are open already.
///
/// # Errors
/// As [`read`].
pub fn of(store: &View, vault: &Vault) -> Result<BTreeMap<String, Details>, DriveError> {
    let mut found = BTreeMap::new();
    for staff in store.staff()? {
        match seal::open(vault, &CONTEXT, &staff.sealed) {
            Ok(opened) => {
                found.insert(staff.person, details(opened.reveal(Purpose::Show)));
            }
            Err(SealError::Erased) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn details(bytes: &[u8]) -> Details {
    let json: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = |key: &str| Some(Personal::new(json.get(key)?.as_str()?.to_owned()));
    Details { name: text("name"), email: text("email") }
}
