//! Names of whom rules ask, where they are still kept; records know handles only.

use super::super::context::Context;
use bellwether_core::Purpose;
use bellwether_runtime::staff::{self, Details};
use bellwether_store::Store;
use std::collections::BTreeMap;

/// Details by handle.
pub(super) struct Staff(BTreeMap<String, Details>);

impl Staff {
    /// Reads them. Without the keys an explanation is still complete, with handles alone.
    pub(super) fn read(context: &Context, store: &Store) -> Self {
        let keys = context.keys().ok();
        Self(keys.and_then(|keys| staff::read(store, keys).ok()).unwrap_or_default())
    }

    /// The handle, with the name behind it.
    pub(super) fn of(&self, handle: &str) -> String {
        let name = self.0.get(handle).and_then(|details| details.name.as_ref());
        match name {
            Some(name) => format!("{handle} ({})", name.reveal(Purpose::Show)),
            None => handle.to_owned(),
        }
    }
}
