//! Maps against scikit-learn and SciPy (`tests/oracles/calibrate.py`), and what must hold of them.

use super::*;
use crate::numbers::SplitMix;
use crate::oracle::{agree, rows, scored};
use bellwether_core::{Duration, Timestamp};
use std::collections::BTreeMap;

const TABLE: &str = include_str!("../../tests/oracles/calibrate.tsv");

#[test]
fn platt_agrees_to_nine_digits_and_with_scikit_learn_to_seven() {
    for (name, within) in [("platt", 1e-9), ("platt-sklearn", 1e-7)] {
        for row in rows(TABLE, name) {
            let map = Map::fit_as(Method::Platt, &scored(row[0], row[1], 0.0)).unwrap();
            let Map::Platt { slope, level } = map else { unreachable!() };
            assert!((slope - row[2]).abs() < within, "{row:?}: {slope}");
            assert!((level - row[3]).abs() < within, "{row:?}: {level}");
        }
    }
}

#[test]
fn beta_agrees_to_nine_digits() {
    for row in rows(TABLE, "beta").iter().chain(&rows(TABLE, "beta-sklearn")) {
        let map = Map::fit_as(Method::Beta, &scored(row[0], row[1], 0.0)).unwrap();
        let Map::Beta { a, b, c } = map else { unreachable!() };
        for (got, wanted) in [(a, row[2]), (b, row[3]), (c, row[4])] {
            assert!(agree(got, wanted, 1e-9), "{row:?}: {got}");
        }
    }
}

#[test]
fn isotonic_agrees_to_twelve_places_with_ties_and_between_steps() {
    let mut maps = BTreeMap::new();
    for row in rows(TABLE, "isotonic") {
        let map = maps.entry(row[0] as u64).or_insert_with(|| {
            Map::fit_as(Method::Isotonic, &scored(row[0], row[1], row[2])).unwrap()
        });
        assert!((map.apply(row[3]) - row[4]).abs() < 1e-12, "{row:?}: {}", map.apply(row[3]));
    }
}

/// `logits` of `data.py`.
fn cases(seed: f64, count: f64, classes: f64) -> Vec<Case> {
    let mut random = SplitMix::new(seed as u64);
    let one = |_| {
        let truth = (random.unit() * classes) as usize;
        let mut logits: Vec<f64> =
            (0..classes as usize).map(|_| 8.0 * (random.unit() - 0.5)).collect();
        logits[truth] += 2.5;
        Case { logits, truth }
    };
    (0..count as usize).map(one).collect()
}

#[test]
fn temperature_agrees_to_eleven_digits() {
    for row in rows(TABLE, "temperature") {
        let cases = cases(row[0], row[1], row[2]);
        let found = temperature(&cases).unwrap();
        assert!(agree(found.get(), row[3], 1e-11), "{row:?}: {found:?}");
        assert!(agree(super::temperature::loss(&cases, found), row[4], 1e-12));
    }
}

#[test]
fn shifts_agree_to_eight_digits() {
    for row in rows(TABLE, "em") {
        let scores: Vec<f64> =
            scored(row[0], row[1], 0.0).iter().map(|label| label.score).collect();
        let shift = Shift::from_confidences(&scores, row[2]).get();
        assert!(agree(shift, row[3], 1e-8), "{row:?}: {shift}");
    }
    for row in rows(TABLE, "large") {
        let labels: Vec<(f64, bool)> =
            scored(row[0], row[1], 0.0).iter().map(|label| (label.score, label.right)).collect();
        let shift = Shift::from_labels(&labels).get();
        assert!(agree(shift, row[2], 1e-8), "{row:?}: {shift}");
    }
    assert!((Shift::between(0.2, 0.5).apply(0.2) - 0.5).abs() < 1e-12);
    assert_eq!(Shift::from_labels(&[]), Shift::NONE);
    assert_eq!(Shift::from_confidences(&[], 0.5), Shift::NONE);
}

