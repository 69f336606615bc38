//! A stream to a server that speaks something else than HTTP, plain or under TLS.

use super::address::{Allowed, Guarded, Unreached};
use super::wire::{Trusted, Wire};
use super::{Limits, TransportError};
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

/// Reads and writes.
pub trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

/// A server, and whom to believe that it is the right one.
pub struct Server {
    host: String,
    port: u16,
    tls: bool,
    each: Duration,
    answer: Duration,
    trusted: Trusted,
    guarded: Guarded,
}

/// A connection; no reading or writing takes longer than its server may, nor all that is read between two
/// writings.
pub struct Line {
    wire: Wire,
    each: Duration,
    answer: Duration,
    /// When the answer must have been read to its end.
    until: Instant,
}

impl Server {
    /// A server by its name. `tls` says that the connection is secured, sooner or later; without it only a
    /// private host is asked, with it one if `private` allows that. The web's certificates are believed, or
    /// else those of `trusted`. `each` is how long connecting may take, and each reading or writing; `answer`
    /// is how long a whole answer may take, however it is dripped.
    ///
    /// # Errors
    /// `transport-roots`.
    pub fn new(
        (host, port): (&str, u16),
        (tls, private): (bool, bool),
        trusted: Option<Trusted>,
        (each, answer): (Duration, Duration),
    ) -> Result<Self, TransportError> {
        let trusted = trusted.map_or_else(Trusted::public, Ok)?;
        let limits = Limits { connect: each, whole: each, answer: u64::MAX };
        let guarded = Guarded::new(Allowed::new(tls, private), limits);
        Ok(Self { host: host.to_owned(), port, tls, each, answer, trusted, guarded })
    }

    /// Its name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Connects; what its name resolves to is judged in the same step.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn connect(&self) -> Result<Line, TransportError> {
        let stream = self.guarded.connect(&format!("{}:{}", self.host, self.port));
        let stream = stream.map_err(|why| self.unreached(why))?;
        let (now, each, answer) = (Instant::now(), self.each, self.answer);
        Ok(Line { wire: Wire::new(stream, now + each), each, answer, until: now + answer })
    }

    /// Begins TLS on a connection to it.
    ///
    /// # Errors
    /// `transport-failed`, `transport-timeout`.
    pub fn secure(&self, line: Line) -> Result<Line, TransportError> {
        let Line { mut wire, each, answer, .. } = line;
        wire.set_until(Instant::now() + each);
        let wire = wire.secure(&self.trusted, &self.host).map_err(|why| self.unreached(why))?;
        Ok(Line { wire, each, answer, until: Instant::now() + answer })
    }

    fn unreached(&self, why: Unreached) -> TransportError {
        TransportError::unreached(self.host.clone(), why, self.tls)
    }
}

impl Line {
    fn said(&mut self) -> &mut Wire {
        let now = Instant::now();
        self.until = now + self.answer;
        self.wire.set_until(now + self.each);
        &mut self.wire
    }
}

impl Read for Line {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.wire.set_until(self.until.min(Instant::now() + self.each));
        self.wire.read(buf)
    }
}

impl Write for Line {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.said().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.said().flush()
    }
}
