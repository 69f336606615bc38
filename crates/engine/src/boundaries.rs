//! Boundaries of a bundle: its actions and roles as the boundary room knows them.
//!
//! - In: the bundle's files and its policy.
//! - Out: compiled boundaries, or every problem of the Cedar files.
//! - Never: anything for a bundle that lists no actions.

use bellwether_boundary::{ActionDecl, Boundaries, Compiled, Member, Subject};
use bellwether_core::Problem;
use bellwether_expr::Scope;
use bellwether_policy::{Action, Policy};
use std::collections::BTreeMap;

/// The boundaries of the files, where the bundle lists actions.
pub(crate) fn compile(
    files: &BTreeMap<String, String>,
    policy: &Policy,
) -> Result<Option<Compiled>, Vec<Problem>> {
    if policy.actions().is_empty() {
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
