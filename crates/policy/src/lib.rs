//! Policy: from facts to who is asked, by when, and what if not.
//!
//! Flow: signals -> features -> intent -> **policy** -> planner -> engine -> measure
//!
//! - In: the files of a bundle as text, the [`Catalogue`](bellwether_expr::Catalogue) of facts, and
//!   the [`Slots`](bellwether_expr::Slots) known at one instant.
//! - Out: a checked [`Policy`], or every [`Problem`](bellwether_core::Problem) of every file at once;
//!   a [`Verdict`], the chain of people, an [`Explanation`].
//! - Never: reads a clock, a file, the network or a model; a dead end. Doubt reaches a person, a
//!   chain ends at a role that is always staffed, and loading proves both.

mod actions;
mod both;
mod bundle;
mod cases;
mod diff;
mod explain;
mod graph;
mod people;
mod policy;
mod read;
mod routing;

pub use actions::{Action, ContextFact, Parameter};
pub use both::Both;
pub use bundle::{Meta, Mode};
pub use cases::{Act, Expected, Judged, Test, TestOutcome, run_tests};
pub use diff::{Change, diff};
pub use explain::{Asks, Explanation, OtherNode, RuleAccount, Standing};
pub use graph::{AGAIN, Graph, Human, Masks, Node, NodeKind, Outcome, Rule, Verdict};
pub use people::{Away, People, Person, Role};
pub use policy::{Compiled, Files, Policy, compile};
