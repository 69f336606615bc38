//! One version of the rules: what differs from those in force, what is proved of it, and its exceptions.
//!
//! - In: the digest of a version that is kept.
//! - Out: the words of `policy diff`, `policy prove` and `policy overrides`.
//! - Never: asks a solver: what it proved stands in the report that the bundle brought.

use super::Desk;
use crate::cli::policy::diff::changes;
use crate::cli::policy::overrides::{Listed, listed};
use crate::cli::policy::prove::graph_proofs;
use crate::rollout::proofs;
use crate::serve::problem::Refused;
use bellwether_core::Digest;
use bellwether_engine::Rules;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// One difference.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesDifference)]
pub(crate) struct Difference {
    /// What differs.
    pub(crate) what: String,
    /// As it is in force; absent where it is new.
    pub(crate) old: Option<String>,
    /// As it is in this version; absent where it is gone.
    pub(crate) new: Option<String>,
}

/// What differs between a version and the rules in force.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesDiff)]
pub(crate) struct Differences {
    /// The digest of the rules in force.
    pub(crate) in_force: String,
    /// What differs.
    pub(crate) changes: Vec<Difference>,
    /// For each pair of nodes between which cases move, one such case, in words.
    pub(crate) moved: Vec<String>,
}

/// What holds of a graph, or of a fact.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesProof)]
pub(crate) struct Proved {
    /// The graph, the node or the fact.
    pub(crate) about: String,
    /// What is claimed.
    pub(crate) claim: &'static str,
    /// Whether it holds in every case.
    pub(crate) holds: bool,
    /// All of it for people, with the way that breaks it.
    pub(crate) text: String,
}

/// What a solver said of a policy, an invariant or an action.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = RulesClaim)]
pub(crate) struct Claimed {
    /// Of which.
    pub(crate) about: String,
    /// What is claimed.
    pub(crate) claim: String,
    /// `proved`, `broken` or `not proved`.
    pub(crate) result: String,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
}

/// The report that a bundle brought.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = RulesProofReport)]
pub(crate) struct Report {
    /// The solver, as it calls itself.
    pub(crate) solver: String,
    /// Whether every property is proved.
    pub(crate) proved: bool,
    /// The properties.
    pub(crate) properties: Vec<Claimed>,
}

/// What is proved of a version.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesProofs)]
pub(crate) struct Proofs {
    /// Of its graphs; worked out now, without a solver.
    pub(crate) graphs: Vec<Proved>,
    /// Whether it has boundaries; without any an agent may do nothing on its own.
    pub(crate) has_boundaries: bool,
    /// Of its boundaries, as the report says that came with it; absent where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) boundaries: Option<Report>,
}

/// A boundary that somebody should look at again.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesOverdue)]
pub(crate) struct Overdue {
    /// Its id.
    pub(crate) id: String,
    /// Who answers for it.
    pub(crate) owner: String,
    /// Since when it is due.
    pub(crate) review: String,
    /// Why it is there.
    pub(crate) reason: String,
}

/// Exceptions of a version, and what is overdue.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesExceptions)]
pub(crate) struct Exceptions {
    /// Its overrides.
    pub(crate) overrides: Vec<Listed>,
    /// Boundaries whose day of review has passed.
    pub(crate) overdue: Vec<Overdue>,
}

/// A version that is kept.
///
/// # Errors
/// `http-not-found`; what the store says.
pub(crate) fn find(desk: &Desk<'_>, digest: Digest) -> Result<Arc<Rules>, Refused> {
    let book = desk.book()?;
    let found = book.get(&digest).cloned();
    found.ok_or_else(|| Refused::not_found("no version has this digest"))
}

/// What differs between a version and the rules in force.
///
/// # Errors
/// `http-not-found`; what the store says.
pub(crate) fn differences(desk: &Desk<'_>, digest: Digest) -> Result<Differences, Refused> {
    let (new, old) = (find(desk, digest)?, desk.rules()?);
    let moved =
        bellwether_policy::moved((old.policy(), old.catalogue()), (new.policy(), new.catalogue()));
    let changes = changes(&old, &new).into_iter();
    Ok(Differences {
        in_force: old.digest().to_string(),
        changes: changes
            .map(|one| Difference { what: one.what, old: one.old, new: one.new })
            .collect(),
        moved: moved.iter().map(ToString::to_string).collect(),
    })
}

/// What is proved of a version.
///
/// # Errors
/// `http-not-found`; what the store says.
pub(crate) fn proved(desk: &Desk<'_>, digest: Digest) -> Result<Proofs, Refused> {
    let rules = find(desk, digest)?;
    let report = proofs::kept(&desk.context().data, rules.files());
    let graphs = graph_proofs(&rules);
    let one = |proof: &bellwether_policy::proof::Proof| Proved {
        about: proof.about.clone(),
        claim: proof.property.sentence(),
        holds: proof.holds,
        text: proof.to_string(),
    };
    Ok(Proofs {
        graphs: graphs.iter().map(one).collect(),
        has_boundaries: rules.boundaries().is_some(),
        boundaries: report.and_then(|text| serde_json::from_str(&text).ok()),
    })
}

/// The exceptions of a version as they stand now, and what is overdue.
///
/// # Errors
/// `http-not-found`; what the store says.
pub(crate) fn exceptions(desk: &Desk<'_>, digest: Digest) -> Result<Exceptions, Refused> {
    let (rules, now) = (find(desk, digest)?, desk.now());
    let boundaries = rules.boundaries().map(|all| all.boundaries()).unwrap_or_default();
    let overdue = boundaries.iter().filter_map(|one| {
        let review = one.review.filter(|review| *review <= now)?;
        Some(Overdue {
            id: one.id.clone(),
            owner: one.owner.clone(),
            review: review.to_string(),
            reason: one.reason.clone(),
        })
    });
    Ok(Exceptions { overrides: listed(&rules, now), overdue: overdue.collect() })
}
