//! Tables and snapshots; the laws stand in `oracle`.

use super::*;
use crate::quality::Ratio;

const HOUR: i64 = 3600;

pub(super) fn hours(hours: i64) -> Timestamp {
    Timestamp::from_secs(hours * HOUR)
}

fn question() -> Question {
    Question {
        bundle: "desk 1.0.0".into(),
        subjects: "incidents".into(),
        outcome: "SLA missed".into(),
        reference: "resolved_at".into(),
        baseline: "priority".into(),
        since: Some(hours(0)),
    }
}

fn escalated(at: i64, rule: &str) -> Escalated {
    Escalated {
        at: hours(at),
        rule: rule.into(),
        node: "desk".into(),
        outcome: "person".into(),
        person: Some("lee".into()),
    }
}

/// Opened at hour 0 and resolved at hour 100.
fn subject(
    id: usize,
    priority: Option<i64>,
    outcome: Option<bool>,
    calls: &[(i64, &str)],
) -> Subject {
    Subject {
        id: format!("INC{id}"),
        opened: hours(0),
        segment: vec![(
            "site".into(),
            if id.is_multiple_of(2) { "north".into() } else { "south".into() },
        )],
        escalations: calls.iter().map(|(at, rule)| escalated(*at, rule)).collect(),
        outcome,
        reference: Some(hours(100)),
        baseline_score: priority,
        asked_at_open: true,
    }
}

