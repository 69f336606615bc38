//! Records: what one step leaves in the log, without personal data.

use crate::effect::{AskCause, Timer};
use crate::{
    Body, Code, Digest, DocKey, Effect, EffectKey, Escalation, Origin, Ppm, StreamId, Timestamp,
    Trust,
};

/// The number of the newest semantics of `step`. A change of bytes bumps it and is activated by an event:
/// rules that were activated under a lower number keep its semantics.
pub const ENGINE: u32 = 3;

/// The epoch of a log that was never restored.
pub const FIRST_EPOCH: u64 = 1;

/// The version of the record's format.
pub const FORMAT: u32 = 1;

/// The most candidates that a record names; the rest are counted.
pub const MAX_CANDIDATES: usize = 16;

/// The longest record in bytes. A longer one keeps its lists in an evidence row and names its digest.
pub const MAX_BYTES: usize = 16 * 1024;

/// What a step did with its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It was counted.
    Applied,
    /// It came after later ones and was counted at its own time.
    Late,
    /// It came beyond the allowed lateness: stored, not counted.
    TooLate,
    /// It had been counted before.
    Duplicate,
    /// The same id said something else: quarantined.
    Conflict,
    /// A timer that had been replaced.
    Stale,
    /// An answer or event that does not fit the state; nothing changed.
    Refused,
    /// The step failed; a person is asked.
    Undecided,
}

impl Status {
    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Late => "late",
            Self::TooLate => "too_late",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Undecided => "undecided",
        }
    }
}

/// Somebody who could have been chosen, and how likely that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The person's key.
    pub person: Code,
    /// The chance of being chosen that they had.
    pub propensity: Ppm,
}

/// What one graph decided about one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The graph's name.
    pub graph: &'a str,
    /// The subject.
    pub doc: DocKey,
    /// Bits of the rules that hold, lowest first.
    pub hit: &'a [u64],
    /// Bits of the rules that could not be evaluated.
    pub unknown: &'a [u64],
    /// The deciding rule; empty when none held.
    pub rule: &'a str,
    /// The node that was reached.
    pub node: &'a str,
    /// The outcome that the node stands for: `cxo`, `sponsor`, `discover`, `person` or `none`.
    pub outcome: &'a str,
    /// The share of required facts that were known and fresh.
    pub completeness: Ppm,
    /// Calibrated confidence, where a reader gave one.
    pub confidence: Option<Ppm>,
    /// The certificate that the confidence names.
    pub certificate: Option<Digest>,
    /// The lowest trust among the facts that decided.
    pub trust: Trust,
    /// The facts that the deciding rule read, with their event times.
    pub facts: &'a [(Code, Timestamp)],
    /// The override that changed the outcome, if one did.
    pub overridden_by: Option<&'a str>,
    /// Who answers for the graph.
    pub owner: &'a str,
    /// The seq of the decision that this one replaces because of a late signal.
    pub supersedes: Option<u64>,
    /// The escalation, by the seq that opened it, whose recent end keeps this decision from asking.
    pub held_back_by: Option<u64>,
    /// Digest of the evidence row, when something changed.
    pub evidence: Option<Digest>,
}

/// What the boundaries were asked before a move, and said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permitted {
    /// The action.
    pub action: String,
    /// `allow`, `approval`, `deny`, or `doubt` where nothing could be asked.
    pub decision: &'static str,
    /// Ids of the policies and overrides that decided, sorted.
    pub by: Vec<String>,
    /// The names of the facts for lack of which nothing was asked.
    pub missing: Vec<String>,
}

/// One move of an escalation's lifecycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The subject.
    pub doc: DocKey,
    /// The graph.
    pub graph: Code,
    /// The seq of the record that opened the escalation.
    pub opened: u64,
    /// Where it stands now.
    pub to: Escalation,
    /// Why somebody is asked, if somebody is.
    pub cause: Option<AskCause>,
    /// Nobody is really asked: history, or rules in shadow.
    pub silent: bool,
    /// Who could be asked, best first; at most [`MAX_CANDIDATES`].
    pub candidates: Vec<Candidate>,
    /// How many there were.
    pub candidate_count: u32,
    /// What the boundaries said, where they were asked.
    pub permit: Option<Permitted>,
}

/// What one step leaves in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'a> {
    /// The stream.
    pub stream: StreamId,
    /// Position within the stream, from 1.
    pub seq: u64,
    /// Digest of the record before; zero for the first.
    pub prev: Digest,
    /// The event's instant.
    pub at: Timestamp,
    /// The largest instant the stream has seen; written where it differs from `at`.
    pub stream_time: Timestamp,
    /// Digest of the event's bytes.
    pub event: Digest,
    /// The rules that held.
    pub rules: Digest,
    /// The number of the semantics that the rules name.
    pub engine: u32,
    /// The rules only watch: nothing they decide is done.
    pub shadow: bool,
    /// Now or history.
    pub origin: Origin,
    /// The epoch of the log.
    pub epoch: u64,
    /// What happened; of a signal only that it was one.
    pub body: &'a Body,
    /// What was done with the event.
    pub status: Status,
    /// A word that says why it was refused or not decided.
    pub why: Option<&'static str>,
    /// Decisions, in the order of the graphs.
    pub decisions: &'a [Decision<'a>],
    /// Moves of escalations, in the order they were made.
    pub moves: &'a [Move],
    /// Effects with their keys.
    pub effects: &'a [(EffectKey, Effect)],
    /// Timers that were set or cancelled.
    pub timers: &'a [Timer],
}
