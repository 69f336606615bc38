//! Long help of the commands about people and keys.

use super::{DATA, ENDS, Help, NOTHING, help};

/// Those of commands about a person.
const KNOWN: &str =
    "0 fine, 1 it failed or nobody is known by that, 64 the arguments make no sense";

pub(super) const PEOPLE: &[Help] = &[
    help(
        "privacy",
        "the data directory",
        "what is asked for, and only with `--yes`",
        ["privacy retention", "privacy purge --dry-run"],
        ENDS,
    ),
    help(
        "privacy retention",
        NOTHING,
        "the table of retention on stdout",
        ["privacy retention", "privacy retention --format json"],
        ENDS,
    ),
    help(
        "privacy purge",
        "the data directory",
        "with `--yes` it removes rows that are past their span, and events once the state that they led \
         to is committed; they cannot be brought back",
        ["privacy purge --dry-run", "privacy purge --yes"],
        ENDS,
    ),
    help(
        "privacy erase",
        "the data directory; nobody else may work in it meanwhile",
        "every store: keys, sealed parts, refused rows and what leads to the person go; the receipt \
         says what went where",
        [
            "privacy erase --email kim@customer.example --dry-run",
            "privacy erase --id zendesk=4711 --yes --receipt receipt.json",
        ],
        KNOWN,
    ),
    help(
        "privacy export",
        "the data directory, and whatever its keys still open",
        "everything of the person as JSON, in the clear; the purpose is kept in the data directory",
        [
            "privacy export --email kim@customer.example --purpose request-17",
            "privacy export --id crm=C-9 --purpose request-17 --out kim.json",
        ],
        KNOWN,
    ),
    help(
        "privacy restrict",
        DATA,
        "the data directory: a keyed hash of what names the person",
        [
            "privacy restrict --email kim@customer.example",
            "privacy restrict --email kim@customer.example --lift",
        ],
        KNOWN,
    ),
    help(
        "privacy object",
        DATA,
        "the data directory: a keyed hash of what names the person",
        ["privacy object --email kim@customer.example", "privacy object --id crm=C-9 --lift"],
        KNOWN,
    ),
    help(
        "privacy admit",
        DATA,
        "the data directory: the keyed hash that an erasure left is removed",
        ["privacy admit --email kim@customer.example", "privacy admit --id crm=C-9"],
        KNOWN,
    ),
    help(
        "privacy forget-staff",
        DATA,
        "the data directory: name and address go, the handle stays",
        ["privacy forget-staff maria --yes", "privacy forget-staff lee --yes --data ./eu"],
        "0 fine, 1 it failed, 2 nothing of the person is kept, 64 the arguments make no sense",
    ),
    help(
        "keys",
        "the data directory's key database, and the master key",
        "nothing, unless the master key is rotated",
        ["keys status", "keys rotate"],
        ENDS,
    ),
    help(
        "keys status",
        "the key database, and the master key from its file, BELLWETHER_MASTER_KEY or the systemd \
         credential `bellwether-master-key`",
        NOTHING,
        ["keys status", "keys status --format json"],
        ENDS,
    ),
    help(
        "keys rotate",
        "the key database; the next master key is made beside the file of the present one, or comes from \
         BELLWETHER_MASTER_KEY_NEXT or the credential `bellwether-master-key-next`",
        "the key database, and the key file; cut short, it goes on when it is run again",
        ["keys rotate", "keys rotate --data ./eu"],
        ENDS,
    ),
];
