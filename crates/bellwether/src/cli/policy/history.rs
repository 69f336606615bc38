//! `policy diff --history`: which decisions of a data directory's own history come out otherwise.
//!
//! - In: two sets of rules, and the journal, beside whoever works in it.
//! - Out: counts by where decisions led and lead, by segment and by whom is asked; examples.
//! - Never: writes anything, or asks anybody; names only for a purpose.

use crate::bundle;
use crate::cli::names::{NameArgs, Names};
use crate::cli::simulate::{left_out, left_out_json, tell};
use crate::cli::{Format, context::Context};
use crate::exit::{Exit, Failure};
use crate::history::moves::Segment;
use crate::history::{History, example, told};
use anyhow::{Result, bail};
use bellwether_core::Timestamp;
use bellwether_core::problem::nearest;
use bellwether_engine::Rules;
use bellwether_runtime::lineage::Kinship;
use serde_json::Value;
use std::sync::Arc;

/// How the history is looked at.
#[derive(clap::Args)]
pub(crate) struct HistoryArgs {
    /// Which decisions of the data directory's history change, and whom it asks more or less often.
    #[arg(long)]
    history: bool,
    /// Count by the values of this fact: words, or bands between the limits that rules compare it with.
    #[arg(long, value_name = "FACT", requires = "history")]
    by: Option<String>,
    /// How many examples are told of each kind.
    #[arg(long, default_value_t = 10, requires = "history")]
    most: usize,
    #[command(flatten)]
    names: NameArgs,
}

impl HistoryArgs {
    pub(super) fn is_asked(&self) -> bool {
        self.history
    }
}

pub(super) fn run(context: &Context, args: &HistoryArgs, rules: [Arc<Rules>; 2]) -> Result<Exit> {
    let segment = args.by.as_deref().map(|fact| segment(fact, &rules)).transpose()?;
    let names = Names::open(context, &args.names)?;
    let store = context.read()?;
    let kin = Kinship::read(&store).map_err(Failure::drive)?;
    let mut history = History::new(&kin, rules.clone(), (Timestamp::MIN, segment));
    tell(&store, &mut history)?;
    let moved = history.moves.moved();
    let examples = told::first(&moved, args.most);
    let stood = example::look((&store, &kin), &rules, (&examples, history.now()), || true);
    let mut found = told::tell(&history, &moved, &examples, stood.map_err(Failure::drive)?);
    found.add_names(&names);
    let [old, new] = &history.worlds;
    let left = old.told.left_out();
    match context.format {
        Format::Json => {
            let mut value = serde_json::to_value(&found)?;
            if let Value::Object(members) = &mut value {
                members.insert("old".to_owned(), bundle::told(old.rules()));
                members.insert("new".to_owned(), bundle::told(new.rules()));
                members.insert("left_out".to_owned(), left_out_json(left));
            }
            println!("{value}");
        }
        Format::Text => {
            let name = |rules: &Rules| {
                let meta = rules.policy().meta();
                format!("{} {}", meta.name, meta.version)
            };
            println!("{} -> {}; nobody was asked", name(old.rules()), name(new.rules()));
            print!("{}{}", found.text(&names), left_out(left));
        }
    }
    Ok(Exit::Fine)
}

fn segment(fact: &str, rules: &[Arc<Rules>; 2]) -> Result<Segment> {
    let [old, new] = rules;
    if let Some(segment) = Segment::new(fact, [old, new]) {
        return Ok(segment);
    }
    let known = rules.iter().flat_map(|rules| rules.catalogue().iter());
    match nearest(fact, known.map(|(_, fact)| fact.name.as_str())) {
        Some(close) => bail!("there is no fact `{fact}`; did you mean `{close}`?"),
        None => bail!("there is no fact `{fact}`; `bellwether facts` lists those of a bundle"),
    }
}
