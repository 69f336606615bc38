//! The checked tree: slots and numbers only; [`Program`](crate::program::Program) evaluates it.
//!
//! Negation is pushed down to the leaves, which Kleene's logic allows, so that the comparisons of a
//! tree are those whose truth matters.

use crate::catalogue::Slot;

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Op {
    /// All comparisons.
    pub const ALL: [Self; 6] = [Self::Eq, Self::Ne, Self::Lt, Self::Le, Self::Gt, Self::Ge];

    /// The sign.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// The comparison of a sign.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str() == word)
    }

    /// Whether it holds.
    #[inline]
    pub const fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Eq => left == right,
            Self::Ne => left != right,
            Self::Lt => left < right,
            Self::Le => left <= right,
            Self::Gt => left > right,
            Self::Ge => left >= right,
        }
    }

    /// The one that holds where this does not.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Ge => Self::Lt,
            Self::Gt => Self::Le,
            Self::Le => Self::Gt,
        }
    }

    /// The same comparison with its sides changed.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::Lt => Self::Gt,
            Self::Gt => Self::Lt,
            Self::Le => Self::Ge,
            Self::Ge => Self::Le,
        }
    }
}

/// A fact beside a constant: what time can flip at a predictable instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Comparison {
    /// The fact.
    pub slot: Slot,
    /// How it is compared.
    pub op: Op,
    /// With what, as it stands in a slot.
    pub limit: i64,
}

/// What two numbers become. Scales make ratios out of quotients and take them out of products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arith {
    Add,
    Sub,
    /// `a * b / scale`
    Mul(i64),
    /// `a * scale / b`
    Div(i64),
    /// `a / b` cut toward minus infinity
    Floor,
    Rem,
    Min,
    Max,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Const(i64),
    Slot(Slot),
    Known {
        slot: Slot,
        known: bool,
    },
    Test(Comparison),
    Compare(Op, Box<Node>, Box<Node>),
    /// Whether the first equals one of the others.
    Member(Box<Node>, Vec<Node>),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Arith(Arith, Box<Node>, Box<Node>),
    Negate(Box<Node>),
    Abs(Box<Node>),
    If(Box<[Node; 3]>),
}

impl Arith {
    /// The result, or nothing when it does not fit or has no meaning. Quotients are cut toward zero.
    pub(crate) fn apply(self, a: i64, b: i64) -> Option<i64> {
        let wide = |number: i128| i64::try_from(number).ok();
        match self {
            Self::Add => a.checked_add(b),
            Self::Sub => a.checked_sub(b),
            Self::Mul(1) => a.checked_mul(b),
            Self::Mul(scale) => wide((i128::from(a) * i128::from(b)).checked_div(scale.into())?),
            Self::Div(1) => a.checked_div(b),
            Self::Div(scale) => wide((i128::from(a) * i128::from(scale)).checked_div(b.into())?),
            Self::Floor => a.checked_div_euclid(b),
            Self::Rem => a.checked_rem(b),
            Self::Min => Some(a.min(b)),
            Self::Max => Some(a.max(b)),
        }
    }
}

impl Node {
    /// The opposite of a condition, with the negation at its leaves.
    pub(crate) fn negated(self) -> Self {
        let each = |parts: Vec<Self>| parts.into_iter().map(Self::negated).collect();
        match self {
            Self::Const(number) => Self::Const((number == 0).into()),
            Self::Known { slot, known } => Self::Known { slot, known: !known },
            Self::Test(test) => Self::Test(Comparison { op: test.op.negated(), ..test }),
            Self::Compare(op, left, right) => Self::Compare(op.negated(), left, right),
            Self::Not(inner) => *inner,
            Self::All(parts) => Self::Any(each(parts)),
            Self::Any(parts) => Self::All(each(parts)),
            other => Self::Not(Box::new(other)),
        }
    }

    /// Calls `see` with this part and every part below it.
    pub(crate) fn walk(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        match self {
            Self::Const(_) | Self::Slot(_) | Self::Known { .. } | Self::Test(_) => {}
            Self::Not(inner) | Self::Negate(inner) | Self::Abs(inner) => inner.walk(see),
            Self::Compare(_, a, b) | Self::Arith(_, a, b) => {
                a.walk(see);
                b.walk(see);
            }
            Self::Member(item, list) => {
                item.walk(see);
                list.iter().for_each(|part| part.walk(see));
            }
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.walk(see)),
            Self::If(parts) => parts.iter().for_each(|part| part.walk(see)),
        }
    }
}
