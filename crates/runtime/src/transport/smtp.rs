//! SMTP: hands one mail to a server (RFC 5321; STARTTLS RFC 3207, AUTH RFC 4954).
//!
//! A client of our own, because the socket must be one that was judged and has a deadline, and because it
//! must be known whether the end of the mail was sent: from then on silence says nothing.

use super::address::{Allowed, Guarded};
use super::wire::{Trusted, Wire};
use super::{Answer, Limits, TransportError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bellwether_core::{Personal, Purpose};
use std::fmt;
use std::io::{Read as _, Write as _};
use std::time::Instant;

/// How long a line of a reply may be, and how many lines it may have.
const LINE: usize = 1024;
const LINES: usize = 64;

/// How the connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all: only to a private host.
    Plain,
    /// By STARTTLS, and not a word more if the server has none.
    StartTls,
    /// From the first byte.
    Tls,
}

/// A name and a password.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Personal<String>,
}

/// Which server, and how it is reached.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Its name, which its certificate must show.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it may have a private address.
    pub private: bool,
    /// How the connection is secured.
    pub security: Security,
    /// What it wants to be told before it takes mail.
    pub login: Option<Login>,
    /// What this host calls itself.
    pub hello: String,
    /// Whom its certificate is believed; the public roots if nobody else is named.
    pub trusted: Option<Trusted>,
}

/// A server for mail; each mail has a connection of its own.
pub struct Smtp {
    server: MailServer,
    trusted: Trusted,
    guarded: Guarded,
    limits: Limits,
}

/// A conversation under way.
struct Talk<'a> {
    wire: Wire,
    host: &'a str,
    /// The end of the mail was sent, or may have been.
    ended: bool,
    /// What the server can do, in capitals, as it said.
    can: Vec<String>,
}

/// What the server said: the code, and its words.
struct Said {
    code: u16,
    words: Vec<u8>,
}

impl Said {
    fn is_fine(&self) -> bool {
        (200..400).contains(&self.code)
    }

    fn answer(self) -> Answer {
        let (content_type, retry_after) = (String::new(), None);
        Answer { status: self.code, content_type, retry_after, body: self.words }
    }
}

type Result<T> = std::result::Result<T, TransportError>;

impl Smtp {
    /// A server by its description. Nothing is connected to yet.
    ///
    /// # Errors
    /// `transport-url` for a public host without TLS or a name that is none; `transport-roots`.
    pub fn new(server: MailServer, limits: Limits) -> Result<Self> {
        let tls = server.security != Security::Plain;
        let wrong = |what| TransportError::Url { url: server.host.clone(), what };
        if !tls && !server.private {
            return Err(wrong("only a private host may be asked without TLS"));
        }
        if !server.hello.bytes().chain(server.host.bytes()).all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("it is no name of a host"));
        }
        let trusted = server.trusted.clone().map_or_else(Trusted::public, Ok)?;
        let guarded = Guarded::new(Allowed::new(tls, server.private), limits);
        Ok(Self { server, trusted, guarded, limits })
    }

    /// Its host, for messages.
    pub fn host(&self) -> &str {
        &self.server.host
    }

    /// Hands a mail over. The answer is the server's last word: the code after the mail's end, or the one
    /// by which it refused earlier. An address that cannot be written is refused as a server would (553).
    ///
    /// # Errors
    /// [`TransportError`]; it tells whether the mail may have been taken all the same.
    pub fn send(&self, from: &str, to: &str, message: &[u8]) -> Result<Answer> {
        if !is_address(to) || !(from.is_empty() || is_address(from)) {
            return Ok(Said { code: 553, words: b"no address".to_vec() }.answer());
        }
        let until = Instant::now() + self.limits.whole;
        let MailServer { host, port, security, hello, .. } = &self.server;
        let unreached =
            |why| TransportError::unreached(host.clone(), why, *security != Security::Plain);
        let stream = self.guarded.connect(&format!("{host}:{port}")).map_err(unreached)?;
        let mut wire = Wire::new(stream, until);
        if *security == Security::Tls {
            wire = wire.secure(&self.trusted, host).map_err(unreached)?;
        }
        let mut talk = Talk { wire, host, ended: false, can: Vec::new() };
        let greeting = talk.hear()?;
        if greeting.code != 220 {
            return Ok(greeting.answer());
        }
        if let Some(said) = talk.greet(hello)? {
            return Ok(said.answer());
        }
        if *security == Security::StartTls {
            if !talk.can_do("STARTTLS") {
                return Err(talk.failed("it offers no STARTTLS"));
            }
            let said = talk.ask("STARTTLS")?;
            if said.code != 220 {
                return Ok(said.answer());
            }
            // What was read before TLS is forgotten: each reply is read byte by byte, none is left over.
            talk.wire = talk.wire.secure(&self.trusted, host).map_err(unreached)?;
            if let Some(said) = talk.greet(hello)? {
                return Ok(said.answer());
            }
        }
        if let Some(login) = &self.server.login {
            talk.sign_in(login)?;
        }
        talk.mail(from, to, message).map(Said::answer)
    }
}

