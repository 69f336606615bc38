//! The account for emergencies: in the log before it is in the house.

use super::error::AccessError;
use super::session::Begun;
use super::{Desk, Principal, secret};
use bellwether_core::event::Note;
use bellwether_core::{Body, Code, Origin, StreamId, Timestamp};
use bellwether_runtime::live::Live;
use bellwether_store::{Change, EmergencyRow, UserRow};

/// Writes the leaf through the running driver.
pub(crate) fn leaf(live: Live, owner: Option<Code>) -> super::Leaf {
    Box::new(move |account, until| {
        let members = vec![
            ("account".to_owned(), account.to_owned()),
            ("until".to_owned(), until.to_string()),
        ];
        // Whom nobody named is everybody's business: the card goes to whoever is always staffed.
        let tell = Some(owner.unwrap_or_else(|| Code::of("")));
        let body = Body::Noted { note: Note::BreakGlass, members, tell };
        live.call(move |driver, now| {
            driver.give(StreamId::SYSTEM, &body, Origin::Live, now).map(drop)
        })
    })
}

/// A name that nobody guesses and a password, for the account for emergencies.
///
/// # Errors
/// `key-randomness`.
pub(crate) fn emergency_login() -> Result<(String, String), AccessError> {
    Ok((format!("breakglass-{}", secret::id('x')?), secret::random()?))
}

impl Desk {
    /// Begins a session of the account for emergencies, once the log has it.
    pub(super) fn open_emergency(
        &self,
        user: &UserRow,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let until = now.plus(self.settings.emergency);
        (self.leaf)(&user.id, until)?;
        let note = [Change::Emergency(&user.id, now, until)];
        self.begin(user, now, now, "emergency", &note)
    }

    /// Sign-ins with the account for emergencies that nobody has looked at yet.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn unreviewed(&self) -> Result<Vec<EmergencyRow>, AccessError> {
        let all = self.reader().emergencies()?;
        Ok(all.into_iter().filter(|one| one.reviewed.is_none()).collect())
    }

    /// Notes that somebody looked at what was done.
    ///
    /// # Errors
    /// `access-unknown`, and what the store says.
    pub(crate) fn review(
        &self,
        number: u64,
        who: &Principal,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        let actor = who.actor();
        let review = [Change::Review(number, &actor, now)];
        match self.change(now, "emergency.reviewed", None, &actor, &review)? {
            true => Ok(()),
            false => Err(AccessError::Unknown("sign-in that waits for a review")),
        }
    }
}
