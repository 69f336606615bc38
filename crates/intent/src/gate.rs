//! Not knowing: one probability that the best label is right, from several signs of doubt.
//!
//! - In: for each text the signs of one reading (see [`Signs`]); to learn, also whether it was right.
//! - Out: a probability, and which sign weighed the most.
//! - Never: looks at the text; the largest probability alone is a poor gate, so it is one sign of several.
//!
//! A small logistic regression with a ridge, fitted by Newton's method (iteratively reweighted least
//! squares; Hastie, Tibshirani and Friedman 2009, 4.4.1).

use crate::numbers::{exp, ln};

/// What is looked at, each roughly between -3 and 3 after scaling.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signs {
    /// Logit of the largest probability.
    pub largest: f64,
    /// Distance between the two largest logits.
    pub margin: f64,
    /// ln of the sum of exp of all logits: how strongly anything was said at all.
    pub energy: f64,
    /// The largest logit: evidence for the label itself, whatever the others have.
    pub evidence: f64,
    /// Share of the text's features that were ever seen.
    pub known: f64,
    /// The same for a second reader, and how the two agree: 1 where both name one label.
    pub second: Option<Second>,
}

/// Signs of a second reader.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Second {
    /// 1 where both readers name the same label, else 0.
    pub agree: f64,
    /// Its energy.
    pub energy: f64,
    /// Mean cosine to the nearest examples.
    pub near: f64,
}

/// The names of signs, in the order of [`Signs::row`].
pub const SIGNS: [&str; 8] =
    ["largest", "margin", "energy", "evidence", "known", "agree", "second_energy", "near"];

impl Signs {
    /// The signs of logits, of which text so large a share was known.
    pub fn of(logits: &[f64], known: f64) -> Self {
        let (mut first, mut next) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for logit in logits {
            (first, next) =
                if *logit > first { (*logit, first) } else { (first, next.max(*logit)) };
        }
        let energy = energy(logits);
        // p / (1 - p) of the largest: exp(first - energy) over the others.
        let others = (exp(energy - first) - 1.0).max(1e-9);
        let (largest, margin) = (-ln(others), first - next);
        Self { largest, margin, energy, evidence: first, known, second: None }
    }

    fn row(&self) -> [f64; SIGNS.len()] {
        let Second { agree, energy, near } = self.second.unwrap_or_default();
        [self.largest, self.margin, self.energy, self.evidence, self.known, agree, energy, near]
    }
}

/// ln of the sum of exp of logits.
pub fn energy(logits: &[f64]) -> f64 {
    let first = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    first + ln(logits.iter().map(|logit| exp(logit - first)).sum::<f64>().max(1.0))
}

const WIDTH: usize = SIGNS.len() + 1;
type Row = [f64; WIDTH];

/// How many numbers a gate is made of.
pub(crate) const NUMBERS: usize = 2 * SIGNS.len() + WIDTH;

/// A fitted gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    means: [f64; SIGNS.len()],
    spreads: [f64; SIGNS.len()],
    /// One per sign, then the constant.
    weights: Row,
}

/// Keeps weights small where few examples say little.
const RIDGE: f64 = 1.0;
const STEPS: usize = 25;

impl Gate {
    /// Learns from readings and whether their best label was right. `None` where all were right, or
    /// none was, or one is not a number: there is nothing to learn.
    pub fn fit(signs: &[Signs], right: &[bool]) -> Option<Self> {
        let of = signs.len().min(right.len());
        let hits = right.iter().take(of).filter(|right| **right).count();
        if hits == 0 || hits == of {
            return None;
        }
        let rows: Vec<_> = signs.iter().map(Signs::row).collect();
        let mut gate =
            Self { means: [0.0; SIGNS.len()], spreads: [1.0; SIGNS.len()], weights: [0.0; WIDTH] };
        for (at, (mean, spread)) in gate.means.iter_mut().zip(&mut gate.spreads).enumerate() {
            let column = || rows.iter().filter_map(|row| row.get(at));
            *mean = column().sum::<f64>() / of as f64;
            let squared = column().map(|value| (value - *mean) * (value - *mean)).sum::<f64>();
            // A sign that never differs says nothing, and must not divide by zero.
            *spread = (squared / of as f64).sqrt().max(1e-6);
        }
        let rows: Vec<Row> = rows.iter().map(|row| gate.scaled(row)).collect();
        for _ in 0..STEPS {
            let step = newton(&gate.weights, &rows, right)?;
            for (weight, step) in gate.weights.iter_mut().zip(&step) {
                *weight += step;
            }
            if step.iter().all(|step| step.abs() < 1e-9) {
                break;
            }
        }
        gate.weights.iter().all(|weight| weight.is_finite()).then_some(gate)
    }

    /// The probability that the best label is right, from 0 to 1.
    pub fn probability(&self, signs: &Signs) -> f64 {
        sigmoid(dot(&self.weights, &self.scaled(&signs.row())))
    }

