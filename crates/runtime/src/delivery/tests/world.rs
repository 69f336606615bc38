//! A world for delivery: a driver with a clock that tests move, people, and receivers with a ledger of
//! their own.

use super::super::*;
use crate::embedded::{Embedded, Tenancy};
use crate::keys::SeededKeys;
use crate::live::{self, Running};
use bellwether_adapters::channel::{
    CardKind, HttpRequest, Outcome, Reconciled, Reply, Request, Unsupported,
};
use bellwether_core::event::Performed;
use bellwether_core::signal::{AccountHint, RawSignal};
use bellwether_core::{
    Body, Digest, Duration as Span64, Effect, Origin, Purpose, Timestamp, Trust,
};
use bellwether_engine::Rules;
use bellwether_ledger::decode_event;
use bellwether_store::OutboxStatus;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicI64;

pub(super) const START: i64 = 1_760_000_000;

fn rules() -> Arc<Rules> {
    let files = [
        ("bundle.yaml", "bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\nmode: enforce\n"),
        (
            "facts.yaml",
            "facts:\n  seen: {type: int, from: chat.message.n}\nsignals:\n  chat.message: {n: int}\n",
        ),
        (
            "people.yaml",
            "roles: {desk: [dora], lead: [ann, bob]}\n\
             people: {dora: {name: D}, ann: {name: A}, bob: {name: B}}\nalways: desk\n",
        ),
        (
            "routing/a.yaml",
            "graph: g\nsubject: account\nowner: o\nstart: look\nnodes:\n  \
             look: {kind: decide, unknown: lead}\n  lead: {kind: human, role: lead, ack: 30d}\n  \
             none: {kind: end}\nrules:\n  - {id: r1, from: look, to: lead, when: \"seen > 5\"}\n  \
             - {id: r2, from: look, to: none, otherwise: true}\n",
        ),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    Arc::new(Rules::compose(files.into_iter().collect()).ok().unwrap())
}

pub(super) struct World {
    pub(super) clock: Arc<AtomicI64>,
    pub(super) running: Option<Running>,
    pub(super) dir: tempfile::TempDir,
    signals: i64,
}

impl World {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tenancy = Tenancy { tenant: "t".to_owned(), region: "eu".to_owned() };
        let at = Timestamp::from_secs(START);
        let keys = Box::new(SeededKeys(7));
        drop(Embedded::create(dir.path(), keys, &tenancy, rules(), at).unwrap());
        let clock = Arc::new(AtomicI64::new(at.micros()));
        let mut world = Self { clock, running: None, dir, signals: 0 };
        world.open();
        world
    }

    /// Opens the directory, again if it was open.
    pub(super) fn open(&mut self) {
        self.running = None;
        let driver = Embedded::open(self.dir.path(), Box::new(SeededKeys(7))).unwrap();
        let clock = Arc::clone(&self.clock);
        let settings = live::Settings {
            clock: Arc::new(move || {
                Timestamp::from_micros(clock.load(std::sync::atomic::Ordering::Acquire))
            }),
            most_waiting: 1_000,
            reader: Box::new(|_| Ok(live::Understood::default())),
        };
        self.running = Some(live::start(Box::new(driver), settings).unwrap());
    }

    pub(super) fn live(&self) -> Live {
        self.running.as_ref().unwrap().live().clone()
    }

    pub(super) fn set(&self, now: Timestamp) {
        self.clock.fetch_max(now.micros(), std::sync::atomic::Ordering::AcqRel);
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.set(self.live().now().plus(Span64::from_secs(seconds)));
    }

    /// Asks the first lead about that account.
    pub(super) fn asks(&mut self, account: &str) {
        self.signals += 1;
        let raw = RawSignal {
            source: "chat".to_owned(),
            id: format!("m{}", self.signals),
            numbers: None,
            kind: "chat.message".to_owned(),
            at: Timestamp::from_secs(START + self.signals),
            known_at: None,
            trust: Trust::Partner,
            account: vec![AccountHint::Domain(Personal::new(format!("{account}.example")))],
            contact: None,
            owner: None,
            case: None,
            deal: None,
            fields: vec![("n".to_owned(), bellwether_core::RawValue::Int(9))],
            personal: Vec::new(),
            hidden: Default::default(),
        };
        let trace = format!("00-{:032x}-00f067aa0ba902b7-01", self.signals);
        let taken = self.live().call(move |driver, now| {
            let taken = driver.take(&raw, Origin::Live, now)?;
            driver.trace_last(Some(trace.clone()));
            Ok(taken)
        });
        assert_eq!(taken.unwrap().step.effects.len(), 1);
    }

    pub(super) fn desk(&self, settings: Settings, ways: Ways) -> Desk {
        let shared = share(self.live(), self.dir.path(), settings, render(ways)).unwrap();
        let view = || View::open(self.dir.path()).unwrap();
        let hand = Hand { shared: Arc::clone(&shared), view: view() };
        Desk::new(shared, view(), Crew::Own(Box::new(hand))).unwrap()
    }

    /// Lets time pass from one thing to the next until nothing is left to do, or for so long.
    pub(super) fn settle(&self, desk: &mut Desk, seconds: i64) {
        let until = self.live().now().plus(Span64::from_secs(seconds));
        let last = || View::open(self.dir.path()).unwrap().last_pos().unwrap();
        for _ in 0..10_000 {
            let before = last();
            match desk.turn() {
                Some(next) if next <= until => self.set(next),
                _ if before == last() => return,
                _ => {}
            }
        }
        panic!("it never comes to rest");
    }

    pub(super) fn rows(&self) -> Vec<OutboxRow> {
        View::open(self.dir.path()).unwrap().effects_after((0, 0), 9_999).unwrap()
    }

    /// Where every effect stands: its kind, whom for, its status, channel and word.
    pub(super) fn stands(&self) -> Vec<String> {
        let name = |effect: &Effect| {
            let known = ["ann", "bob", "dora"].into_iter();
            known
                .into_iter()
                .find(|name| bellwether_core::Code::of(name) == effect.person())
                .unwrap()
        };
        let line = |row: &OutboxRow| {
            let (_, effect) = read_effect(&row.body).unwrap();
            let OutboxRow { status, via, attempts, why, .. } = row;
            format!("{} {} {status:?} {via} {attempts} {why}", effect.kind(), name(&effect))
        };
        self.rows().iter().map(line).collect()
    }

    /// What was written down of each effect, in order.
    pub(super) fn results(&self) -> Vec<(Digest, Performed, String)> {
        let mut found = Vec::new();
        let each = |row: &bellwether_store::Row<'_>| {
            let event = decode_event(row.event).unwrap();
            if let Body::Performed { effect, result, via, .. } = event.body {
                found.push((effect.0, result, via));
            }
            ControlFlow::Continue(())
        };
        View::open(self.dir.path()).unwrap().scan(1, each).unwrap();
        found
    }

    /// The promise, held against what receivers did: nothing is executed twice, and what stands in the outbox
    /// is what happened.
    pub(super) fn check(&self, executed: &[Digest], seed: u64) {
        let (rows, results) = (self.rows(), self.results());
        for row in rows {
            let times = executed.iter().filter(|key| **key == row.key).count();
            let at = format!("seed {seed}, effect {} {}: {:?}", row.pos, row.nth, row.status);
            assert!(times <= 1, "{at} executed {times} times");
            let told: Vec<_> = results
                .iter()
                .filter(|(key, ..)| *key == row.key)
                .map(|(_, told, _)| *told)
                .collect();
            let (fits, meant) = match row.status {
                OutboxStatus::Done => (times == 1, Some(Performed::Delivered)),
                OutboxStatus::Ambiguous => (true, Some(Performed::Unknown)),
                OutboxStatus::Refused => (times == 0, Some(Performed::Refused)),
                OutboxStatus::GivenUp => (times == 0, Some(Performed::GivenUp)),
                OutboxStatus::Expired => (times == 0, Some(Performed::Expired)),
                OutboxStatus::Waiting => (times == 0, None),
                OutboxStatus::Sending | OutboxStatus::Unknown => (true, None),
            };
            assert!(fits, "{at} but executed {times} times");
            assert_eq!(told, Vec::from_iter(meant), "{at}");
        }
    }
}

