//! Channels as configured, ready to carry.
//!
//! - In: the sections `channels` and `delivery`.
//! - Out: routes for the delivery, and for each person the ways in which they are tried.
//! - Never: shows a secret; connects to anything yet.

use crate::config::{Channel as Configured, ChannelKind, Config, MailServer, SecretAt, Tls, Way};
use bellwether_adapters::channel::Channel;
use bellwether_adapters::channels::{File, Mail, Slack, Teams, Webhook};
use bellwether_adapters::webhook::Secret;
use bellwether_core::{Personal, Problem, Purpose};
use bellwether_runtime::delivery::{Carry, Line, Route};
use bellwether_runtime::transport::{
    Access, Limits, Login, MailServer as Server, Peer, Security, Smtp, TransportError, Trusted,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A receiver that does not answer holds up one carrier for so long. Slack's list of messages, which
/// tells whether one arrived, is the longest answer.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), whole: Duration::from_secs(20), answer: 1 << 20 };

/// The routes of a configuration.
///
/// # Errors
/// Everything that keeps a channel from being used.
pub(super) fn routes(config: &Config) -> Result<Vec<Route>, Vec<Problem>> {
    let (mut routes, mut problems) = (Vec::new(), Vec::new());
    for (name, configured) in &config.channels {
        match open(name, configured) {
            Ok((channel, line)) => {
                let (name, kind) = (name.clone(), kind(&configured.kind));
                routes.push(Route { name, kind, channel, line: Box::new(line) as Box<dyn Carry> });
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(routes) } else { Err(problems) }
}

/// The word for a channel in the configuration.
fn kind(kind: &ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Mail { .. } => "mail",
        ChannelKind::Webhook { .. } => "webhook",
        ChannelKind::Slack { .. } => "slack",
        ChannelKind::Teams { .. } => "teams",
        ChannelKind::File { .. } => "file",
    }
}

fn open(name: &str, channel: &Configured) -> Result<(Arc<dyn Channel>, Line), Problem> {
    let unusable = |what: String| {
        Problem::new("config-channel", format!("the channel `{name}` cannot be used: {what}"))
            .help("mend its section in `bellwether.toml`")
    };
    let cannot = |error: bellwether_adapters::channel::Unsupported| unusable(error.what.to_owned());
    let failed = |error: TransportError| unusable(format!("{error}; {}", error.help()));
    let http = |url: &str, secret, ca: Option<&Path>| {
        let trusted = ca.map(trusted).transpose()?;
        let access = Access {
            private: channel.private,
            hosts: &channel.hosts,
            secret,
            trusted: trusted.as_ref(),
        };
        Ok::<_, Problem>(Line::Http(Peer::open(url, &access, LIMITS).map_err(failed)?))
    };
    Ok(match &channel.kind {
        ChannelKind::Mail { server, from, login } => {
            let mail = Mail::new(from).map_err(cannot)?;
            let server = smtp(server, channel.private, login.as_ref())?;
            (Arc::new(mail), Line::Mail(Smtp::new(server, LIMITS).map_err(failed)?))
        }
        ChannelKind::Webhook { url, secrets, ca_file } => {
            let secrets = secrets.iter().map(|at| Ok(Secret::new(at.read()?.bytes())));
            let secrets = secrets.collect::<Result<_, Problem>>()?;
            let webhook = Webhook::new(secrets).map_err(cannot)?;
            (Arc::new(webhook), http(url, false, ca_file.as_deref())?)
        }
        ChannelKind::Slack { url, token } => {
            (Arc::new(Slack::new(text(token)?)), http(url, false, None)?)
        }
        ChannelKind::Teams { url } => {
            let url = text(url)?;
            let url = url.reveal(Purpose::Notify);
            (Arc::new(Teams), http(url.trim(), true, None)?)
        }
        ChannelKind::File { folder } => {
            std::fs::create_dir_all(folder).map_err(|error| unusable(error.to_string()))?;
            (Arc::new(File), Line::Folder(folder.clone()))
        }
    })
}

fn smtp(
    server: &MailServer,
    private: bool,
    login: Option<&(Personal<String>, SecretAt)>,
) -> Result<Server, Problem> {
    let login = match login {
        Some((user, password)) => {
            Some(Login { name: user.reveal(Purpose::Notify).clone(), password: text(password)? })
        }
        None => None,
    };
    Ok(Server {
        host: server.host.clone(),
        port: server.port,
        private: private || server.private,
        security: match server.tls {
            Tls::Implicit => Security::Tls,
            Tls::StartTls => Security::StartTls,
            Tls::None => Security::Plain,
        },
        login,
        hello: "bellwether.invalid".to_owned(),
        trusted: server.ca_file.as_deref().map(trusted).transpose()?,
    })
}

pub(crate) fn trusted(file: &Path) -> Result<Trusted, Problem> {
    let unreadable = |what: String| {
        Problem::new("config-file", format!("{} cannot be used: {what}", file.display()))
            .help("name a file of PEM certificates that the service's user may read")
    };
    let pem = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    Trusted::only(&pem).map_err(|error| unreadable(error.to_string()))
}

fn text(at: &SecretAt) -> Result<Personal<String>, Problem> {
    let secret = at.read()?;
    let text = secret.text().map(|text| text.trim().to_owned());
    text.map(Personal::new).ok_or_else(|| {
        Problem::new("config-secret", format!("the secret in {at} is not text"))
            .help("write it as UTF-8")
    })
}

/// How a person is reached, in order: channel and address. Their own entry in the configuration goes
/// first, then the channels that `people.yaml` lists for them, then everybody's. Only a channel that needs none is tried
/// without an address.
pub(super) fn ways(
    config: &Config,
    person: &str,
    listed: &[String],
    email: Option<&Personal<String>>,
) -> Vec<(String, Personal<String>)> {
    let usual = |channel: &String| Way { channel: channel.clone(), address: None };
    let own = config.delivery.people.get(person).cloned();
    let usually = &config.delivery.channels;
    let listed = if listed.is_empty() { usually.as_slice() } else { listed };
    let ways = own.unwrap_or_else(|| listed.iter().map(usual).collect());
    let one = |Way { channel, address }: Way| {
        let kind = &config.channels.get(&channel)?.kind;
        let address = match (address, kind) {
            (Some(address), _) => address,
            (None, ChannelKind::Mail { .. }) => email?.clone(),
            (None, ChannelKind::Slack { .. }) => return None,
            // These go to one place, whoever is meant; the handle says who.
            (None, _) => Personal::new(person.to_owned()),
        };
        Some((channel, address))
    };
    ways.into_iter().filter_map(one).collect()
}
