//! What is told of one record: derived again, with facts, signals, margins and who could be asked.
//!
//! - In: a stream's rows up to the record, the rules they name.
//! - Out: [`Told`], which the command prints and the server shows.
//! - Never: a name; whoever shows it adds those that are open.

use super::origins::Origins;
use super::permits::ToldPermit;
use super::render::{asked, describe, event, stands, text_of};
use super::staff::Staff;
use super::stood::{ToldClause, ToldNode, ToldRule, clauses, told_node, told_rule};
use crate::exit::{Failure, Problems};
use anyhow::{Result, bail};
use bellwether_core::{AccountId, Code, DocKey, Problem, StreamId, Timestamp};
use bellwether_engine::explain::{Explained, ExplainedDecision, explain};
use bellwether_engine::{RuleBook, Rules};
use bellwether_ledger::whole_record;
use bellwether_runtime::base::state_of;
use bellwether_store::{StoredEntry, View};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One record, derived again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub(crate) struct Told {
    /// The stream.
    pub(crate) stream: String,
    /// The account's links.
    pub(crate) links: ToldLinks,
    /// The record's place in its stream.
    pub(crate) seq: u64,
    /// The record's place in the log.
    pub(crate) pos: u64,
    /// When.
    pub(crate) at: String,
    /// What was done with the event.
    pub(crate) status: String,
    /// What the event was, in a few words.
    pub(crate) because: String,
    /// The event as it is kept: no name stands in it.
    #[schema(value_type = Object)]
    pub(crate) event: Value,
    /// Why words of the event are gone, if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gone: Option<&'static str>,
    /// One entry per graph that decided.
    pub(crate) decisions: Vec<ToldDecision>,
    /// What the boundaries were asked before a node was entered, and said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) permits: Vec<ToldPermit>,
    #[serde(skip)]
    pub(crate) of: StreamId,
}

/// Links of an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Links)]
pub(crate) struct ToldLinks {
    /// The stream that its signals count for, if that is another one.
    pub(crate) counts_for: Option<String>,
    /// Streams whose signals it counts too.
    pub(crate) also_counts: Vec<String>,
    #[serde(skip)]
    pub(crate) streams: (Option<StreamId>, Vec<StreamId>),
}

/// What one graph decided, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedDecision)]
pub(crate) struct ToldDecision {
    /// The graph.
    pub(crate) graph: String,
    /// Who answers for the graph.
    pub(crate) owner: String,
    /// What it is about.
    pub(crate) doc: String,
    /// What was decided.
    pub(crate) outcome: String,
    /// The nodes from the start to the one that was reached.
    pub(crate) path: Vec<String>,
    /// The rule that decided.
    pub(crate) rule: Option<String>,
    /// Its author's reason.
    pub(crate) reason: Option<String>,
    /// Whether that rule could not be evaluated.
    pub(crate) doubt: bool,
    /// The conditions of that rule, with what was found and by what margin.
    pub(crate) clauses: Vec<ToldClause>,
    /// Rules that stood before it and did not hold.
    pub(crate) before: Vec<ToldRule>,
    /// Where else the graph could have ended.
    pub(crate) others: Vec<ToldNode>,
    /// What is asked of whom, if somebody is.
    pub(crate) asks: Option<ToldAsk>,
    /// The handle of whom this record asked; empty if it asked nobody.
    pub(crate) asked: String,
    /// The handles of those who could be asked then, the first of at most 16.
    pub(crate) candidates: Vec<String>,
    /// Share of the required facts that were known and fresh, in parts per million.
    pub(crate) completeness_ppm: i64,
    /// The record that this one replaces, because its signal came late.
    pub(crate) supersedes: Option<u64>,
    /// The facts that the graph can read, those that decided first.
    pub(crate) facts: Vec<ToldFact>,
    /// Where the escalation stood after the record.
    pub(crate) stands: String,
    /// All of it for people.
    pub(crate) text: String,
    /// What the account is called, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_name: Option<String>,
    /// What its source calls it, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<String>,
    #[serde(skip)]
    pub(crate) about: DocKey,
}

