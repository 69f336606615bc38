//! The figures against scikit-learn, MAPIE and SciPy (`tests/oracles`), and what must hold of them.

use super::*;
use bellwether_core::SplitMix;

const TABLE: &str = include_str!("../../tests/oracles/reliability.tsv");

/// The rows of one name.
fn rows(name: &str) -> Vec<Vec<f64>> {
    let rows: Vec<Vec<f64>> = TABLE
        .lines()
        .filter_map(|line| line.split_once('\t').filter(|(first, _)| *first == name))
        .map(|(_, rest)| rest.split('\t').map(|number| number.parse().unwrap()).collect())
        .collect();
    assert!(!rows.is_empty(), "no row `{name}`");
    rows
}

/// The data of `tests/oracles` of the crate intent, `scored`.
fn scored(row: &[f64]) -> Vec<Forecast> {
    let mut random = SplitMix::new(row[0] as u64);
    let levels = row[2];
    let one = |_| {
        let mut s = random.unit();
        if levels > 0.0 {
            s = (s * levels).floor() / levels;
        }
        let happened = random.unit() < s * s * (3.0 - 2.0 * s);
        Forecast { probability: s, happened }
    };
    (0..row[1] as usize).map(one).collect()
}

fn agrees(name: &str, figure: fn(&[Forecast]) -> Option<f64>) {
    for row in rows(name) {
        let got = figure(&scored(&row)).unwrap();
        assert!((got - row[3]).abs() < 1e-12, "{name} {row:?}: {got}");
    }
}

#[test]
fn figures_agree_to_twelve_places() {
    agrees("brier", |forecasts| Some(brier(forecasts)?.score));
    agrees("nll", nll);
    agrees("auroc", auroc);
    agrees("ece", ece);
    agrees("ece-formula", ece);
    agrees("ece-debiased", ece_debiased);
    agrees("aurc", |forecasts| Some(Coverage::of(forecasts)?.area));
}

#[test]
fn parts_and_areas_agree_to_twelve_places() {
    for row in rows("murphy") {
        let parts = brier(&scored(&row)).unwrap();
        let close = |got: f64, wanted: f64| assert!((got - wanted).abs() < 1e-12, "{parts:?}");
        close(parts.reliability, row[3]);
        close(parts.resolution, row[4]);
        close(parts.uncertainty, row[5]);
        close(parts.within, 0.0);
    }
    for row in rows("aurc") {
        let excess = Coverage::of(&scored(&row)).unwrap().excess;
        assert!((excess - row[4]).abs() < 1e-12, "{row:?}: {excess}");
    }
}

#[test]
fn classes_agree_to_twelve_places() {
    let mut random = SplitMix::new(9);
    let four = |random: &mut SplitMix| (random.unit() * 4.0) as usize;
    let truth: Vec<usize> = (0..300).map(|_| four(&mut random)).collect();
    let said = truth.iter().map(|&truth| {
        let right = random.unit() < 0.7;
        (truth, Some(if right { truth } else { four(&mut random) }))
    });
    let matrices = per_class(&said.collect::<Vec<_>>(), 4);
    for row in rows("f1") {
        assert!((matrices[row[3] as usize].f1().unwrap() - row[4]).abs() < 1e-12, "{row:?}");
    }
    let macro_row = &rows("f1-macro")[0];
    assert!((macro_f1(&matrices).unwrap() - macro_row[3]).abs() < 1e-12);
    assert!(matrices.iter().all(|matrix| matrix.total() == 300));
    assert_eq!(macro_f1(&per_class(&[], 3)), None);
}

#[test]
fn bins_hold_their_lower_edge_and_show_their_counts() {
    let at = |probability: f64, happened| Forecast { probability, happened };
    let bins = diagram(&[at(0.0, false), at(0.5, true), at(0.7, false), at(1.0, true)], 2);
    let shown: Vec<_> = bins.iter().map(|bin| (bin.happened.hits, bin.happened.of)).collect();
    assert_eq!(shown, [(0, 1), (2, 3)]);
    assert_eq!(diagram(&[], 3).iter().filter_map(Bin::gap).count(), 0);
}

