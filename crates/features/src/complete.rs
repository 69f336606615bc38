//! What of a document has been counted from its first signal on, and what has not.

use crate::plan::Source;
use crate::set::{Definition, FeatureSet};
use crate::state::DocState;

impl FeatureSet {
    /// The definitions about a document that read as missing until a folded state replaces it: they were
    /// not defined yet when its first signals were counted. What is computed from them is not named.
    pub fn incomplete<'a>(
        &'a self,
        state: &'a DocState,
    ) -> impl Iterator<Item = &'a Definition> + 'a {
        let lacks = move |part: u16| !state.is_complete(usize::from(part));
        self.definitions.iter().filter(move |definition| {
            let plan = self.slots.get(usize::from(definition.slot));
            definition.scope == state.scope
                && match plan.map(|plan| plan.source) {
                    Some(
                        Source::Part(part) | Source::Previous(part) | Source::Since { part, .. },
                    ) => lacks(part),
                    Some(Source::Rate { short, long, .. }) => lacks(short) || lacks(long),
                    _ => false,
                }
        })
    }
}
