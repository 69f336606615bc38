//! What each table holds, whose data that is, how long it is kept, and how it is erased.
//!
//! A test compares this list with the files: a table without a line here does not pass.

use bellwether_core::Duration;

/// How close a table is to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pii {
    /// Nothing about anybody.
    None,
    /// Random ids, keyed hashes and facts: only who has the keys can tell whom they are about.
    Pseudonymous,
    /// Personal data, sealed under the key of its subject.
    Sealed,
    /// The keys themselves.
    Keys,
}

impl Pii {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pseudonymous => "pseudonymous",
            Self::Sealed => "sealed",
            Self::Keys => "keys",
        }
    }
}

/// How long a table keeps its rows, unless configured otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// As long as the store, or until its subject is erased.
    Always,
    /// As long as what it was built from: it holds the newest of each thing.
    Newest,
    /// For a span, then `purge` removes it.
    For(Duration),
    /// For a span, then its events may be trimmed once every stream has a base.
    UntilBase(Duration),
}

/// The line of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The table.
    pub table: &'static str,
    /// What it holds.
    pub holds: &'static str,
    /// How close it is to a person.
    pub pii: Pii,
    /// How long it is kept.
    pub keep: Keep,
    /// What an erasure does to it.
    pub erased: &'static str,
}

impl Retention {
    /// The file that has the table.
    pub fn file(&self) -> &'static str {
        match self.table {
            "erased" | "keys" | "ring" | "secret" | "signed" => "keys.db",
            _ => "data.db",
        }
    }
}

const SIX_YEARS: Duration = Duration::from_days(2190);
const KEY_GONE: &str = "the subject's key is destroyed, and every row that needs it is removed";
const NOBODY: &str = "holds nothing about anybody";
const HANDLES: &str = "holds handles of staff; without the staff rows they are nobody's names";
const IDS_ONLY: &str = "holds random ids only; without the identity rows they lead to nobody";

const fn line(
    table: &'static str,
    holds: &'static str,
    pii: Pii,
    keep: Keep,
    erased: &'static str,
) -> Retention {
    Retention { table, holds, pii, keep, erased }
}

