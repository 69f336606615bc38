//! The house: sources, the outbox, the quarantine, facts, and deriving a stream again.

use super::decisions::{MOST_DERIVED, Page, too_long};
use super::{Desk, cursor};
use crate::cli::quarantine::list::Listed;
use crate::cli::replay::{Replayed, replay};
use crate::serve::problem::Refused;
use bellwether_core::{Duration, StreamId, Timestamp};
use bellwether_runtime::delivery;
use bellwether_store::{OutboxRow, OutboxStatus, StoreError, View};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A source and when it was last heard.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Source {
    /// Its name.
    pub(crate) source: String,
    /// Signals of it that were committed.
    pub(crate) signals: u64,
    /// When the newest of them was taken in; for imported history, when it happened.
    #[schema(format = DateTime)]
    pub(crate) last: String,
    /// Seconds since then.
    pub(crate) silent_seconds: i64,
    /// Whether that is longer than it may be.
    #[serde(skip)]
    pub(crate) is_silent: bool,
    #[serde(skip)]
    pub(crate) at: Timestamp,
}

/// Sources, what was heard last first.
///
/// # Errors
/// What the store says.
pub(crate) fn sources(desk: &Desk<'_>) -> Result<Vec<Source>, Refused> {
    let now = desk.now();
    let board = desk.board()?;
    let mut found: Vec<_> = board.sources().iter().collect();
    found.sort_by_key(|(name, heard)| (std::cmp::Reverse(heard.last), name.as_str()));
    let one = |(name, heard): (&String, &super::board::Heard)| Source {
        source: name.clone(),
        signals: heard.signals,
        last: heard.last.to_string(),
        silent_seconds: now.micros().saturating_sub(heard.last.micros()) / 1_000_000,
        is_silent: is_silent(heard.last, now, desk.silence(name)),
        at: heard.last,
    };
    Ok(found.into_iter().map(one).collect())
}

/// After so long without a word a source for which nothing is configured counts as silent.
const SILENT: Duration = Duration::from_secs(86_400);

/// Whether it was last heard longer ago than is configured for it.
fn is_silent(heard: Timestamp, now: Timestamp, configured: Option<Duration>) -> bool {
    now.since(heard) > configured.unwrap_or(SILENT)
}

/// Statuses of the outbox with their words.
pub(crate) const STATUSES: [(OutboxStatus, &str); 8] = [
    (OutboxStatus::Waiting, "waiting"),
    (OutboxStatus::Sending, "sending"),
    (OutboxStatus::Done, "done"),
    (OutboxStatus::GivenUp, "given_up"),
    (OutboxStatus::Unknown, "unknown"),
    (OutboxStatus::Ambiguous, "ambiguous"),
    (OutboxStatus::Refused, "refused"),
    (OutboxStatus::Expired, "expired"),
];

/// Which effects are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that stand there.
    In(OutboxStatus),
    /// Those that a person has to look at.
    Dead,
}

/// Whether anything is sent at all.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Sending {
    /// Whether the stop switch is thrown.
    pub(crate) stopped: bool,
    /// Who threw it, or let it go on; absent where nobody ever did.
    pub(crate) reason: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub(crate) since: Option<String>,
    #[serde(skip)]
    pub(crate) at: Option<Timestamp>,
}

/// How the stop switch stands.
///
/// # Errors
/// What the store says.
pub(crate) fn sending(view: &View) -> Result<Sending, StoreError> {
    let gate = view.gates()?.into_iter().find(|gate| gate.name == delivery::ALL);
    let at = gate.as_ref().map(|gate| gate.at);
    let stopped = gate.as_ref().is_some_and(|gate| gate.closed);
    let (reason, since) = (gate.map(|gate| gate.reason), at.map(|at| at.to_string()));
    Ok(Sending { stopped, reason, since, at })
}

/// How many effects stand where.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Count {
    /// Where they stand.
    pub(crate) status: String,
    /// How many.
    pub(crate) effects: u64,
    /// Whether a person has to look at them.
    pub(crate) dead: bool,
}

/// An effect in the outbox.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Effect {
    /// Its stable key.
    pub(crate) key: String,
    /// The record's place in the log, and which effect of it.
    pub(crate) pos: u64,
    pub(crate) nth: u32,
    /// The record that it belongs to.
    pub(crate) stream: Option<String>,
    pub(crate) seq: Option<u64>,
    /// `ask`, `stand_down` or `notice`.
    pub(crate) kind: String,
    /// The handle of whom it is for.
    pub(crate) person: String,
    /// Where it stands.
    pub(crate) status: String,
    /// Whether a person has to look at it: it did not arrive, or nobody knows.
    pub(crate) dead: bool,
    /// The channel that it was tried by last; empty before the first.
    pub(crate) via: String,
    /// A word that says why it has not arrived; empty where there is none.
    pub(crate) why: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Not before.
    #[schema(format = DateTime)]
    pub(crate) due: String,
    #[serde(skip)]
    pub(crate) at: Timestamp,
}

