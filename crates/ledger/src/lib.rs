//! Canonical bytes of events and records, and the chain over them.
