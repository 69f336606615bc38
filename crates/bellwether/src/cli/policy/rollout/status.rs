//! `policy status`: the versions that are kept, where each stands, and who said so.

use crate::cli::Format;
use crate::cli::context::{Context, to_the_second};
use crate::exit::{Exit, Failure};
use crate::rollout::count::{Counted, named};
use crate::rollout::shown::Shown;
use crate::table::{Table, short, thousands};
use anyhow::Result;
use bellwether_runtime::embedded::read_rules;
use bellwether_runtime::rollout::{Rollout, Said, Version};

pub(in crate::cli::policy) fn status(context: &Context) -> Result<Exit> {
    let store = context.read()?;
    let rollout = Rollout::read(&store).map_err(Failure::drive)?;
    let book = read_rules(&store).map_err(Failure::drive)?;
    let mut counted = Counted::default();
    counted.follow(&store, || true)?;
    let name = |version: &Version| named(&book, version.rules);
    if context.format == Format::Json {
        let one = |version: &Version| Shown::of(version, name(version), counted.of(version.rules));
        let all: Vec<_> = rollout.versions().iter().map(one).collect();
        println!("{}", serde_json::to_string(&all)?);
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
            short(version.rules),
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
