//! The report for programs: every figure with its counts, leads in hours, times in RFC 3339.

use super::figures::{hours, policy};
use bellwether_core::Timestamp;
use bellwether_measure::backtest::{
    Counts, EqualRecall, Load, PolicyKind, Question, Report, Rival, Row, RuleReport, Segment,
    Share, Standing,
};
use bellwether_measure::quality::{Histogram, Interval, Matrix, Ratio, Spread};
use serde_json::{Value, json};

/// The whole report, without a newline at its end; keys in alphabetical order, so equal reports are
/// equal bytes.
pub(crate) fn json(report: &Report) -> String {
    let Report { question, counts, matrix, load: cost, verdict, .. } = report;
    let policies = report.policies.iter().map(|one| {
        let (kind, limit) = match one.kind {
            PolicyKind::Always => ("always", None),
            PolicyKind::Never => ("never", None),
            PolicyKind::AtMost(limit) => ("priority_only", Some(limit)),
        };
        json!({"policy": kind, "name": policy(one.kind, question), "at_most": limit,
               "quality": quality(&one.matrix), "lead": spread(&one.lead)})
    });
    let value = json!({
        "question": asked(question),
        "verdict": {"standing": standing(verdict.standing), "sentence": verdict.sentence,
                    "cautions": verdict.cautions},
        "counts": counted(counts),
        "quality": quality(matrix),
        "lead": spread(&report.lead),
        "lead_of_all_escalated": spread(&report.lead_escalated),
        "lead_histogram": report.lead_histogram.as_ref().map(histogram),
        "load": load(cost),
        "rules": report.rules.iter().map(rule).collect::<Vec<_>>(),
        "segments": report.segments.iter().map(segment).collect::<Vec<_>>(),
        "policies": policies.collect::<Vec<_>>(),
        "equal_recall": equal(&report.equal_recall),
        "escalations": report.rows.iter().map(row).collect::<Vec<_>>(),
    });
    format!("{value:#}")
}

fn asked(question: &Question) -> Value {
    json!({"bundle": question.bundle, "subjects": question.subjects, "outcome": question.outcome,
           "lead_to": question.reference, "priority_field": question.baseline,
           "since": question.since.map(time)})
}

fn counted(counts: &Counts) -> Value {
    json!({"subjects": counts.subjects, "known_outcome": counts.known, "escalated": counts.escalated,
           "escalations": counts.escalations, "too_late": counts.late,
           "asked_at_open": counts.asked_at_open, "opened_first": counts.opened_first.map(time),
           "opened_last": counts.opened_last.map(time)})
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::NoEvidence => "no_evidence",
        Standing::TooFew => "too_few",
        Standing::CaughtNothing => "caught_nothing",
        Standing::NotBetter => "not_better",
        Standing::Unclear => "unclear",
        Standing::Better => "better",
    }
}

fn time(at: Timestamp) -> String {
    at.to_string()
}

fn ends(interval: Option<Interval>) -> (Option<f64>, Option<f64>) {
    (interval.map(|ends| ends.low), interval.map(|ends| ends.high))
}

fn ratio(ratio: Ratio) -> Value {
    let (low, high) = ends(ratio.interval());
    json!({"hits": ratio.hits, "of": ratio.of, "value": ratio.value(), "low": low, "high": high})
}

fn quality(matrix: &Matrix) -> Value {
    let (low, high) = ends(matrix.f1_interval());
    json!({
        "true_positive": matrix.true_positive, "false_positive": matrix.false_positive,
        "false_negative": matrix.false_negative, "true_negative": matrix.true_negative,
        "precision": ratio(matrix.precision()), "recall": ratio(matrix.recall()),
        "specificity": ratio(matrix.specificity()), "base_rate": ratio(matrix.base_rate()),
        "f1": {"value": matrix.f1(), "low": low, "high": high},
    })
}

fn spread(spread: &Spread) -> Value {
    json!({"count": spread.count, "p10_hours": spread.p10.map(hours),
           "median_hours": spread.median.map(hours), "p90_hours": spread.p90.map(hours),
           "ahead": ratio(spread.positive)})
}

fn histogram(histogram: &Histogram) -> Value {
    json!({"from_hours": hours(histogram.from as f64), "step_hours": hours(histogram.width as f64),
           "counts": histogram.counts, "too_late": histogram.below, "longer": histogram.above})
}

fn load(load: &Load) -> Value {
    json!({
        "first_day": load.first_day.map(time),
        "escalations_per_day": load.days,
        "mean_per_day": load.mean, "median_per_day": load.per_day.median,
        "p90_per_day": load.per_day.p90,
        "busiest": load.busiest.map(|(day, most)| json!({"day": time(day), "escalations": most})),
        "people": load.people.iter().map(|one| share(one, one.name.as_ref())).collect::<Vec<_>>(),
        "nodes": load.nodes.iter().map(|one| share(one, Some(&one.name))).collect::<Vec<_>>(),
        "outcomes": load.outcomes.iter().map(|one| share(one, Some(&one.name))).collect::<Vec<_>>(),
    })
}

fn share<K>(share: &Share<K>, name: Option<&String>) -> Value {
    json!({"name": name, "escalations": share.escalations, "subjects": share.subjects,
           "most_on_a_day": share.busiest})
}

fn rule(rule: &RuleReport) -> Value {
    json!({"rule": rule.rule, "fired": rule.fired, "subjects": rule.subjects,
           "precision": ratio(rule.precision), "recall": ratio(rule.recall),
           "lead": spread(&rule.lead), "caught_alone": rule.caught_alone,
           "wrong_alone": rule.wrong_alone, "without": quality(&rule.without)})
}

fn segment(segment: &Segment) -> Value {
    json!({"name": segment.name, "value": segment.value, "subjects": segment.subjects,
           "escalated": segment.escalated, "quality": quality(&segment.matrix),
           "lead": spread(&segment.lead)})
}

fn equal(equal: &EqualRecall) -> Value {
    json!({"recall": ratio(equal.recall), "bundle_precision": ratio(equal.bundle),
           "priority_only": rival(&equal.priority), "always": rival(&equal.always),
           "never": "recall is 0, so it cannot be compared"})
}

fn rival(rival: &Rival) -> Value {
    let (low, high) = ends(rival.interval);
    json!({"level": rival.level, "part_of_level": rival.part, "expected_escalated": rival.escalated,
           "expected_precision": rival.precision, "low": low, "high": high,
           "bundle_is_better": rival.beaten})
}

fn row(row: &Row) -> Value {
    json!({"at": time(row.at), "subject": row.subject, "rule": row.rule, "node": row.node,
           "outcome": row.outcome, "person": row.person, "first": row.first,
           "happened": row.happened, "lead_hours": row.lead.map(|lead| hours(lead as f64))})
}
