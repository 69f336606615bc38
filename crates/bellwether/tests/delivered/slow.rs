//! Slowloris: connections whose heads never end, a byte at a time, while others are answered.

use crate::company::skipped;
use crate::receiver::News;
use crate::server::{Server, message};
use crate::world::{World, full};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// By when a connection is closed whose head does not end: 10 s, and room for a slow machine.
const CLOSED: Duration = Duration::from_secs(20);
/// The connections that the server has room for.
const ROOM: usize = 1024;

/// A connection that drips, until the server closes it.
struct Drip(TcpStream);

impl Drip {
    fn begin(server: &Server, nth: usize) -> Self {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head = ["POST /v1/signals HTTP/1.1\r\nx: ", "GET / HTTP/1.1\r\nhost: a\r\nx: ", "P"];
        stream.write_all(head[nth % head.len()].as_bytes()).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self(stream)
    }

    /// One more byte; `false` once it is closed.
    fn goes_on(&mut self) -> bool {
        let wrote = self.0.write_all(b"x");
        let read = self.0.read(&mut [0; 512]);
        wrote.is_ok() && matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

/// Many drip; gives the longest that somebody else waited for an answer meanwhile, and when the last was closed.
fn attack(count: usize) -> (Duration, Duration) {
    let (world, pause) = (World::served(""), News::default());
    let server = world.serve();
    let (begun, open) = (Instant::now(), AtomicUsize::new(count));
    let mut longest = Duration::ZERO;
    let closed = std::thread::scope(|scope| {
        let dripping = scope.spawn(|| {
            let mut drips: Vec<_> = (0..count).map(|nth| Drip::begin(&server, nth)).collect();
            while !drips.is_empty() {
                drips.retain_mut(Drip::goes_on);
                open.store(drips.len(), Ordering::Release);
                pause.wait(Duration::from_millis(200));
            }
            begun.elapsed()
        });
        let mut sent = 0;
        // Each with a connection of its own, as somebody who comes in meanwhile.
        let kind = [("content-type", "application/cloudevents+json"), ("connection", "close")];
        while open.load(Ordering::Acquire) > 0 {
            assert!(begun.elapsed() < 3 * CLOSED, "{open:?} are still open");
            let (asked, event) = (Instant::now(), message(&format!("m{sent}"), "acme", "0"));
            let answer = server.post("/v1/signals", &kind, event.to_string().as_bytes());
            assert_eq!(answer.status, 202);
            (sent, longest) = (sent + 1, longest.max(asked.elapsed()));
            pause.wait(Duration::from_millis(50));
        }
        dripping.join().unwrap()
    });
    println!(
        "{count} that drip: others waited {longest:?} at most, the last was closed after {closed:?}"
    );
    server.end();
    (longest, closed)
}

#[test]
fn heads_that_drip_are_closed_and_others_are_answered() {
    let (longest, closed) = attack(300);
    assert!(longest < Duration::from_secs(5), "{longest:?}");
    assert!(closed < CLOSED, "{closed:?}");
}

/// More than there is room for: others wait until the first are closed, and are answered then.
#[test]
fn more_than_there_is_room_for_hold_others_up_for_a_bounded_time() {
    if !full() {
        let why = "it takes half a minute (BELLWETHER_FULL=1)";
        return skipped("more_than_there_is_room_for_hold_others_up", why);
    }
    let files = std::process::Command::new("sh").args(["-c", "ulimit -n"]).output().unwrap();
    let files = String::from_utf8(files.stdout).unwrap();
    if files.trim().parse().is_ok_and(|files: usize| files < 2 * ROOM) {
        let why = "it needs more open files (ulimit -n 4096)";
        return skipped("more_than_there_is_room_for_hold_others_up", why);
    }
    let (longest, closed) = attack(ROOM + ROOM / 2);
    assert!(longest < 2 * CLOSED && closed < 2 * CLOSED, "{longest:?}, {closed:?}");
}
