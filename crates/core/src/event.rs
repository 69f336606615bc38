//! Events: everything that reaches a stream, with the instant stamped at the edge.

mod note;

pub use note::{Note, Performed};

use crate::effect::{EffectKey, TimerKind};
use crate::{AccountId, Code, Digest, Id, Signal, SubjectId, Timestamp};
use std::fmt;
use std::str::FromStr;

/// What a stream is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// A prospect or customer.
    Account,
    /// Who is on, capacity, turns.
    Team,
    /// Spikes across accounts.
    Population,
    /// Caps and reservations of one person.
    Person,
    /// The tenant itself: activations, gates, alarms.
    System,
}

impl StreamKind {
    /// All kinds with their words.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Account, "account"),
        (Self::Team, "team"),
        (Self::Population, "population"),
        (Self::Person, "person"),
        (Self::System, "system"),
    ];

    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Team => "team",
            Self::Population => "population",
            Self::Person => "person",
            Self::System => "system",
        }
    }
}

/// The name of a stream. Order holds within a stream only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// What it is about.
    pub kind: StreamKind,
    /// Which one; [`Id::default`] where there is only one.
    pub id: Id,
}

impl StreamId {
    /// The stream of the tenant itself.
    pub const SYSTEM: Self = Self { kind: StreamKind::System, id: Id::from_bits(0) };

    /// The stream of an account.
    pub const fn account(id: AccountId) -> Self {
        Self { kind: StreamKind::Account, id: id.0 }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.id)
    }
}

impl FromStr for StreamId {
    type Err = crate::id::NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = crate::id::NotAnId { expected: "a stream kind and a colon" };
        let (word, id) = text.split_once(':').ok_or(refuse.clone())?;
        let (kind, _) =
            StreamKind::ALL.into_iter().find(|(_, known)| *known == word).ok_or(refuse)?;
        Ok(Self { kind, id: id.parse()? })
    }
}

/// A small document of a stream's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocKey {
    /// The account itself.
    Account,
    /// One case.
    Case(Id),
    /// One deal.
    Deal(Id),
}

impl fmt::Display for DocKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Case(id) => write!(f, "case:{id}"),
            Self::Deal(id) => write!(f, "deal:{id}"),
        }
    }
}

impl FromStr for DocKey {
    type Err = crate::id::NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "account" => Ok(Self::Account),
            Some(("case", id)) => Ok(Self::Case(id.parse()?)),
            Some(("deal", id)) => Ok(Self::Deal(id.parse()?)),
            _ => Err(crate::id::NotAnId { expected: "`account`, `case:` or `deal:`" }),
        }
    }
}

/// Whether an event happens now or is told of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// It happens now: effects are sent.
    Live,
    /// Imported: state and records yes, effects no.
    History,
}

impl Origin {
    /// The origin of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Live, Self::History].into_iter().find(|origin| origin.as_str() == word)
    }

    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::History => "history",
        }
    }
}

/// What the driver found about an event whose key lies below the floor of the stream's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Seen {
    /// The driver did not look; the stream's own memory decides.
    #[default]
    Unasked,
    /// The journal has no such event.
    New,
    /// The journal has it, with the same content.
    Same,
    /// The journal has it, with other content.
    Other,
}

impl Seen {
    /// All answers with their words; "unasked" is left out of an event's bytes.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Unasked, "unasked"),
        (Self::New, "new"),
        (Self::Same, "same"),
        (Self::Other, "other"),
    ];
}

/// Why somebody may decline: the closed list that [`Answer::Decline`] names a word of.
pub const DECLINE_REASONS: [&str; 6] =
    ["away", "busy", "not_mine", "not_needed", "wrong_account", "other"];

/// A person's answer to being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Takes it.
    Accept,
    /// Not me, for a reason: the code of one of [`DECLINE_REASONS`].
    Decline(Code),
    /// Somebody else should (a person's key).
    Delegate(Code),
    /// Ask me again then.
    Snooze(Timestamp),
    /// It is done.
    Resolve,
}

/// Why an account's features are replaced by newly folded ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoldCause {
    /// A new definition was computed over history.
    Backfill,
    /// Another account was linked to this one.
    Link,
    /// A link was undone.
    Unlink,
    /// The nightly recompute.
    Recompute,
}

impl FoldCause {
    /// The cause of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }

    /// All causes.
    pub const ALL: [Self; 4] = [Self::Backfill, Self::Link, Self::Unlink, Self::Recompute];

    /// The word in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backfill => "backfill",
            Self::Link => "link",
            Self::Unlink => "unlink",
            Self::Recompute => "recompute",
        }
    }
}

