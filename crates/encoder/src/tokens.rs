//! WordPiece: from a text to the numbers of its pieces, as BERT's uncased vocabularies want it.
//!
//! - In: a text from outside, of any size and content.
//! - Out: at most [`Tokenizer::LONGEST`] numbers, the first `[CLS]`, the last `[SEP]`.
//! - Never: a special token because a text spells one: `[SEP]` in a text is a bracket, three letters and a
//!   bracket. Never keeps more of a text than one word.
//!
//! The steps are those of the reference implementation (`BertNormalizer`, `BertPreTokenizer` and
//! `WordPiece` of the library `tokenizers`): control characters go, white space becomes a space, Chinese
//! characters stand alone, accents are decomposed and dropped, letters become small, punctuation stands
//! alone, and a word is cut greedily into the longest pieces the vocabulary has.

use crate::vocabulary::Vocabulary;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::UnicodeGeneralCategory as _;
use unicode_properties::{GeneralCategory as Category, GeneralCategoryGroup as Group};

/// A word of more characters is unknown as a whole.
const LONGEST_WORD: usize = 100;

/// Cuts texts into pieces.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    vocabulary: Vocabulary,
    longest: usize,
}

impl Tokenizer {
    /// Tokens of a text at most, end marks included: what the model was trained with.
    pub(crate) const LONGEST: usize = 256;

    /// For a model with this many positions.
    pub(crate) fn new(vocabulary: Vocabulary, positions: usize) -> Self {
        Self { vocabulary, longest: positions.min(Self::LONGEST) }
    }

    /// The numbers of the pieces between the end marks; the rest of a long text is not read.
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        let mut pieces = vec![self.vocabulary.start];
        let mut word = Word::default();
        for c in clean(text) {
            if pieces.len() >= self.longest {
                break;
            }
            if c == ' ' {
                self.finish(&mut word, &mut pieces);
            } else if is_punctuation(c) || is_chinese(c) {
                self.finish(&mut word, &mut pieces);
                word.push(c);
                self.finish(&mut word, &mut pieces);
            } else {
                word.push(c);
            }
        }
        self.finish(&mut word, &mut pieces);
        pieces.truncate(self.longest - 1);
        pieces.push(self.vocabulary.end);
        pieces
    }

    /// Cuts a word, and empties it.
    fn finish(&self, word: &mut Word, pieces: &mut Vec<u32>) {
        if word.characters > 0 {
            let before = pieces.len();
            let fits = word.characters <= LONGEST_WORD && self.cut(&word.text, pieces).is_some();
            if !fits {
                pieces.truncate(before);
                pieces.push(self.vocabulary.unknown);
            }
        }
        word.text.clear();
        word.characters = 0;
    }

    /// The longest pieces from the left; `None` where some part is no piece.
    fn cut(&self, word: &str, pieces: &mut Vec<u32>) -> Option<()> {
        let mut start = 0;
        while start < word.len() {
            let rest = word.get(start..)?;
            let ends = rest.char_indices().rev().map(|(at, c)| at + c.len_utf8());
            let (end, number) = ends
                .filter_map(|end| Some((end, self.vocabulary.piece(rest.get(..end)?, start > 0)?)))
                .next()?;
            pieces.push(number);
            start += end;
        }
        Some(())
    }
}

/// The word being read: its characters are counted to the end, and kept up to the longest.
#[derive(Default)]
struct Word {
    text: String,
    characters: usize,
}

impl Word {
    fn push(&mut self, c: char) {
        self.characters += 1;
        if self.characters <= LONGEST_WORD {
            self.text.push(c);
        }
    }
}

/// A text without control characters and accents, in small letters, every white space a space.
fn clean(text: &str) -> impl Iterator<Item = char> {
    let visible = text.chars().filter_map(|c| match c {
        '\t' | '\n' | '\r' => Some(' '),
        '\u{fffd}' => None,
        c if is_control(c) => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    });
    let bare = visible.nfd().filter(|c| c.general_category() != Category::NonspacingMark);
    bare.flat_map(char::to_lowercase)
}

/// What the reference drops: all of the group "other" but what Unicode has not assigned yet.
fn is_control(c: char) -> bool {
    let assigned = || c.general_category() != Category::Unassigned;
    c.general_category_group() == Group::Other && assigned()
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == Group::Punctuation
}

/// The blocks of CJK ideographs that the reference names.
fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}'
        | '\u{2a700}'..='\u{2b73f}' | '\u{2b740}'..='\u{2b81f}' | '\u{2b920}'..='\u{2ceaf}'
        | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}
