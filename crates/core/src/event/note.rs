//! What became of effects, and what is written down about the house itself: closed lists of words.

/// What became of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Performed {
    /// Whatever carries it has it.
    Delivered,
    /// It will never be taken.
    Refused,
    /// It was tried as often as is allowed.
    GivenUp,
    /// It was no longer wanted when its turn came.
    Expired,
    /// Nobody knows: it is not repeated, and a person looks.
    Unknown,
}

impl Performed {
    /// All results.
    pub const ALL: [Self; 5] =
        [Self::Delivered, Self::Refused, Self::GivenUp, Self::Expired, Self::Unknown];

    /// The word in events and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }

    /// The result of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == word)
    }

    /// Whether the person it was for has certainly not got it, and will not.
    pub const fn failed(self) -> bool {
        matches!(self, Self::Refused | Self::GivenUp)
    }
}

/// What is written down about the house itself. It decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    /// Somebody signed in with the account for emergencies.
    BreakGlass,
    /// The machine's clock jumped.
    ClockJump,
    /// Taking in and deciding take too long, or are quick again.
    Latency,
    /// Somebody else agreed to a proposal of rules.
    RulesApproved,
    /// Somebody proposed rules: to watch beside those in force, for a share of the accounts, or for all.
    RulesProposed,
    /// Earlier rules come into force again.
    RulesRolledBack,
    /// Rules that were proposed begin: beside those in force, for a share of the accounts, or for all.
    RulesStarted,
    /// A proposal is taken back, or rules that watched or decided for a share end.
    RulesWithdrawn,
    /// A source has said nothing for longer than it may, or speaks again.
    SourceSilent,
    /// Sending was stopped, or goes on.
    Stop,
}

impl Note {
    /// All notes.
    pub const ALL: [Self; 10] = [
        Self::BreakGlass,
        Self::ClockJump,
        Self::Latency,
        Self::RulesApproved,
        Self::RulesProposed,
        Self::RulesRolledBack,
        Self::RulesStarted,
        Self::RulesWithdrawn,
        Self::SourceSilent,
        Self::Stop,
    ];

    /// The word in events, and the type of the leaf.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BreakGlass => "access.breakglass",
            Self::ClockJump => "clock.jump",
            Self::Latency => "latency",
            Self::RulesApproved => "rules.approved",
            Self::RulesProposed => "rules.proposed",
            Self::RulesRolledBack => "rules.rolled_back",
            Self::RulesStarted => "rules.started",
            Self::RulesWithdrawn => "rules.withdrawn",
            Self::SourceSilent => "source.silent",
            Self::Stop => "stop",
        }
    }

    /// The note of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|note| note.as_str() == word)
    }
}
