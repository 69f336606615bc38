//! What escalations cost people: by day, by person, by node.

use super::{Escalated, Load, Share, Subject};
use crate::quality::Spread;
use bellwether_core::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400_000_000;

/// Longer histories than this (270 years) hold a mistaken date; they get no daily figures.
const MOST_DAYS: usize = 100_000;

pub(super) fn measure(subjects: &[Subject]) -> Load {
    let days = days(subjects);
    // After the last opening the history only runs out; those days would thin the mean.
    let last = subjects.iter().map(|one| day(one.opened)).max().unwrap_or(i64::MIN);
    let live = days.iter().filter(|&&(day, _)| day <= last);
    let mut sorted: Vec<i64> = live.map(|&(_, count)| count as i64).collect();
    sorted.sort_unstable();
    let total: i64 = sorted.iter().sum();
    // The first of equally busy days.
    let busiest = days.iter().copied().rev().max_by_key(|&(_, count)| count);
    Load {
        first_day: days.first().map(|&(day, _)| midnight(day)),
        per_day: Spread::of(&sorted),
        mean: (!sorted.is_empty()).then(|| total as f64 / sorted.len() as f64),
        busiest: busiest.filter(|&(_, most)| most > 0).map(|(day, most)| (midnight(day), most)),
        days: days.into_iter().map(|(_, count)| count).collect(),
        people: shares(subjects, |escalated| escalated.person.clone()),
        nodes: shares(subjects, |escalated| escalated.node.clone()),
        outcomes: shares(subjects, |escalated| escalated.outcome.clone()),
    }
}

fn day(at: Timestamp) -> i64 {
    at.micros().div_euclid(DAY)
}

fn midnight(day: i64) -> Timestamp {
    Timestamp::from_micros(day.saturating_mul(DAY))
}

/// Each day's escalations, from the first opening to the last opening or escalation.
fn days(subjects: &[Subject]) -> Vec<(i64, u64)> {
    let escalated = || subjects.iter().flat_map(|one| &one.escalations).map(|one| day(one.at));
    let all = || subjects.iter().map(|one| day(one.opened)).chain(escalated());
    let (Some(first), Some(last)) = (all().min(), all().max()) else { return Vec::new() };
    let long = usize::try_from(last.saturating_sub(first)).unwrap_or(MOST_DAYS);
    if long >= MOST_DAYS {
        return Vec::new();
    }
    let mut counts: Vec<(i64, u64)> = (first..=last).map(|day| (day, 0)).collect();
    for day in escalated() {
        let slot = usize::try_from(day - first).ok().and_then(|at| counts.get_mut(at));
        if let Some((_, count)) = slot {
            *count += 1;
        }
    }
    counts
}

/// The load by some name, the heaviest first, then by name.
fn shares<K: Ord + Clone>(subjects: &[Subject], name: fn(&Escalated) -> K) -> Vec<Share<K>> {
    let mut found: BTreeMap<K, (u64, u64, BTreeMap<i64, u64>)> = BTreeMap::new();
    for subject in subjects {
        let mut met = BTreeSet::new();
        for escalated in &subject.escalations {
            let key = name(escalated);
            let (escalations, within, daily) = found.entry(key.clone()).or_default();
            *escalations += 1;
            *within += u64::from(met.insert(key));
            *daily.entry(day(escalated.at)).or_default() += 1;
        }
    }
    let shares = found.into_iter().map(|(name, (escalations, subjects, daily))| Share {
        name,
        escalations,
        subjects,
        busiest: daily.into_values().max().unwrap_or(0),
    });
    let mut shares: Vec<_> = shares.collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.escalations));
    shares
}
