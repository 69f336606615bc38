//! Expressions: the one language of guards, filters and computed facts.
//!
//! - In: a [`Catalogue`] of typed facts, the text of an expression, the [`Slots`] known at an instant.
//! - Out: an [`Expr`] that yields a number or nothing, its three-valued truth, the comparisons that
//!   time may flip, and an explanation clause by clause; a [`GuardSet`] that does many at once.
//! - Never: fails, allocates or looks up a name while it evaluates; reads a clock. What overflows,
//!   divides by zero or reads a missing fact is itself missing, and a comparison with it is unknown.
//!
//! The syntax is a subset of CEL: `|| && ! == != < <= > >= + - * / % ?:`, `in [..]`, `has(x)`,
//! `min max abs`, `duration("30d")`, `timestamp("2026-01-01")`, `days(d)`. Beside a ratio or money,
//! a written number takes that type: `0.85`, and whole units of the currency; in `*` and `/` it
//! stays a plain number.

mod ast;
mod boxes;
mod calls;
mod catalogue;
mod explain;
mod expr;
mod fault;
mod guards;
mod lexer;
mod literal;
mod lower;
mod node;
mod pair;
mod parser;
mod program;
mod shape;
mod slots;
mod tables;
mod terms;
#[cfg(test)]
mod tests;
mod tri;

pub use boxes::{Axis, Cell, Region, Space, Truth, Values};
pub use catalogue::{Catalogue, FactDef, Pii, Scope, Slot};
pub use explain::{Clause, Told};
pub use expr::{Expr, MAX_DEPTH, MAX_LENGTH, scalar_place};
pub use guards::GuardSet;
pub use literal::literal;
pub use node::{Comparison, Op};
pub use pair::GuardPair;
pub use slots::Slots;
pub use tri::Tri;
