//! Operation: what runs beside the requests: sources that are asked, the watch over silence and latency,
//! traces.
//!
//! - In: the configuration and a running driver.
//! - Out: threads that end when they are told.
//! - Never: keeps a server from starting because a source cannot be reached: it is tried again.

use super::channels;
use super::versions::{Versions, orders};
use crate::cli::context::Context;
use crate::cli::sources::read_mapping;
use crate::config::{self, Config, MailServer, SecretAt, Source, SourceKind};
use crate::disk;
use crate::exit::Problems;
use crate::telemetry::Telemetry;
use anyhow::{Context as _, Result};
use bellwether_adapters::Mapping;
use bellwether_core::{Problem, Trust};
use bellwether_runtime::live::{Intake, Live, Parcel, Understood};
use bellwether_runtime::sources::folder::Folder;
use bellwether_runtime::sources::freshness::{Freshness, Watched};
use bellwether_runtime::sources::imap::{ANSWER, EACH, Login, Mailbox};
use bellwether_runtime::sources::{self, Feed, Pace, Stop, Usual};
use bellwether_runtime::trace::Spans;
use bellwether_runtime::transport::Server;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;
use zeroize::Zeroizing;

/// How often the disk is looked at.
const DISK: Duration = Duration::from_secs(30);
/// How long the end waits for whoever asks a source: nothing of what they have not taken is lost.
const LEAVE: Duration = Duration::from_secs(3);

/// What runs beside the requests.
pub(crate) struct Operation {
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
    /// Says that nobody works any more: each thread holds the other end.
    working: Receiver<()>,
    telemetry: Option<Arc<Telemetry>>,
}

/// What the configured sources that are asked read parcels by, also after a restart.
pub(crate) struct Mappings(BTreeMap<String, (Mapping, Trust)>);

impl Mappings {
    /// Reads the mappings of every source that has one.
    ///
    /// # Errors
    /// [`Problems`]: all of them.
    pub(crate) fn of(config: &Config) -> Result<Self> {
        let (mut found, mut problems) = (BTreeMap::new(), Vec::new());
        for (name, source) in &config.sources {
            let Some(mapping) = mapping_of(source) else { continue };
            match read_mapping(mapping) {
                Ok(mapping) => drop(found.insert(name.clone(), (mapping, source.trust))),
                Err(wrong) => problems.extend(wrong),
            }
        }
        if problems.is_empty() { Ok(Self(found)) } else { Err(Problems(problems).into()) }
    }

    /// The mapping of a source, and the most that is believed of it.
    pub(crate) fn get(&self, source: &str) -> Option<&(Mapping, Trust)> {
        self.0.get(source)
    }

    /// Reads a parcel of a folder or a mailbox again; `None` if it is of another kind.
    pub(crate) fn read_again(&self, parcel: &Parcel) -> Option<Result<Understood, Problem>> {
        let (mapping, trust) = self.get(&parcel.source)?;
        sources::read_again(parcel, mapping, *trust)
    }
}

fn mapping_of(source: &Source) -> Option<&str> {
    match &source.kind {
        // These come over HTTP: their doors read them.
        SourceKind::Events | SourceKind::Hook { .. } => None,
        SourceKind::Folder { mapping, .. } => Some(mapping),
        SourceKind::Imap(mailbox) => Some(&mailbox.mapping),
    }
}

