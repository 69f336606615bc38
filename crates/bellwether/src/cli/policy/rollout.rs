//! `policy plan|apply|approve|rollback|withdraw|status|shadow`: how other rules come into force.
//!
//! - In: a bundle from a checkout, or the digest of a version that is kept; who says so and why.
//! - Out: what would change, what did, and how the versions stand.
//! - Never: needs the server to be stopped: while one runs it takes the order and carries it out.

mod plan;
mod shadow;
mod status;

pub(super) use plan::plan;
pub(super) use shadow::{ShadowArgs, shadow};
pub(super) use status::status;

use crate::cli::Format;
use crate::cli::context::{Context, now};
use crate::cli::features::missing;
use crate::cli::names::read_purpose;
use crate::exit::{Exit, Failure, Problems};
use crate::rollout::signed::Checked;
use crate::rollout::{Begins, Done, Order, What, proofs, spool};
use anyhow::Result;
use bellwether_core::Problem;
use bellwether_ledger::note::VerifierKey;
use bellwether_runtime::rollout::{Mode, Rollout, RolloutError};
use plan::Plan;
use std::path::{Path, PathBuf};

/// What to plan.
#[derive(clap::Args)]
pub(crate) struct PlanArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(value_name = "DIR|NAME")]
    bundle: PathBuf,
}

/// Who says something, and why.
#[derive(clap::Args)]
struct Voice {
    /// Why, in one line; it is written to the log. Name no customers.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who says so, by their handle, where nobody has to sign; it is written to the log.
    #[arg(long, value_name = "HANDLE", default_value = "command", value_parser = read_purpose)]
    by: String,
}

/// How rules begin.
#[derive(clap::Args)]
#[group(id = "how", multiple = false)]
struct HowArgs {
    /// They decide beside the rules in force, and nothing comes of it.
    #[arg(long)]
    shadow: bool,
    /// They decide for about so many of a hundred accounts, 1 to 99.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=99))]
    canary: Option<u8>,
    /// They decide for all.
    #[arg(long)]
    enforce: bool,
}

impl HowArgs {
    /// What was said, if something was.
    fn mode(&self) -> Option<Mode> {
        match (self.shadow, self.canary, self.enforce) {
            (true, ..) => Some(Mode::Shadow),
            (_, Some(percent), _) => Some(Mode::Canary(percent)),
            (.., true) => Some(Mode::Enforce),
            _ => None,
        }
    }
}

/// Which rules are to begin, and how; for all, if that is not said.
#[derive(clap::Args)]
pub(crate) struct ApplyArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(value_name = "DIR|NAME")]
    bundle: PathBuf,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    voice: Voice,
}

/// Which proposal begins; how it was proposed, if that is to be made sure.
#[derive(clap::Args)]
pub(crate) struct ApproveArgs {
    /// Its digest, or how that begins, as `status` shows it.
    rules: String,
    /// The bundle with the lock that the second person signed.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    how: HowArgs,
    #[command(flatten)]
    voice: Voice,
}

/// Which rules come back.
#[derive(clap::Args)]
pub(crate) struct RollbackArgs {
    /// The digest of a version that was in force; without it a canary ends, or the one before comes back.
    rules: Option<String>,
    #[command(flatten)]
    voice: Voice,
}

/// What ends.
#[derive(clap::Args)]
pub(crate) struct WithdrawArgs {
    /// The digest of a proposal, a shadow or a canary, or how it begins.
    rules: String,
    #[command(flatten)]
    voice: Voice,
}

impl Voice {
    fn order(&self, what: What) -> Order {
        Order { what, by: self.by.clone(), account: None, reason: self.reason.clone() }
    }
}

pub(super) fn apply(context: &Context, args: &ApplyArgs) -> Result<Exit> {
    let mode = args.how.mode().unwrap_or(Mode::Enforce);
    let checked = Plan::of(context, &args.bundle, mode)?.accept()?;
    let four_eyes = context.config()?.config.rules.four_eyes;
    let (by, approved) = proposer(&checked, four_eyes, mode, &args.voice.by)?;
    if let Some(report) = &checked.proof {
        proofs::keep(&context.data, &checked.files, report)?;
    }
    let (files, begins) = (checked.files, Begins::of(mode));
    let what = What::Propose { files, begins, approved, four_eyes };
    tell(context, &Order { by, ..args.voice.order(what) }, Some(&args.bundle))
}

