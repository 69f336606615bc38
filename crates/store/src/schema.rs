//! The tables, as one migration after another. A released migration is never edited.

/// Marks the file as ours (`PRAGMA application_id`): the bytes "BlwS".
pub(crate) const DATA_ID: i64 = 0x426c_7753;
/// The same for the key database: "BlwK".
pub(crate) const KEYS_ID: i64 = 0x426c_774b;

/// Migrations of `data.db`; the version of a file is how many it has seen.
pub(crate) const DATA: &[(&str, &str)] = &[
    ("first tables", FIRST),
    ("staff, unlisted fields, gates, access", SECOND),
    ("log", LOG),
    ("erasures, bases", ERASURES),
    ("serving", SERVING),
    ("delivery", DELIVERY),
];

/// Migrations of `keys.db`.
pub(crate) const KEYS: &[(&str, &str)] =
    &[("keys", KEY_TABLE), ("signed", SIGNED), ("key ring, erased, secrets", RING)];

/// Names that count forward, in the table `mark`.
pub(crate) mod mark {
    /// Snapshots and timers reflect the journal up to here.
    pub(crate) const COVERED: &str = "covered_pos";
    /// Stream positions are indexed up to here.
    pub(crate) const INDEXED: &str = "indexed_pos";
    /// The highest key slot that was ever taken.
    pub(crate) const SLOTS: &str = "slots_taken";
    /// What waits before the journal was stepped up to here.
    pub(crate) const INBOX: &str = "inbox_done";
    /// Events below this position were trimmed.
    pub(crate) const TRIMMED: &str = "trimmed_pos";
}

const FIRST: &str = "
CREATE TABLE migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- The commit path: appended at the right edge, never at random.
CREATE TABLE journal (pos INTEGER PRIMARY KEY, stream BLOB NOT NULL, seq INTEGER NOT NULL,
    event BLOB NOT NULL, record BLOB NOT NULL) STRICT;
