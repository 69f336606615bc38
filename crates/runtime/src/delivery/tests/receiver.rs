//! A receiver over TCP with faults, and a ledger of its own.

use super::super::Line;
use super::world::KEY;
use crate::transport::{Limits, Peer};
use bellwether_core::Digest;
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// What it does with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Ok,
    /// Hangs up on what it has not read.
    Reset,
    /// Executes, then hangs up.
    ResetAfter,
    /// Executes, then answers more slowly than anybody waits.
    Drip,
    /// 429, in two seconds.
    TooMany,
    Broken,
    Refuse,
    /// Executes, and hangs up in the middle of the answer.
    HalfAnswer,
    /// Does not answer, and has not executed.
    Silent,
    /// Does not answer, but has executed.
    SilentAfter,
    /// Answers twice.
    Twice,
}

impl Mode {
    pub(super) const ALL: [Self; 11] = [
        Self::Ok,
        Self::Reset,
        Self::ResetAfter,
        Self::Drip,
        Self::TooMany,
        Self::Broken,
        Self::Refuse,
        Self::HalfAnswer,
        Self::Silent,
        Self::SilentAfter,
        Self::Twice,
    ];

    fn executes(self) -> bool {
        use Mode::{Drip, HalfAnswer, Ok, ResetAfter, SilentAfter, Twice};
        matches!(self, Ok | ResetAfter | Drip | HalfAnswer | SilentAfter | Twice)
    }
}

#[derive(Default)]
struct Ledger {
    script: VecDeque<Mode>,
    /// What it does when the script is over.
    rest: Option<Mode>,
    recognises: bool,
    executed: Vec<Digest>,
    traces: Vec<String>,
}

pub(super) struct Receiver {
    url: String,
    ledger: Arc<Mutex<Ledger>>,
    ends: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
    pub(super) heard: mpsc::Receiver<Digest>,
}

impl Receiver {
    pub(super) fn new(recognises: bool, script: &[Mode], rest: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let script = script.iter().copied().collect();
        let ledger = Ledger { script, rest: Some(rest), recognises, ..Ledger::default() };
        let (ledger, ends) = (Arc::new(Mutex::new(ledger)), Arc::new(AtomicBool::new(false)));
        let (tell, heard) = mpsc::channel();
        let (kept, ended) = (Arc::clone(&ledger), Arc::clone(&ends));
        let serving = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Acquire) {
                    return;
                }
                let (kept, tell) = (Arc::clone(&kept), tell.clone());
                // Whoever waits in vain must not keep others waiting.
                std::thread::spawn(move || serve(stream.unwrap(), &kept, &tell));
            }
        });
        Self { url, ledger, ends, serving: Some(serving), heard }
    }

    pub(super) fn peer(&self) -> Line {
        let (connect, whole) = (Duration::from_secs(5), Duration::from_millis(150));
        Line::Http(Peer::new(&self.url, true, Limits { connect, whole, answer: 4096 }).unwrap())
    }

    pub(super) fn executed(&self) -> Vec<Digest> {
        self.ledger.lock().unwrap().executed.clone()
    }

    pub(super) fn traces(&self) -> Vec<String> {
        self.ledger.lock().unwrap().traces.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        let address = self.url.trim_start_matches("http://").trim_end_matches("/hook");
        drop(TcpStream::connect(address));
        drop(self.serving.take().map(JoinHandle::join));
    }
}

fn serve(mut stream: TcpStream, ledger: &Mutex<Ledger>, tell: &mpsc::Sender<Digest>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    if reader.read_line(&mut first).unwrap_or(0) == 0 {
        return;
    }
    let asks = first.contains("/seen ");
    let mode = {
        let mut ledger = ledger.lock().unwrap();
        if asks { Mode::Ok } else { ledger.script.pop_front().or(ledger.rest).unwrap() }
    };
    if mode == Mode::Reset {
        return;
    }
    let (mut key, mut length) = (Digest::ZERO, 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "traceparent" => ledger.lock().unwrap().traces.push(value.to_owned()),
            name if name == KEY => key = value.parse().unwrap(),
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    if asks {
        let status = if ledger.lock().unwrap().executed.contains(&key) { 200 } else { 404 };
        return drop(write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n"));
    }
    let done = {
        let mut ledger = ledger.lock().unwrap();
        let known = ledger.recognises && ledger.executed.contains(&key);
        if mode.executes() && !known {
            ledger.executed.push(key);
        }
        mode.executes()
    };
    let say = |mut stream: &TcpStream, text: &str| drop(stream.write_all(text.as_bytes()));
    let fine = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    match mode {
        Mode::Ok => say(&stream, fine),
        Mode::Twice => say(&stream, &fine.repeat(2)),
        Mode::TooMany => {
            say(&stream, "HTTP/1.1 429 x\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n");
        }
        Mode::Broken => say(&stream, "HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n"),
        Mode::Refuse => say(&stream, "HTTP/1.1 400 x\r\ncontent-length: 0\r\n\r\n"),
        Mode::HalfAnswer => say(&stream, "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\no"),
        Mode::Drip => {
            // Until whoever waits has left: writing fails then.
            while stream.write_all(b"H").is_ok() {
                let mut rest = [0];
                stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
                if let Ok(0) = stream.read(&mut rest) {
                    break;
                }
            }
        }
        Mode::Silent | Mode::SilentAfter => drop(stream.read(&mut [0])),
        Mode::Reset | Mode::ResetAfter => {}
    }
    if done {
        tell.send(key).unwrap_or_default();
    }
}
