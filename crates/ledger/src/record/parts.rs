//! The lists of a record, each a member of an object under way. Empty ones are left out.

use super::Words;
use crate::event::{self, digest};
use crate::json::{self, Object};
use bellwether_core::effect::{Effect, Timer};
use bellwether_core::event::Answer;
use bellwether_core::record::{Decision, Move, Permitted, Record};
use bellwether_core::{Body, Code, EffectKey, Escalation, SubjectId, Timestamp};

pub(super) fn decisions(object: &mut Object<'_>, record: &Record<'_>, words: Words<'_>) {
    list(object, "decisions", record.decisions, |out, one| decision(out, one, words));
}

pub(super) fn effects(object: &mut Object<'_>, record: &Record<'_>, words: Words<'_>) {
    list(object, "effects", record.effects, |out, (key, one)| {
        write_effect(key, one, words, out);
    });
}

pub(super) fn moves(object: &mut Object<'_>, record: &Record<'_>, words: Words<'_>) {
    list(object, "moves", record.moves, |out, one| moved(out, one, words));
}

pub(super) fn timers(object: &mut Object<'_>, record: &Record<'_>, words: Words<'_>) {
    list(object, "timers", record.timers, |out, one| timer(out, one, words));
}

fn list<T>(object: &mut Object<'_>, key: &str, items: &[T], write: impl FnMut(&mut Vec<u8>, &T)) {
    if !items.is_empty() {
        json::array(object.key(key), items, write);
    }
}

fn decision(out: &mut Vec<u8>, decision: &Decision<'_>, words: Words<'_>) {
    let mut object = Object::new(out);
    if let Some(certificate) = &decision.certificate {
        digest(object.key("certificate"), certificate);
    }
    object.number("completeness", decision.completeness.get().unsigned_abs());
    if let Some(confidence) = decision.confidence {
        object.number("confidence", confidence.get().unsigned_abs());
    }
    event::doc(object.key("doc"), decision.doc);
    if let Some(evidence) = &decision.evidence {
        digest(object.key("evidence"), evidence);
    }
    list(&mut object, "facts", decision.facts, |out, (name, as_of)| {
        out.push(b'[');
        word(out, *name, words);
        if *as_of != Timestamp::MIN {
            out.push(b',');
            json::quoted(out, as_of.micros());
        }
        out.push(b']');
    });
    object.text("graph", decision.graph);
    if let Some(opened) = decision.held_back_by {
        seq(&mut object, "held_back_by", opened);
    }
    json::bits(object.key("hit"), decision.hit);
    object.text("node", decision.node);
    object.text("outcome", decision.outcome);
    if let Some(by) = decision.overridden_by {
        object.text("overridden_by", by);
    }
    object.text("owner", decision.owner);
    if !decision.rule.is_empty() {
        object.text("rule", decision.rule);
    }
    if let Some(supersedes) = decision.supersedes {
        seq(&mut object, "supersedes", supersedes);
    }
    object.text("trust", decision.trust.as_str());
    json::bits(object.key("unknown"), decision.unknown);
    object.end();
}

/// Writes an effect at the end of a buffer, as it stands in records and in the outbox.
pub fn write_effect(key: &EffectKey, effect: &Effect, words: Words<'_>, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    match effect {
        Effect::Ask { doc, graph, opened, node, person, cause } => {
            object.text("cause", cause.as_str());
            event::doc(object.key("doc"), *doc);
            word(object.key("graph"), *graph, words);
            digest(object.key("key"), &key.0);
            object.text("kind", effect.kind());
            word(object.key("node"), *node, words);
            if *opened > 0 {
                seq(&mut object, "opened", *opened);
            }
            word(object.key("person"), *person, words);
        }
        Effect::StandDown { doc, graph, person, ask } => {
            digest(object.key("ask"), &ask.0);
            event::doc(object.key("doc"), *doc);
            word(object.key("graph"), *graph, words);
            digest(object.key("key"), &key.0);
            object.text("kind", effect.kind());
            word(object.key("person"), *person, words);
        }
        Effect::Notice { note, person } => {
            digest(object.key("key"), &key.0);
            object.text("kind", effect.kind());
            object.text("note", note.as_str());
            word(object.key("person"), *person, words);
        }
    }
    object.end();
}