-- id = pos << 8 | part
CREATE TABLE payload (id INTEGER PRIMARY KEY, subject INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE TABLE evidence (pos INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
-- id = pos << 8 | n; the index holds only rows that wait, so it stays small.
CREATE TABLE outbox (id INTEGER PRIMARY KEY, key BLOB NOT NULL, body BLOB NOT NULL,
    status INTEGER NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL) STRICT;
CREATE INDEX outbox_due ON outbox (due) WHERE status = 0;
-- One row an hour: what was committed when, so that retention finds its place.
CREATE TABLE tick (pos INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;

-- Who is who.
CREATE TABLE identity (blind BLOB PRIMARY KEY, slot INTEGER NOT NULL, how TEXT NOT NULL,
    since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE account (slot INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, name_sealed BLOB) STRICT;
CREATE TABLE link (slot INTEGER NOT NULL, survivor INTEGER NOT NULL, since INTEGER NOT NULL,
    undone INTEGER, PRIMARY KEY (slot, since)) STRICT, WITHOUT ROWID;

-- Built behind; may be discarded and built again.
CREATE TABLE snapshot (stream BLOB NOT NULL UNIQUE, seq INTEGER NOT NULL, pos INTEGER NOT NULL,
    head BLOB NOT NULL, tag BLOB NOT NULL, state BLOB NOT NULL) STRICT;
CREATE TABLE timer (stream BLOB NOT NULL, doc TEXT NOT NULL, kind TEXT NOT NULL,
    graph INTEGER NOT NULL, generation INTEGER NOT NULL, due INTEGER NOT NULL,
    PRIMARY KEY (stream, doc, kind, graph)) STRICT, WITHOUT ROWID;
CREATE INDEX timer_due ON timer (due);
CREATE TABLE stream_position (stream BLOB NOT NULL, seq INTEGER NOT NULL, pos INTEGER NOT NULL,
    PRIMARY KEY (stream, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE model (model TEXT NOT NULL, key BLOB NOT NULL, rank INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (model, key)) STRICT, WITHOUT ROWID;
CREATE INDEX model_rank ON model (model, rank, key);
CREATE TABLE base (stream BLOB PRIMARY KEY, seq INTEGER NOT NULL, pos INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;

-- What came in and could not be used, and imports.
CREATE TABLE quarantine (id INTEGER PRIMARY KEY, code TEXT NOT NULL, place TEXT NOT NULL,
    source TEXT NOT NULL, import INTEGER, at INTEGER NOT NULL, subject INTEGER NOT NULL,
    sealed BLOB NOT NULL) STRICT;
CREATE TABLE tally (family TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
    first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (family, name))
    STRICT, WITHOUT ROWID;
CREATE TABLE import (id INTEGER PRIMARY KEY, file BLOB NOT NULL, mapping BLOB NOT NULL,
    source TEXT NOT NULL, started INTEGER NOT NULL, rows INTEGER NOT NULL,
    refused INTEGER NOT NULL, offset INTEGER NOT NULL, done INTEGER) STRICT;
CREATE TABLE spill (import INTEGER NOT NULL, key BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (import, key)) STRICT, WITHOUT ROWID;

-- The log's published face, rules and models, and gates.
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note BLOB NOT NULL,
    at INTEGER NOT NULL) STRICT;
CREATE TABLE tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;
CREATE TABLE blob (digest BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE gate (name TEXT PRIMARY KEY, closed INTEGER NOT NULL, reason TEXT NOT NULL,
    at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

const SECOND: &str = "
-- Whom rules ask: name and address by handle.
CREATE TABLE staff (person TEXT PRIMARY KEY, slot INTEGER NOT NULL, sealed BLOB NOT NULL,
    since INTEGER NOT NULL, gone INTEGER) STRICT, WITHOUT ROWID;
-- Fields of rows that their mappings do not list.
CREATE TABLE unlisted (pos INTEGER PRIMARY KEY, subject INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
-- What is wrong with a refused row, in a sentence without a word of it.
ALTER TABLE quarantine ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE TABLE gate_result (id INTEGER PRIMARY KEY, import INTEGER NOT NULL, file TEXT NOT NULL,
    mapping TEXT NOT NULL, gate TEXT NOT NULL, reason TEXT NOT NULL, accepted INTEGER NOT NULL,
    at INTEGER NOT NULL) STRICT;
-- What imported files were like, in counts: the next one is compared with them.
CREATE TABLE import_file (import INTEGER NOT NULL, nth INTEGER NOT NULL, mapping TEXT NOT NULL,
    figures TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (import, nth)) STRICT, WITHOUT ROWID;
-- Who opened sealed data by hand, and what for.
CREATE TABLE access (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL,
    purpose TEXT NOT NULL) STRICT;
";

const LOG: &str = "
-- One tree an epoch, over the records from first_pos on. before: what was known of the log until then.
CREATE TABLE epoch (epoch INTEGER PRIMARY KEY, origin TEXT NOT NULL, first_pos INTEGER NOT NULL,
    before BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
INSERT INTO epoch SELECT e.value, o.value, 1, x'', c.value FROM meta e, meta o, meta c
    WHERE e.key = 'epoch' AND o.key = 'origin' AND c.key = 'created';
DROP TABLE checkpoint;
CREATE TABLE checkpoint (epoch INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
    note BLOB NOT NULL, cosigned INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (epoch, size))
    STRICT, WITHOUT ROWID;
-- id = epoch << 51 | level << 47 | index. At level 0 the last, partial tile is as of a checkpoint.
DROP TABLE tile;
CREATE TABLE tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;
-- Public keys of the log, from the size on at which they began to sign.
CREATE TABLE log_key (vkey TEXT PRIMARY KEY, epoch INTEGER NOT NULL, since INTEGER NOT NULL,
    until INTEGER) STRICT, WITHOUT ROWID;
";

const ERASURES: &str = "
-- Erasures from their intent on. slots: 8 bytes each; named: rows sealed for others, 17 bytes each, until
-- it is done.
CREATE TABLE erasure (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, slots BLOB NOT NULL,
    named BLOB NOT NULL, done INTEGER) STRICT;
-- The state of a stream after its record `seq`; the record at `pos` commits its digest.
ALTER TABLE base ADD COLUMN state BLOB NOT NULL DEFAULT x'';
-- Who was erased, is restricted, or objected: keyed hashes of what names them.
CREATE TABLE guard (hash BLOB NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, erasure INTEGER,
    slot INTEGER, PRIMARY KEY (hash, kind)) STRICT, WITHOUT ROWID;
";

const SERVING: &str = "
-- Whose trace the effects of a record belong to.
CREATE TABLE trace (pos INTEGER PRIMARY KEY, parent TEXT NOT NULL) STRICT;
";

const DELIVERY: &str = "
-- via: the channel that is tried, or was last. tries: how often by it. why: a word that says why not.
ALTER TABLE outbox ADD COLUMN via TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN why TEXT NOT NULL DEFAULT '';
-- None of these is touched by the commit of a signal: an effect begins as 0.
CREATE INDEX outbox_unsure ON outbox (id) WHERE status IN (1, 4);
CREATE INDEX outbox_dead ON outbox (id) WHERE status IN (3, 5, 6);
CREATE INDEX outbox_arrived ON outbox (key) WHERE status IN (2, 5);
-- How many asks a person got, by day since 1970 in UTC.
CREATE TABLE asked (person INTEGER NOT NULL, day INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (person, day)) STRICT, WITHOUT ROWID;
";

const KEY_TABLE: &str = "
CREATE TABLE migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE keys (slot INTEGER PRIMARY KEY, id BLOB NOT NULL, wrapped BLOB, destroyed_at INTEGER)
    STRICT;
";

const SIGNED: &str = "
-- The newest checkpoint signed in each epoch: data from a backup is known by being behind it.
CREATE TABLE signed (epoch INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL,
    note BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
";

const RING: &str = "
-- Tenant keys, wrapped under the master key whose fingerprint stands beside them.
CREATE TABLE ring (master BLOB NOT NULL, what TEXT NOT NULL, version INTEGER NOT NULL,
    wrapped BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (master, what, version)) STRICT, WITHOUT ROWID;
-- Who was erased, as keyed hashes: data from a backup does not know.
CREATE TABLE erased (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
-- Secrets of the tenant by name, sealed under its wrapping key.
CREATE TABLE secret (what TEXT PRIMARY KEY, sealed BLOB NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";
