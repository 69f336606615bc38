//! Programs: a checked tree as one flat list of steps over numbered places.
//!
//! - In: a [`Node`], once; then [`Slots`], often.
//! - Out: the tree's number, or nothing where it is missing.
//! - Never: recurses, allocates or leaves a step out while it evaluates.
//!
//! First come the constants and the facts that are read, each once; then every step writes one more
//! number. Nothing has an effect, so both branches of a choice and every part of `&&` are computed:
//! straight steps cost less than jumps that are guessed wrong.

use crate::catalogue::Slot;
use crate::expr::MAX_LENGTH;
use crate::node::{Arith, Comparison, Node, Op};
use crate::slots::Slots;
use crate::tri::Tri;

/// Places of most programs.
const FEW: usize = 16;

/// Places of nearly every program.
const SOME: usize = 32;

/// Places at most: the parts of an expression are no more than its bytes.
const MOST: usize = MAX_LENGTH;

/// A tree, ready to be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Program {
    /// A fact beside a number, as most conditions are.
    Test(Comparison),
    Fact(Slot),
    Const(i64),
    Steps(Box<Steps>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Steps {
    /// The first places.
    consts: Vec<i64>,
    /// The places after them: facts.
    facts: Vec<Slot>,
    /// The places after them: whether facts are known.
    asked: Vec<(Slot, bool)>,
    steps: Vec<Step>,
    /// Where the result stands.
    result: u16,
    /// How many places there are.
    places: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    does: Does,
    a: u16,
    b: u16,
    to: u16,
}

/// What a step writes; `to` also names a third number where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Add,
    Sub,
    Mul,
    /// `to + a * b`
    MulAdd,
    Min,
    Max,
    Other(Arith),
    Abs,
    Eq,
    Ne,
    Lt,
    Le,
    And,
    Or,
    /// `to ? a : b`
    Select,
}

impl Program {
    pub(crate) fn new(node: &Node) -> Self {
        match node {
            Node::Test(test) => return Self::Test(*test),
            Node::Slot(slot) => return Self::Fact(*slot),
            Node::Const(number) => return Self::Const(*number),
            _ => {}
        }
        let mut writer = Writer::default();
        writer.collect(node);
        writer.next = writer.first();
        writer.most = writer.next;
        let result = writer.place(node);
        let Writer { consts, facts, asked, steps, most, .. } = writer;
        Self::Steps(Box::new(Steps { consts, facts, asked, steps, result, places: most.into() }))
    }

    /// The number, or nothing where it is missing.
    #[inline]
    pub(crate) fn eval(&self, slots: &Slots) -> Option<i64> {
        match self {
            Self::Test(test) => {
                slots.get(test.slot).map(|number| test.op.holds(number, test.limit).into())
            }
            Self::Fact(slot) => slots.get(*slot),
            Self::Const(number) => Some(*number),
            Self::Steps(steps) if steps.places <= FEW => steps.run::<FEW>(slots),
            Self::Steps(steps) if steps.places <= SOME => steps.run::<SOME>(slots),
            Self::Steps(steps) => steps.run::<MOST>(slots),
        }
    }

    /// The truth; of a number, whether it is not zero.
    #[inline]
    pub(crate) fn truth(&self, slots: &Slots) -> Tri {
        Tri::from_raw(self.eval(slots))
    }
}

/// One of something for each place. `ROOM` is a power of two, and places wrap at it, so that no step has
/// to ask whether its place exists.
struct Room<T, const ROOM: usize>([T; ROOM]);

impl<T: Copy + Default, const ROOM: usize> Room<T, ROOM> {
    #[inline]
    fn get(&self, place: u16) -> T {
        self.0.get(usize::from(place) & (ROOM - 1)).copied().unwrap_or_default()
    }

    #[inline]
    fn put(&mut self, place: u16, one: T) {
        if let Some(own) = self.0.get_mut(usize::from(place) & (ROOM - 1)) {
            *own = one;
        }
    }
}

impl Steps {
    fn run<const ROOM: usize>(&self, slots: &Slots) -> Option<i64> {
        let (mut numbers, mut sure) = (Room([0; ROOM]), true);
        for (number, place) in self.consts.iter().zip(0u16..) {
            numbers.put(place, *number);
        }
        let mut places = self.consts.len() as u16..;
        for (slot, place) in self.facts.iter().zip(&mut places) {
            let (number, known) = slots.look(*slot);
            numbers.put(place, number);
            sure &= known;
        }
        for ((slot, known), place) in self.asked.iter().zip(&mut places) {
            numbers.put(place, (slots.look(*slot).1 == *known).into());
        }
        if sure {
            // Nearly always everything is known; then only the numbers matter, as long as they fit.
            for step in &self.steps {
                let (number, fits) = step.number(&numbers);
                numbers.put(step.to, number);
                sure &= fits;
            }
            if sure {
                return Some(numbers.get(self.result));
            }
        }
        self.doubtful(slots, &mut numbers)
    }

