//! What may be asked, and what a bad answerer can do.

use super::*;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
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
        "0x7f000001",
        "017700000001",
        "0x7f.1",
        "127.0.1",
        "10.1",
        "0xa9fea9fe",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:0a00:0001]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00::1]",
        "[fe80::1]",
        "[::]",
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

/// A resolver that gives a public address when it is asked first, and this machine's afterwards; and a
/// dialler that counts, and goes nowhere but to this machine.
fn flipping(private: bool, flips: Arc<AtomicU64>, dialled: Arc<Mutex<Vec<SocketAddr>>>) -> Guarded {
    let mut guarded = Guarded::new(Allowed::new(true, private), LIMITS);
    guarded.lookup = Arc::new(move |name| {
        let port = name.rsplit_once(':').unwrap().1.parse().unwrap();
        let host: [u8; 4] = if flips.fetch_add(1, Relaxed).is_multiple_of(2) {
            [1, 1, 1, 1]
        } else {
            [127, 0, 0, 1]
        };
        Ok(vec![SocketAddr::from((host, port))])
    });
    guarded.dial = Arc::new(move |address, most| {
        dialled.lock().unwrap().push(address);
        if address.ip().is_loopback() {
            return std::net::TcpStream::connect_timeout(&address, most);
        }
        Err(std::io::ErrorKind::ConnectionRefused.into())
    });
    guarded
}

#[test]
fn a_name_that_changes_between_look_ups_never_leads_here() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (flips, dialled) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
    let guarded = flipping(false, Arc::clone(&flips), Arc::clone(&dialled));
    let url = format!("https://rebind.example:{port}/");
    let access = Access { secret: true, ..Access::default() };
    let peer = Peer::guarded(&url, &access, LIMITS, |_| guarded.clone()).unwrap();
    let mut codes = std::collections::BTreeMap::new();
    for _ in 0..1_000 {
        let error = peer.send("", &[], b"x").unwrap_err();
        assert!(!error.was_sent(), "{error}");
        *codes.entry(error.code()).or_insert(0) += 1;
    }
    for _ in 0..10 {
        assert!(guarded.connect(&format!("rebind.example:{port}")).is_err());
    }
    assert_eq!(flips.load(Relaxed), 1_010, "each attempt believes one look-up");
    let mut ends = codes.into_iter();
    assert_eq!(ends.next(), Some(("transport-failed", 500)));
    assert_eq!(ends.next(), Some(("transport-private", 500)));
    let dialled = dialled.lock().unwrap();
    assert_eq!(dialled.len(), 505);
    assert!(dialled.iter().all(|address| !address.ip().is_loopback()));
    assert!(listener.accept().is_err(), "nobody came");
}

#[test]
fn only_hosts_that_are_named_are_asked() {
    let hosts = ["hooks.slack.com".to_owned(), "*.webhook.office.com".to_owned()];
    let access = Access { hosts: &hosts, secret: true, ..Access::default() };
    for (url, fine) in [
        ("https://hooks.slack.com/services/T0/B0/secret", true),
        ("https://HOOKS.slack.com/x", true),
        ("https://acme.webhook.office.com/x?sig=secret", true),
        ("https://a.b.webhook.office.com/x", true),
        ("https://webhook.office.com/secret", false),
        ("https://evilwebhook.office.com/secret", false),
        ("https://hooks.slack.com.evil.example/secret", false),
        ("https://hooks.slack.com@evil.example/secret", false),
        ("https://127.0.0.1/secret", false),
    ] {
        let opened = Peer::open(url, &access, LIMITS);
        assert_eq!(opened.is_ok(), fine, "{url}");
        let shown = opened.map_or_else(|e| e.to_string(), |peer| format!("{peer:?}"));
        assert!(!shown.contains("secret") && !shown.contains("sig="), "{shown}");
    }
}

#[test]
fn what_was_sent_is_told_from_what_was_not() {
    let cut = "HTTP/1.1 200 OK\r\nretry-after: 9\r\ncontent-length: 99\r\n\r\nstart";
    let (url, served) = answering(cut.as_bytes().to_vec());
    let peer = Peer::new(&url, true, LIMITS).unwrap();
    let answer = peer.send("", &[("x-a", "b"), ("content-type", "x/y")], b"body").unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"start"[..]), "the status has arrived");
    assert_eq!(answer.retry_after.as_deref(), Some("9"));
    let got = String::from_utf8(served.join().unwrap()).unwrap();
    assert!(got.starts_with("POST / HTTP/1.1\r\n") && got.contains("x-a: b\r\n"), "{got}");

    let (url, served) = answering(Vec::new());
    let error = Peer::new(&url, true, LIMITS).unwrap().send("", &[], b"x").unwrap_err();
    assert!(error.was_sent(), "it may have arrived: {error}");
    served.join().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let peer = Peer::new(&format!("http://{free}/"), true, LIMITS).unwrap();
    assert!(!peer.send("", &[], b"x").unwrap_err().was_sent(), "nobody listens");
    let error = peer.send("", &[("x", "a\r\nb")], b"x").unwrap_err();
    assert!(!error.was_sent(), "no such header: {error}");
    // One that speaks no TLS has heard nothing but a greeting.
    let (url, served) = answering(b"HTTP/1.1 400 x\r\n\r\n".to_vec());
    let peer = Peer::new(&url.replace("http", "https"), true, LIMITS).unwrap();
    let error = peer.send("", &[], b"x").unwrap_err();
    assert!(!error.was_sent(), "{error}");
    drop(error);
    drop(served);
}

/// A certificate for `localhost`, what serves it, and what believes it.
pub(super) fn certified() -> (Arc<rustls::ServerConfig>, Trusted) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (Arc::new(config), Trusted::only(made.cert.pem().as_bytes()).unwrap())
}

#[test]
fn a_host_is_believed_by_the_certificates_that_were_given() {
    let (config, trusted) = certified();
    for (trusted, host, fine) in [
        (Some(&trusted), "localhost", true),
        (None, "localhost", false),
        (Some(&trusted), "127.0.0.1", false),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::clone(&config);
        let served = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let server = rustls::ServerConnection::new(config).unwrap();
            let mut stream = rustls::StreamOwned::new(server, stream);
            let mut piece = [0; 4096];
            // Whoever does not believe the certificate has left.
            if stream.read(&mut piece).is_ok_and(|count| count > 0) {
                stream.write_all(b"HTTP/1.1 204 x\r\ncontent-length: 0\r\n\r\n").unwrap();
            }
        });
        let access = Access { private: true, trusted, ..Access::default() };
        let peer = Peer::open(&format!("https://{host}:{port}/"), &access, LIMITS).unwrap();
        match peer.send("", &[], b"x") {
            Ok(answer) => assert!(fine && answer.status == 204, "{host}"),
            Err(error) => assert!(!fine && !error.was_sent(), "{host}: {error}"),
        }
        served.join().unwrap();
    }
}
