//! Long help of the commands about access.

use super::{DATA, ENDS, Help, NOTHING, help};

const DB: &str = "`access.db` in the data directory; a server at work sees it at once";
const LINK: &str = "a one-time link on stdout, to be put behind the server's address";

pub(super) const ACCESS: &[Help] = &[
    help("access", DATA, DB, ["access list", "access invite --role admin"], ENDS),
    help(
        "access invite",
        DATA,
        LINK,
        ["access invite --role operator", "access invite --role person --person cro-1"],
        ENDS,
    ),
    help("access list", DATA, NOTHING, ["access list", "access list --format json"], ENDS),
    help(
        "access disable",
        DATA,
        DB,
        ["access disable u0123456789ab", "access disable u0123456789ab --data ./eu"],
        ENDS,
    ),
    help(
        "access enable",
        DATA,
        DB,
        ["access enable u0123456789ab", "access enable u0123456789ab --data ./eu"],
        ENDS,
    ),
    help(
        "access remove",
        DATA,
        DB,
        ["access remove u0123456789ab", "access remove u0123456789ab --data ./eu"],
        ENDS,
    ),
    help(
        "access role",
        DATA,
        DB,
        ["access role u0123456789ab auditor", "access role u0123456789ab operator --data ./eu"],
        ENDS,
    ),
    help(
        "access link",
        DATA,
        DB,
        ["access link u0123456789ab --person cro-1", "access link u0123456789ab"],
        ENDS,
    ),
    help(
        "access reset",
        DATA,
        LINK,
        ["access reset u0123456789ab", "access reset u0123456789ab --data ./eu"],
        ENDS,
    ),
    help(
        "access token",
        DATA,
        DB,
        ["access token list", "access token create --label shop --scope read"],
        ENDS,
    ),
    help(
        "access token create",
        DATA,
        "the token on stdout, this once; its hash in `access.db`",
        [
            "access token create --label crm --scope signals:write --source crm --days 90",
            "access token create --label grafana --scope metrics",
        ],
        ENDS,
    ),
    help(
        "access token list",
        DATA,
        NOTHING,
        ["access token list", "access token list --format json"],
        ENDS,
    ),
    help(
        "access token revoke",
        DATA,
        DB,
        ["access token revoke t0123456789ab", "access token revoke t0123456789ab --data ./eu"],
        ENDS,
    ),
    help(
        "access breakglass",
        DATA,
        DB,
        ["access breakglass create", "access breakglass list"],
        ENDS,
    ),
    help(
        "access breakglass create",
        DATA,
        "name and password on stdout, this once; the account in `access.db`, disabled",
        ["access breakglass create", "access breakglass create --data ./eu"],
        ENDS,
    ),
    help(
        "access breakglass list",
        DATA,
        NOTHING,
        ["access breakglass list", "access breakglass list --format json"],
        "0 fine, 1 it failed, 2 nobody has looked at one of them, 64 the arguments make no sense",
    ),
    help("access log", DATA, NOTHING, ["access log --most 20", "access log --format json"], ENDS),
];
