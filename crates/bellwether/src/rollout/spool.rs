//! The way from a command to a running server: an order as a file in the data directory, and its answer.
//!
//! - In: an order from whoever may write the data directory, which is whoever may run the program in it.
//! - Out: what became of it. A server takes up orders one by one, each in a transaction.
//! - Never: leaves an order behind: whoever gives up takes it back, and a start throws away what is old.

use super::{Done, Order};
use crate::exit::{Failure, Problems};
use anyhow::{Context as _, Result};
use bellwether_core::Problem;
use bellwether_runtime::live::Live;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The folder in a data directory.
const FOLDER: &str = "orders";
/// How often either side looks.
pub(crate) const LOOK: Duration = Duration::from_millis(200);
/// How long a command waits for the server.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of an order: a bundle's files.
const MOST: u64 = 64 << 20;

/// What the server answers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Answer {
    Done(Done),
    Refused { code: String, message: String, help: String },
}

/// Gives an order to the server that holds a data directory, and waits for what becomes of it.
///
/// # Errors
/// What the server answers; `rollout-no-answer`.
pub(crate) fn send(data: &Path, order: &Order) -> Result<Done> {
    let folder = data.join(FOLDER);
    make(&folder)?;
    let mut name = [0u8; 8];
    getrandom::fill(&mut name).map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
    let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    let (asked, answered) =
        (folder.join(format!("{name}.order")), folder.join(format!("{name}.answer")));
    write(&asked, &serde_json::to_vec(order)?)?;
    let began = Instant::now();
    let answer = loop {
        if let Ok(bytes) = fs::read(&answered) {
            break Some(bytes);
        }
        if began.elapsed() > PATIENCE {
            break None;
        }
        std::thread::sleep(LOOK);
    };
    // Its files name people: it does not stay, whatever became of it.
    drop(fs::remove_file(&asked));
    drop(fs::remove_file(&answered));
    match answer.map(|bytes| serde_json::from_slice(&bytes)).transpose()? {
        Some(Answer::Done(done)) => Ok(done),
        Some(Answer::Refused { code, message, help }) => {
            Err(anyhow::Error::new(Told { code, message, help }))
        }
        None => {
            let message = "another program holds the data directory and takes no orders";
            let help =
                "use the Rules page of the server's console, or try again when it has started";
            Err(Problems(vec![Problem::new("rollout-no-answer", message).help(help)]).into())
        }
    }
}

/// A refusal in the server's words.
#[derive(Debug)]
struct Told {
    code: String,
    message: String,
    help: String,
}

impl std::error::Error for Told {}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}\n  help: {}", self.code, self.message, self.help)
    }
}

/// Throws away what was left by those who asked before the server started.
pub(crate) fn clear(data: &Path) {
    drop(fs::remove_dir_all(data.join(FOLDER)));
}

/// Takes up every order that is there, and answers it.
pub(crate) fn take_up(data: &Path, live: &Live) {
    let Ok(entries) = fs::read_dir(data.join(FOLDER)) else { return };
    let mut orders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    orders.retain(|path| path.extension().is_some_and(|kind| kind == "order"));
    orders.sort();
    for path in orders {
        let answer = answer(&path, live).unwrap_or_else(|error| refusal(&error));
        // Taken: should the answer not be written, the order is not carried out twice.
        drop(fs::remove_file(&path));
        let written = serde_json::to_vec(&answer).map_err(anyhow::Error::from);
        let written = written.and_then(|bytes| write(&path.with_extension("answer"), &bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "An order about the rules could not be answered.");
        }
    }
}

fn answer(path: &Path, live: &Live) -> Result<Answer> {
    let size = fs::metadata(path)?.len();
    anyhow::ensure!(size <= MOST, "an order is larger than 64 MiB");
    let order: Order = serde_json::from_slice(&fs::read(path)?)?;
    let ready = order.ready()?;
    let done = live.call(move |driver, now| ready.carry_out(driver, now)).map_err(Failure::live)?;
    Ok(Answer::Done(done))
}

fn refusal(error: &anyhow::Error) -> Answer {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        let (code, help) = (failure.code().to_owned(), failure.help().to_owned());
        return Answer::Refused { code, message: failure.message().to_owned(), help };
    }
    if let Some(problem) = error.downcast_ref::<Problems>().and_then(|all| all.0.first()) {
        let (code, message) = (problem.code.to_owned(), problem.message.clone());
        return Answer::Refused { code, message, help: problem.help.clone() };
    }
    let problem = Problem::new("rollout-order", error.to_string());
    let help =
        "run the command again with the version of the server; `bellwether doctor` looks at it";
    let (code, message) = (problem.code.to_owned(), problem.message);
    Answer::Refused { code, message, help: help.to_owned() }
}

fn make(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("cannot make {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Writes a file that nobody else reads and that is there as a whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension("part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&part).and_then(|mut file| file.write_all(bytes));
    let written = written.and_then(|()| fs::rename(&part, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}
