//! `access token`: tokens of programs.

use super::{ACTOR, accounts, failure, report};
use crate::access::{AccessError, Scope, token};
use crate::cli::context::{Context, now};
use crate::exit::Exit;
use anyhow::Result;
use bellwether_core::{Duration, Trust};
use bellwether_store::{Change, Trail};

/// What to do about tokens.
#[derive(clap::Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it once.
    Create(CreateArgs),
    /// The tokens, without their secrets.
    List,
    /// Let a token hold no longer, at once.
    Revoke(RevokeArgs),
}

/// Which token to make.
#[derive(clap::Args)]
pub(crate) struct CreateArgs {
    /// What it is for.
    #[arg(long, value_name = "WORDS")]
    label: String,
    /// What it may do; several with commas.
    #[arg(long, value_delimiter = ',', required = true, value_parser = read_scope)]
    scope: Vec<Scope>,
    /// The sources it may write as, with commas; without it, every one.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    source: Vec<String>,
    /// The highest trust of its signals: customer, partner, operator or system.
    #[arg(long, default_value = "partner", value_parser = read_trust)]
    trust: Trust,
    /// How many days it holds.
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
}

/// Which token.
#[derive(clap::Args)]
pub(crate) struct RevokeArgs {
    /// The token's id, as `access token list` shows it.
    token: String,
}

fn read_scope(word: &str) -> Result<Scope, String> {
    let known = Scope::ALL.map(Scope::as_str).join(", ");
    Scope::from_word(word).ok_or_else(|| format!("a scope is one of {known}"))
}

fn read_trust(word: &str) -> Result<Trust, String> {
    let known = Trust::ALL.map(Trust::as_str).join(", ");
    Trust::from_word(word).ok_or_else(|| format!("a trust is one of {known}"))
}

pub(super) fn run(context: &Context, command: &TokenCommand) -> Result<Exit> {
    match command {
        TokenCommand::Create(args) => create(context, args),
        TokenCommand::List => report::tokens(context),
        TokenCommand::Revoke(args) => revoke(context, &args.token),
    }
}

fn create(context: &Context, args: &CreateArgs) -> Result<Exit> {
    let new = token::NewToken {
        label: &args.label,
        scopes: &args.scope,
        sources: &args.source,
        trust: args.trust,
        lasts: Duration::from_days(args.days.into()),
    };
    let made = token::make(&mut accounts(context)?, &new, ACTOR, now()).map_err(failure)?;
    unconfigured(context, args);
    println!("{}", made.whole);
    eprintln!("{}: this is shown once", made.id);
    Ok(Exit::Fine)
}

/// Says which sources have no section: nothing is taken from them until there is one.
fn unconfigured(context: &Context, args: &CreateArgs) {
    let Ok(loaded) = context.config() else { return };
    for name in args.source.iter().filter(|name| !loaded.config.sources.contains_key(*name)) {
        eprintln!(
            "warning: there is no section [sources.{name}], so its signals are refused; {}\n  \
             help: write `[sources.{name}]` and `kind = \"events\"` there",
            context.config_origin()
        );
    }
}

fn revoke(context: &Context, id: &str) -> Result<Exit> {
    let (account, actor) = (Some(id.to_owned()), ACTOR.to_owned());
    let trail = Trail { at: now(), what: "token.revoked", account, actor };
    let revoke = [Change::RevokeToken(id, now())];
    match accounts(context)?.change(&trail, &revoke).map_err(failure)? {
        true => {
            println!("{id}: token.revoked");
            Ok(Exit::Fine)
        }
        false => Err(failure(AccessError::Unknown("token"))),
    }
}
