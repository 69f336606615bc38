//! `policy overrides`: the exceptions of a bundle, and who answers for each.

use crate::bundle;
use crate::cli::Format;
use crate::cli::context::{Context, now, read_time};
use crate::exit::Exit;
use crate::table::Table;
use anyhow::Result;
use bellwether_core::{Duration, Timestamp};
use bellwether_engine::Rules;
use bellwether_policy::{About, Override, Overrides};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to list.
#[derive(clap::Args)]
pub(crate) struct OverridesArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(value_name = "DIR|NAME")]
    bundle: PathBuf,
    /// How they stand at this instant, instead of now.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    at: Option<Timestamp>,
}

/// Whoever answers for one that ends within this span should look at it.
const SOON: Duration = Duration::from_days(14);

pub(super) fn run(context: &Context, args: &OverridesArgs) -> Result<Exit> {
    let rules = bundle::load(&args.bundle)?;
    let at = args.at.unwrap_or_else(now);
    match context.format {
        Format::Text => print!("{}", text(&rules, at)),
        Format::Json => println!("{}", listed(&rules, at)),
    }
    Ok(Exit::Fine)
}

/// How an override stands at an instant. One that is over should be removed.
fn state(one: &Override, at: Timestamp) -> &'static str {
    match () {
        () if one.until <= at => "overdue",
        () if at < one.from => "to come",
        () if one.until <= at.plus(SOON) => "expiring",
        () => "live",
    }
}

fn does(one: &Override) -> String {
    match &one.overrides {
        Overrides::Route(node) => format!("leads to {node}"),
        Overrides::Forbid => "forbids".to_owned(),
        Overrides::Approvals(roles) => format!("needs {}", roles.join(", ")),
    }
}

fn about(one: &Override) -> &str {
    match &one.about {
        About::Graph(name) | About::Action(name) => name,
    }
}

/// Who answers for it: the owner of its graph, or of the bundle for an action.
fn owner<'a>(rules: &'a Rules, one: &Override) -> &'a str {
    let policy = rules.policy();
    let graph = policy.graphs().iter().find(|graph| graph.name() == about(one));
    graph.map_or(&policy.meta().owner, |graph| graph.owner())
}

pub(super) fn text(rules: &Rules, at: Timestamp) -> String {
    let all = rules.policy().overrides();
    if all.is_empty() {
        return "the bundle has no overrides\n".to_owned();
    }
    let mut table = Table::new(&[
        "id", "state", "about", "does", "from", "until", "author", "approver", "owner", "reason",
    ]);
    for one in all {
        let (from, until) = (one.from.to_string(), one.until.to_string());
        let (does, owner) = (does(one), owner(rules, one));
        table.row([
            &*one.id,
            state(one, at),
            about(one),
            &*does,
            &*from,
            &*until,
            &*one.author,
            &*one.approver,
            owner,
            &*one.reason,
        ]);
    }
    table.render()
}

fn listed(rules: &Rules, at: Timestamp) -> Value {
    let all = rules.policy().overrides().iter();
    let all = all.map(|one| {
        json!({
            "id": one.id, "state": state(one, at), "about": about(one), "does": does(one),
            "when": one.when, "from": one.from.to_string(), "until": one.until.to_string(),
            "author": one.author, "approver": one.approver, "owner": owner(rules, one),
            "owner_signs": one.owner_signs, "reason": one.reason, "ticket": one.ticket,
        })
    });
    all.collect()
}
