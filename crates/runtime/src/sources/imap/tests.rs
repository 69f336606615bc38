//! Against a small server of the needed subset of IMAP, plain and under TLS, that can fail.

use super::super::tests::{counted, feed, pace, running};
use super::*;
use crate::keys::SeededKeys;
use crate::transport::Trusted;
use bellwether_core::record::Status;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::sync::Mutex;

const MAIL: &str = "mapping: mail\nversion: 1\ndescription: Mail.\nsource: mail\nformat: eml\ntrust: customer\n\
    signals:\n  - kind: chat.message\n    id: [message_id]\n    at: date\n    account: [{domain_of: from}]\n    \
    fields: {n: {from: subject, type: int}}\n";

#[derive(Default)]
struct Post {
    validity: u32,
    mails: Vec<(u32, String)>,
    /// Closes the connection when this mail is asked for.
    dies_at: Option<u32>,
    /// What was asked for.
    asked: Vec<String>,
}

struct Fake {
    port: u16,
    post: Arc<Mutex<Post>>,
    cert: String,
}

fn mail(id: &str, n: &str) -> String {
    format!(
        "From: Kim <kim@customer.example>\r\nTo: us@ours.example\r\nSubject: {n}\r\nMessage-ID: <{id}@x>\r\n\
         Date: Tue, 14 Nov 2023 00:00:00 +0000\r\n\r\nWords.\r\n"
    )
}

fn fake(tls: Tls) -> Fake {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let post = Arc::new(Mutex::new(Post { validity: 7, ..Post::default() }));
    let shared = Arc::clone(&post);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let secure = |stream| {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                Box::new(StreamOwned::new(connection, stream)) as Box<dyn ReadWrite>
            };
            let stream = match tls {
                Tls::None => Box::new(stream) as Box<dyn ReadWrite>,
                Tls::Implicit => secure(stream),
                Tls::StartTls => {
                    stream.write_all(b"* OK hello\r\n").unwrap();
                    let mut line = [0; 13];
                    stream.read_exact(&mut line).unwrap();
                    assert_eq!(&line, b"s0 STARTTLS\r\n");
                    stream.write_all(b"s0 OK begin\r\n").unwrap();
                    secure(stream)
                }
            };
            // Whoever hangs up early is no fault.
            let _ = serve(stream, &shared, tls != Tls::StartTls);
        }
    });
    Fake { port, post, cert: made.cert.pem() }
}

fn serve(stream: Box<dyn ReadWrite>, post: &Mutex<Post>, greets: bool) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    if greets {
        reader.get_mut().write_all(b"* OK hello\r\n")?;
    }
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let (tag, command) = line.trim_end().split_once(' ').unwrap();
        let mut answer = Vec::new();
        let mut post = post.lock().unwrap();
        post.asked.push(command.to_owned());
        let words: Vec<_> = command.split(' ').collect();
        let result = match words.as_slice() {
            ["LOGIN", _, password] if *password != "\"right\"" => "NO kim@customer.example unknown",
            ["LOGIN", ..] => "OK in",
            ["EXAMINE", _] => {
                let exists = post.mails.len();
                answer.extend(
                    format!("* {exists} EXISTS\r\n* OK [UIDVALIDITY {}] v\r\n", post.validity)
                        .bytes(),
                );
                "OK [READ-ONLY] there"
            }
            ["UID", "SEARCH", "UID", range] => {
                let from: u32 = range.trim_end_matches(":*").parse().unwrap();
                let last = post.mails.last().map_or(0, |(uid, _)| *uid);
                let found = post.mails.iter().map(|(uid, _)| *uid);
                let found: Vec<_> =
                    found.filter(|uid| *uid >= from.min(last)).map(|uid| uid.to_string()).collect();
                answer.extend(format!("* SEARCH {}\r\n", found.join(" ")).bytes());
                "OK found"
            }
            ["UID", "FETCH", uid, ..] => {
                let uid: u32 = uid.parse().unwrap();
                if post.dies_at == Some(uid) && command.contains("BODY") {
                    return Ok(());
                }
                if let Some(at) = post.mails.iter().position(|(known, _)| *known == uid) {
                    let text = &post.mails[at].1;
                    let (said, size) = match text.strip_prefix("huge") {
                        Some(text) => (text, MOST_MAIL as usize + 1),
                        None => (text.as_str(), text.len()),
                    };
                    let what = match command {
                        _ if command.contains("SIZE") => format!("RFC822.SIZE {size}"),
                        _ if command.contains("HEADER") => {
                            format!("BODY[HEADER] {{{}}}\r\n{said}", said.len())
                        }
                        _ => format!("BODY[] {{{}}}\r\n{said}", said.len()),
                    };
                    answer.extend(format!("* {} FETCH (UID {uid} {what})\r\n", at + 1).bytes());
                }
                "OK fetched"
            }
            ["LOGOUT"] => "OK bye",
            _ => "BAD what",
        };
        drop(post);
        answer.extend(format!("{tag} {result}\r\n").bytes());
        reader.get_mut().write_all(&answer)?;
        reader.get_mut().flush()?;
    }
}

