//! Rules come into force by two people, for a share of the accounts, and back again, while the program is
//! killed: by commands with and without a server, and by the API. After each kill one version is in force,
//! two people agreed to it, and everything in the log was decided by rules that held then.

use crate::server::{Server, message};
use crate::told::{Told, told};
use crate::world::{World, full};
use bellwether_testkit::Dice;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many worlds are disturbed side by side.
const WORKERS: usize = 2;
/// Kills in one world.
const IN_ONE: u64 = 20;

/// What is under way when the program is killed.
const WAYS: [Way; 6] =
    [Way::Apply, Way::Approve, Way::Canary, Way::RollBack, Way::ApiApprove, Way::ApiRollBack];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A command without a server; both have signed.
    Apply,
    Canary,
    RollBack,
    /// The second person, by a command that the server carries out.
    Approve,
    /// The second person, by the API.
    ApiApprove,
    ApiRollBack,
}

#[derive(Default)]
struct Counts {
    worlds: AtomicU64,
    kills: AtomicU64,
    /// Kills before anybody was answered.
    early: AtomicU64,
    /// Kills after which what was under way had happened.
    begun: AtomicU64,
    /// Escalations that were seen to keep rules no longer in force.
    kept: AtomicU64,
    /// Decisions by rules that decide for a share.
    canary: AtomicU64,
}

impl Counts {
    /// Whether that many kills have shown enough: some came before an answer and some escalations outlived
    /// their rules. When a kill hits is the machine's to say, so a few more than asked for may be needed.
    fn are_enough(&self, kills: u64) -> bool {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let shown = read(&self.early) > 0 && read(&self.kept) > 0;
        read(&self.kills) >= if shown { kills } else { 20 * kills }
    }
}

#[test]
fn whatever_is_killed_one_version_is_in_force_and_two_agreed_to_it() {
    let seed: u64 = std::env::var("BELLWETHER_SEED").map_or(2026, |text| text.parse().unwrap());
    println!("BELLWETHER_SEED={seed}");
    let kills = if full() { 200 } else { 6 };
    let counts = Counts::default();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while !counts.are_enough(kills) {
                    let nth = counts.worlds.fetch_add(1, Ordering::Relaxed);
                    one(seed ^ nth << 32, kills, &counts);
                }
            });
        }
    });
    let Counts { kills, early, begun, kept, canary, .. } = counts;
    let [kills, early, begun, kept, canary] =
        [kills, early, begun, kept, canary].map(AtomicU64::into_inner);
    println!(
        "{kills} kills, {early} before an answer; {begun} times it had happened; {kept} looks at escalations \
         that keep older rules; {canary} decisions of a canary"
    );
    assert!(early > 0, "seed {seed}: every kill came too late");
    assert!(kept > 0, "seed {seed}: no escalation outlived its rules");
}

/// One data directory that is killed again and again.
fn one(seed: u64, kills: u64, counts: &Counts) {
    let mut dice = Dice(seed);
    let world = begun();
    for nth in 1..=IN_ONE {
        if counts.are_enough(kills) {
            break;
        }
        // Every way comes in turn, from another one in each world.
        let way = WAYS[(nth + seed.rotate_left(32)) as usize % WAYS.len()];
        let why = format!("seed {seed}, {nth}: {way:?}");
        let before = told(&world);
        let next = format!("1.{nth}.0");
        let early = disturb(&world, way, nth, &before, &mut dice);
        let after = told(&world);
        check(&world, &before, &after, way, &next, &why);
        counts.kills.fetch_add(1, Ordering::Relaxed);
        counts.early.fetch_add(u64::from(early), Ordering::Relaxed);
        let changed = (&before.in_force, &before.canary) != (&after.in_force, &after.canary);
        counts.begun.fetch_add(u64::from(changed), Ordering::Relaxed);
        counts.kept.fetch_add(after.kept, Ordering::Relaxed);
        counts.canary.fetch_add(after.by_canary, Ordering::Relaxed);
    }
    world.run(&["replay", "--all"]).ends(0).says(&["are byte-equal"]);
}

/// A directory that is served, two people with keys and accounts, and some who are asked about.
fn begun() -> World {
    let world = World::new();
    let key = |name: &str| {
        let file = format!("{name}.key");
        world.run(&["policy", "keygen", &file]).ends(0).out.trim().to_owned()
    };
    let (ann, bob) = (key("ann"), key("bob"));
    version(&world, 0, &[]);
    let rules = "four_eyes = true\nsignatures = 1";
    world.to_serve("v0", &format!("[rules]\n{rules}\nsigners = [\"{ann}\", \"{bob}\"]\n"));
    let server = world.serve();
    for name in ["kim", "lee"] {
        let invited = world.run(&["access", "invite", "--role", "admin"]).ends(0).out;
        let token = invited.trim().rsplit('=').next().unwrap();
        let form = format!("token={token}&name={name}&password=correct+horse+battery");
        let (status, ..) = ask(server.address(), "POST /first", FORM, "", &form).unwrap();
        assert_eq!(status, 303, "{invited}");
    }
    let cookie = signed_in(&server, "kim");
    let (_, me) = ask(server.address(), "GET /v1/me", JSON, &cookie, "").unwrap();
    let me: Value = serde_json::from_str(me.rsplit("\r\n\r\n").next().unwrap()).unwrap();
    world.run(&["access", "link", me["account"].as_str().unwrap(), "--person", "kim"]).ends(0);
    assert_eq!(server.send(&chats("first", 3)).status, 202);
    server.end();
    world
}

