//! The master key in a file: 32 random bytes as one line of base64url, readable by its owner only.

use super::{KeyError, KeyProvider, Secret, Slot};
use bellwether_core::Digest;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The line and a newline; anything longer is no key file.
const LONGEST: u64 = 64;

/// The master key in a file of its own.
#[derive(Clone, Debug)]
pub struct FileKeys {
    path: PathBuf,
}

impl FileKeys {
    /// The key file at a path; it is read when the key is asked for.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Makes a new key from the system's randomness and writes it, mode 0600, durable on return.
    ///
    /// # Errors
    /// `key-file-exists`, `key-file-unreadable`, `key-randomness`.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, KeyError> {
        let keys = Self::at(path);
        let master = keys.fresh("master", 0)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // Digests have the same length and text form as keys.
        let line = Zeroizing::new(format!("{}\n", Digest::from_bytes(*master.bytes())));
        let mut file = options.open(&keys.path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => KeyError::Exists { path: keys.shown() },
            _ => keys.failed(error),
        })?;
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        if let Err(error) = written.and_then(|()| sync_folder(&keys.path)) {
            // Half a key would stand in the way of the next attempt.
            let _ = std::fs::remove_file(&keys.path);
            return Err(keys.failed(error));
        }
        Ok(keys)
    }

    fn next_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".next");
        PathBuf::from(name)
    }

    fn failed(&self, source: std::io::Error) -> KeyError {
        KeyError::File { path: self.shown(), source }
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }

    #[cfg(unix)]
    fn refuse_exposed(&self, file: &File) -> Result<(), KeyError> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(|error| self.failed(error))?.permissions().mode();
        let mode = mode & 0o777;
        let exposed = mode & 0o077 != 0;
        if exposed { Err(KeyError::Exposed { path: self.shown(), mode }) } else { Ok(()) }
    }

    #[cfg(not(unix))]
    fn refuse_exposed(&self, _: &File) -> Result<(), KeyError> {
        Ok(())
    }
}

impl KeyProvider for FileKeys {
    fn master(&self) -> Result<Secret, KeyError> {
        let file = File::open(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => KeyError::Missing { path: self.shown() },
            _ => self.failed(error),
        })?;
        self.refuse_exposed(&file)?;
        let mut text = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
        file.take(LONGEST + 1).read_to_end(&mut text).map_err(|error| self.failed(error))?;
        let key = std::str::from_utf8(&text).ok().and_then(super::given::parse);
        key.ok_or_else(|| KeyError::Malformed { path: self.shown() })
    }

    fn fresh(&self, what: &'static str, slot: Slot) -> Result<Secret, KeyError> {
        random(what, slot)
    }

    /// The key in the file's neighbour `.next`, made when it is first asked for.
    fn next(&self) -> Result<Secret, KeyError> {
        match Self::create(self.next_path()) {
            Ok(next) => next.master(),
            Err(KeyError::Exists { .. }) => Self::at(self.next_path()).master(),
            Err(error) => Err(error),
        }
    }

    fn adopt(&self) -> Result<(), KeyError> {
        let renamed = std::fs::rename(self.next_path(), &self.path);
        renamed.and_then(|()| sync_folder(&self.path)).map_err(|error| self.failed(error))
    }
}

/// Fresh bytes from the system.
pub(super) fn random(_what: &'static str, _slot: Slot) -> Result<Secret, KeyError> {
    let mut secret = Secret::default();
    getrandom::fill(secret.bytes_mut()).map_err(|_| KeyError::Randomness)?;
    Ok(secret)
}

/// Without this the name of a new file may be lost with the power although its bytes are not.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
