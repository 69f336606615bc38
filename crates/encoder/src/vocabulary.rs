//! The vocabulary: which pieces there are, and their numbers.
//!
//! - In: `vocab.txt`, a piece a line, or `tokenizer.json`, which holds the same under `model.vocab`.
//! - Out: pieces by text. Digest and result are the same from either file.
//! - Never: fewer or more pieces than the model has rows for.

use bellwether_core::{Digest, Problem};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Pieces by text.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    starting: HashMap<Box<str>, u32>,
    continuing: HashMap<Box<str>, u32>,
    /// `[CLS]`, before a text.
    pub(crate) start: u32,
    /// `[SEP]`, after a text.
    pub(crate) end: u32,
    /// `[UNK]`, for a word that cannot be cut.
    pub(crate) unknown: u32,
    digest: Digest,
}

#[derive(Deserialize)]
struct TokenizerJson {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type", default)]
    kind: String,
    vocab: BTreeMap<String, usize>,
}

impl Vocabulary {
    /// Reads `vocab.txt`.
    pub(crate) fn from_text(bytes: &[u8], words: usize, file: &str) -> Result<Self, Problem> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            wrong(file, &format!("is not UTF-8 (byte {})", error.valid_up_to()))
        })?;
        Self::new(&text.lines().collect::<Vec<_>>(), words, file)
    }

    /// Reads `tokenizer.json`.
    pub(crate) fn from_json(bytes: &[u8], words: usize, file: &str) -> Result<Self, Problem> {
        let read: TokenizerJson = serde_json::from_slice(bytes)
            .map_err(|error| wrong(file, &format!("cannot be read: {error}")))?;
        if !matches!(read.model.kind.as_str(), "WordPiece" | "") {
            return Err(wrong(file, &format!("is for `{}`, not WordPiece", read.model.kind)));
        }
        let mut by_number = vec![""; read.model.vocab.len()];
        for (piece, number) in &read.model.vocab {
            let Some(place) = by_number.get_mut(*number) else {
                return Err(wrong(file, "does not number its pieces from 0 without a gap"));
            };
            *place = piece;
        }
        Self::new(&by_number, words, file)
    }

    fn new(pieces: &[&str], words: usize, file: &str) -> Result<Self, Problem> {
        if pieces.len() != words {
            let what = format!("has {} pieces, the model has rows for {words}", pieces.len());
            return Err(wrong(file, &what));
        }
        let (mut starting, mut continuing) = (HashMap::new(), HashMap::new());
        for (number, piece) in (0u32..).zip(pieces) {
            let (map, text) = match piece.strip_prefix("##") {
                Some(rest) if !rest.is_empty() => (&mut continuing, rest),
                _ => (&mut starting, *piece),
            };
            if map.insert(Box::from(text), number).is_some() {
                return Err(wrong(file, &format!("names its piece {number} twice")));
            }
        }
        let special = |name: &str| {
            let found = starting.get(name).copied();
            found.ok_or_else(|| wrong(file, &format!("lacks the piece `{name}`")))
        };
        let (start, end, unknown) = (special("[CLS]")?, special("[SEP]")?, special("[UNK]")?);
        let digest = Digest::of_parts(pieces.iter().map(|piece| piece.as_bytes()));
        Ok(Self { starting, continuing, start, end, unknown, digest })
    }

    /// The number of a piece that starts a word, or continues one.
    pub(crate) fn piece(&self, text: &str, continues: bool) -> Option<u32> {
        let map = if continues { &self.continuing } else { &self.starting };
        map.get(text).copied()
    }

    /// Over all pieces in order.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }
}

fn wrong(file: &str, what: &str) -> Problem {
    Problem::new("encoder-vocabulary", format!("`{file}` {what}"))
        .help("the vocabulary must be the one the model was trained with; install the model again")
}
