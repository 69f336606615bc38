//! Every key: where it stands, its default, and what it means. Reading, help and documentation begin here.

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The section; `sources.NAME` and `channels.NAME` stand for any name.
    pub(crate) section: &'static str,
    /// The kinds of source or channel that have it; empty for all.
    pub(crate) kinds: &'static [&'static str],
    /// Its name.
    pub(crate) name: &'static str,
    /// What holds if it is not set, as it would be written; empty where there is none.
    pub(crate) default: &'static str,
    /// An example that is fine.
    pub(crate) example: &'static str,
    /// What it means.
    pub(crate) says: &'static str,
}

const fn key(
    section: &'static str,
    kinds: &'static [&'static str],
    name: &'static str,
    [default, example]: [&'static str; 2],
    says: &'static str,
) -> Key {
    Key { section, kinds, name, default, example, says }
}

const SOURCES: &str = "sources.NAME";
const CHANNELS: &str = "channels.NAME";
const OIDC: &str = "access.oidc";

/// All of them, in the order in which they are shown.
pub(crate) const KEYS: &[Key] = &[
    key(
        "server",
        &[],
        "listen",
        ["127.0.0.1:7480", "0.0.0.0:7480"],
        "Address and port. Without TLS, one of this machine; port 0 takes a free one.",
    ),
    key(
        "server",
        &[],
        "public_url",
        ["", "https://bellwether.example"],
        "What people type; links in messages begin so.",
    ),
    key(
        "server",
        &[],
        "tls_cert",
        ["", "/etc/bellwether/tls.crt"],
        "The certificate's chain, PEM. It is read again when the file changes.",
    ),
    key(
        "server",
        &[],
        "tls_key",
        ["", "/etc/bellwether/tls.key"],
        "The certificate's key, PEM, mode 0600.",
    ),
    key(
        "server",
        &[],
        "behind_proxy",
        ["false", "true"],
        "A proxy of the own network ends TLS; then `listen` may be a private address without TLS.",
    ),
    key(
        "intake",
        &[],
        "most_waiting",
        ["100000", "50000"],
        "Signals that may wait to be decided; more are refused with 429.",
    ),
    key(
        "intake",
        &[],
        "per_second",
        ["", "1000"],
        "Signals a second over all sources; more are refused with 429.",
    ),
    key(
        SOURCES,
        &[],
        "kind",
        ["", "hook"],
        "`events` (CloudEvents at `/v1/signals`), `hook` (a webhook at `/v1/hooks/NAME`), `imap` (a mailbox) or `folder` (files that are dropped).",
    ),
    key(
        SOURCES,
        &[],
        "trust",
        ["partner", "system"],
        "The most that is believed of it: `customer`, `partner`, `operator` or `system`.",
    ),
    key(
        SOURCES,
        &[],
        "owner",
        ["", "revops-desk"],
        "The handle of whoever is told when it falls silent.",
    ),
    key(
        SOURCES,
        &[],
        "silence",
        ["", "24h"],
        "The longest time without news; longer, and its owner gets one card.",
    ),
    key(
        SOURCES,
        &["hook", "imap", "folder"],
        "mapping",
        ["", "zendesk-tickets"],
        "A shipped mapping, or a mapping's file. `bellwether mappings list` shows the shipped ones.",
    ),
    key(
        SOURCES,
        &["hook"],
        "scheme",
        ["", "standard-webhooks"],
        "How the sender signs: a shipped scheme, or a scheme's file.",
    ),
    key(
        SOURCES,
        &["hook"],
        "secret_file",
        ["", "/etc/bellwether/crm.secret"],
        "A file, or a list of files, each with a secret; any of them signs.",
    ),
    key(
        SOURCES,
        &["hook"],
        "secret_env",
        ["", "CRM_SECRET"],
        "A variable, or a list of variables, each with a secret.",
    ),
    key(
        SOURCES,
        &["hook"],
        "secret_credential",
        ["", "crm-secret"],
        "A credential of systemd, or a list of them.",
    ),
    key(
        SOURCES,
        &["imap"],
        "server",
        ["", "mail.example"],
        "The mail server's name; its certificate must have it.",
    ),
    key(
        SOURCES,
        &["imap"],
        "port",
        ["", "993"],
        "Its port; 993, and 143 where TLS does not begin with the first byte.",
    ),
    key(
        SOURCES,
        &["imap"],
        "tls",
        ["implicit", "starttls"],
        "`implicit`, `starttls`, or `none`, which needs `private`.",
    ),
    key(
        SOURCES,
        &["imap"],
        "ca_file",
        ["", "/etc/bellwether/ca.pem"],
        "Certificates that are believed instead of the web's.",
    ),
    key(SOURCES, &["imap"], "private", ["false", "true"], "The server may have a private address."),
    key(SOURCES, &["imap"], "user", ["", "support@customer.example"], "Who signs in."),
    key(
        SOURCES,
        &["imap"],
        "password_file",
        ["", "/etc/bellwether/imap.secret"],
        "A file with the password.",
    ),
    key(SOURCES, &["imap"], "password_env", ["", "IMAP_PASSWORD"], "A variable with the password."),
    key(
        SOURCES,
        &["imap"],
        "password_credential",
        ["", "imap-password"],
        "A credential of systemd with the password.",
    ),
    key(SOURCES, &["imap"], "folder", ["INBOX", "Support"], "The mailbox's folder."),
    key(
        SOURCES,
        &["folder"],
        "path",
        ["", "/srv/drop"],
        "The folder. What was read goes to `done/` in it.",
    ),
    key(
        SOURCES,
        &["folder"],
        "pattern",
        ["", "tickets-*.csv"],
        "What the names of files look like, with `*` for anything.",
    ),
    key(SOURCES, &["imap", "folder"], "every", ["30s", "5m"], "How often it is looked at."),
    key(CHANNELS, &[], "kind", ["", "file"], "`mail`, `webhook`, `slack`, `teams` or `file`."),
    key(CHANNELS, &[], "private", ["false", "true"], "The host may have a private address."),
    key(
        CHANNELS,
        &[],
        "hosts",
        ["", "[\"hooks.example\"]"],
        "If set, no other host is connected to.",
    ),
    key(
        CHANNELS,
        &["mail"],
        "server",
        ["", "mail.example"],
        "The mail server's name; its certificate must have it.",
    ),
    key(
        CHANNELS,
        &["mail"],
        "port",
        ["", "465"],
        "Its port; 465, 587 with `starttls`, 25 with `none`.",
    ),
    key(
        CHANNELS,
        &["mail"],
        "tls",
        ["implicit", "starttls"],
        "`implicit`, `starttls`, or `none`, which needs `private`.",
    ),
    key(CHANNELS, &["mail"], "from", ["", "bellwether@ours.example"], "The sender's address."),
    key(
        CHANNELS,
        &["mail"],
        "username",
        ["", "bellwether"],
        "Who signs in, where the server wants that.",
    ),
    key(
        CHANNELS,
        &["mail"],
        "password_file",
        ["", "/etc/bellwether/smtp.secret"],
        "A file with the password.",
    ),
    key(
        CHANNELS,
        &["mail"],
        "password_env",
        ["", "SMTP_PASSWORD"],
        "A variable with the password.",
    ),
    key(
        CHANNELS,
        &["mail"],
        "password_credential",
        ["", "smtp-password"],
        "A credential of systemd with the password.",
    ),
    key(CHANNELS, &["webhook"], "url", ["", "https://hooks.example/bellwether"], "Where to."),
    key(
        CHANNELS,
        &["webhook"],
        "secret_file",
        ["", "/etc/bellwether/hook.secret"],
        "A file, or a list of files: the first secret signs, and all of them while one is changed.",
    ),
    key(
        CHANNELS,
        &["webhook"],
        "secret_env",
        ["", "HOOK_SECRET"],
        "A variable, or a list of variables, each with a secret.",
    ),
    key(
        CHANNELS,
        &["webhook"],
        "secret_credential",
        ["", "hook-secret"],
        "A credential of systemd, or a list of them.",
    ),
    key(
        CHANNELS,
        &["mail", "webhook"],
        "ca_file",
        ["", "/etc/bellwether/ca.pem"],
        "Certificates that are believed instead of the web's.",
    ),
    key(
        CHANNELS,
        &["slack"],
        "url",
        ["https://slack.com/api", "https://slack.com/api"],
        "The address of Slack's API.",
    ),
    key(
        CHANNELS,
        &["slack"],
        "token_file",
        ["", "/etc/bellwether/slack.secret"],
        "A file with the bot's token.",
    ),
    key(CHANNELS, &["slack"], "token_env", ["", "SLACK_TOKEN"], "A variable with the bot's token."),
    key(
        CHANNELS,
        &["slack"],
        "token_credential",
        ["", "slack-token"],
        "A credential of systemd with the bot's token.",
    ),
    key(
        CHANNELS,
        &["teams"],
        "url_file",
        ["", "/etc/bellwether/teams.secret"],
        "A file with the address of the workflow, which is its secret.",
    ),
    key(
        CHANNELS,
        &["teams"],
        "url_env",
        ["", "TEAMS_URL"],
        "A variable with the address of the workflow.",
    ),
    key(
        CHANNELS,
        &["teams"],
        "url_credential",
        ["", "teams-url"],
        "A credential of systemd with the address of the workflow.",
    ),
    key(CHANNELS, &["file"], "folder", ["", "/srv/cards"], "The folder for cards."),
    key(
        "delivery",
        &[],
        "channels",
        ["", "[\"mail\"]"],
        "Channels in the order in which they are tried.",
    ),
    key("delivery", &[], "workers", ["4", "8"], "Deliveries at once, 1 to 64."),
    key(
        "delivery",
        &[],
        "attempts",
        ["8", "12"],
        "How often one is tried before a person has to look.",
    ),
    key(
        "delivery",
        &[],
        "cap_per_day",
        ["", "20"],
        "Cards a day for one person; more wait for the next.",
    ),
    key(
        "delivery.people",
        &[],
        "HANDLE",
        ["", "[\"chat:U123\", \"mail\"]"],
        "How this person is reached instead: `channel`, or `channel:address`.",
    ),
    key("access", &[], "sessions", ["12h", "8h"], "How long a session lives."),
    key(
        "access",
        &[],
        "first_start",
        ["true", "false"],
        "Whether the first start prints a link with which the first account is made.",
    ),
    key(
        OIDC,
        &[],
        "issuer",
        ["", "https://login.example"],
        "Sign-in by this service (OpenID Connect).",
    ),
    key(OIDC, &[], "client_id", ["", "bellwether"], "How it knows this program."),
    key(
        OIDC,
        &[],
        "client_secret_file",
        ["", "/etc/bellwether/oidc.secret"],
        "A file with the client's secret.",
    ),
    key(
        OIDC,
        &[],
        "client_secret_env",
        ["", "OIDC_SECRET"],
        "A variable with the client's secret.",
    ),
    key(
        OIDC,
        &[],
        "client_secret_credential",
        ["", "oidc-secret"],
        "A credential of systemd with the client's secret.",
    ),
    key(OIDC, &[], "claim", ["groups", "roles"], "The claim that names groups."),
    key(OIDC, &[], "private", ["false", "true"], "The service may have a private address."),
    key("access.oidc.groups", &[], "GROUP", ["", "admin"], "The role of whoever is in this group."),
    key(
        "telemetry",
        &[],
        "otlp",
        ["", "https://collector.example"],
        "Where traces go: OTLP over HTTP; `/v1/traces` is put behind it. None go without it.",
    ),
    key(
        "telemetry",
        &[],
        "headers_file",
        ["", "/etc/bellwether/otlp.secret"],
        "A file with `Name: value` lines that go with every request.",
    ),
    key("telemetry", &[], "headers_env", ["", "OTLP_HEADERS"], "A variable with them."),
    key(
        "telemetry",
        &[],
        "headers_credential",
        ["", "otlp-headers"],
        "A credential of systemd with them.",
    ),
    key(
        "telemetry",
        &[],
        "sample",
        ["100%", "10%"],
        "The share of traces that begin here and are kept.",
    ),
    key(
        "telemetry",
        &[],
        "private",
        ["false", "true"],
        "The collector may have a private address.",
    ),
    key(
        "watch",
        &[],
        "latency",
        ["2s", "500ms"],
        "From acceptance to decision: what 99 of 100 signals in a minute must stay below.",
    ),
    key(
        "watch",
        &[],
        "owner",
        ["", "platform-desk"],
        "The handle of whoever is told when it is slow; else somebody of the role that is always staffed.",
    ),
    key("watch", &[], "disk_free", ["1GiB", "500MB"], "What must be free on the disk."),
];