/// Who proposes, and who has agreed already: with four eyes the first two who signed, else whoever says so.
/// Rules that only watch need nobody's signature.
fn proposer(
    checked: &Checked,
    four_eyes: bool,
    mode: Mode,
    by: &str,
) -> Result<(String, Option<String>)> {
    match (four_eyes, checked.signed_by.as_slice()) {
        (false, _) => Ok((by.to_owned(), None)),
        (true, [first, rest @ ..]) => Ok((first.clone(), rest.first().cloned())),
        (true, []) if mode == Mode::Shadow => Ok((by.to_owned(), None)),
        (true, []) => Err(nobody("who proposes it").into()),
    }
}

fn nobody(what: &str) -> Problems {
    let message = format!("two people must agree, and no signature says {what}");
    let problem = Problem::new("rollout-signer", message);
    Problems(vec![problem.help(
        "let a person whom `[rules] signers` names sign the bundle, or use the Rules page of the console",
    )])
}

pub(super) fn approve(context: &Context, args: &ApproveArgs) -> Result<Exit> {
    let refuse = |error: RolloutError| Failure::drive(error.into());
    let four_eyes = context.config()?.config.rules.four_eyes;
    let store = context.read()?;
    let rollout = Rollout::read(&store).map_err(Failure::drive)?;
    let version = rollout.find(&args.rules).map_err(refuse)?;
    let waits = version.waits.ok_or(RolloutError::NotProposed(version.rules)).map_err(refuse)?;
    let mode = args.how.mode().unwrap_or(waits);
    let checked = match &args.bundle {
        Some(place) => {
            let plan = Plan::of(context, place, mode)?;
            if let Some(given) = plan.digest().filter(|given| *given != version.rules) {
                return Err(
                    refuse(RolloutError::OtherBundle { given, proposed: version.rules }).into()
                );
            }
            Some(plan.accept()?)
        }
        None => None,
    };
    let by = match (four_eyes, &checked) {
        (false, _) => args.voice.by.clone(),
        (true, Some(checked)) => {
            let proposer = version.proposed.as_ref().map(|proposed| proposed.by.as_str());
            let signers = context.config()?.config.rules.signers;
            approver(&checked.signed_by, proposer, &signers, args.bundle.as_deref())?
        }
        (true, None) => return Err(nobody("who approves it").into()),
    };
    let (rules, begins) = (version.rules.to_string(), Begins::of(mode));
    let files = checked.map(|checked| checked.files);
    let what = What::Approve { rules, begins, files, four_eyes };
    tell(context, &Order { by, ..args.voice.order(what) }, args.bundle.as_deref())
}

/// Who approves: the first who signed and is not who proposed.
///
/// # Errors
/// `rollout-signer` where nobody signed; `rollout-same-person`, with who could sign, where only the proposer
/// did.
fn approver(
    signed: &[String],
    proposer: Option<&str>,
    signers: &[VerifierKey],
    bundle: Option<&Path>,
) -> Result<String, Problems> {
    if let Some(other) = signed.iter().find(|name| Some(name.as_str()) != proposer) {
        return Ok(other.clone());
    }
    let only = signed.first().ok_or_else(|| nobody("who approves it"))?;
    let others = signers.iter().map(VerifierKey::name).filter(|name| name != only);
    let others: Vec<_> = others.collect();
    let who = if others.is_empty() { "somebody else".to_owned() } else { others.join(" or ") };
    let bundle = bundle.map_or_else(|| "the bundle".to_owned(), |at| at.display().to_string());
    let message = format!("only {only} has signed {bundle}, and proposed these rules");
    let help = format!("let {who} sign it with `bellwether policy sign`, and approve then");
    Err(Problems(vec![Problem::new("rollout-same-person", message).help(help)]))
}

pub(super) fn rollback(context: &Context, args: &RollbackArgs) -> Result<Exit> {
    tell(context, &args.voice.order(What::RollBack { rules: args.rules.clone() }), None)
}

pub(super) fn withdraw(context: &Context, args: &WithdrawArgs) -> Result<Exit> {
    tell(context, &args.voice.order(What::Withdraw { rules: args.rules.clone() }), None)
}

