//! Whoever is trusted less than a fact asks for does not move it.

use crate::FeatureSet;
use crate::testing::{compiled, set, signal};
use bellwether_core::{Code, Duration, Rates, Signal, Timestamp, Trust, Value};
use bellwether_expr::Scope;
use expect_test::expect;

const FACTS: &str = "
facts:
  tier: {type: code, values: [enterprise, smb], from: firmographics.updated.tier, trust: operator}
  open_tier: {type: code, values: [enterprise, smb], from: firmographics.updated.tier}
  channel: {current: channel, trust: system}
";
const FEATURES: &str = "
features:
  tickets: {count: ticket.opened, window: 7d, trust: partner}
  every_ticket: {count: ticket.opened, window: 7d}
  worst: {max: severity, of: ticket.opened, trust: operator}
  all: {count: ticket.opened, trust: operator}
  pace: {rate: ticket.opened, window: 1d, baseline: 4d, trust: operator}
  limit: {expr: \"tier == 'enterprise' ? 500 : 100\", type: int, trust: operator}
  loose: {expr: 'limit + every_ticket', type: int}
";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn read(set: &FeatureSet, signals: &[Signal], name: &str) -> Option<i64> {
    let rates = Rates::new("EUR".parse().unwrap());
    let mut state = set.new_state(Scope::Account);
    for one in signals {
        set.fold(&mut state, one, one.at, Duration::from_days(7), &rates);
    }
    let mut reading = set.reading();
    let slot = set.catalogue().slot(name).unwrap();
    set.read(&mut state, None, signals.last(), at(1_000), &rates, &mut reading);
    let counted = set.contributions(slot, signals, at(1_000), &rates);
    if reading.slots.get(slot).is_some_and(|number| number != 0) && name != "limit" {
        assert!(!counted.is_empty() || name == "channel", "{name}");
    }
    reading.slots.get(slot)
}

#[test]
fn each_operation_asks_for_its_trust() {
    let set = set(FACTS, FEATURES);
    let enterprise = Code::of("enterprise").raw();
    for trust in Trust::ALL {
        let tier = ("tier", Value::Code(Code::of("enterprise")));
        let channel = ("channel", Value::Code(Code::of("mail")));
        let made = [
            signal(1, "firmographics.updated", at(1), &[tier]),
            signal(2, "ticket.opened", at(2), &[("severity", Value::Int(4)), channel]),
        ];
        let made = made.map(|one| Signal { trust, ..one });
        let partner = trust >= Trust::Partner;
        let operator = trust >= Trust::Operator;
        for (name, expected) in [
            ("tier", operator.then_some(enterprise)),
            ("open_tier", Some(enterprise)),
            ("tickets", Some(i64::from(partner))),
            ("every_ticket", Some(1)),
            ("worst", operator.then_some(4)),
            ("all", Some(i64::from(operator))),
            ("pace", operator.then_some(4_000_000)),
            ("limit", operator.then_some(500)),
            ("channel", (trust == Trust::System).then(|| Code::of("mail").raw())),
        ] {
            assert_eq!(read(&set, &made, name), expected, "{name} by {trust}");
        }
    }
}

#[test]
fn who_may_move_a_fact_is_told_with_the_way() {
    let set = set(FACTS, FEATURES);
    let slot = |name: &str| set.catalogue().slot(name).unwrap();
    let trust_of = |slot| {
        let label = |least: &Trust| set.moved_below(slot, *least).is_none();
        Trust::ALL.into_iter().rev().find(label).unwrap_or(Trust::CustomerText)
    };
    let way = |name| set.moved_below(slot(name), Trust::Operator).unwrap_or_default().join(" <- ");
    for (name, trust, moved) in [
        ("tier", Trust::Operator, ""),
        ("open_tier", Trust::CustomerText, "open_tier <- firmographics.updated.tier"),
        ("limit", Trust::Operator, ""),
        ("tickets", Trust::Partner, "tickets <- ticket.opened"),
        ("loose", Trust::CustomerText, "loose <- every_ticket <- ticket.opened"),
        ("channel", Trust::System, ""),
        ("now", Trust::System, ""),
    ] {
        assert_eq!((trust_of(slot(name)), &*way(name)), (trust, moved), "{name}");
    }
}

#[test]
fn a_label_changes_a_definition_only_where_it_is_written() {
    let digest = |features: &str| {
        let set = set(FACTS, features);
        set.definitions().iter().find(|one| one.name == "n").unwrap().digest
    };
    let plain = digest("features: {n: {count: ticket.opened}}");
    assert_eq!(plain, digest("features: {n: {count: ticket.opened, trust: customer}}"));
    assert_ne!(plain, digest("features: {n: {count: ticket.opened, trust: partner}}"));
}

#[test]
fn a_label_that_does_not_hold_is_refused() {
    let features = "features: {n: {count: ticket.opened}, limit: {expr: 'n * 2', trust: operator}}";
    expect![[r#"
        features.yaml:1:39: error[feature-trust]: `limit` is said to be moved by signals of the operator alone: limit <- n <- ticket.opened
          help: say the same `trust` of what it reads, or a lower one of it"#]].assert_eq(&compiled(FACTS, features).unwrap_err());
    let features = "features: {n: {count: ticket.opened, trust: everybody}}";
    expect!["features.yaml:1:45: error[yaml-value]: `trust: everybody` is none of: customer, partner, operator, system"].assert_eq(&compiled(FACTS, features).unwrap_err());
}
