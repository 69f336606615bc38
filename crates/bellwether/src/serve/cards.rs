//! Cards: what a person reads who is asked, or need not act any more, or is told about the house.
//!
//! - In: an effect of the outbox, and the escalation as it stands.
//! - Out: the card and the ways to its person; or that nobody wants it any more.
//! - Never: other words for the same effect: a receiver must be able to tell a repetition.

use super::channels::ways;
use super::console::{sentence, words};
use super::problem::Refused;
use super::read::escalations::{self, Escalation};
use super::read::{Desk, Reading};
use crate::config::Config;
use bellwether_adapters::channel::{Card, CardKind};
use bellwether_core::effect::AskCause;
use bellwether_core::event::Note;
use bellwether_core::{Body, Code, DocKey, Effect, EffectKey, Personal, StreamId, Timestamp};
use bellwether_engine::Rules;
use bellwether_ledger::decode_event;
use bellwether_policy::{Blank, Graph};
use bellwether_runtime::delivery::{Prepared, Render, read_effect};
use bellwether_store::OutboxRow;
use serde_json::Value;
use std::sync::Arc;

/// Renders effects of a directory.
pub(super) fn renderer(reading: Arc<Reading>, config: Arc<Config>) -> Render {
    Arc::new(move |row| {
        let prepared = reading.now(|desk| prepare(desk, &config, row));
        prepared.map_err(|refused| *refused.problem)
    })
}

/// An effect as the outbox keeps it, with the words that codes do not say.
struct Asked<'a> {
    key: EffectKey,
    effect: Effect,
    body: &'a Value,
    stream: StreamId,
    at: Timestamp,
}

