//! `demo`: a made-up company through the real path, in a minute.
//!
//! The exports of the company are written to files, two desks (prospects and customers) are created
//! with the shipped bundles, the files are imported by the shipped mappings, and what was decided is
//! shown with commands to try next. Then a few things happen today, and the console shows them.

mod desk;
mod mark;
mod today;

use super::context::Context;
use crate::exit::Exit;
use crate::table::thousands;
use anyhow::{Context as _, Result};
use bellwether_demo::{Company, Size, StoryKind, company};
use desk::Desk;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Arguments of `demo`. Without `--data` everything goes to `bellwether-demo`.
#[derive(clap::Args)]
pub(crate) struct DemoArgs {
    /// The seed of the company: another number is another company.
    #[arg(long, default_value_t = bellwether_demo::DEFAULT_SEED)]
    seed: u64,
    /// How many accounts.
    #[arg(long, default_value_t = 2_000)]
    accounts: usize,
    /// About how many signals.
    #[arg(long, default_value_t = 50_000)]
    signals: usize,
    /// Over how many days.
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// Where the console of the customers' desk answers afterwards; another port if this one is taken.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7480")]
    listen: SocketAddr,
    /// Stop after the summary.
    #[arg(long)]
    exit: bool,
}

/// Which mapping reads which export of the company.
pub(crate) const EXPORTS: [(&str, &str); 16] = [
    ("accounts.csv", "firmographics"),
    ("deals.csv", "crm-deals"),
    ("tickets.json", "zendesk-tickets"),
    ("chats.jsonl", "chat-transcripts"),
    ("mail.mbox", "mail"),
    ("calendar.csv", "calendar"),
    ("orders.csv", "erp-orders"),
    ("invoices.csv", "billing-invoices"),
    ("contracts.jsonl", "contract-clauses"),
    ("usage.csv", "product-telemetry"),
    ("engagement.csv", "engagement-history"),
    ("procurement.csv", "procurement-stages"),
    ("surveys.csv", "surveys"),
    ("leads.csv", "leads"),
    ("people.csv", "people-directory"),
    ("outcomes.csv", "outcomes"),
];

/// The company's own mail domain: what comes from it is no customer's.
pub(crate) const OWN_DOMAIN: &str = "ospreyvale.example";

pub(crate) fn run(context: &Context, args: &DemoArgs) -> Result<Exit> {
    let start = Instant::now();
    let folder = folder(context);
    let size = Size { accounts: args.accounts, signals: args.signals, days: args.days };
    eprintln!(
        "making up a company: {} accounts, about {} signals over {} days",
        thousands(args.accounts as u64),
        thousands(args.signals as u64),
        args.days
    );
    mark::begin(&folder, args)?;
    let made = company(args.seed, size);
    let exports = folder.join("exports");
    write_exports(&exports, &made)?;
    eprintln!("its exports are in {}", exports.display());
    let desks = [
        Desk { name: "prospects", bundle: "prospect-to-cxo" },
        Desk { name: "customers", bundle: today::BUNDLE },
    ];
    for desk in &desks {
        desk.run(&folder, &exports, args.seed, start)?;
    }
    println!("\nTry next:");
    let customers = folder.join("customers");
    let data = customers.display();
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("bellwether"));
    let program = program.display();
    if let Some(story) = made.truth.stories.iter().find(|story| story.kind == StoryKind::Sour) {
        println!("  {program} explain --data {data} --id crm={}", story.account_id);
    }
    // Of a company that nobody here has heard of, so that nothing else happened to it.
    let alone = |(lead, _): &&(String, String)| made.truth.new_leads.contains(lead);
    if let Some((_, asked_by)) = made.truth.ownerless_leads.iter().find(alone) {
        let prospects = folder.join("prospects");
        println!("  {program} explain --data {} --email {asked_by}", prospects.display());
    }
    println!("  {program} replay --all --data {data}");
    println!("  {program} policy show customer-escalation");
    println!("  {program} simulate --data {data} --bundle customer-escalation");
    println!("  {program} export decisions --data {data} --out decisions.csv --as csv --changed");
    mark::complete(&folder, args)?;
    println!("all of it took {:.1} s", start.elapsed().as_secs_f64());
    if !args.exit {
        let mut accounts: Vec<&str> = Vec::new();
        for story in &made.truth.stories {
            if story.kind != StoryKind::Ripening && !accounts.contains(&story.account_id.as_str()) {
                accounts.push(&story.account_id);
            }
        }
        today::serve(&customers, &accounts, args)?;
    }
    Ok(Exit::Fine)
}

/// The demo keeps out of the way of a real data directory.
fn folder(context: &Context) -> PathBuf {
    if context.data == Path::new("bellwether-data") {
        PathBuf::from("bellwether-demo")
    } else {
        context.data.clone()
    }
}

fn write_exports(exports: &Path, made: &Company) -> Result<()> {
    std::fs::create_dir_all(exports)
        .with_context(|| format!("cannot create {}", exports.display()))?;
    for file in &made.files {
        let path = exports.join(file.name);
        std::fs::write(&path, &file.bytes)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
