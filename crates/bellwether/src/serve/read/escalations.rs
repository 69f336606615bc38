//! Escalations: what waits for whom.

use super::board::{Key, Standing};
use super::decisions::Page;
use super::{Desk, cursor};
use crate::cli::names::Names;
use crate::serve::problem::Refused;
use crate::serve::viewer::Viewer;
use bellwether_core::{Code, Digest, Timestamp};
use bellwether_engine::{RuleBook, Rules};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Which escalations; what is said must all hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) state: State,
    pub(crate) person: Option<String>,
    pub(crate) overdue: bool,
    /// Without those about which nobody was really asked.
    pub(crate) asked_only: bool,
}

/// Which states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Somebody was asked, or has taken it.
    #[default]
    Waiting,
    /// Somebody was asked.
    Asked,
    /// Somebody has taken it.
    Accepted,
    /// More is found out first.
    Discovering,
    /// It is over.
    Closed,
    /// Any.
    All,
}

impl State {
    /// All with their words.
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Waiting, "waiting"),
        (Self::Asked, "asked"),
        (Self::Accepted, "accepted"),
        (Self::Discovering, "discovering"),
        (Self::Closed, "closed"),
        (Self::All, "all"),
    ];

    /// The state of a word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(state, _)| state)
    }

    /// The word.
    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    fn takes(self, state: &str) -> bool {
        match self {
            Self::All => true,
            Self::Waiting => matches!(state, "asked" | "accepted"),
            other => other.as_str() == state,
        }
    }
}

/// An escalation of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Escalation {
    /// The stream, the document and the graph: together they name it.
    pub(crate) stream: String,
    pub(crate) doc: String,
    pub(crate) graph: String,
    /// `discovering`, `asked`, `accepted` or `closed`.
    pub(crate) state: String,
    /// The node it stands at; empty when it is closed.
    pub(crate) node: String,
    /// The handle of who has it.
    pub(crate) person: Option<String>,
    /// When it came to stand so.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// When it must be looked at again; absent when it waits for nothing.
    #[schema(format = DateTime)]
    pub(crate) due: Option<String>,
    /// Whether that is past.
    pub(crate) overdue: bool,
    /// Whether somebody was really asked; imported history asks nobody.
    pub(crate) live: bool,
    /// The key of the ask that an answer must name.
    pub(crate) ask: Option<String>,
    /// The rule that led here, and its author's reason.
    pub(crate) rule: String,
    pub(crate) reason: String,
    /// Whether that rule could not be evaluated, so that doubt led here.
    pub(crate) doubt: bool,
    /// What it is for: `cxo`, `sponsor`, `person` or `discover`.
    pub(crate) outcome: String,
    /// Why somebody is asked, or how it ended.
    pub(crate) why: String,
    /// Where an approval is asked for: the node that is entered once it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approves: Option<String>,
    /// And the one that is entered when it is refused; absent when the escalation then ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
    /// What is to be done, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) steps: Vec<String>,
    /// The record that opened it, the one that decided it as it stands, and the one that moved it last.
    pub(crate) opened: u64,
    pub(crate) because: u64,
    pub(crate) seq: u64,
    /// What the account is called, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_name: Option<String>,
    /// What its source calls it, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<String>,
    #[serde(skip)]
    pub(crate) times: (Timestamp, Option<Timestamp>),
    #[serde(skip)]
    rules: Digest,
}

const LIST: &str = "escalations";

/// What lists are sorted by: what is due first, then what waits without end, then what ended last.
fn rank(key: &Key, one: &Standing) -> (bool, i64, Key) {
    let closed = one.state == "closed";
    let by = match (closed, one.due) {
        (true, _) => -one.at.micros(),
        (false, due) => due.unwrap_or(Timestamp::MAX).micros(),
    };
    (closed, by, key.clone())
}

/// A page of escalations, what is due first.
///
/// # Errors
/// `http-cursor` for a cursor of another list; what the store says.
pub(crate) fn page(
    desk: &Desk<'_>,
    wanted: &Wanted,
    names: &Names,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<Escalation>, Refused> {
    let after = after.map(|after| -> Result<_, Refused> {
        let parts = cursor::read(LIST, after)?;
        let key: Key =
            (cursor::part(&parts, 2)?, cursor::part(&parts, 3)?, cursor::part(&parts, 4)?);
        Ok((cursor::part::<bool>(&parts, 0)?, cursor::part::<i64>(&parts, 1)?, key))
    });
    let after = after.transpose()?;
    let now = desk.now();
    let mut found: Vec<_> = {
        let board = desk.board()?;
        let fits = board.cases().filter(|(_, one)| wanted.takes(one, now));
        let ranked = fits.map(|(key, one)| (rank(key, one), one));
        let rest = ranked.filter(|(rank, _)| after.as_ref().is_none_or(|after| rank > after));
        rest.map(|(rank, one)| (rank, one.clone())).collect()
    };
    found.sort_unstable_by(|(one, _), (next, _)| one.cmp(next));
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|((closed, by, (stream, doc, graph)), _)| {
        cursor::write(LIST, &[closed, by, stream, doc, graph])
    });
    let rules = Reasons::read(desk)?;
    let items = found.into_iter().map(|((.., key), one)| shown(&key, &one, now, &rules, names));
    Ok(Page { items: items.collect(), next })
}

