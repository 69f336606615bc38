//! W1 of the peers' benchmark: 40 rules over 37 facts of 20,000 accounts, 200,000 signals.
//!
//! - In: the benchmark's data in the folder that `PEERS_DATA` names, the bundle beside this file.
//! - Out: one line of JSON with the keys that the peers' runners print; rates per CPU second.
//! - Never: a figure for decisions that were not compared: `ok` says whether they are the reference's.
//!
//! `cargo run --release -p bellwether --example w1`

mod bundle;
mod data;
#[path = "../peers/mod.rs"]
mod peers;

use anyhow::{Context, Result, ensure};
use bellwether_core::{Body, Digest, Envelope, Signal};
use bellwether_engine::{Scratch, Step, StreamState, step};
use bellwether_expr::{Scope, Slots};
use bellwether_features::{DocState, Reading, Registers};
use bellwether_policy::{Graph, Masks, Rule, Verdict};
use bundle::{moved, thousand};
use data::{World, parse, read};
use peers::bundle::{composed, files};
use peers::meter::{on_cpu, peak_memory_mb};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

/// Passes over the data; the best one counts, because the machine may be shared.
const ROUNDS: usize = 5;

/// Decisions that are timed together when their facts are ready.
const CHUNK: usize = 10_000;

/// Explanations are made of every so many-th decision.
const EXPLAINED: usize = 10;

fn main() -> Result<()> {
    let Some(folder) = std::env::var_os("PEERS_DATA").map(PathBuf::from) else {
        println!("skipped: PEERS_DATA does not name the folder of the peers' data");
        return Ok(());
    };
    if !folder.join("w1-signals.jsonl").exists() {
        println!(
            "skipped: no W1 data in {}; bench-peers' `run.sh DATA` makes it",
            folder.display()
        );
        return Ok(());
    }
    let world = World::load(&folder, composed(files())?)?;
    let n = world.signals.len();
    let references = parse(&read(&folder, "w1-ref.json")?)?;
    let reference = references.get(n.to_string()).and_then(Json::as_str);
    let recorded = world.recorded()?;
    ensure!(world.decided()? == recorded.decisions, "records and graph disagree");
    let digest = world.digest(&recorded.decisions)?;
    let moved = world.under(composed(moved())?);
    let moved = moved.digest(&moved.decided()?)?;
    let (mut rules, mut explained, mut both, mut steps) = (u64::MAX, u64::MAX, u64::MAX, u64::MAX);
    for _ in 0..ROUNDS {
        let ready = world.facts_ready()?;
        (rules, explained) = (rules.min(ready.0), explained.min(ready.1));
        both = both.min(world.features_and_rules()?);
        steps = steps.min(world.steps());
    }
    let many = world.under(composed(thousand())?).p99s()?;
    let rate = |count: usize, nanos: u64| (count as f64 * 1e9 / nanos.max(1) as f64).round();
    let line = json!({
        "w": "W1", "peer": "bellwether", "version": env!("CARGO_PKG_VERSION"), "n": n,
        "ok": Some(digest.as_str()) == reference, "digest": digest,
        "moved_digest_differs": moved != digest,
        "rules_per_cpu_s": rate(n, rules),
        "features_rules_per_cpu_s": rate(n, both),
        "step_per_cpu_s": rate(n, steps),
        "explained_per_cpu_s": rate(n.div_ceil(EXPLAINED), explained),
        "p50_us": recorded.p50, "p99_us": recorded.p99,
        "rules1000_p99_us": many.0, "rules1000_step_p99_us": many.1,
        "rss_mb": peak_memory_mb(),
        "journal_bytes_per_event": recorded.journal_bytes / n,
        "event_bytes": world.event_bytes / n, "record_bytes": recorded.record_bytes / n,
    });
    println!("{line}");
    Ok(())
}

/// What the records of one pass say: the rules that held, and the verdicts.
struct Recorded {
    decisions: Vec<(u64, Verdict)>,
    journal_bytes: usize,
    record_bytes: usize,
    p50: f64,
    p99: f64,
}

