//! The mail channel: text and HTML, ready for a server.
//!
//! - In: a card and an address. - Out: a message of RFC 5322; its `Message-ID` is made from the key, so that
//!   whoever gets it twice may see that.
//! - Never: loads a picture, runs a script, or lets a word become a header or a tag. A mail server recognises
//!   no repeats and cannot be asked.

use super::{ANSWER, DISCLOSURE, Words, trace};
use crate::channel::{
    Card, Channel, MailRequest, Outcome, Reconciled, Reply, Request, Unsupported,
};
use bellwether_core::{Digest, Personal, Purpose, Timestamp};
use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use maud::{DOCTYPE, html};
use std::time::{Duration, SystemTime};

/// Sends cards by mail.
#[derive(Clone, Debug)]
pub struct Mail {
    from: Mailbox,
}

impl Mail {
    /// A channel that sends from an address such as `Bellwether <bellwether@us.example>`.
    ///
    /// # Errors
    /// [`Unsupported`] where that is no address.
    pub fn new(from: &str) -> Result<Self, Unsupported> {
        let from =
            from.parse().map_err(|_| Unsupported { what: "the sender is no mail address" })?;
        Ok(Self { from })
    }
}

impl Channel for Mail {
    fn encode(
        &self,
        card: &Card,
        to: &Personal<String>,
        _: Timestamp,
    ) -> Result<Request, Unsupported> {
        let address: Address = to
            .reveal(Purpose::Notify)
            .parse()
            .map_err(|_| Unsupported { what: "the recipient is no mail address" })?;
        let words = Words::of(card)?;
        let key = card.key.to_string();
        let parts = MultiPart::alternative().boundary(format!("bellwether-{key}"));
        let parts = parts
            .singlepart(SinglePart::plain(plain(&words)))
            .singlepart(SinglePart::html(rich(&words)));
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(words.title.clone())
            .date(date(card.at))
            .message_id(Some(format!("<{key}@{}>", self.from.email.domain())));
        let more = [
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("X-Bellwether-Effect", key.as_str()),
            ("X-AI-Generated", DISCLOSURE),
        ];
        let trace = trace(card).map(|trace| ("traceparent", trace));
        let message = more.into_iter().chain(trace).fold(message, |message, (name, value)| {
            let name = HeaderName::new_from_ascii_str(name);
            message.raw_header(HeaderValue::new(name, value.to_owned()))
        });
        let message = message.multipart(parts);
        let message = message.map_err(|_| Unsupported { what: "the mail cannot be written" })?;
        Ok(Request::Mail(MailRequest {
            from: self.from.email.to_string(),
            to: to.clone(),
            message: Personal::new(message.formatted()),
        }))
    }

    /// Of RFC 5321, 4.2.1: the first digit says whether to come again.
    fn decode(&self, reply: &Reply, _: Timestamp) -> Outcome {
        match reply.status {
            200..=299 => Outcome::Delivered { receipt: None },
            421 => Outcome::Later { after: None, why: "unavailable" },
            450 | 452 => Outcome::Later { after: None, why: "busy" },
            400..=499 => Outcome::Later { after: None, why: "failed" },
            530 | 534 | 535 | 538 => Outcome::Refused { why: "not-allowed" },
            550 | 551 | 553 => Outcome::Refused { why: "no-such-address" },
            552 => Outcome::Refused { why: "too-large" },
            500..=504 | 555 => Outcome::Refused { why: "malformed" },
            500..=599 => Outcome::Refused { why: "refused" },
            _ => Outcome::Unknown,
        }
    }

    fn recognises_repeats(&self) -> bool {
        false
    }

    fn reconcile(&self, _: Digest, _: &Personal<String>) -> Option<Request> {
        None
    }

    fn reconciled(&self, _: Digest, _: &Reply) -> Reconciled {
        Reconciled::Unknown
    }
}

/// The day of the decision; a mail cannot name one before 1970.
fn date(at: Timestamp) -> SystemTime {
    let micros = u64::try_from(at.micros()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros.min(4_102_444_800_000_000 * 2))
}

fn plain(words: &Words) -> String {
    let facts: String =
        words.facts.iter().map(|(label, value)| format!("{label}: {value}\n")).collect();
    let text: String = words.text.iter().map(|text| format!("\n{text}\n")).collect();
    let link = words.link.as_ref().map(|link| format!("\n{ANSWER}: {link}\n")).unwrap_or_default();
    format!("{}\n\n{facts}{text}{link}\n-- \n{DISCLOSURE}\n", words.title)
}

fn rich(words: &Words) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (words.title) }
            }
            body style="font-family: sans-serif; line-height: 1.5; max-width: 40em" {
                h1 style="font-size: 1.2em" { (words.title) }
                table cellpadding="4" {
                    @for (label, value) in &words.facts {
                        tr { th align="left" valign="top" { (label) } td { bdi { (value) } } }
                    }
                }
                @for text in &words.text {
                    p style="white-space: pre-line" { (text) }
                }
                @if let Some(link) = &words.link {
                    p { a href=(link) { (ANSWER) } }
                }
                hr;
                p { small { (DISCLOSURE) } }
            }
        }
    };
    page.into_string()
}
