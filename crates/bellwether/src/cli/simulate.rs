//! `simulate`: the history of a data directory through another bundle, under a virtual clock.
//!
//! Signals are taken from the journal as they were; timers fire when they would have; nothing is
//! written and nobody is asked. Shows the load per person, and which subjects would be asked about
//! newly or no longer.

use super::{Format, context::Context};
use crate::exit::{Exit, Failure};
use crate::table::{Table, thousands};
use crate::{bundle, progress};
use anyhow::Result;
use bellwether_core::effect::AskCause;
use bellwether_core::event::Seen;
use bellwether_core::record::FIRST_EPOCH;
use bellwether_core::{Body, Code, Digest, DocKey, Envelope, Origin, StreamId, Timestamp};
use bellwether_engine::{RuleBook, Rules, Scratch, Step, StreamState, step};
use bellwether_runtime::edge::Stamp;
use bellwether_runtime::embedded::{read_rules, timer_event};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `simulate`.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    /// The bundle to try: a folder, or the name of a shipped one.
    #[arg(long, value_name = "DIR|NAME")]
    bundle: PathBuf,
    /// How many differing subjects are listed of each kind.
    #[arg(long, default_value_t = 10)]
    most: usize,
}

/// What would have been asked: who, how often, and about which subjects for the first time when.
#[derive(Default)]
struct Load {
    people: BTreeMap<String, u64>,
    subjects: BTreeMap<(StreamId, DocKey), (Timestamp, String)>,
    decisions: u64,
}

impl Load {
    fn note(&mut self, stream: StreamId, at: Timestamp, step: &Step, rules: &Rules) {
        for decided in &step.decided {
            self.decisions += u64::from(decided.changed);
            let Some((person, AskCause::Decided | AskCause::Raised)) = decided.asked else {
                continue;
            };
            let word = |code: Code| rules.word(code).unwrap_or_default().to_owned();
            *self.people.entry(word(person)).or_default() += 1;
            let why = format!("{} by {}", word(decided.node), word(decided.rule));
            self.subjects.entry((stream, decided.doc)).or_insert((at, why));
        }
    }
}

/// Streams under one set of rules.
struct World {
    book: RuleBook,
    digest: Digest,
    rules: Arc<Rules>,
    streams: BTreeMap<StreamId, StreamState>,
    scratch: Scratch,
    load: Load,
}

impl World {
    fn new(rules: Arc<Rules>) -> Self {
        Self {
            book: RuleBook::of(Arc::clone(&rules)),
            digest: rules.digest(),
            rules,
            streams: BTreeMap::new(),
            scratch: Scratch::default(),
            load: Load::default(),
        }
    }

    fn see(&mut self, mut event: Envelope) -> Result<()> {
        self.pass(event.stream, event.at)?;
        (event.rules, event.origin) = (self.digest, Origin::History);
        self.step(&event)
    }

    fn pass(&mut self, stream: StreamId, until: Timestamp) -> Result<()> {
        while let Some(timer) = self.streams.get(&stream).and_then(|state| state.next_timer())
            && timer.due <= until
        {
            let (at, origin, rules) = (timer.due, Origin::History, self.digest);
            let stamp = Stamp { at, origin, rules, epoch: FIRST_EPOCH, seen: Seen::Unasked };
            let (_, event) = timer_event(stream, &timer, stamp);
            self.step(&event)?;
        }
        Ok(())
    }

    fn step(&mut self, event: &Envelope) -> Result<()> {
        let stream = event.stream;
        let state = self.streams.entry(stream).or_insert_with(|| StreamState::new(stream));
        let done = step(state, event, &self.book, &mut self.scratch)?;
        self.load.note(stream, event.at, &done, &self.rules);
        Ok(())
    }
}

pub(crate) fn run(context: &Context, args: &SimulateArgs) -> Result<Exit> {
    let store = context.read()?;
    let book = read_rules(&store).map_err(Failure::drive)?;
    let tried = Arc::new(bundle::load(&args.bundle)?);
    let now = context.active_rules(&store, &book)?;
    let (mut live, mut other) = (World::new(now), World::new(tried));
    let bar = progress::bar(store.last_pos()?, "events");
    let (mut last, mut fault) = (Timestamp::MIN, None);
    store.scan(1, |row| {
        bar.inc(1);
        let done = match bellwether_ledger::decode_event(row.event) {
            Ok(event) if matches!(event.body, Body::Signal(_) | Body::Answered { .. }) => {
                last = last.max(event.at);
                live.see(event.clone()).and_then(|()| other.see(event))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                fault = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    bar.finish_and_clear();
    if let Some(fault) = fault {
        return Err(fault);
    }
    for world in [&mut live, &mut other] {
        let streams: Vec<_> = world.streams.keys().copied().collect();
        streams.into_iter().try_for_each(|stream| world.pass(stream, last))?;
    }
    show(context, args, &live, &other);
    Ok(Exit::Fine)
}

fn show(context: &Context, args: &SimulateArgs, live: &World, other: &World) {
    let keys = |world: &World| world.load.subjects.keys().copied().collect::<BTreeSet<_>>();
    let (before, after) = (keys(live), keys(other));
    let newly: Vec<_> = after.difference(&before).collect();
    let gone: Vec<_> = before.difference(&after).collect();
    let people: BTreeSet<_> = live.load.people.keys().chain(other.load.people.keys()).collect();
    if context.format == Format::Json {
        let load: Vec<_> = people
            .iter()
            .map(|person| {
                let count = |world: &World| world.load.people.get(*person).copied().unwrap_or(0);
                json!({"person": person, "now": count(live), "then": count(other)})
            })
            .collect();
        println!(
            "{}",
            json!({"load": load, "asked_now": before.len(), "asked_then": after.len(),
                   "newly": newly.len(), "no_longer": gone.len()})
        );
        return;
    }
    let name = |world: &World| {
        let meta = world.rules.policy().meta();
        format!("{} {}", meta.name, meta.version)
    };
    let mut table = Table::new(&["person", ">in force", ">tried", ">change"]);
    for person in people {
        let count = |world: &World| world.load.people.get(person).copied().unwrap_or(0);
        let (now, then) = (count(live), count(other));
        let change = format!("{:+}", then as i64 - now as i64);
        table.row([person.clone(), thousands(now), thousands(then), change]);
    }
    println!("Load: {} in force, {} tried; nobody was asked", name(live), name(other));
    print!("{}", table.render());
    println!("subjects that somebody is asked about: {} now, {} then", before.len(), after.len());
    for (what, keys, world) in [("newly", &newly, other), ("no longer", &gone, live)] {
        println!("\n{what}: {}", keys.len());
        for key in keys.iter().take(args.most) {
            if let Some((at, why)) = world.load.subjects.get(key) {
                println!("  {at}  {} {}: {why}", key.0, key.1);
            }
        }
    }
}
