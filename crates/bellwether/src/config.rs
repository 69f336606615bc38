//! Configuration: `bellwether.toml` and the environment, as the program uses them.
//!
//! - In: the text of the file, the variables `BELLWETHER_<SECTION>_<KEY>`, and the defaults of [`keys`].
//! - Out: a [`Config`] that cannot be wrong, or every problem at once, each with its place and mend.
//! - Never: opens a file that the configuration names, or looks a name up, while it is checked; prints a
//!   secret, which stands in a file, a variable or a credential of its own.

mod channels;
mod delivery;
mod document;
mod keys;
mod load;
mod read;
mod rules;
mod secret;
mod show;
mod sources;
#[cfg(test)]
mod tests;

pub(crate) use bellwether_runtime::sources::imap::Tls;
pub(crate) use keys::starter;
pub(crate) use load::place;
pub(crate) use rules::Signing;
pub(crate) use secret::{Secret, SecretAt, only_mine};
pub(crate) use show::{json, show};

use bellwether_core::{Duration, Personal, Ppm, Trust};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The file's name in a data directory.
pub(crate) const FILE: &str = "bellwether.toml";

/// Everything that is configured.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Where it answers.
    pub(crate) server: Server,
    /// How much it takes in.
    pub(crate) intake: Intake,
    /// Where signals come from, by name.
    pub(crate) sources: BTreeMap<String, Source>,
    /// How people are reached, by name.
    pub(crate) channels: BTreeMap<String, Channel>,
    /// Who must have signed the rules.
    pub(crate) rules: Signing,
    /// Who is reached how.
    pub(crate) delivery: Delivery,
    /// Who may sign in.
    pub(crate) access: Access,
    /// Where traces go.
    pub(crate) telemetry: Telemetry,
    /// What is watched.
    pub(crate) watch: Watch,
}

/// Where the server answers.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// The address; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// What people and services type, without a slash at the end; links in messages begin so.
    pub(crate) public_url: Option<String>,
    /// Certificate and key; without them it speaks plain HTTP, on this machine or behind a proxy only.
    pub(crate) tls: Option<TlsFiles>,
    /// A proxy of the own network ends TLS.
    pub(crate) behind_proxy: bool,
}

/// A certificate with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The chain, PEM, the server's own first.
    pub(crate) cert: PathBuf,
    /// Its key, PEM, readable by the service's user only.
    pub(crate) key: PathBuf,
}

/// How much is taken in.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    /// Signals that may wait to be decided; more are refused.
    pub(crate) most_waiting: u64,
    /// Signals a second, over all sources; more are refused.
    pub(crate) per_second: Option<u64>,
}

/// Where signals come from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// How they come.
    pub(crate) kind: SourceKind,
    /// The most that is believed of what it says.
    pub(crate) trust: Trust,
    /// The handle of whoever is told when it falls silent.
    pub(crate) owner: Option<String>,
    /// The longest time without news.
    pub(crate) silence: Option<Duration>,
}

/// How signals of a source come.
#[derive(Clone, Debug)]
pub(crate) enum SourceKind {
    /// CloudEvents at `/v1/signals`, under a service token.
    Events,
    /// A webhook at `/v1/hooks/NAME`.
    Hook {
        /// A shipped mapping, or a mapping's file.
        mapping: String,
        /// A shipped scheme, or a scheme's file.
        scheme: String,
        /// Any of them signs.
        secrets: Vec<SecretAt>,
    },
    /// A mailbox.
    Imap(Mailbox),
    /// A folder into which somebody drops files.
    Folder {
        /// A shipped mapping, or a mapping's file.
        mapping: String,
        /// The folder.
        path: PathBuf,
        /// What the names of files look like, with `*` for anything; all without it.
        pattern: Option<String>,
        /// How often it is looked at.
        every: Duration,
    },
}

/// A mailbox that is polled.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    /// A shipped mapping, or a mapping's file.
    pub(crate) mapping: String,
    /// Where, and how it is spoken to.
    pub(crate) server: MailServer,
    /// Who signs in.
    pub(crate) user: Personal<String>,
    /// With what.
    pub(crate) password: SecretAt,
    /// The folder.
    pub(crate) folder: String,
    /// How often it is looked at.
    pub(crate) every: Duration,
}