impl World {
    fn graph(&self) -> Result<&Graph> {
        self.rules.policy().graphs().first().context("the bundle has no graph")
    }

    /// Streams that know what is known of their accounts.
    fn streams(&self, scratch: &mut Scratch) -> Vec<StreamState> {
        let open = |event: &Envelope| {
            let mut state = StreamState::new(event.stream);
            black_box(step(&mut state, event, &self.book, scratch).is_ok());
            state
        };
        self.accounts.iter().map(open).collect()
    }

    /// Steps every signal; `seen` gets each step and its nanoseconds on the wall.
    fn each_step(&self, mut seen: impl FnMut(Step, u64) -> Result<()>) -> Result<()> {
        let mut scratch = Scratch::default();
        let mut streams = self.streams(&mut scratch);
        for (account, event) in self.signals.iter() {
            let state = streams.get_mut(*account).context("a signal of no account")?;
            let before = Instant::now();
            let step = step(state, event, &self.book, &mut scratch)?;
            let took = before.elapsed();
            seen(step, took.as_nanos() as u64)?;
        }
        Ok(())
    }

    fn recorded(&self) -> Result<Recorded> {
        let (mut record_bytes, mut evidence_bytes) = (0, 0);
        let (mut decisions, mut took) = (Vec::new(), Vec::new());
        let graph = self.graph()?;
        self.each_step(|step, nanos| {
            took.push(nanos);
            record_bytes += step.record.len();
            evidence_bytes += step.evidence.iter().map(Vec::len).sum::<usize>();
            decisions.push(decision(&step.record, graph)?);
            Ok(())
        })?;
        let (p50, p99) = percentiles(&mut took);
        let journal_bytes = self.event_bytes + record_bytes + evidence_bytes;
        Ok(Recorded { decisions, journal_bytes, record_bytes, p50, p99 })
    }

    /// CPU nanoseconds of whole steps: memory, features, rules, escalation, record, chain.
    fn steps(&self) -> u64 {
        let mut scratch = Scratch::default();
        let mut streams = self.streams(&mut scratch);
        let before = on_cpu();
        for (account, event) in self.signals.iter() {
            if let Some(state) = streams.get_mut(*account) {
                black_box(step(state, event, &self.book, &mut scratch).is_ok());
            }
        }
        on_cpu() - before
    }

    fn fold(&self, registers: &mut Registers, state: &mut DocState, event: &Envelope) {
        let Some(signal) = signal(event) else { return };
        let (features, policy) = (self.rules.features(), self.rules.policy());
        let (lateness, rates) = (policy.meta().lateness, policy.rates());
        features.fold_with(registers, state, signal, event.at, lateness, rates);
    }

    /// Folds and reads every signal; `seen` gets its facts. Gives CPU nanoseconds.
    fn each_reading(&self, mut seen: impl FnMut(&Reading)) -> u64 {
        let features = self.rules.features();
        let (mut registers, mut reading) = (features.registers(), features.reading());
        let open = |event: &Envelope| {
            let mut state = features.new_state(Scope::Account);
            self.fold(&mut registers, &mut state, event);
            state
        };
        let mut states: Vec<DocState> = self.accounts.iter().map(open).collect();
        let rates = self.rules.policy().rates();
        let before = on_cpu();
        for (account, event) in self.signals.iter() {
            let Some(state) = states.get_mut(*account) else { continue };
            self.fold(&mut registers, state, event);
            features.read(state, None, signal(event), event.at, rates, &mut reading);
            seen(&reading);
        }
        on_cpu() - before
    }

    fn features_and_rules(&self) -> Result<u64> {
        let (graph, mut masks) = (self.graph()?, Masks::default());
        Ok(self.each_reading(|reading| {
            black_box(graph.decide(&reading.slots, &mut masks));
        }))
    }

    /// What the graph decides about every signal, without a step.
    fn decided(&self) -> Result<Vec<(u64, Verdict)>> {
        let (graph, mut masks, mut decided) = (self.graph()?, Masks::default(), Vec::new());
        self.each_reading(|reading| {
            let verdict = graph.decide(&reading.slots, &mut masks);
            decided.push((masks.hit().first().copied().unwrap_or(0), verdict));
        });
        Ok(decided)
    }

