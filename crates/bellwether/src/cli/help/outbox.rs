//! Long help of the commands about sending.

use super::{DATA, ENDS, Help, NOTHING, help};

/// What changes what is sent.
const ALONE: &str =
    "the data directory, which no server may hold meanwhile: its console has an Outbox page";

pub(super) const OUTBOX: &[Help] = &[
    help(
        "stop",
        ALONE,
        "the switch, and who threw it to the log; it holds across restarts until `--resume`",
        ["stop --by ann", "stop --resume --by ann"],
        ENDS,
    ),
    help("outbox", DATA, "what is asked for", ["outbox list", "outbox retry 4711/0"], ENDS),
    help("outbox list", DATA, NOTHING, ["outbox list", "outbox list --format json"], ENDS),
    help(
        "outbox retry",
        ALONE,
        "the effect waits again, for the first channel and under the same key",
        ["outbox retry 4711/0", "outbox retry 4711/0 --format json"],
        ENDS,
    ),
    help(
        "outbox settle",
        ALONE,
        "what became of the effect, to the log, by the channel `person`",
        ["outbox settle 4711/0 --arrived", "outbox settle 4711/0 --unwanted"],
        ENDS,
    ),
];
