//! The lifecycle of an escalation: one per graph and subject, moved by one function.
//!
//! Live runs, recovery, replay and simulation all move it through [`Escalation::next`].

use crate::{Code, Timestamp};

/// Where an escalation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escalation {
    /// Not yet for a person: more is to be found out until `due`.
    Discovering {
        /// The node.
        node: Code,
        /// When it is decided again.
        due: Timestamp,
    },
    /// A person was asked and has until `due`.
    Asked {
        /// The node.
        node: Code,
        /// Position in the node's whole chain of people, from 0, whoever of them is there; from the
        /// chain's length on it counts how often the last one is asked again.
        rung: u16,
        /// Who was asked.
        person: Code,
        /// When.
        at: Timestamp,
        /// Until when.
        due: Timestamp,
    },
    /// A person took it; if nothing moves until `due`, it is asked again.
    Accepted {
        /// The node.
        node: Code,
        /// Position in the chain.
        rung: u16,
        /// Who.
        person: Code,
        /// When.
        at: Timestamp,
        /// Until when something must have moved.
        due: Timestamp,
    },
    /// It is over.
    Closed {
        /// When.
        at: Timestamp,
        /// How.
        how: Closing,
    },
}

/// How an escalation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closing {
    /// A person said that it is done.
    Resolved,
    /// The subject ended: the case or deal was closed.
    SubjectClosed,
    /// The graph no longer asks for anybody.
    StoodDown,
    /// Somebody whose approval it needed refused.
    Refused,
}

impl Closing {
    /// The word in state and explanations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::SubjectClosed => "subject_closed",
            Self::StoodDown => "stood_down",
            Self::Refused => "refused",
        }
    }
}

/// What can move an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscalationEvent {
    /// The graph decided to find out more first.
    Discover {
        /// The node.
        node: Code,
        /// When it is decided again.
        due: Timestamp,
    },
    /// A person is asked: the first, the next of the chain, or one at a higher level.
    Ask {
        /// The node.
        node: Code,
        /// Position in its chain.
        rung: u16,
        /// Who.
        person: Code,
        /// When.
        at: Timestamp,
        /// Until when.
        due: Timestamp,
    },
    /// The person who was asked takes it.
    Accept {
        /// Who.
        person: Code,
        /// When.
        at: Timestamp,
        /// Until when something must have moved.
        due: Timestamp,
    },
    /// It ends.
    Close {
        /// When.
        at: Timestamp,
        /// How.
        how: Closing,
    },
}

/// A move that the lifecycle does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an escalation in state {state:?} cannot move by {event:?}")]
pub struct IllegalMove {
    /// Where it stood.
    pub state: Option<Escalation>,
    /// What was tried.
    pub event: EscalationEvent,
}

impl Escalation {
    /// The state after an event. `None` stands for "there is none yet".
    ///
    /// # Errors
    /// [`IllegalMove`], which names both sides, when the lifecycle has no such move.
    pub fn next(state: Option<Self>, event: EscalationEvent) -> Result<Self, IllegalMove> {
        use EscalationEvent as E;
        let live = state.filter(Self::is_live);
        match (live, event) {
            (None | Some(Self::Discovering { .. }), E::Discover { node, due }) => {
                Ok(Self::Discovering { node, due })
            }
            (_, E::Ask { node, rung, person, at, due }) => {
                Ok(Self::Asked { node, rung, person, at, due })
            }
            (
                Some(Self::Asked { node, rung, person: asked, .. }),
                E::Accept { person, at, due },
            ) if asked == person => Ok(Self::Accepted { node, rung, person, at, due }),
            (Some(_), E::Close { at, how }) => Ok(Self::Closed { at, how }),
            _ => Err(IllegalMove { state, event }),
        }
    }

    /// The word in records and explanations.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Discovering { .. } => "discovering",
            Self::Asked { .. } => "asked",
            Self::Accepted { .. } => "accepted",
            Self::Closed { .. } => "closed",
        }
    }

    /// Whether somebody or something is still being waited for.
    pub const fn is_live(&self) -> bool {
        !matches!(self, Self::Closed { .. })
    }

    /// The person who has it now.
    pub const fn person(&self) -> Option<Code> {
        match self {
            Self::Asked { person, .. } | Self::Accepted { person, .. } => Some(*person),
            Self::Discovering { .. } | Self::Closed { .. } => None,
        }
    }

    /// The node it stands at.
    pub const fn node(&self) -> Option<Code> {
        match self {
            Self::Discovering { node, .. }
            | Self::Asked { node, .. }
            | Self::Accepted { node, .. } => Some(*node),
            Self::Closed { .. } => None,
        }
    }

    /// When it must be looked at again.
    pub const fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Discovering { due, .. }
            | Self::Asked { due, .. }
            | Self::Accepted { due, .. } => Some(*due),
            Self::Closed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_decided() {
        let t = Timestamp::from_secs;
        let [node, ann, bob] = ["sponsor", "ann", "bob"].map(Code::of);
        let asked = Escalation::Asked { node, rung: 0, person: ann, at: t(1), due: t(9) };
        let accepted = Escalation::Accepted { node, rung: 0, person: ann, at: t(2), due: t(9) };
        let states = [
            None,
            Some(Escalation::Discovering { node, due: t(9) }),
            Some(asked),
            Some(accepted),
            Some(Escalation::Closed { at: t(3), how: Closing::Resolved }),
        ];
        let events = [
            EscalationEvent::Discover { node, due: t(5) },
            EscalationEvent::Ask { node, rung: 1, person: bob, at: t(5), due: t(6) },
            EscalationEvent::Accept { person: ann, at: t(5), due: t(6) },
            EscalationEvent::Close { at: t(5), how: Closing::StoodDown },
        ];
        let legal = [
            [true, true, false, false],
            [true, true, false, true],
            [false, true, true, true],
            [false, true, false, true],
            [true, true, false, false],
        ];
        for (state, row) in states.iter().zip(legal) {
            for (event, fine) in events.iter().zip(row) {
                let next = Escalation::next(*state, *event);
                assert_eq!(next.is_ok(), fine, "{state:?} by {event:?}");
            }
        }
        let stranger = EscalationEvent::Accept { person: bob, at: t(5), due: t(6) };
        assert!(Escalation::next(Some(asked), stranger).is_err(), "only who was asked may accept");
    }
}
