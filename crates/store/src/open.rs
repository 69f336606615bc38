//! Opening a data directory: files, lock, version, and the connection that fits.

use crate::log::{self, Tip};
use crate::migrate::migrate;
use crate::schema::mark;
use crate::{Keys, StoreError};
use bellwether_core::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::fs::{File, TryLockError};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

type Result<T> = std::result::Result<T, StoreError>;

pub(crate) const DATA_FILE: &str = "data.db";
pub(crate) const KEYS_FILE: &str = "keys.db";
const LOCK_FILE: &str = "lock";

/// Rows of about 1 kB lie closer in larger pages; measured, see `benches/commit.rs`.
const PAGE_BYTES: u32 = 8192;

/// A checkpoint is due after this many pages of the write-ahead log.
pub(crate) const CHECKPOINT_PAGES: u32 = 4000;

/// What a store is about, fixed when it is created. Only the log's origin and epoch change, by a
/// restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The tenant.
    pub tenant: String,
    /// The region its data stays in.
    pub region: String,
    /// The origin line of the log.
    pub origin: String,
    /// Counts restores, from 1.
    pub epoch: u64,
    /// When it was created.
    pub created: Timestamp,
}

/// How to open.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only reading: takes no lock, so it works beside a running server.
    pub read_only: bool,
    /// Create the store with this; it must not exist.
    pub create: Option<Meta>,
    /// Page cache of a connection, in MiB.
    pub cache_mib: u32,
    /// The most pages that `data.db` may have; then commits answer `store-full`.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { read_only: false, create: None, cache_mib: 64, max_pages: None }
    }
}

impl Options {
    /// Creates a new store.
    pub fn create(meta: Meta) -> Self {
        Self { create: Some(meta), ..Self::default() }
    }

    /// Opens an existing store for reading, beside whoever writes it.
    pub fn read_only() -> Self {
        Self { read_only: true, ..Self::default() }
    }
}

/// Reads. One for each thread; cheap enough to open for a request, and it never blocks the writer.
#[derive(Debug)]
pub struct View {
    pub(crate) conn: Connection,
    pub(crate) dir: PathBuf,
}

/// Writes, and reads what it has written. One per data directory.
#[derive(Debug)]
pub struct Store {
    view: View,
    read_only: bool,
    /// Set when a commit failed such that only the files know whether it happened.
    pub(crate) uncertain: bool,
    pub(crate) last_pos: u64,
    pub(crate) slots_taken: u64,
    pub(crate) last_tick: Option<Timestamp>,
    /// The right edge of the log's tree, as committed.
    pub(crate) tip: Tip,
    /// Pages in the write-ahead log after the last commit.
    pub(crate) wal_pages: Arc<AtomicU32>,
    /// How many of them call for a checkpoint.
    pub(crate) checkpoint_at: u32,
    /// Held for as long as the store lives; the system frees it when the process dies.
    _lock: Option<File>,
}

