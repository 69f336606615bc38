//! Boundaries of a bundle: its actions and roles as the boundary room knows them.
//!
//! - In: the bundle's files and its policy.
//! - Out: compiled boundaries, or every problem of the Cedar files.
//! - Never: a Cedar file that nobody reads; anything for a bundle without actions and such files.

use bellwether_boundary::{ActionDecl, Boundaries, Compiled, Member, Subject};
use bellwether_core::Problem;
use bellwether_expr::Scope;
use bellwether_policy::{Action, Policy};
use std::collections::BTreeMap;

/// Whether a bundle says anything about what the agent may do.
pub(crate) fn are_there(files: &BTreeMap<String, String>, policy: &Policy) -> bool {
    let folders = ["boundaries/", "invariants/"];
    let written = |path: &String| {
        path.ends_with(".cedar") && folders.iter().any(|folder| path.starts_with(folder))
    };
    !policy.actions().is_empty() || files.keys().any(written)
}

/// The boundaries of the files, where the bundle has any.
pub(crate) fn compile(
    files: &BTreeMap<String, String>,
    policy: &Policy,
) -> Result<Option<Compiled>, Vec<Problem>> {
    if !are_there(files, policy) {
        return Ok(None);
    }
    let actions: Vec<_> = policy.actions().iter().map(declare).collect();
    let roles: Vec<_> = policy.people().roles_as_written().collect();
    Boundaries::compile(&actions, &roles, files).map(Some)
}

fn declare(action: &Action) -> ActionDecl {
    let parameters = action.parameters.iter().map(|parameter| Member {
        name: parameter.name.clone(),
        kind: parameter.kind,
        optional: false,
    });
    let facts = action.context.iter().map(|fact| Member {
        name: fact.name.clone(),
        kind: fact.kind,
        optional: fact.optional,
    });
    ActionDecl {
        name: action.name.clone(),
        groups: action.groups.clone(),
        subject: match action.subject {
            Scope::Account => Subject::Account,
            Scope::Case => Subject::Case,
            Scope::Deal => Subject::Deal,
        },
        members: parameters.chain(facts).collect(),
    }
}
