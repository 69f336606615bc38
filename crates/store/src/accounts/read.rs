//! Reading accounts, sessions, links, tokens and the trail.

use super::{Accounts, EmergencyRow, LinkRow, Result, SessionRow, TokenRow, TrailRow, UserRow};
use crate::rows;
use bellwether_core::Timestamp;
use rusqlite::{Params, Row};

const USER: &str =
    "SELECT id, kind, role, person, enabled, password, blind, sealed, created FROM account";
const SESSION: &str = "SELECT number, hash, account, created, authed, seen, ends FROM session";
const TOKEN: &str =
    "SELECT id, hash, label, scopes, sources, trust, created, ends, used, revoked FROM token";

impl Accounts {
    /// An account by its id.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn user(&self, id: &str) -> Result<Option<UserRow>> {
        self.first(&format!("{USER} WHERE id = ?1"), [id], user)
    }

    /// An account by the keyed hash of how it is found.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn user_by(&self, blind: &[u8; 16]) -> Result<Option<UserRow>> {
        self.first(&format!("{USER} WHERE blind = ?1"), [blind], user)
    }

    /// Every account, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn users(&self) -> Result<Vec<UserRow>> {
        self.all(&format!("{USER} ORDER BY created, id"), [], user)
    }

    /// A session by the hash of its secret, whether it has ended or not.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn session(&self, hash: &[u8; 32]) -> Result<Option<SessionRow>> {
        self.first(&format!("{SESSION} WHERE hash = ?1"), [hash], session)
    }

    /// The sessions of an account, the newest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn sessions(&self, account: &str) -> Result<Vec<SessionRow>> {
        self.all(&format!("{SESSION} WHERE account = ?1 ORDER BY number DESC"), [account], session)
    }

    /// A one-time link that has not ended, by the hash of its secret.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn link(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<LinkRow>> {
        let sql = "SELECT hash, kind, role, person, account, ends FROM link
             WHERE hash = ?1 AND ends > ?2";
        self.first(sql, (hash, now.micros()), |row| {
            Ok(LinkRow {
                hash: rows::bytes(row, 0)?,
                kind: row.get(1)?,
                role: row.get(2)?,
                person: row.get(3)?,
                account: row.get(4)?,
                ends: rows::instant(row, 5)?,
            })
        })
    }

    /// A token by its public part, whether it still holds or not.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn token(&self, id: &str) -> Result<Option<TokenRow>> {
        self.first(&format!("{TOKEN} WHERE id = ?1"), [id], token)
    }

    /// Every token, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn tokens(&self) -> Result<Vec<TokenRow>> {
        self.all(&format!("{TOKEN} ORDER BY created, id"), [], token)
    }

    /// Sign-ins with the account for emergencies, the newest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn emergencies(&self) -> Result<Vec<EmergencyRow>> {
        let sql = "SELECT number, account, at, until, reviewer, reviewed FROM emergency
             ORDER BY number DESC";
        self.all(sql, [], |row| {
            let reviewer: Option<String> = row.get(4)?;
            Ok(EmergencyRow {
                number: row.get(0)?,
                account: row.get(1)?,
                at: rows::instant(row, 2)?,
                until: rows::instant(row, 3)?,
                reviewed: reviewer.zip(moment(row, 5)?),
            })
        })
    }

    /// The newest lines of the trail, the newest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn trail(&self, most: u32) -> Result<Vec<TrailRow>> {
        let sql = "SELECT id, at, what, account, actor FROM trail ORDER BY id DESC LIMIT ?1";
        self.all(sql, [most], |row| {
            Ok(TrailRow {
                id: row.get(0)?,
                at: rows::instant(row, 1)?,
                what: row.get(2)?,
                account: row.get(3)?,
                actor: row.get(4)?,
            })
        })
    }

    fn first<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut query = self.conn.prepare_cached(sql)?;
        let mut found = query.query(values)?;
        found.next()?.map(read).transpose()
    }

    fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut query = self.conn.prepare_cached(sql)?;
        let mut found = query.query(values)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(read(row)?);
        }
        Ok(rows)
    }
}

fn user(row: &Row<'_>) -> Result<UserRow> {
    Ok(UserRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        role: row.get(2)?,
        person: row.get(3)?,
        enabled: row.get(4)?,
        password: row.get(5)?,
        blind: rows::bytes(row, 6)?,
        sealed: rows::blob(row, 7)?.to_vec(),
        created: rows::instant(row, 8)?,
    })
}

fn session(row: &Row<'_>) -> Result<SessionRow> {
    Ok(SessionRow {
        number: row.get(0)?,
        hash: rows::bytes(row, 1)?,
        account: row.get(2)?,
        created: rows::instant(row, 3)?,
        authed: rows::instant(row, 4)?,
        seen: rows::instant(row, 5)?,
        ends: rows::instant(row, 6)?,
    })
}

fn token(row: &Row<'_>) -> Result<TokenRow> {
    let words = |column: usize| -> Result<Vec<String>> {
        let text: String = row.get(column)?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    Ok(TokenRow {
        id: row.get(0)?,
        hash: rows::bytes(row, 1)?,
        label: row.get(2)?,
        scopes: words(3)?,
        sources: words(4)?,
        trust: row.get(5)?,
        created: rows::instant(row, 6)?,
        ends: rows::instant(row, 7)?,
        used: moment(row, 8)?,
        revoked: moment(row, 9)?,
    })
}

fn moment(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_micros))
}
