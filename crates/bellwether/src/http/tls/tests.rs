//! A certificate is changed under way; bad ones are not taken; plain HTTP gets an answer.

use super::*;
use crate::http::{Limits, serve};
use axum::Router;
use axum::routing::get;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

struct Made {
    cert: String,
    key: String,
    der: CertificateDer<'static>,
}

fn made(name: &str, until: i32) -> Made {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    Made { cert: cert.pem(), key: key.serialize_pem(), der: cert.der().clone() }
}

fn put(folder: &Path, cert: &str, key: &str) -> TlsFiles {
    let files = TlsFiles { cert: folder.join("tls.crt"), key: folder.join("tls.key") };
    std::fs::write(&files.cert, cert).unwrap();
    std::fs::write(&files.key, key).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    files
}

async fn served(certificate: &Arc<Certificate>) -> SocketAddr {
    const LIMITS: Limits = Limits {
        head: Duration::from_millis(500),
        request: Duration::from_millis(500),
        body: 100,
        connections: 4,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/", get(|| async { "hello" }));
    let tls = Some(Arc::clone(certificate));
    tokio::spawn(serve(listener, tls, routes, LIMITS, std::future::pending()));
    address
}

/// What a client that believes these certificates gets.
async fn asked(
    address: SocketAddr,
    name: &'static str,
    believed: &[&Made],
) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    believed.iter().for_each(|made| roots.add(made.der.clone()).unwrap());
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(name).unwrap();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let mut stream = connected.map_err(|error| error.to_string())?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got).await;
    Ok(String::from_utf8_lossy(&got).into_owned())
}

#[tokio::test]
async fn a_certificate_is_changed_under_way_and_a_bad_one_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = [made("a.example", 2099), made("a.example", 2098)];
    let expired = made("a.example", 2021);
    let files = put(folder.path(), &one.cert, &one.key);
    let certificate = Arc::new(Certificate::open(&files).unwrap());
    let address = served(&certificate).await;
    let hello = |got: Result<String, String>| got.is_ok_and(|got| got.ends_with("hello"));
    assert!(hello(asked(address, "a.example", &[&one]).await));
    let wrong = asked(address, "b.example", &[&one]).await.unwrap_err();
    assert!(wrong.contains("not valid for name"), "{wrong}");
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
    for (cert, key, used) in [
        (&two.cert, &two.key, &two),
        (&damaged, &one.key, &two),
        (&one.cert, &two.key, &two),
        (&expired.cert, &expired.key, &two),
        (&one.cert, &one.key, &one),
    ] {
        put(folder.path(), cert, key);
        certificate.look_again();
        assert!(hello(asked(address, "a.example", &[used]).await), "{cert}");
        let other = if std::ptr::eq(used, &one) { &two } else { &one };
        assert!(asked(address, "a.example", &[other]).await.is_err(), "{cert}");
    }
    std::fs::remove_file(&files.cert).unwrap();
    certificate.look_again();
    assert!(
        hello(asked(address, "a.example", &[&one]).await),
        "a file that is gone changes nothing"
    );
}

#[tokio::test]
async fn plain_http_gets_one_sentence_and_silence_gets_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let one = made("a.example", 2099);
    let files = put(folder.path(), &one.cert, &one.key);
    let address = served(&Arc::new(Certificate::open(&files).unwrap())).await;
    for (bytes, said) in
        [(&b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..], "400"), (b"", ""), (b"\x16\x03", "")]
    {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut got = Vec::new();
        let _ = stream.read_to_end(&mut got).await;
        let got = String::from_utf8_lossy(&got);
        assert!(got.contains(said) && got.is_empty() == said.is_empty(), "{bytes:?}: {got}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_server_is_asked_by_its_own_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = [made("a.example", 2099), made("a.example", 2099)];
    let files = put(folder.path(), &one.cert, &one.key);
    let address = served(&Arc::new(Certificate::open(&files).unwrap())).await;
    let asked = |files: Option<TlsFiles>, path: &'static str| async move {
        let patience = Duration::from_secs(5);
        tokio::task::spawn_blocking(move || ask(address, files.as_ref(), path, patience))
            .await
            .unwrap()
    };
    assert_eq!(asked(Some(files.clone()), "/").await, Some(200));
    assert_eq!(asked(Some(files.clone()), "/none").await, Some(404));
    assert_eq!(asked(None, "/").await, Some(400), "it speaks TLS");
    put(folder.path(), &two.cert, &two.key);
    assert_eq!(asked(Some(files), "/").await, None, "another server");
}

#[test]
fn a_name_is_one_of_the_certificate() {
    let names = ["a.example", "*.b.example", "10.0.0.1"].map(str::to_owned).to_vec();
    let validity = Validity { from: 0, until: 0, names };
    for (host, fine) in [
        ("a.example", true),
        ("A.EXAMPLE", true),
        ("x.a.example", false),
        ("x.b.example", true),
        ("x.y.b.example", false),
        ("b.example", false),
        ("10.0.0.1", true),
        ("10.0.0.2", false),
    ] {
        assert_eq!(validity.is_for(host), fine, "{host}");
    }
}

#[test]
fn what_cannot_be_served_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = [made("a.example", 2099), made("b.example", 2099)];
    for (cert, key, code) in [
        (one.cert.as_str(), one.key.as_str(), None),
        (&one.cert, &two.key, Some("tls-pair")),
        (&one.cert, "x", Some("tls-file")),
        ("", &one.key, Some("tls-file")),
    ] {
        let opened = Certificate::open(&put(folder.path(), cert, key));
        assert_eq!(opened.err().map(|problem| problem.code), code);
    }
    let files = put(folder.path(), &one.cert, &one.key);
    let found = validity(&files.cert).unwrap();
    assert_eq!(found.until, 4_070_908_800, "2099-01-01");
    assert_eq!(found.names, ["a.example"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let code = Certificate::open(&files).err().map(|problem| problem.code);
        assert_eq!(code, Some("config-secret-exposed"));
    }
}
