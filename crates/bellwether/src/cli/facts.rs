//! `facts`: what rules may name, with type, scope and where it comes from.

use super::{Format, context::Context};
use crate::bundle;
use crate::exit::Exit;
use crate::table::Table;
use anyhow::Result;
use std::path::PathBuf;

/// Arguments of `facts`.
#[derive(clap::Args)]
pub(crate) struct FactsArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(long, value_name = "DIR|NAME", default_value = "customer-escalation")]
    bundle: PathBuf,
}

pub(crate) fn run(context: &Context, args: &FactsArgs) -> Result<Exit> {
    let rules = bundle::load(&args.bundle)?;
    if context.format == Format::Json {
        let facts = rules.catalogue().iter().map(|(_, fact)| {
            serde_json::json!({
                "fact": fact.name, "type": fact.kind.as_str(), "scope": fact.scope.as_str(),
                "unit": fact.unit, "values": fact.values, "required": fact.required,
                "freshness": fact.freshness.map(|span| span.to_string()), "pii": fact.pii.as_str(),
            })
        });
        println!("{}", serde_json::Value::from_iter(facts));
        return Ok(Exit::Fine);
    }
    let mut table = Table::new(&["fact", "type", "scope", "required", "fresh for", "values"]);
    for (_, fact) in rules.catalogue().iter() {
        let kind = match &fact.unit {
            Some(unit) => format!("{} ({unit})", fact.kind),
            None => fact.kind.to_string(),
        };
        let fresh = fact.freshness.map_or_else(String::new, |span| span.to_string());
        let required = if fact.required { "yes" } else { "" };
        let values = fact.values.join(" ");
        table.row([&fact.name, &kind, fact.scope.as_str(), required, &fresh, &values]);
    }
    print!("{}", table.render());
    Ok(Exit::Fine)
}
