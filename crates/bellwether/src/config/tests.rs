use super::keys::{Key, every, keys_of, sections, starter, written};
use super::*;
use expect_test::{expect, expect_file};

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, String> {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let read = Loaded::read("bellwether.toml", text, &variables, Path::new("/etc/bw"));
    read.map_err(|problems| problems.iter().map(|problem| format!("{problem}\n")).collect())
}

const WHOLE: &str = r#"
[server]
listen = "0.0.0.0:7443"
public_url = "https://bellwether.example/"
tls_cert = "tls.crt"
tls_key = "/etc/tls.key"
[sources.crm]
kind = "hook"
mapping = "zendesk-tickets"
scheme = "standard-webhooks"
secret_file = ["crm.secret", "crm-old.secret"]
owner = "desk-1"
silence = "24h"
[sources.mailbox]
kind = "imap"
mapping = "./mail.yaml"
server = "mail.example"
tls = "starttls"
user = "support@customer.example"
password_env = "IMAP_PASSWORD"
[sources.drop]
kind = "folder"
mapping = "crm-deals"
path = "/srv/drop"
[channels.mail]
kind = "mail"
server = "mail.example"
from = "bellwether@ours.example"
[channels.chat]
kind = "slack"
token_credential = "slack"
[delivery]
channels = ["mail"]
[delivery.people]
desk-1 = ["chat:U123", "mail"]
[access.oidc]
issuer = "https://login.example"
client_id = "bellwether"
groups = { it = "admin" }
"#;

#[test]
fn what_is_written_is_used() {
    let config = read(WHOLE, &[]).map_err(|said| panic!("{said}")).unwrap().config;
    assert_eq!(config.server.public_url.as_deref(), Some("https://bellwether.example"));
    let tls = config.server.tls.unwrap();
    assert_eq!((tls.cert, tls.key), ("/etc/bw/tls.crt".into(), "/etc/tls.key".into()));
    let SourceKind::Hook { secrets, .. } = &config.sources["crm"].kind else { panic!() };
    assert_eq!(secrets[1], SecretAt::File("/etc/bw/crm-old.secret".into()));
    let SourceKind::Imap(mailbox) = &config.sources["mailbox"].kind else { panic!() };
    assert_eq!((mailbox.server.port, mailbox.server.tls), (143, Tls::StartTls));
    assert_eq!(
        (mailbox.mapping.as_str(), mailbox.folder.as_str()),
        ("/etc/bw/./mail.yaml", "INBOX")
    );
    let ChannelKind::Mail { server, login, .. } = &config.channels["mail"].kind else { panic!() };
    assert_eq!((server.port, login.is_none()), (465, true));
    let ways = &config.delivery.people["desk-1"];
    assert_eq!((ways[0].channel.as_str(), ways[0].address.is_some()), ("chat", true));
    assert_eq!((ways[1].channel.as_str(), ways[1].address.is_some()), ("mail", false));
    let oidc = config.access.oidc.unwrap();
    assert_eq!((oidc.claim.as_str(), oidc.groups["it"].as_str()), ("groups", "admin"));
    assert!(!format!("{:?}", config.delivery).contains("U123"), "people's addresses are personal");
}

