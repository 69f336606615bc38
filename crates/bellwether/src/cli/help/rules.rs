//! Long help of proving, beginning and signing bundles.

use super::{ENDS, Help, JUDGES, NOTHING, help};

const FOLDER: &str = "a bundle's folder, and its parents'";

pub(super) const RULES: &[Help] = &[
    help(
        "policy prove",
        "a bundle, with `--old` another; it runs cvc5, which is a package of its own",
        "each claim with what became of it, on stdout; with `--out`, a report that a lock can name",
        [
            "policy prove ./my-bundle",
            "policy prove ./my-bundle --old ./before --timeout 60 --out ./my-bundle/PROOF.json",
        ],
        "0 all is proved, 1 it failed, 2 something is broken or not proved (it is printed), 64 the arguments make no sense",
    ),
    help(
        "policy checkpoints",
        "the data directory, beside whoever works in it, and perhaps a bundle; it runs cvc5, which is a package of its own",
        "each approval on stdout, with its wait, what it caught, and what would break without it",
        ["policy checkpoints", "policy checkpoints --bundle ./my-bundle --format json"],
        ENDS,
    ),
    help(
        "policy init",
        "with `--from`, a shipped bundle",
        "a new folder with a bundle in it",
        ["policy init ./my-bundle", "policy init ./my-bundle --from customer-escalation"],
        ENDS,
    ),
    help(
        "policy import-table",
        "a CSV file, and a bundle's folder with its parents'",
        "the table in the bundle's thresholds.yaml, or with `--print` on stdout; every problem on stdout",
        [
            "policy import-table limits.csv --bundle ./my-bundle --name goodwill --type money",
            "policy import-table limits.csv --bundle ./my-bundle --name goodwill --replace --print",
        ],
        JUDGES,
    ),
    help(
        "policy schema",
        NOTHING,
        "a JSON Schema for each kind of file of a bundle, on stdout or in a folder",
        ["policy schema", "policy schema --out ./schemas"],
        ENDS,
    ),
    help(
        "policy keygen",
        NOTHING,
        "a secret key (mode 0600) and, beside it, the public one, which it prints",
        ["policy keygen ann.key --name ann", "policy keygen ./keys/release.key"],
        ENDS,
    ),
    help(
        "policy sign",
        "a bundle's folder and a secret key",
        "BUNDLE.lock in the folder: its files, its parent, its proof, and your signature",
        [
            "policy sign ./my-bundle --key ann.key",
            "policy sign ./my-bundle --key bob.key --expires 2027-06-30",
        ],
        ENDS,
    ),
    help(
        "policy verify",
        FOLDER,
        "who signed it, or everything that is not as it was signed, on stdout",
        [
            "policy verify ./my-bundle --signer ann.key.pub",
            "policy verify ./my-bundle --signer ann.key.pub --signer bob.key.pub --signatures 2 --require-proof",
        ],
        JUDGES,
    ),
];
