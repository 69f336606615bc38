//! Certificates: leave to act alone, earned by evidence, for a while.
//!
//! - In: labelled confidences of the cases that a certificate is to cover, and a promise.
//! - Out: a [`Certificate`], or in words why there is none; and whether one still stands.
//! - Never: grants leave where evidence is missing; turns a cost into leave below the certificate.

mod ltt;
mod risk_control;
mod threshold;

pub use ltt::{Found, NoCertificate, Outcome, Promise, learn_then_test};
pub use risk_control::risk_control;
pub use threshold::{Loss, acting_threshold};

use crate::drift::Left;
use bellwether_core::{Digest, Duration, Ppm, Timestamp};
use std::fmt;

/// Leave to act alone in one scope: among the cases acted on, at most a share `alpha` is wrong, unless
/// the sample was one of the share `delta` that misleads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What it covers: a job, a category, a segment.
    pub scope: String,
    /// The model, with its calibrator, whose confidences were tested.
    pub model: Digest,
    /// The promise.
    pub promise: Promise,
    /// What the test found.
    pub found: Found,
    /// When it was issued.
    pub issued: Timestamp,
    /// From when on it no longer stands.
    pub expires: Timestamp,
    /// Set when a watch left its limits; only a new certificate lifts it.
    pub suspended: Option<Suspension>,
}

/// Drift that took a certificate's ground away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// When.
    pub at: Timestamp,
    /// The figure that left its limits, with both.
    pub because: String,
}

/// Why a certificate does not stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotStanding {
    /// It was issued later than now.
    NotYet(Timestamp),
    /// Its time is over.
    Expired(Timestamp),
    /// It was issued for another model.
    AnotherModel(Digest),
    /// Drift suspended it.
    Suspended(Suspension),
}

impl fmt::Display for NotStanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet(issued) => write!(f, "the certificate is issued later, at {issued}"),
            Self::Expired(expires) => write!(f, "the certificate expired at {expires}"),
            Self::AnotherModel(model) => write!(f, "the certificate is for another model, {model}"),
            Self::Suspended(Suspension { at, because }) => {
                write!(f, "the certificate was suspended at {at}: {because}")
            }
        }
    }
}

impl std::error::Error for NotStanding {}

impl Certificate {
    /// Tests the sample (see [`learn_then_test`]) and issues a certificate that lasts for a span.
    pub fn issue(
        scope: &str,
        model: Digest,
        sample: &[Outcome],
        promise: Promise,
        issued: Timestamp,
        lasts: Duration,
    ) -> Result<Self, NoCertificate> {
        let found = learn_then_test(sample, promise)?;
        let expires = issued.plus(lasts);
        let scope = scope.to_owned();
        Ok(Self { scope, model, promise, found, issued, expires, suspended: None })
    }

    /// Whether it stands at an instant for a model; if not, why.
    pub fn stands(&self, now: Timestamp, model: Digest) -> Result<(), NotStanding> {
        if model != self.model {
            return Err(NotStanding::AnotherModel(self.model));
        }
        if let Some(suspension) = &self.suspended {
            return Err(NotStanding::Suspended(suspension.clone()));
        }
        if now < self.issued {
            return Err(NotStanding::NotYet(self.issued));
        }
        if now >= self.expires {
            return Err(NotStanding::Expired(self.expires));
        }
        Ok(())
    }

    /// Suspends it. The first reason is kept.
    pub fn suspend(&mut self, at: Timestamp, left: &Left) {
        self.suspended.get_or_insert_with(|| Suspension { at, because: left.to_string() });
    }

    /// The lowest confidence that may act.
    pub const fn threshold(&self) -> Ppm {
        self.found.threshold
    }

    /// The name of what was certified; a suspension does not change it.
    pub fn digest(&self) -> Digest {
        let Found { threshold, labelled, acted, errors, bound } = self.found;
        let numbers = [
            self.promise.alpha().get(),
            self.promise.delta().get(),
            threshold.get(),
            bound.get(),
            self.issued.micros(),
            self.expires.micros(),
        ]
        .map(i64::to_be_bytes);
        let counts = [labelled, acted, errors].map(u64::to_be_bytes);
        let head = [b"certificate 1".as_slice(), self.scope.as_bytes(), self.model.as_bytes()];
        let tail = numbers.iter().chain(&counts).map(<[u8; 8]>::as_slice);
        Digest::of_parts(head.into_iter().chain(tail))
    }
}

#[cfg(test)]
mod tests;
