//! What is taken waits in order, is forgotten when it is stepped, and is in every backup.

use super::*;
use crate::{Batch, Meta, Options};

fn store(dir: &Path) -> Store {
    let meta = Meta {
        tenant: "t".to_owned(),
        region: "eu".to_owned(),
        origin: "o".to_owned(),
        epoch: 1,
        created: Timestamp::from_secs(1),
    };
    Store::open(dir, &Options::create(meta)).unwrap()
}

fn delivery(seq: u64) -> Delivery {
    Delivery {
        seq,
        at: Timestamp::from_secs(9),
        weight: seq,
        sealed: vec![seq as u8; 40],
        once: None,
    }
}

#[test]
fn what_is_put_waits_in_order_until_it_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = store(dir.path());
    let mut inbox = store.inbox().unwrap();
    assert_eq!(inbox.waiting(0).unwrap(), (0, 0));
    inbox.put(&[delivery(1), delivery(2), delivery(3)]).unwrap();
    assert!(inbox.put(&[delivery(4), delivery(3)]).is_err(), "a number is given once");
    assert_eq!(inbox.from(2, 9).unwrap(), [delivery(2), delivery(3)], "all of a batch or nothing");
    assert_eq!(inbox.waiting(1).unwrap(), (3, 5));

    store.commit(&Batch { inbox: Some(2), ..Batch::default() }).unwrap();
    assert_eq!(store.inbox_done().unwrap(), 2);
    assert_eq!(inbox.drop_until(2).unwrap(), 2);
    drop(inbox);
    let again = store.inbox().unwrap();
    assert_eq!(again.from(0, 9).unwrap(), [delivery(3)]);
    assert_eq!(Inbox::read(dir.path()).unwrap().from(0, 1).unwrap(), [delivery(3)]);
}

#[test]
fn what_was_dropped_is_not_left_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let mut inbox = store.inbox().unwrap();
    let sealed = b"planted-and-sealed".repeat(40);
    inbox.put(&[Delivery { sealed: sealed.clone(), ..delivery(1) }]).unwrap();
    inbox.drop_until(1).unwrap();
    inbox.fold().unwrap();
    let file = std::fs::read(dir.path().join(FILE)).unwrap();
    assert!(!file.windows(18).any(|part| part == &sealed[..18]));
}

#[test]
fn a_delivery_that_is_repeated_is_known_until_nobody_repeats_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut inbox = store(dir.path()).inbox().unwrap();
    let once = Digest::of(b"delivery 7");
    assert!(!inbox.has_seen(once).unwrap());
    inbox.put(&[Delivery { once: Some(once), ..delivery(1) }]).unwrap();
    inbox.drop_until(1).unwrap();
    assert!(inbox.has_seen(once).unwrap(), "it is known longer than it waits");
    assert_eq!(inbox.forget_seen(Timestamp::from_secs(9)).unwrap(), 0);
    assert_eq!(inbox.forget_seen(Timestamp::from_secs(10)).unwrap(), 1);
    assert!(!inbox.has_seen(once).unwrap());
}

/// Whatever was taken and when the copies are made: a signal is in one of them at least, and one that is in
/// both is known by its number.
#[test]
fn a_backup_under_way_loses_nothing_that_was_taken() {
    let [dir, copy] = [(), ()].map(|()| tempfile::tempdir().unwrap());
    let mut store = store(dir.path());
    let mut inbox = store.inbox().unwrap();
    inbox.put(&[delivery(1), delivery(2), delivery(3)]).unwrap();
    store.commit(&Batch { inbox: Some(1), ..Batch::default() }).unwrap();
    let made = crate::back_up_beside(dir.path(), copy.path()).unwrap();
    assert_eq!(made, [copy.path().join(FILE)], "there is no access.db yet");
    // Between the two copies more is taken and stepped, and what is stepped leaves the inbox.
    inbox.put(&[delivery(4)]).unwrap();
    store.commit(&Batch { inbox: Some(2), ..Batch::default() }).unwrap();
    inbox.drop_until(2).unwrap();
    store.back_up(copy.path()).unwrap();
    let done = Store::open(copy.path(), &Options::read_only()).unwrap().inbox_done().unwrap();
    let kept = Inbox::read(copy.path()).unwrap();
    assert_eq!((done, kept.from(done + 1, 9).unwrap()), (2, vec![delivery(3)]));
    assert!(crate::back_up_beside(dir.path(), copy.path()).is_err(), "a new folder each time");
}
