//! What may be asked, and what a bad answerer can do.

use super::*;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(2), whole: Duration::from_millis(300), answer: 1000 };

fn refused(url: &str, private: bool) -> &'static str {
    let peer = match Peer::new(url, private, LIMITS) {
        Ok(peer) => peer,
        Err(error) => return error.code(),
    };
    peer.post("x", "text/plain", b"").unwrap_err().code()
}

/// Answers one connection with these bytes; with none, it keeps silent until the other side leaves.
fn answering(bytes: Vec<u8>) -> (String, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut got, mut piece) = (Vec::new(), [0; 1024]);
        while !got.windows(4).any(|four| four == b"\r\n\r\n") {
            match stream.read(&mut piece).unwrap() {
                0 => break,
                count => got.extend(&piece[..count]),
            }
        }
        // Whoever has heard enough may be gone already.
        drop(stream.write_all(&bytes));
        if bytes.is_empty() {
            drop(stream.read_to_end(&mut got));
        }
        got
    });
    (url, served)
}

#[test]
fn addresses_that_cannot_be_used_are_refused() {
    for (url, private) in [
        ("", true),
        ("witness.example", true),
        ("/add", true),
        ("ftp://witness.example/", true),
        ("file:///etc/passwd", true),
        ("https://user:word@witness.example/", true),
        ("https://witness.example/?a=b", true),
        ("https://witness.example/#a", true),
        ("http://witness.example/", false),
    ] {
        assert_eq!(refused(url, private), "transport-url", "{url}");
    }
}

#[test]
fn a_private_host_is_refused_however_it_is_spelt() {
    for host in [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        assert_eq!(refused(&format!("https://{host}:1/"), false), "transport-private", "{host}");
    }
    // Where a link's addresses are given out, there are secrets: never.
    assert_eq!(refused("https://169.254.169.254/", true), "transport-private");
    assert_eq!(refused("http://169.254.169.254/", true), "transport-plain");
}

#[test]
fn without_tls_no_public_host_is_asked() {
    for host in ["1.1.1.1", "[2606:4700::1111]", "0x01010101"] {
        assert_eq!(refused(&format!("http://{host}:1/"), true), "transport-plain", "{host}");
    }
}

#[test]
fn an_answer_is_taken_whatever_its_status_and_redirects_are_not_followed() {
    for (said, status, body) in [
        ("HTTP/1.1 200 OK\r\ncontent-type: a/b\r\ncontent-length: 3\r\n\r\nyes", 200, "yes"),
        ("HTTP/1.1 409 Conflict\r\ncontent-type: a/b\r\ncontent-length: 2\r\n\r\n7\n", 409, "7\n"),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-type: a/b\r\n\
             content-length: 0\r\n\r\n",
            302,
            "",
        ),
    ] {
        let (url, served) = answering(said.as_bytes().to_vec());
        let answer = Peer::new(&url, true, LIMITS).unwrap().post("path", "x/y", b"body").unwrap();
        let (content_type, retry_after) = ("a/b".to_owned(), None);
        let expected = Answer { status, content_type, retry_after, body: body.into() };
        assert_eq!(answer, expected);
        let got = String::from_utf8(served.join().unwrap()).unwrap();
        assert!(got.starts_with("POST /path HTTP/1.1\r\n"), "{got}");
    }
}

#[test]
fn silence_chatter_and_nonsense_end() {
    let mut long = b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n".to_vec();
    long.extend([b'x'; 2000]);
    let endless = [b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'x'; 100_000]].concat();
    for (bytes, code) in [
        (Vec::new(), "transport-timeout"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec(), "transport-failed"),
        (long, "transport-too-large"),
        (endless, "transport-failed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(), "transport-failed"),
    ] {
        let (url, served) = answering(bytes);
        let error = Peer::new(&url, true, LIMITS).unwrap().post("x", "x/y", b"").unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        drop(error);
        served.join().unwrap();
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(refused(&format!("http://{free}/"), true), "transport-failed", "nobody listens");
}
