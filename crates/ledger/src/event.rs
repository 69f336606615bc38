//! The bytes of an event: what the edge took in, without anybody's words.
//!
//! [`encode_event`] gives the bytes and the [`Envelope`] that the engine reads; `decode_event` gives
//! the same envelope from the bytes, years later.

use crate::json::{self, Object};
use bellwether_core::effect::TimerKind;
use bellwether_core::event::{Answer, FoldCause, Seen};
use bellwether_core::signal::{MatchedBy, RawValue};
use bellwether_core::{
    AccountId, Body, Code, Digest, DocKey, Envelope, Field, Id, Origin, Signal, StreamId,
    SubjectId, Timestamp, Trust, Value,
};

/// The version of the event's format.
pub const FORMAT: u64 = 1;

/// An event that is about to be written.
#[derive(Clone, Debug)]
pub struct EventDraft<'a> {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// When the edge took it in; for history, when it happened.
    pub at: Timestamp,
    /// Digest of the rules that hold for it.
    pub rules: Digest,
    /// Now or history.
    pub origin: Origin,
    /// The epoch of the log.
    pub epoch: u64,
    /// What the driver found about its key.
    pub seen: Seen,
    /// Stepping it failed: it is to be recorded as undecided.
    pub failed: bool,
    /// The account whose keys matched, where a link led here.
    pub via: Option<AccountId>,
    /// What happened.
    pub body: DraftBody<'a>,
}

/// What happened, with the names that only the bytes keep.
#[derive(Clone, Debug)]
pub enum DraftBody<'a> {
    /// A signal, still with its words.
    Signal(SignalDraft<'a>),
    /// Anything else; it has no words that are not in [`Body`].
    Plain(&'a Body),
}

/// A signal with its words. Fields must be sorted by name, without doubles.
#[derive(Clone, Debug)]
pub struct SignalDraft<'a> {
    /// First 64 bits of the keyed hash of (source, id).
    pub key: u64,
    /// First 64 bits of the keyed hash of the content.
    pub content: u64,
    /// The source.
    pub source: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// When it happened.
    pub at: Timestamp,
    /// When it could first be known.
    pub known_at: Timestamp,
    /// Who could have written it.
    pub trust: Trust,
    /// The case or deal.
    pub doc: Option<DocKey>,
    /// The person it is about.
    pub contact: Option<SubjectId>,
    /// How the account was found.
    pub matched_by: MatchedBy,
    /// Typed fields, sorted by name.
    pub fields: &'a [(String, RawValue)],
    /// Commitments to the sealed parts, sorted by name.
    pub commitments: &'a [(String, Digest)],
}

/// Writes an event and gives its envelope.
pub fn encode_event(draft: &EventDraft<'_>) -> (Vec<u8>, Envelope) {
    let mut out = Vec::with_capacity(512);
    let mut event = Object::new(&mut out);
    event.quoted("at", draft.at.micros());
    write_body(&mut event, &draft.body);
    event.number("epoch", draft.epoch);
    if draft.failed {
        event.key("failed").extend_from_slice(b"true");
    }
    event.text("origin", draft.origin.as_str());
    digest(event.key("rules"), &draft.rules);
    if let Some((_, word)) = Seen::ALL.iter().skip(1).find(|(seen, _)| *seen == draft.seen) {
        event.text("seen", word);
    }
    stream(event.key("stream"), draft.stream);
    event.number("v", FORMAT);
    if let Some(via) = draft.via {
        event.text("via", &via.to_string());
    }
    event.end();
    let body = match &draft.body {
        DraftBody::Signal(signal) => Body::Signal(signal.read()),
        DraftBody::Plain(body) => (*body).clone(),
    };
    let envelope = Envelope {
        stream: draft.stream,
        at: draft.at,
        rules: draft.rules,
        origin: draft.origin,
        epoch: draft.epoch,
        seen: draft.seen,
        failed: draft.failed,
        via: draft.via,
        digest: Digest::of(&out),
        body,
    };
    (out, envelope)
}

/// The bytes of an event whose step failed: the same event, which says so. `None` if they are no event.
pub fn mark_failed(event: &[u8]) -> Option<Vec<u8>> {
    // Quotes within words are escaped, so this stands where the member begins; the last one is the
    // event's own.
    let next = b",\"origin\":\"";
    let place = event.windows(next.len()).rposition(|part| part == next)?;
    let (before, after) = event.split_at_checked(place)?;
    Some([before, b",\"failed\":true", after].concat())
}

