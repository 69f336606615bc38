//! The space that boxes lie in: what each fact can be, and which conditions stay whole.
//!
//! - In: expressions of one catalogue.
//! - Out: the region where each is true, false, not true or not false; points of cells, in words.
//! - Never: an exact claim about a condition that is not taken apart.

use super::{Axis, Cell, Region, Values};
use crate::catalogue::{Catalogue, Slot};
use crate::expr::Expr;
use crate::node::{Comparison, Node, Op};
use crate::slots::Slots;
use bellwether_core::Type;

/// Which truths a region is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Where it is true.
    True,
    /// Where it is false.
    False,
    /// Where it is true or unknown.
    NotFalse,
    /// Where it is false or unknown.
    NotTrue,
}

impl Truth {
    /// The truths of the opposite condition.
    const fn opposite(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::NotFalse => Self::NotTrue,
            Self::NotTrue => Self::NotFalse,
        }
    }
}

/// The most visits of a condition's parts. Without, `?:` in the condition of `?:` would double the work at
/// each level; as it is, a condition has fewer parts than its text has bytes.
const VISITS: usize = 8_192;

/// Facts, and the conditions that are not taken apart.
pub struct Space<'a> {
    catalogue: &'a Catalogue,
    others: Vec<Node>,
    closed: bool,
    most: usize,
    /// How many visits of this condition are left.
    visits: usize,
}

impl<'a> Space<'a> {
    /// A space of the facts of a catalogue. No region takes more than `most` cells.
    pub const fn new(catalogue: &'a Catalogue, most: usize) -> Self {
        Self { catalogue, others: Vec::new(), closed: false, most, visits: 0 }
    }