/// A server that speaks SMTP or IMAP.
#[derive(Clone, Debug)]
pub(crate) struct MailServer {
    /// Its name, which its certificate must have.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// When TLS begins.
    pub(crate) tls: Tls,
    /// Certificates that are believed instead of the web's: PEM.
    pub(crate) ca_file: Option<PathBuf>,
    /// Whether it may have a private address.
    pub(crate) private: bool,
}

/// How people are reached.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    /// How it speaks.
    pub(crate) kind: ChannelKind,
    /// Whether its host may have a private address.
    pub(crate) private: bool,
    /// If there are any: no other host is connected to.
    pub(crate) hosts: Vec<String>,
}

/// How a channel speaks.
#[derive(Clone, Debug)]
pub(crate) enum ChannelKind {
    /// Mail by SMTP.
    Mail {
        /// Where, and how it is spoken to.
        server: MailServer,
        /// The sender.
        from: String,
        /// Who signs in, and with what.
        login: Option<(Personal<String>, SecretAt)>,
    },
    /// A signed POST (Standard Webhooks).
    Webhook {
        /// Where to.
        url: String,
        /// The first signs; the others are told while a receiver changes over.
        secrets: Vec<SecretAt>,
        /// Certificates that are believed instead of the web's: PEM.
        ca_file: Option<PathBuf>,
    },
    /// Slack's `chat.postMessage`.
    Slack {
        /// The API's address.
        url: String,
        /// The bot's token.
        token: SecretAt,
    },
    /// A workflow of Teams that takes cards. Its address is its secret.
    Teams {
        /// The address.
        url: SecretAt,
    },
    /// Files in a folder.
    File {
        /// The folder.
        folder: PathBuf,
    },
}

/// Who is reached how.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// Channels in the order in which they are tried, for people without an entry of their own.
    pub(crate) channels: Vec<String>,
    /// By handle: what is tried instead.
    pub(crate) people: BTreeMap<String, Vec<Way>>,
    /// Deliveries at once.
    pub(crate) workers: u32,
    /// Cards a day for one person; more wait for the next.
    pub(crate) cap_per_day: Option<u32>,
}

/// One way to reach a person.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// The channel.
    pub(crate) channel: String,
    /// The address there; without one, the mail address of `people.yaml`.
    pub(crate) address: Option<Personal<String>>,
}

/// Who may sign in.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// How long a session lives.
    pub(crate) sessions: Duration,
    /// Whether the first start prints a link with which the first account is made.
    pub(crate) first_start: bool,
    /// Sign-in by another service.
    pub(crate) oidc: Option<Oidc>,
}

/// Sign-in by OpenID Connect.
#[derive(Clone, Debug)]
pub(crate) struct Oidc {
    /// The issuer.
    pub(crate) issuer: String,
    /// How it knows this program.
    pub(crate) client_id: String,
    /// The client's secret, if it has one.
    pub(crate) client_secret: Option<SecretAt>,
    /// The claim that names groups.
    pub(crate) claim: String,
    /// Roles by group.
    pub(crate) groups: BTreeMap<String, String>,
    /// Whether the issuer may have a private address.
    pub(crate) private: bool,
}

/// Where traces go.
#[derive(Clone, Debug)]
pub(crate) struct Telemetry {
    /// Where OTLP over HTTP is taken; no traces without it.
    pub(crate) otlp: Option<String>,
    /// `Name: value` lines that go with every request.
    pub(crate) headers: Option<SecretAt>,
    /// The share of traces that begin here and are kept.
    pub(crate) sample: Ppm,
    /// Whether the collector may have a private address.
    pub(crate) private: bool,
}

/// What is watched.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// From acceptance to decision: what 99 of 100 must stay below.
    pub(crate) latency: Duration,
    /// The handle of whoever is told when it is not; else somebody of the role that is always staffed.
    pub(crate) owner: Option<String>,
    /// Bytes that must be free on the disk.
    pub(crate) disk_free: u64,
}

/// What was read: the configuration, and the layers that it was made of, to be shown.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The configuration.
    pub(crate) config: Config,
    /// What was set where.
    layers: document::Layers,
    /// The file, if there is one.
    pub(crate) file: Option<PathBuf>,
}
