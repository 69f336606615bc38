//! The master key from outside: a variable of the environment, or a credential of systemd.
//!
//! Both hold the same line as the key file: 32 bytes as base64url. Whoever gives the master key also
//! gives the next one, and puts it in the place of the first once a rotation has ended.

use super::{KeyError, KeyProvider, Secret, Slot};
use bellwether_core::Digest;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The variable of the master key; with `_NEXT`, that of the next one.
pub const MASTER_KEY: &str = "BELLWETHER_MASTER_KEY";

/// The credential of the master key; with `-next`, that of the next one.
pub const CREDENTIAL: &str = "bellwether-master-key";

/// The master key in a variable of the environment: for trials and containers, because the environment of
/// a process can be read by whoever runs it.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnvKeys;

/// The master key as a credential that systemd hands to the service (`LoadCredentialEncrypted=`).
#[derive(Clone, Debug)]
pub struct CredentialKeys {
    folder: PathBuf,
}

impl CredentialKeys {
    /// The credentials in a folder: what `$CREDENTIALS_DIRECTORY` names.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Whether the folder has the master key.
    pub fn is_there(&self) -> bool {
        self.folder.join(CREDENTIAL).is_file()
    }

    fn read(&self, name: &str) -> Result<Secret, KeyError> {
        let path = self.folder.join(name);
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(KeyError::NotGiven { place: shown });
            }
            Err(source) => return Err(KeyError::File { path: shown, source }),
        };
        parse(&text).ok_or(KeyError::Malformed { path: shown })
    }
}

impl KeyProvider for EnvKeys {
    fn master(&self) -> Result<Secret, KeyError> {
        variable(MASTER_KEY)
    }

    fn fresh(&self, what: &'static str, slot: Slot) -> Result<Secret, KeyError> {
        super::file::random(what, slot)
    }

    fn next(&self) -> Result<Secret, KeyError> {
        variable(&format!("{MASTER_KEY}_NEXT")).map_err(no_next)
    }
}

impl KeyProvider for CredentialKeys {
    fn master(&self) -> Result<Secret, KeyError> {
        self.read(CREDENTIAL)
    }

    fn fresh(&self, what: &'static str, slot: Slot) -> Result<Secret, KeyError> {
        super::file::random(what, slot)
    }

    fn next(&self) -> Result<Secret, KeyError> {
        self.read(&format!("{CREDENTIAL}-next")).map_err(no_next)
    }
}

fn no_next(error: KeyError) -> KeyError {
    if matches!(error, KeyError::NotGiven { .. }) { KeyError::NoNext } else { error }
}

fn variable(name: &str) -> Result<Secret, KeyError> {
    let place = || format!("the variable {name}");
    let text = std::env::var(name).map_err(|_| KeyError::NotGiven { place: place() })?;
    parse(&Zeroizing::new(text)).ok_or_else(|| KeyError::Malformed { path: place() })
}

/// A key from its line.
pub(super) fn parse(text: &str) -> Option<Secret> {
    // Digests have the same length and text form as keys.
    text.trim_ascii().parse::<Digest>().ok().map(|key| Secret::new(*key.as_bytes()))
}
