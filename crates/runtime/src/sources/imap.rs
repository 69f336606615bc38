//! A mailbox: every mail is taken once, in the order of its UIDs.
//!
//! - In: a mailbox that is looked at now and then (RFC 3501).
//! - Out: a parcel per mail, durable before its UID is kept as done; what cannot be read goes to the
//!   quarantine, once.
//! - Never: changes the mailbox (it is opened read-only, and mails stay unread), keeps more of an answer
//!   than fits, or asks for a mail again that was taken. When the server numbers its mails anew
//!   (UIDVALIDITY), all are read again, and those that were taken are known by their ids.

use super::{Feed, MAIL, MOST_KEPT, PassError, hide, one_mail};
use crate::transport::{ReadWrite, Server};
use bellwether_adapters::Refusal;
use bellwether_core::{Personal, Problem};
use bellwether_store::ModelRow;
use imap::{Client, Session};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use zeroize::Zeroizing;

/// The model in which it is kept how far a mailbox was read: its rank is the UID.
const MODEL: &str = "source.imap";
/// The longest mail that is asked for, in bytes; the importer's bound.
const MOST_MAIL: u32 = 32 << 20;
/// What one answer may have, in bytes.
const MOST_ANSWER: u64 = (MOST_MAIL as u64) + (1 << 20);
/// How long connecting to a mail server may take, and each read or write.
pub const EACH: Duration = Duration::from_secs(30);
/// How long one answer may take, the longest mail's too: a server that drips is left, and the next look
/// goes on where this one was.
pub const ANSWER: Duration = Duration::from_secs(600);
/// UIDs that are asked for at once.
const AT_ONCE: usize = 500;
/// The longest pause after a failure.
const LONGEST: Duration = Duration::from_secs(600);

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// With the first byte.
    Implicit,
    /// After `STARTTLS`.
    StartTls,
    /// Never.
    None,
}

/// Whose mailbox.
pub struct Login {
    /// Who signs in.
    pub user: Personal<String>,
    /// The password.
    pub password: Zeroizing<String>,
    /// The folder.
    pub folder: String,
}

/// See the module.
pub struct Mailbox {
    server: Server,
    tls: Tls,
    login: Login,
    every: Duration,
    feed: Feed,
}

/// How far a mailbox was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    validity: u32,
    uid: u32,
}

impl Mailbox {
    /// A mailbox, looked at so often.
    pub fn new(server: Server, tls: Tls, login: Login, every: Duration, feed: Feed) -> Self {
        Self { server, tls, login, every, feed }
    }

    /// Looks at it until it is to end. After a failure it waits longer each time.
    pub fn run(self) {
        let mut failures = 0u32;
        loop {
            match self.pass() {
                Ok(_) => failures = 0,
                Err(PassError::Ended) => return,
                Err(error) => {
                    failures += 1;
                    if failures == 1 {
                        tracing::error!(code = error.code(), source = self.feed.name, "{error}");
                    }
                }
            }
            let wait = self.every.saturating_mul(1 << failures.min(6)).min(LONGEST.max(self.every));
            if !self.feed.pace.pause(wait) {
                return;
            }
        }
    }

    /// Looks once: connects, takes what is new, and leaves. Says how many mails that were.
    ///
    /// # Errors
    /// [`PassError`]; the next look goes on where it was.
    pub fn pass(&self) -> Result<usize, PassError> {
        let (mut session, room) = self.open()?;
        let taken = self.take_new(&mut session, &room);
        // It ends anyway.
        drop(session.logout());
        taken
    }

    fn asked(&self, what: impl ToString) -> PassError {
        PassError::Asked { name: self.feed.name.clone(), what: what.to_string() }
    }

    fn open(&self) -> Result<(Session<Bounded>, Arc<AtomicU64>), PassError> {
        let stream = self.server.connect().map_err(|error| self.asked(error))?;
        let mut greeted = false;
        let stream: Box<dyn ReadWrite> = match self.tls {
            Tls::None => Box::new(stream),
            Tls::Implicit => Box::new(self.server.secure(stream).map_err(|e| self.asked(e))?),
            Tls::StartTls => {
                let mut stream = stream;
                start_tls(&mut stream).map_err(|error| self.asked(error))?;
                greeted = true;
                Box::new(self.server.secure(stream).map_err(|error| self.asked(error))?)
            }
        };
        let room = Arc::new(AtomicU64::new(MOST_ANSWER));
        let mut client = Client::new(Bounded { stream, room: Arc::clone(&room) });
        if !greeted {
            client.read_greeting().map_err(|error| self.asked(error))?;
        }
        let user = self.login.user.reveal(bellwether_core::Purpose::Read);
        // What the server says to a wrong password may quote the user.
        let session = client.login(user, self.login.password.as_str());
        let session = session.map_err(|(error, _)| match error {
            imap::Error::No(_) | imap::Error::Bad(_) => self.asked("it refuses user and password"),
            other => self.asked(other),
        })?;
        Ok((session, room))
    }

