//! Decisions: lists of them, newest first, and one with all that led to it.

use super::Desk;
use super::cursor;
use crate::cli::explain::told::{Teller, Told};
use crate::cli::export::row::{self, rows};
use crate::cli::names::Names;
use crate::serve::problem::Refused;
use axum::http::StatusCode;
use bellwether_core::{DocKey, Problem, StreamId, Timestamp};
use bellwether_ledger::whole_record;
use bellwether_store::{Row, StoredEntry, View};
use serde::Serialize;
use std::ops::ControlFlow;
use utoipa::ToSchema;

/// How many rows are read before the time is looked at.
const WINDOW: u64 = 512;
/// The most records that are derived for one request.
pub(crate) const MOST_DERIVED: u64 = 100_000;

/// Which decisions; what is said must all hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) stream: Option<StreamId>,
    pub(crate) person: Option<String>,
    pub(crate) graph: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// Also those that said what was said before.
    pub(crate) unchanged: bool,
}

/// One decision of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Decision {
    /// When.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// The stream, and the record's place in it: both name the decision's page.
    pub(crate) stream: String,
    pub(crate) seq: u64,
    /// The record's place in the log.
    pub(crate) pos: u64,
    /// The graph that decided.
    pub(crate) graph: String,
    /// What it is about: `account`, `case:...` or `deal:...`.
    pub(crate) doc: String,
    /// `cxo`, `sponsor`, `person`, `discover` or `none`.
    pub(crate) outcome: String,
    /// The node that was reached.
    pub(crate) node: String,
    /// The rule that decided; empty when none held.
    pub(crate) rule: String,
    /// The handles of those who were asked.
    pub(crate) asked: Vec<String>,
    /// Share of the required facts that were known and fresh, in parts per million.
    pub(crate) completeness_ppm: i64,
    /// The lowest trust among the facts that decided.
    pub(crate) trust: String,
    /// Whether it differs from the one before.
    pub(crate) changed: bool,
    /// The record that it replaces, because a signal came late.
    pub(crate) supersedes: Option<u64>,
    /// `live` or `history`.
    pub(crate) origin: String,
    /// What the account is called, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_name: Option<String>,
    /// What its source calls it, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Where it goes on; a page may be short although there is more.
    pub(crate) next: Option<String>,
}

impl Wanted {
    fn takes(&self, at: Timestamp, one: &row::Row<'_>) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|w| w == found);
        (self.unchanged || one.changed)
            && is(&self.graph, &one.graph)
            && is(&self.outcome, &one.outcome)
            && self.since.is_none_or(|since| since <= at)
            && self.until.is_none_or(|until| at < until)
            && self.person.as_ref().is_none_or(|person| one.asked.iter().any(|one| one == person))
    }
}

const LIST: &str = "decisions";

/// A page of decisions, the newest first.
///
/// # Errors
/// `http-cursor` for a cursor of another list; what the store says.
pub(crate) fn page(
    desk: &Desk<'_>,
    wanted: &Wanted,
    names: &Names,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Decision>, Refused> {
    let view = desk.view;
    let last = || match wanted.stream {
        Some(stream) => view.last_seq(stream),
        None => view.last_pos(),
    };
    // Everything below `end` is new, and of the row at `end` what comes after the first `given`.
    let (mut end, given) = match after {
        Some(after) => {
            let parts = cursor::read(LIST, after)?;
            (cursor::part::<u64>(&parts, 0)?, cursor::part::<usize>(&parts, 1)?)
        }
        None => (last()?, 0),
    };
    let (mut items, mut skip) = (Vec::new(), given);
    while end > 0 {
        let window = window(view, wanted.stream, end)?;
        for kept in window.iter().rev() {
            let place = if wanted.stream.is_some() { kept.seq } else { kept.pos };
            let mut found = of_row(view, kept, wanted)?;
            // Those that a cursor says were given already.
            let before = if place == end { std::mem::take(&mut skip) } else { 0 };
            found.drain(..before.min(found.len()));
            let room = limit - items.len();
            if found.len() > room {
                items.extend(found.into_iter().take(room).map(|one| named(one, names)));
                let next = Some(cursor::write(LIST, &[&place, &(before + room)]));
                return Ok(Page { items, next });
            }
            items.extend(found.into_iter().map(|one| named(one, names)));
        }
        end = end.saturating_sub(WINDOW);
        if end > 0 && (desk.is_late() || items.len() == limit) {
            return Ok(Page { items, next: Some(cursor::write(LIST, &[&end, &0])) });
        }
    }
    Ok(Page { items, next: None })
}

/// The rows up to and with `end`, oldest first.
pub(crate) fn window(
    view: &View,
    stream: Option<StreamId>,
    end: u64,
) -> Result<Vec<StoredEntry>, Refused> {
    let from = end.saturating_sub(WINDOW) + 1;
    let mut rows = Vec::new();
    let mut keep = |place: u64, row: &Row<'_>| {
        if place > end {
            return ControlFlow::Break(());
        }
        rows.push(row.to_owned());
        ControlFlow::Continue(())
    };
    match stream {
        Some(stream) => view.stream_events(stream, from, |row| keep(row.seq, row))?,
        None => view.scan(from, |row| keep(row.pos, row))?,
    }
    Ok(rows)
}