/// Does it here, or has the server do it that holds the directory.
fn carry_out(context: &Context, order: &Order) -> Result<Done> {
    let is_locked = |error: &anyhow::Error| {
        error.downcast_ref::<Failure>().is_some_and(|failure| failure.code() == "store-locked")
    };
    let mut driver = match context.open() {
        Err(error) if is_locked(&error) => return spool::send(&context.data, order),
        driver => driver?,
    };
    let ready = order.clone().ready()?;
    let done = ready.carry_out(&mut driver, now()).map_err(Failure::drive)?;
    driver.commit().map_err(Failure::drive)?;
    Ok(done)
}

/// Carries an order out and says how the rules stand; `bundle` is where they were read.
fn tell(context: &Context, order: &Order, bundle: Option<&Path>) -> Result<Exit> {
    let done = carry_out(context, order)?;
    if context.format == Format::Json {
        println!("{}", serde_json::to_string(&done)?);
        return Ok(Exit::Fine);
    }
    let rules = &done.rules;
    match done.stands.as_str() {
        "waits" => {
            // What waits does so for two people, who sign: the approval needs the bundle again.
            let bundle = bundle.map_or_else(|| "DIR".to_owned(), |at| at.display().to_string());
            println!(
                "{rules} waits for a second person, who signs {bundle} too:\n  \
                 bellwether policy approve {rules} --bundle {bundle} --reason \"...\""
            )
        }
        "shadow" => println!("{rules} decides in shadow:\n  bellwether policy shadow {rules}"),
        "canary" => println!("{rules} decides for a share of the accounts"),
        "withdrawn" => println!("{rules} is withdrawn"),
        "rolled_back" => println!("{rules} is in force"),
        _ => println!(
            "{rules} is in force; going back:\n  bellwether policy rollback --reason \"...\""
        ),
    }
    print!("{}", missing(&done.missing));
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_ledger::note::{Scheme, Signer};
    use std::collections::BTreeMap;

    #[test]
    fn who_signed_alone_is_told_who_else_could() {
        let key = |(seed, name): (u8, &str)| {
            Signer::new(name, Scheme::Plain, &[seed; 32]).unwrap().verifier().clone()
        };
        let signers = [(1, "ann"), (2, "bob"), (3, "kim")].map(key);
        let said = |signed: &[&str], signers: &[VerifierKey]| {
            let signed: Vec<_> = signed.iter().map(|name| (*name).to_owned()).collect();
            approver(&signed, Some("ann"), signers, Some(Path::new("v2")))
                .map_err(|refused| refused.to_string())
        };
        assert_eq!(said(&["ann", "bob"], &signers), Ok("bob".to_owned()));
        for (signed, signers, parts) in [
            (&["ann"][..], &signers[..], ["only ann has signed v2", "let bob or kim sign it"]),
            (&["ann"], &signers[..1], ["only ann has signed v2", "let somebody else sign it"]),
            (&[], &signers, ["rollout-signer", "who approves it"]),
        ] {
            let refused = said(signed, signers).unwrap_err();
            assert!(parts.iter().all(|part| refused.contains(part)), "{refused}");
        }
    }

    #[test]
    fn with_four_eyes_the_signatures_say_who_it_is() {
        let said = |signed: &[&str], four_eyes: bool, mode: Mode| {
            let signed_by = signed.iter().map(|name| (*name).to_owned()).collect();
            let checked = Checked { files: BTreeMap::new(), signed_by, proof: None };
            proposer(&checked, four_eyes, mode, "kim").ok()
        };
        let named = |by: &str, other: Option<&str>| Some((by.to_owned(), other.map(str::to_owned)));
        let (all, shadow) = (Mode::Enforce, Mode::Shadow);
        for (signed, four_eyes, mode, expected) in [
            (&[][..], false, all, named("kim", None)),
            (&["ann", "bob"][..], false, all, named("kim", None)),
            (&[][..], true, all, None),
            (&[][..], true, Mode::Canary(9), None),
            (&[][..], true, shadow, named("kim", None)),
            (&["ann"][..], true, shadow, named("ann", None)),
            (&["ann"][..], true, all, named("ann", None)),
            (&["ann", "bob"][..], true, all, named("ann", Some("bob"))),
        ] {
            assert_eq!(said(signed, four_eyes, mode), expected, "{signed:?} {four_eyes} {mode}");
        }
    }
}
