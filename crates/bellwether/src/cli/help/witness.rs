//! Long help of the witness's commands.

use super::{ENDS, Help, JUDGES, NOTHING, help};

pub(super) const WITNESS: &[Help] = &[
    help(
        "witness",
        "the witness's own folder; no data directory",
        "that folder",
        ["witness init --name witness.example", "witness serve --listen 0.0.0.0:7480"],
        JUDGES,
    ),
    help(
        "witness init",
        NOTHING,
        "a new folder with a secret key and an empty state; the public key on stdout",
        [
            "witness init --name witness.example",
            "witness init --name cellar.example --state ./cellar",
        ],
        ENDS,
    ),
    help(
        "witness trust",
        "a log's public key, or a file with one a line, such as an export's `log.vkey`",
        "the witness's folder; a witness at work sees it at once",
        [
            "witness trust --log log.vkey",
            "witness trust --log log.vkey --origin example.org/eu/acme/decisions --remove",
        ],
        ENDS,
    ),
    help(
        "witness serve",
        "requests `POST /add-checkpoint` (c2sp.org/tlog-witness), and the witness's folder",
        "its address on stdout, then the witness's folder; Ctrl-C or SIGTERM ends it",
        ["witness serve --listen 0.0.0.0:7480", "witness serve --state ./cellar"],
        ENDS,
    ),
    help(
        "witness status",
        "the witness's folder, beside the witness at work",
        "tables on stdout; with `--evidence` also the two notes of each fork",
        ["witness status", "witness status --evidence --format json"],
        "0 fine, also when checkpoints were refused that anybody may have sent; 1 it failed; 2 a log \
         contradicted itself (see `witness-fork`); 64 the arguments make no sense",
    ),
];
