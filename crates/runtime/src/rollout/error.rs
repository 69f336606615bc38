//! Why a change of the rules is refused.

use super::Mode;
use bellwether_core::Digest;
use bellwether_core::record::ENGINE;

/// Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RolloutError {
    /// One person proposes and approves.
    #[error("{by} proposed these rules and cannot approve them too")]
    SamePerson {
        /// Who.
        by: String,
    },
    /// An older version than the one in force.
    #[error("version {offered} is older than {in_force}, which is in force")]
    Downgrade {
        /// What was offered.
        offered: String,
        /// What decides now.
        in_force: String,
    },
    /// They were composed for another engine than this program's.
    #[error("the rules {rules} were composed for engine {engine}, and this program's is {ENGINE}")]
    Engine {
        /// Which.
        rules: Digest,
        /// The number of that engine.
        engine: u32,
    },
    /// They decide already, in that way.
    #[error("the rules {0} stand so already")]
    Already(Digest),
    /// No version has the digest.
    #[error("no version has the digest {0}")]
    Unknown(String),
    /// Nothing waits for a second person.
    #[error("the rules {0} wait for nobody")]
    NotProposed(Digest),
    /// Something else waits for a second person than they agreed to.
    #[error("the rules {rules} wait for {waits}, and that is not what was agreed to")]
    ProposedOtherwise {
        /// Which.
        rules: Digest,
        /// How they are to begin by now.
        waits: Mode,
    },
    /// The bundle of whoever agrees is another one.
    #[error("the bundle has the digest {given}, and what was proposed is {proposed}")]
    OtherBundle {
        /// Of the bundle.
        given: Digest,
        /// Of the proposal.
        proposed: Digest,
    },
    /// They never decided for all.
    #[error("the rules {0} were never in force")]
    NeverInForce(Digest),
    /// There is nothing to go back to.
    #[error("no other rules were in force before these")]
    NoPrevious,
    /// There is nothing to take back.
    #[error("the rules {0} neither wait nor watch nor decide for a share")]
    NothingToEnd(Digest),
    /// A reason is missing, too long or not one line.
    #[error("the reason is empty, longer than 500 characters or more than one line")]
    Reason,
    /// No such share.
    #[error("a canary decides for 1 to 99 percent of the accounts, not {0}")]
    Percent(u8),
}

impl RolloutError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SamePerson { .. } => "rollout-same-person",
            Self::Downgrade { .. } => "rollout-downgrade",
            Self::Engine { .. } => "rollout-engine",
            Self::Already(_) => "rollout-already",
            Self::Unknown(_) => "rollout-unknown",
            Self::NotProposed(_) | Self::ProposedOtherwise { .. } => "rollout-not-proposed",
            Self::OtherBundle { .. } => "rollout-other-bundle",
            Self::NeverInForce(_) | Self::NoPrevious => "rollout-never-in-force",
            Self::NothingToEnd(_) => "rollout-nothing-to-end",
            Self::Reason => "rollout-reason",
            Self::Percent(_) => "rollout-percent",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::SamePerson { .. } => "somebody else has to read and approve them",
            Self::Downgrade { .. } => {
                "raise `version` in bundle.yaml; going back is `bellwether policy rollback`"
            }
            Self::Engine { .. } => {
                "propose the bundle anew with `bellwether policy apply`: its files then decide by this program"
            }
            Self::Already(_) => "nothing is to be done",
            Self::Unknown(_) | Self::NotProposed(_) | Self::NothingToEnd(_) => {
                "`bellwether policy status` lists the versions with their digests"
            }
            Self::ProposedOtherwise { .. } => {
                "it was proposed anew meanwhile: read `bellwether policy status`, then say what you agree to"
            }
            Self::OtherBundle { .. } => {
                "give the bundle that was proposed; if the program was updated since, propose it anew"
            }
            Self::NeverInForce(_) | Self::NoPrevious => {
                "`bellwether policy status` says what was in force; other rules are proposed with \
                 `bellwether policy apply`"
            }
            Self::Reason => "say in one line why, without names of customers",
            Self::Percent(_) => "for all accounts it is `--enforce`, for none `--shadow`",
        }
    }
}
