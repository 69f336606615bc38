//! A server that is killed while it delivers under load: no signal is lost, and nothing is executed twice, by receivers
//! that keep ledgers of their own.
//!
//! One receiver recognises keys, one can be asked what it has, one does neither. Most kills are by a receiver: in the
//! moment when it has done the work and has not answered yet, or right after the answer.

use crate::company::{self, signal, write_bundle};
use crate::receiver::{Conduct, Fault, Kind, News, Receiver};
use crate::server::Server;
use crate::world::{World, full};
use bellwether_core::event::Performed;
use bellwether_store::View;
use bellwether_testkit::Dice;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// When the server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    /// So many signals were acknowledged.
    Accepting,
    /// A receiver has done the work, and has not answered.
    Executed,
    /// A receiver has answered.
    Answered,
}

/// Kills a server when something has happened so many times.
#[derive(Default)]
struct Trap {
    set: Mutex<Option<(u32, Moment, u64)>>,
    executed: AtomicU32,
}

impl Trap {
    fn count(&self, what: Moment, by: u64) {
        let mut set = self.set.lock().unwrap();
        let Some((server, moment, left)) = *set else { return };
        if moment != what {
            return;
        }
        *set = Some((server, moment, left.saturating_sub(by)));
        if left <= by {
            *set = None;
            let mut kill = Command::new("kill");
            assert!(kill.args(["-9", &server.to_string()]).status().unwrap().success());
        }
    }

    fn is_set(&self) -> bool {
        self.set.lock().unwrap().is_some()
    }
}

impl Conduct for Trap {
    fn meets(&self, _: usize) -> Fault {
        Fault::None
    }

    fn executed(&self) {
        self.executed.fetch_add(1, Ordering::Relaxed);
        self.count(Moment::Executed, 1);
    }

    fn answered(&self) {
        self.count(Moment::Answered, 1);
    }
}

/// The channels, and how many people are asked by each.
const CHANNELS: [(&str, Kind); 3] =
    [("hook", Kind::Webhook), ("chat", Kind::Slack), ("team", Kind::Teams)];
const PEOPLE: u64 = 3;
/// How far the senders may be ahead of the receivers.
const AHEAD: u64 = 150;

fn way(id: u64) -> String {
    let nth = usize::try_from(id % 3).unwrap();
    format!("{}{}", CHANNELS[nth].0, id / 3 % PEOPLE)
}

fn event(id: u64) -> serde_json::Value {
    signal(&format!("m{id}"), &format!("a{id}"), &way(id))
}

fn settings(world: &World, receivers: &[Receiver]) -> String {
    world.secret("hook.secret", "whsec_dHdlbnR5LWZvdXIgYnl0ZXMgb3IgbW9yZQ==");
    world.secret("slack.secret", "xoxb-of-the-test");
    let [hook, chat, team] = receivers else { panic!("three receivers") };
    world.secret("team.secret", &format!("http://127.0.0.1:{}/", team.port));
    let mut people = String::new();
    for id in 0..3 * PEOPLE {
        let way = way(id);
        let channel = way.trim_end_matches(char::is_numeric);
        let channel = if channel == "chat" { "chat:U1" } else { channel };
        people += &format!("{way}-1 = [\"{channel}\"]\n");
    }
    format!(
        "[channels.hook]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/\"\nsecret_file = \"hook.secret\"\n\
         private = true\n[channels.chat]\nkind = \"slack\"\nurl = \"http://127.0.0.1:{}/api\"\n\
         token_file = \"slack.secret\"\nprivate = true\n[channels.team]\nkind = \"teams\"\n\
         url_file = \"team.secret\"\nprivate = true\n[delivery.people]\n{people}",
        hook.port, chat.port
    )
}

/// What the senders know.
#[derive(Default)]
struct Sent {
    next: AtomicU64,
    acknowledged: Mutex<BTreeSet<u64>>,
}

