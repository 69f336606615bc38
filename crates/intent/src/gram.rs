//! The features of a text: hashed words, pairs of words, and pieces of words.
//!
//! - In: a text.
//! - Out: 32-bit keys with their block (words or pieces) and how often each occurs, in order of key.
//! - Never: keeps a word; a key cannot be turned back into one.
//!
//! Pieces are the character 3-, 4- and 5-grams of each word with its borders, as scikit-learn's
//! `char_wb` analyser makes them; they survive typing mistakes and endings.

use crate::text;

/// Which block a feature belongs to. Each block is scaled to length one by itself, so that
/// the many pieces do not drown the few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// A word or two words in a row.
    Words,
    /// A piece of a word.
    Pieces,
    /// A phrase of a lexicon.
    Phrases,
}

/// A feature and how often it occurs in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gram {
    /// Its hash.
    pub key: u32,
    /// Its block.
    pub block: Block,
    /// How often, at least 1.
    pub count: u32,
}

/// Offset and prime of FNV-1a, 64 bits (Fowler, Noll, Vo).
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x100_0000_01b3;

/// The lengths of pieces, in characters.
const SHORTEST: usize = 3;
const LONGEST: usize = 5;

const fn step(hash: u64, unit: u32) -> u64 {
    (hash ^ unit as u64).wrapping_mul(PRIME)
}

/// Mixes all bits into the upper half (the finaliser of MurmurHash3) and keeps 32 of them.
const fn key(hash: u64) -> u32 {
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed >> 32) as u32
}

/// The features of a text, by key.
pub fn grams(text: &str) -> Vec<Gram> {
    let words = text::words(text);
    let mut all = Vec::with_capacity(words.len() * 20);
    each(&words, |key, block, _, _| all.push((key, block)));
    counted(all)
}

/// The feature of a phrase that stands under a mark of a lexicon.
pub(crate) fn phrase(mark: &str) -> Gram {
    let hash = mark.chars().fold(OFFSET ^ 4, |hash, letter| step(hash, u32::from(letter)));
    Gram { key: key(hash), block: Block::Phrases, count: 1 }
}

/// Calls `take` with each occurrence of a feature: its key, its block, the word it belongs to (from 0),
/// and the word before where it is a pair.
pub(crate) fn each(words: &[String], mut take: impl FnMut(u32, Block, usize, Option<usize>)) {
    let mut before: Option<(usize, u64)> = None;
    let mut characters = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let own = word.chars().fold(OFFSET ^ 1, |hash, letter| step(hash, u32::from(letter)));
        take(key(own), Block::Words, at, None);
        if let Some((neighbour, hash)) = before {
            let pair = step(hash, 2).wrapping_mul(31) ^ own;
            take(key(pair), Block::Words, at, Some(neighbour));
        }
        before = Some((at, own));
        characters.clear();
        characters.extend([' '].into_iter().chain(word.chars()).chain([' ']));
        for begin in 0..characters.len() {
            let mut hash = OFFSET ^ 3;
            for (nth, letter) in characters.iter().skip(begin).take(LONGEST).enumerate() {
                hash = step(hash, u32::from(*letter));
                if nth + 1 >= SHORTEST {
                    take(key(hash), Block::Pieces, at, None);
                }
            }
        }
    }
}

fn counted(mut all: Vec<(u32, Block)>) -> Vec<Gram> {
    all.sort_unstable();
    let mut grams: Vec<Gram> = Vec::with_capacity(all.len());
    for (key, block) in all {
        match grams.last_mut() {
            Some(last) if last.key == key => last.count += 1,
            _ => grams.push(Gram { key, block, count: 1 }),
        }
    }
    grams
}
