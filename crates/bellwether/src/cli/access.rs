//! `access`: who may sign in or call, by hand, beside the server.

mod report;
mod token;

use super::context::{Context, now};
use crate::access::{AccessError, Role, link, password};
use crate::exit::{Exit, Failure};
use anyhow::{Context as _, Result};
use bellwether_core::Personal;
use bellwether_runtime::names::Names;
use bellwether_store::{Accounts, Change, Trail};

/// What to do about access.
#[derive(clap::Subcommand)]
pub(crate) enum AccessCommand {
    /// Make a one-time link with which somebody makes their account.
    Invite(InviteArgs),
    /// The accounts.
    List,
    /// No longer let an account sign in; its sessions end at once.
    Disable(AccountArgs),
    /// Let an account sign in again.
    Enable(AccountArgs),
    /// Remove an account and what it is called; the trail keeps its id.
    Remove(AccountArgs),
    /// Give an account another role.
    Role(RoleArgs),
    /// Link an account to a person whom rules ask, or unlink it.
    Link(LinkArgs),
    /// Make a one-time link with which somebody sets a new password.
    Reset(AccountArgs),
    /// Tokens of programs.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// The account for emergencies.
    #[command(subcommand)]
    Breakglass(BreakglassCommand),
    /// What was done to accounts and tokens, and who signed in; the newest first.
    Log(LogArgs),
}

/// Whom to invite.
#[derive(clap::Args)]
pub(crate) struct InviteArgs {
    /// What the account may do.
    #[arg(long, value_enum)]
    role: Role,
    /// The handle under which rules ask this person.
    #[arg(long, value_name = "HANDLE")]
    person: Option<String>,
}

/// Which account.
#[derive(clap::Args)]
pub(crate) struct AccountArgs {
    /// The account, as `access list` shows it.
    account: String,
}

/// Which account, and its role.
#[derive(clap::Args)]
pub(crate) struct RoleArgs {
    /// The account, as `access list` shows it.
    account: String,
    /// What it may do from now on.
    #[arg(value_enum)]
    role: Role,
}

/// Which account, and its person.
#[derive(clap::Args)]
pub(crate) struct LinkArgs {
    /// The account, as `access list` shows it.
    account: String,
    /// The handle under which rules ask this person; without it, nobody's.
    #[arg(long, value_name = "HANDLE")]
    person: Option<String>,
}

/// What to do about the account for emergencies.
#[derive(clap::Subcommand)]
pub(crate) enum BreakglassCommand {
    /// Make it, disabled, and print its name and password once: put them in a safe.
    Create,
    /// Who used it, when, and who has looked at that.
    List,
}

/// How much of the trail.
#[derive(clap::Args)]
pub(crate) struct LogArgs {
    /// How many lines.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    most: u32,
}

pub(super) fn run(context: &Context, command: &AccessCommand) -> Result<Exit> {
    context.must_exist()?;
    match command {
        AccessCommand::Invite(args) => {
            let what = link::For::Invite { role: args.role, person: args.person.as_deref() };
            one_time(context, &what)
        }
        AccessCommand::Reset(args) => {
            one_time(context, &link::For::Reset { account: &args.account })
        }
        AccessCommand::List => report::list(context),
        AccessCommand::Disable(AccountArgs { account }) => {
            let changes = [Change::Enable(account, false), Change::EndAll(account)];
            change(context, "account.disabled", account, &changes)
        }
        AccessCommand::Enable(AccountArgs { account }) => {
            change(context, "account.enabled", account, &[Change::Enable(account, true)])
        }
        AccessCommand::Remove(AccountArgs { account }) => {
            let changes = [Change::EndAll(account), Change::RemoveUser(account)];
            change(context, "account.removed", account, &changes)
        }
        AccessCommand::Role(RoleArgs { account, role }) => {
            let changes = [Change::Role(account, role.as_str()), Change::EndAll(account)];
            change(context, "account.role", account, &changes)
        }
        AccessCommand::Link(LinkArgs { account, person }) => {
            let changes = [Change::Person(account, person.as_deref())];
            change(context, "account.person", account, &changes)
        }
        AccessCommand::Token(command) => token::run(context, command),
        AccessCommand::Breakglass(BreakglassCommand::Create) => breakglass(context),
        AccessCommand::Breakglass(BreakglassCommand::List) => report::emergencies(context),
        AccessCommand::Log(args) => report::log(context, args.most),
    }
}

/// Who does what commands do, in the trail.
const ACTOR: &str = "command";

fn failure(error: impl Into<AccessError>) -> anyhow::Error {
    Failure::access(&error.into()).into()
}

fn accounts(context: &Context) -> Result<Accounts> {
    Accounts::open(&context.data).map_err(failure)
}

/// The key to names. Where the server never ran, it is made.
fn names(context: &Context) -> Result<Names> {
    let read = {
        let store = context.read()?;
        let edge = bellwether_runtime::reading_edge(&store, context.keys()?).map_err(failure)?;
        Names::read(edge.vault()).map_err(failure)?
    };
    match read {
        Some(names) => Ok(names),
        None => {
            let mut driver = context.open().context("the key to names is not made yet")?;
            Names::of(driver.edge().vault_mut(), now()).map_err(failure)
        }
    }
}

fn change(
    context: &Context,
    what: &'static str,
    account: &str,
    changes: &[Change<'_>],
) -> Result<Exit> {
    let trail =
        Trail { at: now(), what, account: Some(account.to_owned()), actor: ACTOR.to_owned() };
    match accounts(context)?.change(&trail, changes).map_err(failure)? {
        true => {
            println!("{account}: {what}");
            Ok(Exit::Fine)
        }
        false => Err(failure(AccessError::Unknown("account"))),
    }
}

fn one_time(context: &Context, what: &link::For<'_>) -> Result<Exit> {
    let secret = link::make(&mut accounts(context)?, what, ACTOR, now()).map_err(failure)?;
    // The link is made: a configuration that is wrong keeps nobody from it.
    let url = context.config().ok().and_then(|loaded| loaded.config.server.public_url);
    println!("{}/first?token={secret}", url.as_deref().unwrap_or_default());
    if url.is_none() {
        eprintln!(
            "put the server's address before it; `public_url` in bellwether.toml does so for you"
        );
    }
    eprintln!("it holds for 24 hours and can be used once");
    Ok(Exit::Fine)
}

fn breakglass(context: &Context) -> Result<Exit> {
    let names = names(context)?;
    let (name, password) = crate::access::emergency_login().map_err(failure)?;
    let passwords = password::Passwords::new(crate::access::Settings::default().work);
    let kept =
        passwords.and_then(|passwords| passwords.hash(&name, &Personal::new(password.clone())));
    let user = link::emergency(&names, &name, kept.map_err(failure)?, now()).map_err(failure)?;
    let trail = Trail {
        at: now(),
        what: "emergency.made",
        account: Some(user.id.clone()),
        actor: ACTOR.to_owned(),
    };
    let mut accounts = accounts(context)?;
    if !accounts.change(&trail, &[Change::AddUser(&user)]).map_err(failure)? {
        return Err(failure(AccessError::Name));
    }
    println!("account   {}\nname      {name}\npassword  {password}", user.id);
    eprintln!("it is disabled; `bellwether access enable {}` lets it sign in", user.id);
    eprintln!("this is shown once: put it in a safe");
    Ok(Exit::Fine)
}
