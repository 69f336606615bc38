//! The load day by day; of long histories, the mean of each week.

use super::{Chart, HEIGHT, anchored, axes, bar, dashed, draw, font, label, paint};
use crate::report::figures;
use bellwether_core::{Duration, Timestamp};
use bellwether_measure::backtest::Report;
use plotters::style::text_anchor::{HPos, VPos};

/// More days than this are drawn as weeks.
const MOST_BARS: usize = 140;

pub(crate) fn days(report: &Report) -> Option<Chart> {
    let (load, first) = (&report.load, report.load.first_day?);
    let mean = load.mean?;
    let days = shown(&load.days, load.per_day.count);
    let step = if days.len() > MOST_BARS { 7 } else { 1 };
    let bars: Vec<f64> =
        days.chunks(step).map(|days| days.iter().sum::<u64>() as f64 / days.len() as f64).collect();
    let most = bars.iter().copied().fold(mean, f64::max).max(1.0);
    let busiest = load.busiest.map_or(String::new(), |(day, count)| {
        format!(" The most on one day: {count}, on {}.", figures::day(day))
    });
    let words = format!(
        "Escalations per day over {} days from {}: {mean:.1} in the mean.{busiest}",
        load.per_day.count,
        figures::day(first)
    );
    let svg = draw(HEIGHT, |area| {
        let date = |nth: &f64| short_date(first, *nth as i64);
        let to = days.len() as f64;
        let top = most * 1.15;
        let mut chart =
            axes(area, 0.0..to, 0.0..top, ("day (UTC)", "escalations a day"), &date, most >= 5.0)?;
        for (nth, height) in bars.iter().enumerate() {
            let from = (nth * step) as f64;
            bar(&mut chart, from, (from + step as f64).min(to), *height, paint::OURS)?;
        }
        // The mean is that of the days on which subjects opened; the rest of the history runs out.
        let open = (load.per_day.count as f64).min(to);
        dashed(&mut chart, [(0.0, mean), (open, mean)], paint::INK)?;
        let side = if open < to * 0.7 { HPos::Left } else { HPos::Right };
        let style = anchored(font(13.0, &paint::INK), side, VPos::Bottom);
        label(&chart, &format!(" mean {mean:.1}"), (open, mean + top * 0.015), &style)
    });
    let title = if step == 1 { "Calls per day" } else { "Calls per day, mean of each week" };
    Some(Chart { title, svg, words, legend: Vec::new() })
}

/// The days while subjects opened, and on until nearly all escalations are seen: the last stragglers
/// of a history may come months later.
fn shown(days: &[u64], open: u64) -> &[u64] {
    let total: u64 = days.iter().sum();
    let mut seen = 0;
    let reached = days.iter().position(|count| {
        seen += count;
        seen * 100 >= total * 99
    });
    let until = reached.map_or(0, |last| last + 1).max(usize::try_from(open).unwrap_or(0));
    days.get(..until).unwrap_or(days)
}

/// `11 Apr`: the axis has no room for the year, which the page's head names.
fn short_date(first: Timestamp, nth: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let written = figures::day(first.plus(Duration::from_days(nth)));
    let mut parts = written.split('-').skip(1).map(|part| part.parse::<usize>().unwrap_or(0));
    let (month, day) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let month = MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or("");
    format!("{day} {month}")
}