    /// The same, where a code with a closed list is never another word. Signals are not checked
    /// against those lists, so this is for tables that have no value for other words anyway.
    #[must_use]
    pub const fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// The facts of the space.
    pub const fn catalogue(&self) -> &'a Catalogue {
        self.catalogue
    }

    /// What a fact can be when it is known.
    pub fn domain(&self, slot: Slot) -> Values {
        let Some(fact) = self.catalogue.fact(slot) else { return Values::known() };
        match fact.kind {
            Type::Bool => Values::between(0, 1),
            Type::Ratio if fact.name == "completeness" => Values::between(0, 1_000_000),
            Type::Code if self.closed && !fact.values.is_empty() => {
                let words = fact.values.iter();
                let words = words.map(|word| Some(bellwether_core::Code::of(word).raw()));
                words.fold(Values::between(1, 0), |all, word| all.or(&Values::point(word)))
            }
            _ => Values::known(),
        }
    }

    /// The points where an expression has one of these truths; nothing when that is too large.
    pub fn region(&mut self, expr: &Expr, truth: Truth) -> Option<Region> {
        self.visits = VISITS;
        self.of(&expr.root, truth)
    }

    fn of(&mut self, node: &Node, truth: Truth) -> Option<Region> {
        self.visits = self.visits.checked_sub(1)?;
        match node {
            Node::Const(number) => {
                let holds = matches!(truth, Truth::True | Truth::NotFalse) == (*number != 0);
                Some(if holds { Region::everything() } else { Region::nothing() })
            }
            Node::Test(test) => Some(self.test(*test, truth)),
            Node::Known { slot, known } => {
                let known = matches!(truth, Truth::True | Truth::NotFalse) == *known;
                let values = if known { self.domain(*slot) } else { Values::missing() };
                Some(Region::of(Cell::of(Axis::Fact(*slot), values)))
            }
            Node::Not(inner) => self.of(inner, truth.opposite()),
            Node::All(parts) => match truth {
                Truth::True | Truth::NotFalse => self.every(parts, truth),
                Truth::False | Truth::NotTrue => self.some(parts, truth),
            },
            Node::Any(parts) => match truth {
                Truth::True | Truth::NotFalse => self.some(parts, truth),
                Truth::False | Truth::NotTrue => self.every(parts, truth),
            },
            Node::If(parts) => self.choice(parts, truth),
            other => Some(self.whole(other, truth)),
        }
    }

    fn test(&self, test: Comparison, truth: Truth) -> Region {
        let op = if matches!(truth, Truth::True | Truth::NotFalse) {
            test.op
        } else {
            test.op.negated()
        };
        let values = Values::such(op, test.limit).and(&self.domain(test.slot));
        let values = match truth {
            Truth::True | Truth::False => values,
            Truth::NotFalse | Truth::NotTrue => values.or_missing(),
        };
        Region::of(Cell::of(Axis::Fact(test.slot), values))
    }

    fn every(&mut self, parts: &[Node], truth: Truth) -> Option<Region> {
        let mut all = Region::everything();
        for part in parts {
            let part = self.of(part, truth)?;
            all = all.and(&part, self.most)?;
        }
        Some(all)
    }

    fn some(&mut self, parts: &[Node], truth: Truth) -> Option<Region> {
        let mut any = Region::nothing();
        for part in parts {
            any = any.or(self.of(part, truth)?);
            if any.cells().len() > self.most {
                return None;
            }
        }
        Some(any)
    }

    /// `c ? a : b` is unknown where `c` is.
    fn choice(&mut self, parts: &[Node; 3], truth: Truth) -> Option<Region> {
        let [condition, yes, no] = parts;
        let most = self.most;
        let taken = self.of(condition, Truth::True)?.and(&self.of(yes, truth)?, most)?;
        let left = self.of(condition, Truth::False)?.and(&self.of(no, truth)?, most)?;
        let both = taken.or(left);
        if matches!(truth, Truth::True | Truth::False) {
            return Some(both);
        }
        let open = self.of(condition, Truth::NotTrue)?;
        Some(both.or(open.and(&self.of(condition, Truth::NotFalse)?, most)?))
    }

    /// A condition that is not taken apart; its opposite is the same axis.
    fn whole(&mut self, node: &Node, truth: Truth) -> Region {
        let (node, truth) = match node {
            Node::Compare(op @ (Op::Ne | Op::Ge | Op::Gt), a, b) => {
                (Node::Compare(op.negated(), a.clone(), b.clone()), truth.opposite())
            }
            other => (other.clone(), truth),
        };
        let known = self.others.iter().position(|known| *known == node);
        let at = known.unwrap_or(self.others.len());
        if known.is_none() {
            self.others.push(node);
        }
        let values = match truth {
            Truth::True => Values::between(1, 1),
            Truth::False => Values::between(0, 0),
            Truth::NotFalse => Values::between(1, 1).or_missing(),
            Truth::NotTrue => Values::between(0, 0).or_missing(),
        };
        Region::of(Cell::of(Axis::Other(at), values))
    }

    /// A condition that is not taken apart, by its number.
    #[cfg(test)]
    pub(super) fn other(&self, at: usize) -> Option<&Node> {
        self.others.get(at)
    }

    /// Sets the facts that a cell limits to one of its points; `false` where it also limits a condition
    /// that is not taken apart, so that the point may lie elsewhere.
    pub fn place(&self, cell: &Cell, slots: &mut Slots) -> bool {
        let mut exact = true;
        for (axis, values) in cell.sides() {
            match axis {
                Axis::Other(_) => exact = false,
                Axis::Fact(slot) => match values.example() {
                    Some(Some(raw)) => slots.set(*slot, raw),
                    _ => slots.unset(*slot),
                },
            }
        }
        exact
    }

    /// A point of a cell for people: `deal.amount = 100000, account.strategic = false`.
    pub fn tell(&self, cell: &Cell) -> String {
        let side = |(axis, values): &(Axis, Values)| {
            let Axis::Fact(slot) = axis else { return None };
            Some(self.said(*slot, values.example()?))
        };
        let told: Vec<_> = cell.sides().iter().filter_map(side).collect();
        told.join(", ")
    }

    /// A value of a fact for people: `deal.amount = 100000`.
    pub fn said(&self, slot: Slot, value: Option<i64>) -> String {
        let Some(fact) = self.catalogue.fact(slot) else { return String::new() };
        let name = &fact.name;
        match value {
            None => format!("{name} is not known"),
            Some(raw) if fact.kind == Type::Bool => format!("{name} = {}", raw != 0),
            Some(raw) if fact.kind == Type::Code => {
                match self.catalogue.word(bellwether_core::Code::from_raw(raw)) {
                    Some(word) => format!("{name} = {word}"),
                    None => format!("{name} = another word"),
                }
            }
            Some(raw) => format!("{name} = {}", self.catalogue.show(fact.kind, raw)),
        }
    }
}
