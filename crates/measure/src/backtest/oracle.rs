//! The report beside a slow and obvious reckoning, on random histories with fixed seeds.

use super::tests::hours;
use super::*;
use crate::quality::Ratio;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn escalation() -> impl Strategy<Value = Escalated> {
    (0i64..60, 0usize..3, prop::option::of(0usize..3)).prop_map(|(at, rule, person)| Escalated {
        at: hours(at),
        rule: format!("R{rule}"),
        node: format!("n{}", rule % 2),
        outcome: "person".into(),
        person: person.map(|who| format!("p{who}")),
    })
}

fn history() -> impl Strategy<Value = Vec<Subject>> {
    let one = (
        0i64..20,
        prop::collection::vec(escalation(), 0..4),
        prop::option::weighted(0.9, any::<bool>()),
        prop::option::weighted(0.9, 10i64..70),
        prop::option::weighted(0.9, 1i64..5),
        0u8..3,
    );
    let one =
        one.prop_map(|(opened, escalations, outcome, reference, baseline_score, site)| Subject {
            id: String::new(),
            opened: hours(opened),
            segment: vec![("site".into(), format!("s{site}"))],
            escalations,
            outcome,
            reference: reference.map(hours),
            baseline_score,
            asked_at_open: opened > 0,
        });
    prop::collection::vec(one, 0..40).prop_map(|mut all| {
        all.iter_mut().enumerate().for_each(|(nth, one)| one.id = format!("S{nth:02}"));
        all
    })
}

fn on_histories(check: fn(Vec<Subject>) -> Result<(), TestCaseError>) {
    for seed in 0..4u8 {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner = TestRunner::new_with_rng(Config { cases: 150, ..Config::default() }, rng);
        if let Err(found) = runner.run(&history(), check) {
            panic!("seed {seed}: {found}");
        }
    }
}

/// Called in time if some call comes before the reference; a false alarm at any time.
fn slow_matrix<'a>(subjects: impl Iterator<Item = &'a Subject>, without: Option<&str>) -> Matrix {
    let mut matrix = Matrix::default();
    for one in subjects {
        let mut calls: Vec<Timestamp> = Vec::new();
        for call in &one.escalations {
            if Some(call.rule.as_str()) != without {
                calls.push(call.at);
            }
        }
        let timely = calls.iter().any(|at| match one.reference {
            Some(reference) => *at < reference,
            None => true,
        });
        match one.outcome {
            Some(true) if timely => matrix.true_positive += 1,
            Some(true) => matrix.false_negative += 1,
            Some(false) if calls.is_empty() => matrix.true_negative += 1,
            Some(false) => matrix.false_positive += 1,
            None => {}
        }
    }
    matrix
}

#[test]
fn matrices_are_those_of_the_slow_reckoning() {
    on_histories(|subjects| {
        let report = judge(&subjects, &Question::default());
        prop_assert_eq!(report.matrix, slow_matrix(subjects.iter(), None));
        for rule in &report.rules {
            prop_assert_eq!(rule.without, slow_matrix(subjects.iter(), Some(&rule.rule)));
            let fired = subjects.iter().flat_map(|one| &one.escalations);
            prop_assert_eq!(rule.fired, fired.filter(|one| one.rule == rule.rule).count() as u64);
        }
        for segment in &report.segments {
            let label = (segment.name.clone(), segment.value.clone());
            let members = subjects.iter().filter(|one| one.segment.contains(&label));
            prop_assert_eq!(segment.matrix, slow_matrix(members, None));
        }
        let mut parts = Matrix::default();
        report.segments.iter().for_each(|segment| parts += segment.matrix);
        prop_assert_eq!(parts, report.matrix, "segments of one name are a partition");
        Ok(())
    });
}

