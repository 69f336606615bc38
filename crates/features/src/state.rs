//! Feature state of one document, and its bytes.
//!
//! - In: parts as a set's plan lays them out.
//! - Out: bytes in which every part carries the tag of its definition, so that another set reads what
//!   it knows; what it does not find there is incomplete until a folded state replaces it.
//! - Never: a caller's clock or order of arrival in the bytes.

use crate::bits::{self, Bits};
use crate::decay::Decay;
use crate::newest::{Newest, read_trust};
use crate::origin::Origin;
use crate::plan::{Keeps, Part, ScopePlan};
use crate::ring::{Bundle, Entry, Ring};
use crate::values::{Values, read_set, write_set};
use crate::wire::{Reader, StateError, Writer};
use bellwether_expr::Scope;
use std::collections::{BTreeMap, BTreeSet};

const VERSION: u8 = 1;

/// The smallest different values, at most [`CODES`](crate::values::CODES).
#[derive(Clone, Debug, Default)]
pub(crate) struct Different {
    pub(crate) values: BTreeSet<i64>,
}

/// What a part keeps beside its number.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Newest(Newest),
    Sum(Box<i128>),
    Distinct(Box<Different>),
    Values(Box<Values>),
}

impl Cell {
    fn new(keeps: Keeps) -> Self {
        match keeps {
            Keeps::Distinct => Self::Distinct(Box::default()),
            Keeps::Windowed(..) => Self::Values(Box::default()),
            Keeps::Newest => Self::Newest(Newest::default()),
            _ => Self::Sum(Box::default()),
        }
    }
}

/// The rings of a document. Most have one, which stands in the document itself: one step less on the
/// way to its entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rings {
    first: Ring,
    more: Box<[Ring]>,
}

