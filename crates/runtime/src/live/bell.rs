//! A bell: one rings, others wait for it, and nobody asks again and again.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Counts its rings; whoever has seen fewer does not have to wait.
#[derive(Debug, Default)]
pub struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// Wakes everybody who waits.
    pub fn ring(&self) {
        *self.rings.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rung.notify_all();
    }

    /// Waits until it has rung more often than `seen`, or so long. Gives how often it has rung.
    pub fn wait(&self, seen: u64, most: Duration) -> u64 {
        let rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.rung.wait_timeout_while(rings, most, |rings| *rings <= seen);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_that_came_before_the_wait_is_heard() {
        let bell = Bell::default();
        assert_eq!(bell.wait(0, Duration::ZERO), 0, "nothing rang");
        bell.ring();
        assert_eq!(bell.wait(0, Duration::from_secs(600)), 1);
    }
}