#[test]
fn nothing_to_say_is_none() {
    let sure = [Forecast { probability: 0.9, happened: true }];
    assert_eq!(auroc(&sure), None, "one outcome only");
    assert_eq!((nll(&[]), ece(&[]), ece_debiased(&[]), auroc(&[])), (None, None, None, None));
    assert_eq!((brier(&[]), Coverage::of(&[])), (None, None));
    assert_eq!(bootstrap(&sure, 1, 50, auroc), None);
    assert!(nll(&[Forecast { probability: 1.0, happened: false }]).unwrap() < 28.0);
}

#[test]
fn a_tie_counts_half_and_every_order_of_it() {
    let one = |happened| Forecast { probability: 0.5, happened };
    let tied = [one(true), one(false), one(true), one(false)];
    assert_eq!(auroc(&tied), Some(0.5));
    let curve = Coverage::of(&tied).unwrap();
    assert!((curve.area - 0.5).abs() < 1e-12);
    assert_eq!(curve.points.len(), 1, "a threshold cannot split a tie");
    assert_eq!(curve.at_risk(0.4), None);
    assert_eq!(curve.at_risk(0.5).unwrap().coverage.hits, 4);
}

#[test]
fn plain_ece_is_too_high_for_few_cases_and_the_corrected_one_less_so() {
    // Calibrated to the letter: whatever error is found is chance.
    let (mut plain, mut corrected) = (0.0, 0.0);
    for seed in 0..100 {
        let mut random = SplitMix::new(seed);
        let one = |_| {
            let probability = random.unit();
            Forecast { probability, happened: random.unit() < probability }
        };
        let forecasts: Vec<Forecast> = (0..200).map(one).collect();
        plain += ece(&forecasts).unwrap() / 100.0;
        corrected += ece_debiased(&forecasts).unwrap() / 100.0;
    }
    assert!(plain > 0.07, "{plain}");
    assert!(corrected < 0.65 * plain, "{corrected} of {plain}");
}

#[test]
fn intervals_cover_as_often_as_they_say() {
    // 200 samples of 100 cases whose share is 0.3: the interval should hold it in about 95%.
    let share = |cases: &[bool]| {
        let happened = cases.iter().filter(|happened| **happened).count();
        Some(happened as f64 / cases.len() as f64)
    };
    let covered = (0..200).filter(|&seed| {
        let mut random = SplitMix::new(seed);
        let cases: Vec<bool> = (0..100).map(|_| random.unit() < 0.3).collect();
        let interval = bootstrap(&cases, seed, 200, share).unwrap();
        if seed < 3 {
            assert_eq!(bootstrap(&cases, seed, 200, share), Some(interval), "seed {seed}");
        }
        interval.low <= 0.3 && 0.3 <= interval.high
    });
    let covered = covered.count();
    assert!((180..=199).contains(&covered), "{covered} of 200");
}

#[test]
fn the_interval_of_a_calibration_error_holds_the_truth_also_where_it_is_zero() {
    // The errors of these worlds over 15 bins, from two million cases each.
    let smooth = |s: f64| s * s * (3.0 - 2.0 * s);
    for (world, truth) in
        [((|s| s) as fn(f64) -> f64, 0.0), (smooth, 0.0619), (|s| 0.15 + 0.7 * s, 0.0747)]
    {
        let covered = (0..40).filter(|&seed| {
            let mut random = SplitMix::new(seed);
            let one = |_| {
                let probability = random.unit();
                Forecast { probability, happened: random.unit() < world(probability) }
            };
            let forecasts: Vec<Forecast> = (0..500).map(one).collect();
            let interval = ece_interval(&forecasts, seed, 80).unwrap();
            interval.low <= truth && truth <= interval.high
        });
        let covered = covered.count();
        assert!(covered >= 33, "error {truth}: {covered} of 40");
    }
    assert_eq!(ece_interval(&[], 1, 80), None);
}
