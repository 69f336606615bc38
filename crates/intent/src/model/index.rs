//! From a feature's key to its row, by open addressing.
//!
//! - In: ascending keys, made once.
//! - Out: the position of a key, in about one step.
//! - Never: stored; it is made anew when a model is read.

/// Positions of keys, plus one; zero is a free place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Index {
    places: Vec<u32>,
}

impl Index {
    pub(super) fn new(keys: &[u32]) -> Self {
        let size = (keys.len() * 2).next_power_of_two().max(2);
        let mut index = Self { places: vec![0; size] };
        for (row, key) in (1_u32..).zip(keys) {
            let mut place = index.first(*key);
            while index.places.get(place).is_some_and(|taken| *taken != 0) {
                place = index.next(place);
            }
            if let Some(free) = index.places.get_mut(place) {
                *free = row;
            }
        }
        index
    }

    pub(super) fn row(&self, keys: &[u32], key: u32) -> Option<usize> {
        let mut place = self.first(key);
        loop {
            let row = (*self.places.get(place)? as usize).checked_sub(1)?;
            if keys.get(row) == Some(&key) {
                return Some(row);
            }
            place = self.next(place);
        }
    }

    /// Keys are hashes already, so their low bits will do.
    fn first(&self, key: u32) -> usize {
        key as usize & (self.places.len() - 1)
    }

    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.places.len() - 1)
    }
}
