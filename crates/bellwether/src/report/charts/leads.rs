//! How early the escalations came.

use super::{Chart, Drawn, Frame, HEIGHT, anchored, axes, bar, dashed, draw, font, label, paint};
use crate::report::figures;
use bellwether_measure::backtest::Report;
use bellwether_measure::quality::Histogram;
use plotters::style::text_anchor::{HPos, VPos};

/// Shown in hours, or in days when the histogram is wider than this many hours.
const LONG: f64 = 96.0;

pub(crate) fn leads(report: &Report) -> Option<Chart> {
    let histogram = report.lead_histogram.as_ref()?;
    let lead = &report.lead;
    let words = format!(
        "Histogram of the lead of {} escalated subjects that met the outcome: median {}, a tenth below \
         {}, nine tenths below {}; {} came too late.",
        lead.count,
        figures::lead(lead.median),
        figures::lead(lead.p10),
        figures::lead(lead.p90),
        histogram.below,
    );
    let mut legend = vec![("ours", format!("ahead of {}", report.question.reference))];
    if histogram.below > 0 {
        legend.push(("rival", format!("too late: {}", histogram.below)));
    }
    if histogram.above > 0 {
        legend.push(("muted", format!("longer than shown: {}", histogram.above)));
    }
    let svg = draw(HEIGHT, |area| {
        let steps = histogram.counts.len() as f64;
        let wide = figures::hours(histogram.width as f64);
        let (unit, name) = if wide * steps > LONG { (24.0, "days") } else { (1.0, "hours") };
        let width = wide / unit;
        let from = if histogram.below > 0 { -width } else { 0.0 };
        let to = width * (steps + if histogram.above > 0 { 1.0 } else { 0.0 });
        let most = histogram.counts.iter().chain([&histogram.below, &histogram.above]).max();
        let top = most.map_or(1.0, |most| *most as f64 * 1.15).max(1.0);
        let axis = format!("{name} from first escalation to {}", report.question.reference);
        let names = (axis.as_str(), "escalated subjects");
        let mut chart = axes(area, from..to, 0.0..top, names, &plain, true)?;
        bars(&mut chart, histogram, width)?;
        let Some(median) = lead.median else { return Ok(()) };
        median_line(&mut chart, figures::hours(median) / unit, to, top, &figures::lead(lead.median))
    });
    Some(Chart { title: "How far ahead the calls came", svg, words, legend })
}

fn plain(value: &f64) -> String {
    let whole = (value - value.round()).abs() < 1e-6;
    if whole { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn bars(chart: &mut Frame<'_>, histogram: &Histogram, width: f64) -> Drawn {
    let mut edge = 0.0;
    if histogram.below > 0 {
        bar(chart, -width, 0.0, histogram.below as f64, paint::RIVAL)?;
    }
    for count in &histogram.counts {
        bar(chart, edge, edge + width, *count as f64, paint::OURS)?;
        edge += width;
    }
    if histogram.above > 0 {
        bar(chart, edge, edge + width, histogram.above as f64, paint::MUTED)?;
    }
    Ok(())
}

fn median_line(chart: &mut Frame<'_>, at: f64, to: f64, top: f64, text: &str) -> Drawn {
    dashed(chart, [(at, 0.0), (at, top)], paint::INK)?;
    let right = at < to * 0.6;
    let (side, shift) = if right { (HPos::Left, 0.01) } else { (HPos::Right, -0.01) };
    let style = anchored(font(13.0, &paint::INK), side, VPos::Top);
    label(chart, &format!("median {text}"), (at + to * shift, top), &style)
}
