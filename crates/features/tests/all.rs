//! The one integration test program of the crate.

#[cfg(test)]
mod w1;
#[cfg(test)]
mod w1_facts;
