//! What the analysis of guards says, against brute force over random cases with printed seeds.

use crate::good;
use bellwether_core::{Place, Type};
use bellwether_expr::{Catalogue, FactDef, Scope, Slots, Tri};
use bellwether_policy::{Files, Graph, NodeKind, compile, compile_kept, moved};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

fn catalogue() -> Catalogue {
    let place = Place { file: "facts.yaml".into(), line: 1, column: 1 };
    let fact = |name: &str, kind| FactDef {
        scope: Scope::Deal,
        ..FactDef::new(name, kind, place.clone())
    };
    Catalogue::new(vec![fact("a", Type::Int), fact("b", Type::Int), fact("c", Type::Bool)]).unwrap()
}

fn guard(random: &mut Random, depth: u32) -> String {
    if depth > 0 && random.below(2) == 0 {
        let (one, two) = (guard(random, depth - 1), guard(random, depth - 1));
        let sign = if random.below(2) == 0 { "&&" } else { "||" };
        return format!("({one} {sign} {two})");
    }
    let sign = ["<", "<=", ">", ">=", "==", "!="][random.below(6) as usize];
    let number = random.below(4);
    match random.below(8) {
        0 => "c".to_owned(),
        1 => "!c".to_owned(),
        2 => "has(a)".to_owned(),
        3 => format!("a + b {sign} {number}"),
        4 | 5 => format!("a {sign} {number}"),
        _ => format!("b {sign} {number}"),
    }
}

/// Two decide nodes, the second behind the first, under these guards.
fn bundle(guards: &[String], split: usize) -> Files {
    let mut rules = String::new();
    for (nth, when) in guards.iter().enumerate() {
        let from = if nth < split { "one" } else { "two" };
        let to = if nth + 1 == split { "two" } else { "desk" };
        writeln!(rules, "  - {{id: R{nth}, from: {from}, to: {to}, when: \"{when}\"}}").unwrap();
    }
    let routing = format!(
        "graph: g\nsubject: deal\nowner: ann\nstart: one\nnodes:\n  one: {{kind: decide, unknown: desk}}\n  \
         two: {{kind: decide, unknown: desk}}\n  desk: {{kind: human, role: desk, level: 1, ack: 1h}}\n  \
         end: {{kind: end}}\nrules:\n{rules}  - {{id: O1, from: one, to: end, otherwise: true}}\n  \
         - {{id: O2, from: two, to: end, otherwise: true}}\n"
    );
    let mut files: Files = BTreeMap::from([("routing/g.yaml".to_owned(), routing)]);
    for (path, text) in [
        ("bundle.yaml", "bundle: b\nversion: 1.0.0\nowner: ann\ncurrency: EUR\n"),
        ("people.yaml", "roles: {desk: [lee, kim]}\npeople: {lee: {}, kim: {}}\nalways: desk\n"),
    ] {
        files.insert(path.to_owned(), text.to_owned());
    }
    files
}

/// The rules that decide on the way of a case, each with its node's rules before it all false; and whether
/// its own guard was true.
fn way(graph: &Graph, slots: &Slots) -> Vec<(usize, bool)> {
    let (mut node, mut way) = (graph.start(), Vec::new());
    while let NodeKind::Decide { .. } = graph.nodes()[node].kind {
        let own = (0..graph.rules().len()).filter(|rule| graph.rules()[*rule].from == node);
        let mut truths = own.map(|rule| (rule, graph.guard(rule).unwrap().truth(slots)));
        let (rule, truth) = truths.find(|(_, truth)| *truth != Tri::False).unwrap();
        way.push((rule, truth == Tri::True));
        if truth == Tri::Unknown {
            break;
        }
        node = graph.rules()[rule].to;
    }
    way
}

#[test]
fn every_finding_is_true_of_every_case() {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 1..=250_u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let count = 3 + random.below(5) as usize;
        let guards: Vec<_> = (0..count).map(|_| guard(&mut random, 2)).collect();
        let split = 1 + random.below(count as u64 - 1) as usize;
        let files = bundle(&guards, split);
        let kept = compile_kept(&files, &mut catalogue()).map_err(|p| p[0].to_string()).unwrap();
        let problems = match compile(&files, &mut catalogue()) {
            Ok(compiled) => compiled.warnings,
            Err(problems) => problems,
        };
        let graph = &kept.policy.graphs()[0];
        let values = [None, Some(-1), Some(0), Some(1), Some(2), Some(3), Some(4)];
        let mut ways = Vec::new();
        for point in 0..147 {
            let case =
                [values[point % 7], values[point / 7 % 7], [None, Some(0), Some(1)][point / 49]];
            let mut slots = Slots::new(3);
            for (slot, value) in (0..).zip(case) {
                value.into_iter().for_each(|value| slots.set(slot, value));
            }
            ways.extend(way(graph, &slots));
        }
        for problem in problems {
            let named =
                graph.rules().iter().position(|rule| Some(&rule.place) == problem.place.as_ref());
            let Some(rule) = named else { continue };
            let said = format!("seed {seed}: {problem} of {guards:?}, split at {split}");
            *found.entry(problem.code).or_default() += 1;
            let taken: Vec<_> = ways.iter().filter(|(taken, _)| *taken == rule).collect();
            match problem.code {
                "policy-shadowed-rule" | "policy-otherwise-unreached" => {
                    assert!(taken.is_empty(), "{said}")
                }
                "policy-never-holds" => assert!(taken.iter().all(|(_, holds)| !holds), "{said}"),
                "policy-always-holds" => assert!(taken.iter().all(|(_, holds)| *holds), "{said}"),
                other => panic!("{other}"),
            }
        }
    }
    assert!(found.len() == 4 && found.values().all(|count| *count > 3), "{found:?}");
}

