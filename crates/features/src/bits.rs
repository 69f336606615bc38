//! Bits by position, 64 a word, the lowest first.

/// Whether a bit is set; what lies beyond the words is not.
pub(crate) fn get(words: &[u64], at: usize) -> bool {
    words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}

/// Sets or clears a bit.
pub(crate) fn put(words: &mut [u64], at: usize, on: bool) {
    if let Some(word) = words.get_mut(at / 64) {
        *word = *word & !(1 << (at % 64)) | u64::from(on) << (at % 64);
    }
}

/// The 64 bits from a position on.
pub(crate) fn from(words: &[u64], at: usize) -> u64 {
    let word = |nth: usize| words.get(nth).copied().unwrap_or(0);
    match (at / 64, at % 64) {
        (first, 0) => word(first),
        (first, shift) => word(first) >> shift | word(first + 1) << (64 - shift),
    }
}

/// Visits the set bits of a word.
pub(crate) fn each(mut word: u64, mut visit: impl FnMut(u32)) {
    while word != 0 {
        visit(word.trailing_zeros());
        word &= word - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_cross_words() {
        let mut words = [0u64; 2];
        for at in [0, 5, 63, 64, 90] {
            put(&mut words, at, true);
            assert!(get(&words, at));
        }
        put(&mut words, 5, false);
        assert_eq!((get(&words, 5), get(&words, 200)), (false, false));
        assert_eq!(from(&words, 63), 0b11 | 1 << 27);
        let mut seen = Vec::new();
        each(from(&words, 63), |bit| seen.push(bit));
        assert_eq!(seen, [0, 1, 27]);
        assert_eq!(from(&words, 64), 1 | 1 << 26);
    }
}
