//! Windowed values against a naive fold, and against themselves in another order.

use super::*;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000_000;
const FOLDS: [Fold; 4] = [Fold::Sum, Fold::Min, Fold::Max, Fold::Distinct];

fn window() -> Window {
    Window::new(24 * HOUR)
}

type Given = (i64, u64, i64);

fn fold(fold: Fold, entries: &[Given], reads: bool) -> (Values, i64) {
    let (mut values, mut horizon) = (Values::default(), i64::MIN);
    for entry in entries {
        horizon = horizon.max(entry.0);
        values.insert(fold, window(), *entry, horizon);
        if reads {
            values.number(fold, window(), horizon);
        }
    }
    (values, horizon)
}

fn naive(fold: Fold, entries: &[Given], now: i64) -> Option<i64> {
    let mut buckets = BTreeMap::<i64, Vec<(i64, i64)>>::new();
    for (time, _, value) in entries {
        buckets.entry(window().bucket(*time)).or_default().push((*time, *value));
    }
    let mut live: Vec<i64> = Vec::new();
    for (bucket, within) in buckets {
        let all = within.len() > FULL && window().end(bucket) > window().floor(now);
        let alive = |time: i64| all || (within.len() <= FULL && time > window().floor(now));
        live.extend(within.iter().filter(|(time, _)| alive(*time)).map(|(_, value)| *value));
    }
    match fold {
        Fold::Sum => Some(live.iter().sum()),
        Fold::Min => live.iter().min().copied(),
        Fold::Max => live.iter().max().copied(),
        // Fewer than 256 different values are given, so none is dropped.
        Fold::Distinct => Some(live.iter().collect::<BTreeSet<_>>().len() as i64),
    }
}

fn bytes(values: &Values, horizon: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    values.write(window(), horizon, &mut Writer(&mut bytes));
    bytes
}

fn entries() -> impl Strategy<Value = Vec<Given>> {
    let spread = prop::collection::vec((0..60 * HOUR, any::<u64>(), -50i64..50), 0..80);
    let burst = prop::collection::vec((0..HOUR, any::<u64>(), -50i64..50), 0..200);
    (spread, burst, 0..40 * HOUR).prop_map(|(mut spread, burst, at)| {
        spread.extend(burst.into_iter().map(|(time, key, value)| (at + time, key, value)));
        spread.sort_by_key(|entry| entry.1);
        spread
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_103), ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_the_naive_ones_in_any_order(entries in entries(), reads: bool, later in 0..30 * HOUR) {
        let mut sorted = entries.clone();
        sorted.sort_unstable();
        for kind in FOLDS {
            let (mut values, horizon) = fold(kind, &entries, reads);
            for now in [horizon, horizon.saturating_add(later), horizon.saturating_add(later / 2)] {
                prop_assert_eq!(values.number(kind, window(), now), naive(kind, &entries, now));
                prop_assert_eq!(values.number_at(kind, window(), now), naive(kind, &entries, now));
            }
            let (other, _) = fold(kind, &sorted, !reads);
            let written = bytes(&values, horizon);
            prop_assert_eq!(&written, &bytes(&other, horizon));
            let mut again = Values::read(&mut Reader(&written)).unwrap();
            prop_assert_eq!(again.number(kind, window(), horizon), naive(kind, &entries, horizon));
        }
    }
}

#[test]
fn a_collapsed_bucket_remembers_the_smallest_values() {
    let entries: Vec<Given> = (0..1000).map(|n| (HOUR / 10, n, n as i64)).collect();
    let (mut values, horizon) = fold(Fold::Distinct, &entries, false);
    assert_eq!(values.number(Fold::Distinct, window(), horizon), Some(CODES as i64));
    assert!(values.entries.is_empty());
}