impl Talk<'_> {
    fn failed(&self, what: impl Into<String>) -> TransportError {
        TransportError::Failed { host: self.host.to_owned(), what: what.into(), sent: self.ended }
    }

    fn broken(&self, error: std::io::Error) -> TransportError {
        match error.kind() {
            std::io::ErrorKind::TimedOut => {
                TransportError::Timeout { host: self.host.to_owned(), sent: self.ended }
            }
            _ => self.failed(error.to_string()),
        }
    }

    fn can_do(&self, word: &str) -> bool {
        self.can.iter().any(|line| line.split(' ').next() == Some(word))
    }

    fn say(&mut self, bytes: &[u8]) -> Result<()> {
        let said = self.wire.write_all(bytes).and_then(|()| self.wire.flush());
        said.map_err(|error| self.broken(error))
    }

    fn ask(&mut self, line: &str) -> Result<Said> {
        self.say(format!("{line}\r\n").as_bytes())?;
        self.hear()
    }

    /// A line without its end.
    fn line(&mut self) -> Result<Vec<u8>> {
        let (mut line, mut byte) = (Vec::new(), [0]);
        while line.len() < LINE {
            match self.wire.read(&mut byte) {
                Ok(0) => return Err(self.failed("it hung up")),
                Ok(_) if byte == *b"\n" => {
                    if line.last() == Some(&b'\r') {
                        line.pop();
                    }
                    return Ok(line);
                }
                Ok(_) => line.extend_from_slice(&byte),
                Err(error) => return Err(self.broken(error)),
            }
        }
        Err(self.failed("a line of its reply does not end"))
    }

    /// A reply: lines of a code and words, all but the last with a hyphen between them.
    fn hear(&mut self) -> Result<Said> {
        let mut words = Vec::new();
        for _ in 0..LINES {
            let line = self.line()?;
            let code = line.get(..3).and_then(|code| std::str::from_utf8(code).ok());
            let code = code.and_then(|code| code.parse().ok()).filter(|code| *code >= 200);
            let Some(code) = code else { return Err(self.failed("it does not speak SMTP")) };
            words.extend_from_slice(line.get(4..).unwrap_or_default());
            if line.get(3) != Some(&b'-') {
                return Ok(Said { code, words });
            }
            words.push(b'\n');
        }
        Err(self.failed("its reply does not end"))
    }

    /// Greets, and hears what the server can do. Gives its reply if it does not like that.
    fn greet(&mut self, hello: &str) -> Result<Option<Said>> {
        let said = self.ask(&format!("EHLO {hello}"))?;
        if said.code != 250 {
            return Ok(Some(said));
        }
        let words = String::from_utf8_lossy(&said.words).to_ascii_uppercase();
        self.can = words.lines().skip(1).map(str::to_owned).collect();
        Ok(None)
    }

    /// By PLAIN, or by LOGIN where only that is offered. A refusal says nothing about the mail.
    fn sign_in(&mut self, login: &Login) -> Result<()> {
        let password = login.password.reveal(Purpose::Notify).clone();
        let offers = |word: &str| {
            let mut lines = self.can.iter().filter_map(|line| line.strip_prefix("AUTH"));
            lines.any(|rest| rest.split([' ', '=']).any(|offered| offered == word))
        };
        let said = if offers("PLAIN") || !offers("LOGIN") {
            let both = STANDARD.encode(format!("\0{}\0{password}", login.name));
            self.ask(&format!("AUTH PLAIN {both}"))?
        } else {
            let mut said = self.ask("AUTH LOGIN")?;
            for word in [&login.name, &password] {
                if said.code == 334 {
                    said = self.ask(&STANDARD.encode(word))?;
                }
            }
            said
        };
        match said.code {
            235 => Ok(()),
            code => Err(self.failed(format!("it refused the login ({code})"))),
        }
    }

    fn mail(&mut self, from: &str, to: &str, message: &[u8]) -> Result<Said> {
        let mut how = String::new();
        if !message.is_ascii() && self.can_do("8BITMIME") {
            how.push_str(" BODY=8BITMIME");
        }
        if !from.is_ascii() || !to.is_ascii() {
            if !self.can_do("SMTPUTF8") {
                return Ok(Said { code: 553, words: b"no SMTPUTF8".to_vec() });
            }
            how.push_str(" SMTPUTF8");
        }
        let lines =
            [format!("MAIL FROM:<{from}>{how}"), format!("RCPT TO:<{to}>"), "DATA".to_owned()];
        for line in lines {
            let said = self.ask(&line)?;
            if !said.is_fine() {
                return Ok(said);
            }
        }
        self.say(&stuffed(message))?;
        self.ended = true;
        let said = self.ask(".")?;
        // It has the mail, or has refused it: whether it hears a farewell changes nothing.
        drop(self.say(b"QUIT\r\n"));
        Ok(said)
    }
}

/// Whether an address can stand between angle brackets without saying anything else.
fn is_address(address: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"<>\\\"".contains(c);
    address.len() <= 320 && address.chars().all(plain) && address.split_once('@').is_some()
}

/// A message with every line ended by CR LF, and a dot at the start of a line doubled.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    let mut rest = message;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
        rest = after.strip_prefix(b"\r\n").or(after.get(1..)).unwrap_or_default();
    }
    out
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({})", self.server.host)
    }
}

#[cfg(test)]
mod tests;
