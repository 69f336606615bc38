//! Delivery by the whole program: messages that arrive, receivers that fail in every way, and a server that
//! is killed while it delivers.
//!
//! Small counts and the short rows unless `BELLWETHER_FULL` is set. Every random choice comes from a seed that is
//! printed.
#![cfg(test)]

mod arrived;
mod company;
mod failing;
mod http;
mod killed;
mod mailserver;
mod receiver;
#[path = "../robust/server.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod server;
mod slow;
mod smtp;
#[path = "../robust/world.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod world;