impl SignalDraft<'_> {
    fn read(&self) -> Signal {
        let field = |(name, value): &(String, RawValue)| Field {
            name: Code::of(name),
            value: value.value(),
        };
        Signal {
            key: self.key,
            content: self.content,
            source: Code::of(self.source),
            kind: Code::of(self.kind),
            at: self.at,
            known_at: self.known_at,
            trust: self.trust,
            doc: self.doc,
            contact: self.contact,
            matched_by: self.matched_by,
            fields: self.fields.iter().map(field).collect(),
        }
    }
}

/// The member that holds the body; its key names the kind of event.
fn write_body(event: &mut Object<'_>, body: &DraftBody<'_>) {
    match body {
        DraftBody::Signal(signal) => write_signal(event.key("body"), signal),
        DraftBody::Plain(Body::Signal(_)) => debug_assert!(false, "a signal is drafted with words"),
        DraftBody::Plain(Body::Timer { doc, kind, graph, generation, due }) => {
            write_timer(event.key("body"), *doc, *kind, *graph, *generation, *due);
        }
        DraftBody::Plain(body @ Body::Answered { .. }) => write_answer(event.key("body"), body),
        DraftBody::Plain(Body::Folded { cause, other, states }) => {
            write_folded(event.key("body"), *cause, *other, states);
        }
        DraftBody::Plain(Body::RulesActivated { rules, preimage }) => {
            let mut object = Object::new(event.key("body"));
            digest(object.key("activated"), rules);
            object.text("preimage", preimage);
            object.text("type", "rules.activated");
            object.end();
        }
        DraftBody::Plain(Body::StreamBase { seq, state }) => {
            let mut object = Object::new(event.key("body"));
            object.number("seq", *seq);
            digest(object.key("state"), state);
            object.text("type", "stream.base");
            object.end();
        }
        DraftBody::Plain(body @ Body::EpochBegun { origin, before }) => {
            write_texts(event.key("body"), &[("before", before), ("origin", origin)], body.kind());
        }
        DraftBody::Plain(body @ Body::LogKeyRotated { new, old }) => {
            write_texts(event.key("body"), &[("new", new), ("old", old)], body.kind());
        }
        DraftBody::Plain(body @ Body::Performed { .. }) => {
            write_performed(event.key("body"), body);
        }
        DraftBody::Plain(Body::Noted { note, members, tell }) => {
            let mut object = Object::new(event.key("body"));
            write_members(object.key("members"), members);
            if let Some(tell) = tell {
                object.quoted("tell", tell.raw());
            }
            object.text("type", note.as_str());
            object.end();
        }
        DraftBody::Plain(Body::SubjectErased { subject, parts }) => {
            let mut object = Object::new(event.key("body"));
            object.number("parts", *parts);
            object.text("subject", &subject.to_string());
            object.text("type", "subject.erased");
            object.end();
        }
    }
}

/// A body of nothing but texts, whose names stand in order before `type`.
fn write_texts(out: &mut Vec<u8>, texts: &[(&str, &String)], kind: &str) {
    let mut object = Object::new(out);
    for (name, text) in texts {
        object.text(name, text);
    }
    object.text("type", kind);
    object.end();
}

/// What became of an effect; graphs stand as numbers.
fn write_performed(out: &mut Vec<u8>, body: &Body) {
    let Body::Performed { doc, graph, effect, result, via, attempts } = body else { return };
    let mut object = Object::new(out);
    object.number("attempts", u64::from(*attempts));
    self::doc(object.key("doc"), *doc);
    digest(object.key("effect"), &effect.0);
    object.quoted("graph", graph.raw());
    object.text("result", result.as_str());
    object.text("type", body.kind());
    object.text("via", via);
    object.end();
}

/// Names and texts, which stand sorted.
pub(crate) fn write_members(out: &mut Vec<u8>, members: &[(String, String)]) {
    let mut object = Object::new(out);
    for (name, text) in members {
        object.text(name, text);
    }
    object.end();
}

