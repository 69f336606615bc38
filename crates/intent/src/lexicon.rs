//! Phrases that people wrote down: what a text says in so many words.
//!
//! - In: a list of phrases under marks, made once; then the words of a text.
//! - Out: which marks are hit, and where.
//! - Never: a guess; what no phrase says is not found.
//!
//! A list has a line per phrase under a `[mark]` line; `#` begins a comment. In a phrase
//!
//! | written | means |
//! |---|---|
//! | `word` | that word |
//! | `one\|other` | one of these words |
//! | `[a\|the]` | one of these words, or none |
//! | `..` | up to three words |
//! | `stem*` | a word that begins so |
//!
//! A word of denial up to three words before a phrase lifts it (`no need to`, `don't`), unless the
//! phrase begins with a denial of its own.

use crate::text;
use bellwether_core::Problem;
use bellwether_core::problem::Place;
use std::collections::BTreeSet;

/// How many words `..` stands for at most.
const GAP: usize = 3;

/// How far before a phrase a denial counts.
const DENIED_WITHIN: usize = 3;

/// Words of denial, as [`text::words`] writes them.
const DENIALS: [&str; 16] = [
    "no", "not", "dont", "doesnt", "didnt", "without", "never", "neither", "wont", "nicht", "kein",
    "keine", "keinen", "pas", "sin", "nadie",
];

/// A list of phrases, ready to look for.
#[derive(Clone, Debug)]
pub struct Lexicon {
    phrases: Vec<Phrase>,
}

#[derive(Clone, Debug)]
struct Phrase {
    mark: String,
    parts: Vec<Part>,
    denies: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Words { any: Vec<Word>, optional: bool },
    Gap,
}

#[derive(Clone, Debug)]
struct Word {
    text: String,
    stem: bool,
}

impl Word {
    fn is(&self, word: &str) -> bool {
        if self.stem { word.starts_with(&self.text) } else { word == self.text }
    }
}

/// A phrase found in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit<'a> {
    /// Under which mark it stands in the list.
    pub mark: &'a str,
    /// Its first word in the text, from 0.
    pub from: usize,
    /// The word after its last.
    pub to: usize,
}

impl Lexicon {
    /// Reads a list; `file` is what problems call it.
    ///
    /// # Errors
    /// Every line that is no phrase, or stands before the first mark.
    pub fn read(file: &str, list: &str) -> Result<Self, Vec<Problem>> {
        let (mut phrases, mut problems, mut mark) = (Vec::new(), Vec::new(), None);
        for (number, line) in (1_u32..).zip(list.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
                && !name.contains(['|', '[', ' '])
            {
                mark = Some(name.to_owned());
                continue;
            }
            let read = mark.as_ref().ok_or("it stands before the first `[mark]`");
            match read.and_then(|mark| phrase(mark, line)) {
                Ok(phrase) => phrases.push(phrase),
                Err(why) => problems.push(
                    Problem::new("lexicon-phrase", format!("`{line}` is no phrase: {why}"))
                        .at(Place { file: file.to_owned(), line: number, column: 1 })
                        .help(
                            "words, `one|other`, `[a|the]`, `..` or `stem*`, under a `[mark]` line",
                        ),
                ),
            }
        }
        if problems.is_empty() { Ok(Self { phrases }) } else { Err(problems) }
    }

    /// The marks there are phrases for.
    pub fn marks(&self) -> BTreeSet<&str> {
        self.phrases.iter().map(|phrase| phrase.mark.as_str()).collect()
    }

    /// The phrases found in a text, denied ones left out; by mark and place, the first of each mark at
    /// each place.
    pub fn hits(&self, text: &str) -> Vec<Hit<'_>> {
        let words = text::words(text);
        let mut hits = Vec::new();
        for phrase in &self.phrases {
            for from in 0..words.len() {
                let rest = words.get(from..).unwrap_or_default();
                let Some(length) = matched(&phrase.parts, rest) else { continue };
                let before =
                    words.get(from.saturating_sub(DENIED_WITHIN)..from).unwrap_or_default();
                if phrase.denies || !before.iter().any(|word| is_denial(word)) {
                    hits.push(Hit { mark: &phrase.mark, from, to: from + length });
                }
            }
        }
        hits.sort();
        hits.dedup_by(|next, first| next.mark == first.mark && next.from == first.from);
        hits
    }
}

