//! The parts that pages are made of.

use crate::serve::read::Desk;
use crate::serve::viewer::Viewer;
use bellwether_core::Timestamp;
use bellwether_policy::Mode;
use maud::{Markup, html};

/// A word in a colour of its own: it always stands beside the word, never for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Bad,
    Unsure,
    Accent,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "badge",
            Self::Good => "badge good",
            Self::Bad => "badge bad",
            Self::Unsure => "badge unsure",
            Self::Accent => "badge accent",
        }
    }
}

/// A word in a badge.
pub(super) fn badge(tone: Tone, word: &str) -> Markup {
    html! { span class=(tone.class()) { (words(word)) } }
}

/// A word of the records as people write it.
pub(in crate::serve) fn words(word: &str) -> String {
    word.replace('_', " ")
}

/// What a decision was for.
pub(super) fn outcome(word: &str) -> Markup {
    let (tone, said) = match word {
        "cxo" => (Tone::Accent, "executive"),
        "sponsor" => (Tone::Accent, "sponsor"),
        "person" => (Tone::Plain, "person"),
        "discover" => (Tone::Plain, "find out more"),
        "none" => (Tone::Plain, "nobody"),
        other => (Tone::Plain, other),
    };
    badge(tone, said)
}

/// Where an escalation stands.
pub(super) fn state(word: &str, live: bool, overdue: bool) -> Markup {
    match (word, live, overdue) {
        (_, _, true) => badge(Tone::Bad, "overdue"),
        ("asked", true, _) => badge(Tone::Unsure, "asked"),
        ("asked", false, _) => badge(Tone::Plain, "would be asked"),
        ("accepted", ..) => badge(Tone::Good, "taken"),
        ("discovering", ..) => badge(Tone::Plain, "finding out more"),
        (word, ..) => badge(Tone::Plain, word),
    }
}

/// An instant: how long from now, and when exactly.
pub(super) fn time(at: Timestamp, now: Timestamp) -> Markup {
    html! {
        time datetime=(at) { (relative(at, now)) span.exact { (minute(at)) } }
    }
}

/// An instant to the minute.
pub(super) fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, clock) = text.split_once('T').unwrap_or((&text, ""));
    let clock = clock.get(..5).unwrap_or_default();
    let mut parts = day.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| month.parse::<usize>().ok()).unwrap_or(0);
    let month = MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or_default();
    let day = day.unwrap_or_default().trim_start_matches('0');
    format!("{day} {month} {} {clock}", year.unwrap_or_default())
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How long before or after now, in words.
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.micros().saturating_sub(now.micros()) / 1_000_000;
    let (past, away) = (seconds < 0, seconds.unsigned_abs());
    let said = match away {
        0..60 => return if past { "just now" } else { "now" }.to_owned(),
        60..7_200 => format!("{} min", away / 60),
        7_200..172_800 => format!("{} h", away / 3_600),
        172_800..5_184_000 => format!("{} days", away / 86_400),
        _ => format!("{} months", away / 2_592_000),
    };
    if past { format!("{said} ago") } else { format!("in {said}") }
}

/// An account by its name, else by the beginning of its id.
pub(super) fn account(stream: &str, name: Option<&str>) -> Markup {
    let id = stream.split_once(':').map_or(stream, |(_, id)| id);
    let short: String = id.chars().take(8).collect();
    let account = stream.strip_prefix("account:");
    html! {
        @match (account, name) {
            (Some(id), Some(name)) => a href={ "/accounts/acc_" (id) } { (name) },
            (Some(id), None) => a.id href={ "/accounts/acc_" (id) } title=(stream) { "account " (short) },
            (None, _) => span.id title=(stream) { (stream.split(':').next().unwrap_or_default()) },
        }
    }
}

/// The same for somebody to whom the account's page may be closed.
pub(super) fn account_for(viewer: &Viewer, stream: &str, name: Option<&str>) -> Markup {
    match name.filter(|_| stream.starts_with("account:")) {
        _ if viewer.opens("/accounts") => account(stream, name),
        Some(name) => html! { (name) },
        None => {
            let (kind, id) = stream.split_once(':').unwrap_or((stream, ""));
            let short: String = id.chars().take(8).collect();
            html! { span.id title=(stream) { (kind) " " (short) } }
        }
    }
}

/// A record, as a link for whoever may open it.
pub(super) fn record(viewer: &Viewer, stream: &str, seq: u64, said: &Markup) -> Markup {
    html! {
        @if viewer.opens("/decisions") { a href=(decision_path(stream, seq)) { (said) } } @else { (said) }
    }
}

/// Whether the rules in force only watch.
pub(super) fn is_shadow(desk: &Desk<'_>) -> bool {
    desk.rules().is_ok_and(|rules| rules.policy().meta().mode == Mode::Shadow)
}

