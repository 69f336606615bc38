//! A directory that is served, and a small client.

use crate::world::World;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A server at work; killed when dropped.
pub(crate) struct Served {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
    /// A token that may read everything and try policies.
    pub(crate) token: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, v)| v)
    }
}

impl Served {
    /// Serves the data directory of a world.
    pub(crate) fn start(world: &World) -> Self {
        let words = ["access", "token", "create", "--label", "reader"];
        let scopes = ["--scope", "read", "--scope", "names", "--scope", "decide"];
        let made = world.run(&[&words[..], &scopes].concat()).ends(0);
        let token = made.out.split_whitespace().find(|word| word.starts_with("bw_")).unwrap();
        let token = token.to_owned();
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(world.path("."));
        command.env_remove("BELLWETHER_DATA").env_remove("BELLWETHER_MASTER_KEY_FILE");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let address = url.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        assert!(!address.is_empty(), "it did not start");
        Self { child, address, token }
    }

    /// Sends a request as it is written.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        self.send_as(&self.token, method, path, headers, body)
    }

    /// The same with another token.
    pub(crate) fn send_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &str,
    ) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: Bearer {}\r\n{headers}content-length: {}\r\n\r\n",
            self.address,
            token,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses a large body closes before it has read all of it.
        drop(stream.write_all(body.as_bytes()));
        let mut got = Vec::new();
        drop(stream.read_to_end(&mut got));
        let got = String::from_utf8_lossy(&got).into_owned();
        let (head, body) = got.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Reads a page.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// The same with another token.
    pub(crate) fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send_as(token, "GET", path, &[], "")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
