//! The channels that come with the program, and what they share.
//!
//! - In: a [`Card`], and the answers of services.
//! - Out: requests whose words cannot break the format they stand in, and outcomes from closed lists.
//! - Never: lets a customer's text become markup, a link, a mention or a header; sends a message that
//!   does not say that a program sent it.

mod file;
mod mail;
mod slack;
mod teams;
#[cfg(test)]
mod tests;
mod webhook;

use crate::channel::{Card, Outcome, Reply, Unsupported};
use bellwether_core::{Duration, Personal, Purpose, Timestamp, civil};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

pub use file::File;
pub use mail::Mail;
pub use slack::Slack;
pub use teams::Teams;
pub use webhook::Webhook;

/// What every message says of itself.
const DISCLOSURE: &str = "Bellwether sent this automatically; no person wrote it.";

/// What the link to the answer is called.
const ANSWER: &str = "Open in Bellwether";

/// The longest paragraph, in characters: what fits into a block of every service.
const MAX_TEXT: usize = 2_900;

/// The longest title, label or value, in characters.
const MAX_LINE: usize = 150;

/// The most facts and paragraphs, so that a message stays one.
const MOST_FACTS: usize = 50;
const MOST_TEXTS: usize = 20;

/// The words of a card, opened for one message and made harmless.
struct Words {
    title: String,
    facts: Vec<(String, String)>,
    text: Vec<String>,
    link: Option<String>,
}

impl Words {
    fn of(card: &Card) -> Result<Self, Unsupported> {
        let open = |text: &Personal<String>| text.reveal(Purpose::Notify).clone();
        let facts = card.facts.iter().take(MOST_FACTS);
        let facts =
            facts.map(|(label, value)| (line(label, MAX_LINE), line(&open(value), MAX_LINE)));
        let web = |link: &String| {
            let fine = link.starts_with("https://") || link.starts_with("http://");
            fine && link.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if card.link.as_ref().is_some_and(|link| !web(link)) {
            return Err(Unsupported { what: "the link is no web address" });
        }
        let title = line(&open(&card.title), MAX_LINE);
        Ok(Self {
            title: if title.is_empty() { "Bellwether".to_owned() } else { title },
            facts: facts.collect(),
            text: card.text.iter().take(MOST_TEXTS).map(|text| paragraph(&open(text))).collect(),
            link: card.link.clone(),
        })
    }
}

/// A text as one line of at most so many characters.
fn line(text: &str, most: usize) -> String {
    let text = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut(text, most)
}

/// A text whose lines are kept.
fn paragraph(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines = text.lines().map(|it| visible(it).trim_end().to_owned());
    cut(lines.collect::<Vec<_>>().join("\n"), MAX_TEXT)
}

/// Without what moves or hides other characters: controls, and the marks that turn the direction of text
/// (Unicode TR 9, 2.1 to 2.6), with which a name can look like another.
fn visible(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let space = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().filter(|c| !turns(*c)).map(space).collect()
}

fn cut(text: String, most: usize) -> String {
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// A card as JSON for programs: the same text however often it is sent. The trace is not in it, because each attempt
/// has a span of its own.
fn document(card: &Card, to: &Personal<String>) -> Result<Value, Unsupported> {
    let words = Words::of(card)?;
    let fact = |(label, value): &(String, String)| json!({"label": label, "value": value});
    Ok(json!({
        "type": format!("bellwether.{}", card.kind.as_str()),
        "timestamp": card.at.to_string(),
        "data": {
            "key": card.key.to_string(),
            "to": to.reveal(Purpose::Notify),
            "title": words.title,
            "facts": words.facts.iter().map(fact).collect::<Vec<_>>(),
            "text": words.text,
            "link": words.link,
            "automatic": true,
            "notice": DISCLOSURE,
        },
    }))
}

/// The headers that every HTTP request has: its type, the key and the trace.
fn headers(kind: &str, card: &Card) -> Vec<(String, Personal<String>)> {
    let header = |name: &str, value: &str| (name.to_owned(), Personal::new(value.to_owned()));
    let trace = trace(card).map(|trace| header("traceparent", trace));
    let own = [header("content-type", kind), header("x-bellwether-effect", &card.key.to_string())];
    own.into_iter().chain(trace).collect()
}

/// The trace, where it can stand in a header.
fn trace(card: &Card) -> Option<&str> {
    card.trace.as_deref().filter(|trace| trace.bytes().all(|it| it.is_ascii_graphic()))
}

/// What an HTTP status means. After a failure in the middle of it nobody knows whether a service has the
/// message; where it recognises repeats that does not matter, and it may come again.
fn http(reply: &Reply, now: Timestamp, recognises_repeats: bool) -> Outcome {
    let later = |why| Outcome::Later { after: retry_after(reply, now), why };
    match reply.status {
        200..=299 => Outcome::Delivered { receipt: None },
        300..=399 => Outcome::Refused { why: "redirected" },
        400 | 405 | 406 | 411 | 414 | 415 | 422 => Outcome::Refused { why: "malformed" },
        401 | 403 | 407 => Outcome::Refused { why: "not-allowed" },
        404 | 410 => Outcome::Refused { why: "no-such-address" },
        413 => Outcome::Refused { why: "too-large" },
        408 => later("timeout"),
        425 => later("too-early"),
        429 => later("busy"),
        400..=499 => Outcome::Refused { why: "refused" },
        503 => later("unavailable"),
        500..=599 if recognises_repeats => later("failed"),
        _ => Outcome::Unknown,
    }
}

/// The span of a `Retry-After` (RFC 9110, 10.2.3).
fn retry_after(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let text = reply.retry_after.as_deref()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(i64::from(seconds)));
    }
    civil::read(text, "rfc2822", &TimeZone::UTC).ok().map(|at| at.since(now))
}
