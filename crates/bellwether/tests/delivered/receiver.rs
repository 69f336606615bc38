//! Receivers on loopback that keep a ledger of their own, and fail as they are told to.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Standard Webhooks; it executes each key once.
    Webhook,
    /// `chat.postMessage`, and `conversations.history`.
    Slack,
    /// A workflow that posts cards.
    Teams,
    /// SMTP.
    Mail,
    /// OTLP over HTTP.
    Collector,
}

/// How a request is met. What `executes` does its work before it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// As it should be.
    None,
    /// The connection breaks off: before the mail is known, or after its end.
    Reset { executes: bool },
    /// The answer comes byte by byte, and never ends.
    Drips { executes: bool },
    /// 429 with `Retry-After`; a mail server says 450 then, and 421 where that is more than a minute.
    Busy { seconds: u32 },
    /// 500; a mail server says 451, by which it has not taken the mail.
    Broken { executes: bool },
    /// The status comes, and the connection breaks off.
    Dies,
    /// 400; a mail server says 554.
    Refuses,
}

/// A request as it came. A mail has its headers there, and the envelope's recipient as its path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The key of the effect.
    pub(crate) fn key(&self) -> &str {
        self.header("x-bellwether-effect")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What a receiver was asked, and what it did.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Messages, those among them that it failed.
    pub(crate) requests: Vec<Request>,
    /// How often it was asked which messages it has.
    pub(crate) asked: u32,
    /// How often each key was executed.
    pub(crate) executed: BTreeMap<String, u32>,
}

/// Something happened, somewhere.
#[derive(Default)]
pub(crate) struct News(Mutex<u64>, Condvar);

impl News {
    pub(crate) fn tell(&self) {
        *self.0.lock().unwrap() += 1;
        self.1.notify_all();
    }

    pub(crate) fn wait(&self, most: Duration) {
        let seen = self.0.lock().unwrap();
        let before = *seen;
        drop(self.1.wait_timeout_while(seen, most, |now| *now == before).unwrap());
    }
}

/// How a receiver behaves; the number is that of the message, from 0.
pub(crate) trait Conduct: Send + Sync {
    /// How a message is met.
    fn meets(&self, nth: usize) -> Fault;
    /// It was executed, and not answered yet.
    fn executed(&self) {}
    /// It was answered.
    fn answered(&self) {}
}

/// The first message, or every one, is met with a fault.
pub(crate) struct Failing {
    pub(crate) fault: Fault,
    pub(crate) always: bool,
}

impl Conduct for Failing {
    fn meets(&self, nth: usize) -> Fault {
        if nth == 0 || self.always { self.fault } else { Fault::None }
    }
}

pub(super) struct Shared {
    pub(super) kind: Kind,
    pub(super) conduct: Arc<dyn Conduct>,
    pub(super) ledger: Mutex<Ledger>,
    news: Arc<News>,
    ends: AtomicBool,
}

impl Shared {
    /// Notes a message, and says how it is met.
    pub(super) fn take(&self, request: Request) -> Fault {
        let mut ledger = self.ledger.lock().unwrap();
        ledger.requests.push(request);
        self.conduct.meets(ledger.requests.len() - 1)
    }

    /// How the next message is met.
    pub(super) fn next(&self) -> Fault {
        self.conduct.meets(self.ledger.lock().unwrap().requests.len())
    }

    /// Does the work of a message; a webhook recognises a key.
    pub(super) fn execute(&self, key: &str) {
        let mut ledger = self.ledger.lock().unwrap();
        let times = ledger.executed.entry(key.to_owned()).or_default();
        *times = if self.kind == Kind::Webhook { 1 } else { *times + 1 };
        drop(ledger);
        self.conduct.executed();
    }

    /// It drips a byte every so often until whoever waits has left.
    pub(super) fn drip(mut stream: &TcpStream, begin: &str) {
        use std::io::{Read as _, Write as _};
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut bytes = begin.bytes().chain(std::iter::repeat(b'x'));
        while bytes.next().is_some_and(|byte| stream.write_all(&[byte]).is_ok()) {
            if let Ok(0) = stream.read(&mut [0]) {
                return;
            }
        }
    }
}

/// A receiver at work, until it is dropped.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) fn new(kind: Kind, conduct: Arc<dyn Conduct>, news: &Arc<News>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ledger, ends, news) = (Mutex::default(), AtomicBool::new(false), Arc::clone(news));
        let shared = Arc::new(Shared { kind, conduct, ledger, news, ends });
        let state = Arc::clone(&shared);
        let serving = std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if state.ends.load(Ordering::Acquire) {
                    return;
                }
                let state = Arc::clone(&state);
                std::thread::spawn(move || {
                    match state.kind {
                        Kind::Mail => crate::smtp::serve(stream, &state),
                        _ => crate::http::serve(stream, &state),
                    };
                    state.news.tell();
                });
            }
        });
        Self { port, shared, serving: Some(serving) }
    }

    /// One that never fails.
    pub(crate) fn fine(kind: Kind, news: &Arc<News>) -> Self {
        Self::new(kind, Arc::new(Failing { fault: Fault::None, always: true }), news)
    }

    pub(crate) fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.shared.ledger.lock().unwrap()
    }

    /// How often a key was executed.
    pub(crate) fn executed(&self, key: &str) -> u32 {
        self.ledger().executed.get(key).copied().unwrap_or_default()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Release);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        drop(self.serving.take().map(JoinHandle::join));
    }
}
