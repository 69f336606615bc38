//! Regions against brute force: random conditions, random points, printed seeds.

use super::{Region, Space, Truth};
use crate::tests::kleene::{condition, random_slots};
use crate::tests::{Random, catalogue, place};
use crate::{Axis, Cell, Expr, Slots, Tri, Values};

/// Whether a region holds a point. An axis of a whole condition is asked of the condition itself.
fn holds(region: &Region, slots: &Slots, whole: impl Fn(usize) -> Option<i64> + Copy) -> bool {
    let value = |axis: Axis| match axis {
        Axis::Fact(slot) => slots.get(slot),
        Axis::Other(at) => whole(at),
    };
    region.cells().iter().any(|cell| cell.sides().iter().all(|(axis, v)| v.holds(value(*axis))))
}

#[test]
fn regions_are_where_conditions_have_their_truth() {
    let catalogue = catalogue();
    let mut decided = 0;
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let text = condition(&mut random, 3);
        let expr = Expr::compile_bool(&text, &catalogue, place()).unwrap();
        let mut space = Space::new(&catalogue, 400);
        let truths = [Truth::True, Truth::False, Truth::NotFalse, Truth::NotTrue];
        let regions = truths.map(|truth| space.region(&expr, truth));
        for _ in 0..60 {
            let slots = random_slots(&mut random, &catalogue);
            let whole = |at: usize| {
                crate::program::Program::new(space.other(at).unwrap()).truth(&slots).raw()
            };
            let truth = expr.truth(&slots);
            for (wanted, region) in truths.into_iter().zip(&regions) {
                let Some(region) = region else { continue };
                decided += 1;
                let expected = match wanted {
                    Truth::True => truth == Tri::True,
                    Truth::False => truth == Tri::False,
                    Truth::NotFalse => truth != Tri::False,
                    Truth::NotTrue => truth != Tri::True,
                };
                let found = holds(region, &slots, whole);
                assert_eq!(found, expected, "seed {seed}: {wanted:?} of {text} with {slots:?}");
            }
        }
    }
    assert!(decided > 60_000, "{decided}: too many conditions were given up");
}

#[test]
fn what_is_taken_away_is_gone_and_nothing_else() {
    let axes = [Axis::Fact(0), Axis::Fact(1), Axis::Fact(2)];
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let cell = |random: &mut Random| {
            axes.iter().fold(Cell::default(), |cell, axis| {
                let low = random.below(5) as i64;
                let values = Values::between(low, low + random.below(4) as i64);
                let values = if random.below(3) == 0 { values.or_missing() } else { values };
                let keep = random.below(3) > 0;
                if keep { cell.with(*axis, values).unwrap() } else { cell }
            })
        };
        let (a, b) = (cell(&mut random), cell(&mut random));
        let rest = a.without(&b);
        for point in 0..512 {
            let at = |nth: u32| Some(point / 8_i64.pow(nth) % 8).filter(|value| *value < 7);
            let inside = |cell: &Cell| {
                let side = |(axis, values): &(Axis, Values)| match axis {
                    Axis::Fact(slot) => values.holds(at(u32::from(*slot))),
                    Axis::Other(_) => false,
                };
                cell.sides().iter().all(side)
            };
            let found = rest.iter().filter(|cell| inside(cell)).count();
            let expected = usize::from(inside(&a) && !inside(&b));
            assert_eq!(found, expected, "seed {seed}: {a:?} without {b:?} at {point}");
        }
    }
}

/// Each level of `?:` in a condition is looked at for both its truths: forty of them are given up, soon.
#[test]
fn nested_choices_do_not_double_the_work_for_ever() {
    let catalogue = catalogue();
    let nested = |depth: usize| {
        let choose =
            |text: String, nth: usize| format!("({text} ? calls_7d > {nth} : account.executive)");
        let text = (0..depth).fold("account.strategic".to_owned(), choose);
        Expr::compile_bool(&text, &catalogue, place()).unwrap()
    };
    let mut space = Space::new(&catalogue, usize::MAX);
    for (depth, told) in [(4, true), (40, false)] {
        for truth in [Truth::True, Truth::NotFalse] {
            assert_eq!(space.region(&nested(depth), truth).is_some(), told, "{depth} {truth:?}");
        }
    }
}
