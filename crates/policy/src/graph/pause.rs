//! How long somebody has to answer before the next is asked, or the same one again.
//!
//! - In: the position in a chain, and how long the chain is.
//! - Out: a span.
//! - Never: a look at who is there.

use super::Human;
use bellwether_core::Duration;

/// The longest pause between two rings when everybody has been asked, and the longest that somebody may
/// put it off.
pub const LONGEST_PAUSE: Duration = Duration::from_days(7);

impl Human {
    /// The pause after the ask at a rung of a chain of so many: `ack`; beyond the chain's end twice as long
    /// each time, up to [`LONGEST_PAUSE`], and never less than `ack`.
    pub fn pause(&self, rung: usize, rungs: usize) -> Duration {
        let beyond = (rung + 1).saturating_sub(rungs).min(16);
        if beyond == 0 {
            return self.ack;
        }
        let pause = Duration::from_micros(self.ack.micros().saturating_mul(1 << beyond));
        pause.min(LONGEST_PAUSE.max(self.ack))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_beyond_the_chain_and_end_at_the_longest() {
        let hours = |hours: i64| Duration::from_micros(hours * 3_600_000_000);
        let human = |ack: i64| Human {
            role: String::new(),
            fallback: Vec::new(),
            level: 1,
            ack: hours(ack),
            act: hours(ack),
            again: hours(ack),
            approves: None,
            approval: None,
            permit: None,
            refused: None,
            steps: Vec::new(),
            reach: None,
            chain: Vec::new(),
        };
        for (ack, rung, rungs, pause) in [
            (4, 0, 2, 4),
            (4, 1, 2, 4),
            (4, 2, 2, 8),
            (4, 3, 2, 16),
            (4, 30, 2, 7 * 24),
            (4, 0, 0, 8),
            (10 * 24, 5, 2, 10 * 24),
        ] {
            assert_eq!(human(ack).pause(rung, rungs), hours(pause), "{ack} {rung} {rungs}");
        }
    }
}
