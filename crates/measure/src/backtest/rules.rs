//! What each rule contributed, and what would be lost without it.

use super::timing::{Judged, cell, in_time, lead};
use super::{RuleReport, Subject};
use crate::quality::{Matrix, Ratio, Spread};
use bellwether_core::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is gathered about a rule while walking over the subjects.
#[derive(Default)]
struct Found {
    fired: u64,
    subjects: u64,
    judged: u64,
    caught: u64,
    caught_alone: u64,
    wrong_alone: u64,
    leads: Vec<i64>,
}

pub(super) fn measure(judged: &[Judged<'_>], all: Matrix) -> Vec<RuleReport> {
    let mut found: BTreeMap<&str, Found> = BTreeMap::new();
    for one in judged {
        let mut firsts: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for escalated in &one.subject.escalations {
            found.entry(&escalated.rule).or_default().fired += 1;
            let first = firsts.entry(&escalated.rule).or_insert(escalated.at);
            *first = escalated.at.min(*first);
        }
        for (&rule, &at) in &firsts {
            let others = firsts.iter().filter(|&(&other, _)| other != rule).map(|(_, at)| *at);
            found.entry(rule).or_default().note(one, at, others.min());
        }
    }
    let mut rules: Vec<_> = found.into_iter().map(|(rule, one)| one.report(rule, all)).collect();
    rules.sort_by_key(|rule| (Reverse(rule.recall.hits), Reverse(rule.fired)));
    rules
}

impl Found {
    /// Notes a subject that the rule first escalated at `at`, and the other rules at `others`.
    fn note(&mut self, one: &Judged<'_>, at: Timestamp, others: Option<Timestamp>) {
        let subject: &Subject = one.subject;
        self.subjects += 1;
        self.judged += u64::from(subject.outcome.is_some());
        if one.happened() {
            self.caught += u64::from(in_time(subject, at));
            self.leads.extend(lead(subject, at));
        }
        if let (Some(with), Some(without)) = (one.cell(), cell(subject, others)) {
            self.caught_alone += with.true_positive - without.true_positive;
            self.wrong_alone += with.false_positive - without.false_positive;
        }
    }

    fn report(mut self, rule: &str, all: Matrix) -> RuleReport {
        self.leads.sort_unstable();
        RuleReport {
            rule: rule.to_owned(),
            fired: self.fired,
            subjects: self.subjects,
            precision: Ratio::new(self.caught, self.judged),
            recall: Ratio::new(self.caught, all.happened()),
            lead: Spread::of(&self.leads),
            caught_alone: self.caught_alone,
            wrong_alone: self.wrong_alone,
            without: Matrix {
                true_positive: all.true_positive - self.caught_alone,
                false_positive: all.false_positive - self.wrong_alone,
                false_negative: all.false_negative + self.caught_alone,
                true_negative: all.true_negative + self.wrong_alone,
            },
        }
    }
}
