//! What the boundaries were asked before a node was entered, for people.
//!
//! - In: what they said when the record was derived again.
//! - Out: [`ToldPermit`]s, and lines with each policy's owner and reason.
//! - Never: a value of a fact; those stand with the decision.

use bellwether_engine::explain::ExplainedPermit;
use serde::Serialize;
use std::fmt::Write as _;
use utoipa::ToSchema;

/// An action that the boundaries were asked about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedPermit)]
pub(crate) struct ToldPermit {
    /// The action.
    pub(crate) action: String,
    /// `allow`, `approval`, `deny`, or `doubt` where nothing could be asked.
    pub(crate) decision: &'static str,
    /// The policies and overrides that decided.
    pub(crate) by: Vec<ToldPolicy>,
    /// The facts for lack of which nothing was asked.
    pub(crate) missing: Vec<String>,
}

/// A policy of the boundaries, or an override of an action.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedPolicy)]
pub(crate) struct ToldPolicy {
    /// Its id.
    pub(crate) id: String,
    /// Who answers for it.
    pub(crate) owner: String,
    /// Why it is there.
    pub(crate) reason: String,
}

impl From<&ExplainedPermit> for ToldPermit {
    fn from(permit: &ExplainedPermit) -> Self {
        let by = permit.by.iter().cloned();
        Self {
            action: permit.said.action.clone(),
            decision: permit.said.decision,
            by: by.map(|(id, owner, reason)| ToldPolicy { id, owner, reason }).collect(),
            missing: permit.said.missing.clone(),
        }
    }
}

/// The lines of an explanation.
pub(super) fn write(permits: &[ToldPermit], out: &mut String) {
    for permit in permits {
        let word = match permit.decision {
            "allow" => "allowed",
            "approval" => "needs an approval",
            "deny" => "denied",
            _ => "not asked, so a person looks",
        };
        // A string takes everything that is written to it.
        let _ = write!(out, "\nboundaries on {}: {word}", permit.action);
        if !permit.missing.is_empty() {
            let _ = write!(out, "; not known: {}", permit.missing.join(", "));
        } else if permit.by.is_empty() {
            out.push_str("; no permit allows it by itself");
        }
        out.push('\n');
        for policy in &permit.by {
            let _ = writeln!(out, "  {} ({}): {}", policy.id, policy.owner, policy.reason);
        }
    }
}
