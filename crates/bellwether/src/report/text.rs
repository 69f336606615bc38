//! The report on a terminal.

use super::{MOST_ROWS, figures, shown_segments};
use crate::table::{Table, thousands};
use bellwether_measure::backtest::{Report, Share};
use bellwether_measure::quality::{Matrix, Spread};

/// The whole report, section by section.
pub(crate) fn text(report: &Report) -> String {
    let sections =
        [head(report), policies(report), quality(report), load(report), rules(report)].into_iter();
    let parts = sections.chain(segments(report)).chain([rows(report)]);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn head(report: &Report) -> String {
    let (question, counts) = (&report.question, &report.counts);
    let mut text = format!(
        "Backtest of {}: {} {}{}; outcome \u{201c}{}\u{201d}; nobody was contacted.\n\n{}\n",
        question.bundle,
        thousands(counts.subjects),
        question.subjects,
        figures::period(counts.opened_first, counts.opened_last),
        question.outcome,
        report.verdict.sentence,
    );
    text.extend(figures::cost(report).map(|cost| cost + "\n"));
    report.verdict.cautions.iter().for_each(|said| text.push_str(&format!("  ! {said}\n")));
    text
}

fn judged(name: &str, matrix: &Matrix, lead: &Spread) -> [String; 6] {
    [
        name.to_owned(),
        thousands(matrix.escalated()),
        thousands(matrix.true_positive),
        figures::ratio(matrix.precision()),
        figures::ratio(matrix.recall()),
        figures::lead(lead.median),
    ]
}

fn policies(report: &Report) -> String {
    if report.counts.known == 0 {
        return String::new();
    }
    let question = &report.question;
    let titles = ["policy", ">called", ">right", "precision (95%)", "recall (95%)", ">median lead"];
    let mut table = Table::new(&titles);
    table.row(judged(figures::OURS, &report.matrix, &report.lead));
    for policy in &report.policies {
        let name = figures::policy(policy.kind, question);
        table.row(judged(&name, &policy.matrix, &policy.lead));
    }
    let equal = &report.equal_recall;
    let mut at_equal = Table::new(&["policy", ">called", "precision (95%)", "how"]);
    let called = thousands(equal.bundle.of);
    at_equal.row([figures::OURS, &called, &figures::ratio(equal.bundle), "its rules"]);
    let by_level = format!("{} only", question.baseline);
    for (name, rival, levels) in
        [(by_level.as_str(), equal.priority, true), ("always", equal.always, false)]
    {
        at_equal.row([
            name,
            &figures::calls(rival.escalated),
            &figures::share_and_ends(rival.precision, rival.interval),
            &figures::method(&rival, levels, question),
        ]);
    }
    at_equal.row(["never", "0", figures::NONE, "catches nothing"]);
    format!(
        "Beside three trivial policies\n{}\nAt equal recall, {} (expected figures)\n{}",
        table.render(),
        figures::share(equal.recall.value()),
        at_equal.render()
    )
}

fn quality(report: &Report) -> String {
    if report.counts.known == 0 {
        return String::new();
    }
    let (matrix, counts) = (&report.matrix, &report.counts);
    let mut table = Table::new(&["", ">happened", ">did not", ">outcome unknown"]);
    let unknown = counts.subjects - counts.known;
    let unknown_called = counts.escalated.saturating_sub(matrix.escalated() + counts.late);
    table.row([
        "called",
        &thousands(matrix.true_positive),
        &thousands(matrix.false_positive),
        &thousands(unknown_called),
    ]);
    table.row([
        "not called, or too late",
        &thousands(matrix.false_negative),
        &thousands(matrix.true_negative),
        &thousands(unknown.saturating_sub(unknown_called)),
    ]);
    let lead = &report.lead;
    format!(
        "Right and wrong\n{}F1 {}, specificity {}, base rate {}\n\nLead: {} minus first escalation, \
         where \u{201c}{}\u{201d} happened\nmedian {}, 10% below {}, 90% below {}; {} of {} ahead\n",
        table.render(),
        figures::share_and_ends(matrix.f1(), matrix.f1_interval()),
        figures::ratio(matrix.specificity()),
        figures::ratio(matrix.base_rate()),
        report.question.reference,
        report.question.outcome,
        figures::lead(lead.median),
        figures::lead(lead.p10),
        figures::lead(lead.p90),
        thousands(lead.positive.hits),
        thousands(lead.positive.of),
    )
}

fn load(report: &Report) -> String {
    let load = &report.load;
    let busiest = load.busiest.map_or(String::new(), |(day, most)| {
        format!("; most on one day: {} ({})", thousands(most), figures::day(day))
    });
    let mean = load.mean.map_or(String::new(), |mean| {
        let days = thousands(load.per_day.count);
        format!(
            ", {mean:.1} a day while {} opened ({days} days){busiest}",
            report.question.subjects
        )
    });
    let mut table = Table::new(&["called", ">escalations", ">subjects", ">most on a day"]);
    load.people.iter().for_each(|share| table.row(shared(figures::person(&share.name), share)));
    let mut nodes = Table::new(&["node", ">escalations", ">subjects", ">most on a day"]);
    load.nodes.iter().for_each(|share| nodes.row(shared(&share.name, share)));
    let said = format!("Load: {} escalations{mean}\n", thousands(report.counts.escalations));
    if table.is_empty() { said } else { format!("{said}{}\n{}", table.render(), nodes.render()) }
}

fn shared<K>(name: &str, share: &Share<K>) -> [String; 4] {
    [
        name.to_owned(),
        thousands(share.escalations),
        thousands(share.subjects),
        thousands(share.busiest),
    ]
}

fn rules(report: &Report) -> String {
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
    let mut table = Table::new(&titles);
    for rule in &report.rules {
        table.row([
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
                figures::share(rule.without.precision().value()),
                figures::share(rule.without.recall().value())
            ),
        ]);
    }
    if table.is_empty() {
        return String::new();
    }
    format!("Rules (alone: what no other rule called)\n{}", table.render())
}

