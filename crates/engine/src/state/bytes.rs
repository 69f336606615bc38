//! The state of a stream as bytes, for snapshots: a cache, tagged with what it depends on.
//!
//! Layout: numbers are big-endian; lists are led by a 32-bit count. The tag (engine, rules) stands
//! beside the bytes in the store, and a mismatch discards them.

use super::{Approved, Doc, GraphState, LastDecision, StreamState};
use crate::memory::Memory;
use crate::rules::RuleBook;
use bellwether_core::effect::TimerKind;
use bellwether_core::escalation::Closing;
use bellwether_core::event::StreamKind;
use bellwether_core::{Code, Digest, DocKey, EffectKey, Escalation, Id, StreamId, Timestamp};
use bellwether_expr::Scope;
use bellwether_features::FeatureSet;

/// Bytes that are no state of this program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// They end early, or hold a number that means nothing.
    #[error("the snapshot is damaged")]
    Damaged,
    /// The rules that it was laid out for are not at hand.
    #[error("the snapshot was laid out for rules that are not loaded")]
    UnknownRules,
}

/// Bases hold these bytes for years: once one is released with them, a new version still reads the old ones.
const VERSION: u8 = 4;

/// Without the rules, approvals and refusal of an escalation: no engine before 3 had any.
const BEFORE_APPROVALS: u8 = 3;

/// The scope of a document.
pub fn scope_of(doc: DocKey) -> Scope {
    match doc {
        DocKey::Account => Scope::Account,
        DocKey::Case(_) => Scope::Case,
        DocKey::Deal(_) => Scope::Deal,
    }
}

impl StreamState {
    /// Writes the state; equal states give equal bytes.
    ///
    /// # Errors
    /// [`StateError::UnknownRules`] when the book lacks the rules that the state is laid out for.
    pub fn to_bytes(&self, book: &RuleBook) -> Result<Vec<u8>, StateError> {
        let mut out = Writer(Vec::with_capacity(1024));
        out.u8(VERSION);
        let kind = StreamKind::ALL.iter().position(|(kind, _)| *kind == self.stream.kind);
        out.u8(kind.unwrap_or_default() as u8);
        out.bytes(&self.stream.id.to_bytes());
        out.u64(self.seq);
        out.bytes(self.head.as_bytes());
        out.i64(self.time.micros());
        out.bytes(self.rules.unwrap_or_default().as_bytes());
        out.u8(u8::from(self.live));
        out.i64(self.memory.floor().micros());
        let filter = self.memory.filter();
        out.count(filter.len());
        filter.iter().for_each(|word| out.u64(*word));
        out.count(self.memory.iter().len());
        for (key, content, time) in self.memory.iter() {
            out.u64(key);
            out.u64(content);
            out.i64(time.micros());
        }
        out.count(self.forgotten.len());
        for print in &self.forgotten {
            out.bytes(&print.to_be_bytes());
        }
        let docs: Vec<_> = self.docs().collect();
        out.count(docs.len());
        if let Some(digest) = self.rules {
            let rules = book.get(&digest).ok_or(StateError::UnknownRules)?;
            for (key, doc) in docs {
                out.doc(key, doc, rules.features());
            }
        }
        Ok(out.0)
    }

