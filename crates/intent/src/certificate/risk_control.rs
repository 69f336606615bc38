//! Conformal risk control (Angelopoulos, Bates, Fisch, Lei and Schuster 2022), for routing.

use super::Outcome;
use bellwether_core::Ppm;

/// The lowest threshold under which a new case is routed *and* wrong with probability at most `alpha`,
/// on average over samples: the least threshold with `(errors + 1) / (n + 1) <= alpha`. Exact, in whole
/// numbers. Nothing when the sample is too small for `alpha` (below `1 / alpha - 1` cases).
///
/// It bounds the joint rate over all cases, not the error among the routed: for money use
/// [`super::learn_then_test`].
pub fn risk_control(sample: &[Outcome], alpha: Ppm) -> Option<Ppm> {
    let alpha = u128::try_from(alpha.get()).ok()?;
    let allowed = alpha * (sample.len() as u128 + 1) / 1_000_000;
    let allowed = usize::try_from(allowed).ok()?.checked_sub(1)?;
    let mut wrong: Vec<Ppm> =
        sample.iter().filter(|outcome| !outcome.right).map(|outcome| outcome.confidence).collect();
    wrong.sort_unstable_by_key(|confidence| std::cmp::Reverse(*confidence));
    // The first error too many must fall below the threshold, and with it all that tie with it.
    Some(wrong.get(allowed).map_or(Ppm::new(0), |confidence| Ppm::new(confidence.get() + 1)))
}
