//! The program as a witness: in a folder of its own, started, asked, killed and ended.

use super::log::{Log, signer};
use bellwether_ledger::note::{Signature, VerifierKey};
use bellwether_runtime::witness::{Configured, CosignError, Witness};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// A witness's folder.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    pub(crate) vkey: String,
}

/// A witness at work; killed when dropped.
pub(crate) struct Working {
    child: Child,
    pub(crate) url: String,
}

impl Place {
    /// A new witness that co-signs for the log.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut place = Self { dir, vkey: String::new() };
        let made = place.run(&["init", "--name", "witness.example"]);
        assert!(made.status.success(), "{made:?}");
        place.vkey = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let vkey = signer(1).verifier().to_string();
        assert!(place.run(&["trust", "--log", &vkey]).status.success());
        place
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.path().join("w")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
        let [first, rest @ ..] = args else { panic!("no command") };
        command.args(["witness", first, "--state"]).arg(self.state()).args(rest);
        command.current_dir(self.dir.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub(crate) fn start(&self) -> Working {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Working { child, url: url.trim().to_owned() }
    }

    /// What the table of `witness status` says, and how it ended.
    pub(crate) fn status(&self, args: &[&str]) -> (String, Option<i32>) {
        let output = self.run(&[&["status"], args].concat());
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    }

    pub(crate) fn key(&self) -> VerifierKey {
        self.vkey.parse().unwrap()
    }

    /// Asks by the client.
    pub(crate) fn cosign(
        &self,
        working: &Working,
        log: &Log,
        last: u64,
        size: u64,
    ) -> Result<Signature, CosignError> {
        let configured = Configured { url: working.url.clone(), key: self.key(), private: true };
        let witness = Witness::new(&configured).unwrap();
        witness.cosign(&log.checkpoint(size), last, |old| Ok(log.proof(old, size)))
    }
}

impl Working {
    /// Sends bytes as they are; gives status, media type and body.
    pub(crate) fn post(&self, path: &str, body: &[u8]) -> (u16, String, String) {
        let address = self.url.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses a large body closes before it has read all of it.
        drop(stream.write_all(body));
        let mut got = Vec::new();
        drop(stream.read_to_end(&mut got));
        let got = String::from_utf8(got).unwrap();
        let (head, body) = got.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let kind = head.lines().find_map(|line| line.strip_prefix("content-type: "));
        (status, kind.unwrap_or_default().to_owned(), body.to_owned())
    }

    /// As a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As `systemctl stop` does; gives what it said and its exit code.
    pub(crate) fn end(mut self) -> (String, Option<i32>) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (said, status.code())
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
