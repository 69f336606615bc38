//! TLS: a certificate that is read again when its files change, and nothing older than TLS 1.2.
//!
//! - In: two files, and a connection.
//! - Out: the connection under TLS; to whoever speaks plain HTTP instead, one sentence and the end.
//! - Never: takes a new certificate that is damaged, expired or not the key's: it goes on with the old one
//!   and says so in the log.

use crate::config::{TlsFiles, only_mine};
use bellwether_core::Problem;
use std::future::poll_fn;
use std::net::IpAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::AsyncWrite as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, version};
use tokio_rustls::server::TlsStream;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

/// How long it goes on without a look at the files.
const LOOK: Duration = Duration::from_secs(2);
/// The first byte of a connection that begins TLS (RFC 8446, 5.1: a handshake record).
const HANDSHAKE: u8 = 22;
const NOT_TLS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\
    content-length: 40\r\n\r\nThis port speaks TLS: write `https://`.\n";

/// A certificate in use.
pub(crate) struct Certificate {
    files: TlsFiles,
    state: Mutex<State>,
}

struct State {
    config: Arc<ServerConfig>,
    /// When the files were written, and how long they are.
    stamp: [Option<(SystemTime, u64)>; 2],
    looked: Instant,
}

/// From when to when a certificate is good, in seconds since 1970, and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) names: Vec<String>,
}

impl Validity {
    /// Whether it is for a host, as browsers see it (RFC 9525: one `*` for the first label).
    pub(crate) fn is_for(&self, host: &str) -> bool {
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(rest) => {
                host.split_once('.').is_some_and(|(_, host)| host.eq_ignore_ascii_case(rest))
            }
            None => name.eq_ignore_ascii_case(host),
        })
    }
}

impl Certificate {
    /// Reads the files. One that is expired is used all the same, with a word in the log: a server that
    /// does not start helps nobody.
    ///
    /// # Errors
    /// `tls-file`, `tls-pair`, `config-secret-exposed`.
    pub(crate) fn open(files: &TlsFiles) -> Result<Self, Problem> {
        let stamp = stamp(files);
        let config = Arc::new(load(files)?);
        if let Err(problem) = good_now(files) {
            tracing::error!(code = problem.code, "{}", problem.message);
        }
        let state = Mutex::new(State { config, stamp, looked: Instant::now() });
        Ok(Self { files: files.clone(), state })
    }

    /// What to serve a connection with; the files are looked at every few seconds at most.
    fn current(&self) -> Arc<ServerConfig> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= LOOK {
            self.look(&mut state);
        }
        Arc::clone(&state.config)
    }

    /// Looks at the files now.
    pub(crate) fn look_again(&self) {
        self.look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn look(&self, state: &mut State) {
        state.looked = Instant::now();
        let found = stamp(&self.files);
        if found == state.stamp {
            return;
        }
        // Also a bad one is tried once only, until it changes again.
        state.stamp = found;
        match good_now(&self.files).and_then(|()| load(&self.files)) {
            Ok(config) => {
                state.config = Arc::new(config);
                tracing::info!("The certificate was changed.");
            }
            Err(Problem { code, message, .. }) => {
                tracing::error!(code, "The new certificate is not used; the old one is. {message}");
            }
        }
    }

    /// Begins TLS on a connection, within a time.
    pub(super) async fn accept(
        &self,
        mut stream: TcpStream,
        limit: Duration,
    ) -> Option<TlsStream<TcpStream>> {
        let begun = timeout(limit, async {
            let mut first = [0];
            if stream.peek(&mut first).await.ok()? == 0 {
                return None;
            }
            if first != [HANDSHAKE] {
                drop(refuse(&mut stream).await);
                return None;
            }
            match TlsAcceptor::from(self.current()).accept(stream).await {
                Ok(stream) => Some(stream),
                Err(error) => {
                    tracing::debug!(%error, "A connection did not begin TLS.");
                    None
                }
            }
        });
        begun.await.ok().flatten()
    }
}

/// Says what is wrong, and takes in what is still sent: else the sentence might never arrive.
async fn refuse(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.writable().await?;
    stream.try_write(NOT_TLS)?;
    poll_fn(|context| Pin::new(&mut *stream).poll_shutdown(context)).await?;
    loop {
        stream.readable().await?;
        match stream.try_read(&mut [0; 1024]) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
    }
}

/// Looks at the files whenever the program gets SIGHUP.
pub(crate) async fn look_when_told(certificate: Arc<Certificate>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut told) = signal(SignalKind::hangup()) else { return };
        while told.recv().await.is_some() {
            certificate.look_again();
        }
    }
    #[cfg(not(unix))]
    drop(certificate);
}

fn stamp(files: &TlsFiles) -> [Option<(SystemTime, u64)>; 2] {
    [&files.cert, &files.key].map(|path| {
        let there = std::fs::metadata(path).ok()?;
        Some((there.modified().ok()?, there.len()))
    })
}

fn unreadable(path: &Path, what: impl std::fmt::Display) -> Problem {
    let message = format!("{} cannot be used: {what}", path.display());
    let help = "it must be PEM; the service's user must be able to read it";
    Problem::new("tls-file", message).help(help)
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = read.map_err(|error| unreadable(path, error))?;
    match chain.is_empty() {
        true => Err(unreadable(path, "there is no certificate in it")),
        false => Ok(chain),
    }
}

fn load(files: &TlsFiles) -> Result<ServerConfig, Problem> {
    let chain = chain(&files.cert)?;
    only_mine(&files.key)?;
    let key = PrivateKeyDer::from_pem_file(&files.key);
    let key = key.map_err(|error| unreadable(&files.key, error))?;
    let built = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .and_then(|begun| begun.with_no_client_auth().with_single_cert(chain, key));
    let mut config = built.map_err(|error| {
        let message = format!("certificate and key do not fit together: {error}");
        Problem::new("tls-pair", message).help("write both files anew, from one order")
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// From when to when the certificate of a file is good, and for which names.
///
/// # Errors
/// `tls-file`.
pub(crate) fn validity(path: &Path) -> Result<Validity, Problem> {
    let chain = chain(path)?;
    let first = chain.first().map(|der| der.as_ref()).unwrap_or_default();
    let (_, parsed) = parse_x509_certificate(first).map_err(|error| unreadable(path, error))?;
    let names = parsed.subject_alternative_name().ok().flatten();
    let names = names.map(|names| {
        let named = names.value.general_names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
            _ => None,
        });
        named.collect()
    });
    let validity = parsed.validity();
    Ok(Validity {
        from: validity.not_before.timestamp(),
        until: validity.not_after.timestamp(),
        names: names.unwrap_or_default(),
    })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn good_now(files: &TlsFiles) -> Result<(), Problem> {
    let Validity { from, until, .. } = validity(&files.cert)?;
    let now = crate::cli::context::now().micros() / 1_000_000;
    if (from..=until).contains(&now) {
        return Ok(());
    }
    let what = if now > until { "has expired" } else { "is not good yet" };
    let message = format!("the certificate in {} {what}", files.cert.display());
    Err(Problem::new("tls-expired", message).help("renew it, and put both files in their place"))
}

mod ask;

pub(crate) use ask::ask;

#[cfg(test)]
mod tests;
