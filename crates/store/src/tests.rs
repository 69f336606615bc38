//! The store as a whole, against folders that are thrown away.

mod commits;
mod crash;
mod erasure;
mod log;
mod opening;
mod purging;
mod random;
mod tables;

use crate::*;
use bellwether_core::{AccountId, Digest, DocKey, Id, StreamId, StreamKind, Timestamp};
use std::ops::ControlFlow;
use std::path::Path;

pub(crate) fn meta() -> Meta {
    let (tenant, region, origin) = ("acme".to_owned(), "eu".to_owned(), "acme/eu/1".to_owned());
    Meta { tenant, region, origin, epoch: 1, created: at(1) }
}

pub(crate) fn fresh() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &Options::create(meta())).unwrap();
    (dir, store)
}

pub(crate) fn reopen(dir: impl AsRef<Path>) -> Store {
    Store::open(dir, &Options::default()).unwrap()
}

pub(crate) fn later(number: u64) -> NewEpoch<'static> {
    NewEpoch { number, origin: "acme/eu/1/e2", before: b"note", at: at(2), slots_taken: 0 }
}

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

pub(crate) fn stream(nth: u128) -> StreamId {
    StreamId { kind: StreamKind::Account, id: Id::from_bits(nth) }
}

pub(crate) fn entry(nth: u128, seq: u64) -> Entry {
    let event = format!("event {seq} of {nth}").into_bytes();
    Entry::new(stream(nth), seq, event, format!("record {seq} of {nth}").into_bytes())
}

/// Commits one after the other.
fn commit_each(store: &mut Store, batches: &[Batch]) -> Vec<Committed> {
    batches.iter().map(|batch| store.commit(batch).unwrap()).collect()
}

/// A batch of one entry that writes a row of every table a batch can write.
pub(crate) fn rich(seq: u64) -> Batch {
    let mut batch = Batch::new(at(seq as i64));
    let mut first = entry(7, seq);
    first.payloads = vec![Payload { subject: seq, sealed: vec![1; 600] }];
    first.evidence = Some(vec![2; 300]);
    first.effects = vec![NewEffect { key: Digest::of(b"k"), body: vec![3; 50], due: at(5) }];
    batch.entries = vec![first];
    batch.accounts = vec![account(seq)];
    batch.identities = vec![identity(seq, seq)];
    batch.links = vec![Link { slot: seq, survivor: 99, since: at(1), undone: None }];
    batch.quarantine = vec![quarantined("signal-shape", seq)];
    batch.tallies = vec![Tally { family: "refused", name: format!("c{seq}"), by: 2 }];
    batch.gates =
        vec![Gate { name: format!("g{seq}"), closed: true, reason: "drill".into(), at: at(1) }];
    batch
}

pub(crate) fn account(slot: u64) -> Account {
    let id = AccountId(Id::from_bits(u128::from(slot) << 64));
    Account { slot, id, name_sealed: Some(vec![9; 40]) }
}

/// The blind index is 16 bytes of which the last tell the number.
pub(crate) fn blind(nth: u64) -> Vec<u8> {
    [vec![0xb1; 8], nth.to_be_bytes().to_vec()].concat()
}

pub(crate) fn identity(nth: u64, slot: u64) -> Identity {
    Identity { blind: blind(nth), slot, how: "domain".into(), since: at(3) }
}

pub(crate) fn quarantined(code: &str, subject: u64) -> Quarantined {
    let (code, place) = (code.to_owned(), "orders.csv:3:1".to_owned());
    let (source, sealed) = ("erp".to_owned(), vec![0xaa; 64]);
    Quarantined {
        code,
        place,
        reason: "it is wrong".to_owned(),
        source,
        import: None,
        at: at(100),
        subject,
        sealed,
    }
}

pub(crate) fn scanned(view: &View, from: u64) -> Vec<StoredEntry> {
    let mut found = Vec::new();
    let each = |row: &Row<'_>| {
        found.push(row.to_owned());
        ControlFlow::Continue(())
    };
    view.scan(from, each).unwrap();
    found
}

pub(crate) fn of_stream(view: &View, stream: StreamId, from_seq: u64) -> Vec<StoredEntry> {
    let mut found = Vec::new();
    let each = |row: &Row<'_>| {
        found.push(row.to_owned());
        ControlFlow::Continue(())
    };
    view.stream_events(stream, from_seq, each).unwrap();
    found
}

/// Every row of every table, as text.
pub(crate) fn dump(view: &View) -> Vec<String> {
    let mut lines = Vec::new();
    for table in tables_of(&view.conn) {
        let mut all = view.conn.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
        let columns = all.column_count();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns).map(|nth| format!("{:?}", row.get_ref(nth).unwrap()));
            lines.push(format!("{table}: {}", cells.collect::<Vec<_>>().join(" | ")));
        }
    }
    lines
}

pub(crate) fn tables_of(conn: &rusqlite::Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut read = conn.prepare(sql).unwrap();
    let names = read.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

/// Whether any file of the folder holds the bytes.
pub(crate) fn on_disk(dir: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

/// A small generator whose seed is printed by the tests that use it.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub(crate) fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.roll(most + 1)).map(|_| self.roll(256) as u8).collect()
    }
}

pub(crate) fn doc(nth: u64) -> DocKey {
    match nth {
        0 => DocKey::Account,
        nth => DocKey::Case(Id::from_bits(u128::from(nth))),
    }
}
