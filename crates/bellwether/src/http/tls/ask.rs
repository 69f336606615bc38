//! Asking our own server on this machine whether it is well.
//!
//! Its certificate names the host that the world knows, which this is not; so the very certificate of the
//! configured file is believed, and nothing else.

use super::chain;
use crate::config::TlsFiles;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
};

/// Believes one certificate.
#[derive(Debug)]
struct Pinned {
    only: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match *shown == self.only {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(Error::General("this is another server".to_owned())),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The status that our server answers for a path; `None` if nobody answers in time, or somebody else.
pub(crate) fn ask(
    address: SocketAddr,
    tls: Option<&TlsFiles>,
    path: &str,
    patience: Duration,
) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&address, patience).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    stream.set_write_timeout(Some(patience)).ok()?;
    let Some(files) = tls else { return status(&mut stream, address, path) };
    let provider = Arc::new(ring::default_provider());
    let only = chain(&files.cert).ok()?.into_iter().next()?;
    let pinned = Arc::new(Pinned { only, provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(pinned)
        .with_no_client_auth();
    let name = ServerName::from(address.ip());
    let connection = ClientConnection::new(Arc::new(config), name).ok()?;
    status(&mut StreamOwned::new(connection, stream), address, path)
}

fn status(stream: &mut (impl Read + Write), address: SocketAddr, path: &str) -> Option<u16> {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").ok()?;
    stream.flush().ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    let status = head.strip_prefix(b"HTTP/1.1 ")?;
    std::str::from_utf8(status).ok()?.parse().ok()
}
