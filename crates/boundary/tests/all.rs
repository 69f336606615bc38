//! Boundaries: what is refused at load, what is allowed, and who must approve the rest.
#![cfg(test)]

mod given;
mod load;
mod monotone;
mod worked;
