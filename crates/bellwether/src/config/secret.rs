//! Secrets: where they stand, and reading them at the moment they are needed.

use bellwether_core::Problem;
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// More than any secret has: a chain of certificates is not one.
const MOST: u64 = 64 << 10;

/// Where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretAt {
    /// In a file that only the service's user may read.
    File(PathBuf),
    /// In a variable of the environment.
    Env(String),
    /// In a credential of systemd (`LoadCredential=`).
    Credential(String),
}

/// A secret. It cannot be printed, and is wiped when it is no longer used.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A part of another secret.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Its bytes, without the line's end.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// It as text.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(set)")
    }
}

impl fmt::Display for SecretAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Env(name) => write!(f, "the variable {name}"),
            Self::Credential(name) => write!(f, "the credential {name}"),
        }
    }
}

impl SecretAt {
    /// Reads it.
    ///
    /// # Errors
    /// `config-secret` if it is not there or empty, `config-secret-exposed` if others may read its file.
    pub(crate) fn read(&self) -> Result<Secret, Problem> {
        let missing = |what: String| {
            let message = format!("the secret in {self} cannot be had: {what}");
            let help = "put it there, readable by the service's user only; a file needs mode 0600";
            Problem::new("config-secret", message).help(help)
        };
        let bytes = match self {
            Self::Env(name) => {
                let value = std::env::var_os(name).ok_or_else(|| missing("not set".to_owned()))?;
                Zeroizing::new(value.into_encoded_bytes())
            }
            Self::File(path) => {
                only_mine(path)?;
                file(path).map_err(|error| missing(error.to_string()))?
            }
            Self::Credential(name) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
                let folder = folder.ok_or_else(|| missing("systemd gave none".to_owned()))?;
                file(&Path::new(&folder).join(name)).map_err(|error| missing(error.to_string()))?
            }
        };
        match bytes.trim_ascii_end() {
            [] => Err(missing("it is empty".to_owned())),
            trimmed => Ok(Secret(Zeroizing::new(trimmed.to_vec()))),
        }
    }
}

fn file(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let long = std::fs::metadata(path)?.len() > MOST;
    match long {
        true => Err(std::io::Error::other("it is too long for a secret")),
        false => Ok(Zeroizing::new(std::fs::read(path)?)),
    }
}

/// Refuses a file that others may read or write.
///
/// # Errors
/// `config-secret-exposed`.
#[cfg(unix)]
pub(crate) fn only_mine(path: &Path) -> Result<(), Problem> {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(there) = std::fs::metadata(path) else { return Ok(()) };
    let mode = there.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let shown = path.display();
    let message = format!("others may read {shown} (mode {mode:03o})");
    Err(Problem::new("config-secret-exposed", message).help(format!("`chmod 600 {shown}`")))
}

/// Where files have no mode, their folder has to protect them.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(crate) fn only_mine(_: &Path) -> Result<(), Problem> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_secret_is_read_where_only_we_can() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.secret");
        let at = SecretAt::File(path.clone());
        assert_eq!(at.read().unwrap_err().code, "config-secret", "not there");
        for (text, mode, found) in [
            ("hunter2\n", 0o600, Ok("hunter2")),
            ("two words \r\n\n", 0o400, Ok("two words")),
            ("hunter2", 0o640, Err("config-secret-exposed")),
            ("hunter2", 0o604, Err("config-secret-exposed")),
            (" \n", 0o600, Err("config-secret")),
        ] {
            let _ = std::fs::remove_file(&path);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = at.read();
            let read = read.as_ref().map(|secret| secret.text().unwrap());
            assert_eq!(read.map_err(|problem| problem.code), found, "{text:?} {mode:o}");
        }
        let hidden = format!("{:?}", SecretAt::Env("PATH".to_owned()).read().unwrap());
        assert_eq!(hidden, "(set)");
    }
}
