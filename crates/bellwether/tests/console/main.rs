//! The console and the reading API as a browser and a program meet them, over a served directory.
#![cfg(test)]

#[path = "../world/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod world;

mod hostile;
mod outside;
mod pages;
mod rules;
mod served;
