//! The Slack channel: `chat.postMessage` with a bot's token.
//!
//! - In: a card, and a channel's or a person's id. - Out: form-encoded POSTs, since that is what the
//!   vendor's own description of the method has.
//! - Never: lets a text be read as markup or a mention. The key goes along as metadata, by which a message
//!   whose sending has an unknown result is found again (`conversations.history`).

use super::{ANSWER, DISCLOSURE, Words, headers, http};
use crate::channel::{
    Card, Channel, HttpRequest, Outcome, Reconciled, Reply, Request, Unsupported,
};
use bellwether_core::{Digest, Personal, Purpose, Timestamp};
use form_urlencoded::Serializer;
use serde::Deserialize;
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";

/// What the metadata of our messages are called.
const EVENT: &str = "bellwether_effect";

/// The longest text of a block, in characters, with its escapes.
const MAX_BLOCK: usize = 3_000;

/// A section of a message has at most so many fields.
const MOST_FIELDS: usize = 10;

/// If the messages of one answer reach back so far, a message that was sent just now is among them.
const LONG_ENOUGH: i64 = 3_600;

/// Posts cards as a bot of the customer's own Slack app.
#[derive(Clone, Debug)]
pub struct Slack {
    token: Personal<String>,
}

impl Slack {
    /// A channel with a bot's token (`xoxb-...`; scopes `chat:write`, `channels:history`, `im:history`).
    pub const fn new(token: Personal<String>) -> Self {
        Self { token }
    }

    fn authorised(
        &self,
        mut headers: Vec<(String, Personal<String>)>,
    ) -> Vec<(String, Personal<String>)> {
        let token = format!("Bearer {}", self.token.reveal(Purpose::Notify));
        headers.push(("authorization".to_owned(), Personal::new(token)));
        headers
    }
}

/// A text as Slack wants it: these three signs are all that it escapes. The sign that would lead over the
/// limit is left out, and all after it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut left = MAX_BLOCK;
    for sign in text.chars() {
        let mut one = [0; 4];
        let shown = match sign {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => &*sign.encode_utf8(&mut one),
        };
        match left.checked_sub(shown.chars().count()) {
            Some(rest) => left = rest,
            None => break,
        }
        out.push_str(shown);
    }
    out
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": escaped(text), "emoji": false})
}

fn blocks(words: &Words) -> Value {
    let mut blocks = vec![json!({"type": "section", "text": plain(&words.title)})];
    for facts in words.facts.chunks(MOST_FIELDS) {
        let fields = facts.iter().map(|(label, value)| plain(&format!("{label}: {value}")));
        blocks.push(json!({"type": "section", "fields": fields.collect::<Vec<_>>()}));
    }
    blocks.extend(
        words
            .text
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| json!({"type": "section", "text": plain(text)})),
    );
    blocks.extend(words.link.iter().map(|url| {
        let button = json!({"type": "button", "text": plain(ANSWER), "url": url});
        json!({"type": "actions", "elements": [button]})
    }));
    blocks.push(json!({"type": "context", "elements": [plain(DISCLOSURE)]}));
    blocks.into()
}

impl Channel for Slack {
    fn encode(
        &self,
        card: &Card,
        to: &Personal<String>,
        _: Timestamp,
    ) -> Result<Request, Unsupported> {
        let words = Words::of(card)?;
        let payload =
            json!({"key": card.key.to_string(), "kind": card.kind.as_str(), "automatic": true});
        let metadata = json!({"event_type": EVENT, "event_payload": payload});
        let body = Serializer::new(String::new())
            .append_pair("channel", recipient(to)?)
            .append_pair("text", &escaped(&words.title))
            .append_pair("blocks", &blocks(&words).to_string())
            .append_pair("metadata", &metadata.to_string())
            .append_pair("mrkdwn", "false")
            .append_pair("parse", "none")
            .append_pair("unfurl_links", "false")
            .append_pair("unfurl_media", "false")
            .finish();
        let headers = self.authorised(headers(FORM, card));
        let (path, body) = ("chat.postMessage".to_owned(), Personal::new(body.into_bytes()));
        Ok(Request::Http(HttpRequest { path, headers, body }))
    }

    fn decode(&self, reply: &Reply, now: Timestamp) -> Outcome {
        match (http(reply, now, self.recognises_repeats()), Answer::of(&reply.body)) {
            (Outcome::Delivered { .. }, Answer { ok: Some(true), ts, .. }) => {
                Outcome::Delivered { receipt: ts }
            }
            (Outcome::Delivered { .. }, Answer { ok: Some(false), error: Some(error), .. }) => {
                refusal(&error, reply, now)
            }
            // Whatever said 200 was not Slack.
            (Outcome::Delivered { .. }, _) => Outcome::Unknown,
            (other, _) => other,
        }
    }