/// Writes a version, signed by these; each names its rule and its deadline otherwise.
fn version(world: &World, nth: u64, signed: &[&str]) -> String {
    let folder = format!("v{nth}");
    let graph = format!(
        "graph: care\nsubject: account\nowner: o\nstart: how\nnodes:\n  how: {{kind: decide, unknown: desk}}\n  \
         lead: {{kind: human, role: lead, level: 1, ack: {}h}}\n  desk: {{kind: human, role: desk, level: 1, ack: 1h}}\n  \
         nothing: {{kind: end}}\nrules:\n  - {{id: R{nth}-angry, from: how, to: lead, when: \"angry >= 1\"}}\n  \
         - {{id: R{nth}-else, from: how, to: nothing, otherwise: true}}\n",
        nth + 2
    );
    let head = format!(
        "bundle: small\nversion: 1.{nth}.0\nowner: o\ncurrency: EUR\nlateness: 7d\nmode: enforce\n"
    );
    let angry =
        "features:\n  angry: {count: chat.message, where: \"sentiment < -0.4\", window: 30d}\n";
    for (path, text) in [
        ("bundle.yaml", head.as_str()),
        (
            "facts.yaml",
            "facts:\n  vip: {type: bool, from: firmographics.updated.strategic, default: false}\n",
        ),
        ("features.yaml", angry),
        (
            "people.yaml",
            "roles: {lead: [l1, l2], desk: [d1]}\npeople: {l1: {}, l2: {}, d1: {}}\nalways: desk\n",
        ),
        ("routing/care.yaml", &graph),
    ] {
        world.write(&format!("{folder}/{path}"), text);
    }
    signed.iter().for_each(|name| sign(world, &folder, name));
    folder
}

fn sign(world: &World, folder: &str, name: &str) {
    world.run(&["policy", "sign", folder, "--key", &format!("{name}.key")]).ends(0);
}

fn chats(of: &str, count: usize) -> Vec<Value> {
    let mood = |nth: usize| if nth.is_multiple_of(4) { "0.5" } else { "-0.9" };
    (0..count)
        .map(|nth| message(&format!("{of}-{nth}"), &format!("{of}-{nth}"), mood(nth)))
        .collect()
}

/// Begins something and kills whoever does it; says whether that was before an answer.
fn disturb(world: &World, way: Way, nth: u64, before: &Told, dice: &mut Dice) -> bool {
    let folder = format!("v{nth}");
    let spoken = ["--reason", "a test", "--config", "bellwether.toml"];
    let canary = ["--canary", "50"];
    match way {
        Way::Apply | Way::Canary => {
            version(world, nth, &["ann", "bob"]);
            let how = if way == Way::Canary { &canary[..] } else { &[] };
            alone(world, &[&["policy", "apply", &folder][..], how, &spoken].concat(), dice)
        }
        Way::RollBack => alone(world, &[&["policy", "rollback"][..], &spoken].concat(), dice),
        Way::Approve | Way::ApiApprove | Way::ApiRollBack => {
            let server = world.serve();
            assert_eq!(server.send(&chats(&format!("calm{nth}"), 8)).status, 202);
            let mut rules = before.previous.clone().unwrap_or_default();
            let mut agreed = "";
            if way != Way::ApiRollBack {
                version(world, nth, &["ann"]);
                // A trial for half of the accounts in every other case.
                let trial = dice.below(2) == 0;
                let how = if trial { &canary[..] } else { &[] };
                agreed = match trial {
                    true => ", \"mode\": \"canary\", \"percent\": 50",
                    false => ", \"mode\": \"enforce\"",
                };
                let waits = [&["policy", "apply", &folder][..], how, &spoken].concat();
                world.run(&waits).ends(0).says(&["waits for a second person"]);
                rules = told(world).waiting.unwrap();
                sign(world, &folder, "bob");
            }
            beside(world, server, (way, nth), (&rules, agreed), dice)
        }
    }
}

/// A command that has the directory to itself.
fn alone(world: &World, words: &[&str], dice: &mut Dice) -> bool {
    let mut child = world.start(words);
    strike(world, dice, || child.try_wait().unwrap().is_some());
    let early = child.try_wait().unwrap().is_none();
    drop(child.kill());
    child.wait().unwrap();
    early
}

