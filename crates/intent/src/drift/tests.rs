//! Detectors against river, MAPIE and SciPy (`tests/oracles/drift.py`); drift that is found, and
//! quiet that is left in peace.

use super::*;
use crate::numbers::SplitMix;
use crate::oracle::{agree, rows, scored};
use crate::simulate::Rehearsal;
use bellwether_core::Ppm;

const TABLE: &str = include_str!("../../tests/oracles/drift.tsv");

#[test]
fn adwin_cuts_where_river_cuts() {
    let mut found: Vec<Vec<f64>> = Vec::new();
    for seed in 90..98_u64 {
        let mut random = SplitMix::new(seed);
        let mut window = Adwin::new(0.002);
        for at in 0..6_000 {
            let drawn = random.unit();
            let rate = [0.1, 0.25, 0.17][at / 2_000];
            let value = match (seed % 2 == 1, at < 3_000) {
                (true, _) => f64::from(u8::from(drawn < rate)),
                (false, true) => drawn * drawn,
                (false, false) => drawn * drawn * drawn * 1.4 + 0.05,
            };
            if window.add(value).is_some() {
                let mean = window.mean().unwrap();
                found.push(vec![seed as f64, at as f64, window.width() as f64, mean]);
                // river begins anew after a detection.
                window = Adwin::new(0.002);
            }
        }
    }
    let wanted = rows(TABLE, "adwin");
    assert_eq!(found.len(), wanted.len(), "{found:?}");
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found[..3], wanted[..3], "seed, place and width");
        assert!(agree(found[3], wanted[3], 1e-12), "{found:?} {wanted:?}");
    }
}

#[test]
fn the_stability_index_agrees_to_twelve_digits() {
    for row in rows(TABLE, "psi") {
        let mut random = SplitMix::new(row[0] as u64);
        let before: Vec<u64> = (0..12).map(|_| (random.unit() * 50.0) as u64 + 1).collect();
        let after: Vec<u64> = (0..12).map(|_| (random.unit() * 20.0) as u64).collect();
        assert!(agree(psi(&before, &after), row[1], 1e-12), "{row:?}: {}", psi(&before, &after));
    }
    assert_eq!(psi(&[5, 5], &[50, 50]), 0.0);
    assert_eq!((psi(&[0, 0], &[1, 2]), psi(&[1, 2], &[0, 0])), (0.0, 0.0));
}

#[test]
fn audits_agree_to_eleven_digits() {
    for row in rows(TABLE, "brier") {
        let mut test = BrierTest::default();
        scored(row[0], row[1], 0.0).iter().for_each(|label| test.add(label.score, label.right));
        assert!(agree(test.score().unwrap(), row[2], 1e-12), "{row:?}: {test:?}");
        assert!(agree(test.z().unwrap(), row[3], 1e-11), "{row:?}: {test:?}");
    }
    for row in rows(TABLE, "cusum") {
        let labels = scored(row[0], row[1], 0.0);
        let alarmed = |limit: f64| {
            let mut sum = Cusum::new(4.0, limit);
            labels.iter().any(|label| sum.add(label.score, label.right).is_some())
        };
        assert!(alarmed(row[2] * (1.0 - 1e-11)) && !alarmed(row[2] * (1.0 + 1e-11)), "{row:?}");
    }
    assert_eq!((BrierTest::default().score(), BrierTest::default().z()), (None, None));
}

#[test]
fn a_limit_is_left_by_chance_as_often_as_asked() {
    let reference = [400, 300, 200, 90, 10];
    let limit = psi_limit(&reference, 100, Ppm::new(20_000), 1_000, 1);
    let small = psi_limit(&reference, 30, Ppm::new(20_000), 1_000, 1);
    assert!(small > 2.0 * limit, "fewer cases move more by chance: {small} {limit}");
    // The reference itself is a sample: draw it anew as well.
    let mut random = SplitMix::new(99);
    let mut draw = |count: usize| {
        let mut drawn = [0_u64; 5];
        for _ in 0..count {
            let case = random.below(1_000) as u64;
            let at = [400, 700, 900, 990, 1_000].iter().position(|end| case < *end).unwrap();
            drawn[at] += 1;
        }
        drawn
    };
    let beyond = (0..1_000).filter(|_| psi(&draw(1_000), &draw(100)) > limit).count();
    assert!((8..=40).contains(&beyond), "{beyond} of 1,000 beyond {limit}");
}

#[test]
fn bins_hold_equal_shares_and_ties_share_one() {
    let values: Vec<f64> = (0..1_000).map(f64::from).collect();
    let bins = QuantileBins::new(&values, 10);
    assert_eq!(bins.count(&values), [100; 10]);
    let tied = QuantileBins::new(&[0.5; 40], 10);
    assert_eq!(tied.count(&[0.5, 0.5, 0.6]), [2, 1]);
    assert_eq!(QuantileBins::new(&[], 10).count(&[0.5]), [1]);
}

#[test]
fn after_a_drift_autonomy_stops_within_500_cases_and_in_quiet_it_goes_on() {
    let full = option_env!("BELLWETHER_FULL").is_some();
    let few = Limits { exceeded: Ppm::new(1_000), rounds: 1_000, ..Limits::default() };
    let (limits, reference) = if full { (Limits::default(), 1_000) } else { (few, 500) };
    let rehearsal = Rehearsal::new(limits, reference);
    for delay in rehearsal.drifts(if full { 500 } else { 20 }) {
        assert!(delay.late * 20 <= delay.runs, "{delay}");
    }
    let stops = rehearsal.false_stops(if full { 200 } else { 3 });
    assert!(stops <= 2.0, "{stops} false stops in 10,000 quiet cases");
}

#[test]
fn a_watch_names_the_category_that_grew() {
    let case =
        |class| Case { class, confidence: Ppm::new(900_000), disagreed: false, declined: None };
    let reference: Vec<Case> = (0..900).map(|at| case(Some(at % 3))).collect();
    let limits = Limits { rounds: 200, exceeded: Ppm::new(5_000), ..Limits::default() };
    let quiet = Watch::new(&reference, 3, limits);
    for (odd, class) in [(Some(2), Some(2)), (None, None), (Some(9), None)] {
        let mut watch = quiet.clone();
        // Two of three cases are read as the odd one.
        let cases = (0..100).map(|at| if at % 3 == 0 { case(Some(0)) } else { case(odd) });
        let left: Vec<Left> = cases.flat_map(|case| watch.case(&case)).collect();
        let mix = left.iter().find(|left| left.figure == Figure::ClassMix).unwrap();
        assert_eq!(mix.class, class, "{odd:?}");
        assert!(left.iter().all(|left| left.figure != Figure::Declines), "nobody was asked");
    }
}
