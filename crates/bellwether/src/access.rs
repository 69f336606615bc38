//! Access: who somebody is, and what they may do.
//!
//! Flow: a request -> [`identify`](http::identify) -> [`Principal`] -> [`Desk::may`] -> the handler
//!
//! - In: passwords, sessions, tokens, tokens of an OpenID provider, one-time links; the time as an argument.
//! - Out: a [`Principal`], or a refusal that does not say more than it must; changes of accounts, each with
//!   a line of the trail.
//! - Never: keeps a secret that could be read back; lets an error allow anything; changes a thing on GET.

pub(crate) mod answer;
mod cookie;
pub(crate) mod decide;
mod emergency;
mod error;
mod headers;
mod http;
pub(crate) mod link;
mod oidc;
mod origin;
mod pages;
pub(crate) mod password;
pub(crate) mod principal;
mod profile;
mod routes;
mod secret;
mod session;
pub(crate) mod settings;
mod throttle;
pub(crate) mod token;

use decide::{Action, Resource, Why};
pub(crate) use emergency::{emergency_login, leaf};
pub(crate) use error::AccessError;
pub(crate) use headers::headers;
pub(crate) use http::{FORM, identify};
pub(crate) use principal::{Principal, Role, Scope};
pub(crate) use routes::routes;
pub(crate) use settings::Settings;

use bellwether_core::{Personal, Timestamp};
use bellwether_runtime::live::{Clock, LiveError};
use bellwether_runtime::names::Names;
use bellwether_store::{Accounts, Change, Trail, UserRow};
use decide::Policies;
use password::Passwords;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use throttle::Throttle;
use tokio::sync::Semaphore;

/// Writes the leaf of an emergency, durable on return: the account, and until when it is in.
pub(crate) type Leaf = Box<dyn Fn(&str, Timestamp) -> Result<(), LiveError> + Send + Sync>;

/// Passwords that are hashed at once: each takes memory and a core.
const HASHED_AT_ONCE: usize = 2;

/// Where everybody is told who they are.
pub(crate) struct Desk {
    settings: Settings,
    clock: Clock,
    /// Answers requests; never waits for the disk.
    reader: Mutex<Accounts>,
    writer: Mutex<Accounts>,
    tokens: Mutex<token::Remembered>,
    names: Names,
    passwords: Passwords,
    throttle: Mutex<Throttle>,
    policies: Policies,
    oidc: Option<oidc::Provider>,
    leaf: Leaf,
    hashing: Arc<Semaphore>,
}

impl Desk {
    /// Opens the accounts of a data directory.
    ///
    /// # Errors
    /// `access-settings`, and what the store says.
    pub(crate) fn open(
        data: &Path,
        names: Names,
        settings: Settings,
        clock: Clock,
        leaf: Leaf,
    ) -> Result<Self, AccessError> {
        if let Some(fault) = settings.faults().into_iter().next() {
            return Err(AccessError::Settings(fault));
        }
        let oidc = settings.oidc.clone().map(|oidc| oidc::Provider::new(oidc, &settings));
        Ok(Self {
            clock,
            reader: Mutex::new(Accounts::open(data)?),
            writer: Mutex::new(Accounts::open(data)?),
            tokens: Mutex::default(),
            names,
            passwords: Passwords::new(settings.work)?,
            throttle: Mutex::new(Throttle::default()),
            policies: Policies::load().map_err(AccessError::Settings)?,
            oidc: oidc.transpose()?,
            settings,
            leaf,
            hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)),
        })
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Whether somebody may do something now.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn may(
        &self,
        who: &Principal,
        action: Action,
        what: &Resource<'_>,
        now: Timestamp,
    ) -> Result<(), Why> {
        let fresh = match who {
            Principal::Account(account) => self.is_fresh(account.authed, now),
            Principal::Nobody | Principal::Service(_) => false,
        };
        self.policies.may(who, fresh, action, what)
    }

    /// Whether a proof is not too old for what cannot be taken back.
    fn is_fresh(&self, authed: Timestamp, now: Timestamp) -> bool {
        authed <= now && now.since(authed) <= self.settings.fresh
    }

    /// What an account is called.
    pub(crate) fn name(&self, user: &UserRow) -> Option<Personal<String>> {
        self.names.open(&user.id, &user.sealed)
    }

    fn reader(&self) -> MutexGuard<'_, Accounts> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes all or nothing, with its line of the trail.
    fn change(
        &self,
        at: Timestamp,
        what: &'static str,
        account: Option<&str>,
        actor: &str,
        changes: &[Change<'_>],
    ) -> Result<bool, AccessError> {
        let account = account.map(str::to_owned);
        let trail = Trail { at, what, account, actor: actor.to_owned() };
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(writer.change(&trail, changes)?)
    }

    /// Moves the last use of something forward, aside from the request that used it.
    fn touch(
        self: &Arc<Self>,
        touch: impl FnOnce(&mut Accounts) -> Result<(), bellwether_store::StoreError> + Send + 'static,
    ) {
        let desk = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let mut writer = desk.writer.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = touch(&mut writer) {
                tracing::warn!(code = error.code(), "The last use could not be noted.");
            }
        });
    }

    /// Forgets what has ended.
    ///
    /// # Errors
    /// What the store says.
    fn sweep(&self, now: Timestamp) -> Result<(), AccessError> {
        let (idle, old) = (now.minus(self.settings.idle), now.minus(self.settings.trail));
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.sweep(now, idle, old)?;
        Ok(())
    }
}

/// Keeps the accounts' file small, for as long as somebody waits for it.
pub(crate) async fn keep_tidy(desk: Arc<Desk>) {
    let mut hours = tokio::time::interval(std::time::Duration::from_secs(3600));
    loop {
        hours.tick().await;
        if let Err(error) = desk.off(|desk, now| desk.sweep(now)).await {
            tracing::warn!(code = error.code(), "What has ended could not be forgotten.");
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
