//! What people read is pinned; what would hurt them is looked for.

use super::*;
use bellwether_core::Timestamp;
use bellwether_measure::backtest::{Escalated, Question, Subject, judge};

fn question() -> Question {
    Question {
        bundle: "desk 1.0.0".into(),
        subjects: "incidents".into(),
        outcome: "SLA missed".into(),
        reference: "resolved_at".into(),
        baseline: "priority".into(),
        since: Some(Timestamp::from_secs(1_460_374_500)),
    }
}

/// Sixty incidents, two a day from 2016-04-12; every third is missed, and most of those escalated.
fn history(rule: &str) -> Vec<Subject> {
    let one = |nth: i64| {
        let opened = 1_460_419_200 + nth * 43_200;
        let (missed, called) = (nth % 3 == 0, nth % 3 == 0 && nth % 12 != 0 || nth % 10 == 1);
        let call = Escalated {
            at: Timestamp::from_secs(opened + 3_600 * (1 + nth % 5)),
            rule: if nth % 2 == 0 { rule.into() } else { "R2-slow".into() },
            node: "desk".into(),
            outcome: "person".into(),
            person: (nth % 4 != 0).then(|| "lee".into()),
        };
        Subject {
            id: format!("INC{nth:03}"),
            opened: Timestamp::from_secs(opened),
            segment: vec![("site".into(), format!("s{}", nth % 2))],
            escalations: if called { vec![call] } else { Vec::new() },
            outcome: (nth != 59).then_some(missed),
            reference: Some(Timestamp::from_secs(opened + 3_600 * (20 + nth))),
            baseline_score: Some(1 + nth % 4),
            asked_at_open: true,
        }
    };
    (0..60).map(one).collect()
}

fn sample() -> Report {
    judge(&history("R1-bounced"), &question())
}

