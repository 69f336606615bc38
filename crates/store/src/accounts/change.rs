//! Changes of accounts, all of a batch or none, with the line that tells them.

use super::{Accounts, LinkRow, Result, SessionRow, TokenRow, Trail, UserRow};
use bellwether_core::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

/// One thing to change. Where there is nothing to change, the whole batch is given up.
#[derive(Clone, Debug)]
pub enum Change<'a> {
    /// Adds an account.
    AddUser(&'a UserRow),
    /// Only goes on while there is no account.
    NoUsers,
    /// Lets an account sign in, or no longer.
    Enable(&'a str, bool),
    /// Gives an account another role.
    Role(&'a str, &'a str),
    /// Links an account to a person whom rules ask.
    Person(&'a str, Option<&'a str>),
    /// Sets a password.
    Password(&'a str, &'a str),
    /// Sets what an account is called.
    Name(&'a str, &'a [u8]),
    /// Removes an account.
    RemoveUser(&'a str),
    /// Begins a session.
    Begin(&'a SessionRow),
    /// Ends a session by its hash.
    End(&'a [u8; 32]),
    /// Ends one session of an account by its number.
    EndNumber(&'a str, u64),
    /// Ends every session of an account, if there are any.
    EndAll(&'a str),
    /// Adds a one-time link.
    AddLink(&'a LinkRow),
    /// Drops every one-time link of a kind, if there are any.
    DropLinks(&'a str),
    /// Takes a one-time link that has not ended.
    TakeLink(&'a [u8; 32], Timestamp),
    /// Adds a token.
    AddToken(&'a TokenRow),
    /// Revokes a token.
    RevokeToken(&'a str, Timestamp),
    /// Notes a sign-in with the account for emergencies, and until when.
    Emergency(&'a str, Timestamp, Timestamp),
    /// Notes that somebody looked at one.
    Review(u64, &'a str, Timestamp),
}

impl Accounts {
    /// Changes everything or nothing, and adds a line to the trail, durable on return. `false` when
    /// something was not there to be changed: then nothing is.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn change(&mut self, trail: &Trail, changes: &[Change<'_>]) -> Result<bool> {
        let batch = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in changes {
            if !apply(&batch, change)? {
                return Ok(false);
            }
        }
        let line = "INSERT INTO trail (at, what, account, actor) VALUES (?1, ?2, ?3, ?4)";
        let Trail { at, what, account, actor } = trail;
        batch.execute(line, (at.micros(), what, account, actor))?;
        batch.commit()?;
        Ok(true)
    }

    /// Moves the last use of a session forward.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn touch_session(&mut self, hash: &[u8; 32], at: Timestamp) -> Result<()> {
        let sql = "UPDATE session SET seen = max(seen, ?2) WHERE hash = ?1";
        self.conn.prepare_cached(sql)?.execute((hash, at.micros()))?;
        Ok(())
    }

    /// Moves the last use of a token forward.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn touch_token(&mut self, id: &str, at: Timestamp) -> Result<()> {
        let sql = "UPDATE token SET used = max(coalesce(used, ?2), ?2) WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute((id, at.micros()))?;
        Ok(())
    }

    /// Forgets sessions and links that have ended, sessions that nobody used since `idle`, and the trail
    /// from before `old`. Says how many rows that were.
    ///
    /// # Errors
    /// `store-full`, `store-busy`, `store-io`.
    pub fn sweep(&mut self, now: Timestamp, idle: Timestamp, old: Timestamp) -> Result<usize> {
        let sessions = "DELETE FROM session WHERE ends <= ?1 OR seen <= ?2";
        let sessions = self.conn.execute(sessions, (now.micros(), idle.micros()))?;
        let links = self.conn.execute("DELETE FROM link WHERE ends <= ?1", [now.micros()])?;
        let trail = self.conn.execute("DELETE FROM trail WHERE at < ?1", [old.micros()])?;
        Ok(sessions + links + trail)
    }
}

/// Says whether there was something to change.
fn apply(batch: &Connection, change: &Change<'_>) -> Result<bool> {
    let one = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<bool> {
        Ok(batch.prepare_cached(sql)?.execute(values)? == 1)
    };
    match change {
        Change::AddUser(user) => add_user(batch, user),
        Change::NoUsers => {
            Ok(batch.query_row("SELECT count(*) = 0 FROM account", [], |row| row.get(0))?)
        }
        Change::Enable(id, enabled) => {
            one("UPDATE account SET enabled = ?2 WHERE id = ?1", &[id, enabled])
        }
        Change::Role(id, role) => one("UPDATE account SET role = ?2 WHERE id = ?1", &[id, role]),
        Change::Person(id, person) => {
            one("UPDATE account SET person = ?2 WHERE id = ?1", &[id, person])
        }
        Change::Password(id, password) => {
            one("UPDATE account SET password = ?2 WHERE id = ?1", &[id, password])
        }
        Change::Name(id, sealed) => {
            one("UPDATE account SET sealed = ?2 WHERE id = ?1", &[id, sealed])
        }
        Change::RemoveUser(id) => one("DELETE FROM account WHERE id = ?1", &[id]),
        Change::Begin(session) => begin(batch, session),
        Change::End(hash) => one("DELETE FROM session WHERE hash = ?1", &[hash]),
        Change::EndNumber(account, number) => {
            one("DELETE FROM session WHERE account = ?1 AND number = ?2", &[account, number])
        }
        Change::EndAll(account) => {
            one("DELETE FROM session WHERE account = ?1", &[account])?;
            Ok(true)
        }
        Change::AddLink(link) => add_link(batch, link),
        Change::DropLinks(kind) => {
            one("DELETE FROM link WHERE kind = ?1", &[kind])?;
            Ok(true)
        }
        Change::TakeLink(hash, now) => {
            one("DELETE FROM link WHERE hash = ?1 AND ends > ?2", &[hash, &now.micros()])
        }
        Change::AddToken(token) => add_token(batch, token),
        Change::RevokeToken(id, at) => {
            let sql = "UPDATE token SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL";
            one(sql, &[id, &at.micros()])
        }
        Change::Emergency(account, at, until) => {
            let sql = "INSERT INTO emergency (account, at, until) VALUES (?1, ?2, ?3)";
            one(sql, &[account, &at.micros(), &until.micros()])
        }
        Change::Review(number, reviewer, at) => {
            let sql = "UPDATE emergency SET reviewer = ?2, reviewed = ?3
                 WHERE number = ?1 AND reviewer IS NULL AND account <> ?2";
            one(sql, &[number, reviewer, &at.micros()])
        }
    }
}

fn add_user(batch: &Connection, user: &UserRow) -> Result<bool> {
    let UserRow { id, kind, role, person, enabled, password, blind, sealed, created } = user;
    let sql =
        "INSERT INTO account VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    let values = (id, kind, role, person, enabled, password, blind, sealed, created.micros());
    Ok(batch.prepare_cached(sql)?.execute(values)? == 1)
}

fn begin(batch: &Connection, session: &SessionRow) -> Result<bool> {
    let SessionRow { number: _, hash, account, created, authed, seen, ends } = session;
    let sql = "INSERT INTO session (hash, account, created, authed, seen, ends)
         SELECT ?1, id, ?3, ?4, ?5, ?6 FROM account WHERE id = ?2 AND enabled";
    let at = [created, authed, seen, ends].map(|at| at.micros());
    let [created, authed, seen, ends] = at;
    Ok(batch.prepare_cached(sql)?.execute((hash, account, created, authed, seen, ends))? == 1)
}

fn add_link(batch: &Connection, link: &LinkRow) -> Result<bool> {
    let LinkRow { hash, kind, role, person, account, ends } = link;
    let sql = "INSERT INTO link VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    Ok(batch.execute(sql, (hash, kind, role, person, account, ends.micros()))? == 1)
}

fn add_token(batch: &Connection, token: &TokenRow) -> Result<bool> {
    let TokenRow { id, hash, label, scopes, sources, trust, created, ends, used: _, revoked: _ } =
        token;
    let (scopes, sources) = (scopes.join("\n"), sources.join("\n"));
    let sql = "INSERT INTO token VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, NULL)
         ON CONFLICT DO NOTHING";
    let values = (id, hash, label, scopes, sources, trust, created.micros(), ends.micros());
    Ok(batch.execute(sql, values)? == 1)
}
