//! `policy keygen|sign|verify`: who stands behind a bundle.
//!
//! - In: a bundle's folder, and a key file (mode 0600) or public keys.
//! - Out: a key with its public half; `BUNDLE.lock`; who signed, or everything that is wrong.
//! - Never: prints a secret key, uses one that others may read, or keeps signatures of other files.

use crate::bundle;
use crate::cli::context::{Context, now, read_time};
use crate::cli::{Format, log::read_keys};
use crate::config::only_mine;
use crate::disk;
use crate::exit::{Exit, Failure, Problems};
use crate::lock::{self, Lock, Wanted};
use crate::prove::report;
use anyhow::{Context as _, Result};
use bellwether_core::{Problem, Timestamp};
use bellwether_engine::Rules;
use bellwether_ledger::note::{BadKey, Note, Scheme, Signer, VerifierKey};
use bellwether_runtime::keys::{FileKeys, KeyError, KeyProvider as _};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Which key to make.
#[derive(clap::Args)]
pub(crate) struct KeygenArgs {
    /// The file of the secret key; the public one goes to FILE.pub.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Whose key it is; it stands in every signature. The file's name without it.
    #[arg(long, value_name = "HANDLE")]
    name: Option<String>,
}

/// What to sign, and as whom.
#[derive(clap::Args)]
pub(crate) struct SignArgs {
    /// The bundle's folder.
    #[arg(value_name = "DIR")]
    bundle: PathBuf,
    /// Your secret key, as `policy keygen` made it; its public half lies beside it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// From when on the signatures no longer count.
    #[arg(long, value_name = "DATE", value_parser = read_time)]
    expires: Option<Timestamp>,
}

/// What to verify, and whom to trust.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// The bundle's folder.
    #[arg(value_name = "DIR")]
    bundle: PathBuf,
    /// A public key whose signature counts, or a file with one a line; those of `[rules] signers` without it.
    #[arg(long, value_name = "KEY|FILE")]
    signer: Vec<String>,
    /// How many of them must have signed; without it one, or what `[rules]` says, and two with `four_eyes`.
    #[arg(long, value_name = "N")]
    signatures: Option<usize>,
    /// A proof without findings must be there.
    #[arg(long)]
    require_proof: bool,
}

fn failure(error: KeyError) -> anyhow::Error {
    Failure::drive(error.into()).into()
}

fn refuse(problem: Problem) -> anyhow::Error {
    Problems(vec![problem]).into()
}

/// Beside the secret key, so that signing knows whose it is.
fn public_file(secret: &Path) -> PathBuf {
    let mut name = secret.to_owned().into_os_string();
    name.push(".pub");
    PathBuf::from(name)
}

pub(super) fn keygen(context: &Context, args: &KeygenArgs) -> Result<Exit> {
    let stem = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = args.name.clone().or(stem).unwrap_or_default();
    // A name that no key may have is refused before a file is made.
    let named = Signer::new(&name, Scheme::Plain, &[0; 32]);
    named.map_err(|error| nameless(&name, &error))?;
    let secret = FileKeys::create(&args.file).and_then(|keys| keys.master()).map_err(failure)?;
    let signer = secret.signer(&name, Scheme::Plain).map_err(|error| nameless(&name, &error))?;
    let public = signer.verifier().to_string();
    let file = public_file(&args.file);
    disk::write_whole(&file, format!("{public}\n").as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))?;
    match context.format {
        Format::Json => println!("{}", json!({"key": public, "name": name})),
        Format::Text => println!("{public}"),
    }
    eprintln!(
        "whoever trusts it names it in `[rules] signers`; keep {} to yourself",
        args.file.display()
    );
    Ok(Exit::Fine)
}

fn nameless(name: &str, error: &BadKey) -> anyhow::Error {
    let problem = Problem::new("note-key", format!("`{name}` cannot sign: {error}"));
    refuse(problem.help("give a handle without spaces with `--name`"))
}

/// The public half signs nothing, and is no secret that somebody else may not read.
fn check_secret(file: &Path) -> Result<()> {
    let named = file.to_string_lossy();
    let Some(secret) = named.strip_suffix(".pub") else { return Ok(()) };
    let text = std::fs::read_to_string(file).unwrap_or_default();
    if text.trim().parse::<VerifierKey>().is_err() {
        return Ok(());
    }
    let problem =
        Problem::new("note-key", format!("{named} is the public key, which signs nothing"));
    Err(refuse(problem.help(format!("name the secret one: {secret}"))))
}

/// The signer of a key file, by the name in its public half.
fn read_signer(file: &Path) -> Result<Signer> {
    check_secret(file)?;
    only_mine(file).map_err(refuse)?;
    let secret = FileKeys::at(file).master().map_err(failure)?;
    let beside = public_file(file);
    let text = std::fs::read_to_string(&beside).with_context(|| {
        format!("cannot read {}, which tells whose key this is", beside.display())
    })?;
    let known = text.trim().parse::<VerifierKey>().ok();
    let signer = known.as_ref().and_then(|known| secret.signer(known.name(), Scheme::Plain).ok());
    signer.filter(|signer| Some(signer.verifier()) == known.as_ref()).ok_or_else(|| {
        let message = format!("{} is not the public half of {}", beside.display(), file.display());
        refuse(
            Problem::new("note-key", message)
                .help("put the two files of one `policy keygen` together"),
        )
    })
}