/// Sections in the order of [`KEYS`], each once, with the kinds that have keys of their own.
pub(crate) fn sections() -> Vec<(&'static str, &'static [&'static str])> {
    let mut found: Vec<(&str, &[&str])> = Vec::new();
    for key in KEYS {
        if found.last().is_none_or(|(section, _)| *section != key.section) {
            let kinds: &[&str] = match key.section {
                SOURCES => &["events", "hook", "imap", "folder"],
                CHANNELS => &["mail", "webhook", "slack", "teams", "file"],
                _ => &[],
            };
            found.push((key.section, kinds));
        }
    }
    found
}

/// The keys of a section that a kind has.
pub(crate) fn keys_of(section: &str, kind: &str) -> impl Iterator<Item = &'static Key> {
    let fits =
        move |key: &&Key| kind.is_empty() || key.kinds.is_empty() || key.kinds.contains(&kind);
    let section = section.to_owned();
    KEYS.iter().filter(move |key| key.section == section).filter(fits)
}

/// A value as TOML has it.
pub(crate) fn written(value: &str) -> String {
    let bare =
        value.starts_with('[') || value.parse::<u64>().is_ok() || matches!(value, "true" | "false");
    if bare {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// What `config init` writes: what holds anyway, and the rest as examples behind `#`.
pub(crate) fn starter() -> String {
    let mut text = String::from(
        "# Bellwether's configuration. Every line is what holds anyway, or an example behind `#`.\n\
         # A variable such as BELLWETHER_SERVER_LISTEN goes before what stands here.\n\
         # Secrets stand in files (mode 0600), variables, or credentials of systemd; never here.\n\
         # Check it with: bellwether config check\n",
    );
    let free = |section: &str| matches!(section, "delivery.people" | "access.oidc.groups");
    for (section, kinds) in sections() {
        let off = section == OIDC || free(section);
        let kinds = if kinds.is_empty() { &[""][..] } else { kinds };
        for kind in kinds {
            let (head, off) = match section.strip_suffix(".NAME") {
                Some(fixed) => (format!("{fixed}.my-{kind}"), true),
                None => (section.to_owned(), off),
            };
            text.push_str(&format!("\n{}[{head}]\n", if off { "# " } else { "" }));
            for key in keys_of(section, kind) {
                let (value, off) = match key.default {
                    _ if key.name == "kind" => (*kind, true),
                    "" => (key.example, true),
                    default => (default, off),
                };
                if *kind == kinds.first().copied().unwrap_or_default() || !key.kinds.is_empty() {
                    text.push_str(&format!("# {}\n", key.says));
                }
                text.push_str(&format!(
                    "{}{} = {}\n",
                    if off { "# " } else { "" },
                    key.name,
                    written(value)
                ));
            }
        }
    }
    text
}
