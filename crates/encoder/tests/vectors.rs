//! Vectors and tokens against what an independent forward pass and another tokeniser gave (`oracle.py`).
//!
//! The real model is looked at where `BELLWETHER_ENCODER` names a folder with it; without, those tests say
//! that they skip. The tiny one is always there.

#![cfg(test)]

mod tiny;

use bellwether_encoder::{Encoder, Precision};
use std::path::{Path, PathBuf};

fn tiny_encoder(precision: Precision) -> Encoder {
    let folder = tempfile::tempdir().unwrap();
    tiny::write(folder.path());
    Encoder::from_folder(folder.path(), precision).unwrap()
}

fn real() -> Option<PathBuf> {
    let folder = std::env::var_os("BELLWETHER_ENCODER").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: BELLWETHER_ENCODER names no folder with all-MiniLM-L6-v2");
    }
    folder
}

/// The rows of a table without its head, cells apart.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

fn numbers<T: std::str::FromStr<Err: std::fmt::Debug>>(cell: &str) -> Vec<T> {
    cell.split(' ').map(|number| number.parse().unwrap()).collect()
}

fn cosine(left: &[f32], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn check_tokens(encoder: &Encoder, column: usize, most: usize) {
    for row in rows(include_str!("data/tokens.tsv")) {
        let times: usize = row[0].parse().unwrap();
        let text: String = serde_json::from_str(row[1]).unwrap();
        let mut expected: Vec<u32> = numbers(row[column]);
        if expected.len() > most {
            let end = *expected.last().unwrap();
            expected.truncate(most - 1);
            expected.push(end);
        }
        assert_eq!(encoder.tokens(&text.repeat(times)), expected, "{times} times {text:?}");
    }
}

fn check_vectors(encoder: &Encoder, table: &str, most: f32) {
    for row in rows(table) {
        let text: String = serde_json::from_str(row[0]).unwrap();
        let vector = encoder.embed(&text);
        assert_eq!(vector.len(), encoder.dimensions());
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5, "{text:?} is not one long");
        for (ours, theirs) in vector.iter().zip(numbers::<f32>(row[1])) {
            assert!((ours - theirs).abs() < most, "{text:?}: {ours} against {theirs}");
        }
    }
}

#[test]
fn the_tiny_model_cuts_texts_as_the_reference_does() {
    check_tokens(&tiny_encoder(Precision::Int8), 2, 32);
}

#[test]
fn the_real_model_cuts_texts_as_the_reference_does() {
    let Some(folder) = real() else { return };
    check_tokens(&Encoder::from_folder(&folder, Precision::Int8).unwrap(), 3, 256);
}

#[test]
fn special_tokens_spelt_out_in_a_text_stay_text() {
    let encoder = tiny_encoder(Precision::Int8);
    // [ sep ] [ cls ] between the end marks, and neither 2 nor 3 inside.
    assert_eq!(encoder.tokens("[SEP][CLS]"), [2, 26, 29, 27, 26, 30, 27, 3]);
}

#[test]
fn the_tiny_model_agrees_with_numpy() {
    check_vectors(&tiny_encoder(Precision::Float32), include_str!("data/tiny.tsv"), 2e-6);
    // Eight values are few to average over: the rounding of weights shows.
    check_vectors(&tiny_encoder(Precision::Int8), include_str!("data/tiny.tsv"), 2e-2);
}

#[test]
fn the_real_model_agrees_with_numpy() {
    let Some(folder) = real() else { return };
    let float = Encoder::from_folder(&folder, Precision::Float32).unwrap();
    let int = Encoder::from_folder(&folder, Precision::Int8).unwrap();
    check_vectors(&float, include_str!("data/real.tsv"), 2e-6);
    for row in rows(include_str!("data/real.tsv")) {
        let text: String = serde_json::from_str(row[0]).unwrap();
        let cosine = cosine(&float.embed(&text), &int.embed(&text));
        assert!(cosine > 0.995, "{text:?}: {cosine}");
    }
    let near = |a: &str, b: &str| cosine(&int.embed(a), &int.embed(b));
    let ask = "Where is my parcel?";
    assert!(near(ask, "My package has not arrived.") > near(ask, "How do I change my password?"));
}

#[test]
fn a_vector_depends_on_its_text_alone() {
    let texts: Vec<String> = (0..37).map(|n| "refund my money ".repeat(n % 9) + "hello").collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).chain([""]).collect();
    for precision in [Precision::Int8, Precision::Float32] {
        let encoder = tiny_encoder(precision);
        let alone: Vec<_> = texts.iter().map(|text| encoder.embed(text)).collect();
        for threads in [0, 1, 2, 7] {
            assert_eq!(
                encoder.embed_on(&texts, threads),
                alone,
                "{precision:?}, {threads} threads"
            );
        }
        assert_eq!(encoder.embed_all(&texts), alone);
        assert_eq!(encoder.embed_all(&[]), Vec::<Vec<f32>>::new());
    }
}

#[test]
fn texts_of_any_kind_have_a_vector() {
    let encoder = tiny_encoder(Precision::Int8);
    for text in ["", "\u{200b}", "\u{1f600}\u{1f600}", "\u{10ffff}", &"\u{301}".repeat(1 << 19)] {
        assert!(encoder.embed(text).iter().all(|value| value.is_finite()));
    }
}

#[test]
fn a_digest_knows_precision_and_files_but_not_the_place() {
    let (one, other) = (tiny_encoder(Precision::Int8), tiny_encoder(Precision::Int8));
    assert_eq!(one.digest(), other.digest());
    assert_ne!(one.digest(), tiny_encoder(Precision::Float32).digest());
    let folder = tempfile::tempdir().unwrap();
    tiny::write(folder.path());
    let digest = || Encoder::from_folder(folder.path(), Precision::Int8).unwrap().digest();
    as_json(folder.path());
    assert_eq!(digest(), one.digest(), "tokenizer.json holds the same vocabulary");
    let mut tensors = tiny::tensors();
    tensors[0].2[0] += 0.5;
    let model = folder.path().join("model.safetensors");
    std::fs::write(model, tiny::safetensors(&tensors)).unwrap();
    assert_ne!(digest(), one.digest());
}

/// Puts `tokenizer.json` in the place of `vocab.txt`.
fn as_json(folder: &Path) {
    std::fs::remove_file(folder.join("vocab.txt")).unwrap();
    let pieces = tiny::VOCABULARY.lines().enumerate();
    let vocab: serde_json::Map<_, _> =
        pieces.map(|(number, piece)| (piece.to_owned(), number.into())).collect();
    let json = serde_json::json!({ "model": { "type": "WordPiece", "vocab": vocab } });
    std::fs::write(folder.join("tokenizer.json"), json.to_string()).unwrap();
}
