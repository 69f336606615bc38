//! `policy shadow`: what rules in shadow would have decided otherwise, counted anew from the journal.

use crate::cli::Format;
use crate::cli::context::Context;
use crate::cli::replay::beside;
use crate::exit::{Exit, Failure, Problems};
use crate::rollout::compared;
use anyhow::Result;
use bellwether_core::Problem;
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::rollout::Rollout;

/// Which rules.
#[derive(clap::Args)]
pub(crate) struct ShadowArgs {
    /// The digest of any version, or how it begins; without it the one that came into shadow last.
    rules: Option<String>,
}

pub(in crate::cli::policy) fn shadow(context: &Context, args: &ShadowArgs) -> Result<Exit> {
    let store = context.read()?;
    let rollout = Rollout::read(&store).map_err(Failure::drive)?;
    let book = read_rules(&store).map_err(Failure::drive)?;
    let digest = match &args.rules {
        Some(name) => rollout.find(name).map_err(|error| Failure::drive(error.into()))?.rules,
        None => {
            rollout.in_shadow().max_by_key(|version| version.since).map(|it| it.rules).ok_or_else(
                || {
                    let problem = Problem::new("rollout-no-shadow", "no rules are in shadow");
                    let help = "`bellwether policy apply DIR --shadow --reason TEXT` begins one";
                    Problems(vec![problem.help(help)])
                },
            )?
        }
    };
    let Some(rules) = book.get(&digest) else {
        return Err(Failure::drive(bellwether_runtime::DriveError::NoRules).into());
    };
    let found = beside(&store, &book, rules)?;
    match context.format {
        Format::Json => println!("{}", compared::json(&found)),
        Format::Text => print!("{}", compared::text(&found)),
    }
    Ok(Exit::Fine)
}
