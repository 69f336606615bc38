//! Powers of two of a fraction, in whole numbers: 2^f as Q32, the same on every machine.
//!
//! - In: a fraction of one, as 32 bits.
//! - Out: 2^f times 2^32, between 2^32 and 2^33, exact to one unit.
//! - Never: a float.
//!
//! 2^f is the product of two table entries (the upper and the next eight bits) and a short series for
//! the last sixteen. The tables are made at compile time from repeated square roots of two.

/// One, as Q62: the scale of the tables.
const ONE: u128 = 1 << 62;

/// ln 2 as Q64 (OEIS A002162).
const LN2: u128 = 12_786_308_645_202_655_660;

const UPPER: [u64; 256] = table(1);
const LOWER: [u64; 256] = table(9);

/// The whole square root.
const fn root(square: u128) -> u128 {
    let (mut low, mut high) = (0u128, 1u128 << 64);
    while high - low > 1 {
        let middle = (low + high) / 2;
        match middle.checked_mul(middle) {
            Some(product) if product <= square => low = middle,
            _ => high = middle,
        }
    }
    low
}

/// 2^(i / 2^(first + 7)) for 256 values of i, as Q62.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where a panic is an error")]
const fn table(first: u32) -> [u64; 256] {
    let mut roots = [0u128; 8];
    let (mut power, mut depth) = (2 * ONE, 0);
    while depth < first + 7 {
        power = root(power << 62);
        depth += 1;
        if depth >= first {
            roots[(depth - first) as usize] = power;
        }
    }
    let mut filled = [0u64; 256];
    let mut at = 0;
    while at < 256 {
        let (mut product, mut bit) = (ONE, 0);
        while bit < 8 {
            if at >> (7 - bit) & 1 == 1 {
                product = (product * roots[bit]) >> 62;
            }
            bit += 1;
        }
        filled[at] = product as u64;
        at += 1;
    }
    filled
}

/// 2^f times 2^32, for f = `fraction` / 2^32.
pub(crate) fn exp2(fraction: u32) -> u64 {
    let of = |table: &[u64; 256], byte: u32| {
        table.get((byte & 255) as usize).map_or(ONE, |entry| u128::from(*entry))
    };
    let product = (of(&UPPER, fraction >> 24) * of(&LOWER, fraction >> 16)) >> 62;
    // x = f ln 2 for the last sixteen bits, as Q62; 1 + x + x^2 / 2 is exact to 2^-50.
    let x = (u128::from(fraction & 0xffff) * LN2) >> 34;
    let series = ONE + x + ((x * x) >> 63);
    // Rounded, but never up to 2^33: the weight belongs to this bucket.
    let rounded = ((product * series) >> 62) + (1 << 29);
    u64::try_from(rounded >> 30).map_or(u64::MAX, |weight| weight.min((1 << 33) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "floats are the oracle")]
    fn the_same_as_a_float_to_one_unit() {
        let mut fraction = 0u32;
        for step in 0..200_000u32 {
            let exact = 2f64.powf(f64::from(fraction) / 2f64.powi(32)) * 2f64.powi(32);
            let ours = exp2(fraction) as f64;
            assert!((ours - exact).abs() <= 1.0, "{fraction}: {ours} against {exact}");
            fraction = fraction.wrapping_add(21_474 * 7 + step % 13);
        }
        assert_eq!(exp2(0), 1 << 32);
        assert!(exp2(u32::MAX) < 1 << 33);
    }

    #[test]
    fn it_never_falls() {
        for base in [0u32, 0xffff, 0x00ff_ff00, 0x7fff_fff0, 0xffff_fe00] {
            for fraction in base..base + 500 {
                assert!(exp2(fraction) <= exp2(fraction.saturating_add(1)), "{fraction}");
                if fraction == u32::MAX - 1 {
                    break;
                }
            }
        }
    }
}
