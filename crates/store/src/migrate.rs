//! Versions: every file is brought to the newest one, step by step, when it is opened for writing.

use crate::open::{Access, DATA_FILE, KEYS_FILE, connect};
use crate::{Keys, Options, Store, StoreError, accounts, inbox, schema, witness};
use rusqlite::Connection;
use std::path::Path;

type Result<T> = std::result::Result<T, StoreError>;

/// Brings the files of a directory that an earlier version wrote to this one; says whether they were.
/// Readers need it, because they change nothing themselves.
///
/// # Errors
/// `store-locked` while the earlier version works there; else as [`Store::open`].
pub fn upgrade(dir: &Path) -> Result<bool> {
    let data = is_older(dir, DATA_FILE)?;
    let keys = dir.join(KEYS_FILE).exists() && is_older(dir, KEYS_FILE)?;
    let inbox = dir.join(inbox::FILE).exists() && is_older(dir, inbox::FILE)?;
    if data || inbox {
        let store = Store::open(dir, &Options::default())?;
        if inbox {
            store.inbox()?;
        }
    }
    if keys {
        Keys::open(dir, false)?;
    }
    Ok(data || keys || inbox)
}

/// Whether an earlier version wrote a file.
pub(crate) fn is_older(dir: &Path, file: &str) -> Result<bool> {
    let conn = connect(dir, file, Access::Read, 1)?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let (application, known) = of(file);
    let found: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(found == application && version < known.len() as i64)
}

/// What a file is marked with, and its migrations.
fn of(file: &str) -> (i64, &'static [(&'static str, &'static str)]) {
    match file {
        KEYS_FILE => (schema::KEYS_ID, schema::KEYS),
        accounts::FILE => (accounts::ID, accounts::TABLES),
        inbox::FILE => (inbox::ID, inbox::TABLES),
        witness::FILE => (witness::ID, witness::TABLES),
        _ => (schema::DATA_ID, schema::DATA),
    }
}

/// Brings a file to the newest version; a file that is only read must have it already. `begin` runs
/// in the same transaction, so a file is never half-made.
pub(crate) fn migrate(
    conn: &mut Connection,
    file: &str,
    access: Access,
    begin: impl FnOnce(&Connection) -> Result<()>,
) -> Result<()> {
    let (application, migrations) = of(file);
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (known, version) = (migrations.len() as i64, pragma("user_version")?);
    let refuse = |found| Err(StoreError::Version { file: file.to_owned(), found, known });
    if access != Access::Create && pragma("application_id")? != application {
        return refuse(-1);
    }
    if version > known || (access == Access::Read && version < known) {
        return refuse(version);
    }
    if version == known {
        return Ok(());
    }
    let change = conn.transaction()?;
    for (number, (name, sql)) in (1i64..).zip(migrations).skip(version as usize) {
        change.execute_batch(sql)?;
        change.execute("INSERT INTO migration VALUES (?1, ?2)", (number, name))?;
    }
    change.pragma_update(None, "application_id", application)?;
    change.pragma_update(None, "user_version", known)?;
    begin(&change)?;
    Ok(change.commit()?)
}
