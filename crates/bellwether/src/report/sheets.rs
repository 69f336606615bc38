//! Sheets: the rows of a report's tables, the same on a terminal and on the page.

use super::{MOST_ROWS, figures};
use crate::table::{Table, thousands};
use bellwether_measure::backtest::{Report, Rival, Segment, Share};
use bellwether_measure::quality::{Matrix, Spread};

/// A table's titles and rows; a title that starts with `>` is aligned to the right.
pub(super) struct Sheet {
    pub(super) titles: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Sheet {
    fn new(titles: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let titles = titles.iter().map(|title| (*title).to_owned()).collect();
        Self { titles, rows: rows.into_iter().collect() }
    }

    /// Leaves columns out, where there is no room for all.
    pub(super) fn without(self, left_out: &[&str]) -> Self {
        let kept: Vec<_> =
            self.titles.iter().map(|title| !left_out.contains(&title.as_str())).collect();
        let narrow = |cells: Vec<String>| {
            cells.into_iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell).collect()
        };
        Self { titles: narrow(self.titles), rows: self.rows.into_iter().map(narrow).collect() }
    }

    /// The table on a terminal; nothing without rows.
    pub(super) fn text(self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let titles: Vec<_> = self.titles.iter().map(String::as_str).collect();
        let mut table = Table::new(&titles);
        self.rows.into_iter().for_each(|row| table.row(row));
        table.render()
    }
}

/// What each policy calls, and how good that is.
pub(super) fn policies(report: &Report) -> Sheet {
    let titles = [
        "policy",
        ">called",
        ">right",
        "precision (95%)",
        "recall (95%)",
        ">specificity",
        ">F1",
        ">median lead",
    ];
    let ours = judged(figures::OURS.to_owned(), &report.matrix, &report.lead);
    let others = report.policies.iter().map(|policy| {
        judged(figures::policy(policy.kind, &report.question), &policy.matrix, &policy.lead)
    });
    Sheet::new(&titles, std::iter::once(ours).chain(others))
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

/// What the same catch costs with each policy.
pub(super) fn equal_recall(report: &Report) -> Sheet {
    let (equal, question) = (&report.equal_recall, &report.question);
    let rival = |name: String, rival: &Rival, by_level: bool| {
        vec![
            name,
            figures::calls(rival.escalated),
            figures::share_and_ends(rival.precision, rival.interval),
            figures::method(rival, by_level, question),
        ]
    };
    let ours =
        [figures::OURS, &thousands(equal.bundle.of), &figures::ratio(equal.bundle), "its rules"];
    let never = ["never", "0", figures::NONE, "catches nothing"];
    Sheet::new(
        &["policy", ">called", "precision (95%)", "how"],
        [
            ours.map(str::to_owned).to_vec(),
            rival(format!("{} only", question.baseline), &equal.priority, true),
            rival("always".to_owned(), &equal.always, false),
            never.map(str::to_owned).to_vec(),
        ],
    )
}

/// Who would have been called.
pub(super) fn people(report: &Report) -> Sheet {
    shares("called", &report.load.people, figures::person)
}

/// Where it would have gone.
pub(super) fn nodes(report: &Report) -> Sheet {
    shares("node", &report.load.nodes, String::as_str)
}

fn shares<K>(title: &str, shares: &[Share<K>], name: fn(&K) -> &str) -> Sheet {
    let row = |share: &Share<K>| {
        let figures = [share.escalations, share.subjects, share.busiest].map(thousands);
        [vec![name(&share.name).to_owned()], figures.to_vec()].concat()
    };
    let titles = [title, ">escalations", ">subjects", ">most on a day"];
    Sheet::new(&titles, shares.iter().map(row))
}

/// Each rule, and what would be lost without it.
pub(super) fn rules(report: &Report) -> Sheet {
    let titles = [
        "rule",
        ">fired",
        ">subjects",
        "precision (95%)",
        ">recall",
        ">median lead",
        ">right alone",
        ">wrong alone",
        "without it",
    ];
    let rows = report.rules.iter().map(|rule| {
        let (precision, recall) = (rule.without.precision(), rule.without.recall());
        vec![
            rule.rule.clone(),
            thousands(rule.fired),
            thousands(rule.subjects),
            figures::ratio(rule.precision),
            figures::share(rule.recall.value()),
            figures::lead(rule.lead.median),
            thousands(rule.caught_alone),
            thousands(rule.wrong_alone),
            format!(
                "{} at recall {}",
                figures::share(precision.value()),
                figures::share(recall.value())
            ),
        ]
    });
    Sheet::new(&titles, rows)
}

/// The values of one segment.
pub(super) fn segment(name: &str, values: &[&Segment]) -> Sheet {
    let titles = [
        name,
        ">subjects",
        ">called",
        ">base rate",
        "precision (95%)",
        "recall (95%)",
        ">median lead",
    ];
    let rows = values.iter().map(|value| {
        vec![
            value.value.clone(),
            thousands(value.subjects),
            thousands(value.escalated),
            figures::share(value.matrix.base_rate().value()),
            figures::ratio(value.matrix.precision()),
            figures::ratio(value.matrix.recall()),
            figures::lead(value.lead.median),
        ]
    });
    Sheet::new(&titles, rows)
}

/// The first escalations, in order of time, and how many more there are.
pub(super) fn escalations(report: &Report) -> (Sheet, u64) {
    let rows = report.rows.iter().take(MOST_ROWS).map(|row| {
        vec![
            figures::minute(row.at),
            row.subject.clone(),
            row.rule.clone(),
            row.node.clone(),
            figures::person(&row.person).to_owned(),
            figures::happened(row.happened).to_owned(),
            figures::lead(row.lead.map(|lead| lead as f64)),
        ]
    });
    let titles = ["when (UTC)", "subject", "rule", "to", "called", "happened", ">lead"];
    (Sheet::new(&titles, rows), report.rows.len().saturating_sub(MOST_ROWS) as u64)
}
