//! Logs in folders, checked by programs that hold none of our code, and by ours.
//!
//! Go with its package for transparency logs (Debian: golang-go, golang-golang-x-mod-dev) and pymerkle
//! for Python; where one is missing, its tests say on stderr that they were skipped.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "a test may write files and start programs")]
#![expect(clippy::disallowed_types, reason = "a test may write files and start programs")]

mod altered;
mod build_go;
mod folder;
mod go;
mod proofs;
mod python;
