//! How fast a graph decides: 40 rules that share twelve facts, and 1,000 rules.
//!
//! `cargo bench -p bellwether-policy`. Facts change from decision to decision, as signals change them;
//! the p99 of single decisions of the large graph is printed once at the end.

use bellwether_core::{Place, Type};
use bellwether_expr::{Catalogue, FactDef, Slots};
use bellwether_policy::{Files, Graph, Masks, Policy, compile};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write as _;
use std::hint::black_box;

const FACTS: u16 = 12;
const ROWS: usize = 4_096;

fn catalogue() -> Catalogue {
    let place = Place { file: "facts.yaml".into(), line: 1, column: 1 };
    let facts = (0..FACTS).map(|nth| FactDef::new(&format!("f{nth}"), Type::Int, place.clone()));
    Catalogue::new(facts.collect()).unwrap_or_default()
}

/// Rules of three comparisons each; few of them hold, so that most decisions read far.
fn bundle(rules: usize) -> Files {
    let mut graph = "graph: g\nsubject: account\nowner: o\nstart: s\nnodes:\n  s: {kind: decide, \
                     unknown: h}\n  h: {kind: human, role: r, ack: 1h}\n  e: {kind: end}\nrules:\n"
        .to_owned();
    for nth in 0..rules - 1 {
        let [a, b, c] = [nth % 12, (nth * 5 + 1) % 12, (nth * 7 + 2) % 12];
        let limit = 900 + nth % 90;
        let _ = writeln!(
            graph,
            "  - {{id: R{nth}, from: s, to: h, when: \"f{a} > {limit} && f{b} <= 500 && f{c} != {nth}\"}}"
        );
    }
    graph.push_str("  - {id: E, from: s, to: e, otherwise: true}\n");
    let bundle = "bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\n";
    let people = "roles: {r: [a, b]}\npeople: {a: {name: A}, b: {name: B}}\nalways: r\n";
    [("bundle.yaml", bundle), ("people.yaml", people), ("routing/g.yaml", graph.as_str())]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into()
}

/// Random facts with a fixed seed; about one in fifty is missing.
fn rows(catalogue: &Catalogue) -> Vec<Slots> {
    let mut state = 1u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    (0..ROWS)
        .map(|_| {
            let mut slots = Slots::new(catalogue.len());
            for slot in 0..FACTS {
                if random(50) > 0 {
                    slots.set(slot, random(1_000).cast_signed());
                }
            }
            slots
        })
        .collect()
}

fn graph(policy: &Policy) -> Option<&Graph> {
    policy.graphs().first()
}

#[expect(clippy::disallowed_macros, reason = "a bench prints what it measured")]
fn decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    for rules in [40, 1_000] {
        let mut catalogue = catalogue();
        let Ok(compiled) = compile(&bundle(rules), &mut catalogue) else { continue };
        let Some(graph) = graph(&compiled.policy) else { continue };
        let rows = rows(&catalogue);
        let mut masks = Masks::default();
        let mut next = rows.iter().cycle();
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{rules} rules"), |bencher| {
            bencher.iter(|| next.next().map(|row| graph.decide(black_box(row), &mut masks)));
        });
        let mut next = rows.iter().cycle();
        group.bench_function(format!("{rules} rules, explained"), |bencher| {
            bencher.iter(|| {
                let row = next.next()?;
                let verdict = graph.decide(black_box(row), &mut masks);
                Some(graph.tell(row, &catalogue, &verdict))
            });
        });
        println!("{rules} rules: {}", percentiles(graph, &rows));
    }
    group.finish();
}

/// Single decisions, each timed alone.
#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a bench reads the clock")]
fn percentiles(graph: &Graph, rows: &[Slots]) -> String {
    let mut masks = Masks::default();
    let mut times: Vec<u128> = rows
        .iter()
        .cycle()
        .take(rows.len() * 25)
        .map(|row| {
            let start = std::time::Instant::now();
            black_box(graph.decide(black_box(row), &mut masks));
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 1_000).copied().unwrap_or_default();
    format!("p50 {} ns, p99 {} ns, p99.9 {} ns", at(500), at(990), at(999))
}

criterion_group!(benches, decide);
criterion_main!(benches);
