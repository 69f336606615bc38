//! What delivery counts: numbers only, for whoever exports them.

use super::Route;
use super::health::Health;
use crate::live::Latency;
use bellwether_adapters::channel::Outcome;
use bellwether_core::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// Counts of one channel since the start, and how it fares now.
#[derive(Debug, Default)]
pub struct ChannelStats {
    /// What it is, in a word.
    pub kind: &'static str,
    /// Requests that were sent, or tried to be.
    pub attempts: AtomicU64,
    /// Effects that arrived.
    pub delivered: AtomicU64,
    /// Attempts after which it may be tried again.
    pub later: AtomicU64,
    /// Attempts that were refused for good.
    pub refused: AtomicU64,
    /// Attempts whose end nobody knows.
    pub unknown: AtomicU64,
    /// Effects that were given up after this channel was tried last.
    pub given_up: AtomicU64,
    /// Requests that are under way.
    pub under_way: AtomicU64,
    /// Whether its breaker is open.
    pub open: AtomicBool,
    /// Since when it has not answered, in microseconds of the epoch; 0 while it answers.
    pub failing: AtomicI64,
}

/// Counts since the start, and how it stands now.
#[derive(Debug, Default)]
pub struct DeliveryStats {
    channels: BTreeMap<String, ChannelStats>,
    /// From the decision to the first attempt.
    pub first: Latency,
    /// Effects that nobody wanted any more.
    pub expired: AtomicU64,
    /// Effects of which nobody knows whether they arrived.
    pub ambiguous: AtomicU64,
    /// Asks of people who had got enough for the day.
    pub capped: AtomicU64,
    /// Effects that wait or are under way.
    pub waiting: AtomicU64,
    /// How long the oldest of them has been due, in microseconds.
    pub oldest: AtomicU64,
    /// Whether sending is stopped.
    pub stopped: AtomicBool,
}

impl DeliveryStats {
    pub(super) fn of<'a>(routes: impl Iterator<Item = &'a Route>) -> Self {
        let channel = |route: &Route| ChannelStats { kind: route.kind, ..ChannelStats::default() };
        let channels = routes.map(|route| (route.name.clone(), channel(route))).collect();
        Self { channels, ..Self::default() }
    }

    /// The channels by name.
    pub fn channels(&self) -> impl Iterator<Item = (&str, &ChannelStats)> {
        self.channels.iter().map(|(name, stats)| (name.as_str(), stats))
    }

    /// Notes how a channel fares.
    pub(super) fn fares(&self, name: &str, health: &Health, now: Timestamp) {
        self.of_channel(name, |stats| {
            stats.under_way.store(health.under_way() as u64, Relaxed);
            stats.open.store(health.is_open(now), Relaxed);
            stats.failing.store(health.failing_since().map_or(0, Timestamp::micros), Relaxed);
        });
    }

    pub(super) fn of_channel(&self, name: &str, count: impl FnOnce(&ChannelStats)) {
        if let Some(stats) = self.channels.get(name) {
            count(stats);
        }
    }

    pub(super) fn attempt(&self, name: &str, outcome: &Outcome) {
        self.of_channel(name, |stats| {
            stats.attempts.fetch_add(1, Relaxed);
            let ended = match outcome {
                Outcome::Delivered { .. } => &stats.delivered,
                Outcome::Later { .. } => &stats.later,
                Outcome::Refused { .. } => &stats.refused,
                Outcome::Unknown => &stats.unknown,
            };
            ended.fetch_add(1, Relaxed);
        });
    }
}
