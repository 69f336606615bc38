//! Laying out: where each part of a document's state stands, and what each kind of signal does to it.

use crate::bits::Bits;
use crate::buckets::Window;
use crate::decay::HalfLife;
use crate::draft::Operation;
use crate::kinds::{KindDef, Kinds};
use crate::plan::{Keeps, KindPlan, Part, PartInput, Presents, Raise, ScopePlan, Step, Wanted};
use crate::resolve::Resolver;
use crate::ring::{RingPlan, TRACKS, Track};
use crate::spec::{Keep, Spec};
use crate::values::Fold;
use bellwether_core::{Code, Digest, Trust, Type};
use bellwether_expr::{Scope, Slot};
use std::collections::BTreeMap;

/// The plan of a scope, and for each spec the part it has become.
pub(crate) fn scope(resolver: &Resolver<'_>, scope: Scope) -> (ScopePlan, Vec<Option<u16>>) {
    let mut plan = ScopePlan::default();
    let mut parts = vec![None; resolver.specs.len()];
    let own = resolver.specs.iter().enumerate().filter(|(_, spec)| spec.scope == scope);
    // In the order of the entries, so that numbers stand in a row like their slots.
    let order: Vec<&Spec> = own.clone().map(|(_, spec)| spec).collect();
    for (at, part) in own.map(|(at, _)| at).zip(0u16..) {
        if let Some(own) = parts.get_mut(at) {
            *own = Some(part);
        }
    }
    let counters = counters(&order, &mut plan.rings);
    let (mut cells, mut decays) = (0u16.., 0u16..);
    plan.shown = Bits::new(order.len());
    for (at, spec) in order.iter().enumerate() {
        let keeps = counters.get(&at).copied().unwrap_or_else(|| keeps(spec));
        let cell = match keeps {
            Keeps::Decay(_) => decays.next(),
            keeps if keeps.needs_cell() => cells.next(),
            _ => None,
        };
        plan.shown.put(at, keeps.starts_at_zero());
        let (tag, trust) = (tag(spec.digest), spec.trust);
        plan.parts.push(Part { tag, keeps, trust, cell, inputs: Vec::new() });
    }
    for kind in resolver.kinds.iter() {
        plan.kinds.push((kind.code, kind_plan(kind, resolver, &order, &mut plan.parts)));
    }
    plan.kinds.sort_by_key(|(code, _)| *code);
    for (at, part) in (0u16..).zip(&plan.parts) {
        if let Keeps::Windowed(fold, window) = part.keeps {
            plan.moving.push((at, fold, window));
        }
    }
    (plan, parts)
}

fn window(spec: &Spec) -> Option<i64> {
    match spec.keeps {
        Keep::Count(window) => Some(window),
        _ => None,
    }
}

fn tag(digest: Digest) -> u64 {
    digest.as_bytes().iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
}

fn keeps(spec: &Spec) -> Keeps {
    match spec.keeps {
        Keep::Count(_) | Keep::Total => Keeps::Total,
        Keep::Sum => Keeps::Sum,
        Keep::Min => Keeps::Min,
        Keep::Max => Keeps::Max,
        Keep::Distinct => Keeps::Distinct,
        Keep::Decay(half_life) => Keeps::Decay(HalfLife::new(half_life)),
        Keep::Newest => Keeps::Newest,
        Keep::Windowed(operation, window) => {
            let fold = match operation {
                Operation::Min => Fold::Min,
                Operation::Max => Fold::Max,
                Operation::Distinct => Fold::Distinct,
                _ => Fold::Sum,
            };
            Keeps::Windowed(fold, Window::new(window))
        }
    }
}

/// Gives each windowed count a bit of a ring; of equal windows the first part first.
fn counters(order: &[&Spec], rings: &mut Vec<RingPlan>) -> BTreeMap<usize, Keeps> {
    let windows = order.iter().enumerate().filter_map(|(at, spec)| Some((window(spec)?, at)));
    let mut windows: Vec<_> = windows.collect();
    windows.sort_unstable();
    windows.into_iter().map(|(micros, at)| (at, counter(micros, at, rings))).collect()
}