impl Sent {
    /// Sends batches until the server is gone, never far ahead of the receivers.
    fn send(&self, server: &Server, trap: &Trap, news: &News) {
        while trap.is_set() {
            let executed = u64::from(trap.executed.load(Ordering::Relaxed));
            if self.next.load(Ordering::Relaxed) > executed + AHEAD {
                news.wait(Duration::from_millis(10));
                continue;
            }
            let first = self.next.fetch_add(5, Ordering::Relaxed);
            let events: Vec<_> = (first..first + 5).map(event).collect();
            let kind = [("content-type", "application/cloudevents-batch+json")];
            let body = serde_json::to_vec(&events).unwrap();
            match server.try_post("/v1/signals", &kind, &body) {
                Some(answer) if answer.status == 202 => {
                    self.acknowledged.lock().unwrap().extend(first..first + 5);
                    trap.count(Moment::Accepting, 5);
                }
                Some(answer) => assert_eq!(answer.status, 429, "{answer:?}"),
                None => return,
            }
        }
    }
}

#[test]
fn a_server_that_is_killed_while_it_delivers() {
    let seed = std::env::var("BELLWETHER_SEED").map_or(2016, |text| text.parse().unwrap());
    println!("BELLWETHER_SEED={seed}");
    let kills = if full() { 300 } else { 6 };
    let (world, news, trap) = (World::new(), Arc::new(News::default()), Arc::new(Trap::default()));
    let conduct = || Arc::clone(&trap) as Arc<dyn Conduct>;
    let receivers = CHANNELS.map(|(_, kind)| Receiver::new(kind, conduct(), &news));
    write_bundle(&world, &(0..3 * PEOPLE).map(way).collect::<Vec<_>>());
    world.to_serve("company", &settings(&world, &receivers));
    let (sent, mut dice, mut moments) = (Sent::default(), Dice(seed), BTreeMap::new());
    for _ in 0..kills {
        let server = world.serve();
        let moment = match dice.below(4) {
            0 => Moment::Accepting,
            1 => Moment::Answered,
            _ => Moment::Executed,
        };
        *moments.entry(moment).or_insert(0) += 1;
        *trap.set.lock().unwrap() = Some((server.id(), moment, 1 + dice.below(60)));
        std::thread::scope(|scope| {
            (0..2).for_each(|_| drop(scope.spawn(|| sent.send(&server, &trap, &news))));
        });
        server.kill();
    }
    // The last start delivers whatever waits.
    let view = View::open(world.data()).unwrap();
    let server = world.serve();
    let acknowledged = sent.acknowledged.into_inner().unwrap();
    let least = acknowledged.len() as u64;
    company::until("everything has ended", &news, 300, || company::is_settled(&view, least));
    let asks = || company::effects(&view).iter().filter(|one| one.kind == "ask").count();
    // If one of them had been lost, sending it once more would ask somebody.
    let before = asks();
    for ids in acknowledged.iter().collect::<Vec<_>>().chunks(200) {
        let events: Vec<_> = ids.iter().map(|id| event(**id)).collect();
        assert_eq!(server.send(&events).status, 202);
    }
    server.end();
    println!("{kills} kills: {moments:?}");
    println!("{} sent, {least} acknowledged, {before} led to asks", sent.next.into_inner());
    told(&view, &receivers);
    assert_eq!(asks(), before, "none is lost");
    company::hold(&view, |key| receivers.iter().map(|receiver| receiver.executed(key)).sum());
    world.run(&["log", "verify"]).ends(0);
    world.run(&["replay", "--all"]).ends(0);
}

/// The figures of each channel.
fn told(view: &View, receivers: &[Receiver]) {
    let leaves = company::leaves(view);
    for ((name, kind), receiver) in CHANNELS.iter().zip(receivers) {
        let ledger = receiver.ledger();
        let count = |result| {
            leaves.iter().filter(|leaf| leaf.via == *name && leaf.result == result).count()
        };
        let again = ledger.requests.len() - ledger.executed.len();
        let twice = ledger.executed.values().filter(|times| **times > 1).count();
        println!(
            "{kind:?}: {} requests, {} keys executed, {again} requests for a known key, {} looked up; \
             {} delivered, {} ambiguous; {twice} keys executed twice",
            ledger.requests.len(),
            ledger.executed.len(),
            ledger.asked,
            count(Performed::Delivered),
            count(Performed::Unknown),
        );
    }
}