#[test]
fn planted_mistakes_are_found_and_good_rules_are_not() {
    for (guards, split, code, rule) in [
        (vec!["a > 5 && a < 3", "b > 1"], 2, Some("policy-never-holds"), "R0"),
        (vec!["a > 1", "a > 2", "c"], 3, Some("policy-shadowed-rule"), "R1"),
        (vec!["a > 1", "a <= 1 && b > 1", "b > 2"], 3, Some("policy-shadowed-rule"), "R2"),
        (vec!["a > 1", "b > 2", "a > 1"], 3, Some("policy-shadowed-rule"), "R2"),
        (vec!["a > 5", "a < 3", "b > 1"], 1, Some("policy-shadowed-rule"), "R1"),
        (vec!["c || !c || true", "b > 1"], 2, Some("policy-always-holds"), "R0"),
        (vec!["a > 5", "a > 3", "b > 1"], 1, Some("policy-always-holds"), "R1"),
        // A missing `a` makes the first unknown, so the second decides nothing new; with `has` it may.
        (vec!["has(a) && a > 1", "a > 2", "c"], 3, None, ""),
        (vec!["a > 1", "!(a > 1) && c", "b > 2"], 3, None, ""),
        (vec!["a + b > 1", "a + b > 2"], 2, None, ""),
        (vec!["a + b > 1", "b == 2 && a + b > 1"], 2, Some("policy-shadowed-rule"), "R1"),
    ] {
        let owned: Vec<String> = guards.iter().map(|text| (*text).to_owned()).collect();
        let problems = match compile(&bundle(&owned, split), &mut catalogue()) {
            Ok(compiled) => compiled.warnings,
            Err(problems) => problems,
        };
        let of = |problem: &&bellwether_core::Problem| problem.code != "policy-no-tests";
        let found: Vec<_> = problems.iter().filter(of).collect();
        let first = found.iter().find(|problem| problem.message.contains(&format!("`{rule}`")));
        assert_eq!(first.map(|problem| problem.code), code, "{guards:?}: {found:?}");
        assert!(code.is_some() || found.is_empty(), "{guards:?}: {found:?}");
    }
    // The good bundle has nothing to look at.
    good::policy();
}

#[test]
fn what_moves_between_two_versions_is_told_with_a_case_that_both_decide() {
    let (old, new) = ("a >= 5", "a >= 3 && c");
    let policy = |when: &str| {
        let mut catalogue = catalogue();
        let files = bundle(&[when.to_owned(), "b > 1".to_owned()], 1);
        (compile(&files, &mut catalogue).map_err(|p| p[0].to_string()).unwrap().policy, catalogue)
    };
    let (old, new) = (policy(old), policy(new));
    let mut told = String::new();
    for one in moved((&old.0, &old.1), (&new.0, &new.1)) {
        writeln!(told, "{one}").unwrap();
    }
    expect_test::expect![[r#"
        g: no longer escalates: now end (nobody), was desk (desk)
          such as a = 5, b = 2, c = false
        g: newly escalates: now desk (desk), was end (nobody)
          such as a = 3, b = 2, c = true
    "#]]
    .assert_eq(&told);
    assert!(moved((&old.0, &old.1), (&old.0, &old.1)).is_empty());
}

/// Conditions and ways whose number doubles at each level are given up: nobody waits for their analysis.
#[test]
fn what_doubles_at_each_level_loads_all_the_same() {
    let nested =
        (0..40).fold("c".to_owned(), |text, nth| format!("({text} ? a > {nth} : b > {nth})"));
    let policy = |files: &Files| {
        let mut catalogue = catalogue();
        let compiled = compile(files, &mut catalogue).map_err(|p| p[0].to_string()).unwrap();
        (compiled.policy, catalogue)
    };
    let old = policy(&bundle(&["a > 100".to_owned(), "b > 1".to_owned()], 1));
    let new = policy(&bundle(&[nested, "b > 1".to_owned()], 1));
    moved((&old.0, &old.1), (&new.0, &new.1));
    for when in ["a > @", "a + b > @"] {
        let ladder = |last: &str| {
            let mut files = bundle(&[], 0);
            let (mut nodes, mut rules) = (String::new(), String::new());
            for nth in 0..30 {
                let next = if nth == 29 { last.to_owned() } else { format!("n{}", nth + 1) };
                writeln!(nodes, "  n{nth}: {{kind: decide, unknown: desk}}").unwrap();
                let when = when.replace('@', &nth.to_string());
                writeln!(rules, "  - {{id: R{nth}, from: n{nth}, to: {next}, when: \"{when}\"}}")
                    .unwrap();
                writeln!(rules, "  - {{id: O{nth}, from: n{nth}, to: {next}, otherwise: true}}")
                    .unwrap();
            }
            let text = format!(
                "graph: g\nsubject: deal\nowner: ann\nstart: n0\nnodes:\n{nodes}  desk: {{kind: human, role: desk, ack: 1h}}\n  \
                 end: {{kind: end}}\nrules:\n  - {{id: X, from: n0, to: end, when: \"b > 100\"}}\n{rules}"
            );
            files.insert("routing/g.yaml".to_owned(), text);
            let kept =
                compile_kept(&files, &mut catalogue()).map_err(|p| p[0].to_string()).unwrap();
            (kept.policy, catalogue())
        };
        let (old, new) = (ladder("desk"), ladder("end"));
        assert_eq!(moved((&old.0, &old.1), (&new.0, &new.1)).len(), 1, "{when}");
    }
}
