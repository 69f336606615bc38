//! The house: sources, the outbox, the quarantine, facts, and deriving a stream again.

use super::decisions::{MOST_DERIVED, Page, too_long};
use super::{Desk, cursor};
use crate::cli::quarantine::list::Listed;
use crate::cli::replay::{Replayed, replay};
use crate::serve::problem::Refused;
use bellwether_core::{StreamId, Timestamp};
use bellwether_store::{OutboxRow, OutboxStatus};
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
        at: heard.last,
    };
    Ok(found.into_iter().map(one).collect())
}

/// Statuses of the outbox with their words.
pub(crate) const STATUSES: [(OutboxStatus, &str); 5] = [
    (OutboxStatus::Waiting, "waiting"),
    (OutboxStatus::Sending, "sending"),
    (OutboxStatus::Done, "done"),
    (OutboxStatus::GivenUp, "given_up"),
    (OutboxStatus::Unknown, "unknown"),
];

/// How many effects stand where.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Count {
    /// `waiting`, `sending`, `done`, `given_up` or `unknown`.
    pub(crate) status: String,
    /// How many.
    pub(crate) effects: u64,
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
pub(crate) fn counts(desk: &Desk<'_>) -> Result<Vec<Count>, Refused> {
    let counts = desk.view.outbox_counts()?;
    let of = |status| counts.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count);
    let one = |(status, word): &(OutboxStatus, &str)| Count {
        status: (*word).to_owned(),
        effects: of(*status),
    };
    Ok(STATUSES.iter().map(one).collect())
}

const OUTBOX: &str = "outbox";

/// Effects of one status, in the order of the log.
///
/// # Errors
/// `http-cursor` for a cursor of another list; what the store says.
pub(crate) fn effects(
    desk: &Desk<'_>,
    status: OutboxStatus,
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
    if after.0 > 1 << 54 || after.1 > 255 {
        return Err(cursor::wrong());
    }
    let mut found = desk.view.effects_in(status, after, limit + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more);
    let next = next.map(|last| cursor::write(OUTBOX, &[&last.pos, &last.nth]));
    let items = found.iter().map(|row| effect(desk, row)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

fn effect(desk: &Desk<'_>, row: &OutboxRow) -> Result<Effect, Refused> {
    let said: Value = serde_json::from_slice(&row.body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let entry = desk.view.entry(row.pos)?;
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