fn segments(report: &Report) -> Vec<String> {
    let mut sections = Vec::new();
    for (name, values, left_out) in shown_segments(report) {
        let titles = [
            name,
            ">subjects",
            ">called",
            ">base rate",
            "precision (95%)",
            "recall (95%)",
            ">median lead",
        ];
        let mut table = Table::new(&titles);
        for value in values {
            table.row([
                value.value.clone(),
                thousands(value.subjects),
                thousands(value.escalated),
                figures::share(value.matrix.base_rate().value()),
                figures::ratio(value.matrix.precision()),
                figures::ratio(value.matrix.recall()),
                figures::lead(value.lead.median),
            ]);
        }
        let more = match left_out {
            0 => String::new(),
            more => format!("and {more} smaller ones; --format json has all\n"),
        };
        sections.push(format!("By {name}\n{}{more}", table.render()));
    }
    sections
}

fn rows(report: &Report) -> String {
    let mut table =
        Table::new(&["when (UTC)", "subject", "rule", "to", "called", "happened", ">lead"]);
    for row in report.rows.iter().take(MOST_ROWS) {
        table.row([
            figures::minute(row.at),
            row.subject.clone(),
            row.rule.clone(),
            row.node.clone(),
            figures::person(&row.person).to_owned(),
            figures::happened(row.happened).to_owned(),
            figures::lead(row.lead.map(|lead| lead as f64)),
        ]);
    }
    if table.is_empty() {
        return String::new();
    }
    let more = match report.rows.len().saturating_sub(MOST_ROWS) {
        0 => String::new(),
        more => format!("and {} more; --format json has all\n", thousands(more as u64)),
    };
    format!("Escalations that would have taken place\n{}{more}", table.render())
}
