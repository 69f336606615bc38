//! Checks of a whole table: gaps, rows that are never reached, overlaps.
//!
//! - In: the rows of a table as boxes, and the space of its columns.
//! - Out: a problem for each, with a case that shows it.
//! - Never: a guess: boxes are exact here, and a table that is too large for that is refused.

use super::Hit;
use bellwether_core::{Place, Problem};
use bellwether_expr::{Axis, Cell, Region, Slot, Space, Values};

/// The most boxes that a check may take.
const MOST: usize = 20_000;

/// What can be, of the columns.
fn whole(columns: &[Slot], asked: &[Slot], space: &Space<'_>) -> Cell {
    columns.iter().fold(Cell::default(), |cell, slot| {
        let known = space.domain(*slot);
        let values = if asked.contains(slot) { known.or(&Values::missing()) } else { known };
        cell.with(Axis::Fact(*slot), values).unwrap_or(cell)
    })
}

/// Checks the rows of a table, each with its place.
pub(super) fn check(
    name: &str,
    place: &Place,
    hit: Hit,
    (columns, asked): (&[Slot], &[Slot]),
    rows: &[(Cell, Place)],
    space: &Space<'_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let whole = whole(columns, asked, space);
    let mut left = Region::of(whole.clone());
    for (nth, (cell, at)) in rows.iter().enumerate() {
        let before = rows.iter().take(nth);
        // A cell outside of what can be is refused where it is read.
        let Some(own) = whole.and(cell) else { continue };
        if hit == Hit::Unique
            && let Some((both, first)) =
                before.clone().find_map(|(other, first)| Some((own.and(other)?, first)))
        {
            let message = format!("two rows of `{name}` fit {}", space.tell(&both));
            let help = format!(
                "narrow one of them (the other stands in line {}), or write `hit: first`",
                first.line
            );
            problems.push(Problem::new("threshold-overlap", message).at(at.clone()).help(help));
        }
        let mut rest = Some(Region::of(own));
        for (other, _) in before.filter(|_| hit == Hit::First) {
            rest = rest.and_then(|rest| rest.without(other, MOST));
        }
        if rest.as_ref().is_some_and(Region::is_empty) {
            let message =
                format!("no case reaches this row of `{name}`: earlier rows have them all");
            let help = "move it before them, narrow them, or remove it";
            problems.push(Problem::new("threshold-unreached", message).at(at.clone()).help(help));
        }
        match left.without(cell, MOST) {
            Some(fewer) if rest.is_some() => left = fewer,
            _ => {
                let message = format!("`{name}` is too entangled to be checked");
                let help = "split it into two tables, or write fewer columns";
                problems.push(
                    Problem::new("threshold-too-large", message).at(place.clone()).help(help),
                );
                return problems;
            }
        }
    }
    if let Some(cell) = left.cells().first() {
        let message = match space.tell(cell) {
            point if point.is_empty() => format!("`{name}` has no row"),
            point => format!("no row of `{name}` has a value for {point}"),
        };
        let help = "add a row for it, or a last row with nothing but a `value`";
        problems.push(Problem::new("threshold-gap", message).at(place.clone()).help(help));
    }
    problems
}
