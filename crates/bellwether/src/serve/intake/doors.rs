//! Doors: the sources that may send over HTTP, each with what is needed to understand it.
//!
//! A door reads a parcel the same way when it is taken and, after a restart, from the inbox again.

use super::rate::Rate;
use crate::cli::sources::read_mapping;
use crate::config::{Config, Source, SourceKind};
use bellwether_adapters::cloudevents::{self, Fault, Intake};
use bellwether_adapters::webhook::{Scheme, Secret};
use bellwether_adapters::{Mapping, Refusal, rows, schemes};
use bellwether_core::{Problem, Purpose, Trust};
use bellwether_runtime::live::{Arrived, Parcel, Understood};
use bellwether_runtime::trace::TraceContext;
use std::collections::BTreeMap;

/// The line of a form that says how far its sender was trusted.
pub(super) const TRUST: &str = "trust: ";

/// Every source by its name, and what holds for all of them.
pub(crate) struct Doors {
    by_name: BTreeMap<String, Door>,
    /// How many signals a second are taken.
    pub(super) rate: Rate,
    /// What senders of signed addresses call this server.
    pub(super) public_url: String,
}

/// One source.
pub(super) struct Door {
    /// The most that is believed of it.
    pub(super) trust: Trust,
    pub(super) kind: Kind,
}

/// How a source's bytes are read.
pub(super) enum Kind {
    /// CloudEvents.
    Events,
    /// A webhook: how it is signed, and what its body means.
    Hook { scheme: Box<Scheme>, secrets: Vec<Secret>, mapping: Box<Mapping> },
}

impl Doors {
    /// The doors of a configuration.
    ///
    /// # Errors
    /// Every mapping, scheme and secret that cannot be had.
    pub(crate) fn open(config: &Config) -> Result<Self, Vec<Problem>> {
        let (mut by_name, mut problems) = (BTreeMap::new(), Vec::new());
        for (name, source) in &config.sources {
            match Door::open(source) {
                Ok(Some(door)) => drop(by_name.insert(name.clone(), door)),
                Ok(None) => {}
                Err(found) => problems.extend(found),
            }
        }
        let rate = Rate::of(config.intake.per_second);
        let public_url = config.server.public_url.clone().unwrap_or_default();
        if problems.is_empty() { Ok(Self { by_name, rate, public_url }) } else { Err(problems) }
    }

    /// The door of a source.
    pub(super) fn get(&self, source: &str) -> Option<&Door> {
        self.by_name.get(source)
    }

    /// Reads a parcel from the inbox again.
    ///
    /// # Errors
    /// Why it cannot be read: its source is configured otherwise by now.
    pub(crate) fn read(&self, parcel: &Parcel) -> Result<Understood, Problem> {
        let door = self.get(&parcel.source).ok_or_else(|| {
            Problem::new(
                "intake-source",
                format!("there is no source `{}` any more", parcel.source),
            )
            .help("put it back into `bellwether.toml`, then `quarantine retry`")
        })?;
        match &door.kind {
            Kind::Events => {
                let trust = parcel.form.lines().find_map(|line| line.strip_prefix(TRUST));
                let trust = trust.and_then(Trust::from_word).unwrap_or(Trust::CustomerText);
                let read = door.events(parcel, trust).map_err(|fault| *fault.problem)?;
                Ok(Understood { signals: arrived(read, parcel), refused: None })
            }
            Kind::Hook { mapping, .. } => Ok(door.rows(mapping, parcel)),
        }
    }
}

impl Door {
    /// `None` for a source that is asked: nothing of it comes over HTTP.
    fn open(source: &Source) -> Result<Option<Self>, Vec<Problem>> {
        let kind = match &source.kind {
            SourceKind::Events => Kind::Events,
            SourceKind::Hook { mapping, scheme, secrets } => {
                let secrets = secrets.iter().map(|at| Ok(Secret::new(at.read()?.bytes())));
                let secrets: Result<Vec<_>, Problem> = secrets.collect();
                Kind::Hook {
                    scheme: Box::new(read_scheme(scheme)?),
                    secrets: secrets.map_err(|problem| vec![problem])?,
                    mapping: Box::new(read_mapping(mapping)?),
                }
            }
            SourceKind::Imap(_) | SourceKind::Folder { .. } => return Ok(None),
        };
        Ok(Some(Self { trust: source.trust, kind }))
    }

