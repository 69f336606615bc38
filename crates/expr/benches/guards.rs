//! Guards in bulk: 40 realistic rules (the goal is 100 ns or less), 1,000 rules (20 us or less),
//! and one computed value.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start should stop")]

use bellwether_core::{Code, Place, Type};
use bellwether_expr::{Catalogue, Expr, FactDef, GuardSet, Slots};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

const RULES: &str = include_str!("guards.txt");
const WORDS: [&str; 8] =
    ["enterprise", "prospect", "customer", "eu", "cancel", "legal", "equipment", "other"];

/// xorshift64*; the seed is fixed so that every run measures the same.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % limit
    }
}

/// The facts that the rules name: a fact that stands beside a word is a code.
fn catalogue() -> Catalogue {
    let place = Place { file: "guards.txt".into(), line: 1, column: 1 };
    let mut names = std::collections::BTreeMap::new();
    let words: Vec<_> =
        RULES.split([' ', '\n', '(', ')']).filter(|word| !word.is_empty()).collect();
    for three in words.windows(3) {
        let [name, _, value] = three else { continue };
        if name.starts_with(|c: char| c.is_ascii_lowercase()) {
            let code = value.starts_with('\'');
            names.entry(*name).or_insert(if code { Type::Code } else { Type::Int });
        }
    }
    let fact = |(name, kind)| FactDef::new(name, kind, place.clone());
    Catalogue::new(names.into_iter().map(fact).collect()).unwrap()
}

fn guards(catalogue: &Catalogue, count: usize) -> GuardSet {
    let place = Place { file: "guards.txt".into(), line: 1, column: 1 };
    let rules = (0..count).zip(RULES.lines().cycle());
    let moved = |number: usize, rule: &str| match number / 40 {
        0 => rule.to_owned(),
        // Later copies get limits of their own, or they would share every table row.
        copy => rule
            .split(' ')
            .map(|word| match word.parse::<i64>() {
                Ok(limit) if limit > 9 => (limit + (copy as i64) * 3).to_string(),
                _ => word.to_owned(),
            })
            .collect::<Vec<_>>()
            .join(" "),
    };
    let exprs = rules.map(|(number, rule)| {
        Expr::compile_bool(&moved(number, rule), catalogue, place.clone()).unwrap()
    });
    GuardSet::new(exprs.collect())
}

/// Vectors of facts; one in `missing` is not known, or none if that is 0.
fn vectors(catalogue: &Catalogue, missing: u64) -> Vec<Slots> {
    let mut random = Random(11);
    let vector = |_| {
        let mut slots = Slots::new(catalogue.len());
        for (slot, fact) in catalogue.iter() {
            let raw = match fact.kind {
                Type::Code => {
                    WORDS.get(random.below(8) as usize).map_or(0, |word| Code::of(word).raw())
                }
                _ => random.below(1000) as i64,
            };
            if missing == 0 || random.below(missing) > 0 {
                slots.set(slot, raw);
            }
        }
        slots
    };
    (0..1024).map(vector).collect()
}

fn bench(criterion: &mut Criterion) {
    let catalogue = catalogue();
    for (name, count, missing) in [
        ("40 guards, all known", 40, 0),
        ("40 guards, 5 % missing", 40, 20),
        ("1000 guards, all known", 1000, 0),
    ] {
        let guards = guards(&catalogue, count);
        let vectors = vectors(&catalogue, missing);
        let (mut hit, mut unknown) = (vec![0; guards.words()], vec![0; guards.words()]);
        let mut turn = vectors.iter().cycle();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                guards.masks(black_box(turn.next().unwrap()), &mut hit, &mut unknown);
                black_box((hit.first(), unknown.first()));
            });
        });
    }
    let place = Place { file: "guards.txt".into(), line: 1, column: 1 };
    let value = Expr::compile("1000 * value / (value + 250000)", &catalogue, place).unwrap();
    let vectors = vectors(&catalogue, 0);
    let mut turn = vectors.iter().cycle();
    criterion.bench_function("one computed value", |bencher| {
        bencher.iter(|| black_box(value.eval(black_box(turn.next().unwrap()))));
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
