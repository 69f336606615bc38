//! A mail handed over, refused, and lost half way.

use super::super::tests::certified;
use super::*;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(2), whole: Duration::from_millis(400), answer: 1000 };

/// A server that says these lines, each when its turn comes, and hears until the other side leaves. After
/// the word of `DATA` it hears a whole mail. Where its words end it is silent.
fn serving(lines: &'static [&'static str]) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut heard = String::new();
        talk(stream, lines, &mut heard);
        heard
    });
    (port, served)
}

fn talk(stream: impl std::io::Read + Write, lines: &[&str], heard: &mut String) {
    let mut stream = BufReader::new(stream);
    for line in lines {
        if *line == "HANGUP" || stream.get_mut().write_all(line.as_bytes()).is_err() {
            return;
        }
        let mail = line.starts_with("354");
        loop {
            let start = heard.len();
            if stream.read_line(heard).unwrap_or(0) == 0 {
                return;
            }
            if !mail || heard.get(start..) == Some(".\r\n") {
                break;
            }
        }
    }
    while stream.read_line(heard).unwrap_or(0) > 0 {}
}

use std::io::Write;

fn server(port: u16, security: Security) -> MailServer {
    MailServer {
        host: "localhost".to_owned(),
        port,
        private: true,
        security,
        login: None,
        hello: "bellwether.example".to_owned(),
        trusted: None,
    }
}

