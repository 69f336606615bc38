//! The commands: one file each, arguments in, a report out.

mod access;
mod backtest;
mod backup;
pub(crate) mod config;
pub(crate) mod context;
mod demo;
mod doctor;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod facts;
mod features;
mod help;
mod import;
mod init;
mod intent;
mod interrupt;
mod keys;
mod link;
pub(crate) mod log;
mod mappings;
pub(crate) mod names;
mod outbox;
pub(crate) mod policy;
mod privacy;
pub(crate) mod quarantine;
#[cfg(test)]
mod quoted;
pub(crate) mod replay;
mod serve;
mod shell;
mod simulate;
pub(crate) mod sources;
mod stop;
mod witness;

use crate::exit::Exit;
use anyhow::Result;
use clap::{FromArgMatches, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Bellwether: who should hear of it, when, and why.
///
/// Takes in what happens around prospects and customers, works out what they need, and brings in the
/// right person with the reason. Everything it decides is recorded, explained and can be replayed.
///
/// First steps: `bellwether demo` runs a made-up company through it.
/// `bellwether init --bundle customer-escalation`, then `bellwether import FILE --mapping NAME`,
/// reads your own history.
#[derive(Parser)]
#[command(name = "bellwether", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// The data directory.
    #[arg(long, global = true, value_name = "DIR", default_value = "bellwether-data")]
    #[arg(env = "BELLWETHER_DATA")]
    pub(crate) data: PathBuf,
    /// The configuration; without it, bellwether.toml in the data directory, if there is one.
    #[arg(long, global = true, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// How results are written to stdout.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Say more on stderr; twice says most.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create a data directory and activate a bundle.
    Init(init::InitArgs),
    /// Run a made-up company through the real path and show what was decided.
    Demo(demo::DemoArgs),
    /// Take signals in over HTTP, decide, and answer, until Ctrl-C.
    Serve(serve::ServeArgs),
    /// What is configured: check it, show it, begin with it.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Read exports of other systems as history.
    Import(import::ImportArgs),
    /// What a bundle would have done over history, and how good that was.
    Backtest(backtest::BacktestArgs),
    /// What another bundle would do with the history of a data directory, and who would be asked.
    Simulate(simulate::SimulateArgs),
    /// Who was asked about this account, case or deal, and why.
    Explain(explain::ExplainArgs),
    /// Derive every record again from its events and compare, byte for byte.
    Replay(replay::ReplayArgs),
    /// Write decisions to a file.
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// The tamper-evident log: show, sign, verify, search, prove, export.
    #[command(subcommand)]
    Log(log::LogCommand),
    /// Copy the data, and the keys apart, beside whoever works in the directory.
    Backup(backup::BackupArgs),
    /// Go on from a backup: the log says so, and nothing that may have been sent is sent again.
    Restore(backup::RestoreArgs),
    /// Check, test and show bundles.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// The mappings inside the program: list them, print one to copy it, check one of your own.
    #[command(subcommand)]
    Mappings(mappings::MappingsCommand),
    /// Readers of texts: train them, and see how well they read.
    #[command(subcommand)]
    Intent(intent::IntentCommand),
    /// The facts that rules may name.
    Facts(facts::FactsArgs),
    /// Feature versions: backfill after a change, recompute, activate another bundle.
    #[command(subcommand)]
    Features(features::FeaturesCommand),
    /// Count one account's signals for another, because they are the same company; undoable.
    Link(link::LinkArgs),
    /// Undo a link.
    Unlink(link::UnlinkArgs),
    /// What was refused or held back, why, and reading it again.
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
    /// Stop all sending at once, or let it go on.
    Stop(stop::StopArgs),
    /// What did not arrive: list it, try it again, settle it.
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    /// Retention and erasure.
    #[command(subcommand)]
    Privacy(privacy::PrivacyCommand),
    /// A small process on another machine that co-signs a log's checkpoints, so that it cannot be rewritten.
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    /// The master key: where it comes from, and rotating it.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Who may sign in or call: invitations, accounts, tokens, emergencies, and what was done.
    #[command(subcommand)]
    Access(access::AccessCommand),
    /// Check configuration, disk, keys, store, bundle, clock, certificate, sources and channels, and say how
    /// to mend each.
    Doctor(doctor::DoctorArgs),
    /// Print completions for a shell.
    Completions(shell::CompletionsArgs),
    /// Print the manual page.
    Man,
}

impl Cli {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Clap's, which also stand for a wish for help.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        Self::from_arg_matches(&help::command().try_get_matches()?)
    }
}

/// Runs a command.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    let context = context::Context { data: cli.data, config: cli.config, format: cli.format };
    match cli.command {
        Command::Init(args) => init::run(&context, &args),
        Command::Demo(args) => demo::run(&context, &args),
        Command::Serve(args) => serve::run(&context, &args),
        Command::Config(command) => config::run(&context, &command),
        Command::Import(args) => import::run(&context, &args),
        Command::Backtest(args) => backtest::run(&context, &args),
        Command::Simulate(args) => simulate::run(&context, &args),
        Command::Explain(args) => explain::run(&context, &args),
        Command::Replay(args) => replay::run(&context, &args),
        Command::Export(command) => export::run(&context, &command),
        Command::Log(command) => log::run(&context, &command),
        Command::Backup(args) => backup::back_up(&context, &args),
        Command::Restore(args) => backup::restore(&context, &args),
        Command::Policy(command) => policy::run(&context, &command),
        Command::Mappings(command) => mappings::run(&context, &command),
        Command::Facts(args) => facts::run(&context, &args),
        Command::Intent(command) => intent::run(&context, &command),
        Command::Features(command) => features::run(&context, &command),
        Command::Link(args) => link::link(&context, &args),
        Command::Unlink(args) => link::unlink(&context, &args),
        Command::Quarantine(command) => quarantine::run(&context, &command),
        Command::Stop(args) => stop::run(&context, &args),
        Command::Outbox(command) => outbox::run(&context, &command),
        Command::Privacy(command) => privacy::run(&context, &command),
        Command::Witness(command) => witness::run(&context, &command),
        Command::Keys(command) => keys::run(&context, &command),
        Command::Access(command) => access::run(&context, &command),
        Command::Doctor(args) => doctor::run(&context, &args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man => shell::manual(),
    }
}