fn server(fake: &Fake, host: &str, tls: Tls) -> Server {
    let trusted = Trusted::only(fake.cert.as_bytes()).unwrap();
    Server::new((host, fake.port), (tls != Tls::None, true), Some(trusted), (EACH, ANSWER)).unwrap()
}

fn mailbox(fake: &Fake, tls: Tls, password: &str, feed: Feed) -> Mailbox {
    let server = server(fake, "localhost", tls);
    let login = Login {
        user: Personal::new("kim@customer.example".to_owned()),
        password: Zeroizing::new(password.to_owned()),
        folder: "INBOX".to_owned(),
    };
    Mailbox::new(server, tls, login, Duration::ZERO, feed)
}

#[test]
fn every_mail_is_taken_once_whatever_happens_in_between() {
    for tls in [Tls::None, Tls::Implicit, Tls::StartTls] {
        let (dir, pace, fake) = (tempfile::tempdir().unwrap(), pace(), fake(tls));
        let running = running(dir.path(), &pace);
        let new = |password| mailbox(&fake, tls, password, feed(&running, &pace, MAIL));
        let refused = new("wrong").pass().unwrap_err();
        assert_eq!(refused.code(), "source-unreachable");
        assert!(!refused.to_string().contains("kim"), "{refused}");
        assert_eq!(new("right").pass().unwrap(), 0, "an empty mailbox");
        let more =
            |mails: &[(u32, String)]| fake.post.lock().unwrap().mails.extend_from_slice(mails);
        more(&[(3, mail("a", "1")), (5, mail("b", "2"))]);
        assert_eq!(new("right").pass().unwrap(), 2);
        assert_eq!(new("right").pass().unwrap(), 0, "`n:*` names the last one again");
        more(&[
            (6, mail("c", "3")),
            (8, "no mail at all".to_owned()),
            (9, format!("huge{}", mail("x", "1"))),
        ]);
        more(&[(10, mail("d", "4"))]);
        fake.post.lock().unwrap().dies_at = Some(10);
        assert!(new("right").pass().is_err(), "the server goes away");
        fake.post.lock().unwrap().dies_at = None;
        assert_eq!(new("right").pass().unwrap(), 1, "it goes on where it was");
        // The server numbers its mails anew.
        fake.post.lock().unwrap().validity = 8;
        assert_eq!(new("right").pass().unwrap(), 6);
        assert_eq!(new("right").pass().unwrap(), 0);
        let asked = fake.post.lock().unwrap().asked.join("\n");
        assert!(!asked.contains("SELECT") && !asked.contains("STORE"), "it changes nothing");
        assert_eq!(counted(running), [(Status::Applied, 4), (Status::Duplicate, 4)], "{tls:?}");
        let driver = crate::embedded::Embedded::open(dir.path(), Box::new(SeededKeys(7))).unwrap();
        let kept = driver.store().quarantine(None, 0, 100).unwrap();
        assert_eq!(kept.len(), 4, "two that cannot be read, each time that they were seen");
    }
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    let (dir, pace, fake) = (tempfile::tempdir().unwrap(), pace(), fake(Tls::Implicit));
    let running = running(dir.path(), &pace);
    let server = server(&fake, "127.0.0.1", Tls::Implicit);
    let mut mailbox = mailbox(&fake, Tls::Implicit, "right", feed(&running, &pace, MAIL));
    mailbox.server = server;
    let error = mailbox.pass().unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    assert!(fake.post.lock().unwrap().asked.is_empty(), "no password was sent");
    running.stop();
}

#[test]
fn a_server_that_never_ends_is_left() {
    let room = Arc::new(AtomicU64::new(10));
    let stream: Box<dyn ReadWrite> = Box::new(io::Cursor::new(vec![b'x'; 100]));
    let mut bounded = Bounded { stream, room };
    assert!(bounded.read(&mut [0; 10]).is_ok());
    assert!(bounded.read(&mut [0; 10]).is_err());
}

/// Each byte comes in time; the line that they make never ends.
#[test]
fn a_server_that_drips_is_left() {
    let (dir, pace, fake) = (tempfile::tempdir().unwrap(), pace(), fake(Tls::None));
    let running = running(dir.path(), &pace);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let dripping = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut dripped = 0u64;
        while stream.write_all(b"*").is_ok() {
            dripped += 1;
        }
        dripped
    });
    let mut mailbox = mailbox(&fake, Tls::None, "right", feed(&running, &pace, MAIL));
    let times = (EACH, Duration::from_millis(50));
    mailbox.server = Server::new(("localhost", port), (false, true), None, times).unwrap();
    let error = mailbox.pass().unwrap_err().to_string();
    assert!(error.contains("timed out"), "{error}");
    assert!(dripping.join().unwrap() > 0);
    running.stop();
}