#[test]
fn the_text_reads_well() {
    let text = text(&sample());
    let until = text.find("\nEscalations that").unwrap();
    expect_test::expect![[r#"
        Backtest of desk 1.0.0: 60 incidents opened 2016-04-12 to 2016-05-11; outcome “SLA missed”; nobody was contacted.

        Higher precision than priority only and always at equal recall: 0.79 against 0.33 (priority only) and 0.34 (always); never escalating catches nothing.
        Catching 15 of 20 “SLA missed” takes 19 calls with this bundle, 45.0 with priority only, 44.2 with always.
          ! 1 of 60 incidents have no known outcome and are not judged.

        Beside three trivial policies
        policy        called  right  precision (95%)   recall (95%)      median lead
        this bundle       19     15  0.79 (0.57–0.91)  0.75 (0.53–0.89)        2.0 d
        always            59     20  0.34 (0.23–0.47)  1.00 (0.84–1.00)        2.0 d
        never              0      0  –                 0.00 (0.00–0.16)            –
        priority ≤ 1      15      5  0.33 (0.15–0.58)  0.25 (0.11–0.47)       44.0 h
        priority ≤ 2      30     10  0.33 (0.19–0.51)  0.50 (0.30–0.70)        2.0 d
        priority ≤ 3      45     15  0.33 (0.21–0.48)  0.75 (0.53–0.89)        2.1 d
        priority ≤ 4      59     20  0.34 (0.23–0.47)  1.00 (0.84–1.00)        2.0 d

        At equal recall, 0.75 (expected figures)
        policy         called  precision (95%)   how
        this bundle        19  0.79 (0.57–0.91)  its rules
        priority only    45.0  0.33 (0.21–0.48)  priority up to 3
        always           44.2  0.34 (0.22–0.49)  75% of all, taken blindly
        never               0  –                 catches nothing

        Right and wrong
                                 happened  did not  outcome unknown
        called                         15        4                0
        not called, or too late         5       35                1
        F1 0.77 (0.60–0.88), specificity 0.90 (0.76–0.96), base rate 0.34 (0.23–0.47)

        Lead: resolved_at minus first escalation, where “SLA missed” happened
        median 2.0 d, 10% below 24.0 h, 90% below 2.9 d; 15 of 15 ahead

        Load: 19 escalations, 0.6 a day while incidents opened (30 days); most on one day: 2 (2016-04-27)
        called  escalations  subjects  most on a day
        lee              19        19              2

        node  escalations  subjects  most on a day
        desk           19        19              2

        Rules (alone: what no other rule called)
        rule        fired  subjects  precision (95%)   recall  median lead  right alone  wrong alone  without it
        R2-slow        14        14  0.71 (0.45–0.88)    0.50       46.5 h           10            4  1.00 at recall 0.25
        R1-bounced      5         5  1.00 (0.57–1.00)    0.25        2.0 d            5            0  0.71 at recall 0.50

        By site
        site  subjects  called  base rate  precision (95%)   recall (95%)      median lead
        s0          30       5       0.33  1.00 (0.57–1.00)  0.50 (0.24–0.76)        2.0 d
        s1          30      14       0.34  0.71 (0.45–0.88)  1.00 (0.72–1.00)       46.5 h
    "#]].assert_eq(text.get(..until).unwrap());
}

#[test]
fn nothing_to_judge_is_said_everywhere() {
    let report = judge(&[], &question());
    expect_test::expect![[r#"
        Backtest of desk 1.0.0: 0 incidents; outcome “SLA missed”; nobody was contacted.

        Nothing to judge: no incidents with a known outcome.

        Load: 0 escalations
    "#]]
    .assert_eq(&text(&report));
    assert!(html(&report).contains("Nothing to judge"));
    assert!(json(&report).contains("\"standing\": \"no_evidence\""));
}

#[test]
fn json_holds_the_figures_and_is_stable() {
    let (once, again) = (json(&sample()), json(&sample()));
    assert_eq!(once, again);
    let value: serde_json::Value = serde_json::from_str(&once).unwrap();
    let report = sample();
    assert_eq!(value["quality"]["precision"]["hits"], report.matrix.true_positive);
    assert_eq!(value["escalations"].as_array().unwrap().len(), report.rows.len());
    assert_eq!(value["question"]["since"], "2016-04-11T11:35:00Z");
    assert_eq!(value["verdict"]["sentence"], report.verdict.sentence.as_str());
    assert!(value["lead"]["median_hours"].as_f64().unwrap() > 1.0);
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let page = html(&sample());
    for unwanted in ["<script", "<link", "<img", "@import", "url(", "src=", "href="] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
    assert_eq!(page.matches("<svg").count(), 4);
    assert_eq!(page.matches("role=\"img\"").count(), 4);
    assert_eq!(page.matches("aria-label=\"\"").count(), 0, "every drawing has words");
    // The only address is the name of the SVG format.
    let addresses = page.matches("http").count();
    assert_eq!(addresses, page.matches("http://www.w3.org/2000/svg").count());
}

#[test]
fn the_style_sheet_knows_every_colour_of_the_charts() {
    let page = html(&sample());
    let style = include_str!("page.css");
    for attribute in ["fill=\"#", "stroke=\"#"] {
        for (at, found) in page.match_indices(attribute) {
            let used = page.get(at..at + found.len() + 7).unwrap();
            assert!(style.contains(used), "{used} would not change in the dark");
        }
    }
}

#[test]
fn names_from_outside_cannot_become_markup() {
    let nasty = "</svg><script>alert(1)</script>\" onload=\"x";
    let mut question = question();
    question.outcome = nasty.into();
    question.baseline = nasty.into();
    question.reference = nasty.into();
    let mut history = history(nasty);
    history.iter_mut().for_each(|one| one.segment = vec![(nasty.into(), nasty.into())]);
    let page = html(&judge(&history, &question));
    assert!(!page.contains("<script") && !page.contains("\" onload"));
}

#[test]
fn long_lists_are_cut_and_say_so() {
    let mut history = history("R1");
    for (nth, one) in history.iter_mut().enumerate() {
        one.segment = vec![("site".into(), format!("s{nth:02}"))];
        let call = one.escalations.first().cloned();
        one.escalations = call.into_iter().flat_map(|call| vec![call; 3]).collect();
    }
    let report = judge(&history, &question());
    let more = format!("and {} more; --format json has all", report.rows.len() - MOST_ROWS);
    for shown in [text(&report), html(&report)] {
        assert!(shown.contains("and 48 smaller ones"));
        assert!(shown.contains(&more));
    }
}
