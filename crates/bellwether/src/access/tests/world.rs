//! A desk of its own, with a clock that stands still and a log that can fail.

use crate::access::session::Begun;
use crate::access::settings::{Settings, Work};
use crate::access::{Desk, Scope, password, token};
use bellwether_core::{Duration, Personal, Timestamp, Trust};
use bellwether_runtime::keys::{MemoryKeys, SeededKeys, Vault};
use bellwether_runtime::live::LiveError;
use bellwether_runtime::names::Names;
use bellwether_store::{Accounts, Change, Trail};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + seconds)
}

pub(crate) fn personal(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

#[derive(Default)]
pub(crate) struct Leaves {
    written: Mutex<Vec<(String, Timestamp)>>,
    failing: AtomicBool,
}

impl Leaves {
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    pub(crate) fn all(&self) -> Vec<(String, Timestamp)> {
        self.written.lock().unwrap().clone()
    }

    fn write(&self, account: &str, until: Timestamp) -> Result<(), LiveError> {
        if self.failing.load(Ordering::SeqCst) {
            return Err(LiveError::Closed);
        }
        self.written.lock().unwrap().push((account.to_owned(), until));
        Ok(())
    }
}

pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) desk: Arc<Desk>,
    pub(crate) leaves: Arc<Leaves>,
    clock: Arc<AtomicI64>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (leaves, clock) = (Arc::new(Leaves::default()), Arc::new(AtomicI64::new(0)));
        let keys: Box<MemoryKeys> = Box::default();
        let mut vault = Vault::open(Box::new(SeededKeys(7)), keys, "t", 1).unwrap();
        let names = Names::of(&mut vault, at(0)).unwrap();
        let work: Work = password::QUICK;
        let (told, time) = (Arc::clone(&leaves), Arc::clone(&clock));
        let desk = Desk::open(
            dir.path(),
            names,
            Settings { work, ..settings },
            Arc::new(move || at(time.load(Ordering::SeqCst))),
            Box::new(move |account, until| told.write(account, until)),
        );
        Self { dir, desk: Arc::new(desk.unwrap()), leaves, clock }
    }

    /// Sets the clock of what goes over HTTP.
    pub(crate) fn set(&self, seconds: i64) {
        self.clock.store(seconds, Ordering::SeqCst);
    }

    /// Another connection, such as a command has.
    pub(crate) fn accounts(&self) -> Accounts {
        Accounts::open(self.dir.path()).unwrap()
    }

    #[track_caller]
    pub(crate) fn change(&self, changes: &[Change<'_>]) {
        let trail = Trail { at: at(0), what: "test", account: None, actor: "command".to_owned() };
        assert!(self.accounts().change(&trail, changes).unwrap(), "nothing was changed");
    }

    /// Makes the admin `ann` and says her id.
    pub(crate) fn admin(&self) -> String {
        let link = self.desk.first_link(at(0)).unwrap().unwrap();
        let begun = self.desk.take_link(&link, &personal("ann"), &personal(PASSWORD), at(0));
        self.desk.holder(&begun.unwrap().secret, at(0)).unwrap().unwrap().id
    }

    #[track_caller]
    pub(crate) fn sign_in(&self, when: i64) -> Begun {
        self.desk.sign_in(&personal("ann"), &personal(PASSWORD), HERE, at(when)).unwrap()
    }

    /// Makes a token that holds for a day from 0 on.
    pub(crate) fn token(&self, scopes: &[Scope]) -> String {
        let new = token::NewToken {
            label: "test",
            scopes,
            sources: &["crm".to_owned()],
            trust: Trust::Partner,
            lasts: Duration::from_days(1),
        };
        token::make(&mut self.accounts(), &new, "command", at(0)).unwrap().whole
    }

    /// What the trail says, the newest first.
    #[track_caller]
    pub(crate) fn trail(&self, expected: &[&str]) {
        let trail = self.accounts().trail(100).unwrap();
        let said: Vec<_> = trail.iter().map(|line| line.what.as_str()).collect();
        assert_eq!(said, expected);
    }
}
