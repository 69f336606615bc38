//! Figures: numbers that are read when somebody asks, from whoever keeps them.

use super::Source;
use crate::cli::context::now;
use crate::disk;
use bellwether_runtime::delivery::DeliveryStats;
use bellwether_runtime::live::{Intake, LATENCY_BOUNDS, Latency, Live, Stats};
use bellwether_store::{Options, Store};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a figure is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// It only grows, from the start of the program on.
    Counter(u64),
    /// It goes up and down.
    Gauge(f64),
    /// How long things took: seconds in all, and counts below bounds in seconds, the last without one.
    Histogram(f64, Vec<(f64, u64)>),
}

/// One number with its name. Names are in the plural and without `_total`, which is put behind counters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    /// Its name behind `bellwether_`, with its unit at the end where it has one.
    pub(crate) name: &'static str,
    /// What it means, in a sentence without a dot.
    pub(crate) help: &'static str,
    /// Labels, from closed lists.
    pub(crate) labels: Vec<(&'static str, String)>,
    /// The number.
    pub(crate) kind: Kind,
}

impl Figure {
    /// A counter without a label.
    pub(crate) fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, help, labels: Vec::new(), kind: Kind::Counter(value) }
    }

    /// A gauge without a label.
    pub(crate) fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { name, help, labels: Vec::new(), kind: Kind::Gauge(value) }
    }

    /// The same with one more label.
    pub(crate) fn of(mut self, label: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((label, value.into()));
        self
    }
}

/// All figures, as the text wants them: those of one name together.
pub(super) struct Figures(pub(super) Vec<Source>);

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Figures({})", self.0.len())
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut named: BTreeMap<&str, Vec<Figure>> = BTreeMap::new();
        for figure in self.0.iter().flat_map(|source| source()) {
            named.entry(figure.name).or_default().push(figure);
        }
        for (name, figures) in named {
            let Some(first) = figures.first() else { continue };
            let kind = match first.kind {
                Kind::Counter(_) => MetricType::Counter,
                Kind::Gauge(_) => MetricType::Gauge,
                Kind::Histogram(..) => MetricType::Histogram,
            };
            let mut metric =
                encoder.encode_descriptor(name, &format!("{}.", first.help), None, kind)?;
            for figure in &figures {
                match figure.labels.is_empty() {
                    true => put(&mut metric, &figure.kind)?,
                    false => put(&mut metric.encode_family(&figure.labels)?, &figure.kind)?,
                }
            }
        }
        Ok(())
    }
}

fn put(to: &mut MetricEncoder<'_>, kind: &Kind) -> fmt::Result {
    match kind {
        Kind::Counter(value) => to.encode_counter::<NoLabelSet, _, u64>(value, None),
        Kind::Gauge(value) => to.encode_gauge(value),
        Kind::Histogram(sum, buckets) => {
            let count = buckets.iter().map(|(_, count)| count).sum();
            to.encode_histogram::<NoLabelSet>(*sum, count, buckets, None)
        }
    }
}

/// What the running driver counts.
pub(crate) fn driver(live: Live, intake: Intake) -> Source {
    Box::new(move || {
        let stats = live.stats();
        let get = |count: &std::sync::atomic::AtomicU64| count.load(Relaxed);
        let mut figures = vec![
            latency(
                "signal_decision_seconds",
                "From the acceptance of a signal to its record",
                &stats.decided,
            ),
            latency("signal_intake_seconds", "From an offer to its being durable", &stats.taken),
            Figure::counter(
                "signals_quarantined",
                "Signals that could not be counted",
                get(&stats.quarantined),
            ),
            Figure::counter("timers_fired", "Timers that fired", get(&stats.timers)),
            Figure::counter("effects", "Effects that were written down", get(&stats.effects)),
            Figure::counter("commits", "Transactions of the journal", get(&stats.commits)),
            Figure::gauge(
                "signals_waiting",
                "Signals that are durable and wait",
                intake.waiting() as f64,
            ),
            Figure::gauge(
                "up",
                "Whether the driver goes on",
                f64::from(u8::from(!live.has_failed())),
            ),
        ];
        let help = "Signals that became records, by what was done with them";
        figures.extend(Stats::STATUSES.iter().zip(&stats.signals).map(|(status, count)| {
            Figure::counter("signals", help, get(count)).of("status", status.as_str())
        }));
        figures
    })
}

