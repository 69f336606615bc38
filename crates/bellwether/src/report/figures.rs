//! Figures as people read them: two places for shares, hours or days for leads, dates without zones.

use crate::table::thousands;
use bellwether_core::Timestamp;
use bellwether_measure::backtest::{PolicyKind, Question, Report, Rival, Standing};
use bellwether_measure::quality::{Interval, Ratio};

/// The bundle's own row in a table of policies.
pub(super) const OURS: &str = "this bundle";

/// Stands where there is no figure.
pub(super) const NONE: &str = "\u{2013}";

const HOUR: f64 = 3_600_000_000.0;

/// A share with two places.
pub(super) fn share(value: Option<f64>) -> String {
    value.map_or(NONE.to_owned(), |value| format!("{value:.2}"))
}

/// An interval's ends: `0.77–0.84`.
pub(super) fn ends(interval: Option<Interval>) -> String {
    interval.map_or(NONE.to_owned(), |ends| format!("{:.2}\u{2013}{:.2}", ends.low, ends.high))
}

/// A share and its interval: `0.81 (0.77–0.84)`.
pub(super) fn ratio(ratio: Ratio) -> String {
    share_and_ends(ratio.value(), ratio.interval())
}

/// A share and its interval, where the share is no plain ratio.
pub(super) fn share_and_ends(value: Option<f64>, interval: Option<Interval>) -> String {
    match value {
        Some(_) => format!("{} ({})", share(value), ends(interval)),
        None => NONE.to_owned(),
    }
}

/// Microseconds as hours.
pub(super) fn hours(micros: f64) -> f64 {
    micros / HOUR
}

/// A lead in the unit that fits: minutes, hours, or days from two on.
pub(super) fn lead(micros: Option<f64>) -> String {
    let Some(micros) = micros else { return NONE.to_owned() };
    match hours(micros) {
        0.0 => "0 h".to_owned(),
        short if short.abs() < 2.0 => format!("{:.0} min", short * 60.0),
        long if long.abs() >= 48.0 => format!("{:.1} d", long / 24.0),
        hours => format!("{hours:.1} h"),
    }
}

/// The day of an instant, UTC.
pub(super) fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// The minute of an instant, UTC.
pub(super) fn minute(at: Timestamp) -> String {
    at.to_string().chars().take(16).collect::<String>().replace('T', " ")
}

/// From when to when, or nothing.
pub(super) fn period(first: Option<Timestamp>, last: Option<Timestamp>) -> String {
    match (first, last) {
        (Some(first), Some(last)) => format!(" opened {} to {}", day(first), day(last)),
        _ => String::new(),
    }
}

/// A person who would have been called.
pub(super) fn person(name: &Option<String>) -> &str {
    name.as_deref().unwrap_or("nobody reached")
}

/// Whether the outcome then happened.
pub(super) fn happened(outcome: Option<bool>) -> &'static str {
    match outcome {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

/// A trivial policy by name.
pub(super) fn policy(kind: PolicyKind, question: &Question) -> String {
    match kind {
        PolicyKind::Always => "always".to_owned(),
        PolicyKind::Never => "never".to_owned(),
        PolicyKind::AtMost(limit) => format!("{} \u{2264} {limit}", question.baseline),
    }
}

/// An expected, so possibly broken, count of calls.
pub(super) fn calls(expected: Option<f64>) -> String {
    match expected {
        None => NONE.to_owned(),
        Some(few) if few < 100.0 => format!("{few:.1}"),
        Some(many) => thousands(many.round() as u64),
    }
}

/// What the same catch would cost with the trivial policies; nothing when none can make it.
pub(super) fn cost(report: &Report) -> Option<String> {
    let (equal, question) = (&report.equal_recall, &report.question);
    let needs = |rival: &Rival, name: &str| {
        rival.escalated.map(|_| format!("{} with {name}", calls(rival.escalated)))
    };
    let by_level = needs(&equal.priority, &format!("{} only", question.baseline));
    let rivals: Vec<_> = by_level.into_iter().chain(needs(&equal.always, "always")).collect();
    (!rivals.is_empty()).then(|| {
        format!(
            "Catching {} of {} \u{201c}{}\u{201d} takes {} calls with this bundle, {}.",
            thousands(equal.recall.hits),
            thousands(equal.recall.of),
            question.outcome,
            thousands(equal.bundle.of),
            rivals.join(", ")
        )
    })
}

/// How a policy by level reaches the bundle's recall: `all below 3, and 42% of 3`.
pub(super) fn method(rival: &Rival, by_level: bool, question: &Question) -> String {
    let Some(part) = rival.part else { return "cannot reach it".to_owned() };
    let percent = format!("{:.0}%", part * 100.0);
    match (by_level, rival.level) {
        (true, Some(level)) if part >= 1.0 => format!("{} up to {level}", question.baseline),
        (false, _) => format!("{percent} of all, taken blindly"),
        (true, Some(level)) => {
            format!("{0} before {level}, and {percent} of {0} {level}", question.baseline)
        }
        (true, None) => format!("every {}, and {percent} of those without", question.baseline),
    }
}

/// The verdict in two or three words.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::NoEvidence => "Nothing to judge",
        Standing::TooFew => "Too few to tell",
        Standing::CaughtNothing => "Nothing caught",
        Standing::NotBetter => "Not better",
        Standing::Unclear => "Better, but unsure",
        Standing::Better => "Better than each trivial policy",
    }
}
