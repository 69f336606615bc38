//! Channels to people, as configured.

use super::read::{Reading, required_secret, secret, secrets, url};
use super::sources::mail_server;
use super::{Channel, ChannelKind, Tls};
use bellwether_core::authored::{Fields, Node};
use bellwether_core::{Personal, Problem};
use std::path::Path;

const KINDS: [&str; 5] = ["mail", "webhook", "slack", "teams", "file"];

pub(super) fn channel(reading: &mut Reading<'_>, _name: &str, node: &Node) -> Option<Channel> {
    let base = reading.base.to_owned();
    let mut fields = reading.fields(node);
    fields.required("kind");
    let kind = fields.word("kind", &KINDS, |word| KINDS.into_iter().find(|kind| *kind == word));
    let private = fields.flag("private").unwrap_or(false);
    let hosts = fields.texts("hosts").into_iter().map(|(text, _)| text.to_lowercase()).collect();
    let kind = match kind {
        Some("mail") => mail(&mut fields, &base),
        Some("webhook") => webhook(&mut fields, &base, private),
        Some("slack") => {
            let url = address(&mut fields, "url", private);
            let token = required_secret(
                &mut fields,
                &base,
                ["token_file", "token_env", "token_credential"],
            );
            url.zip(token).map(|(url, token)| ChannelKind::Slack { url, token })
        }
        Some("teams") => {
            let url =
                required_secret(&mut fields, &base, ["url_file", "url_env", "url_credential"]);
            url.map(|url| ChannelKind::Teams { url })
        }
        Some(_) => {
            let folder = fields.required_text("folder").map(|path| base.join(path));
            folder.map(|folder| ChannelKind::File { folder })
        }
        // Its keys are known only with its kind.
        None => {
            fields.all();
            None
        }
    };
    fields.finish();
    Some(Channel { kind: kind?, private, hosts })
}

fn mail(fields: &mut Fields<'_>, base: &Path) -> Option<ChannelKind> {
    let server = mail_server(fields, base, |tls| match tls {
        Tls::Implicit => 465,
        Tls::StartTls => 587,
        Tls::None => 25,
    });
    fields.required("from");
    let from = fields.parsed("from", "a mail address such as bellwether@ours.example", |text| {
        let (user, host) = text.split_once('@')?;
        let fine = !user.is_empty()
            && !host.is_empty()
            && !text.contains(|c: char| c.is_whitespace() || "<>,;".contains(c));
        fine.then(|| text.to_owned())
    });
    let username = fields.text("username").map(|text| Personal::new(text.to_owned()));
    let password = secret(fields, base, ["password_file", "password_env", "password_credential"]);
    if username.is_some() != password.is_some() {
        let place = fields.place();
        let message = "a user and a password belong together; one of them is missing";
        let help = "set both `username` and `password_file`, or neither";
        fields.problems().push(Problem::new("config-login-half", message).at(place).help(help));
    }
    Some(ChannelKind::Mail { server: server?, from: from?, login: username.zip(password) })
}

fn webhook(fields: &mut Fields<'_>, base: &Path, private: bool) -> Option<ChannelKind> {
    fields.required("url");
    let url = address(fields, "url", private);
    let secrets = secrets(fields, base, ["secret_file", "secret_env", "secret_credential"]);
    if secrets.is_empty() {
        let place = fields.place();
        let message = "without a secret the receiver cannot tell who sent it";
        let help = "add `secret_file`, `secret_env` or `secret_credential`";
        fields.problems().push(Problem::new("config-secret-missing", message).at(place).help(help));
    }
    let ca_file = fields.text("ca_file").map(|path| base.join(path));
    Some(ChannelKind::Webhook { url: url?, secrets, ca_file })
}

/// An address to send to: without TLS only to the own network.
fn address<'a>(fields: &mut Fields<'a>, name: &'a str, private: bool) -> Option<String> {
    let url = url(fields, name)?;
    if url.starts_with("http://") && !private {
        let at = fields.node(name)?;
        let message = "without TLS, only a host of the own network may be sent to";
        let place = fields.place_of(at);
        let help = "write `https://`; or add `private = true`";
        fields.problems().push(Problem::new("config-plain-url", message).at(place).help(help));
    }
    Some(url)
}
