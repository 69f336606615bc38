//! From an event as it was written to a signal.

use super::fault::{Fault, fault};
use super::value::{instant, value};
use super::wire::{Account, Checked, Data, Event};
use super::{Intake, MAX_DEPTH, Pointers, Taken};
use crate::headers::{is_json, media_type};
use crate::mapping::STAMPED;
use crate::mapping::account::{address, by_contact, by_domain, by_domain_of, by_name};
use crate::mapping::apply::{MAX_ID, push_part};
use crate::mapping::check::{is_kind, is_name};
use crate::rows::MAX_UNLISTED;
use crate::rows::tree::Word;
use bellwether_core::signal::{AccountHint, Hidden, RawSignal, RawValue};
use bellwether_core::{Personal, Timestamp};
use serde::de::DeserializeSeed;
use serde_json::value::RawValue as Written;
use std::borrow::Cow;

/// The signal of an event.
pub(super) fn event(
    event: Event<'_>,
    index: usize,
    how: &Intake<'_>,
    at: &Pointers,
) -> Result<Taken, Fault> {
    let (id, time) = attributes(&event, how).map_err(|fault| {
        let pointer = format!("{}{}", at.attribute, fault.pointer);
        fault.at(pointer)
    })?;
    let trace_parent = (!event.trace_parent.is_empty()).then(|| event.trace_parent.into_owned());
    let trace_state = is_trace_state(&event.trace_state).then(|| event.trace_state.into_owned());
    Ok(Taken {
        index,
        trace_state: trace_parent.as_ref().and(trace_state),
        trace_parent,
        unlisted: event.unlisted,
        signal: Reader { how, at: at.data }.signal(id, event.kind, time, event.data)?,
    })
}

/// The id and the time of an event whose attributes are as they should be. The pointer of a fault is the
/// attribute's name.
fn attributes(event: &Event<'_>, how: &Intake<'_>) -> Result<(String, Timestamp), Fault> {
    if event.specversion != "1.0" {
        return Err(fault("intake-specversion", "this version of CloudEvents is not known")
            .at("specversion")
            .help("send `specversion` 1.0"));
    }
    if !is_kind(&event.kind) {
        return Err(fault("intake-kind", "`type` is not the kind of a signal").at("type").help(
            "kinds are names joined by dots, such as ticket.opened; docs/signals.md lists ours",
        ));
    }
    if !event.content_type.is_empty()
        && !media_type(&event.content_type).is_some_and(|it| is_json(&it))
    {
        return Err(fault("intake-content-type", "the data of this event is not JSON")
            .at("datacontenttype")
            .help("send `data` as JSON and leave `datacontenttype` out"));
    }
    let time = match event.time.is_empty() {
        true => how.accepted,
        false => instant(&event.time).map_err(|fault| fault.at("time"))?,
    };
    Ok((id(event, how)?, time))
}

/// The id within the source. The standard calls an event unique by (source, id), so what the event's
/// source says beyond the name that is allowed becomes a part of it.
fn id(event: &Event<'_>, how: &Intake<'_>) -> Result<String, Fault> {
    if event.source.is_empty() || event.id.is_empty() {
        let at = if event.id.is_empty() { "id" } else { "source" };
        return Err(fault("intake-missing", "an attribute that every event needs is missing")
            .at(at)
            .help("send `specversion`, `id`, `source` and `type`; a repetition has the same id"));
    }
    let more = event.source.strip_prefix(how.source);
    let more = more.filter(|more| more.is_empty() || more.starts_with(['/', '?', '#', ':']));
    let Some(more) = more else {
        let other = fault("intake-source", "this token may not speak for this source")
            .at("source")
            .help(format!("send `source` {0}, or {0}/ and more", how.source));
        return Err(Fault { status: 403, ..other });
    };
    let mut id = String::with_capacity(more.len() + event.id.len() + 1);
    if !more.is_empty() {
        push_part(&mut id, more);
        id.push('|');
    }
    push_part(&mut id, &event.id);
    short(id, "id")
}

/// Reads the data of one event.
struct Reader<'a> {
    how: &'a Intake<'a>,
    /// The pointer of the data.
    at: &'a str,
}

