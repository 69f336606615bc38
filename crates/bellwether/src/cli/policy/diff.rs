//! `policy diff`: what differs between two bundles, in words.

use super::counted;
use super::history::HistoryArgs;
use crate::bundle;
use crate::cli::{Format, context::Context};
use crate::exit::{Exit, Failure};
use anyhow::{Context as _, Result};
use bellwether_boundary::{Boundaries, Difference};
use bellwether_core::authored::Document;
use bellwether_engine::Rules;
use bellwether_features::Definition;
use bellwether_policy::thresholds::{self, Table, put};
use bellwether_policy::{Change, Moved, diff_tables};
use bellwether_runtime::embedded::read_rules;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use utoipa::ToSchema;

/// Which bundles.
#[derive(clap::Args)]
pub(crate) struct DiffArgs {
    /// The bundle as it was, and as it is to be: folders, or names of shipped ones. If only one is named, it
    /// is compared with the rules in force.
    #[arg(value_names = ["OLD", "NEW"], num_args = 1..=2, required = true)]
    bundles: Vec<PathBuf>,
    #[command(flatten)]
    history: HistoryArgs,
}

pub(super) fn run(context: &Context, args: &DiffArgs) -> Result<Exit> {
    let (old, new) = match args.bundles.as_slice() {
        [old, new] => (Arc::new(bundle::load(old)?), bundle::load(new)?),
        rest => {
            let new = rest.iter().map(|new| bundle::load(new)).next();
            let store = context.read()?;
            let book = read_rules(&store).map_err(Failure::drive)?;
            let new = new.context("name the bundle as it is to be")??;
            (context.active_rules(&store, &book)?, new)
        }
    };
    if args.history.is_asked() {
        return super::history::run(context, &args.history, [old, Arc::new(new)]);
    }
    let changes = changes(&old, &new);
    let moved =
        bellwether_policy::moved((old.policy(), old.catalogue()), (new.policy(), new.catalogue()));
    if context.format == Format::Json {
        let other = |one: &Moved| serde_json::json!({"moved": one.graph, "old": one.old.0, "new": one.new.0, "raised": one.raised, "such_as": one.case});
        let all = changes.iter().map(change_json).chain(moved.iter().map(other));
        println!("{}", serde_json::Value::from_iter(all));
        return Ok(Exit::Fine);
    }
    for change in &changes {
        println!("{change}");
    }
    for one in &moved {
        println!("{one}");
    }
    match changes.len() {
        0 => println!("they say the same"),
        number => println!("{}", counted(number, "difference")),
    }
    Ok(Exit::Fine)
}

/// A difference for programs: as here, so in a plan and in the API.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesDifference)]
pub(crate) struct Told {
    /// What differs.
    pub(crate) what: String,
    /// As it was, or is in force; absent where it is new.
    pub(crate) old: Option<String>,
    /// As it is, or is in the other version; absent where it is gone.
    pub(crate) new: Option<String>,
    /// Whether the agent may be allowed more than before, unless `policy prove NEW --old OLD` proves that it
    /// is not.
    pub(crate) loosens: bool,
}

impl From<Change> for Told {
    fn from(change: Change) -> Self {
        let Change { what, old, new, loosens } = change;
        Self { what, old, new, loosens }
    }
}

/// A difference as a value.
pub(super) fn change_json(change: &Change) -> serde_json::Value {
    serde_json::json!(Told::from(change.clone()))
}

/// What the policies say differently, then their boundaries, tables, and the facts that are worked out differently.
pub(crate) fn changes(old: &Rules, new: &Rules) -> Vec<Change> {
    let known = (old.catalogue(), new.catalogue());
    let mut changes = bellwether_policy::diff((old.policy(), known.0), (new.policy(), known.1));
    let differences = Boundaries::differences(old.boundaries(), new.boundaries());
    changes.extend(differences.into_iter().map(|one| {
        let Difference { what, old, new, loosens } = one;
        Change { what, old, new, loosens }
    }));
    changes.extend(diff_tables((&tables(old), known.0), (&tables(new), known.1)));
    let (mut before, after) = (facts(old), facts(new));
    for (name, now) in &after {
        let was = before.remove(name);
        if was.is_none_or(|was| was.digest != now.digest) {
            changes.push(fact(name, was, Some(now)));
        }
    }
    changes.extend(before.iter().map(|(name, was)| fact(name, Some(was), None)));
    changes
}

/// The tables of rules, which have passed their checks.
fn tables(rules: &Rules) -> Vec<Table> {
    let text = rules.files().get(put::FILE).map(String::as_str).unwrap_or_default();
    let document = Document::read(put::FILE, text);
    document.and_then(|document| thresholds::read(&document, rules.catalogue())).unwrap_or_default()
}

/// The definitions of facts that are no tables.
fn facts(rules: &Rules) -> BTreeMap<&str, &Definition> {
    let definitions = rules.features().definitions().iter();
    let definitions = definitions.filter(|one| !one.name.starts_with(thresholds::PREFIX));
    definitions.map(|definition| (definition.name.as_str(), definition)).collect()
}

/// A digest stands for the whole definition; where only that differs, the place says where to look.
fn fact(name: &str, was: Option<&Definition>, now: Option<&Definition>) -> Change {
    let words = |one: &Definition| format!("{} of the {}", one.kind, one.scope.as_str());
    let (old, new) = (was.map(words), now.map(words));
    match now {
        Some(now) if old == new => {
            let what = format!("fact `{name}`\n  is worked out differently, see {}", now.place);
            Change { what, old: None, new: None, loosens: false }
        }
        _ => Change { what: format!("fact `{name}`"), old, new, loosens: false },
    }
}
