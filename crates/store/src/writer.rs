//! The writer: one thread that owns the store and commits what queued while it was flushing.
//!
//! It never waits for a batch to fill: whatever lies in the queue when the flush before has ended
//! becomes one transaction. Checkpoints and work *behind* the journal run between transactions,
//! after the answers are out.
//!
//! The driver of today commits by itself; this waits for the server, where many requests queue at once.

use crate::{Batch, Committed, Store, StoreError};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::Duration;

type Result<T> = std::result::Result<T, StoreError>;
type Done = Box<dyn FnOnce(Result<Committed>) + Send>;
type Work = Box<dyn FnOnce(&mut Store) + Send>;

/// What one transaction may grow to before those who wait longest get their answer.
const GROUP_ENTRIES: usize = 8192;
const GROUP_BYTES: usize = 16 << 20;

/// After this long without work the write-ahead log is folded into the file and cut to nothing.
const IDLE: Duration = Duration::from_millis(500);

enum Task {
    Commit(Box<Batch>, Done),
    Work(Work),
}

/// A thread that owns the store. Shared by all who write; dropping it finishes what is queued.
#[derive(Debug)]
pub struct Writer {
    tasks: Option<SyncSender<Task>>,
    thread: Option<JoinHandle<Store>>,
    queue: usize,
}

/// A promise of the writer's answer.
#[derive(Debug)]
pub struct Ticket<T>(Receiver<Result<T>>);

impl<T> Ticket<T> {
    /// Waits for the answer.
    ///
    /// # Errors
    /// What went wrong; `store-closed` if the writer ended before it came to this.
    pub fn wait(self) -> Result<T> {
        self.0.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// The answer if it is there, else the ticket.
    ///
    /// # Errors
    /// The ticket itself, while the answer is not there.
    pub fn poll(self) -> std::result::Result<Result<T>, Self> {
        match self.0.try_recv() {
            Ok(answer) => Ok(answer),
            Err(mpsc::TryRecvError::Empty) => Err(self),
            Err(mpsc::TryRecvError::Disconnected) => Ok(Err(StoreError::Closed)),
        }
    }
}

impl Writer {
    /// Starts the thread with a queue of so many tasks.
    ///
    /// # Errors
    /// `store-io` if the system gives no thread.
    pub fn start(store: Store, queue: usize) -> Result<Self> {
        let (tasks, inbox) = mpsc::sync_channel(queue);
        let thread = std::thread::Builder::new().name("store-writer".to_owned());
        let thread = thread
            .spawn(move || run(store, &inbox))
            .map_err(|e| StoreError::io("start the writer", e))?;
        Ok(Self { tasks: Some(tasks), thread: Some(thread), queue })
    }

    /// Queues a batch.
    ///
    /// # Errors
    /// `store-queue-full` or `store-closed`: the batch was not taken.
    pub fn submit(&self, batch: Batch) -> Result<Ticket<Committed>> {
        let (answer, ticket) = mpsc::sync_channel(1);
        // Nobody waits any more where sending fails; the commit stands all the same.
        self.submit_then(batch, move |result| drop(answer.send(result)))?;
        Ok(Ticket(ticket))
    }

    /// Queues a batch and calls back, on the writer's thread, once it is durable or has failed. The
    /// callback must be short: the next commit waits for it.
    ///
    /// # Errors
    /// `store-queue-full` or `store-closed`: the batch was not taken.
    pub fn submit_then(
        &self,
        batch: Batch,
        done: impl FnOnce(Result<Committed>) + Send + 'static,
    ) -> Result<()> {
        self.send(Task::Commit(Box::new(batch), Box::new(done)))
    }

    /// Queues work behind the journal: snapshots, the stream index, models, purging. It comes after
    /// the batches that were queued before it; long work is best cut into pieces.
    ///
    /// # Errors
    /// `store-queue-full` or `store-closed`: the work was not taken.
    pub fn behind<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T> + Send + 'static,
    ) -> Result<Ticket<T>> {
        let (answer, ticket) = mpsc::sync_channel(1);
        self.send(Task::Work(Box::new(move |store| drop(answer.send(work(store))))))?;
        Ok(Ticket(ticket))
    }

    /// Finishes what is queued and gives the store back.
    ///
    /// # Errors
    /// `store-closed` if the writer died.
    pub fn close(mut self) -> Result<Store> {
        self.tasks = None;
        let thread = self.thread.take().ok_or(StoreError::Closed)?;
        thread.join().map_err(|_| StoreError::Closed)
    }

    fn send(&self, task: Task) -> Result<()> {
        let tasks = self.tasks.as_ref().ok_or(StoreError::Closed)?;
        tasks.try_send(task).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::QueueFull { waiting: self.queue },
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(code = StoreError::Closed.code(), "The store's writer died.");
        }
    }
}

fn run(mut store: Store, inbox: &Receiver<Task>) -> Store {
    let mut folded = false;
    loop {
        let first = if folded {
            inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            inbox.recv_timeout(IDLE)
        };
        let result = match first {
            Err(RecvTimeoutError::Disconnected) => return store,
            Err(RecvTimeoutError::Timeout) => {
                folded = true;
                store.fold_log().map(|_| ())
            }
            Ok(first) => {
                folded = false;
                let work = commit_queued(&mut store, first, inbox);
                work.into_iter().for_each(|work| work(&mut store));
                store.checkpoint_if_due()
            }
        };
        // A checkpoint that fails loses nothing: the log keeps what was committed.
        if let Err(error) = result {
            tracing::warn!(code = error.code(), "The store could not fold its log.");
        }
    }
}

/// Commits all batches that lie in the queue up to the first other work, and gives that back.
fn commit_queued(store: &mut Store, first: Task, inbox: &Receiver<Task>) -> Option<Work> {
    let (mut batches, mut answers, mut work) = (Vec::new(), Vec::new(), None);
    let (mut entries, mut bytes) = (0, 0);
    let mut next = Some(first);
    while let Some(task) = next.take() {
        match task {
            Task::Work(found) => work = Some(found),
            Task::Commit(batch, done) => {
                entries += batch.entries.len();
                bytes += batch.bytes();
                batches.push(batch);
                answers.push(done);
                if entries < GROUP_ENTRIES && bytes < GROUP_BYTES {
                    next = inbox.try_recv().ok();
                }
            }
        }
    }
    commit_group(store, &batches, answers);
    work
}

fn commit_group(store: &mut Store, batches: &[Box<Batch>], answers: Vec<Done>) {
    let together = match batches {
        [] | [_] => None,
        _ => store.commit_all(batches).ok(),
    };
    match together {
        Some(done) => answers.into_iter().zip(done).for_each(|(answer, done)| answer(Ok(done))),
        // One bad batch must not take the others with it: each gets its own transaction.
        None => {
            for (batch, answer) in batches.iter().zip(answers) {
                let done = store.commit_all(std::slice::from_ref(batch));
                answer(done.and_then(|done| done.first().copied().ok_or(StoreError::Closed)));
            }
        }
    }
}
