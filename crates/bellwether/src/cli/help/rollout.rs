//! Long help of the commands that bring rules into force.

use super::{DATA, ENDS, Help, JUDGES, NOTHING, help};

const BOTH: &str = "a bundle, the data directory, and `[rules]` of the configuration";
const ORDERS: &str =
    "the data directory; while a server runs, it takes the order and carries it out";

pub(super) const ROLLOUT: &[Help] = &[
    help(
        "policy plan",
        BOTH,
        NOTHING,
        ["policy plan ./my-bundle", "policy plan ./my-bundle --format json"],
        JUDGES,
    ),
    help(
        "policy apply",
        BOTH,
        "the bundle's files and what is decided about it, to the log; without a server, at once",
        [
            "policy apply ./my-bundle --shadow --reason \"fewer calls at night\" --by ann",
            "policy apply ./my-bundle --canary 10 --reason \"fewer calls at night\" --by ann",
        ],
        ENDS,
    ),
    help(
        "policy approve",
        BOTH,
        "who agreed, to the log; the rules then begin",
        [
            "policy approve 2fKx9Qab --bundle ./my-bundle --reason \"read and agreed\"",
            "policy approve 2fKx9Qab --canary 10 --reason \"read and agreed\" --by bob",
        ],
        ENDS,
    ),
    help(
        "policy rollback",
        ORDERS,
        "who went back and why, to the log; escalations under way keep their rules",
        [
            "policy rollback --reason \"too many calls\" --by ann",
            "policy rollback 2fKx9Qab --reason \"too many calls\" --by ann",
        ],
        ENDS,
    ),
    help(
        "policy withdraw",
        ORDERS,
        "who took it back and why, to the log",
        [
            "policy withdraw 2fKx9Qab --reason \"not needed\" --by ann",
            "policy withdraw 2fKx9Qab --reason \"seen enough\" --format json",
        ],
        ENDS,
    ),
    help("policy status", DATA, NOTHING, ["policy status", "policy status --format json"], ENDS),
    help(
        "policy shadow",
        DATA,
        NOTHING,
        ["policy shadow", "policy shadow 2fKx9Qab --format json"],
        ENDS,
    ),
];
