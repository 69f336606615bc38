//! Chance without a source of chance: SplitMix64, so that a seed names one sequence for ever.
//!
//! - In: a seed.
//! - Out: numbers and orders, the same on every machine.
//! - Never: reads the system's randomness; serves a secret (it is not a cipher).

/// SplitMix64 (Steele, Lea and Flood 2014): small, and the same everywhere.
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// From a seed; every seed is as good as another.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, by multiplication (Lemire 2019, without its rejection: the bias is below
    /// `end` / 2^64); 0 when `end` is 0.
    pub const fn below(&mut self, end: usize) -> usize {
        ((self.draw() as u128 * end as u128) >> 64) as usize
    }

    /// A number from 0 to below 1: the upper 53 bits of a draw.
    pub const fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Puts items into an order that depends on the seed alone (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SplitMix;

    #[test]
    fn a_seed_gives_the_published_sequence() {
        // The test vector of the reference implementation (Vigna, splitmix64.c) for seed 1234567.
        let mut random = SplitMix::new(1_234_567);
        let drawn: Vec<u64> = (0..5).map(|_| random.draw()).collect();
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(drawn, published);
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut random = SplitMix::new(7);
        for end in [1_usize, 2, 3, 1000] {
            assert!((0..500).all(|_| random.below(end) < end), "end {end}");
        }
        assert_eq!(random.below(0), 0);
        assert!((0..500).all(|_| (0.0..1.0).contains(&random.unit())));
        let mut order: Vec<u32> = (0..50).collect();
        random.shuffle(&mut order);
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
