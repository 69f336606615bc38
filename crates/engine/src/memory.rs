//! What a stream remembers of the signals it has counted, so that a repeat is not counted again.
//!
//! A bounded set of keys, evicted by smallest event time. Its floor is the largest time evicted: above
//! the floor "not in the set" proves new; at or below it only the journal knows.

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
}

impl Default for Memory {
    fn default() -> Self {
        Self { keys: VecDeque::new(), rest: VecDeque::new(), floor: Timestamp::MIN }
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
            return;
        }
        let newer = self.rest.iter().rev().take_while(|(_, time)| *time > at).count();
        let nth = self.rest.len() - newer;
        self.keys.insert(nth, key);
        self.rest.insert(nth, (content, at));
        if self.keys.len() > BOUND {
            self.keys.pop_front();
            let gone = self.rest.pop_front();
            self.floor = gone.map_or(self.floor, |(_, time)| time.max(self.floor));
        }
    }

    /// The largest time that was forgotten.
    pub fn floor(&self) -> Timestamp {
        self.floor
    }

    /// Everything remembered, oldest first: (key, content, time).
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, u64, Timestamp)> + '_ {
        let pairs = self.keys.iter().zip(&self.rest);
        pairs.map(|(key, (content, time))| (*key, *content, *time))
    }

    /// A memory from what [`Memory::iter`] and [`Memory::floor`] gave.
    pub fn restore(
        floor: Timestamp,
        entries: impl IntoIterator<Item = (u64, u64, Timestamp)>,
    ) -> Self {
        let mut memory = Self { floor, ..Self::default() };
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
        let restored = Memory::restore(memory.floor(), memory.iter());
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
    }
}
