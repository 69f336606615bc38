//! The one integration test program of the crate.

mod w1;
mod w1_facts;