fn write_signal(out: &mut Vec<u8>, signal: &SignalDraft<'_>) {
    let mut object = Object::new(out);
    if !signal.commitments.is_empty() {
        let mut parts = Object::new(object.key("commitments"));
        for (name, commitment) in signal.commitments {
            digest(parts.key(name), commitment);
        }
        parts.end();
    }
    if let Some(contact) = signal.contact {
        object.text("contact", &contact.to_string());
    }
    object.text("content", &format!("{:016x}", signal.content));
    if let Some(doc) = signal.doc {
        self::doc(object.key("doc"), doc);
    }
    let mut fields = Object::new(object.key("fields"));
    for (name, value) in signal.fields {
        write_value(fields.key(name), value);
    }
    fields.end();
    object.text("key", &format!("{:016x}", signal.key));
    object.text("kind", signal.kind);
    if signal.known_at != signal.at {
        object.quoted("known_at", signal.known_at.micros());
    }
    object.text("matched_by", signal.matched_by.as_str());
    object.text("source", signal.source);
    object.quoted("time", signal.at.micros());
    object.text("trust", signal.trust.as_str());
    object.text("type", "signal");
    object.end();
}

fn write_value(out: &mut Vec<u8>, value: &RawValue) {
    match value {
        RawValue::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
        RawValue::Word(word) => json::text(out, word),
        RawValue::Int(number) => json::int(out, *number),
        RawValue::Money(money) => {
            let mut object = Object::new(out);
            object.text("currency", money.currency().as_str());
            object.quoted("minor", money.minor());
            object.end();
        }
        RawValue::Ratio(_) | RawValue::Time(_) | RawValue::Duration(_) => {
            let key = match value.value() {
                Value::Ratio(_) => "ppm",
                Value::Time(_) => "time",
                _ => "span",
            };
            let mut object = Object::new(out);
            object.quoted(key, value.value().raw());
            object.end();
        }
    }
}

fn write_timer(
    out: &mut Vec<u8>,
    doc: DocKey,
    kind: TimerKind,
    graph: Code,
    generation: u64,
    due: Timestamp,
) {
    let mut object = Object::new(out);
    self::doc(object.key("doc"), doc);
    object.quoted("due", due.micros());
    object.number("generation", generation);
    object.quoted("graph", graph.raw());
    object.text("timer", kind.as_str());
    object.text("type", "timer");
    object.end();
}

fn write_answer(out: &mut Vec<u8>, body: &Body) {
    let Body::Answered { doc, graph, ask, person, answer } = body else { return };
    let mut object = Object::new(out);
    object.text("answer", answer.as_str());
    digest(object.key("ask"), &ask.0);
    self::doc(object.key("doc"), *doc);
    object.quoted("graph", graph.raw());
    object.quoted("person", person.raw());
    match answer {
        Answer::Decline(code) | Answer::Delegate(code) => object.quoted("to", code.raw()),
        Answer::Snooze(until) => object.quoted("to", until.micros()),
        Answer::Accept | Answer::Resolve => {}
    }
    object.text("type", "answered");
    object.end();
}

fn write_folded(
    out: &mut Vec<u8>,
    cause: FoldCause,
    other: Option<StreamId>,
    states: &[(DocKey, Vec<u8>)],
) {
    let mut object = Object::new(out);
    object.text("cause", cause.as_str());
    if let Some(other) = other {
        stream(object.key("other"), other);
    }
    json::array(object.key("states"), states, |out, (doc, state)| {
        let mut object = Object::new(out);
        self::doc(object.key("doc"), *doc);
        object.text("state", &crate::decode::to_hex(state));
        object.end();
    });
    object.text("type", "folded");
    object.end();
}

/// Writes a stream as a JSON string.
pub(crate) fn stream(out: &mut Vec<u8>, stream: StreamId) {
    named(out, &[stream.kind.as_str(), ":"], Some(stream.id));
}

/// Writes a document's key as a JSON string.
pub(crate) fn doc(out: &mut Vec<u8>, doc: DocKey) {
    match doc {
        DocKey::Account => named(out, &["account"], None),
        DocKey::Case(id) => named(out, &["case:"], Some(id)),
        DocKey::Deal(id) => named(out, &["deal:"], Some(id)),
    }
}

/// Words without escapes and an id, as a JSON string: the same as their `Display`, and quicker.
fn named(out: &mut Vec<u8>, words: &[&str], id: Option<Id>) {
    out.push(b'"');
    words.iter().for_each(|word| out.extend_from_slice(word.as_bytes()));
    if let Some(id) = id {
        id.write_to(out);
    }
    out.push(b'"');
}

/// Writes a digest as a JSON string.
pub(crate) fn digest(out: &mut Vec<u8>, digest: &Digest) {
    out.push(b'"');
    digest.write_to(out);
    out.push(b'"');
}