/// A lock names no proof that is none, or that is about other files.
fn check_proof(source: &bundle::Source, lock: &Lock) -> Result<()> {
    let Some(text) = &source.proof else { return Ok(()) };
    let message = match report::Said::read(text) {
        Some(said) if said.bundle == lock.digest => return Ok(()),
        Some(_) => "PROOF.json is about other files than these",
        None => "PROOF.json is no report of `policy prove`",
    };
    let problem = Problem::new("lock-proof-other", message);
    Err(refuse(problem.help("prove anew with `policy prove --out`, or remove it")))
}

/// A date that has passed: whoever gave it, nobody could count the signature.
fn check_date(expires: Option<Timestamp>, now: Timestamp) -> Result<()> {
    let Some(expires) = expires.filter(|expires| *expires <= now) else { return Ok(()) };
    let message = format!("the signatures would have held until {expires}, which has passed");
    let problem = Problem::new("lock-expired", message);
    Err(refuse(problem.help("say until when they hold: `--expires DATE`, a day that is to come")))
}

/// What makes a lock another one than that before; earlier signatures are not of it.
fn changed(before: &Lock, lock: &Lock) -> Option<&'static str> {
    if before == lock {
        return None;
    }
    Some(if (&before.files, before.digest) != (&lock.files, lock.digest) {
        "the files were changed"
    } else if before.expires != lock.expires {
        "the date until which signatures hold was changed"
    } else {
        "the proof was changed"
    })
}

pub(super) fn sign(context: &Context, args: &SignArgs) -> Result<Exit> {
    let signer = read_signer(&args.key)?;
    let source = bundle::source(&args.bundle)?;
    // What does not load never comes into force, and a signature would say that somebody read it.
    Rules::compose(source.files.clone()).map_err(Problems)?;
    let before = source.lock.as_deref().and_then(|text| lock::read(text).ok());
    let expires = args.expires.or(before.as_ref().and_then(|(lock, _)| lock.expires));
    check_date(expires, now())?;
    let lock = Lock::of(&source, expires).map_err(refuse)?;
    check_proof(&source, &lock)?;
    let changed = before.as_ref().and_then(|(known, _)| changed(known, &lock));
    let mut note = match before {
        Some((known, note)) if known == lock => note,
        _ => Note::new(lock.text())
            .map_err(|error| refuse(Problem::new(error.code(), error.to_string())))?,
    };
    note.add(signer.sign(note.text(), now()));
    let text = note.to_string();
    lock::read(&text).map_err(refuse)?;
    let file = args.bundle.join(lock::FILE);
    disk::write_whole(&file, text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))?;
    if let Some(what) = changed {
        eprintln!("{what} since the last lock: earlier signatures are gone");
    }
    let names: Vec<_> = note.signatures().iter().map(|one| one.name().to_owned()).collect();
    match context.format {
        Format::Json => println!(
            "{}",
            json!({"bundle": lock.name, "version": lock.version, "digest": lock.digest.to_string(), "signatures": names})
        ),
        Format::Text => {
            println!("{} {} is signed by {}", lock.name, lock.version, names.join(", "))
        }
    }
    Ok(Exit::Fine)
}

pub(super) fn verify(context: &Context, args: &VerifyArgs) -> Result<Exit> {
    let source = bundle::source(&args.bundle)?;
    let (signers, signatures, proof) = if args.signer.is_empty() {
        let rules = context.config()?.config.rules;
        // Where two people are asked for, two keys are what shows it on the command line.
        let people = if rules.four_eyes { 2 } else { 1 };
        (rules.signers, rules.signatures.max(people), rules.require_proof)
    } else {
        (read_keys(&args.signer)?, 1, false)
    };
    let wanted = Wanted {
        signers: &signers,
        signatures: args.signatures.unwrap_or(signatures),
        require_proof: args.require_proof || proof,
        now: now(),
    };
    match lock::verify(&source, &wanted) {
        Ok(verified) => {
            let lock = verified.lock;
            let (name, version) = lock.map(|lock| (lock.name, lock.version)).unwrap_or_default();
            let by = verified.signed_by;
            match context.format {
                Format::Json => {
                    println!("{}", json!({"bundle": name, "version": version, "signed_by": by}));
                }
                Format::Text => println!("{name} {version} is what {} signed", by.join(", ")),
            }
            Ok(Exit::Fine)
        }
        Err(problems) => {
            match context.format {
                Format::Json => println!("{}", super::problems_json(&problems)),
                Format::Text => println!("{}", Problems(problems)),
            }
            Ok(Exit::Findings)
        }
    }
}