    /// The same where something is missing: each number says whether it is known.
    #[cold]
    fn doubtful<const ROOM: usize>(
        &self,
        slots: &Slots,
        numbers: &mut Room<i64, ROOM>,
    ) -> Option<i64> {
        let mut known = Room([true; ROOM]);
        for (slot, place) in self.facts.iter().zip(self.consts.len() as u16..) {
            known.put(place, slots.look(*slot).1);
        }
        for step in &self.steps {
            let (number, is_known) = step.made(numbers, &known);
            numbers.put(step.to, number);
            known.put(step.to, is_known);
        }
        known.get(self.result).then(|| numbers.get(self.result))
    }
}

impl Step {
    /// What it makes of numbers that are known, and whether that fits.
    #[inline(always)]
    fn number<const ROOM: usize>(&self, numbers: &Room<i64, ROOM>) -> (i64, bool) {
        let (a, b) = (numbers.get(self.a), numbers.get(self.b));
        let fits = |(number, over): (i64, bool)| (number, !over);
        match self.does {
            Does::Add => fits(a.overflowing_add(b)),
            Does::Sub => fits(a.overflowing_sub(b)),
            Does::Mul => fits(a.overflowing_mul(b)),
            Does::MulAdd => {
                let (product, over) = a.overflowing_mul(b);
                let (sum, beyond) = numbers.get(self.to).overflowing_add(product);
                (sum, !(over | beyond))
            }
            Does::Min => (a.min(b), true),
            Does::Max => (a.max(b), true),
            Does::Other(arith) => match arith.apply(a, b) {
                Some(number) => (number, true),
                None => (0, false),
            },
            Does::Abs => fits(a.overflowing_abs()),
            Does::Eq => ((a == b).into(), true),
            Does::Ne => ((a != b).into(), true),
            Does::Lt => ((a < b).into(), true),
            Does::Le => ((a <= b).into(), true),
            Does::And => (((a != 0) & (b != 0)).into(), true),
            Does::Or => (((a != 0) | (b != 0)).into(), true),
            Does::Select => (if numbers.get(self.to) != 0 { a } else { b }, true),
        }
    }

    /// What it makes where something may be missing. A number that is not known has no meaning.
    fn made<const ROOM: usize>(
        &self,
        numbers: &Room<i64, ROOM>,
        known: &Room<bool, ROOM>,
    ) -> (i64, bool) {
        let both = known.get(self.a) & known.get(self.b);
        let is = |place: u16, truth: bool| known.get(place) & ((numbers.get(place) != 0) == truth);
        let (number, fits) = self.number(numbers);
        match self.does {
            Does::And => {
                let decided = is(self.a, false) | is(self.b, false);
                ((!decided).into(), both | decided)
            }
            Does::Or => {
                let decided = is(self.a, true) | is(self.b, true);
                (decided.into(), both | decided)
            }
            Does::Select => {
                let chosen = if numbers.get(self.to) != 0 { self.a } else { self.b };
                (number, known.get(chosen) & known.get(self.to))
            }
            Does::MulAdd => (number, both & known.get(self.to) & fits),
            _ => (number, both & fits),
        }
    }
}

/// Gives places to constants and facts, then to steps; the places of steps are used again.
#[derive(Default)]
struct Writer {
    consts: Vec<i64>,
    facts: Vec<Slot>,
    asked: Vec<(Slot, bool)>,
    steps: Vec<Step>,
    /// The next place of a step.
    next: u16,
    most: u16,
}

impl Writer {
    /// Notes what the tree reads, each once.
    fn collect(&mut self, node: &Node) {
        note(&mut self.consts, 0);
        node.walk(&mut |node| match node {
            Node::Const(number) => note(&mut self.consts, *number),
            Node::Slot(slot) => note(&mut self.facts, *slot),
            Node::Known { slot, known } => note(&mut self.asked, (*slot, *known)),
            Node::Test(test) => {
                note(&mut self.facts, test.slot);
                note(&mut self.consts, test.limit);
            }
            Node::All(_) => note(&mut self.consts, 1),
            _ => {}
        });
    }

