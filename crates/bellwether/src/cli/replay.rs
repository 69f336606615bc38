//! `replay`: every record is derived again from its event and compared, byte for byte.

use super::Format;
use super::context::Context;
use crate::exit::{Exit, Failure};
use crate::rollout::compared;
use crate::table::thousands;
use crate::{bundle, progress};
use anyhow::{Result, bail};
use bellwether_core::{Body, StreamId};
use bellwether_engine::{ReplayError, RuleBook, Rules};
use bellwether_runtime::base::{Retrace, RetraceError, Traced};
use bellwether_runtime::rollout::shadow::{Beside, Compared};
use bellwether_store::{Row, View};
use serde::Serialize;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use utoipa::ToSchema;

/// Arguments of `replay`.
#[derive(clap::Args)]
pub(crate) struct ReplayArgs {
    /// Every stream of the data directory.
    #[arg(long, conflicts_with = "stream")]
    all: bool,
    /// One stream, as records name it (`account:...`).
    #[arg(required_unless_present = "all")]
    stream: Option<StreamId>,
    /// Derive by this bundle's rules instead of the ones that each event names; what differs is what
    /// the change would have changed.
    #[arg(long, value_name = "DIR|NAME")]
    bundle: Option<PathBuf>,
    /// How many differences are shown before it stops.
    #[arg(long, default_value_t = 10)]
    most: usize,
}

pub(crate) fn run(context: &Context, args: &ReplayArgs) -> Result<Exit> {
    context.must_exist()?;
    let store = context.read()?;
    let kept = bellwether_runtime::embedded::read_rules(&store).map_err(Failure::drive)?;
    let other = args.bundle.as_ref().map(|place| bundle::load(place)).transpose()?.map(Arc::new);
    let book = other.as_ref().map_or(kept.clone(), |rules| kept.with_stand_in(rules));
    let bar = progress::bar(store.last_pos()?, "records");
    let start = Instant::now();
    let found = replay(&store, &book, args.stream, |differ, record, error| {
        bar.inc(1);
        if let (Some(error), Format::Text) = (error, context.format)
            && differ <= args.most as u64
        {
            bar.suspend(|| show(error, record));
        }
    });
    bar.finish_and_clear();
    let Replayed { equal, differ, purged, erased } = found?;
    let seconds = start.elapsed().as_secs_f64();
    // What the change comes to over everything: what a shadow of the same rules has counted.
    let tried = other.as_ref().filter(|_| args.all);
    let tried = tried.map(|rules| beside(&store, &kept, rules)).transpose()?;
    if context.format == Format::Json {
        let mut found = json!({
            "equal": equal, "differ": differ, "purged": purged, "erased": erased, "seconds": seconds
        });
        if let (Some(tried), Some(found)) = (&tried, found.as_object_mut()) {
            found.insert("compared".to_owned(), compared::json(tried));
        }
        println!("{found}");
        return Ok(if differ == 0 { Exit::Fine } else { Exit::Findings });
    }
    println!(
        "{} of {} records are byte-equal ({seconds:.1} s)",
        thousands(equal),
        thousands(equal + differ)
    );
    if purged > 0 {
        println!(
            "{} records lie before the bases of their streams: their events are purged",
            thousands(purged)
        );
    }
    if erased > 0 {
        println!(
            "{} sealed parts of these events are erased; no verdict rests on them",
            thousands(erased)
        );
    }
    if let Some(tried) = &tried {
        print!("\n{}", compared::text(tried));
    }
    Ok(if differ == 0 { Exit::Fine } else { Exit::Findings })
}

/// What other rules come to over the whole journal.
pub(crate) fn beside(view: &View, book: &RuleBook, rules: &Arc<Rules>) -> Result<Compared> {
    let stand_in = book.with_stand_in(rules);
    let mut beside = Beside::new(view, book, &stand_in, Arc::clone(rules));
    match beside.follow(|| true) {
        Ok(()) => Ok(beside.found().clone()),
        Err(error) => {
            let pos = beside.pos() + 1;
            bail!("[{}] the event at position {pos} of the journal: {error}", error.code())
        }
    }
}

/// How records compare with what their events derive to.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// Records that are byte-equal.
    pub(crate) equal: u64,
    /// Records that differ.
    pub(crate) differ: u64,
    /// Records before their stream's base: their events are purged.
    pub(crate) purged: u64,
    /// Sealed parts of these events that are erased; no verdict rests on them.
    pub(crate) erased: u64,
}

/// Derives the records of one stream, or of all, again and compares. `each` hears of every record, with
/// how many differed so far, and how it differs if it does.
pub(crate) fn replay(
    view: &View,
    book: &RuleBook,
    stream: Option<StreamId>,
    mut each: impl FnMut(u64, &[u8], Option<&ReplayError>),
) -> Result<Replayed> {
    let mut retrace = Retrace::new(view, book);
    let (mut found, mut fault) = (Replayed::default(), None);
    let check = |row: &Row<'_>| {
        match retrace.check(row) {
            Ok(Traced::Purged) => found.purged += 1,
            Ok(Traced::Same(derived)) => {
                found.equal += 1;
                if let Body::SubjectErased { parts, .. } = derived.0.body {
                    found.erased += parts;
                }
            }
            Err(RetraceError::Replay(error @ ReplayError::Differs { .. })) => {
                found.differ += 1;
                each(found.differ, row.record, Some(&error));
                return ControlFlow::Continue(());
            }
            Err(error) => {
                fault = Some((row.pos, error));
                return ControlFlow::Break(());
            }
        }
        each(found.differ, row.record, None);
        ControlFlow::Continue(())
    };
    match stream {
        Some(stream) => view.stream_events(stream, 1, check)?,
        None => view.scan(1, check)?,
    }
    match fault {
        Some((pos, error)) => {
            bail!("[{}] the event at position {pos} of the journal: {error}", error.code())
        }
        None => Ok(found),
    }
}

/// Shows where two records part, with a little around it.
fn show(error: &ReplayError, kept: &[u8]) {
    println!("{error}");
    if let ReplayError::Differs { byte, derived, .. } = error {
        println!("  kept:    {}", around(kept, *byte));
        println!("  derived: {}", around(derived, *byte));
    }
}

fn around(bytes: &[u8], byte: usize) -> String {
    let part = bytes.get(byte.saturating_sub(40)..(byte + 60).min(bytes.len()));
    format!("…{}…", String::from_utf8_lossy(part.unwrap_or_default()))
}
