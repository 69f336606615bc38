//! A backtest's report for people and programs: text, JSON, and one page to hand on.
//!
//! - In: a [`Report`] of `measure`.
//! - Out: strings; the page is self-contained HTML without scripts, light or dark, for screen and paper.
//! - Never: computes a quality figure of its own; formats those of `measure`.

mod charts;
mod figures;
mod html;
mod json;
mod sheets;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use text::text;

use bellwether_measure::backtest::{Report, Segment};

/// So many escalations and segment values are shown to people; JSON has all.
const MOST_ROWS: usize = 40;
const MOST_VALUES: usize = 12;

/// A segment, its values, and how many smaller values were left out.
type Group<'a> = (&'a str, Vec<&'a Segment>, usize);

/// The values of each segment; of many, the largest.
fn shown_segments(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for segment in &report.segments {
        match groups.last_mut() {
            Some((name, values, _)) if *name == segment.name => values.push(segment),
            _ => groups.push((&segment.name, vec![segment], 0)),
        }
    }
    for (_, values, left_out) in &mut groups {
        if values.len() > MOST_VALUES {
            *left_out = values.len() - MOST_VALUES;
            values.sort_by_key(|value| std::cmp::Reverse(value.subjects));
            values.truncate(MOST_VALUES);
        }
    }
    groups
}
