//! Reading an event's bytes back into the envelope that they were written from.

use bellwether_core::effect::TimerKind;
use bellwether_core::event::{Answer, FoldCause, Note, Performed, Seen};
use bellwether_core::signal::MatchedBy;
use bellwether_core::{
    AccountId, Body, Code, Currency, Digest, DocKey, Duration, EffectKey, Envelope, Field, Money,
    Origin, Ppm, Signal, Timestamp, Trust, Value,
};
use serde_json::{Map, Value as Json};
use std::str::FromStr;

/// Bytes that are no event of a format we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They are not JSON.
    #[error("the event is not JSON")]
    NotJson,
    /// A newer program wrote them.
    #[error("the event has format {found}; this program reads up to 1")]
    Format {
        /// The format found.
        found: String,
    },
    /// A member is missing or of the wrong shape.
    #[error("the event's member `{member}` is missing or cannot be read")]
    Member {
        /// Which one.
        member: &'static str,
    },
}

impl DecodeError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson => "event-not-json",
            Self::Format { .. } => "event-format",
            Self::Member { .. } => "event-member",
        }
    }
}

/// Reads an event's bytes.
///
/// # Errors
/// [`DecodeError`] when the bytes are not an event of a known format.
pub fn decode_event(bytes: &[u8]) -> Result<Envelope, DecodeError> {
    let json: Json = serde_json::from_slice(bytes).map_err(|_| DecodeError::NotJson)?;
    let event = Members(json.as_object().ok_or(DecodeError::NotJson)?);
    match event.0.get("v").and_then(Json::as_u64) {
        Some(crate::event::FORMAT) => {}
        other => return Err(DecodeError::Format { found: format!("{other:?}") }),
    }
    Ok(Envelope {
        stream: event.parsed("stream")?,
        at: event.time("at")?,
        rules: event.parsed("rules")?,
        origin: event.word("origin", Origin::from_word)?,
        epoch: event.unsigned("epoch")?,
        failed: event.0.contains_key("failed"),
        seen: match event.0.get("seen") {
            None => Seen::Unasked,
            Some(_) => event.word("seen", |word| {
                Seen::ALL.into_iter().find(|(_, known)| *known == word).map(|(seen, _)| seen)
            })?,
        },
        via: event.optional::<AccountId>("via")?,
        digest: Digest::of(bytes),
        body: read_body(&event.members("body")?)?,
    })
}

fn read_body(body: &Members<'_>) -> Result<Body, DecodeError> {
    match body.text("type")? {
        "signal" => Ok(Body::Signal(read_signal(body)?)),
        "timer" => Ok(Body::Timer {
            doc: body.parsed("doc")?,
            kind: body.word("timer", TimerKind::from_word)?,
            graph: body.code("graph")?,
            generation: body.unsigned("generation")?,
            due: body.time("due")?,
        }),
        "answered" => Ok(Body::Answered {
            doc: body.parsed("doc")?,
            graph: body.code("graph")?,
            ask: EffectKey(body.parsed("ask")?),
            person: body.code("person")?,
            answer: match body.text("answer")? {
                "accept" => Answer::Accept,
                "decline" => Answer::Decline(body.code("to")?),
                "delegate" => Answer::Delegate(body.code("to")?),
                "snooze" => Answer::Snooze(body.time("to")?),
                "resolve" => Answer::Resolve,
                _ => return Err(DecodeError::Member { member: "answer" }),
            },
        }),
        "folded" => Ok(Body::Folded {
            cause: body.word("cause", FoldCause::from_word)?,
            other: body.optional("other")?,
            states: read_states(body)?,
        }),
        "rules.activated" => Ok(Body::RulesActivated {
            rules: body.parsed("activated")?,
            preimage: body.text("preimage")?.to_owned(),
        }),
        "stream.base" => {
            Ok(Body::StreamBase { seq: body.unsigned("seq")?, state: body.parsed("state")? })
        }
        "restore.epoch" => Ok(Body::EpochBegun {
            origin: body.text("origin")?.to_owned(),
            before: body.text("before")?.to_owned(),
        }),
        "key.rotate" => Ok(Body::LogKeyRotated {
            new: body.text("new")?.to_owned(),
            old: body.text("old")?.to_owned(),
        }),
        "subject.erased" => Ok(Body::SubjectErased {
            subject: body.parsed("subject")?,
            parts: body.unsigned("parts")?,
        }),
        "effect.result" | "effect.ambiguous" => Ok(Body::Performed {
            doc: body.parsed("doc")?,
            graph: body.code("graph")?,
            effect: EffectKey(body.parsed("effect")?),
            result: body.word("result", Performed::from_word)?,
            via: body.text("via")?.to_owned(),
            attempts: body.unsigned("attempts").and_then(|tries| {
                u32::try_from(tries).map_err(|_| DecodeError::Member { member: "attempts" })
            })?,
        }),
        _ => Ok(Body::Noted {
            note: body.word("type", Note::from_word)?,
            members: body.texts("members")?,
            tell: match body.0.contains_key("tell") {
                true => Some(body.code("tell")?),
                false => None,
            },
        }),
    }
}

