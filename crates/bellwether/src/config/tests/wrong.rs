//! Everything that is wrong is said at once, at its place.

use super::read;
use expect_test::expect;

const TEXT: &str = r#"
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

#[test]
fn everything_wrong_is_said_at_once() {
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
    "#]].assert_eq(&read(TEXT, &variables).unwrap_err());
}

#[test]
fn a_number_that_cannot_be_read_hides_no_mistake_after_it() {
    let text = "[rules]\nsignatures = 40\nrequire_prof = true\nfour_eyes = 3\n";
    let found = read(text, &[]).unwrap_err();
    for part in ["signatures: 40", "`require_prof` is not known", "four_eyes: 3"] {
        assert!(found.contains(part), "{part}: {found}");
    }
}

#[test]
fn what_is_not_shipped_is_said_with_the_nearest() {
    let text = "[sources.desk]\nkind = \"hook\"\nmapping = \"zendesk-tickets\"\nscheme = \"githup\"\n\
                secret_env = \"S\"\n";
    expect![[r#"
        bellwether.toml:4:10: error[webhook-no-scheme]: there is no shipped scheme `githup`
          help: did you mean `github`?
    "#]]
    .assert_eq(&read(text, &[]).unwrap_err());
}

#[test]
fn broken_files_and_shapes_are_said() {
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
