//! Names: what accounts, cases and deals are called, for somebody who says what for.
//!
//! - In: a purpose, and the data directory with its keys.
//! - Out: account names and ids in their sources, as far as their keys still open them.
//! - Never: opens anything without a purpose; the purpose is counted, with its time, before the first
//!   name is opened.

use super::context::{Context, Working, now};
use crate::exit::Failure;
use anyhow::Result;
use bellwether_core::{AccountId, Body, DocKey, Purpose, StreamId};
use bellwether_ledger::decode_event;
use bellwether_runtime::DriveError;
use bellwether_runtime::edge::{Called, Edge, open_name, open_source_id};
use bellwether_runtime::keys::KeyError;
use bellwether_runtime::lineage::Kinship;
use bellwether_store::{Store, Tally, View};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// The family under which purposes are counted.
pub(crate) const FAMILY: &str = "names_opened";

/// The longest purpose, in characters.
const LONGEST: usize = 64;

/// Whether names are opened.
#[derive(clap::Args)]
pub(crate) struct NameArgs {
    /// Show account names and the ids of the sources, for this purpose: a word such as
    /// `audit-2026-q3`. The purpose and its time are kept. Nobody else may work in the directory
    /// meanwhile.
    #[arg(long, value_name = "PURPOSE", value_parser = read_purpose)]
    names: Option<String>,
}

/// A purpose is kept in the clear, so it may be a word and nothing more.
pub(crate) fn read_purpose(text: &str) -> Result<String, String> {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "-_.#".contains(letter);
    match !text.is_empty() && text.len() <= LONGEST && text.chars().all(fine) {
        true => Ok(text.to_owned()),
        false => Err("expected a word of letters, digits and `-_.#`, 64 at most".to_owned()),
    }
}

/// Who holds the keys: whoever works in the directory, or a reader beside them.
enum Keeper {
    Working(Box<Working>),
    /// The edge goes before the store that it reads.
    Reading(Box<Edge>, Box<Store>),
}

impl Keeper {
    fn view(&self) -> &View {
        match self {
            Self::Working(driver) => driver.store(),
            Self::Reading(_, store) => store,
        }
    }

    fn edge(&self) -> &Edge {
        match self {
            Self::Working(driver) => driver.edge_ref(),
            Self::Reading(edge, _) => edge,
        }
    }
}

/// What is called how, as far as it was asked for.
pub(crate) struct Names {
    opened: Option<RefCell<Opened>>,
}

struct Opened {
    keeper: Keeper,
    kin: Kinship,
    restricted: BTreeSet<u64>,
    read: BTreeSet<StreamId>,
    accounts: BTreeMap<StreamId, String>,
    ids: BTreeMap<(StreamId, DocKey), String>,
    docs: BTreeMap<DocKey, String>,
}

impl Names {
    /// Counts the purpose and opens the keys; without a purpose nothing is opened.
    pub(crate) fn open(context: &Context, args: &NameArgs) -> Result<Self> {
        let Some(purpose) = &args.names else { return Ok(Self { opened: None }) };
        let mut driver = context.open()?;
        let batch = driver.batch();
        batch.at = now();
        batch.tallies.push(Tally { family: FAMILY, name: purpose.clone(), by: 1 });
        driver.commit().map_err(Failure::drive)?;
        Ok(Self::by(Keeper::Working(Box::new(driver))).map_err(Failure::drive)?)
    }

    /// No name is opened.
    pub(crate) fn closed() -> Self {
        Self { opened: None }
    }

    /// Opens names beside whoever works in the directory; the purpose must have been counted there.
    pub(crate) fn counted(edge: Edge, store: Store) -> Result<Self, DriveError> {
        Self::by(Keeper::Reading(Box::new(edge), Box::new(store)))
    }

    fn by(keeper: Keeper) -> Result<Self, DriveError> {
        let opened = Opened {
            kin: Kinship::read(keeper.view())?,
            restricted: bellwether_runtime::privacy::restricted(keeper.view())?,
            keeper,
            read: BTreeSet::new(),
            accounts: BTreeMap::new(),
            ids: BTreeMap::new(),
            docs: BTreeMap::new(),
        };
        Ok(Self { opened: Some(RefCell::new(opened)) })
    }

    /// Whether names are open.
    pub(crate) fn is_open(&self) -> bool {
        self.opened.is_some()
    }

    /// The name of an account.
    pub(crate) fn account(&self, stream: StreamId) -> Option<String> {
        self.look(stream, |opened| opened.accounts.get(&stream).cloned())
    }

    /// What a source calls an account, a case or a deal: `SYSTEM=ID`.
    pub(crate) fn source_id(&self, stream: StreamId, doc: DocKey) -> Option<String> {
        self.look(stream, |opened| match doc {
            DocKey::Account => opened.ids.get(&(stream, doc)).cloned(),
            doc => opened.docs.get(&doc).cloned(),
        })
    }

