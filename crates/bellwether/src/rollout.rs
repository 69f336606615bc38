//! Changing the rules from the command line and from the server: one kind of order, carried out in one place.
//!
//! Flow: a command or a page -> [`Order`] -> the driver, at once or through [`spool`] -> [`Done`]
//!
//! - In: what somebody wants, who they are and why; whoever calls has made sure of that.
//! - Out: a change of the rules that is in the log, or the reason why not.
//! - Never: lets the driver wait while rules are composed.

pub(crate) mod compared;
pub(crate) mod count;
pub(crate) mod proofs;
pub(crate) mod shown;
pub(crate) mod signed;
pub(crate) mod spool;

use crate::exit::Problems;
use anyhow::Result;
use bellwether_core::{Digest, Timestamp};
use bellwether_engine::Rules;
use bellwether_runtime::DriveError;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::rollout::{Approval, Mode, Proposal, Stands};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use utoipa::ToSchema;

/// In which way rules begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RulesMode)]
pub(crate) enum How {
    /// They decide beside the rules in force, and nothing comes of it.
    Shadow,
    /// They decide for a share of the accounts.
    Canary,
    /// They decide for all.
    Enforce,
}

impl How {
    /// The word in forms, as in orders and answers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => Mode::Shadow.as_str(),
            Self::Canary => Mode::Canary(0).as_str(),
            Self::Enforce => Mode::Enforce.as_str(),
        }
    }

    /// The way that a word says.
    pub(crate) fn read(word: &str) -> Option<Self> {
        [Self::Shadow, Self::Canary, Self::Enforce].into_iter().find(|how| how.as_str() == word)
    }
}

/// How rules begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RulesBegin)]
pub(crate) struct Begins {
    /// In which way.
    pub(crate) mode: How,
    /// Of a canary, for how many of a hundred accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) percent: Option<u8>,
}

impl Begins {
    /// A mode as it is written.
    pub(crate) fn of(mode: Mode) -> Self {
        let how = match mode {
            Mode::Shadow => How::Shadow,
            Mode::Canary(_) => How::Canary,
            Mode::Enforce => How::Enforce,
        };
        Self { mode: how, percent: mode.percent() }
    }

    /// What is meant; a canary without a share is refused by the driver.
    pub(crate) fn mode(self) -> Mode {
        match self.mode {
            How::Shadow => Mode::Shadow,
            How::Canary => Mode::Canary(self.percent.unwrap_or_default()),
            How::Enforce => Mode::Enforce,
        }
    }
}

impl fmt::Display for Begins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mode().fmt(f)
    }
}

/// What somebody wants of the rules, who they are and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// What is to be done.
    pub(crate) what: What,
    /// Who says so: a handle, an account or a signer.
    pub(crate) by: String,
    /// Their account, where they are signed in.
    pub(crate) account: Option<String>,
    /// Why.
    pub(crate) reason: String,
}

/// What is to be done with rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum What {
    /// Other rules begin.
    Propose {
        /// The bundle's files.
        files: BTreeMap<String, String>,
        /// How.
        begins: Begins,
        /// Who else agreed already.
        approved: Option<String>,
        /// Whether somebody else must.
        four_eyes: bool,
    },
    /// A version that is kept begins in another way.
    Begin {
        /// Which.
        rules: String,
        /// How.
        begins: Begins,
        /// Whether somebody else must agree.
        four_eyes: bool,
    },
    /// A proposal begins, as a second person agrees.
    Approve {
        /// Which.
        rules: String,
        /// How it begins, as they were shown it.
        begins: Begins,
        /// The bundle's files, where they are at hand.
        files: Option<BTreeMap<String, String>>,
        /// Whether it was made sure who they are.
        four_eyes: bool,
    },
    /// Earlier rules come back.
    RollBack {
        /// Which; else those before.
        rules: Option<String>,
    },
    /// A proposal, a shadow or a canary ends.
    Withdraw {
        /// Which.
        rules: String,
    },
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RulesDone)]
pub(crate) struct Done {
    /// The digest of the rules that it was about.
    pub(crate) rules: String,
    /// `waits`, `shadow`, `canary`, `in_force`, `rolled_back` or `withdrawn`.
    pub(crate) stands: String,
    /// Facts that these rules define otherwise than those that decided before: they are missing until
    /// `features backfill`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<String>,
}

/// An order whose rules are composed: all that is left is for the driver.
#[derive(Clone)]
pub(crate) struct Ready {
    order: Order,
    rules: Option<Arc<Rules>>,
}

