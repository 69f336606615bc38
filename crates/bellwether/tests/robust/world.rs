//! A folder of its own, and the program run in it.

use bellwether_core::{Digest, StreamId};
use bellwether_store::{Import, Options, Store};
use bellwether_testkit::Hunt;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// Whether large counts were asked for.
pub(crate) fn full() -> bool {
    std::env::var_os("BELLWETHER_FULL").is_some()
}

/// A folder; gone when the test ends.
pub(crate) struct World(TempDir);

impl World {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a data directory whose keys come from a seed, so that two runs give the same bytes.
    pub(crate) fn under(bundle: &str) -> Self {
        let world = Self::new();
        world.init(bundle);
        world
    }

    pub(crate) fn init(&self, bundle: &str) {
        self.run(&["init", "--seed-not-secret", "7", "--bundle", bundle]).ends(0);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The program with some words, in this folder.
    pub(crate) fn command(&self, words: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
        command.args(words).current_dir(self.0.path());
        for name in ["BELLWETHER_MASTER_KEY_FILE", "BELLWETHER_LOG"] {
            command.env_remove(name);
        }
        command.env("BELLWETHER_DATA", "data");
        // Tests run side by side: none of them may meet another's server.
        command.env("BELLWETHER_SERVER_LISTEN", "127.0.0.1:0");
        command
    }

    pub(crate) fn run(&self, words: &[impl AsRef<OsStr>]) -> Said {
        Said::of(&self.command(words).output().unwrap())
    }

    /// The program at work, with nobody looking.
    pub(crate) fn start(&self, words: &[impl AsRef<OsStr>]) -> Child {
        let mut command = self.command(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Waits until the database's log has grown to a size; `false` if the program ended before.
    pub(crate) fn grows(&self, child: &mut Child, size: u64) -> bool {
        while child.try_wait().unwrap().is_none() {
            if self.log_size() >= size {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    /// The bytes of the database's log, which grows with every commit.
    pub(crate) fn log_size(&self) -> u64 {
        fs::metadata(self.data().join("data.db-wal")).map_or(0, |file| file.len())
    }

    /// What the journal holds of accounts: a digest of each event with its record, by stream and place.
    /// The system's own stream is left out: it says when the directory was made.
    pub(crate) fn journal(&self) -> Journal {
        let mut journal = Journal::new();
        let store = self.store();
        store
            .scan(1, |row| {
                let both = Digest::of_parts([row.event, row.record]);
                if row.stream != StreamId::SYSTEM {
                    journal.insert((row.stream, row.seq), (row.pos, both));
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        journal
    }

    /// The only import.
    pub(crate) fn import(&self) -> Option<Import> {
        let imports = self.store().imports().unwrap();
        assert!(imports.len() < 2, "{imports:?}");
        imports.into_iter().next()
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(self.data(), &Options::read_only()).unwrap()
    }
}

/// Looks through every file of a folder, where no trace may be; says how many bytes there were.
#[track_caller]
pub(crate) fn untraced(hunt: &Hunt, folder: &Path) -> u64 {
    let searched = hunt.search(folder).unwrap();
    assert_eq!(searched.traces, []);
    searched.bytes
}

/// Position and digest of every entry, by its place in its stream.
pub(crate) type Journal = BTreeMap<(StreamId, u64), (u64, Digest)>;

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    exit: Option<i32>,
}

impl Said {
    pub(crate) fn of(ended: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { out: text(&ended.stdout), err: text(&ended.stderr), exit: ended.status.code() }
    }

    #[track_caller]
    pub(crate) fn ends(self, exit: i32) -> Self {
        assert_eq!(self.exit, Some(exit), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// One of both streams says this.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        let all = format!("{}\n{}", self.out, self.err);
        for part in parts {
            assert!(all.contains(part), "`{part}` is not in:\n{all}");
        }
    }

    /// Neither of both streams has a trace.
    #[track_caller]
    pub(crate) fn lacks(&self, what: &str, hunt: &Hunt) {
        hunt.is_not_in(what, self.out.as_bytes());
        hunt.is_not_in(what, self.err.as_bytes());
    }

    /// A code is named, and has a page.
    #[track_caller]
    pub(crate) fn names(&self, code: &str) {
        self.says(&[code]);
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        assert!(page.join(format!("{code}.md")).is_file(), "docs/errors has no page for {code}");
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}
