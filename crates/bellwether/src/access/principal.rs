//! Who asks: nobody, somebody who signed in, or a program with a token.

use bellwether_core::{Timestamp, Trust};
use std::collections::BTreeSet;

/// What an account may do, by what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Role {
    /// Runs the house: accounts, tokens, settings, erasure.
    Admin,
    /// Watches what is sent at night, and may stop it.
    Operator,
    /// Says yes or no to money and rules that others propose.
    Approver,
    /// Reads what was decided and done, without names of customers.
    Auditor,
    /// Reads decisions, without names of customers.
    Viewer,
    /// Is asked by rules, and answers.
    Person,
    /// The account for emergencies; it is never given to anybody.
    #[value(skip)]
    Emergency,
}

impl Role {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Admin,
        Self::Operator,
        Self::Approver,
        Self::Auditor,
        Self::Viewer,
        Self::Person,
        Self::Emergency,
    ];

    /// The word in files and policies.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Viewer => "viewer",
            Self::Person => "person",
            Self::Emergency => "emergency",
        }
    }

    /// The role of a word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Send signals, as the token's sources and up to its trust.
    SignalsWrite,
    /// Read decisions and the log.
    Read,
    /// Together with `read`: names of customers, too.
    Names,
    /// Ask what rules would decide.
    Decide,
    /// Read figures about the program.
    Metrics,
    /// Read the trail and the settings, and settle what was sent.
    Admin,
}

impl Scope {
    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::SignalsWrite, Self::Read, Self::Names, Self::Decide, Self::Metrics, Self::Admin];

    /// The word in files and policies.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SignalsWrite => "signals:write",
            Self::Read => "read",
            Self::Names => "names",
            Self::Decide => "decide",
            Self::Metrics => "metrics",
            Self::Admin => "admin",
        }
    }

    /// The scope of a word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// The account.
    pub(crate) id: String,
    /// What it may do.
    pub(crate) role: Role,
    /// The handle under which rules ask this person.
    pub(crate) person: Option<String>,
    /// When they last proved who they are.
    pub(crate) authed: Timestamp,
    /// The number of the session.
    pub(crate) session: u64,
    /// SHA-256 of the session's secret.
    pub(crate) hash: [u8; 32],
    /// What forms of this session carry.
    pub(crate) form: String,
}

/// A program with a token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Service {
    /// The public part of the token.
    pub(crate) id: String,
    /// What it may do.
    pub(crate) scopes: BTreeSet<Scope>,
    /// The sources it may write as; empty for every one.
    pub(crate) sources: Vec<String>,
    /// The highest trust of its signals.
    pub(crate) trust: Trust,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// Nobody is signed in, and no token was sent.
    Nobody,
    /// Somebody who signed in.
    Account(Account),
    /// A program.
    Service(Service),
}

impl Principal {
    /// Who did it, for the trail.
    pub(crate) fn actor(&self) -> String {
        match self {
            Self::Nobody => "nobody".to_owned(),
            Self::Account(account) => account.id.clone(),
            Self::Service(service) => service.id.clone(),
        }
    }
}
