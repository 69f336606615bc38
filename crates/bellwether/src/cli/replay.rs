//! `replay`: every record is derived again from its event and compared, byte for byte.

use super::Format;
use super::context::Context;
use crate::exit::{Exit, Failure};
use crate::table::thousands;
use crate::{bundle, progress};
use anyhow::{Result, bail};
use bellwether_core::{Body, StreamId};
use bellwether_engine::ReplayError;
use bellwether_runtime::base::{Retrace, RetraceError, Traced};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

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
    let book = bellwether_runtime::embedded::read_rules(&store).map_err(Failure::drive)?;
    let other = args.bundle.as_ref().map(|place| bundle::load(place)).transpose()?.map(Arc::new);
    let book = other.map_or(book.clone(), |rules| book.with_stand_in(&rules));
    let mut replay = Retrace::new(&store, &book);
    let bar = progress::bar(store.last_pos()?, "records");
    let (start, mut same, mut differ) = (Instant::now(), 0u64, 0usize);
    let (mut erased, mut purged) = (0u64, 0u64);
    let mut fault = None;
    store.scan(1, |row| {
        bar.inc(1);
        if args.stream.is_some_and(|stream| stream != row.stream) {
            return ControlFlow::Continue(());
        }
        match replay.check(row) {
            Ok(Traced::Purged) => purged += 1,
            Ok(Traced::Same(derived)) => {
                same += 1;
                if let Body::SubjectErased { parts, .. } = derived.0.body {
                    erased += parts;
                }
            }
            Err(RetraceError::Replay(error @ ReplayError::Differs { .. })) => {
                differ += 1;
                if differ <= args.most && context.format == Format::Text {
                    bar.suspend(|| show(&error, row.record));
                }
            }
            Err(error) => {
                fault = Some((row.pos, error));
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    if let Some((pos, error)) = fault {
        bail!("[{}] the event at position {pos} of the journal: {error}", error.code());
    }
    let seconds = start.elapsed().as_secs_f64();
    if context.format == Format::Json {
        println!(
            "{}",
            json!({
                "equal": same, "differ": differ, "purged": purged, "erased": erased, "seconds": seconds
            })
        );
        return Ok(if differ == 0 { Exit::Fine } else { Exit::Findings });
    }
    println!(
        "{} of {} records are byte-equal ({seconds:.1} s)",
        thousands(same),
        thousands(same + differ as u64)
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
    Ok(if differ == 0 { Exit::Fine } else { Exit::Findings })
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