impl Order {
    /// Composes the rules.
    ///
    /// # Errors
    /// [`Problems`] of the bundle.
    pub(crate) fn ready(self) -> Result<Ready> {
        let files = match &self.what {
            What::Propose { files, .. } => Some(files),
            What::Approve { files, .. } => files.as_ref(),
            What::Begin { .. } | What::RollBack { .. } | What::Withdraw { .. } => None,
        };
        let rules = files.map(|files| Rules::compose(files.clone())).transpose();
        let rules = rules.map_err(Problems)?.map(Arc::new);
        Ok(Ready { order: self, rules })
    }

    /// Whether it may let rules begin on the word of one person.
    pub(crate) fn is_of_one(&self) -> bool {
        match &self.what {
            What::Propose { four_eyes, .. }
            | What::Begin { four_eyes, .. }
            | What::Approve { four_eyes, .. } => !four_eyes,
            What::RollBack { .. } | What::Withdraw { .. } => false,
        }
    }
}

impl Ready {
    /// Does it; durable after the driver's next commit.
    ///
    /// # Errors
    /// `rollout-*` and what the driver says.
    pub(crate) fn carry_out(
        &self,
        driver: &mut Embedded,
        now: Timestamp,
    ) -> Result<Done, DriveError> {
        let before = Arc::clone(driver.rules());
        let (rules, stands) = self.change(driver, now)?;
        let decides = match stands {
            "canary" => driver.canary_rules(),
            "in_force" | "rolled_back" => Some(driver.rules()),
            _ => None,
        };
        let missing = decides.map(|rules| new_definitions(&before, rules)).unwrap_or_default();
        Ok(Done { rules: rules.to_string(), stands: stands.to_owned(), missing })
    }

    fn change(
        &self,
        driver: &mut Embedded,
        now: Timestamp,
    ) -> Result<(Digest, &'static str), DriveError> {
        let Order { what, by, account, reason } = &self.order;
        let find = |driver: &Embedded, name: &str| -> Result<Digest, DriveError> {
            Ok(driver.rollout()?.find(name)?.rules)
        };
        let wanted = |rules, begins: &Begins, approved: &Option<String>, four_eyes: &bool| {
            let (by, account, reason) = (by.clone(), account.clone(), reason.clone());
            let (mode, approved, four_eyes) = (begins.mode(), approved.clone(), *four_eyes);
            Proposal { rules, mode, by, account, reason, approved, four_eyes }
        };
        Ok(match what {
            What::Propose { begins, approved, four_eyes, .. } => {
                let rules = self.rules.clone().ok_or(DriveError::NoRules)?;
                let digest = rules.digest();
                let wanted = wanted(rules, begins, approved, four_eyes);
                (digest, stands(driver.propose(&wanted, now)?))
            }
            What::Begin { rules, begins, four_eyes } => {
                let digest = find(driver, rules)?;
                let rules = driver.book().get(&digest).cloned().ok_or(DriveError::NoRules)?;
                let wanted = wanted(rules, begins, &None, four_eyes);
                (digest, stands(driver.propose(&wanted, now)?))
            }
            What::Approve { rules, begins, .. } => {
                let (rules, mode) = (find(driver, rules)?, begins.mode());
                let (given, account) = (self.rules.as_ref(), account.as_deref());
                let agreed = Approval { rules, mode, given, by, account, reason };
                (rules, stands(driver.approve(&agreed, now)?))
            }
            What::RollBack { rules } => {
                let to = rules.as_ref().map(|name| find(driver, name)).transpose()?;
                (driver.roll_back(to, (by, reason), now)?, "rolled_back")
            }
            What::Withdraw { rules } => {
                let digest = find(driver, rules)?;
                driver.withdraw(digest, (by, reason), now)?;
                (digest, "withdrawn")
            }
        })
    }
}

fn stands(stands: Stands) -> &'static str {
    match stands {
        Stands::Waits(_) => "waits",
        Stands::Begun(Mode::Shadow) => "shadow",
        Stands::Begun(Mode::Canary(_)) => "canary",
        Stands::Begun(Mode::Enforce) => "in_force",
    }
}

/// The digest of each definition of features, by name.
pub(crate) fn definitions(rules: &Rules) -> BTreeMap<String, String> {
    let definitions = rules.features().definitions().iter();
    definitions.map(|one| (one.name.clone(), one.digest.to_string())).collect()
}

/// The definitions that rules do not share with those that decided before: what they count is missing
/// until it is folded anew.
pub(crate) fn new_definitions(before: &Rules, rules: &Rules) -> Vec<String> {
    let known = definitions(before);
    let new = definitions(rules).into_iter().filter(|(name, it)| known.get(name) != Some(it));
    new.map(|(name, _)| name).collect()
}
