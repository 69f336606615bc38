//! Guards: many conditions over the same facts at once, as bit masks.
//!
//! Each condition becomes a few terms, a term being conditions that must all hold; Kleene's logic
//! distributes, so nothing is lost. 64 terms form a block, one bit each. What a block asks of one
//! fact is a table: the fact's value falls between two limits, and the row says which terms that
//! rules out. A block is then one row a fact, joined by `|`; a missing fact has a row of its own.
//! Conditions that no table can hold, such as sums of facts, are evaluated where they still matter.

use crate::catalogue::Slot;
use crate::expr::Expr;
use crate::program::Program;
use crate::slots::Slots;
use crate::tables::{Narrow, Table, Wide};
use crate::terms::{Leaf, terms};
use crate::tri::Tri;
use std::collections::BTreeMap;

pub(crate) const WORD: usize = 64;

/// Conditions in their order. Bit `i % 64` of word `i / 64` belongs to condition `i`.
#[derive(Clone, Debug)]
pub struct GuardSet {
    exprs: Vec<Expr>,
    words: Vec<Vec<Block>>,
    /// Presence bits of every fact in a table: when all are set, none is asked for again.
    needed: Vec<u64>,
}

impl GuardSet {
    /// Prepares conditions to be evaluated together.
    pub fn new(exprs: Vec<Expr>) -> Self {
        let words: Vec<Vec<Block>> = exprs.chunks(WORD).map(blocks).collect();
        let mut needed = Vec::new();
        for slot in words.iter().flatten().flat_map(Block::slots) {
            let (word, bit) = (usize::from(slot) / WORD, usize::from(slot) % WORD);
            needed.resize(needed.len().max(word + 1), 0);
            if let Some(bits) = needed.get_mut(word) {
                *bits |= 1u64 << bit;
            }
        }
        Self { exprs, words, needed }
    }

    /// How many words a mask has.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// How many conditions there are.
    pub fn len(&self) -> usize {
        self.exprs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.exprs.is_empty()
    }

    pub(crate) fn exprs(&self) -> &[Expr] {
        &self.exprs
    }

    /// A condition by its position.
    pub fn expr(&self, position: usize) -> Option<&Expr> {
        self.exprs.get(position)
    }

    /// Writes which conditions hold and which cannot be known. Both masks need [`GuardSet::words`]
    /// words; further ones are cleared.
    pub fn masks(&self, slots: &Slots, hit: &mut [u64], unknown: &mut [u64]) {
        for (hit, unknown) in hit.iter_mut().zip(unknown.iter_mut()).skip(self.words.len()) {
            (*hit, *unknown) = (0, 0);
        }
        let present = slots.present();
        let complete = present.len() >= self.needed.len()
            && self.needed.iter().zip(present).all(|(needed, present)| needed & !present == 0);
        for ((blocks, hit), unknown) in self.words.iter().zip(hit).zip(unknown) {
            (*hit, *unknown) = (0, 0);
            for block in blocks {
                let (holds, doubtful) = block.masks(slots, complete);
                *hit |= holds;
                *unknown |= doubtful;
            }
            *unknown &= !*hit;
        }
    }
}

/// At most 64 terms of the conditions of one word.
#[derive(Clone, Debug, Default)]
struct Block {
    /// Terms that exist.
    valid: u64,
    narrow: Vec<Table<Narrow>>,
    wide: Vec<Table<Wide>>,
    others: Vec<(Program, u64)>,
    /// Terms whose bit is also that of their condition.
    direct: u64,
    /// Further terms, with the bit of their condition.
    extra: Vec<(u64, u64)>,
}

impl Block {
    /// The facts that its tables ask for.
    fn slots(&self) -> impl Iterator<Item = Slot> {
        self.narrow.iter().map(Table::slot).chain(self.wide.iter().map(Table::slot))
    }

    /// Which conditions of the word hold, and which cannot be known, by these terms alone.
    #[inline]
    fn masks(&self, slots: &Slots, complete: bool) -> (u64, u64) {
        let (mut rejected, mut open) = (!self.valid, 0);
        if complete {
            let values = slots.values();
            rejected |= self.narrow.iter().fold(0, |all, table| all | table.known(values));
            rejected |= self.wide.iter().fold(0, |all, table| all | table.known(values));
        } else {
            self.narrow.iter().for_each(|table| table.look(slots, &mut rejected, &mut open));
            self.wide.iter().for_each(|table| table.look(slots, &mut rejected, &mut open));
        }
        for (program, terms) in &self.others {
            if terms & !rejected != 0 {
                match program.truth(slots) {
                    Tri::True => {}
                    Tri::False => rejected |= terms,
                    Tri::Unknown => open |= terms,
                }
            }
        }
        let (holds, doubtful) = (!(rejected | open), open & !rejected);
        let (mut hit, mut unknown) = (holds & self.direct, doubtful & self.direct);
        if (holds | doubtful) & !self.direct == 0 {
            return (hit, unknown);
        }
        for (term, condition) in &self.extra {
            hit |= if holds & term != 0 { *condition } else { 0 };
            unknown |= if doubtful & term != 0 { *condition } else { 0 };
        }
        (hit, unknown)
    }
}

/// The blocks of at most 64 conditions. Each condition's first term has the condition's own bit.
fn blocks(exprs: &[Expr]) -> Vec<Block> {
    let (mut first, mut further) = (Vec::new(), Vec::new());
    for (position, expr) in exprs.iter().enumerate() {
        let condition = 1u64 << position;
        for (number, term) in terms(&expr.root).into_iter().enumerate() {
            if number == 0 { &mut first } else { &mut further }.push((condition, term));
        }
    }
    let count = first.len();
    first.extend(further);
    let blocks = first.chunks(WORD).enumerate().map(|(number, chunk)| {
        let direct = if number == 0 { count } else { 0 };
        block(chunk, direct)
    });
    blocks.collect()
}

fn block(terms: &[(u64, Vec<Leaf>)], direct: usize) -> Block {
    let mut block = Block::default();
    let mut asked: BTreeMap<Slot, Vec<(Leaf, u64)>> = BTreeMap::new();
    for (position, (condition, leaves)) in terms.iter().enumerate() {
        let term = 1u64 << position;
        block.valid |= term;
        if position < direct {
            block.direct |= term;
        } else {
            block.extra.push((term, *condition));
        }
        for leaf in leaves {
            match leaf.slot {
                Some(slot) => asked.entry(slot).or_default().push((leaf.clone(), term)),
                None => match block.others.iter_mut().find(|(known, _)| *known == leaf.program) {
                    Some((_, terms)) => *terms |= term,
                    None => block.others.push((leaf.program.clone(), term)),
                },
            }
        }
    }
    for (slot, asked) in &asked {
        let table: Table<Wide> = Table::new(*slot, asked);
        match table.narrowed() {
            Some(narrow) => block.narrow.push(narrow),
            None => block.wide.push(table),
        }
    }
    block
}