fn moved(out: &mut Vec<u8>, moved: &Move, words: Words<'_>) {
    let mut object = Object::new(out);
    if moved.candidate_count > 0 {
        object.number("candidate_count", u64::from(moved.candidate_count));
        json::array(object.key("candidates"), &moved.candidates, |out, candidate| {
            let mut object = Object::new(out);
            word(object.key("person"), candidate.person, words);
            object.number("ppm", candidate.propensity.get().unsigned_abs());
            object.end();
        });
    }
    if let Some(cause) = moved.cause {
        object.text("cause", cause.as_str());
    }
    event::doc(object.key("doc"), moved.doc);
    if let Some(due) = moved.to.due().filter(|due| *due != Timestamp::MAX) {
        object.quoted("due", due.micros());
    }
    word(object.key("graph"), moved.graph, words);
    if let Escalation::Closed { how, .. } = moved.to {
        object.text("how", how.as_str());
    }
    if let Some(node) = moved.to.node() {
        word(object.key("node"), node, words);
    }
    seq(&mut object, "opened", moved.opened);
    if let Some(said) = &moved.permit {
        permit(object.key("permit"), said);
    }
    if let Some(person) = moved.to.person() {
        word(object.key("person"), person, words);
    }
    if moved.silent {
        object.key("silent").extend_from_slice(b"true");
    }
    object.text("to", moved.to.as_str());
    object.end();
}

/// What the boundaries were asked, and said.
fn permit(out: &mut Vec<u8>, said: &Permitted) {
    let mut object = Object::new(out);
    object.text("action", &said.action);
    list(&mut object, "by", &said.by, |out, id| json::text(out, id));
    object.text("decision", said.decision);
    list(&mut object, "missing", &said.missing, |out, name| json::text(out, name));
    object.end();
}

fn timer(out: &mut Vec<u8>, timer: &Timer, words: Words<'_>) {
    let mut object = Object::new(out);
    event::doc(object.key("doc"), timer.doc);
    if timer.due != Timestamp::MAX {
        object.quoted("due", timer.due.micros());
    }
    object.number("generation", timer.generation);
    if timer.graph != Code::default() {
        word(object.key("graph"), timer.graph, words);
    }
    object.text("kind", timer.kind.as_str());
    object.end();
}

/// Whose key was destroyed, and how many sealed parts went with it.
pub(super) fn erased(out: &mut Vec<u8>, subject: SubjectId, parts: u64) {
    let mut object = Object::new(out);
    object.number("parts", parts);
    object.text("subject", &subject.to_string());
    object.end();
}

/// The public keys of the log that took over and that ended.
pub(super) fn keys(out: &mut Vec<u8>, new: &str, old: &str) {
    let mut object = Object::new(out);
    object.text("new", new);
    object.text("old", old);
    object.end();
}

/// Who said what about which ask.
pub(super) fn answer(out: &mut Vec<u8>, body: &Body, words: Words<'_>) {
    let Body::Answered { doc, graph, ask, person, answer } = body else { return };
    let mut object = Object::new(out);
    object.text("answer", answer.as_str());
    digest(object.key("ask"), &ask.0);
    event::doc(object.key("doc"), *doc);
    word(object.key("graph"), *graph, words);
    word(object.key("person"), *person, words);
    match answer {
        Answer::Decline(reason) => word(object.key("reason"), *reason, words),
        Answer::Delegate(to) => word(object.key("to"), *to, words),
        Answer::Snooze(until) => object.quoted("until", until.micros()),
        Answer::Accept | Answer::Resolve => {}
    }
    object.end();
}

/// What became of which effect.
pub(super) fn performed(object: &mut Object<'_>, body: &Body, words: Words<'_>) {
    let Body::Performed { doc, graph, effect, result, via, attempts } = body else { return };
    let mut object = Object::new(object.key("delivery"));
    object.number("attempts", u64::from(*attempts));
    event::doc(object.key("doc"), *doc);
    digest(object.key("effect"), &effect.0);
    word(object.key("graph"), *graph, words);
    object.text("result", result.as_str());
    object.text("via", via);
    object.end();
}

/// What there is to say about the house.
pub(super) fn note(object: &mut Object<'_>, body: &Body) {
    if let Body::Noted { members, .. } = body {
        event::write_members(object.key("note"), members);
    }
}

fn seq(object: &mut Object<'_>, key: &str, seq: u64) {
    object.quoted(key, i64::try_from(seq).unwrap_or(i64::MAX));
}

fn word(out: &mut Vec<u8>, code: Code, words: Words<'_>) {
    match words(code) {
        Some(word) => json::text(out, word),
        None => json::shown(out, code),
    }
}
