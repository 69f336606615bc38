//! Trust of facts: who could have moved them.
//!
//! - In: a compiled set.
//! - Out: for each fact the lowest trust of a signal that may move it, and the way such a signal takes.
//! - Never: looks at a value. What may be moved is told by the definitions alone.

use crate::plan::Source;
use crate::set::FeatureSet;
use bellwether_core::{Problem, Trust};
use bellwether_expr::Slot;
use std::collections::BTreeSet;

/// A computed fact that says a trust must rest on nothing that is trusted less.
pub(crate) fn check(set: &FeatureSet, problems: &mut Vec<Problem>) {
    for definition in &set.definitions {
        let Some(plan) = set.slots.get(usize::from(definition.slot)) else { continue };
        if plan.source != Source::Computed {
            continue;
        }
        if let Some(way) = set.moved_below(definition.slot, plan.trust) {
            let message = format!(
                "`{}` is said to be moved by signals of the {} alone: {}",
                definition.name,
                plan.trust,
                way.join(" <- ")
            );
            let problem = Problem::new("feature-trust", message).at(definition.place.clone());
            let help = "say the same `trust` of what it reads, or a lower one of it";
            problems.push(problem.help(help));
        }
    }
}

impl FeatureSet {
    /// How a signal that is trusted less than `least` may move a fact: the fact, what it reads in turn, and
    /// last the field or kind that such a signal brings. Nothing where none can.
    pub fn moved_below(&self, slot: Slot, least: Trust) -> Option<Vec<String>> {
        let mut way = Vec::new();
        self.search(slot, least, &mut way, &mut BTreeSet::new()).then_some(way)
    }

    fn search(
        &self,
        slot: Slot,
        least: Trust,
        way: &mut Vec<String>,
        seen: &mut BTreeSet<Slot>,
    ) -> bool {
        let Some(plan) = self.slots.get(usize::from(slot)) else { return false };
        if !seen.insert(slot) {
            return false;
        }
        let name = self.catalogue.fact(slot).map(|fact| fact.name.clone()).unwrap_or_default();
        way.push(name);
        let moved = match plan.source {
            Source::Now => false,
            Source::Computed => {
                let own = self.computed.iter().find(|(known, _)| *known == slot);
                let expr = own.and_then(|(_, expr)| expr.as_ref());
                let read = expr.map_or(&[][..], |expr| expr.slots());
                read.iter().any(|slot| self.search(*slot, least, way, seen))
            }
            Source::Completeness => {
                let required = self.scopes.iter().flat_map(|scope| &scope.required);
                required.into_iter().any(|slot| self.search(*slot, least, way, seen))
            }
            _ => {
                let moved = plan.trust < least;
                if moved {
                    way.push(self.brought_by(slot));
                }
                moved
            }
        };
        if !moved {
            way.pop();
        }
        moved
    }

    /// What a signal brings for a fact that is not computed: a field as `kind.field`, or a kind.
    fn brought_by(&self, slot: Slot) -> String {
        let named = self.definitions.iter().find(|definition| definition.slot == slot);
        let mut reads =
            self.reads.iter().filter(|read| named.is_some_and(|one| one.name == read.2));
        if let Some((kind, field, ..)) = reads.next() {
            return format!("{kind}.{field}");
        }
        let plan = self.slots.get(usize::from(slot));
        let part = plan.and_then(|plan| {
            let at = plan.source.parts().into_iter().flatten().next()?;
            self.scopes.get(plan.scope)?.parts.get(usize::from(at))
        });
        let kind = part.and_then(|part| part.inputs.first()).map(|input| input.kind);
        let known = self.kinds.iter().find(|known| Some(known.code) == kind);
        known.map_or_else(|| "the kind of a signal".to_owned(), |kind| kind.name.clone())
    }
}