impl Wanted {
    fn takes(&self, one: &Standing, now: Timestamp) -> bool {
        self.state.takes(&one.state)
            && (!self.asked_only || !one.silent)
            && (!self.overdue || is_overdue(one, now))
            && self.person.as_ref().is_none_or(|person| one.person.as_ref() == Some(person))
    }
}

fn is_overdue(one: &Standing, now: Timestamp) -> bool {
    one.state != "closed" && !one.silent && one.due.is_some_and(|due| due <= now)
}

/// One escalation.
///
/// # Errors
/// `http-not-found`; what the store says.
pub(crate) fn one(desk: &Desk<'_>, key: &Key, names: &Names) -> Result<Escalation, Refused> {
    let found = desk.board()?.case(key).cloned();
    let found = found.ok_or_else(|| Refused::not_found("there is no such escalation"))?;
    Ok(shown(key, &found, desk.now(), &Reasons::read(desk)?, names))
}

/// The escalations of an account, open ones first.
///
/// # Errors
/// What the store says.
pub(crate) fn of_stream(
    desk: &Desk<'_>,
    stream: bellwether_core::StreamId,
    names: &Names,
) -> Result<Vec<Escalation>, Refused> {
    let mut found: Vec<_> = {
        let board = desk.board()?;
        board.of(stream).map(|(key, one)| (rank(key, one), one.clone())).collect()
    };
    found.sort_unstable_by(|(one, _), (next, _)| one.cmp(next));
    let (rules, now) = (Reasons::read(desk)?, desk.now());
    Ok(found.iter().map(|((.., key), one)| shown(key, one, now, &rules, names)).collect())
}

/// The rules of an escalation: those that opened or raised it.
///
/// # Errors
/// What the store says.
pub(crate) fn rules(desk: &Desk<'_>, found: &Escalation) -> Result<Arc<Rules>, Refused> {
    Ok(Arc::clone(Reasons::read(desk)?.rules(found.rules)))
}

/// The reasons that rules give, each escalation's own.
struct Reasons {
    book: Arc<RuleBook>,
    in_force: Arc<Rules>,
}

impl Reasons {
    fn read(desk: &Desk<'_>) -> Result<Self, Refused> {
        Ok(Self { book: desk.book()?, in_force: desk.rules()? })
    }

    fn rules(&self, digest: Digest) -> &Arc<Rules> {
        let kept = self.book.get(&digest).filter(|rules| rules.keeps_nodes());
        kept.unwrap_or(&self.in_force)
    }

    /// The reason of the rule that decided, and whether doubt about it did: then it led elsewhere than the
    /// rule would have.
    fn of(&self, graph: &str, one: &Standing) -> (String, bool) {
        let rules = self.rules(one.rules);
        let found = rules.policy().graphs().iter().find(|known| known.name() == graph);
        let rule = found.and_then(|found| found.rules().iter().find(|rule| rule.id == one.rule));
        let (Some(found), Some(rule)) = (found, rule) else { return Default::default() };
        let to = found.nodes().get(rule.to).map_or("", |node| &node.name);
        (rule.reason.clone(), to != one.decided)
    }

    fn asked(&self, graph: &str, one: &Standing) -> Asked {
        let graph = self.rules(one.rules).policy().graph(Code::of(graph));
        let human = graph.and_then(|graph| graph.node(Code::of(&one.node))?.human());
        let (Some(graph), Some(human)) = (graph, human) else { return Asked::default() };
        let name = |at: usize| graph.nodes().get(at).map(|node| node.name.clone());
        Asked {
            approves: human.approves.and_then(name),
            refused: human.approves.and(human.refused).and_then(name),
            steps: human.steps.clone(),
        }
    }
}

/// What a node asks for besides an answer.
#[derive(Default)]
struct Asked {
    approves: Option<String>,
    refused: Option<String>,
    steps: Vec<String>,
}

fn shown(key: &Key, one: &Standing, now: Timestamp, rules: &Reasons, names: &Names) -> Escalation {
    let (stream, doc, graph) = key;
    let (reason, doubt) = rules.of(graph, one);
    let asked = rules.asked(graph, one);
    Escalation {
        stream: stream.to_string(),
        doc: doc.to_string(),
        graph: graph.clone(),
        state: one.state.clone(),
        node: one.node.clone(),
        person: one.person.clone(),
        at: one.at.to_string(),
        due: one.due.map(|due| due.to_string()),
        overdue: is_overdue(one, now),
        live: !one.silent,
        ask: one.ask.clone(),
        rule: one.rule.clone(),
        reason,
        doubt,
        outcome: one.outcome.clone(),
        why: one.why.clone(),
        approves: asked.approves,
        refused: asked.refused,
        steps: asked.steps,
        opened: one.opened,
        because: one.because,
        seq: one.seq,
        account_name: names.account(*stream),
        source_id: names.source_id(*stream, *doc),
        times: (one.at, one.due),
        rules: one.rules,
    }
}

/// One escalation, for somebody who may see it.
///
/// # Errors
/// As [`one`]; `http-not-found` for whoever is neither asked nor reads decisions.
pub(crate) fn seen(
    desk: &Desk<'_>,
    viewer: &Viewer,
    key: &Key,
    names: &Names,
) -> Result<Escalation, Refused> {
    let found = one(desk, key, names)?;
    match viewer.sees(found.person.as_deref()) {
        true => Ok(found),
        false => Err(Refused::not_found("there is no such escalation")),
    }
}