/// What a node asks of whom.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Asks)]
pub(crate) struct ToldAsk {
    /// The role that is asked first.
    pub(crate) role: String,
    /// The roles after it.
    pub(crate) fallback: Vec<String>,
    /// How high it is.
    pub(crate) level: u8,
    /// How long one person has to take it.
    pub(crate) ack: String,
    /// How long until something must have moved.
    pub(crate) act: String,
}

/// A fact and the signals in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedFact)]
pub(crate) struct ToldFact {
    /// Its name.
    pub(crate) fact: String,
    /// Its value; absent when it was missing.
    pub(crate) value: Option<String>,
    /// Whether the deciding rule read it.
    pub(crate) decided: bool,
    /// The event time of the newest signal in it.
    pub(crate) as_of: Option<String>,
    /// When that could first be known.
    pub(crate) known_at: Option<String>,
    /// Who could have written it.
    pub(crate) trust: String,
    /// It was known once, but is too old.
    pub(crate) stale: bool,
    /// The signals in it, the oldest first.
    pub(crate) from: Vec<ToldSignal>,
}

/// A signal that is in a fact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FactSignal)]
pub(crate) struct ToldSignal {
    /// The stream it lies in.
    pub(crate) stream: String,
    /// The place of its record there.
    pub(crate) seq: u64,
    /// Its kind.
    pub(crate) kind: String,
    /// When it happened.
    pub(crate) at: String,
    /// The account whose keys matched.
    pub(crate) account: String,
    /// `kept`, `erased` or `purged`.
    pub(crate) words: String,
    #[serde(skip)]
    pub(crate) place: (StreamId, AccountId),
}

/// What telling needs.
pub(crate) struct Teller<'a> {
    pub(crate) view: &'a View,
    pub(crate) book: &'a RuleBook,
    pub(crate) staff: &'a Staff,
}

impl Teller<'_> {
    /// Tells of one record of a stream, whose rows up to it are given; `about` keeps one document, and
    /// `all` also decisions that changed nothing.
    pub(crate) fn tell(
        &self,
        rows: &[StoredEntry],
        seq: u64,
        about: Option<DocKey>,
        all: bool,
    ) -> Result<Option<Told>> {
        let Some(row) = rows.iter().find(|row| row.seq == seq) else { return Ok(None) };
        let stream = row.stream;
        let purged = rows.first().is_some_and(|row| row.event.is_empty());
        let read_base = || state_of(self.view, stream, self.book).map_err(Failure::drive);
        let start = if purged { read_base()? } else { None };
        let base = start.as_ref().map_or(0, |state| state.seq);
        if seq <= base {
            return Err(purged_before(stream, seq, base).into());
        }
        let kept = rows.iter().filter(|row| row.seq > base);
        let bytes = kept.map(|row| (&row.event[..], &row.record[..]));
        let explained = match explain(bytes, seq, self.book, start) {
            Ok(Some(explained)) => explained,
            Ok(None) => return Ok(None),
            Err(error) => bail!("[{}] {error}", error.code()),
        };
        let Some(rules) = self.book.get(&explained.event.rules) else { return Ok(None) };
        let origins = Origins::read(self.view, stream, row.pos)?;
        let record = whole_record(&row.record, || self.view.evidence(row.pos))?;
        let record: Value = serde_json::from_slice(&record).unwrap_or_default();
        let one = One { teller: self, rules, origins: &origins, record: &record };
        let wanted = |decision: &&ExplainedDecision| {
            about.is_none_or(|doc| doc == decision.decided.doc) && (all || decision.decided.changed)
        };
        let Explained { decisions, permits, event: envelope, status, .. } = &explained;
        let kept_event = event(row);
        Ok(Some(Told {
            stream: stream.to_string(),
            links: origins.told_links(),
            seq,
            pos: row.pos,
            at: envelope.at.to_string(),
            status: status.as_str().to_owned(),
            because: describe(&kept_event),
            gone: origins.gone(row),
            event: kept_event,
            decisions: decisions.iter().filter(wanted).map(|decision| one.tell(decision)).collect(),
            permits: permits.iter().map(ToldPermit::from).collect(),
            of: stream,
        }))
    }
}

