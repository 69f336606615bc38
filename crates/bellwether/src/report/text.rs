//! The report on a terminal.

use super::{figures, sheets, shown_segments};
use crate::table::{Table, thousands};
use bellwether_measure::backtest::Report;

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

fn policies(report: &Report) -> String {
    if report.counts.known == 0 {
        return String::new();
    }
    format!(
        "Beside three trivial policies\n{}\nAt equal recall, {} (expected figures)\n{}",
        sheets::policies(report).without(&[">specificity", ">F1"]).text(),
        figures::share(report.equal_recall.recall.value()),
        sheets::equal_recall(report).text()
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
    let said = format!("Load: {} escalations{mean}\n", thousands(report.counts.escalations));
    let (people, nodes) = (sheets::people(report).text(), sheets::nodes(report).text());
    if people.is_empty() { said } else { format!("{said}{people}\n{nodes}") }
}

fn rules(report: &Report) -> String {
    let rules = sheets::rules(report).text();
    if rules.is_empty() {
        return rules;
    }
    format!("Rules (alone: what no other rule called)\n{rules}")
}

fn segments(report: &Report) -> Vec<String> {
    let mut sections = Vec::new();
    for (name, values, left_out) in shown_segments(report) {
        let more = match left_out {
            0 => String::new(),
            more => format!("and {more} smaller ones; --format json has all\n"),
        };
        sections.push(format!("By {name}\n{}{more}", sheets::segment(name, &values).text()));
    }
    sections
}

fn rows(report: &Report) -> String {
    let (sheet, more) = sheets::escalations(report);
    if sheet.rows.is_empty() {
        return String::new();
    }
    let more = match more {
        0 => String::new(),
        more => format!("and {} more; --format json has all\n", thousands(more)),
    };
    format!("Escalations that would have taken place\n{}{more}", sheet.text())
}