fn read_states(body: &Members<'_>) -> Result<Vec<(DocKey, Vec<u8>)>, DecodeError> {
    let wrong = DecodeError::Member { member: "states" };
    let states = body.0.get("states").and_then(Json::as_array).ok_or(wrong.clone())?;
    let read = |state: &Json| {
        let state = Members(state.as_object().ok_or(wrong.clone())?);
        let bytes = from_hex(state.text("state")?).ok_or(wrong.clone())?;
        Ok((state.parsed("doc")?, bytes))
    };
    states.iter().map(read).collect()
}

fn read_signal(body: &Members<'_>) -> Result<Signal, DecodeError> {
    let fields = body.members("fields")?;
    let wrong = DecodeError::Member { member: "fields" };
    let read = |(name, value): (&String, &Json)| {
        Ok(Field { name: Code::of(name), value: read_value(value).ok_or(wrong.clone())? })
    };
    let at = body.time("time")?;
    Ok(Signal {
        key: body.hex("key")?,
        content: body.hex("content")?,
        source: Code::of(body.text("source")?),
        kind: Code::of(body.text("kind")?),
        at,
        known_at: if body.0.contains_key("known_at") { body.time("known_at")? } else { at },
        trust: body.word("trust", Trust::from_word)?,
        doc: body.optional("doc")?,
        contact: body.optional("contact")?,
        matched_by: body.word("matched_by", MatchedBy::from_word)?,
        fields: fields.0.iter().map(read).collect::<Result<_, DecodeError>>()?,
    })
}

fn read_value(value: &Json) -> Option<Value> {
    match value {
        Json::Bool(yes) => Some(Value::Bool(*yes)),
        Json::String(word) => Some(Value::Code(Code::of(word))),
        Json::Number(number) => number.as_i64().map(Value::Int),
        Json::Object(object) => {
            let number = |key: &str| object.get(key)?.as_str()?.parse::<i64>().ok();
            if let Some(currency) = object.get("currency") {
                let currency: Currency = currency.as_str()?.parse().ok()?;
                return Some(Value::Money(Money::from_minor(number("minor")?, currency)));
            }
            let (key, _) = object.iter().next()?;
            let raw = number(key)?;
            match key.as_str() {
                "int" => Some(Value::Int(raw)),
                "ppm" => Some(Value::Ratio(Ppm::new(raw))),
                "time" => Some(Value::Time(Timestamp::from_micros(raw))),
                "span" => Some(Value::Duration(Duration::from_micros(raw))),
                _ => None,
            }
        }
        Json::Null | Json::Array(_) => None,
    }
}

/// The members of an object, read by name.
struct Members<'a>(&'a Map<String, Json>);

impl<'a> Members<'a> {
    fn text(&self, member: &'static str) -> Result<&'a str, DecodeError> {
        self.0.get(member).and_then(Json::as_str).ok_or(DecodeError::Member { member })
    }

    fn members(&self, member: &'static str) -> Result<Members<'a>, DecodeError> {
        let object = self.0.get(member).and_then(Json::as_object);
        object.map(Members).ok_or(DecodeError::Member { member })
    }

    /// Names and texts, as they stand: sorted.
    fn texts(&self, member: &'static str) -> Result<Vec<(String, String)>, DecodeError> {
        let texts = self.members(member)?;
        let text = |(name, text): (&String, &Json)| {
            let text = text.as_str().ok_or(DecodeError::Member { member })?;
            Ok((name.clone(), text.to_owned()))
        };
        texts.0.iter().map(text).collect()
    }

    fn parsed<T: FromStr>(&self, member: &'static str) -> Result<T, DecodeError> {
        self.text(member)?.parse().map_err(|_| DecodeError::Member { member })
    }

    fn optional<T: FromStr>(&self, member: &'static str) -> Result<Option<T>, DecodeError> {
        if self.0.contains_key(member) { self.parsed(member).map(Some) } else { Ok(None) }
    }

    fn word<T>(
        &self,
        member: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, DecodeError> {
        read(self.text(member)?).ok_or(DecodeError::Member { member })
    }

    fn time(&self, member: &'static str) -> Result<Timestamp, DecodeError> {
        self.parsed(member).map(Timestamp::from_micros)
    }

    fn code(&self, member: &'static str) -> Result<Code, DecodeError> {
        self.parsed(member).map(Code::from_raw)
    }

    fn unsigned(&self, member: &'static str) -> Result<u64, DecodeError> {
        self.0.get(member).and_then(Json::as_u64).ok_or(DecodeError::Member { member })
    }

    fn hex(&self, member: &'static str) -> Result<u64, DecodeError> {
        self.word(member, |word| u64::from_str_radix(word, 16).ok())
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests;
