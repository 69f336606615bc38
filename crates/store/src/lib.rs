//! SQLite journal, snapshots, timers, outbox, keys.