    /// Reads what [`StreamState::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`StateError`]; the snapshot is then discarded and the stream folded from its events.
    pub fn from_bytes(bytes: &[u8], book: &RuleBook) -> Result<Self, StateError> {
        let mut input = Reader(bytes);
        let version = input.u8()?;
        if !(BEFORE_APPROVALS..=VERSION).contains(&version) {
            return Err(StateError::Damaged);
        }
        let (kind, _) = *StreamKind::ALL.get(input.u8()? as usize).ok_or(StateError::Damaged)?;
        let stream = StreamId { kind, id: Id::from_bytes(input.array()?) };
        let mut state = Self::new(stream);
        state.seq = input.u64()?;
        state.head = Digest::from_bytes(input.array()?);
        state.time = input.time()?;
        let rules = Digest::from_bytes(input.array()?);
        state.rules = (rules != Digest::ZERO).then_some(rules);
        state.live = input.u8()? == 1;
        let floor = input.time()?;
        let filter = (0..input.count()?).map(|_| input.u64());
        let filter = filter.collect::<Result<Vec<_>, StateError>>()?;
        let entries = (0..input.count()?)
            .map(|_| Ok((input.u64()?, input.u64()?, input.time()?)))
            .collect::<Result<Vec<_>, StateError>>()?;
        state.memory = Memory::restore(floor, filter, entries);
        state.forgotten = (0..input.count()?)
            .map(|_| input.array().map(u32::from_be_bytes))
            .collect::<Result<_, StateError>>()?;
        for _ in 0..input.count()? {
            let rules = book.get(&rules).ok_or(StateError::UnknownRules)?;
            match input.doc(rules.features(), version)? {
                (DocKey::Account, doc) => state.account = Some(doc),
                (key, doc) => drop(state.subs.insert(key, doc)),
            }
        }
        let held = state.docs().flat_map(|(_, doc)| &doc.graphs).filter_map(|held| held.rules);
        if held.into_iter().any(|kept| book.get(&kept).is_none()) {
            return Err(StateError::UnknownRules);
        }
        if input.0.is_empty() { Ok(state) } else { Err(StateError::Damaged) }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn bytes(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }

    fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    fn i64(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }

    fn count(&mut self, value: usize) {
        self.bytes(&u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
    }

    fn doc(&mut self, key: DocKey, doc: &Doc, features: &FeatureSet) {
        match key {
            DocKey::Account => self.u8(0),
            DocKey::Case(id) => {
                self.u8(1);
                self.bytes(&id.to_bytes());
            }
            DocKey::Deal(id) => {
                self.u8(2);
                self.bytes(&id.to_bytes());
            }
        }
        let mut state = Vec::new();
        features.encode(&doc.features, &mut state);
        self.count(state.len());
        self.bytes(&state);
        self.u64(doc.wake.0);
        self.i64(doc.wake.1.micros());
        self.i64(doc.ended.unwrap_or(Timestamp::MIN).micros());
        self.u64(doc.told);
        self.count(doc.graphs.len());
        for graph in &doc.graphs {
            self.graph(graph);
        }
    }

    fn graph(&mut self, state: &GraphState) {
        self.i64(state.graph.raw());
        self.u64(state.opened);
        self.bytes(state.ask.0.as_bytes());
        self.i64(state.rule.raw());
        self.u64(state.generation);
        self.u8(state.waits as u8);
        self.u8(u8::from(state.silent));
        match state.last {
            None => self.u8(0),
            Some(last) => {
                self.u8(1);
                self.u64(last.seq);
                self.i64(last.rule.raw());
                self.i64(last.node.raw());
            }
        }
        match state.escalation {
            None => self.u8(0),
            Some(Escalation::Discovering { node, due }) => {
                self.u8(1);
                self.i64(node.raw());
                self.i64(due.micros());
            }
            Some(Escalation::Asked { node, rung, person, at, due }) => {
                self.u8(2);
                self.held(node, rung, person, at, due);
            }
            Some(Escalation::Accepted { node, rung, person, at, due }) => {
                self.u8(3);
                self.held(node, rung, person, at, due);
            }
            Some(Escalation::Closed { at, how }) => {
                self.u8(4);
                self.i64(at.micros());
                self.u8(how as u8);
            }
        }
        self.bytes(state.rules.unwrap_or_default().as_bytes());
        self.u8(state.refused);
        self.count(state.approvals.len());
        for given in &state.approvals {
            self.i64(given.role.raw());
            self.i64(given.person.raw());
        }
    }

    fn held(&mut self, node: Code, rung: u16, person: Code, at: Timestamp, due: Timestamp) {
        self.i64(node.raw());
        self.u64(u64::from(rung));
        self.i64(person.raw());
        self.i64(at.micros());
        self.i64(due.micros());
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], StateError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(StateError::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        self.take(N)?.try_into().map_err(|_| StateError::Damaged)
    }

    fn u8(&mut self) -> Result<u8, StateError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u64(&mut self) -> Result<u64, StateError> {
        self.array().map(u64::from_be_bytes)
    }

    fn code(&mut self) -> Result<Code, StateError> {
        self.array().map(i64::from_be_bytes).map(Code::from_raw)
    }

    fn time(&mut self) -> Result<Timestamp, StateError> {
        self.array().map(i64::from_be_bytes).map(Timestamp::from_micros)
    }

    fn count(&mut self) -> Result<usize, StateError> {
        self.array().map(u32::from_be_bytes).map(|count| count as usize)
    }

    fn doc(&mut self, features: &FeatureSet, version: u8) -> Result<(DocKey, Doc), StateError> {
        let key = match self.u8()? {
            0 => DocKey::Account,
            1 => DocKey::Case(Id::from_bytes(self.array()?)),
            2 => DocKey::Deal(Id::from_bytes(self.array()?)),
            _ => return Err(StateError::Damaged),
        };
        let length = self.count()?;
        let state = features.decode(scope_of(key), self.take(length)?);
        let mut doc = Doc::new(state.map_err(|_| StateError::Damaged)?);
        doc.wake = (self.u64()?, self.time()?);
        doc.ended = Some(self.time()?).filter(|ended| *ended != Timestamp::MIN);
        doc.told = self.u64()?;
        for _ in 0..self.count()? {
            doc.graphs.push(self.graph(version)?);
        }
        Ok((key, doc))
    }

    fn graph(&mut self, version: u8) -> Result<GraphState, StateError> {
        let mut state = self.graph_before_approvals()?;
        if version > BEFORE_APPROVALS {
            let rules = Digest::from_bytes(self.array()?);
            state.rules = (rules != Digest::ZERO).then_some(rules);
            state.refused = self.u8()?;
            for _ in 0..self.count()? {
                state.approvals.push(Approved { role: self.code()?, person: self.code()? });
            }
        }
        Ok(state)
    }

    fn graph_before_approvals(&mut self) -> Result<GraphState, StateError> {
        Ok(GraphState {
            rules: None,
            approvals: Vec::new(),
            refused: 0,
            graph: self.code()?,
            opened: self.u64()?,
            ask: EffectKey(Digest::from_bytes(self.array()?)),
            rule: self.code()?,
            generation: self.u64()?,
            waits: *TimerKind::ALL.get(self.u8()? as usize).ok_or(StateError::Damaged)?,
            silent: self.u8()? == 1,
            last: match self.u8()? {
                0 => None,
                _ => {
                    Some(LastDecision { seq: self.u64()?, rule: self.code()?, node: self.code()? })
                }
            },
            escalation: self.escalation()?,
        })
    }

    fn escalation(&mut self) -> Result<Option<Escalation>, StateError> {
        Ok(Some(match self.u8()? {
            0 => return Ok(None),
            1 => Escalation::Discovering { node: self.code()?, due: self.time()? },
            kind @ (2 | 3) => {
                let node = self.code()?;
                let rung = u16::try_from(self.u64()?).map_err(|_| StateError::Damaged)?;
                let (person, at, due) = (self.code()?, self.time()?, self.time()?);
                if kind == 2 {
                    Escalation::Asked { node, rung, person, at, due }
                } else {
                    Escalation::Accepted { node, rung, person, at, due }
                }
            }
            4 => {
                let at = self.time()?;
                let how = match self.u8()? {
                    0 => Closing::Resolved,
                    1 => Closing::SubjectClosed,
                    2 => Closing::StoodDown,
                    3 => Closing::Refused,
                    _ => return Err(StateError::Damaged),
                };
                Escalation::Closed { at, how }
            }
            _ => return Err(StateError::Damaged),
        }))
    }
}
