//! An import that is killed at any moment goes on where it was, and ends as if nothing had happened.

use crate::history::{export, incidents};
use crate::world::{Journal, World, full};
use bellwether_core::{Digest, StreamId};
use bellwether_testkit::Dice;

const IMPORT: [&str; 4] = ["import", "log.csv", "--mapping", "incident-log"];

/// The undisturbed run: how much the database's log grew, and what the data directory holds.
struct Calm {
    text: String,
    grown: u64,
    offset: u64,
    journal: Journal,
}

fn calm(seed: u64) -> Calm {
    let text = export(&incidents(seed, if full() { 2_000 } else { 500 }));
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
    Calm { text, grown: last - first, offset, journal: world.journal() }
}

#[test]
fn a_killed_import_ends_as_an_undisturbed_one() {
    let seed = std::env::var("BELLWETHER_SEED").map_or(2016, |text| text.parse().unwrap());
    println!("BELLWETHER_SEED={seed}");
    let calm = calm(seed);
    let mut dice = Dice(seed);
    let kills = if full() { 200 } else { 8 };
    let (mut done, mut early) = (0, 0);
    for tries in 0.. {
        if done >= kills {
            break;
        }
        assert!(tries < kills * 3, "seed {seed}: the import is quicker than the dagger");
        let world = World::under("incident-sla");
        world.write("log.csv", &calm.text);
        let mut offset = 0;
        // The moments are spread over the whole import; every third directory is hit again.
        let mut growth = (tries % kills * 1_000 + dice.below(1_000)) * calm.grown / kills / 1_000;
        for _ in 0..=u64::from(tries % 3 == 0) {
            if !kill(&world, growth, &mut dice) {
                break;
            }
            let found = world.import().map_or(0, |import| import.offset);
            assert!(found >= offset, "seed {seed}, kill {done}: {found} after {offset}");
            early += u64::from(found < calm.offset);
            (offset, done) = (found, done + 1);
            growth = dice.below(calm.grown / 3);
        }
        let said = world.run(&[&IMPORT[..], &["--format", "json"]].concat()).ends(0).json();
        if said["already"] == false {
            assert!(
                said["resumed"].as_u64().unwrap() >= offset,
                "seed {seed}, kill {done}: {said}"
            );
        }
        assert_eq!(world.import().unwrap().offset, calm.offset, "seed {seed}, kill {done}");
        assert!(world.import().unwrap().done.is_some());
        let journal = world.journal();
        let first = differs(&journal, &calm.journal);
        assert_eq!(first, None, "seed {seed}, kill {done}");
        world.run(&["replay", "--all"]).ends(0).says(&["are byte-equal"]);
    }
    println!("{done} kills, {early} of them before the last row was in");
    assert!(early > 0, "seed {seed}: every kill came too late");
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