/// Which channels a person has.
pub(super) type Ways = Arc<dyn Fn(bellwether_core::Code) -> Vec<&'static str> + Send + Sync>;

pub(super) fn everybody(names: &'static [&'static str]) -> Ways {
    Arc::new(move |_| names.to_vec())
}

fn render(ways: Ways) -> Render {
    Arc::new(move |row: &OutboxRow| {
        let (key, effect) = read_effect(&row.body).unwrap();
        let card = Card {
            key: key.0,
            kind: CardKind::Ask,
            at: Timestamp::from_secs(START),
            title: Personal::new("Acme waits".to_owned()),
            facts: Vec::new(),
            text: Vec::new(),
            link: None,
            trace: None,
        };
        let ways = ways(effect.person()).into_iter();
        let ways = ways.map(|name| (name.to_owned(), Personal::new("them".to_owned()))).collect();
        Ok(Prepared::Card { card, ways })
    })
}

pub(super) fn settings(channels: Vec<Route>) -> Settings {
    Settings { channels, at_once: 2, asks_a_day: None, seed: [7; 32], spans: None }
}

/// A channel over HTTP: its receiver may recognise a key, and may be asked about one.
pub(super) struct Hook {
    pub(super) repeats: bool,
    pub(super) asks: bool,
}

pub(super) const KEY: &str = "idempotency-key";

