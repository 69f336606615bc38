//! `log checkpoint`: signs what is there, and has witnesses co-sign it.

use crate::cli::Format;
use crate::cli::context::{Context, Working, now};
use crate::exit::{Exit, Failure, Problems};
use anyhow::{Context as _, Result};
use bellwether_ledger::note::{Note, VerifierKey};
use bellwether_runtime::log::prove_growth;
use bellwether_runtime::witness::{Cosigned, Witnesses, cosign};
use bellwether_store::Checkpoint;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The file of witnesses in a data directory.
const WITNESSES: &str = "witnesses.yaml";

/// Who else signs.
#[derive(clap::Args)]
pub(crate) struct CheckpointArgs {
    /// The witnesses to ask; without it those of `witnesses.yaml` in the data directory, if it is there.
    #[arg(long, value_name = "FILE")]
    witnesses: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &CheckpointArgs) -> Result<Exit> {
    let witnesses = read(context, args.witnesses.as_deref())?;
    let mut driver = context.open()?;
    let before = driver.store().last_checkpoint(driver.store().epoch()?.number)?;
    let before = before.map_or(0, |before| before.head.size);
    let signed = driver.checkpoint(now()).map_err(Failure::drive)?;
    let Some(witnesses) = witnesses else {
        print(context, &signed, &[]);
        if context.format == Format::Text {
            eprintln!(
                "note: no witness co-signed: whoever holds the key of this log could sign another history"
            );
        }
        return Ok(Exit::Fine);
    };
    let (signed, asked) = ask(&mut driver, &witnesses, &signed, before)?;
    let refused: Vec<_> = asked.refused.iter().map(|(name, why)| (name.as_str(), why)).collect();
    print(
        context,
        &signed,
        &refused.iter().map(|(name, why)| (*name, why.code())).collect::<Vec<_>>(),
    );
    for (name, why) in &refused {
        let alarm = if why.is_alarm() { "ALARM: " } else { "" };
        eprintln!("{alarm}{name}: error[{}]: {why}\n  help: {}", why.code(), why.help());
    }
    let enough = asked.signed >= witnesses.quorum;
    let quiet = !refused.iter().any(|(_, why)| why.is_alarm());
    Ok(if enough && quiet { Exit::Fine } else { Exit::Findings })
}

/// How many witnesses must have signed what is shown to others: 0 without a file of witnesses.
pub(crate) fn quorum(context: &Context) -> Result<usize> {
    Ok(read(context, None)?.map_or(0, |witnesses| witnesses.quorum))
}

fn read(context: &Context, named: Option<&Path>) -> Result<Option<Witnesses>> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => {
            let own = context.data.join(WITNESSES);
            if !own.exists() {
                return Ok(None);
            }
            own
        }
    };
    let text = std::fs::read_to_string(&path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(Witnesses::read(&path.display().to_string(), &text).map_err(Problems)?))
}

/// Asks every witness and keeps what they signed.
fn ask(
    driver: &mut Working,
    witnesses: &Witnesses,
    signed: &Checkpoint,
    before: u64,
) -> Result<(Checkpoint, Cosigned)> {
    let note = Note::parse(&signed.note)?;
    let epoch = driver.store().epoch()?;
    let peers = witnesses.connect()?;
    let last = |_: &VerifierKey| before;
    let asked = cosign(&peers, &note, last, |old| {
        prove_growth(driver.store(), &epoch, old).map_err(Into::into)
    });
    let keys = witnesses.keys();
    let got = asked.note.signatures().iter();
    let got = got.filter(|signature| keys.iter().any(|key| signature.names(key))).cloned();
    let kept = driver.add_signatures(signed, got.collect()).map_err(Failure::drive)?;
    Ok((kept, asked))
}

fn print(context: &Context, signed: &Checkpoint, refused: &[(&str, &str)]) {
    if context.format == Format::Text {
        print!("{}", String::from_utf8_lossy(&signed.note));
        return;
    }
    let refused = refused.iter().map(|(name, code)| json!({"witness": name, "code": code}));
    println!(
        "{}",
        json!({
            "epoch": signed.epoch, "size": signed.head.size, "root": signed.head.root.to_string(),
            "at": signed.at.to_string(), "note": String::from_utf8_lossy(&signed.note),
            "refused": Value::from_iter(refused),
        })
    );
}