impl Deref for Store {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl Store {
    /// Opens or creates the store of a directory.
    ///
    /// # Errors
    /// `store-locked`, `store-missing`, `store-exists`, `store-version`, `store-corrupt`,
    /// `store-read-only`, `store-full`, `store-io`.
    pub fn open(dir: impl AsRef<Path>, options: &Options) -> Result<Self> {
        let dir = dir.as_ref();
        let access = match (&options.create, options.read_only) {
            (Some(_), _) => Access::Create,
            (None, true) => Access::Read,
            (None, false) => Access::Write,
        };
        if access == Access::Create {
            std::fs::create_dir_all(dir).map_err(|e| StoreError::io("create the directory", e))?;
        }
        let lock = if access == Access::Read { None } else { lock(dir)? };
        if access == Access::Create {
            // Keys that are there already, from a creation cut short or a restore, are kept.
            match Keys::create(dir) {
                Ok(_) | Err(StoreError::Exists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let mut conn = connect(dir, DATA_FILE, access, options.cache_mib)?;
        let begin = |conn: &Connection| {
            options.create.iter().try_for_each(|meta| {
                put_meta(conn, meta)?;
                let Meta { epoch, origin, created, .. } = meta;
                let (number, at) = (*epoch, *created);
                let first = log::NewEpoch { number, origin, before: &[], at, slots_taken: 0 };
                log::put_epoch(conn, 1, &first)
            })
        };
        migrate(&mut conn, DATA_FILE, access, begin)?;
        let wal_pages = Arc::new(AtomicU32::new(0));
        count_pages(&mut conn, &wal_pages)?;
        if let Some(pages) = options.max_pages {
            conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        }
        let view = View { conn, dir: dir.to_owned() };
        view.meta()?;
        let (last_pos, slots_taken) = (view.last_pos()?, view.mark(mark::SLOTS)?);
        let last_tick = view.last_tick()?;
        let read_only = access == Access::Read;
        let mut store = Self {
            view,
            read_only,
            uncertain: false,
            last_pos,
            slots_taken,
            last_tick,
            tip: Tip::default(),
            wal_pages,
            checkpoint_at: CHECKPOINT_PAGES,
            _lock: lock,
        };
        if !read_only {
            store.sequence()?;
        }
        Ok(store)
    }

    /// A reader for another thread.
    ///
    /// # Errors
    /// As [`View::open`].
    pub fn view(&self) -> Result<View> {
        View::open(&self.view.dir)
    }

    /// The directory's key database, in a connection of its own.
    ///
    /// # Errors
    /// As [`Keys::open`].
    pub fn keys(&self) -> Result<Keys> {
        Keys::open(&self.view.dir, self.read_only)
    }

    /// Runs one transaction: all of it is kept, or nothing.
    pub(crate) fn transact<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        if self.uncertain {
            return Err(StoreError::Uncertain);
        }
        let conn = &self.view.conn;
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let worked = work(conn);
        let ended = match worked {
            Ok(value) => match conn.prepare_cached("COMMIT")?.execute([]) {
                Ok(_) => return Ok(value),
                Err(error) => {
                    let error = StoreError::from(error);
                    self.uncertain = matches!(error, StoreError::Io { .. });
                    Err(error)
                }
            },
            Err(error) => Err(error),
        };
        // A full disk ends the transaction by itself; everything else is undone here.
        if !conn.is_autocommit() {
            self.uncertain |= conn.execute_batch("ROLLBACK").is_err();
        }
        ended
    }
}

impl View {
    /// Opens a reader of an existing store. It takes no lock.
    ///
    /// # Errors
    /// `store-missing`, `store-version`, `store-corrupt`, `store-io`.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        let mut conn = connect(dir, DATA_FILE, Access::Read, 16)?;
        migrate(&mut conn, DATA_FILE, Access::Read, |_| Ok(()))?;
        Ok(Self { conn, dir: dir.to_owned() })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the store is about.
    ///
    /// # Errors
    /// `store-corrupt` where a line is missing.
    pub fn meta(&self) -> Result<Meta> {
        let text = |key| -> Result<String> { self.meta_row(key) };
        let number = |key| -> Result<i64> { self.meta_row(key) };
        let wrong = |_| StoreError::corrupt("the epoch is negative");
        Ok(Meta {
            tenant: text("tenant")?,
            region: text("region")?,
            origin: text("origin")?,
            epoch: number("epoch")?.try_into().map_err(wrong)?,
            created: Timestamp::from_micros(number("created")?),
        })
    }

    fn meta_row<T: rusqlite::types::FromSql>(&self, key: &str) -> Result<T> {
        let mut found = self.conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        let found = found.query_row([key], |row| row.get(0)).optional()?;
        found.ok_or_else(|| StoreError::corrupt(format!("the meta line `{key}` is missing")))
    }

    /// A number that counts forward; 0 before it was set.
    pub(crate) fn mark(&self, name: &str) -> Result<u64> {
        let mut found = self.conn.prepare_cached("SELECT value FROM mark WHERE name = ?1")?;
        Ok(found.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
    }
}

pub(crate) fn set_mark(conn: &Connection, name: &str, value: u64) -> Result<()> {
    let sql = "INSERT INTO mark VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    conn.prepare_cached(sql)?.execute((name, value))?;
    Ok(())
}

/// `None` where there is no directory to lock; the files are missing then, too.
fn lock(dir: &Path) -> Result<Option<File>> {
    let failed = |error| StoreError::io("lock the directory", error);
    if !dir.is_dir() {
        return Ok(None);
    }
    let open = File::options().create(true).append(true).open(dir.join(LOCK_FILE));
    let file = open.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { dir: dir.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    Create,
}

/// A connection with the settings that durability and erasure rest on.
pub(crate) fn connect(
    dir: &Path,
    file: &str,
    access: Access,
    cache_mib: u32,
) -> Result<Connection> {
    let (path, shown) = (dir.join(file), || dir.display().to_string());
    if access != Access::Create && !path.exists() {
        return Err(StoreError::Missing { dir: shown() });
    }
    let flags = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    // A creation that was cut short left an empty file: it may be created again, not opened.
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_master", [], |r| r.get(0))?;
    match (access == Access::Create, tables == 0) {
        (true, false) => return Err(StoreError::Exists { dir: shown() }),
        (false, true) => return Err(StoreError::Missing { dir: shown() }),
        _ => {}
    }
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "cache_size", -1024 * i64::from(cache_mib))?;
    if access != Access::Read {
        make_durable(&conn)?;
    }
    Ok(conn)
}

fn make_durable(conn: &Connection) -> Result<()> {
    conn.pragma_update(None, "page_size", PAGE_BYTES)?;
    conn.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "wal", |r| r.get(0))?;
    if mode != "wal" {
        return Err(StoreError::ReadOnly);
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    // A log that once grew behind a slow reader gives its space back.
    let limit = i64::from(CHECKPOINT_PAGES) * i64::from(PAGE_BYTES) * 4;
    conn.pragma_update_and_check(None, "journal_size_limit", limit, |_| Ok(()))?;
    Ok(())
}

/// Takes the place of SQLite's own checkpoint, which would run before a commit is acknowledged.
fn count_pages(conn: &mut Connection, pages: &Arc<AtomicU32>) -> Result<()> {
    let pages = Arc::clone(pages);
    conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, now: std::ffi::c_int| {
        pages.store(u32::try_from(now).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }))?;
    Ok(())
}

pub(crate) fn put_meta(conn: &Connection, meta: &Meta) -> Result<()> {
    let mut put = conn.prepare("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
    for (key, value) in
        [("tenant", &meta.tenant), ("region", &meta.region), ("origin", &meta.origin)]
    {
        put.execute((key, value))?;
    }
    put.execute(("epoch", meta.epoch))?;
    put.execute(("created", meta.created.micros()))?;
    Ok(())
}
