//! An import that is killed at any moment goes on where it was, and ends as if nothing had happened.

use crate::history::{export, incidents};
use crate::world::{Journal, World, full};
use bellwether_core::{Digest, StreamId};
use bellwether_testkit::Dice;

const IMPORT: [&str; 4] = ["import", "log.csv", "--mapping", "incident-log"];

/// The undisturbed run: how small and how large the data directory was, and what it holds.
struct Calm {
    text: String,
    sizes: (u64, u64),
    offset: u64,
    journal: Journal,
}

fn calm(seed: u64) -> Calm {
    let text = export(&incidents(seed, if full() { 2_000 } else { 500 }));
    let world = World::under("incident-sla");
    world.write("log.csv", &text);
    let (first, mut last) = (world.size(), 0);
    let mut child = world.start(&IMPORT);
    while child.try_wait().unwrap().is_none() {
        last = last.max(world.size());
        std::thread::yield_now();
    }
    assert!(child.wait().unwrap().success());
    let offset = world.import().unwrap().offset;
    Calm { text, sizes: (first, last), offset, journal: world.journal() }
}

#[test]
fn a_killed_import_ends_as_an_undisturbed_one() {
    let seed = std::env::var("BELLWETHER_SEED").map_or(2016, |text| text.parse().unwrap());
    println!("BELLWETHER_SEED={seed}");
    let calm = calm(seed);
    let mut dice = Dice(seed);
    let kills = if full() { 200 } else { 8 };
    let (mut done, mut early) = (0, 0);
    while done < kills {
        let world = World::under("incident-sla");
        world.write("log.csv", &calm.text);
        let mut offset = 0;
        // The moments are spread over the whole import; every third directory is hit again.
        let (mut slot, mut hits) = (done * 3 % kills, 1 + u64::from(done % 3 == 0));
        while hits > 0 && kill(&world, &calm, slot, kills, &mut dice) {
            let found = world.import().map_or(0, |import| import.offset);
            assert!(found >= offset, "seed {seed}, kill {done}: {found} after {offset}");
            early += u64::from(found < calm.offset);
            offset = found;
            slot = slot.max(kills / 2) + 1;
            hits -= 1;
            done += 1;
        }
        if hits > 0 {
            // It was quicker than the dagger.
            done += 1;
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
    assert!(early * 2 >= kills, "most kills come too late: {early} of {kills}");
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

/// Starts the import and kills it in one of `slots` parts of its way; `false` if it ended before.
fn kill(world: &World, calm: &Calm, slot: u64, slots: u64, dice: &mut Dice) -> bool {
    let (first, last) = calm.sizes;
    let part = (last - first) / slots;
    let size = first + part * slot.min(slots - 1) + dice.below(part.max(1));
    let mut child = world.start(&IMPORT);
    if !world.grows(&mut child, size) {
        return false;
    }
    for _ in 0..dice.below(3_000) {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}
