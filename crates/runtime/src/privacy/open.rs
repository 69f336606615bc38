//! Opening: everything that is kept of somebody, where, and until when.

use super::{Subject, slots_of_row, split};
use crate::edge::open_name;
use crate::embedded::Embedded;
use crate::error::DriveError;
use crate::keys::Slot;
use crate::seal::{self, Context};
use bellwether_core::{AccountId, Body, Purpose, StreamId, Timestamp};
use bellwether_ledger::decode_event;
use bellwether_store::{Keep, RETENTION, Sealed};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

impl Embedded {
    /// Everything that is kept of somebody, opened. Whoever asks records the access first.
    ///
    /// # Errors
    /// What stores and keys say.
    pub fn open_subject(&mut self, subject: &Subject) -> Result<Value, DriveError> {
        let named = self.places_of(subject)?;
        let rows = self.rows_naming(subject, &named)?;
        let rows: BTreeSet<_> = rows.into_iter().map(|row| (row.table, row.id)).collect();
        let mut sealed: BTreeMap<u64, Vec<(Sealed, Vec<u8>)>> = BTreeMap::new();
        for table in Sealed::ALL {
            self.store().each_sealed(table, |id, pos, row| {
                let own = slots_of_row(row).iter().any(|slot| subject.slots.contains_key(slot));
                if own || rows.contains(&(table, id)) {
                    sealed.entry(pos).or_default().push((table, row.to_vec()));
                }
            })?;
        }
        let mut places: BTreeSet<u64> = sealed.keys().copied().collect();
        places.extend(named.iter().map(|place| place.pos));
        for account in &subject.accounts {
            self.store().stream_events(StreamId::account(*account), 1, |row| {
                places.insert(row.pos);
                ControlFlow::Continue(())
            })?;
        }
        let mut signals = Vec::with_capacity(places.len());
        for pos in places {
            let rows = sealed.remove(&pos).unwrap_or_default();
            signals.extend(self.open_row(pos, &rows)?);
        }
        Ok(json!({
            "subjects": subject.slots.values().map(ToString::to_string).collect::<Vec<_>>(),
            "names": self.open_names(subject)?,
            "staff": self.open_staff(subject)?,
            "identities": self.identities(subject)?,
            "guards": self.guards(subject)?,
            "refused": self.open_refused(subject)?,
            "events": signals,
        }))
    }

    fn open_row(&self, pos: u64, rows: &[(Sealed, Vec<u8>)]) -> Result<Option<Value>, DriveError> {
        let Some(entry) = self.store().entry(pos)? else { return Ok(None) };
        let Ok(event) = decode_event(&entry.event) else { return Ok(None) };
        let json: Value = serde_json::from_slice(&entry.event).unwrap_or_default();
        let key = match event.body {
            Body::Signal(signal) => signal.key,
            _ => 0,
        };
        let committed = self.store().committed_about(pos)?;
        let mut parts = Vec::with_capacity(rows.len());
        for (table, row) in rows {
            let Some((field, bytes)) = split(row) else { continue };
            let at = Context { stream: entry.stream, event: key, field };
            let text = match seal::open(self.edge_ref().vault(), &at, bytes) {
                Ok(words) => String::from_utf8_lossy(words.reveal(Purpose::Show)).into_owned(),
                Err(error) => format!("[{}]", error.code()),
            };
            parts.push(json!({
                "part": field, "text": text, "kept_in": table.table(),
                "until": until(table.table(), committed),
            }));
        }
        Ok(Some(json!({
            "stream": entry.stream.to_string(), "seq": entry.seq, "at": event.at.to_string(),
            "body": json.get("body"), "kept_in": "journal", "until": until("journal", committed),
            "parts": parts,
        })))
    }

    fn open_names(&self, subject: &Subject) -> Result<Vec<Value>, DriveError> {
        let mut names = Vec::new();
        let slots: Vec<Slot> = subject.slots.keys().copied().collect();
        for account in self.store().accounts(&slots)?.into_iter().flatten() {
            let Some(sealed) = account.name_sealed else { continue };
            if let Ok(name) = open_name(self.edge_ref().vault(), AccountId(account.id.0), &sealed) {
                names.push(json!({
                    "account": account.id.to_string(), "name": name.reveal(Purpose::Show),
                    "kept_in": "account", "until": until("account", None),
                }));
            }
        }
        Ok(names)
    }

    fn open_staff(&self, subject: &Subject) -> Result<Vec<Value>, DriveError> {
        let details = crate::staff::of(self.store(), self.edge_ref().vault())?;
        let theirs = self.store().staff()?.into_iter();
        let theirs = theirs.filter(|staff| subject.staff.contains(&staff.person));
        Ok(theirs
            .map(|staff| {
                let details = details.get(&staff.person);
                let open = |word: Option<&bellwether_core::Personal<String>>| {
                    word.map(|word| word.reveal(Purpose::Show).clone())
                };
                json!({
                    "handle": staff.person, "kept_in": "staff", "until": until("staff", staff.gone),
                    "name": open(details.and_then(|details| details.name.as_ref())),
                    "email": open(details.and_then(|details| details.email.as_ref())),
                })
            })
            .collect())
    }

    fn identities(&self, subject: &Subject) -> Result<Vec<Value>, DriveError> {
        let blinds: Vec<[u8; 16]> =
            subject.blinds.union(&subject.leads).map(|blind| blind.0).collect();
        let kept = self.store().find(&blinds)?.into_iter().flatten();
        Ok(kept
            .map(|identity| {
                json!({
                    "by": identity.how, "since": identity.since.to_string(), "kept_in": "identity",
                    "until": until("identity", None),
                })
            })
            .collect())
    }

    fn guards(&self, subject: &Subject) -> Result<Vec<Value>, DriveError> {
        let guards = self.store().guards()?.into_iter();
        let theirs = guards.filter(|guard| subject.hashes.contains(&guard.hash));
        Ok(theirs
            .map(|guard| {
                json!({
                    "standing": guard.kind, "since": guard.at.to_string(), "kept_in": "guard",
                    "until": until("guard", None),
                })
            })
            .collect())
    }

    fn open_refused(&self, subject: &Subject) -> Result<Vec<Value>, DriveError> {
        let mut found = Vec::new();
        for (id, row) in self.store().quarantine(None, 0, usize::MAX >> 1)? {
            if subject.refused.contains(&id) {
                let words = self.open_quarantined(&row)?;
                found.push(json!({
                    "number": id, "code": row.code, "refused": row.at.to_string(),
                    "row": String::from_utf8_lossy(words.reveal(Purpose::Show)),
                    "kept_in": "quarantine", "until": until("quarantine", Some(row.at)),
                }));
            }
        }
        Ok(found)
    }
}

/// Until when a row of a table is kept, as far as that is fixed; instants are right to the hour.
fn until(table: &str, from: Option<Timestamp>) -> String {
    let keep = RETENTION.iter().find(|line| line.table == table).map(|line| line.keep);
    match (keep, from) {
        (Some(Keep::For(span)), Some(from)) => from.plus(span).to_string(),
        (Some(Keep::UntilBase(span)), Some(from)) => {
            format!("{}, its record always", from.plus(span))
        }
        (Some(Keep::For(_)), None) => "as long as the rules name them".to_owned(),
        _ => "erasure".to_owned(),
    }
}