    /// CPU nanoseconds of deciding, and of deciding and explaining some; facts are made untimed.
    fn facts_ready(&self) -> Result<(u64, u64)> {
        let (graph, catalogue) = (self.graph()?, self.rules.catalogue());
        let (mut masks, mut rules, mut explained) = (Masks::default(), 0, 0);
        let mut timed = |facts: &[Slots]| {
            let before = on_cpu();
            for slots in facts {
                black_box(graph.decide(slots, &mut masks));
            }
            let decided = on_cpu();
            for slots in facts.iter().step_by(EXPLAINED) {
                let verdict = graph.decide(slots, &mut masks);
                black_box(graph.tell(slots, catalogue, &verdict));
            }
            rules += decided - before;
            explained += on_cpu() - decided;
        };
        let mut facts: Vec<Slots> = Vec::new();
        self.each_reading(|reading| {
            facts.push(reading.slots.clone());
            if facts.len() == CHUNK {
                timed(&facts);
                facts.clear();
            }
        });
        timed(&facts);
        Ok((rules, explained))
    }

    /// 99th percentiles of a decision with its facts ready, and of a whole step.
    fn p99s(&self) -> Result<(f64, f64)> {
        let (graph, mut masks) = (self.graph()?, Masks::default());
        let (mut decided, mut stepped) = (Vec::new(), Vec::new());
        self.each_reading(|reading| {
            let before = Instant::now();
            black_box(graph.decide(&reading.slots, &mut masks));
            decided.push(before.elapsed().as_nanos() as u64);
        });
        self.each_step(|_, nanos| {
            stepped.push(nanos);
            Ok(())
        })?;
        Ok((percentiles(&mut decided).1, percentiles(&mut stepped).1))
    }

    /// The digest that every participant must give: what was decided, and every rule that held.
    fn digest(&self, decisions: &[(u64, Verdict)]) -> Result<String> {
        let (graph, mut text) = (self.graph()?, String::new());
        let short = |rule: &Rule| rule.id.split('_').next().unwrap_or_default().to_owned();
        for (nth, (hits, verdict)) in decisions.iter().enumerate() {
            let node = graph.nodes().get(verdict.node).context("no such node")?;
            let rules = graph.rules().iter().enumerate();
            let held = rules.filter(|(at, rule)| !rule.otherwise && hits >> at & 1 == 1);
            let held: Vec<String> = held.map(|(_, rule)| short(rule)).collect();
            writeln!(text, "{nth}:{}:{}", node.name, held.join(","))?;
        }
        let mut digest = String::new();
        for byte in Digest::of(text.as_bytes()).as_bytes().iter().take(8) {
            write!(digest, "{byte:02x}")?;
        }
        Ok(digest)
    }
}

fn signal(event: &Envelope) -> Option<&Signal> {
    match &event.body {
        Body::Signal(signal) => Some(signal),
        _ => None,
    }
}

/// What a record says was decided.
fn decision(record: &[u8], graph: &Graph) -> Result<(u64, Verdict)> {
    let record: Json = serde_json::from_slice(record)?;
    let decision = record.pointer("/decisions/0").context("a record without a decision")?;
    let text = |name: &str| {
        let found = decision.get(name).and_then(Json::as_str);
        found.with_context(|| format!("a decision without {name}"))
    };
    let (node, rule) = (text("node")?, text("rule")?);
    let verdict = Verdict {
        rule: graph.rules().iter().position(|known| known.id == rule),
        node: graph.nodes().iter().position(|known| known.name == node).context("no such node")?,
        doubt: text("unknown")? != "0",
        ..Verdict::default()
    };
    Ok((u64::from_str_radix(text("hit")?, 16)?, verdict))
}

/// The median and the 99th percentile, in microseconds.
fn percentiles(nanos: &mut [u64]) -> (f64, f64) {
    nanos.sort_unstable();
    let at = |nth: usize| nanos.get(nth).map_or(f64::NAN, |nanos| *nanos as f64 / 1e3);
    (at(nanos.len() / 2), at(nanos.len() * 99 / 100))
}
