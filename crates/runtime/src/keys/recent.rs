//! A bounded cache of what was used lately, in two generations.
//!
//! When the young generation is full it becomes the old one, and what was old is dropped unless it
//! was used meanwhile. No clock, no list: a use costs one look-up, seldom two.

use std::collections::HashMap;
use std::hash::Hash;

/// What was used lately; at most twice `room` entries.
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    room: usize,
}

impl<K: Eq + Hash + Copy, V: Clone> Recent<K, V> {
    /// An empty cache; each of its two generations holds `room` entries.
    pub(crate) fn new(room: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), room }
    }

    /// What is kept for a key; using it keeps it longer.
    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.put(*key, value.clone());
        Some(value)
    }

    /// Keeps a value.
    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.room {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// Drops what is kept for a key.
    pub(crate) fn drop_one(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    /// How many entries there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}
