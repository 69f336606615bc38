//! What the runners of the peers' benchmark share.

pub(crate) mod bundle;
pub(crate) mod meter;
