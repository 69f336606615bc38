//! From drafts to a compiled set: types, slots, expressions in order.
//!
//! - In: kinds and drafts.
//! - Out: a [`FeatureSet`], or every problem that was found.
//! - Never: an expression that rests on itself.

use crate::describe;
use crate::draft::{Draft, Making};
use crate::kinds::{KIND, Kinds};
use crate::layout;
use crate::plan::{ScopePlan, SlotPlan, Source};
use crate::resolve::Resolver;
use crate::set::FeatureSet;
use crate::spec::{From, Sketch};
use crate::trust;
use bellwether_core::authored::Document;
use bellwether_core::{Code, Digest, Money, Place, Problem, Trust, Type};
use bellwether_expr::{Catalogue, Expr, FactDef, Scope, Slot, literal};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn compile(
    kinds: Kinds,
    drafts: Vec<Draft>,
    facts: &Document,
    mut problems: Vec<Problem>,
) -> Result<FeatureSet, Vec<Problem>> {
    let mut resolver = Resolver::new(&kinds, &drafts);
    let mut sketches: Vec<_> =
        drafts.into_iter().filter_map(|draft| resolver.sketch(draft)).collect();
    problems.append(&mut resolver.problems);
    let place = Place { file: facts.file.clone(), line: 1, column: 0 };
    infer(&mut sketches, &place, &mut problems);
    let mut catalogue = match Catalogue::new(definitions(&sketches, &place)) {
        Ok(catalogue) => catalogue,
        Err(found) => {
            problems.extend(found);
            return Err(problems);
        }
    };
    let exprs = expressions(&sketches, &mut catalogue, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let plans = Scope::ALL.map(|scope| layout::scope(&resolver, scope));
    let slots: Vec<_> = (sketches.iter())
        .map(|sketch| slot_plan(sketch, &plans, &mut problems))
        .chain(built_ins())
        .collect();
    let (completeness, now) = (slots.len().saturating_sub(2), slots.len().saturating_sub(1));
    let order = Order::new(&sketches, &exprs, completeness, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let reads = std::mem::take(&mut resolver.reads);
    let specs: Vec<Digest> = resolver.specs.iter().map(|spec| spec.digest).collect();
    let presents = layout::presents(&kinds, &currents(&sketches));
    let definitions = describe::all(&sketches, &exprs, &specs);
    let computed = order.order.iter().map(|at| (*at as Slot, exprs.get(at).cloned())).collect();
    let mut set = FeatureSet {
        catalogue,
        digest: describe::digest(&definitions, &kinds),
        definitions,
        reads,
        scopes: plans.map(|(plan, _)| plan),
        computed,
        presents,
        choices: choice_slots(&sketches),
        kind_slots: kind_slots(&sketches),
        passing: Vec::new(),
        fresh: Vec::new(),
        defaults: Vec::new(),
        inputs: order.inputs(slots.len()).into(),
        completeness: completeness as Slot,
        now: now as Slot,
        slots,
        kinds,
    };
    fill(&mut set, &sketches);
    trust::check(&set, &mut problems);
    if problems.is_empty() { Ok(set) } else { Err(problems) }
}

/// Finds the types of expressions that do not say them: those that compile against what is known, until
/// no more do. What remains is wrong, or rests on itself.
fn infer(sketches: &mut [Sketch], place: &Place, problems: &mut Vec<Problem>) {
    loop {
        let known: Vec<_> = sketches.iter().filter(|sketch| sketch.kind.is_some()).collect();
        let Ok(catalogue) = Catalogue::new(known_definitions(&known, place)) else { return };
        let mut progress = false;
        for sketch in sketches.iter_mut().filter(|sketch| sketch.kind.is_none()) {
            let Making::Expr(text) = &sketch.draft.making else { continue };
            if let Ok(expr) = Expr::compile(&text.text, &catalogue, text.place.clone()) {
                sketch.kind = Some(expr.kind());
                progress = true;
            }
        }
        if !progress {
            break;
        }
    }
    let stuck: Vec<_> = sketches.iter().filter(|sketch| sketch.kind.is_none()).collect();
    let names: BTreeSet<&str> = stuck.iter().map(|sketch| sketch.draft.name.as_str()).collect();
    let Ok(catalogue) =
        Catalogue::new(known_definitions(&sketches.iter().collect::<Vec<_>>(), place))
    else {
        return;
    };
    let mut found = Vec::new();
    for sketch in &stuck {
        let Making::Expr(text) = &sketch.draft.making else { continue };
        match Expr::compile(&text.text, &catalogue, text.place.clone()) {
            Err(wrong) => found.extend(wrong),
            Ok(expr) => {
                let read = expr.slots().iter().filter_map(|slot| catalogue.fact(*slot));
                let read = read.map(|fact| fact.name.as_str()).filter(|name| names.contains(name));
                let read: Vec<_> = read.collect();
                found.push(cycle(&sketch.draft, &read.join(", ")));
            }
        }
    }
    problems.extend(found);
}

fn cycle(draft: &Draft, through: &str) -> Problem {
    let message = format!("`{}` rests on itself, through {through}", draft.name);
    let help = "an expression may read other expressions as long as none leads back; say `type:` if \
                that is what is missing";
    Problem::new("feature-cycle", message).at(draft.place.clone()).help(help)
}

fn known_definitions(sketches: &[&Sketch], place: &Place) -> Vec<FactDef> {
    let own = sketches.iter().map(|sketch| fact(sketch));
    own.chain(built_in_facts(place)).collect()
}

fn definitions(sketches: &[Sketch], place: &Place) -> Vec<FactDef> {
    known_definitions(&sketches.iter().collect::<Vec<_>>(), place)
}

fn built_in_facts(place: &Place) -> [FactDef; 2] {
    let now = FactDef { time_dependent: true, ..FactDef::new("now", Type::Time, place.clone()) };
    [FactDef::new("completeness", Type::Ratio, place.clone()), now]
}

fn fact(sketch: &Sketch) -> FactDef {
    let draft = &sketch.draft;
    let moves = match (&draft.making, sketch.from) {
        (_, From::Since { .. } | From::Rate { .. }) => true,
        (Making::Fold(folding), _) => folding.window.is_some(),
        _ => false,
    };
    FactDef {
        name: draft.name.clone(),
        code: Code::of(&draft.name),
        kind: sketch.kind.unwrap_or(Type::Int),
        values: sketch.values.clone(),
        unit: draft.unit.clone(),
        scope: draft.scope,
        pii: draft.pii,
        freshness: draft.freshness,
        required: draft.required,
        time_dependent: moves || draft.freshness.is_some(),
        place: draft.place.clone(),
    }
}

/// Compiles the expressions and checks their types and scopes; notes their words.
fn expressions(
    sketches: &[Sketch],
    catalogue: &mut Catalogue,
    problems: &mut Vec<Problem>,
) -> BTreeMap<usize, Expr> {
    let mut exprs = BTreeMap::new();
    for (at, sketch) in sketches.iter().enumerate() {
        let Some(kind) = sketch.kind else { continue };
        let (compiled, place) = match &sketch.draft.making {
            Making::Expr(text) => {
                (Expr::compile(&text.text, catalogue, text.place.clone()), &text.place)
            }
            Making::Choice(rows) => (Expr::choice(rows, kind, catalogue), &sketch.draft.place),
            Making::Current(_) | Making::Fold(_) => continue,
        };
        match compiled {
            Err(found) => problems.extend(found),
            Ok(expr) if expr.kind() != kind => {
                let name = &sketch.draft.name;
                let message = format!("`{name}` is said to be {kind}, and is {}", expr.kind());
                let problem = Problem::new("feature-type", message).at(place.clone());
                problems.push(problem.help(format!("write `type: {}`", expr.kind())));
            }
            Ok(expr) => {
                check_scopes(sketch, &expr, place, catalogue, sketches, problems);
                drop(exprs.insert(at, expr));
            }
        }
    }
    for expr in exprs.values() {
        expr.words().iter().for_each(|word| catalogue.note_word(word));
    }
    exprs
}

/// An expression may read its own scope, the account's, and the present signal.
fn check_scopes(
    sketch: &Sketch,
    expr: &Expr,
    place: &Place,
    catalogue: &Catalogue,
    sketches: &[Sketch],
    problems: &mut Vec<Problem>,
) {
    for slot in expr.slots() {
        let Some(read) = catalogue.fact(*slot) else { continue };
        let current = sketches.get(usize::from(*slot)).is_some_and(|s| s.from == From::Current);
        if !current && read.scope != Scope::Account && read.scope != sketch.draft.scope {
            let message = format!(
                "`{}` is of the {}, and reads `{}`, which is of the {}",
                sketch.draft.name,
                sketch.draft.scope.as_str(),
                read.name,
                read.scope.as_str()
            );
            let problem = Problem::new("feature-scope", message).at(place.clone());
            problems.push(problem.help(format!("write `scope: {}`", read.scope.as_str())));
        }
    }
}

type Plans = [(ScopePlan, Vec<Option<u16>>); 3];

fn slot_plan(sketch: &Sketch, plans: &Plans, problems: &mut Vec<Problem>) -> SlotPlan {
    let draft = &sketch.draft;
    let scope = draft.scope as usize;
    let part = |spec: usize| {
        let parts = plans.get(scope).map(|(_, parts)| parts);
        parts.and_then(|parts| parts.get(spec).copied().flatten()).unwrap_or(u16::MAX)
    };
    let source = match sketch.from {
        From::Part(spec) => Source::Part(part(spec)),
        From::Previous(spec) => Source::Previous(part(spec)),
        From::Since { part: spec, previous } => Source::Since { part: part(spec), previous },
        From::Rate { short, long, window, baseline } => {
            Source::Rate { short: part(short), long: part(long), window, baseline }
        }
        From::Current => Source::Current,
        From::Computed => Source::Computed,
    };
    let kind = sketch.kind.unwrap_or(Type::Int);
    let default = draft.default.as_ref().and_then(|default| {
        let read = literal(&default.text, kind, &sketch.values);
        if read.is_none() {
            let message = format!("`default: {}` is no {kind} of `{}`", default.text, draft.name);
            let problem = Problem::new("feature-default", message).at(default.place.clone());
            let help = match sketch.values.is_empty() {
                true if kind == Type::Money => Money::WRITTEN.to_owned(),
                true => "write a value of that type, or leave the default out".to_owned(),
                false => format!("one of: {}", sketch.values.join(", ")),
            };
            problems.push(problem.help(help));
        }
        read
    });
    let freshness = draft.freshness.map(|span| span.micros());
    let trust = draft.trust.unwrap_or(Trust::CustomerText);
    SlotPlan { scope, source, freshness, default, trust }
}

fn built_ins() -> [SlotPlan; 2] {
    [Source::Completeness, Source::Now].map(|source| SlotPlan {
        scope: 0,
        source,
        freshness: None,
        default: None,
        trust: Trust::CustomerText,
    })
}

/// Computed slots, each after what it reads.
struct Order {
    order: Vec<usize>,
    reads: BTreeMap<usize, Vec<usize>>,
}

impl Order {
    fn new(
        sketches: &[Sketch],
        exprs: &BTreeMap<usize, Expr>,
        completeness: usize,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut reads: BTreeMap<usize, Vec<usize>> = exprs
            .iter()
            .map(|(at, expr)| (*at, expr.slots().iter().map(|slot| usize::from(*slot)).collect()))
            .collect();
        let required = sketches.iter().enumerate().filter(|(_, sketch)| sketch.draft.required);
        reads.insert(completeness, required.map(|(at, _)| at).collect());
        let (mut order, mut left): (Vec<usize>, BTreeSet<usize>) =
            (Vec::new(), reads.keys().copied().collect());
        while let Some(next) = left.iter().copied().find(|at| {
            reads.get(at).is_none_or(|reads| reads.iter().all(|read| !left.contains(read)))
        }) {
            left.remove(&next);
            order.push(next);
        }
        for at in &left {
            let Some(sketch) = sketches.get(*at) else { continue };
            let through = reads.get(at).into_iter().flatten().filter(|read| left.contains(read));
            let names = through.map(|read| match sketches.get(*read) {
                Some(other) => format!("`{}`", other.draft.name),
                None => "`completeness`, which counts it as required".to_owned(),
            });
            problems.push(cycle(&sketch.draft, &names.collect::<Vec<_>>().join(", ")));
        }
        Self { order, reads }
    }

    /// For each slot, the slots that are not computed and that it rests on.
    fn inputs(&self, len: usize) -> Vec<Box<[Slot]>> {
        let mut inputs: BTreeMap<usize, BTreeSet<Slot>> = BTreeMap::new();
        for at in &self.order {
            let mut own = BTreeSet::new();
            for read in self.reads.get(at).into_iter().flatten() {
                match inputs.get(read) {
                    Some(theirs) => own.extend(theirs.iter().copied()),
                    None => drop(own.insert(*read as Slot)),
                }
            }
            inputs.insert(*at, own);
        }
        (0..len).map(|at| inputs.remove(&at).unwrap_or_default().into_iter().collect()).collect()
    }
}

/// What the present signal gives: (slot, field, type); the kind itself is not among them.
fn currents(sketches: &[Sketch]) -> Vec<(Slot, String, Type)> {
    let mut found = Vec::new();
    for (slot, sketch) in (0..).zip(sketches) {
        if let (Making::Current(field), Some(kind)) = (&sketch.draft.making, sketch.kind)
            && field.text != KIND
        {
            found.push((slot, field.text.clone(), kind));
        }
    }
    found
}

fn choice_slots(sketches: &[Sketch]) -> Vec<Slot> {
    let is_choice = |sketch: &Sketch| matches!(sketch.draft.making, Making::Choice(_));
    (0..).zip(sketches).filter(|(_, sketch)| is_choice(sketch)).map(|(slot, _)| slot).collect()
}

fn kind_slots(sketches: &[Sketch]) -> Vec<Slot> {
    let is_kind = |sketch: &Sketch| matches!(&sketch.draft.making, Making::Current(field) if field.text == KIND);
    (0..).zip(sketches).filter(|(_, sketch)| is_kind(sketch)).map(|(slot, _)| slot).collect()
}

/// The lists that reading walks.
fn fill(set: &mut FeatureSet, sketches: &[Sketch]) {
    let required: BTreeSet<usize> = (sketches.iter().enumerate())
        .filter(|(_, sketch)| sketch.draft.required)
        .map(|(at, _)| at)
        .collect();
    for (at, plan) in set.slots.iter().enumerate() {
        let slot = at as Slot;
        let Some(scope) = set.scopes.get_mut(plan.scope) else { continue };
        match plan.source {
            Source::Part(part) => scope.show(slot, part),
            Source::Previous(_) | Source::Since { .. } | Source::Rate { .. } => {
                scope.made.push((slot, plan.source));
            }
            Source::Current | Source::Computed | Source::Completeness | Source::Now => {}
        }
        if required.contains(&at) {
            scope.required.push(slot);
        }
        if plan.source == Source::Current || plan.scope != Scope::Account as usize {
            set.passing.push(slot);
        }
        if let Some(default) = plan.default {
            set.defaults.push((slot, default));
        }
        if let (Some(freshness), false) = (plan.freshness, plan.source == Source::Computed) {
            set.fresh.push((slot, freshness));
        }
    }
}
