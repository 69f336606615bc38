//! `features`: what is counted changes with the bundle, and what was counted before is folded anew.

use super::Format;
use super::context::{Context, now, read_time};
use crate::exit::{Exit, Failure, Problems};
use crate::rollout::{definitions, new_definitions};
use crate::table::{Table, short, thousands};
use crate::{bundle, progress};
use anyhow::Result;
use bellwether_core::{Code, Escalation, Problem, StreamId, Timestamp};
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::embedded::refold::{Difference, Outcome, Sweep};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

/// Commands about features.
#[derive(clap::Subcommand)]
pub(crate) enum FeaturesCommand {
    /// Put a bundle in force, or a former one again; what both define keeps its state.
    Activate {
        /// The bundle: a folder, or the name of a shipped one.
        #[arg(value_name = "DIR|NAME")]
        bundle: PathBuf,
    },
    /// Every definition in force: its digest, since when, and how many documents have all of it.
    Versions,
    /// Count new definitions over what came before them, so that they stop being missing.
    Backfill {
        /// Also accounts that lack nothing.
        #[arg(long)]
        all: bool,
        /// The instant that stands in the events; now if left out.
        #[arg(long, value_name = "TIME", value_parser = read_time)]
        until: Option<Timestamp>,
    },
    /// Compare every account with its journal and mend what differs. Meant for every night.
    Recompute {
        /// The instant that stands in the events; now if left out.
        #[arg(long, value_name = "TIME", value_parser = read_time)]
        until: Option<Timestamp>,
        /// Put it on record also where nothing differs.
        #[arg(long)]
        record: bool,
    },
}

pub(crate) fn run(context: &Context, command: &FeaturesCommand) -> Result<Exit> {
    match command {
        FeaturesCommand::Activate { bundle } => activate(context, bundle),
        FeaturesCommand::Versions => versions(context),
        FeaturesCommand::Backfill { all, until } => {
            sweep(context, Sweep::Backfill { all: *all }, *until)
        }
        FeaturesCommand::Recompute { until, record } => {
            sweep(context, Sweep::Recompute { record: *record }, *until)
        }
    }
}

/// What comes into force without a word by anybody is for houses that ask for none.
fn check_free(context: &Context) -> Result<()> {
    let asked = context.config()?.config.rules;
    if asked.signatures == 0 && !asked.require_proof && !asked.four_eyes {
        return Ok(());
    }
    let message = "the configuration says what rules must bring along before they come into force";
    let problem = Problem::new("features-guarded", message);
    let help =
        "`bellwether policy apply DIR --reason WHY` looks at signatures, proof and second person";
    Err(Problems(vec![problem.help(help)]).into())
}

fn activate(context: &Context, place: &std::path::Path) -> Result<Exit> {
    check_free(context)?;
    let rules = Arc::new(bundle::load(place)?);
    let mut driver = context.open()?;
    let before = Arc::clone(driver.rules());
    if before.digest() == rules.digest() {
        // Names and addresses decide nothing, so they may have changed all the same.
        driver.keep_staff(&rules, now()).and_then(|()| driver.commit()).map_err(Failure::drive)?;
        eprintln!("this bundle is in force already");
        return Ok(Exit::Fine);
    }
    driver.activate(Arc::clone(&rules), now()).map_err(Failure::drive)?;
    let new = new_definitions(&before, &rules);
    let live = Live::count(&mut driver)?;
    let meta = rules.policy().meta();
    if context.format == Format::Json {
        let json = serde_json::json!({
            "bundle": meta.name, "version": meta.version, "rules": rules.digest().to_string(),
            "before": before.digest().to_string(), "new": new,
            "live": {"stay": live.stay, "orphaned": live.orphaned},
        });
        println!("{json}");
        return Ok(Exit::Fine);
    }
    println!("{} {} is in force, as {}", meta.name, meta.version, rules.digest());
    print!("{}", missing(&new));
    print!("{}", live.text(rules.policy().people().always()));
    Ok(Exit::Fine)
}

