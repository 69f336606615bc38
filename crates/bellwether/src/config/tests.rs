//! What is written is what is used; what is wrong is said.

mod listed;
mod wrong;

use super::*;
use expect_test::expect;
use std::path::Path;

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

        [rules]
        require_proof = false  # default
        four_eyes = false  # default

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
