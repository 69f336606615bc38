//! Slow, large and broken clients get an end, and a tidy end finishes what is under way.

use super::*;
use axum::body::Bytes;
use axum::routing::{get, post};
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const LIMITS: Limits = Limits {
    head: Duration::from_millis(150),
    request: Duration::from_millis(300),
    body: 100,
    connections: 2,
};

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    end: JoinHandle<()>,
}

async fn served(routes: Router) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let end = tokio::spawn(serve(listener, None, routes, LIMITS, async { drop(stopped.await) }));
    Served { address, stop, end }
}

async fn count(body: Bytes) -> String {
    body.len().to_string()
}

/// Sends the bytes and gives everything that comes back until the server closes.
async fn said(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut got = Vec::new();
    // Whoever is cut off in the middle of sending may see a reset.
    drop(stream.read_to_end(&mut got).await);
    String::from_utf8_lossy(&got).into_owned()
}

fn asked(length: usize, body: &str) -> Vec<u8> {
    format!("POST /count HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn kept_open(length: usize, body: &str) -> Vec<u8> {
    String::from_utf8(asked(length, body))
        .unwrap()
        .replace("connection: close\r\n", "")
        .into_bytes()
}

#[tokio::test]
async fn bad_clients_get_an_end() {
    let Served { address, stop, end } = served(Router::new().route("/count", post(count))).await;
    let head = format!("POST /count HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(HEAD_BYTES * 2));
    for (what, bytes, begins) in [
        ("fine", asked(5, "hello"), "HTTP/1.1 200"),
        ("one that stays and says no more", kept_open(2, "hi"), "HTTP/1.1 200"),
        ("a body too large", asked(101, &"x".repeat(101)), "HTTP/1.1 413"),
        ("a body that never ends", asked(50, "he"), "HTTP/1.1 408"),
        ("a head that never ends", b"POST /count HTTP/1.1\r\nhost".to_vec(), ""),
        ("silence", Vec::new(), ""),
        ("a head too large", head.into_bytes(), "HTTP/1.1 431"),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(), "HTTP/1.1 400"),
        ("another path", b"POST / HTTP/1.1\r\nconnection: close\r\n\r\n".to_vec(), "HTTP/1.1 404"),
        (
            "another method",
            b"GET /count HTTP/1.1\r\nconnection: close\r\n\r\n".to_vec(),
            "HTTP/1.1 405",
        ),
    ] {
        let got = said(address, &bytes).await;
        assert!(got.starts_with(begins) && (got.is_empty() == begins.is_empty()), "{what}: {got}");
    }
    // Idle connections fill the room, give it back, and others come in.
    let idle: Vec<_> = (0..4).map(|_| tokio::spawn(said(address, b""))).collect();
    assert!(said(address, &asked(2, "hi")).await.ends_with("\r\n\r\n2"));
    for one in idle {
        assert_eq!(one.await.unwrap(), "");
    }
    stop.send(()).unwrap();
    end.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn an_end_finishes_what_is_under_way() {
    let (begin, begun) = oneshot::channel::<()>();
    let (go, gone) = oneshot::channel::<()>();
    let parts = Arc::new(std::sync::Mutex::new(Some((begin, gone))));
    let slow = move || {
        let parts = parts.lock().unwrap().take();
        async move {
            let (begin, gone) = parts.unwrap();
            begin.send(()).unwrap();
            gone.await.unwrap();
            "done"
        }
    };
    let Served { address, stop, end } = served(Router::new().route("/count", post(slow))).await;
    let asking = tokio::spawn(async move { said(address, &asked(0, "")).await });
    begun.await.unwrap();
    stop.send(()).unwrap();
    tokio::task::yield_now().await;
    go.send(()).unwrap();
    assert!(asking.await.unwrap().ends_with("done"));
    end.await.unwrap();
}

static LARGE: [u8; 32 << 20] = [0; 32 << 20];

#[tokio::test]
async fn whoever_asks_and_never_reads_gets_an_end() {
    let large = || async { Bytes::from_static(&LARGE) };
    let routes = Router::new().route("/count", post(count)).route("/large", get(large));
    let Served { address, stop, end } = served(routes).await;
    // More than the system holds for them; they fill the room.
    let mut deaf = Vec::new();
    for _ in 0..LIMITS.connections {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&b"GET /large HTTP/1.1\r\n\r\n".repeat(20)).await.unwrap();
        deaf.push(stream);
    }
    let heard = timeout(Duration::from_secs(60), said(address, &asked(2, "hi"))).await;
    assert!(heard.expect("room was given back").ends_with("\r\n\r\n2"));
    for mut stream in deaf {
        let mut got = Vec::new();
        drop(stream.read_to_end(&mut got).await);
        assert!(got.len() < LARGE.len(), "it was cut off");
    }
    stop.send(()).unwrap();
    end.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_in_time_goes_on_and_what_trickles_does_not() {
    for (pause, writes, expected) in [(1, 100, Ok(())), (20, 1, Err(ErrorKind::TimedOut))] {
        // A pipe of 10 bytes, 100 bytes to write: about ten pauses for each write, which may take 100 s.
        // Many writes may take longer together.
        let (near, mut far) = tokio::io::duplex(10);
        let reader = tokio::spawn(async move {
            let mut piece = [0; 10];
            while far.read_exact(&mut piece).await.is_ok() {
                sleep(Duration::from_secs(pause)).await;
            }
        });
        let mut taken = Taken::new(near, Duration::from_secs(100));
        let mut ended = Ok(());
        for _ in 0..writes {
            ended = ended.and(taken.write_all(&[7; 100]).await.map_err(|error| error.kind()));
        }
        assert_eq!(ended, expected, "a pause of {pause} s");
        drop(taken);
        reader.await.unwrap();
    }
}
