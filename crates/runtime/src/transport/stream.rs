//! A stream to a server that speaks something else than HTTP, plain or under TLS.

use super::TransportError;
use super::address::{is_own, is_public};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

/// Reads and writes.
pub trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

/// A server, and whom to believe that it is the right one.
#[derive(Clone)]
pub struct Server {
    host: String,
    port: u16,
    private: bool,
    tls: Arc<ClientConfig>,
}

impl Server {
    /// A server by its name. `private` says that it may have a private address; `roots` is PEM with the
    /// certificates that are believed instead of the web's.
    ///
    /// # Errors
    /// `transport-failed` if the certificates make no sense.
    pub fn new(
        host: &str,
        port: u16,
        private: bool,
        roots: Option<&[u8]>,
    ) -> Result<Self, TransportError> {
        let failed =
            |what: String| TransportError::Failed { host: host.to_owned(), what, sent: false };
        let mut store = RootCertStore::empty();
        match roots {
            None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(|error| failed(error.to_string()))?;
                    store.add(certificate).map_err(|error| failed(error.to_string()))?;
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self { host: host.to_owned(), port, private, tls: Arc::new(tls) })
    }

    /// Its name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Connects. What its name resolves to is judged in the same step; without TLS to come, only private
    /// addresses are used. No reading or writing lasts longer than `each`.
    ///
    /// # Errors
    /// [`TransportError`].
    pub fn connect(&self, tls: bool, each: Duration) -> Result<TcpStream, TransportError> {
        let host = || self.host.clone();
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::TimedOut => TransportError::Timeout { host: host(), sent: false },
            _ => TransportError::Failed { host: host(), what: error.to_string(), sent: false },
        };
        let found = (self.host.as_str(), self.port).to_socket_addrs().map_err(failed)?;
        let allows = |ip| (tls && is_public(ip)) || ((self.private || !tls) && is_own(ip));
        let mut last = match tls {
            true => TransportError::Private { host: host() },
            false => TransportError::Plain { host: host() },
        };
        for address in found.filter(|address| allows(address.ip())) {
            match TcpStream::connect_timeout(&address, each) {
                Ok(stream) => {
                    let set = stream.set_read_timeout(Some(each));
                    set.and_then(|()| stream.set_write_timeout(Some(each))).map_err(failed)?;
                    return Ok(stream);
                }
                Err(error) => last = failed(error),
            }
        }
        Err(last)
    }

    /// Begins TLS on a stream to it.
    ///
    /// # Errors
    /// `transport-failed`.
    pub fn secure(
        &self,
        mut stream: TcpStream,
    ) -> Result<StreamOwned<ClientConnection, TcpStream>, TransportError> {
        let host = || self.host.clone();
        let failed = |what: String| TransportError::Failed { host: host(), what, sent: false };
        let name = ServerName::try_from(host()).map_err(|error| failed(error.to_string()))?;
        let begun = ClientConnection::new(Arc::clone(&self.tls), name);
        let mut begun = begun.map_err(|error| failed(error.to_string()))?;
        while begun.is_handshaking() {
            begun.complete_io(&mut stream).map_err(|error| failed(error.to_string()))?;
        }
        Ok(StreamOwned::new(begun, stream))
    }
}