impl Asked<'_> {
    fn word(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

fn prepare(desk: &Desk<'_>, config: &Config, row: &OutboxRow) -> Result<Prepared, Refused> {
    let unreadable =
        || Refused::from(anyhow::anyhow!("the effect at position {} cannot be read", row.pos));
    let (key, effect) = read_effect(&row.body).ok_or_else(unreadable)?;
    let body: Value = serde_json::from_slice(&row.body).map_err(|_| unreadable())?;
    let entry = desk.view.entry(row.pos)?.ok_or_else(unreadable)?;
    let event = decode_event(&entry.event).map_err(|_| unreadable())?;
    let asked = Asked { key, effect, body: &body, stream: entry.stream, at: event.at };
    let person = asked.word("person").to_owned();
    let card = match &asked.effect {
        Effect::Ask { doc, opened, cause, .. } => {
            ask(desk, config, &asked, (*doc, *opened, *cause))?
        }
        Effect::StandDown { doc, .. } => Some(stand_down(desk, config, &asked, *doc)?),
        Effect::Notice { note, .. } => Some(notice(config, &asked, *note, &event.body)),
    };
    let Some(card) = card else { return Ok(Prepared::Unwanted) };
    let (staff, rules) = (desk.staff(), desk.rules()?);
    let known = rules.policy().people().person(Code::of(&person));
    let listed = known.map_or(&[][..], |known| &known.channels);
    Ok(Prepared::Card { card, ways: ways(config, &person, listed, staff.email(&person)) })
}

/// `None` where the escalation has moved on: somebody else is asked, or nobody.
fn ask(
    desk: &Desk<'_>,
    config: &Config,
    asked: &Asked<'_>,
    (doc, opened, cause): (DocKey, u64, AskCause),
) -> Result<Option<Card>, Refused> {
    let key = (asked.stream, doc, asked.word("graph").to_owned());
    if opened == 0 {
        return Ok(Some(undecided(config, asked)));
    }
    let found = escalations::one(desk, &key, &desk.names_to_notify()?)?;
    if found.ask.as_deref() != Some(asked.key.0.to_string().as_str()) {
        return Ok(None);
    }
    let title = format!("{}{}: {}", kind_of_ask(&found), sentence(&found.reason), who(&found));
    let mut card = blank(asked, CardKind::Ask, title);
    card.facts = facts(&found, asked);
    card.text = vec![
        said(match found.doubt {
            true => format!(
                "You are asked because it is not known whether this rule holds: {}. A fact that it needs is missing.",
                reason(&found)
            ),
            false => format!("You are asked because {}.", reason(&found)),
        }),
        said(before(cause).to_owned()),
        said(match &found.due {
            Some(due) => format!("If nobody answers by {due}, the next in line is asked."),
            None => "Nobody else is asked before you answer.".to_owned(),
        }),
    ];
    let rules = escalations::rules(desk, &found)?;
    let graph = rules.policy().graph(Code::of(&found.graph));
    if let Some(what) = graph.and_then(|graph| after_approval(graph, &found)) {
        card.text.push(said(what));
    }
    own_words(&rules, &found, asked.word("node"), &mut card);
    card.link = link(config, &found);
    Ok(Some(card))
}

/// The words for such an ask of the bundle that the escalation keeps. They come before what is always said, and
/// a title still says first that it is about an approval or a doubt.
fn own_words(rules: &Rules, found: &Escalation, node: &str, card: &mut Card) {
    let Some(message) = rules.policy().message(&found.graph, node) else { return };
    let value = |blank| match blank {
        Blank::Account => who(found),
        Blank::Subject => found.source_id.clone().unwrap_or_else(|| found.doc.clone()),
        Blank::Reason => reason(found),
        Blank::Rule => found.rule.clone(),
        Blank::Due => found.due.clone().unwrap_or_else(|| "no fixed time".to_owned()),
    };
    if let Some(title) = &message.title {
        card.title = said(format!("{}{}", kind_of_ask(found), title.fill(value)));
    }
    let lines = message.text.iter().map(|line| said(line.fill(value)));
    card.text.splice(0..0, lines);
}

/// What a title says before anything else.
fn kind_of_ask(found: &Escalation) -> String {
    let approve = if found.approves.is_some() { "Approve or refuse: " } else { "" };
    let doubt = if found.doubt { "In doubt: " } else { "" };
    format!("{approve}{doubt}")
}

/// What comes after an approval, and after its refusal. What the boundaries say to it is only known then.
fn after_approval(graph: &Graph, found: &Escalation) -> Option<String> {
    let at = graph.nodes().iter().position(|node| node.name == found.node)?;
    let next = graph.nodes().get(at)?.approval()?.approves?;
    let node = graph.nodes().get(next)?;
    let refused = found.refused.as_deref();
    let refused =
        refused.map_or("it ends here".to_owned(), |to| format!("it goes to {}", words(to)));
    let given = match (node.approval(), graph.permit(next)) {
        (Some(approval), _) => format!("{} must approve next", words(&approval.role)),
        (None, None) => format!("{} is asked", words(&node.name)),
        (None, Some(permit)) => {
            let more = permit.asks.iter().any(|ask| *ask != at);
            let more = if more { "want another approval first or " } else { "" };
            let name = words(&node.name);
            format!("{name} is asked, unless the boundaries {more}do not allow it")
        }
    };
    Some(format!("If you approve, {given}; if you refuse, {refused}."))
}

fn stand_down(
    desk: &Desk<'_>,
    config: &Config,
    asked: &Asked<'_>,
    doc: DocKey,
) -> Result<Card, Refused> {
    let key = (asked.stream, doc, asked.word("graph").to_owned());
    let found = escalations::one(desk, &key, &desk.names_to_notify()?)?;
    let title = format!("No need to act any more: {}", who(&found));
    let mut card = blank(asked, CardKind::StandDown, title);
    card.facts = facts(&found, asked);
    card.text = vec![said(match found.state.as_str() {
        "closed" => format!("It has ended: {}.", words(&found.why)),
        _ => "Somebody else is asked now.".to_owned(),
    })];
    card.link = link(config, &found);
    Ok(card)
}

/// What could not be decided at all.
fn undecided(config: &Config, asked: &Asked<'_>) -> Card {
    let title = "Something could not be decided, and needs somebody to look".to_owned();
    let mut card = blank(asked, CardKind::Ask, title);
    card.text = vec![said(
        "An event was recorded whose consequences could not be worked out. Nothing was done after it."
            .to_owned(),
    )];
    card.link = config.server.public_url.as_ref().map(|url| format!("{url}/decisions"));
    card
}

/// News of the house.
fn notice(config: &Config, asked: &Asked<'_>, note: Note, body: &Body) -> Card {
    let members = match body {
        Body::Noted { members, .. } => members.as_slice(),
        _ => &[],
    };
    let member = |name: &str| {
        let found = members.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, text)| text.as_str())
    };
    let silent = member("state") == "silent";
    let title = match note {
        Note::SourceSilent if silent => {
            format!("The source {} has fallen silent", member("source"))
        }
        Note::SourceSilent => format!("The source {} speaks again", member("source")),
        Note::Latency => "Deciding takes long".to_owned(),
        Note::BreakGlass => "The account for emergencies was used".to_owned(),
        Note::ClockJump => "The clock of the machine jumped".to_owned(),
        Note::RulesProposed => "Rules were proposed".to_owned(),
        Note::RulesApproved => "Rules were approved".to_owned(),
        Note::RulesStarted => "Other rules begin".to_owned(),
        Note::RulesRolledBack => "Earlier rules are in force again".to_owned(),
        Note::RulesWithdrawn => "Rules were withdrawn".to_owned(),
        Note::Stop if member("stopped") == "true" => "Sending was stopped".to_owned(),
        Note::Stop => "Sending goes on".to_owned(),
    };
    let mut card = blank(asked, CardKind::Notice, title);
    card.facts = members.iter().map(|(name, text)| (words(name), said(text.clone()))).collect();
    card.text = vec![said("The runbook says what to do about it.".to_owned())];
    card.link = config.server.public_url.as_ref().map(|url| format!("{url}/help/runbook"));
    card
}