/// How many effects stand where; every status is named.
///
/// # Errors
/// What the store says.
pub(crate) fn counts(view: &View) -> Result<Vec<Count>, StoreError> {
    let counts = view.outbox_counts()?;
    let of = |status| counts.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count);
    let one = |(status, word): &(OutboxStatus, &str)| Count {
        status: (*word).to_owned(),
        effects: of(*status),
        dead: status.is_dead(),
    };
    Ok(STATUSES.iter().map(one).collect())
}

const OUTBOX: &str = "outbox";

/// No effect has a place beyond it.
pub(crate) const LAST: (u64, u32) = (1 << 54, 255);

/// Effects of one status, or dead letters, in the order of the log.
///
/// # Errors
/// `http-cursor` for a cursor of another list; what the store says.
pub(crate) fn effects(
    desk: &Desk<'_>,
    which: Which,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Effect>, Refused> {
    let after = match after {
        Some(after) => {
            let parts = cursor::read(OUTBOX, after)?;
            (cursor::part::<u64>(&parts, 0)?, cursor::part::<u32>(&parts, 1)?)
        }
        // The place before the first effect of the first record.
        None => (0, 0),
    };
    if after.0 > LAST.0 || after.1 > LAST.1 {
        return Err(cursor::wrong());
    }
    let mut found = match which {
        Which::In(status) => desk.view.effects_in(status, after, limit + 1)?,
        Which::Dead => desk.view.dead_letters(after, limit + 1)?,
    };
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more);
    let next = next.map(|last| cursor::write(OUTBOX, &[&last.pos, &last.nth]));
    let items = found.iter().map(|row| effect(desk.view, row)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// An effect as it is shown.
///
/// # Errors
/// What the store says.
pub(crate) fn effect(view: &View, row: &OutboxRow) -> Result<Effect, StoreError> {
    let said: Value = serde_json::from_slice(&row.body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let entry = view.entry(row.pos)?;
    let word = STATUSES.iter().find(|(status, _)| *status == row.status);
    Ok(Effect {
        key: row.key.to_string(),
        pos: row.pos,
        nth: row.nth,
        stream: entry.as_ref().map(|entry| entry.stream.to_string()),
        seq: entry.map(|entry| entry.seq),
        kind: text("kind"),
        person: text("person"),
        status: word.map_or("", |(_, word)| word).to_owned(),
        dead: row.status.is_dead(),
        via: row.via.clone(),
        why: row.why.clone(),
        attempts: row.attempts,
        due: row.due.to_string(),
        at: row.due,
    })
}

const QUARANTINE: &str = "quarantine";

/// Rows in quarantine, of one code or of all.
///
/// # Errors
/// `http-cursor` for a cursor of another list; what the store says.
pub(crate) fn quarantine(
    desk: &Desk<'_>,
    code: Option<&str>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Listed>, Refused> {
    let after = match after {
        Some(after) => cursor::part::<u32>(&cursor::read(QUARANTINE, after)?, 0)?.into(),
        None => 0,
    };
    let mut found = desk.view.quarantine(code, after, limit + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(id, _)| cursor::write(QUARANTINE, &[id]));
    let items = found.iter().map(|(id, row)| Listed::of(*id, row)).collect();
    Ok(Page { items, next })
}

/// Derives a stream's records again and compares.
///
/// # Errors
/// `http-not-found`; `explain-long` for a stream that is too long to do at once; what the store says.
pub(crate) fn derive(desk: &Desk<'_>, stream: StreamId) -> Result<Replayed, Refused> {
    match desk.view.last_seq(stream)? {
        0 => Err(Refused::not_found("there is no such stream")),
        many if many > MOST_DERIVED => Err(too_long()),
        _ => Ok(replay(desk.view, &*desk.book()?, Some(stream), |_, _, _| {})?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_silent_after_what_is_configured_for_it() {
        let hours = |hours: i64| Duration::from_secs(hours * 3600);
        for (ago, configured, silent) in
            [(23, None, false), (25, None, true), (25, Some(72), false), (2, Some(1), true)]
        {
            let heard = Timestamp::from_secs(1_000_000_000);
            let found = is_silent(heard, heard.plus(hours(ago)), configured.map(hours));
            assert_eq!(found, silent, "{ago} hours ago, {configured:?} configured");
        }
    }
}
