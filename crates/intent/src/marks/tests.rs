//! Marks of the shipped corpus, on texts that were held back.

use super::*;
use crate::train::Options;
use std::collections::BTreeMap;

const CORPUS: &str = include_str!("../../corpus/marks.tsv");
const LIST: &str = include_str!("../../lexicon/marks.txt");

fn corpus() -> Vec<(Vec<&'static str>, &'static str, &'static str)> {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let marks = cells.next()?.split(',').filter(|mark| *mark != "-").collect();
        Some((marks, cells.next()?, cells.next()?))
    };
    CORPUS.lines().skip(1).filter_map(row).collect()
}

#[test]
fn try_it() {
    let lexicon = Lexicon::read("marks.txt", LIST).unwrap();
    let all = corpus();
    let only = std::env::var("MARK").unwrap_or("human".into());
    let all: Vec<_> = all
        .into_iter()
        .map(|(marks, voice, text)| {
            (marks.into_iter().filter(|m| *m == only).collect::<Vec<_>>(), voice, text)
        })
        .collect();
    let mut out = Vec::new();
    for fold in 0..4 {
        let train: Vec<_> = all
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 4 != fold)
            .map(|(_, (marks, _, text))| Marked { text, marks })
            .collect();
        let t = std::time::Instant::now();
        let marks = learn(&train, lexicon.clone(), &BTreeMap::new(), &Options::default()).unwrap();
        println!("trained in {:?}", t.elapsed());
        for (_, (of, voice, text)) in all.iter().enumerate().filter(|(at, _)| at % 4 == fold) {
            let reading = &marks.read(text)[0];
            let hit = lexicon.hits(text).iter().any(|hit| hit.mark == only);
            out.push((reading.confidence, of.contains(&only.as_str()), *voice, *text, hit));
        }
    }
    let n = out.iter().filter(|o| o.1).count();
    println!(
        "lexicon alone: recall {} false {}",
        out.iter().filter(|o| o.1 && o.4).count() as f64 / n as f64,
        out.iter().filter(|o| !o.1 && o.4).count() as f64 / (out.len() - n) as f64
    );
    for least in [900_000, 700_000, 500_000, 300_000, 200_000, 100_000, 50_000, 20_000] {
        let r = out.iter().filter(|o| o.1 && o.0.get() >= least).count();
        let f = out.iter().filter(|o| !o.1 && o.0.get() >= least).count();
        println!(
            "{least} recall {:.3} false alarms {:.4}",
            r as f64 / n as f64,
            f as f64 / (out.len() - n) as f64
        );
    }
    out.sort();
    if std::env::var_os("SHOW").is_some() {
        for o in out.iter().filter(|o| o.1).take(25) {
            println!("missed {o:?}");
        }
        for o in out.iter().rev().filter(|o| !o.1).take(25) {
            println!("false {o:?}");
        }
    }
}
