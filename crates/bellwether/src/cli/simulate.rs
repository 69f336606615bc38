//! `simulate`: the history of a data directory through another bundle, under a virtual clock.
//!
//! Signals, answers and links are taken from the journal as they were; timers fire when they would have;
//! nothing is written and nobody is asked. Shows the load per role and person, and which subjects would be
//! asked about newly or no longer.

mod show;

pub(super) use show::{left_out, left_out_json};

use super::context::Context;
use super::names::{NameArgs, Names};
use crate::exit::{Exit, Failure};
use crate::history::History;
use crate::{bundle, progress};
use anyhow::Result;
use bellwether_core::Timestamp;
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::lineage::Kinship;
use bellwether_store::Store;
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

pub(crate) fn run(context: &Context, args: &SimulateArgs) -> Result<Exit> {
    let names = Names::open(context, &args.names)?;
    let store = context.read()?;
    let book = read_rules(&store).map_err(Failure::drive)?;
    let tried = Arc::new(bundle::load(&args.bundle)?);
    let now = context.active_rules(&store, &book)?;
    let whole = (Timestamp::MIN, None);
    let kin = Kinship::read(&store).map_err(Failure::drive)?;
    let mut history = History::new(&kin, [now, tried], whole);
    tell(&store, &mut history)?;
    show::show(context, &history.worlds, args.most, &names);
    Ok(Exit::Fine)
}

/// Tells all of a journal to a history, with a bar for whoever waits.
pub(super) fn tell(store: &Store, history: &mut History) -> Result<()> {
    let bar = progress::bar(store.last_pos()?, "events");
    let mut done = Ok(());
    store.scan(1, |row| {
        bar.inc(1);
        done = history.tell(row, &mut ());
        if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    bar.finish_and_clear();
    done.map_err(Failure::drive)?;
    Ok(history.finish(history.now(), &mut ()).map_err(Failure::drive)?)
}
