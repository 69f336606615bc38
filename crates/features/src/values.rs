//! Windowed values: sum, smallest, largest and number of different values within a window.
//!
//! - In: values with their times and keys, in any order.
//! - Out: the number as of an instant.
//! - Never: a result that depends on the order of arrival; more than 64 x 65 entries.
//!
//! A bucket with more than [`FULL`] entries collapses into one aggregate that leaves with the
//! bucket's end: its sum, its smallest, its largest, or its [`CODES`] smallest different values.

use crate::buckets::{FULL, Window};
use crate::wire::{Reader, StateError, Writer};
use std::collections::{BTreeMap, BTreeSet};

/// How many different values a collapsed bucket remembers: the smallest (k minimum values).
pub(crate) const CODES: usize = 256;

/// What is made of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Sum,
    Min,
    Max,
    Distinct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    time: i64,
    key: u64,
    value: i64,
}

/// A bucket that was too full.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bundle {
    bucket: i64,
    sum: i128,
    /// The only one, or the smallest ones, as the fold needs them.
    values: BTreeSet<i64>,
}

impl Bundle {
    fn take(&mut self, fold: Fold, value: i64) {
        match fold {
            Fold::Sum => self.sum += i128::from(value),
            Fold::Min => keep(&mut self.values, value, 1, BTreeSet::pop_last),
            Fold::Max => keep(&mut self.values, value, 1, BTreeSet::pop_first),
            Fold::Distinct => keep(&mut self.values, value, CODES, BTreeSet::pop_last),
        }
    }
}

/// Keeps at most `most` values, dropping by `drop`.
pub(crate) fn keep(
    values: &mut BTreeSet<i64>,
    value: i64,
    most: usize,
    drop: fn(&mut BTreeSet<i64>) -> Option<i64>,
) {
    values.insert(value);
    if values.len() > most {
        drop(values);
    }
}

/// What the live values add up to, kept while they come and go.
#[derive(Clone, Debug, Default)]
struct Live {
    sum: i128,
    tally: BTreeMap<i64, u32>,
}

impl Live {
    fn count(&mut self, fold: Fold, value: i64) {
        match fold {
            Fold::Sum => self.sum += i128::from(value),
            _ => *self.tally.entry(value).or_default() += 1,
        }
    }

    fn leave(&mut self, fold: Fold, value: i64) {
        if fold == Fold::Sum {
            self.sum -= i128::from(value);
        } else if let Some(count) = self.tally.get_mut(&value) {
            *count -= 1;
            if *count == 0 {
                self.tally.remove(&value);
            }
        }
    }

    fn number(&self, fold: Fold) -> Option<i64> {
        match fold {
            Fold::Sum => i64::try_from(self.sum).ok(),
            Fold::Min => self.tally.first_key_value().map(|(value, _)| *value),
            Fold::Max => self.tally.last_key_value().map(|(value, _)| *value),
            Fold::Distinct => i64::try_from(self.tally.len()).ok(),
        }
    }
}

/// The values of one feature of one document.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    /// By time and key. Those before `head` have left.
    entries: Vec<Entry>,
    head: usize,
    cursor: i64,
    stale: bool,
    /// By bucket.
    bundles: Vec<Bundle>,
    live: Live,
}

impl Default for Values {
    fn default() -> Self {
        let (entries, bundles) = (Vec::new(), Vec::new());
        Self { entries, head: 0, cursor: i64::MIN, stale: false, bundles, live: Live::default() }
    }
}

impl Values {
    /// Takes a value in. `horizon` is the newest instant of the document, this one included.
    pub(crate) fn insert(
        &mut self,
        fold: Fold,
        window: Window,
        (time, key, value): (i64, u64, i64),
        horizon: i64,
    ) {
        if time < window.kept_from(horizon) {
            return;
        }
        let bucket = window.bucket(time);
        if let Ok(at) = self.bundles.binary_search_by_key(&bucket, |bundle| bundle.bucket) {
            if let Some(bundle) = self.bundles.get_mut(at) {
                bundle.take(fold, value);
                self.stale = true;
            }
            return;
        }
        let newest = self.entries.last().map(|last| (last.time, last.key));
        let entry = Entry { time, key, value };
        if newest.is_none_or(|newest| newest < (time, key)) {
            self.entries.push(entry);
            self.stale |= time <= window.floor(self.cursor);
            if !self.stale {
                self.live.count(fold, value);
            }
        } else {
            let at = self.entries.partition_point(|e| (e.time, e.key) < (time, key));
            self.entries.insert(at, entry);
            self.stale = true;
        }
        if self.entries.len() > FULL {
            self.collapse(fold, window, bucket);
            self.forget(window, horizon);
        }
    }

    fn collapse(&mut self, fold: Fold, window: Window, bucket: i64) {
        let from = self.entries.partition_point(|e| e.time < window.start(bucket));
        let to = self.entries.partition_point(|e| e.time < window.end(bucket));
        if to - from <= FULL {
            return;
        }
        let mut bundle = Bundle { bucket, sum: 0, values: BTreeSet::new() };
        for entry in self.entries.drain(from..to) {
            bundle.take(fold, entry.value);
        }
        let at = self.bundles.partition_point(|other| other.bucket < bucket);
        self.bundles.insert(at, bundle);
        self.stale = true;
    }

