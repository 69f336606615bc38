//! Who must approve before a node asks anybody, and what the boundaries must allow.
//!
//! - In: `approvals` and `permit` of a node as written; the actions of the bundle.
//! - Out: drafts of them, and what is wrong with them.
//! - Never: asks a boundary; that an action's boundaries want no other role is checked where they are known.

use super::check::{Shape, kind};
use super::draft::{DraftApproval, DraftGraph, DraftHuman, DraftKind, DraftPermit, span};
use crate::actions::Actions;
use crate::read::{Word, required_word, scalar, words};
use crate::scope::is_visible;
use bellwether_core::Problem;
use bellwether_core::authored::{Fields, Kind};
use bellwether_expr::Scope;

/// The problem of a role that must approve what it has approved.
pub(crate) fn approval_twice(what: &str, role: &Word) -> Problem {
    let message = format!("{what} needs the approval of `{}` twice", role.text);
    let problem = Problem::new("policy-approval-twice", message).at(role.place.clone());
    problem.help("name each role once: nobody approves twice in one escalation")
}

/// A list of roles; one that says more is a mapping.
pub(super) fn read_approvals(fields: &mut Fields<'_>, name: &Word) -> Vec<DraftApproval> {
    let document = fields.document();
    let mut approvals: Vec<DraftApproval> = Vec::new();
    for item in fields.list("approvals") {
        let problems = fields.problems();
        let read = if matches!(item.kind, Kind::Map(_)) {
            let mut fields = Fields::new(document, item, problems);
            let role = required_word(&mut fields, "role");
            let fallback = words(&mut fields, "fallback");
            let ack = span(&mut fields, "ack", name).flatten();
            fields.finish();
            role.map(|role| DraftApproval { role, fallback, ack })
        } else {
            let role = scalar(document, item, problems);
            role.map(|role| DraftApproval { role, fallback: Vec::new(), ack: None })
        };
        let Some(read) = read else { continue };
        if approvals.iter().any(|known| known.role.text == read.role.text) {
            fields.problems().push(approval_twice(&format!("`{}`", name.text), &read.role));
        } else {
            approvals.push(read);
        }
    }
    approvals
}

/// What the boundaries must allow; roles that the node asks anyway are not named again.
pub(super) fn read_permit(
    fields: &mut Fields<'_>,
    name: &Word,
    always: &[DraftApproval],
) -> Option<DraftPermit> {
    let (document, node) = (fields.document(), fields.node("permit")?);
    let mut fields = Fields::new(document, node, fields.problems());
    let action = required_word(&mut fields, "action");
    let approvals = read_approvals(&mut fields, name);
    let denied = required_word(&mut fields, "denied");
    let problems = fields.problems();
    for twice in &approvals {
        if always.iter().any(|known| known.role.text == twice.role.text) {
            problems.push(approval_twice(&format!("`{}`", name.text), &twice.role));
        }
    }
    fields.finish();
    Some(DraftPermit { action, approvals, denied })
}

/// The action of each permit is one that the graph's subject can be asked about without more; what is not
/// allowed goes to a person who needs no leave of anybody.
pub(super) fn check_permits(
    draft: &DraftGraph,
    shape: &Shape,
    actions: &Actions,
    problems: &mut Vec<Problem>,
) {
    for (at, (node, denied)) in draft.nodes.iter().zip(&shape.denied).enumerate() {
        let Some(DraftKind::Human(DraftHuman { permit: Some(permit), .. })) = &node.kind else {
            continue;
        };
        if let Some(word) = &permit.action {
            problems.extend(wrong_action(word, draft.subject, actions));
        }
        let free = match kind(draft, *denied) {
            None => true,
            Some(DraftKind::Human(human)) => human.is_free() && *denied != Some(at),
            Some(_) => false,
        };
        if let (false, Some(word)) = (free, &permit.denied) {
            let message = format!("`denied` of `{}` leads to `{}`", node.name.text, word.text);
            let problem = Problem::new("policy-denied-node", message).at(word.place.clone());
            let help = "name another human node, one that needs neither an approval nor a permit";
            problems.push(problem.help(help));
        }
    }
}

fn wrong_action(word: &Word, subject: Option<Scope>, actions: &Actions) -> Option<Problem> {
    let Some(action) = actions.find(&word.text) else {
        return actions.no_such(&word.text, &word.place);
    };
    let wrong = |message: String, help: &str| {
        let problem = Problem::new("policy-permit-action", message).at(word.place.clone());
        Some(problem.help(help))
    };
    let (name, scope) = (&action.name, action.subject);
    if let Some(parameter) = action.parameters.first() {
        let message = format!("`{name}` brings `{}`, which a graph cannot give", parameter.name);
        return wrong(message, "name an action without parameters, judged by facts alone");
    }
    if let Some(subject) = subject.filter(|subject| !is_visible(scope, *subject)) {
        let (of, about) = (scope.as_str(), subject.as_str());
        let message = format!("`{name}` is done to the {of}, and this graph is about the {about}");
        return wrong(
            message,
            "name an action that is done to the same subject, or to the account",
        );
    }
    None
}