fn of_row(view: &View, kept: &StoredEntry, wanted: &Wanted) -> Result<Vec<Decision>, Refused> {
    let record = whole_record(&kept.record, || view.evidence(kept.pos))?;
    let (at, found) = rows(&record)?;
    let found = found.into_iter().filter(|one| wanted.takes(at, one));
    Ok(found.map(|one| decision(&one, kept)).collect())
}

fn decision(one: &row::Row<'_>, kept: &StoredEntry) -> Decision {
    Decision {
        at: one.at.to_string(),
        stream: kept.stream.to_string(),
        seq: kept.seq,
        pos: kept.pos,
        graph: one.graph.to_string(),
        doc: one.doc.to_string(),
        outcome: one.outcome.to_string(),
        node: one.node.to_string(),
        rule: one.rule.to_string(),
        asked: one.asked.iter().map(ToString::to_string).collect(),
        completeness_ppm: one.completeness.get(),
        trust: one.trust.to_string(),
        changed: one.changed,
        supersedes: one.supersedes,
        origin: one.origin.to_string(),
        account_name: None,
        source_id: None,
    }
}

fn named(mut one: Decision, names: &Names) -> Decision {
    if let (true, Ok(stream)) = (names.is_open(), one.stream.parse()) {
        one.account_name = names.account(stream);
        one.source_id = one.doc.parse().ok().and_then(|doc| names.source_id(stream, doc));
    }
    one
}

/// One record with its whole explanation.
///
/// # Errors
/// `http-not-found`, `explain-purged`, `explain-long`; what the store says.
pub(crate) fn explain(
    desk: &Desk<'_>,
    stream: StreamId,
    seq: u64,
    about: Option<DocKey>,
    names: &Names,
) -> Result<Told, Refused> {
    let there = desk.view.last_seq(stream)?;
    if seq == 0 || seq > there {
        return Err(Refused::not_found("there is no such record"));
    }
    let mut rows = Vec::new();
    desk.view.stream_events(stream, 1, |row| {
        if row.seq > seq {
            return ControlFlow::Break(());
        }
        rows.push(row.to_owned());
        if rows.len() as u64 > MOST_DERIVED {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if rows.len() as u64 > MOST_DERIVED {
        return Err(too_long());
    }
    let (book, staff) = (desk.book()?, desk.staff());
    let teller = Teller { view: desk.view, book: &book, staff: &staff };
    match teller.tell(&rows, seq, about, true)? {
        Some(told) => Ok(told.with_names(names)),
        None => Err(Refused::not_found("there is no such record")),
    }
}

/// More records than are derived for one request.
pub(crate) fn too_long() -> Refused {
    let message = "more than 100,000 records would have to be derived: too many at once";
    let help = "`bellwether explain` and `bellwether replay` on the server do it without a limit";
    let problem = Problem::new("explain-long", message).help(help);
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, problem)
}
