//! A company whose every signal leads to an ask: the signal's field `way` says of whom, and nothing else does.

use crate::receiver::News;
use crate::world::World;
use bellwether_core::event::Performed;
use bellwether_core::{Body, StreamId};
use bellwether_ledger::decode_event;
use bellwether_store::{OutboxRow, OutboxStatus, View};
use serde_json::Value;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// What a customer wrote in every signal: it is in no message, no leaf and no span.
pub(crate) const WROTE: &str = "Zimtschnecke-4711 has been broken since Monday";

/// Past the capture of a passing test: whoever runs the tests must see what was left out.
pub(crate) fn skipped(test: &str, why: &str) {
    std::io::stderr().write_all(format!("SKIPPED {test}: {why}\n").as_bytes()).unwrap();
}

/// Writes the bundle `company`: whoever signals the way `w` has `w-1` asked, and `w-2` next.
pub(crate) fn write_bundle(world: &World, ways: &[String]) {
    let mut roles = "roles:\n  night: [night-1, night-2]\n".to_owned();
    let mut people = "people:\n".to_owned();
    let mut nodes = "  look: {kind: decide, unknown: night}\n  none: {kind: end}\n  \
                     night: {kind: human, role: night, ack: 30d}\n"
        .to_owned();
    let mut rules = String::new();
    for handle in ["night-1", "night-2"] {
        people += &format!("  {handle}: {{name: N, email: {handle}@staff.example}}\n");
    }
    for way in ways {
        roles += &format!("  {way}: [{way}-1, {way}-2]\n");
        for nth in 1..=2 {
            people += &format!("  {way}-{nth}: {{name: P, email: {way}-{nth}@staff.example}}\n");
        }
        nodes += &format!("  {way}: {{kind: human, role: {way}, ack: 30d}}\n");
        rules += &format!(
            "  - {{id: R-{way}, from: look, to: {way}, when: \"way == '{way}'\", reason: they wait}}\n"
        );
    }
    let values = ways.join(", ");
    let file = |name: &str, text: String| world.write(&format!("company/{name}"), text);
    file(
        "bundle.yaml",
        "bundle: company\nversion: 1.0.0\nowner: o\ncurrency: EUR\nmode: enforce\n".to_owned(),
    );
    file(
        "facts.yaml",
        format!(
            "facts:\n  way: {{type: code, from: chat.message.way}}\nsignals:\n  \
             chat.message: {{way: {{type: code, values: [{values}]}}}}\n"
        ),
    );
    file("people.yaml", format!("{roles}{people}always: night\n"));
    file(
        "routing/company.yaml",
        format!(
            "graph: company\nsubject: account\nowner: o\nstart: look\nnodes:\n{nodes}rules:\n{rules}  \
             - {{id: R-none, from: look, to: none, otherwise: true}}\n"
        ),
    );
    let first = ways.first().unwrap();
    file(
        "tests/company.yaml",
        format!(
            "tests:\n  - {{name: one, graph: company, facts: {{way: {first}}}, expect: {{node: {first}}}}}\n"
        ),
    );
}

/// A signal of an account that leads to an ask by that way.
pub(crate) fn signal(id: &str, account: &str, way: &str) -> Value {
    serde_json::json!({
        "specversion": "1.0", "id": id, "source": "crm", "type": "chat.message",
        "data": {
            "account": {"domain": format!("{account}.example"), "name": format!("{account} plc")},
            "fields": {"way": way},
            "text": {"text": WROTE}
        }
    })
}

/// What the journal says became of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) key: String,
    pub(crate) kind: &'static str,
    pub(crate) result: Performed,
    pub(crate) via: String,
    pub(crate) attempts: u32,
    /// The event and the record, as they are kept.
    pub(crate) bytes: Vec<u8>,
}

/// An effect, and whom it is for.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) key: String,
    pub(crate) kind: String,
    pub(crate) person: String,
    pub(crate) stream: StreamId,
    pub(crate) row: OutboxRow,
}

/// The leaves about effects, in order.
pub(crate) fn leaves(view: &View) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let each = |row: &bellwether_store::Row<'_>| {
        let body = decode_event(row.event).unwrap().body;
        let kind = body.kind();
        if let Body::Performed { effect, result, via, attempts, .. } = body {
            let (key, bytes) = (effect.0.to_string(), [row.event, row.record].concat());
            leaves.push(Leaf { key, kind, result, via, attempts, bytes });
        }
        ControlFlow::Continue(())
    };
    view.scan(1, each).unwrap();
    leaves
}

/// Everything that was to be sent, in order.
pub(crate) fn effects(view: &View) -> Vec<Effect> {
    let (mut effects, mut last) = (Vec::new(), (0, 0));
    loop {
        let rows = view.effects_after(last, 1_000).unwrap();
        let Some(end) = rows.last() else { return effects };
        last = (end.pos, end.nth);
        effects.extend(rows.into_iter().map(|row| {
            let body: Value = serde_json::from_slice(&row.body).unwrap();
            let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            let stream = view.stream_at(row.pos).unwrap().unwrap();
            Effect {
                key: row.key.to_string(),
                kind: word("kind"),
                person: word("person"),
                stream,
                row,
            }
        }));
    }
}

/// Waits until something holds; looks again whenever a receiver has news, and every now and then.
#[track_caller]
pub(crate) fn until(what: &str, news: &News, seconds: u64, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < end, "after {seconds} s still not: {what}");
        news.wait(Duration::from_millis(50));
    }
}

/// Whether so many effects are there, and nothing is left to do about any by itself.
pub(crate) fn is_settled(view: &View, least: u64) -> bool {
    let counts = view.outbox_counts().unwrap();
    let sum = |open: Option<bool>| -> u64 {
        let counted =
            counts.iter().filter(|(status, _)| open.is_none_or(|it| status.is_open() == it));
        counted.map(|(_, count)| count).sum()
    };
    sum(Some(true)) == 0 && sum(None) >= least
}

/// The promise, held against what receivers did: `done` says how often a key was executed. Nothing is executed twice,
/// and what the journal says is what happened.
#[track_caller]
pub(crate) fn hold(view: &View, done: impl Fn(&str) -> u32) {
    let leaves = leaves(view);
    for effect in effects(view) {
        let told: Vec<_> = leaves.iter().filter(|leaf| leaf.key == effect.key).collect();
        let times = done(&effect.key);
        let at = format!(
            "{} to {}: {:?}, executed {times} times",
            effect.key, effect.person, effect.row
        );
        let meant = match effect.row.status {
            OutboxStatus::Done => Some(Performed::Delivered),
            OutboxStatus::Ambiguous => Some(Performed::Unknown),
            OutboxStatus::Refused => Some(Performed::Refused),
            OutboxStatus::GivenUp => Some(Performed::GivenUp),
            OutboxStatus::Expired => Some(Performed::Expired),
            OutboxStatus::Waiting | OutboxStatus::Sending | OutboxStatus::Unknown => None,
        };
        let results: Vec<_> = told.iter().map(|leaf| leaf.result).collect();
        assert_eq!(results, Vec::from_iter(meant), "{at}");
        let fits = match meant {
            Some(Performed::Delivered) => times == 1,
            Some(Performed::Unknown) | None => times <= 1,
            Some(Performed::Refused | Performed::GivenUp | Performed::Expired) => times == 0,
        };
        assert!(fits, "{at}");
    }
}
