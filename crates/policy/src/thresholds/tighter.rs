//! A child's table in the place of its parent's: at least as strict in every case there is.
//!
//! - In: both tables, and the direction that the parent calls stricter.
//! - Out: a problem with a case in which the child's table is looser, or nothing.
//! - Never: a guess: where the rows cannot be compared whole, the child's table is refused.
//!
//! A case counts by what the rows make of it, in order: the first that fits has the value, and before it none
//! may be in doubt. Both must have a value in the same cases: where the parent has none there is doubt, and doubt
//! goes to a person; where the child had none, what reads the value only if it is there would let pass.

use super::{Row, Table};
use bellwether_core::{Place, Problem};
use bellwether_expr::{Catalogue, Expr, Region, Space, Truth};

/// The most boxes that a comparison may take.
const MOST: usize = 20_000;

/// Which values a child may give in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stricter {
    /// The parent's or higher ones.
    Higher,
    /// The parent's or lower ones.
    Lower,
}

impl Stricter {
    pub(super) const WORDS: [&'static str; 2] = ["higher", "lower"];

    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "higher" => Some(Self::Higher),
            "lower" => Some(Self::Lower),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }

    const fn holds(self, child: i64, parent: i64) -> bool {
        match self {
            Self::Higher => child >= parent,
            Self::Lower => child <= parent,
        }
    }
}

/// Compares a child's table with the one that it replaces.
pub(super) fn check(
    child: &Table,
    parent: &Table,
    stricter: Stricter,
    catalogue: &Catalogue,
) -> Option<Problem> {
    let name = &child.outline.name;
    let mut space = Space::new(catalogue, MOST);
    let decided = decided(child, &mut space).zip(decided(parent, &mut space));
    let Some((ours, theirs)) = decided else { return Some(too_large(child)) };
    let kind = child.outline.kind;
    let shown = |raw: i64| catalogue.show(kind, raw);
    for (region, row) in &ours {
        for (known, their) in &theirs {
            let looser = !stricter.holds(row.value, their.value);
            let both =
                known.cells().iter().find_map(|b| region.cells().iter().find_map(|a| a.and(b)));
            if let Some(both) = both.filter(|_| looser) {
                let message = format!(
                    "`{name}` is {} for {}, and the parent says {}",
                    shown(row.value),
                    space.tell(&both),
                    shown(their.value)
                );
                let help = format!("a child may only say the same or {} here", stricter.as_str());
                return Some(loosens(message, &row.place, &help));
            }
        }
        let Some(rest) = without(region, &theirs) else { return Some(too_large(child)) };
        if let Some(cell) = rest.cells().first() {
            let message = format!(
                "`{name}` has the value {} for {}, where the parent's has none",
                shown(row.value),
                space.tell(cell)
            );
            let help = "name the parent's `columns`: where one of them is not known there is doubt";
            return Some(loosens(message, &row.place, help));
        }
    }
    for (region, row) in &theirs {
        let Some(rest) = without(region, &ours) else { return Some(too_large(child)) };
        if let Some(cell) = rest.cells().first() {
            let (cell, value) = (space.tell(cell), shown(row.value));
            let message =
                format!("`{name}` has no value for {cell}, where the parent says {value}");
            let help = "give it one: a rule or a boundary may let pass what has no limit";
            return Some(loosens(message, &child.outline.place, help));
        }
    }
    None
}

fn loosens(message: String, place: &Place, help: &str) -> Problem {
    Problem::new("threshold-loosens", message).at(place.clone()).help(help)
}

/// What of a region none of the rows decides; nothing where that takes too many boxes.
fn without(region: &Region, rows: &[(Region, &Row)]) -> Option<Region> {
    let cells = rows.iter().flat_map(|(known, _)| known.cells());
    cells.into_iter().try_fold(region.clone(), |rest, cell| rest.without(cell, MOST))
}

fn too_large(child: &Table) -> Problem {
    let message =
        format!("`{}` is too entangled to be compared with its parent's", child.outline.name);
    let problem = Problem::new("threshold-too-large", message).at(child.outline.place.clone());
    problem.help("write fewer rows and columns, closer to the parent's")
}

/// For each row the cases that it decides.
fn decided<'t>(table: &'t Table, space: &mut Space<'_>) -> Option<Vec<(Region, &'t Row)>> {
    let mut left = Region::everything();
    let mut found = Vec::new();
    for row in &table.rows {
        let when = Expr::compile_bool(&row.when, space.catalogue(), row.place.clone()).ok()?;
        let fits = space.region(&when, Truth::True)?;
        found.push((left.and(&fits, MOST)?, row));
        left = left.and(&space.region(&when, Truth::False)?, MOST)?;
    }
    Some(found)
}
