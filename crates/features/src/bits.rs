//! Bits by position, 64 a word, the lowest first.

/// Bits of which most have 64 at most: those need no memory elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    first: u64,
    more: Box<[u64]>,
}

impl Bits {
    pub(crate) fn new(len: usize) -> Self {
        Self { first: 0, more: vec![0; len.saturating_sub(64).div_ceil(64)].into() }
    }

    pub(crate) fn get(&self, at: usize) -> bool {
        if at < 64 { self.first >> at & 1 == 1 } else { get(&self.more, at - 64) }
    }

    pub(crate) fn put(&mut self, at: usize, on: bool) {
        match at.checked_sub(64) {
            None => put(std::slice::from_mut(&mut self.first), at, on),
            Some(at) => put(&mut self.more, at, on),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.first = 0;
        self.more.fill(0);
    }

    /// The 64 bits from a position on.
    pub(crate) fn from(&self, at: usize) -> u64 {
        let word = |nth: usize| match nth.checked_sub(1) {
            None => self.first,
            Some(nth) => self.more.get(nth).copied().unwrap_or(0),
        };
        match (at / 64, at % 64) {
            (first, 0) => word(first),
            (first, shift) => word(first) >> shift | word(first + 1) << (64 - shift),
        }
    }
}

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
        let mut bits = Bits::new(100);
        for at in [0, 5, 63, 64, 90] {
            bits.put(at, true);
            assert!(bits.get(at));
        }
        bits.put(5, false);
        assert_eq!((bits.get(5), bits.get(200)), (false, false));
        assert_eq!(bits.from(63), 0b11 | 1 << 27);
        let mut seen = Vec::new();
        each(bits.from(63), |bit| seen.push(bit));
        assert_eq!(seen, [0, 1, 27]);
        assert_eq!(bits.from(64), 1 | 1 << 26);
        bits.clear();
        assert_eq!(bits.from(0), 0);
    }
}
