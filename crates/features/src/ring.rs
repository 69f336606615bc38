//! Windowed counts: the counters of a document share one ring of entries.
//!
//! - In: a time, a key and the bits of the counters that a signal raises, in any order.
//! - Out: each counter's number as of an instant, kept while entries come and go.
//! - Never: a result that depends on the order of arrival; more than 64 x 65 entries a counter.
//!
//! Up to four windows share a ring; each has a cursor at its oldest entry. A counter with more than
//! [`FULL`] entries in a bucket of its window keeps their number instead, and all of them leave with
//! the bucket's end.

use crate::bits;
use crate::buckets::{FULL, Window};

/// How many windows may share a ring.
pub(crate) const TRACKS: usize = 4;

/// The counters of a ring that have the same window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) window: Window,
    pub(crate) bits: u64,
}

/// What a ring is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RingPlan {
    /// By bit: the part of the document that counts it.
    pub(crate) parts: Vec<u16>,
    /// Shortest window first; at most [`TRACKS`].
    pub(crate) tracks: Vec<Track>,
}

impl RingPlan {
    /// The bits that an entry of this time still has, once the newest signal is at the horizon.
    fn kept(&self, time: i64, horizon: i64) -> u64 {
        let kept = |track: &&Track| time >= track.window.kept_from(horizon);
        self.tracks.iter().filter(kept).fold(0, |bits, track| bits | track.bits)
    }

    /// The number of a bit's part.
    fn count<'a>(&self, numbers: &'a mut [i64], bit: u32) -> Option<&'a mut i64> {
        numbers.get_mut(usize::from(*self.parts.get(bit as usize)?))
    }

    pub(crate) fn window(&self, bit: u32) -> Option<Window> {
        self.tracks.iter().find(|track| track.bits >> bit & 1 == 1).map(|track| track.window)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) time: i64,
    pub(crate) key: u64,
    pub(crate) bits: u64,
}

/// The number of entries of a counter in a bucket that was too full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bundle {
    pub(crate) bucket: i64,
    pub(crate) bit: u8,
    pub(crate) count: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Ring {
    /// By time and key. Those before the heads have left their windows.
    pub(crate) entries: Vec<Entry>,
    /// For each track, its first entry that has not left at `cursor`.
    heads: [u32; TRACKS],
    /// The instant that the numbers belong to.
    cursor: i64,
    /// Whether the numbers must be counted anew.
    stale: bool,
    /// By bucket and bit.
    pub(crate) bundles: Vec<Bundle>,
}

/// Entries that a ring has room for from the start, so that they lie beside the document's numbers:
/// most accounts never have more within their windows.
const FEW: usize = 8;

impl Default for Ring {
    fn default() -> Self {
        Self {
            entries: Vec::with_capacity(FEW),
            heads: [0; TRACKS],
            cursor: i64::MIN,
            stale: false,
            bundles: Vec::new(),
        }
    }
}

impl Ring {
    /// From entries and bundles that were kept elsewhere; numbers follow with the next advance.
    pub(crate) fn restored(mut entries: Vec<Entry>, mut bundles: Vec<Bundle>) -> Self {
        entries.sort_unstable_by_key(|entry| (entry.time, entry.key));
        entries.dedup_by(|later, first| {
            let same = (later.time, later.key) == (first.time, first.key);
            first.bits |= if same { later.bits } else { 0 };
            same
        });
        bundles.sort_unstable_by_key(|bundle| (bundle.bucket, bundle.bit));
        Self { entries, bundles, stale: true, ..Self::default() }
    }

    /// Takes an entry in. `horizon` is the newest instant of the document, this entry included.
    /// `numbers` are those of the document's parts.
    pub(crate) fn insert(
        &mut self,
        plan: &RingPlan,
        mut entry: Entry,
        horizon: i64,
        numbers: &mut [i64],
    ) {
        let shortest = plan.tracks.first().map_or(0, |track| track.window.micros);
        if entry.time <= horizon.saturating_sub(shortest) {
            entry.bits &= plan.kept(entry.time, horizon);
        }
        if !self.bundles.is_empty() {
            self.bundle_up(plan, &mut entry);
        }
        if entry.bits == 0 {
            return;
        }
        let newest = self.entries.last().map(|last| (last.time, last.key));
        if self.entries.len() == self.entries.capacity() {
            // What has left makes room before more is asked for.
            self.forget(plan, horizon);
        }
        if newest.is_none_or(|newest| newest < (entry.time, entry.key)) {
            self.entries.push(entry);
            self.stale |= entry.time <= self.cursor.saturating_sub(shortest);
            bits::each(entry.bits, |bit| {
                if let Some(count) = plan.count(numbers, bit) {
                    *count += 1;
                }
            });
        } else {
            let at = self.entries.partition_point(|e| (e.time, e.key) < (entry.time, entry.key));
            self.entries.insert(at, entry);
            self.stale = true;
        }
        if self.entries.len() > FULL {
            self.collapse(plan, entry.time);
            self.forget(plan, horizon);
        }
    }

