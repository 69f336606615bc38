//! Who is who: blind indexes, accounts and links. Everything is written through a batch.

use crate::rows::{self, blob};
use crate::{StoreError, View};
use bellwether_core::{AccountId, Id, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

type Result<T> = std::result::Result<T, StoreError>;

/// How long a blind index may be, in bytes.
const BLIND: std::ops::RangeInclusive<usize> = 16..=32;

/// Something that names a subject, as a keyed hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The keyed hash: 16 to 32 bytes.
    pub blind: Vec<u8>,
    /// The subject's key slot.
    pub slot: u64,
    /// What it was matched by: `domain`, `external_id`, `contact`, ...
    pub how: String,
    /// Since when it names the subject.
    pub since: Timestamp,
}

/// An account: its key slot, its random id and its sealed name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The key slot.
    pub slot: u64,
    /// The id of its stream.
    pub id: AccountId,
    /// The name, sealed under the slot's key.
    pub name_sealed: Option<Vec<u8>>,
}

/// One account's events are counted for another from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The account that was linked.
    pub slot: u64,
    /// The account it counts for.
    pub survivor: u64,
    /// Since when.
    pub since: Timestamp,
    /// When the link was undone; written by a second row with the same `slot` and `since`.
    pub undone: Option<Timestamp>,
}

pub(crate) fn check(identities: &[Identity]) -> Result<()> {
    match identities.iter().find(|identity| !BLIND.contains(&identity.blind.len())) {
        Some(wrong) => Err(StoreError::conflict(format!(
            "a blind index has {} bytes; it must have {} to {}",
            wrong.blind.len(),
            BLIND.start(),
            BLIND.end()
        ))),
        None => Ok(()),
    }
}

/// A known account may get another sealed name; its id stays.
pub(crate) fn put_accounts(conn: &Connection, accounts: &[Account]) -> Result<()> {
    for Account { slot, id, name_sealed } in accounts {
        let mut put = conn.prepare_cached(
            "INSERT INTO account VALUES (?1, ?2, ?3) ON CONFLICT (slot) DO UPDATE
             SET name_sealed = coalesce(excluded.name_sealed, name_sealed) WHERE id = excluded.id",
        )?;
        if put.execute((slot, id.0.to_bytes(), name_sealed))? == 0 {
            return Err(StoreError::conflict("a slot belongs to another account"));
        }
    }
    Ok(())
}

/// The same blind index may be said again; to give it to another slot, forget or undo it first.
pub(crate) fn put_identities(conn: &Connection, identities: &[Identity]) -> Result<()> {
    for Identity { blind, slot, how, since } in identities {
        let mut put = conn.prepare_cached(
            "INSERT INTO identity VALUES (?1, ?2, ?3, ?4) ON CONFLICT (blind) DO UPDATE
             SET how = how WHERE slot = excluded.slot",
        )?;
        if put.execute((blind, slot, how, since.micros()))? == 0 {
            return Err(StoreError::conflict("a blind index names another slot"));
        }
    }
    Ok(())
}

pub(crate) fn put_links(conn: &Connection, links: &[Link]) -> Result<()> {
    for Link { slot, survivor, since, undone } in links {
        let mut put = conn.prepare_cached(
            "INSERT INTO link VALUES (?1, ?2, ?3, ?4) ON CONFLICT (slot, since) DO UPDATE
             SET undone = excluded.undone WHERE survivor = excluded.survivor",
        )?;
        let undone = undone.map(Timestamp::micros);
        if put.execute((slot, survivor, since.micros(), undone))? == 0 {
            return Err(StoreError::conflict("a link at the same instant leads elsewhere"));
        }
    }
    Ok(())
}

/// Removes what points at a subject. Its sealed bytes are erased by destroying its key.
pub(crate) fn forget(conn: &Connection, slots: &[u64]) -> Result<()> {
    for slot in slots {
        for sql in [
            "DELETE FROM identity WHERE slot = ?1",
            "UPDATE account SET name_sealed = NULL WHERE slot = ?1",
            "DELETE FROM quarantine WHERE subject = ?1",
            "DELETE FROM staff WHERE slot = ?1",
        ] {
            conn.prepare_cached(sql)?.execute([slot])?;
        }
    }
    Ok(())
}

