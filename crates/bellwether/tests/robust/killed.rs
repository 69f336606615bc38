//! An import that is killed at any moment goes on where it was, and ends as if nothing had happened.

use crate::history::{export, incidents};
use crate::world::{Journal, World, full};
use bellwether_core::{Digest, StreamId};
use bellwether_testkit::Dice;
use std::sync::atomic::{AtomicU64, Ordering};

const IMPORT: [&str; 4] = ["import", "log.csv", "--mapping", "incident-log"];

/// The undisturbed run: how much the database's log grew, and what the data directory holds.
struct Calm {
    text: String,
    grown: u64,
    offset: u64,
    journal: Journal,
}

fn calm(seed: u64) -> Calm {
    let text = export(&incidents(seed, 500));
    let world = World::under("incident-sla");
    world.write("log.csv", &text);
    let (first, mut last) = (world.log_size(), 0);
    let mut child = world.start(&IMPORT);
    while child.try_wait().unwrap().is_none() {
        last = last.max(world.log_size());
        std::thread::yield_now();
    }
    assert!(child.wait().unwrap().success());
    let offset = world.import().unwrap().offset;
    // Every killed run ends with these very bytes, so that they replay is shown once.
    world.run(&["replay", "--all"]).ends(0).says(&["are byte-equal"]);
    Calm { text, grown: last - first, offset, journal: world.journal() }
}

/// How many imports run side by side.
const WORKERS: usize = 2;

#[test]
fn a_killed_import_ends_as_an_undisturbed_one() {
    let seed = std::env::var("BELLWETHER_SEED").map_or(2016, |text| text.parse().unwrap());
    println!("BELLWETHER_SEED={seed}");
    let calm = calm(seed);
    let kills = if full() { 200 } else { 8 };
    let [tries, done, early] = [(); 3].map(|()| AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) < kills {
                    let nth = tries.fetch_add(1, Ordering::Relaxed);
                    assert!(nth < kills * 3, "seed {seed}: the import is quicker than the dagger");
                    let hit = disturbed(seed, nth, kills, &calm);
                    done.fetch_add(hit.kills, Ordering::Relaxed);
                    early.fetch_add(hit.early, Ordering::Relaxed);
                }
            });
        }
    });
    let (done, early) = (done.into_inner(), early.into_inner());
    println!("{done} kills, {early} of them before the last row was in");
    assert!(early > 0, "seed {seed}: every kill came too late");
}

/// What was hit in one data directory.
#[derive(Default)]
struct Hit {
    kills: u64,
    /// Kills before the last row was committed.
    early: u64,
}

/// One import that is killed once or twice, then run to its end and compared with the undisturbed one.
fn disturbed(seed: u64, nth: u64, kills: u64, calm: &Calm) -> Hit {
    let (mut dice, mut hit, mut offset) = (Dice(seed ^ nth << 32), Hit::default(), 0);
    let world = World::under("incident-sla");
    world.write("log.csv", &calm.text);
    // The moments are spread over the whole import; every third directory is hit again.
    let mut growth = (nth % kills * 1_000 + dice.below(1_000)) * calm.grown / kills / 1_000;
    for _ in 0..=u64::from(nth.is_multiple_of(3)) {
        if !kill(&world, growth, &mut dice) {
            break;
        }
        let found = world.import().map_or(0, |import| import.offset);
        assert!(found >= offset, "seed {seed}, try {nth}: {found} after {offset}");
        hit.early += u64::from(found < calm.offset);
        hit.kills += 1;
        offset = found;
        growth = dice.below(calm.grown / 3);
    }
    let said = world.run(&[&IMPORT[..], &["--format", "json"]].concat()).ends(0).json();
    if said["already"] == false {
        assert!(said["resumed"].as_u64().unwrap() >= offset, "seed {seed}, try {nth}: {said}");
    }
    let import = world.import().unwrap();
    assert_eq!(import.offset, calm.offset, "seed {seed}, try {nth}");
    assert!(import.done.is_some());
    assert_eq!(differs(&world.journal(), &calm.journal), None, "seed {seed}, try {nth}");
    hit
}

/// The first entry, by position, that the other journal does not hold at the same place of its stream.
fn differs(one: &Journal, other: &Journal) -> Option<(u64, String)> {
    let missing = |(at, (_, digest)): &(&(StreamId, u64), &(u64, Digest))| {
        other.get(*at).is_none_or(|(_, known)| known != digest)
    };
    let first = one
        .iter()
        .filter(missing)
        .map(|((stream, seq), (pos, _))| (*pos, format!("{stream} {seq}")))
        .min();
    first.or_else(|| {
        (one.len() != other.len())
            .then(|| (0, format!("{} and {} entries", one.len(), other.len())))
    })
}

/// Starts the import and kills it when the log has grown so much; `false` if it ended before.
fn kill(world: &World, growth: u64, dice: &mut Dice) -> bool {
    let size = world.log_size() + growth;
    let mut child = world.start(&IMPORT);
    if !world.grows(&mut child, size) {
        return false;
    }
    for _ in 0..dice.below(300) {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}
