//! A connection with a deadline: plain or under TLS, for HTTP and for SMTP.
//!
//! TLS is agreed upon while connecting, so that whoever fails before has certainly sent nothing.

use super::address::{Guarded, Unreached};
use super::{Limits, TransportError};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

/// Whom certificates are believed: the public roots, or those of a file instead.
#[derive(Clone)]
pub struct Trusted(Arc<ClientConfig>);

impl Trusted {
    /// The public roots.
    ///
    /// # Errors
    /// `transport-roots`: never, unless the TLS library was built without what it needs.
    pub fn public() -> Result<Self, TransportError> {
        Self::of(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// The certificates of a PEM file, and no others.
    ///
    /// # Errors
    /// `transport-roots`, also if it holds none.
    pub fn only(pem: &[u8]) -> Result<Self, TransportError> {
        let wrong = |what: String| TransportError::Roots { what };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        match roots.is_empty() {
            true => Err(wrong("there is no certificate in it".to_owned())),
            false => Self::of(roots),
        }
    }

    fn of(roots: RootCertStore) -> Result<Self, TransportError> {
        let wrong = |what: String| TransportError::Roots { what };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
    }
}

impl fmt::Debug for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trusted")
    }
}

/// A socket on which no reading or writing lasts beyond an instant, however slowly the other side drips.
pub(super) struct Paced {
    stream: TcpStream,
    until: Instant,
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// What a socket says when its time is over differs by system.
fn timed(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Paced {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            self.stream.set_read_timeout(Some(left(self.until)?))?;
            match self.stream.read(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(timed),
            }
        }
    }
}

impl Write for Paced {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.until)?))?;
        self.stream.write(buf).map_err(timed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A connection.
pub(super) enum Wire {
    /// As it is.
    Plain(Paced),
    /// Under TLS, agreed upon.
    Tls(Box<StreamOwned<ClientConnection, Paced>>),
}

impl Wire {
    /// A connection on which everything ends at an instant.
    pub(super) fn new(stream: TcpStream, until: Instant) -> Self {
        Self::Plain(Paced { stream, until })
    }

    /// The same under TLS with a host whose certificate names it.
    pub(super) fn secure(self, trusted: &Trusted, host: &str) -> Result<Self, Unreached> {
        let Self::Plain(mut paced) = self else { return Ok(self) };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let failed = |error: &dyn fmt::Display| Unreached::Failed(error.to_string());
        let name = ServerName::try_from(host).map_err(|error| failed(&error))?;
        let client = ClientConnection::new(Arc::clone(&trusted.0), name);
        let mut client = client.map_err(|error| failed(&error))?;
        while client.is_handshaking() {
            client.complete_io(&mut paced)?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(client, paced))))
    }

    pub(super) fn set_until(&mut self, until: Instant) {
        match self {
            Self::Plain(paced) => paced.until = until,
            Self::Tls(tls) => tls.sock.until = until,
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(paced) => paced.read(buf),
            Self::Tls(tls) => tls.read(buf),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(paced) => paced.write(buf),
            Self::Tls(tls) => tls.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(paced) => paced.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

/// Opens the connections of HTTP.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) guarded: Guarded,
    pub(super) trusted: Trusted,
    pub(super) limits: Limits,
}

impl Opening {
    fn open(&self, details: &ConnectionDetails<'_>) -> Result<Wire, Unreached> {
        let stream = self.guarded.dial(&details.addrs)?;
        let wire = Wire::new(stream, Instant::now() + self.limits.connect);
        match details.uri.host().filter(|_| details.needs_tls()) {
            Some(host) => wire.secure(&self.trusted, host),
            None => Ok(wire),
        }
    }
}

impl Connector<()> for Opening {
    type Out = Http;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Http>, Error> {
        let wire = self.open(details).map_err(|error| Error::Other(Box::new(error)))?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Http { wire, buffers }))
    }
}

/// A connection as the HTTP library wants it.
pub(super) struct Http {
    wire: Wire,
    buffers: LazyBuffers,
}

impl Http {
    fn pace(&mut self, timeout: NextTimeout) -> NextTimeout {
        self.wire.set_until(Instant::now() + *timeout.after);
        timeout
    }
}

fn said(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}

impl Transport for Http {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = self.pace(timeout.for_write());
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        let written = self.wire.write_all(output).and_then(|()| self.wire.flush());
        written.map_err(|error| said(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = self.pace(timeout.for_read());
        let input = self.buffers.input_append_buf();
        let amount = self.wire.read(input).map_err(|error| said(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Each request has a connection of its own: one that was kept may be dead, and then nobody knows
    /// whether the request arrived.
    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        matches!(self.wire, Wire::Tls(_))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Http(tls: {})", self.is_tls())
    }
}
