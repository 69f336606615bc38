//! Approval steps: how long each makes people wait, and what it catches.
//!
//! - In: one [`Passage`] for each time that somebody was asked to approve.
//! - Out: a [`Checkpoint`] for each step, the one that costs the most waiting first.
//! - Never: says that a step may go. Whether every proof still holds without it is for others to find out.

use crate::quality::{Ratio, Spread};
use bellwether_core::Timestamp;
use std::collections::BTreeMap;

/// How an approval step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Somebody approved.
    Approved,
    /// Somebody refused: the step caught what it is there for.
    Refused,
    /// It became pointless: the matter ended, or went to a higher level.
    Dropped,
}

/// One time that a step was waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The step, as its graph and node name it.
    pub step: String,
    /// Who answers for it.
    pub owner: String,
    /// When the first of its people was asked.
    pub asked: Timestamp,
    /// When and how it ended; nothing while it is waited for.
    pub ended: Option<(Timestamp, Ending)>,
}

/// What is known of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The step.
    pub step: String,
    /// Who answers for it.
    pub owner: String,
    /// How often somebody was asked.
    pub asked: u64,
    /// How many of those who were asked and answered refused.
    pub caught: Ratio,
    /// How many ended without an answer.
    pub dropped: u64,
    /// How many are waited for.
    pub open: u64,
    /// How long an answer took, in microseconds.
    pub wait: Spread,
    /// All waiting for answers together, in microseconds.
    pub total: i64,
}

/// Sums up passages by step.
pub fn checkpoints(passages: &[Passage]) -> Vec<Checkpoint> {
    let mut steps: BTreeMap<&str, Vec<&Passage>> = BTreeMap::new();
    for passage in passages {
        steps.entry(&passage.step).or_default().push(passage);
    }
    let mut found: Vec<_> = steps.into_iter().map(|(step, of)| checkpoint(step, &of)).collect();
    found.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.step.cmp(&b.step)));
    found
}

fn checkpoint(step: &str, passages: &[&Passage]) -> Checkpoint {
    let count = |wanted: Option<Ending>| {
        passages.iter().filter(|one| one.ended.map(|(_, how)| how) == wanted).count() as u64
    };
    let (approved, refused) = (count(Some(Ending::Approved)), count(Some(Ending::Refused)));
    let waited = |passage: &&Passage| match passage.ended? {
        (_, Ending::Dropped) => None,
        (at, _) => Some(at.since(passage.asked).micros()),
    };
    let mut waits: Vec<i64> = passages.iter().filter_map(waited).collect();
    waits.sort_unstable();
    Checkpoint {
        step: step.to_owned(),
        owner: passages.last().map(|one| one.owner.clone()).unwrap_or_default(),
        asked: passages.len() as u64,
        caught: Ratio::new(refused, approved + refused),
        dropped: count(Some(Ending::Dropped)),
        open: count(None),
        wait: Spread::of(&waits),
        total: waits.iter().fold(0, |sum, wait| sum.saturating_add(*wait)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(step: &str, asked: i64, ended: Option<(i64, Ending)>) -> Passage {
        let ended = ended.map(|(at, how)| (Timestamp::from_secs(at), how));
        let asked = Timestamp::from_secs(asked);
        Passage { step: step.to_owned(), owner: "ann".to_owned(), asked, ended }
    }

    #[test]
    fn steps_are_summed_up_and_the_slowest_comes_first() {
        use Ending::{Approved, Dropped, Refused};
        let found = checkpoints(&[
            passage("legal", 0, Some((10, Approved))),
            passage("finance", 0, Some((100, Approved))),
            passage("finance", 50, Some((350, Refused))),
            passage("finance", 60, Some((9_999, Dropped))),
            passage("finance", 70, None),
        ]);
        let [finance, legal] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finance.step.as_str(), legal.step.as_str()), ("finance", "legal"));
        assert_eq!((finance.asked, finance.dropped, finance.open), (4, 1, 1));
        assert_eq!(finance.caught, Ratio::new(1, 2));
        assert_eq!(finance.total, 400_000_000, "what was dropped was not waited for");
        assert_eq!(finance.wait.median, Some(200_000_000.0));
        assert_eq!(legal.caught, Ratio::new(0, 1));
        assert_eq!(checkpoints(&[]), vec![]);
    }
}