/// Every table of `data.db` and `keys.db`.
pub const RETENTION: &[Retention] = &[
    line("migration", "versions of the tables", Pii::None, Keep::Always, NOBODY),
    line("meta", "tenant, region, origin, epoch, notes", Pii::None, Keep::Always, NOBODY),
    line("mark", "how far what is built behind has come", Pii::None, Keep::Always, NOBODY),
    line("journal", "events and records", Pii::Pseudonymous, Keep::UntilBase(SIX_YEARS), IDS_ONLY),
    line(
        "payload",
        "what signals said, sealed",
        Pii::Sealed,
        Keep::For(Duration::from_days(730)),
        KEY_GONE,
    ),
    line(
        "unlisted",
        "fields that mappings do not list, sealed",
        Pii::Sealed,
        Keep::For(Duration::from_days(30)),
        KEY_GONE,
    ),
    line("evidence", "facts behind decisions", Pii::Pseudonymous, Keep::For(SIX_YEARS), IDS_ONLY),
    line(
        "outbox",
        "effects; those that ended are purged",
        Pii::Pseudonymous,
        Keep::For(Duration::from_days(90)),
        IDS_ONLY,
    ),
    line(
        "trace",
        "whose trace the effects of a record belong to, by random ids",
        Pii::Pseudonymous,
        Keep::For(Duration::from_days(90)),
        IDS_ONLY,
    ),
    line("asked", "how many asks whom got today", Pii::Pseudonymous, Keep::Newest, HANDLES),
    line("tick", "what was committed when, one row an hour", Pii::None, Keep::Always, NOBODY),
    line("identity", "keyed hashes", Pii::Pseudonymous, Keep::Always, "the rows are removed"),
    line(
        "account",
        "ids and sealed names",
        Pii::Sealed,
        Keep::Always,
        "the name is removed and its key destroyed",
    ),
    line(
        "staff",
        "names and addresses of whom rules ask, sealed; the span begins when rules name them no more",
        Pii::Sealed,
        Keep::For(Duration::from_days(400)),
        "the row is removed and its key destroyed; `privacy forget-staff` does that by handle",
    ),
    line("link", "accounts counted together", Pii::Pseudonymous, Keep::Always, IDS_ONLY),
    line("snapshot", "newest states", Pii::Pseudonymous, Keep::Newest, IDS_ONLY),
    line("timer", "when to wake whom", Pii::Pseudonymous, Keep::Newest, IDS_ONLY),
    line("stream_position", "where streams stand", Pii::Pseudonymous, Keep::Newest, IDS_ONLY),
    line("model", "lists for the console", Pii::Pseudonymous, Keep::Newest, IDS_ONLY),
    line("base", "states where events were trimmed", Pii::Pseudonymous, Keep::Newest, IDS_ONLY),
    line(
        "quarantine",
        "what was refused, each row sealed under a key of its own",
        Pii::Sealed,
        Keep::For(Duration::from_days(30)),
        "rows that name the person are removed and their keys destroyed",
    ),
    line("tally", "counts by name", Pii::None, Keep::For(Duration::from_days(400)), NOBODY),
    line("import", "files read, by digest", Pii::None, Keep::Always, NOBODY),
    line(
        "import_file",
        "what imported files were like, in counts",
        Pii::None,
        Keep::For(Duration::from_days(400)),
        NOBODY,
    ),
    line(
        "access",
        "when sealed data was opened by hand, and what for",
        Pii::Pseudonymous,
        Keep::For(SIX_YEARS),
        "holds numbers of refused rows, random ids of whose data was opened, and the purpose as it was \
         typed; without the identity rows the ids lead to nobody",
    ),
    line(
        "gate_result",
        "files that gates held back, by their names in clear, and why",
        Pii::Pseudonymous,
        Keep::For(Duration::from_days(30)),
        "holds names of files as they were typed: name no file after a person, or drop the line with \
         `quarantine drop`",
    ),
    line(
        "spill",
        "rows of an import, sealed, until it ends",
        Pii::Sealed,
        Keep::For(Duration::from_days(7)),
        "the key was in the memory of that run only: nobody can open them afterwards",
    ),
    line("epoch", "origins of the log", Pii::None, Keep::Always, NOBODY),
    line("log_key", "public keys of the log", Pii::None, Keep::Always, NOBODY),
    line("checkpoint", "roots of the log", Pii::None, Keep::Always, NOBODY),
    line("tile", "hashes of the log", Pii::None, Keep::Always, NOBODY),
    line("blob", "rules by digest, with handles", Pii::Pseudonymous, Keep::Always, HANDLES),
    line("gate", "what is stopped", Pii::None, Keep::Always, NOBODY),
    line("signed", "newest checkpoints, by epoch", Pii::None, Keep::Always, NOBODY),
    line(
        "erasure",
        "which key slots were erased, and when",
        Pii::None,
        Keep::Always,
        "it is what tells of the erasure",
    ),
    line(
        "guard",
        "keyed hashes of who was erased, is restricted, or objected",
        Pii::Pseudonymous,
        Keep::Always,
        "a keyed hash stays, so that the person is not learnt again; `privacy admit` removes it",
    ),
    line("ring", "wrapped tenant keys", Pii::Keys, Keep::Always, NOBODY),
    line(
        "erased",
        "keyed hashes of who was erased, for data that comes from a backup",
        Pii::Pseudonymous,
        Keep::Always,
        "a keyed hash stays; `privacy admit` removes it",
    ),
    line("secret", "sealed secrets of the tenant, by name", Pii::Keys, Keep::Always, NOBODY),
    line("keys", "wrapped subject keys", Pii::Keys, Keep::Always, "the key is overwritten"),
];
