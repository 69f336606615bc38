//! `log verify`: a sweep over everything, in a data directory or an exported folder.

use super::failed;
use super::trust::TrustArgs;
use crate::cli::Format;
use crate::cli::context::{Context, read_file};
use crate::exit::{Exit, Problems};
use crate::progress;
use crate::table::thousands;
use anyhow::Result;
use bellwether_core::Problem;
use bellwether_ledger::note::{BadKey, Checkpoint, Note, Trust, TrustError};
use bellwether_ledger::tree::{Tile, TileKind, TileNodes, tree_root};
use bellwether_ledger::verify::{MOST_FINDINGS, Report, verify};
use bellwether_runtime::log::{self, CHECKPOINT, Folder, LogError, own_trust};
use bellwether_store::{Epoch, Store};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to check.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// An exported folder; without it the data directory is checked, all epochs of it.
    folder: Option<PathBuf>,
    /// A checkpoint that you kept from an earlier visit: the log must continue it.
    #[arg(long, value_name = "FILE")]
    seen: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
}

/// What was found wrong: where, the code, a sentence.
type Wrong = (String, &'static str, String);

/// What was checked, for the last line.
#[derive(Default)]
struct Checked {
    entries: u64,
    files: u64,
    unsigned: u64,
    more: u64,
    wrong: Vec<Wrong>,
    notes: Vec<String>,
    /// Whether an earlier checkpoint was compared.
    compared: bool,
}

impl Checked {
    fn add(&mut self, about: &str, report: Report) {
        self.entries += report.entries;
        self.files += report.files;
        self.more += report.more;
        for finding in report.findings {
            self.say(about.to_owned(), finding.code(), finding.to_string());
        }
    }

    /// Whether the log, which is as it was signed, begins with what was seen before.
    fn compare<F: Fn(Tile) -> Result<Vec<u8>, LogError>>(
        &mut self,
        path: &Path,
        note: &Note,
        trust: &Trust,
        size: u64,
        nodes: &TileNodes<F>,
    ) -> Result<()> {
        self.compared = true;
        // Whoever co-signed it then need not be who is asked for today.
        let log = Trust { witnesses: Vec::new(), needed: 0, ..trust.clone() };
        let place = path.display().to_string();
        let head = match log.open(note) {
            Ok(opened) => opened.checkpoint.head,
            Err(error) => {
                self.say(place, error.code(), error.to_string());
                return Ok(());
            }
        };
        if head.size <= size && tree_root(nodes, head.size)? == head.root {
            let old = thousands(head.size);
            self.notes.push(format!("the log continues the {old} records of {place}"));
        } else {
            let gone = LogError::NotContinued { seen: head.size, size };
            self.say(place, gone.code(), gone.to_string());
        }
        Ok(())
    }

    fn say(&mut self, place: String, code: &'static str, text: String) {
        if self.wrong.len() < MOST_FINDINGS {
            self.wrong.push((place, code, text));
        } else {
            self.more += 1;
        }
    }
}

pub(super) fn run(context: &Context, args: &VerifyArgs) -> Result<Exit> {
    let start = Instant::now();
    let mut checked = match &args.folder {
        Some(folder) => of_folder(folder, args)?,
        None => of_store(&context.read()?, args)?,
    };
    if let (Some(seen), false) = (&args.seen, checked.compared) {
        let text = "was not compared: it is of another log, or this one does not hold".to_owned();
        checked.say(seen.display().to_string(), "checkpoint-origin", text);
    }
    print(context, args, &checked, start.elapsed().as_secs_f64());
    Ok(if checked.wrong.is_empty() { Exit::Fine } else { Exit::Findings })
}

fn of_folder(path: &Path, args: &VerifyArgs) -> Result<Checked> {
    let folder = &Folder::at(path);
    let checkpoint = folder.checkpoint().map_err(failed)?;
    let checkpoint = checkpoint.ok_or_else(|| {
        let message = format!("there is no {}", path.join(CHECKPOINT).display());
        let problem = Problem::new("log-no-checkpoint", message);
        Problems(vec![problem.help("name a folder that `bellwether log export` wrote")])
    })?;
    let own = folder_trust(folder, &checkpoint).map_err(failed)?;
    let trust = args.trust.over(own)?;
    let bar = progress::counter("tiles and bundles");
    let report = verify(&checkpoint, &trust, |tile| {
        bar.inc(1);
        folder.tile(tile)
    });
    bar.finish_and_clear();
    let mut checked = Checked::default();
    let report = report.map_err(failed)?;
    let clean = report.is_clean();
    checked.add("", report);
    if let (Some(seen), true) = (&args.seen, clean) {
        let size = Note::parse(&checkpoint)?.text().parse::<Checkpoint>()?.head.size;
        let nodes = TileNodes::new(size, |tile| Ok(folder.tile(tile)?.unwrap_or_default()));
        checked.compare(seen, &read_seen(seen)?, &trust, size, &nodes)?;
    }
    Ok(checked)
}

fn read_seen(path: &Path) -> Result<Note> {
    Note::parse(&read_file(path)?).map_err(|error| {
        let message = format!("{} is no checkpoint: {error}", path.display());
        let help = "name a file `checkpoint` as a log publishes it";
        Problems(vec![Problem::new("note-format", message).help(help)]).into()
    })
}

/// A folder's own word for what it is and who signs it.
fn folder_trust(folder: &Folder, checkpoint: &[u8]) -> Result<Trust, LogError> {
    let keys = folder.keys()?.unwrap_or_default();
    let log_keys: Result<Vec<_>, BadKey> =
        keys.lines().filter(|line| !line.is_empty()).map(str::parse).collect();
    let text = Note::parse(checkpoint)
        .map_err(TrustError::Note)
        .and_then(|note| Ok(note.text().parse::<Checkpoint>()?));
    // An unreadable checkpoint is a finding of the sweep.
    let origin = text.map(|text| text.origin).unwrap_or_default();
    Ok(Trust { origin, log_keys: log_keys?, witnesses: Vec::new(), needed: 0 })
}

fn of_store(store: &Store, args: &VerifyArgs) -> Result<Checked> {
    let mut checked = Checked::default();
    for epoch in store.epochs()? {
        let about = format!("epoch {}", epoch.number);
        let Some(kept) = store.last_checkpoint(epoch.number)? else {
            checked.unsigned += epoch.size;
            continue;
        };
        checked.unsigned += epoch.size.saturating_sub(kept.head.size);
        let trust = args.trust.over(own_trust(store, &epoch).map_err(failed)?)?;
        let bar = progress::bar(kept.head.size, "records hashed");
        let report = verify(&kept.note, &trust, |tile| {
            if tile.kind() == TileKind::Entries {
                bar.inc(u64::from(tile.width()));
            }
            store.tile(&epoch, tile)
        });
        bar.finish_and_clear();
        let report = report.map_err(|error| failed(error.into()))?;
        let clean = report.is_clean();
        checked.add(&about, report);
        if let (Some(seen), true) = (&args.seen, clean) {
            let note = read_seen(seen)?;
            if note.text().lines().next() == Some(epoch.origin.as_str()) {
                let size = kept.head.size;
                let read = |tile| -> Result<Vec<u8>, LogError> {
                    Ok(store.tile(&epoch, tile)?.unwrap_or_default())
                };
                checked.compare(seen, &note, &trust, size, &TileNodes::new(size, read))?;
            }
        }
        if kept.head.size > epoch.size {
            let text = format!(
                "{} records were signed, {} are there",
                thousands(kept.head.size),
                thousands(epoch.size)
            );
            checked.say(about, "log-rolled-back", text);
        }
    }
    signed_elsewhere(store, &mut checked)?;
    let bar = progress::bar(store.last_pos()?, "records compared with what belongs to them");
    let mut incomplete = Vec::new();
    let done = log::complete(store, |pos, what| incomplete.push((pos, what)), || bar.inc(1));
    bar.finish_and_clear();
    done.map_err(failed)?;
    for (pos, what) in incomplete {
        checked.say(format!("record {pos}"), what.code(), what.to_string());
    }
    Ok(checked)
}

/// What is remembered beside the keys, which a copy of the data from before does not know.
fn signed_elsewhere(store: &Store, checked: &mut Checked) -> Result<()> {
    let keys = match store.keys() {
        Ok(keys) => keys,
        Err(error) => {
            checked.notes.push(format!(
                "keys.db cannot be read ({}): whether this is an older copy is not known",
                error.code()
            ));
            return Ok(());
        }
    };
    let epochs = store.epochs()?;
    for remembered in keys.signed()? {
        let kept = store.last_checkpoint(remembered.epoch)?.map_or(0, |kept| kept.head.size);
        let epoch = epochs.iter().find(|epoch| epoch.number == remembered.epoch);
        // What was lost before a restore is told by the first record of the epoch after it.
        let later = epochs.iter().find(|later| later.number > remembered.epoch);
        let told = later.zip(epoch).is_some_and(|(later, epoch)| {
            epoch.size < remembered.head.size || tells(&later.before, epoch, remembered.head.size)
        });
        if kept < remembered.head.size && !told {
            let gone = LogError::CheckpointGone { signed: remembered.head.size, kept };
            let place = format!("epoch {}", remembered.epoch);
            checked.say(place, gone.code(), gone.to_string());
        }
    }
    let start = log::check_start(store, &keys);
    // It compares the newest epoch, unless the log is behind what was signed.
    let newest = usize::from(!matches!(start, Err(LogError::RolledBack { .. })));
    for epoch in epochs.iter().rev().skip(newest).rev() {
        if let Err(error) = log::check_signed(store, &keys, epoch) {
            checked.say(format!("epoch {}", epoch.number), error.code(), error.to_string());
        }
    }
    match start {
        Err(error @ LogError::RolledBack { .. }) => {
            checked.say("keys.db".to_owned(), error.code(), error.to_string());
        }
        Err(error @ LogError::Root { epoch, .. }) => {
            checked.say(format!("epoch {epoch}"), error.code(), error.to_string());
        }
        other => other.map_err(failed)?,
    }
    Ok(())
}

/// Whether what was known of the log when the next epoch began is a checkpoint of this one over so many records.
fn tells(before: &[u8], epoch: &Epoch, size: u64) -> bool {
    let checkpoint = Note::parse(before).ok().and_then(|note| note.text().parse().ok());
    checkpoint.is_some_and(|told: Checkpoint| told.origin == epoch.origin && told.head.size >= size)
}

fn print(context: &Context, args: &VerifyArgs, checked: &Checked, seconds: f64) {
    if context.format == Format::Json {
        let wrong = checked
            .wrong
            .iter()
            .map(|(place, code, text)| json!({"place": place, "code": code, "message": text}));
        println!(
            "{}",
            json!({
                "records": checked.entries, "files": checked.files, "unsigned": checked.unsigned,
                "findings": serde_json::Value::from_iter(wrong), "more": checked.more,
                "notes": checked.notes, "seconds": seconds,
            })
        );
        return;
    }
    for (place, code, text) in &checked.wrong {
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        println!("{place}{text} [{code}]");
    }
    if checked.more > 0 {
        println!("and {} more", thousands(checked.more));
    }
    for note in &checked.notes {
        println!("note: {note}");
    }
    if checked.unsigned > 0 {
        println!(
            "note: {} records came after the last checkpoint; `bellwether log checkpoint` signs them",
            thousands(checked.unsigned)
        );
    }
    if !args.trust.brought() {
        println!(
            "note: the log's own word was taken for who signs it; `--key` and `--witness` bring others"
        );
    }
    let entries = thousands(checked.entries);
    match checked.wrong.len() as u64 + checked.more {
        0 if checked.entries == 0 => println!("nothing was signed yet ({seconds:.1} s)"),
        0 => println!("{entries} records: every one is as it was signed ({seconds:.1} s)"),
        wrong => println!("{entries} records, {} findings ({seconds:.1} s)", thousands(wrong)),
    }
}