fn is_denial(word: &str) -> bool {
    DENIALS.contains(&word)
}

fn phrase(mark: &str, line: &str) -> Result<Phrase, &'static str> {
    let parts = line.split_whitespace().map(part).collect::<Result<Vec<_>, _>>()?;
    let must = |part: &Part| matches!(part, Part::Words { optional: false, .. });
    if !parts.first().is_some_and(must) || !parts.last().is_some_and(must) {
        return Err("it must begin and end with a word that has to be there");
    }
    let denies = parts.first().is_some_and(
        |part| matches!(part, Part::Words { any, .. } if any.iter().any(|word| is_denial(&word.text))),
    );
    Ok(Phrase { mark: mark.to_owned(), parts, denies })
}

fn part(written: &str) -> Result<Part, &'static str> {
    if written == ".." {
        return Ok(Part::Gap);
    }
    let inner =
        written.strip_prefix('[').map(|rest| rest.strip_suffix(']').ok_or("`[` has no `]`"));
    let optional = inner.is_some();
    let any =
        inner.transpose()?.unwrap_or(written).split('|').map(word).collect::<Result<_, _>>()?;
    Ok(Part::Words { any, optional })
}

fn word(written: &str) -> Result<Word, &'static str> {
    let (text, stem) = written.strip_suffix('*').map_or((written, false), |stem| (stem, true));
    if text::words(text) != [text] {
        return Err("a word is written as texts are read: lower case, without apostrophes");
    }
    Ok(Word { text: text.to_owned(), stem })
}

/// How many words the parts cover from the beginning of `words`, if they fit; the shortest way.
fn matched(parts: &[Part], words: &[String]) -> Option<usize> {
    let Some((part, rest)) = parts.split_first() else { return Some(0) };
    let skip = |count: usize| Some(matched(rest, words.get(count..)?)? + count);
    match part {
        Part::Gap => (0..=GAP).find_map(skip),
        Part::Words { any, optional } => {
            let hit = words.first().is_some_and(|first| any.iter().any(|word| word.is(first)));
            let taken = if hit { skip(1) } else { None };
            taken.or_else(|| if *optional { skip(0) } else { None })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# asking\n[human]\nspeak|talk to [a|the] [real] human|person|agent*\n\
                        connect me .. agent\nnot [a] bot\n[urgent]\nasap|urgent*\n";

    fn marks(text: &str) -> Vec<(String, usize, usize)> {
        let lexicon = Lexicon::read("list", LIST).unwrap();
        lexicon.hits(text).iter().map(|hit| (hit.mark.to_owned(), hit.from, hit.to)).collect()
    }

    #[test]
    fn phrases_and_denials() {
        type Row = (&'static str, &'static [(&'static str, usize, usize)]);
        let table: &[Row] = &[
            ("Let me TALK to a real person!", &[("human", 2, 7)]),
            ("talk to agents, asap", &[("human", 0, 3), ("urgent", 3, 4)]),
            ("connect me with one of your agents", &[]),
            ("connect me with some agent", &[("human", 0, 5)]),
            ("I don't want to talk to a person", &[]),
            ("I did not ask. Please do now. Let me talk to a person", &[("human", 9, 13)]),
            ("you are not a bot, are you", &[("human", 2, 5)]),
            ("urgently", &[("urgent", 0, 1)]),
            ("", &[]),
        ];
        for (text, expected) in table {
            let expected: Vec<_> =
                expected.iter().map(|(mark, from, to)| ((*mark).to_owned(), *from, *to)).collect();
            assert_eq!(marks(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_that_are_no_phrase_are_all_told() {
        let problems =
            Lexicon::read("list", "speak\n[m]\n[a] word\n..\nDon't\n[a word\n").unwrap_err();
        let lines: Vec<_> = problems.iter().map(|p| p.place.as_ref().unwrap().line).collect();
        assert_eq!(lines, [1, 3, 4, 5, 6]);
    }

    #[test]
    fn a_long_text_ends() {
        let text = "talk to ".repeat(100_000);
        assert_eq!(marks(&text), []);
    }
}
