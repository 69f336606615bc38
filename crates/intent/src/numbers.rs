//! Functions whose last bits agree on every machine: those of the `libm` crate, in plain Rust.
//!
//! - In and out: floats.
//! - Never: the platform's own functions, which differ in their last bits.

pub use libm::{erfc, exp, lgamma, log as ln, log1p as ln_1p};

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

    /// Puts items into an order that depends on the seed alone (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