impl Hook {
    pub(super) fn route(self, name: &str, line: impl Carry + 'static) -> Route {
        Route {
            name: name.to_owned(),
            kind: "webhook",
            channel: Arc::new(self),
            line: Box::new(line),
        }
    }

    fn request(key: Digest, path: &str, trace: Option<&String>) -> Request {
        let mut headers = vec![(KEY.to_owned(), Personal::new(key.to_string()))];
        if let Some(trace) = trace {
            headers.push(("traceparent".to_owned(), Personal::new(trace.clone())));
        }
        let body = Personal::new(b"{}".to_vec());
        Request::Http(HttpRequest { path: path.to_owned(), headers, body })
    }
}

impl Channel for Hook {
    fn encode(
        &self,
        card: &Card,
        _: &Personal<String>,
        _: Timestamp,
    ) -> Result<Request, Unsupported> {
        Ok(Self::request(card.key, "", card.trace.as_ref()))
    }

    fn decode(&self, reply: &Reply, _: Timestamp) -> Outcome {
        let after = reply.retry_after.as_ref().and_then(|after| after.parse().ok());
        let after = after.map(Span64::from_secs);
        match reply.status {
            200..=299 => Outcome::Delivered { receipt: None },
            429 | 500..=599 => Outcome::Later { after, why: "busy" },
            _ => Outcome::Refused { why: "refused" },
        }
    }

    fn recognises_repeats(&self) -> bool {
        self.repeats
    }

    fn reconcile(&self, key: Digest, _: &Personal<String>) -> Option<Request> {
        self.asks.then(|| Self::request(key, "seen", None))
    }

    fn reconciled(&self, _: Digest, reply: &Reply) -> Reconciled {
        match reply.status {
            200 => Reconciled::Done,
            404 => Reconciled::NotDone,
            _ => Reconciled::Unknown,
        }
    }
}

/// The key that a request carries, and whether it only asks about it.
pub(super) fn key_of(request: &Request) -> (Digest, bool) {
    let Request::Http(request) = request else { panic!("not over HTTP") };
    let (_, key) = request.headers.iter().find(|(name, _)| name == KEY).unwrap();
    (key.reveal(Purpose::Notify).parse().unwrap(), request.path == "seen")
}
