//! A server that is killed under load: what it acknowledged is in the journal, once.

use crate::server::{Server, message};
use crate::world::{World, full};
use bellwether_testkit::Dice;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Sends batches until the server is gone; notes the ids that were acknowledged.
fn send(server: &Server, next: &AtomicU64, acknowledged: &Mutex<BTreeSet<u64>>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let ids: Vec<u64> = (0..5).map(|_| next.fetch_add(1, Ordering::Relaxed)).collect();
        let event = |id: &u64| message(&format!("m{id}"), &format!("a{}", id % 7), "-0.9");
        let events: Vec<_> = ids.iter().map(event).collect();
        let kind = [("content-type", "application/cloudevents-batch+json")];
        let body = serde_json::to_vec(&events).unwrap();
        match server.try_post("/v1/signals", &kind, &body) {
            Some(answer) if answer.status == 202 => acknowledged.lock().unwrap().extend(ids),
            Some(answer) => assert_eq!(answer.status, 429, "{answer:?}"),
            None => return,
        }
    }
}

#[test]
fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let seed = std::env::var("BELLWETHER_SEED").map_or(2016, |text| text.parse().unwrap());
    println!("BELLWETHER_SEED={seed}");
    let kills = if full() { 300 } else { 6 };
    let world = World::served("");
    let (next, acknowledged) = (AtomicU64::new(0), Mutex::new(BTreeSet::new()));
    let mut dice = Dice(seed);
    for _ in 0..kills {
        let server = world.serve();
        let (target, stop) =
            (next.load(Ordering::Relaxed) + 20 + dice.below(400), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| send(&server, &next, &acknowledged, &stop)))
                .collect();
            while next.load(Ordering::Relaxed) < target {
                std::thread::yield_now();
            }
            let mut kill = std::process::Command::new("kill");
            assert!(kill.args(["-9", &server.id().to_string()]).status().unwrap().success());
            stop.store(true, Ordering::Relaxed);
            senders.into_iter().for_each(|sender| sender.join().unwrap());
        });
        server.kill();
    }
    // The last start takes whatever waits.
    world.serve().end();
    let acknowledged = acknowledged.into_inner().unwrap();
    let (sent, kept) = (next.into_inner(), applied(&world));
    println!(
        "{kills} kills, {sent} sent, {} acknowledged, {kept} in the journal",
        acknowledged.len()
    );
    assert!(kept <= sent, "none counts twice");
    // If one of them had been lost, sending it once more would count.
    let server = world.serve();
    for ids in acknowledged.iter().collect::<Vec<_>>().chunks(200) {
        let event = |id: &&u64| message(&format!("m{id}"), &format!("a{}", **id % 7), "-0.9");
        assert_eq!(server.send(&ids.iter().map(event).collect::<Vec<_>>()).status, 202);
    }
    server.end();
    assert_eq!(applied(&world), kept, "none is lost");
    world.run(&["log", "verify"]).ends(0);
    world.run(&["replay", "--all"]).ends(0);
}

/// How many signals were counted.
fn applied(world: &World) -> u64 {
    let mut count = 0;
    let store = world.store();
    store
        .scan(1, |row| {
            let record = String::from_utf8_lossy(row.record);
            let counted =
                record.contains(r#""status":"applied""#) || record.contains(r#""status":"late""#);
            count += u64::from(counted && record.contains(r#""kind":"signal""#));
            ControlFlow::Continue(())
        })
        .unwrap();
    count
}
