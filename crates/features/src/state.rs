//! Feature state of one document, and its bytes.
//!
//! - In: parts as a set's plan lays them out.
//! - Out: bytes in which every part carries the tag of its definition, so that another set reads what
//!   it knows; what it does not find there is incomplete until a folded state replaces it.
//! - Never: a caller's clock or order of arrival in the bytes.

use crate::decay::Decay;
use crate::head::Head;
use crate::newest::{Newest, read_trust};
use crate::plan::{Keeps, ScopePlan};
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

/// What a part keeps beside its head. Boxed, so that the cells of a document lie close together.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Plain,
    Sum(Box<i128>),
    Distinct(Box<Different>),
    Values(Box<Values>),
    Decay(Box<Decay>),
    Newest(Box<Newest>),
}

impl Cell {
    fn new(keeps: Keeps) -> Self {
        match keeps {
            Keeps::Counter { .. } | Keeps::Total | Keeps::Min | Keeps::Max => Self::Plain,
            Keeps::Sum => Self::Sum(Box::default()),
            Keeps::Distinct => Self::Distinct(Box::default()),
            Keeps::Windowed(..) => Self::Values(Box::default()),
            Keeps::Decay(_) => Self::Decay(Box::default()),
            Keeps::Newest => Self::Newest(Box::default()),
        }
    }
}

/// Feature state of one document: the account, a case or a deal.
#[derive(Clone, Debug)]
pub struct DocState {
    pub(crate) scope: Scope,
    /// The newest instant of a signal that was counted; `i64::MIN` before the first.
    pub(crate) newest: i64,
    /// By part.
    pub(crate) heads: Box<[Head]>,
    pub(crate) rings: Box<[Ring]>,
    /// By part, after the counters of rings.
    pub(crate) cells: Box<[Cell]>,
}

impl DocState {
    pub(crate) fn new(scope: Scope, plan: &ScopePlan) -> Self {
        let head = |keeps: Keeps| {
            let counts = matches!(
                keeps,
                Keeps::Counter { .. } | Keeps::Total | Keeps::Sum | Keeps::Distinct
            );
            Head { present: counts, ..Head::EMPTY }
        };
        let own = plan.parts.iter().skip(plan.counters);
        Self {
            scope,
            newest: i64::MIN,
            heads: plan.parts.iter().map(|part| head(part.keeps)).collect(),
            rings: plan.rings.iter().map(|_| Ring::default()).collect(),
            cells: own.map(|part| Cell::new(part.keeps)).collect(),
        }
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
        let complete = || {
            let both = plan.parts.iter().zip(&self.heads).enumerate();
            both.filter(|(_, (_, head))| head.complete)
        };
        out.count(complete().count());
        for (at, (part, head)) in complete() {
            out.fixed(part.tag);
            let mut body = Vec::new();
            let mut writer = Writer(&mut body);
            write_head(head, part.keeps, &mut writer);
            let cell = at.checked_sub(plan.counters).and_then(|at| self.cells.get(at));
            self.write_cell(cell, part.keeps, &mut writer);
            out.count(body.len());
            out.0.extend_from_slice(&body);
        }
        for (ring, ring_plan) in self.rings.iter().zip(&plan.rings) {
            let (entries, bundles) = ring.kept(ring_plan, self.newest);
            let bits = ring_plan.tracks.iter().fold(0, |bits, track| bits | track.bits);
            let tags = plan.parts.iter().skip(ring_plan.base).take(bits.count_ones() as usize);
            write_ring(tags.map(|part| part.tag), &entries, &bundles, &mut out);
        }
    }

    fn write_cell(&self, cell: Option<&Cell>, keeps: Keeps, out: &mut Writer<'_>) {
        match (cell, keeps) {
            (Some(Cell::Sum(sum)), _) => out.signed(**sum),
            (Some(Cell::Distinct(different)), _) => write_set(&different.values, out),
            (Some(Cell::Values(values)), Keeps::Windowed(_, window)) => {
                values.write(window, self.newest, out);
            }
            (Some(Cell::Decay(decay)), _) => decay.write(out),
            (Some(Cell::Newest(newest)), _) => newest.write(out),
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
        let mut state = Self::new(scope, plan);
        state.newest = from.int()?;
        let known: BTreeMap<u64, usize> =
            plan.parts.iter().enumerate().map(|(at, part)| (part.tag, at)).collect();
        state.heads.iter_mut().for_each(|head| head.complete = false);
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
        Ok(state)
    }

    fn read_part(
        &mut self,
        plan: &ScopePlan,
        at: usize,
        body: &mut Reader<'_>,
    ) -> Result<(), StateError> {
        let Some(keeps) = plan.parts.get(at).map(|part| part.keeps) else { return Ok(()) };
        let Some(head) = self.heads.get_mut(at) else { return Ok(()) };
        read_head(head, keeps, body)?;
        let Some(cell) = at.checked_sub(plan.counters).and_then(|at| self.cells.get_mut(at)) else {
            return Ok(());
        };
        match cell {
            Cell::Plain => {}
            Cell::Sum(sum) => **sum = body.signed()?,
            Cell::Distinct(different) => different.values = read_set(body)?,
            Cell::Values(values) => **values = Values::read(body)?,
            Cell::Decay(decay) => **decay = Decay::read(body)?,
            Cell::Newest(newest) => **newest = Newest::read(body)?,
        }
        Ok(())
    }
}

/// The number of a windowed part is made anew when it is read; it is not written.
fn write_head(head: &Head, keeps: Keeps, out: &mut Writer<'_>) {
    out.int(head.as_of);
    out.int(head.known_at);
    out.byte(head.trust as u8);
    out.count(head.doubtful as usize);
    if !matches!(keeps, Keeps::Counter { .. } | Keeps::Windowed(..)) {
        out.byte(u8::from(head.present));
        out.int(head.value);
    }
}

fn read_head(head: &mut Head, keeps: Keeps, from: &mut Reader<'_>) -> Result<(), StateError> {
    head.complete = true;
    head.as_of = from.int()?;
    head.known_at = from.int()?;
    head.trust = read_trust(from)?;
    head.doubtful = u32::try_from(from.small()?).unwrap_or(u32::MAX);
    if !matches!(keeps, Keeps::Counter { .. } | Keeps::Windowed(..)) {
        head.present = from.byte()? == 1;
        head.value = from.int()?;
    }
    Ok(())
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