    /// Reads CloudEvents; the parcel's form holds the headers that say how.
    pub(super) fn events(&self, parcel: &Parcel, trust: Trust) -> Result<cloudevents::Read, Fault> {
        let headers: Vec<_> =
            parcel.form.lines().filter_map(|line| line.split_once(": ")).collect();
        let how = Intake { source: &parcel.source, trust, accepted: parcel.at, own_domains: &[] };
        cloudevents::read(&headers, parcel.body.reveal(Purpose::Read), &how)
    }

    /// Reads rows by a mapping. Nothing is believed more than the source may claim.
    pub(super) fn rows(&self, mapping: &Mapping, parcel: &Parcel) -> Understood {
        let (mut signals, mut refused) = (Vec::new(), Vec::new());
        let body = parcel.body.reveal(Purpose::Read).as_slice();
        let rows = match rows(body, &parcel.source, mapping.format(), mapping) {
            Ok(rows) => rows,
            Err(problems) => return Understood { signals, refused: problems.into_iter().next() },
        };
        for row in rows {
            let read = match row {
                Ok(row) => mapping.map(&row),
                Err(refusal) => vec![Err(refusal)],
            };
            for signal in read {
                match signal {
                    Ok(mut signal) => {
                        signal.trust = signal.trust.join(self.trust);
                        signals.push(Arrived { signal, trace: parcel.trace.clone() });
                    }
                    Err(refusal) => refused.push(refusal),
                }
            }
        }
        Understood { signals, refused: together(&refused) }
    }
}

/// What came of CloudEvents, each under its own trace or else under the request's.
pub(super) fn arrived(read: cloudevents::Read, parcel: &Parcel) -> Vec<Arrived> {
    let one = |taken: cloudevents::Taken| {
        let own = taken.trace_parent.filter(|sent| TraceContext::parse(sent).is_some());
        Arrived { signal: taken.signal, trace: own.or_else(|| parcel.trace.clone()) }
    };
    read.taken.into_iter().map(one).collect()
}

/// A shipped scheme by name, or a scheme's file.
fn read_scheme(name: &str) -> Result<Scheme, Vec<Problem>> {
    if let Some((_, text)) = schemes().iter().find(|(known, _)| *known == name) {
        return Scheme::parse(&format!("{name}.yaml"), text);
    }
    let text = std::fs::read_to_string(name).map_err(|_| {
        let message = format!("there is no shipped scheme and no file `{name}`");
        let help = "docs/signals.md lists the shipped ones";
        vec![Problem::new("webhook-no-scheme", message).help(help)]
    })?;
    Scheme::parse(name, &text)
}

/// What is wrong with the first of some rows, and how many there are.
fn together(refused: &[Refusal]) -> Option<Problem> {
    let mut problem = Problem::clone(&refused.first()?.problem);
    if refused.len() > 1 {
        problem.message = format!("{} (and {} more)", problem.message, refused.len() - 1);
    }
    Some(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::{Personal, Timestamp};

    #[test]
    fn an_event_goes_on_with_its_own_trace_only_if_that_is_one() {
        const OWN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        const REQUEST: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        let zero = OWN.replace("b7ad6b7169203331", &"0".repeat(16));
        for (sent, goes_on) in
            [(OWN, OWN), ("", REQUEST), ("kim@customer.example", REQUEST), (&zero, REQUEST)]
        {
            let body = format!(
                r#"{{"specversion":"1.0","id":"a","source":"crm","type":"chat.message","traceparent":"{sent}"}}"#
            );
            let intake = Intake {
                source: "crm",
                trust: Trust::Operator,
                accepted: Timestamp::from_secs(9),
                own_domains: &[],
            };
            let headers = [("content-type", "application/cloudevents+json")];
            let read = cloudevents::read(&headers, body.as_bytes(), &intake).unwrap();
            let parcel = Parcel {
                source: "crm".to_owned(),
                form: String::new(),
                at: Timestamp::from_secs(9),
                trace: Some(REQUEST.to_owned()),
                body: Personal::new(body.into_bytes()),
                once: None,
            };
            let traces: Vec<_> = arrived(read, &parcel).into_iter().map(|one| one.trace).collect();
            assert_eq!(traces, [Some(goes_on.to_owned())], "{sent}");
        }
    }
}
