//! What a stream remembers of the signals it has counted, so that a repeat is not counted again.
//!
//! A bounded set of keys, evicted by smallest event time. Its floor is the largest time evicted: above
//! the floor "not in the set" proves new; at or below it only the journal knows. That holds for sources
//! whose ids determine their times. For others a filter of what was evicted says which keys may be known
//! with another time; the driver then asks the journal too.

use bellwether_core::Timestamp;
use std::collections::VecDeque;

/// How many keys a stream remembers.
pub const BOUND: usize = 1024;

/// What the memory says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Never counted.
    New,
    /// Counted, with the same content.
    Same,
    /// Counted, with other content.
    Other,
    /// Too old to tell: the journal must be asked.
    Unsure,
}

/// Keys and contents in the order of their event times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    keys: VecDeque<u64>,
    /// Of each key: content and time. Apart from the keys, so that many of those are looked at at once.
    rest: VecDeque<(u64, Timestamp)>,
    floor: Timestamp,
    evicted: Evicted,
}

/// A Bloom filter of evicted keys: three bits each; empty until the first one goes. After 5,000 keys one in
/// twenty others looks evicted too, which costs a look into the journal and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Evicted(Vec<u64>);

/// The words of a filter: 4 KiB.
const WORDS: usize = 512;

impl Evicted {
    /// Where the bits of a key are: keys are hashes already.
    fn bits(key: u64) -> [(usize, u64); 3] {
        let place = |bits: u64| ((bits >> 6) as usize % WORDS, 1 << (bits & 63));
        [place(key), place(key >> 15), place(key >> 30)]
    }

    fn add(&mut self, key: u64) {
        self.0.resize(WORDS, 0);
        for (word, bit) in Self::bits(key) {
            if let Some(word) = self.0.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn may_hold(&self, key: u64) -> bool {
        let is_set =
            |(word, bit): (usize, u64)| self.0.get(word).is_some_and(|word| word & bit != 0);
        Self::bits(key).into_iter().all(is_set)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            keys: VecDeque::new(),
            rest: VecDeque::new(),
            floor: Timestamp::MIN,
            evicted: Evicted::default(),
        }
    }
}

impl Memory {
    /// What is known about a signal's key.
    pub fn look_up(&self, key: u64, content: u64, at: Timestamp) -> Known {
        let (front, back) = self.keys.as_slices();
        let found =
            position(front, key).or_else(|| position(back, key).map(|nth| front.len() + nth));
        match found.and_then(|nth| self.rest.get(nth)) {
            Some((known, _)) if *known == content => Known::Same,
            Some(_) => Known::Other,
            None if at > self.floor => Known::New,
            None => Known::Unsure,
        }
    }

    /// Remembers a key; the oldest is forgotten when there are too many.
    pub fn insert(&mut self, key: u64, content: u64, at: Timestamp) {
        if at <= self.floor {
            self.evicted.add(key);
            return;
        }
        let newer = self.rest.iter().rev().take_while(|(_, time)| *time > at).count();
        let nth = self.rest.len() - newer;
        self.keys.insert(nth, key);
        self.rest.insert(nth, (content, at));
        if self.keys.len() > BOUND {
            if let Some(gone) = self.keys.pop_front() {
                self.evicted.add(gone);
            }
            let gone = self.rest.pop_front();
            self.floor = gone.map_or(self.floor, |(_, time)| time.max(self.floor));
        }
    }

    /// The largest time that was forgotten.
    pub fn floor(&self) -> Timestamp {
        self.floor
    }

    /// Whether a key that is not remembered may have been counted once, whatever its time was.
    pub fn may_have_forgotten(&self, key: u64) -> bool {
        self.evicted.may_hold(key)
    }

    /// The filter of forgotten keys as it is kept; empty before the first.
    pub fn filter(&self) -> &[u64] {
        &self.evicted.0
    }

    /// Everything remembered, oldest first: (key, content, time).
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, u64, Timestamp)> + '_ {
        let pairs = self.keys.iter().zip(&self.rest);
        pairs.map(|(key, (content, time))| (*key, *content, *time))
    }

    /// A memory from what [`Memory::iter`], [`Memory::floor`] and [`Memory::filter`] gave.
    pub fn restore(
        floor: Timestamp,
        filter: Vec<u64>,
        entries: impl IntoIterator<Item = (u64, u64, Timestamp)>,
    ) -> Self {
        let mut memory = Self { floor, evicted: Evicted(filter), ..Self::default() };
        for (key, content, time) in entries {
            memory.keys.push_back(key);
            memory.rest.push_back((content, time));
        }
        memory
    }
}

/// Compares in blocks without leaving early, which the compiler turns into wide instructions.
fn position(keys: &[u64], wanted: u64) -> Option<usize> {
    for (block, chunk) in keys.chunks(16).enumerate() {
        if chunk.iter().fold(false, |found, key| found | (*key == wanted)) {
            return chunk.iter().position(|key| *key == wanted).map(|nth| block * 16 + nth);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_and_changes_are_told_apart() {
        let t = Timestamp::from_secs;
        let mut memory = Memory::default();
        assert_eq!(memory.look_up(1, 10, t(5)), Known::New);
        memory.insert(1, 10, t(5));
        memory.insert(2, 20, t(3));
        assert_eq!(memory.look_up(1, 10, t(5)), Known::Same);
        assert_eq!(memory.look_up(2, 21, t(3)), Known::Other);
        let restored = Memory::restore(memory.floor(), memory.filter().to_vec(), memory.iter());
        assert_eq!(restored, memory);
    }

    #[test]
    fn the_oldest_time_goes_first_and_raises_the_floor() {
        let t = Timestamp::from_secs;
        let mut memory = Memory::default();
        for nth in (0..BOUND as u64 + 2).rev() {
            memory.insert(nth, 0, t(nth as i64 + 1));
        }
        assert_eq!(memory.floor(), t(2));
        assert_eq!(memory.look_up(0, 0, t(1)), Known::Unsure);
        assert_eq!(memory.look_up(9_999_999, 0, t(3)), Known::New);
        assert_eq!(memory.look_up(2, 0, t(3)), Known::Same);
        let restored = Memory::restore(memory.floor(), memory.filter().to_vec(), memory.iter());
        assert_eq!(restored, memory);
    }

    #[test]
    fn what_was_forgotten_is_told_from_what_is_new() {
        let hash = |nth: u64| {
            let digest = bellwether_core::Digest::of(&nth.to_be_bytes());
            digest.as_bytes().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
        };
        let mut memory = Memory::default();
        for nth in 0..5_000 {
            memory.insert(hash(nth), 0, Timestamp::from_secs(nth as i64 + 1));
        }
        memory.insert(hash(9_999), 0, Timestamp::from_secs(1));
        let gone = (0..5_000 - BOUND as u64).chain([9_999]);
        assert!(gone.into_iter().all(|nth| memory.may_have_forgotten(hash(nth))));
        let new = (10_000..20_000).filter(|nth| memory.may_have_forgotten(hash(*nth))).count();
        assert!(new < 600, "{new} of 10,000 new ones would be asked about");
        assert!(!Memory::default().may_have_forgotten(hash(1)));
    }
}
