//! Functions whose last bits agree on every machine: those of the `libm` crate, in plain Rust.
//!
//! - In and out: floats.
//! - Never: the platform's own functions, which differ in their last bits.

pub use libm::{erfc, exp, lgamma, log as ln, log1p as ln_1p};
