//! Plans: what a compiled set does with a signal of a kind, and where each slot's number comes from.

use crate::bits::Bits;
use crate::buckets::Window;
use crate::decay::HalfLife;
use crate::ring::RingPlan;
use crate::values::Fold;
use bellwether_core::{Code, Trust, Type};
use bellwether_expr::{Expr, Slot};

/// A piece of a document's state: what one folding keeps. Features that fold alike share it.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// First 64 bits of the digest of what is folded: names it in stored state.
    pub(crate) tag: u64,
    pub(crate) keeps: Keeps,
    /// The lowest trust of a signal that counts.
    pub(crate) trust: Trust,
    /// Which cell of the document is its own, if it keeps more than a number; of a decayed mean, which of
    /// the decayed sums.
    pub(crate) cell: Option<u16>,
    /// What it reads, for contributions: (kind, filter of that kind, field).
    pub(crate) inputs: Vec<PartInput>,
}

#[derive(Clone, Debug)]
pub(crate) struct PartInput {
    pub(crate) kind: Code,
    pub(crate) filter: Option<u16>,
    pub(crate) register: Option<u16>,
}

/// What a part keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// A bit of a ring.
    Counter {
        ring: usize,
        bit: u32,
    },
    /// All entries ever.
    Total,
    Sum,
    Min,
    Max,
    Distinct,
    Windowed(Fold, Window),
    Decay(HalfLife),
    Newest,
}

impl Keeps {
    /// Whether it keeps more than a number.
    pub(crate) fn needs_cell(self) -> bool {
        !matches!(self, Self::Counter { .. } | Self::Total | Self::Min | Self::Max)
    }

    /// Whether its number follows from what lies within a window.
    pub(crate) fn is_windowed(self) -> bool {
        matches!(self, Self::Counter { .. } | Self::Windowed(..))
    }

    /// Whether its number is there before the first signal.
    pub(crate) fn starts_at_zero(self) -> bool {
        matches!(self, Self::Counter { .. } | Self::Total | Self::Sum | Self::Distinct)
    }
}

/// A field of a signal that is read into a register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: Code,
    pub(crate) kind: Type,
}

/// What a signal of a kind does to a document of a scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct KindPlan {
    /// In the order of their names as text, like the fields of a signal; the position is the register.
    pub(crate) wanted: Vec<Wanted>,
    /// Each filter once.
    pub(crate) filters: Vec<Expr>,
    pub(crate) raises: Vec<Raise>,
    pub(crate) steps: Vec<Step>,
}

/// Which bits of a ring a signal raises.
#[derive(Clone, Debug)]
pub(crate) struct Raise {
    pub(crate) ring: usize,
    /// Those without a filter.
    pub(crate) always: u64,
    /// By filter.
    pub(crate) filtered: Vec<(u16, u64)>,
    /// Those that not everybody's signals raise, by the lowest trust of one that does.
    pub(crate) trusted: Vec<(Trust, u64)>,
}

impl Raise {
    /// The bits that a signal of this trust may raise.
    pub(crate) fn open_to(&self, trust: Trust) -> u64 {
        let closed = self.trusted.iter().filter(|(least, _)| trust < *least);
        !closed.fold(0, |all, (_, bits)| all | bits)
    }
}

/// One part that is folded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) part: u16,
    pub(crate) cell: Option<u16>,
    pub(crate) filter: Option<u16>,
    pub(crate) register: Option<u16>,
    pub(crate) keeps: Keeps,
    /// The lowest trust of a signal that counts.
    pub(crate) trust: Trust,
}

/// Everything about the documents of a scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScopePlan {
    pub(crate) parts: Vec<Part>,
    pub(crate) rings: Vec<RingPlan>,
    /// Parts whose number is there from the start.
    pub(crate) shown: Bits,
    /// By the kind's code.
    pub(crate) kinds: Vec<(Code, KindPlan)>,
    /// Slots that are the numbers of parts as they stand.
    pub(crate) runs: Vec<Run>,
    /// Parts whose number must first be brought to the present.
    pub(crate) moving: Vec<(u16, Fold, Window)>,
    /// Slots that are made of parts.
    pub(crate) made: Vec<(Slot, Source)>,
    pub(crate) required: Vec<Slot>,
}

/// Slots in a row that are the numbers of parts in a row, at most 64: copied as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) slot: Slot,
    pub(crate) part: u16,
    pub(crate) len: u16,
}

impl ScopePlan {
    /// Another slot that is the number of a part; slots come in their order.
    pub(crate) fn show(&mut self, slot: Slot, part: u16) {
        if let Some(last) = self.runs.last_mut() {
            let next = (last.slot + last.len, last.part + last.len);
            if next == (slot, part) && last.len < 64 {
                last.len += 1;
                return;
            }
        }
        self.runs.push(Run { slot, part, len: 1 });
    }

    pub(crate) fn kind(&self, code: Code) -> Option<&KindPlan> {
        let at = self.kinds.binary_search_by_key(&code, |(kind, _)| *kind).ok()?;
        self.kinds.get(at).map(|(_, plan)| plan)
    }
}

/// Where a slot's number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A part's number.
    Part(u16),
    /// The newest value that the present signal did not bring.
    Previous(u16),
    /// The span since the newest entry, or since the newest that the present signal did not bring.
    Since { part: u16, previous: bool },
    /// Two counters.
    Rate { short: u16, long: u16, window: i64, baseline: i64 },
    /// A field of the present signal.
    Current,
    /// Over other facts.
    Computed,
    /// Share of required facts that are known.
    Completeness,
    /// Stream time.
    Now,
}

/// A slot.
#[derive(Clone, Debug)]
pub(crate) struct SlotPlan {
    pub(crate) scope: usize,
    pub(crate) source: Source,
    pub(crate) freshness: Option<i64>,
    pub(crate) default: Option<i64>,
    /// The lowest trust of a signal that may move it; of a computed one, as it says.
    pub(crate) trust: Trust,
}

/// The fields of a present signal that are facts, in the order of their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presents {
    pub(crate) wanted: Vec<Wanted>,
    /// By wanted field.
    pub(crate) slots: Vec<Vec<Slot>>,
}
