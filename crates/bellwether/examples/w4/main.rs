//! W4 of the peers' benchmark: a backtest of 1,000,000 signals, incumbent against candidate.
//!
//! - In: the benchmark's data in the folder that `PEERS_DATA` names, the bundle of W1.
//! - Out: one line of JSON with the keys that the peers' runners print; everything counts, from the
//!   first byte of the files on.
//! - Never: a figure without its digest: `ok` says whether the report is the reference's, on one
//!   thread as on two.
//!
//! `cargo run --release -p bellwether --example w4`

mod candidate;
mod history;
mod line;
#[path = "../peers/mod.rs"]
mod peers;
mod replay;

use anyhow::{Context, Result, ensure};
use bellwether_core::{Digest, Timestamp};
use bellwether_engine::Rules;
use bellwether_measure::comparison::{Comparison, RuleCount};
use history::{Part, Pieces, kinds};
use peers::bundle::{composed, files};
use peers::meter::{on_cpu, peak_memory_mb};
use replay::Replay;
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

/// What every participant must report.
const REFERENCE: (&str, u64) = ("0dd1664709f57ae3", 28_562);

const THREADS: usize = 2;

fn main() -> Result<()> {
    let Some(folder) = std::env::var_os("PEERS_DATA").map(PathBuf::from) else {
        println!("skipped: PEERS_DATA does not name the folder of the peers' data");
        return Ok(());
    };
    if !folder.join("w4-signals.jsonl").exists() {
        println!(
            "skipped: no W4 data in {}; bench-peers' `run.sh DATA` makes it",
            folder.display()
        );
        return Ok(());
    }
    let rules = [composed(files())?, composed(candidate::candidate()?)?];
    let rules = rules.each_ref().map(AsRef::as_ref);
    let (told, cost) = run(&folder, rules, THREADS)?;
    let rss = peak_memory_mb();
    let (alone, single) = run(&folder, rules, 1)?;
    let (n, digest) = (told.moments(), digest(&told, rules)?);
    let rate = |seconds: f64| (n as f64 / seconds).round();
    let line = json!({
        "w": "W4", "peer": "bellwether", "version": env!("CARGO_PKG_VERSION"), "n": n,
        "ok": (digest.as_str(), told.changed()) == REFERENCE && told == alone,
        "cpu_s": cost.cpu, "wall_s": cost.wall,
        "signals_per_cpu_s": rate(cost.cpu), "signals_per_wall_s": rate(cost.wall),
        "read_cpu_s": cost.read,
        "cpu_1t_s": single.cpu, "wall_1t_s": single.wall, "read_cpu_1t_s": single.read,
        "digest": digest, "changed": told.changed(), "changed_accounts": told.accounts().len(),
        "rss_mb": rss,
    });
    println!("{line}");
    Ok(())
}

/// Seconds.
struct Cost {
    wall: f64,
    cpu: f64,
    /// CPU seconds of reading the files.
    read: f64,
}

fn run(folder: &Path, rules: [&Rules; 2], threads: usize) -> Result<(Comparison, Cost)> {
    let (before, main) = (Instant::now(), on_cpu());
    let paths = ["w4-accounts.jsonl", "w4-signals.jsonl"].map(|name| folder.join(name));
    let [accounts, signals] = paths.each_ref().map(|path| Pieces::of(path));
    let (pieces, [old, _]) = ([&accounts?, &signals?], rules);
    let kinds = kinds(old);
    let (parts, read) = shared(threads, || history::read(pieces, &kinds))?;
    let rows = parts.iter().flatten().flat_map(|part: &Part| &part.rows);
    let times = rows.map(|row| row.at).filter(|at| *at != Timestamp::MIN);
    let start = times.min().context("there are no signals")?;
    let next = AtomicUsize::new(0);
    let (told, replayed) =
        shared(threads, || Replay::new(rules, &kinds, start)?.run(&parts, &next))?;
    let told = told.into_iter().map(Some).reduce(|one, other| one?.join(other?)).flatten();
    let told = told.context("the threads compared other versions")?;
    let wall = before.elapsed().as_secs_f64();
    let seconds = |nanos: u64| nanos as f64 / 1e9;
    let cpu = seconds(on_cpu() - main + read + replayed);
    Ok((told, Cost { wall, cpu, read: seconds(read) }))
}

/// The same work on several threads; what each gives, and the CPU nanoseconds of all.
fn shared<T: Send>(threads: usize, work: impl Fn() -> Result<T> + Sync) -> Result<(Vec<T>, u64)> {
    let measured = || work().map(|done| (done, on_cpu()));
    let done: Vec<Result<(T, u64)>> = std::thread::scope(|scope| {
        let spawned: Vec<_> = (0..threads).map(|_| scope.spawn(measured)).collect();
        let joined = spawned.into_iter().map(|thread| thread.join());
        joined
            .map(|done| done.unwrap_or_else(|_| Err(anyhow::anyhow!("a thread failed"))))
            .collect()
    });
    let (mut results, mut nanos) = (Vec::new(), 0);
    for one in done {
        let (result, spent) = one?;
        results.push(result);
        nanos += spent;
    }
    Ok((results, nanos))
}

/// The digest that every participant must give: `[moves, hits by old rule, hits by new rule]`.
fn digest(told: &Comparison, [old, new]: [&Rules; 2]) -> Result<String> {
    let moves = told.moves();
    let moves: Vec<String> = moves
        .iter()
        .map(|one| format!(r#"["{}", "{}", {}]"#, one.from, one.to, one.moments))
        .collect();
    let hits = |rules: Vec<(&str, RuleCount)>, version: &Rules| -> Result<String> {
        let graph = version.policy().graphs().first().context("the bundle has no graph")?;
        ensure!(rules.len() == graph.rules().len(), "rules are missing");
        let own = graph.rules().iter().zip(rules).filter(|(rule, _)| !rule.otherwise);
        Ok(own.map(|(_, (_, count))| count.held.to_string()).collect::<Vec<_>>().join(", "))
    };
    let (old, new) =
        (hits(told.old_rules().collect(), old)?, hits(told.new_rules().collect(), new)?);
    let text = format!("[[{}], [{old}], [{new}]]", moves.join(", "));
    let mut digest = String::new();
    for byte in Digest::of(text.as_bytes()).as_bytes().iter().take(8) {
        write!(digest, "{byte:02x}")?;
    }
    Ok(digest)
}
