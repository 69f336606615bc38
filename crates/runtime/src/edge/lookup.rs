//! Finding what is known of somebody whom a person names: for explaining, exporting and erasing.

use super::Edge;
use crate::identity::{self, Blind, normal};
use crate::keys::{KeyError, Slot};
use bellwether_core::signal::AccountHint;
use bellwether_core::{AccountId, Personal, SubjectId};

/// What is known of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Accounts that it stands for, after links, the surest first.
    pub accounts: Vec<AccountId>,
    /// The person.
    pub contact: Option<SubjectId>,
    /// The person's key slot: erasing the person destroys its key.
    pub contact_slot: Option<Slot>,
    /// Blind indexes made of the person's address or id alone: erasing the person removes them.
    pub blinds: Vec<Blind>,
}

/// What names somebody, each with the slot that it is kept for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept {
    /// A person.
    pub(crate) person: Option<(Blind, Option<Slot>)>,
    /// An account, before links.
    pub(crate) account: Option<(Blind, Option<Slot>)>,
}

impl Edge {
    /// Who has a mail address: the person, the account that the address stands for, and the account
    /// of its domain.
    ///
    /// # Errors
    /// What the stores say.
    pub fn lookup_email(&self, email: &str) -> Result<Found, KeyError> {
        let Some(address) = normal::address(email) else { return Ok(Found::default()) };
        let keys = self.vault.tenant();
        let contact = identity::blind_contact(keys, &address);
        let person = identity::blind_person(keys, "", email);
        let mut found = self.person(person)?;
        if self.directory.read(&contact)?.is_some() {
            found.blinds.push(contact);
        }
        self.add_account(&mut found, contact)?;
        self.add_domain(&mut found, address.host())?;
        Ok(found)
    }

    /// The account that a company's domain stands for.
    ///
    /// # Errors
    /// What the stores say.
    pub fn lookup_domain(&self, domain: &str) -> Result<Found, KeyError> {
        let mut found = Found::default();
        self.add_domain(&mut found, domain)?;
        Ok(found)
    }

    /// The account that a company's name stands for, without its legal form.
    ///
    /// # Errors
    /// What the stores say.
    pub fn lookup_name(&self, name: &str) -> Result<Found, KeyError> {
        let hint = AccountHint::Name(Personal::new(name.to_owned()));
        let mut found = Found::default();
        for blind in identity::blinds_of(self.vault.tenant(), &hint) {
            self.add_account(&mut found, blind)?;
        }
        Ok(found)
    }

    /// What an id in a system stands for: an account, a person, or with the system `case:<source>` or
    /// `deal:<source>` the account of a case or deal.
    ///
    /// # Errors
    /// What the stores say.
    pub fn lookup_external(&self, system: &str, id: &str) -> Result<Found, KeyError> {
        let keys = self.vault.tenant();
        let account = identity::blind_external(keys, &[system], id);
        let person = identity::blind_person(keys, system, id);
        let mut found = self.person(person)?;
        self.add_account(&mut found, account)?;
        Ok(found)
    }

    /// Under which blind indexes a mail address is kept, with the slot that each stands for: the person,
    /// and the account whose contact it is.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn kept_email(&self, email: &str) -> Result<Kept, KeyError> {
        let keys = self.vault.tenant();
        let contact = normal::address(email).map(|address| identity::blind_contact(keys, &address));
        let person = contact.and_then(|_| identity::blind_person(keys, "", email));
        self.kept(person, contact)
    }

    /// The same for an id in a system: the person, and the account that has it.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn kept_external(&self, system: &str, id: &str) -> Result<Kept, KeyError> {
        let keys = self.vault.tenant();
        let account = identity::blind_external(keys, &[system], id);
        self.kept(identity::blind_person(keys, system, id), Some(account))
    }

    fn kept(&self, person: Option<Blind>, account: Option<Blind>) -> Result<Kept, KeyError> {
        let slot = |blind: Option<Blind>| -> Result<_, KeyError> {
            blind.map(|blind| Ok((blind, self.directory.read(&blind)?))).transpose()
        };
        Ok(Kept { person: slot(person)?, account: slot(account)? })
    }

    /// The keyed hash by which whoever is kept under a blind index is told again when guarded.
    pub(crate) fn guard_hash(&self, blind: &Blind) -> [u8; 16] {
        super::guard::hash(self.vault.tenant(), blind)
    }

    fn person(&self, blind: Option<Blind>) -> Result<Found, KeyError> {
        let mut found = Found::default();
        if let Some(blind) = blind
            && let Some(slot) = self.directory.read(&blind)?
        {
            found.contact = Some(self.vault.read_id(slot)?);
            found.contact_slot = Some(slot);
            found.blinds.push(blind);
        }
        Ok(found)
    }

    fn add_domain(&self, found: &mut Found, domain: &str) -> Result<(), KeyError> {
        let keys = self.vault.tenant();
        if let Some(blind) = identity::blind_domain(keys, domain) {
            self.add_account(found, blind)?;
        }
        if let Some([users, shared]) = identity::blind_mail_domain(keys, domain)
            && self.directory.read(&shared)?.is_none()
        {
            self.add_account(found, users)?;
        }
        Ok(())
    }

    fn add_account(&self, found: &mut Found, blind: Blind) -> Result<(), KeyError> {
        if let Some(slot) = self.directory.read(&blind)? {
            let slot = self.directory.survivor(slot)?;
            let account = AccountId(self.vault.read_id(slot)?.0);
            if !found.accounts.contains(&account) {
                found.accounts.push(account);
            }
        }
        Ok(())
    }
}
