//! `simulate`: the history of a data directory through another bundle, under a virtual clock.
//!
//! Signals, answers and links are taken from the journal as they were; timers fire when they would have;
//! nothing is written and nobody is asked. Shows the load per role and person, and which subjects would be
//! asked about newly or no longer.

mod load;
mod show;

use super::context::Context;
use super::names::{NameArgs, Names};
use crate::exit::{Exit, Failure};
use crate::{bundle, progress};
use anyhow::Result;
use bellwether_core::{Code, DocKey, Envelope, StreamId, Timestamp};
use bellwether_engine::{Rules, Step};
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::rehearsal::Retelling;
use bellwether_store::Store;
use load::Shifts;
use std::collections::BTreeMap;
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
    #[command(flatten)]
    names: NameArgs,
}

/// What would have been asked: who, how often, and about which subjects for the first time when.
#[derive(Default)]
struct Load {
    people: BTreeMap<String, u64>,
    subjects: BTreeMap<(StreamId, DocKey), Asked>,
    shifts: Shifts,
}

/// The first time that somebody would have been asked about a subject.
struct Asked {
    at: Timestamp,
    node: String,
    rule: String,
}

impl Load {
    fn note(&mut self, event: &Envelope, step: &Step, rules: &Rules) {
        for decided in &step.decided {
            let Some((person, _)) = decided.asked.filter(|(_, cause)| cause.is_decision()) else {
                continue;
            };
            let place = (event.stream, decided.doc, decided.graph);
            self.shifts.asked(place, decided.node, event.at);
            let word = |code: Code| rules.word(code).unwrap_or_default().to_owned();
            *self.people.entry(word(person)).or_default() += 1;
            let asked =
                || Asked { at: event.at, node: word(decided.node), rule: word(decided.rule) };
            self.subjects.entry((event.stream, decided.doc)).or_insert_with(asked);
        }
    }
}

/// The journal under one set of rules.
struct World {
    told: Retelling,
    load: Load,
}

impl World {
    fn new(store: &Store, rules: Arc<Rules>) -> Result<Self> {
        let load = Load { shifts: Shifts::new(&rules), ..Load::default() };
        let told = Retelling::new(store, rules).map_err(Failure::drive)?;
        Ok(Self { told, load })
    }

    fn rules(&self) -> &Arc<Rules> {
        self.told.rules()
    }
}

pub(crate) fn run(context: &Context, args: &SimulateArgs) -> Result<Exit> {
    let names = Names::open(context, &args.names)?;
    let store = context.read()?;
    let book = read_rules(&store).map_err(Failure::drive)?;
    let tried = Arc::new(bundle::load(&args.bundle)?);
    let now = context.active_rules(&store, &book)?;
    let mut worlds = [World::new(&store, now)?, World::new(&store, tried)?];
    let bar = progress::bar(store.last_pos()?, "events");
    let mut done = Ok(());
    store.scan(1, |row| {
        bar.inc(1);
        done = worlds.iter_mut().try_for_each(|World { told, load }| {
            let rules = Arc::clone(told.rules());
            told.tell(row, |event, step| load.note(event, step, &rules))?;
            told.streams().get(&row.stream).into_iter().for_each(|state| load.shifts.look(state));
            Ok(())
        });
        if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    bar.finish_and_clear();
    done.map_err(Failure::drive)?;
    for World { told, load } in &mut worlds {
        let rules = Arc::clone(told.rules());
        let passed = told.finish(|event, step| load.note(event, step, &rules));
        passed.map_err(Failure::drive)?;
        told.streams().values().for_each(|state| load.shifts.look(state));
    }
    show::show(context, &worlds, args.most, &names);
    Ok(Exit::Fine)
}
