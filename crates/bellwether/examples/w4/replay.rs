//! A history decided by two versions of the rules that share their features.
//!
//! - In: the parts that threads have read.
//! - Out: a [`Comparison`], the same whatever the number of threads.
//! - Never: a fact that is read twice for the two versions.

use crate::history::{Kind, Part, Row, SHARDS};
use anyhow::{Context, Result, ensure};
use bellwether_core::signal::{Field, MatchedBy};
use bellwether_core::{AccountId, Code, Id, Signal, Timestamp, Trust, Type, Value};
use bellwether_engine::Rules;
use bellwether_expr::Scope;
use bellwether_features::{DocState, FeatureSet, Reading, Registers};
use bellwether_measure::comparison::{Comparison, Decided, Version};
use bellwether_policy::{Both, Graph, Masks, Policy, Verdict};
use std::sync::atomic::{AtomicUsize, Ordering};

/// One version's graph, and room to decide in.
struct Side<'a> {
    graph: &'a Graph,
    masks: Masks,
}

impl<'a> Side<'a> {
    fn of(rules: &'a Rules) -> Result<Self> {
        let graph = rules.policy().graphs().first().context("the bundle has no graph")?;
        Ok(Self { graph, masks: Masks::default() })
    }

    fn version(&self) -> Version {
        let nodes = self.graph.nodes().iter().map(|node| node.name.clone()).collect();
        Version { nodes, rules: self.graph.rules().iter().map(|rule| rule.id.clone()).collect() }
    }

    fn decided(&self, verdict: Verdict) -> Decided<'_> {
        Decided { node: verdict.node, rule: verdict.rule, held: self.masks.hit() }
    }
}

/// What one thread replays with.
pub(crate) struct Replay<'a> {
    features: &'a FeatureSet,
    policy: &'a Policy,
    registers: Registers,
    reading: Reading,
    /// A signal of each kind, filled anew for each row.
    signals: Vec<Signal>,
    start: Timestamp,
    old: Side<'a>,
    new: Side<'a>,
    both: Both<'a>,
    told: Comparison,
}

impl<'a> Replay<'a> {
    pub(crate) fn new(
        [old, new]: [&'a Rules; 2],
        kinds: &[Kind],
        start: Timestamp,
    ) -> Result<Self> {
        let (features, policy) = (old.features(), old.policy());
        let shared = features.digest() == new.features().digest();
        ensure!(shared && policy.meta() == new.policy().meta(), "the versions read other facts");
        let (old, new) = (Side::of(old)?, Side::of(new)?);
        Ok(Self {
            registers: features.registers(),
            reading: features.reading(),
            signals: kinds.iter().map(signal).collect(),
            both: Both::new(old.graph, new.graph),
            told: Comparison::new(old.version(), new.version()),
            features,
            policy,
            start,
            old,
            new,
        })
    }

    /// Replays shards until none is left.
    pub(crate) fn run(mut self, parts: &[Vec<Part>], next: &AtomicUsize) -> Result<Comparison> {
        loop {
            let shard = next.fetch_add(1, Ordering::Relaxed);
            if shard >= SHARDS {
                return Ok(self.told);
            }
            let parts: Vec<&Part> = parts.iter().filter_map(|parts| parts.get(shard)).collect();
            self.shard(&parts)?;
        }
    }

    fn shard(&mut self, parts: &[&Part]) -> Result<()> {
        let mut rows: Vec<Row> = Vec::new();
        for (nth, part) in (0u16..).zip(parts) {
            rows.extend(part.rows.iter().map(|row| Row { part: nth, ..*row }));
        }
        rows.sort_unstable_by_key(|row| (row.account, row.at, row.id));
        for rows in rows.chunk_by(|one, next| one.account == next.account) {
            let mut state = self.features.new_state(Scope::Account);
            for row in rows {
                let part = parts.get(usize::from(row.part)).context("no such part")?;
                let values = part.values.get(row.values as usize..).unwrap_or_default();
                self.take(row, values, &mut state)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, row: &Row, values: &[i64], state: &mut DocState) -> Result<()> {
        let signal = self.signals.get_mut(usize::from(row.kind)).context("no such kind")?;
        let known = row.at == Timestamp::MIN;
        signal.at = if known { Timestamp::from_micros(self.start.micros() - 1) } else { row.at };
        signal.known_at = signal.at;
        signal.key = u64::from(row.account) << 32 | u64::from(row.id);
        let mut values = values.iter().copied();
        for field in &mut signal.fields {
            field.value = match field.value {
                Value::Code(_) => Value::Code(Code::from_raw(values.next().unwrap_or(0))),
                Value::Time(_) => Value::Time(self.start),
                _ => Value::Int(values.next().unwrap_or(0)),
            };
        }
        let (lateness, rates) = (self.policy.meta().lateness, self.policy.rates());
        self.features.fold_with(&mut self.registers, state, signal, signal.at, lateness, rates);
        if known {
            return Ok(());
        }
        self.features.read(state, None, Some(signal), signal.at, rates, &mut self.reading);
        let slots = &self.reading.slots;
        let (old, new) = self.both.decide(slots, &mut self.old.masks, &mut self.new.masks);
        let account = AccountId(Id::from_bits(u128::from(row.account) + 1));
        self.told.add(account, self.old.decided(old), self.new.decided(new));
        Ok(())
    }
}

fn signal(kind: &Kind) -> Signal {
    let field = |(name, wanted): &(Code, Type)| {
        let value = match wanted {
            Type::Code => Value::Code(Code::default()),
            Type::Time => Value::Time(Timestamp::MIN),
            _ => Value::Int(0),
        };
        Field { name: *name, value }
    };
    Signal {
        key: 0,
        content: 0,
        source: Code::of("w4"),
        kind: kind.code,
        at: Timestamp::MIN,
        known_at: Timestamp::MIN,
        trust: Trust::System,
        doc: None,
        contact: None,
        matched_by: MatchedBy::External,
        fields: kind.fields.iter().map(field).collect(),
    }
}