fn blank(asked: &Asked<'_>, kind: CardKind, title: String) -> Card {
    let (key, at) = (asked.key.0, asked.at);
    let (facts, text) = (Vec::new(), Vec::new());
    Card { key, kind, at, title: said(title), facts, text, link: None, trace: None }
}

fn facts(found: &Escalation, asked: &Asked<'_>) -> Vec<(String, Personal<String>)> {
    let mut facts = vec![("Account".to_owned(), said(who(found)))];
    let mut fact = |label: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.push((label.to_owned(), said(value)));
        }
    };
    fact("Case or deal", found.source_id.clone());
    fact("Matter", Some(words(&found.graph)));
    fact("Rule", Some(found.rule.clone()));
    fact("Asked as", Some(words(asked.word("node"))));
    fact("Steps", Some(found.steps.iter().map(|step| words(step)).collect::<Vec<_>>().join(", ")));
    fact("Answer by", found.due.clone());
    fact("In doubt", found.doubt.then(|| "yes: a fact that the rule needs is missing".to_owned()));
    facts
}

fn who(found: &Escalation) -> String {
    let named = found.account_name.clone().or_else(|| found.source_id.clone());
    named.unwrap_or_else(|| found.stream.clone())
}

fn reason(found: &Escalation) -> String {
    match found.reason.is_empty() {
        true => format!("the rule {} says so", found.rule),
        false => found.reason.clone(),
    }
}

fn before(cause: AskCause) -> &'static str {
    match cause {
        AskCause::Decided => "You are the first who is asked.",
        AskCause::Fallback => "Whoever was asked before you did not answer in time.",
        AskCause::PassedOn => "Whoever was asked before you passed it on.",
        AskCause::Again => "You were asked before; it comes back.",
        AskCause::Raised => "It was with a lower level before, and has become more serious.",
        AskCause::Unreached => "Whoever was asked before you could not be reached.",
        AskCause::Approve => "Nothing is done before you approve it.",
        AskCause::Approved => "Whoever had to approve it before you has done so.",
        AskCause::Refused => "It needed an approval, which was refused.",
        AskCause::Denied => "What it was for is not allowed, or that cannot be told.",
        AskCause::Undecided => "Nobody could be chosen by a rule.",
    }
}

fn link(config: &Config, found: &Escalation) -> Option<String> {
    let url = config.server.public_url.as_ref()?;
    Some(format!("{url}/escalations/{}/{}/{}", found.stream, found.doc, found.graph))
}

fn said(text: String) -> Personal<String> {
    Personal::new(text)
}

#[cfg(test)]
mod tests;
