//! What this processor can do, asked once, and the innermost loops written for it.
//!
//! - In: panels of weights and tiles of activations (see [`crate::matrix`]).
//! - Out: exact 32-bit sums. Both ways of summing give the same integers, so nothing downstream can tell
//!   which one ran.
//! - Never: `unsafe`. The crate `pulp` proves by a token that the instructions exist.

/// Output rows in one panel.
pub(crate) const ROWS: usize = 16;

/// Two neighbouring weights of each of the [`ROWS`] output rows: the first eight rows, then the others.
pub(crate) type Pair = [i8; 2 * ROWS];

/// The instructions to use.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    /// Whatever the compiler makes of plain loops.
    Portable,
}

impl Level {
    /// The best this processor has.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = pulp::x86::V3::try_new() {
            return Self::Avx2(token);
        }
        Self::Portable
    }

    /// Compiles `work`, and what is inlined into it, for this level: the closure itself must be marked
    /// `#[inline(always)]`, or it stays outside and is slow.
    #[inline(always)]
    pub(crate) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => token.vectorize(work),
            Self::Portable => work(),
        }
    }

    /// For `M` tokens and one panel, the sums over all pairs. Call it inside [`Level::run`].
    #[inline(always)]
    pub(crate) fn sums<const M: usize>(
        self,
        panel: &[Pair],
        tile: &[[[i16; 2]; M]],
    ) -> [[i32; ROWS]; M] {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => avx2(token, panel, tile),
            Self::Portable => portable(panel, tile),
        }
    }
}

#[inline(always)]
fn portable<const M: usize>(panel: &[Pair], tile: &[[[i16; 2]; M]]) -> [[i32; ROWS]; M] {
    let mut sums = [[0i32; ROWS]; M];
    for (pair, tokens) in panel.iter().zip(tile) {
        let (pair, _) = pair.as_chunks::<2>();
        for (sums, [first, second]) in sums.iter_mut().zip(tokens) {
            for (sum, [a, b]) in sums.iter_mut().zip(pair) {
                *sum += i32::from(*a) * i32::from(*first) + i32::from(*b) * i32::from(*second);
            }
        }
    }
    sums
}

/// `vpmaddwd`: sixteen products, neighbours added, per instruction.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn avx2<const M: usize>(
    token: pulp::x86::V3,
    panel: &[Pair],
    tile: &[[[i16; 2]; M]],
) -> [[i32; ROWS]; M] {
    use core::arch::x86_64::{__m128i, __m256i};
    let (avx, avx2) = (token.avx, token.avx2);
    let mut sums = [[avx._mm256_setzero_si256(); 2]; M];
    for (pair, tokens) in panel.iter().zip(tile) {
        let [low, high]: [__m128i; 2] = bytemuck::cast(*pair);
        let (low, high) = (avx2._mm256_cvtepi8_epi16(low), avx2._mm256_cvtepi8_epi16(high));
        for ([first, second], values) in sums.iter_mut().zip(tokens) {
            let values: __m256i = avx._mm256_set1_epi32(bytemuck::cast(*values));
            *first = avx2._mm256_add_epi32(*first, avx2._mm256_madd_epi16(low, values));
            *second = avx2._mm256_add_epi32(*second, avx2._mm256_madd_epi16(high, values));
        }
    }
    sums.map(bytemuck::cast)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_summing_agree_at_the_extremes() {
        for (weight, value) in [(127, 8191), (-127, 8191), (127, -8191), (-127, -8191), (0, 1)] {
            // The longest row that a model may have, so that a sum that overflows is seen.
            let panel = vec![[weight; 2 * ROWS]; crate::shape::WIDEST / 2];
            let tile = vec![[[value; 2]; 6]; panel.len()];
            let expected = i32::from(weight) * i32::from(value) * crate::shape::WIDEST as i32;
            let level = Level::best();
            assert_eq!(
                level.run(
                    #[inline(always)]
                    || level.sums(&panel, &tile)
                ),
                [[expected; ROWS]; 6]
            );
            assert_eq!(Level::Portable.sums(&panel, &tile), [[expected; ROWS]; 6]);
        }
    }
}
