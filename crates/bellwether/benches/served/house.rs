//! A server of the program, in a folder of its own.
//!
//! - In: a bundle's files, and what `bellwether.toml` says beside the source.
//! - Out: a [`House`] that can be started, asked and ended; figures of its process.
//! - Never: leaves a process or a folder behind.

use crate::{bundle, load};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use ureq::Agent;

const SOURCE: &str = "[sources.w1]\nkind = \"events\"\ntrust = \"system\"\n";

/// A data directory with the rules of W1 and a token.
pub(crate) struct House {
    folder: TempDir,
    pub(crate) token: String,
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) ready: Duration,
    token: String,
    agent: Agent,
}

impl House {
    /// Makes it; `change` has the last word on the bundle's files.
    pub(crate) fn new(
        config: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<Self> {
        let house = Self { folder: tempfile::tempdir()?, token: String::new() };
        let mut files = bundle::files();
        change(&mut files);
        for (name, text) in &mut files {
            *text = dotted(name, text);
            let path = house.path("bundle").join(name);
            fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            fs::write(path, text)?;
        }
        fs::write(house.path("bellwether.toml"), format!("{config}\n{SOURCE}"))?;
        house.say(&["init", "--bundle", "bundle"])?;
        let words = ["access", "token", "create", "--label", "bench", "--scope", "signals:write"];
        let more = ["--scope", "metrics", "--source", "w1", "--trust", "system"];
        let said = house.say(&[&words[..], &more].concat())?;
        let token = said.split_whitespace().find(|word| word.starts_with("bw_"));
        Ok(Self { token: token.context("no token was told")?.to_owned(), ..house })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
        command.args(words).current_dir(self.folder.path());
        command.env("BELLWETHER_DATA", "data").stdin(Stdio::null());
        command
    }

    /// Runs the program, and gives what it says.
    pub(crate) fn say(&self, words: &[&str]) -> Result<String> {
        let ended = self.command(words).output()?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (said(&ended.stdout), said(&ended.stderr));
        ensure!(ended.status.success(), "`bellwether {}`: {out}{err}", words.join(" "));
        Ok(out)
    }

    /// Starts the server, and waits until it says that it is ready.
    pub(crate) fn serve(&self) -> Result<Server> {
        let begun = Instant::now();
        let words = ["serve", "--config", "bellwether.toml", "--listen", "127.0.0.1:0"];
        let log = fs::File::create(self.path("serve.log"))?;
        let mut command = self.command(&words);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut first = String::new();
        let said = child.stdout.take().context("a pipe")?;
        BufReader::new(said).read_line(&mut first)?;
        if first.trim().is_empty() {
            bail!("the server did not start: {}", fs::read_to_string(self.path("serve.log"))?);
        }
        let address = first.trim().trim_end_matches('/').to_owned();
        let token = self.token.clone();
        let mut server = Server { child, address, ready: Duration::ZERO, token, agent: agent() };
        server.until("it is ready", |server| Ok(server.get("/readyz")?.0 == 200))?;
        server.ready = begun.elapsed();
        Ok(server)
    }
}

fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(Duration::from_secs(60))).build().into()
}

impl Server {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What is needed to send as the bench's source, by a connection of one's own.
    pub(crate) fn sender(&self) -> (Agent, String, String) {
        let url = format!("{}/v1/signals", self.address);
        (agent(), url, format!("Bearer {}", self.token))
    }

    /// Sends events, again while it is told to wait.
    pub(crate) fn send(&self, events: &[Value]) -> Result<()> {
        let (url, bearer) =
            (format!("{}/v1/signals", self.address), format!("Bearer {}", self.token));
        let body = serde_json::to_vec(events)?;
        loop {
            let request = self.agent.post(&url).header("authorization", &bearer);
            let request = request.header("content-type", "application/cloudevents-batch+json");
            let answer = request.send(&body[..])?;
            match answer.status().as_u16() {
                202 => return Ok(()),
                429 => std::thread::sleep(Duration::from_millis(50)),
                status => bail!("{status}: {}", answer.into_body().read_to_string()?),
            }
        }
    }

    pub(crate) fn get(&self, path: &str) -> Result<(u16, String)> {
        let request = self.agent.get(format!("{}{path}", self.address));
        let answer = request.header("authorization", format!("Bearer {}", self.token)).call()?;
        Ok((answer.status().as_u16(), answer.into_body().read_to_string()?))
    }

    /// A metric without labels.
    pub(crate) fn metric(&self, name: &str) -> Result<f64> {
        let (_, text) = self.get("/metrics")?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.with_context(|| format!("no metric {name}"))?.parse()?)
    }

    /// Waits until everything that was accepted is decided; says how long.
    pub(crate) fn drain(&self) -> Result<Duration> {
        self.until("everything is decided", |server| {
            Ok(server.metric("bellwether_signals_waiting")? < 1.0)
        })
    }

    /// Waits until something holds; says how long.
    pub(crate) fn until(
        &self,
        what: &str,
        holds: impl Fn(&Self) -> Result<bool>,
    ) -> Result<Duration> {
        let begun = Instant::now();
        while !holds(self).unwrap_or(false) {
            ensure!(begun.elapsed() < Duration::from_secs(900), "waited in vain until {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(begun.elapsed())
    }

    /// CPU seconds of its process so far.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        let after = stat.rsplit(')').next().unwrap_or_default();
        let ticks = after.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(str::parse::<u64>).sum::<Result<_, _>>()?;
        Ok(ticks as f64 / 100.0)
    }

    /// Memory in MB: now, and the most so far.
    pub(crate) fn memory(&self) -> Result<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let both = line("VmRSS:").zip(line("VmHWM:")).context("no memory is told")?;
        Ok((both.0 / 1024, both.1 / 1024))
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn end(mut self) -> Result<()> {
        Command::new("kill").arg(self.id().to_string()).status()?;
        ensure!(self.child.wait()?.success(), "the server ended badly");
        Ok(())
    }

    /// Takes its life.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The kinds of the benchmark as kinds that may be sent: `w1.email` for `email`.
fn dotted(name: &str, text: &str) -> String {
    load::KINDS.iter().fold(text.to_owned(), |text, kind| {
        // Elsewhere a bare `account` is the subject of a graph.
        let bare = name == "facts.yaml" || name == "features.yaml";
        let before: &[&str] = if bare { &["'", " ", "[", "{"] } else { &["'"] };
        let after = ["'", ":", ".", ",", "]", "}"];
        before.iter().fold(text, |text, before| {
            after.iter().fold(text, |text, after| {
                let found = format!("{before}{kind}{after}");
                text.replace(&found, &format!("{before}{}{kind}{after}", load::PREFIX))
            })
        })
    })
}

/// The bytes of a folder's files.
pub(crate) fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { size(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
