//! What delivery writes down, each in one transaction of the driver.

use super::effect::read_effect;
use super::queue::Id;
use crate::embedded::Embedded;
use crate::error::DriveError;
use bellwether_core::event::{Note, Performed};
use bellwether_core::{Body, Code, Effect, EffectKey, Escalation, Origin, StreamId, Timestamp};
use bellwether_store::{Asked, Gate, OutboxChange, OutboxRow, OutboxStatus};

/// The gate that stops everything; one with a channel's name stops that channel.
pub const ALL: &str = "all";
/// What stands in the place of a channel where a person settled it.
pub const PERSON: &str = "person";
const DAY: i64 = 86_400_000_000;

/// An effect with everything that names it.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) id: Id,
    pub(super) stream: StreamId,
    pub(super) key: EffectKey,
    pub(super) effect: Effect,
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// It is written down that it is being sent.
    Go,
    /// Sending is stopped, or nothing can be written down about its stream.
    Stopped,
    /// Nobody wants it any more; nothing is written down yet.
    Unwanted,
    /// The person has got enough for the day; nothing is written down yet.
    Capped,
    /// It stands elsewhere than was thought.
    Gone,
}

/// Whether a gate is closed, also by what is not committed yet.
fn is_closed(driver: &mut Embedded, via: &str) -> Result<bool, DriveError> {
    let mut gates = driver.store().gates()?;
    gates.extend(driver.batch().gates.iter().cloned());
    let closed = |name: &str| {
        let last = gates.iter().rev().find(|gate| gate.name == name);
        last.is_some_and(|gate| gate.closed)
    };
    Ok(closed(ALL) || closed(via))
}

/// Whether what stood behind the effect when it was decided still stands.
pub(super) fn is_wanted(driver: &mut Embedded, wanted: &Wanted) -> Result<bool, DriveError> {
    Ok(match wanted.effect {
        // Nobody's escalation: somebody is told that something could not be decided.
        Effect::Ask { opened: 0, .. } | Effect::Notice { .. } => true,
        Effect::Ask { doc, graph, .. } => {
            let state = driver.state(wanted.stream)?.and_then(|state| state.doc(doc)?.graph(graph));
            state.is_some_and(|state| {
                state.ask == wanted.key
                    && matches!(state.escalation, Some(Escalation::Asked { .. }))
            })
        }
        Effect::StandDown { ask, .. } => driver.store().has_arrived(ask.0)?,
    })
}

/// Whether a person may be asked once more today. Whoever is always staffed may: somebody has to answer.
fn may_be_asked(
    driver: &mut Embedded,
    person: Code,
    day: i64,
    most: u32,
) -> Result<bool, DriveError> {
    let people = driver.rules().policy().people();
    if people.members(people.always()).any(|member| member.code == person) {
        return Ok(true);
    }
    let pending = driver.batch().asked.iter();
    let pending = pending.filter(|asked| (asked.person, asked.day) == (person, day)).count();
    let asked = driver.store().asked(person, day)? as usize + pending;
    Ok(asked < most as usize)
}

/// Writes down that an effect is being sent, if it may be: the stop switch, then whether it is still
/// wanted, then how much its person has got. `may_have_arrived`: it is tried again under the same key,
/// whether anybody still wants it or not.
pub(super) fn begin(
    driver: &mut Embedded,
    now: Timestamp,
    wanted: &Wanted,
    change: &OutboxChange,
    may_have_arrived: bool,
    most_a_day: Option<u32>,
) -> Result<Begun, DriveError> {
    driver.state(wanted.stream)?;
    let frozen = driver.frozen().any(|(stream, _)| stream == wanted.stream);
    if frozen || is_closed(driver, &change.via)? {
        return Ok(Begun::Stopped);
    }
    let (pos, nth) = wanted.id;
    let row = driver.store().effect(pos, nth)?;
    let Some(row) = row.filter(|row| row.status.is_open() && row.attempts + 1 == change.attempts)
    else {
        return Ok(Begun::Gone);
    };
    if !is_wanted(driver, wanted)? {
        return Ok(Begun::Unwanted);
    }
    let first = row.attempts == 0 && !may_have_arrived;
    if let (Effect::Ask { person, .. }, true, Some(most)) = (&wanted.effect, first, most_a_day) {
        let (person, day) = (*person, now.micros().div_euclid(DAY));
        if !may_be_asked(driver, person, day, most)? {
            return Ok(Begun::Capped);
        }
        driver.batch().asked.push(Asked { person, day });
    }
    driver.batch().outbox.push(change.clone());
    Ok(Begun::Go)
}