fn purged_before(stream: StreamId, seq: u64, base: u64) -> Problems {
    let message =
        format!("what led to record {seq} is purged: {stream} is kept from record {base} on");
    let help = "`export decisions` still shows what was decided; the record itself stays";
    Problems(vec![Problem::new("explain-purged", message).help(help)])
}

/// One record under way.
struct One<'a> {
    teller: &'a Teller<'a>,
    rules: &'a Rules,
    origins: &'a Origins<'a>,
    record: &'a Value,
}

impl One<'_> {
    fn tell(&self, decision: &ExplainedDecision) -> ToldDecision {
        let (decided, said) = (&decision.decided, &decision.explanation);
        let rule = said.decided.as_ref();
        let (asked, candidates) = self.asked(decision);
        ToldDecision {
            graph: said.graph.clone(),
            owner: said.owner.clone(),
            doc: decided.doc.to_string(),
            outcome: said.outcome.as_str().to_owned(),
            path: said.path.clone(),
            rule: rule.map(|rule| rule.id.clone()),
            reason: rule.map(|rule| rule.reason.clone()),
            doubt: said.doubt,
            clauses: rule.map(clauses).unwrap_or_default(),
            before: said.before.iter().map(told_rule).collect(),
            others: said.others.iter().map(told_node).collect(),
            asks: said.asks.as_ref().map(|asks| ToldAsk {
                role: asks.role.clone(),
                fallback: asks.fallback.clone(),
                level: asks.level,
                ack: asks.ack.to_string(),
                act: asks.act.to_string(),
            }),
            asked,
            candidates,
            completeness_ppm: decision.completeness,
            supersedes: decided.supersedes,
            facts: self.facts(decision),
            stands: self.stands(decision),
            text: said.render(),
            account_name: None,
            source_id: None,
            about: decided.doc,
        }
    }

    /// Whom the record asked because of a decision, and who else was there.
    fn asked(&self, decision: &ExplainedDecision) -> (String, Vec<String>) {
        let list = |name: &str| self.record.get(name).and_then(Value::as_array).cloned();
        let moves = list("moves").unwrap_or_default();
        let doc = decision.decided.doc.to_string();
        let own = |one: &&Value| {
            text_of(one, "graph") == decision.explanation.graph && text_of(one, "doc") == doc
        };
        let decisions = list("decisions").unwrap_or_default();
        let person = decisions.iter().find(own).map(|one| asked(one, &moves)).unwrap_or_default();
        let there = moves.iter().filter(own).find_map(|one| one.get("candidates")?.as_array());
        let there = there.into_iter().flatten().map(|one| text_of(one, "person"));
        (person, there.collect())
    }

    /// Facts that decided first, then by name.
    fn facts(&self, decision: &ExplainedDecision) -> Vec<ToldFact> {
        let mut facts: Vec<_> = decision.facts.iter().collect();
        facts.sort_by_key(|fact| (!fact.decided, fact.name.clone()));
        let now = super::render::time_of(self.record);
        let told = facts.into_iter().map(|fact| {
            let from = self.origins.of(self.rules, &fact.name, decision.decided.doc, now);
            ToldFact {
                fact: fact.name.clone(),
                value: fact.value.clone(),
                decided: fact.decided,
                as_of: fact.as_of.map(text),
                known_at: fact.known_at.map(text),
                trust: fact.trust.as_str().to_owned(),
                stale: fact.stale,
                from: from.into_iter().map(|past| self.origins.signal(past)).collect(),
            }
        });
        told.collect()
    }

    fn stands(&self, decision: &ExplainedDecision) -> String {
        let word = |code: Code| match self.rules.word(code) {
            Some(word) => word.to_owned(),
            None => code.to_string(),
        };
        stands(decision.escalation, &|code| self.teller.staff.of(&word(code)))
    }
}

fn text(at: Timestamp) -> String {
    at.to_string()
}
