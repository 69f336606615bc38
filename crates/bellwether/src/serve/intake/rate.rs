//! How many signals a second are taken, where that is configured: a bucket that fills as time passes.

use crate::serve::problem::Refused;
use axum::http::StatusCode;
use bellwether_core::{Problem, Timestamp};
use std::sync::{Mutex, PoisonError};

/// A limit over all senders.
pub(crate) struct Rate {
    /// Signals a second; none: no limit.
    most: Option<u64>,
    /// Signals that may be taken now, in millionths, and as of when.
    bucket: Mutex<(u64, Timestamp)>,
}

impl Rate {
    /// So many signals a second, and as many at once.
    pub(crate) fn of(most: Option<u64>) -> Self {
        let full = most.unwrap_or_default().saturating_mul(1_000_000);
        Self { most, bucket: Mutex::new((full, Timestamp::MIN)) }
    }

    /// Takes so many signals from the bucket.
    ///
    /// # Errors
    /// `intake-rate` with the time until there is room for them.
    pub(super) fn take(&self, signals: usize, now: Timestamp) -> Result<(), Refused> {
        let Some(most) = self.most else { return Ok(()) };
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let (full, wanted) =
            (most.saturating_mul(1_000_000), (signals as u64).saturating_mul(1_000_000));
        let passed = now.since(bucket.1).micros().max(0).unsigned_abs();
        let filled = bucket.0.saturating_add(passed.saturating_mul(most)).min(full);
        // What is larger than the bucket passes when it is full.
        if filled < wanted.min(full) {
            let seconds = (wanted.min(full) - filled).div_ceil(full.max(1));
            let problem = Problem::new("intake-rate", format!("more than {most} signals a second"))
                .help("send it again after the time in `Retry-After`; nothing was kept");
            return Err(Refused::new(StatusCode::TOO_MANY_REQUESTS, problem).again_in(seconds));
        }
        *bucket = (filled.saturating_sub(wanted), bucket.1.max(now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_as_time_passes() {
        let rate = Rate::of(Some(10));
        let at = |millis: i64| Timestamp::from_micros(1_000_000_000 + millis * 1_000);
        assert!(rate.take(10, at(0)).is_ok(), "it begins full");
        let refused = rate.take(1, at(50)).unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (StatusCode::TOO_MANY_REQUESTS, Some(1)));
        assert!(rate.take(1, at(100)).is_ok(), "one in a tenth of a second");
        assert!(rate.take(1, at(90)).is_err(), "a clock that goes back fills nothing");
        assert!(rate.take(500, at(2_000)).is_ok(), "a large batch passes when it is full");
        assert!(rate.take(1, at(2_000)).is_err());
        assert!(Rate::of(None).take(usize::MAX, at(0)).is_ok());
    }
}
