//! The page's charts: SVG by `plotters`, coloured by the page.
//!
//! A chart is drawn in the fixed colours of [`paint`]; the style sheet replaces each by a variable, so
//! that one drawing is legible in light, in dark and on paper. A chart that cannot be drawn is empty,
//! and the page shows its text alternative instead.

mod days;
mod leads;
mod recall;
mod rules;

pub(super) use days::days;
pub(super) use leads::leads;
pub(super) use recall::recall;
pub(super) use rules::rules;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;

/// A drawing and what it says in words.
pub(super) struct Chart {
    /// What it shows, with its units.
    pub(super) title: &'static str,
    /// The SVG; empty when it could not be drawn.
    pub(super) svg: String,
    /// The same for those who cannot see it.
    pub(super) words: String,
    /// Names of the colours used, as classes of the style sheet.
    pub(super) legend: Vec<(&'static str, String)>,
}

/// Colours that the style sheet knows by these very values.
mod paint {
    use plotters::style::RGBColor;
    pub(super) const INK: RGBColor = RGBColor(0x1c, 0x24, 0x30);
    pub(super) const MUTED: RGBColor = RGBColor(0x5b, 0x66, 0x75);
    pub(super) const GRID: RGBColor = RGBColor(0xe3, 0xe7, 0xed);
    pub(super) const OURS: RGBColor = RGBColor(0x1f, 0x5f, 0xd1);
    pub(super) const RIVAL: RGBColor = RGBColor(0xb9, 0x5a, 0x0b);
}

const WIDTH: u32 = 560;
const HEIGHT: u32 = 320;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// Draws into a string.
fn draw(height: u32, drawing: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        drawing(&area).and_then(|()| area.present().map_err(Into::into))
    };
    if drawn.is_ok() { svg } else { String::new() }
}

/// Text of a size in pixels (plotters speaks of a font's full height).
fn font(pixels: f64, colour: &'static RGBColor) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", pixels * 1.24)).color(colour)
}

fn anchored(style: TextStyle<'static>, across: HPos, down: VPos) -> TextStyle<'static> {
    style.pos(Pos::new(across, down))
}

/// Axes with light lines and units: the frame of each chart that has two axes.
fn axes<'a>(
    area: &Area<'a>,
    across: std::ops::Range<f64>,
    up: std::ops::Range<f64>,
    names: (&str, &str),
    label: &dyn Fn(&f64) -> String,
    whole: bool,
) -> Result<ChartContext<'a, SVGBackend<'a>, Plane>, Box<dyn Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(8)
        .margin_bottom(6)
        .margin_right(16)
        .x_label_area_size(46)
        .y_label_area_size(62)
        .build_cartesian_2d(across, up)?;
    let number = |value: &f64| if whole { format!("{value:.0}") } else { format!("{value:.1}") };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .y_max_light_lines(1)
        .x_labels(7)
        .y_labels(5)
        .bold_line_style(paint::GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(paint::MUTED)
        .set_all_tick_mark_size(4)
        .label_style(font(13.0, &paint::MUTED))
        .axis_desc_style(font(13.0, &paint::INK))
        .x_label_formatter(label)
        .y_label_formatter(&number)
        .x_desc(names.0)
        .y_desc(names.1)
        .draw()?;
    Ok(chart)
}

type Plane =
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>;
type Frame<'a> = ChartContext<'a, SVGBackend<'a>, Plane>;

/// A dashed line between two points.
fn dashed(chart: &mut Frame<'_>, ends: [(f64, f64); 2], colour: RGBColor) -> Drawn {
    chart.draw_series(DashedLineSeries::new(ends, 5, 4, colour.stroke_width(2)))?;
    Ok(())
}

/// A bar from the axis up.
fn bar(chart: &mut Frame<'_>, from: f64, to: f64, height: f64, colour: RGBColor) -> Drawn {
    let gap = (to - from) * 0.06;
    let corners = [(from + gap, 0.0), (to - gap, height)];
    chart.draw_series([Rectangle::new(corners, colour.filled())])?;
    Ok(())
}

/// Text at a point of the chart.
fn label(chart: &Frame<'_>, text: &str, at: (f64, f64), style: &TextStyle<'_>) -> Drawn {
    let place = chart.backend_coord(&at);
    chart.plotting_area().strip_coord_spec().draw_text(text, style, in_area(chart, place))?;
    Ok(())
}

/// A place of the whole picture as a place of the plotting area.
fn in_area(chart: &Frame<'_>, (x, y): (i32, i32)) -> (i32, i32) {
    let (across, down) = chart.plotting_area().get_pixel_range();
    (x - across.start, y - down.start)
}