impl Answer {
    /// The word in events and records.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline(_) => "decline",
            Self::Delegate(_) => "delegate",
            Self::Snooze(_) => "snooze",
            Self::Resolve => "resolve",
        }
    }
}

impl Body {
    /// Whether it is news of whatever the stream is about, and moves its time; what is written down
    /// about the log itself is none.
    pub const fn is_news(&self) -> bool {
        !matches!(self, Self::SubjectErased { .. } | Self::StreamBase { .. } | Self::Noted { .. })
    }

    /// The word in events and records.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Signal(_) => "signal",
            Self::Timer { .. } => "timer",
            Self::Answered { .. } => "answered",
            Self::Folded { .. } => "folded",
            Self::RulesActivated { .. } => "rules.activated",
            Self::EpochBegun { .. } => "restore.epoch",
            Self::LogKeyRotated { .. } => "key.rotate",
            Self::SubjectErased { .. } => "subject.erased",
            Self::StreamBase { .. } => "stream.base",
            Self::Performed { result: Performed::Unknown, .. } => "effect.ambiguous",
            Self::Performed { .. } => "effect.result",
            Self::Noted { note, .. } => note.as_str(),
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Something around the account.
    Signal(Signal),
    /// A timer of the stream's own went off.
    Timer {
        /// The document that set it.
        doc: DocKey,
        /// Which one.
        kind: TimerKind,
        /// The graph it belongs to; zero for re-evaluation.
        graph: Code,
        /// The generation it was set with; an older one is stale.
        generation: u64,
        /// When it was due.
        due: Timestamp,
    },
    /// A person answered.
    Answered {
        /// The document of the escalation.
        doc: DocKey,
        /// The escalation's graph.
        graph: Code,
        /// The key of the ask that is answered; an answer to an older one is refused.
        ask: EffectKey,
        /// Who answered: the person's key.
        person: Code,
        /// What they said.
        answer: Answer,
    },
    /// Features were folded anew from the journal; the states come with the event.
    Folded {
        /// Why.
        cause: FoldCause,
        /// The other stream of a link or unlink.
        other: Option<StreamId>,
        /// Feature state per document, as the features room writes it.
        states: Vec<(DocKey, Vec<u8>)>,
    },
    /// Other rules hold from here on. On the system stream only.
    RulesActivated {
        /// Their digest.
        rules: Digest,
        /// What the digest was taken of: canonical JSON that names the bundle and everything else they
        /// rest on.
        preimage: String,
    },
    /// A restored log goes on as a tree of its own. On the system stream only, the first of its epoch.
    EpochBegun {
        /// The first line of the new tree's checkpoints.
        origin: String,
        /// The last checkpoint known of the log before, as it was signed; empty if there was none.
        before: String,
    },
    /// Another key signs the log from here on. On the system stream only.
    LogKeyRotated {
        /// The verifier key that takes over.
        new: String,
        /// The verifier key that ends.
        old: String,
    },
    /// Somebody was erased: sealed parts of this stream that needed their key are gone. Nothing is
    /// decided by it.
    SubjectErased {
        /// Whose key was destroyed.
        subject: SubjectId,
        /// How many sealed parts of the stream went with it.
        parts: u64,
    },
    /// The stream may be derived from here on: earlier events may be trimmed. Nothing is decided by it.
    StreamBase {
        /// The record after which the stream stood so.
        seq: u64,
        /// Digest of the state's bytes, which are kept beside the log.
        state: Digest,
    },
    /// What became of an effect of this stream.
    Performed {
        /// The document that it was about.
        doc: DocKey,
        /// The graph that decided it.
        graph: Code,
        /// The effect's key.
        effect: EffectKey,
        /// What became of it.
        result: Performed,
        /// The channel that was tried last, by its configured name; empty if none was.
        via: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// Something about the house itself; on the system stream only.
    Noted {
        /// What kind of thing.
        note: Note,
        /// What there is to say, sorted by name; no personal data.
        members: Vec<(String, String)>,
        /// Who gets a card about it; whoever is always staffed where they are away or unknown.
        tell: Option<Code>,
    },
}

/// An event with everything that `step` may know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// When the edge took it in; for history, when it happened.
    pub at: Timestamp,
    /// Digest of the rules that hold for it.
    pub rules: Digest,
    /// Now or history.
    pub origin: Origin,
    /// The epoch of the log that it belongs to; a restore starts a later one.
    pub epoch: u64,
    /// What the driver found about its key.
    pub seen: Seen,
    /// Stepping it failed: it is recorded as undecided instead of being tried again, then and in
    /// every replay.
    pub failed: bool,
    /// The account whose keys matched, where a link led the signal to this stream instead.
    pub via: Option<AccountId>,
    /// Digest of the event's bytes.
    pub digest: Digest,
    /// What happened.
    pub body: Body,
}
