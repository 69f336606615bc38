//! Effects: what should happen next, as data. Only a driver performs them.

use crate::event::Note;
use crate::{Code, Digest, DocKey, StreamId, Timestamp};

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// A guard may change although nothing happens.
    Reevaluate,
    /// A person or a discovery has had its time.
    Deadline,
    /// A snoozed question comes back.
    Snooze,
}

impl TimerKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Reevaluate, Self::Deadline, Self::Snooze];

    /// The word in events and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reevaluate => "reevaluate",
            Self::Deadline => "deadline",
            Self::Snooze => "snooze",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A wish to be woken. A newer one for the same document, kind and graph replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// The document that is woken.
    pub doc: DocKey,
    /// What for.
    pub kind: TimerKind,
    /// The graph; zero for re-evaluation.
    pub graph: Code,
    /// Counts up each time it is set; a firing with a lower one is stale.
    pub generation: u64,
    /// When; [`Timestamp::MAX`] cancels.
    pub due: Timestamp,
}

/// The stable key of an effect: a receiver that sees it twice must act once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKey(pub Digest);

impl EffectKey {
    /// The key of nothing: nobody was really asked.
    pub const NONE: Self = Self(Digest::ZERO);

    /// `hash(epoch, stream, seq, n)`: the n-th effect of a step, in an epoch of the log.
    pub fn new(epoch: u64, stream: StreamId, seq: u64, nth: u32) -> Self {
        Self(Digest::of_parts([
            b"effect".as_slice(),
            &epoch.to_be_bytes(),
            stream.kind.as_str().as_bytes(),
            &stream.id.to_bytes(),
            &seq.to_be_bytes(),
            &nth.to_be_bytes(),
        ]))
    }
}

/// Why a person is asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AskCause {
    /// The graph decided it.
    Decided,
    /// The one before had their time.
    Fallback,
    /// They declined or delegated.
    PassedOn,
    /// They asked to be asked again.
    Again,
    /// The graph now decides for a higher level.
    Raised,
    /// The one before could not be reached: no channel took it.
    Unreached,
    /// The graph decided, and they must approve before the node that it decided for is entered.
    Approve,
    /// The approval before was given.
    Approved,
    /// An approval was refused.
    Refused,
    /// The boundaries do not allow what the graph decided for, or it cannot be told.
    Denied,
    /// Something could not be decided, or what it was decided by is gone: a person must look.
    Undecided,
}

impl AskCause {
    /// All causes.
    pub const ALL: [Self; 11] = [
        Self::Decided,
        Self::Fallback,
        Self::PassedOn,
        Self::Again,
        Self::Raised,
        Self::Unreached,
        Self::Approve,
        Self::Approved,
        Self::Refused,
        Self::Denied,
        Self::Undecided,
    ];

    /// Whether a decision is the cause, and not time or what somebody did.
    pub const fn is_decision(self) -> bool {
        matches!(self, Self::Decided | Self::Raised | Self::Approve | Self::Denied)
    }

    /// The cause of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }

    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Fallback => "fallback",
            Self::PassedOn => "passed_on",
            Self::Again => "again",
            Self::Raised => "raised",
            Self::Unreached => "unreached",
            Self::Approve => "approve",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Denied => "denied",
            Self::Undecided => "undecided",
        }
    }
}

/// What the driver should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask a person to take an escalation.
    Ask {
        /// The document it is about.
        doc: DocKey,
        /// The graph that decided.
        graph: Code,
        /// The seq of the record that opened the escalation; with document and graph it names it. Zero
        /// for a notice that no escalation stands behind.
        opened: u64,
        /// The node it stands at.
        node: Code,
        /// Whom: the person's key in `people.yaml`.
        person: Code,
        /// Why now.
        cause: AskCause,
    },
    /// Tell a person that they need not act any more.
    StandDown {
        /// The document it was about.
        doc: DocKey,
        /// The graph.
        graph: Code,
        /// Whom.
        person: Code,
        /// The key of the ask that is withdrawn.
        ask: EffectKey,
    },
    /// Tell a person something about the house itself; nobody waits for an answer.
    Notice {
        /// What it is about.
        note: Note,
        /// Whom.
        person: Code,
    },
}

impl Effect {
    /// Whom it is for.
    pub const fn person(&self) -> Code {
        match self {
            Self::Ask { person, .. }
            | Self::StandDown { person, .. }
            | Self::Notice { person, .. } => *person,
        }
    }

    /// The document and the graph that it is about; a notice is about neither.
    pub fn about(&self) -> (DocKey, Code) {
        match self {
            Self::Ask { doc, graph, .. } | Self::StandDown { doc, graph, .. } => (*doc, *graph),
            Self::Notice { .. } => (DocKey::Account, Code::default()),
        }
    }

    /// The word in records and in the outbox.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ask { .. } => "ask",
            Self::StandDown { .. } => "stand_down",
            Self::Notice { .. } => "notice",
        }
    }
}
