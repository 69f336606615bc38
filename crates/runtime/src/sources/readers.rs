//! Readers: what looks into a signal before it is decided, each within its time.
//!
//! - In: a signal, and readers that may take long.
//! - Out: the fields that they found; the names of those that were passed over stand in `reader.skipped`.
//! - Never: waits beyond a reader's deadline, or for one that is still busy with an earlier signal; asks
//!   any while only rules are to decide.

use bellwether_core::signal::{MAX_WORD, RawSignal, RawValue};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The field that names the readers that were passed over.
pub const SKIPPED: &str = "reader.skipped";

/// Finds fields in a signal.
pub trait Reader: Send {
    /// The fields that it found.
    fn read(&self, signal: &RawSignal) -> Vec<(String, RawValue)>;
}

/// A reader on a thread of its own.
struct Worker {
    name: &'static str,
    deadline: Duration,
    ask: Option<SyncSender<(u64, RawSignal)>>,
    answers: Receiver<(u64, Vec<(String, RawValue)>)>,
    asked: u64,
    thread: Option<JoinHandle<()>>,
}

/// All readers, asked one after the other.
pub struct Readers {
    workers: Vec<Worker>,
    /// Only rules decide, because it all takes too long.
    rules_only: Arc<AtomicBool>,
    skipped: Arc<AtomicU64>,
}

impl Readers {
    /// No readers yet; while the flag is set, none is asked.
    pub fn new(rules_only: Arc<AtomicBool>) -> Self {
        Self { workers: Vec::new(), rules_only, skipped: Arc::default() }
    }

    /// Adds a reader with its deadline.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn add(
        &mut self,
        name: &'static str,
        deadline: Duration,
        reader: impl Reader + 'static,
    ) -> std::io::Result<()> {
        let (ask, asked) = mpsc::sync_channel::<(u64, RawSignal)>(0);
        let (answer, answers) = mpsc::channel();
        let thread =
            std::thread::Builder::new().name(format!("reader-{name}")).spawn(move || {
                for (number, signal) in asked {
                    if answer.send((number, reader.read(&signal))).is_err() {
                        break;
                    }
                }
            })?;
        let (ask, thread) = (Some(ask), Some(thread));
        self.workers.push(Worker { name, deadline, ask, answers, asked: 0, thread });
        Ok(())
    }

    /// How often a reader was passed over.
    pub fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Adds what the readers find to a signal.
    pub fn read(&mut self, signal: &mut RawSignal) {
        let rules_only = self.rules_only.load(Ordering::Relaxed);
        let (mut found, mut skipped) = (Vec::new(), Vec::new());
        for worker in &mut self.workers {
            match if rules_only { None } else { worker.read(signal) } {
                Some(mut fields) => found.append(&mut fields),
                None => skipped.push(worker.name),
            }
        }
        signal.fields.append(&mut found);
        if !skipped.is_empty() {
            self.skipped.fetch_add(skipped.len() as u64, Ordering::Relaxed);
            let names = Some(skipped.join(",")).filter(|names| names.len() <= MAX_WORD);
            let names = names.unwrap_or_else(|| format!("{} readers", skipped.len()));
            signal.fields.push((SKIPPED.to_owned(), RawValue::Word(names)));
        }
    }
}

impl Worker {
    /// What it finds in time; `None` if it is late, busy or gone.
    fn read(&mut self, signal: &RawSignal) -> Option<Vec<(String, RawValue)>> {
        let until = Instant::now() + self.deadline;
        // Only a reader that waits takes a signal, so a busy one is given the time that is left to it.
        self.asked += 1;
        let mut given = (self.asked, signal.clone());
        loop {
            given = match self.ask.as_ref()?.try_send(given) {
                Ok(()) => break,
                Err(mpsc::TrySendError::Disconnected(_)) => return None,
                Err(mpsc::TrySendError::Full(back)) => back,
            };
            // Late answers are of nobody's interest any more, but say that it is free.
            let left = until.saturating_duration_since(Instant::now());
            match self.answers.recv_timeout(left.min(Duration::from_millis(1))) {
                Err(RecvTimeoutError::Disconnected) => return None,
                _ if left.is_zero() => return None,
                _ => {}
            }
        }
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.answers.recv_timeout(left) {
                Ok((number, found)) if number == self.asked => return Some(found),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            drop(worker.ask.take());
            if let Some(thread) = worker.thread.take() {
                drop(thread.join());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::{Timestamp, Trust};
    use std::sync::mpsc::Sender;

    fn signal() -> RawSignal {
        let (at, trust) = (Timestamp::from_secs(1), Trust::System);
        RawSignal {
            source: "crm".into(),
            id: "1".into(),
            kind: "ticket.opened".into(),
            at,
            known_at: None,
            trust,
            account: Vec::new(),
            contact: None,
            owner: None,
            case: None,
            deal: None,
            numbers: None,
            fields: Vec::new(),
            personal: Vec::new(),
            hidden: Default::default(),
        }
    }

    /// Waits until it is let go, every time.
    struct Slow(Receiver<()>);

    impl Reader for Slow {
        fn read(&self, _: &RawSignal) -> Vec<(String, RawValue)> {
            let _ = self.0.recv();
            vec![("slow".to_owned(), RawValue::Int(1))]
        }
    }

    struct Quick;

    impl Reader for Quick {
        fn read(&self, signal: &RawSignal) -> Vec<(String, RawValue)> {
            vec![("quick".to_owned(), RawValue::Word(signal.id.clone()))]
        }
    }

    fn names(signal: &RawSignal) -> Vec<String> {
        signal.fields.iter().map(|(name, value)| format!("{name} {value:?}")).collect()
    }

    #[test]
    fn a_late_reader_is_passed_over_and_named() {
        let rules_only = Arc::new(AtomicBool::new(false));
        let mut readers = Readers::new(Arc::clone(&rules_only));
        let (go, held): (Sender<()>, _) = mpsc::channel();
        readers.add("slow", Duration::from_millis(20), Slow(held)).unwrap();
        readers.add("quick", Duration::from_secs(600), Quick).unwrap();
        for _ in 0..2 {
            let mut one = signal();
            readers.read(&mut one);
            assert_eq!(names(&one), ["quick Word(\"1\")", "reader.skipped Word(\"slow\")"]);
        }
        rules_only.store(true, Ordering::Relaxed);
        let mut one = signal();
        readers.read(&mut one);
        assert_eq!(names(&one), ["reader.skipped Word(\"slow,quick\")"]);
        assert_eq!(readers.skipped(), 4);
        rules_only.store(false, Ordering::Relaxed);
        // It is let go once for the signal that it was late with, and once for the next.
        go.send(()).unwrap();
        go.send(()).unwrap();
        readers.workers[0].deadline = Duration::from_secs(600);
        let mut one = signal();
        readers.read(&mut one);
        assert_eq!(names(&one), ["slow Int(1)", "quick Word(\"1\")"]);
        drop(go);
    }
}
