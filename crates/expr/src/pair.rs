//! Pairs: two sets of guards over the same facts, with the conditions that they share evaluated once.
//!
//! - In: two [`GuardSet`]s of one catalogue, such as those of two versions of a policy.
//! - Out: the masks that each of them would give.
//! - Never: a condition twice. Two versions share nearly all of theirs.

use crate::guards::{GuardSet, WORD};
use crate::slots::Slots;

/// How many bits of a mask one table moves at once.
const NIBBLE: usize = 4;

/// Two sets of guards as one, and room for its masks.
#[derive(Clone, Debug)]
pub struct GuardPair {
    all: GuardSet,
    moves: [Moves; 2],
    hit: Vec<u64>,
    unknown: Vec<u64>,
}

/// From the bits of all conditions to those of one set, word by word.
#[derive(Clone, Debug)]
struct Moves(Vec<Vec<Move>>);

/// What four bits of all conditions become in a word of the set.
#[derive(Clone, Copy, Debug)]
struct Move {
    word: usize,
    shift: usize,
    becomes: [u64; 1 << NIBBLE],
}

impl GuardPair {
    /// Prepares two sets to be evaluated together.
    pub fn new(one: &GuardSet, other: &GuardSet) -> Self {
        let mut all = Vec::new();
        let mut places = |set: &GuardSet| {
            let mut places = Vec::new();
            for expr in set.exprs() {
                let known = all.iter().position(|known: &crate::Expr| known.root == expr.root);
                places.push(known.unwrap_or(all.len()));
                if known.is_none() {
                    all.push(expr.clone());
                }
            }
            Moves::new(&places)
        };
        let moves = [places(one), places(other)];
        let all = GuardSet::new(all);
        let room = vec![0; all.words()];
        Self { all, moves, hit: room.clone(), unknown: room }
    }

    /// Evaluates every condition of both; [`GuardPair::one`] and [`GuardPair::other`] then give masks.
    pub fn look(&mut self, slots: &Slots) {
        self.all.masks(slots, &mut self.hit, &mut self.unknown);
    }

    /// The masks that [`GuardSet::masks`] of the first set gives for what was looked at.
    pub fn one(&self, hit: &mut [u64], unknown: &mut [u64]) {
        let [one, _] = &self.moves;
        one.write(&self.hit, hit);
        one.write(&self.unknown, unknown);
    }

    /// The same of the second set.
    pub fn other(&self, hit: &mut [u64], unknown: &mut [u64]) {
        let [_, other] = &self.moves;
        other.write(&self.hit, hit);
        other.write(&self.unknown, unknown);
    }
}

impl Moves {
    /// `places` says for each condition of a set which of all it is.
    fn new(places: &[usize]) -> Self {
        let word = |places: &[usize]| {
            let mut moves: Vec<Move> = Vec::new();
            for (bit, place) in places.iter().enumerate() {
                let (word, shift) = (place / WORD, place % WORD / NIBBLE * NIBBLE);
                let same = |known: &Move| (known.word, known.shift) == (word, shift);
                let at = moves.iter().position(same).unwrap_or(moves.len());
                if at == moves.len() {
                    moves.push(Move { word, shift, becomes: [0; 1 << NIBBLE] });
                }
                let becomes = moves.get_mut(at).into_iter().flat_map(|known| &mut known.becomes);
                for (bits, becomes) in becomes.enumerate() {
                    *becomes |= ((bits >> (place % NIBBLE) & 1) as u64) << bit;
                }
            }
            moves
        };
        Self(places.chunks(WORD).map(word).collect())
    }

    /// Writes a mask of the set; further words are cleared.
    fn write(&self, all: &[u64], own: &mut [u64]) {
        own.fill(0);
        if all.iter().all(|word| *word == 0) {
            return;
        }
        for (own, moves) in own.iter_mut().zip(&self.0) {
            for each in moves {
                let bits = all.get(each.word).map_or(0, |word| (word >> each.shift) as usize);
                *own |= each.becomes.get(bits % (1 << NIBBLE)).copied().unwrap_or(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expr;
    use crate::tests::kleene::{condition, random_slots};
    use crate::tests::{Random, catalogue, place};

    #[test]
    fn both_masks_are_those_of_the_sets() {
        let catalogue = catalogue();
        for seed in 0..60 {
            let mut random = Random::new(seed);
            let count = random.pick(&[0, 1, 40, 64, 65, 130]);
            let old: Vec<_> = (0..count).map(|_| condition(&mut random, 3)).collect();
            // Some are dropped, some are new, and some move to another place.
            let mut new = old.clone();
            new.retain(|_| random.below(10) > 0);
            for _ in 0..random.below(9) {
                let at = random.below(new.len() + 1);
                new.insert(at, condition(&mut random, 3));
            }
            let third = new.len() / 3;
            new.rotate_left(third);
            let compile = |text: &String| Expr::compile_bool(text, &catalogue, place()).unwrap();
            let set = |texts: &[String]| GuardSet::new(texts.iter().map(compile).collect());
            let sets = [set(&old), set(&new)];
            let mut pair = GuardPair::new(&sets[0], &sets[1]);
            assert!(pair.all.len() <= old.len() + 9, "seed {seed}: what is shared stands once");
            for _ in 0..40 {
                let slots = random_slots(&mut random, &catalogue);
                pair.look(&slots);
                for (nth, set) in sets.iter().enumerate() {
                    let mut masks = [vec![7; set.words() + 1], vec![7; set.words() + 1]];
                    let mut own = masks.clone();
                    let [hit, unknown] = &mut masks;
                    set.masks(&slots, hit, unknown);
                    let [hit, unknown] = &mut own;
                    if nth == 0 {
                        pair.one(hit, unknown)
                    } else {
                        pair.other(hit, unknown)
                    }
                    assert_eq!(own, masks, "seed {seed}: set {nth} with {slots:?}");
                }
            }
        }
    }
}