#[test]
fn the_method_follows_the_labels() {
    let labels = |right: usize, wrong: usize| {
        let one = |right| Labelled { score: 0.5, right };
        [vec![one(true); right], vec![one(false); wrong]].concat()
    };
    for (right, wrong, method) in [
        (999, 0, Method::Platt),
        (500, 499, Method::Platt),
        (10_000, 29, Method::Platt),
        (970, 30, Method::Beta),
        (5_000, 999, Method::Beta),
        (1_000, 1_000, Method::Isotonic),
    ] {
        assert_eq!(Method::for_labels(&labels(right, wrong)), method, "{right} {wrong}");
    }
}

#[test]
fn no_map_turns_the_order_round_and_all_stay_probabilities() {
    for seed in 0..20 {
        let mut labels = scored(f64::from(seed), 200.0, if seed % 2 == 0 { 0.0 } else { 5.0 });
        if seed % 5 == 4 {
            // A reader that is wrong the surer it is.
            labels.iter_mut().for_each(|label| label.right = !label.right);
        }
        if seed % 5 == 3 {
            labels.iter_mut().for_each(|label| label.right = label.score > 0.4);
        }
        for method in [Method::Platt, Method::Beta, Method::Isotonic] {
            let map = Map::fit_as(method, &labels).unwrap();
            let values: Vec<f64> = (0..=100).map(|at| map.apply(f64::from(at) / 100.0)).collect();
            assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "{seed} {map:?}");
            // Rounding may move the last digit of a flat stretch.
            let rising = values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12);
            assert!(rising, "seed {seed}: {map:?} {values:?}");
        }
    }
}

#[test]
fn nobody_is_surer_than_the_labels() {
    let labels = vec![Labelled { score: 0.99, right: true }; 30];
    let calibrator = Calibrator::of_scores(&labels).unwrap();
    assert!(calibrator.confidence(1.0) <= Ppm::new(31 * 1_000_000 / 32), "31 of 32 at most");
    assert!(calibrator.confidence(0.99) > Ppm::new(900_000));
}

#[test]
fn broken_labels_are_refused() {
    assert_eq!(Map::fit(&[]), Err(CannotCalibrate::NoLabels));
    for score in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        let labels = [Labelled { score: 0.5, right: true }, Labelled { score, right: false }];
        assert_eq!(Map::fit(&labels), Err(CannotCalibrate::NotAScore(1)), "{score}");
    }
    let broken = |logits: Vec<f64>, truth| temperature(&[Case { logits, truth }]);
    assert_eq!(broken(vec![1.0, 2.0], 2), Err(CannotCalibrate::NotAScore(0)));
    assert_eq!(broken(vec![1.0, f64::NAN], 0), Err(CannotCalibrate::NotAScore(0)));
    assert_eq!(temperature(&[]), Err(CannotCalibrate::NoLabels));
    // Without an error to learn from the temperature ends at its bound, and is still finite.
    assert!(agree(broken(vec![1.0, 2.0], 1).unwrap().get(), Temperature::BOUNDS.0, 1e-12));
}

#[test]
fn numbers_are_read_back_and_others_refused() {
    let many = cases(42.0, 1_200.0, 5.0);
    let mut made = vec![
        Calibrator::of_logits(&many[..200]).unwrap(),
        Calibrator::of_logits(&many).unwrap().shifted(Shift::between(0.5, 0.3)),
    ];
    for (count, method) in [(200.0, Method::Platt), (3_000.0, Method::Isotonic)] {
        let labels = scored(7.0, count, 0.0);
        assert_eq!(Method::for_labels(&labels), method);
        made.push(Calibrator::of_scores(&labels).unwrap());
    }
    for calibrator in made {
        let numbers = calibrator.to_numbers();
        assert_eq!(Calibrator::from_numbers(&numbers), Ok(calibrator.clone()));
        for at in 0..numbers.len() {
            let mut broken = numbers.clone();
            broken[at] = f64::NAN;
            assert_eq!(
                Calibrator::from_numbers(&broken),
                Err(NotACalibrator),
                "{at} of {numbers:?}"
            );
        }
        assert_eq!(Calibrator::from_numbers(&numbers[..numbers.len() - 1]), Err(NotACalibrator));
    }
    for broken in [
        &[1.0, 0.0, 5.0, 1.0, -0.5, 0.0][..],
        &[0.0, 0.0, 5.0, 0.0],
        &[1.0, 99.0, 5.0, 0.0],
        &[1.0, 0.0, 0.5, 0.0],
        &[1.0, 0.0, 5.0, 9.0],
        &[1.0, 0.0, 5.0, 3.0, 0.2, 0.9, 0.3, 0.1],
        &[1.0, 0.0, 5.0, 3.0],
        &[],
    ] {
        assert_eq!(Calibrator::from_numbers(broken), Err(NotACalibrator), "{broken:?}");
    }
}

