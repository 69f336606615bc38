//! Moving a stream's state to other rules: feature states keep what both sets define.

use crate::rules::{RuleBook, Rules};
use crate::state::{Doc, StreamState, scope_of};
use bellwether_core::{Digest, DocKey};

/// Lays the documents out for `rules`. A definition that the old rules did not have reads as missing
/// until a fold brings it; documents that cannot be carried over start anew, likewise missing.
pub(super) fn adopt(state: &mut StreamState, digest: Digest, rules: &Rules, book: &RuleBook) {
    let old = state.rules.and_then(|digest| book.get(&digest));
    if let Some(old) = old
        && old.features().digest() != rules.features().digest()
    {
        let carry = |key: DocKey, doc: &mut Doc| {
            let mut bytes = Vec::new();
            old.features().encode(&doc.features, &mut bytes);
            if let Ok(features) = rules.features().decode(scope_of(key), &bytes) {
                doc.features = features;
            }
        };
        if let Some(account) = &mut state.account {
            carry(DocKey::Account, account);
        }
        for (key, doc) in &mut state.subs {
            carry(*key, doc);
        }
    }
    state.rules = Some(digest);
}
