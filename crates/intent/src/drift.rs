//! Drift: whether the world still is as it was when a certificate was earned.
//!
//! - In: what was read, case by case, and the labels of audits.
//! - Out: which figure left its limits, with the figure and the limit.
//! - Never: forgets in silence; a figure that cannot be judged yet says nothing.

mod adwin;
mod calibration;
mod psi;
mod watch;

pub use adwin::{Adwin, Cut};
pub use calibration::{BrierTest, Cusum};
pub use psi::{QuantileBins, psi, psi_limit};
pub use watch::{Case, Limits, Watch};

use std::fmt;

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// How often each category is read.
    ClassMix,
    /// How often the readers say that they do not know.
    Abstention,
    /// How often the readers differ.
    Disagreement,
    /// How often people decline what was proposed.
    Declines,
    /// How confidences spread over the tenths of the reference.
    Confidence,
    /// The mean confidence, by a slow or sudden change within the stream.
    MeanConfidence,
    /// The errors among audits against those that the confidences announced.
    Calibration,
}

impl Figure {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClassMix => "the mix of categories",
            Self::Abstention => "the share without an answer",
            Self::Disagreement => "the share on which readers differ",
            Self::Declines => "the share that people decline",
            Self::Confidence => "the spread of confidences",
            Self::MeanConfidence => "the mean confidence",
            Self::Calibration => "the errors among audits",
        }
    }
}

/// A figure that left its limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Left {
    /// Which.
    pub figure: Figure,
    /// Its distance from where it was: a stability index, a difference of means, or evidence in nats.
    pub value: f64,
    /// The most that chance explains.
    pub limit: f64,
    /// For [`Figure::ClassMix`] the place of the category that grew most: what is misread lands there.
    /// Nothing when what grew is "no answer" or a category that the reference does not have.
    pub class: Option<usize>,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { figure, value, limit, .. } = self;
        write!(f, "{} moved by {value:.3}, beyond its limit {limit:.3}", figure.name())
    }
}

#[cfg(test)]
mod tests;
