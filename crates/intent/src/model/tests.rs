//! What a model says, what its words added, and its bytes.

use super::*;
use crate::train::{Example, Options, TrainError, train};

const TEXTS: [(&str, &str); 8] = [
    ("where is my parcel", "delivery"),
    ("my parcel has not come", "delivery"),
    ("the parcel is late again", "delivery"),
    ("has the parcel been sent", "delivery"),
    ("i was charged twice", "billing"),
    ("you charged the wrong card", "billing"),
    ("my card was charged again", "billing"),
    ("the invoice charged me too much", "billing"),
];

fn small() -> Model {
    let examples = TEXTS.map(|(text, label)| Example::new(text, label));
    train(&examples, &Options::default()).unwrap()
}

fn best(model: &Model, text: &str) -> String {
    let logits = model.scores(text).logits;
    let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap();
    model.labels()[best].clone()
}

#[test]
fn it_tells_apart_what_it_was_shown() {
    let model = small();
    assert_eq!(model.labels(), ["billing", "delivery"]);
    assert_eq!(best(&model, "the PARCEL has not come!"), "delivery");
    assert_eq!(best(&model, "charged me agian"), "billing");
    for text in ["", "\u{200b}", "😀😀", "привет"] {
        let scores = model.scores(text);
        assert_eq!(scores.known, 0.0, "{text:?}");
        assert!(scores.logits.iter().all(|logit| logit.is_finite()));
    }
    let long = "charged ".repeat(130_000);
    assert!(model.scores(&long).logits.iter().all(|logit| logit.is_finite()));
}

#[test]
fn contributions_and_the_bias_are_the_score() {
    let model = small();
    for text in ["my parcel is late, late, late", "charged the parcel twice", "", "parcel parcel"] {
        let scores = model.scores(text);
        for label in 0..2 {
            let sum: f32 = model.contributions(text, label).iter().map(|one| one.added).sum();
            let said = sum + model.bias(label).unwrap();
            assert!((said - scores.logits[label]).abs() < 1e-4, "{text:?}: {said} {scores:?}");
        }
    }
    let of = model.contributions("the parcel was charged", 1);
    let most = of.iter().max_by(|a, b| a.added.total_cmp(&b.added)).unwrap();
    assert_eq!(most.word, 1, "`parcel` speaks for delivery the most: {of:?}");
}

#[test]
fn the_same_examples_give_the_same_bytes() {
    let (one, two) = (small(), small());
    assert_eq!(one.to_bytes(), two.to_bytes());
    let read = Model::from_bytes(&one.to_bytes()).unwrap();
    assert_eq!(read, one);
    assert_eq!(read.digest(), two.digest());
    expect_test::expect!["Aom38oRqOd3uO617148k9Djnv75fijo15WTo7PUEyTw"]
        .assert_eq(&one.digest().to_string());
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    let good = small().to_bytes();
    assert_eq!(Model::from_bytes(b""), Err(ModelError::Other));
    assert_eq!(Model::from_bytes(b"{\"model\": 1}"), Err(ModelError::Other));
    let other = b"bellwether model 9\n".to_vec();
    assert_eq!(Model::from_bytes(&other), Err(ModelError::Version("9".into())));
    for at in (19..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        assert_eq!(Model::from_bytes(&bytes), Err(ModelError::Altered), "byte {at}");
        assert!(Model::from_bytes(&good[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn nothing_is_learnt_from_nothing() {
    let one = [Example::new("a text", "x"), Example::new("a text", "x")];
    assert_eq!(train(&one, &Options::default()), Err(TrainError::OneLabel));
    let odd = [Example::new("abc", "x"), Example::new("def", "y")];
    assert_eq!(train(&odd, &Options::default()), Err(TrainError::NoFeatures));
    assert_eq!(train(&[], &Options::default()), Err(TrainError::OneLabel));
}
