//! The store's files: whether they are whole, how large, and what waits in them.

use super::finding::Finding;
use crate::cli::context::to_the_second;
use crate::cli::names::FAMILY;
use crate::table::thousands;
use bellwether_core::{Duration, Timestamp};
use bellwether_runtime::delivery;
use bellwether_store::{Depth, OutboxStatus, Store, StoreError, TableSize, Tallied};
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, StoreError>;

/// A write-ahead log beyond this did not shrink for a long time.
const LONG_LOG: u64 = 256_000_000;

/// An effect that waits for longer than this is stuck.
const STUCK: Duration = Duration::from_days(1);

/// So many overdue timers are counted.
const MOST_LATE: usize = 10_000;

/// The most damaged places that are told one by one.
const MOST: usize = 5;

pub(super) fn look(store: &Store, depth: Depth, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![told("store", version(store))];
    findings.extend(integrity(store, depth));
    findings.push(told("files", files(store)));
    findings.push(told("imports", imports(store)));
    findings.push(told("quarantine", quarantine(store)));
    findings.push(told("outbox", outbox(store, now)));
    findings.push(told("timers", timers(store, now)));
    findings.push(told("names opened", names(store)));
    findings
}

/// What was found, or why nothing could be.
pub(super) fn told(about: &str, found: Result<Finding>) -> Finding {
    found.unwrap_or_else(|error| Finding::store(about, &error))
}

/// Opening refuses files of another version, so whatever was opened has this program's.
fn version(store: &Store) -> Result<Finding> {
    let meta = store.meta()?;
    let since = to_the_second(meta.created);
    let (tenant, region, epoch) = (meta.tenant, meta.region, meta.epoch);
    let found = format!("tenant {tenant}, region {region}, epoch {epoch}, since {since}");
    Ok(Finding::ok("store", found))
}

fn integrity(store: &Store, depth: Depth) -> Vec<Finding> {
    let about = match depth {
        Depth::Quick => "integrity (quick)",
        Depth::Full => "integrity (full)",
    };
    let damage = match store.integrity(depth) {
        Ok(damage) => damage,
        Err(error) => return vec![Finding::store(about, &error)],
    };
    if damage.is_empty() {
        return vec![Finding::ok(about, "no damage found")];
    }
    let mend = "stop whoever works here, keep a copy of the directory, restore the last backup";
    let told = |what: &String| Finding::broken(about, what, mend).code("store-corrupt");
    damage.iter().take(MOST).map(told).collect()
}

fn files(store: &Store) -> Result<Finding> {
    let size = store.footprint()?;
    let mb = |bytes: u64| thousands(bytes.div_ceil(1_000_000));
    let found = format!(
        "data {} MB ({} MB free inside), write-ahead log {} MB, keys {} MB",
        mb(size.pages * size.page_bytes),
        mb(size.free_pages * size.page_bytes),
        mb(size.log_bytes),
        mb(size.keys_bytes)
    );
    Ok(if size.log_bytes > LONG_LOG {
        let mend = "a reader keeps the log from shrinking: end long readings and old exports";
        Finding::look("files", found, mend)
    } else {
        Finding::ok("files", found)
    })
}

fn quarantine(store: &Store) -> Result<Finding> {
    let counts = store.quarantine_counts()?;
    if counts.is_empty() {
        return Ok(Finding::ok("quarantine", "empty"));
    }
    let by_code: Vec<_> =
        counts.iter().map(|(code, rows)| format!("{} {code}", thousands(*rows))).collect();
    let found = format!("refused rows: {}", by_code.join(", "));
    let mend =
        "docs/errors/ has a page for each code; mend the mapping or the file, then import again";
    Ok(Finding::look("quarantine", found, mend))
}

