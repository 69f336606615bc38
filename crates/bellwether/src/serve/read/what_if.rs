//! What if: one number of the rules in force is another, and which decisions of the last quarter move.
//!
//! - In: the number and its other value.
//! - Out: what moves, with examples, and how much was looked at.
//! - Never: changes anything. One at a time, with a bound on time, on accounts and on rows, examples and what
//!   time alone brings among them; and it says where it stopped.

use super::Desk;
use crate::history::numbers::{self, Number};
use crate::history::told::{self, Told};
use crate::history::{History, example};
use crate::serve::problem::Refused;
use crate::serve::viewer::Viewer;
use axum::http::StatusCode;
use bellwether_core::problem::Severity;
use bellwether_core::{Duration, Problem, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_runtime::lineage::Kinship;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, TryLockError};
use std::time::{Duration as Time, Instant};
use utoipa::ToSchema;

/// How far back decisions are compared.
const QUARTER: Duration = Duration::from_days(91);
/// How long is looked in all.
const LOOKS: Time = Time::from_secs(8);
/// After how much of it no further account is told, so that examples of what was found can be.
const TELLS: Time = Time::from_secs(6);
/// The most accounts that are told again.
const MOST_ACCOUNTS: usize = 5_000;
/// The most rows of an account and those linked with it; one of more is not looked at.
const MOST_ROWS: u64 = 20_000;
/// The most rows in all.
const MOST_TOLD: u64 = 400_000;
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

/// Looks what moves, with all numbers that may be moved; those are there although it is refused.
///
/// # Errors
/// What the store says.
pub(crate) fn tried(
    desk: &Desk<'_>,
    viewer: &Viewer,
    asked: &Asked,
) -> Result<(Result<Found, Refused>, Vec<Number>), Refused> {
    let numbers = numbers(desk)?;
    Ok((look_at(desk, viewer, asked, &numbers), numbers))
}

/// Looks what moves.
///
/// # Errors
/// `try-unknown` for a number that is not there, `http-value` for what is no number, the problem of the rules
/// that it would make, `read-busy` while another looks; what the store says.
pub(crate) fn look(desk: &Desk<'_>, viewer: &Viewer, asked: &Asked) -> Result<Found, Refused> {
    look_at(desk, viewer, asked, &numbers(desk)?)
}

fn look_at(
    desk: &Desk<'_>,
    viewer: &Viewer,
    asked: &Asked,
    numbers: &[Number],
) -> Result<Found, Refused> {
    let rules = desk.rules()?;
    let number = numbers.iter().find(|one| one.id == asked.number).cloned();
    let number = number.ok_or_else(|| {
        let message = "the rules in force have no such number";
        super::trial::unknown("number", message, "`/v1/rules/numbers` lists them")
    })?;
    let changed = changed(&rules, &number, &asked.value)?;
    let _turn = match desk.reading.what_if.try_lock() {
        Ok(turn) => turn,
        Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(super::busy()),
    };
    let (both, now, began) = ([rules, Arc::new(changed)], desk.now(), Instant::now());
    let since = now.plus(Duration::from_micros(-QUARTER.micros()));
    let kin = Kinship::read(desk.view)?;
    let mut history = History::new(&kin, both.clone(), (since, None));
    let in_time = |of: Time| began.elapsed() < of;
    let accounts = tell(desk, &kin, (&mut history, now), || in_time(TELLS))?;
    let moved = history.moves.moved();
    let examples = told::first(&moved, EXAMPLES);
    let stood = example::look((desk.view, &kin), &both, (&examples, now), || in_time(LOOKS))?;
    let mut found = told::tell(&history, &moved, &examples, stood);
    found.add_names(&desk.names(viewer, "what if")?);
    let of_accounts = desk.view.count_accounts()?;
    let (since, value) = (since.to_string(), asked.value.clone());
    Ok(Found { number, value, since, accounts, of_accounts, found })
}

