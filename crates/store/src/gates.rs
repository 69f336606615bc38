//! Gates of imports: which file was held back or let through, and why.

use crate::rows;
use crate::{Store, StoreError, View};
use bellwether_core::Timestamp;

type Result<T> = std::result::Result<T, StoreError>;

/// A gate that a file did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateResult {
    /// The import.
    pub import: u64,
    /// The file as the user named it.
    pub file: String,
    /// The mapping's name.
    pub mapping: String,
    /// The gate.
    pub gate: String,
    /// What was found and what is allowed, in a sentence without personal data.
    pub reason: String,
    /// Whether somebody let the file through; else nothing of it was imported.
    pub accepted: bool,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Keeps what gates said about an import, in the place of what they said about it before, and about
    /// files that have `passed` now.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put_gate_results(
        &mut self,
        import: u64,
        results: &[GateResult],
        passed: &[&str],
    ) -> Result<()> {
        self.transact(|conn| {
            conn.execute("DELETE FROM gate_result WHERE import = ?1", [import])?;
            // The same file, imported another way: what held it back then is past.
            let past = "DELETE FROM gate_result WHERE file = ?1 AND NOT accepted";
            passed.iter().try_for_each(|file| conn.execute(past, [file]).map(|_| ()))?;
            let sql = "INSERT INTO gate_result VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let mut put = conn.prepare_cached(sql)?;
            for GateResult { import, file, mapping, gate, reason, accepted, at } in results {
                put.execute((import, file, mapping, gate, reason, accepted, at.micros()))?;
            }
            Ok(())
        })
    }

    /// Keeps what the files of an import were like: the mapping of each, and its figures.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn put_import_files(
        &mut self,
        import: u64,
        files: &[(String, String)],
        at: Timestamp,
    ) -> Result<()> {
        self.transact(|conn| {
            let sql = "INSERT OR REPLACE INTO import_file VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut put = conn.prepare_cached(sql)?;
            for (nth, (mapping, figures)) in (0u64..).zip(files) {
                put.execute((import, nth, mapping, figures, at.micros()))?;
            }
            Ok(())
        })
    }

    /// Forgets that a file was held back. Says how many gates had done so.
    ///
    /// # Errors
    /// `store-full`, `store-io`.
    pub fn drop_gate_results(&mut self, import: u64) -> Result<u64> {
        self.transact(|conn| {
            let sql = "DELETE FROM gate_result WHERE import = ?1 AND NOT accepted";
            Ok(conn.execute(sql, [import])? as u64)
        })
    }
}

impl View {
    /// The figures of the last files that were read by a mapping to the end, the newest first.
    ///
    /// # Errors
    /// `store-io`.
    pub fn past_files(&self, mapping: &str, limit: usize) -> Result<Vec<String>> {
        let mut read = self.conn.prepare_cached(
            "SELECT f.figures FROM import_file f JOIN import i ON i.id = f.import
             WHERE f.mapping = ?1 AND i.done IS NOT NULL ORDER BY f.import DESC, f.nth DESC LIMIT ?2",
        )?;
        let found = read.query_map((mapping, limit), |row| row.get(0))?;
        Ok(found.collect::<std::result::Result<_, _>>()?)
    }

    /// What gates said, the oldest first.
    ///
    /// # Errors
    /// `store-corrupt`, `store-io`.
    pub fn gate_results(&self) -> Result<Vec<GateResult>> {
        let mut read = self.conn.prepare_cached(
            "SELECT import, file, mapping, gate, reason, accepted, at FROM gate_result ORDER BY id",
        )?;
        let mut rows = read.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(GateResult {
                import: row.get(0)?,
                file: row.get(1)?,
                mapping: row.get(2)?,
                gate: row.get(3)?,
                reason: row.get(4)?,
                accepted: row.get(5)?,
                at: rows::instant(row, 6)?,
            });
        }
        Ok(found)
    }
}