/// The node that an escalation stands at, while it is under way.
fn node_of(escalation: Escalation) -> Option<Code> {
    match escalation {
        Escalation::Discovering { node, .. }
        | Escalation::Asked { node, .. }
        | Escalation::Accepted { node, .. } => Some(node),
        Escalation::Closed { .. } => None,
    }
}

/// What becomes of escalations that are under way when other rules come into force.
#[derive(Default)]
struct Live {
    /// Their node stands in the new rules too.
    stay: u64,
    /// Their graph or node is gone.
    orphaned: u64,
}

impl Live {
    fn count(driver: &mut Embedded) -> Result<Self> {
        let rules = Arc::clone(driver.rules());
        let mut live = Self::default();
        let graphs = rules.policy().graphs();
        let counted = driver.each_state(|state| {
            let held = state.docs().flat_map(|(_, doc)| &doc.graphs);
            for one in held {
                let Some(node) = one.escalation.and_then(node_of) else { continue };
                let graph = graphs.iter().find(|graph| graph.code() == one.graph);
                match graph.and_then(|graph| graph.node(node)) {
                    Some(_) => live.stay += 1,
                    None => live.orphaned += 1,
                }
            }
        });
        counted.map_err(Failure::drive)?;
        Ok(live)
    }

    fn text(&self, always: &str) -> String {
        let mut text = match self.stay {
            0 => "  no escalation is under way at a node that both bundles have\n".to_owned(),
            stay => format!(
                "  {} escalations under way stay with whoever has them and keep their deadlines; the \
                 new rules decide from their next signal or deadline on\n",
                thousands(stay)
            ),
        };
        if self.orphaned > 0 {
            text.push_str(&format!(
                "  {} are at a graph or node that is gone: they end at their next deadline, and the \
                 role `{always}` hears of it\n",
                thousands(self.orphaned)
            ));
        }
        text
    }
}

/// What is said of definitions that the rules before did not share.
pub(super) fn missing(new: &[String]) -> String {
    if new.is_empty() {
        return String::new();
    }
    let new = new.join(", ");
    format!("  new or changed: {new}\n  they are missing until `bellwether features backfill`\n")
}

/// Since when each definition in force has been so without a break.
fn since(driver: &Embedded) -> Result<BTreeMap<String, Timestamp>> {
    let mut since = BTreeMap::new();
    let mut before = BTreeMap::new();
    for (at, digest) in driver.rollout().map_err(Failure::drive)?.were_in_force() {
        let Some(rules) = driver.book().get(digest) else { continue };
        let defined = definitions(rules);
        since.retain(|name, _| before.get(name) == defined.get(name));
        for name in defined.keys() {
            since.entry(name.clone()).or_insert(*at);
        }
        before = defined;
    }
    Ok(since)
}

fn versions(context: &Context) -> Result<Exit> {
    let mut driver = context.open()?;
    let since = since(&driver)?;
    let counts = driver.completeness().map_err(Failure::drive)?;
    let rules = Arc::clone(driver.rules());
    let rows = rules.features().definitions().iter().map(|one| {
        let (complete, all) = counts.get(&one.name).copied().unwrap_or_default();
        let since = since.get(&one.name).map(ToString::to_string).unwrap_or_default();
        (one, since, complete, all)
    });
    if context.format == Format::Json {
        let json = rows.map(|(one, since, complete, all)| {
            serde_json::json!({
                "fact": one.name, "scope": one.scope.as_str(), "type": one.kind.as_str(),
                "digest": one.digest.to_string(), "since": since,
                "complete": complete, "documents": all,
            })
        });
        println!("{}", serde_json::Value::from_iter(json));
        return Ok(Exit::Fine);
    }
    let mut lacking = 0;
    let mut table = Table::new(&["fact", "scope", "digest", "since", ">complete", ">documents"]);
    for (one, since, complete, all) in rows {
        lacking += u64::from(complete < all);
        let digest = short(one.digest);
        let (complete, all) = (thousands(complete), thousands(all));
        table.row([one.name.as_str(), one.scope.as_str(), &digest, &since, &complete, &all]);
    }
    print!("{}", table.render());
    if lacking > 0 {
        eprintln!("{lacking} lack the past of some documents: `bellwether features backfill`");
    }
    Ok(Exit::Fine)
}

