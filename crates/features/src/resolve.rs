//! Looking up what drafts name: kinds, fields and types; and what each folding keeps, once.
//!
//! - In: drafts and the bundle's kinds.
//! - Out: a [`Sketch`] an entry, [`Spec`]s for the parts of state, and every read for the check that
//!   nothing reads what is only known at the end.

use crate::draft::{Draft, Folding, Input, Making, Operation, Text};
use crate::kinds::{FieldDef, KIND, KindDef, Kinds};
use crate::spec::{From, Keep, Sketch, Spec};
use bellwether_core::{Digest, Place, Problem, Trust, Type};
use bellwether_expr::{Catalogue, Expr, FactDef};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A field that a feature reads: (kind, field, feature, place).
pub(crate) type Read = (String, String, String, Place);

pub(crate) struct Resolver<'a> {
    pub(crate) kinds: &'a Kinds,
    /// For each kind, its fields and those of kinds that stand beside it in a feature.
    pub(crate) catalogues: BTreeMap<String, Catalogue>,
    pub(crate) specs: Vec<Spec>,
    pub(crate) filters: BTreeMap<(String, String), Expr>,
    pub(crate) reads: Vec<Read>,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(kinds: &'a Kinds, drafts: &[Draft]) -> Self {
        let mut beside: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for draft in drafts {
            let Making::Fold(folding) = &draft.making else { continue };
            let names = || folding.inputs.iter().map(|input| input.kind.text.as_str());
            for name in names() {
                beside.entry(name).or_default().extend(names());
            }
        }
        let (mut catalogues, mut problems) = (BTreeMap::new(), Vec::new());
        for kind in kinds.iter() {
            let others = beside.get(kind.name.as_str()).into_iter().flatten();
            let others = others.filter_map(|name| kinds.kind(name)).flat_map(|kind| &kind.fields);
            // The registers of a kind: its fields, its name, and what it never has.
            let mut facts: Vec<FactDef> = kind.fields.iter().map(as_fact).collect();
            facts.push(FactDef::new(KIND, Type::Code, signals()));
            for field in others {
                if facts.iter().all(|fact| fact.name != field.name) {
                    facts.push(as_fact(field));
                }
            }
            match Catalogue::new(facts) {
                Ok(catalogue) => drop(catalogues.insert(kind.name.clone(), catalogue)),
                Err(found) => problems.extend(found),
            }
        }
        let (specs, filters, reads) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { kinds, catalogues, specs, filters, reads, problems }
    }

    /// Looks an entry's names up.
    pub(crate) fn sketch(&mut self, draft: Draft) -> Option<Sketch> {
        let sketch = match &draft.making {
            Making::Expr(_) | Making::Choice(_) => {
                let (kind, values) = (draft.kind, draft.values.clone());
                Sketch { kind, values, from: From::Computed, draft }
            }
            Making::Current(field) => {
                let (kind, values) = self.current(&draft, &field.clone())?;
                Sketch { kind: Some(kind), values, from: From::Current, draft }
            }
            Making::Fold(folding) => self.fold(&draft, &folding.clone())?,
        };
        if let (Some(said), Some(is)) = (sketch.draft.kind, sketch.kind)
            && said != is
        {
            let message = format!("`{}` is said to be {said}, and is {is}", sketch.draft.name);
            let problem = Problem::new("feature-type", message).at(sketch.draft.place.clone());
            self.problems.push(problem.help(format!("write `type: {is}` or leave it out")));
            return None;
        }
        Some(sketch)
    }

    /// The type of a field of the present signal; `kind` is the signal's kind.
    fn current(&mut self, draft: &Draft, field: &Text) -> Option<(Type, Vec<String>)> {
        if field.text == KIND {
            return Some((Type::Code, draft.values.clone()));
        }
        let kinds = self.kinds;
        let having: Vec<_> =
            kinds.iter().filter_map(|kind| Some((kind, kind.field(&field.text)?))).collect();
        let wanted = draft.kind.or_else(|| having.first().map(|(_, field)| field.kind));
        let fitting: Vec<_> =
            having.iter().filter(|(_, field)| Some(field.kind) == wanted).collect();
        let Some((_, first)) = fitting.first() else {
            let message = match having.first() {
                Some((_, other)) => format!("`{}` is a field of type {}", field.text, other.kind),
                None => format!("no kind of signal has a field `{}`", field.text),
            };
            let names = kinds.iter().flat_map(|kind| &kind.fields).map(|f| f.name.as_str());
            let problem = Problem::new("feature-unknown-field", message).at(field.place.clone());
            self.problems.push(problem.nearest(&field.text, names));
            return None;
        };
        for (kind, found) in &fitting {
            self.reads(draft, kind, found, &field.place);
        }
        let values =
            if draft.values.is_empty() { first.values.clone() } else { draft.values.clone() };
        Some((first.kind, values))
    }

    /// Notes that a feature reads a field; refuses what is only known at the end.
    fn reads(&mut self, draft: &Draft, kind: &KindDef, field: &FieldDef, place: &Place) {
        let read = (kind.name.clone(), field.name.clone(), draft.name.clone(), place.clone());
        if self.reads.contains(&read) {
            return;
        }
        self.reads.push(read);
        if field.hindsight {
            let message = format!(
                "`{}` reads `{}.{}`, which is known only when it is over",
                draft.name, kind.name, field.name
            );
            let help = "a decision made earlier could not have known it; read another field";
            self.problems
                .push(Problem::new("feature-hindsight", message).at(place.clone()).help(help));
        }
    }

    fn kind(&mut self, name: &Text) -> Option<&'a KindDef> {
        let kinds = self.kinds;
        let found = kinds.kind(&name.text);
        if found.is_none() {
            let message = format!("there is no kind of signal `{}`", name.text);
            let problem = Problem::new("feature-unknown-kind", message).at(name.place.clone());
            let problem = problem.nearest(&name.text, kinds.names());
            self.problems.push(match problem.help.is_empty() {
                true => problem.help("add it to `signals:` in facts.yaml with its fields"),
                false => problem,
            });
        }
        found
    }

    /// The kind and field of an input.
    fn input(
        &mut self,
        draft: &Draft,
        input: &Input,
    ) -> Option<(&'a KindDef, Option<&'a FieldDef>)> {
        let kind = self.kind(&input.kind)?;
        let Some(name) = &input.field else { return Some((kind, None)) };
        let found = kind.field(&name.text);
        match found {
            Some(field) => self.reads(draft, kind, field, &name.place),
            None => {
                let message =
                    format!("signals of kind `{}` have no field `{}`", kind.name, name.text);
                let problem = Problem::new("feature-unknown-field", message).at(name.place.clone());
                let names = kind.fields.iter().map(|field| field.name.as_str());
                self.problems.push(problem.nearest(&name.text, names));
            }
        }
        found.map(|field| (kind, Some(field)))
    }

    fn fold(&mut self, draft: &Draft, folding: &Folding) -> Option<Sketch> {
        let looked: Vec<_> = folding.inputs.iter().map(|input| self.input(draft, input)).collect();
        let found: Vec<_> = looked.into_iter().collect::<Option<_>>()?;
        let fields: Vec<&FieldDef> = found.iter().filter_map(|(_, field)| *field).collect();
        let kinds: Vec<_> = found.iter().map(|(kind, _)| *kind).collect();
        if let Some(filter) = &folding.filter {
            self.filter(draft, filter, &kinds)?;
        }
        let kind = self.kind_of(draft, folding.operation, &fields)?;
        let from = self.from(draft, folding, &found);
        let open = fields.iter().any(|field| field.values.is_empty());
        let listed = fields.iter().flat_map(|field| field.values.iter().cloned());
        let values = match (draft.values.is_empty(), open) {
            (false, _) => draft.values.clone(),
            (true, true) => Vec::new(),
            (true, false) => listed.collect::<BTreeSet<_>>().into_iter().collect(),
        };
        let values = if kind == Type::Code { values } else { Vec::new() };
        Some(Sketch { draft: draft.clone(), kind: Some(kind), values, from })
    }

    /// Compiles a filter for each kind it is asked of.
    fn filter(&mut self, draft: &Draft, filter: &Text, kinds: &[&'a KindDef]) -> Option<()> {
        let mut fine = true;
        for kind in kinds {
            let Some(catalogue) = self.catalogues.get(&kind.name) else { continue };
            match Expr::compile_bool(&filter.text, catalogue, filter.place.clone()) {
                Err(found) => {
                    fine = false;
                    for problem in found {
                        if !self.problems.contains(&problem) {
                            self.problems.push(problem);
                        }
                    }
                }
                Ok(expr) => {
                    let names = expr.slots().iter().filter_map(|slot| catalogue.fact(*slot));
                    let names: Vec<_> = names.map(|fact| fact.name.clone()).collect();
                    for name in names {
                        fine &= self.filter_field(draft, &name, filter, kinds);
                    }
                    self.filters.insert((kind.name.clone(), filter.text.clone()), expr);
                }
            }
        }
        fine.then_some(())
    }

    fn filter_field(
        &mut self,
        draft: &Draft,
        name: &str,
        filter: &Text,
        kinds: &[&'a KindDef],
    ) -> bool {
        if name == KIND {
            return true;
        }
        let having: Vec<_> =
            kinds.iter().filter_map(|kind| Some((*kind, kind.field(name)?))).collect();
        for (kind, field) in &having {
            self.reads(draft, kind, field, &filter.place);
        }
        if having.is_empty() {
            let message = format!("none of the kinds of `{}` has a field `{name}`", draft.name);
            let problem = Problem::new("feature-unknown-field", message);
            self.problems.push(problem.at(filter.place.clone()));
        }
        !having.is_empty()
    }

    /// The type that an operation makes of its fields.
    fn kind_of(&mut self, draft: &Draft, op: Operation, fields: &[&FieldDef]) -> Option<Type> {
        use Operation::{Count, DecayedMean, Distinct, Last, Max, Min, Rate, Sum, TimeSince};
        let read = fields.first().map_or(Type::Int, |field| field.kind);
        let same = fields.iter().all(|field| field.kind == read);
        let (fits, made) = match op {
            Count | Distinct => (true, Type::Int),
            TimeSince => (true, Type::Duration),
            Rate => (true, Type::Ratio),
            Last => (same, read),
            Min | Max => (same && !matches!(read, Type::Bool | Type::Code), read),
            Sum | DecayedMean => {
                (same && !matches!(read, Type::Bool | Type::Code | Type::Time), read)
            }
        };
        if !fits {
            let what = match same {
                true => format!("`{}` of a field of type {read} makes no sense", op.as_str()),
                false => format!("the fields of `{}` are of different types", draft.name),
            };
            self.problems.push(Problem::new("feature-type", what).at(draft.place.clone()));
        }
        fits.then_some(made)
    }

    fn from(
        &mut self,
        draft: &Draft,
        folding: &Folding,
        found: &[(&'a KindDef, Option<&'a FieldDef>)],
    ) -> From {
        use Operation::{Count, DecayedMean, Distinct, Last, Max, Min, Rate, Sum, TimeSince};
        let window = folding.window.map(|window| window.micros());
        let baseline = folding.baseline.map_or(0, |span| span.micros());
        let mut part = |keeps| self.part(draft, folding, found, keeps);
        match (folding.operation, window) {
            (Count, Some(window)) => From::Part(part(Keep::Count(window))),
            (Count, None) => From::Part(part(Keep::Total)),
            (Sum, None) => From::Part(part(Keep::Sum)),
            (Min, None) => From::Part(part(Keep::Min)),
            (Max, None) => From::Part(part(Keep::Max)),
            (Distinct, None) => From::Part(part(Keep::Distinct)),
            (operation @ (Sum | Min | Max | Distinct), Some(window)) => {
                From::Part(part(Keep::Windowed(operation, window)))
            }
            (DecayedMean, _) => {
                let half_life = folding.half_life.map_or(1, |span| span.micros());
                From::Part(part(Keep::Decay(half_life)))
            }
            (Last, _) if folding.previous => From::Previous(part(Keep::Newest)),
            (Last, _) => From::Part(part(Keep::Newest)),
            (TimeSince, _) => From::Since { part: part(Keep::Newest), previous: folding.previous },
            (Rate, window) => {
                let window = window.unwrap_or(1);
                let (short, long) = (part(Keep::Count(window)), part(Keep::Count(baseline)));
                From::Rate { short, long, window, baseline }
            }
        }
    }

    /// The part that folds this, made where there is none yet.
    fn part(
        &mut self,
        draft: &Draft,
        folding: &Folding,
        found: &[(&'a KindDef, Option<&'a FieldDef>)],
        keeps: Keep,
    ) -> usize {
        let mut inputs: Vec<_> = found
            .iter()
            .map(|(kind, field)| (kind.name.clone(), field.map(|field| field.name.clone())))
            .collect();
        inputs.sort_unstable();
        inputs.dedup();
        let filter = folding.filter.as_ref().map(|filter| filter.text.clone());
        let mut types = BTreeSet::new();
        for (kind, field) in found {
            let read = field.iter().map(|field| (&field.name, field.kind));
            types.extend(read.map(|(name, of)| format!("{}.{name}:{of}", kind.name)));
            let key = (kind.name.clone(), filter.clone().unwrap_or_default());
            let (expr, catalogue) = (self.filters.get(&key), self.catalogues.get(&kind.name));
            if let (Some(expr), Some(catalogue)) = (expr, catalogue) {
                let facts = expr.slots().iter().filter_map(|slot| catalogue.fact(*slot));
                types
                    .extend(facts.map(|fact| format!("{}.{}:{}", kind.name, fact.name, fact.kind)));
            }
        }
        let inputs_said = inputs.iter().map(|(kind, field)| match field {
            Some(field) => format!("{kind}.{field}"),
            None => kind.clone(),
        });
        let mut said = format!(
            "{} in {} v{} of {} where {} with {}",
            keeps.said(),
            draft.scope.as_str(),
            draft.version,
            inputs_said.collect::<Vec<_>>().join(","),
            filter.as_deref().unwrap_or("true"),
            types.into_iter().collect::<Vec<_>>().join(",")
        );
        if let Some(trust) = draft.trust {
            let _ = write!(said, " from {trust}");
        }
        let trust = draft.trust.unwrap_or(Trust::CustomerText);
        let digest = Digest::of_parts([b"feature-part-1".as_slice(), said.as_bytes()]);
        if let Some(at) = self.specs.iter().position(|spec| spec.digest == digest) {
            return at;
        }
        self.specs.push(Spec { scope: draft.scope, keeps, inputs, filter, trust, digest });
        self.specs.len() - 1
    }
}

fn as_fact(field: &FieldDef) -> FactDef {
    FactDef { values: field.values.clone(), ..FactDef::new(&field.name, field.kind, signals()) }
}

fn signals() -> Place {
    Place { file: "signals".to_owned(), line: 1, column: 0 }
}
