//! A real witness on loopback, asked by the real client: what it signs, what it refuses, and that
//! nothing makes it forget.
#![cfg(test)]

mod asked;
mod log;
mod process;
