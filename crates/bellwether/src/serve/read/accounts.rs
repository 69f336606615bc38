//! Accounts: finding one by what somebody knows of it, and what happened to it.

use super::board::Key;
use super::decisions::{Page, window};
use super::{Desk, cursor};
use crate::cli::explain::find::{Subject, accounts, named};
use crate::cli::explain::render::{asked, describe, event, text_of, time_of};
use crate::cli::names::Names;
use crate::serve::problem::Refused;
use bellwether_core::{AccountId, DocKey, StreamId};
use bellwether_ledger::whole_record;
use bellwether_store::{StoredEntry, View};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// An account of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    /// Its id.
    pub(crate) account: String,
    /// Its stream, as records name it.
    pub(crate) stream: String,
    /// The case or deal that was looked for, where the search was for one.
    pub(crate) doc: Option<String>,
    /// How many escalations of it wait for somebody.
    pub(crate) waiting: usize,
    /// The newest escalation: where it stands, and who has it.
    pub(crate) newest: Option<Newest>,
    /// What it is called, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What its source calls it, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<String>,
}

/// The newest escalation of an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Newest {
    /// The graph.
    pub(crate) graph: String,
    /// `discovering`, `asked`, `accepted` or `closed`.
    pub(crate) state: String,
    /// The handle of who has it.
    pub(crate) person: Option<String>,
    /// The rule that led to it.
    pub(crate) rule: String,
    /// The record that moved it last.
    pub(crate) seq: u64,
    /// When.
    #[schema(format = DateTime)]
    pub(crate) at: String,
}

/// What one record of an account's says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Moment {
    /// The record's place in the stream.
    pub(crate) seq: u64,
    /// When.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// What happened, in a few words.
    pub(crate) what: String,
    /// What was done with it: `applied`, `late`, `duplicate`, ...
    pub(crate) status: String,
    /// Decisions that changed.
    pub(crate) decided: Vec<Decided>,
    /// Moves of escalations.
    pub(crate) moved: Vec<Moved>,
}

/// A decision that changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Decided {
    pub(crate) graph: String,
    pub(crate) doc: String,
    pub(crate) outcome: String,
    pub(crate) node: String,
    pub(crate) rule: String,
    /// The handle of who was asked because of it; empty if nobody was.
    pub(crate) asked: String,
}

/// A move of an escalation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Moved {
    pub(crate) graph: String,
    pub(crate) doc: String,
    pub(crate) to: String,
    pub(crate) node: String,
    /// The handle of who has it then; empty if nobody has.
    pub(crate) person: String,
    /// Why somebody is asked, or how it ended.
    pub(crate) why: String,
    /// Nobody was really asked: imported history.
    pub(crate) silent: bool,
}

const LIST: &str = "accounts";
const TIMELINE: &str = "timeline";

