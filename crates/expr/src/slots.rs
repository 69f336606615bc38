//! Slots: the facts known at one instant, one number each, in a dense array with presence bits.

use crate::catalogue::Slot;

/// One `i64` a fact and a bit that says whether it is known. What is missing or stale is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    values: Vec<i64>,
    present: Vec<u64>,
}

impl Slots {
    /// Room for `len` facts, none of them known.
    pub fn new(len: usize) -> Self {
        Self { values: vec![0; len], present: vec![0; len.div_ceil(64)] }
    }

    /// How many facts there is room for.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is room for none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number of a fact, if it is known.
    #[inline]
    pub fn get(&self, slot: Slot) -> Option<i64> {
        let slot = usize::from(slot);
        let word = *self.present.get(slot / 64)?;
        if word >> (slot % 64) & 1 == 1 { self.values.get(slot).copied() } else { None }
    }

    /// The number of a fact, and whether it is known; 0 where it is not.
    #[inline]
    pub(crate) fn look(&self, slot: Slot) -> (i64, bool) {
        let slot = usize::from(slot);
        let word = self.present.get(slot / 64).copied().unwrap_or(0);
        (self.values.get(slot).copied().unwrap_or(0), word >> (slot % 64) & 1 == 1)
    }

    /// Makes a fact known. A slot beyond the room is ignored: it belongs to another catalogue.
    #[inline]
    pub fn set(&mut self, slot: Slot, raw: i64) {
        let slot = usize::from(slot);
        if let (Some(value), Some(word)) =
            (self.values.get_mut(slot), self.present.get_mut(slot / 64))
        {
            *value = raw;
            *word |= 1 << (slot % 64);
        }
    }

    /// Sets at most 64 facts in a row, from `first` on; the lowest bits of `known` say which of them
    /// are known, the others are missing.
    pub fn fill(&mut self, first: Slot, numbers: &[i64], known: u64) {
        let (at, len) = (usize::from(first), numbers.len());
        let Some(values) = self.values.get_mut(at..at + len).filter(|_| len <= 64) else { return };
        values.copy_from_slice(numbers);
        let row = if len == 64 { u64::MAX } else { (1 << len) - 1 };
        let mut missing = row & !known;
        while missing != 0 {
            if let Some(value) = values.get_mut(missing.trailing_zeros() as usize) {
                *value = 0;
            }
            missing &= missing - 1;
        }
        let (word, shift) = (at / 64, at % 64);
        let (row, known) = (u128::from(row) << shift, u128::from(known & row) << shift);
        for (word, by) in self.present.iter_mut().skip(word).zip([0, 64]) {
            *word = *word & !((row >> by) as u64) | (known >> by) as u64;
        }
    }

    /// Makes a fact missing.
    #[inline]
    pub fn unset(&mut self, slot: Slot) {
        let slot = usize::from(slot);
        if let (Some(value), Some(word)) =
            (self.values.get_mut(slot), self.present.get_mut(slot / 64))
        {
            *value = 0;
            *word &= !(1 << (slot % 64));
        }
    }

    /// Makes every fact missing.
    pub fn clear(&mut self) {
        self.values.fill(0);
        self.present.fill(0);
    }

    /// The presence bits, 64 facts a word, the lowest bit first.
    pub fn present(&self) -> &[u64] {
        &self.present
    }

    /// The numbers; what is absent reads as 0.
    pub fn values(&self) -> &[i64] {
        &self.values
    }
}
