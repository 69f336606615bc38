//! From what the provider vouches for to an account and a session.

use super::{Provider, Purpose, Vouched, failed};
use crate::access::error::AccessError;
use crate::access::http::Fields;
use crate::access::principal::Account;
use crate::access::session::{Begun, OIDC};
use crate::access::{Desk, secret};
use bellwether_core::{Duration, Personal, Timestamp};
use bellwether_store::{Change, UserRow};

impl Desk {
    pub(in crate::access) fn provider(&self) -> Result<&Provider, AccessError> {
        self.oidc.as_ref().ok_or_else(|| failed("no provider is configured"))
    }

    /// Ends a sign-in with the provider: the session, and where to go on.
    pub(in crate::access) fn sign_in_by_provider(
        &self,
        fields: &Fields,
        secret: &str,
        now: Timestamp,
    ) -> Result<(Begun, String), AccessError> {
        let ended = self.provider()?.end(fields, secret, now);
        let (vouched, attempt) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                self.change(now, "sign-in.refused", None, "nobody", &[])?;
                return Err(error);
            }
        };
        let begun = match &attempt.why {
            Purpose::SignIn => self.enter(&vouched, now)?,
            Purpose::StepUp(account) => self.prove_by_provider(account, &vouched, now)?,
        };
        Ok((begun, attempt.next))
    }

    /// Somebody's account by issuer and subject; it is made when they come for the first time.
    fn enter(&self, vouched: &Vouched, now: Timestamp) -> Result<Begun, AccessError> {
        let role = vouched.role.ok_or_else(|| failed("no group of theirs has a role"))?;
        let blind = self.blind_of(vouched)?;
        // Without the provider's word when they proved it, it was too long ago.
        let long_ago = now.minus(self.settings.fresh).minus(Duration::from_secs(1));
        let authed = vouched.authed.unwrap_or(long_ago).min(now);
        if let Some(user) = self.reader().user_by(&blind)? {
            let sealed = self.names.seal(&user.id, &vouched.name)?;
            let renew = [Change::Role(&user.id, role.as_str()), Change::Name(&user.id, &sealed)];
            return self.begin(&user, authed, now, "sign-in", &renew);
        }
        let id = secret::id('u')?;
        let user = UserRow {
            kind: OIDC.to_owned(),
            role: role.as_str().to_owned(),
            person: None,
            enabled: true,
            password: None,
            blind,
            sealed: self.names.seal(&id, &vouched.name)?,
            created: now,
            id,
        };
        self.begin(&user, authed, now, "account.made", &[Change::AddUser(&user)])
    }

    fn prove_by_provider(
        &self,
        account: &Account,
        vouched: &Vouched,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let user = self.reader().user(&account.id)?.filter(|user| user.enabled);
        let user = user.ok_or(AccessError::Refused)?;
        if user.blind != self.blind_of(vouched)? {
            return Err(failed("it was proved by somebody else"));
        }
        let authed = vouched.authed.filter(|authed| self.is_fresh((*authed).min(now), now));
        let authed = authed.ok_or_else(|| failed("the proof is too old"))?;
        self.renew(account, authed.min(now), now)
    }

    /// Exactly the issuer's word: as a hash, which no change of letters touches.
    fn blind_of(&self, vouched: &Vouched) -> Result<[u8; 16], AccessError> {
        let subject = vouched.subject.reveal(bellwether_core::Purpose::Identify);
        let whole = format!("{}\n{subject}", self.provider()?.settings.issuer);
        let hex = secret::hash(&whole).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.names.blind(OIDC, &Personal::new(hex)).0)
    }
}
