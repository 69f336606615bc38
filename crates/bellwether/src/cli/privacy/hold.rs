//! `privacy restrict`, `object` and `admit`: who is held back, and who may be learnt again.

use super::subject::SubjectArgs;
use crate::cli::Format;
use crate::cli::context::{Context, now};
use crate::exit::{Exit, Failure};
use anyhow::Result;
use bellwether_runtime::edge::Standing;
use serde_json::{Value, json};

/// Whom to hold back.
#[derive(clap::Args)]
pub(crate) struct HoldArgs {
    #[command(flatten)]
    whom: SubjectArgs,
    /// Lift it: what comes from here on counts again.
    #[arg(long)]
    lift: bool,
}

/// Whom to learn again.
#[derive(clap::Args)]
pub(crate) struct AdmitArgs {
    #[command(flatten)]
    whom: SubjectArgs,
}

pub(crate) fn run(context: &Context, args: &HoldArgs, standing: Standing) -> Result<Exit> {
    let mut driver = context.open()?;
    let subject = args.whom.find(&mut driver)?;
    let changed = match args.lift {
        true => driver.lift(&subject, standing),
        false => driver.hold(&subject, standing, now()),
    };
    let changed = changed.map_err(Failure::drive)?;
    let word = standing.as_str();
    let text = match (args.lift, changed, standing) {
        (false, true, Standing::Objected) => {
            "objection kept: what they do causes no effect from here on"
        }
        (false, true, _) => "restricted: what they do is kept sealed, and neither used nor shown",
        (false, false, _) => "that holds already; nothing changed",
        (true, true, _) => "lifted: what comes from here on counts again",
        (true, false, _) => "there was nothing to lift; nothing changed",
    };
    let known = subject.is_known();
    let json = json!({
        "standing": word, "changed": changed, "lifted": args.lift && changed, "known": known,
    });
    report(context, &json, text);
    if !known && !args.lift && context.format == Format::Text {
        println!("nobody here is known by it; whoever comes under it is held");
    }
    Ok(Exit::Fine)
}

pub(crate) fn admit(context: &Context, args: &AdmitArgs) -> Result<Exit> {
    let mut driver = context.open()?;
    let subject = args.whom.find(&mut driver)?;
    let changed = driver.lift(&subject, Standing::Erased).map_err(Failure::drive)?;
    let text = match changed {
        true => "admitted: the next signal about them is taken as one about somebody new",
        false => "nobody was erased under this name; nothing changed",
    };
    let word = Standing::Erased.as_str();
    report(context, &json!({"standing": word, "changed": changed, "lifted": changed}), text);
    Ok(Exit::Fine)
}

fn report(context: &Context, json: &Value, text: &str) {
    match context.format {
        Format::Text => println!("{text}"),
        Format::Json => println!("{json}"),
    }
}