    /// Counts an entry into the bundles that its buckets already are.
    fn bundle_up(&mut self, plan: &RingPlan, entry: &mut Entry) {
        for track in &plan.tracks {
            let bucket = track.window.bucket(entry.time);
            bits::each(entry.bits & track.bits, |bit| {
                let wanted = (bucket, bit as u8);
                let found = self.bundles.binary_search_by_key(&wanted, |b| (b.bucket, b.bit));
                if let Some(bundle) = found.ok().and_then(|at| self.bundles.get_mut(at)) {
                    bundle.count = bundle.count.saturating_add(1);
                    entry.bits &= !(1 << bit);
                    self.stale = true;
                }
            });
        }
    }

    /// Turns the counters that have become too many in the buckets of an instant into bundles.
    fn collapse(&mut self, plan: &RingPlan, time: i64) {
        for track in &plan.tracks {
            let window = track.window;
            let tail = self.entries.len().wrapping_sub(FULL + 1);
            let appended = self.entries.last().is_some_and(|last| last.time == time);
            let near = self.entries.get(tail).is_none_or(|e| time - e.time < window.width);
            if appended && !near {
                continue;
            }
            let bucket = window.bucket(time);
            let from = self.entries.partition_point(|e| e.time < window.start(bucket));
            let to = self.entries.partition_point(|e| e.time < window.end(bucket));
            if to - from <= FULL {
                continue;
            }
            let within = self.entries.get_mut(from..to).unwrap_or_default();
            let mut full = 0u64;
            bits::each(track.bits, |bit| {
                let count = within.iter().filter(|e| e.bits >> bit & 1 == 1).count();
                if count > FULL {
                    full |= 1 << bit;
                    let bundle = Bundle { bucket, bit: bit as u8, count: count as u32 };
                    let place = (bundle.bucket, bundle.bit);
                    let at = self.bundles.partition_point(|b| (b.bucket, b.bit) < place);
                    self.bundles.insert(at, bundle);
                }
            });
            if full != 0 {
                within.iter_mut().for_each(|entry| entry.bits &= !full);
                self.entries.retain(|entry| entry.bits != 0);
                self.stale = true;
            }
        }
    }

    /// Drops what has left every window as a whole bucket, once that is at least half.
    fn forget(&mut self, plan: &RingPlan, horizon: i64) {
        let Some((longest, head)) = plan.tracks.iter().zip(&self.heads).next_back() else { return };
        if self.stale || (*head as usize) * 2 < self.entries.len() {
            return;
        }
        let from = longest.window.kept_from(horizon);
        let gone = self.entries.partition_point(|entry| entry.time < from).min(*head as usize);
        self.entries.drain(..gone);
        for head in &mut self.heads {
            *head = head.saturating_sub(gone as u32);
        }
        let cursor = self.cursor;
        self.bundles.retain(|bundle| {
            plan.window(u32::from(bundle.bit)).is_some_and(|window| {
                let end = window.end(bundle.bucket);
                end > window.floor(horizon) || end > window.floor(cursor)
            })
        });
    }

    /// Brings the numbers to an instant.
    pub(crate) fn advance(&mut self, plan: &RingPlan, now: i64, numbers: &mut [i64]) {
        if self.stale || now < self.cursor {
            self.recount(plan, now, numbers);
            return;
        }
        for (track, head) in plan.tracks.iter().zip(&mut self.heads) {
            let floor = track.window.floor(now);
            while let Some(entry) = self.entries.get(*head as usize)
                && entry.time <= floor
            {
                bits::each(entry.bits & track.bits, |bit| {
                    if let Some(count) = plan.count(numbers, bit) {
                        *count -= 1;
                    }
                });
                *head += 1;
            }
        }
        let before = self.cursor;
        self.cursor = now;
        for bundle in &self.bundles {
            let Some(window) = plan.window(u32::from(bundle.bit)) else { continue };
            let end = window.end(bundle.bucket);
            if let Some(count) = plan.count(numbers, bundle.bit.into())
                && end > window.floor(before)
                && end <= window.floor(now)
            {
                *count -= i64::from(bundle.count);
            }
        }
    }