impl Reader<'_> {
    fn signal(
        &self,
        id: String,
        kind: Cow<'_, str>,
        at: Timestamp,
        data: Data<'_>,
    ) -> Result<RawSignal, Fault> {
        if data.case.is_some() && data.deal.is_some() {
            return Err(fault(
                "intake-two-documents",
                "a signal belongs to a case or to a deal, not to both",
            )
            .at(self.at)
            .help("leave `case` or `deal` out, or send two events"));
        }
        let known_at = data.known_at.map(|Word(text)| instant(&text));
        let known_at = known_at.transpose().map_err(|fault| self.at(fault, "known_at"))?;
        let contact = data.contact.filter(|Word(text)| !text.is_empty());
        let contact = contact.map(|Word(text)| address(&text).unwrap_or_else(|| text.into_owned()));
        let document = |number: Option<Word<'_>>, name: &str| {
            let number = number.filter(|Word(text)| !text.is_empty());
            let number = number.map(|Word(text)| short(text.into_owned(), ""));
            number.transpose().map_err(|fault| self.at(fault, name))
        };
        let unlisted = data.unlisted.map(unlisted).transpose();
        let fields = data
            .fields
            .map_or(Ok(Vec::new()), |fields| self.fields(fields.0, data.owner.is_some()));
        Ok(RawSignal {
            source: self.how.source.to_owned(),
            id,
            kind: kind.into_owned(),
            at,
            known_at,
            trust: self.how.trust,
            account: data.account.map_or_else(Vec::new, |account| self.account(account)),
            contact: contact.map(Personal::new),
            owner: data.owner.map(|Word(text)| Personal::new(text.into_owned())),
            case: document(data.case, "case")?,
            deal: document(data.deal, "deal")?,
            numbers: None,
            fields: fields?,
            personal: data.text.map_or(Ok(Vec::new()), |parts| self.text(parts.0))?,
            hidden: Hidden {
                unknown: unlisted.map_err(|fault| self.at(fault, "unlisted"))?,
                ..Hidden::default()
            },
        })
    }

    fn at(&self, fault: Fault, key: &str) -> Fault {
        fault.at_key(self.at, key)
    }

    /// The hints in the order in which mappings try them.
    fn account(&self, account: Account<'_>) -> Vec<AccountHint> {
        let own = self.how.own_domains;
        let Account { external, system, domain, email, name } = &account;
        let email = given(email);
        let external = given(external).map(|id| {
            let system = given(system).unwrap_or(self.how.source);
            AccountHint::External(system.to_owned(), Personal::new(id.to_owned()))
        });
        let mut hints = Vec::with_capacity(4);
        hints.extend(external);
        hints.extend(given(domain).and_then(|text| by_domain(text, own)));
        hints.extend(email.and_then(|text| by_domain_of(text, own)));
        hints.extend(email.and_then(|text| by_contact(text, own)));
        hints.extend(given(name).and_then(|text| by_name(text, own)));
        hints
    }

    fn fields(
        &self,
        sent: Vec<(Cow<'_, str>, super::wire::FieldValue<'_>)>,
        owned: bool,
    ) -> Result<Vec<(String, RawValue)>, Fault> {
        let at = || format!("{}/fields", self.at);
        let mut fields = Vec::with_capacity(sent.len());
        for (name, sent) in sent {
            self.name(&name, "fields")?;
            if owned && STAMPED.iter().any(|(taken, _)| *taken == name) {
                return Err(fault("intake-field-name", "this field is made from `owner` already")
                    .at_key(&at(), &name)
                    .help("leave one of them out"));
            }
            let value = value(sent).map_err(|fault| fault.at_key(&at(), &name))?;
            fields.push((name.into_owned(), value));
        }
        Ok(fields)
    }

    fn text(
        &self,
        sent: Vec<(Cow<'_, str>, Word<'_>)>,
    ) -> Result<Vec<(String, Personal<String>)>, Fault> {
        let mut parts = Vec::with_capacity(sent.len());
        for (name, Word(text)) in sent {
            self.name(&name, "text")?;
            parts.push((name.into_owned(), Personal::new(text.into_owned())));
        }
        Ok(parts)
    }

    fn name(&self, name: &str, under: &str) -> Result<(), Fault> {
        if is_name(name) {
            return Ok(());
        }
        Err(fault("intake-field-name", "a key here is no name")
            .at(format!("{}/{under}", self.at))
            .help("names are 1 to 64 characters of a-z, 0-9 and `_`"))
    }
}

/// A word that says something.
fn given<'a>(word: &'a Option<Word<'_>>) -> Option<&'a str> {
    word.as_ref().map(|Word(text)| text.trim()).filter(|text| !text.is_empty())
}

/// What the sender adds and nobody reads: an object, checked and kept as it was written.
fn unlisted(written: &Written) -> Result<Personal<String>, Fault> {
    let text = written.get();
    if !text.starts_with('{') {
        return Err(
            fault("intake-wrong-type", "expected an object").help("write `unlisted: {...}`")
        );
    }
    if text.len() > MAX_UNLISTED {
        return Err(fault(
            "intake-unlisted-too-long",
            format!("this is longer than {MAX_UNLISTED} bytes"),
        )
        .help("send only what somebody may want to see soon; it is kept sealed for a short time"));
    }
    // Event, data and a batch around them stand above it.
    let mut reader = serde_json::Deserializer::from_str(text);
    let checked = Checked { left: MAX_DEPTH - 3 }.deserialize(&mut reader);
    checked.map_err(|error| Fault::of(None, &error).unplaced())?;
    Ok(Personal::new(text.to_owned()))
}

fn short(id: String, at: &str) -> Result<String, Fault> {
    if id.len() <= MAX_ID {
        return Ok(id);
    }
    Err(fault("intake-id-too-long", format!("this is longer than {MAX_ID} bytes"))
        .at(at)
        .help("ids and numbers are short; free text belongs under `text`"))
}

fn is_trace_state(text: &str) -> bool {
    (1..=512).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
