//! Looking after the files: integrity, sizes, and how full they are.

use crate::open::{DATA_FILE, KEYS_FILE};
use crate::{Store, StoreError, View};
use std::sync::atomic::Ordering;

type Result<T> = std::result::Result<T, StoreError>;

/// How many findings an integrity check gives at most.
const MOST_FINDINGS: usize = 100;

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Structure of the pages, and the ends of the journal.
    Quick,
    /// Also every index entry against its row, and every position.
    Full,
}

/// How large a table is, its indexes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// The table.
    pub table: String,
    /// Bytes of pages.
    pub bytes: u64,
    /// Bytes of those that hold no row.
    pub unused: u64,
}

/// How large the files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of a page.
    pub page_bytes: u64,
    /// Pages of `data.db`.
    pub pages: u64,
    /// Pages of those that hold nothing.
    pub free_pages: u64,
    /// Bytes of the write-ahead log beside it.
    pub log_bytes: u64,
    /// Bytes of `keys.db`.
    pub keys_bytes: u64,
}

impl View {
    /// What is damaged, in sentences; empty if nothing is.
    ///
    /// # Errors
    /// `store-io`, where the check itself failed; damage is a finding, not an error.
    pub fn integrity(&self, depth: Depth) -> Result<Vec<String>> {
        let pragma = match depth {
            Depth::Quick => "quick_check",
            Depth::Full => "integrity_check",
        };
        let mut findings = match self.pages(pragma) {
            Err(StoreError::Corrupt { what }) => return Ok(vec![what]),
            other => other?,
        };
        if findings.is_empty() {
            findings.extend(self.beyond_the_end()?);
            if depth == Depth::Full {
                findings.extend(self.gaps()?);
            }
        }
        Ok(findings)
    }

    fn pages(&self, pragma: &str) -> Result<Vec<String>> {
        let mut check = self.conn.prepare(&format!("PRAGMA {pragma}({MOST_FINDINGS})"))?;
        let mut rows = check.query([])?;
        let mut findings = Vec::new();
        while let Some(row) = rows.next()? {
            findings.push(row.get::<_, String>(0)?);
        }
        findings.retain(|finding| finding != "ok");
        Ok(findings)
    }

    /// Parts of positions that the journal does not have, and marks that point there.
    fn beyond_the_end(&self) -> Result<Vec<String>> {
        let last = self.last_pos()?;
        let mut findings = Vec::new();
        for (what, sql) in [
            ("a payload", "SELECT coalesce(max(id), 0) >> 8 FROM payload"),
            ("an effect", "SELECT coalesce(max(id), 0) >> 8 FROM outbox"),
            ("evidence", "SELECT coalesce(max(pos), 0) FROM evidence"),
            ("a mark", "SELECT coalesce(max(value), 0) FROM mark WHERE name <> 'slots_taken'"),
        ] {
            let found: u64 = self.conn.query_row(sql, [], |row| row.get(0))?;
            if found > last + u64::from(what == "a mark") {
                findings.push(format!("{what} names position {found}, the journal ends at {last}"));
            }
        }
        Ok(findings)
    }

    fn gaps(&self) -> Result<Option<String>> {
        let sql = "SELECT count(*) FROM journal";
        let (rows, last): (u64, u64) =
            (self.conn.query_row(sql, [], |row| row.get(0))?, self.last_pos()?);
        Ok((rows != last).then(|| format!("the journal has {rows} rows for {last} positions")))
    }

    /// How large each table is, the largest first. It reads every page.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn table_sizes(&self) -> Result<Vec<TableSize>> {
        let mut read = self.conn.prepare(
            "SELECT m.tbl_name, sum(s.pgsize), sum(s.unused) FROM dbstat s
             JOIN sqlite_master m ON m.name = s.name WHERE s.aggregate = TRUE
             GROUP BY m.tbl_name ORDER BY 2 DESC, 1",
        )?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(TableSize { table: row.get(0)?, bytes: row.get(1)?, unused: row.get(2)? });
        }
        Ok(found)
    }

    /// How large the files are.
    ///
    /// # Errors
    /// `store-io`.
    pub fn footprint(&self) -> Result<Footprint> {
        let pragma = |name: &str| -> Result<u64> {
            Ok(self.conn.pragma_query_value(None, name, |row| row.get(0))?)
        };
        let bytes = |file: &str| std::fs::metadata(self.dir.join(file)).map_or(0, |m| m.len());
        Ok(Footprint {
            page_bytes: pragma("page_size")?,
            pages: pragma("page_count")?,
            free_pages: pragma("freelist_count")?,
            log_bytes: bytes(&format!("{DATA_FILE}-wal")),
            keys_bytes: bytes(KEYS_FILE),
        })
    }
}

impl Store {
    /// Pages in the write-ahead log after the last commit.
    pub(crate) fn wal_pages(&self) -> u32 {
        self.wal_pages.load(Ordering::Relaxed)
    }
}
