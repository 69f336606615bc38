//! How long boundaries take to load and to answer: 7 policies, 200 more about another action, 200 more
//! about the same one, and 1,000.
//!
//! `cargo bench -p bellwether-boundary`. The p50 and p99 of single questions are printed: means hide
//! the slow ones.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark measures time and prints it"
)]

use bellwether_boundary::{ActionDecl, Answer, Boundaries, Given, Member, Request, Subject};
use bellwether_core::{Ppm, Type};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

const ROLES: [&str; 4] = ["manager", "finance", "legal", "technician"];
const QUESTIONS: usize = 5_000;

fn actions() -> Vec<ActionDecl> {
    let action = |name: &str| ActionDecl {
        name: name.to_owned(),
        groups: Vec::new(),
        subject: Subject::Case,
        members: ["amount", "headroom", "risk"]
            .map(|name| Member { name: name.to_owned(), kind: Type::Money, optional: false })
            .to_vec(),
    };
    vec![action("issue_refund"), action("reorder_part")]
}

fn policies(same: usize, other: usize) -> String {
    let mut text = String::new();
    let mut one = |nth: usize, action: &str| {
        let role = ROLES.iter().cycle().nth(nth).copied().unwrap_or_default();
        let limit = nth * 100 + 100;
        let head = format!("@id(\"p{nth}\") @owner(\"o\") @reason(\"r\")");
        let scope = format!("(principal, action == Bellwether::Action::\"{action}\", resource)");
        let approved = format!("context.approvals.contains(Bellwether::Role::\"{role}\")");
        let _ = match nth % 2 {
            0 => writeln!(
                text,
                "{head} permit {scope} when {{ context.amount > {limit} && context.amount <= {} && context.confidence >= 850000 && context.calibrated && {approved} }};",
                limit + 99
            ),
            _ => writeln!(
                text,
                "{head} @needs(\"{role}\") forbid {scope} when {{ context.amount > context.headroom && context.risk > {limit} }} unless {{ {approved} }};"
            ),
        };
    };
    (0..same).for_each(|nth| one(nth, "issue_refund"));
    (same..same + other).for_each(|nth| one(nth, "reorder_part"));
    let _ = writeln!(
        text,
        "@id(\"small\") @owner(\"o\") @reason(\"r\") permit (principal, action == Bellwether::Action::\"issue_refund\", resource) when {{ context.amount > 0 && context.amount <= 10000 }};"
    );
    text
}

fn request(amount: i64, headroom: i64, risk: i64) -> Request<'static> {
    Request {
        members: vec![
            ("amount", Given::Long(amount)),
            ("headroom", Given::Long(headroom)),
            ("risk", Given::Long(risk)),
        ],
        confidence: Ppm::new(900_000),
        calibrated: true,
        completeness: Ppm::new(1_000_000),
        tainted: false,
        approvals: Vec::new(),
    }
}

fn micros(mut times: Vec<u128>) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: usize| {
        times.get(times.len() * share / 100).map_or(0, |time| *time) as f64 / 1_000.0
    };
    (at(50), at(99))
}

fn main() {
    println!(
        "{:<28} {:>10} {:>10} {:>10} {:>12} {:>12}",
        "policies", "load ms", "ask p50 us", "p99 us", "denied p50", "denied p99"
    );
    for (name, same, other) in [
        ("7", 6, 0),
        ("7 and 200 other-action", 6, 200),
        ("7 and 200 same-action", 206, 0),
        ("1,000 same-action", 999, 0),
    ] {
        let text = policies(same, other);
        let files = BTreeMap::from([("boundaries/a.cedar".to_owned(), text)]);
        let started = Instant::now();
        let Ok(compiled) = Boundaries::compile(&actions(), &ROLES, &files) else {
            println!("{name}: does not load");
            continue;
        };
        let load = started.elapsed().as_secs_f64() * 1e3;
        let boundaries = compiled.boundaries;
        let timed = |request: &Request<'_>, rounds: usize| {
            let mut times = Vec::with_capacity(rounds);
            for _ in 0..rounds {
                let started = Instant::now();
                black_box(boundaries.ask("issue_refund", black_box(request)));
                times.push(started.elapsed().as_nanos());
            }
            micros(times)
        };
        let allowed = request(500, 1_000, 0);
        assert!(matches!(boundaries.ask("issue_refund", &allowed), Answer::Allow { .. }));
        let denied = request(5_000, 100, 450);
        assert!(!matches!(boundaries.ask("issue_refund", &denied), Answer::Allow { .. }));
        let ((p50, p99), (d50, d99)) = (timed(&allowed, QUESTIONS), timed(&denied, QUESTIONS / 10));
        println!("{name:<28} {load:>10.1} {p50:>10.1} {p99:>10.1} {d50:>12.1} {d99:>12.1}");
    }
}
