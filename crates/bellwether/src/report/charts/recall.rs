//! Precision over recall: the bundle's point with its intervals, beside what priority and chance give.

use super::{Chart, Drawn, Frame, HEIGHT, anchored, axes, dashed, draw, font, label, paint};
use crate::report::figures;
use bellwether_measure::backtest::{PolicyKind, Report};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// Points drawn between two cut-offs of the priority field.
const BETWEEN: u64 = 40;

pub(crate) fn recall(report: &Report) -> Chart {
    let (ours, equal, question) = (&report.matrix, &report.equal_recall, &report.question);
    let words = format!(
        "Precision against recall. This bundle: precision {} at recall {}. At that recall, {} only has \
         {} and always has {}. Never has recall 0 and no precision.",
        figures::share(ours.precision().value()),
        figures::share(ours.recall().value()),
        question.baseline,
        figures::share(equal.priority.precision),
        figures::share(equal.always.precision),
    );
    Chart {
        title: "Right calls, at each share of cases caught",
        svg: draw(HEIGHT, |area| {
            let names = ("recall: share of cases caught", "precision: share of calls right");
            let mut chart =
                axes(area, 0.0..1.02, 0.0..1.05, names, &|value| format!("{value:.1}"), false)?;
            trivial(&mut chart, report)?;
            bundle(&mut chart, report)
        }),
        words,
        legend: vec![
            ("ours", "this bundle, with 95% intervals".to_owned()),
            ("rival", format!("{} only, each cut-off", question.baseline)),
            ("muted", "always (called blindly)".to_owned()),
        ],
    }
}

/// Recall and precision.
type Point = (f64, f64);

/// The staircase of cut-offs as (recall, precision), with points in between: expected figures.
fn curve(report: &Report) -> (Vec<Point>, Vec<(i64, Point)>) {
    let (mut line, mut corners) = (Vec::new(), Vec::new());
    let mut before = (0.0, 0.0);
    let happened = report.matrix.happened() as f64;
    for policy in &report.policies {
        let PolicyKind::AtMost(limit) = policy.kind else { continue };
        let right = policy.matrix.true_positive as f64;
        let called = policy.matrix.escalated() as f64;
        for step in 1..=BETWEEN {
            let part = step as f64 / BETWEEN as f64;
            let caught = before.0 + (right - before.0) * part;
            let of = before.1 + (called - before.1) * part;
            if of > 0.0 && happened > 0.0 {
                line.push((caught / happened, caught / of));
            }
        }
        corners.extend(line.last().map(|point| (limit, *point)));
        before = (right, called);
    }
    (line, corners)
}

fn trivial(chart: &mut Frame<'_>, report: &Report) -> Drawn {
    if let Some(base) = report.equal_recall.always.precision {
        dashed(chart, [(0.0, base), (1.0, base)], paint::MUTED)?;
    }
    let (line, corners) = curve(report);
    chart.draw_series(LineSeries::new(line, paint::RIVAL.stroke_width(2)))?;
    let style = anchored(font(12.0, &paint::RIVAL), HPos::Center, VPos::Bottom);
    let mut said: Vec<Point> = Vec::new();
    for (limit, (x, y)) in corners {
        let (left, top) = chart.backend_coord(&(x, y));
        let corners = [(left - 4, top - 4), (left + 4, top + 4)];
        let [from, to] = corners.map(|corner| super::in_area(chart, corner));
        let area = chart.plotting_area().strip_coord_spec();
        area.draw(&Rectangle::new([from, to], paint::RIVAL.filled()))?;
        // The next cut-off may stand on the same spot; its label would make both unreadable.
        if said.iter().all(|other| (other.0 - x).abs() > 0.05 || (other.1 - y).abs() > 0.08) {
            label(chart, &format!("\u{2264} {limit}"), (x, y + 0.025), &style)?;
            said.push((x, y));
        }
    }
    Ok(())
}

fn bundle(chart: &mut Frame<'_>, report: &Report) -> Drawn {
    let (precision, recall) = (report.matrix.precision(), report.matrix.recall());
    let (Some(y), Some(x)) = (precision.value(), recall.value()) else { return Ok(()) };
    let thick = paint::OURS.stroke_width(3);
    if let Some(ends) = precision.interval() {
        chart.draw_series(LineSeries::new([(x, ends.low), (x, ends.high)], thick))?;
    }
    if let Some(ends) = recall.interval() {
        chart.draw_series(LineSeries::new([(ends.low, y), (ends.high, y)], thick))?;
    }
    chart.draw_series([Circle::new((x, y), 7, paint::OURS.filled())])?;
    let right = x < 0.7;
    let (side, shift) = if right { (HPos::Left, 0.03) } else { (HPos::Right, -0.03) };
    let style = anchored(font(14.0, &paint::OURS), side, VPos::Bottom);
    label(chart, &format!("this bundle {y:.2}"), (x + shift, y + 0.02), &style)
}
