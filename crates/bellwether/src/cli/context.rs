//! What every command shares: the data directory, the clock, opening the driver.

use super::Format;
use crate::config::{self, Config, Loaded};
use crate::exit::{Failure, Problems};
use anyhow::{Result, bail};
use bellwether_core::{Problem, Timestamp, civil};
use bellwether_engine::{RuleBook, Rules};
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::keys::{
    CREDENTIAL, CredentialKeys, EnvKeys, FileKeys, KeyProvider, MASTER_KEY, SeededKeys,
};
use bellwether_store::{Options, Store, upgrade};
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The master key's file in a data directory, unless the environment names another.
const KEY_FILE: &str = "master.key";

/// Where the master key comes from.
enum Source {
    Seed(u64),
    Variable,
    Credential(CredentialKeys),
    File,
}

/// What every command knows.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) data: PathBuf,
    /// The configuration's file, if one was named.
    pub(crate) config: Option<PathBuf>,
    pub(crate) format: Format,
}

impl Context {
    /// What is configured.
    pub(crate) fn config(&self) -> Result<Loaded> {
        self.config_with(None)
    }

    /// The same, listening elsewhere.
    pub(crate) fn config_with(&self, listen: Option<SocketAddr>) -> Result<Loaded> {
        Config::load(self.config.as_deref(), &self.data, listen)
    }

    /// Which configuration is read, for people.
    pub(crate) fn config_origin(&self) -> String {
        let file = config::place(self.config.as_deref(), &self.data);
        match self.config.is_some() || file.is_file() {
            true => format!("the configuration is {}", file.display()),
            false => format!("there is no {}: defaults and variables hold", file.display()),
        }
    }

    /// The provider of the master key: the seed of a demo or test directory, else the environment, a
    /// credential of systemd, or a file.
    pub(crate) fn keys(&self) -> Result<Box<dyn KeyProvider + Send>> {
        Ok(match self.source()? {
            Source::Seed(seed) => Box::new(SeededKeys(seed)),
            Source::Variable => Box::new(EnvKeys),
            Source::Credential(keys) => Box::new(keys),
            Source::File => Box::new(FileKeys::at(self.key_file())),
        })
    }

    /// Where the master key comes from, for people.
    pub(crate) fn key_origin(&self) -> Result<String> {
        Ok(match self.source()? {
            Source::Seed(_) => "a seed: nothing here is secret".to_owned(),
            Source::Variable => format!("the variable {MASTER_KEY}"),
            Source::Credential(_) => format!("the credential {CREDENTIAL}"),
            Source::File => self.key_file().display().to_string(),
        })
    }

    /// Whether the master key is in a file that this program writes.
    pub(crate) fn keeps_its_key(&self) -> Result<bool> {
        Ok(matches!(self.source()?, Source::File))
    }

    fn source(&self) -> Result<Source> {
        if let Some(seed) = self.seed()? {
            return Ok(Source::Seed(seed));
        }
        if std::env::var_os(MASTER_KEY).is_some() {
            return Ok(Source::Variable);
        }
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(CredentialKeys::at);
        Ok(folder.filter(CredentialKeys::is_there).map_or(Source::File, Source::Credential))
    }

    /// Where the master key stands.
    pub(crate) fn key_file(&self) -> PathBuf {
        match std::env::var_os("BELLWETHER_MASTER_KEY_FILE") {
            Some(file) => PathBuf::from(file),
            None => self.data.join(KEY_FILE),
        }
    }

    /// The file that marks a directory whose keys come from a seed: nothing in it is secret.
    pub(crate) fn seed_file(&self) -> PathBuf {
        self.data.join("seed-not-secret")
    }

    fn seed(&self) -> Result<Option<u64>> {
        match std::fs::read_to_string(self.seed_file()) {
            Ok(text) => match text.trim().parse() {
                Ok(seed) => Ok(Some(seed)),
                Err(_) => bail!("{} does not hold a number", self.seed_file().display()),
            },
            Err(_) => Ok(None),
        }
    }

