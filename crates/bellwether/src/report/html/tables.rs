//! The page's tables.

use crate::report::{MOST_ROWS, figures, shown_segments};
use crate::table::thousands;
use bellwether_measure::backtest::{Report, Rival, Share};
use bellwether_measure::quality::{Matrix, Spread};
use maud::{Markup, html as markup};

/// A table that scrolls sideways where there is no room; a title that starts with `>` aligns right.
fn table(caption: &str, titles: &[&str], rows: &[Vec<String>]) -> Markup {
    let right = |nth: usize| titles.get(nth).is_some_and(|title| title.starts_with('>'));
    markup! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for (nth, title) in titles.iter().enumerate() {
                            th scope="col" class=[right(nth).then_some("right")] {
                                (title.trim_start_matches('>'))
                            }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr class=[row.first().is_some_and(|name| name == figures::OURS).then_some("us")] {
                            @for (nth, cell) in row.iter().enumerate() {
                                @if nth == 0 {
                                    th scope="row" { (cell) }
                                } @else {
                                    td class=[right(nth).then_some("right")] { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn equal_recall(report: &Report) -> Markup {
    let (equal, question) = (&report.equal_recall, &report.question);
    let rival = |name: String, rival: &Rival, by_level: bool| {
        vec![
            name,
            figures::calls(rival.escalated),
            figures::share_and_ends(rival.precision, rival.interval),
            figures::method(rival, by_level, question),
        ]
    };
    let ours = figures::ratio(equal.bundle);
    let never = ["never", "0", figures::NONE, "catches nothing"].map(str::to_owned);
    let rows = [
        vec![figures::OURS.to_owned(), thousands(equal.bundle.of), ours, "its rules".to_owned()],
        rival(format!("{} only", question.baseline), &equal.priority, true),
        rival("always".to_owned(), &equal.always, false),
        never.to_vec(),
    ];
    let caption =
        format!("Calls needed to catch as many (recall {})", figures::share(equal.recall.value()));
    table(&caption, &["policy", ">calls", ">precision", "how"], &rows)
}

fn judged(name: String, matrix: &Matrix, lead: &Spread) -> Vec<String> {
    vec![
        name,
        thousands(matrix.escalated()),
        thousands(matrix.true_positive),
        figures::ratio(matrix.precision()),
        figures::ratio(matrix.recall()),
        figures::ratio(matrix.specificity()),
        figures::share_and_ends(matrix.f1(), matrix.f1_interval()),
        figures::lead(lead.median),
    ]
}

pub(super) fn policies(report: &Report) -> Markup {
    let mut rows = vec![judged(figures::OURS.to_owned(), &report.matrix, &report.lead)];
    rows.extend(report.policies.iter().map(|policy| {
        judged(figures::policy(policy.kind, &report.question), &policy.matrix, &policy.lead)
    }));
    let titles = [
        "policy",
        ">called",
        ">right",
        ">precision",
        ">recall",
        ">specificity",
        ">F1",
        ">median lead",
    ];
    table("Each policy as it is", &titles, &rows)
}

fn shares<K>(shares: &[Share<K>], name: fn(&K) -> &str) -> Vec<Vec<String>> {
    let row = |share: &Share<K>| {
        let figures = [share.escalations, share.subjects, share.busiest].map(thousands);
        [vec![name(&share.name).to_owned()], figures.to_vec()].concat()
    };
    shares.iter().map(row).collect()
}

const LOAD: [&str; 3] = [">calls", ">subjects", ">most on a day"];

pub(super) fn people(report: &Report) -> Markup {
    let rows = shares(&report.load.people, figures::person);
    table("Who would have been called", &[&["person"], LOAD.as_slice()].concat(), &rows)
}

pub(super) fn nodes(report: &Report) -> Markup {
    let rows = shares(&report.load.nodes, String::as_str);
    table("Where it would have gone", &[&["node"], LOAD.as_slice()].concat(), &rows)
}

pub(super) fn rules(report: &Report) -> Markup {
    let rows = report.rules.iter().map(|rule| {
        vec![
            rule.rule.clone(),
            thousands(rule.fired),
            figures::ratio(rule.precision),
            figures::share(rule.recall.value()),
            figures::lead(rule.lead.median),
            thousands(rule.caught_alone),
            thousands(rule.wrong_alone),
            format!(
                "{} at recall {}",
                figures::share(rule.without.precision().value()),
                figures::share(rule.without.recall().value())
            ),
        ]
    });
    let titles = [
        "rule",
        ">fired",
        ">precision",
        ">recall",
        ">median lead",
        ">caught by it alone",
        ">wrong by it alone",
        "without it: precision",
    ];
    table("Each rule, and what would be lost without it", &titles, &rows.collect::<Vec<_>>())
}

pub(super) fn segments(report: &Report) -> Markup {
    let groups = shown_segments(report);
    markup! {
        @if !groups.is_empty() {
            section {
                h2 { "Segments" }
                @for (name, values, left_out) in groups {
                    @let rows: Vec<_> = values.iter().map(|value| vec![
                        value.value.clone(),
                        thousands(value.subjects),
                        thousands(value.escalated),
                        figures::ratio(value.matrix.base_rate()),
                        figures::ratio(value.matrix.precision()),
                        figures::ratio(value.matrix.recall()),
                        figures::lead(value.lead.median),
                    ]).collect();
                    (table(&format!("By {name}"), &[
                        name, ">subjects", ">called", ">base rate", ">precision", ">recall",
                        ">median lead",
                    ], &rows))
                    @if left_out > 0 {
                        p.more { "and " (left_out) " smaller ones; --format json has all" }
                    }
                }
            }
        }
    }
}

pub(super) fn rows(report: &Report) -> Markup {
    let rows: Vec<_> = report
        .rows
        .iter()
        .take(MOST_ROWS)
        .map(|row| {
            vec![
                figures::minute(row.at),
                row.subject.clone(),
                row.rule.clone(),
                row.node.clone(),
                figures::person(&row.person).to_owned(),
                figures::happened(row.happened).to_owned(),
                figures::lead(row.lead.map(|lead| lead as f64)),
            ]
        })
        .collect();
    let more = report.rows.len().saturating_sub(MOST_ROWS);
    markup! {
        @if !rows.is_empty() {
            section {
                h2 { "Who would have been called, and when" }
                (table("The first escalations, in order of time", &[
                    "when (UTC)", "subject", "rule", "to", "called", "happened", ">lead",
                ], &rows))
                @if more > 0 {
                    p.more { "and " (thousands(more as u64)) " more; --format json has all" }
                }
            }
        }
    }
}