/// Writes down where an effect stands, and what became of it if that is known.
pub(super) fn end(
    driver: &mut Embedded,
    now: Timestamp,
    wanted: &Wanted,
    change: &OutboxChange,
    result: Option<Performed>,
) -> Result<(), DriveError> {
    if let Some(result) = result {
        let (doc, graph) = wanted.effect.about();
        let (effect, via, attempts) = (wanted.key, change.via.clone(), change.attempts);
        let body = Body::Performed { doc, graph, effect, result, via, attempts };
        driver.give(wanted.stream, &body, Origin::Live, now)?;
    }
    driver.batch().outbox.push(change.clone());
    Ok(())
}

/// Stops all sending, or lets it go on: at once, durably, and with a leaf of the log that says who did it,
/// by their handle.
///
/// # Errors
/// [`DriveError`].
pub fn stop(
    driver: &mut Embedded,
    now: Timestamp,
    stopped: bool,
    by: &str,
) -> Result<(), DriveError> {
    let members =
        vec![("by".to_owned(), by.to_owned()), ("stopped".to_owned(), stopped.to_string())];
    let body = Body::Noted { note: Note::Stop, members, tell: None };
    driver.give(StreamId::SYSTEM, &body, Origin::Live, now)?;
    let reason = format!("by {by}");
    driver.batch().gates.push(Gate { name: ALL.to_owned(), closed: stopped, reason, at: now });
    Ok(())
}

/// An effect that a person has to look at.
fn dead(driver: &Embedded, (pos, nth): Id) -> Result<Option<(Wanted, OutboxRow)>, DriveError> {
    let Some(row) = driver.store().effect(pos, nth)?.filter(|row| row.status.is_dead()) else {
        return Ok(None);
    };
    let stream = driver.store().stream_at(pos)?;
    let wanted = stream.zip(read_effect(&row.body));
    Ok(wanted.map(|(stream, (key, effect))| (Wanted { id: (pos, nth), stream, key, effect }, row)))
}

/// Settles an effect that did not arrive, or of which nobody knows: a person says that it did, or that
/// nobody wants it any more. `false`: there is no such effect to settle.
///
/// # Errors
/// [`DriveError`].
pub fn settle(
    driver: &mut Embedded,
    now: Timestamp,
    id: Id,
    arrived: bool,
) -> Result<bool, DriveError> {
    let Some((wanted, row)) = dead(driver, id)? else { return Ok(false) };
    let (status, result) = match arrived {
        true => (OutboxStatus::Done, Performed::Delivered),
        false => (OutboxStatus::Expired, Performed::Expired),
    };
    let change = OutboxChange {
        via: PERSON.to_owned(),
        why: row.why,
        ..OutboxChange::new(id, status, row.attempts, now)
    };
    end(driver, now, &wanted, &change, Some(result))?;
    Ok(true)
}

/// Lets an effect that did not arrive be tried again from the first channel on, under the same key, as if
/// it had just been decided. `false`: there is no such effect.
///
/// # Errors
/// [`DriveError`].
pub fn retry(driver: &mut Embedded, now: Timestamp, id: Id) -> Result<bool, DriveError> {
    let Some((_, row)) = dead(driver, id)? else { return Ok(false) };
    driver.batch().outbox.push(OutboxChange::new(id, OutboxStatus::Waiting, row.attempts, now));
    Ok(true)
}
