//! Who is known: the store's blind indexes, under what was learnt since the last commit.

use super::{Blind, How};
use crate::edge::Standing;
use crate::keys::{Recent, Slot, StoreFault};
use crate::lineage::end_of;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many blind indexes are kept in memory in each of the cache's two generations: 48 bytes each.
const KEPT: usize = 131_072;

/// The store's blind indexes and links, as far as the edge reads them. What it learns is handed out
/// with each event, to be written in the event's transaction.
pub trait IdentityStore {
    /// The slot that a blind index is kept for.
    ///
    /// # Errors
    /// Whatever the database says.
    fn find(&self, blind: &Blind) -> Result<Option<Slot>, StoreFault>;

    /// The slot at the end of a slot's links; itself where there are none. Asked for every signal,
    /// so links should be held in memory.
    ///
    /// # Errors
    /// Whatever the database says.
    fn survivor(&self, slot: Slot) -> Result<Slot, StoreFault>;

    /// The slot after the highest one that committed data names; 1 when there is none.
    ///
    /// # Errors
    /// Whatever the database says.
    fn next_slot(&self) -> Result<Slot, StoreFault>;

    /// Who is to be treated apart, as keyed hashes of what names them. Read when the edge opens, and
    /// whenever somebody was erased, restricted or has objected.
    ///
    /// # Errors
    /// Whatever the database says.
    fn guards(&self) -> Result<Vec<([u8; 16], Standing)>, StoreFault> {
        Ok(Vec::new())
    }
}

/// The store's answers, with what was learnt since the last commit laid over them.
pub(crate) struct Directory {
    store: Box<dyn IdentityStore + Send>,
    /// Learnt, but not committed yet.
    pending: HashMap<Blind, Slot>,
    /// What of it the last signal taught.
    newest: Vec<Blind>,
    /// The store's answers, also that it knows nobody: most names are asked for in vain.
    kept: Recent<Blind, Option<Slot>>,
}

impl Directory {
    pub(crate) fn new(store: Box<dyn IdentityStore + Send>) -> Self {
        Self { store, pending: HashMap::new(), newest: Vec::new(), kept: Recent::new(KEPT) }
    }

    pub(crate) fn find(&mut self, blind: &Blind) -> Result<Option<Slot>, StoreFault> {
        if let Some(slot) = self.pending.get(blind) {
            return Ok(Some(*slot));
        }
        if let Some(answer) = self.kept.get(blind) {
            return Ok(answer);
        }
        let answer = self.store.find(blind)?;
        self.kept.put(*blind, answer);
        Ok(answer)
    }

    /// The same without keeping the answer.
    pub(crate) fn read(&self, blind: &Blind) -> Result<Option<Slot>, StoreFault> {
        match self.pending.get(blind) {
            Some(slot) => Ok(Some(*slot)),
            None => self.store.find(blind),
        }
    }

    /// Who is to be treated apart.
    pub(crate) fn guards(&self) -> Result<Vec<([u8; 16], Standing)>, StoreFault> {
        self.store.guards()
    }

    /// The slot at the end of a slot's links.
    pub(crate) fn survivor(&self, slot: Slot) -> Result<Slot, StoreFault> {
        self.store.survivor(slot)
    }

    pub(crate) fn learn(&mut self, learnt: &[(Blind, Slot, How)]) {
        self.newest.clear();
        for (blind, slot, _) in learnt {
            if self.pending.insert(*blind, *slot).is_none() {
                self.newest.push(*blind);
            }
        }
    }

    /// What was learnt last is not true after all.
    pub(crate) fn unlearn(&mut self) {
        for blind in self.newest.drain(..) {
            self.pending.remove(&blind);
        }
    }

    /// What was learnt is durable now.
    pub(crate) fn commit(&mut self) {
        self.pending.drain().for_each(|(blind, slot)| self.kept.put(blind, Some(slot)));
    }

    /// What was learnt is not true after all.
    pub(crate) fn rollback(&mut self) {
        self.pending.clear();
    }

    /// The store changed behind our back: ask it again.
    pub(crate) fn forget(&mut self) {
        self.kept.clear();
    }
}

/// Blind indexes in memory, for tests, the demo and simulations. Clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct MemoryIdentities(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    known: BTreeMap<Blind, (Slot, How)>,
    links: BTreeMap<Slot, Slot>,
    highest: Slot,
}

impl MemoryIdentities {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what an event taught, as its transaction would; `highest` is the highest slot it names.
    pub fn keep(&self, learnt: &[(Blind, Slot, How)], highest: Slot) {
        let mut held = self.held();
        held.highest = held.highest.max(highest);
        for (blind, slot, how) in learnt {
            held.known.entry(*blind).or_insert((*slot, *how));
        }
    }

    /// Counts one slot's events for another.
    pub fn link(&self, slot: Slot, survivor: Slot) {
        self.held().links.insert(slot, survivor);
    }

    /// Undoes a link.
    pub fn unlink(&self, slot: Slot) {
        self.held().links.remove(&slot);
    }

    /// Removes what points at an erased subject.
    pub fn forget(&self, slot: Slot) {
        self.held().known.retain(|_, (kept_for, _)| *kept_for != slot);
    }
}

impl IdentityStore for MemoryIdentities {
    fn find(&self, blind: &Blind) -> Result<Option<Slot>, StoreFault> {
        Ok(self.held().known.get(blind).map(|(slot, _)| *slot))
    }

    fn survivor(&self, slot: Slot) -> Result<Slot, StoreFault> {
        Ok(end_of(&self.held().links, slot))
    }

    fn next_slot(&self) -> Result<Slot, StoreFault> {
        Ok(self.held().highest + 1)
    }
}
