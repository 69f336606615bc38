//! Moving a stream's state to other rules: feature states keep what both sets define.

use crate::rules::{RuleBook, Rules};
use crate::state::{Doc, StreamState, scope_of};
use crate::step::StepError;
use bellwether_core::{Digest, DocKey};

/// Lays the documents out for `rules`. A definition that the old rules did not have reads as missing
/// until a fold brings it; documents that cannot be carried over start anew, likewise missing.
///
/// # Errors
/// [`StepError::UnknownRules`] when the rules that the state is laid out for are not at hand.
pub(super) fn adopt(
    state: &mut StreamState,
    digest: Digest,
    rules: &Rules,
    book: &RuleBook,
) -> Result<(), StepError> {
    if let Some(before) = state.rules.replace(digest) {
        let old = book.get(&before).ok_or(StepError::UnknownRules(before))?;
        if old.features().digest() != rules.features().digest() {
            let account = state.account.iter_mut().map(|doc| (DocKey::Account, doc));
            let subs = state.subs.iter_mut().map(|(key, doc)| (*key, doc));
            account.chain(subs).for_each(|(key, doc)| carry(old, rules, key, doc));
        }
        // What is under way keeps its rules, so they must be at hand.
        let kept = state.docs().flat_map(|(_, doc)| &doc.graphs).filter_map(|held| held.rules);
        if let Some(missing) = kept.into_iter().find(|kept| book.get(kept).is_none()) {
            return Err(StepError::UnknownRules(missing));
        }
    }
    Ok(())
}

fn carry(old: &Rules, rules: &Rules, key: DocKey, doc: &mut Doc) {
    let mut bytes = Vec::new();
    old.features().encode(&doc.features, &mut bytes);
    let features = rules.features().decode(scope_of(key), &bytes);
    doc.features = features.unwrap_or_else(|_| rules.features().new_state(scope_of(key)));
}
