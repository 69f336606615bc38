//! Sources of signals, as configured.

use super::read::{Reading, count, required_secret, secrets, span};
use super::{MailServer, Mailbox, Source, SourceKind, Tls};
use bellwether_adapters::{schemes, shipped};
use bellwether_core::authored::{Fields, Node};
use bellwether_core::{Duration, Personal, Problem, Trust};
use std::path::Path;

const KINDS: [&str; 4] = ["events", "hook", "imap", "folder"];

pub(super) fn source(reading: &mut Reading<'_>, _name: &str, node: &Node) -> Option<Source> {
    let base = reading.base.to_owned();
    let mut fields = reading.fields(node);
    fields.required("kind");
    let kind = fields.word("kind", &KINDS, |word| KINDS.into_iter().find(|kind| *kind == word));
    let words = Trust::ALL.map(Trust::as_str);
    let trust = fields.word("trust", &words, Trust::from_word).unwrap_or(Trust::Partner);
    let owner = owner(&mut fields);
    let silence =
        span(&mut fields, "silence", [Duration::from_secs(60), Duration::from_secs(366 * 86_400)]);
    if let (Some(_), None, Some(at)) = (silence, &owner, fields.node("silence")) {
        let place = fields.place_of(at);
        let message = "nobody is told when this source falls silent";
        let help = "add `owner = \"HANDLE\"`, somebody of people.yaml";
        fields.problems().push(Problem::new("config-no-owner", message).at(place).help(help));
    }
    let kind = match kind {
        Some("hook") => hook(&mut fields, &base),
        Some("imap") => imap(&mut fields, &base).map(SourceKind::Imap),
        Some("folder") => folder(&mut fields, &base),
        Some(_) => Some(SourceKind::Events),
        // Its keys are known only with its kind.
        None => {
            fields.all();
            None
        }
    };
    fields.finish();
    Some(Source { kind: kind?, trust, owner, silence })
}

/// The handle of whoever is told.
pub(super) fn owner(fields: &mut Fields<'_>) -> Option<String> {
    fields.parsed("owner", "a handle without spaces and `@`, such as `desk-1`", |text| {
        let fine = !text.is_empty() && !text.contains(|c: char| c == '@' || c.is_whitespace());
        fine.then(|| text.to_owned())
    })
}

fn hook(fields: &mut Fields<'_>, base: &Path) -> Option<SourceKind> {
    let mapping = mapping(fields, base);
    let scheme = scheme(fields, base);
    let names = ["secret_file", "secret_env", "secret_credential"];
    let secrets = secrets(fields, base, names);
    if secrets.is_empty() {
        let place = fields.place();
        let message = "a webhook without a secret would be taken from anybody";
        let help = "add `secret_file`, `secret_env` or `secret_credential`";
        fields.problems().push(Problem::new("config-secret-missing", message).at(place).help(help));
    }
    Some(SourceKind::Hook { mapping: mapping?, scheme: scheme?, secrets })
}

fn imap(fields: &mut Fields<'_>, base: &Path) -> Option<Mailbox> {
    let mapping = mapping(fields, base);
    let server = mail_server(fields, base, |tls| if tls == Tls::Implicit { 993 } else { 143 });
    let user = fields.required_text("user").map(|text| Personal::new(text.to_owned()));
    let names = ["password_file", "password_env", "password_credential"];
    let password = required_secret(fields, base, names);
    let folder = fields.text("folder").map(str::to_owned);
    let every = every(fields);
    Some(Mailbox {
        mapping: mapping?,
        server: server?,
        user: user?,
        password: password?,
        folder: folder?,
        every: every?,
    })
}

fn folder(fields: &mut Fields<'_>, base: &Path) -> Option<SourceKind> {
    let mapping = mapping(fields, base);
    let path = fields.required_text("path").map(|text| base.join(text));
    let pattern = fields.parsed("pattern", "a file's name, with `*` for anything", |text| {
        (!text.is_empty() && !text.contains('/')).then(|| text.to_owned())
    });
    let every = every(fields);
    Some(SourceKind::Folder { mapping: mapping?, path: path?, pattern, every: every? })
}

fn every(fields: &mut Fields<'_>) -> Option<Duration> {
    span(fields, "every", [Duration::from_secs(1), Duration::from_secs(86_400)])
}

/// Where a mail server is and how it is spoken to.
pub(super) fn mail_server(
    fields: &mut Fields<'_>,
    base: &Path,
    usual: impl Fn(Tls) -> u16,
) -> Option<MailServer> {
    let host = fields.required_text("server").map(str::to_owned);
    let tls = fields.word("tls", &["implicit", "starttls", "none"], |word| match word {
        "implicit" => Some(Tls::Implicit),
        "starttls" => Some(Tls::StartTls),
        "none" => Some(Tls::None),
        _ => None,
    });
    let port = count(fields, "port", [1, 65_535]).and_then(|port| u16::try_from(port).ok());
    let ca_file = fields.text("ca_file").map(|path| base.join(path));
    let private = fields.flag("private").unwrap_or(false);
    if let (Some(Tls::None), false, Some(at)) = (tls, private, fields.node("tls")) {
        let place = fields.place_of(at);
        let message = "without TLS, only a server of the own network may be spoken to";
        let help = "write `tls = \"implicit\"` or `\"starttls\"`; or add `private = true`";
        fields.problems().push(Problem::new("config-plain-mail", message).at(place).help(help));
    }
    let tls = tls?;
    Some(MailServer {
        host: host?,
        port: port.unwrap_or_else(|| usual(tls)),
        tls,
        ca_file,
        private,
    })
}

/// A shipped mapping's name, or a file's path.
fn mapping(fields: &mut Fields<'_>, base: &Path) -> Option<String> {
    let known: Vec<_> = shipped().iter().map(|(name, _)| *name).collect();
    named(fields, base, "mapping", &known, |message| {
        Problem::new("config-no-mapping", message)
            .help("`bellwether mappings list` shows them; a file's name ends in .yaml")
    })
}

/// A shipped scheme's name, or a file's path.
fn scheme(fields: &mut Fields<'_>, base: &Path) -> Option<String> {
    let known: Vec<_> = schemes().iter().map(|(name, _)| *name).collect();
    named(fields, base, "scheme", &known, |message| {
        Problem::new("webhook-no-scheme", message)
            .help("docs/signals.md lists them; a file's name ends in .yaml")
    })
}

/// The name of something that is shipped, or a file's path.
fn named(
    fields: &mut Fields<'_>,
    base: &Path,
    key: &'static str,
    known: &[&'static str],
    unknown: impl FnOnce(String) -> Problem,
) -> Option<String> {
    let text = fields.required_text(key)?;
    if is_file(text) || known.contains(&text) {
        return Some(place(base, text));
    }
    let at = fields.node(key)?;
    let problem = unknown(format!("there is no shipped {key} `{text}`")).at(fields.place_of(at));
    fields.problems().push(problem.nearest(text, known.iter().copied()));
    None
}

fn is_file(text: &str) -> bool {
    text.contains('/') || text.ends_with(".yaml") || text.ends_with(".yml")
}

/// A name as it is, a file as it is seen from the configuration's folder.
fn place(base: &Path, text: &str) -> String {
    if is_file(text) { base.join(text).display().to_string() } else { text.to_owned() }
}
