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
mod analysis;
mod both;
mod bundle;
mod cases;
mod diff;
mod explain;
mod files;
mod graph;
mod merge;
mod messages;
mod overrides;
mod people;
mod policy;
pub mod proof;
mod read;
mod routing;
mod scope;
pub mod thresholds;
mod without;
mod write;

pub use actions::{Action, ContextFact, Parameter};
pub use both::Both;
pub use bundle::{Meta, Mode};
pub use cases::{
    Act, Asserts, Choose, Coverage, Expected, Judged, Property, Range, Test, TestOutcome, coverage,
    run_tests,
};
pub use diff::{Change, Moved, diff, diff_tables, moved};
pub use explain::{Asks, Explanation, OtherNode, RuleAccount, Standing};
pub use files::is_cedar;
pub use graph::{
    AGAIN, Graph, Human, LONGEST_PAUSE, Masks, Node, NodeKind, NodePermit, Outcome, Overrules,
    Overruling, Ready, Rule, Verdict,
};
pub use merge::{merge, same_look};
pub use messages::{Blank, Message, Template};
pub use overrides::{About, Override, Overrides};
pub use people::{Away, People, Person, Role};
pub use policy::{Compiled, Files, Policy, compile, compile_kept, digest};
pub use without::without_approval;
