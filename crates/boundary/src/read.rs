//! Reading Cedar files: each policy by itself, so that one mistake does not hide the next.
//!
//! - In: `boundaries/*.cedar` and `invariants/*.cedar`.
//! - Out: [`Boundary`]s and [`Invariant`]s with their places, or what is wrong with each.
//! - Never: a policy without a name, somebody who answers for it, and a reason.

use crate::lint::{self, Fault, Found};
use crate::pieces::{Piece, operator, pieces, place};
use bellwether_core::authored::lies_in;
use bellwether_core::{Place, Problem, Timestamp, civil};
use cedar_policy::{Effect, Policy, PolicyId};
use miette::Diagnostic;
use std::collections::BTreeMap;

/// A policy of `boundaries/`: its annotations and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Its `@id`, which records and explanations name.
    pub id: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it is there.
    pub reason: String,
    /// From when on somebody should look at it again.
    pub review: Option<Timestamp>,
    /// Whether it forbids.
    pub forbids: bool,
    /// The roles whose approval lifts it; a forbid without any cannot be lifted.
    pub needs: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// A policy of `invariants/`: everything that is allowed must be allowed by it too.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// Its `@id`.
    pub id: String,
    /// The action it is about; nothing means all of them.
    pub action: Option<String>,
    /// The ceiling, narrowed to its action.
    pub policy: Policy,
    /// Where it is written.
    pub place: Place,
}

/// A policy that could be parsed.
pub(crate) struct Read {
    pub(crate) policy: Policy,
    pub(crate) json: serde_json::Value,
    pub(crate) boundary: Boundary,
    pub(crate) found: Found,
    /// As it is written.
    pub(crate) text: String,
    pub(crate) ceiling: bool,
}

/// The annotations of both kinds of policies.
const KNOWN: [&str; 5] = ["id", "owner", "reason", "review", "needs"];
const KNOWN_CEILING: [&str; 5] = ["id", "action", "owner", "reason", "review"];

/// Reads the policies of every Cedar file of a folder. Without `roles` they are not checked.
pub(crate) fn read(
    files: &BTreeMap<String, String>,
    ceiling: bool,
    roles: Option<&[&str]>,
    problems: &mut Vec<Problem>,
) -> Vec<Read> {
    let folder = if ceiling { "invariants" } else { "boundaries" };
    let mut read: Vec<Read> = Vec::new();
    let mut first: BTreeMap<String, Place> = BTreeMap::new();
    for (file, text) in files.iter().filter(|(path, _)| lies_in(path, folder, ".cedar")) {
        for piece in pieces(file, text) {
            if let Some(one) = read_one(&piece, ceiling, problems) {
                let here = &one.boundary;
                if let Some(first) = first.get(&here.id).filter(|_| !here.id.is_empty()) {
                    let message = format!("two policies have the id `{}`", here.id);
                    let help = format!("the first stands at {}; rename one of them", first);
                    let problem = Problem::new("boundary-duplicate", message);
                    problems.push(problem.at(here.place.clone()).help(help));
                    continue;
                }
                first.insert(here.id.clone(), here.place.clone());
                check_needs(&one, roles, problems);
                read.push(one);
            }
        }
    }
    read
}

fn read_one(piece: &Piece<'_>, ceiling: bool, problems: &mut Vec<Problem>) -> Option<Read> {
    let at = |offset: usize| place(&piece.place, piece.text, offset);
    let policy = match Policy::parse(None, piece.text) {
        Ok(policy) => policy,
        Err(errors) => {
            for error in errors.iter() {
                let problem = Problem::new("boundary-syntax", error.to_string());
                let help = error.help().map_or_else(
                    || "write `permit (principal, action, resource) when { .. };`".to_owned(),
                    |help| help.to_string(),
                );
                problems.push(problem.at(at(offset(error))).help(help));
            }
            return None;
        }
    };
    let boundary = annotations(&policy, at(0), ceiling, problems);
    let json = match policy.to_json() {
        Ok(json) => json,
        Err(error) => {
            let problem = Problem::new("boundary-syntax", error.to_string()).at(at(0));
            problems.push(
                problem.help("what cannot be looked through is not taken: write it otherwise"),
            );
            return None;
        }
    };
    let found = lint::look(&json, ceiling);
    problems.extend(found.faults.iter().map(|fault| tell(fault, piece.text, at, &boundary)));
    let prefix = if ceiling { "invariant:" } else { "" };
    let named = match boundary.id.as_str() {
        "" => piece.place.to_string(),
        id => format!("{prefix}{id}"),
    };
    let policy = policy.new_id(PolicyId::new(named));
    Some(Read { policy, json, boundary, found, text: piece.text.to_owned(), ceiling })
}

/// Where in its policy's text a complaint of Cedar points.
pub(crate) fn offset(error: &dyn Diagnostic) -> usize {
    error.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset())
}