/// `groups` of (how many, priority, missed, escalated by which rules at which hour).
type Group<'a> = (usize, Option<i64>, Option<bool>, &'a [(i64, &'a str)]);

fn desk(groups: &[Group<'_>]) -> Vec<Subject> {
    let each = groups.iter().flat_map(|group| std::iter::repeat_n(group, group.0));
    each.enumerate()
        .map(|(id, (_, score, missed, calls))| subject(id, *score, *missed, calls))
        .collect()
}

const MISSED: Option<bool> = Some(true);
const KEPT: Option<bool> = Some(false);

/// 400 incidents, 100 missed; priority 1 holds 40 of 80, priority 2 the other 60 of 320.
fn good_desk() -> Vec<Subject> {
    desk(&[
        (30, Some(1), MISSED, &[(10, "vip")]),
        (10, Some(1), MISSED, &[]),
        (40, Some(1), KEPT, &[]),
        (20, Some(2), MISSED, &[(50, "stuck"), (20, "vip")]),
        (30, Some(2), MISSED, &[(50, "stuck")]),
        (5, Some(2), MISSED, &[(100, "stuck")]),
        (5, Some(2), MISSED, &[]),
        (20, Some(2), KEPT, &[(60, "stuck")]),
        (240, Some(2), KEPT, &[]),
    ])
}

#[test]
fn a_good_bundle_is_judged_by_hand() {
    let report = judge(&good_desk(), &question());
    let Matrix { true_positive, false_positive, false_negative, true_negative } = report.matrix;
    assert_eq!((true_positive, false_positive), (80, 20));
    assert_eq!((false_negative, true_negative), (20, 280));
    assert_eq!(
        (report.counts.late, report.counts.escalated, report.counts.escalations),
        (5, 105, 125)
    );
    // 40 of level 1 (80 calls), then 40 of the 60 of level 2: two thirds of 320 calls.
    let priority = report.equal_recall.priority;
    assert_eq!((priority.level, priority.beaten), (Some(2), Some(true)));
    assert!((priority.escalated.unwrap() - (80.0 + 320.0 * 2.0 / 3.0)).abs() < 1e-9);
    assert!((priority.precision.unwrap() - 80.0 / (80.0 + 640.0 / 3.0)).abs() < 1e-12);
    assert!((report.equal_recall.always.precision.unwrap() - 0.25).abs() < 1e-12);
    assert_eq!(report.verdict.standing, Standing::Better);
    let policies: Vec<_> =
        report.policies.iter().map(|one| (one.kind, one.matrix.precision())).collect();
    assert_eq!(
        policies,
        [
            (PolicyKind::Always, Ratio::new(100, 400)),
            (PolicyKind::Never, Ratio::new(0, 0)),
            (PolicyKind::AtMost(1), Ratio::new(40, 80)),
            (PolicyKind::AtMost(2), Ratio::new(100, 400)),
        ]
    );
}

#[test]
fn leads_load_and_days() {
    let report = judge(&good_desk(), &question());
    let hour = 3_600_000_000.0;
    assert_eq!(report.lead.count, 85);
    assert_eq!(report.lead.positive, Ratio::new(80, 85));
    assert_eq!((report.lead.p10, report.lead.median), (Some(50.0 * hour), Some(80.0 * hour)));
    let histogram = report.lead_histogram.unwrap();
    assert_eq!((histogram.width as f64 / hour, histogram.below, histogram.above), (6.0, 5, 0));
    assert_eq!(histogram.total(), 85);
    assert_eq!(report.load.days, [50, 0, 70, 0, 5]);
    // All opened on the first day, so that is the only one the mean counts.
    assert_eq!((report.load.busiest, report.load.mean), (Some((hours(48), 70)), Some(50.0)));
    let person = report.load.people.first().unwrap();
    assert_eq!((person.escalations, person.subjects, person.busiest), (125, 105, 70));
    assert_eq!(report.rows.len(), 125);
    assert_eq!(report.rows.iter().filter(|row| row.first).count(), 105);
}

#[test]
fn a_rule_is_worth_what_is_lost_without_it() {
    let report = judge(&good_desk(), &question());
    let rules: Vec<_> = report.rules.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(rules, ["stuck", "vip"]);
    let (stuck, vip) = (&report.rules[0], &report.rules[1]);
    // Five came too late to count as caught; twenty were caught by both.
    assert_eq!(
        (stuck.fired, stuck.precision, stuck.recall),
        (75, Ratio::new(50, 75), Ratio::new(50, 100))
    );
    assert_eq!((stuck.caught_alone, stuck.wrong_alone), (30, 20));
    assert_eq!((vip.fired, vip.caught_alone, vip.wrong_alone), (50, 30, 0));
    assert_eq!(vip.without.recall(), Ratio::new(50, 100));
    assert_eq!(stuck.without.precision(), Ratio::new(50, 50));
}

#[test]
fn subjects_without_a_level_come_last() {
    let report = judge(
        &desk(&[
            (10, Some(3), KEPT, &[]),
            (10, None, MISSED, &[(1, "r")]),
            (10, Some(-1), MISSED, &[]),
            (10, None, MISSED, &[(1, "r")]),
            (20, None, KEPT, &[]),
        ]),
        &question(),
    );
    let Rival { level, part, escalated, .. } = report.equal_recall.priority;
    assert_eq!((level, part, escalated), (None, Some(0.5), Some(40.0)));
}

fn told(groups: &[Group<'_>], question: &Question) -> String {
    let Verdict { standing, sentence, cautions } = judge(&desk(groups), question).verdict;
    let cautions: String = cautions.iter().map(|caution| format!("  {caution}\n")).collect();
    format!("{standing:?}: {sentence}\n{cautions}")
}

#[test]
fn verdicts_read_as_sentences() {
    let here = &question();
    let seen = &Question { since: None, ..question() };
    let call: &[(i64, &str)] = &[(1, "r")];
    let mut all = judge(&good_desk(), here).verdict.sentence + "\n";
    let cases: [(&[Group<'_>], &Question); 10] = [
        (&[], here),
        (&[(5, Some(1), None, call)], here),
        (&[(50, Some(1), KEPT, call)], here),
        (&[(50, Some(1), MISSED, call)], here),
        (&[(3, Some(1), MISSED, call), (4, Some(2), KEPT, &[])], here),
        (&[(50, Some(1), MISSED, &[]), (50, Some(2), KEPT, call)], here),
        (&[(50, Some(1), MISSED, call), (50, Some(2), KEPT, &[])], here),
        (&[(20, Some(1), MISSED, call), (22, Some(1), KEPT, &[]), (18, Some(2), KEPT, call)], here),
        (&[(40, None, MISSED, call), (90, None, KEPT, &[])], seen),
        (&[(40, Some(1), MISSED, &[(100, "r")]), (90, Some(2), KEPT, &[])], seen),
    ];
    cases.into_iter().for_each(|(groups, question)| all += &told(groups, question));
    expect_test::expect![[r#"
        Higher precision than priority only and always at equal recall: 0.80 against 0.27 (priority only) and 0.25 (always); never escalating catches nothing.
        NoEvidence: Nothing to judge: no incidents with a known outcome.
        NoEvidence: Nothing to judge: no incidents with a known outcome.
          5 of 5 incidents have no known outcome and are not judged.
        NoEvidence: Nothing to judge: “SLA missed” happened to none of 50 incidents.
        NoEvidence: Nothing to judge: “SLA missed” happened to all of 50 incidents.
        TooFew: Too few to tell: 7 incidents with a known outcome, 3 of them “SLA missed”, 3 escalated. Precision 1.00 against 1.00 (priority only) and 0.43 (always).
        CaughtNothing: Nothing caught: none of 50 “SLA missed” was escalated in time, no more than never escalating would.
        NotBetter: Not better than priority only at equal recall: precision 1.00 against 1.00 (priority only) and 0.50 (always).
        Unclear: Higher precision than priority only and always at equal recall: 0.53 against 0.48 (priority only) and 0.33 (always); never escalating catches nothing.
          The 95% intervals overlap: 0.37 to 0.68, against 0.33 to 0.62 (priority only) and 0.23 to 0.46 (always). It may be chance; judge more history.
        Better: Higher precision than always at equal recall: 1.00 against 0.31 (always); never escalating catches nothing.
          No date separates the history that the rules were written from; rules look better on what they have already seen.
        CaughtNothing: Nothing caught: none of 40 “SLA missed” was escalated in time, no more than never escalating would.
          40 incidents with “SLA missed” were escalated only at or after resolved_at: too late, counted as missed.
          No date separates the history that the rules were written from; rules look better on what they have already seen.
    "#]].assert_eq(&all);
}

#[test]
fn strange_times_do_no_harm() {
    let mut strange = good_desk();
    for (one, at) in strange.iter_mut().zip([Timestamp::MIN, Timestamp::MAX, hours(-5)]) {
        one.opened = at;
        one.reference = Some(Timestamp::MIN);
        one.escalations = vec![Escalated { at, ..Escalated::default() }];
    }
    let report = judge(&strange, &question());
    assert!(report.load.days.is_empty(), "a mistaken date makes no million days");
    assert_eq!(report.matrix.total(), 400);
}