    /// The sign that speaks against the reading the most, by name: the reason of an abstention.
    pub fn doubt(&self, signs: &Signs) -> &'static str {
        let row = self.scaled(&signs.row());
        let added = self.weights.iter().zip(&row).map(|(weight, value)| weight * value);
        let least = added.zip(SIGNS).min_by(|one, other| one.0.total_cmp(&other.0));
        least.map_or("nothing", |(_, name)| name)
    }

    /// The numbers it is made of.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> + use<> {
        self.means.into_iter().chain(self.spreads).chain(self.weights)
    }

    /// A gate of such numbers; nothing where one is not a number, or a spread cannot divide.
    pub(crate) fn from_numbers(numbers: &[f64; NUMBERS]) -> Option<Self> {
        let (means, rest) = numbers.split_first_chunk()?;
        let (spreads, rest) = rest.split_first_chunk::<{ SIGNS.len() }>()?;
        let weights = rest.first_chunk()?;
        let usable =
            numbers.iter().all(|number| number.is_finite()) && spreads.iter().all(|s| *s > 0.0);
        usable.then_some(Self { means: *means, spreads: *spreads, weights: *weights })
    }

    fn scaled(&self, row: &[f64; SIGNS.len()]) -> Row {
        let mut scaled = [1.0; WIDTH];
        let of = row.iter().zip(&self.means).zip(&self.spreads);
        for (place, ((value, mean), spread)) in scaled.iter_mut().zip(of) {
            *place = ((value - mean) / spread).clamp(-8.0, 8.0);
        }
        scaled
    }
}

fn dot(one: &Row, other: &Row) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn sigmoid(value: f64) -> f64 {
    1.0 / (1.0 + exp(-value))
}

/// One Newton step of the penalised likelihood; nothing where the equations have no solution.
fn newton(weights: &Row, rows: &[Row], right: &[bool]) -> Option<Row> {
    let mut slope = [0.0; WIDTH];
    let mut bend = [[0.0; WIDTH]; WIDTH];
    for (row, right) in rows.iter().zip(right) {
        let said = sigmoid(dot(weights, row));
        let off = f64::from(u8::from(*right)) - said;
        for (at, value) in row.iter().enumerate() {
            *slope.get_mut(at)? += off * value;
            for (place, other) in bend.get_mut(at)?.iter_mut().zip(row) {
                *place += said * (1.0 - said) * value * other;
            }
        }
    }
    for at in 0..WIDTH {
        // The constant is not held back.
        let ridge = if at + 1 == WIDTH { 1e-9 } else { RIDGE };
        *bend.get_mut(at)?.get_mut(at)? += ridge;
        *slope.get_mut(at)? -= ridge * weights.get(at)?;
    }
    solve(bend, slope)
}

/// Gaussian elimination with the largest pivot.
fn solve(mut matrix: [Row; WIDTH], mut right: Row) -> Option<Row> {
    for at in 0..WIDTH {
        let size =
            |row: &usize| matrix.get(*row).and_then(|row| row.get(at)).map_or(0.0, |v| v.abs());
        let pivot = (at..WIDTH).max_by(|one, other| size(one).total_cmp(&size(other)))?;
        if size(&pivot) < 1e-300 {
            return None;
        }
        matrix.swap(at, pivot);
        right.swap(at, pivot);
        let (top, top_right) = (*matrix.get(at)?, *right.get(at)?);
        let pivot = *top.get(at)?;
        for row in at + 1..WIDTH {
            let below = matrix.get_mut(row)?;
            let share = below.get(at)? / pivot;
            for (place, value) in below.iter_mut().zip(&top) {
                *place -= share * value;
            }
            *right.get_mut(row)? -= share * top_right;
        }
    }
    let mut solution = [0.0; WIDTH];
    for at in (0..WIDTH).rev() {
        let row = matrix.get(at)?;
        let known: f64 = row.iter().zip(&solution).skip(at + 1).map(|(a, b)| a * b).sum();
        *solution.get_mut(at)? = (right.get(at)? - known) / row.get(at)?;
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::SplitMix;

    fn signs(largest: f64, known: f64) -> Signs {
        Signs { largest, known, ..Signs::default() }
    }

    #[test]
    fn it_finds_the_sign_that_matters() {
        let mut random = SplitMix::new(7);
        let mut part = || random.below(1_000) as f64 / 1_000.0;
        let all: Vec<_> = (0..2_000).map(|_| (part() * 6.0 - 3.0, part(), part())).collect();
        let read: Vec<_> = all.iter().map(|(largest, known, _)| signs(*largest, *known)).collect();
        // True odds: only `known` counts.
        let right: Vec<_> = all.iter().map(|(_, known, luck)| luck < known).collect();
        let gate = Gate::fit(&read, &right).unwrap();
        assert!(gate.probability(&signs(3.0, 0.1)) < 0.3);
        assert!(gate.probability(&signs(-3.0, 0.9)) > 0.7);
        assert_eq!(gate.doubt(&signs(0.0, 0.0)), "known");
        let mean: f64 = read.iter().map(|one| gate.probability(one)).sum::<f64>() / 2_000.0;
        let share = right.iter().filter(|right| **right).count() as f64 / 2_000.0;
        assert!(
            (mean - share).abs() < 1e-6,
            "a fit with a constant keeps the mean: {mean} {share}"
        );
    }

    #[test]
    fn there_may_be_nothing_to_learn() {
        assert_eq!(Gate::fit(&[], &[]), None);
        assert_eq!(Gate::fit(&[signs(1.0, 1.0)], &[true]), None);
        let odd = [signs(f64::NAN, 0.0), signs(0.0, 0.0)];
        assert_eq!(Gate::fit(&odd, &[true, false]), None);
    }

    #[test]
    fn signs_of_scores() {
        let signs = Signs::of(&[2.0, 0.0, 0.0], 0.5);
        let sum = exp(2.0) + 2.0;
        let p = exp(2.0) / sum;
        assert!((signs.largest - ln(p / (1.0 - p))).abs() < 1e-9);
        assert_eq!((signs.margin, signs.evidence), (2.0, 2.0));
        assert!((signs.energy - ln(sum)).abs() < 1e-9);
    }
}
