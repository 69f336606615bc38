//! Names of whom rules ask, where they are still kept; records know handles only.

use super::super::context::Context;
use bellwether_core::{Personal, Purpose};
use bellwether_runtime::edge::Edge;
use bellwether_runtime::staff::{self, Details};
use bellwether_store::{Store, View};
use std::collections::BTreeMap;

/// Details by handle.
#[derive(Default)]
pub(crate) struct Staff(BTreeMap<String, Details>);

impl Staff {
    /// Reads them. Without the keys an explanation is still complete, with handles alone.
    pub(super) fn read(context: &Context, store: &Store) -> Self {
        let keys = context.keys().ok();
        Self(keys.and_then(|keys| staff::read(store, keys).ok()).unwrap_or_default())
    }

    /// Those of a directory whose keys are open already.
    pub(crate) fn with(view: &View, edge: &Edge) -> Self {
        Self(staff::of(view, edge.vault()).unwrap_or_default())
    }

    /// The name alone, where it is kept.
    pub(crate) fn name(&self, handle: &str) -> Option<&str> {
        let name = self.0.get(handle)?.name.as_ref()?;
        Some(name.reveal(Purpose::Show))
    }

    /// Where to write to, where it is kept.
    pub(crate) fn email(&self, handle: &str) -> Option<&Personal<String>> {
        self.0.get(handle)?.email.as_ref()
    }

    /// The handle, with the name behind it.
    pub(crate) fn of(&self, handle: &str) -> String {
        match self.name(handle) {
            Some(name) => format!("{handle} ({name})"),
            None => handle.to_owned(),
        }
    }
}