/// A server that is told to, while signals come in; it is killed.
fn beside(
    world: &World,
    server: Server,
    (way, nth): (Way, u64),
    (rules, agreed): (&str, &str),
    dice: &mut Dice,
) -> bool {
    let cookie = match way {
        Way::Approve => String::new(),
        _ => signed_in(&server, "kim"),
    };
    let (answered, gone) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let body = &format!("{{\"reason\": \"a test\"{agreed}}}");
            let path = |change: &str| format!("POST /v1/rules/{rules}/{change}");
            match way {
                Way::Approve => {
                    let words = ["policy", "approve", rules, "--bundle", &format!("v{nth}")];
                    let more = ["--reason", "a test", "--config", "bellwether.toml"];
                    let mut child = world.start(&[&words[..], &more].concat());
                    // Whoever waits for a server that is gone gives up with it.
                    while child.try_wait().unwrap().is_none() && !gone.load(Ordering::Relaxed) {
                        std::thread::yield_now();
                    }
                    answered.store(!gone.load(Ordering::Relaxed), Ordering::Relaxed);
                    drop(child.kill());
                    child.wait().unwrap();
                }
                Way::ApiApprove => {
                    let said = ask(server.address(), &path("approve"), JSON, &cookie, body);
                    let fine = said.as_ref().is_none_or(|(status, ..)| *status == 200);
                    assert!(fine, "it was refused: {said:?}");
                    answered.store(!gone.load(Ordering::Relaxed), Ordering::Relaxed);
                }
                _ => {
                    drop(ask(server.address(), &path("rollback"), JSON, &cookie, body));
                    answered.store(!gone.load(Ordering::Relaxed), Ordering::Relaxed);
                }
            }
        });
        scope.spawn(|| {
            for batch in 0..1_000 {
                let events = chats(&format!("during{nth}-{batch}"), 4);
                let body = serde_json::to_vec(&events).unwrap();
                let kind = [("content-type", "application/cloudevents-batch+json")];
                if server.try_post("/v1/signals", &kind, &body).is_none()
                    || answered.load(Ordering::Relaxed)
                {
                    break;
                }
            }
        });
        strike(world, dice, || answered.load(Ordering::Relaxed));
        let early = !answered.load(Ordering::Relaxed);
        gone.store(true, Ordering::Relaxed);
        let id = server.id().to_string();
        assert!(Command::new("kill").args(["-9", &id]).status().unwrap().success());
        early
    })
}

/// Waits until the database's log has grown by some bytes, or it is over; then a moment longer.
fn strike(world: &World, dice: &mut Dice, over: impl FnMut() -> bool) {
    let mut over = over;
    let most = [4_000, 16_000, 60_000][dice.below(3) as usize];
    let size = world.log_size() + dice.below(most);
    while world.log_size() < size && !over() {
        std::thread::yield_now();
    }
    for _ in 0..dice.below(200) {
        std::thread::yield_now();
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Signs in anew, so that the proof of who it is has not aged.
fn signed_in(server: &Server, name: &str) -> String {
    let form = format!("name={name}&password=correct+horse+battery");
    let (status, head) = ask(server.address(), "POST /sign-in", FORM, "", &form).unwrap();
    assert_eq!(status, 303, "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = format!("cookie: {}\r\n", cookie.split(';').next().unwrap());
    let (_, page) = ask(server.address(), "GET /profile", FORM, &cookie, "").unwrap();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    format!("{cookie}x-csrf-token: {csrf}\r\n")
}

/// Asks as a page of this server would; gives the status and everything. Nothing where it is gone.
fn ask(at: &str, path: &str, kind: &str, more: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(at).ok()?;
    let request = format!(
        "{path} HTTP/1.1\r\nhost: {at}\r\norigin: http://{at}\r\nconnection: close\r\n\
         content-type: {kind}\r\ncontent-length: {}\r\n{more}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer))
}

/// What must hold after a kill.
#[track_caller]
fn check(world: &World, before: &Told, after: &Told, way: Way, next: &str, why: &str) {
    let status = world.run(&["policy", "status", "--format", "json"]).ends(0).json();
    let rows = status.as_array().unwrap();
    let held: Vec<_> = rows.iter().filter(|row| row["state"] == "in_force").collect();
    let [held] = held.as_slice() else { panic!("{why}: {status}") };
    assert!(held["bundle"].as_str().unwrap().ends_with(&after.in_force), "{why}: {status}");
    let same = after.in_force == before.in_force;
    let rolled = Some(&after.in_force) == before.previous_version.as_ref();
    let fine = match way {
        Way::Apply | Way::Approve | Way::ApiApprove => same || after.in_force == next,
        Way::Canary => same,
        Way::RollBack | Way::ApiRollBack => same || rolled,
    };
    assert!(fine, "{why}: {} after {}", after.in_force, before.in_force);
    let canary = after.canary == before.canary
        || after.canary.is_none()
        || after.canary.as_deref() == Some(next);
    assert!(canary, "{why}: {:?} after {:?}", after.canary, before.canary);
    world.run(&["log", "checkpoint"]).ends(0);
    world.run(&["log", "verify"]).ends(0);
}
