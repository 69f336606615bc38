//! `facts`: what rules may name, with type, scope and where it comes from.

use super::{Format, context::Context};
use crate::bundle;
use crate::exit::Exit;
use crate::table::Table;
use anyhow::Result;
use bellwether_engine::Rules;
use bellwether_expr::FactDef;
use serde::Serialize;
use std::path::PathBuf;
use utoipa::ToSchema;

/// Arguments of `facts`.
#[derive(clap::Args)]
pub(crate) struct FactsArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(long, value_name = "DIR|NAME", default_value = "customer-escalation")]
    bundle: PathBuf,
}

/// A fact that rules may name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Fact {
    /// Its name.
    pub(crate) fact: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What it is about: `account`, `case` or `deal`.
    pub(crate) scope: String,
    /// Its unit.
    pub(crate) unit: Option<String>,
    /// The words it may be, where they are listed.
    pub(crate) values: Vec<String>,
    /// Whether a decision without it is incomplete.
    pub(crate) required: bool,
    /// How long it counts as known.
    pub(crate) freshness: Option<String>,
    /// How personal it is.
    pub(crate) pii: String,
}

/// The facts of some rules.
pub(crate) fn facts(rules: &Rules) -> Vec<Fact> {
    let one = |fact: &FactDef| Fact {
        fact: fact.name.clone(),
        kind: fact.kind.as_str().to_owned(),
        scope: fact.scope.as_str().to_owned(),
        unit: fact.unit.clone(),
        values: fact.values.clone(),
        required: fact.required,
        freshness: fact.freshness.map(|span| span.to_string()),
        pii: fact.pii.as_str().to_owned(),
    };
    rules.catalogue().iter().map(|(_, fact)| one(fact)).collect()
}

pub(crate) fn run(context: &Context, args: &FactsArgs) -> Result<Exit> {
    let rules = bundle::load(&args.bundle)?;
    let facts = facts(&rules);
    if context.format == Format::Json {
        println!("{}", serde_json::to_string(&facts)?);
        return Ok(Exit::Fine);
    }
    let mut table = Table::new(&["fact", "type", "scope", "required", "fresh for", "values"]);
    for fact in facts {
        let kind = match &fact.unit {
            Some(unit) => format!("{} ({unit})", fact.kind),
            None => fact.kind,
        };
        let required = if fact.required { "yes" } else { "" };
        let (fresh, values) = (fact.freshness.unwrap_or_default(), fact.values.join(" "));
        table.row([&fact.fact, &kind, &fact.scope, required, &fresh, &values]);
    }
    print!("{}", table.render());
    Ok(Exit::Fine)
}
