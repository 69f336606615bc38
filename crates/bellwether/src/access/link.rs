//! One-time links: the first admin, invitations, new passwords.

use super::error::AccessError;
use super::principal::Role;
use super::session::{Begun, EMERGENCY, LOCAL};
use super::{Desk, secret};
use bellwether_core::{Duration, Personal, Purpose, Timestamp};
use bellwether_runtime::names::Names;
use bellwether_store::{Accounts, Change, LinkRow, Trail, UserRow};

/// How long a link holds.
pub(crate) const LASTS: Duration = Duration::from_micros(24 * 3_600_000_000);

/// The kind of link that makes the first admin.
pub(super) const FIRST: &str = "first";

/// The longest name of an account, in bytes.
const LONGEST_NAME: usize = 200;

/// What a link is for.
#[derive(Clone, Debug)]
pub(crate) enum For<'a> {
    /// The first admin; of these there is one at a time.
    First,
    /// Another account.
    Invite {
        /// Its role.
        role: Role,
        /// The person whom rules ask under this handle.
        person: Option<&'a str>,
    },
    /// A new password of an account.
    Reset {
        /// The account.
        account: &'a str,
    },
}

/// Makes a one-time link and says its secret.
///
/// # Errors
/// `access-unknown` for an account that is not there or has no password here, and what the store says.
pub(crate) fn make(
    accounts: &mut Accounts,
    what: &For<'_>,
    actor: &str,
    now: Timestamp,
) -> Result<String, AccessError> {
    let secret = secret::random()?;
    let (kind, role, person, account) = match what {
        For::First => (FIRST, Role::Admin, None, None),
        For::Invite { role, person } => ("invite", *role, *person, None),
        For::Reset { account } => ("reset", Role::Viewer, None, Some(*account)),
    };
    if let Some(account) = account {
        let user = accounts.user(account)?;
        user.filter(|user| user.kind == LOCAL).ok_or(AccessError::Unknown("account"))?;
    }
    let link = LinkRow {
        hash: secret::hash(&secret),
        kind: kind.to_owned(),
        role: role.as_str().to_owned(),
        person: person.map(str::to_owned),
        account: account.map(str::to_owned),
        ends: now.plus(LASTS),
    };
    let mut changes = vec![Change::AddLink(&link)];
    if matches!(what, For::First) {
        changes.insert(0, Change::DropLinks(FIRST));
    }
    let (account, actor) = (account.map(str::to_owned), actor.to_owned());
    let trail = Trail { at: now, what: "link", account, actor };
    accounts.change(&trail, &changes)?;
    Ok(secret)
}

/// A new account that signs in by name and password.
///
/// # Errors
/// `access-name`, `key-randomness`.
fn user(
    names: &Names,
    kind: &str,
    role: Role,
    name: &Personal<String>,
    password: String,
    now: Timestamp,
) -> Result<UserRow, AccessError> {
    let text = name.reveal(Purpose::Identify).trim();
    if text.is_empty() || text.len() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err(AccessError::Name);
    }
    let id = secret::id('u')?;
    let trimmed = Personal::new(text.to_owned());
    Ok(UserRow {
        kind: kind.to_owned(),
        role: role.as_str().to_owned(),
        person: None,
        enabled: true,
        password: Some(password),
        blind: names.blind(LOCAL, &trimmed).0,
        sealed: names.seal(&id, &trimmed)?,
        created: now,
        id,
    })
}

/// The account for emergencies: disabled until somebody enables it.
///
/// # Errors
/// As [`user`].
pub(crate) fn emergency(
    names: &Names,
    name: &str,
    password: String,
    now: Timestamp,
) -> Result<UserRow, AccessError> {
    let name = Personal::new(name.to_owned());
    let user = user(names, EMERGENCY, Role::Emergency, &name, password, now)?;
    Ok(UserRow { enabled: false, ..user })
}

impl Desk {
    /// The first link, where there is no account yet; of earlier ones none holds any more.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn first_link(&self, now: Timestamp) -> Result<Option<String>, AccessError> {
        if !self.reader().users()?.is_empty() {
            return Ok(None);
        }
        let mut writer = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        make(&mut writer, &For::First, "nobody", now).map(Some)
    }

    /// What a link's secret is for, if it holds.
    ///
    /// # Errors
    /// `access-link`, and what the store says.
    pub(crate) fn link(&self, secret: &str, now: Timestamp) -> Result<LinkRow, AccessError> {
        self.reader().link(&secret::hash(secret), now)?.ok_or(AccessError::Link)
    }

    /// Takes a link: makes the account or sets the password, and signs in. Where it fails, the link still
    /// holds.
    ///
    /// # Errors
    /// `access-link`, `access-password`, `access-name`.
    pub(crate) fn take_link(
        &self,
        secret: &str,
        name: &Personal<String>,
        password: &Personal<String>,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let link = self.link(secret, now)?;
        match &link.account {
            Some(account) => self.reset(&link, account, password, now),
            None => self.join(&link, name, password, now),
        }
    }

    fn join(
        &self,
        link: &LinkRow,
        name: &Personal<String>,
        password: &Personal<String>,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let kept = self.passwords.hash(name.reveal(Purpose::Identify), password)?;
        let role = Role::from_word(&link.role).ok_or(AccessError::Link)?;
        let user = user(&self.names, LOCAL, role, name, kept, now)?;
        let user = UserRow { person: link.person.clone(), ..user };
        let mut changes = vec![Change::TakeLink(&link.hash, now)];
        if link.kind == FIRST {
            changes.push(Change::NoUsers);
        }
        changes.push(Change::AddUser(&user));
        match self.begin(&user, now, now, "account.made", &changes) {
            // Either the name is in use, or somebody else was quicker with the link.
            Err(AccessError::Refused) => {
                self.link_still_holds(link, now)?;
                Err(AccessError::Name)
            }
            other => other,
        }
    }

    fn reset(
        &self,
        link: &LinkRow,
        account: &str,
        password: &Personal<String>,
        now: Timestamp,
    ) -> Result<Begun, AccessError> {
        let user = self.reader().user(account)?.ok_or(AccessError::Link)?;
        let name = self.name(&user);
        let name = name.as_ref().map_or("", |name| name.reveal(Purpose::Identify));
        let kept = self.passwords.hash(name, password)?;
        let changes = [
            Change::TakeLink(&link.hash, now),
            Change::Password(account, &kept),
            Change::EndAll(account),
        ];
        let begun = self.begin(&user, now, now, "password.set", &changes);
        begun.map_err(|error| match error {
            AccessError::Refused => AccessError::Link,
            other => other,
        })
    }

    fn link_still_holds(&self, link: &LinkRow, now: Timestamp) -> Result<(), AccessError> {
        if link.kind == "first" && !self.reader().users()?.is_empty() {
            return Err(AccessError::Link);
        }
        self.reader().link(&link.hash, now)?.map(drop).ok_or(AccessError::Link)
    }
}
