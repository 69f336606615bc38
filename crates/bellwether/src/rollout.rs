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
pub(crate) mod signed;
pub(crate) mod spool;

use crate::exit::Problems;
use anyhow::Result;
use bellwether_core::{Digest, Timestamp};
use bellwether_engine::Rules;
use bellwether_runtime::DriveError;
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::rollout::{Mode, Proposal, Stands};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What somebody wants of the rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Order {
    /// That other rules begin.
    Propose {
        /// The bundle's files.
        files: BTreeMap<String, String>,
        /// `shadow`, `canary` or `enforce`.
        mode: String,
        /// Of a canary, how many of a hundred accounts.
        percent: Option<u8>,
        /// Who else agreed already.
        approved: Option<String>,
        /// Whether somebody else must.
        four_eyes: bool,
        /// Who says so.
        by: String,
        /// Why.
        reason: String,
    },
    /// That a version that is kept begins in another way.
    Begin {
        /// Which.
        rules: String,
        /// `shadow`, `canary` or `enforce`.
        mode: String,
        /// Of a canary, how many of a hundred accounts.
        percent: Option<u8>,
        /// Whether somebody else must agree.
        four_eyes: bool,
        /// Who says so.
        by: String,
        /// Why.
        reason: String,
    },
    /// That a proposal begins, as a second person.
    Approve {
        /// Which.
        rules: String,
        /// The bundle's files, where they are at hand.
        files: Option<BTreeMap<String, String>>,
        /// Who says so.
        by: String,
        /// Why.
        reason: String,
    },
    /// That earlier rules come back.
    RollBack {
        /// Which; else those before.
        rules: Option<String>,
        /// Who says so.
        by: String,
        /// Why.
        reason: String,
    },
    /// That a proposal, a shadow or a canary ends.
    Withdraw {
        /// Which.
        rules: String,
        /// Who says so.
        by: String,
        /// Why.
        reason: String,
    },
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RulesDone)]
pub(crate) struct Done {
    /// The digest of the rules that it was about.
    pub(crate) rules: String,
    /// `waits`, `shadow`, `canary`, `in_force`, `rolled_back` or `withdrawn`.
    pub(crate) stands: String,
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
        let files = match &self {
            Self::Propose { files, .. } => Some(files),
            Self::Approve { files, .. } => files.as_ref(),
            Self::Begin { .. } | Self::RollBack { .. } | Self::Withdraw { .. } => None,
        };
        let rules = files.map(|files| Rules::compose(files.clone())).transpose();
        let rules = rules.map_err(Problems)?.map(Arc::new);
        Ok(Ready { order: self, rules })
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
        let find = |driver: &Embedded, name: &str| -> Result<Digest, DriveError> {
            Ok(driver.rollout()?.find(name)?.rules)
        };
        let (rules, stands) = match &self.order {
            Order::Propose { mode, percent, approved, four_eyes, by, reason, .. } => {
                let Some(rules) = self.rules.clone() else { return Err(DriveError::NoRules) };
                let digest = rules.digest();
                let mode = mode_of(mode, *percent);
                let (by, reason) = (by.clone(), reason.clone());
                let (approved, four_eyes) = (approved.clone(), *four_eyes);
                let wanted = Proposal { rules, mode, by, reason, approved, four_eyes };
                (digest, stands(driver.propose(&wanted, now)?))
            }
            Order::Begin { rules, mode, percent, four_eyes, by, reason } => {
                let digest = find(driver, rules)?;
                let Some(rules) = driver.book().get(&digest).cloned() else {
                    return Err(DriveError::NoRules);
                };
                let (by, reason, approved) = (by.clone(), reason.clone(), None);
                let (mode, four_eyes) = (mode_of(mode, *percent), *four_eyes);
                let wanted = Proposal { rules, mode, by, reason, approved, four_eyes };
                (digest, stands(driver.propose(&wanted, now)?))
            }
            Order::Approve { rules, by, reason, .. } => {
                let digest = find(driver, rules)?;
                let given = self.rules.as_ref();
                (digest, stands(driver.approve(digest, given, (by, reason), now)?))
            }
            Order::RollBack { rules, by, reason } => {
                let to = rules.as_ref().map(|name| find(driver, name)).transpose()?;
                (driver.roll_back(to, (by, reason), now)?, "rolled_back")
            }
            Order::Withdraw { rules, by, reason } => {
                let digest = find(driver, rules)?;
                driver.withdraw(digest, (by, reason), now)?;
                (digest, "withdrawn")
            }
        };
        Ok(Done { rules: rules.to_string(), stands: stands.to_owned() })
    }
}

fn mode_of(word: &str, percent: Option<u8>) -> Mode {
    match word {
        "shadow" => Mode::Shadow,
        "canary" => Mode::Canary(percent.unwrap_or_default()),
        _ => Mode::Enforce,
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