fn outbox(store: &Store, now: Timestamp) -> Result<Finding> {
    let counts = store.outbox_counts()?;
    let of = |wanted| counts.iter().find(|(is, _)| *is == wanted).map_or(0, |(_, rows)| *rows);
    let (waiting, sending) = (of(OutboxStatus::Waiting), of(OutboxStatus::Sending));
    let unknown = of(OutboxStatus::Unknown) + of(OutboxStatus::Ambiguous);
    let (given_up, refused) = (of(OutboxStatus::GivenUp), of(OutboxStatus::Refused));
    let mut found = format!("{} waiting, {} being sent", thousands(waiting), thousands(sending));
    for (rows, what) in
        [(unknown, "whose fate is unknown"), (given_up, "given up"), (refused, "refused")]
    {
        if rows > 0 {
            found.push_str(&format!(", {} {what}", thousands(rows)));
        }
    }
    if unknown > 0 || given_up > 0 || refused > 0 {
        let mend = "ask the receivers which of them arrived before anything is sent again";
        return Ok(Finding::look("outbox", found, mend));
    }
    if store.gates()?.iter().any(|gate| gate.name == delivery::ALL && gate.closed) {
        let found = format!("all sending is stopped; {found}");
        let mend =
            "whoever stopped it lets it go on, on the Outbox page or by `bellwether stop --resume`";
        return Ok(Finding::look("outbox", found, mend));
    }
    let oldest = store.next_effect_due()?.filter(|due| due.plus(STUCK) < now);
    Ok(match oldest {
        None => Finding::ok("outbox", found),
        Some(due) => {
            let found = format!("{found}, the oldest since {}", to_the_second(due));
            Finding::look("outbox", found, "nobody sends them: see that the program runs")
        }
    })
}

fn imports(store: &Store) -> Result<Finding> {
    let all = store.imports()?;
    let Some(open) = all.iter().rev().find(|import| import.done.is_none()) else {
        return Ok(Finding::ok("imports", format!("{} done", all.len())));
    };
    let found = format!("number {} is unfinished after {} rows", open.id, thousands(open.rows));
    let mend = "it is under way, or it was stopped: the same command goes on where it was";
    Ok(Finding::look("imports", found, mend))
}

fn timers(store: &Store, now: Timestamp) -> Result<Finding> {
    let late = store.due_timers(now, MOST_LATE)?;
    let Some(first) = late.first() else {
        let found = match store.next_due()? {
            None => "none is set".to_owned(),
            Some(due) => format!("the next is due at {}", to_the_second(due)),
        };
        return Ok(Finding::ok("timers", found));
    };
    let since = to_the_second(first.timer.due);
    let some = if late.len() == MOST_LATE { "or more " } else { "" };
    let late = thousands(late.len() as u64);
    let found = format!("{late} {some}overdue, the first since {since} ({})", first.stream);
    let counts = store.outbox_counts()?;
    if counts.iter().all(|(_, count)| *count == 0) {
        // History rings nobody, so nobody waits for these.
        return Ok(Finding::ok("timers", format!("{found}: as history left them")));
    }
    let mend = "nobody lets the time pass: they fire with the next signals of their accounts, and \
                whoever they would wake waits until then";
    Ok(Finding::look("timers", found, mend))
}

/// For which purposes names, and sealed data by hand, were opened; nothing here says whose.
fn names(store: &Store) -> Result<Finding> {
    let purposes = store.tallies(FAMILY)?;
    let times = |one: &Tallied| {
        let last = to_the_second(one.last_at);
        format!("{} for {}, last at {last}", thousands(one.count), one.name)
    };
    let mut found: Vec<_> = purposes.iter().map(times).collect();
    let mut by_hand = BTreeMap::<_, (u64, Timestamp)>::new();
    for access in store.accesses()? {
        let (count, last) = by_hand.entry(access.purpose).or_insert((0, access.at));
        (*count, *last) = (*count + 1, access.at.max(*last));
    }
    found.extend(by_hand.iter().map(|(purpose, (count, last))| {
        let (count, last) = (thousands(*count), to_the_second(*last));
        format!("{count} by hand for {purpose}, last at {last}")
    }));
    let found = if found.is_empty() { "never".to_owned() } else { found.join("; ") };
    Ok(Finding::ok("names opened", found))
}

/// The sizes of tables that hold anything; nothing where they cannot be read, which the check of
/// integrity tells.
pub(super) fn sizes(store: &Store) -> Vec<TableSize> {
    let holds = |size: &TableSize| !size.table.starts_with("sqlite_");
    store.table_sizes().unwrap_or_default().into_iter().filter(holds).collect()
}
