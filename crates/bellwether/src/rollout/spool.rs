//! The way from a command to a running server: an order as a file in the data directory, and its answer.
//!
//! - In: an order from whoever may write the data directory, which is whoever may run the program in it.
//! - Out: what became of it. A server takes up orders one by one, each in a transaction.
//! - Never: carries out an order that was taken back, or one of a single person where the server asks for
//!   two; leaves an order behind: whoever gives up takes it back, and a start throws away what is old; says
//!   that an order was taken when it was thrown away.
//!
//! Who renames an order has it: the server to `.taken` before it reads it, or whoever gives up by removing it.
//! `.taken` goes only once the answer is there, so an order without any of the three was thrown away.

use super::{Done, Order};
use crate::exit::{Failure, Problems};
use anyhow::{Context as _, Result};
use bellwether_core::Problem;
use bellwether_runtime::live::Live;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{ErrorKind, Write as _};
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
/// What the server answers; `rollout-no-answer`, `rollout-unanswered`, `rollout-discarded`.
pub(crate) fn send(data: &Path, order: &Order) -> Result<Done> {
    Given::put(data, order)?.wait(PATIENCE)
}

/// An order that lies in the folder.
struct Given {
    asked: PathBuf,
    answered: PathBuf,
    /// Whether it was seen that the server took it.
    taken: bool,
}

impl Given {
    fn put(data: &Path, order: &Order) -> Result<Self> {
        let folder = data.join(FOLDER);
        make(&folder)?;
        let mut name = [0u8; 8];
        let random = getrandom::fill(&mut name);
        random.map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let asked = folder.join(format!("{name}.order"));
        write(&asked, &serde_json::to_vec(order)?)?;
        Ok(Self { answered: asked.with_extension("answer"), asked, taken: false })
    }

