//! Other rules in shadow over a history of incidents: what they count is what a replay by them finds, and
//! the subjects it names are those that every record, compared here, comes out otherwise for.
//!
//! With `BELLWETHER_FULL` the incident log itself is read, where it lies beside the repository.

use crate::history::{export, incidents};
use crate::world::{World, full};
use bellwether_core::effect::AskCause;
use bellwether_core::{Body, Code, DocKey, StreamId};
use bellwether_engine::{Replay, Rules, Step};
use bellwether_runtime::embedded::read_rules;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// The bundle, asking about more at once, and two days earlier about what is slow.
fn earlier(world: &World) {
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/incident-sla");
    for file in [
        "bundle.yaml",
        "facts.yaml",
        "features.yaml",
        "people.yaml",
        "rates.yaml",
        "routing/incident.yaml",
    ] {
        let text = fs::read_to_string(bundle.join(file)).unwrap();
        let text = text.replace("version: 1.0.0", "version: 1.1.0");
        let text = text.replace("priority <= 2", "priority <= 2 || incident.handed_on >= 3");
        world.write(&format!("next/{file}"), text.replace("duration('10d')", "duration('8d')"));
    }
}

/// The incident log, or incidents from a seed.
fn log() -> String {
    let real = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/servicenow-incidents/events_dev.csv.gz");
    if full() {
        match fs::File::open(&real) {
            Ok(file) => {
                let mut text = String::new();
                flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
                return text;
            }
            Err(_) => {
                println!("SKIPPED: there is no {}; made-up incidents instead", real.display())
            }
        }
    }
    export(&incidents(11, 300))
}

#[test]
fn what_a_shadow_counts_is_what_a_replay_finds() {
    let world = World::under("incident-sla");
    world.write("log.csv", log());
    earlier(&world);
    world.run(&["import", "log.csv", "--mapping", "incident-log"]).ends(0);
    let apply = ["policy", "apply", "next", "--shadow", "--reason", "warn earlier", "--by", "ann"];
    world.run(&apply).ends(0).says(&["decides in shadow"]);
    let before = Instant::now();
    let shadow = world.run(&["policy", "shadow", "--format", "json"]).ends(0).json();
    let took = before.elapsed();
    let replay = ["replay", "--all", "--bundle", "next", "--format", "json"];
    let replay = world.run(&replay).ends(2).json();
    assert_eq!(shadow, replay["compared"], "the diff of the shadow is not that of the replay");
    let (ours, asked) = compared(&world);
    assert_eq!(shadow["decisions"], serde_json::json!({"equal": ours[0], "differ": ours[1]}));
    assert_eq!(
        (&shadow["newly"], &shadow["no_longer"]),
        (&asked[0].into(), &asked[1].into()),
        "{shadow}"
    );
    assert!(ours[1] > 0 && asked[0] > 0, "{shadow}");
    let simulated = world.run(&["simulate", "--bundle", "next", "--format", "json"]).ends(0).json();
    println!(
        "{} decisions, {} otherwise; {} subjects newly, {} no longer; the shadow took {took:.1?}; simulated: {}",
        ours[0] + ours[1],
        ours[1],
        asked[0],
        asked[1],
        brief(&simulated)
    );
    // Nothing of it has been decided: the log is what the old rules made.
    world.run(&["log", "checkpoint"]).ends(0);
    world.run(&["log", "verify"]).ends(0);
}

/// What a simulation says, without its lists.
fn brief(said: &Value) -> String {
    let members = said.as_object().into_iter().flatten();
    let plain = members.filter(|(_, value)| value.is_number());
    plain.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// Decisions that come out the same and otherwise, and subjects that somebody is asked about newly and no
/// longer: counted here, from both sides' steps.
fn compared(world: &World) -> ([u64; 2], [u64; 2]) {
    let store = world.store();
    let book = read_rules(&store).unwrap();
    let files = [
        "bundle.yaml",
        "facts.yaml",
        "features.yaml",
        "people.yaml",
        "rates.yaml",
        "routing/incident.yaml",
    ];
    let files = files
        .map(|file| (file.to_owned(), fs::read_to_string(world.path("next").join(file)).unwrap()));
    let Ok(tried) = Rules::compose(files.into()) else { panic!("they do not load") };
    let other = book.with_stand_in(&Arc::new(tried));
    let (mut kept, mut tried) = (Replay::new(&book), Replay::new(&other));
    let mut decisions = [0; 2];
    let mut asked: BTreeMap<(StreamId, DocKey), [bool; 2]> = BTreeMap::new();
    store
        .scan(1, |row| {
            let (event, ours) = kept.check(row.event, row.record).unwrap();
            let (_, theirs) = tried.derive(row.event, row.record).unwrap();
            let [ours, theirs] = [&ours, &theirs].map(told);
            // A timer is the old rules': where only one side decides by it, the other would have had its own.
            let timer = matches!(event.body, Body::Timer { .. });
            let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
            for key in keys {
                let (kept, tried) = (ours.get(key), theirs.get(key));
                if !timer || (kept.is_some() && tried.is_some()) {
                    decisions[usize::from(kept != tried)] += 1;
                }
                let asks = asked.entry((event.stream, key.0)).or_default();
                for (side, one) in [kept, tried].into_iter().enumerate() {
                    asks[side] |= one.is_some_and(|(.., anew)| *anew);
                }
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    let count = |wanted: [bool; 2]| asked.values().filter(|asks| **asks == wanted).count() as u64;
    (decisions, [count([false, true]), count([true, false])])
}

/// By subject and graph: rule, node and who was asked, and whether anew.
type Told = BTreeMap<(DocKey, Code), (Code, Code, Option<Code>, bool)>;

/// What a step decided.
fn told(step: &Step) -> Told {
    let one = |decided: &bellwether_engine::Decided| {
        let person = decided.asked.map(|(person, _)| person);
        let anew = matches!(decided.asked, Some((_, AskCause::Decided | AskCause::Raised)));
        ((decided.doc, decided.graph), (decided.rule, decided.node, person, anew))
    };
    step.decided.iter().map(one).collect()
}
