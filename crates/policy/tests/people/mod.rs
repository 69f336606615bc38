//! Whom a node asks, when, and that a chain never ends before somebody is there.

use crate::good;
use bellwether_core::{Code, Timestamp, civil};
use bellwether_policy::{Mode, People, compile};

fn at(text: &str) -> Timestamp {
    civil::read(text, "iso", &civil::zone("UTC").unwrap()).unwrap()
}

fn keys(people: &People, chain: &[Code]) -> String {
    let keys = chain.iter().map(|code| people.person(*code).unwrap().key.as_str());
    keys.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_chain_is_role_fallback_always_without_those_who_are_not_there() {
    let (policy, _) = good::policy();
    for (graph, node, when, chain) in [
        ("prospect-to-cxo", "cro", "2026-07-31T23:59:59Z", "maria tom ada lee kim"),
        ("prospect-to-cxo", "cro", "2026-08-01", "tom ada lee kim"),
        ("prospect-to-cxo", "cro", "2026-08-15T23:59:59Z", "tom ada lee kim"),
        ("prospect-to-cxo", "cro", "2026-08-16", "maria tom ada lee kim"),
        ("prospect-to-cxo", "cro", "2026-09-01", "maria ada lee kim"),
        ("prospect-to-cxo", "sponsor", "2026-08-10T12:00:00Z", "tom lee kim"),
        ("prospect-to-cxo", "sponsor", "2026-08-10T18:00:00Z", "ines tom lee kim"),
        ("prospect-to-cxo", "review", "2026-12-24", "kim"),
        ("prospect-to-cxo", "discover", "2026-12-24", ""),
        ("customer-escalation", "field", "2026-01-01", "bo lee kim"),
    ] {
        let graph = policy.graph(Code::of(graph)).unwrap();
        let node = graph.node(Code::of(node)).unwrap();
        let found = policy.people().chain(node, at(when));
        assert_eq!(keys(policy.people(), &found), chain, "{} at {when}", node.name);
    }
}

#[test]
fn names_are_not_printed() {
    let (policy, _) = good::policy();
    let shown = format!("{:?}", policy.people());
    assert!(!shown.contains("Example") && !shown.contains("acme"), "{shown}");
}

#[test]
fn the_bundle_says_what_it_is() {
    let (policy, _) = good::policy();
    let meta = policy.meta();
    assert_eq!(
        (&*meta.name, &*meta.version, meta.mode),
        ("customer-escalation", "1.2.0", Mode::Enforce)
    );
    let rates: Vec<_> =
        policy.rates().iter().map(|(from, _, ppm)| format!("{from} {ppm}")).collect();
    assert_eq!(rates.join(", "), "GBP 1150000, USD 920000, USD 900000");
}

/// Random absences: either loading refuses them, or somebody is there at every edge of every one.
#[test]
fn a_loaded_chain_is_never_empty() {
    let mut state = 7u64;
    let mut random = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut loaded, mut refused) = (0, 0);
    for round in 0..300 {
        let mut days = Vec::new();
        let mut text = "roles: {cro: [a], ceo: [a], vp_sales: [b], field_technician: [c], \
                        escalation_manager: [a, b, c]}\nalways: escalation_manager\npeople:\n"
            .to_owned();
        for person in ["a", "b", "c"] {
            let (from, long) = (1 + random(20), random(12));
            days.extend([from, from + long + 1]);
            text += &format!(
                "  {person}: {{away: [{{from: 2026-03-{from:02}, to: 2026-03-{:02}}}]}}\n",
                (from + long).min(31)
            );
        }
        let mut files = good::files();
        files.insert("people.yaml".to_owned(), text.clone());
        files.remove("tests/deals.yaml");
        match compile(&files, &mut good::catalogue()) {
            Ok(compiled) => {
                loaded += 1;
                let policy = compiled.policy;
                for day in days.iter().filter(|day| **day <= 31) {
                    let when = at(&format!("2026-03-{day:02}"));
                    for node in policy.graphs().iter().flat_map(|graph| graph.nodes()) {
                        let empty = policy.people().chain(node, when).is_empty();
                        assert_eq!(empty, node.human().is_none(), "round {round}: {text}");
                    }
                }
            }
            Err(problems) => {
                refused += 1;
                assert!(problems.iter().any(|p| p.code == "policy-unstaffed"), "{problems:?}");
            }
        }
    }
    assert!(loaded > 20 && refused > 20, "{loaded} loaded, {refused} refused");
}
