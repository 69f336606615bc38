//! The service: its configuration, its port and certificate, its sources and channels, what waits.

use super::finding::Finding;
use crate::cli::config::problems_around;
use crate::cli::context::{Context, now, to_the_second};
use crate::config::{ChannelKind, Config, MailServer, SourceKind, Tls};
use crate::exit::Problems;
use crate::http::tls::{self, validity};
use crate::serve::{channels, operate};
use crate::table::thousands;
use bellwether_core::{Problem, Timestamp};
use bellwether_runtime::sources::freshness::last_news;
use bellwether_runtime::transport::Server;
use bellwether_store::{Inbox, Store, StoreError};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

/// How long somebody else may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A certificate that expires sooner is looked at.
const SOON: i64 = 14 * 86_400;
/// Signals that may wait without a word.
const BACKLOG: u64 = 10_000;

pub(super) fn look(context: &Context, store: Option<&Store>, online: bool) -> Vec<Finding> {
    let config = match context.config() {
        Ok(loaded) => loaded.config,
        Err(error) => return vec![unfit("configuration", error)],
    };
    let mut findings = vec![configuration(&config)];
    findings.push(port(&config));
    findings.extend(config.server.tls.as_ref().map(|files| {
        let name = config.server.public_url.as_deref().and_then(host_of);
        certificate(&files.cert, name, now())
    }));
    for (name, source) in &config.sources {
        let about = format!("source {name}");
        findings.push(match &source.kind {
            SourceKind::Imap(mailbox) if online => reached(about.clone(), &mailbox.server),
            SourceKind::Folder { path, .. } => folder(about.clone(), path),
            _ => continue,
        });
    }
    findings.extend(store.map(|store| silent(&config, store, now())));
    for (name, channel) in &config.channels {
        let about = format!("channel {name}");
        findings.push(match &channel.kind {
            ChannelKind::File { folder: path } => folder(about, path),
            _ if !online => Finding::ok(about, "not asked; `--online` connects to it"),
            ChannelKind::Mail { server, .. } => reached(about, server),
            ChannelKind::Webhook { url, ca_file, .. } => {
                reached_url(about, url, channel.private, ca_file.as_deref())
            }
            ChannelKind::Slack { url, .. } => reached_url(about, url, channel.private, None),
            ChannelKind::Teams { url } => match url.read() {
                Err(problem) => problem_with(about, problem),
                Ok(secret) => {
                    let url = secret.text().unwrap_or_default();
                    reached_url(about, url, channel.private, None)
                }
            },
        });
    }
    findings.extend(store.and_then(|store| inbox(&context.data, store)));
    findings
}

/// Whether the server that is configured answers that it is ready.
pub(super) fn alive(context: &Context) -> Finding {
    match context.config() {
        Err(error) => unfit("server", error),
        Ok(loaded) => answers(&loaded.config).unwrap_or_else(|| {
            Finding::broken("server", "nobody answers", "start it: `bellwether serve`")
        }),
    }
}

fn unfit(about: &str, error: anyhow::Error) -> Finding {
    match error.downcast::<Problems>() {
        Ok(Problems(problems)) => worst(about, problems),
        Err(error) => Finding::broken(about, error.to_string(), "`bellwether config check`"),
    }
}

fn worst(about: &str, problems: Vec<Problem>) -> Finding {
    let count = problems.len();
    match problems.into_iter().next() {
        None => Finding::ok(about, "nothing to mend"),
        Some(first) => {
            let found = format!("problems: {count}, the first: {}", first.message);
            let mend = "`bellwether config check` shows them all";
            Finding::broken(about, found, mend).code(first.code)
        }
    }
}

fn problem_with(about: String, problem: Problem) -> Finding {
    Finding::broken(about, problem.message, problem.help).code(problem.code)
}

fn configuration(config: &Config) -> Finding {
    let problems = problems_around(config);
    if !problems.is_empty() {
        return worst("configuration", problems);
    }
    let (sources, channels) = (config.sources.len(), config.channels.len());
    Finding::ok("configuration", format!("sources: {sources}, channels: {channels}"))
}

/// Whether the port is free, or who answers there.
fn port(config: &Config) -> Finding {
    let listen = config.server.listen;
    match TcpListener::bind(listen) {
        Ok(_) => Finding::ok("port", format!("{listen} is free: nobody serves")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            answers(config).unwrap_or_else(|| {
                let found =
                    format!("{listen} is taken, and whoever has it does not answer as we would");
                let mend = "find out who has it (`ss -ltnp`), or set another `listen` in [server]";
                Finding::broken("port", found, mend)
            })
        }
        Err(error) => {
            let mend = "check `listen` in [server]; ports below 1024 need a capability";
            Finding::broken("port", format!("{listen} cannot be had: {error}"), mend)
        }
    }
}

/// Asks whoever serves where this configuration says; `None` if that is not us.
fn answers(config: &Config) -> Option<Finding> {
    let mut address = config.server.listen;
    if address.ip().is_unspecified() {
        let own: std::net::IpAddr = match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        address.set_ip(own);
    }
    let status = tls::ask(address, config.server.tls.as_ref(), "/readyz", PATIENCE)?;
    Some(match status {
        200 => Finding::ok("server", format!("{address} answers: it is ready")),
        503 => {
            let mend = "its log says why it stopped; start it again";
            Finding::broken("server", format!("{address} answers: it is not ready"), mend)
        }
        _ => return None,
    })
}

