//! The ring against a naive count, and against itself in another order.

use super::*;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000_000;

/// Bits 0 and 1 over a day, bit 2 over an hour, bit 3 over nine days.
fn plan() -> RingPlan {
    let track = |micros, bits| Track { window: Window::new(micros), bits };
    let tracks = vec![track(HOUR, 4), track(24 * HOUR, 3), track(216 * HOUR, 8)];
    RingPlan { parts: (0..4).collect(), tracks }
}

type Raised = (i64, u64, u64);

fn fold(entries: &[Raised], reads: bool) -> (Ring, Vec<i64>, i64) {
    let (mut ring, mut numbers, mut horizon) = (Ring::default(), vec![0; 4], i64::MIN);
    for (time, key, bits) in entries {
        horizon = horizon.max(*time);
        let entry = Entry { time: *time, key: *key, bits: *bits };
        ring.insert(&plan(), entry, horizon, &mut numbers);
        if reads {
            ring.advance(&plan(), horizon, &mut numbers);
        }
    }
    (ring, numbers, horizon)
}

fn naive(entries: &[Raised], now: i64) -> Vec<i64> {
    let plan = plan();
    let count = |bit: u32| {
        let window = plan.window(bit).unwrap();
        let mut buckets = std::collections::BTreeMap::<i64, Vec<i64>>::new();
        for (time, _, bits) in entries.iter().filter(|e| e.2 >> bit & 1 == 1) {
            let _ = bits;
            buckets.entry(window.bucket(*time)).or_default().push(*time);
        }
        let live = |(bucket, times): (&i64, &Vec<i64>)| match times.len() > FULL {
            true if window.end(*bucket) > now - window.micros => times.len(),
            true => 0,
            false => times.iter().filter(|time| **time > now - window.micros).count(),
        };
        buckets.iter().map(live).sum::<usize>() as i64
    };
    (0..4).map(count).collect()
}

fn entries() -> impl Strategy<Value = Vec<Raised>> {
    // Spread and burst: the second kind fills buckets.
    let spread = prop::collection::vec((0..400 * HOUR, any::<u64>(), 1u64..16), 0..120);
    let burst = prop::collection::vec((0..2 * HOUR, any::<u64>(), 1u64..16), 0..300);
    (spread, burst, 0..300 * HOUR).prop_map(|(mut spread, burst, at)| {
        spread.extend(burst.into_iter().map(|(time, key, bits)| (at + time, key, bits)));
        spread.sort_by_key(|entry| entry.1);
        spread
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_102), ..ProptestConfig::default() })]

    #[test]
    fn counts_are_the_naive_ones_in_any_order(entries in entries(), reads: bool, later in 0..30 * HOUR) {
        let (mut ring, mut numbers, horizon) = fold(&entries, reads);
        for now in [horizon, horizon.saturating_add(later), horizon.saturating_add(later / 2)] {
            ring.advance(&plan(), now, &mut numbers);
            prop_assert_eq!(&numbers, &naive(&entries, now));
        }
        let mut sorted = entries.clone();
        sorted.sort_unstable();
        let (other, _, _) = fold(&sorted, !reads);
        prop_assert_eq!(ring.kept(&plan(), horizon), other.kept(&plan(), horizon));
    }

    #[test]
    fn what_is_kept_counts_the_same(entries in entries(), later in 0..30 * HOUR) {
        let (mut ring, mut numbers, horizon) = fold(&entries, true);
        let (kept, bundles) = ring.kept(&plan(), horizon);
        prop_assert!(kept.len() <= 4 * 65 * 64);
        let mut again = Ring::restored(kept, bundles);
        let mut restored = vec![0; 4];
        let now = horizon.saturating_add(later);
        again.advance(&plan(), now, &mut restored);
        ring.advance(&plan(), now, &mut numbers);
        prop_assert_eq!(numbers, restored);
    }

    #[test]
    fn each_leaves_when_it_is_said_to(entries in entries()) {
        let (mut ring, mut numbers, horizon) = fold(&entries, true);
        ring.advance(&plan(), horizon, &mut numbers);
        for bit in 0..4u32 {
            let mut left = numbers[bit as usize];
            for (when, count) in ring.leaving(&plan(), bit, horizon) {
                left -= count;
                let mut then = numbers.clone();
                let mut moved = ring.clone();
                moved.advance(&plan(), when - 1, &mut then);
                prop_assert!(then[bit as usize] >= left + count);
                moved.advance(&plan(), when, &mut then);
                prop_assert!(then[bit as usize] <= left);
            }
            prop_assert_eq!(left, 0);
        }
    }
}
