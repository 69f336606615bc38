//! Every fact vector of W1 against the reference formulas (bench-peers/py/features.py).

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "it reads how much to compare, and says how much it did"
)]

use crate::w1;
use bellwether_core::{Code, Duration, Rates, Timestamp};
use bellwether_expr::Scope;
use serde_json::Value as Json;

/// A float's floor may fall on the other side where the mean is whole.
const MAY_DIFFER_BY_ONE: &str = "sent";

#[test]
fn every_fact_is_the_reference_one() {
    let Some(folder) = w1::folder() else { return };
    let full = std::env::var_os("BELLWETHER_FULL").is_some();
    let limit = if full { 200_000 } else { 20_000 };
    let set = w1::set();
    let signals = w1::signals(&folder, limit);
    let start = signals[0].1.at;
    let accounts = w1::accounts(&folder, start);
    let rates = Rates::new("EUR".parse().unwrap());
    let (mut registers, mut reading) = (set.registers(), set.reading());
    let mut states: Vec<Option<_>> = accounts.iter().map(|_| None).collect();
    let (mut different, mut compared) = (0, 0);
    let facts = w1::lines(folder.join("w1-facts.jsonl"), limit);
    for ((account, signal), expected) in signals.iter().zip(facts) {
        let mut fold = |state: &mut _, signal: &_, now: Timestamp| {
            let counted =
                set.fold_with(&mut registers, state, signal, now, Duration::from_days(7), &rates);
            assert_eq!(counted.ignored(), 0);
        };
        let state = states[*account].get_or_insert_with(|| {
            let mut state = set.new_state(Scope::Account);
            let known = &accounts[*account];
            fold(&mut state, known, known.at);
            state
        });
        fold(state, signal, signal.at);
        set.read(state, None, Some(signal), signal.at, &rates, &mut reading);
        for (name, expected) in expected.as_object().unwrap() {
            let slot = set.catalogue().slot(name).unwrap_or_else(|| panic!("no fact `{name}`"));
            let expected = match expected {
                Json::String(word) => Code::of(word.as_str()).raw(),
                number => number.as_i64().unwrap(),
            };
            let found = reading.slots.get(slot);
            compared += 1;
            if name == MAY_DIFFER_BY_ONE && found != Some(expected) {
                assert!((found.unwrap() - expected).abs() == 1, "signal {}: {name}", signal.key);
                different += 1;
                continue;
            }
            assert_eq!(found, Some(expected), "signal {}: {name}", signal.key);
        }
    }
    println!("{} signals, {compared} facts; {different} means differ by one", signals.len());
    assert!(different * 100 < signals.len(), "{different} means differ");
}
