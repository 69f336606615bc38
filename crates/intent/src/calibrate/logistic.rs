//! The two maps that are logistic regressions: Platt's line and the beta curve.

use super::{Labelled, Map, beta_features};
use crate::numbers::{logit, sigmoid, softplus};

/// Up to three features of one case, and how true it was. A feature that is always zero is left out.
struct Row {
    features: [f64; 3],
    target: f64,
}

type Weights = [f64; 3];

/// Platt's line on the log odds. His targets, `(n+ + 1) / (n+ + 2)` and `1 / (n- + 2)`, keep few
/// labels, or labels of one outcome only, from certainty (Platt 1999, section 2.2).
pub(super) fn platt(labels: &[Labelled]) -> Map {
    let right = labels.iter().filter(|label| label.right).count() as f64;
    let wrong = labels.len() as f64 - right;
    let (yes, no) = ((right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0));
    let rows = |line: f64| -> Vec<Row> {
        let row = |label: &Labelled| Row {
            features: [1.0, line * logit(label.score), 0.0],
            target: if label.right { yes } else { no },
        };
        labels.iter().map(row).collect()
    };
    let [level, slope, _] = fit(&rows(1.0));
    if slope >= 0.0 {
        return Map::Platt { slope, level };
    }
    let [level, ..] = fit(&rows(0.0));
    Map::Platt { slope: 0.0, level }
}

/// The beta curve. A slope that came out negative would turn the order round: it is left out and the
/// rest fitted again, as its authors do.
pub(super) fn beta(labels: &[Labelled]) -> Map {
    let fit_with = |low: f64, high: f64| {
        let row = |label: &Labelled| {
            let (a, b) = beta_features(label.score);
            let target = f64::from(u8::from(label.right));
            Row { features: [1.0, low * a, high * b], target }
        };
        fit(&labels.iter().map(row).collect::<Vec<_>>())
    };
    let [mut c, mut a, mut b] = fit_with(1.0, 1.0);
    if a < 0.0 {
        [c, a, b] = fit_with(0.0, 1.0);
    } else if b < 0.0 {
        [c, a, b] = fit_with(1.0, 0.0);
    }
    if a < 0.0 || b < 0.0 {
        [c, a, b] = fit_with(0.0, 0.0);
    }
    Map::Beta { a, b, c }
}

/// The weights of the least logistic loss: Newton's method with halved steps.
fn fit(rows: &[Row]) -> Weights {
    let mut weights = [0.0; 3];
    let mut now = loss(rows, weights);
    for _ in 0..200 {
        let step = newton_step(rows, weights);
        let mut share = 1.0;
        let mut next = (weights, now);
        while share > 1e-9 {
            let tried = moved(weights, step, share);
            let lower = loss(rows, tried);
            if lower < now {
                next = (tried, lower);
                break;
            }
            share /= 2.0;
        }
        if next.0 == weights {
            break;
        }
        (weights, now) = next;
    }
    // Near the least loss its own rounding hides the way; the gradient still shows it.
    moved(weights, newton_step(rows, weights), 1.0)
}

fn moved([a, b, c]: Weights, [da, db, dc]: Weights, share: f64) -> Weights {
    [a + share * da, b + share * db, c + share * dc]
}

fn margin([a, b, c]: Weights, [x, y, z]: [f64; 3]) -> f64 {
    a * x + b * y + c * z
}

fn loss(rows: &[Row], weights: Weights) -> f64 {
    let one = |row: &Row| {
        let margin = margin(weights, row.features);
        softplus(margin) - row.target * margin
    };
    rows.iter().map(one).sum()
}

/// Minus the inverse of the Hessian times the gradient.
fn newton_step(rows: &[Row], weights: Weights) -> Weights {
    let mut gradient = [0.0; 3];
    let [mut xx, mut xy, mut xz, mut yy, mut yz, mut zz] = [0.0; 6];
    for Row { features, target } in rows {
        let share = sigmoid(margin(weights, *features));
        let (off, bend) = (target - share, share * (1.0 - share));
        let [x, y, z] = *features;
        gradient = moved(gradient, *features, off);
        xx += bend * x * x;
        xy += bend * x * y;
        xz += bend * x * z;
        yy += bend * y * y;
        yz += bend * y * z;
        zz += bend * z * z;
    }
    // A feature that is always zero keeps its weight; a little damping serves features that move
    // together. Neither moves the place where the gradient is zero.
    let damped = |bend: f64| if bend > 0.0 { bend * (1.0 + 1e-12) } else { 1.0 };
    solve([damped(xx), xy, xz, damped(yy), yz, damped(zz)], gradient)
}

/// Solves a symmetric system of three by Cholesky's method.
fn solve([xx, xy, xz, yy, yz, zz]: [f64; 6], [gx, gy, gz]: [f64; 3]) -> [f64; 3] {
    let root = |square: f64| square.max(1e-300).sqrt();
    let a = root(xx);
    let (b, c) = (xy / a, xz / a);
    let d = root(yy - b * b);
    let e = (yz - b * c) / d;
    let f = root(zz - c * c - e * e);
    let u = gx / a;
    let v = (gy - b * u) / d;
    let w = (gz - c * u - e * v) / f;
    let z = w / f;
    let y = (v - e * z) / d;
    [(u - b * y - c * z) / a, y, z]
}