    fn recount(&mut self, plan: &RingPlan, now: i64, numbers: &mut [i64]) {
        self.cursor = now;
        self.stale = false;
        for (track, head) in plan.tracks.iter().zip(&mut self.heads) {
            let floor = track.window.floor(now);
            bits::each(track.bits, |bit| {
                if let Some(count) = plan.count(numbers, bit) {
                    *count = 0;
                }
            });
            let first = self.entries.partition_point(|entry| entry.time <= floor);
            *head = first as u32;
            for entry in self.entries.iter().skip(first) {
                bits::each(entry.bits & track.bits, |bit| {
                    if let Some(count) = plan.count(numbers, bit) {
                        *count += 1;
                    }
                });
            }
        }
        for bundle in &self.bundles {
            let Some(window) = plan.window(u32::from(bundle.bit)) else { continue };
            if let Some(count) = plan.count(numbers, bundle.bit.into())
                && window.end(bundle.bucket) > window.floor(now)
            {
                *count += i64::from(bundle.count);
            }
        }
    }

    /// What is kept: entries and bundles in order, without what the horizon has left behind.
    pub(crate) fn kept(&self, plan: &RingPlan, horizon: i64) -> (Vec<Entry>, Vec<Bundle>) {
        let entries = self.entries.iter().filter_map(|entry| {
            let bits = entry.bits & plan.kept(entry.time, horizon);
            (bits != 0).then_some(Entry { bits, ..*entry })
        });
        let bundles = self.bundles.iter().filter(|bundle| {
            let window = plan.window(u32::from(bundle.bit));
            window.is_some_and(|window| window.start(bundle.bucket) >= window.kept_from(horizon))
        });
        (entries.collect(), bundles.copied().collect())
    }

    /// Whether the numbers belong to an instant, and every entry stands for itself.
    pub(crate) fn is_at(&self, now: i64) -> bool {
        !self.stale && self.cursor == now && self.bundles.is_empty()
    }

    /// When, before `bound`, the first of the `waiting` counters has lost as many entries as it
    /// `needed` to lose; else `bound`. Only where [`Ring::is_at`] holds.
    pub(crate) fn first_to_leave(
        &self,
        plan: &RingPlan,
        waiting: u64,
        mut needed: [u32; 64],
        bound: i64,
    ) -> i64 {
        let mut soonest = bound;
        for (track, head) in plan.tracks.iter().zip(&self.heads) {
            let bits = waiting & track.bits;
            let entries = self.entries.get(*head as usize..).unwrap_or_default();
            for entry in if bits == 0 { &[] } else { entries } {
                let leaves = entry.time.saturating_add(track.window.micros);
                if leaves >= soonest {
                    break;
                }
                bits::each(entry.bits & bits, |bit| {
                    if let Some(needed) = needed.get_mut(bit as usize) {
                        *needed -= 1;
                        soonest = if *needed == 0 { leaves } else { soonest };
                    }
                });
            }
        }
        soonest
    }

    /// When entries of a counter leave after `now`, and how many, soonest first.
    pub(crate) fn leaving(&self, plan: &RingPlan, bit: u32, now: i64) -> Vec<(i64, i64)> {
        let Some(window) = plan.window(bit) else { return Vec::new() };
        let entries = self.entries.iter().filter(|entry| entry.bits >> bit & 1 == 1);
        let entries = entries.map(|entry| (entry.time.saturating_add(window.micros), 1));
        let bundles = self.bundles.iter().filter(|bundle| u32::from(bundle.bit) == bit);
        let bundles = bundles.map(|bundle| {
            (window.end(bundle.bucket).saturating_add(window.micros), i64::from(bundle.count))
        });
        let mut leaving: Vec<_> = entries.chain(bundles).filter(|(when, _)| *when > now).collect();
        leaving.sort_unstable();
        leaving
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
