//! Help of what signs, checks, copies and restores.

use super::{DATA, ENDS, Help, JUDGES, NOTHING, help};

pub(super) const LOG: &[Help] = &[
    help(
        "log",
        "the data directory, or a folder that was exported from one",
        "what is asked for",
        ["log show", "log verify"],
        ENDS,
    ),
    help("log show", DATA, NOTHING, ["log show", "log show --format json"], ENDS),
    help(
        "log checkpoint",
        "the data directory",
        "a signed note over everything that is committed; it is printed. Witnesses are those of \
         `witnesses.yaml` in the data directory",
        ["log checkpoint", "log checkpoint --witnesses ./witnesses.yaml"],
        "0 fine, 1 it failed, 2 too few witnesses co-signed, or one gave alarm, 64 the arguments make no \
         sense",
    ),
    help(
        "log serve",
        "the data directory, beside whoever works in it",
        "its address on stdout; it answers until it is ended",
        ["log serve", "log serve --listen 127.0.0.1:0"],
        ENDS,
    ),
    help(
        "log verify",
        "every record, event, hash, effect and piece of evidence of the data directory, or an exported \
         folder",
        NOTHING,
        ["log verify", "log verify ./audit --key ./log.vkey"],
        JUDGES,
    ),
    help(
        "log search",
        DATA,
        NOTHING,
        [
            "log search --person maria --from 2026-10-01",
            "log search --verdict cxo --rule P07 --limit 5",
        ],
        ENDS,
    ),
    help(
        "log prove",
        DATA,
        "two files: the record, and the proof that it is in the log (c2sp.org/tlog-proof)",
        ["log prove 1234", "log prove 1234 --out ./for-the-auditor"],
        ENDS,
    ),
    help(
        "log check",
        "a record, its proof, and public keys; no data directory",
        NOTHING,
        [
            "log check record-1234.json record-1234.tlog-proof --key ./log.vkey",
            "log check record-1234.json record-1234.tlog-proof --key ./log.vkey --witness ./witness.vkey",
        ],
        JUDGES,
    ),
    help(
        "log export",
        DATA,
        "a folder of C2SP tiles (c2sp.org/tlog-tiles) with the newest checkpoint and the public keys",
        ["log export ./audit", "log export ./before-the-restore --epoch 1"],
        ENDS,
    ),
    help(
        "log rotate-key",
        "the data directory",
        "a record that names both keys, and a checkpoint that both signed",
        ["log rotate-key --yes", "log rotate-key --yes --data ./eu"],
        ENDS,
    ),
    help(
        "backup",
        DATA,
        "copies of data.db, inbox.db and access.db in a folder; with `--keys`, one of keys.db in another",
        ["backup /backup/2026-11-21", "backup /backup/2026-11-21 --keys /vault/2026-11-21"],
        ENDS,
    ),
    help(
        "restore",
        "a folder that `backup` wrote, or what is there",
        "the data directory; the log goes on in a new epoch",
        ["restore /backup/2026-11-21 --keys /vault/2026-11-21", "restore --in-place"],
        ENDS,
    ),
];
