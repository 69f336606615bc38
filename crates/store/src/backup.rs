//! Backups: a consistent copy of a database beside whoever writes it, and putting one in place.
//!
//! What waits in `inbox.db`, and who may sign in, `access.db`, are copied with the data, and before it: what
//! the data has already is known there by its number.
//!
//! `data.db` and `keys.db` are copied apart, because they must be kept apart: a copy of the keys from
//! before an erasure brings the erased person back.

use crate::inbox;
use crate::open::{Access, DATA_FILE, KEYS_FILE, connect};
use crate::{Keys, StoreError, View};
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, StoreError>;

/// The names of the two databases: what a backup of the data is called, and one of the keys.
pub const BACKUP_FILES: [&str; 2] = [DATA_FILE, KEYS_FILE];

/// What lies beside the data and is copied with it, where it is there.
pub const BESIDE_FILES: [&str; 2] = [inbox::FILE, "access.db"];

/// Copies what lies beside the data, each file as it is at one moment. To be called before
/// [`View::back_up`].
///
/// # Errors
/// `store-exists` if there is one already; `store-full`, `store-io`.
pub fn back_up_beside(dir: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let there = BESIDE_FILES.into_iter().filter(|file| dir.join(file).is_file());
    there.map(|file| copy(&connect(dir, file, Access::Read, 1)?, folder, file)).collect()
}

impl View {
    /// Copies the data as it is at one moment to a file in a folder. Freed pages are left out. The
    /// file appears when it is whole and durable.
    ///
    /// # Errors
    /// `store-exists` if there is one already; `store-full`, `store-io`.
    pub fn back_up(&self, folder: &Path) -> Result<PathBuf> {
        copy(&self.conn, folder, DATA_FILE)
    }
}

impl Keys {
    /// As [`View::back_up`], for the keys.
    ///
    /// # Errors
    /// As [`View::back_up`].
    pub fn back_up(&self, folder: &Path) -> Result<PathBuf> {
        copy(&self.conn, folder, KEYS_FILE)
    }
}

fn copy(conn: &Connection, folder: &Path, name: &str) -> Result<PathBuf> {
    let failed = |error| StoreError::io("write the backup", error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let (path, half) = (folder.join(name), folder.join(format!("{name}.half")));
    if path.exists() {
        return Err(StoreError::Exists { dir: folder.display().to_string() });
    }
    match std::fs::remove_file(&half) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    // It is nobody else's business from its first byte on.
    File::create_new(&half).map_err(failed)?;
    crate::keys::restrict(&half)?;
    conn.execute("VACUUM INTO ?1", [half.display().to_string()])?;
    let synced = File::open(&half).and_then(|file| file.sync_all());
    synced.and_then(|()| std::fs::rename(&half, &path)).map_err(failed)?;
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(path)
}
