//! The schema, written from the actions and roles: Cedar checks every policy against it at load.
//!
//! - In: actions and roles.
//! - Out: text in Cedar's schema language, the same for the same input.
//! - Never: an attribute that no request can fill.

use crate::decl::{ActionDecl, cedar_type};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What every request says besides the action's own members.
const ALWAYS: &str = "confidence: Long, calibrated: Bool, completeness: Long, tainted: Bool, approvals: Set<Role>";

/// The schema as text.
pub(crate) fn text(actions: &[ActionDecl], roles: &[&str]) -> String {
    let mut text = String::from("namespace Bellwether {\n");
    let roles: Vec<_> = roles.iter().map(|role| format!("{role:?}")).collect();
    // A string takes everything that is written to it.
    let _ = writeln!(text, "  entity Role enum [{}];", roles.join(", "));
    text.push_str("  entity Agent, Account, Case, Deal;\n");
    let groups: BTreeSet<_> = actions.iter().flat_map(|action| &action.groups).collect();
    for group in groups {
        let _ = writeln!(text, "  action {group:?};");
    }
    for action in actions {
        let groups: Vec<_> = action.groups.iter().map(|group| format!("{group:?}")).collect();
        let within = if groups.is_empty() { String::new() } else { format!(" in [{}]", groups.join(", ")) };
        let (name, subject) = (&action.name, action.subject.entity());
        let _ = write!(text, "  action {name:?}{within} appliesTo {{\n    principal: [Agent], resource: [{subject}],\n    context: {{ {ALWAYS}");
        for member in &action.members {
            let mark = if member.optional { "?" } else { "" };
            let _ = write!(text, ", {}{mark}: {}", member.name, cedar_type(member.kind));
        }
        text.push_str(" }\n  };\n");
    }
    text.push_str("}\n");
    text
}
