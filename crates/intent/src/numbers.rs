//! Functions whose last bits agree on every machine: those of the `libm` crate, in plain Rust.
//!
//! - In and out: floats.
//! - Never: the platform's own functions, which differ in their last bits.

mod beta;

pub use bellwether_core::SplitMix;
pub use beta::{beta_share, beta_share_inverse, error_bound};
pub use libm::{erfc, exp, expm1 as exp_m1, lgamma, log as ln, log1p as ln_1p};

/// `1 / (1 + exp(-x))`, without overflow at either end.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let raised = exp(x);
        raised / (1.0 + raised)
    }
}

/// `ln(p / (1 - p))`, with `p` kept within 1e-12 of its ends so that the result is finite.
pub fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    ln(p) - ln_1p(-p)
}

/// `ln(1 + exp(x))`: the loss of a logistic model, without overflow.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + ln_1p(exp(-x.abs()))
}

#[cfg(test)]
mod tests;
