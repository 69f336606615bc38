//! `log prove`: one record and its proof, in two files that stand alone.

use super::checkpoint::quorum;
use super::failed;
use crate::cli::Format;
use crate::cli::context::Context;
use crate::exit::{Exit, Problems};
use anyhow::{Context as _, Result};
use bellwether_core::{Problem, StreamId};
use bellwether_ledger::note::ProofFile;
use bellwether_runtime::log::{prove, published};
use bellwether_store::{Checkpoint, Epoch, StoredEntry, View};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Which record, and where to write.
#[derive(clap::Args)]
pub(crate) struct ProveArgs {
    /// The record: its number as `log search` shows it, or `STREAM#SEQ` as explanations do.
    record: String,
    /// The folder for `record-N.json` and `record-N.tlog-proof`.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

pub(super) fn run(context: &Context, args: &ProveArgs) -> Result<Exit> {
    let store = context.read()?;
    let entry = find(&store, &args.record)?;
    let (epoch, _, proof) = proof_of(&store, context, entry.pos)?;
    std::fs::create_dir_all(&args.out)?;
    let record = write(&args.out, entry.pos, "json", &entry.record)?;
    let file = write(&args.out, entry.pos, "tlog-proof", proof.to_string().as_bytes())?;
    match context.format {
        Format::Text => {
            println!("{}\n{}", record.display(), file.display());
            println!(
                "check it anywhere: bellwether log check {} {} --key KEY",
                record.display(),
                file.display()
            );
        }
        Format::Json => println!(
            "{}",
            json!({
                "record": record.display().to_string(), "proof": file.display().to_string(),
                "index": proof.index, "origin": epoch.origin,
            })
        ),
    }
    Ok(Exit::Fine)
}

/// The proof that the record at a position is under the newest checkpoint of its epoch.
pub(crate) fn proof_of(
    view: &View,
    context: &Context,
    pos: u64,
) -> Result<(Epoch, Checkpoint, ProofFile)> {
    let epoch = view.epochs()?.into_iter().rev().find(|epoch| epoch.first_pos <= pos);
    let epoch = epoch.context("the log has no epoch")?;
    let kept = published(view, epoch.number, quorum(context)?).map_err(failed)?;
    let proof = prove(view, &epoch, &kept, pos - epoch.first_pos).map_err(failed)?;
    Ok((epoch, kept, proof))
}

fn write(folder: &Path, pos: u64, ending: &str, bytes: &[u8]) -> Result<PathBuf> {
    let path = folder.join(format!("record-{pos}.{ending}"));
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn find(store: &View, named: &str) -> Result<StoredEntry> {
    let found = match named.split_once('#') {
        Some((stream, seq)) => match (stream.parse::<StreamId>(), seq.parse()) {
            (Ok(stream), Ok(seq)) => in_stream(store, stream, seq)?,
            _ => None,
        },
        None => match named.parse() {
            Ok(pos) => store.entry(pos)?,
            Err(_) => None,
        },
    };
    found.ok_or_else(|| {
        let problem = Problem::new("log-no-record", format!("there is no record `{named}`"));
        let help = "give a number as `bellwether log search` shows it, or STREAM#SEQ";
        Problems(vec![problem.help(help)]).into()
    })
}

fn in_stream(store: &View, stream: StreamId, seq: u64) -> Result<Option<StoredEntry>> {
    let mut found = None;
    store.stream_events(stream, seq, |row| {
        found = (row.seq == seq).then(|| row.to_owned());
        ControlFlow::Break(())
    })?;
    Ok(found)
}