#[test]
fn an_empty_file_is_the_defaults() {
    let config = read("", &[]).map_err(|said| panic!("{said}")).unwrap().config;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:7480");
    assert_eq!((config.intake.most_waiting, config.watch.disk_free), (100_000, 1 << 30));
    assert_eq!((config.delivery.workers, config.telemetry.sample), (4, Ppm::ONE));
    assert!(config.access.oidc.is_none() && config.access.first_start);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = r#"
[server]
listen = "0.0.0.0:80"
tls_cret = "x"
[intke]
[intake]
most_waiting = -1
[sources.CRM]
kind = "hock"
[sources.a]
kind = "hook"
mapping = "zendesk-ticket"
silence = "1s"
[sources.b]
kind = "imap"
silence = "1h"
path = "/x"
[channels.c]
kind = "webhook"
url = "http://hooks.example/?key=1"
[channels.d]
kind = "mail"
server = "s"
tls = "none"
from = "nobody"
username = "u"
[delivery]
channels = ["mial", "c"]
people.x = ["d:kim@customer.example", 7]
[telemetry]
sample = 1.5
[watch]
disk_free = "much"
"#;
    let variables = [
        ("BELLWETHER_SERVER_BEHIND_PROXY", "maybe"),
        ("BELLWETHER_INTAKE_PER_SECONDS", "3"),
        ("BELLWETHER_SOURCES_B_PORT", "70000"),
    ];
    expect![[r#"
        bellwether.toml:3:10: error[config-open-address]: `0.0.0.0` is reached from other machines, and there is no TLS
          help: set `tls_cert` and `tls_key`; or listen on 127.0.0.1; or, if a proxy of your own network ends TLS, set `behind_proxy = true` and listen on a private address
        bellwether.toml:4:1: error[config-unknown-key]: `tls_cret` is not known here
          help: did you mean `tls_cert`?
        bellwether.toml:5:2: error[config-unknown-key]: `intke` is not known here
          help: did you mean `intake`?
        bellwether.toml:7:16: error[config-value]: `most_waiting: -1` cannot be read: expected a whole number from 1 to 100000000
        bellwether.toml:8:10: error[config-name]: a source's name is 1 to 40 of a-z, 0-9 and `-`
          help: name it for the system that it is, such as `crm-eu`
        bellwether.toml:9:8: error[config-value]: `kind: hock` is none of: events, hook, imap, folder
          help: did you mean `hook`?
        bellwether.toml:10:1: error[config-missing]: `scheme` is missing here
          help: add a line `scheme = ...`
        bellwether.toml:10:1: error[config-secret-missing]: a webhook without a secret would be taken from anybody
          help: add `secret_file`, `secret_env` or `secret_credential`
        bellwether.toml:12:11: error[config-no-mapping]: there is no shipped mapping `zendesk-ticket`
          help: did you mean `zendesk-tickets`?
        bellwether.toml:13:11: error[config-value]: `silence: 1s` cannot be read: expected a span from 1m to 366d, such as 30s, 15m or 12h
        bellwether.toml:14:1: error[config-missing]: `mapping` is missing here
          help: add a line `mapping = ...`
        bellwether.toml:14:1: error[config-missing]: `server` is missing here
          help: add a line `server = ...`
        bellwether.toml:14:1: error[config-missing]: `user` is missing here
          help: add a line `user = ...`
        bellwether.toml:14:1: error[config-secret-missing]: `password_file` is missing here
          help: add a line `password_file = ...`, or `password_env` or `password_credential`
        bellwether.toml:16:11: error[config-no-owner]: nobody is told when this source falls silent
          help: add `owner = "HANDLE"`, somebody of people.yaml
        bellwether.toml:17:1: error[config-unknown-key]: `path` is not known here
          help: known here: kind, trust, owner, silence, mapping, server, tls, port, ca_file, private, user, password_file, password_env, password_credential, folder, every
        bellwether.toml:18:1: error[config-secret-missing]: without a secret the receiver cannot tell who sent it
          help: add `secret_file`, `secret_env` or `secret_credential`
        bellwether.toml:20:7: error[config-value]: `url` is no address such as https://host.example, without a user, `?` and `#` in it
        bellwether.toml:21:1: error[config-login-half]: a user and a password belong together; one of them is missing
          help: set both `username` and `password_file`, or neither
        bellwether.toml:24:7: error[config-plain-mail]: without TLS, only a server of the own network may be spoken to
          help: write `tls = "implicit"` or `"starttls"`; or add `private = true`
        bellwether.toml:25:8: error[config-value]: `from: nobody` cannot be read: expected a mail address such as bellwether@ours.example
        bellwether.toml:28:13: error[config-no-channel]: there is no channel `mial`
          help: add a section `[channels.mial]`
        bellwether.toml:28:21: error[config-no-channel]: there is no channel `c`
          help: add a section `[channels.c]`
        bellwether.toml:29:13: error[config-no-channel]: there is no channel `d`
          help: add a section `[channels.d]`
        bellwether.toml:29:39: error[config-no-channel]: there is no channel `7`
          help: add a section `[channels.7]`
        bellwether.toml:31:10: error[config-value]: `sample: 1.5` cannot be read: expected a ratio from 0 to 1, such as 0.1 or 10%
        bellwether.toml:33:13: error[config-value]: `disk_free: much` cannot be read: expected bytes such as 500MB or 1GiB
        error[config-unknown-key]: in the variable BELLWETHER_INTAKE_PER_SECONDS: `per_seconds` is not known here
          help: did you mean `per_second`?
        error[config-value]: in the variable BELLWETHER_SERVER_BEHIND_PROXY: `behind_proxy: maybe` cannot be read: expected true or false
        error[config-value]: in the variable BELLWETHER_SOURCES_B_PORT: `port: 70000` cannot be read: expected a whole number from 1 to 65535
    "#]].assert_eq(&read(text, &variables).unwrap_err());
    expect![[r#"
        bellwether.toml:2:8: error[config-syntax]: not TOML: unclosed table, expected `]`
        bellwether.toml:1:5: error[config-syntax]: not TOML: string values must be quoted, expected literal string
    "#]].assert_eq(&read("a = \n[server\n", &[]).unwrap_err());
    expect![[r#"
        error[config-variable]: the variable BELLWETHER_CHANNELS_MAIL_FROM sets something in `channels` that the file does not have
          help: write a section `[channels.NAME]` into the file first
    "#]].assert_eq(&read("", &[("BELLWETHER_CHANNELS_MAIL_FROM", "a@b")]).unwrap_err());
    expect![[r#"
        bellwether.toml:1:10: error[config-shape]: expected a mapping, found a single value
        bellwether.toml:2:11: error[config-shape]: expected a mapping, found a list
        bellwether.toml:3:14: error[config-shape]: expected a mapping, found a single value
        bellwether.toml:3:14: error[config-missing]: `kind` is missing here
          help: add a line `kind = ...`
    "#]]
    .assert_eq(&read("server = 3\nsources = []\nchannels.x = 1\n", &[]).unwrap_err());
}

#[test]
fn who_may_listen_without_tls() {
    for (listen, more, fine) in [
        ("127.0.0.1:0", "", true),
        ("[::1]:80", "", true),
        ("0.0.0.0:80", "", false),
        ("10.0.0.5:80", "", false),
        ("10.0.0.5:80", "behind_proxy = true", true),
        ("0.0.0.0:80", "behind_proxy = true", false),
        ("1.1.1.1:80", "behind_proxy = true", false),
        ("1.1.1.1:80", "tls_cert = 'a'\ntls_key = 'b'", true),
        ("1.1.1.1:80", "tls_cert = 'a'", false),
    ] {
        let text = format!("[server]\nlisten = '{listen}'\n{more}\n");
        assert_eq!(read(&text, &[]).is_ok(), fine, "{text}");
    }
}

#[test]
fn the_environment_goes_before_the_file() {
    let variables = [
        ("BELLWETHER_SERVER_LISTEN", "127.0.0.1:9"),
        ("BELLWETHER_SOURCES_CRM_SECRET_FILE", "[\"/a\"]"),
        ("BELLWETHER_ACCESS_OIDC_CLIENT_ID", "other"),
        ("BELLWETHER_DELIVERY_PEOPLE_DESK", "mail"),
        ("BELLWETHER_MASTER_KEY", "no setting"),
        ("BELLWETHER_LOG", "no setting"),
    ];
    let config = read(WHOLE, &variables).map_err(|said| panic!("{said}")).unwrap().config;
    assert_eq!(config.server.listen.port(), 9);
    let SourceKind::Hook { secrets, .. } = &config.sources["crm"].kind else { panic!() };
    assert_eq!(*secrets, [SecretAt::File("/a".into())]);
    assert_eq!(config.access.oidc.unwrap().client_id, "other");
    assert_eq!(config.delivery.people["desk"][0].channel, "mail");
}

#[test]
fn what_holds_is_shown_without_secrets() {
    let text = "[channels.chat]\nkind = 'slack'\ntoken_env = 'PATH'\n[watch]\nlatency = '1s'\n";
    let loaded = read(text, &[("BELLWETHER_WATCH_DISK_FREE", "1MB")]);
    let shown = show(&loaded.map_err(|said| panic!("{said}")).unwrap());
    expect![[r#"
        [channels.chat]
        kind = "slack"
        token_env = "PATH"  # (set)
        private = false  # default
        url = "https://slack.com/api"  # default

        [watch]
        latency = "1s"
        disk_free = "1MB"  # BELLWETHER_WATCH_DISK_FREE

        [server]
        listen = "127.0.0.1:7480"  # default
        behind_proxy = false  # default

        [intake]
        most_waiting = 100000  # default

        [delivery]
        workers = 4  # default

        [access]
        sessions = "12h"  # default
        first_start = true  # default

        [telemetry]
        sample = "100%"  # default
        private = false  # default
    "#]]
    .assert_eq(&shown);
    assert!(!shown.contains(&std::env::var("PATH").unwrap()));
}

/// A file that sets one key, in a section that is whole without it.
fn with(key: &Key, kind: &str, name: &str) -> String {
    let section = key.section.replace("NAME", "x");
    let rest = match kind {
        "hook" => "mapping = 'leads'\nscheme = 's'\nsecret_env = 'A'",
        "imap" => "mapping = 'mail'\nserver = 's'\nuser = 'u'\npassword_env = 'A'",
        "folder" => "mapping = 'leads'\npath = '/x'",
        "mail" => "server = 's'\nfrom = 'a@b'\nusername = 'u'\npassword_env = 'A'",
        "webhook" => "url = 'https://a'\nsecret_env = 'A'",
        "slack" => "token_env = 'A'",
        "teams" => "url_env = 'A'",
        "file" => "folder = '/x'",
        _ if key.section == "access.oidc" => "issuer = 'https://a'\nclient_id = 'b'",
        _ if key.name.starts_with("tls_") => "tls_cert = 'a'\ntls_key = 'b'",
        _ if key.name == "listen" => "tls_cert = 'a'\ntls_key = 'b'",
        _ => "",
    };
    let clash = |line: &&str| {
        let stem =
            |text: &str| text.rsplit_once('_').map_or(text.to_owned(), |(stem, _)| stem.to_owned());
        let known = line.split(" =").next().unwrap_or_default();
        known != name && (stem(known) != stem(name) || known.starts_with("tls_"))
    };
    let rest: Vec<&str> = rest.lines().filter(clash).collect();
    let owner = if key.name == "silence" { "owner = 'a'\n" } else { "" };
    let kind = if kind.is_empty() || name == "kind" {
        String::new()
    } else {
        format!("kind = '{kind}'\n")
    };
    let example = if name == "kind" { "file" } else { key.example };
    let extra = "[channels.mail]\nkind = 'file'\nfolder = '/x'\n[channels.chat]\nkind = 'file'\nfolder = '/x'\n";
    let value = written(example);
    format!("{extra}[{section}]\n{kind}{owner}{}\n{name} = {value}\n", rest.join("\n"))
}

/// The keys that are read and the keys that are listed are the same.
#[test]
fn the_list_of_keys_is_whole_and_true() {
    for (section, kinds) in sections() {
        if section == "delivery.people" || section == "access.oidc.groups" {
            continue;
        }
        for kind in if kinds.is_empty() { &[""][..] } else { kinds } {
            for key in keys_of(section, kind).filter(|key| key.name != "kind") {
                let text = with(key, kind, key.name);
                assert!(read(&text, &[]).is_ok(), "{text}\n{}", read(&text, &[]).err().unwrap());
            }
            let head = section.replace("NAME", "x");
            let text = format!("[{head}]\nkind = '{kind}'\nzzzzzzzzzzzzzzzzzzzzzzzz = 1\n");
            let text = if kind.is_empty() { text.replace("kind = ''\n", "") } else { text };
            let said = read(&text, &[]).err().unwrap();
            let known =
                said.lines().find_map(|line| line.strip_prefix("  help: known here: ")).unwrap();
            let mut known: Vec<_> = known.split(", ").collect();
            known.sort_unstable();
            known.dedup();
            known.retain(|name| {
                !matches!(
                    (section, *name),
                    ("access", "oidc") | ("access.oidc", "groups") | ("delivery", "people")
                )
            });
            let mut listed: Vec<_> = keys_of(section, kind).map(|key| key.name).collect();
            listed.sort_unstable();
            assert_eq!(known, listed, "{section} {kind}");
        }
    }
}

#[test]
fn the_starter_is_what_holds_anyway() {
    let (empty, starter) = (read("", &[]), read(&starter(), &[]));
    let starter = starter.map_err(|said| panic!("{said}")).unwrap().config;
    assert_eq!(format!("{:?}", empty.ok().unwrap().config), format!("{starter:?}"));
}

#[test]
fn no_text_makes_it_fall_over() {
    for text in [
        "",
        "=",
        "[[server]]",
        "server.listen.x = 1",
        "[sources]\na = 1",
        "[a]\n[a]",
        "\u{feff}[server]",
    ] {
        let _ = read(text, &[("BELLWETHER_SERVER_LISTEN", "[[["), ("BELLWETHER_SOURCES_", "")]);
    }
    let deep = format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000));
    assert!(read(&deep, &[]).is_err());
}

/// `UPDATE_EXPECT=1` writes the page anew.
#[test]
fn the_page_lists_every_key() {
    let mut page = String::from(
        "# Configuration\n\nEverything that `bellwether.toml` may say. It stands in the data directory, or where `--config`\n\
         (`BELLWETHER_CONFIG`) says; paths in it are seen from its own folder. `bellwether config init` writes one to begin\n\
         with, `bellwether config check` says everything that is wrong with it at once, and `bellwether config show`\n\
         prints what holds.\n\n\
         A variable goes before the file: `BELLWETHER_` and the section and the key, in capitals, `_` for `.` and `-`; so\n\
         `BELLWETHER_SERVER_LISTEN`, and `BELLWETHER_SOURCES_CRM_EU_SILENCE` for `[sources.crm-eu]`. A list is written as in the\n\
         file: `[\"a\", \"b\"]`.\n\n\
         A secret never stands in the file. It stands in a file of its own with mode 0600 (`..._file`), in a variable\n\
         (`..._env` names it) or in a credential of systemd (`..._credential` names it). Spans are written `90s`, `15m`, `12h`,\n\
         `30d`.\n",
    );
    for (section, kinds) in sections() {
        page += &format!("\n## [{section}]\n\n");
        page += if kinds.is_empty() {
            "| key | default | example | |\n|---|---|---|---|\n"
        } else {
            "| key | of | default | example | |\n|---|---|---|---|---|\n"
        };
        for key in every().filter(|key| key.section == section) {
            let code = |text: &str| {
                if text.is_empty() { String::new() } else { format!("`{}`", written(text)) }
            };
            let of = match (kinds, key.kinds) {
                ([], _) => String::new(),
                (_, []) => " all |".to_owned(),
                (_, kinds) => format!(" {} |", kinds.join(", ")),
            };
            page += &format!(
                "| `{}` |{of} {} | {} | {} |\n",
                key.name,
                code(key.default),
                code(key.example),
                key.says
            );
        }
    }
    expect_file!["../../../../docs/configuration.md"].assert_eq(&page);
}
