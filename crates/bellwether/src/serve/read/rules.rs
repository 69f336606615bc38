//! The versions of the rules: how each stands, what a shadow has come to, and changing that.

use super::Desk;
use crate::access::answer::Denied;
use crate::access::decide::{Action, Resource, Why};
use crate::access::{AccessError, Principal};
use crate::rollout::count::named;
use crate::rollout::shown::Shown;
use crate::rollout::{Begins, Done, How, Order, What};
use crate::serve::App;
use crate::serve::problem::Refused;
use crate::serve::versions::Versions;
use crate::serve::viewer::Viewer;
use axum::http::{Method, StatusCode, Uri};
use bellwether_core::Problem;
use bellwether_runtime::live::LiveError;
use bellwether_runtime::rollout::{Rollout, Said, Step, Version};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Why something is to change, and how.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = RulesChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changing {
    /// Why, in one line; it is written to the log.
    #[schema(min_length = 1, max_length = 500)]
    pub(crate) reason: String,
    /// For `begin`: in which way. For `approve`: how it waits to begin, as you were shown it.
    pub(crate) mode: Option<How>,
    /// For a canary: for how many of a hundred accounts.
    #[schema(minimum = 1, maximum = 99)]
    pub(crate) percent: Option<u8>,
}

/// What can be done with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(as = RulesAct, rename_all = "snake_case")]
pub(crate) enum Act {
    Begin,
    Approve,
    Rollback,
    Withdraw,
}

impl Act {
    /// The word in addresses.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Approve => "approve",
            Self::Rollback => "rollback",
            Self::Withdraw => "withdraw",
        }
    }

    /// What a word says.
    ///
    /// # Errors
    /// `http-not-found` for any other word.
    pub(crate) fn read(word: &str) -> Result<Self, Refused> {
        let all = [Self::Begin, Self::Approve, Self::Rollback, Self::Withdraw];
        let found = all.into_iter().find(|act| act.as_str() == word);
        found.ok_or_else(|| Refused::not_found("nothing of that kind can be done with rules"))
    }
}

/// Every version, the newest first.
///
/// # Errors
/// What the store says.
pub(crate) fn versions(desk: &Desk<'_>, watched: &Versions) -> Result<Vec<Shown>, Refused> {
    let book = desk.book()?;
    let one = |version: &Version| {
        Shown::of(version, named(&book, version.rules), watched.records(version.rules))
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
fn may(
    app: &App,
    who: &Principal,
    viewer: &Viewer,
    proposer: Option<&Said>,
) -> Result<(), AccessError> {
    if app.is_demo {
        return Ok(());
    }
    let own = proposer.is_some_and(|said| said.is_of(voice(viewer), Some(&viewer.name)));
    // Whoever else proposed it is no account of this request's.
    let by = if own { viewer.name.as_str() } else { "-" };
    let what = Resource::Proposal { by };
    app.access.may(who, Action::ActivateRules, &what, app.live.now()).map_err(|why: Why| why.into())
}

/// As whom somebody speaks in the log.
fn voice(viewer: &Viewer) -> &str {
    viewer.person.as_deref().unwrap_or(&viewer.name)
}

/// The version that a digest, or the beginning of one, names, if somebody may change it so. To be asked
/// before the question too, so that a yes is not lost on the way.
///
/// # Errors
/// `rollout-unknown`, `rollout-person`; what the store says; within, why not.
pub(crate) async fn guarded(
    app: &Arc<App>,
    (viewer, who): (&Viewer, &Principal),
    (uri, method): (&Uri, &Method),
    (name, act): (&str, Act),
) -> Result<Result<Version, Denied>, Refused> {
    let wanted = name.to_owned();
    let version = app.reading.run(move |desk| version(desk, &wanted)).await?;
    let approves = act == Act::Approve;
    let proposed = version.proposed.as_ref().filter(|_| approves && version.waits.is_some());
    if let Err(error) = may(app, who, viewer, proposed) {
        return Ok(Err(Denied::of(uri, method, error)));
    }
    // Whoever has no handle here may have one where bundles are signed, and would be two people.
    let counts = approves || act == Act::Begin;
    if counts && app.four_eyes && !app.is_demo && viewer.person.is_none() {
        let message = "two people must agree, and nothing says which person this account is";
        let problem = Problem::new("rollout-person", message);
        let help = "let somebody do it whose account has a handle: `bellwether access link ACCOUNT --person HANDLE`";
        return Err(Refused::new(StatusCode::FORBIDDEN, problem.help(help)));
    }
    Ok(Ok(version))
}

fn version(desk: &Desk<'_>, name: &str) -> Result<Version, Refused> {
    let rollout = Rollout::read(desk.view)?;
    rollout.find(name).cloned().map_err(|error| {
        let problem = Problem::new(error.code(), error.to_string()).help(error.help());
        Refused::new(StatusCode::NOT_FOUND, problem)
    })
}

/// Changes how a version stands, in the name of whoever says so.
///
/// # Errors
/// `rollout-*`; what the driver says.
pub(crate) fn change(
    desk: &Desk<'_>,
    (viewer, four_eyes): (&Viewer, bool),
    (rules, act): (String, Act),
    said: Changing,
) -> Result<Done, Refused> {
    let begins = || match said.mode {
        Some(mode) => Ok(Begins { mode, percent: said.percent }),
        None => {
            let help = "say `shadow`, `canary` or `enforce`";
            Err(Refused::wrong("mode", "it is not said how they begin", help))
        }
    };
    let what = match act {
        Act::Approve => What::Approve { rules, begins: begins()?, files: None, four_eyes },
        Act::Rollback => What::RollBack { rules: Some(rules) },
        Act::Withdraw => What::Withdraw { rules },
        Act::Begin => What::Begin { rules, begins: begins()?, four_eyes },
    };
    let (by, account) = (voice(viewer).to_owned(), Some(viewer.name.clone()));
    let order = Order { what, by, account, reason: said.reason };
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
