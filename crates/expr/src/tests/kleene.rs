//! The laws of three-valued logic, and that masks of guards are the truths of their conditions.

use super::{Random, catalogue, place};
use crate::{Catalogue, Expr, FactDef, GuardSet, Slots, Tri};
use bellwether_core::Type;

/// `&&`, `||`, `!` and `?:` over every combination of false, unknown and true.
#[test]
fn the_tables_are_kleenes() {
    const F: Tri = Tri::False;
    const U: Tri = Tri::Unknown;
    const T: Tri = Tri::True;
    let fact = |name| FactDef::new(name, Type::Bool, place());
    let catalogue = Catalogue::new(vec![fact("a"), fact("b"), fact("c")]).unwrap();
    let compile = |text: &str| Expr::compile_bool(text, &catalogue, place()).unwrap();
    for (text, rows) in [
        ("a && b", [[F, F, F], [F, U, U], [F, U, T]]),
        ("a || b", [[F, U, T], [U, U, T], [T, T, T]]),
        ("!(a && b)", [[T, T, T], [T, U, U], [T, U, F]]),
        ("!a || !b", [[T, T, T], [T, U, U], [T, U, F]]),
        ("a == b", [[T, U, F], [U, U, U], [F, U, T]]),
        ("a != b", [[F, U, T], [U, U, U], [T, U, F]]),
        ("a ? b : !b", [[T, U, F], [U, U, U], [F, U, T]]),
    ] {
        let expr = compile(text);
        for (a, row) in Tri::ALL.into_iter().zip(rows) {
            for (b, expected) in Tri::ALL.into_iter().zip(row) {
                assert_eq!(expr.truth(&slots([a, b, U])), expected, "{text} of {a}, {b}");
            }
        }
    }
    // Distribution and absorption over all 27: what GuardSet rests on.
    for (left, right) in [
        ("a && (b || c)", "a && b || a && c"),
        ("a || b && c", "(a || b) && (a || c)"),
        ("!(a || b && c)", "!a && (!b || !c)"),
        ("a && (a || b)", "a"),
    ] {
        for all in 0..27 {
            let slots = slots([all / 9, all / 3 % 3, all % 3].map(|one: usize| Tri::ALL[one]));
            assert_eq!(compile(left).truth(&slots), compile(right).truth(&slots), "{left} {all}");
        }
    }
}

fn slots(truths: [Tri; 3]) -> Slots {
    let mut slots = Slots::new(3);
    for (slot, truth) in (0..).zip(truths) {
        if let Some(raw) = truth.raw() {
            slots.set(slot, raw);
        }
    }
    slots
}

/// A random condition over the shared catalogue.
pub(crate) fn condition(random: &mut Random, depth: usize) -> String {
    let leaves = [
        "account.strategic",
        "account.executive",
        "deal.amount",
        "tickets_30d",
        "calls_7d",
        "account.tier",
        "has",
        "sum",
        "choice",
    ];
    if depth > 0 && random.below(3) > 0 {
        let parts: Vec<_> =
            (0..2 + random.below(2)).map(|_| condition(random, depth - 1)).collect();
        let joined = parts.join(random.pick(&[" && ", " || "]));
        return if random.below(4) == 0 { format!("!({joined})") } else { format!("({joined})") };
    }
    let op = random.pick(&["==", "!=", "<", "<=", ">", ">="]);
    let number = random.below(5);
    match random.pick(&leaves) {
        "account.tier" => {
            let one = random.pick(&["mid", "smb"]);
            random
                .pick(&["account.tier == 'X'", "account.tier in ['enterprise', 'X']"])
                .replace('X', one)
        }
        "has" => random.pick(&["has(tickets_30d)", "!has(deal.amount)"]).to_owned(),
        "sum" => format!("tickets_30d + calls_7d {op} {number}"),
        "choice" => format!("(account.strategic ? calls_7d : tickets_30d) {op} {number}"),
        name if name.starts_with("account") => name.to_owned(),
        name => format!("{name} {op} {number}"),
    }
}

pub(crate) fn random_slots(random: &mut Random, catalogue: &Catalogue) -> Slots {
    let mut slots = Slots::new(catalogue.len());
    for (slot, fact) in catalogue.iter() {
        let raw = match fact.kind {
            Type::Bool => random.below(2) as i64,
            Type::Money => random.below(6) as i64 * 100 + random.below(3) as i64 - 1,
            Type::Code => {
                let word = random.pick(&["enterprise", "mid", "smb", "won"]);
                bellwether_core::Code::of(word).raw()
            }
            _ => random.pick(&[i64::MIN, -1, 0, 1, 2, 3, 4, 5, i64::MAX]),
        };
        if random.below(4) > 0 {
            slots.set(slot, raw);
        }
    }
    slots
}

#[test]
fn masks_are_the_truths() {
    let catalogue = catalogue();
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let count = random.pick(&[0, 1, 40, 64, 65, 130]);
        let texts: Vec<_> = (0..count).map(|_| condition(&mut random, 3)).collect();
        let compile = |text: &String| Expr::compile_bool(text, &catalogue, place()).unwrap();
        let guards = GuardSet::new(texts.iter().map(compile).collect());
        assert_eq!(guards.words(), usize::div_ceil(count, 64));
        let (mut hit, mut unknown) = (vec![7; guards.words() + 1], vec![7; guards.words() + 1]);
        for round in 0..40 {
            let mut slots = random_slots(&mut random, &catalogue);
            // Half of the rounds know everything, which takes another path.
            for (slot, _) in catalogue.iter().filter(|_| round % 2 == 0) {
                slots.set(slot, slots.get(slot).unwrap_or(round));
            }
            guards.masks(&slots, &mut hit, &mut unknown);
            for (position, text) in texts.iter().enumerate() {
                let bit = |mask: &[u64]| mask[position / 64] >> (position % 64) & 1 == 1;
                let truth = match (bit(&hit), bit(&unknown)) {
                    (true, false) => Tri::True,
                    (false, true) => Tri::Unknown,
                    (false, false) => Tri::False,
                    (true, true) => panic!("seed {seed}: both masks for {text}"),
                };
                let expected = guards.expr(position).unwrap().truth(&slots);
                assert_eq!(truth, expected, "seed {seed}: {text} with {slots:?}");
            }
            let bits: u32 = hit.iter().chain(&unknown).map(|word| word.count_ones()).sum();
            assert!(bits as usize <= count, "seed {seed}: bits beyond the last condition");
        }
    }
}
