//! The report as one page to hand on: no scripts, no requests, nothing but itself.

mod tables;

use super::charts::{self, Chart};
use super::figures;
use crate::table::thousands;
use bellwether_measure::backtest::{Report, Standing};
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

const STYLE: &str = include_str!("page.css");

/// The page.
pub(crate) fn html(report: &Report) -> String {
    let question = &report.question;
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Backtest of " (question.bundle) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (head(report))
                    (verdict(report))
                    (tiles(report))
                    (compared(report))
                    (timing(report))
                    (rules(report))
                    (tables::segments(report))
                    (tables::rows(report))
                    (reading(report))
                }
            }
        }
    };
    page.into_string()
}

fn head(report: &Report) -> Markup {
    let (question, counts) = (&report.question, &report.counts);
    markup! {
        header {
            p.over { "Backtest" }
            h1 { (question.bundle) }
            p.sub {
                (thousands(counts.subjects)) " " (question.subjects)
                (figures::period(counts.opened_first, counts.opened_last))
                ". Outcome: \u{201c}" (question.outcome) "\u{201d}. "
                @if let Some(since) = question.since {
                    "Judged from " span.nowrap { (figures::minute(since)) " UTC" } " on. "
                }
                "A replay of history: nobody was contacted."
            }
        }
    }
}

fn verdict(report: &Report) -> Markup {
    let verdict = &report.verdict;
    let tone = match verdict.standing {
        Standing::Better => "good",
        Standing::Unclear | Standing::TooFew | Standing::NoEvidence => "unsure",
        Standing::NotBetter | Standing::CaughtNothing => "bad",
    };
    markup! {
        section class={ "verdict " (tone) } aria-label="Verdict" {
            p.chip { (figures::standing(verdict.standing)) }
            p.answer { (verdict.sentence) }
            @if let Some(cost) = figures::cost(report) { p.cost { (cost) } }
            @if !verdict.cautions.is_empty() {
                ul { @for caution in &verdict.cautions { li { (caution) } } }
            }
        }
    }
}

fn tile(name: &str, figure: &str, said: &str) -> Markup {
    markup! {
        div.tile {
            p.name { (name) }
            p.figure { (figure) }
            p.said { (said) }
        }
    }
}

fn tiles(report: &Report) -> Markup {
    let (matrix, lead, load) = (&report.matrix, &report.lead, &report.load);
    let (precision, recall) = (matrix.precision(), matrix.recall());
    let right = format!(
        "{} of {} calls were right; 95% interval {}",
        thousands(precision.hits),
        thousands(precision.of),
        figures::ends(precision.interval())
    );
    let caught = format!(
        "{} of {} \u{201c}{}\u{201d} were called in time; 95% interval {}",
        thousands(recall.hits),
        thousands(recall.of),
        report.question.outcome,
        figures::ends(recall.interval())
    );
    let ahead = format!(
        "median from first call to {}; {} of {} ahead of it",
        report.question.reference,
        thousands(lead.positive.hits),
        thousands(lead.positive.of)
    );
    let mean = load.mean.map_or(figures::NONE.to_owned(), |mean| format!("{mean:.1}"));
    let most = load.busiest.map_or("no calls at all".to_owned(), |(day, most)| {
        format!("calls a day in the mean; at most {}, on {}", thousands(most), figures::day(day))
    });
    markup! {
        section.tiles aria-label="Key figures" {
            (tile("Precision", &figures::share(precision.value()), &right))
            (tile("Recall", &figures::share(recall.value()), &caught))
            (tile("Lead", &figures::lead(lead.median), &ahead))
            (tile("Load", &mean, &most))
        }
    }
}

/// A drawing with its title, legend and text alternative.
fn figure(chart: &Chart) -> Markup {
    markup! {
        figure {
            figcaption { (chart.title) }
            @if chart.svg.is_empty() {
                p { (chart.words) }
            } @else {
                @if !chart.legend.is_empty() {
                    ul.legend aria-hidden="true" {
                        @for (colour, name) in &chart.legend { li { i class=(colour) {} (name) } }
                    }
                }
                div.chart role="img" aria-label=(chart.words) { (PreEscaped(&chart.svg)) }
            }
        }
    }
}

fn compared(report: &Report) -> Markup {
    if report.counts.known == 0 {
        return Markup::default();
    }
    markup! {
        section {
            h2 { "Beside three trivial policies" }
            div.pair {
                (figure(&charts::recall(report)))
                (tables::equal_recall(report))
            }
            (tables::policies(report))
        }
    }
}

fn timing(report: &Report) -> Markup {
    markup! {
        section {
            h2 { "How early, and how much work" }
            div.pair {
                @if let Some(chart) = charts::leads(report) { (figure(&chart)) }
                @if let Some(chart) = charts::days(report) { (figure(&chart)) }
            }
            div.pair { (tables::people(report)) (tables::nodes(report)) }
        }
    }
}

fn rules(report: &Report) -> Markup {
    let Some(chart) = charts::rules(report) else { return Markup::default() };
    markup! {
        section {
            h2 { "Rules" }
            (figure(&chart))
            (tables::rules(report))
        }
    }
}

fn reading(report: &Report) -> Markup {
    let question = &report.question;
    markup! {
        section.reading {
            h2 { "How to read this" }
            dl {
                dt { "Call" }
                dd { "An escalation to a person that the bundle would have made. None was made." }
                dt { "Right" }
                dd {
                    "The " (question.subjects) " that were called ahead of " (question.reference)
                    " and for which \u{201c}" (question.outcome)
                    "\u{201d} then happened. A call that came too late counts as missed."
                }
                dt { "95% interval" }
                dd { "Where the true share plausibly lies (Wilson). Few cases make it wide." }
                dt { "At equal recall" }
                dd {
                    "Each trivial policy is made to catch as many as the bundle, and its calls are \
                     counted. Where a level is needed in part, that part is taken blindly: the figure is \
                     the exact expectation, not one draw."
                }
                dt { "Without it" }
                dd {
                    "The bundle if the rule had called nobody and the others had stayed as they were. A \
                     later rule might have caught some of the same."
                }
            }
        }
    }
}