/// A bit of the last ring, or of a new one where that is full. Counters come shortest window first.
fn counter(micros: i64, at: usize, rings: &mut Vec<RingPlan>) -> Keeps {
    let window = Window::new(micros);
    let fits = rings.last().is_some_and(|ring| {
        let known = ring.tracks.last().is_some_and(|track| track.window == window);
        ring.parts.len() < 64 && (known || ring.tracks.len() < TRACKS)
    });
    if !fits {
        rings.push(RingPlan::default());
    }
    let ring = rings.len() - 1;
    let Some(last) = rings.last_mut() else { return Keeps::Total };
    let bit = last.parts.len() as u32;
    last.parts.push(at as u16);
    match last.tracks.last_mut() {
        Some(track) if track.window == window => track.bits |= 1 << bit,
        _ => last.tracks.push(Track { window, bits: 1 << bit }),
    }
    Keeps::Counter { ring, bit }
}

fn kind_plan(
    kind: &KindDef,
    resolver: &Resolver<'_>,
    order: &[&Spec],
    parts: &mut [Part],
) -> KindPlan {
    let wanted = kind.fields.iter().map(|field| Wanted { name: field.code, kind: field.kind });
    let mut plan = KindPlan { wanted: wanted.collect(), ..KindPlan::default() };
    let mut texts: Vec<&str> = Vec::new();
    for (at, (spec, part)) in order.iter().zip(parts).enumerate() {
        for (_, field) in spec.inputs.iter().filter(|(name, _)| *name == kind.name) {
            let filter = spec.filter.as_deref().and_then(|text| {
                if let Some(known) = texts.iter().position(|other| *other == text) {
                    return u16::try_from(known).ok();
                }
                let expr = resolver.filters.get(&(kind.name.clone(), text.to_owned()))?;
                texts.push(text);
                plan.filters.push(expr.clone());
                u16::try_from(texts.len() - 1).ok()
            });
            let position = |name: &String| kind.fields.iter().position(|f| f.name == *name);
            let register = field.as_ref().and_then(position).and_then(|at| u16::try_from(at).ok());
            part.inputs.push(PartInput { kind: kind.code, filter, register });
            match part.keeps {
                Keeps::Counter { ring, bit } => {
                    raise(&mut plan.raises, ring, bit, filter, part.trust);
                }
                keeps => {
                    let (cell, trust) = (part.cell, part.trust);
                    let part = at as u16;
                    plan.steps.push(Step { part, cell, filter, register, keeps, trust });
                }
            }
        }
    }
    plan
}

fn raise(raises: &mut Vec<Raise>, ring: usize, bit: u32, filter: Option<u16>, trust: Trust) {
    let found = raises.iter().position(|known| known.ring == ring);
    if found.is_none() {
        raises.push(Raise { ring, always: 0, filtered: Vec::new(), trusted: Vec::new() });
    }
    let at = found.unwrap_or(raises.len() - 1);
    let Some(last) = raises.get_mut(at) else { return };
    if trust > Trust::CustomerText {
        match last.trusted.iter_mut().find(|(known, _)| *known == trust) {
            Some((_, bits)) => *bits |= 1 << bit,
            None => last.trusted.push((trust, 1 << bit)),
        }
    }
    match filter {
        None => last.always |= 1 << bit,
        Some(filter) => match last.filtered.iter_mut().find(|(known, _)| *known == filter) {
            Some((_, bits)) => *bits |= 1 << bit,
            None => last.filtered.push((filter, 1 << bit)),
        },
    }
}

/// For each kind, the facts that are a field of the present signal.
pub(crate) fn presents(kinds: &Kinds, currents: &[(Slot, String, Type)]) -> Vec<(Code, Presents)> {
    let mut all = Vec::new();
    for kind in kinds.iter() {
        let mut own = Presents::default();
        for field in &kind.fields {
            let reading = currents
                .iter()
                .filter(|(_, name, of)| *name == field.name && *of == field.kind)
                .map(|(slot, ..)| *slot);
            let slots: Vec<Slot> = reading.collect();
            if !slots.is_empty() {
                own.wanted.push(Wanted { name: field.code, kind: field.kind });
                own.slots.push(slots);
            }
        }
        all.push((kind.code, own));
    }
    all.sort_by_key(|(code, _)| *code);
    all
}
