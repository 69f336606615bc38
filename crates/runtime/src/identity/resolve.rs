//! Choosing the account: the first hint that is known wins; the others are learnt or disagree.

use super::mail::{self, MailDomain};
use super::{Blind, Directory, How};
use crate::keys::{Slot, StoreFault};
use bellwether_core::signal::MatchedBy;

/// One way to find the account, made blind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    /// What to look up.
    pub(crate) blind: Blind,
    /// What it is made of.
    pub(crate) how: How,
    /// For a domain: what addresses say of it.
    pub(super) mail: Option<MailDomain>,
    /// For a name: who else bears it.
    bearers: Option<Bearers>,
}

/// Blind indexes that tell whether a name can find somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bearers {
    /// The mark that the name stands for more than one account.
    pub(crate) shared: Blind,
    /// The name within the system whose id stands beside it.
    pub(crate) within: Option<Blind>,
}

impl Hint {
    /// A hint of a kind.
    pub(crate) const fn new(blind: Blind, how: How) -> Self {
        Self { blind, how, mail: None, bearers: None }
    }

    /// A domain: said of the account, or taken from somebody's address.
    pub(super) const fn domain(blind: Blind, how: How, mail: MailDomain) -> Self {
        Self { blind, how, mail: Some(mail), bearers: None }
    }

    /// Whether it is a company's name, which is too weak to stand for an account.
    pub(crate) const fn is_name(&self) -> bool {
        matches!(self.how, How::Name)
    }

    /// A company's name.
    pub(crate) fn named(blind: Blind, bearers: Bearers) -> Self {
        Self { bearers: Some(bearers), ..Self::new(blind, How::Name) }
    }
}

/// What the hints came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    /// The account's slot, after links; `None` for an account that is new.
    pub(crate) slot: Option<Slot>,
    /// The slot whose keys matched, where a link led from it to another.
    pub(crate) via: Option<Slot>,
    /// How it was found.
    pub(crate) matched_by: MatchedBy,
    /// Blind indexes to keep for the account.
    pub(crate) learn: Vec<(Blind, How)>,
    /// Some hint pointed to another account.
    pub(crate) conflict: bool,
}

/// Where a hint led.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) how: How,
    /// The slot that the hint is kept for.
    pub(super) kept_for: Slot,
    /// The same after links.
    pub(super) slot: Slot,
}

/// Chooses the account.
///
/// # Errors
/// What the store says.
pub(crate) fn resolve(hints: &[Hint], known: &mut Directory) -> Result<Resolution, StoreFault> {
    let mut chosen: Option<Found> = None;
    let (mut unknown, mut elsewhere) = (Vec::with_capacity(hints.len()), Vec::new());
    let mut learn = Vec::with_capacity(hints.len());
    let has_id = hints.iter().any(|hint| hint.how == How::External);
    for hint in hints {
        if let Some(bearers) = &hint.bearers {
            if known.find(&bearers.shared)?.is_some() {
                continue;
            }
            let within = bearers
                .within
                .map(|within| Ok::<_, StoreFault>((within, known.find(&within)?)))
                .transpose()?;
            match within {
                // The id is new, and the name stands for another id of the same system.
                Some((_, Some(_))) if chosen.is_none() => {
                    learn.push((bearers.shared, How::SharedName));
                    continue;
                }
                Some((within, None)) => unknown.push(Hint::new(within, How::NameWithin)),
                _ => {}
            }
        }
        let Some(kept_for) = known.find(&hint.blind)? else {
            unknown.push(hint.clone());
            continue;
        };
        let slot = known.survivor(kept_for)?;
        match &chosen {
            None => chosen = Some(Found { how: hint.how, kept_for, slot }),
            Some(first) if first.slot == slot => {}
            Some(_) => elsewhere.push(hint.clone()),
        }
    }
    let identified = has_id && elsewhere.iter().all(|hint| hint.how != How::External);
    if identified {
        let shared = elsewhere.iter().filter_map(|hint| hint.bearers);
        learn.extend(shared.map(|bearers| (bearers.shared, How::SharedName)));
    }
    mail::weigh(&unknown, &mut chosen, &mut learn, known)?;
    let found_by = chosen.map(|found| found.how);
    for hint in unknown.iter().filter(|hint| worth_learning(hint, found_by, identified)) {
        if learn.iter().all(|(learnt, _)| *learnt != hint.blind) {
            learn.push((hint.blind, hint.how));
        }
    }
    let linked = chosen.filter(|found| found.slot != found.kept_for);
    let matched_by = match found_by {
        Some(_) if linked.is_some() => MatchedBy::Link,
        Some(how) => how.matched_by(),
        None if hints.iter().any(|hint| hint.how == How::Event) => MatchedBy::Nobody,
        None => MatchedBy::New,
    };
    Ok(Resolution {
        slot: chosen.map(|found| found.slot),
        via: linked.map(|found| found.kept_for),
        matched_by,
        learn,
        conflict: !elsewhere.is_empty(),
    })
}

/// Whether an unknown hint is kept for the account; see the head of [`crate::identity`].
fn worth_learning(hint: &Hint, found_by: Option<How>, identified: bool) -> bool {
    match hint.how {
        How::Name | How::NameWithin => identified,
        // What addresses say has been weighed.
        How::MailDomain => false,
        // Whoever was found by name needs no stand-in.
        How::Event => found_by.is_none(),
        _ => true,
    }
}