/// What a running delivery counts; channels by their configured names.
pub(crate) fn delivery(stats: Arc<DeliveryStats>) -> Source {
    let get = |count: &std::sync::atomic::AtomicU64| count.load(Relaxed);
    Box::new(move || {
        let mut figures = vec![
            latency(
                "delivery_first_attempt_seconds",
                "From a decision to the first attempt to tell somebody",
                &stats.first,
            ),
            Figure::gauge(
                "delivery_effects_waiting",
                "Effects that wait or are under way",
                get(&stats.waiting) as f64,
            ),
            Figure::gauge(
                "delivery_oldest_waiting_seconds",
                "How long the oldest of them has been due",
                get(&stats.oldest) as f64 / 1e6,
            ),
            Figure::gauge(
                "delivery_stopped",
                "Whether all sending is stopped",
                f64::from(u8::from(stats.stopped.load(Relaxed))),
            ),
            Figure::counter(
                "delivery_ambiguous",
                "Effects of which nobody knows whether they arrived",
                get(&stats.ambiguous),
            ),
            Figure::counter(
                "delivery_capped",
                "Asks of people who had got enough for the day",
                get(&stats.capped),
            ),
            Figure::counter(
                "delivery_expired",
                "Effects that nobody wanted any more",
                get(&stats.expired),
            ),
        ];
        for (name, channel) in stats.channels() {
            let help = "Attempts to send, by what they came to";
            let outcomes = [
                ("delivered", &channel.delivered),
                ("later", &channel.later),
                ("refused", &channel.refused),
                ("unknown", &channel.unknown),
            ];
            figures.extend(outcomes.map(|(outcome, count)| {
                let count = Figure::counter("delivery_attempts", help, get(count));
                count.of("channel", name).of("outcome", outcome)
            }));
            let help = "Effects that were given up after this channel was tried last";
            let given_up = Figure::counter("delivery_given_up", help, get(&channel.given_up));
            let help = "Whether the breaker is open: the channel does not answer";
            let open = f64::from(u8::from(channel.open.load(Relaxed)));
            let open = Figure::gauge("delivery_breaker_open", help, open);
            let help = "Requests that are under way";
            let under_way = get(&channel.under_way) as f64;
            let under_way = Figure::gauge("delivery_requests_under_way", help, under_way);
            figures.extend([given_up, open, under_way].map(|figure| figure.of("channel", name)));
        }
        figures
    })
}

fn latency(name: &'static str, help: &'static str, latency: &Latency) -> Figure {
    let (counts, micros) = latency.read();
    let bounds = LATENCY_BOUNDS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::INFINITY]);
    let kind = Kind::Histogram(micros as f64 / 1e6, bounds.zip(counts).collect());
    Figure { name, help, labels: Vec::new(), kind }
}

/// What the data directory is like; read again every few seconds at most.
pub(crate) struct House {
    data: PathBuf,
    read: Mutex<Option<(Instant, Vec<Figure>)>>,
}

/// How long figures of the disk are good for.
const FRESH: Duration = Duration::from_secs(10);

impl House {
    /// Of a data directory.
    pub(crate) fn of(data: PathBuf) -> Source {
        let house = Self { data, read: Mutex::default() };
        Box::new(move || house.figures())
    }

    fn figures(&self) -> Vec<Figure> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        match read.as_ref() {
            Some((at, figures)) if at.elapsed() < FRESH => figures.clone(),
            _ => {
                let figures = self.look();
                *read = Some((Instant::now(), figures.clone()));
                figures
            }
        }
    }

    fn look(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        let free = disk::free(&self.data).map(|free| free as f64);
        figures.extend(
            free.map(|free| Figure::gauge("disk_free_bytes", "Room on the disk of the data", free)),
        );
        for file in ["data.db", "keys.db", "inbox.db", "access.db"] {
            let Ok(there) = std::fs::metadata(self.data.join(file)) else { continue };
            let size = Figure::gauge("file_size_bytes", "Size of a database", there.len() as f64);
            figures.push(size.of("file", file));
        }
        let Ok(store) = Store::open(&self.data, &Options::read_only()) else { return figures };
        if let Ok(records) = store.last_pos() {
            figures.push(Figure::gauge("log_records", "Records in the log", records as f64));
        }
        let signed = store.epoch().and_then(|epoch| store.last_checkpoint(epoch.number));
        if let Ok(Some(checkpoint)) = signed {
            let age = now().since(checkpoint.at).micros() as f64 / 1e6;
            let help = "Age of the newest signed checkpoint";
            figures.push(Figure::gauge("log_checkpoint_age_seconds", help, age.max(0.0)));
        }
        figures
    }
}