    /// An account by its name, or by its id in a source.
    pub(crate) fn called(&self, stream: StreamId) -> Option<String> {
        self.account(stream).or_else(|| self.source_id(stream, DocKey::Account))
    }

    /// A subject for people: by name and id where they are open, else by what records call it.
    pub(crate) fn subject(&self, stream: StreamId, doc: DocKey) -> String {
        let account = self.called(stream).unwrap_or_else(|| stream.to_string());
        match (doc, self.source_id(stream, doc)) {
            (DocKey::Account, _) => format!("{account} account"),
            (DocKey::Case(_), Some(id)) => format!("{account} case {id}"),
            (DocKey::Deal(_), Some(id)) => format!("{account} deal {id}"),
            (doc, None) => format!("{account} {doc}"),
        }
    }

    /// Adds the name and the id to an object, where they are open.
    pub(crate) fn add(&self, value: &mut Value, stream: StreamId, doc: DocKey) {
        let Value::Object(members) = value else { return };
        let found =
            [("account_name", self.account(stream)), ("source_id", self.source_id(stream, doc))];
        for (name, text) in found {
            members.extend(text.map(|text| (name.to_owned(), text.into())));
        }
    }

    fn look<T>(&self, stream: StreamId, get: impl Fn(&Opened) -> Option<T>) -> Option<T> {
        let mut opened = self.opened.as_ref()?.borrow_mut();
        if let Err(error) = opened.read(stream) {
            tracing::warn!(code = error.code(), "Names of a stream could not be read.");
        }
        get(&opened)
    }
}

impl Opened {
    /// Reads what a stream's payloads say, with the streams that links ever connected with it: a case
    /// may have been named there.
    fn read(&mut self, stream: StreamId) -> Result<(), DriveError> {
        for stream in self.kin.connected(stream) {
            if self.read.insert(stream) {
                self.read_name(stream)?;
                self.read_ids(stream)?;
            }
        }
        Ok(())
    }

    fn read_name(&mut self, stream: StreamId) -> Result<(), DriveError> {
        let id = AccountId(stream.id);
        let store = self.keeper.view();
        let Some(slot) = store.slot_of(id)? else { return Ok(()) };
        if self.restricted.contains(&slot) {
            return Ok(());
        }
        let sealed = store.accounts(&[slot])?.into_iter().flatten().find_map(|one| one.name_sealed);
        let vault = self.keeper.edge().vault();
        if matches!(vault.opener(&[slot]), Err(KeyError::Erased { .. })) {
            self.accounts.insert(stream, "erased".to_owned());
        }
        let Some(sealed) = sealed else { return Ok(()) };
        if let Ok(name) = open_name(self.keeper.edge().vault(), id, &sealed) {
            self.accounts.insert(stream, name.reveal(Purpose::Show).clone());
        }
        Ok(())
    }

    fn read_ids(&mut self, stream: StreamId) -> Result<(), DriveError> {
        let (mut rows, mut fault) = (Vec::new(), None);
        let store = self.keeper.view();
        if store.slot_of(AccountId(stream.id))?.is_some_and(|slot| self.restricted.contains(&slot))
        {
            return Ok(());
        }
        store.stream_events(stream, 1, |row| {
            match (decode_event(row.event), store.payloads(row.pos)) {
                (Ok(event), Ok(parts)) => {
                    if let Body::Signal(signal) = event.body {
                        let sealed = parts.into_iter().map(|part| part.sealed);
                        rows.extend(sealed.map(|sealed| (signal.key, signal.doc, sealed)));
                    }
                }
                (_, Err(error)) => fault = Some(error),
                // A trimmed event names nobody any more.
                (Err(_), Ok(_)) => {}
            }
            if fault.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        for (event, doc, sealed) in rows {
            let opened = open_source_id(self.keeper.edge().vault(), stream, event, &sealed);
            let Some((called, Ok(id))) = opened else { continue };
            let id = id.reveal(Purpose::Show).clone();
            match called {
                Called::Account => {
                    self.ids.entry((stream, DocKey::Account)).or_insert(id);
                }
                // A signal of both counts for its case; the deal's own signals come with the number too.
                Called::Case | Called::Deal => {
                    let doc = self.named(called, &id).or(doc);
                    doc.map(|doc| self.docs.entry(doc).or_insert(id));
                }
            }
        }
        Ok(())
    }

    /// The document that a number in a source stands for.
    fn named(&mut self, called: Called, id: &str) -> Option<DocKey> {
        let (system, number) = id.split_once('=')?;
        match called {
            Called::Case => Some(self.keeper.edge().case(system, number)),
            Called::Deal => Some(self.keeper.edge().deal(system, number)),
            Called::Account => None,
        }
    }
}
