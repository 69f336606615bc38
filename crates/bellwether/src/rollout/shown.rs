//! A version of the rules as programs read it: the API and `policy status --format json` say the same.

use super::Begins;
use bellwether_runtime::rollout::{self, State, Version};
use serde::Serialize;
use utoipa::ToSchema;

/// Who said something about a version, when and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesSaid)]
pub(crate) struct Said {
    /// Who: a handle, an account or a signer.
    pub(crate) by: String,
    /// When.
    #[schema(format = DateTime)]
    pub(crate) at: String,
    /// Why.
    pub(crate) reason: String,
}

/// A version of the rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RulesVersion)]
pub(crate) struct Shown {
    /// The digest of the rules.
    pub(crate) rules: String,
    /// Name and version of the bundle.
    pub(crate) bundle: String,
    /// `proposed`, `shadow`, `canary`, `in_force`, `was_in_force` or `withdrawn`.
    pub(crate) state: String,
    /// Of a canary, for how many of a hundred accounts it decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) percent: Option<u8>,
    /// How it is to begin, while it waits for a second person; who approves it says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waits: Option<Begins>,
    /// Since when it stands so.
    #[schema(format = DateTime)]
    pub(crate) since: String,
    /// Records that it has made.
    pub(crate) records: u64,
    /// Who proposed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proposed: Option<Said>,
    /// Who agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approved: Option<Said>,
}

impl Shown {
    /// A version with what its bundle is called and how many records it has made.
    pub(crate) fn of(version: &Version, bundle: String, records: u64) -> Self {
        let said = |said: &Option<rollout::Said>| {
            let said = said.as_ref()?;
            let (by, at, reason) = (said.by.clone(), said.at.to_string(), said.reason.clone());
            Some(Said { by, at, reason })
        };
        let percent = match version.state {
            State::Canary(percent) => Some(percent),
            _ => None,
        };
        Self {
            rules: version.rules.to_string(),
            bundle,
            state: version.state.as_str().to_owned(),
            percent,
            waits: version.waits.map(Begins::of),
            since: version.since.to_string(),
            records,
            proposed: said(&version.proposed),
            approved: said(&version.approved),
        }
    }
}
