//! The program under bad luck and bad input: whole runs of it, in folders of their own.
//!
//! Small counts unless `BELLWETHER_FULL` is set. Every random choice comes from a seed that is printed.
#![cfg(test)]

mod activated;
mod bad_bundles;
mod bad_places;
mod bad_rows;
mod erased;
mod flipped;
mod history;
mod killed;
mod planted;
mod resumed;
mod served;
#[expect(dead_code, reason = "other tests use the rest")]
mod server;
mod shadowed;
mod stopped;
mod told;
mod world;
