//! Every key: where it stands, its default, and what it means. Reading, help and documentation begin here.

mod channels;
mod house;
mod sources;

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
pub(crate) fn every() -> impl Iterator<Item = &'static Key> {
    [house::FIRST, sources::KEYS, channels::KEYS, house::REST].into_iter().flatten()
}

/// Sections in the order of [`every`], each once, with the kinds that have keys of their own.
pub(crate) fn sections() -> Vec<(&'static str, &'static [&'static str])> {
    let mut found: Vec<(&str, &[&str])> = Vec::new();
    for key in every() {
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
    every().filter(move |key| key.section == section).filter(fits)
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
