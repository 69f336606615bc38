//! Accounts: who may sign in or call with a token, sessions, invitations, and a trail of what was done to
//! them.
//!
//! - In: [`Change`]s, each batch in one durable transaction with the line of the [`Trail`] that tells it.
//! - Out: rows by id, by blind index or by the hash of a secret, from a file of its own beside `data.db`,
//!   which the server and the program's commands use at the same time.
//! - Never: holds a password, a token, a session's secret or a name that could be read from the file;
//!   never judges who may do what.

mod change;
mod read;

pub use change::Change;

use crate::migrate::migrate;
use crate::open::{Access, connect};
use crate::{StoreError, View};
use bellwether_core::Timestamp;
use rusqlite::Connection;
use std::path::Path;
use std::time::SystemTime;

/// Its file in a data directory.
pub(crate) const FILE: &str = "access.db";
/// Marks the file as ours: the bytes "BlwA".
pub(crate) const ID: i64 = 0x426c_7741;
pub(crate) const TABLES: &[(&str, &str)] = &[("access", FIRST)];

const FIRST: &str = "
CREATE TABLE migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
-- blind: a keyed hash of how the account is found; sealed: its name; password: a PHC string.
CREATE TABLE account (id TEXT PRIMARY KEY, kind TEXT NOT NULL, role TEXT NOT NULL, person TEXT,
    enabled INTEGER NOT NULL, password TEXT, blind BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL,
    created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- hash: SHA-256 of the cookie; authed: when the person last proved who they are.
CREATE TABLE session (number INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE,
    account TEXT NOT NULL, created INTEGER NOT NULL, authed INTEGER NOT NULL, seen INTEGER NOT NULL,
    ends INTEGER NOT NULL) STRICT;
CREATE INDEX session_account ON session (account);
-- account: whose password it resets; NULL for an invitation.
CREATE TABLE link (hash BLOB PRIMARY KEY, kind TEXT NOT NULL, role TEXT NOT NULL, person TEXT,
    account TEXT, ends INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- scopes, sources: words, one a line. sources: empty for every one.
CREATE TABLE token (id TEXT PRIMARY KEY, hash BLOB NOT NULL, label TEXT NOT NULL, scopes TEXT NOT NULL,
    sources TEXT NOT NULL, trust TEXT, created INTEGER NOT NULL, ends INTEGER NOT NULL, used INTEGER,
    revoked INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE emergency (number INTEGER PRIMARY KEY, account TEXT NOT NULL, at INTEGER NOT NULL,
    until INTEGER NOT NULL, reviewer TEXT, reviewed INTEGER) STRICT;
CREATE TABLE trail (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, account TEXT,
    actor TEXT NOT NULL) STRICT;
CREATE INDEX trail_at ON trail (at);
";

const CACHE_MIB: u32 = 2;

type Result<T> = std::result::Result<T, StoreError>;

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Random; says nothing about whose it is.
    pub id: String,
    /// How the account signs in.
    pub kind: String,
    /// What it may do.
    pub role: String,
    /// The person whom rules ask under this handle.
    pub person: Option<String>,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Salted and slow hash, in the PHC format.
    pub password: Option<String>,
    /// Keyed hash of how it is found.
    pub blind: [u8; 16],
    /// What it is called, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created: Timestamp,
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its public number; 0 for one that is not kept yet.
    pub number: u64,
    /// SHA-256 of its secret.
    pub hash: [u8; 32],
    /// Whose.
    pub account: String,
    /// When it began.
    pub created: Timestamp,
    /// When its owner last proved who they are.
    pub authed: Timestamp,
    /// When it was last used, coarsely.
    pub seen: Timestamp,
    /// When it ends whatever happens.
    pub ends: Timestamp,
}

/// A one-time link: to make an account, or to set a password anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// SHA-256 of its secret.
    pub hash: [u8; 32],
    /// `first`, `invite` or `reset`.
    pub kind: String,
    /// The role of the account it makes.
    pub role: String,
    /// The person of the account it makes.
    pub person: Option<String>,
    /// The account whose password it sets.
    pub account: Option<String>,
    /// When it ends.
    pub ends: Timestamp,
}

/// A program that may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Public part.
    pub id: String,
    /// SHA-256 of the secret part.
    pub hash: [u8; 32],
    /// What it is for, in words of whoever made it.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The sources it may write as; empty for every one.
    pub sources: Vec<String>,
    /// The highest trust its signals may have.
    pub trust: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// When it was last used, coarsely.
    pub used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// A sign-in with the account for emergencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyRow {
    /// Its number.
    pub number: u64,
    /// The account.
    pub account: String,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who looked at what was done, and when.
    pub reviewed: Option<(String, Timestamp)>,
}

/// A line of the trail. No personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// When.
    pub at: Timestamp,
    /// What was done: a word.
    pub what: &'static str,
    /// The account or token it was done to.
    pub account: Option<String>,
    /// Who did it: an account, `command` or `nobody`.
    pub actor: String,
}

/// A line of the trail as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailRow {
    /// Its number; they count up.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// What was done: a word.
    pub what: String,
    /// The account or token it was done to.
    pub account: Option<String>,
    /// Who did it: an account, `command` or `nobody`.
    pub actor: String,
}

/// The accounts of a data directory. Several connections and processes may use them; they take turns.
#[derive(Debug)]
pub struct Accounts {
    conn: Connection,
}

impl Accounts {
    /// Opens the accounts of a data directory, or makes an empty file.
    ///
    /// # Errors
    /// `store-version`, `store-corrupt`, `store-full`, `store-io`.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        if !dir.join(FILE).exists() {
            match connect(dir, FILE, Access::Create, CACHE_MIB) {
                Ok(mut conn) => {
                    crate::keys::restrict(&dir.join(FILE))?;
                    migrate(&mut conn, FILE, Access::Create, |_| Ok(()))?;
                    return Ok(Self { conn });
                }
                // Another process was quicker.
                Err(StoreError::Exists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let mut conn = connect(dir, FILE, Access::Write, CACHE_MIB)?;
        migrate(&mut conn, FILE, Access::Write, |_| Ok(()))?;
        Ok(Self { conn })
    }

    /// A mark that differs once anybody has changed something, in this process or in another: length and
    /// time of the write-ahead log. Two changes within the clock tick of the file system could be taken
    /// for one, so it is not to be relied on for long. `None` where there is none.
    pub fn mark(&self) -> Option<(u64, SystemTime)> {
        let about = std::fs::metadata(format!("{}-wal", self.conn.path()?)).ok()?;
        Some((about.len(), about.modified().ok()?))
    }
}

impl View {
    /// The accounts of this directory.
    ///
    /// # Errors
    /// As [`Accounts::open`].
    pub fn accounts_db(&self) -> Result<Accounts> {
        Accounts::open(&self.dir)
    }
}

#[cfg(test)]
mod tests;
