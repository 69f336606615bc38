//! A bundle of 1,000 rules and 1,000 boundaries: how long it takes to load, to decide, to ask and to explain.
//!
//! `cargo bench -p bellwether-engine --bench thousand`. Rules stand in four graphs of five decide nodes;
//! boundaries in 50 actions, and once all in one. The p50 and p99 of single calls are printed, the best of
//! several runs: means hide the slow ones, and other work on the machine is not ours.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark measures time and prints it"
)]

use bellwether_boundary::Boundaries;
use bellwether_core::{Origin, Ppm};
use bellwether_engine::permit::{Permit, Wish, permit};
use bellwether_engine::{RuleBook, Rules, Scratch, StreamState, step};
use bellwether_expr::Slots;
use bellwether_policy::{Masks, Verdict};
use bellwether_testkit::{Dice, happens, stream};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const FACTS: usize = 12;
const RULES: usize = 1_000;
const BOUNDARIES: usize = 1_000;
const GRAPHS: usize = 4;
const NODES: usize = 5;
const ROWS: usize = 2_000;
const RUNS: usize = 5;
const ROLES: [&str; 4] = ["manager", "finance", "legal", "technician"];

/// 250 rules in a chain of five decide nodes; few of them hold, so that most decisions read far.
fn graph(nth: usize) -> String {
    let mut text = format!("graph: g{nth}\nsubject: account\nowner: o\nstart: d0\nnodes:\n");
    for node in 0..NODES {
        let _ = writeln!(text, "  d{node}: {{kind: decide, unknown: h}}");
    }
    text.push_str("  h: {kind: human, role: manager, ack: 1h}\n  e: {kind: end}\nrules:\n");
    for node in 0..NODES {
        for rule in 1..RULES / GRAPHS / NODES {
            let at = (nth * NODES + node) * RULES / GRAPHS / NODES + rule;
            let [a, b, c] = [at % FACTS, (at * 5 + 1) % FACTS, (at * 7 + 2) % FACTS];
            let limit = 999 - at % (RULES / GRAPHS);
            let when = format!("f{a} > {limit} && f{b} <= 100 && f{c} != {at}");
            let _ = writeln!(text, "  - {{id: R{at}, from: d{node}, to: h, when: \"{when}\"}}");
        }
        let next = if node + 1 < NODES { format!("d{}", node + 1) } else { "e".to_owned() };
        let _ =
            writeln!(text, "  - {{id: N{nth}-{node}, from: d{node}, to: {next}, otherwise: true}}");
    }
    text
}

/// Permits of a band of amounts and a kind of case, forbids by a limit, in turn over so many actions.
fn boundaries(actions: usize) -> String {
    let mut text = String::new();
    for nth in 0..BOUNDARIES {
        let role = ROLES.iter().cycle().nth(nth / actions).unwrap();
        let (action, round) = (nth % actions, nth / actions);
        let limit = round * 100;
        let scope = format!("(principal, action == Bellwether::Action::\"a{action}\", resource)");
        let head = format!("@id(\"p{nth}\") @owner(\"o\") @reason(\"r\")");
        let approved = format!("context.approvals.contains(Bellwether::Role::\"{role}\")");
        let _ = match round % 2 {
            0 => writeln!(
                text,
                "{head} permit {scope} when {{ context.amount > {limit} && context.amount <= {} && context.f{} < 990 && context.confidence >= 850000 && context.calibrated }};",
                limit + 200,
                round % FACTS
            ),
            _ => writeln!(
                text,
                "{head} @needs(\"{role}\") forbid {scope} when {{ context.f{} > 900 && context.amount > {limit} }} unless {{ {approved} }};",
                round % FACTS
            ),
        };
    }
    text
}

fn files(actions: usize) -> BTreeMap<String, String> {
    let mut facts = "facts:\n".to_owned();
    let mut context = String::new();
    for nth in 0..FACTS {
        let from = "firmographics.updated.employees";
        let _ = writeln!(facts, "  f{nth}: {{type: int, from: {from}, default: {nth}}}");
        let _ = write!(context, "f{nth}: f{nth}, ");
    }
    let mut declared = "actions:\n".to_owned();
    for nth in 0..actions {
        let _ = writeln!(
            declared,
            "  a{nth}: {{subject: account, parameters: {{amount: money}}, context: {{{context}}}}}"
        );
    }
    let people = "people: {a: {}, b: {}}\nroles: {manager: [a], finance: [b], legal: [a], technician: [b]}\nalways: manager\n";
    let mut files = BTreeMap::from([
        (
            "bundle.yaml".to_owned(),
            "bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\n".to_owned(),
        ),
        ("facts.yaml".to_owned(), facts),
        ("people.yaml".to_owned(), people.to_owned()),
        ("actions.yaml".to_owned(), declared),
        ("boundaries/a.cedar".to_owned(), boundaries(actions)),
    ]);
    files.extend((0..GRAPHS).map(|nth| (format!("routing/g{nth}.yaml"), graph(nth))));
    files
}

/// Rows of facts below 1,000, with a fixed seed.
fn rows(rules: &Rules) -> Vec<Slots> {
    let mut dice = Dice(1);
    let row = |_| {
        let mut slots = Slots::new(rules.catalogue().len());
        for nth in 0..FACTS {
            let slot = rules.catalogue().slot(&format!("f{nth}")).unwrap();
            slots.set(slot, dice.below(1_000).cast_signed());
        }
        slots
    };
    (0..ROWS).map(row).collect()
}

