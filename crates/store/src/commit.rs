//! The commit path: one transaction a call, appended at the right edge.

use crate::open::set_mark;
use crate::rows::{PARTS, part_key, stream_key};
use crate::schema::mark;
use crate::{
    Batch, Committed, Entry, Store, StoreError, identity, import, intake, log, outbox, shelf, staff,
};
use bellwether_core::Duration;
use rusqlite::Connection;

type Result<T> = std::result::Result<T, StoreError>;

/// The most bytes that one value may have.
pub(crate) const MAX_VALUE: usize = 4 << 20;

/// How far apart the rows are that say what was committed when.
pub(crate) const TICK: Duration = Duration::from_secs(3600);

impl Store {
    /// Commits a batch: durable when it returns, or nothing of it is kept.
    ///
    /// # Errors
    /// `store-full`, `store-conflict`, `store-too-large`, `store-io`; after `store-uncertain` the
    /// store must be reopened.
    pub fn commit(&mut self, batch: &Batch) -> Result<Committed> {
        check(batch)?;
        let first_pos = self.last_pos + 1;
        let last_pos = self.last_pos + batch.entries.len() as u64;
        let (mut tip, mut tick, highest) = (self.tip.clone(), self.last_tick, batch.highest_slot());
        let raised = highest > self.slots_taken;
        self.transact(|conn| {
            if tick.is_none_or(|last| last.plus(TICK) <= batch.at) && !batch.entries.is_empty() {
                let mut put = conn.prepare_cached("INSERT INTO tick VALUES (?1, ?2)")?;
                put.execute((first_pos, batch.at.micros()))?;
                tick = Some(batch.at);
            }
            append(conn, first_pos, &batch.entries)?;
            tip.append(conn, batch.entries.iter().map(|entry| &entry.record[..]))?;
            write_rest(conn, batch)?;
            if raised { set_mark(conn, mark::SLOTS, highest) } else { Ok(()) }
        })?;
        (self.last_pos, self.last_tick, self.tip) = (last_pos, tick, tip);
        self.slots_taken = self.slots_taken.max(highest);
        // What is committed stands, whatever becomes of the log's folding.
        if let Err(error) = self.checkpoint_if_due() {
            tracing::warn!(code = error.code(), "The write-ahead log could not be folded: {error}");
        }
        Ok(Committed { first_pos, last_pos })
    }
}

fn check(batch: &Batch) -> Result<()> {
    let too_large = |what, found, most| Err(StoreError::TooLarge { what, found, most });
    for entry in &batch.entries {
        let parts = entry.payloads.len().max(entry.effects.len());
        if parts > PARTS {
            return too_large("the number of payloads or effects of an entry", parts, PARTS);
        }
        let sealed =
            entry.payloads.iter().chain(&entry.unlisted).map(|payload| payload.sealed.len());
        let bodies = entry.effects.iter().map(|effect| effect.body.len());
        let own =
            [entry.event.len(), entry.record.len(), entry.evidence.as_ref().map_or(0, Vec::len)];
        let largest = sealed.chain(bodies).chain(own).max().unwrap_or(0);
        if largest > MAX_VALUE {
            return too_large("the bytes of a value", largest, MAX_VALUE);
        }
    }
    identity::check(&batch.identities)
}

fn append(conn: &Connection, first: u64, entries: &[Entry]) -> Result<()> {
    let mut journal = conn.prepare_cached("INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut payload = conn.prepare_cached("INSERT INTO payload VALUES (?1, ?2, ?3)")?;
    let mut unlisted = conn.prepare_cached("INSERT INTO unlisted VALUES (?1, ?2, ?3)")?;
    let mut evidence = conn.prepare_cached("INSERT INTO evidence VALUES (?1, ?2)")?;
    let mut outbox = conn.prepare_cached(
        "INSERT INTO outbox (id, key, body, status, attempts, due) VALUES (?1, ?2, ?3, 0, 0, ?4)",
    )?;
    for (pos, entry) in (first..).zip(entries) {
        journal.execute((pos, stream_key(entry.stream), entry.seq, &entry.event, &entry.record))?;
        for (part, row) in entry.payloads.iter().enumerate() {
            payload.execute((part_key(pos, part), row.subject, &row.sealed))?;
        }
        if let Some(row) = &entry.unlisted {
            unlisted.execute((pos, row.subject, &row.sealed))?;
        }
        if let Some(body) = &entry.evidence {
            evidence.execute((pos, body))?;
        }
        if let Some(parent) = &entry.trace {
            let mut trace = conn.prepare_cached("INSERT INTO trace VALUES (?1, ?2)")?;
            trace.execute((pos, parent))?;
        }
        for (nth, row) in entry.effects.iter().enumerate() {
            let due = row.due.micros();
            outbox.execute((part_key(pos, nth), row.key.as_bytes(), &row.body, due))?;
        }
    }
    Ok(())
}

/// Rows that seldom come: nothing is prepared for those that are not there.
fn write_rest(conn: &Connection, batch: &Batch) -> Result<()> {
    identity::put_accounts(conn, &batch.accounts)?;
    identity::put_identities(conn, &batch.identities)?;
    identity::put_links(conn, &batch.links)?;
    identity::forget(conn, &batch.forget)?;
    staff::put(conn, &batch.staff)?;
    outbox::change(conn, &batch.outbox)?;
    outbox::reserve(conn, &batch.asked)?;
    intake::put_quarantine(conn, &batch.quarantine)?;
    intake::put_tallies(conn, batch.at, &batch.tallies)?;
    import::put_progress(conn, &batch.imports)?;
    shelf::put_gates(conn, &batch.gates)?;
    if let Some(seq) = batch.inbox {
        set_mark(conn, mark::INBOX, seq)?;
    }
    batch.log_key.iter().try_for_each(|key| log::put_log_key(conn, key))
}
