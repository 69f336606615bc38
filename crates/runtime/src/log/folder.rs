//! A log in a folder: C2SP tiles as files, which any web server, bucket or stick carries.
//!
//! ```text
//! checkpoint                       the newest signed note
//! log.vkey                         public keys of the log, one a line
//! README.txt                       for whoever is handed the folder
//! tile/<L>/<N>[.p/<W>]             hashes
//! tile/entries/<N>[.p/<W>]         the records themselves
//! ```
//!
//! Tiles come first and the checkpoint last, each under another name until it is whole: whoever reads
//! meanwhile finds a log that holds together.

use super::{LogError, own_trust};
use bellwether_ledger::note::{Checkpoint as Text, Note};
use bellwether_ledger::tree::{FORMAT_LIMIT, Tile, TileKind, TileNodes, new_tiles, tree_root};
use bellwether_store::{Checkpoint, Epoch, View};
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// The file of the newest signed note.
pub const CHECKPOINT: &str = "checkpoint";

/// The file of the log's public keys.
pub const KEYS: &str = "log.vkey";

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Entries of the log in the folder now.
    pub entries: u64,
    /// How many of them are new.
    pub new: u64,
    /// Files that were written.
    pub files: u64,
}

/// Writes an epoch of the log, up to a checkpoint, into a folder; one that holds an earlier part of it is
/// brought up to date. `done` is told of every file.
///
/// # Errors
/// [`LogError::OtherFolder`] for a folder of another log; [`LogError`] when a file cannot be written.
pub fn export(
    view: &View,
    epoch: &Epoch,
    kept: &Checkpoint,
    folder: &Path,
    mut done: impl FnMut(),
) -> Result<Exported, LogError> {
    let size = kept.head.size;
    let there = Folder::at(folder);
    let old = exported(view, epoch, &there, size)?;
    let mut report = Exported { entries: size, new: size - old, files: 0 };
    for tile in new_tiles(old, size) {
        let bytes = view.tile(epoch, tile)?;
        let bytes = bytes.ok_or(LogError::Root { epoch: epoch.number, size })?;
        put(&folder.join(tile.to_string()), &bytes)?;
        report.files += 1;
        done();
    }
    let keys: String = own_trust(view, epoch)?.log_keys.iter().map(|k| format!("{k}\n")).collect();
    put(&folder.join(KEYS), keys.as_bytes())?;
    put(&folder.join("README.txt"), readme(&epoch.origin).as_bytes())?;
    put(&folder.join(CHECKPOINT), &kept.note)?;
    drop_partials(folder, old, size)?;
    Ok(report)
}

/// Removes partial tiles but those of this checkpoint and of the one before, which somebody may be
/// reading. Where a tile is full its parts are of no use.
fn drop_partials(folder: &Path, old: u64, new: u64) -> Result<(), LogError> {
    let keep: Vec<PathBuf> = [old, new]
        .into_iter()
        .flat_map(Tile::all)
        .filter(Tile::is_partial)
        .map(|tile| folder.join(tile.to_string()))
        .collect();
    for part in &keep {
        let (Some(parts), Some(level)) = (part.parent(), part.ancestors().nth(2)) else { continue };
        for entry in inside(level)? {
            let is_parts = entry.extension().is_some_and(|ending| ending == "p");
            if is_parts && !keep.iter().any(|kept| kept.parent() == Some(&entry)) {
                fs::remove_dir_all(&entry)
                    .map_err(|source| LogError::File { path: entry, source })?;
            }
        }
        for entry in inside(parts)? {
            if !keep.contains(&entry) {
                fs::remove_file(&entry).map_err(|source| LogError::File { path: entry, source })?;
            }
        }
    }
    Ok(())
}

/// What a folder holds: nothing where somebody removed it, as everybody may.
fn inside(folder: &Path) -> Result<Vec<PathBuf>, LogError> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(LogError::File { path: folder.to_owned(), source }),
    }
}

/// For whoever is handed the folder.
fn readme(origin: &str) -> String {
    format!(
        "This is the log {origin}: decisions as they were recorded, without personal data.\n\n\
         checkpoint                  its size and root, signed (c2sp.org/tlog-checkpoint)\n\
         log.vkey                    the keys that sign it: compare them with what you got on another way\n\
         tile/<L>/<N>[.p/<W>]        hashes of the tree (RFC 6962, c2sp.org/tlog-tiles)\n\
         tile/entries/<N>[.p/<W>]    the records, each led by its length in two bytes\n\n\
         Check it:  bellwether log verify FOLDER --key log.vkey\n\
         or with Go's packages and none of our code: docs/verify.md of Bellwether's source says how.\n"
    )
}

/// How much of this log a folder holds already: 0 for an empty one.
fn exported(view: &View, epoch: &Epoch, folder: &Folder, size: u64) -> Result<u64, LogError> {
    let Some(bytes) = folder.checkpoint()? else { return Ok(0) };
    let other = || LogError::OtherFolder { path: folder.path.clone() };
    let note = Note::parse(&bytes).map_err(|_| other())?;
    let text: Text = note.text().parse().map_err(|_| other())?;
    let old = text.head.size;
    let nodes = TileNodes::new(size, |tile| view.tile(epoch, tile).map(Option::unwrap_or_default));
    let continues = text.origin == epoch.origin
        && old <= size
        && tree_root(&nodes, old).is_ok_and(|root| root == text.head.root);
    if continues { Ok(old) } else { Err(other()) }
}

/// Writes a file that appears when it is whole.
fn put(path: &Path, bytes: &[u8]) -> Result<(), LogError> {
    let failed = |source| LogError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut half = path.as_os_str().to_owned();
    half.push(".half");
    fs::write(&half, bytes).map_err(failed)?;
    fs::rename(&half, path).map_err(failed)
}

/// A log that was exported to a folder, by us or by anybody.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at a path; it is read when something is asked for.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The newest signed note, if there is one.
    ///
    /// # Errors
    /// [`LogError::File`].
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, LogError> {
        self.read(CHECKPOINT, 1 << 20)
    }

    /// The public keys that the folder itself names, one a line.
    ///
    /// # Errors
    /// [`LogError::File`].
    pub fn keys(&self) -> Result<Option<String>, LogError> {
        let bytes = self.read(KEYS, 1 << 20)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The bytes of a tile or bundle. For a partial one that is not there any more the full one is
    /// read, and cut.
    ///
    /// # Errors
    /// [`LogError::File`].
    pub fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, LogError> {
        let most = match tile.kind() {
            TileKind::Hashes(_) => 256 * 32,
            TileKind::Entries => 256 * (FORMAT_LIMIT + 2),
        };
        // One byte more, so that a file that is too long is seen to be.
        let most = most as u64 + 1;
        let found = self.read(&tile.to_string(), most)?;
        if found.is_some() || !tile.is_partial() {
            return Ok(found);
        }
        let full = self.read(&tile.full().to_string(), most)?;
        Ok(full.map(|bytes| cut(bytes, tile)))
    }

    fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, LogError> {
        let path = self.path.join(name);
        let failed = |source| LogError::File { path: path.clone(), source };
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }
}

/// The first hashes or entries of a full tile.
fn cut(mut bytes: Vec<u8>, tile: Tile) -> Vec<u8> {
    let width = usize::from(tile.width());
    let end = match tile.kind() {
        TileKind::Hashes(_) => width * 32,
        TileKind::Entries => {
            let (entries, _) = bellwether_ledger::tree::read_bundle(&bytes);
            entries.iter().take(width).map(|entry| entry.len() + 2).sum()
        }
    };
    bytes.truncate(end);
    bytes
}
