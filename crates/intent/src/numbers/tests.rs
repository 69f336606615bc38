//! The beta distribution against SciPy (`tests/oracles/shares.py`).

use super::*;
use crate::oracle::{agree, rows};

const TABLE: &str = include_str!("../../tests/oracles/shares.tsv");

#[test]
fn shares_and_their_inverse_agree_to_ten_digits() {
    for row in rows(TABLE, "share") {
        let got = beta_share(row[0], row[1], row[2]);
        assert!(agree(got, row[3], 1e-10), "{row:?}: {got}");
    }
    for row in rows(TABLE, "inverse") {
        let got = beta_share_inverse(row[0], row[1], row[2]);
        assert!(agree(got, row[3], 1e-10), "{row:?}: {got}");
    }
}

#[test]
fn exact_bounds_agree_to_ten_digits() {
    for row in rows(TABLE, "bound") {
        let got = error_bound(row[0] as u64, row[1] as u64, row[2]);
        assert!(agree(got, row[3], 1e-10), "{row:?}: {got}");
    }
}

#[test]
fn the_inverse_undoes_the_share() {
    let mut random = SplitMix::new(5);
    for _ in 0..300 {
        let shape = |random: &mut SplitMix| exp(10.0 * random.unit() - 1.0);
        let (a, b, p) = (shape(&mut random), shape(&mut random), random.unit());
        let x = beta_share_inverse(a, b, p);
        assert!(agree(beta_share(a, b, x), p, 1e-9), "Beta({a}, {b}) at {p}: {x}");
        assert!(agree(beta_share(a, b, x) + beta_share(b, a, 1.0 - x), 1.0, 1e-12), "{a} {b} {x}");
    }
}

#[test]
fn ends_are_ends() {
    assert_eq!((beta_share(2.0, 3.0, -1.0), beta_share(2.0, 3.0, 1.5)), (0.0, 1.0));
    assert_eq!((beta_share_inverse(2.0, 3.0, 0.0), beta_share_inverse(2.0, 3.0, 1.0)), (0.0, 1.0));
    assert_eq!(
        (error_bound(0, 0, 0.1), error_bound(3, 3, 0.1), error_bound(0, 9, 0.0)),
        (1.0, 1.0, 1.0)
    );
    assert_eq!((sigmoid(800.0), sigmoid(-800.0), sigmoid(0.0)), (1.0, 0.0, 0.5));
    assert!(logit(1.0).is_finite() && logit(0.0).is_finite());
    assert_eq!((softplus(800.0), softplus(-800.0)), (800.0, 0.0));
}
