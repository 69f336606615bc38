//! `policy status`: the versions that are kept, where each stands, and who said so.

use crate::cli::Format;
use crate::cli::context::{Context, to_the_second};
use crate::exit::{Exit, Failure};
use crate::rollout::count::{Counted, named};
use crate::table::{Table, thousands};
use anyhow::Result;
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::rollout::{Rollout, Said, Version};
use serde_json::json;

/// How much of a digest people are shown: enough to name a version.
pub(super) const SHORT: usize = 12;

pub(in crate::cli::policy) fn status(context: &Context) -> Result<Exit> {
    let store = context.read()?;
    let rollout = Rollout::read(&store).map_err(Failure::drive)?;
    let book = read_rules(&store).map_err(Failure::drive)?;
    let mut counted = Counted::default();
    counted.follow(&store, || true)?;
    let name = |version: &Version| named(&book, version.rules);
    if context.format == Format::Json {
        let said = |said: &Option<Said>| {
            said.as_ref()
                .map(|one| json!({"by": one.by, "at": one.at.to_string(), "reason": one.reason}))
        };
        let one = |version: &Version| {
            json!({
                "rules": version.rules.to_string(), "bundle": name(version),
                "state": version.state.as_str(), "percent": percent(version),
                "waits": version.waits.map(|mode| mode.to_string()),
                "since": version.since.to_string(), "records": counted.of(version.rules),
                "proposed": said(&version.proposed), "approved": said(&version.approved),
            })
        };
        println!("{}", serde_json::Value::from_iter(rollout.versions().iter().map(one)));
        return Ok(Exit::Fine);
    }
    let columns =
        ["bundle", "rules", "stands", "since", ">records", "proposed by", "approved by", "why"];
    let mut table = Table::new(&columns);
    for version in rollout.versions() {
        let by =
            |said: &Option<Said>| said.as_ref().map(|said| said.by.clone()).unwrap_or_default();
        let waits = version.waits.map(|mode| format!(", waits for {mode}")).unwrap_or_default();
        table.row([
            name(version),
            version.rules.to_string().chars().take(SHORT).collect(),
            format!("{}{waits}", version.state),
            to_the_second(version.since).to_string(),
            thousands(counted.of(version.rules)),
            by(&version.proposed),
            by(&version.approved),
            version.proposed.as_ref().map(|said| said.reason.clone()).unwrap_or_default(),
        ]);
    }
    print!("{}", table.render());
    Ok(Exit::Fine)
}

fn percent(version: &Version) -> Option<u8> {
    match version.state {
        bellwether_runtime::rollout::State::Canary(percent) => Some(percent),
        _ => None,
    }
}
