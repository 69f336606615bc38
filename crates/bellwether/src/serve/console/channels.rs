//! Channels: how each one fares, beside the outbox.
//!
//! - In: what a running delivery counts.
//! - Out: a table with a row for each configured channel.
//! - Never: an address, or a word of what was sent.

use super::parts::{Tone, badge, time};
use crate::table::thousands;
use bellwether_core::Timestamp;
use bellwether_runtime::delivery::{ChannelStats, DeliveryStats};
use maud::{Markup, html};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Every channel, since the program started.
pub(super) fn table(stats: &DeliveryStats, now: Timestamp) -> Markup {
    html! {
        h2.part { "Channels" }
        div.scroll role="region" aria-label="Channels" tabindex="0" {
            table {
                thead { tr {
                    th scope="col" { "Channel" } th scope="col" { "Kind" } th scope="col" { "State" } th scope="col" { "No answer since" }
                    th.right scope="col" { "Under way" } th.right scope="col" { "Attempts" } th.right scope="col" { "Delivered" }
                    th.right scope="col" { "Refused" } th.right scope="col" { "Nobody knows" }
                } }
                tbody { @for (name, channel) in stats.channels() { (row(name, channel, now)) } }
            }
        }
        p.muted { "Counted since the program started. While a breaker is open, one request at a time asks whether the channel is back." }
    }
}

fn row(name: &str, channel: &ChannelStats, now: Timestamp) -> Markup {
    let count = |count: &AtomicU64| thousands(count.load(Relaxed));
    let failing = Some(channel.failing.load(Relaxed)).filter(|since| *since > 0);
    let (tone, state) = match (channel.open.load(Relaxed), failing, channel.attempts.load(Relaxed))
    {
        (true, ..) => (Tone::Bad, "breaker open"),
        (false, Some(_), _) => (Tone::Unsure, "failing"),
        (false, None, 0) => (Tone::Plain, "not used yet"),
        (false, None, _) => (Tone::Good, "answers"),
    };
    html! {
        tr {
            th scope="row" data-label="Channel" { (name) }
            td data-label="Kind" { (channel.kind) }
            td data-label="State" { (badge(tone, state)) }
            td data-label="No answer since" { @if let Some(since) = failing { (time(Timestamp::from_micros(since), now)) } }
            td.right data-label="Under way" { (count(&channel.under_way)) }
            td.right data-label="Attempts" { (count(&channel.attempts)) }
            td.right data-label="Delivered" { (count(&channel.delivered)) }
            td.right data-label="Refused" { (count(&channel.refused)) }
            td.right data-label="Nobody knows" { (count(&channel.unknown)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_does_not_answer_says_so() {
        let now = Timestamp::from_secs(1_795_212_000);
        let since = now.micros() - 600_000_000;
        for (open, failing, attempts, state, class) in [
            (true, since, 12, "breaker open", "badge bad"),
            (false, since, 2, "failing", "badge unsure"),
            (false, 0, 0, "not used yet", "badge"),
            (false, 0, 1234, "answers", "badge good"),
        ] {
            let channel = ChannelStats { kind: "mail", ..ChannelStats::default() };
            channel.open.store(open, Relaxed);
            channel.failing.store(failing, Relaxed);
            channel.attempts.store(attempts, Relaxed);
            channel.refused.store(7, Relaxed);
            let shown = row("post", &channel, now).into_string();
            let badge = format!("<span class=\"{class}\">{state}</span>");
            assert!(shown.contains(&badge), "{shown}");
            assert_eq!(shown.contains("10 min ago"), failing > 0, "{shown}");
            for part in [">post<", ">mail<", &format!(">{}<", thousands(attempts)), ">7<"] {
                assert!(shown.contains(part), "{part}: {shown}");
            }
        }
    }
}
