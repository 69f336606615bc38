//! Carrying: a request goes out, and it is told apart what was answered, what was never sent, and what
//! nobody knows.

use crate::transport::{Answer, Peer, Smtp, TransportError};
use bellwether_adapters::channel::{HttpRequest, MailRequest, Reply, Request};
use bellwether_core::Purpose;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What became of a request on its way.
#[derive(Clone, Debug)]
pub enum Carried {
    /// The service said something.
    Answered(Reply),
    /// It was certainly not sent. The word says why.
    NotSent(&'static str),
    /// It may have arrived.
    Unknown,
}

/// Carries requests of one channel.
pub trait Carry: Send + Sync {
    /// Sends a request once and waits for the answer, for a bounded time.
    fn carry(&self, request: &Request) -> Carried;
}

/// The ways out that there are.
#[derive(Debug)]
pub enum Line {
    /// An address that is asked over HTTP.
    Http(Peer),
    /// A server for mail.
    Mail(Smtp),
    /// A folder.
    Folder(PathBuf),
}

/// Carries without a socket; the status is that of HTTP.
const WRITTEN: u16 = 200;

impl Carry for Line {
    fn carry(&self, request: &Request) -> Carried {
        match (self, request) {
            (Self::Http(peer), Request::Http(request)) => answered(post(peer, request)),
            (Self::Mail(server), Request::Mail(MailRequest { from, to, message })) => {
                let (to, message) = (to.reveal(Purpose::Notify), message.reveal(Purpose::Notify));
                answered(server.send(from, to, message))
            }
            (Self::Folder(folder), Request::File { name, bytes }) => {
                match write(folder, name, bytes.reveal(Purpose::Notify)) {
                    Ok(()) => Carried::Answered(reply(WRITTEN)),
                    Err(error) => {
                        tracing::warn!(code = "delivery-file", "A file was not written: {error}");
                        Carried::NotSent("file")
                    }
                }
            }
            _ => Carried::NotSent("other_channel"),
        }
    }
}

fn post(peer: &Peer, request: &HttpRequest) -> Result<Answer, TransportError> {
    let headers = request.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.as_str(), value.reveal(Purpose::Notify).as_str()))
        .collect();
    peer.send(&request.path, &headers, request.body.reveal(Purpose::Notify))
}

fn reply(status: u16) -> Reply {
    Reply { status, retry_after: None, body: Vec::new() }
}

fn answered(answer: Result<Answer, TransportError>) -> Carried {
    match answer {
        Ok(Answer { status, retry_after, body, .. }) => {
            Carried::Answered(Reply { status, retry_after, body })
        }
        Err(error) => {
            tracing::info!(code = error.code(), "A request was not answered: {error}");
            if error.was_sent() { Carried::Unknown } else { Carried::NotSent(error.code()) }
        }
    }
}

/// Writes a file whole or not at all; the same again changes nothing.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(std::io::Error::other("its name is not one of a plain file"));
    }
    let part = folder.join(format!(".{name}.part"));
    let mut file = private(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, folder.join(name))?;
    File::open(folder)?.sync_all()
}

/// A new file that only the program's own user may read, whatever its umask: it names people. One that a
/// crash left half written goes first, with whatever mode it has.
fn private(path: &Path) -> std::io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::Personal;

    #[test]
    fn a_file_is_written_whole_and_only_in_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let line = Line::Folder(dir.path().to_owned());
        for (name, fine) in [
            ("a-1.json", true),
            ("a-1.json", true),
            ("../a", false),
            ("a/b", false),
            (".hidden", false),
            ("", false),
        ] {
            let bytes = Personal::new(b"x".to_vec());
            let carried = line.carry(&Request::File { name: name.to_owned(), bytes });
            assert_eq!(matches!(carried, Carried::Answered(_)), fine, "{name}");
        }
        let names: Vec<_> =
            std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, ["a-1.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_nobody_elses_to_read_also_after_a_crash() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join(".a-1.json.part");
        std::fs::write(&left, "half").unwrap();
        std::fs::set_permissions(&left, std::fs::Permissions::from_mode(0o644)).unwrap();
        write(dir.path(), "a-1.json", b"whole").unwrap();
        let file = dir.path().join("a-1.json");
        assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read(&file).unwrap(), b"whole");
    }
}
