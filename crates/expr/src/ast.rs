//! The tree as written: names not looked up, types not known, every part with its bytes.

use crate::node::Op;
use std::ops::Range;

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ast {
    /// Its bytes in the text.
    pub(crate) span: Range<usize>,
    /// One more than its deepest part.
    pub(crate) depth: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Bool(bool),
    Number(Number),
    Word(String),
    Name(String),
    Not(Box<Ast>),
    Negate(Box<Ast>),
    /// A chain of `&&`, flat however long.
    All(Vec<Ast>),
    /// A chain of `||`.
    Any(Vec<Ast>),
    Compare(Op, Box<Ast>, Box<Ast>),
    Arithmetic(Sign, Box<Ast>, Box<Ast>),
    In(Box<Ast>, Vec<Ast>),
    If(Box<[Ast; 3]>),
    Call(String, Vec<Ast>),
}

/// An arithmetic sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
}

impl Sign {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

/// A written number, exact to six places. Its type depends on what stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) millionths: i128,
    /// Whether it was written with a point.
    pub(crate) decimal: bool,
}

impl Number {
    /// Exact sum, difference or product of two; the quotient depends on types and is left alone.
    pub(crate) fn fold(sign: Sign, a: Self, b: Self) -> Option<Self> {
        let millionths = match sign {
            Sign::Plus => a.millionths.checked_add(b.millionths)?,
            Sign::Minus => a.millionths.checked_sub(b.millionths)?,
            Sign::Times => {
                let product = a.millionths.checked_mul(b.millionths)?;
                (product % 1_000_000 == 0).then_some(product / 1_000_000)?
            }
            Sign::Divide | Sign::Modulo => return None,
        };
        Some(Self { millionths, decimal: a.decimal || b.decimal })
    }
}

impl Ast {
    pub(crate) fn new(span: Range<usize>, kind: Kind) -> Self {
        let deepest = match &kind {
            Kind::Bool(_) | Kind::Number(_) | Kind::Word(_) | Kind::Name(_) => 0,
            Kind::Not(part) | Kind::Negate(part) => part.depth,
            Kind::All(parts) | Kind::Any(parts) | Kind::Call(_, parts) => deepest(parts),
            Kind::Compare(_, a, b) | Kind::Arithmetic(_, a, b) => a.depth.max(b.depth),
            Kind::In(item, list) => item.depth.max(deepest(list)),
            Kind::If(parts) => deepest(parts.as_slice()),
        };
        Self { span, depth: deepest + 1, kind }
    }
}

fn deepest(parts: &[Ast]) -> usize {
    parts.iter().map(|part| part.depth).max().unwrap_or(0)
}
