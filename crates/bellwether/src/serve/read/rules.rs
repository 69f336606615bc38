//! The versions of the rules: how each stands, what a shadow has come to, and changing that.

use super::Desk;
use crate::access::decide::{Action, Resource, Why};
use crate::access::{AccessError, Principal};
use crate::rollout::count::named;
use crate::rollout::{Done, Order};
use crate::serve::App;
use crate::serve::problem::Refused;
use crate::serve::versions::Versions;
use crate::serve::viewer::Viewer;
use axum::http::StatusCode;
use bellwether_core::Problem;
use bellwether_runtime::live::LiveError;
use bellwether_runtime::rollout::{Rollout, State, Step, Version};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Who said something about a version, when and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesSaid)]
pub(crate) struct Said {
    /// Who: a handle, an account or a signer.
    pub(crate) by: String,
    /// When.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// Why.
    pub(crate) reason: String,
}

/// A version of the rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesVersion)]
pub(crate) struct Shown {
    /// The digest of the rules.
    pub(crate) rules: String,
    /// Name and version of the bundle.
    pub(crate) bundle: String,
    /// `proposed`, `shadow`, `canary`, `in_force`, `was_in_force` or `withdrawn`.
    pub(crate) state: String,
    /// Of a canary, for how many of a hundred accounts it decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) percent: Option<u8>,
    /// How it is to begin, while it waits for a second person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waits: Option<String>,
    /// Since when it stands so.
    #[schema(format = DateTime)]
    pub(crate) since: String,
    /// Records that it has made.
    pub(crate) records: u64,
    /// Who proposed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proposed: Option<Said>,
    /// Who agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approved: Option<Said>,
}

/// Why something is to change, and how.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = RulesChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changing {
    /// Why, in one line; it is written to the log.
    #[schema(min_length = 1, max_length = 500)]
    pub(crate) reason: String,
    /// For `begin`: `shadow`, `canary` or `enforce`.
    pub(crate) mode: Option<String>,
    /// For a canary: for how many of a hundred accounts.
    #[schema(minimum = 1, maximum = 99)]
    pub(crate) percent: Option<u8>,
}

/// What can be done with a version.
pub(crate) const CHANGES: [&str; 4] = ["begin", "approve", "rollback", "withdraw"];

fn said(said: Option<&bellwether_runtime::rollout::Said>) -> Option<Said> {
    said.map(|said| Said {
        by: said.by.clone(),
        at: said.at.to_string(),
        reason: said.reason.clone(),
    })
}

/// Every version, the newest first.
///
/// # Errors
/// What the store says.
pub(crate) fn versions(desk: &Desk<'_>, watched: &Versions) -> Result<Vec<Shown>, Refused> {
    let book = desk.book()?;
    let one = |version: &Version| Shown {
        rules: version.rules.to_string(),
        bundle: named(&book, version.rules),
        state: version.state.as_str().to_owned(),
        percent: match version.state {
            State::Canary(percent) => Some(percent),
            _ => None,
        },
        waits: version.waits.map(|mode| mode.to_string()),
        since: version.since.to_string(),
        records: watched.records(version.rules),
        proposed: said(version.proposed.as_ref()),
        approved: said(version.approved.as_ref()),
    };
    Ok(Rollout::read(desk.view)?.versions().iter().rev().map(one).collect())
}

/// What happened to the rules, the newest first.
///
/// # Errors
/// What the store says.
pub(crate) fn steps(desk: &Desk<'_>) -> Result<Vec<Step>, Refused> {
    let mut steps = Rollout::read(desk.view)?.steps().to_vec();
    steps.reverse();
    Ok(steps)
}

/// Whether somebody may change which rules decide: an admin or an approver with a fresh proof, and never
/// both who proposes and who approves.
///
/// # Errors
/// Why not.
pub(crate) fn may(
    app: &App,
    who: &Principal,
    viewer: &Viewer,
    proposer: Option<&str>,
) -> Result<(), AccessError> {
    if app.is_demo {
        return Ok(());
    }
    let own = proposer.is_some_and(|by| by == voice(viewer) || by == viewer.name);
    // Whoever else proposed it is no account of this request's.
    let by = if own { viewer.name.as_str() } else { "-" };
    let what = Resource::Proposal { by };
    app.access.may(who, Action::ActivateRules, &what, app.live.now()).map_err(|why: Why| why.into())
}

/// As whom somebody speaks in the log.
fn voice(viewer: &Viewer) -> &str {
    viewer.person.as_deref().unwrap_or(&viewer.name)
}

/// Who proposed a version that waits.
///
/// # Errors
/// `rollout-unknown`; what the store says.
pub(crate) fn proposer(desk: &Desk<'_>, rules: &str) -> Result<Option<String>, Refused> {
    let rollout = Rollout::read(desk.view)?;
    let version = rollout.find(rules).map_err(|error| {
        let problem = Problem::new(error.code(), error.to_string()).help(error.help());
        Refused::new(StatusCode::NOT_FOUND, problem)
    })?;
    let proposed = version.proposed.as_ref().filter(|_| version.waits.is_some());
    Ok(proposed.map(|said| said.by.clone()))
}

/// Changes how a version stands, in the name of whoever says so.
///
/// # Errors
/// `rollout-*`; what the driver says.
pub(crate) fn change(
    desk: &Desk<'_>,
    (viewer, four_eyes): (&Viewer, bool),
    (rules, change): (String, &str),
    said: Changing,
) -> Result<Done, Refused> {
    let (by, reason) = (voice(viewer).to_owned(), said.reason);
    let order = match change {
        "approve" => Order::Approve { rules, files: None, by, reason },
        "rollback" => Order::RollBack { rules: Some(rules), by, reason },
        "withdraw" => Order::Withdraw { rules, by, reason },
        "begin" => {
            let percent = said.percent;
            let mode = match said.mode.as_deref() {
                Some(mode @ ("shadow" | "canary" | "enforce")) => mode.to_owned(),
                _ => {
                    let help = "say `shadow`, `canary` or `enforce`";
                    return Err(Refused::wrong("mode", "it is not said how they begin", help));
                }
            };
            Order::Begin { rules, mode, percent, four_eyes, by, reason }
        }
        _ => return Err(Refused::not_found("nothing of that kind can be done with rules")),
    };
    let ready = Arc::new(order.ready()?);
    let done = desk.live().call(move |driver, now| ready.carry_out(driver, now));
    done.map_err(|error: LiveError| match error.code() {
        code if code.starts_with("rollout-") => {
            let status = match code {
                "rollout-unknown" => StatusCode::NOT_FOUND,
                "rollout-reason" | "rollout-percent" => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::CONFLICT,
            };
            Refused::new(status, Problem::new(code, error.to_string()).help(error.help()))
        }
        _ => error.into(),
    })
}