/// Why nobody is asked while the rules only watch.
pub(super) fn in_shadow(viewer: &Viewer) -> Markup {
    html! {
        p.notice {
            strong { "The rules run in shadow: they ask nobody." } " What they decide is only written down"
            @if viewer.opens("/decisions") { ", under " a href="/decisions" { "Decisions" } }
            ". " code { "mode: enforce" } " in the bundle lets them ask."
        }
    }
}

/// A case or deal: what its source calls it, else the beginning of its id.
pub(super) fn about(doc: &str, source_id: Option<&str>) -> Markup {
    let (kind, id) = doc.split_once(':').unwrap_or((doc, ""));
    let short: String = id.chars().take(8).collect();
    html! {
        @match (id.is_empty(), source_id) {
            (true, _) => "whole account",
            (false, Some(called)) => { (kind) " " span.id { (called) } },
            (false, None) => { (kind) " " span.id title=(doc) { (short) } },
        }
    }
}

/// Somebody who is asked: the handle, with the name behind it.
pub(super) fn person(handle: Option<&str>, name: Option<&str>) -> Markup {
    html! {
        @match (handle, name) {
            (None | Some(""), _) => span.muted { "nobody" },
            (Some(handle), Some(name)) => { (name) " " span.id { (handle) } },
            (Some(handle), None) => span.id { (handle) },
        }
    }
}

/// A table about something: the titles of its columns, of which one that begins with `>` is aligned to the
/// right, and its rows. The first cell of a row says what the row is about.
pub(super) fn table(
    about: &str,
    titles: &[&str],
    rows: impl IntoIterator<Item = Vec<Markup>>,
) -> Markup {
    let column = |title: &&str| {
        let bare = title.trim_start_matches('>').to_owned();
        (title.starts_with('>').then_some("right"), bare)
    };
    let columns: Vec<_> = titles.iter().map(column).collect();
    html! {
        div.scroll role="region" aria-label=(about) tabindex="0" {
            table {
                thead { tr { @for (right, title) in &columns { th class=[right] scope="col" { (title) } } } }
                tbody { @for row in rows {
                    tr { @for (nth, (cell, (right, title))) in row.iter().zip(&columns).enumerate() {
                        @if nth == 0 { th scope="row" data-label=(title) { (cell) } }
                        @else { td class=[right] data-label=(title) { (cell) } }
                    } }
                } }
            }
        }
    }
}

/// What is shown where there is nothing, with the next step.
pub(super) fn empty(title: &str, next: &Markup) -> Markup {
    html! { section.card.empty { h2 { (title) } p { (next) } } }
}

/// The way to the next page.
pub(super) fn pager(path: &str, query: &str, first: bool, next: Option<&str>) -> Markup {
    let joined = if query.is_empty() { String::new() } else { format!("{query}&") };
    html! {
        @if next.is_some() || !first {
            nav.pager aria-label="More of this list" {
                @if !first { a.button.quiet href={ (path) @if !query.is_empty() { "?" (query) } } { "To the beginning" } }
                @if let Some(next) = next {
                    a.button.quiet rel="next" href={ (path) "?" (joined) "cursor=" (next) } { "More" }
                }
            }
        }
    }
}

/// The page of a decision.
pub(super) fn decision_path(stream: &str, seq: u64) -> String {
    format!("/decisions/{stream}/{seq}")
}

/// A sentence with instants in it, each to the minute.
pub(super) fn in_minutes(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_end_matches(['.', ',']);
        let end = word.get(bare.len()..).unwrap_or_default();
        match bare.contains('T').then(|| crate::cli::context::read_time(bare)) {
            Some(Ok(at)) => format!("{}{end}", minute(at)),
            _ => word.to_owned(),
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A share of a million as a percentage.
pub(super) fn percent(ppm: i64) -> String {
    format!("{}%", ppm / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_said_in_words() {
        let now = Timestamp::from_secs(1_800_000_000);
        let said = |seconds: i64| relative(Timestamp::from_secs(1_800_000_000 + seconds), now);
        for (seconds, words) in [
            (0, "now"),
            (-5, "just now"),
            (-90, "1 min ago"),
            (7_200, "in 2 h"),
            (-100_000, "27 h ago"),
            (-200_000, "2 days ago"),
            (-9_000_000, "3 months ago"),
        ] {
            assert_eq!(said(seconds), words, "{seconds}");
        }
        assert_eq!(minute(now), "15 Jan 2027 08:00");
        let said = "ann stands to be asked, until 2026-11-21T21:23:35.499197Z.";
        assert_eq!(in_minutes(said), "ann stands to be asked, until 21 Nov 2026 21:23.");
    }
}
