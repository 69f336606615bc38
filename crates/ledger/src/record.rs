//! The bytes of a record: what one step leaves in the log.

use crate::event::digest;
use crate::json::{self, Object};
use bellwether_core::effect::{Effect, Timer};
use bellwether_core::record::{Decision, ENGINE, FORMAT, Record};
use bellwether_core::{Code, EffectKey, Timestamp};

/// Gives the word of a code where it is known; others are written as `#` and their number.
pub type Words<'a> = &'a dyn Fn(Code) -> Option<&'a str>;

/// Writes a record at the end of a buffer: canonical JSON without personal data.
pub fn write_record(record: &Record<'_>, words: Words<'_>, out: &mut Vec<u8>) {
    let mut object = Object::new(out);
    object.quoted("at", record.at.micros());
    if !record.decisions.is_empty() {
        json::array(object.key("decisions"), record.decisions, |out, decision| {
            write_decision(out, decision, words);
        });
    }
    if !record.effects.is_empty() {
        json::array(object.key("effects"), record.effects, |out, (key, effect)| {
            write_effect(out, key, effect, words);
        });
    }
    object.number("engine", u64::from(ENGINE));
    digest(object.key("event"), &record.event);
    object.text("origin", record.origin.as_str());
    digest(object.key("prev"), &record.prev);
    digest(object.key("rules"), &record.rules);
    object.quoted("seq", i64::try_from(record.seq).unwrap_or(i64::MAX));
    object.text("status", record.status.as_str());
    json::shown(object.key("stream"), record.stream);
    object.quoted("stream_time", record.stream_time.micros());
    if !record.timers.is_empty() {
        json::array(object.key("timers"), record.timers, |out, timer| {
            write_timer(out, timer, words);
        });
    }
    object.text("type", "step");
    object.number("v", u64::from(FORMAT));
    object.end();
}

fn write_decision(out: &mut Vec<u8>, decision: &Decision<'_>, words: Words<'_>) {
    let mut object = Object::new(out);
    if decision.candidate_count > 0 {
        object.number("candidate_count", u64::from(decision.candidate_count));
        json::array(object.key("candidates"), decision.candidates, |out, candidate| {
            let mut object = Object::new(out);
            word(object.key("person"), candidate.person, words);
            object.number("ppm", candidate.propensity.get().unsigned_abs());
            object.end();
        });
    }
    if let Some(certificate) = &decision.certificate {
        digest(object.key("certificate"), certificate);
    }
    object.number("completeness", decision.completeness.get().unsigned_abs());
    if let Some(confidence) = decision.confidence {
        object.number("confidence", confidence.get().unsigned_abs());
    }
    json::shown(object.key("doc"), decision.doc);
    if let Some(evidence) = &decision.evidence {
        digest(object.key("evidence"), evidence);
    }
    if !decision.facts.is_empty() {
        json::array(object.key("facts"), decision.facts, |out, (name, as_of)| {
            let mut object = Object::new(out);
            if *as_of != Timestamp::MIN {
                object.quoted("as_of", as_of.micros());
            }
            word(object.key("fact"), *name, words);
            object.end();
        });
    }
    object.text("graph", decision.graph);
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
        object.quoted("supersedes", i64::try_from(supersedes).unwrap_or(i64::MAX));
    }
    object.text("trust", decision.trust.as_str());
    json::bits(object.key("unknown"), decision.unknown);
    object.end();
}

fn write_effect(out: &mut Vec<u8>, key: &EffectKey, effect: &Effect, words: Words<'_>) {
    let mut object = Object::new(out);
    let (doc, graph, person) = match effect {
        Effect::Ask { doc, graph, person, cause, .. } => {
            object.text("cause", cause.as_str());
            (doc, graph, person)
        }
        Effect::StandDown { doc, graph, person } => (doc, graph, person),
    };
    json::shown(object.key("doc"), doc);
    word(object.key("graph"), *graph, words);
    digest(object.key("key"), &key.0);
    object.text("kind", effect.kind());
    if let Effect::Ask { node, .. } = effect {
        word(object.key("node"), *node, words);
    }
    word(object.key("person"), *person, words);
    object.end();
}

fn write_timer(out: &mut Vec<u8>, timer: &Timer, words: Words<'_>) {
    let mut object = Object::new(out);
    json::shown(object.key("doc"), timer.doc);
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

fn word(out: &mut Vec<u8>, code: Code, words: Words<'_>) {
    match words(code) {
        Some(word) => json::text(out, word),
        None => json::shown(out, code),
    }
}
