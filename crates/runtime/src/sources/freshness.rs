//! Freshness: a source that falls silent is told of once, and so is a house that has become slow.
//!
//! - In: when each source was last heard, how long decisions took, and the time.
//! - Out: notes in the log: that a source is silent, that it speaks again, that decisions are slow, that they
//!   are quick again. The first of each pair is a card to a person.
//! - Never: tells twice, also not over a restart: what was told is counted in the transaction that tells it.

use super::Pace;
use crate::live::{Intake, LATENCY_BOUNDS, Live, LiveError};
use bellwether_core::event::Note;
use bellwether_core::{Body, Code, Duration, Origin, StreamId, Timestamp};
use bellwether_store::{ModelRow, StoreError, Tally, View};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often it looks.
const LOOK: std::time::Duration = std::time::Duration::from_secs(5);
/// How long a source may take to be heard after a start: what it said meanwhile waits to be fetched.
const GRACE: Duration = Duration::from_secs(300);
/// Over how long latency is measured.
const MINUTE: Duration = Duration::from_secs(60);
/// The model of when sources were last heard: its rank is the instant.
const MODEL: &str = "source.news";
/// Under what it is counted that something began and ended. It lasts while the first is ahead.
const BEGAN: &str = "alarm began";
const ENDED: &str = "alarm ended";
/// The name under which slowness is counted; no source can be called so.
const LATENCY: &str = "~latency";

/// A source that may not be silent for longer.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its configured name.
    pub name: String,
    /// The handle of whoever is told.
    pub owner: String,
    /// The longest time without news.
    pub silence: Duration,
}

/// See the module.
pub struct Freshness {
    sources: Vec<Watched>,
    /// What 99 of 100 decisions must stay below, and who is told.
    latency: Duration,
    owner: Option<String>,
    rules_only: Arc<AtomicBool>,
    live: Live,
    intake: Intake,
    pace: Arc<dyn Pace>,
    started: Timestamp,
    /// When each was last heard.
    heard: BTreeMap<String, Timestamp>,
    /// What lasts now.
    alarms: BTreeMap<String, bool>,
    minute: (Timestamp, Vec<u64>),
}

impl Freshness {
    /// Over a running driver. While decisions are slow the flag is set, and readers are not asked.
    ///
    /// # Errors
    /// What the driver says when it is asked for what it knows.
    pub fn new(
        sources: Vec<Watched>,
        (latency, owner): (Duration, Option<String>),
        rules_only: Arc<AtomicBool>,
        (live, intake): (Live, Intake),
        pace: Arc<dyn Pace>,
    ) -> Result<Self, LiveError> {
        let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
        let now = pace.now();
        let (heard, alarms) = live.call(move |driver, _| {
            let mut heard = BTreeMap::new();
            let mut fresh = Vec::new();
            for name in &names {
                let last = last_news(driver.store(), name)?;
                // Of one that was never heard, the time begins when it is first watched.
                fresh.extend(last.is_none().then(|| news(name, now)));
                heard.insert(name.clone(), last.unwrap_or(now));
            }
            if !fresh.is_empty() {
                driver.store_mut().put_model(MODEL, &fresh, 0)?;
            }
            Ok((heard, alarms(driver.store())?))
        })?;
        rules_only.store(alarms.get(LATENCY) == Some(&true), Ordering::Relaxed);
        let minute = (now, counts(&live));
        Ok(Self {
            sources,
            latency,
            owner,
            rules_only,
            live,
            intake,
            pace,
            started: now,
            heard,
            alarms,
            minute,
        })
    }

    /// Looks until it is to end.
    pub fn run(mut self) {
        while self.pace.pause(LOOK) {
            if let Err(error) = self.look() {
                tracing::warn!(code = error.code(), "It could not be told what is silent: {error}");
            }
        }
    }

    /// Looks once.
    ///
    /// # Errors
    /// What the driver says; the next look tries again.
    pub fn look(&mut self) -> Result<(), LiveError> {
        let now = self.pace.now();
        let news: Vec<_> = self.intake.news().into_iter().collect();
        if !news.is_empty() {
            let rows: Vec<_> = news.iter().map(|(name, at)| self::news(name, *at)).collect();
            self.heard.extend(news);
            self.live
                .call(move |driver, _| Ok(driver.store_mut().put_model(MODEL, &rows, 0)?))?;
        }
        for Watched { name, owner, silence } in self.sources.clone() {
            let heard = self.heard.get(&name).copied().unwrap_or(now);
            let is_told = self.alarms.get(&name).copied().unwrap_or(false);
            let settled = is_told || self.started.plus(silence.min(GRACE)) < now;
            let silent = settled && heard.plus(silence) < now;
            let members = vec![
                ("since".to_owned(), heard.to_string()),
                ("source".to_owned(), name.clone()),
                ("state".to_owned(), if silent { "silent" } else { "heard" }.to_owned()),
            ];
            self.tell(&name, silent, Note::SourceSilent, members, Code::of(&owner))?;
        }
        self.look_at_latency(now)
    }

