//! The writer: grouping, order, a full queue, a bad batch among good ones.

use super::*;
use std::sync::{Arc, mpsc};

#[test]
fn many_senders_share_transactions_and_keep_their_order() {
    let (dir, store) = fresh();
    let writer = Arc::new(Writer::start(store, 1000).unwrap());
    let senders = (0..4u128).map(|nth| {
        let writer = Arc::clone(&writer);
        std::thread::spawn(move || {
            let tickets: Vec<_> = (1..=100)
                .map(|seq| {
                    let mut batch = Batch::new(at(1));
                    batch.entries = vec![entry(nth, seq)];
                    writer.submit(batch).unwrap()
                })
                .collect();
            tickets.into_iter().map(|t| t.wait().unwrap().first_pos).collect::<Vec<_>>()
        })
    });
    let senders: Vec<_> = senders.collect();
    let places: Vec<Vec<u64>> = senders.into_iter().map(|s| s.join().unwrap()).collect();
    assert!(places.iter().all(|own| own.is_sorted()));
    let mut all: Vec<_> = places.concat();
    all.sort_unstable();
    assert_eq!(all, (1..=400).collect::<Vec<_>>());
    let store = Arc::into_inner(writer).unwrap().close().unwrap();
    drop(store);
    let store = reopen(dir.path());
    for nth in 0..4 {
        let seqs: Vec<_> = of_stream(&store, stream(nth), 1).iter().map(|row| row.seq).collect();
        assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    }
}

/// Keeps the writer busy until it is told to go on.
fn hold(writer: &Writer) -> (mpsc::Sender<()>, Ticket<()>) {
    let (go, wait) = mpsc::channel();
    let (begun, started) = mpsc::channel();
    let work = move |_: &mut Store| {
        begun.send(()).unwrap();
        let _ = wait.recv();
        Ok(())
    };
    let ticket = writer.behind(work).unwrap();
    started.recv().unwrap();
    (go, ticket)
}

#[test]
fn a_full_queue_is_told_at_once() {
    let (_dir, store) = fresh();
    let writer = Writer::start(store, 2).unwrap();
    let (go, held) = hold(&writer);
    let taken = [writer.submit(rich(1)).unwrap(), writer.submit(rich(2)).unwrap()];
    assert_eq!(writer.submit(rich(3)).unwrap_err().code(), "store-queue-full");
    let [first, second] = taken;
    let first = first.poll().unwrap_err();
    go.send(()).unwrap();
    held.wait().unwrap();
    assert_eq!((first.wait().unwrap().last_pos, second.wait().unwrap().last_pos), (1, 2));
    assert_eq!(writer.submit(rich(3)).unwrap().wait().unwrap().last_pos, 3);
}

#[test]
fn a_bad_batch_does_not_take_others_with_it() {
    let (_dir, store) = fresh();
    let writer = Writer::start(store, 10).unwrap();
    let (go, held) = hold(&writer);
    let mut bad = rich(2);
    bad.identities[0].blind = vec![1];
    let tickets = [rich(1), bad, rich(3)].map(|batch| writer.submit(batch).unwrap());
    go.send(()).unwrap();
    held.wait().unwrap();
    let [first, bad, third] = tickets.map(Ticket::wait);
    assert_eq!(first.unwrap().last_pos, 1);
    assert_eq!(bad.unwrap_err().code(), "store-conflict");
    assert_eq!(third.unwrap().first_pos, 2);
    let store = writer.close().unwrap();
    assert_eq!(scanned(&store, 1).len(), 2);
}

#[test]
fn work_behind_sees_what_was_queued_before_it() {
    let (_dir, store) = fresh();
    let writer = Writer::start(store, 10).unwrap();
    let ticket = writer.submit(rich(1)).unwrap();
    let seen = writer.behind(|store| store.last_pos()).unwrap();
    assert_eq!(seen.wait().unwrap(), 1);
    ticket.wait().unwrap();
    let refused = writer.behind(|store| store.begin_epoch(&later(1))).unwrap().wait();
    assert_eq!(refused.unwrap_err().code(), "store-conflict");
}

#[test]
fn a_writer_that_ends_finishes_its_queue() {
    let (dir, store) = fresh();
    let writer = Writer::start(store, 100).unwrap();
    let tickets: Vec<_> = (1..=50).map(|nth| writer.submit(rich(nth)).unwrap()).collect();
    drop(writer);
    assert!(tickets.into_iter().all(|ticket| ticket.wait().is_ok()));
    assert_eq!(reopen(dir.path()).last_pos().unwrap(), 50);
}

#[test]
fn a_writer_that_dies_is_told() {
    let (_dir, store) = fresh();
    let writer = Writer::start(store, 10).unwrap();
    let died = writer.behind::<()>(|_| panic!("a fault of the driver")).unwrap();
    assert_eq!(died.wait().unwrap_err().code(), "store-closed");
    assert_eq!(writer.close().unwrap_err().code(), "store-closed");
}

#[test]
fn the_log_stays_bounded() {
    let (dir, mut store) = fresh();
    let mut batch = Batch::new(at(1));
    batch.entries = vec![Entry::new(stream(1), 1, vec![1; 1 << 20], vec![2; 1 << 20])];
    for _ in 0..40 {
        store.commit(&batch).unwrap();
    }
    let log = store.footprint().unwrap().log_bytes;
    assert!(log < 50 << 20, "80 MiB went through a log of {log} bytes");
    assert!(store.fold_log().unwrap());
    assert_eq!(store.footprint().unwrap().log_bytes, 0);
    drop(store);
    assert_eq!(reopen(dir.path()).last_pos().unwrap(), 40);
}
