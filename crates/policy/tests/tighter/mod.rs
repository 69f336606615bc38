//! A child's table against its parent's: what is refused agrees with trying every case.

use crate::analysis::Random;
use bellwether_core::authored::Document;
use bellwether_core::{Place, Type};
use bellwether_expr::{Catalogue, Expr, FactDef, Slots, Tri};
use bellwether_policy::thresholds::{self, Row};

const FACTS: [&str; 2] = ["a", "b"];

fn place() -> Place {
    Place { file: "facts.yaml".to_owned(), line: 1, column: 1 }
}

fn catalogue() -> Catalogue {
    Catalogue::new(FACTS.map(|name| FactDef::new(name, Type::Int, place())).into()).unwrap()
}

/// Rows that leave no gap: the last one has no cell.
fn rows(random: &mut Random) -> String {
    let mut rows = Vec::new();
    for _ in 0..random.below(3) {
        let mut cells = Vec::new();
        for fact in FACTS {
            let (low, high) = (random.below(3), random.below(3));
            match random.below(5) {
                0 => cells.push(format!("{fact}: \">= {low}\"")),
                1 => cells.push(format!("{fact}: \"< {}\"", low + 1)),
                2 => cells.push(format!("{fact}: \"{low}..{}\"", low + high + 1)),
                3 => cells.push(format!("{fact}: absent")),
                _ => {}
            }
        }
        cells.push(format!("value: {}", random.below(3)));
        rows.push(format!("{{{}}}", cells.join(", ")));
    }
    rows.push(format!("{{value: {}}}", random.below(3)));
    rows.join(", ")
}

fn table(rows: &str, more: &str) -> String {
    format!("{{type: int, owner: o, columns: [a, b], rows: [{rows}]{more}}}")
}

fn read(table: &str, catalogue: &Catalogue) -> Result<Vec<Row>, Vec<&'static str>> {
    let text = format!("thresholds:\n  t: {table}\n");
    let document = Document::read("thresholds.yaml", &text).unwrap();
    let read = thresholds::read(&document, catalogue);
    let read = read.map_err(|problems| problems.iter().map(|one| one.code).collect::<Vec<_>>())?;
    Ok(read.into_iter().next().unwrap().rows)
}

/// What the rows make of a case, as a decision does: the first that is not false decides.
fn value(rows: &[Row], slots: &Slots, catalogue: &Catalogue) -> Option<i64> {
    for row in rows {
        let when = Expr::compile_bool(&row.when, catalogue, place()).unwrap();
        match when.truth(slots) {
            Tri::True => return Some(row.value),
            Tri::Unknown => return None,
            Tri::False => {}
        }
    }
    None
}

#[test]
fn what_is_refused_agrees_with_every_case() {
    let catalogue = catalogue();
    let (mut refused, mut passed) = (0, 0);
    for seed in 0..400_u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (own, before) = (rows(&mut random), rows(&mut random));
        let higher = random.below(2) == 0;
        let direction = if higher { "higher" } else { "lower" };
        let parent = table(&before, &format!(", child: {direction}"));
        let (Ok(ours), Ok(theirs)) =
            (read(&table(&own, ""), &catalogue), read(&parent, &catalogue))
        else {
            continue;
        };
        let mut slots = Slots::new(catalogue.len());
        let mut looser = false;
        for case in 0..64 {
            slots.clear();
            for (slot, raw) in [(0, case % 8), (1, case / 8)] {
                // Values just below and above every limit that rows have, and none.
                if raw < 7 {
                    slots.set(slot, raw - 1);
                }
            }
            let (our, their) =
                (value(&ours, &slots, &catalogue), value(&theirs, &slots, &catalogue));
            looser |= match (our, their) {
                (None, None) => false,
                (Some(_), None) | (None, Some(_)) => true,
                (Some(our), Some(their)) => {
                    if higher {
                        our < their
                    } else {
                        our > their
                    }
                }
            };
        }
        let both = read(&table(&own, &format!(", parent: {parent}")), &catalogue);
        let expected = if looser { Err(vec!["threshold-loosens"]) } else { Ok(ours) };
        assert_eq!(both, expected, "seed {seed}: {own} on top of {before}, {direction}");
        if looser { refused += 1 } else { passed += 1 }
    }
    assert!(refused > 80 && passed > 30, "{refused} refused, {passed} passed");
}

#[test]
fn a_looser_case_is_named() {
    let catalogue = catalogue();
    let parent = table("{a: \">= 2\", value: 1}, {value: 3}", ", child: higher");
    for (own, code) in [
        (table("{a: \">= 1\", value: 1}, {value: 3}", ""), Some("threshold-loosens")),
        (table("{a: \">= 3\", value: 1}, {value: 3}", ""), None),
        ("{type: ratio, owner: o, rows: [{value: 3}]}".to_owned(), Some("threshold-loosens")),
        ("{type: int, owner: o, rows: [{value: 9}]}".to_owned(), Some("threshold-loosens")),
    ] {
        let whole = format!("{}, parent: {parent}}}", own.strip_suffix('}').unwrap());
        let found = read(&whole, &catalogue).err();
        assert_eq!(found, code.map(|code| vec![code]), "{own}");
    }
    let whole = format!(
        "thresholds:\n  t: {}, parent: {parent}}}\n",
        table("{a: \">= 1\", value: 1}, {value: 3}", "").strip_suffix('}').unwrap()
    );
    let document = Document::read("thresholds.yaml", &whole).unwrap();
    let problems = thresholds::read(&document, &catalogue).unwrap_err();
    expect_test::expect![[r#"
        thresholds.yaml:2:52: error[threshold-loosens]: `threshold.t` is 1 for a = 1, and the parent says 3
          help: a child may only say the same or higher here"#]].assert_eq(&problems.first().unwrap().to_string());
}

#[test]
fn every_table_above_binds_by_its_own_direction() {
    let catalogue = catalogue();
    let whole = |value: u32| {
        format!(
            "{{type: int, owner: o, rows: [{{value: {value}}}], parent: {{type: int, owner: o, child: lower, \
             rows: [{{value: 6}}], parent: {{type: int, owner: o, child: higher, rows: [{{value: 5}}]}}}}}}"
        )
    };
    for (value, fine) in [(6, true), (5, true), (4, false), (7, false)] {
        let found = read(&whole(value), &catalogue).err();
        assert_eq!(found, (!fine).then(|| vec!["threshold-loosens"]), "{value}");
    }
}
