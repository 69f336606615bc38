//! A folder with a small bundle, an export of deals and a data directory, and the program run there.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub(crate) const BUNDLE: [(&str, &str); 5] = [
    ("bundle.yaml", "bundle: small\nversion: 1.0.0\nowner: ann\ncurrency: EUR\n"),
    (
        "facts.yaml",
        "facts:\n  deal.amount:\n    {type: money, from: crm.deal.updated.amount, scope: deal, required: true}\n",
    ),
    (
        "people.yaml",
        "roles: {cro: [maria], desk: [lee, kim]}\npeople: {maria: {}, lee: {}, kim: {}}\nalways: desk\n",
    ),
    (
        "routing/deal.yaml",
        "graph: deals
subject: deal
owner: ann
start: how
nodes:
  how: {kind: decide, unknown: desk}
  cro: {kind: human, role: cro, level: 2, outcome: cxo, ack: 8h, act: 3d}
  desk: {kind: human, role: desk, level: 1, ack: 1h}
  nothing: {kind: end}
rules:
  - {id: R1-large, from: how, to: cro, when: \"deal.amount >= 500000\", reason: it is large}
  - {id: R2-else, from: how, to: nothing, otherwise: true}
",
    ),
    (
        "tests/deal.yaml",
        "tests:\n  - {name: large, graph: deals, facts: {deal.amount: 600000}, expect: {node: cro}}\n",
    ),
];

/// In the shape of the shipped mapping `crm-deals`; the last row has no id and is refused.
const DEALS: &str = "\
deal_id,modified_at,account_id,stage,amount,currency,probability_percent,technical_fit,decision_maker_met,owner_email
D1,2026-01-05T09:00:00Z,A1,discovery,100000,EUR,20,50,no,tom@us.example
D1,2026-02-05T09:00:00Z,A1,proposal,700000,EUR,40,50,yes,tom@us.example
D2,2026-03-05T09:00:00Z,A2,discovery,1000,EUR,10,20,no,tom@us.example
D3,2026-04-05T09:00:00Z,A1,discovery,1000,EUR,10,20,no,tom@us.example
D4,2026-04-06T09:00:00Z,A3,discovery,1000,EUR,10,20,no,tom@us.example
D5,2026-04-07T09:00:00Z,A3,discovery,1000,EUR,10,20,no,tom@us.example
,2026-04-05T09:00:00Z,A1,discovery,1000,EUR,10,20,no,tom@us.example
";

/// What a command said, and how it ended.
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    exit: i32,
}

impl Said {
    #[track_caller]
    pub(crate) fn ends(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.out.contains(part), "`{part}` is not in stdout:\n{}", self.out);
        }
    }

    #[track_caller]
    pub(crate) fn warns(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.err.contains(part), "`{part}` is not in stderr:\n{}", self.err);
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }

    /// Each line as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A folder of its own; gone when the test ends.
pub(crate) struct World {
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in BUNDLE {
            world.write(&format!("small/{path}"), text);
        }
        world.write("crm-deals.csv", DEALS);
        world
    }

    /// With a data directory that holds imported deals.
    pub(crate) fn with_deals() -> Self {
        let world = Self::new();
        world.run(&["init", "--bundle", "small"]).ends(0);
        // One of the rows is refused, which is a finding.
        world.run(&["import", "crm-deals.csv"]).ends(2);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.path("bellwether-data").join(name)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn run(&self, words: &[&str]) -> Said {
        self.run_with(&[], words)
    }

    /// With variables of the environment.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], words: &[&str]) -> Said {
        let ended = Command::new(env!("CARGO_BIN_EXE_bellwether"))
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("BELLWETHER_DATA")
            .env_remove("BELLWETHER_MASTER_KEY_FILE")
            // Tests run side by side: none of them may meet another's server.
            .env("BELLWETHER_SERVER_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(ended.stdout), text(ended.stderr));
        Said { out, err, exit: ended.status.code().unwrap() }
    }

    /// The checks of the doctor that are in a state, by name, with their codes.
    #[track_caller]
    pub(crate) fn doctor(&self, exit: i32, state: &str) -> Vec<(String, String)> {
        let said = self.run(&["doctor", "--format", "json"]).ends(exit).json();
        let checks = said["checks"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let wanted = checks.filter(|check| check["state"] == state);
        wanted.map(|check| (text(&check["check"]), text(&check["code"]))).collect()
    }
}

/// What is in a folder, sorted; without what SQLite keeps beside a file while anybody reads it.
pub(crate) fn names(folder: impl AsRef<Path>) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names.sort();
    names
}

/// Lets everybody read a file.
#[cfg(unix)]
pub(crate) fn open_to_others(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
}
