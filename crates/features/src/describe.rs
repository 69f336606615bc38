//! Descriptions: what each definition is called, and digests that change when its number could.

use crate::draft::Making;
use crate::kinds::{FieldDef, Kinds};
use crate::set::Definition;
use crate::spec::{From, Sketch};
use bellwether_core::{Digest, Type};
use bellwether_expr::{Expr, Slot};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// All definitions; `specs` are the digests of what parts fold.
pub(crate) fn all(
    sketches: &[Sketch],
    exprs: &BTreeMap<usize, Expr>,
    specs: &[Digest],
) -> Vec<Definition> {
    let mut digests: BTreeMap<usize, Digest> = BTreeMap::new();
    for (at, sketch) in sketches.iter().enumerate() {
        let draft = &sketch.draft;
        let parts = match sketch.from {
            From::Part(a) | From::Previous(a) | From::Since { part: a, .. } => vec![a],
            From::Rate { short, long, .. } => vec![short, long],
            From::Current | From::Computed => Vec::new(),
        };
        let parts = parts.iter().filter_map(|at| specs.get(*at)).map(|digest| digest.to_string());
        let made = match (&draft.making, sketch.from) {
            (Making::Current(field), _) => format!("current {}", field.text),
            (Making::Expr(text), _) => format!("expr {}", text.text),
            (Making::Choice(rows), _) => {
                let row = |(when, value, _): &(String, i64, _)| format!("{when} => {value}");
                format!("choice {}", rows.iter().map(row).collect::<Vec<_>>().join("; "))
            }
            (_, From::Previous(_) | From::Since { previous: true, .. }) => "previous".to_owned(),
            (Making::Fold(folding), _) => folding.operation.as_str().to_owned(),
        };
        let mut rest = format!(
            "{:?} {} {:?} {:?} {:?} v{}",
            sketch.kind,
            draft.scope.as_str(),
            draft.freshness,
            draft.required,
            draft.default.as_ref().map(|default| &default.text),
            draft.version
        );
        if let Some(trust) = draft.trust {
            let _ = write!(rest, " from {trust}");
        }
        let parts = parts.collect::<Vec<_>>().join(" ");
        let said = [&draft.name, &made, &rest, &parts].map(|part| part.as_bytes());
        digests.insert(at, Digest::of_parts(said));
    }
    let plain = digests.clone();
    let describe = |(at, sketch): (usize, &Sketch)| {
        let own = plain.get(&at).copied().unwrap_or_default();
        let digest = match exprs.get(&at) {
            None => own,
            // An expression changes with whatever it reads.
            Some(expr) => {
                let read = rests_on(expr, exprs);
                let read = read.iter().filter_map(|slot| plain.get(slot)).map(Digest::as_bytes);
                Digest::of_parts(
                    std::iter::once(own.as_bytes()).chain(read).map(|digest| digest.as_slice()),
                )
            }
        };
        Definition {
            name: sketch.draft.name.clone(),
            digest,
            kind: sketch.kind.unwrap_or(Type::Int),
            scope: sketch.draft.scope,
            slot: at as Slot,
            description: sketch.draft.description.clone(),
            place: sketch.draft.place.clone(),
        }
    };
    sketches.iter().enumerate().map(describe).collect()
}

/// Everything that an expression reads, directly or through others.
fn rests_on(expr: &Expr, exprs: &BTreeMap<usize, Expr>) -> BTreeSet<usize> {
    let (mut all, mut open) = (BTreeSet::new(), vec![expr]);
    while let Some(expr) = open.pop() {
        for slot in expr.slots().iter().map(|slot| usize::from(*slot)) {
            if all.insert(slot) {
                open.extend(exprs.get(&slot));
            }
        }
    }
    all
}

/// The digest of a whole set.
pub(crate) fn digest(definitions: &[Definition], kinds: &Kinds) -> Digest {
    let fields = kinds.iter().flat_map(|kind| {
        let one = |field: &FieldDef| {
            format!(
                "{}.{}:{}:{:?}:{}",
                kind.name, field.name, field.kind, field.values, field.hindsight
            )
        };
        kind.fields.iter().map(one)
    });
    let fields = fields.collect::<Vec<_>>().join("\n");
    let own = definitions.iter().map(|definition| definition.digest.as_bytes().as_slice());
    Digest::of_parts(own.chain([fields.as_bytes()]))
}
