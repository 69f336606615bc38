//! Marks of the shipped corpus, on texts that were held back.

use super::*;
use crate::train::Options;
use std::collections::BTreeMap;

const CORPUS: &str = include_str!("../../corpus/marks.tsv");
const LIST: &str = include_str!("../../lexicon/marks.txt");

/// A text, and whether it wishes for a person.
type Wish = (&'static str, bool);

/// Every fourth text, and the others.
fn wishes() -> (Vec<Wish>, Vec<Wish>) {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let wishes = cells.next()?.split(',').any(|mark| mark == "human");
        Some((cells.nth(1)?, wishes))
    };
    let rows = CORPUS.lines().skip(1).filter_map(row).enumerate();
    let (held, kept): (Vec<_>, Vec<_>) = rows.partition(|(at, _)| at % 4 == 0);
    let bare = |rows: Vec<(usize, _)>| rows.into_iter().map(|(_, row)| row).collect();
    (bare(held), bare(kept))
}

fn reader(kept: &[Wish]) -> Marks {
    let lexicon = Lexicon::read("marks.txt", LIST).unwrap();
    let marked =
        |(text, wishes): &Wish| Marked { text, marks: if *wishes { &["human"] } else { &[] } };
    let marked: Vec<_> = kept.iter().map(marked).collect();
    learn(&marked, lexicon, &BTreeMap::new(), &Options::default()).unwrap()
}

/// Half of the others were written to look like a wish and not to be one, so these are no figures for
/// real mail; they may only get better.
#[test]
fn wishes_for_a_person_are_told_from_their_near_misses() {
    let (held, kept) = wishes();
    let reader = reader(&kept);
    assert_eq!(reader.names().collect::<Vec<_>>(), ["human"]);
    let read = |text: &str| reader.read(text).first().unwrap().confidence;
    let said: Vec<_> = held.iter().map(|(text, wishes)| (read(text), *wishes)).collect();
    let share = |wishes: bool| {
        let of: Vec<_> = said.iter().filter(|one| one.1 == wishes).collect();
        of.iter().filter(|one| one.0 >= Ppm::new(500_000)).count() as f64 / of.len() as f64
    };
    let (found, alarms) = (share(true), share(false));
    assert!(found > 0.6 && alarms < 0.06, "found {found}, false alarms {alarms}");
    // What is announced comes about: the mean confidence is the share of wishes.
    let announced =
        said.iter().map(|one| one.0.get() as f64 / 1e6).sum::<f64>() / said.len() as f64;
    let share = held.iter().filter(|one| one.1).count() as f64 / held.len() as f64;
    assert!((announced - share).abs() < 0.04, "announced {announced}, came about {share}");
    let mail = "Dear all,\nthe parcel came on Monday, thank you for that. Please connect me with a human \
                agent. The blue one is fine.";
    let all = reader.read(mail);
    let loudest = all.first().unwrap().loudest.clone();
    assert_eq!(mail.get(loudest).unwrap().trim(), "Please connect me with a human agent.");
    assert_eq!(reader.read("").first().unwrap().confidence, Ppm::new(0));
}