    fn forget(&mut self, window: Window, horizon: i64) {
        if self.stale || self.head * 2 < self.entries.len() {
            return;
        }
        let from = window.kept_from(horizon);
        let gone = self.entries.partition_point(|entry| entry.time < from).min(self.head);
        self.entries.drain(..gone);
        self.head -= gone;
        let floor = window.floor(horizon.min(self.cursor));
        self.bundles.retain(|bundle| window.end(bundle.bucket) > floor);
    }

    /// The number as of an instant; nothing where there is none, or it does not fit.
    pub(crate) fn number(&mut self, fold: Fold, window: Window, now: i64) -> Option<i64> {
        let (before, floor) = (window.floor(self.cursor), window.floor(now));
        let left = |bundle: &Bundle| {
            let end = window.end(bundle.bucket);
            end > before && end <= floor
        };
        if self.stale || now < self.cursor || self.bundles.iter().any(left) {
            self.live = self.alive(fold, window, now);
            self.head = self.entries.partition_point(|entry| entry.time <= floor);
            self.stale = false;
        } else {
            while let Some(entry) = self.entries.get(self.head)
                && entry.time <= floor
            {
                self.live.leave(fold, entry.value);
                self.head += 1;
            }
        }
        self.cursor = now;
        self.live.number(fold)
    }

    /// The number at another instant, without moving.
    pub(crate) fn number_at(&self, fold: Fold, window: Window, now: i64) -> Option<i64> {
        self.alive(fold, window, now).number(fold)
    }

    fn alive(&self, fold: Fold, window: Window, now: i64) -> Live {
        let (mut live, floor) = (Live::default(), window.floor(now));
        for bundle in self.bundles.iter().filter(|b| window.end(b.bucket) > floor) {
            live.sum += bundle.sum;
            bundle.values.iter().for_each(|value| live.count(fold, *value));
        }
        for entry in self.entries.iter().filter(|entry| entry.time > floor) {
            live.count(fold, entry.value);
        }
        live
    }

    /// The instants after `now` at which something leaves, soonest first.
    pub(crate) fn leaving(&self, window: Window, now: i64) -> Vec<i64> {
        let entries = self.entries.iter().map(|entry| entry.time);
        let ends = self.bundles.iter().map(|bundle| window.end(bundle.bucket));
        let leave = entries.chain(ends).map(|time| time.saturating_add(window.micros));
        let mut leaving: Vec<_> = leave.filter(|when| *when > now).collect();
        leaving.sort_unstable();
        leaving.dedup();
        leaving
    }

    pub(crate) fn write(&self, window: Window, horizon: i64, out: &mut Writer<'_>) {
        let from = window.kept_from(horizon);
        let kept = || self.entries.iter().filter(|entry| entry.time >= from);
        out.count(kept().count());
        let mut last = 0;
        for entry in kept() {
            out.signed(i128::from(entry.time) - i128::from(last));
            out.fixed(entry.key);
            out.int(entry.value);
            last = entry.time;
        }
        let kept = || self.bundles.iter().filter(|b| window.start(b.bucket) >= from);
        out.count(kept().count());
        for bundle in kept() {
            out.int(bundle.bucket);
            out.signed(bundle.sum);
            write_set(&bundle.values, out);
        }
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let mut values = Self { stale: true, ..Self::default() };
        let mut last = 0i64;
        for _ in 0..from.count()? {
            let time = last.checked_add(from.int()?).ok_or(DAMAGED)?;
            let entry = Entry { time, key: from.fixed()?, value: from.int()? };
            let before = values.entries.last().map(|e| (e.time, e.key));
            if before.is_some_and(|before| before > (entry.time, entry.key)) {
                return Err(DAMAGED);
            }
            values.entries.push(entry);
            last = time;
        }
        for _ in 0..from.count()? {
            let bundle =
                Bundle { bucket: from.int()?, sum: from.signed()?, values: read_set(from)? };
            let fits = bundle.sum.unsigned_abs() < 1 << 120;
            if !fits || values.bundles.last().is_some_and(|last| last.bucket >= bundle.bucket) {
                return Err(DAMAGED);
            }
            values.bundles.push(bundle);
        }
        Ok(values)
    }
}

const DAMAGED: StateError = StateError::Damaged("windowed values");

pub(crate) fn write_set(values: &BTreeSet<i64>, out: &mut Writer<'_>) {
    out.count(values.len());
    values.iter().for_each(|value| out.int(*value));
}

pub(crate) fn read_set(from: &mut Reader<'_>) -> Result<BTreeSet<i64>, StateError> {
    let values: BTreeSet<i64> =
        (0..from.count()?).map(|_| from.int()).collect::<Result<_, StateError>>()?;
    if values.len() > CODES { Err(DAMAGED) } else { Ok(values) }
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
