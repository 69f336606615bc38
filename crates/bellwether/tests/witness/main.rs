//! A real witness on loopback, asked by the real client: what it signs, what it refuses, and that
//! nothing makes it forget.
#![cfg(test)]

mod asked;
#[path = "../../../ledger/tests/outside/build_go.rs"]
mod build_go;
mod exported;
mod log;
mod process;
#[path = "../world/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod world;