/// A page of accounts in the order in which they became known.
///
/// # Errors
/// `http-cursor` for a cursor of another list; what the store says.
pub(crate) fn page(
    desk: &Desk<'_>,
    names: &Names,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Account>, Refused> {
    let after = match after {
        Some(after) => cursor::part::<u64>(&cursor::read(LIST, after)?, 0)?,
        None => 0,
    };
    let mut found = desk.view.accounts_after(after, limit + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| cursor::write(LIST, &[&last.slot]));
    let items = found.iter().map(|one| row(desk, StreamId::account(one.id), None, names));
    Ok(Page { items: items.collect::<Result<_, _>>()?, next })
}

/// The accounts that a name, a mail address, a domain or an id stands for, the surest first.
///
/// # Errors
/// What the keys and the store say.
pub(crate) fn search(
    desk: &Desk<'_>,
    text: &str,
    names: &Names,
    limit: usize,
) -> Result<Vec<Account>, Refused> {
    let mut found: Vec<(StreamId, Option<DocKey>)> = Vec::new();
    let text = text.trim();
    if let Ok(subject) = text.parse::<Subject>() {
        let stream = subject.stream();
        found.extend((desk.view.last_seq(stream)? > 0).then_some((stream, None)));
    } else if !text.is_empty() {
        let edge = desk.edge()?;
        if text.contains('@') {
            found.extend(accounts(&edge.lookup_email(text)?));
        }
        let (source, id) = match text.split_once('=') {
            Some((source, id)) => (Some(source), id),
            None => (None, text),
        };
        found.extend(named(&edge, source, id)?.0);
        found.extend(accounts(&edge.lookup_domain(text)?));
        found.extend(accounts(&edge.lookup_name(text)?));
    }
    let mut seen = BTreeSet::new();
    // What was found as a case or deal says more than its account alone.
    found.sort_by_key(|(_, doc)| doc.is_none());
    found.retain(|(stream, _)| seen.insert(*stream));
    found.truncate(limit);
    found.into_iter().map(|(stream, doc)| row(desk, stream, doc, names)).collect()
}

/// One account in short.
///
/// # Errors
/// `http-not-found` where there is none; what the store says.
pub(crate) fn one(desk: &Desk<'_>, account: AccountId, names: &Names) -> Result<Account, Refused> {
    let stream = StreamId::account(account);
    if desk.view.last_seq(stream)? == 0 {
        return Err(Refused::not_found("there is no such account"));
    }
    row(desk, stream, None, names)
}

fn row(
    desk: &Desk<'_>,
    stream: StreamId,
    doc: Option<DocKey>,
    names: &Names,
) -> Result<Account, Refused> {
    let board = desk.board()?;
    let waits = |state: &str| matches!(state, "asked" | "accepted");
    let waiting = board.of(stream).filter(|(_, one)| waits(&one.state)).count();
    // Of several the newest that asked somebody answers "who got this".
    let newest = board.of(stream).max_by_key(|(_, one)| (one.person.is_some(), one.seq));
    let newest = newest.map(|((.., graph), one)| Newest {
        graph: graph.clone(),
        state: one.state.clone(),
        person: one.person.clone(),
        rule: one.rule.clone(),
        seq: one.seq,
        at: one.at.to_string(),
    });
    drop(board);
    Ok(Account {
        account: AccountId(stream.id).to_string(),
        stream: stream.to_string(),
        doc: doc.map(|doc| doc.to_string()),
        waiting,
        newest,
        name: names.called(stream),
        source_id: names.source_id(stream, doc.unwrap_or(DocKey::Account)),
    })
}

/// What happened to an account, newest first.
///
/// # Errors
/// `http-cursor` for a cursor of another list; what the store says.
pub(crate) fn timeline(
    desk: &Desk<'_>,
    stream: StreamId,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Moment>, Refused> {
    let mut end = match after {
        Some(after) => cursor::part::<u64>(&cursor::read(TIMELINE, after)?, 0)?,
        None => desk.view.last_seq(stream)?,
    };
    let mut items = Vec::new();
    while end > 0 && items.len() < limit {
        for kept in window(desk.view, Some(stream), end)?.iter().rev() {
            items.push(moment(desk.view, kept)?);
            end = kept.seq - 1;
            if items.len() == limit {
                break;
            }
        }
    }
    let next = (end > 0).then(|| cursor::write(TIMELINE, &[&end]));
    Ok(Page { items, next })
}

/// What moved one escalation since the record that opened it, newest first; as much of it as there is time
/// to look for.
///
/// # Errors
/// What the store says.
pub(crate) fn moves_of(desk: &Desk<'_>, key: &Key, opened: u64) -> Result<Vec<Moment>, Refused> {
    let (stream, doc, graph) = key;
    let doc = doc.to_string();
    let mut end = desk.view.last_seq(*stream)?;
    let mut found = Vec::new();
    while end >= opened.max(1) && !desk.is_late() {
        for kept in window(desk.view, Some(*stream), end)?.iter().rev() {
            end = kept.seq - 1;
            if kept.seq < opened {
                break;
            }
            let mut one = moment(desk.view, kept)?;
            one.decided.retain(|decided| decided.graph == *graph && decided.doc == doc);
            one.moved.retain(|moved| moved.graph == *graph && moved.doc == doc);
            found.extend((!one.moved.is_empty()).then_some(one));
        }
    }
    Ok(found)
}

fn moment(view: &View, kept: &StoredEntry) -> Result<Moment, Refused> {
    let whole = whole_record(&kept.record, || view.evidence(kept.pos))?;
    let record: Value = serde_json::from_slice(&whole).unwrap_or_default();
    let list = |name: &str| -> Vec<Value> {
        record.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let moves = list("moves");
    let decided = list("decisions").into_iter().filter(|one| one.get("evidence").is_some());
    let decided = decided.map(|one| Decided {
        graph: text_of(&one, "graph"),
        doc: text_of(&one, "doc"),
        outcome: text_of(&one, "outcome"),
        node: text_of(&one, "node"),
        rule: text_of(&one, "rule"),
        asked: asked(&one, &moves),
    });
    Ok(Moment {
        seq: kept.seq,
        at: time_of(&record).to_string(),
        what: what(kept, &record),
        status: text_of(&record, "status"),
        decided: decided.collect(),
        moved: moves.iter().map(moved).collect(),
    })
}

/// What happened: of answers the record says more than the event's kind.
fn what(kept: &StoredEntry, record: &Value) -> String {
    if let Some(answer) = record.get("answer") {
        let (person, said) = (text_of(answer, "person"), text_of(answer, "answer"));
        let rest = [text_of(answer, "reason"), text_of(answer, "to")].concat().replace('_', " ");
        let rest = if rest.is_empty() { String::new() } else { format!(": {rest}") };
        return format!("{person} answered: {said}{rest}");
    }
    if kept.event.is_empty() {
        return format!("{} (its event is purged)", text_of(record, "kind"));
    }
    describe(&event(kept))
}

fn moved(one: &Value) -> Moved {
    Moved {
        graph: text_of(one, "graph"),
        doc: text_of(one, "doc"),
        to: text_of(one, "to"),
        node: text_of(one, "node"),
        person: text_of(one, "person"),
        why: [text_of(one, "cause"), text_of(one, "how")].concat(),
        silent: one.get("silent").is_some(),
    }
}
