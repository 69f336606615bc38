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
use serde::Serialize;
use std::path::PathBuf;
use utoipa::ToSchema;

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
        Format::Json => println!("{}", serde_json::to_string(&listed(&rules, at))?),
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
    let all = listed(rules, at);
    if all.is_empty() {
        return "the bundle has no overrides\n".to_owned();
    }
    let mut table = Table::new(&[
        "id", "state", "about", "does", "from", "until", "author", "approver", "owner", "reason",
    ]);
    for one in all {
        let Listed { id, state, about, does, from, until, author, approver, owner, reason, .. } =
            one;
        table.row([
            id,
            state.to_owned(),
            about,
            does,
            from,
            until,
            author,
            approver,
            owner,
            reason,
        ]);
    }
    table.render()
}

/// An override as it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesOverride)]
pub(crate) struct Listed {
    /// Its id.
    pub(crate) id: String,
    /// `live`, `expiring` within 14 days, `to come`, or `overdue`: over, and still there.
    pub(crate) state: &'static str,
    /// The graph or the action.
    pub(crate) about: String,
    /// What it does.
    pub(crate) does: String,
    /// Under which condition; empty for always.
    pub(crate) when: String,
    /// From when on.
    pub(crate) from: String,
    /// Until when.
    pub(crate) until: String,
    /// Who wrote it.
    pub(crate) author: String,
    /// Who agreed.
    pub(crate) approver: String,
    /// Who answers for it.
    pub(crate) owner: String,
    /// The owner, if they signed it, so that it may loosen.
    pub(crate) owner_signs: Option<String>,
    /// Why.
    pub(crate) reason: String,
    /// Where it was asked for.
    pub(crate) ticket: String,
}

/// Every override of some rules, as it stands at an instant.
pub(crate) fn listed(rules: &Rules, at: Timestamp) -> Vec<Listed> {
    let one = |one: &Override| Listed {
        id: one.id.clone(),
        state: state(one, at),
        about: about(one).to_owned(),
        does: does(one),
        when: one.when.clone(),
        from: one.from.to_string(),
        until: one.until.to_string(),
        author: one.author.clone(),
        approver: one.approver.clone(),
        owner: owner(rules, one).to_owned(),
        owner_signs: one.owner_signs.clone(),
        reason: one.reason.clone(),
        ticket: one.ticket.clone(),
    };
    rules.policy().overrides().iter().map(one).collect()
}
