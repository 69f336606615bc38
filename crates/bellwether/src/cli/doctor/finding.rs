//! Findings of the doctor, and how people and programs read them.

use crate::table::{Table, thousands};
use bellwether_store::{StoreError, TableSize};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Ok,
    Look,
    Broken,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Look => "look",
            Self::Broken => "broken",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) about: String,
    pub(super) found: String,
    /// The code whose page explains it.
    pub(super) code: Option<&'static str>,
    /// What to do; empty where all is well.
    pub(super) mend: String,
}

impl Finding {
    fn new(state: State, about: impl Into<String>, found: impl Into<String>) -> Self {
        Self { state, about: about.into(), found: found.into(), code: None, mend: String::new() }
    }

    pub(super) fn ok(about: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(State::Ok, about, found)
    }

    pub(super) fn look(
        about: impl Into<String>,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { mend: mend.into(), ..Self::new(State::Look, about, found) }
    }

    pub(super) fn broken(
        about: impl Into<String>,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { mend: mend.into(), ..Self::new(State::Broken, about, found) }
    }

    /// A check that the store refused.
    pub(super) fn store(about: &str, error: &StoreError) -> Self {
        Self::broken(about, error.to_string(), error.help()).code(error.code())
    }

    /// Names the code whose page explains it.
    pub(super) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}

/// Tables with fewer bytes than this in use are left out of what people read.
const SMALL: u64 = 1000;

/// Findings as they came, then how to mend what is not well, then the sizes of tables.
pub(super) fn text(findings: &[Finding], sizes: &[TableSize]) -> String {
    let mut table = Table::new(&["", "check", "found"]);
    for finding in findings {
        table.row([finding.state.as_str(), &finding.about, &finding.found]);
    }
    let mut text = table.render();
    let unwell: Vec<_> = findings.iter().filter(|one| one.state != State::Ok).collect();
    for Finding { state, about, code, mend, .. } in &unwell {
        let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
        let _ = write!(text, "\n{}: {about}{code}\n  help: {mend}\n", state.as_str());
    }
    let filled: Vec<_> =
        sizes.iter().filter(|size| size.bytes.saturating_sub(size.unused) >= SMALL).collect();
    if !filled.is_empty() {
        let mut table = Table::new(&["table", ">kB", ">free kB"]);
        for size in filled {
            let row = [size.bytes, size.unused].map(|bytes| thousands(bytes.div_ceil(1000)));
            table.row([&size.table, &row[0], &row[1]]);
        }
        let _ = write!(text, "\n{}", table.render());
    }
    let count = |state| findings.iter().filter(|one| one.state == state).count();
    let (look, broken) = (count(State::Look), count(State::Broken));
    let _ = match (look, broken) {
        (0, 0) => write!(text, "\nall is well\n"),
        (look, 0) => write!(text, "\nnothing is broken, {look} to look at\n"),
        (look, broken) => write!(text, "\n{broken} broken, {look} to look at\n"),
    };
    text
}

pub(super) fn json(findings: &[Finding], sizes: &[TableSize]) -> Value {
    let one = |finding: &Finding| {
        json!({
            "state": finding.state.as_str(), "check": finding.about, "found": finding.found,
            "code": finding.code, "help": finding.mend,
        })
    };
    let size =
        |size: &TableSize| json!({"table": size.table, "bytes": size.bytes, "free": size.unused});
    json!({
        "checks": Value::from_iter(findings.iter().map(one)),
        "tables": Value::from_iter(sizes.iter().map(size)),
    })
}
