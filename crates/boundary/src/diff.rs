//! What differs between the boundaries of two versions.
//!
//! - In: two sets of boundaries, either of which may not be there.
//! - Out: a [`Difference`] for each policy and invariant that says something else, in words.
//! - Never: white space, comments or the order of policies, which mean nothing: what Cedar has read is compared.

use crate::compile::Boundaries;
use crate::read::{Boundary, Invariant};
use cedar_policy::{ActionConstraint, Policy, PolicyId};
use serde_json::Value;
use std::collections::BTreeMap;

/// A policy or invariant that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which, such as ``boundary `forbid.headroom` ``.
    pub what: String,
    /// How it was; nothing if it is new.
    pub old: Option<String>,
    /// How it is; nothing if it is gone.
    pub new: Option<String>,
    /// Whether more may be allowed than before: a permit that is new, a forbid or an invariant that is gone, or
    /// any of them that matches other requests. Only a proof tells whether it is so.
    pub loosens: bool,
}

impl Boundaries {
    /// Every difference, sorted by what differs.
    pub fn differences(old: Option<&Self>, new: Option<&Self>) -> Vec<Difference> {
        let (mut before, after) = (parts(old), parts(new));
        let mut found = Vec::new();
        for (what, now) in after {
            let was = before.remove(&what);
            let loosens = match &was {
                Some(was) => was.matches != now.matches,
                None => now.role == Role::Permit,
            };
            if was.as_ref() != Some(&now) {
                let old = was.map(|was| was.words);
                found.push(Difference { what, old, new: Some(now.words), loosens });
            }
        }
        found.extend(before.into_iter().map(|(what, was)| Difference {
            what,
            loosens: was.role != Role::Permit,
            old: Some(was.words),
            new: None,
        }));
        found.sort_by(|a, b| a.what.cmp(&b.what));
        found
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Permit,
    Forbid,
    Invariant,
}

#[derive(PartialEq, Eq)]
struct Said {
    words: String,
    /// What Cedar has read, without annotations.
    matches: Value,
    role: Role,
}

fn parts(of: Option<&Boundaries>) -> BTreeMap<String, Said> {
    let boundaries = of.into_iter().flat_map(|all| {
        all.boundaries().iter().filter_map(|one| {
            let policy = all.policies().policy(&PolicyId::new(&one.id))?;
            Some((format!("boundary `{}`", one.id), boundary(one, policy)))
        })
    });
    let invariants = of.into_iter().flat_map(Boundaries::invariants);
    let invariants =
        invariants.map(|one: &Invariant| (format!("invariant `{}`", one.id), invariant(one)));
    boundaries.chain(invariants).collect()
}

fn boundary(one: &Boundary, policy: &Policy) -> Said {
    let effect = if one.forbids { "forbids" } else { "permits" };
    let mut words = format!("{effect} {}", told(policy));
    words.push_str(&format!("; owner {} ({})", one.owner, one.reason));
    if let Some(review) = one.review {
        words.push_str(&format!(", to be looked at again by {review}"));
    }
    let role = if one.forbids { Role::Forbid } else { Role::Permit };
    Said { words, matches: matches(policy), role }
}

fn invariant(one: &Invariant) -> Said {
    let words = format!("at most {}", told(&one.policy));
    Said { words, matches: matches(&one.policy), role: Role::Invariant }
}

/// What a policy matches, as Cedar has read it.
fn matches(policy: &Policy) -> Value {
    without(policy.to_json().unwrap_or_default(), &["annotations"])
}

/// What Cedar has read, without some of its parts.
pub(crate) fn without(mut json: Value, parts: &[&str]) -> Value {
    if let Some(members) = json.as_object_mut() {
        parts.iter().for_each(|part| drop(members.remove(*part)));
    }
    json
}

/// The actions and conditions of a policy, in one line and always in the same words.
fn told(policy: &Policy) -> String {
    let actions = match policy.action_constraint() {
        ActionConstraint::Any => "every action".to_owned(),
        ActionConstraint::Eq(action) => action.id().unescaped().to_owned(),
        ActionConstraint::In(actions) => {
            let names = actions.iter().map(|action| action.id().unescaped().to_owned());
            format!("any of {}", names.collect::<Vec<_>>().join(", "))
        }
    };
    let plain = Policy::from_json(None, matches(policy)).map(|policy| policy.to_string());
    let plain = plain.unwrap_or_else(|_| policy.to_string());
    let words: Vec<&str> = plain.split_whitespace().collect();
    let words = words.join(" ").replace("Bellwether::", "");
    let conditions = words.split_once(')').map_or("", |(_, rest)| rest.trim());
    let conditions = conditions.trim_end_matches(';').trim();
    if conditions.is_empty() { actions } else { format!("{actions} {conditions}") }
}
