//! What each rule called for, right and wrong.

use super::{Area, Chart, Drawn, anchored, draw, font, paint};
use crate::report::figures;
use crate::table::thousands;
use bellwether_measure::backtest::{Report, RuleReport};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// More rules than this stand in the table only.
const MOST: usize = 10;
/// Pixels of a rule: its name, then its bar.
const ROW: i32 = 46;
/// Pixels to the right of the longest bar, for its figures.
const ROOM: i32 = 118;

pub(crate) fn rules(report: &Report) -> Option<Chart> {
    let shown: Vec<&RuleReport> = report.rules.iter().take(MOST).collect();
    let most = shown.iter().map(|rule| rule.subjects).max()?.max(1);
    let said = shown.iter().map(|rule| {
        let precision = figures::share(rule.precision.value());
        format!("{}: {} subjects, precision {precision}", rule.rule, rule.subjects)
    });
    let words = format!("Subjects per rule. {}.", said.collect::<Vec<_>>().join("; "));
    let height = u32::try_from(shown.len()).unwrap_or(1) * ROW as u32 + 34;
    let svg = draw(height, |area| {
        for (nth, rule) in (0i32..).zip(&shown) {
            row(area, nth * ROW, rule, most)?;
        }
        let style = anchored(font(13.0, &paint::INK), HPos::Left, VPos::Bottom);
        let text = "subjects escalated by the rule (right of judged)";
        Ok(area.draw_text(text, &style, (0, height as i32 - 6))?)
    });
    let legend = vec![
        ("ours", "right, in time".to_owned()),
        ("rival", "called for nothing, or too late".to_owned()),
        ("muted", "outcome unknown".to_owned()),
    ];
    Some(Chart { title: "What each rule called for", svg, words, legend })
}

fn row(area: &Area<'_>, top: i32, rule: &RuleReport, most: u64) -> Drawn {
    let name = anchored(font(13.0, &paint::INK), HPos::Left, VPos::Top);
    area.draw_text(&shortened(&rule.rule), &name, (0, top + 2))?;
    let full = f64::from(super::WIDTH as i32 - ROOM);
    let wide = |count: u64| (count as f64 / most as f64 * full).round() as i32;
    let right = rule.precision.hits;
    let parts = [
        (right, paint::OURS),
        (rule.precision.of - right, paint::RIVAL),
        (rule.subjects - rule.precision.of, paint::MUTED),
    ];
    let (mut counted, mut edge) = (0, 0);
    for (count, colour) in parts {
        counted += count;
        let to = wide(counted);
        if to > edge {
            area.draw(&Rectangle::new([(edge, top + 20), (to - 1, top + 38)], colour.filled()))?;
        }
        edge = to;
    }
    let figures = anchored(font(13.0, &paint::MUTED), HPos::Left, VPos::Center);
    let text = format!("{} of {}", thousands(right), thousands(rule.precision.of));
    Ok(area.draw_text(&text, &figures, (edge + 8, top + 29))?)
}

/// A name that fits the width.
fn shortened(name: &str) -> String {
    const MOST_LETTERS: usize = 60;
    if name.chars().count() <= MOST_LETTERS {
        return name.to_owned();
    }
    let kept: String = name.chars().take(MOST_LETTERS - 1).collect();
    format!("{kept}\u{2026}")
}