    fn recognises_repeats(&self) -> bool {
        false
    }

    fn reconcile(&self, _: Digest, to: &Personal<String>) -> Option<Request> {
        let body = Serializer::new(String::new())
            .append_pair("channel", recipient(to).ok()?)
            .append_pair("include_all_metadata", "true")
            .append_pair("limit", "200")
            .finish();
        let kind = ("content-type".to_owned(), Personal::new(FORM.to_owned()));
        let (path, body) = ("conversations.history".to_owned(), Personal::new(body.into_bytes()));
        Some(Request::Http(HttpRequest { path, headers: self.authorised(vec![kind]), body }))
    }

    fn reconciled(&self, key: Digest, reply: &Reply) -> Reconciled {
        let Ok(history) = serde_json::from_slice::<History>(&reply.body) else {
            return Reconciled::Unknown;
        };
        let key = key.to_string();
        let has = |message: &Message| {
            message.metadata.as_ref().is_some_and(|metadata| {
                metadata.event_type == EVENT
                    && metadata.event_payload.get("key").is_some_and(|it| *it == key)
            })
        };
        if !history.ok {
            return Reconciled::Unknown;
        }
        match (history.messages.iter().any(has), history.reaches_back()) {
            (true, _) => Reconciled::Done,
            (false, true) => Reconciled::NotDone,
            (false, false) => Reconciled::Unknown,
        }
    }
}

fn recipient(to: &Personal<String>) -> Result<&str, Unsupported> {
    let id = to.reveal(Purpose::Notify).as_str();
    let fine = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fine.then_some(id)
        .ok_or(Unsupported { what: "the recipient is no id of a channel or a person" })
}

/// What an error of Slack's means for the message.
fn refusal(error: &str, reply: &Reply, now: Timestamp) -> Outcome {
    let why = match error {
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
            return Outcome::Later { after: super::retry_after(reply, now), why: "busy" };
        }
        "service_unavailable" | "team_added_to_org" | "org_login_required" => {
            return Outcome::Later { after: super::retry_after(reply, now), why: "unavailable" };
        }
        // Slack says of these that a part of the work may have been done.
        "internal_error" | "fatal_error" | "request_timeout" => return Outcome::Unknown,
        "channel_not_found" | "user_not_found" | "not_in_channel" | "is_archived" => {
            "no-such-address"
        }
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired"
        | "missing_scope" | "no_permission" | "restricted_action" | "ekm_access_denied" => {
            "not-allowed"
        }
        "msg_too_long" | "msg_blocks_too_long" => "too-large",
        "invalid_blocks" | "invalid_blocks_format" | "no_text" | "invalid_form_data" => "malformed",
        _ => "refused",
    };
    Outcome::Refused { why }
}

/// What an answer says at its start; the rest of it may be cut off.
#[derive(Default)]
struct Answer {
    ok: Option<bool>,
    error: Option<String>,
    ts: Option<String>,
}

impl Answer {
    fn of(body: &[u8]) -> Self {
        use serde::de::{IgnoredAny, MapAccess, Visitor};
        struct Reader<'a>(&'a mut Answer);
        impl<'de> Visitor<'de> for Reader<'_> {
            type Value = ();

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an answer of Slack's")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "ok" => self.0.ok = map.next_value()?,
                        "error" => self.0.error = map.next_value()?,
                        "ts" => self.0.ts = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(())
            }
        }
        let mut answer = Self::default();
        let mut reader = serde_json::Deserializer::from_slice(body);
        // What was read before the cut stands.
        let _ = serde::Deserializer::deserialize_map(&mut reader, Reader(&mut answer));
        answer
    }
}

#[derive(Deserialize)]
struct History {
    ok: bool,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    ts: String,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    event_type: String,
    #[serde(default)]
    event_payload: serde_json::Map<String, Value>,
}

impl Message {
    /// Its time, in seconds since 1970.
    fn seconds(&self) -> Option<i64> {
        self.ts.split('.').next()?.parse().ok()
    }
}

impl History {
    /// Whether a message that was sent just now would be here.
    fn reaches_back(&self) -> bool {
        let time = |message: Option<&Message>| message.and_then(Message::seconds);
        let span = time(self.messages.first()).zip(time(self.messages.last()));
        !self.has_more || span.is_some_and(|(newest, oldest)| newest - oldest >= LONG_ENOUGH)
    }
}
