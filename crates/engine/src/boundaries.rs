//! Boundaries of a bundle: its actions and roles as the boundary room knows them.
//!
//! - In: the bundle's files and its policy.
//! - Out: compiled boundaries, or every problem of the Cedar files; permits that they do not fit.
//! - Never: a Cedar file that nobody reads; anything for a bundle without actions and such files.

use bellwether_boundary::{ActionDecl, Boundaries, Compiled, Member, Subject};
use bellwether_core::Problem;
use bellwether_expr::Scope;
use bellwether_policy::{About, Action, Overrides, Policy, is_cedar};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a bundle says anything about what the agent may do.
pub(crate) fn are_there(files: &BTreeMap<String, String>, policy: &Policy) -> bool {
    !policy.actions().is_empty() || files.keys().any(|path| is_cedar(path))
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

/// What is wrong with the permits of nodes: an action that no boundary is about, or an approval that one may
/// want and the node does not list. It would be found out when somebody is to be asked.
pub(crate) fn check_permits(boundaries: Option<&Boundaries>, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (graph, at) in
        policy.graphs().iter().flat_map(|graph| (0..graph.nodes().len()).map(move |at| (graph, at)))
    {
        let (Some(node), Some(permit)) = (graph.nodes().get(at), graph.permit(at)) else {
            continue;
        };
        let (name, action) = (&node.name, &permit.action);
        let mut wrong = |message: String, help: String| {
            let problem = Problem::new("permit-approvals", message).at(node.place.clone());
            problems.push(problem.help(help));
        };
        let Some(lifting) = boundaries.and_then(|known| known.lifting(action)) else {
            let message = format!("`{name}` needs `{action}`, which no boundary is about");
            wrong(message, "permit it in boundaries/*.cedar, or leave `permit` out".to_owned());
            continue;
        };
        let asked = graph.entries(at).map(|(at, _)| at).chain(permit.asks.iter().copied());
        let asked = asked.filter_map(|at| Some(graph.nodes().get(at)?.approval()?.role.as_str()));
        let asked: Vec<_> = asked.collect();
        let mut wanted: Vec<_> = lifting.iter().collect();
        for one in policy.overrides() {
            if let (About::Action(about), Overrides::Approvals(roles)) =
                (&one.about, &one.overrides)
                && about == action
            {
                wanted.extend(roles);
            }
        }
        let mut seen = BTreeSet::new();
        for role in wanted {
            if !asked.contains(&role.as_str()) && seen.insert(role) {
                let message = format!(
                    "`{action}` may want the approval of `{role}`, whom `{name}` does not ask"
                );
                wrong(message, format!("add `{role}` to `approvals` of the permit of `{name}`"));
            }
        }
    }
    problems
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
