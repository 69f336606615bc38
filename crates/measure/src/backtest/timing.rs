//! One subject's judgement, and how early it came.

use super::{Escalated, Row, Subject};
use crate::quality::{Histogram, Matrix, quantile};
use bellwether_core::{Ppm, Timestamp};

/// Widths of a histogram's step that people can read off, in minutes.
const WIDTHS: [i64; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 43_200, 129_600];
const MINUTE: i64 = 60_000_000;
const MOST_STEPS: usize = 24;

/// A subject with its first escalation.
pub(super) struct Judged<'a> {
    pub(super) subject: &'a Subject,
    pub(super) first: Option<&'a Escalated>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(subject: &'a Subject) -> Self {
        Self { subject, first: subject.escalations.iter().min() }
    }

    /// Whether the outcome is known to have happened.
    pub(super) fn happened(&self) -> bool {
        self.subject.outcome == Some(true)
    }

    /// Whether the first escalation came before the reference, or nobody knows when that was.
    pub(super) fn in_time(&self) -> bool {
        self.first.is_some_and(|first| in_time(self.subject, first.at))
    }

    /// Reference minus first escalation, microseconds.
    pub(super) fn lead(&self) -> Option<i64> {
        lead(self.subject, self.first?.at)
    }

    /// Where the subject stands in the matrix, if its outcome is known.
    pub(super) fn cell(&self) -> Option<Matrix> {
        cell(self.subject, self.first.map(|first| first.at))
    }
}

/// The cell of a subject that is first escalated then, or never. Too late is as good as never where
/// somebody was needed; where nobody was, a call is a false alarm whenever it comes.
pub(super) fn cell(subject: &Subject, first: Option<Timestamp>) -> Option<Matrix> {
    let happened = subject.outcome?;
    let counts = first.is_some_and(|at| !happened || in_time(subject, at));
    Some(Matrix::one(counts, happened))
}

pub(super) fn in_time(subject: &Subject, at: Timestamp) -> bool {
    subject.reference.is_none_or(|reference| at < reference)
}

pub(super) fn lead(subject: &Subject, at: Timestamp) -> Option<i64> {
    Some(subject.reference?.micros().saturating_sub(at.micros()))
}

pub(super) fn sorted(leads: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut leads: Vec<i64> = leads.collect();
    leads.sort_unstable();
    leads
}

/// Sorted leads from zero up to the 95th percentile in readable steps; no lead at all lies below.
pub(super) fn histogram(leads: &[i64]) -> Option<Histogram> {
    let most = quantile(leads, Ppm::new(950_000))?.max(1.0);
    let fits = |minutes: &i64| (minutes * MINUTE) as f64 * MOST_STEPS as f64 > most;
    let widest = WIDTHS.last().copied().unwrap_or(1);
    let width = WIDTHS.into_iter().find(fits).unwrap_or(widest) * MINUTE;
    let steps = ((most / width as f64) as usize + 1).min(MOST_STEPS);
    let shown: Vec<i64> = leads.iter().map(|&lead| if lead <= 0 { -1 } else { lead }).collect();
    Some(Histogram::of(&shown, 0, width, steps))
}

/// Every escalation as a row, in order of time.
pub(super) fn rows(judged: &[Judged<'_>]) -> Vec<Row> {
    let mut rows: Vec<Row> = judged.iter().flat_map(|one| subject_rows(one.subject)).collect();
    rows.sort_unstable();
    rows
}

fn subject_rows(subject: &Subject) -> impl Iterator<Item = Row> {
    let mut sorted: Vec<&Escalated> = subject.escalations.iter().collect();
    sorted.sort_unstable();
    sorted.into_iter().enumerate().map(|(nth, escalated)| Row {
        at: escalated.at,
        subject: subject.id.clone(),
        rule: escalated.rule.clone(),
        node: escalated.node.clone(),
        outcome: escalated.outcome.clone(),
        person: escalated.person.clone(),
        first: nth == 0,
        happened: subject.outcome,
        lead: lead(subject, escalated.at),
    })
}
