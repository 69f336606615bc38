//! The page's tables.

use crate::report::sheets::{self, Sheet};
use crate::report::{figures, shown_segments};
use crate::table::thousands;
use bellwether_measure::backtest::Report;
use maud::{Markup, html as markup};

/// A table that scrolls sideways where there is no room; a title that starts with `>` aligns right.
fn table(caption: &str, Sheet { titles, rows }: &Sheet) -> Markup {
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
    let recall = figures::share(report.equal_recall.recall.value());
    let caption = format!("Calls needed to catch as many (recall {recall})");
    table(&caption, &sheets::equal_recall(report))
}

pub(super) fn policies(report: &Report) -> Markup {
    table("Each policy as it is", &sheets::policies(report))
}

pub(super) fn people(report: &Report) -> Markup {
    table("Who would have been called", &sheets::people(report))
}

pub(super) fn nodes(report: &Report) -> Markup {
    table("Where it would have gone", &sheets::nodes(report))
}

pub(super) fn rules(report: &Report) -> Markup {
    let caption = "Each rule, what it called alone, and what would be left without it";
    table(caption, &sheets::rules(report))
}

pub(super) fn segments(report: &Report) -> Markup {
    let groups = shown_segments(report);
    markup! {
        @if !groups.is_empty() {
            section {
                h2 { "Segments" }
                @for (name, values, left_out) in groups {
                    (table(&format!("By {name}"), &sheets::segment(name, &values)))
                    @if left_out > 0 {
                        p.more { "and " (left_out) " smaller ones; --format json has all" }
                    }
                }
            }
        }
    }
}

pub(super) fn rows(report: &Report) -> Markup {
    let (sheet, more) = sheets::escalations(report);
    markup! {
        @if !sheet.rows.is_empty() {
            section {
                h2 { "Who would have been called, and when" }
                (table("The first escalations, in order of time", &sheet))
                @if more > 0 {
                    p.more { "and " (thousands(more)) " more; --format json has all" }
                }
            }
        }
    }
}