impl Rings {
    fn new(len: usize) -> Self {
        Self { first: Ring::default(), more: (1..len).map(|_| Ring::default()).collect() }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Ring> {
        if at == 0 { Some(&self.first) } else { self.more.get(at - 1) }
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut Ring> {
        if at == 0 { Some(&mut self.first) } else { self.more.get_mut(at - 1) }
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Ring> {
        std::iter::once(&mut self.first).chain(&mut self.more)
    }
}

/// What most documents do not have, by part.
#[derive(Clone, Debug)]
pub(crate) struct Gaps {
    /// How often its filter could not be evaluated.
    doubtful: Box<[u32]>,
    /// Bits of those that were not counted from the document's first signal on.
    incomplete: Box<[u64]>,
}

/// Feature state of one document: the account, a case or a deal. What every signal touches lies close
/// together, part by part; what it seldom touches lies elsewhere.
#[derive(Clone, Debug)]
pub struct DocState {
    pub(crate) scope: Scope,
    /// The newest instant of a signal that was counted; `i64::MIN` before the first.
    pub(crate) newest: i64,
    /// By part: its number, where it is shown; of counters, as of the ring's cursor.
    pub(crate) numbers: Box<[i64]>,
    /// Bits of the parts that have a number and have been counted from the start.
    pub(crate) shown: Bits,
    /// By part: where its number comes from.
    pub(crate) origins: Box<[Origin]>,
    pub(crate) rings: Rings,
    /// Of the parts that keep more than a number.
    pub(crate) cells: Box<[Cell]>,
    pub(crate) decays: Box<[Decay]>,
    gaps: Option<Box<Gaps>>,
}

impl DocState {
    pub(crate) fn new(scope: Scope, plan: &ScopePlan) -> Self {
        let len = plan.parts.len();
        let own = || plan.parts.iter().map(|part| part.keeps).filter(|keeps| keeps.needs_cell());
        Self {
            scope,
            newest: i64::MIN,
            numbers: vec![0; len].into(),
            shown: plan.shown.clone(),
            origins: vec![Origin::NONE; len].into(),
            rings: Rings::new(plan.rings.len()),
            cells: own().filter(|keeps| !is_decay(keeps)).map(Cell::new).collect(),
            decays: own().filter(is_decay).map(|_| Decay::default()).collect(),
            gaps: None,
        }
    }

    /// A document whose first signals are not known: every part is incomplete.
    pub(crate) fn forgotten(scope: Scope, plan: &ScopePlan) -> Self {
        let mut state = Self::new(scope, plan);
        state.gaps().incomplete.fill(u64::MAX);
        state.shown.clear();
        state
    }

    /// Says whether a part has a number. One that is incomplete shows none.
    pub(crate) fn show(&mut self, part: usize, present: bool) {
        let shown = present && self.is_complete(part);
        self.shown.put(part, shown);
    }

    /// Whether a part has been counted from the document's first signal on.
    pub(crate) fn is_complete(&self, part: usize) -> bool {
        self.gaps.as_ref().is_none_or(|gaps| !bits::get(&gaps.incomplete, part))
            && part < self.numbers.len()
    }

    fn gaps(&mut self) -> &mut Gaps {
        let len = self.numbers.len();
        self.gaps.get_or_insert_with(|| {
            let incomplete = vec![0; len.div_ceil(64)].into();
            Box::new(Gaps { doubtful: vec![0; len].into(), incomplete })
        })
    }

    /// Counts a signal that a part's filter could not tell.
    pub(crate) fn doubt(&mut self, part: usize, times: u32) {
        if let Some(doubtful) = self.gaps().doubtful.get_mut(part) {
            *doubtful = doubtful.saturating_add(times);
        }
    }

    /// How often a part's filter could not be evaluated.
    pub(crate) fn doubtful(&self, part: usize) -> u32 {
        let gaps = self.gaps.as_ref();
        gaps.and_then(|gaps| gaps.doubtful.get(part)).copied().unwrap_or(0)
    }

    /// What kind of document it belongs to.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Writes the state to the end of a buffer.
    pub(crate) fn write(&self, plan: &ScopePlan, out: &mut Vec<u8>) {
        let mut out = Writer(out);
        out.byte(VERSION);
        out.byte(self.scope as u8);
        out.int(self.newest);
        let complete = || plan.parts.iter().enumerate().filter(|(at, _)| self.is_complete(*at));
        out.count(complete().count());
        for (at, part) in complete() {
            out.fixed(part.tag);
            let mut body = Vec::new();
            self.write_part(at, part, &mut Writer(&mut body));
            out.count(body.len());
            out.0.extend_from_slice(&body);
        }
        for (at, ring_plan) in plan.rings.iter().enumerate() {
            let Some(ring) = self.rings.get(at) else { continue };
            let (entries, bundles) = ring.kept(ring_plan, self.newest);
            let tags = ring_plan.parts.iter().filter_map(|at| plan.parts.get(usize::from(*at)));
            write_ring(tags.map(|part| part.tag), &entries, &bundles, &mut out);
        }
    }

    /// The number of a windowed part is made anew when it is read; it is not written.
    fn write_part(&self, at: usize, part: &Part, out: &mut Writer<'_>) {
        let value = self.numbers.get(at).copied().unwrap_or(0);
        let origin = self.origins.get(at).copied().unwrap_or(Origin::NONE);
        out.int(origin.as_of);
        out.int(origin.known_at);
        out.byte(origin.trust as u8);
        out.count(self.doubtful(at) as usize);
        if !part.keeps.is_windowed() {
            out.byte(u8::from(self.shown.get(at)));
            out.int(value);
        }
        let Some(cell) = part.cell.map(usize::from) else { return };
        match (self.cells.get(cell), part.keeps) {
            (_, Keeps::Decay(_)) => {
                self.decays.iter().skip(cell).take(1).for_each(|d| d.write(out))
            }
            (Some(Cell::Sum(sum)), _) => out.signed(**sum),
            (Some(Cell::Distinct(different)), _) => write_set(&different.values, out),
            (Some(Cell::Values(values)), Keeps::Windowed(_, window)) => {
                values.write(window, self.newest, out);
            }
            (Some(Cell::Newest(newest)), _) => newest.write(value, origin, out),
            _ => {}
        }
    }

    /// Reads what the plan knows; parts that are not there are incomplete.
    pub(crate) fn read(scope: Scope, plan: &ScopePlan, bytes: &[u8]) -> Result<Self, StateError> {
        let mut from = Reader(bytes);
        match from.byte()? {
            VERSION => {}
            other => return Err(StateError::Version(other)),
        }
        if from.byte()? != scope as u8 {
            return Err(StateError::Scope);
        }
        let mut state = Self::forgotten(scope, plan);
        state.newest = from.int()?;
        let known: BTreeMap<u64, usize> =
            plan.parts.iter().enumerate().map(|(at, part)| (part.tag, at)).collect();
        for _ in 0..from.count()? {
            let tag = from.fixed()?;
            let length = from.count()?;
            let mut body = Reader(from.bytes(length)?);
            if let Some(at) = known.get(&tag) {
                state.read_part(plan, *at, &mut body)?;
            }
        }
        let mut kept = vec![(Vec::new(), Vec::new()); plan.rings.len()];
        while !from.is_empty() {
            read_ring(
                &mut from,
                |tag| match plan.parts.get(*known.get(&tag)?)?.keeps {
                    Keeps::Counter { ring, bit } => Some((ring, bit)),
                    _ => None,
                },
                &mut kept,
            )?;
        }
        for (ring, (entries, bundles)) in state.rings.iter_mut().zip(kept) {
            *ring = Ring::restored(entries, bundles);
        }
        state.settle();
        Ok(state)
    }

    fn read_part(
        &mut self,
        plan: &ScopePlan,
        at: usize,
        body: &mut Reader<'_>,
    ) -> Result<(), StateError> {
        let Some(part) = plan.parts.get(at) else { return Ok(()) };
        bits::put(&mut self.gaps().incomplete, at, false);
        let (as_of, known_at) = (body.int()?, body.int()?);
        let mut origin = Origin { as_of, known_at, trust: read_trust(body)? };
        self.doubt(at, u32::try_from(body.small()?).unwrap_or(u32::MAX));
        let (present, mut value) = match part.keeps.is_windowed() {
            true => (part.keeps.starts_at_zero(), 0),
            false => (body.byte()? == 1, body.int()?),
        };
        self.show(at, present);
        let (cell, decays) = (part.cell.map(usize::from), &mut self.decays);
        let decay = cell.filter(|_| is_decay(&part.keeps)).and_then(|cell| decays.get_mut(cell));
        if let Some(decay) = decay {
            *decay = Decay::read(body)?;
        }
        let cell = cell.filter(|_| !is_decay(&part.keeps));
        match cell.and_then(|cell| self.cells.get_mut(cell)) {
            None => {}
            Some(Cell::Sum(sum)) => **sum = body.signed()?,
            Some(Cell::Distinct(different)) => different.values = read_set(body)?,
            Some(Cell::Values(values)) => **values = Values::read(body)?,
            Some(Cell::Newest(newest)) => *newest = Newest::read(body, &mut value, &mut origin)?,
        }
        if let (Some(own), Some(from)) = (self.numbers.get_mut(at), self.origins.get_mut(at)) {
            (*own, *from) = (value, origin);
        }
        Ok(())
    }

    /// Frees what says nothing: most documents are complete and without doubt.
    fn settle(&mut self) {
        let len = self.numbers.len();
        let open = (0..len).any(|at| !self.is_complete(at) || self.doubtful(at) > 0);
        self.gaps = self.gaps.take().filter(|_| open);
    }
}

fn is_decay(keeps: &Keeps) -> bool {
    matches!(keeps, Keeps::Decay(_))
}

fn write_ring(
    tags: impl Iterator<Item = u64> + Clone,
    entries: &[Entry],
    bundles: &[Bundle],
    out: &mut Writer<'_>,
) {
    out.count(tags.clone().count());
    tags.for_each(|tag| out.fixed(tag));
    out.count(entries.len());
    let mut last = 0;
    for entry in entries {
        out.signed(i128::from(entry.time) - i128::from(last));
        out.fixed(entry.key);
        out.unsigned(u128::from(entry.bits));
        last = entry.time;
    }
    out.count(bundles.len());
    for bundle in bundles {
        out.int(bundle.bucket);
        out.byte(bundle.bit);
        out.count(bundle.count as usize);
    }
}

type Kept = Vec<(Vec<Entry>, Vec<Bundle>)>;

/// Reads a ring of any set; each counter goes to where this set keeps it, or nowhere.
fn read_ring(
    from: &mut Reader<'_>,
    place: impl Fn(u64) -> Option<(usize, u32)>,
    kept: &mut Kept,
) -> Result<(), StateError> {
    let count = from.count()?;
    if count > 64 {
        return Err(StateError::Damaged("a ring"));
    }
    let places: Vec<_> =
        (0..count).map(|_| Ok(place(from.fixed()?))).collect::<Result<_, StateError>>()?;
    let mut last = 0i64;
    for _ in 0..from.count()? {
        last = last.checked_add(from.int()?).ok_or(StateError::Damaged("a ring"))?;
        let (key, bits) = (from.fixed()?, from.small()?);
        for (ring, (entries, _)) in kept.iter_mut().enumerate() {
            let of = |(at, place): (usize, &Option<(usize, u32)>)| match place {
                Some((to, bit)) if *to == ring && bits >> at & 1 == 1 => 1u64 << bit,
                _ => 0,
            };
            let own = places.iter().enumerate().map(of).fold(0, |all, bit| all | bit);
            if own != 0 {
                entries.push(Entry { time: last, key, bits: own });
            }
        }
    }
    for _ in 0..from.count()? {
        let (bucket, bit, count) = (from.int()?, from.byte()?, from.small()?);
        let count = u32::try_from(count).map_err(|_| StateError::Damaged("a ring"))?;
        if let Some((ring, bit)) = places.get(usize::from(bit)).copied().flatten()
            && let Some((_, bundles)) = kept.get_mut(ring)
        {
            bundles.push(Bundle { bucket, bit: bit as u8, count });
        }
    }
    Ok(())
}
