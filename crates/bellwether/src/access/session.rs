//! Sessions: begun by a proof, renewed by another, ended by whoever holds one.

use super::error::AccessError;
use super::principal::{Account, Role};
use super::throttle::Key;
use super::{Desk, secret};
use bellwether_core::{Duration, Personal, Purpose, Timestamp};
use bellwether_store::{Change, SessionRow, UserRow};
use std::net::IpAddr;
use std::sync::Arc;

/// The last use is noted no more often than this.
const COARSE: Duration = Duration::from_micros(60_000_000);

/// Accounts with a password of their own here.
pub(super) const LOCAL: &str = "local";
/// Accounts of the OpenID provider.
pub(super) const OIDC: &str = "oidc";
/// The account for emergencies.
pub(super) const EMERGENCY: &str = "breakglass";

/// A session's secret, for its cookie, and how long the browser keeps it.
#[derive(Debug)]
pub(crate) struct Begun {
    /// For the cookie.
    pub(crate) secret: String,
    /// Until when.
    pub(crate) ends: Timestamp,
}

impl Desk {
    /// Signs somebody in by name and password.
    ///
    /// # Errors
    /// `access-refused`, whatever was wrong; `access-throttled`; `access-unwritten`.
    pub(crate) fn sign_in(
        &self,
        name: &Personal<String>,
        password: &Personal<String>,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let blind = self.names.blind(LOCAL, name).0;
        let keys = [Key::Account(blind), Key::of(from)];
        let user = self.reader().user_by(&blind)?;
        let user = self.prove(user, password, &keys, now)?;
        if user.kind == EMERGENCY {
            return self.open_emergency(&user, now);
        }
        let kept = user.password.as_deref().unwrap_or_default();
        if self.passwords.is_old(kept)
            && let Ok(renewed) = self.passwords.hash("", password)
        {
            let renew = [Change::Password(&user.id, &renewed)];
            return self.begin(&user, now, now, "sign-in", &renew);
        }
        self.begin(&user, now, now, "sign-in", &[])
    }

    /// Proves again who somebody is: the session gets another secret.
    ///
    /// # Errors
    /// `access-refused`, `access-throttled`.
    pub(crate) fn step_up(
        &self,
        account: &Account,
        password: &Personal<String>,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let user = self.reader().user(&account.id)?;
        let known = user.as_ref().map_or([0; 16], |user| user.blind);
        let keys = [Key::Account(known), Key::of(from)];
        self.prove(user, password, &keys, now)?;
        self.renew(account, now, now)
    }

    /// Sets somebody's own password, after the one so far: of their sessions only a new one is left.
    ///
    /// # Errors
    /// As [`Desk::step_up`]; `access-password`.
    pub(crate) fn set_password(
        &self,
        account: &Account,
        old: &Personal<String>,
        new: &Personal<String>,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let user = self.reader().user(&account.id)?.ok_or(AccessError::Nobody)?;
        let keys = [Key::Account(user.blind), Key::of(from)];
        let user = self.prove(Some(user), old, &keys, now)?;
        let name = self.name(&user);
        let name = name.as_ref().map_or("", |name| name.reveal(Purpose::Identify));
        let kept = self.passwords.hash(name, new)?;
        let set = [Change::Password(&user.id, &kept), Change::EndAll(&user.id)];
        self.begin(&user, now, now, "password.set", &set)
    }

    /// Whether this password is the account's; the work is the same for one that does not exist.
    fn prove(
        &self,
        user: Option<UserRow>,
        password: &Personal<String>,
        keys: &[Key],
        now: Timestamp,
    ) -> Result<UserRow, AccessError> {
        {
            let mut throttle = self.throttle();
            if let Some(retry_after) = throttle.pause(keys, now) {
                return Err(AccessError::Throttled { retry_after });
            }
            throttle.failed(keys, now);
        }
        let kept = user.as_ref().and_then(|user| user.password.as_deref());
        let fits = self.passwords.check(kept, password);
        match user {
            Some(user) if fits && user.enabled => {
                self.throttle().passed(keys);
                Ok(user)
            }
            user => {
                let account = user.as_ref().map(|user| user.id.as_str());
                self.change(now, "sign-in.refused", account, "nobody", &[])?;
                Err(AccessError::Refused)
            }
        }
    }

    /// Begins a session for somebody who proved who they are at `authed`, together with other changes.
    pub(super) fn begin(
        &self,
        user: &UserRow,
        authed: Timestamp,
        now: Timestamp,
        what: &'static str,
        others: &[Change<'_>],
    ) -> Result<Begun, AccessError> {
        let lasts = match user.kind == EMERGENCY {
            true => self.settings.emergency,
            false => self.settings.longest,
        };
        let ends = now.plus(lasts);
        let (secret, session) = session(&user.id, now, authed, now, ends)?;
        let mut changes = others.to_vec();
        changes.push(Change::Begin(&session));
        match self.change(now, what, Some(&user.id), &user.id, &changes)? {
            true => Ok(Begun { secret, ends }),
            false => Err(AccessError::Refused),
        }
    }

    /// Puts another secret in the place of a session's, after another proof.
    pub(super) fn renew(
        &self,
        account: &Account,
        authed: Timestamp,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let old = self.reader().session(&account.hash)?.ok_or(AccessError::Nobody)?;
        let (secret, session) = session(&account.id, old.created, authed, now, old.ends)?;
        let changes = [Change::End(&account.hash), Change::Begin(&session)];
        match self.change(now, "step-up", Some(&account.id), &account.id, &changes)? {
            true => Ok(Begun { secret, ends: old.ends }),
            false => Err(AccessError::Nobody),
        }
    }

    /// Who holds a session's secret; nobody once it has ended, was not used for too long, or the account
    /// was disabled.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn holder(
        self: &Arc<Self>,
        secret: &str,
        now: Timestamp,
    ) -> Result<Option<Account>, AccessError> {
        let hash = secret::hash(secret);
        let (session, user) = {
            let reader = self.reader();
            let Some(session) = reader.session(&hash)? else { return Ok(None) };
            let user = reader.user(&session.account)?;
            (session, user)
        };
        let live = now < session.ends && now < session.seen.plus(self.settings.idle);
        let Some(user) = user.filter(|user| user.enabled && live) else { return Ok(None) };
        let Some(role) = Role::from_word(&user.role) else { return Ok(None) };
        if now.since(session.seen) > COARSE {
            self.touch(move |accounts| accounts.touch_session(&hash, now));
        }
        Ok(Some(Account {
            id: user.id,
            role,
            person: user.person,
            authed: session.authed,
            session: session.number,
            hash,
            form: secret::form(secret),
        }))
    }

    /// Ends the session, or every session of its account.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn sign_out(
        &self,
        account: &Account,
        everywhere: bool,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        let (what, change) = match everywhere {
            true => ("sign-out.everywhere", Change::EndAll(&account.id)),
            false => ("sign-out", Change::End(&account.hash)),
        };
        self.change(now, what, Some(&account.id), &account.id, &[change])?;
        Ok(())
    }
}

/// A session that is not kept yet, and its secret.
fn session(
    account: &str,
    created: Timestamp,
    authed: Timestamp,
    seen: Timestamp,
    ends: Timestamp,
) -> Result<(String, SessionRow), AccessError> {
    let secret = secret::random()?;
    let (number, hash, account) = (0, secret::hash(&secret), account.to_owned());
    Ok((secret, SessionRow { number, hash, account, created, authed, seen, ends }))
}
