//! Watching a rehearsal: what would have been escalated about which subject, and what became of it.

use super::Outcome;
use bellwether_core::signal::RawValue;
use bellwether_core::{Body, Code, DocKey, Envelope, RawSignal, StreamId, Timestamp};
use bellwether_engine::{Rules, Step};
use bellwether_expr::Scope;
use bellwether_measure::backtest::{Escalated, Subject};
use std::collections::BTreeMap;

type Key = (StreamId, DocKey);

/// Collects subjects while history passes.
pub(crate) struct Watch<'a> {
    rules: &'a Rules,
    outcome: &'a Outcome,
    reference: &'a str,
    priority: &'a str,
    segments: &'a [String],
    scope: Scope,
    subjects: BTreeMap<Key, Subject>,
    current: Option<DocKey>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(
        rules: &'a Rules,
        outcome: &'a Outcome,
        reference: &'a str,
        priority: &'a str,
        segments: &'a [String],
    ) -> Self {
        let scopes = [Scope::Case, Scope::Deal, Scope::Account];
        let scope = scopes.into_iter().find(|scope| rules.decides_about(*scope));
        let scope = scope.unwrap_or(Scope::Account);
        let (subjects, current) = (BTreeMap::new(), None);
        Self { rules, outcome, reference, priority, segments, scope, subjects, current }
    }

    /// What the subjects are called.
    pub(crate) fn subjects_are(&self) -> String {
        match self.scope {
            Scope::Account => "accounts",
            Scope::Case => "cases",
            Scope::Deal => "deals",
        }
        .to_owned()
    }

    /// A step was made.
    pub(crate) fn step(&mut self, event: &Envelope, step: &Step) {
        if let Body::Signal(signal) = &event.body {
            self.current = match self.scope {
                Scope::Account => Some(DocKey::Account),
                _ => signal.doc,
            };
        }
        for decided in &step.decided {
            // History answers nobody: who is asked because the one before stayed silent is not counted.
            let Some((person, _)) = decided.asked.filter(|(_, cause)| cause.is_decision()) else {
                continue;
            };
            let word = |code: Code| self.rules.word(code).unwrap_or_default().to_owned();
            let escalated = Escalated {
                at: event.at,
                rule: word(decided.rule),
                node: word(decided.node),
                outcome: decided.outcome.as_str().to_owned(),
                person: Some(word(person)),
            };
            let key = (event.stream, decided.doc);
            self.subjects.entry(key).or_default().escalations.push(escalated);
        }
    }

    /// A signal was taken in: what it says about its subject.
    pub(crate) fn after(&mut self, raw: &RawSignal, stream: StreamId) {
        let Some(doc) = self.current.take() else { return };
        let subject = self.subjects.entry((stream, doc)).or_default();
        if subject.id.is_empty() {
            subject.id = name(raw, self.scope, stream);
            subject.opened = raw.at;
            subject.asked_at_open = true;
        }
        if let Some(happened) = self.outcome.of(raw) {
            subject.outcome = Some(happened || subject.outcome == Some(true));
            subject.reference = field(raw, self.reference).and_then(time).or(Some(raw.at));
        }
        if subject.baseline_score.is_none() {
            subject.baseline_score = field(raw, self.priority).and_then(number);
        }
        for segment in self.segments {
            if !subject.segment.iter().any(|(known, _)| known == segment)
                && let Some(value) = field(raw, segment)
            {
                subject.segment.push((segment.clone(), show(value)));
            }
        }
    }

    /// The subjects that are judged.
    pub(crate) fn subjects(self, since: Option<Timestamp>) -> Vec<Subject> {
        let silence = self.outcome.silence_is_no();
        let of_scope = |doc: &DocKey| {
            matches!(
                (self.scope, doc),
                (Scope::Account, DocKey::Account)
                    | (Scope::Case, DocKey::Case(_))
                    | (Scope::Deal, DocKey::Deal(_))
            )
        };
        let mut subjects: Vec<_> = self
            .subjects
            .into_iter()
            .filter(|((_, doc), _)| of_scope(doc))
            .map(|(_, subject)| subject)
            .filter(|subject| since.is_none_or(|since| subject.opened >= since))
            .collect();
        for subject in &mut subjects {
            if silence && subject.outcome.is_none() {
                subject.outcome = Some(false);
            }
        }
        subjects
    }
}

/// A subject's name that may be printed: its number in the source, or the stream's random id.
fn name(raw: &RawSignal, scope: Scope, stream: StreamId) -> String {
    let number = match scope {
        Scope::Account => None,
        Scope::Case => raw.case.clone(),
        Scope::Deal => raw.deal.clone(),
    };
    number.unwrap_or_else(|| stream.to_string())
}

fn field<'r>(raw: &'r RawSignal, name: &str) -> Option<&'r RawValue> {
    raw.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn time(value: &RawValue) -> Option<Timestamp> {
    match value {
        RawValue::Time(time) => Some(*time),
        _ => None,
    }
}

/// Words such as `p1` or `2` count by their digits.
fn number(value: &RawValue) -> Option<i64> {
    match value {
        RawValue::Int(number) => Some(*number),
        RawValue::Word(word) => {
            let digits: String = word.chars().filter(char::is_ascii_digit).collect();
            digits.parse().ok()
        }
        _ => None,
    }
}

fn show(value: &RawValue) -> String {
    match value {
        RawValue::Word(word) => word.clone(),
        other => {
            let value = other.value();
            bellwether_core::value::show_raw(value.kind(), value.raw())
        }
    }
}