/// Each subject is called with its level's chance; expectations are summed one by one.
fn slow_rival(subjects: &[Subject], wanted: u64) -> Option<f64> {
    let reachable = |one: &&Subject| {
        one.outcome == Some(true) && one.reference.is_none_or(|at| one.opened < at)
    };
    let mut scores: Vec<i64> = subjects.iter().filter_map(|one| one.baseline_score).collect();
    scores.sort_unstable();
    scores.dedup();
    let order = scores.into_iter().map(Some).chain([None]);
    let (mut right, mut called) = (0.0, 0.0);
    for score in order {
        let level: Vec<&Subject> = subjects
            .iter()
            .filter(|one| one.outcome.is_some() && one.baseline_score == score)
            .collect();
        let hits = level.iter().copied().filter(reachable).count() as f64;
        let needed = wanted as f64 - right;
        let chance = if hits < needed { 1.0 } else { needed / hits };
        (right, called) = (right + chance * hits, called + chance * level.len() as f64);
        if hits >= needed {
            return Some(right / called);
        }
    }
    None
}

#[test]
fn equal_recall_is_that_of_the_slow_reckoning() {
    on_histories(|subjects| {
        let report = judge(&subjects, &Question::default());
        let equal = report.equal_recall;
        let wanted = report.matrix.true_positive;
        let has_scores =
            subjects.iter().any(|one| one.outcome.is_some() && one.baseline_score.is_some());
        let expected = slow_rival(&subjects, wanted).filter(|_| wanted > 0);
        match (equal.priority.precision, expected.filter(|_| has_scores)) {
            (Some(got), Some(expected)) => prop_assert!((got - expected).abs() < 1e-9),
            (got, expected) => prop_assert_eq!(got, expected),
        }
        let unlevelled: Vec<Subject> =
            subjects.iter().map(|one| Subject { baseline_score: None, ..one.clone() }).collect();
        match (equal.always.precision, slow_rival(&unlevelled, wanted).filter(|_| wanted > 0)) {
            (Some(got), Some(expected)) => prop_assert!((got - expected).abs() < 1e-9),
            (got, expected) => prop_assert_eq!(got, expected),
        }
        for rival in [equal.priority, equal.always] {
            if let (Some(theirs), Some(ours)) = (rival.precision, equal.bundle.value()) {
                let clear = (ours - theirs).abs() > 1e-9;
                prop_assert!(!clear || rival.beaten == Some(ours > theirs));
            }
        }
        Ok(())
    });
}

#[test]
fn order_changes_nothing_and_sums_agree() {
    on_histories(|mut subjects| {
        let report = judge(&subjects, &Question::default());
        let calls = report.counts.escalations;
        prop_assert_eq!(report.load.days.iter().sum::<u64>(), calls);
        for total in [
            report.load.people.iter().map(|one| one.escalations).sum::<u64>(),
            report.load.nodes.iter().map(|one| one.escalations).sum(),
            report.rules.iter().map(|one| one.fired).sum(),
            report.rows.len() as u64,
        ] {
            prop_assert_eq!(total, calls);
        }
        subjects.reverse();
        subjects.iter_mut().for_each(|one| one.escalations.reverse());
        prop_assert_eq!(judge(&subjects, &Question::default()), report);
        Ok(())
    });
}

#[test]
fn the_trivial_policies_stand_where_they_must() {
    on_histories(|subjects| {
        let report = judge(&subjects, &Question::default());
        for policy in &report.policies {
            let Matrix { true_positive, .. } = policy.matrix;
            prop_assert_eq!(policy.matrix.total(), report.counts.known);
            match policy.kind {
                PolicyKind::Never => prop_assert_eq!(policy.matrix.escalated(), 0),
                PolicyKind::Always => {
                    let wrong = policy.matrix.false_positive;
                    prop_assert_eq!(policy.matrix.specificity(), Ratio::new(0, wrong));
                }
                PolicyKind::AtMost(limit) => {
                    let reached = subjects.iter().filter(|one| {
                        one.baseline_score.is_some_and(|score| score <= limit)
                            && one.outcome == Some(true)
                            && one.reference.is_none_or(|at| at > one.opened)
                    });
                    prop_assert_eq!(true_positive, reached.count() as u64);
                }
            }
        }
        Ok(())
    });
}