    /// The first place of a step.
    fn first(&self) -> u16 {
        (self.consts.len() + self.facts.len() + self.asked.len()) as u16
    }

    fn constant(&self, number: i64) -> u16 {
        position(&self.consts, number)
    }

    fn fact(&self, slot: Slot) -> u16 {
        self.consts.len() as u16 + position(&self.facts, slot)
    }

    /// A place for a step.
    fn open(&mut self) -> u16 {
        let place = self.next;
        self.next += 1;
        self.most = self.most.max(self.next);
        place
    }

    fn step(&mut self, does: Does, a: u16, b: u16, to: u16) -> u16 {
        self.steps.push(Step { does, a, b, to });
        to
    }

    /// Two parts that become one number. Their own places are free again afterwards.
    fn pair(&mut self, does: Does, a: &Node, b: &Node) -> u16 {
        let to = self.open();
        let (a, b) = (self.place(a), self.place(b));
        self.next = to + 1;
        self.step(does, a, b, to)
    }

    fn compare(&mut self, op: Op, a: &Node, b: &Node) -> u16 {
        match op {
            Op::Eq => self.pair(Does::Eq, a, b),
            Op::Ne => self.pair(Does::Ne, a, b),
            Op::Lt => self.pair(Does::Lt, a, b),
            Op::Le => self.pair(Does::Le, a, b),
            Op::Gt | Op::Ge => self.compare(op.flipped(), b, a),
        }
    }

    /// Parts that are joined one after the other.
    fn chain(&mut self, does: Does, start: i64, parts: &[Node]) -> u16 {
        let to = self.open();
        let mut last = self.constant(start);
        for part in parts {
            let part = self.place(part);
            self.next = to + 1;
            last = self.step(does, last, part, to);
        }
        last
    }

    /// Writes what a part needs; says where its number then stands.
    fn place(&mut self, node: &Node) -> u16 {
        match node {
            Node::Const(number) => self.constant(*number),
            Node::Slot(slot) => self.fact(*slot),
            Node::Known { slot, known } => {
                let before = self.consts.len() + self.facts.len();
                before as u16 + position(&self.asked, (*slot, *known))
            }
            Node::Test(Comparison { slot, op, limit }) => {
                self.compare(*op, &Node::Slot(*slot), &Node::Const(*limit))
            }
            Node::Compare(op, a, b) => self.compare(*op, a, b),
            Node::Arith(arith, a, b) => self.arith(*arith, a, b),
            Node::Member(item, list) => {
                let to = self.open();
                let item = self.place(item);
                let (same, mut last) = (self.open(), self.constant(0));
                for element in list {
                    let element = self.place(element);
                    self.step(Does::Eq, item, element, same);
                    last = self.step(Does::Or, last, same, to);
                    self.next = same + 1;
                }
                self.next = to + 1;
                last
            }
            Node::Not(inner) => self.pair(Does::Eq, inner, &Node::Const(0)),
            Node::All(parts) => self.chain(Does::And, 1, parts),
            Node::Any(parts) => self.chain(Does::Or, 0, parts),
            Node::Negate(inner) => self.pair(Does::Sub, &Node::Const(0), inner),
            Node::Abs(inner) => self.pair(Does::Abs, inner, &Node::Const(0)),
            Node::If(parts) => {
                let [condition, yes, no] = &**parts;
                let to = self.pair(Does::Or, condition, &Node::Const(0));
                let (yes, no) = (self.place(yes), self.place(no));
                self.next = to + 1;
                self.step(Does::Select, yes, no, to)
            }
        }
    }

    fn arith(&mut self, arith: Arith, a: &Node, b: &Node) -> u16 {
        match (arith, a, b) {
            (Arith::Add, Node::Arith(..), Node::Arith(Arith::Mul(1), left, right)) => {
                let to = self.place(a);
                let (left, right) = (self.place(left), self.place(right));
                self.next = to + 1;
                self.step(Does::MulAdd, left, right, to)
            }
            (Arith::Add, ..) => self.pair(Does::Add, a, b),
            (Arith::Sub, ..) => self.pair(Does::Sub, a, b),
            (Arith::Mul(1), ..) => self.pair(Does::Mul, a, b),
            (Arith::Min, ..) => self.pair(Does::Min, a, b),
            (Arith::Max, ..) => self.pair(Does::Max, a, b),
            _ => self.pair(Does::Other(arith), a, b),
        }
    }
}

fn note<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}

fn position<T: PartialEq>(list: &[T], one: T) -> u16 {
    list.iter().position(|other| *other == one).unwrap_or(0) as u16
}