/// Tells accounts one after the other, each with all that is linked with it and until now, while there is time
/// for `more`. Gives how many that were.
fn tell(
    desk: &Desk<'_>,
    kin: &Kinship,
    (history, now): (&mut History, Timestamp),
    more: impl Fn() -> bool,
) -> Result<u64, Refused> {
    let (mut done, mut told) = (BTreeSet::new(), 0);
    for stream in streams(desk)? {
        if !more() || done.len() >= MOST_ACCOUNTS || told >= MOST_TOLD {
            break;
        }
        if done.contains(&stream) {
            continue;
        }
        let group = kin.connected(stream);
        let rows = group.iter().try_fold(0, |rows, one| Ok(rows + desk.view.last_seq(*one)?));
        let rows = rows.map_err(|error: bellwether_store::StoreError| Refused::from(error))?;
        if rows > MOST_ROWS {
            continue;
        }
        for row in example::rows(desk.view, &group)? {
            history.tell(&example::borrowed(&row), &mut ())?;
        }
        history.finish_some(&group, now, &mut ())?;
        told += rows;
        done.extend(group);
    }
    Ok(done.len() as u64)
}

/// The rules with the number changed.
fn changed(rules: &Rules, number: &Number, value: &str) -> Result<Rules, Refused> {
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

/// The accounts in an order that has nothing to do with their age; of very many, the first.
fn streams(desk: &Desk<'_>) -> Result<Vec<StreamId>, Refused> {
    let (mut ids, mut after) = (Vec::new(), 0);
    loop {
        let page = desk.view.accounts_after(after, 1_000.min(MOST_LISTED - ids.len()))?;
        let Some(last) = page.last() else { break };
        after = last.slot;
        ids.extend(page.iter().map(|account| account.id));
    }
    // The low bits of an id are random, the high ones are its age.
    ids.sort_by_key(|id| id.0.bits() as u64);
    Ok(ids.into_iter().map(StreamId::account).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::read::tests::{deal, house_of, with_approval};
    use bellwether_core::Origin;

    /// The rules in force, and the same with another limit.
    fn both(desk: &Desk<'_>) -> Result<[Arc<Rules>; 2], Refused> {
        let rules = desk.rules()?;
        let known = numbers(desk)?;
        let number = known.first().ok_or_else(super::super::busy)?;
        let other = changed(&rules, number, "700000")?;
        Ok([rules, Arc::new(other)])
    }

    #[test]
    fn no_account_and_no_example_is_told_when_the_time_is_over() {
        let house = house_of(with_approval(&[]), 3);
        let looked = |more: fn() -> bool| {
            let counts = house.read(|desk| {
                let both = both(desk)?;
                let (kin, now) = (Kinship::read(desk.view)?, desk.now());
                let mut history = History::new(&kin, both.clone(), (Timestamp::MIN, None));
                let accounts = tell(desk, &kin, (&mut history, now), more)?;
                let whole = match accounts {
                    0 => {
                        tell(desk, &kin, (&mut history, now), || true)?;
                        history.moves.moved()
                    }
                    _ => history.moves.moved(),
                };
                let stood = example::look((desk.view, &kin), &both, (&whole, now), more)?;
                Ok((accounts, whole.len(), stood.iter().flatten().count()))
            });
            counts.unwrap()
        };
        assert_eq!(looked(|| true), (3, 3, 3));
        assert_eq!(looked(|| false), (0, 3, 0));
        house.running.stop();
    }

    #[test]
    fn an_example_is_told_to_the_end_of_its_instant_whatever_was_told_before() {
        let house = house_of(with_approval(&[]), 1);
        // Nobody is asked because of the first row; because of the second, at the same instant, somebody is.
        let twice = house.running.live().call(|driver, at| {
            driver.take(&deal(9, 100), Origin::Live, at)?;
            driver.take(&deal(9, 600_000), Origin::Live, at).map(drop)
        });
        twice.unwrap();
        // The other account, which is told first, is told until after that.
        let after = house
            .running
            .live()
            .call(|driver, at| driver.take(&deal(0, 650_000), Origin::Live, at).map(drop));
        after.unwrap();
        let stood = house.read(|desk| {
            let (both, kin, now) = (both(desk)?, Kinship::read(desk.view)?, desk.now());
            let mut history = History::new(&kin, both.clone(), (Timestamp::MIN, None));
            tell(desk, &kin, (&mut history, now), || true)?;
            let moved = history.moves.moved();
            Ok(example::look((desk.view, &kin), &both, (&moved, now), || true)?)
        });
        let stood = stood.unwrap();
        let outcomes =
            stood.iter().flatten().map(|sides| sides.each_ref().map(|one| &*one.outcome));
        assert_eq!(outcomes.collect::<Vec<_>>(), [["cxo", "none"]; 2]);
        house.running.stop();
    }
}
