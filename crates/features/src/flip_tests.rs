//! Flips against a search by hand: nothing changes before one, and comparisons change at it.

use super::*;
use crate::FeatureSet;
use crate::testing::{set, signal};
use bellwether_core::{Duration, Rates, Value};
use bellwether_expr::Scope;

const HOUR: i64 = 3_600_000_000;

fn counting() -> FeatureSet {
    set(
        "facts:\n  tier: {from: firmographics.updated.tier, freshness: 10d}\n",
        "features:\n  n: {count: ticket.opened, window: 1d}\n  \
         total: {sum: score, of: survey.answered, window: 2d}\n  \
         quiet: {time_since: ticket.opened}\n  \
         busy: {expr: \"n >= 2 && quiet < duration('3h')\"}\n  \
         days_quiet: {expr: \"days(quiet)\"}\n  \
         today: {expr: \"days(now - timestamp('2026-01-01'))\"}\n  \
         pace: {rate: ticket.opened, window: 2h, baseline: 1d}\n",
    )
}

#[test]
fn comparisons_flip_exactly_when_said() {
    let set = counting();
    let rates = Rates::new("EUR".parse().unwrap());
    let mut state = set.new_state(Scope::Account);
    let start = bellwether_core::Timestamp::from_secs(1_767_225_600 + 7 * 3600);
    let mut key = 0;
    let mut fold = |kind: &str, hours: i64, fields: &[(&str, Value)]| {
        key += 1;
        let at = start.plus(Duration::from_micros(hours * HOUR));
        let signal = signal(key, kind, at, fields);
        set.fold(&mut state, &signal, at, Duration::from_days(1), &rates);
        at
    };
    fold("firmographics.updated", 0, &[("tier", Value::Code(bellwether_core::Code::of("a")))]);
    for hours in [0, 1, 1, 5, 9] {
        fold("ticket.opened", hours, &[]);
        fold("survey.answered", hours, &[("score", Value::Int(10))]);
    }
    let now = fold("ticket.opened", 10, &[]);
    let mut reading = set.reading();
    let slot = |name: &str| set.catalogue().slot(name).unwrap();
    let (n, total, quiet) = (slot("n"), slot("total"), slot("quiet"));
    let limit = |hours: i64| hours * HOUR;
    for (watched, hours) in [
        (vec![(n, Op::Ge, 4)], Some(25)),
        (vec![(n, Op::Ge, 3)], Some(29)),
        (vec![(n, Op::Eq, 6)], Some(24)),
        // Two leave at once, so it is never four.
        (vec![(n, Op::Eq, 4)], None),
        (vec![(n, Op::Eq, 3)], Some(25)),
        (vec![(n, Op::Lt, 1)], Some(34)),
        (vec![(n, Op::Gt, 6)], None),
        (vec![(total, Op::Ge, 30)], Some(49)),
        (vec![(quiet, Op::Ge, limit(3))], Some(13)),
        (vec![(quiet, Op::Lt, limit(30)), (n, Op::Ge, 1)], Some(34)),
        (vec![(slot("busy"), Op::Ne, 0)], Some(13)),
        (vec![(slot("days_quiet"), Op::Ge, 2)], Some(34)),
        (vec![(slot("today"), Op::Ge, 2)], Some(17)),
        (vec![(slot("pace"), Op::Ge, 2_000_000)], Some(11)),
        (vec![(slot("tier"), Op::Eq, 3)], Some(240)),
        (vec![(slot("completeness"), Op::Ge, 3)], None),
    ] {
        set.read(&mut state, None, None, now, &rates, &mut reading);
        let given = Watched { comparisons: watched.clone(), loose: Vec::new() };
        let flip = set.next_flip(&state, None, &reading, now, &set.flips(&given));
        let expected =
            hours.map_or(Timestamp::MAX, |h| start.plus(Duration::from_micros(h * HOUR)));
        assert_eq!(flip, expected, "{watched:?}");
    }
    let loose = Watched { comparisons: Vec::new(), loose: vec![n] };
    let flip = set.next_flip(&state, None, &reading, now, &set.flips(&loose));
    assert_eq!(flip, start.plus(Duration::from_days(1)));
}

#[test]
fn truth_is_steady_until_the_flip() {
    for op in Op::ALL {
        for limit in [-2, 0, 3, 4] {
            for number in [-5, -2, -1, 0, 3, 4, 5] {
                let next = steady(number, op, limit);
                let today = op.holds(number, limit);
                for later in number..next.unwrap_or(number + 20) {
                    assert_eq!(op.holds(later, limit), today, "{number} {op:?} {limit}");
                }
                if let Some(next) = next {
                    assert_ne!(op.holds(next, limit), today, "{number} {op:?} {limit}");
                }
            }
        }
    }
}

#[test]
fn counts_flip_when_a_search_says_so() {
    let set = counting();
    let rates = Rates::new("EUR".parse().unwrap());
    let n = set.catalogue().slot("n").unwrap();
    let plan = set.scope(Scope::Account);
    let Source::Part(part) = set.slots[usize::from(n)].source else { panic!("n is no part") };
    let Keeps::Counter { ring, bit } = plan.parts[usize::from(part)].keeps else {
        panic!("n is no counter")
    };
    let mut bits = 7u64;
    for round in 0..300 {
        let mut state = set.new_state(Scope::Account);
        let mut now = Timestamp::from_secs(1_767_225_600);
        for key in 0..round % 9 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            now = now.plus(Duration::from_micros((bits >> 33) as i64 % 4 * 3 * HOUR));
            let signal = signal(key, "ticket.opened", now, &[]);
            set.fold(&mut state, &signal, now, Duration::from_days(1), &rates);
        }
        let mut reading = set.reading();
        set.read(&mut state, None, None, now, &rates, &mut reading);
        let leaving = state.rings.get(ring).unwrap().leaving(&plan.rings[ring], bit, now.micros());
        for op in Op::ALL {
            for limit in -1..6 {
                let given = Watched { comparisons: vec![(n, op, limit)], loose: Vec::new() };
                let flip = set.next_flip(&state, None, &reading, now, &set.flips(&given));
                let expected = count(&leaving, Use::Compared(op, limit));
                assert_eq!(flip.micros(), expected, "round {round}: {op:?} {limit}");
            }
        }
    }
}