impl Operation {
    /// Starts everything that is configured.
    ///
    /// # Errors
    /// [`Problems`] with files or secrets that are named, or what the driver says.
    pub(crate) fn start(
        config: &Config,
        mappings: &Mappings,
        (live, intake): (&Live, &Intake),
        (context, versions): (&Context, &Arc<Versions>),
    ) -> Result<Self> {
        let mut problems = Vec::new();
        let telemetry = match Telemetry::start(&config.telemetry) {
            Ok(telemetry) => telemetry.map(Arc::new),
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        if let Some(telemetry) = &telemetry {
            live.trace_to(Arc::clone(telemetry) as Arc<dyn Spans>);
        }
        let stop = Arc::new(Stop::default());
        let pace: Arc<dyn Pace> = Arc::new(Usual { live: live.clone(), stop: Arc::clone(&stop) });
        let mut work: Vec<Work> = Vec::new();
        for (name, source) in &config.sources {
            let Some((mapping, trust)) = mappings.get(name).cloned() else { continue };
            let (live, intake, pace) = (live.clone(), intake.clone(), Arc::clone(&pace));
            let feed = Feed { name: name.clone(), mapping, trust, intake, live, pace };
            match asked(&source.kind, feed) {
                Ok(Some(run)) => work.push((format!("source-{name}"), run)),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(Problems(problems).into());
        }
        let rules_only = Arc::new(AtomicBool::new(false));
        let watched = config.sources.iter().filter_map(|(name, source)| {
            let (owner, silence) = (source.owner.clone()?, source.silence?);
            Some(Watched { name: name.clone(), owner, silence })
        });
        let latency = (config.watch.latency, config.watch.owner.clone());
        let both = (live.clone(), intake.clone());
        let fresh = Freshness::new(
            watched.collect(),
            latency,
            Arc::clone(&rules_only),
            both,
            Arc::clone(&pace),
        );
        let fresh = fresh.map_err(crate::exit::Failure::live)?;
        work.push(("freshness".to_owned(), Box::new(move || fresh.run())));
        let (data, least, beside) =
            (context.data.clone(), config.watch.disk_free, Arc::clone(&pace));
        work.push(("disk".to_owned(), Box::new(move || watch_disk(&data, least, &*beside))));
        let (house, asked, beside) = (context.clone(), live.clone(), Arc::clone(&pace));
        let four_eyes = config.rules.four_eyes;
        work.push((
            "orders".to_owned(),
            Box::new(move || orders(&house, &asked, four_eyes, &*beside)),
        ));
        let (house, versions) = (context.clone(), Arc::clone(versions));
        work.push(("shadow".to_owned(), Box::new(move || versions.run(&house, &*pace))));
        let (threads, working) = spawn(work)?;
        Ok(Self { stop, threads, working, telemetry })
    }

    /// Where spans go, if somewhere.
    pub(crate) fn spans(&self) -> Option<Arc<dyn Spans>> {
        self.telemetry.clone().map(|telemetry| telemetry as Arc<dyn Spans>)
    }

    /// Ends all of it, and waits until it has ended, but not for a source that keeps its thread: what that
    /// has not taken is read again. To be called before the driver ends.
    pub(crate) fn end(self) {
        self.stop.end();
        leave(self.threads, &self.working, LEAVE);
    }
}

type Work = (String, Box<dyn FnOnce() + Send>);

/// Threads, and what hears nothing but their end.
fn spawn(work: Vec<Work>) -> Result<(Vec<JoinHandle<()>>, Receiver<()>)> {
    let (holds, working) = mpsc::channel::<()>();
    let mut threads = Vec::with_capacity(work.len());
    for (name, run) in work {
        let held = holds.clone();
        let run = move || {
            let _held = held;
            run();
        };
        let thread = std::thread::Builder::new().name(name).spawn(run);
        threads.push(thread.context("the system gives no thread")?);
    }
    Ok((threads, working))
}

/// Waits until all have ended, at most so long; whoever works on is left alone.
fn leave(threads: Vec<JoinHandle<()>>, working: &Receiver<()>, longest: Duration) {
    // Nobody ever sends: it ends when the last thread has, or when it has taken too long.
    let is_late = working.recv_timeout(longest) == Err(RecvTimeoutError::Timeout);
    for thread in threads {
        if is_late && !thread.is_finished() {
            let name = thread.thread().name().unwrap_or_default();
            tracing::warn!(name, "A source keeps its thread and is left; it is read again.");
        } else if thread.join().is_err() {
            tracing::error!("A thread beside the requests died.");
        }
    }
}

type Run = Box<dyn FnOnce() + Send>;

fn asked(kind: &SourceKind, feed: Feed) -> Result<Option<Run>, Problem> {
    let span =
        |span: bellwether_core::Duration| Duration::from_micros(span.micros().unsigned_abs());
    Ok(match kind {
        SourceKind::Events | SourceKind::Hook { .. } => None,
        SourceKind::Folder { path, pattern, every, .. } => {
            let folder = Folder::new(path.clone(), pattern.clone(), span(*every), feed);
            Some(Box::new(move || folder.run()))
        }
        SourceKind::Imap(mailbox) => {
            let config::Mailbox { server, user, password, folder, every, .. } = mailbox;
            let login = Login {
                user: user.clone(),
                password: password_of(password)?,
                folder: folder.clone(),
            };
            let mailbox =
                Mailbox::new(open(server, (EACH, ANSWER))?, server.tls, login, span(*every), feed);
            Some(Box::new(move || mailbox.run()))
        }
    })
}

fn password_of(at: &SecretAt) -> Result<Zeroizing<String>, Problem> {
    let secret = at.read()?;
    let text = secret.text().ok_or_else(|| {
        Problem::new("config-secret", format!("the password in {at} is not UTF-8"))
            .help("write it as UTF-8 text")
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// A mail server, ready to be connected to; so long may connecting take and each reading or writing, and
/// a whole answer.
///
/// # Errors
/// `config-file` if its certificates cannot be read.
pub(crate) fn open(server: &MailServer, times: (Duration, Duration)) -> Result<Server, Problem> {
    let trusted = server.ca_file.as_deref().map(channels::trusted).transpose()?;
    let how = (server.tls != config::Tls::None, server.private);
    Server::new((&server.host, server.port), how, trusted, times)
        .map_err(|error| Problem::new(error.code(), error.to_string()).help(error.help()))
}

/// Says once when the disk gets full, and once when it is not any more.
fn watch_disk(data: &Path, least: u64, pace: &dyn Pace) {
    let mut full = false;
    loop {
        let free = disk::free(data).unwrap_or(u64::MAX);
        if (free < least) != full {
            full = free < least;
            match full {
                true => tracing::error!(free, least, code = "store-full", "The disk gets full."),
                false => tracing::info!(free, "There is room on the disk again."),
            }
        }
        if !pace.pause(DISK) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_waits_for_whoever_ends_and_leaves_whoever_does_not() {
        let (stuck, waits) = mpsc::channel::<()>();
        let done = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&done);
        let quick: Box<dyn FnOnce() + Send> =
            Box::new(move || mark.store(true, std::sync::atomic::Ordering::Release));
        let slow: Box<dyn FnOnce() + Send> = Box::new(move || assert!(waits.recv().is_err()));
        let (threads, working) =
            spawn(vec![("quick".to_owned(), quick), ("slow".to_owned(), slow)]).unwrap();
        leave(threads, &working, Duration::from_millis(20));
        drop(stuck);
        // The one that was left ends by itself.
        assert_eq!(working.recv_timeout(LEAVE), Err(RecvTimeoutError::Disconnected));
        assert!(done.load(std::sync::atomic::Ordering::Acquire));
        // One that ends is waited for, however long the end would wait.
        let (threads, working) = spawn(vec![("quick".to_owned(), Box::new(|| ()))]).unwrap();
        leave(threads, &working, Duration::from_secs(3600));
        assert_eq!(working.recv(), Err(mpsc::RecvError));
    }
}