#[test]
fn equal_labels_give_equal_bits() {
    for count in [100.0, 1_500.0, 4_000.0] {
        let fit = || Calibrator::of_scores(&scored(3.0, count, 0.0)).unwrap().to_numbers();
        let bits = |numbers: Vec<f64>| numbers.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(fit()), bits(fit()));
    }
}

#[test]
fn logits_become_a_class_and_a_confidence() {
    let cases = cases(43.0, 1_500.0, 4.0);
    let calibrator = Calibrator::of_logits(&cases).unwrap();
    let (mut sure, mut right) = (0.0, 0.0);
    for case in &cases {
        let (said, confidence) = calibrator.read(&case.logits).unwrap();
        sure += confidence.get() as f64 / 1e6;
        right += f64::from(u8::from(said == case.truth));
    }
    assert!((sure - right).abs() < 2.0, "announced {sure}, right {right}");
    assert_eq!(calibrator.read(&[]), None);
}

#[test]
fn segments_need_their_labels() {
    let mut labels: Vec<(&str, Labelled)> =
        scored(1.0, 300.0, 0.0).into_iter().map(|label| ("large", label)).collect();
    labels.extend(scored(2.0, 299.0, 0.0).into_iter().map(|label| ("small", label)));
    let segments = Segments::fit(&labels).unwrap();
    assert_eq!(segments.own.keys().collect::<Vec<_>>(), ["large"]);
    assert_eq!(segments.of("large").labels(), 300);
    assert_eq!(segments.of("small").labels(), 599);
    assert_eq!(segments.of("new").labels(), 599);
    assert_eq!(Segments::fit(&[]), Err(CannotCalibrate::NoLabels));
}

#[test]
fn recalibration_follows_a_base_rate_that_moves() {
    // The same scores mean less and less: the odds of being right halve four times.
    let mut random = SplitMix::new(17);
    let day = |day: i64| Timestamp::from_secs(day * 86_400);
    let mut labels = Vec::new();
    for case in 0..4_000_i64 {
        let score = 0.3 + 0.6 * random.unit();
        let moved = Shift::new(-0.693 * (case / 1_000) as f64).unwrap();
        let right = random.unit() < moved.apply(score);
        labels.push(Dated { at: day(case / 10), label: Labelled { score, right } });
    }
    let (known, coming) = labels.split_at(3_700);
    let off = |calibrator: &Calibrator| {
        let gaps = coming.iter().map(|dated| {
            calibrator.apply(dated.label.score) - f64::from(u8::from(dated.label.right))
        });
        (gaps.sum::<f64>() / coming.len() as f64).abs()
    };
    let all: Vec<Labelled> = known.iter().map(|dated| dated.label).collect();
    let kept = off(&Calibrator::of_scores(&all).unwrap());
    let window = Window { span: Duration::from_days(150), newest: 400 };
    let recent = recalibrate(known, day(370), window).unwrap();
    assert_eq!(recent.labels(), 1_490);
    assert!(off(&recent) < 0.05 && kept > 0.15, "{} {kept}", off(&recent));
    assert_eq!(recalibrate(known, day(9_999), window), Err(CannotCalibrate::NoLabels));
    // What lies in the future is not known yet.
    assert_eq!(recalibrate(&labels, day(369), window), recalibrate(known, day(369), window));
}
