//! Collections of labelled texts, as their makers wrote them.
//!
//! - In: a folder with a folder per collection, under their usual names.
//! - Out: texts and labels: to learn from, to choose by, to be judged by, and those outside all labels.
//! - Never: writes; takes a text to learn from that it is judged by (they are counted and left out).

use anyhow::{Context as _, Result, bail};
use bellwether_core::SplitMix;
use bellwether_encoder::Encoder;
use flate2::read::GzDecoder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A collection that `intent eval` knows how to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Suite {
    /// Every collection that is there.
    All,
    /// 77 intents of bank customers.
    Banking77,
    /// 150 intents and questions outside all of them.
    Clinc150,
    /// 64 intents of a home assistant.
    Hwu64,
    /// 27 intents of customer service.
    Bitext27,
    /// Turns of six kinds of service.
    Multidogo,
}

const EACH: [Suite; 5] =
    [Suite::Banking77, Suite::Clinc150, Suite::Hwu64, Suite::Bitext27, Suite::Multidogo];

impl Suite {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Banking77 => "banking77",
            Self::Clinc150 => "clinc150",
            Self::Hwu64 => "hwu64",
            Self::Bitext27 => "bitext27",
            Self::Multidogo => "multidogo",
        }
    }
}

/// The collections to read: the one asked for, or each that is there.
///
/// # Errors
/// None is there.
pub(super) fn find(folder: &Path, suite: Suite) -> Result<Vec<Suite>> {
    let wanted = if suite == Suite::All { &EACH[..] } else { &[suite] };
    let is_there = |suite: &Suite| folder.join(suite.name()).is_dir();
    let found: Vec<_> = wanted.iter().copied().filter(is_there).collect();
    if found.is_empty() {
        let names = wanted.iter().map(|suite| suite.name()).collect::<Vec<_>>().join(", ");
        bail!(
            "`{}` has no folder named {names}; give the folder that holds the collections with --sets",
            folder.display()
        );
    }
    Ok(found)
}

/// A text and its label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labelled {
    pub(super) text: String,
    pub(super) label: String,
    /// Its vector; empty before an encoder was asked.
    pub(super) vector: Vec<f32>,
}

/// How many texts an encoder is given at once: some seconds of work.
const STEP: usize = 512;

/// One collection.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) name: &'static str,
    pub(super) train: Vec<Labelled>,
    /// To choose thresholds by; empty where the collection has none.
    pub(super) choose: Vec<Labelled>,
    pub(super) test: Vec<Labelled>,
    /// Outside all labels, to choose by.
    pub(super) outside_choose: Vec<Labelled>,
    /// Outside all labels, to be judged by.
    pub(super) outside_test: Vec<Labelled>,
    /// How many texts to learn from were left out because they are judged too.
    pub(super) repeated: usize,
}

impl Set {
    /// Reads a collection.
    ///
    /// # Errors
    /// A file is missing or not what its name says; the message names it.
    pub(super) fn read(folder: &Path, suite: Suite) -> Result<Self> {
        let at = folder.join(suite.name());
        let csv = |name: &str| csv(&at.join(name), b',', ("text", "intent"));
        let mut set = Self {
            name: suite.name(),
            train: Vec::new(),
            choose: Vec::new(),
            test: Vec::new(),
            outside_choose: Vec::new(),
            outside_test: Vec::new(),
            repeated: 0,
        };
        match suite {
            Suite::All => {}
            Suite::Banking77 | Suite::Hwu64 => {
                (set.train, set.test) = (csv("train.csv")?, csv("test_dev.csv")?);
            }
            Suite::Clinc150 => {
                (set.train, set.test) = (csv("train.csv")?, csv("test_dev.csv")?);
                set.choose = csv("val.csv")?;
                set.outside_choose = csv("oos_val.csv")?;
                set.outside_test = csv("oos_test_dev.csv")?;
            }
            Suite::Bitext27 => {
                let read = |name: &str| self::csv(&at.join(name), b',', ("utterance", "intent"));
                (set.train, set.test) = (read("train.csv")?, read("dev.csv")?);
            }
            Suite::Multidogo => {
                for domain in ["airline", "fastfood", "finance", "insurance", "media", "software"] {
                    let read = |part: &str| {
                        let path = at.join(format!("{domain}_{part}.tsv.gz"));
                        let rows = self::csv(&path, b'\t', ("utterance", "intent"))?;
                        let labelled = |row: Labelled| Labelled {
                            label: format!("{domain}/{}", row.label),
                            ..row
                        };
                        anyhow::Ok(rows.into_iter().map(labelled).collect::<Vec<_>>())
                    };
                    set.train.extend(read("train")?);
                    set.choose.extend(read("dev")?);
                    set.test.extend(read("test_dev")?);
                }
            }
        }
        set.leave_out_repeated();
        Ok(set)
    }

    /// What is judged must not have been learnt by heart.
    fn leave_out_repeated(&mut self) {
        let judged: BTreeSet<&str> = self.test.iter().map(|row| row.text.as_str()).collect();
        let before = self.train.len();
        self.train.retain(|row| !judged.contains(row.text.as_str()));
        self.repeated = before - self.train.len();
    }

    /// Asks an encoder for the vectors of all texts; `done` hears of each step.
    pub(super) fn encode(&mut self, encoder: &Encoder, done: impl Fn(usize)) {
        let parts = [
            &mut self.train,
            &mut self.choose,
            &mut self.test,
            &mut self.outside_choose,
            &mut self.outside_test,
        ];
        for rows in parts {
            for step in rows.chunks_mut(STEP) {
                let texts: Vec<&str> = step.iter().map(|row| row.text.as_str()).collect();
                let vectors = encoder.embed_all(&texts);
                for (row, vector) in step.iter_mut().zip(vectors) {
                    row.vector = vector;
                }
                done(step.len());
            }
        }
    }

    /// How many texts there are in all.
    pub(super) fn len(&self) -> usize {
        self.train.len()
            + self.choose.len()
            + self.test.len()
            + self.outside_choose.len()
            + self.outside_test.len()
    }

    /// Keeps so many examples of each label, drawn by a seed.
    pub(super) fn keep_shots(&mut self, shots: usize, seed: u64) {
        SplitMix::new(seed).shuffle(&mut self.train);
        let mut kept: BTreeMap<String, usize> = BTreeMap::new();
        self.train.retain(|row| {
            let count = kept.entry(row.label.clone()).or_default();
            *count += 1;
            *count <= shots
        });
    }
}

/// The rows of a file with a header; gzip is undone where the name says so.
fn csv(path: &Path, delimiter: u8, (text, label): (&str, &str)) -> Result<Vec<Labelled>> {
    let named = || path.display().to_string();
    let file = File::open(path).with_context(named)?;
    let is_gzip = path.extension().is_some_and(|kind| kind == "gz");
    let bytes: Box<dyn Read> =
        if is_gzip { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(delimiter).flexible(true).quoting(delimiter == b',');
    let mut reader = builder.from_reader(bytes);
    let header = reader.headers().with_context(named)?.clone();
    let column = |name: &str| {
        let at = header.iter().position(|title| title == name);
        at.with_context(|| format!("{}: no column `{name}`", path.display()))
    };
    let (text, label) = (column(text)?, column(label)?);
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.with_context(named)?;
        if let (Some(text), Some(label)) = (row.get(text), row.get(label)) {
            let (text, label) = (text.to_owned(), label.to_owned());
            rows.push(Labelled { text, label, vector: Vec::new() });
        }
    }
    Ok(rows)
}
