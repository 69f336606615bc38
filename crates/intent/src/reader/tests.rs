//! What a reader says, when it says nothing, and its bytes.

use super::*;
use crate::model::ModelError;
use crate::train::{Example, Options};

const CORPUS: &str = include_str!("../../corpus/training.tsv");

/// The shipped corpus without the texts of one voice.
fn corpus(without: &str) -> Vec<Example<'static>> {
    let row = |line: &'static str| {
        let (label, rest) = line.split_once('\t')?;
        let (voice, text) = rest.split_once('\t')?;
        (voice != without).then_some(Example::new(text, label))
    };
    CORPUS.lines().skip(1).filter_map(row).collect()
}

fn few() -> Vec<Example<'static>> {
    let wanted = ["late_delivery", "refund_request", "praise", "access_problem"];
    corpus("").into_iter().filter(|example| wanted.contains(&example.label)).collect()
}

fn reader() -> Learnt {
    static LEARNT: std::sync::OnceLock<Learnt> = std::sync::OnceLock::new();
    let outside: [(&str, &[f32]); 1] = [("the weather in spring is mild", &[])];
    let learn = || learn(&few(), &outside, Ppm::new(500_000), &Options::default()).unwrap();
    LEARNT.get_or_init(learn).clone()
}

#[test]
fn it_reads_and_says_why() {
    let reader = reader().reader;
    let text = "my parcel should have been here on monday, where is the delivery?";
    let reading = reader.read(text);
    assert_eq!(reader.label(&reading), Some("late_delivery"), "{reading:?}");
    assert!(reading.confidence >= Ppm::new(500_000));
    let sum: f64 = reading.shares.iter().sum();
    assert!((sum - 1.0).abs() < 1e-9);
    let why = reader.why(text, &reading);
    let most = why.iter().max_by(|a, b| a.added.total_cmp(&b.added)).unwrap();
    let words = crate::text::words(text);
    assert!(["delivery", "parcel", "monday"].contains(&words[most.word].as_str()), "{most:?}");
}

#[test]
fn it_says_nothing_where_it_knows_nothing() {
    let reader = reader().reader;
    let table: &[(&str, Abstains)] = &[
        ("", Abstains::Empty),
        (" \u{200b}\n", Abstains::Empty),
        ("😀😀🚀", Abstains::Empty),
        ("привет, где моя посылка", Abstains::Unknown),
        ("qzx vbn wrtp kkj", Abstains::Unknown),
    ];
    for (text, why) in table {
        let reading = reader.read(text);
        assert_eq!(reading.abstains, Some(*why), "{text:?}");
        assert_eq!(reader.label(&reading), None);
    }
    let sure = reader.with_least(Ppm::ONE);
    assert!(matches!(sure.read("where is my parcel").abstains, Some(Abstains::Unsure(_))));
}

#[test]
fn its_bytes_are_itself_and_nothing_else() {
    let reader = reader().reader;
    let bytes = reader.to_bytes();
    assert_eq!(Reader::from_bytes(&bytes), Ok(reader.clone()));
    assert_eq!(Reader::from_bytes(&bytes).unwrap().digest(), reader.digest());
    for at in (20..bytes.len()).step_by(997) {
        let mut other = bytes.clone();
        other[at] ^= 4;
        assert_eq!(Reader::from_bytes(&other), Err(ModelError::Altered), "byte {at}");
    }
    assert_eq!(Reader::from_bytes(&reader.model().to_bytes()), Err(ModelError::Other));
}

#[test]
fn what_is_held_back_says_how_sure_it_may_be() {
    let Learnt { held, .. } = reader();
    assert_eq!(held.len(), few().len() / 10);
    let hits = held.iter().filter(|one| one.right).count() as f64 / held.len() as f64;
    assert!(hits > 0.6, "{hits}");
}
