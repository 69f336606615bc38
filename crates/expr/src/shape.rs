//! Shapes: what type a part has, where a written number or word has not chosen yet.

use crate::ast::Sign;
use crate::node::Arith;
use bellwether_core::Type;

/// What is known of a part's type before its surroundings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It has this type.
    Known(Type),
    /// A written number: whole ones may be int, ratio or money, others not int.
    Number { decimal: bool },
    /// A quoted word: a code.
    Word,
    /// It is wrong in itself; the fault is reported where it stands.
    Broken,
}

/// One in parts per million.
const RATIO: i64 = 1_000_000;

impl Shape {
    /// The type it takes on its own.
    pub(crate) const fn settled(self) -> Option<Type> {
        match self {
            Self::Known(kind) => Some(kind),
            Self::Number { decimal: true } => Some(Type::Ratio),
            Self::Number { decimal: false } => Some(Type::Int),
            Self::Word => Some(Type::Code),
            Self::Broken => None,
        }
    }

    /// Whether it can stand where this type is wanted.
    pub(crate) fn fits(self, wanted: Type) -> bool {
        match self {
            Self::Known(kind) => kind == wanted,
            Self::Number { decimal } => match wanted {
                Type::Int => !decimal,
                Type::Ratio | Type::Money => true,
                _ => false,
            },
            Self::Word => wanted == Type::Code,
            Self::Broken => true,
        }
    }

    /// What two parts are when they must be of one type.
    pub(crate) fn join(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Broken, _) | (_, Self::Broken) => Some(Self::Broken),
            (Self::Number { decimal: a }, Self::Number { decimal: b }) => {
                Some(Self::Number { decimal: a || b })
            }
            (Self::Known(kind), loose) | (loose, Self::Known(kind)) => {
                loose.fits(kind).then_some(Self::Known(kind))
            }
            (Self::Word, Self::Word) => Some(Self::Word),
            _ => None,
        }
    }
}

/// How a sign works on two shapes: the type of each side, the operation, the type of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) left: Type,
    pub(crate) right: Type,
    pub(crate) arith: Arith,
    pub(crate) result: Type,
}

/// The rule for a sign between two shapes; nothing where it makes no sense.
pub(crate) fn rule(sign: Sign, left: Shape, right: Shape) -> Option<Rule> {
    match sign {
        Sign::Plus | Sign::Minus => sum(sign, left, right),
        Sign::Times => product(left.settled()?, right.settled()?),
        Sign::Divide => quotient(left.settled()?, right.settled()?),
        Sign::Modulo => match (left.settled()?, right.settled()?) {
            (left @ Type::Int, right @ Type::Int) => {
                Some(Rule { left, right, arith: Arith::Rem, result: Type::Int })
            }
            _ => None,
        },
    }
}

fn sum(sign: Sign, left: Shape, right: Shape) -> Option<Rule> {
    use Type::{Duration, Int, Money, Ratio, Time};
    let arith = if sign == Sign::Plus { Arith::Add } else { Arith::Sub };
    let (left, right) = match left.join(right).and_then(Shape::settled) {
        Some(both) => (both, both),
        None => (left.settled()?, right.settled()?),
    };
    let result = match (left, sign, right) {
        (Int | Ratio | Money | Duration, _, _) if left == right => left,
        (Time, Sign::Minus, Time) => Duration,
        (Time, _, Duration) | (Duration, Sign::Plus, Time) => Time,
        _ => return None,
    };
    Some(Rule { left, right, arith, result })
}

fn product(left: Type, right: Type) -> Option<Rule> {
    use Type::{Duration, Int, Money, Ratio};
    let (scale, result) = match (left, right) {
        (Int, Int) => (1, Int),
        (Int, amount @ (Ratio | Money | Duration)) | (amount @ (Ratio | Money | Duration), Int) => {
            (1, amount)
        }
        (Ratio, amount @ (Ratio | Money | Duration)) | (amount @ (Money | Duration), Ratio) => {
            (RATIO, amount)
        }
        _ => return None,
    };
    Some(Rule { left, right, arith: Arith::Mul(scale), result })
}

fn quotient(left: Type, right: Type) -> Option<Rule> {
    use Type::{Duration, Int, Money, Ratio};
    let (scale, result) = match (left, right) {
        (Int, Int) => (1, Int),
        (amount @ (Ratio | Money | Duration), Int) => (1, amount),
        (Ratio, Ratio) | (Money, Money) | (Duration, Duration) => (RATIO, Ratio),
        (amount @ (Money | Duration), Ratio) => (RATIO, amount),
        (Int, Ratio) => (RATIO * RATIO, Ratio),
        _ => return None,
    };
    Some(Rule { left, right, arith: Arith::Div(scale), result })
}