fn annotations(policy: &Policy, at: Place, ceiling: bool, problems: &mut Vec<Problem>) -> Boundary {
    let known = if ceiling { KNOWN_CEILING } else { KNOWN };
    for (name, _) in policy.annotations().filter(|(name, _)| !known.contains(name)) {
        let problem = Problem::new("boundary-annotation", format!("`@{name}` is not known here"));
        let help = format!("known here: @{}", known.join(", @"));
        problems.push(problem.at(at.clone()).help(help).nearest(name, known));
    }
    let mut wrong = |message: String, help: &str| {
        problems.push(Problem::new("boundary-annotation", message).at(at.clone()).help(help));
    };
    let id = policy.annotation("id").unwrap_or_default().to_owned();
    let required = if ceiling { &["id", "action"][..] } else { &["id", "owner", "reason"] };
    for name in required {
        if policy.annotation(name).is_none_or(|text| text.trim().is_empty()) {
            let whose = if id.is_empty() { "this policy".to_owned() } else { format!("`{id}`") };
            wrong(
                format!("{whose} has no `@{name}`"),
                &format!("write `@{name}(\"..\")` before it"),
            );
        }
    }
    let utc = civil::zone("UTC").ok();
    let review = policy.annotation("review").and_then(|text| {
        let read = utc.as_ref().and_then(|utc| civil::read(text, "iso", utc).ok());
        if read.is_none() {
            wrong(format!("`@review(\"{text}\")` is no date"), "write it as 2027-03-31");
        }
        read
    });
    let forbids = policy.effect() == Effect::Forbid;
    if ceiling && forbids {
        wrong(
            format!("the invariant `{id}` forbids"),
            "write what may be allowed at most: a permit",
        );
    }
    let needs = policy.annotation("needs").unwrap_or_default();
    let needs = needs.split(',').map(str::trim).filter(|role| !role.is_empty());
    let text = |name: &str| policy.annotation(name).unwrap_or_default().to_owned();
    Boundary {
        id,
        owner: text("owner"),
        reason: text("reason"),
        review,
        forbids,
        needs: needs.map(str::to_owned).collect(),
        place: at,
    }
}

/// The roles of `@needs` are those that the policy's `unless` asks for, no more and no fewer.
fn check_needs(one: &Read, roles: Option<&[&str]>, problems: &mut Vec<Problem>) {
    let Boundary { id, needs, forbids, place, .. } = &one.boundary;
    let wrong = |message: String, help: String| {
        Problem::new("boundary-needs", message).at(place.clone()).help(help)
    };
    if one.ceiling {
        return;
    }
    if !forbids {
        if !needs.is_empty() {
            let message = format!("`{id}` permits, so it needs nobody");
            problems.push(wrong(message, "leave `@needs` out".to_owned()));
        }
        return;
    }
    let roles = roles.unwrap_or_default();
    let unknown = |role: &&String| !roles.is_empty() && !roles.contains(&role.as_str());
    for role in needs.iter().filter(unknown) {
        let message = format!("`{id}` needs `{role}`, which is no role");
        let help = format!("roles in people.yaml: {}", roles.join(", "));
        problems.push(wrong(message, help).nearest(role, roles.iter().copied()));
    }
    let asked: Vec<_> = one.found.roles.iter().map(String::as_str).collect();
    for role in asked.iter().filter(|role| !needs.iter().any(|need| need == *role)) {
        problems.push(wrong(
            format!("`{id}` is lifted by `{role}`, which its `@needs` does not name"),
            format!("write `@needs(\"{}\")`", asked.join(", ")),
        ));
    }
    for role in needs.iter().filter(|role| !asked.contains(&role.as_str())) {
        problems.push(wrong(
            format!("`{id}` needs `{role}`, but no approval of theirs lifts it"),
            format!("add `unless {{ context.approvals.contains(Bellwether::Role::\"{role}\") }}`"),
        ));
    }
}

fn tell(fault: &Fault, text: &str, at: impl Fn(usize) -> Place, boundary: &Boundary) -> Problem {
    let id = &boundary.id;
    match fault {
        Fault::Arithmetic(sign) => {
            let message = format!("`{id}` calculates (`{}`)", char::from(*sign));
            let help = "a sum can overflow, and a forbid that fails would be skipped: work it out as a \
                        feature (such as the headroom that is left) and compare that";
            let found = at(operator(text, *sign).unwrap_or(0));
            Problem::new("boundary-arithmetic", message).at(found).help(help)
        }
        Fault::Operator(name) => {
            let message = format!("`{id}` uses `{name}`, which boundaries may not");
            let help =
                "comparisons, `&&`, `||`, `!`, `has`, `in`, `if` and `contains` are all they need";
            let found = at(text.find(name.as_str()).unwrap_or(0));
            Problem::new("boundary-operator", message).at(found).help(help)
        }
        Fault::Approvals => {
            let message = format!("in `{id}` an approval could turn a yes into a no");
            let help = "ask for approvals only as `context.approvals.contains(Bellwether::Role::\"..\")`, in the \
                        `when` of a permit or the `unless` of a forbid, and not below `!`";
            let found = at(text.find("approvals").unwrap_or(0));
            Problem::new("boundary-approvals", message).at(found).help(help)
        }
    }
}
