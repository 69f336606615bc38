//! One desk of the demo: a data directory with a bundle, the company's history, and what came of it.

use super::super::context::{Context, Working, now};
use super::super::import::failure;
use super::{EXPORTS, OWN_DOMAIN};
use crate::exit::Failure;
use crate::table::{Table, thousands};
use crate::{bundle, progress};
use anyhow::{Result, anyhow};
use bellwether_adapters::{Mapping, shipped};
use bellwether_core::{Code, StreamId};
use bellwether_engine::explain::explain;
use bellwether_runtime::embedded::{Embedded, Tenancy};
use bellwether_runtime::import::{Options, Progress, Source, import};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// A desk and the bundle that it works by.
pub(super) struct Desk {
    pub(super) name: &'static str,
    pub(super) bundle: &'static str,
}

/// What the records of a desk say: how often each rule led where, and one example of each.
#[derive(Default)]
struct Tally {
    routes: BTreeMap<(String, String, String), (u64, StreamId, u64)>,
}

impl Desk {
    pub(super) fn run(
        &self,
        folder: &Path,
        exports: &Path,
        seed: u64,
        start: Instant,
    ) -> Result<()> {
        let context = Context {
            data: folder.join(self.name),
            config: None,
            format: super::super::Format::Text,
        };
        let mut driver = self.open(&context, seed)?;
        let sources = sources(exports)?;
        let bar = progress::counter("rows read");
        let mut first = None;
        let feeding = progress::bar(1, "signals");
        let options = Options { now: now(), budget: 256 << 20, accept: Vec::new() };
        let report = import(&mut driver, &sources, options, |progress| {
            match progress {
                Progress::Reading(rows) => bar.set_position(rows),
                Progress::Feeding { done, of } => {
                    bar.finish_and_clear();
                    first.get_or_insert_with(|| start.elapsed());
                    feeding.set_length(of);
                    feeding.set_position(done);
                }
            }
            ControlFlow::Continue(())
        });
        feeding.finish_and_clear();
        let report = report.map_err(failure)?;
        let meta = driver.rules().policy().meta();
        println!("\n{}: {} {} ({})", self.name, meta.name, meta.version, context.data.display());
        match first {
            Some(first) => println!(
                "  {} signals in; the first decisions stood after {:.1} s",
                thousands(report.signals),
                first.as_secs_f64()
            ),
            None => println!("  the company is here already; nothing was imported again"),
        }
        let tally = Tally::read(&driver)?;
        tally.print();
        tally.explain_one(&driver)
    }

    fn open(&self, context: &Context, seed: u64) -> Result<Working> {
        if context.data.join("data.db").exists() {
            return context.open();
        }
        std::fs::create_dir_all(&context.data)?;
        std::fs::write(context.seed_file(), format!("{seed}\n"))?;
        let rules = Arc::new(bundle::load(Path::new(self.bundle))?);
        let tenancy = Tenancy { tenant: self.name.to_owned(), region: "demo".to_owned() };
        let made = Embedded::create(&context.data, context.keys()?, &tenancy, rules, now());
        Ok(Working(made.map_err(Failure::drive)?))
    }
}

/// The company's exports with the shipped mappings that read them.
fn sources(exports: &Path) -> Result<Vec<Source>> {
    let one = |(file, name): &(&str, &str)| {
        let text = shipped().iter().find(|(known, _)| known == name).map(|(_, text)| *text);
        let text = text.ok_or_else(|| anyhow!("no mapping `{name}` is shipped"))?;
        let mapping = Mapping::parse(&format!("{name}.yaml"), text);
        let mapping = mapping.map_err(crate::exit::Problems)?.with_own_domains([OWN_DOMAIN]);
        let path = exports.join(file);
        let open =
            move || -> std::io::Result<Box<dyn std::io::Read>> { Ok(Box::new(File::open(&path)?)) };
        Ok(Source { name: (*file).to_owned(), mapping, open: Box::new(open), kept: false })
    };
    EXPORTS.iter().map(one).collect()
}

impl Tally {
    /// Counts the decisions that changed something, by graph, node and rule.
    fn read(driver: &Embedded) -> Result<Self> {
        let mut tally = Self::default();
        driver.store().scan(1, |row| {
            let record: Value = serde_json::from_slice(row.record).unwrap_or_default();
            let decisions = record.get("decisions").and_then(Value::as_array);
            for decision in decisions.into_iter().flatten() {
                let text = |key: &str| {
                    decision.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                let asks = !matches!(text("outcome").as_str(), "none" | "discover");
                if decision.get("evidence").is_some() && asks {
                    let key = (text("graph"), text("node"), text("rule"));
                    let entry = tally.routes.entry(key).or_insert((0, row.stream, row.seq));
                    entry.0 += 1;
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok(tally)
    }

    fn print(&self) {
        let mut table = Table::new(&["graph", "to", "because of", ">decided"]);
        for ((graph, node, rule), (count, _, _)) in &self.routes {
            table.row([graph, node, rule, &thousands(*count)]);
        }
        for line in table.render().lines() {
            println!("  {line}");
        }
    }

    /// Explains the rarest decision: usually the most interesting one.
    fn explain_one(&self, driver: &Embedded) -> Result<()> {
        let Some((_, stream, seq)) = self.routes.values().min_by_key(|(count, ..)| *count) else {
            return Ok(());
        };
        let mut rows = Vec::new();
        driver.store().stream_events(*stream, 1, |row| {
            rows.push((row.event.to_vec(), row.record.to_vec()));
            ControlFlow::Continue(())
        })?;
        let bytes = rows.iter().map(|(event, record)| (&event[..], &record[..]));
        let explained =
            explain(bytes, *seq, driver.book(), None).map_err(|error| anyhow!("{error}"))?;
        for decision in explained.into_iter().flat_map(|explained| explained.decisions) {
            if !decision.decided.changed {
                continue;
            }
            println!("\n  one of them, at {stream}, record {seq}:");
            for line in decision.explanation.render().lines().take(14) {
                println!("    {line}");
            }
            let asked = decision.decided.asked.map(|(person, _)| person);
            let word = |code: Code| driver.rules().word(code).unwrap_or_default().to_owned();
            if let Some(person) = asked {
                println!("    {} would be asked first", word(person));
            }
        }
        Ok(())
    }
}
