//! The keys that are listed, read and documented are the same.

use super::super::keys::{Key, every, keys_of, sections, starter, written};
use super::read;
use expect_test::expect_file;

/// A file that sets one key, in a section that is whole without it.
fn with(key: &Key, kind: &str, name: &str) -> String {
    let section = key.section.replace("NAME", "x");
    let rest = match kind {
        "hook" => "mapping = 'leads'\nscheme = 'github'\nsecret_env = 'A'",
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
         file: `[\"a\", \"b\"]`. `BELLWETHER_LOG` is none of the file's keys: it says what the program writes about itself to\n\
         stderr, such as `info`, `debug` or `warn,bellwether_runtime=debug`; `-v` and `-vv` do so for one command.\n\n\
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
    expect_file!["../../../../../docs/configuration.md"].assert_eq(&page);
}
