//! Completeness: what stands beside the leaves belongs to them, and nothing is missing.
//!
//! The tree proves that no leaf was changed. Here every leaf is compared with what it speaks of: its
//! event, the leaf before it in its stream, its effects in the outbox, its evidence.

use super::LogError;
use bellwether_core::{Digest, StreamId, StreamKind};
use bellwether_ledger::whole_record;
use bellwether_store::{Row, View};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::ops::ControlFlow;

/// Something beside the leaves that does not belong to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// A leaf that is no record.
    Unreadable,
    /// The event is not the one that the leaf names.
    Event,
    /// The leaf does not follow the one before it in its stream.
    Chain {
        /// The stream.
        stream: StreamId,
    },
    /// An effect of the leaf is not in the outbox.
    NoRow {
        /// Its key.
        key: String,
    },
    /// An effect in the outbox is in no leaf.
    NoLeaf {
        /// Its key.
        key: String,
    },
    /// An effect in the outbox is not as its leaf says.
    Body {
        /// Its key.
        key: String,
    },
    /// Evidence that the leaf names is not there.
    NoEvidence {
        /// Its digest.
        digest: String,
    },
}

impl Incomplete {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable => "verify-unreadable",
            Self::Event => "verify-event",
            Self::Chain { .. } => "verify-chain",
            Self::NoRow { .. } => "verify-no-row",
            Self::NoLeaf { .. } => "verify-no-leaf",
            Self::Body { .. } => "verify-effect",
            Self::NoEvidence { .. } => "verify-no-evidence",
        }
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("the leaf is no record"),
            Self::Event => f.write_str("the kept event is not the one that the leaf names"),
            Self::Chain { stream } => {
                write!(f, "the leaf does not follow the one before it in {stream}")
            }
            Self::NoRow { key } => write!(f, "the effect {key} is not in the outbox"),
            Self::NoLeaf { key } => {
                write!(f, "the outbox has an effect {key}; no leaf speaks of it")
            }
            Self::Body { key } => {
                write!(f, "the effect {key} in the outbox is not as it was decided")
            }
            Self::NoEvidence { digest } => write!(f, "the evidence {digest} is missing or changed"),
        }
    }
}

/// Compares every leaf of all epochs with what belongs to it; `found` is told of each position that
/// something is wrong with, and `done` of every leaf. Rows that retention removed are not missed.
///
/// # Errors
/// What the store says.
pub fn complete(
    view: &View,
    mut found: impl FnMut(u64, Incomplete),
    mut done: impl FnMut(),
) -> Result<(), LogError> {
    let kept = Kept {
        view,
        outbox: view.purged_pos("outbox")?,
        evidence: view.purged_pos("evidence")?,
        trimmed: view.trimmed_pos()?,
    };
    for row in view.effects_beyond_journal()? {
        found(row.pos, Incomplete::NoLeaf { key: row.key.to_string() });
    }
    let mut heads: HashMap<StreamId, (u64, Digest)> = HashMap::new();
    let mut fault = None;
    view.scan(1, |row| {
        done();
        let before = heads.get(&row.stream).copied().unwrap_or_default();
        heads.insert(row.stream, (row.seq, Digest::of(row.record)));
        match kept.look(row, before, |what| found(row.pos, what)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    fault.map_or(Ok(()), Err)
}

struct Kept<'v> {
    view: &'v View,
    outbox: u64,
    evidence: u64,
    trimmed: u64,
}

impl Kept<'_> {
    fn look(
        &self,
        row: &Row<'_>,
        before: (u64, Digest),
        mut found: impl FnMut(Incomplete),
    ) -> Result<(), LogError> {
        let whole = whole_record(row.record, || self.view.evidence(row.pos))?;
        let Ok(leaf) = serde_json::from_slice::<Value>(&whole) else {
            found(Incomplete::Unreadable);
            return Ok(());
        };
        let text = |name: &str| leaf.get(name).and_then(Value::as_str).unwrap_or_default();
        let trimmed =
            row.event.is_empty() && row.pos < self.trimmed && row.stream.kind != StreamKind::System;
        if !trimmed && text("event") != Digest::of(row.event).to_string() {
            found(Incomplete::Event);
        }
        let (seq, head) = before;
        let follows = row.seq == seq + 1
            && text("seq") == row.seq.to_string()
            && text("stream") == row.stream.to_string()
            && text("prev") == head.to_string();
        if !follows {
            found(Incomplete::Chain { stream: row.stream });
        }
        self.effects(row.pos, &leaf, &mut found)?;
        self.evidence(row.pos, &leaf, &mut found)
    }

    fn effects(
        &self,
        pos: u64,
        leaf: &Value,
        mut found: impl FnMut(Incomplete),
    ) -> Result<(), LogError> {
        let of_leaf = list(leaf, "effects");
        let key_of = |effect: &Value| -> String {
            effect.get("key").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let rows = self.view.effects(pos)?;
        for key in of_leaf.iter().map(key_of) {
            if pos >= self.outbox && !rows.iter().any(|row| row.key.to_string() == key) {
                found(Incomplete::NoRow { key });
            }
        }
        for row in rows {
            // The body is the leaf's effect: what is sent is what was decided.
            let body: Option<Value> = serde_json::from_slice(&row.body).ok();
            let key = row.key.to_string();
            match of_leaf.iter().find(|effect| key_of(effect) == key) {
                None => found(Incomplete::NoLeaf { key }),
                Some(effect) if body.as_ref() != Some(effect) => found(Incomplete::Body { key }),
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn evidence(
        &self,
        pos: u64,
        leaf: &Value,
        mut found: impl FnMut(Incomplete),
    ) -> Result<(), LogError> {
        let details = leaf.get("details").and_then(Value::as_str);
        let named: Vec<&str> = texts(leaf, "decisions", "evidence").chain(details).collect();
        if named.is_empty() || pos < self.evidence {
            return Ok(());
        }
        let kept = self.view.evidence(pos)?.unwrap_or_default();
        let kept: Vec<String> =
            kept.split(|byte| *byte == b'\n').map(|row| Digest::of(row).to_string()).collect();
        for digest in named {
            if !kept.iter().any(|row| row == digest) {
                found(Incomplete::NoEvidence { digest: digest.to_owned() });
            }
        }
        Ok(())
    }
}

/// A list of the leaf.
fn list<'l>(leaf: &'l Value, name: &str) -> &'l [Value] {
    leaf.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A member of each object in a list of the leaf.
fn texts<'l>(leaf: &'l Value, list: &str, member: &'l str) -> impl Iterator<Item = &'l str> {
    self::list(leaf, list).iter().filter_map(move |one| one.get(member)?.as_str())
}
