//! What if: one number of the rules in force is another, and which decisions of the last quarter move.
//!
//! - In: the number and its other value.
//! - Out: what moves, with examples, and how much was looked at.
//! - Never: changes anything. One at a time, with a bound on time and on accounts, and it says where it stopped.

use super::Desk;
use crate::history::numbers::{self, Number};
use crate::history::told::{self, Told};
use crate::history::{History, example};
use crate::serve::problem::Refused;
use crate::serve::viewer::Viewer;
use axum::http::StatusCode;
use bellwether_core::problem::Severity;
use bellwether_core::{Duration, Problem, StreamId};
use bellwether_engine::Rules;
use bellwether_runtime::lineage::Kinship;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, TryLockError};
use std::time::Instant;
use utoipa::ToSchema;

/// How far back decisions are compared.
const QUARTER: Duration = Duration::from_days(91);
/// How long is looked.
const LOOKS: std::time::Duration = std::time::Duration::from_secs(8);
/// The most accounts that are told again.
const MOST_ACCOUNTS: usize = 5_000;
/// The most rows of an account and those linked with it; one of more is not looked at.
const MOST_ROWS: u64 = 20_000;
/// The most accounts of which the first are taken.
const MOST_LISTED: usize = 200_000;
/// Examples of each way of faring otherwise; there are four.
const EXAMPLES: usize = 5;

/// Which number is to be which.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = RulesWhatIf)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// The number, as `/v1/rules/numbers` calls it.
    #[schema(min_length = 1, max_length = 400)]
    pub(crate) number: String,
    /// Its other value, written like the old one.
    #[schema(min_length = 1, max_length = 32)]
    pub(crate) value: String,
}

/// What moves, and how much was looked at.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesWhatIfFound)]
pub(crate) struct Found {
    /// The number, in what it stands in.
    pub(crate) number: Number,
    /// Its other value.
    pub(crate) value: String,
    /// From when on decisions were compared.
    #[schema(format = DateTime)]
    pub(crate) since: String,
    /// Accounts whose history was told again.
    pub(crate) accounts: u64,
    /// All accounts.
    pub(crate) of_accounts: u64,
    /// What moves.
    pub(crate) found: Told,
}

/// The numbers of the rules in force.
///
/// # Errors
/// What the store says.
pub(crate) fn numbers(desk: &Desk<'_>) -> Result<Vec<Number>, Refused> {
    Ok(numbers::all(desk.rules()?.files()))
}

/// Looks what moves.
///
/// # Errors
/// `try-unknown` for a number that is not there, `http-value` for what is no number, the problem of the rules
/// that it would make, `read-busy` while another looks; what the store says.
pub(crate) fn look(desk: &Desk<'_>, viewer: &Viewer, asked: &Asked) -> Result<Found, Refused> {
    let rules = desk.rules()?;
    let known = numbers::all(rules.files());
    let number = known.into_iter().find(|one| one.id == asked.number);
    let number = number.ok_or_else(|| {
        let message = "the rules in force have no such number";
        super::trial::unknown("number", message, "`/v1/rules/numbers` lists them")
    })?;
    let tried = tried(&rules, &number, &asked.value)?;
    let _turn = match desk.reading.what_if.try_lock() {
        Ok(turn) => turn,
        Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(super::busy()),
    };
    let both = [rules, Arc::new(tried)];
    let since = desk.now().plus(Duration::from_micros(-QUARTER.micros()));
    let until = Instant::now() + LOOKS;
    let mut history = History::new(desk.view, both.clone(), (since, None))?;
    let (streams, of_accounts) = streams(desk)?;
    let kin = Kinship::read(desk.view)?;
    let mut done = BTreeSet::new();
    for stream in streams {
        if Instant::now() >= until || done.len() >= MOST_ACCOUNTS {
            break;
        }
        if done.contains(&stream) {
            continue;
        }
        let group = kin.connected(stream);
        let rows = group.iter().try_fold(0, |rows, one| Ok(rows + desk.view.last_seq(*one)?));
        if rows.map_err(|error: bellwether_store::StoreError| Refused::from(error))? > MOST_ROWS {
            continue;
        }
        for row in example::rows(desk.view, &group)? {
            history.tell(&example::borrowed(&row), &mut ())?;
        }
        done.extend(group);
    }
    let now = desk.now();
    history.finish(now, &mut ())?;
    let moved = history.moves.moved();
    let examples = told::first(&moved, EXAMPLES);
    let stood = example::look(desk.view, &both, (&examples, now))?;
    let mut found = told::tell(&history, &moved, &examples, stood);
    found.add_names(&desk.names(viewer, "what if")?);
    let accounts = done.len() as u64;
    let (since, value) = (since.to_string(), asked.value.clone());
    Ok(Found { number, value, since, accounts, of_accounts, found })
}

/// The rules with the number changed.
fn tried(rules: &Rules, number: &Number, value: &str) -> Result<Rules, Refused> {
    if !numbers::is_number(value) {
        let help = format!("write it like {}", number.value);
        return Err(Refused::wrong("value", "this is no number of rules", help));
    }
    Rules::compose(numbers::changed(rules, number, value)).map_err(|problems| {
        let first = problems.into_iter().find(|one| one.severity == Severity::Error);
        let problem =
            first.unwrap_or_else(|| Problem::new("http-value", "the rules do not fit together so"));
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, problem)
    })
}

/// The accounts in an order that has nothing to do with their age, and how many there are.
fn streams(desk: &Desk<'_>) -> Result<(Vec<StreamId>, u64), Refused> {
    let (mut ids, mut after) = (Vec::new(), 0);
    loop {
        let page = desk.view.accounts_after(after, 1_000)?;
        let Some(last) = page.last() else { break };
        after = last.slot;
        ids.extend(page.iter().map(|account| account.id));
        if ids.len() >= MOST_LISTED {
            break;
        }
    }
    let of = ids.len() as u64;
    // The low bits of an id are random, the high ones are its age.
    ids.sort_by_key(|id| id.0.bits() as u64);
    Ok((ids.into_iter().map(StreamId::account).collect(), of))
}