fn certificate(path: &Path, name: Option<&str>, now: Timestamp) -> Finding {
    let about = "certificate";
    let found = match validity(path) {
        Ok(found) => found,
        Err(problem) => return problem_with(about.to_owned(), problem),
    };
    let until = to_the_second(Timestamp::from_secs(found.until));
    let left = found.until - now.micros() / 1_000_000;
    let renew = "renew it and put both files in their place; they are read again by themselves";
    if left < 0 {
        return Finding::broken(about, format!("expired {until}"), renew).code("tls-expired");
    }
    if now.micros() / 1_000_000 < found.from {
        let mend = "check the machine's clock, then the certificate";
        return Finding::broken(about, "is not good yet", mend).code("tls-expired");
    }
    if let Some(name) = name.filter(|name| !found.is_for(name)) {
        let says = format!("is for {}, not for {name}", found.names.join(", "));
        return Finding::look(about, says, "order one with this name, or mend `public_url`");
    }
    match left < SOON {
        true => Finding::look(about, format!("expires {until}"), renew),
        false => Finding::ok(about, format!("good until {until}")),
    }
}

fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    rest.split(['/', ':']).next()
}

fn folder(about: String, path: &Path) -> Finding {
    let probe = path.join(format!(".doctor-{}", std::process::id()));
    let made = std::fs::File::options().write(true).create_new(true).open(&probe);
    match made.and_then(|_| std::fs::remove_file(&probe)) {
        Ok(()) => Finding::ok(about, format!("{}, writable", path.display())),
        Err(error) => {
            let found = format!("{} cannot be written: {error}", path.display());
            Finding::broken(about, found, "make it, and let the service's user write there")
        }
    }
}

fn reached(about: String, server: &MailServer) -> Finding {
    match operate::open(server, (PATIENCE, PATIENCE)) {
        Err(problem) => problem_with(about, problem),
        Ok(there) => connected(about, &there, server.tls),
    }
}

fn reached_url(about: String, url: &str, private: bool, ca_file: Option<&Path>) -> Finding {
    let uri: Option<axum::http::Uri> = url.parse().ok();
    let parts = uri.as_ref().and_then(|uri| Some((uri.host()?, uri.scheme_str()? == "https", uri)));
    let Some((host, tls, uri)) = parts else {
        let mend = "write it as https://host/...";
        return Finding::broken(about, "its address is no URL", mend).code("transport-url");
    };
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let trusted = match ca_file.map(channels::trusted).transpose() {
        Err(problem) => return problem_with(about, problem),
        Ok(trusted) => trusted,
    };
    match Server::new((host, port), (tls, private), trusted, (PATIENCE, PATIENCE)) {
        Err(error) => Finding::broken(about, error.to_string(), error.help()).code(error.code()),
        Ok(server) => connected(about, &server, if tls { Tls::Implicit } else { Tls::None }),
    }
}

/// Connects, and begins TLS where it begins with the first byte.
fn connected(about: String, server: &Server, tls: Tls) -> Finding {
    let stream = server.connect();
    let done = stream.and_then(|stream| match tls {
        Tls::Implicit => server.secure(stream).map(drop),
        Tls::StartTls | Tls::None => Ok(()),
    });
    let how = match tls {
        Tls::Implicit => "with TLS",
        Tls::StartTls => "TLS begins later",
        Tls::None => "without TLS",
    };
    match done {
        Ok(()) => Finding::ok(about, format!("{} answers, {how}", server.host())),
        Err(error) => Finding::broken(about, error.to_string(), error.help()).code(error.code()),
    }
}

/// Sources that may not be silent for so long, and are.
fn silent(config: &Config, store: &Store, now: Timestamp) -> Finding {
    let about = "silence";
    let mut silent = Vec::new();
    for (name, source) in &config.sources {
        let Some(longest) = source.silence else { continue };
        match last_news(store, name) {
            Err(error) => return Finding::store(about, &error),
            Ok(Some(heard)) if heard.plus(longest) < now => {
                silent.push(format!("{name} since {}", to_the_second(heard)));
            }
            Ok(_) => {}
        }
    }
    match silent.is_empty() {
        true => Finding::ok(about, "no source is silent for longer than it may"),
        false => {
            let mend = "ask the system itself whether anything happened; see docs/runbook.md";
            Finding::look(about, silent.join(", "), mend)
        }
    }
}

fn inbox(data: &Path, store: &Store) -> Option<Finding> {
    let about = "inbox";
    let inbox = match Inbox::read(data) {
        Ok(inbox) => inbox,
        Err(StoreError::Missing { .. }) => return None,
        Err(error) => return Some(Finding::store(about, &error)),
    };
    let waiting = store.inbox_done().and_then(|done| inbox.waiting(done));
    Some(match waiting {
        Err(error) => Finding::store(about, &error),
        Ok((_, waiting)) => {
            let found = format!("{} signals wait", thousands(waiting));
            let mend = "see that the server runs and that its disk is quick; see docs/runbook.md";
            match waiting > BACKLOG {
                true => Finding::look(about, found, mend),
                false => Finding::ok(about, found),
            }
        }
    })
}