    /// Waits for the answer, and takes the order back if nobody has taken it.
    fn wait(&mut self, patience: Duration) -> Result<Done> {
        let began = Instant::now();
        let refuse = |problem: Problem, help: &str| Err(Problems(vec![problem.help(help)]).into());
        let bytes = loop {
            // In the order in which one follows the other: what is gone here is seen further down.
            let asked = self.asked.exists();
            let held = self.asked.with_extension("taken").exists();
            self.taken |= held;
            if let Ok(bytes) = fs::read(&self.answered) {
                break bytes;
            }
            let late = began.elapsed() >= patience;
            match late.then(|| fs::remove_file(&self.asked)) {
                Some(Ok(())) => {
                    let message = "another program holds the data directory and takes no orders";
                    let help = "use the Rules page of the server's console, or try again when it \
                                has started";
                    return refuse(Problem::new("rollout-no-answer", message), help);
                }
                Some(Err(error)) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                Some(Err(_)) | None => {}
            }
            if !asked && !self.taken {
                let message = "a server that started threw the order away";
                let help =
                    "`bellwether policy status` shows how the rules stand; then give it again";
                return refuse(Problem::new("rollout-discarded", message), help);
            }
            if self.taken && (late || !held) {
                let message = "the order was taken, and is not answered yet";
                let help = "`bellwether policy status` says what became of it";
                return refuse(Problem::new("rollout-unanswered", message), help);
            }
            std::thread::sleep(LOOK);
        };
        drop(fs::remove_file(&self.answered));
        match serde_json::from_slice(&bytes)? {
            Answer::Done(done) => Ok(done),
            Answer::Refused { code, message, help } => {
                Err(anyhow::Error::new(Told { code, message, help }))
            }
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

/// Takes up every order that is there, and answers it. With `four_eyes` orders of one person are refused.
pub(crate) fn take_up(data: &Path, live: &Live, four_eyes: bool) {
    let Ok(entries) = fs::read_dir(data.join(FOLDER)) else { return };
    let mut orders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    orders.retain(|path| path.extension().is_some_and(|kind| kind == "order"));
    orders.sort();
    for taken in orders.iter().filter_map(|path| take(path)) {
        let answer = answer(&taken, live, four_eyes).unwrap_or_else(|error| refusal(&error));
        let written = serde_json::to_vec(&answer).map_err(anyhow::Error::from);
        let written = written.and_then(|bytes| write(&taken.with_extension("answer"), &bytes));
        // Its files name people: it does not stay, whatever became of it.
        match written {
            Ok(()) => drop(fs::remove_file(&taken)),
            Err(error) => {
                tracing::warn!(%error, "An order about the rules could not be answered.");
                // That it was taken must still be seen.
                drop(fs::File::create(&taken));
            }
        }
    }
}

/// Makes an order the server's own: from here on nobody takes it back, and it is carried out once.
fn take(order: &Path) -> Option<PathBuf> {
    let taken = order.with_extension("taken");
    fs::rename(order, &taken).ok().map(|()| taken)
}

fn answer(path: &Path, live: &Live, four_eyes: bool) -> Result<Answer> {
    let size = fs::metadata(path)?.len();
    anyhow::ensure!(size <= MOST, "an order is larger than 64 MiB");
    let order: Order = serde_json::from_slice(&fs::read(path)?)?;
    check_people(&order, four_eyes)?;
    let ready = order.ready()?;
    let done = live.call(move |driver, now| ready.carry_out(driver, now)).map_err(Failure::live)?;
    Ok(Answer::Done(done))
}

/// What the server's configuration asks for holds whatever the command's says.
fn check_people(order: &Order, four_eyes: bool) -> Result<(), Problems> {
    if !four_eyes || !order.is_of_one() {
        return Ok(());
    }
    let message = "the server asks for two people, and the configuration of this command does not";
    let problem = Problem::new("rollout-four-eyes", message);
    Err(Problems(vec![
        problem.help("give the command the server's configuration: `--config FILE`"),
    ]))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::{Begins, How, What};

    fn order(what: What) -> Order {
        let (by, reason) = ("ann".to_owned(), "a test".to_owned());
        Order { what, by, account: None, reason }
    }

    fn code(done: Result<Done>) -> &'static str {
        done.unwrap_err().downcast_ref::<Problems>().unwrap().0[0].code
    }

    #[test]
    fn an_order_belongs_to_the_server_or_to_whoever_gives_up() {
        let dir = tempfile::tempdir().unwrap();
        let order = order(What::RollBack { rules: None });
        let files = || fs::read_dir(dir.path().join(FOLDER)).unwrap().count();
        let mut given = Given::put(dir.path(), &order).unwrap();
        assert_eq!(code(given.wait(Duration::ZERO)), "rollout-no-answer");
        assert_eq!((take(&given.asked), files()), (None, 0), "it was taken back");

        let mut given = Given::put(dir.path(), &order).unwrap();
        let taken = take(&given.asked).unwrap();
        assert_eq!(code(given.wait(Duration::ZERO)), "rollout-unanswered");
        assert!(taken.exists() && take(&given.asked).is_none(), "it is carried out once");

        let done = Done {
            rules: "d".to_owned(),
            stands: "rolled_back".to_owned(),
            missing: vec!["x".to_owned()],
        };
        let answer = serde_json::to_vec(&Answer::Done(done.clone())).unwrap();
        write(&given.answered, &answer).unwrap();
        assert_eq!(given.wait(Duration::ZERO).unwrap(), done);
        fs::remove_file(&taken).unwrap();
        assert_eq!(files(), 0);
    }

    #[test]
    fn an_order_that_a_start_throws_away_was_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let order = order(What::RollBack { rules: None });
        let mut given = Given::put(dir.path(), &order).unwrap();
        clear(dir.path());
        // It is told at once: nobody will answer.
        assert_eq!(code(given.wait(Duration::MAX)), "rollout-discarded");

        // Whoever saw that it was taken does not say that nothing came of it.
        let mut given = Given::put(dir.path(), &order).unwrap();
        take(&given.asked).unwrap();
        assert_eq!(code(given.wait(Duration::ZERO)), "rollout-unanswered");
        clear(dir.path());
        assert_eq!(code(given.wait(Duration::MAX)), "rollout-unanswered");
    }

    #[test]
    fn a_way_to_begin_is_one_of_three() {
        for how in [How::Shadow, How::Canary, How::Enforce] {
            let word = serde_json::to_value(how).unwrap();
            assert_eq!((word.as_str(), How::read(how.as_str())), (Some(how.as_str()), Some(how)));
        }
        for text in [r#"{"mode": "all"}"#, r#"{"mode": ""}"#, "{}", r#"{"mode": "shadow", "x": 1}"#]
        {
            assert!(serde_json::from_str::<Begins>(text).is_err(), "{text}");
        }
        assert_eq!(How::read("all"), None);
    }

    #[test]
    fn a_server_that_asks_for_two_people_takes_no_order_of_one() {
        let begins = Begins { mode: How::Enforce, percent: None };
        let (rules, files) = (|| "d".to_owned(), Default::default);
        for (four_eyes, expected) in [(false, Some("rollout-four-eyes")), (true, None)] {
            for what in [
                What::Propose { files: files(), begins, approved: None, four_eyes },
                What::Begin { rules: rules(), begins, four_eyes },
                What::Approve { rules: rules(), begins, files: None, four_eyes },
            ] {
                let order = order(what);
                let refused = check_people(&order, true).err().map(|it| it.0[0].code);
                assert_eq!(refused, expected, "{order:?}");
                assert!(check_people(&order, false).is_ok());
            }
        }
        for what in [What::RollBack { rules: None }, What::Withdraw { rules: rules() }] {
            assert!(check_people(&order(what), true).is_ok(), "one person is enough");
        }
    }
}