impl View {
    /// Looks blind indexes up, all in one go; the answers stand in the order of the questions.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn find(&self, blinds: &[impl AsRef<[u8]>]) -> Result<Vec<Option<Identity>>> {
        let sql = "SELECT blind, slot, how, since FROM identity WHERE blind = ?1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut found = Vec::with_capacity(blinds.len());
        for blind in blinds {
            let mut rows = read.query([blind.as_ref()])?;
            found.push(rows.next()?.map(read_identity).transpose()?);
        }
        Ok(found)
    }

    /// Every identity of a slot. It reads the whole table: for a person's request, not for a signal.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn identities_of(&self, slot: u64) -> Result<Vec<Identity>> {
        let sql = "SELECT blind, slot, how, since FROM identity WHERE slot = ?1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([slot])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_identity(row)?);
        }
        Ok(found)
    }

    /// Every blind index. It reads the whole table: after a restore, not for a signal.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn each_blind(&self, mut look: impl FnMut([u8; 16])) -> Result<()> {
        let mut read = self.conn.prepare_cached("SELECT blind FROM identity")?;
        let mut rows = read.query([])?;
        while let Some(row) = rows.next()? {
            look(rows::bytes(row, 0)?);
        }
        Ok(())
    }

    /// The slot and the id of the account that became known last.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn newest_account(&self) -> Result<Option<(u64, AccountId)>> {
        let sql = "SELECT slot, id FROM account ORDER BY slot DESC LIMIT 1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some((row.get(0)?, AccountId(Id::from_bytes(rows::bytes(row, 1)?)))))
    }

    /// The accounts of some slots, in the order of the questions.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn accounts(&self, slots: &[u64]) -> Result<Vec<Option<Account>>> {
        let sql = "SELECT slot, id, name_sealed FROM account WHERE slot = ?1";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut found = Vec::with_capacity(slots.len());
        for slot in slots {
            let mut rows = read.query([slot])?;
            found.push(rows.next()?.map(read_account).transpose()?);
        }
        Ok(found)
    }

    /// Accounts by rising slot, after one; for pages and for filling a cache.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn accounts_after(&self, slot: u64, limit: usize) -> Result<Vec<Account>> {
        let sql =
            "SELECT slot, id, name_sealed FROM account WHERE slot > ?1 ORDER BY slot LIMIT ?2";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query((slot, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_account(row)?);
        }
        Ok(found)
    }

    /// How many accounts there are.
    ///
    /// # Errors
    /// `store-io`.
    pub fn count_accounts(&self) -> Result<u64> {
        let mut read = self.conn.prepare_cached("SELECT count(*) FROM account")?;
        Ok(read.query_row([], |row| row.get(0))?)
    }

    /// The slot of an account.
    ///
    /// # Errors
    /// `store-io`.
    pub fn slot_of(&self, id: AccountId) -> Result<Option<u64>> {
        let mut read = self.conn.prepare_cached("SELECT slot FROM account WHERE id = ?1")?;
        Ok(read.query_row([id.0.to_bytes()], |row| row.get(0)).optional()?)
    }

    /// All links, undone ones too, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn links(&self) -> Result<Vec<Link>> {
        let sql = "SELECT slot, survivor, since, undone FROM link ORDER BY since, slot";
        let mut read = self.conn.prepare_cached(sql)?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_link(row)?);
        }
        Ok(found)
    }

    /// The highest key slot that a committed row names; the next free one follows it.
    ///
    /// # Errors
    /// `store-io`.
    pub fn slots_taken(&self) -> Result<u64> {
        self.mark(crate::schema::mark::SLOTS)
    }
}

fn read_identity(row: &Row<'_>) -> Result<Identity> {
    let (blind, slot) = (blob(row, 0)?.to_vec(), row.get(1)?);
    Ok(Identity { blind, slot, how: row.get(2)?, since: rows::instant(row, 3)? })
}

fn read_account(row: &Row<'_>) -> Result<Account> {
    let id = AccountId(Id::from_bytes(rows::bytes(row, 1)?));
    Ok(Account { slot: row.get(0)?, id, name_sealed: row.get(2)? })
}

fn read_link(row: &Row<'_>) -> Result<Link> {
    let undone: Option<i64> = row.get(3)?;
    Ok(Link {
        slot: row.get(0)?,
        survivor: row.get(1)?,
        since: rows::instant(row, 2)?,
        undone: undone.map(Timestamp::from_micros),
    })
}
