//! Domains of mail addresses: they stand for a company until two companies have used one.
//!
//! - In: the domains that no account is known to own, and the account that other hints chose.
//! - Out: the account, where nothing else found one; what is learnt of the domain.
//! - Never: a company from the domain of a mail provider, listed or not, once a second one wrote from it.
//!
//! No list of mail providers is complete. So an address teaches its domain only to an account that it
//! made, or that is known by its own id; a domain that was said of the account itself goes before; and a
//! domain that two accounts have used, or two companies' names, is shared and finds nobody from then on.

use super::resolve::{Found, Hint};
use super::{Blind, Directory, How};
use crate::keys::StoreFault;

/// Blind indexes of a domain as addresses have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MailDomain {
    /// The account whose people write from it.
    pub(super) users: Blind,
    /// The mark that several companies' people do.
    pub(super) shared: Blind,
    /// The mark that a company's name was said beside it.
    pub(super) named: Blind,
    /// The names that are said beside it now.
    pub(super) names: Vec<Blind>,
}

/// Looks at the domains that no account is known to own, after all other hints.
///
/// # Errors
/// What the store says.
pub(super) fn weigh(
    unknown: &[Hint],
    chosen: &mut Option<Found>,
    learn: &mut Vec<(Blind, How)>,
    known: &mut Directory,
) -> Result<(), StoreFault> {
    let owned = unknown.iter().any(|hint| hint.how == How::Domain)
        || chosen.is_some_and(|found| found.how == How::Domain);
    for hint in unknown {
        let Some(mail) = &hint.mail else { continue };
        if known.find(&mail.shared)?.is_some() {
            continue;
        }
        let from_address = hint.how == How::MailDomain;
        let Some(kept_for) = known.find(&mail.users)? else {
            let taught = match chosen {
                None => true,
                Some(found) => found.how == How::External,
            };
            if from_address && taught && !owned {
                learn.push((mail.users, How::MailDomain));
                mail.learn_names(learn, known)?;
            }
            continue;
        };
        let slot = known.survivor(kept_for)?;
        let other_name = !mail.names.is_empty()
            && known.find(&mail.named)?.is_some()
            && !mail.is_named(known)?;
        match *chosen {
            Some(found) if found.slot == slot => mail.learn_names(learn, known)?,
            // Whoever writes on a case, or is known, may work for somebody else.
            Some(Found { how: How::External | How::Domain | How::Name, .. }) if from_address => {
                learn.push((mail.shared, How::SharedMailDomain));
            }
            Some(_) => {}
            None if from_address && other_name => {
                learn.push((mail.shared, How::SharedMailDomain));
            }
            None => {
                *chosen = Some(Found { how: How::MailDomain, kept_for, slot });
                mail.learn_names(learn, known)?;
            }
        }
    }
    Ok(())
}

impl MailDomain {
    fn is_named(&self, known: &mut Directory) -> Result<bool, StoreFault> {
        for name in &self.names {
            if known.find(name)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn learn_names(
        &self,
        learn: &mut Vec<(Blind, How)>,
        known: &mut Directory,
    ) -> Result<(), StoreFault> {
        let named = self.names.first().map(|_| (self.named, How::NamedMailDomain));
        let names = self.names.iter().map(|name| (*name, How::NameAtDomain));
        for (blind, how) in named.into_iter().chain(names) {
            if known.find(&blind)?.is_none() {
                learn.push((blind, how));
            }
        }
        Ok(())
    }
}