    fn take_new(
        &self,
        session: &mut Session<Bounded>,
        room: &AtomicU64,
    ) -> Result<usize, PassError> {
        let mailbox = session.examine(&self.login.folder).map_err(|error| self.asked(error))?;
        let validity = mailbox
            .uid_validity
            .ok_or_else(|| self.asked("it gives its mails no lasting numbers"))?;
        let mut place = match self.place()? {
            Some(place) if place.validity == validity => place,
            _ => Place { validity, uid: 0 },
        };
        room.store(MOST_ANSWER, Relaxed);
        let query = format!("UID {}:*", place.uid.saturating_add(1));
        let found = session.uid_search(query).map_err(|error| self.asked(error))?;
        // `n:*` also names the last mail where none is newer.
        let mut uids: Vec<u32> = found.into_iter().filter(|uid| *uid > place.uid).collect();
        uids.sort_unstable();
        let mut taken = 0;
        for uids in uids.chunks(AT_ONCE) {
            for uid in uids {
                self.take(session, room, *uid)?;
                place.uid = *uid;
                self.keep(place)?;
                taken += 1;
                if !self.feed.pace.pause(Duration::ZERO) {
                    return Err(PassError::Ended);
                }
            }
        }
        Ok(taken)
    }

    /// Takes one mail: to the intake, or, if it cannot be read, to the quarantine.
    fn take(
        &self,
        session: &mut Session<Bounded>,
        room: &AtomicU64,
        uid: u32,
    ) -> Result<(), PassError> {
        let mut asked = |what: &str| {
            room.store(MOST_ANSWER, Relaxed);
            let found = session.uid_fetch(uid.to_string(), what);
            found.map_err(|error| self.asked(error))
        };
        let sizes = asked("(UID RFC822.SIZE)")?;
        // It was deleted meanwhile.
        let Some(size) = sizes.iter().find(|found| found.uid == Some(uid)).map(|found| found.size)
        else {
            return Ok(());
        };
        if size.is_some_and(|size| size > MOST_MAIL) {
            let found = asked("(UID BODY.PEEK[HEADER])")?;
            let header = found.iter().find_map(|found| found.header()).unwrap_or_default();
            let problem = Problem::new("row-mail-too-long", "this mail is longer than is read")
                .help("read it by hand; its header is kept");
            return self.keep_apart(problem, header);
        }
        let found = asked("(UID BODY.PEEK[])")?;
        let Some(bytes) = found.iter().find_map(|found| found.body()) else {
            let problem = Problem::new("row-not-mail", "the server gives no text of this mail");
            return self.keep_apart(problem, b"");
        };
        let row = match one_mail(bytes, &self.feed.mapping, &self.feed.name) {
            Ok(row) => row,
            Err(refusal) => return self.feed.refuse(vec![hide(refusal, &self.feed.name)]),
        };
        let (signals, refusals) = self.feed.understand(&row, &self.feed.name);
        if !signals.is_empty() {
            self.feed.offer(MAIL, bytes.to_vec(), signals)?;
        }
        self.feed.refuse(refusals)
    }

    fn keep_apart(&self, problem: Problem, bytes: &[u8]) -> Result<(), PassError> {
        let row = Personal::new(bytes.get(..MOST_KEPT).unwrap_or(bytes).to_vec());
        self.feed.refuse(vec![Refusal { problem: Box::new(problem), row }])
    }

    fn place(&self) -> Result<Option<Place>, PassError> {
        let name = self.feed.name.clone();
        let row = self
            .feed
            .live
            .call(move |driver, _| Ok(driver.store().model_row(MODEL, name.as_bytes())?))?;
        let place = |row: ModelRow| {
            let validity = u32::from_be_bytes(row.body?.try_into().ok()?);
            Some(Place { validity, uid: u32::try_from(row.rank).ok()? })
        };
        Ok(row.and_then(place))
    }

    fn keep(&self, place: Place) -> Result<(), PassError> {
        let key = self.feed.name.clone().into_bytes();
        let body = Some(place.validity.to_be_bytes().to_vec());
        let rows = [ModelRow { key, rank: i64::from(place.uid), body }];
        let kept = self
            .feed
            .live
            .call(move |driver, _| Ok(driver.store_mut().put_model(MODEL, &rows, 0)?));
        Ok(kept?)
    }
}

/// Reads the greeting and asks for TLS, byte by byte: what the server sends before TLS and is not asked for
/// must not be taken for an answer under TLS (CVE-2011-0411).
fn start_tls(stream: &mut (impl Read + Write)) -> io::Result<()> {
    let line = |stream: &mut dyn Read| -> io::Result<Vec<u8>> {
        let (mut line, mut byte) = (Vec::new(), [0]);
        while !line.ends_with(b"\n") && line.len() < 8192 {
            stream.read_exact(&mut byte)?;
            line.extend(byte);
        }
        Ok(line)
    };
    let greeting = line(stream)?;
    if !greeting.starts_with(b"* OK") {
        return Err(io::Error::other("it does not greet"));
    }
    stream.write_all(b"s0 STARTTLS\r\n")?;
    loop {
        let answer = line(stream)?;
        if answer.starts_with(b"s0 OK") {
            return Ok(());
        }
        if answer.starts_with(b"s0 ") || !answer.starts_with(b"* ") {
            return Err(io::Error::other("it does not offer TLS"));
        }
    }
}

/// A stream that gives no more than there is room for.
struct Bounded {
    stream: Box<dyn ReadWrite>,
    room: Arc<AtomicU64>,
}

impl std::fmt::Debug for Bounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bounded")
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        let count = u64::try_from(read).unwrap_or(u64::MAX);
        let left = self.room.load(Relaxed).checked_sub(count);
        let left =
            left.ok_or_else(|| io::Error::other("the server says more than was asked for"))?;
        self.room.store(left, Relaxed);
        Ok(read)
    }
}

impl Write for Bounded {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests;