#[test]
fn a_mail_is_handed_over_as_the_protocol_says() {
    let words = &[
        "220 hi\r\n",
        "250-hi\r\n250 AUTH LOGIN\r\n",
        "334 x\r\n",
        "334 y\r\n",
        "235 in\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "354 go\r\n",
        "250 queued as 7\r\n",
    ];
    let (port, served) = serving(words);
    let login = Login { name: "n".to_owned(), password: Personal::new("w".to_owned()) };
    let server = MailServer { login: Some(login), ..server(port, Security::Plain) };
    let message = b"Subject: x\n\n.dot\r\nlast";
    let answer =
        Smtp::new(server, LIMITS).unwrap().send("a@b.example", "c@d.example", message).unwrap();
    assert_eq!((answer.status, &answer.body[..]), (250, &b"queued as 7"[..]));
    expect_test::expect![[r#"
        EHLO bellwether.example
        AUTH LOGIN
        bg==
        dw==
        MAIL FROM:<a@b.example>
        RCPT TO:<c@d.example>
        DATA
        Subject: x

        ..dot
        last
        .
        QUIT
    "#]]
    .assert_eq(&served.join().unwrap().replace("\r\n", "\n"));
}

#[test]
fn what_is_known_of_a_mail_depends_on_when_the_server_falls_silent() {
    type Case = (&'static [&'static str], Result<u16>, bool);
    let fails = |sent| Err::<u16, _>(TransportError::Timeout { host: String::new(), sent });
    let hi = "250 hi\r\n";
    let cases: [Case; 9] = [
        (&["421 busy\r\n"], Ok(421), false),
        (&["220 x\r\n", "250 hi\r\n", "250 ok\r\n", "550 nobody\r\n"], Ok(550), false),
        (&["220 x\r\n", "250 hi\r\n", "451 later\r\n"], Ok(451), false),
        (
            &["220 x\r\n", "250 hi\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "452 full\r\n"],
            Ok(452),
            false,
        ),
        (&["220 x\r\n", "250 hi\r\n", "250 ok\r\n"], fails(false), false),
        (&["220 x\r\n", "250 hi\r\n", "HANGUP"], fails(false), true),
        (
            &["220 x\r\n", "250 hi\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"],
            fails(true),
            false,
        ),
        (
            &["220 x\r\n", "250 hi\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "HANGUP"],
            fails(true),
            true,
        ),
        (&["SSH-2.0-OpenSSH\r\n"], fails(false), true),
    ];
    assert!(hi.starts_with("250"));
    for (words, expected, failed) in cases {
        let (port, served) = serving(words);
        let smtp = Smtp::new(server(port, Security::Plain), LIMITS).unwrap();
        match (smtp.send("a@b.example", "c@d.example", b"x\r\n"), expected) {
            (Ok(answer), Ok(code)) => assert_eq!(answer.status, code, "{words:?}"),
            (Err(error), Err(meant)) => {
                assert_eq!(error.was_sent(), meant.was_sent(), "{words:?}: {error}");
                let code = if failed { "transport-failed" } else { "transport-timeout" };
                assert_eq!(error.code(), code, "{words:?}: {error}");
            }
            (found, _) => panic!("{words:?}: {found:?}"),
        }
        served.join().unwrap();
    }
}

#[test]
fn what_could_say_more_than_an_address_is_refused_before_anything_is_sent() {
    let smtp = Smtp::new(server(1, Security::Plain), LIMITS).unwrap();
    for to in ["", "no", "a@b>\r\nRCPT TO:<x@y", "a@b c", "a@\u{85}b", "<a@b>"] {
        assert_eq!(smtp.send("a@b.example", to, b"x").unwrap().status, 553, "{to:?}");
    }
    let public = MailServer { private: false, ..server(1, Security::Plain) };
    assert_eq!(Smtp::new(public, LIMITS).unwrap_err().code(), "transport-url");
    let private = MailServer { private: false, ..server(1, Security::Tls) };
    let smtp = Smtp::new(private, LIMITS).unwrap();
    assert_eq!(smtp.send("", "a@b.example", b"x").unwrap_err().code(), "transport-private");
    let link = MailServer { host: "169.254.169.254".to_owned(), ..server(25, Security::Plain) };
    let smtp = Smtp::new(link, LIMITS).unwrap();
    assert_eq!(smtp.send("", "a@b.example", b"x").unwrap_err().code(), "transport-plain");
}

fn under_tls(
    security: Security,
    config: Arc<rustls::ServerConfig>,
    words: &'static [&'static str],
) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = std::thread::spawn(move || {
        let (mut stream, _): (TcpStream, _) = listener.accept().unwrap();
        if security == Security::StartTls {
            let mut heard = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            for line in ["220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n"] {
                stream.write_all(line.as_bytes()).unwrap();
                if line != "220 go\r\n" {
                    reader.read_line(&mut heard).unwrap();
                }
            }
            assert!(heard.ends_with("STARTTLS\r\n"), "{heard}");
        }
        let server = rustls::ServerConnection::new(config).unwrap();
        talk(rustls::StreamOwned::new(server, stream), words, &mut String::new());
    });
    (port, served)
}

#[test]
fn tls_is_agreed_upon_with_the_right_host_or_nothing_is_said() {
    for security in [Security::Tls, Security::StartTls] {
        let (config, trusted) = certified();
        let words: &[&str] = match security {
            Security::Tls => &[
                "220 x\r\n",
                "250 hi\r\n",
                "250 ok\r\n",
                "250 ok\r\n",
                "354 go\r\n",
                "250 done\r\n",
            ],
            _ => &["", "250 hi\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 done\r\n"],
        };
        let words = if security == Security::Tls { words } else { &words[1..] };
        for (trusted, host, fine) in [
            (Some(trusted.clone()), "localhost", true),
            (None, "localhost", false),
            (Some(trusted), "127.0.0.1", false),
        ] {
            let (port, served) = under_tls(security, Arc::clone(&config), words);
            let server = MailServer { trusted, host: host.to_owned(), ..server(port, security) };
            let sent = Smtp::new(server, LIMITS).unwrap().send("", "a@b.example", b"x");
            match sent {
                Ok(answer) => assert!(fine && answer.status == 250, "{security:?} {host}"),
                Err(error) => {
                    assert!(!fine && !error.was_sent(), "{security:?} {host}: {error}");
                }
            }
            // The thread may have met a broken connection: that is what was tested.
            drop(served.join());
        }
    }
    let (port, served) = serving(&["220 x\r\n", "250 hi\r\n"]);
    let smtp = Smtp::new(server(port, Security::StartTls), LIMITS).unwrap();
    let error = smtp.send("", "a@b.example", b"x").unwrap_err();
    assert_eq!((error.code(), error.was_sent()), ("transport-failed", false));
    assert!(error.to_string().contains("STARTTLS"), "{error}");
    served.join().unwrap();
}