/// All graphs of the account.
fn decide(rules: &Rules, row: &Slots, masks: &mut [Masks]) -> [Option<Verdict>; GRAPHS] {
    let mut verdicts = [None; GRAPHS];
    for ((graph, masks), verdict) in rules.policy().graphs().iter().zip(masks).zip(&mut verdicts) {
        *verdict = Some(graph.decide(row, masks));
    }
    verdicts
}

fn ask(rules: &Rules, row: &Slots, nth: usize, most: i64) -> Permit {
    let actions = rules.policy().actions();
    let wish = Wish {
        action: actions.get(nth % actions.len()).unwrap(),
        parameters: &[(nth as i64 * 37) % most],
        approvals: &[],
        confidence: Ppm::new(900_000),
        calibrated: true,
        tainted: false,
    };
    permit(rules, &wish, row)
}

/// The p50 and p99 of single calls in microseconds, of the run with the lowest p99.
fn timed(mut call: impl FnMut(usize)) -> String {
    let mut run = || {
        let mut times: Vec<u128> = (0..ROWS)
            .map(|nth| {
                let started = Instant::now();
                call(nth);
                started.elapsed().as_nanos()
            })
            .collect();
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        (at(99), at(50))
    };
    let (p99, p50) = (0..RUNS).map(|_| run()).min().unwrap_or_default();
    format!("p50 {:>8.1} us, p99 {:>8.1} us", p50 as f64 / 1e3, p99 as f64 / 1e3)
}

/// Loads a bundle and says how long that took, and how long the boundaries alone.
fn load(actions: usize) -> Rules {
    let files = files(actions);
    let load = || {
        let started = Instant::now();
        let rules = match Rules::compose(files.clone()) {
            Ok(rules) => rules,
            Err(problems) => panic!("{problems:#?}"),
        };
        (started.elapsed(), rules)
    };
    let (took, rules) = load();
    println!("{RULES} rules, {BOUNDARIES} boundaries over {actions} actions");
    println!("  load                          {:>8.1} ms", took.as_secs_f64() * 1e3);
    let mut bare = files.clone();
    bare.retain(|path, _| path != "actions.yaml" && !path.ends_with(".cedar"));
    let started = Instant::now();
    assert!(Rules::compose(bare).is_ok());
    println!("  load, without boundaries      {:>8.1} ms", started.elapsed().as_secs_f64() * 1e3);
    let started = Instant::now();
    assert!(Boundaries::problems_of_text(&files).is_empty());
    println!("  reading the boundaries' text  {:>8.1} ms", started.elapsed().as_secs_f64() * 1e3);
    rules
}

fn decisions(rules: &Rules, actions: usize) {
    let rows = rows(rules);
    let row = |nth: usize| rows.get(nth % ROWS).unwrap();
    let most = (BOUNDARIES / actions * 100) as i64;
    let mut masks: Vec<_> = (0..GRAPHS).map(|_| Masks::default()).collect();
    println!(
        "  decision                      {}",
        timed(|nth| {
            black_box(decide(rules, black_box(row(nth)), &mut masks));
        })
    );
    println!(
        "  boundary check                {}",
        timed(|nth| drop(black_box(ask(rules, black_box(row(nth)), nth, most))))
    );
    println!(
        "  decision and boundary check   {}",
        timed(|nth| {
            black_box(decide(rules, black_box(row(nth)), &mut masks));
            drop(black_box(ask(rules, row(nth), nth, most)));
        })
    );
    println!(
        "  explanation of every graph    {}",
        timed(|nth| {
            let verdicts = decide(rules, black_box(row(nth)), &mut masks);
            for (graph, verdict) in rules.policy().graphs().iter().zip(verdicts) {
                drop(black_box(graph.explain(row(nth), rules.catalogue(), &verdict.unwrap())));
            }
        })
    );
    let mut answers = [0; 4];
    for nth in 0..ROWS {
        let which = match ask(rules, row(nth), nth, most) {
            Permit::Answered(bellwether_boundary::Answer::Allow { .. }) => 0,
            Permit::Answered(bellwether_boundary::Answer::NeedsApproval { .. }) => 1,
            Permit::Answered(bellwether_boundary::Answer::Deny { .. }) => 2,
            Permit::Missing(_) => 3,
        };
        *answers.get_mut(which).unwrap() += 1;
    }
    println!("  allowed, need approval, denied, doubt: {answers:?}");
}

/// The whole step: the signal folded, every graph decided, the record written.
fn steps(rules: &Arc<Rules>) {
    let book = RuleBook::of(Arc::clone(rules));
    let mut scratch = Scratch::default();
    let mut state = StreamState::new(stream(1));
    let mut dice = Dice(2);
    let events: Vec<_> = (0..ROWS * RUNS)
        .map(|nth| {
            let at = 1_700_000_000 + nth as i64 * 60;
            let employees = dice.below(1_000).cast_signed();
            let signal = happens("firmographics.updated", at).int("employees", employees);
            signal.event_at(rules.digest(), at, Origin::Live).1
        })
        .collect();
    let mut next = events.iter();
    println!(
        "  whole step, with record       {}",
        timed(|_| {
            let event = next.next().unwrap();
            drop(black_box(step(&mut state, event, &book, &mut scratch).unwrap()));
        })
    );
}

fn main() {
    for actions in [50, 1] {
        let rules = Arc::new(load(actions));
        decisions(&rules, actions);
        steps(&rules);
    }
}
