//! `log search`: records by whom they name, the rule, the role, the verdict and the time.

use crate::cli::Format;
use crate::cli::context::{Context, read_time, to_the_second};
use crate::exit::{Exit, Failure};
use crate::progress;
use crate::table::{Table, thousands};
use anyhow::{Context as _, Result};
use bellwether_core::Timestamp;
use bellwether_engine::RuleBook;
use bellwether_ledger::whole_record;
use bellwether_runtime::embedded::read_rules;
use bellwether_store::{Row, View};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

/// What to look for; what is said must all hold for one record.
#[derive(clap::Args)]
pub(crate) struct SearchArgs {
    /// Who was asked, told or answered: a handle of `people.yaml`.
    #[arg(long, value_name = "HANDLE")]
    person: Option<String>,
    /// The rule that decided.
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// The role that was decided for or asked.
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// What was decided: `cxo`, `sponsor`, `discover`, `person` or `none`.
    #[arg(long, value_name = "VERDICT")]
    verdict: Option<String>,
    /// The account, case or deal: a stream, or a document as records name it.
    #[arg(long, value_name = "ID")]
    about: Option<String>,
    /// The kind of leaf: `step`, `rules.activated`, `restore.epoch`, `key.rotate`, `subject.erased`.
    #[arg(long, value_name = "TYPE")]
    kind: Option<String>,
    /// Only at this instant or later.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    from: Option<Timestamp>,
    /// Only before this instant.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    until: Option<Timestamp>,
    /// How many records are shown, the newest of those that were found.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

pub(super) fn run(context: &Context, args: &SearchArgs) -> Result<Exit> {
    let store = context.read()?;
    let roles = Roles::read(&read_rules(&store).map_err(Failure::drive)?, &store)?;
    let bar = progress::bar(store.last_pos()?, "records");
    let (mut found, mut count, mut fault) = (VecDeque::new(), 0u64, None);
    store.scan(1, |row| {
        bar.inc(1);
        match look(&store, args, &roles, row) {
            Ok(None) => {}
            Ok(Some(leaf)) => {
                count += 1;
                found.push_back((row.pos, leaf));
                if found.len() > args.limit {
                    found.pop_front();
                }
            }
            Err(error) => {
                fault = Some(error.context(format!("the record {}", row.pos)));
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    if let Some(error) = fault {
        return Err(error);
    }
    print(context, &found, count);
    Ok(Exit::Fine)
}

/// The record, if it is one of those that are looked for.
fn look(view: &View, args: &SearchArgs, roles: &Roles, row: &Row<'_>) -> Result<Option<Value>> {
    let whole = whole_record(row.record, || view.evidence(row.pos))?;
    let leaf: Value = serde_json::from_slice(&whole).context("it cannot be read")?;
    let fits = args.in_time(&leaf)
        && args.kind.as_deref().is_none_or(|kind| text(&leaf, "type") == kind)
        && args.person.as_deref().is_none_or(|person| names(&leaf, person))
        && args.about.as_deref().is_none_or(|about| is_about(&leaf, about))
        && decided(&leaf, "rule", args.rule.as_deref())
        && decided(&leaf, "outcome", args.verdict.as_deref())
        && args.role.as_deref().is_none_or(|role| roles.are_in(&leaf, role));
    Ok(fits.then_some(leaf))
}

impl SearchArgs {
    fn in_time(&self, leaf: &Value) -> bool {
        let at = instant(leaf);
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

fn text<'l>(leaf: &'l Value, name: &str) -> &'l str {
    leaf.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'l>(leaf: &'l Value, name: &str) -> &'l [Value] {
    leaf.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn instant(leaf: &Value) -> Timestamp {
    Timestamp::from_micros(text(leaf, "at").parse().unwrap_or_default())
}

fn names(leaf: &Value, person: &str) -> bool {
    let lists = ["moves", "effects"].into_iter().flat_map(|name| list(leaf, name));
    lists.chain(leaf.get("answer")).any(|one| text(one, "person") == person)
}

fn is_about(leaf: &Value, about: &str) -> bool {
    let lists = ["decisions", "moves"].into_iter().flat_map(|name| list(leaf, name));
    text(leaf, "stream") == about || lists.into_iter().any(|one| text(one, "doc") == about)
}

/// Whether some decision of the record has that value, if one is asked for.
fn decided(leaf: &Value, member: &str, wanted: Option<&str>) -> bool {
    wanted
        .is_none_or(|wanted| list(leaf, "decisions").iter().any(|one| text(one, member) == wanted))
}

/// Which role a node asks, by rules, graph and node.
struct Roles(BTreeMap<(String, String, String), String>);

impl Roles {
    fn read(book: &RuleBook, view: &View) -> Result<Self> {
        let mut roles = BTreeMap::new();
        for (digest, _) in view.blobs("rules")? {
            let graphs = book.get(&digest).map(|rules| rules.policy().graphs()).unwrap_or_default();
            for graph in graphs {
                for node in graph.nodes() {
                    let Some(human) = node.human() else { continue };
                    let key = (digest.to_string(), graph.name().to_owned(), node.name.clone());
                    roles.insert(key, human.role.clone());
                }
            }
        }
        Ok(Self(roles))
    }

    fn are_in(&self, leaf: &Value, role: &str) -> bool {
        let rules = text(leaf, "rules");
        let lists = ["decisions", "moves"].into_iter().flat_map(|name| list(leaf, name));
        lists.into_iter().any(|one| {
            let place = (text(one, "graph").to_owned(), text(one, "node").to_owned());
            let key = (rules.to_owned(), place.0, place.1);
            self.0.get(&key).is_some_and(|found| found == role)
        })
    }
}

fn print(context: &Context, found: &VecDeque<(u64, Value)>, count: u64) {
    if context.format == Format::Json {
        let list = found.iter().map(|(pos, leaf)| json!({"record": pos, "leaf": leaf}));
        println!("{}", json!({"found": count, "records": Value::from_iter(list)}));
        return;
    }
    let mut table = Table::new(&[">record", "at", "type", "about", "what"]);
    for (pos, leaf) in found {
        table.row([
            pos.to_string(),
            to_the_second(instant(leaf)).to_string(),
            text(leaf, "type").to_owned(),
            about(leaf),
            what(leaf),
        ]);
    }
    if found.is_empty() {
        eprintln!("no record fits");
        return;
    }
    print!("{}", table.render());
    match count - found.len() as u64 {
        0 => eprintln!("{} records", thousands(count)),
        _ => eprintln!(
            "the newest {} of {} records; `--limit` shows more",
            thousands(found.len() as u64),
            thousands(count)
        ),
    }
}

/// The document of the first decision or move, else the stream.
fn about(leaf: &Value) -> String {
    let lists = ["moves", "decisions"].into_iter().flat_map(|name| list(leaf, name));
    let doc = lists.into_iter().map(|one| text(one, "doc")).find(|doc| *doc != "account");
    doc.unwrap_or_else(|| text(leaf, "stream")).to_owned()
}

/// What happened, in a line.
fn what(leaf: &Value) -> String {
    let moves = list(leaf, "moves").iter().map(|moved| {
        let cause = text(moved, "cause");
        let cause = if cause.is_empty() { text(moved, "how") } else { cause };
        [text(moved, "to"), text(moved, "person"), cause].map(str::to_owned).join(" ")
    });
    let moves: Vec<String> = moves.map(|moved| moved.trim().to_owned()).collect();
    let decisions = list(leaf, "decisions").iter().map(|decision| {
        format!(
            "{} {} -> {}",
            text(decision, "graph"),
            text(decision, "rule"),
            text(decision, "node")
        )
    });
    let decisions: Vec<String> = decisions.collect();
    let all: Vec<String> = decisions.into_iter().chain(moves).collect();
    if all.is_empty() { text(leaf, "kind").to_owned() } else { all.join("; ") }
}