    /// Opens the data directory for work, under this program's engine.
    pub(crate) fn open(&self) -> Result<Working> {
        self.must_exist()?;
        let mut driver = Embedded::open(&self.data, self.keys()?).map_err(Failure::drive)?;
        if let Some(again) = driver.settle_restore(now()).map_err(Failure::drive)? {
            let people = again.subjects.len();
            eprintln!("note: {people} who were erased since the backup are erased again");
        }
        driver.adopt_engine(now()).map_err(Failure::drive)?;
        // The erased are guarded from the intent on, so whatever is left can wait for another time.
        match driver.finish_erasures(now()) {
            Ok(finished) => finished.iter().for_each(|one| {
                eprintln!(
                    "note: erasure {} of {} was left unfinished; it is now",
                    one.erasure, one.at
                );
            }),
            Err(error) => eprintln!(
                "warning: [{}] an unfinished erasure could not be finished: {error}\n  help: {}",
                error.code(),
                error.help()
            ),
        }
        Ok(Working(driver))
    }

    /// Opens the data directory for reading, beside whoever works in it.
    pub(crate) fn read(&self) -> Result<Store> {
        self.must_exist()?;
        match upgrade(&self.data) {
            Ok(true) => {
                eprintln!("note: an earlier version wrote the data directory; it is up to date now")
            }
            Ok(false) => {}
            Err(error) => return Err(Failure::drive(error.into()).into()),
        }
        let store = Store::open(&self.data, &Options::read_only());
        store.map_err(|error| Failure::drive(error.into()).into())
    }

    /// The rules that are in force.
    pub(crate) fn active_rules(&self, store: &Store, book: &RuleBook) -> Result<Arc<Rules>> {
        let active = bellwether_runtime::embedded::active_rules(store, book);
        active.map_err(|error| Failure::drive(error).into())
    }

    /// Says how to make a data directory where there is none.
    pub(crate) fn must_exist(&self) -> Result<()> {
        if self.data.join("data.db").exists() {
            return Ok(());
        }
        Err(self.nowhere())
    }

    /// There is no data directory, and how to make one.
    pub(crate) fn nowhere(&self) -> anyhow::Error {
        let message = format!("there is no data directory at {}", self.data.display());
        let help = "`bellwether init --bundle NAME` makes one; `--data DIR` names another";
        Problems(vec![Problem::new("data-missing", message).help(help)]).into()
    }
}

/// A data directory that is open for work. When the work ends, what it left in the log is signed.
pub(crate) struct Working(pub(crate) Embedded);

impl Deref for Working {
    type Target = Embedded;

    fn deref(&self) -> &Embedded {
        &self.0
    }
}

impl DerefMut for Working {
    fn deref_mut(&mut self) -> &mut Embedded {
        &mut self.0
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        // What waits was given up by whoever left it: it is not ours to commit.
        if self.0.waiting() > 0 {
            return;
        }
        if let Err(error) = self.0.checkpoint(now()) {
            let code = error.code();
            tracing::warn!(code, "The log could not be signed; `log checkpoint` tries again.");
        }
    }
}

/// The bytes of a file that somebody named.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        let help = "name a file that is there and that you may read";
        Problems(vec![Problem::new("file-unreadable", message).help(help)]).into()
    })
}

/// What time it is: the only place where the program asks.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// An instant for people: to the second.
pub(crate) fn to_the_second(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros().div_euclid(1_000_000).saturating_mul(1_000_000))
}

/// An instant as an argument: RFC 3339, or a bare date, which is its midnight in UTC.
pub(crate) fn read_time(text: &str) -> Result<Timestamp, String> {
    let utc = civil::zone("UTC").map_err(|error| error.to_string())?;
    civil::read(text, "iso", &utc).map_err(|error| error.to_string())
}
