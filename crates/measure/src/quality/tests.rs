//! Known figures, and laws that hold for any counts.

use super::*;
use bellwether_core::Ppm;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn seeded<S: Strategy>(inputs: &S, check: fn(S::Value) -> Result<(), TestCaseError>) {
    for seed in 0..4u8 {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut runner = TestRunner::new_with_rng(Config { cases: 256, ..Config::default() }, rng);
        if let Err(found) = runner.run(inputs, check) {
            panic!("seed {seed}: {found}");
        }
    }
}

#[test]
fn wilson_gives_the_published_figures() {
    // Newcombe, Stat. Med. 17 (1998), table I, method 3; and R's binom.confint for the last.
    for (hits, of, low, high) in [
        (81.0, 263.0, 0.2553, 0.3662),
        (15.0, 148.0, 0.0624, 0.1605),
        (0.0, 20.0, 0.0, 0.1611),
        (1.0, 29.0, 0.0061, 0.1718),
        (10.0, 10.0, 0.7225, 1.0),
    ] {
        let got = wilson(hits, of).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 5e-5;
        assert!(near(got.low, low) && near(got.high, high), "{hits} of {of}: {got:?}");
    }
    assert_eq!(wilson(0.0, 0.0), None);
    assert_eq!(wilson(3.0, 2.0), None);
    assert_eq!(wilson(f64::NAN, 2.0), None);
}

#[test]
fn an_interval_holds_its_share_and_narrows_with_more_cases() {
    seeded(&(0u64..1000, 1u64..1000), |(hits, more)| {
        let ratio = Ratio::new(hits, hits + more - 1 + u64::from(hits == 0));
        let (share, ends) = (ratio.value().unwrap(), ratio.interval().unwrap());
        prop_assert!(0.0 <= ends.low && ends.low <= share);
        prop_assert!(share <= ends.high && ends.high <= 1.0);
        let wide = Ratio::new(ratio.hits * 4, ratio.of * 4).interval().unwrap();
        prop_assert!(wide.high - wide.low < ends.high - ends.low);
        Ok(())
    });
}

#[test]
fn a_matrix_counts_and_divides() {
    let mut matrix = Matrix::default();
    for (escalated, happened, times) in
        [(true, true, 6), (true, false, 2), (false, true, 3), (false, false, 9)]
    {
        (0..times).for_each(|_| matrix += Matrix::one(escalated, happened));
    }
    assert_eq!(matrix.total(), 20);
    assert_eq!(matrix.precision(), Ratio::new(6, 8));
    assert_eq!(matrix.recall(), Ratio::new(6, 9));
    assert_eq!(matrix.specificity(), Ratio::new(9, 11));
    assert_eq!(matrix.base_rate(), Ratio::new(9, 20));
    let (precision, recall) = (6.0 / 8.0, 6.0 / 9.0);
    let expected = 2.0 * precision * recall / (precision + recall);
    assert!((matrix.f1().unwrap() - expected).abs() < 1e-12);
    let ends = matrix.f1_interval().unwrap();
    assert!(ends.low < expected && expected < ends.high);
    assert_eq!(Matrix::one(false, false).f1(), None);
}

#[test]
fn quantiles_are_those_of_numpy() {
    let numbers = [1, 2, 4, 8, 16];
    for (ppm, value) in
        [(0, 1.0), (100_000, 1.4), (500_000, 4.0), (900_000, 12.8), (1_000_000, 16.0), (-5, 1.0)]
    {
        assert!((quantile(&numbers, Ppm::new(ppm)).unwrap() - value).abs() < 1e-9, "{ppm}");
    }
    assert_eq!(quantile(&[], Ppm::ONE), None);
    assert_eq!(quantile(&[i64::MIN, i64::MAX], Ppm::new(500_000)), Some(0.0));
    let spread = Spread::of(&[-3, 0, 5]);
    assert_eq!((spread.count, spread.positive), (3, Ratio::new(1, 3)));
}

#[test]
fn a_histogram_loses_nothing() {
    let made = Histogram::of(&[-1, 0, 9, 10, 29, 30, i64::MAX, i64::MIN], 0, 10, 3);
    assert_eq!((made.counts.clone(), made.below, made.above), (vec![2, 1, 1], 2, 2));
    assert_eq!(made.steps().map(|(edge, _)| edge).collect::<Vec<_>>(), [0, 10, 20]);
    let inputs = (prop::collection::vec(any::<i64>(), 0..50), -50i64..50, -2i64..40, 0usize..9);
    seeded(&inputs, |(numbers, from, width, steps)| {
        let made = Histogram::of(&numbers, from, width, steps);
        prop_assert_eq!(made.total(), numbers.len() as u64);
        for (edge, count) in made.steps() {
            let within = numbers.iter().filter(|&&n| edge <= n && n < edge + made.width);
            prop_assert_eq!(within.count() as u64, count);
        }
        Ok(())
    });
}
