//! Help of `config`.

use super::{ENDS, Help, JUDGES, NOTHING, help};

const READS: &str =
    "bellwether.toml, variables that begin with BELLWETHER_, and the files that they name";

pub(super) const CONFIG: &[Help] = &[
    help("config", READS, "what is asked for", ["config check", "config init"], JUDGES),
    help(
        "config check",
        READS,
        "every problem on stdout",
        ["config check", "config check --config ./bellwether.toml --format json"],
        JUDGES,
    ),
    help(
        "config show",
        READS,
        "what holds on stdout; of secrets, only whether they can be read",
        ["config show", "config show --format json"],
        ENDS,
    ),
    help(
        "config init",
        NOTHING,
        "bellwether.toml in the data directory, or the file that is named, with every key explained; one that \
         is there is left alone",
        ["config init", "config init /etc/bellwether/bellwether.toml"],
        ENDS,
    ),
];
