//! Long help of the commands about feature versions.

use super::{ENDS, Help, JUDGES, help};

pub(super) const FEATURES: &[Help] = &[
    help(
        "features",
        "the data directory, and for `activate` a bundle",
        "events in the data directory",
        ["features versions", "features activate ./my-bundle"],
        JUDGES,
    ),
    help(
        "features activate",
        "a bundle; the data directory",
        "the activation, in the data directory; escalations under way stay with whoever has them",
        ["features activate ./my-bundle", "features activate customer-escalation --format json"],
        ENDS,
    ),
    help(
        "features versions",
        "the data directory",
        "the definitions in force, on stdout",
        ["features versions", "features versions --format json"],
        ENDS,
    ),
    help(
        "features backfill",
        "the data directory",
        "an event for each account that lacked something",
        ["features backfill", "features backfill --all"],
        JUDGES,
    ),
    help(
        "features recompute",
        "the data directory",
        "an event for each account that differed",
        ["features recompute", "features recompute --record --format json"],
        JUDGES,
    ),
];
