//! One version of the rules: what differs from those in force, what is proved of it, and its exceptions.
//!
//! - In: the digest of a version that is kept.
//! - Out: the words of `policy diff`, `policy prove` and `policy overrides`.
//! - Never: asks a solver: what it proved stands in the report that the bundle brought.

use super::Desk;
use crate::cli::policy::diff;
use crate::cli::policy::overrides::{Listed, listed};
use crate::cli::policy::prove::graph_proofs;
use crate::prove::report::Said;
use crate::rollout::proofs;
use crate::serve::App;
use crate::serve::api::request::{Args, Segments};
use crate::serve::problem::Refused;
use bellwether_core::Digest;
use bellwether_engine::Rules;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What differs between a version and the rules in force.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesDiff)]
pub(crate) struct Differences {
    /// The digest of the rules in force.
    pub(crate) in_force: String,
    /// What differs.
    pub(crate) changes: Vec<diff::Told>,
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

impl Report {
    /// Reads a report. That everything is proved is taken from whoever reads it for a lock, and never from the
    /// report's own word.
    fn read(text: &str) -> Option<Self> {
        let said = Said::read(text)?;
        let report: Self = serde_json::from_str(text).ok()?;
        Some(Self { proved: said.proved, ..report })
    }
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

/// The version that a path names by its whole digest.
///
/// # Errors
/// `http-value` for what is no digest.
pub(crate) fn digest(path: &Segments) -> Result<Digest, Refused> {
    path.parsed("rules", "a digest of 43 characters")
}

/// What is read of the version that a path names, with its digest; such addresses take no parameters.
///
/// # Errors
/// As [`digest`]; `http-query`; what the reading says.
pub(crate) async fn of_path<T: Send + 'static>(
    app: &App,
    path: &Segments,
    args: &Args,
    read: fn(&Desk<'_>, Digest) -> Result<T, Refused>,
) -> Result<(Digest, T), Refused> {
    args.only(&[])?;
    let digest = digest(path)?;
    Ok((digest, app.reading.run(move |desk| read(desk, digest)).await?))
}

/// A version that is kept.
///
/// # Errors
/// `http-not-found`; what the store says.
fn find(desk: &Desk<'_>, digest: Digest) -> Result<Arc<Rules>, Refused> {
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
    Ok(Differences {
        in_force: old.digest().to_string(),
        changes: diff::changes(&old, &new).into_iter().map(Into::into).collect(),
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
        boundaries: report.and_then(|text| Report::read(&text)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_calls_itself_proved_is_believed_by_its_properties() {
        let report = |result: &str, proved: bool| {
            let bundle = Digest::of(b"files");
            format!(
                r#"{{"bundle":"{bundle}","format":"bellwether proof 1","properties":[{{"about":"a","claim":"holds","result":"proved"}},{{"about":"b","claim":"holds","result":"{result}"}}],"proved":{proved},"solver":"cvc5"}}"#
            )
        };
        for (result, proved, expected) in [
            ("proved", true, true),
            ("proved", false, false),
            ("broken", true, false),
            ("not proved", true, false),
        ] {
            let read = Report::read(&report(result, proved)).unwrap();
            assert_eq!(read.proved, expected, "{result}, and it says {proved}");
            assert_eq!(read.properties.len(), 2);
        }
        let other = report("proved", true).replace("proof 1", "proof 9");
        assert!(Report::read(&other).is_none(), "no report that a lock would take");
    }
}