/// What a sweep came to.
#[derive(Default)]
struct Tally {
    fine: u64,
    folded: u64,
    rests: u64,
    left: Vec<(StreamId, &'static str)>,
    differing: Vec<(StreamId, Vec<Difference>)>,
}

impl Tally {
    fn note(&mut self, stream: StreamId, outcome: &Outcome) {
        match outcome {
            Outcome::Fine => self.fine += 1,
            Outcome::Rests => self.rests += 1,
            Outcome::Frozen => self.left.push((stream, "frozen")),
            Outcome::Trimmed => self.left.push((stream, "trimmed")),
            Outcome::Folded(differences) => {
                self.folded += 1;
                if !differences.is_empty() {
                    self.differing.push((stream, differences.clone()));
                }
            }
        }
    }
}

/// The most accounts whose differences are shown on a terminal.
const SHOWN: usize = 20;

fn sweep(context: &Context, what: Sweep, until: Option<Timestamp>) -> Result<Exit> {
    let mut driver = context.open()?;
    let mut tally = Tally::default();
    let bar = progress::counter("accounts");
    let done = driver.sweep(what, until.unwrap_or_else(now), |stream, outcome| {
        bar.inc(1);
        tally.note(stream, outcome);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    done.map_err(Failure::drive)?;
    driver.write_behind().map_err(Failure::drive)?;
    if context.format == Format::Json {
        print_json(&tally);
    } else {
        print_text(&tally, what);
    }
    // After a backfill differences are what was wanted; a recompute should find none.
    let found = matches!(what, Sweep::Recompute { .. }) && !tally.differing.is_empty();
    Ok(if found || !tally.left.is_empty() { Exit::Findings } else { Exit::Fine })
}

fn print_json(tally: &Tally) {
    let differing = tally.differing.iter().map(|(stream, differences)| {
        let documents = differences
            .iter()
            .map(|one| serde_json::json!({"doc": one.doc.to_string(), "facts": one.facts}));
        serde_json::json!({
            "stream": stream.to_string(), "documents": documents.collect::<Vec<_>>(),
        })
    });
    let left = tally
        .left
        .iter()
        .map(|(stream, why)| serde_json::json!({"stream": stream.to_string(), "why": why}));
    let json = serde_json::json!({
        "fine": tally.fine, "folded": tally.folded, "linked": tally.rests,
        "differing": differing.collect::<Vec<_>>(), "left": left.collect::<Vec<_>>(),
    });
    println!("{json}");
}

/// The first names, and how many more there are.
fn name_some(facts: &[String]) -> String {
    let first = facts.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    match facts.len() {
        0 => "what no fact shows at present".to_owned(),
        1..=5 => first,
        all => format!("{first} and {} more", all - 5),
    }
}

fn print_text(tally: &Tally, what: Sweep) {
    let verb = if matches!(what, Sweep::Backfill { .. }) { "filled" } else { "given anew" };
    println!(
        "{} accounts {verb}, {} left as they are, {} rest because they are linked",
        thousands(tally.folded),
        thousands(tally.fine),
        thousands(tally.rests)
    );
    if matches!(what, Sweep::Recompute { .. }) {
        for (stream, differences) in tally.differing.iter().take(SHOWN) {
            for Difference { doc, facts } in differences {
                println!("  {stream} {doc}: {}", name_some(facts));
            }
        }
        if let Some(more) = tally.differing.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            println!("  and {} more accounts", thousands(more as u64));
        }
    }
    for (stream, why) in &tally.left {
        let problem =
            Problem::new("features-left", format!("{stream} is {why} and was left alone"));
        eprintln!("{}", Problems(vec![problem.help("`bellwether replay --all` checks it")]));
    }
}