    fn look_at_latency(&mut self, now: Timestamp) -> Result<(), LiveError> {
        if now < self.minute.0.plus(MINUTE) {
            return Ok(());
        }
        let counted = counts(&self.live);
        let passed: Vec<u64> = counted
            .iter()
            .zip(&self.minute.1)
            .map(|(now, then)| now.saturating_sub(*then))
            .collect();
        self.minute = (now, counted);
        let stuck = passed.iter().sum::<u64>() == 0 && self.intake.waiting() > 0;
        let slowest = p99(&passed);
        let slow = stuck || slowest > self.latency.micros();
        let members = vec![
            ("p99_us".to_owned(), slowest.to_string()),
            ("state".to_owned(), if slow { "slow" } else { "well" }.to_owned()),
        ];
        // Whoever is not known is replaced by somebody of the role that is always staffed.
        let owner = Code::of(self.owner.as_deref().unwrap_or_default());
        self.tell(LATENCY, slow, Note::Latency, members, owner)?;
        self.rules_only.store(slow, Ordering::Relaxed);
        Ok(())
    }

    /// Writes a change down; its beginning is a card to a person.
    fn tell(
        &mut self,
        name: &str,
        lasts: bool,
        note: Note,
        members: Vec<(String, String)>,
        owner: Code,
    ) -> Result<(), LiveError> {
        if self.alarms.get(name).copied().unwrap_or(false) == lasts {
            return Ok(());
        }
        let tell = lasts.then_some(owner);
        let body = Body::Noted { note, members, tell };
        let family = if lasts { BEGAN } else { ENDED };
        let counted = name.to_owned();
        self.live.call(move |driver, now| {
            driver.give(StreamId::SYSTEM, &body, Origin::Live, now)?;
            driver.batch().tallies.push(Tally { family, name: counted.clone(), by: 1 });
            Ok(())
        })?;
        self.alarms.insert(name.to_owned(), lasts);
        Ok(())
    }
}

/// When a source was last heard, or first watched; `None` before that.
///
/// # Errors
/// `store-io`.
pub fn last_news(store: &View, source: &str) -> Result<Option<Timestamp>, StoreError> {
    let row = store.model_row(MODEL, source.as_bytes())?;
    Ok(row.map(|row| Timestamp::from_micros(row.rank)))
}

fn news(name: &str, at: Timestamp) -> ModelRow {
    ModelRow { key: name.as_bytes().to_vec(), rank: at.micros(), body: Some(Vec::new()) }
}

/// What began and has not ended.
fn alarms(store: &View) -> Result<BTreeMap<String, bool>, crate::DriveError> {
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for tallied in store.tallies(BEGAN)? {
        counts.entry(tallied.name).or_default().0 = tallied.count;
    }
    for tallied in store.tallies(ENDED)? {
        counts.entry(tallied.name).or_default().1 = tallied.count;
    }
    Ok(counts.into_iter().map(|(name, (began, ended))| (name, began > ended)).collect())
}

fn counts(live: &Live) -> Vec<u64> {
    live.stats().decided.read().0.to_vec()
}

/// What 99 of 100 stay below, in microseconds, as far as buckets can tell: within one, evenly.
fn p99(counts: &[u64]) -> i64 {
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return 0;
    }
    let wanted = all - all / 100;
    let (mut before, mut low) = (0, 0);
    for (count, high) in counts.iter().zip(LATENCY_BOUNDS) {
        if before + count >= wanted {
            let within =
                (high - low) as u128 * u128::from(wanted - before) / u128::from((*count).max(1));
            return i64::try_from(u128::from(low) + within).unwrap_or(i64::MAX);
        }
        (before, low) = (before + count, high);
    }
    i64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_a_hundred_is_found() {
        let of = |pairs: &[(usize, u64)]| {
            let mut counts = vec![0; LATENCY_BOUNDS.len() + 1];
            pairs.iter().for_each(|(at, count)| counts[*at] = *count);
            p99(&counts)
        };
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[(0, 1000)]), 495, "evenly below 500");
        assert_eq!(of(&[(0, 99), (9, 1)]), 500, "one of a hundred may be slow");
        assert_eq!(of(&[(0, 98), (9, 2)]), 625_000, "half of the way from 0.25 s to 1 s");
        assert_eq!(of(&[(0, 1), (12, 9)]), i64::MAX, "beyond the last bound");
        assert_eq!(of(&[(9, 1)]), 1_000_000);
    }
}
