//! Backtest: what a bundle would have escalated, against what then happened.
//!
//! - In: [`Subject`]s, each with the escalations it would have seen and what became of it.
//! - Out: a [`Report`]: right and wrong, how early, how much load, by rule and by segment, beside three
//!   policies that anybody could run without a bundle: always, never, and the priority field only.
//! - Never: flatters. An escalation at or after the reference came too late: a subject that met the
//!   outcome and was only then escalated counts as missed.
//!
//! Subjects whose outcome is unknown are counted and listed but not judged.

mod load;
mod report;
mod rules;
mod segments;
mod timing;
mod trivial;
mod verdict;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use report::{
    Counts, EqualRecall, Load, Policy, PolicyKind, Question, Report, Rival, Row, RuleReport,
    Segment, Share, Standing, Verdict,
};

use crate::quality::{Matrix, Spread};
use bellwether_core::Timestamp;
use timing::Judged;

/// One case, deal or account that the history holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Its name, already safe to print.
    pub id: String,
    /// When it began.
    pub opened: Timestamp,
    /// What it belongs to, as (name, value): `("priority", "1")`.
    pub segment: Vec<(String, String)>,
    /// The hand-overs to people that it would have seen, in any order.
    pub escalations: Vec<Escalated>,
    /// Whether the named outcome happened; `None` when the history does not say.
    pub outcome: Option<bool>,
    /// The instant that lead is measured to, such as the resolution.
    pub reference: Option<Timestamp>,
    /// The field of the priority-only policy; smaller is more urgent.
    pub baseline_score: Option<i64>,
    /// Whether the bundle was asked when the subject opened; false when it was already under way.
    pub asked_at_open: bool,
}

/// One hand-over to a person that would have taken place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Escalated {
    /// When.
    pub at: Timestamp,
    /// The rule that decided.
    pub rule: String,
    /// The node of the graph that it went to.
    pub node: String,
    /// What the node stands for: `cxo`, `sponsor`, `person`.
    pub outcome: String,
    /// Who would have been called; `None` when nobody could be reached.
    pub person: Option<String>,
}

/// Judges a bundle's escalations. Depends on the set of subjects only, not on their order.
pub fn judge(subjects: &[Subject], question: &Question) -> Report {
    let judged: Vec<Judged<'_>> = subjects.iter().map(Judged::new).collect();
    let mut matrix = Matrix::default();
    judged.iter().filter_map(Judged::cell).for_each(|cell| matrix += cell);
    let counts = count(&judged);
    let leads = timing::sorted(judged.iter().filter(|one| one.happened()).filter_map(Judged::lead));
    let everyone = timing::sorted(judged.iter().filter_map(Judged::lead));
    let equal_recall = trivial::at_equal_recall(&judged, &matrix);
    let verdict = verdict::reach(question, &matrix, &counts, &equal_recall);
    Report {
        question: question.clone(),
        counts,
        matrix,
        lead: Spread::of(&leads),
        lead_escalated: Spread::of(&everyone),
        lead_histogram: timing::histogram(&leads),
        load: load::measure(subjects),
        rules: rules::measure(&judged, matrix),
        segments: segments::measure(&judged),
        policies: trivial::policies(&judged),
        equal_recall,
        verdict,
        rows: timing::rows(&judged),
    }
}

fn count(judged: &[Judged<'_>]) -> Counts {
    let count =
        |keep: fn(&Judged<'_>) -> bool| judged.iter().filter(|one| keep(one)).count() as u64;
    Counts {
        subjects: judged.len() as u64,
        known: count(|one| one.subject.outcome.is_some()),
        escalated: count(|one| one.first.is_some()),
        escalations: judged.iter().map(|one| one.subject.escalations.len() as u64).sum(),
        late: count(|one| one.happened() && one.first.is_some() && !one.in_time()),
        asked_at_open: count(|one| one.subject.asked_at_open),
        opened_first: judged.iter().map(|one| one.subject.opened).min(),
        opened_last: judged.iter().map(|one| one.subject.opened).max(),
    }
}
