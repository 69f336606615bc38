//! Asking: may the agent do this, and if not, whose approval would change that?
//!
//! - In: an action and a [`Request`]: what it brings, how sure the agent is, who has approved.
//! - Out: an [`Answer`], with the ids of the policies that decided.
//! - Never: allows what could not be evaluated, or what lacks a value that it must bring.
//!
//! Approvals are found by asking again with more of them: only roles that a policy of the action names,
//! at most [`MOST_APPROVALS`] together, fewer before more, earlier roles before later ones. A set is
//! left out when a smaller one in it suffices. Approvals are monotone (checked at load): if all of them
//! together do not help, none do; and only the forbids that hold without them and the permits that hold
//! with all of them can still decide, so no other policy is evaluated again.

use crate::compile::Boundaries;
use crate::compile::set_of;
use crate::decl::{Member, cedar_type};
use crate::sift::{ALWAYS, Condition};
use bellwether_core::{Ppm, Type};
use cedar_policy::{
    Context, Decision, EntityUid, Policy, PolicyId, PolicySet, RestrictedExpression,
};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most approvals that are asked for together.
const MOST_APPROVALS: usize = 3;

/// A value that a request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given<'a> {
    /// Yes or no.
    Bool(bool),
    /// A number: whole, parts per million, minor units or seconds.
    Long(i64),
    /// A word.
    Word(&'a str),
}

impl<'a> Given<'a> {
    /// The number of a slot as policies read it: spans and instants in seconds, rounded down. `word`
    /// tells the word of a code.
    pub fn from_raw(kind: Type, raw: i64, word: &'a str) -> Self {
        match kind {
            Type::Bool => Self::Bool(raw != 0),
            Type::Code => Self::Word(word),
            Type::Time | Type::Duration => Self::Long(raw.div_euclid(1_000_000)),
            Type::Int | Type::Ratio | Type::Money => Self::Long(raw),
        }
    }
}

/// What is asked about.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Parameters and context facts by name.
    pub members: Vec<(&'a str, Given<'a>)>,
    /// How sure the agent is.
    pub confidence: Ppm,
    /// Whether that number is calibrated.
    pub calibrated: bool,
    /// How much of what should be known is known.
    pub completeness: Ppm,
    /// Whether anything that is used could have been written by somebody outside.
    pub tainted: bool,
    /// The roles that have approved.
    pub approvals: Vec<&'a str>,
}

/// What a request is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The agent may.
    Allow {
        /// The permits that say so, sorted.
        by: Vec<String>,
    },
    /// Not without approvals.
    NeedsApproval {
        /// Sets of roles each of which suffices beside those that have approved, cheapest first.
        sets: Vec<Vec<String>>,
        /// The forbids in the way, sorted; empty when no permit allows it yet.
        denied_by: Vec<String>,
    },
    /// No approval would change it, or it could not be told.
    Deny {
        /// The forbids in the way, sorted; empty when no permit allows it.
        by: Vec<String>,
        /// What could not be evaluated.
        errors: Vec<String>,
    },
}

/// The policies of one action, and what its requests are made of.
pub(crate) struct ActionSet {
    pub(crate) members: Vec<Member>,
    pub(crate) policies: PolicySet,
    /// The same policies with their conditions.
    pub(crate) sieve: Vec<(Condition, Policy)>,
    pub(crate) principal: EntityUid,
    pub(crate) action: EntityUid,
    pub(crate) resource: EntityUid,
    /// The roles that a policy of the action names, in the order of asking.
    pub(crate) lifting: Vec<String>,
    pub(crate) roles: BTreeMap<String, EntityUid>,
}

/// What Cedar says to one question.
struct Said {
    allowed: bool,
    by: Vec<String>,
    errors: Vec<String>,
}

type Pairs = Vec<(String, RestrictedExpression)>;

impl Boundaries {
    /// The roles whose approval the policies of an action may want, in the order of asking; nothing where no
    /// policy is about it, so that nobody may do it.
    pub fn lifting(&self, action: &str) -> Option<&[String]> {
        let set = self.sets.get(action).filter(|set| !set.policies.is_empty())?;
        Some(&set.lifting)
    }

    /// Asks about an action.
    pub fn ask(&self, action: &str, request: &Request<'_>) -> Answer {
        let refused = |errors| Answer::Deny { by: Vec::new(), errors };
        let Some(set) = self.sets.get(action) else {
            return refused(vec![format!("there is no action `{action}`")]);
        };
        let pairs = match set.pairs(request) {
            Ok(pairs) => pairs,
            Err(errors) => return refused(errors),
        };
        let policies = set.sift(request);
        let said = self.put(set, &policies, &pairs, &request.approvals);
        if !said.errors.is_empty() {
            return Answer::Deny { by: said.by, errors: said.errors };
        }
        if said.allowed {
            return Answer::Allow { by: said.by };
        }
        let sets = self.approvals(set, &policies, &pairs, &request.approvals, &said.by);
        match sets.is_empty() {
            true => Answer::Deny { by: said.by, errors: Vec::new() },
            false => Answer::NeedsApproval { sets, denied_by: said.by },
        }
    }

    /// The sets of approvals that suffice, cheapest first; `denied_by` are the forbids that hold now.
    fn approvals(
        &self,
        set: &ActionSet,
        policies: &PolicySet,
        pairs: &Pairs,
        given: &[&str],
        denied_by: &[String],
    ) -> Vec<Vec<String>> {
        let more = set.lifting.iter().map(String::as_str).filter(|role| !given.contains(role));
        let more: Vec<_> = more.collect();
        if more.is_empty() {
            return Vec::new();
        }
        let all = self.put(set, policies, pairs, &[given, &more].concat());
        if !all.allowed || !all.errors.is_empty() {
            return Vec::new();
        }
        let deciding = denied_by.iter().chain(&all.by).map(PolicyId::new);
        let deciding = set_of(deciding.filter_map(|id| policies.policy(&id)));
        let suffices = |roles: &[&str]| {
            let said = self.put(set, &deciding, pairs, &[given, roles].concat());
            said.allowed && said.errors.is_empty()
        };
        let mut found: Vec<Vec<&str>> = Vec::new();
        let mut sized: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in 0..MOST_APPROVALS.min(more.len()) {
            let larger = sized.iter().flat_map(|picked| {
                let next = picked.last().map_or(0, |last| last + 1);
                (next..more.len()).map(move |at| [picked.as_slice(), &[at]].concat())
            });
            let mut open = Vec::new();
            for picked in larger {
                let roles: Vec<_> = picked.iter().filter_map(|at| more.get(*at).copied()).collect();
                if found.iter().any(|known| known.iter().all(|role| roles.contains(role))) {
                    continue;
                }
                match suffices(&roles) {
                    true => found.push(roles),
                    false => open.push(picked),
                }
            }
            sized = open;
        }
        let owned = |roles: Vec<&str>| roles.into_iter().map(str::to_owned).collect();
        found.into_iter().map(owned).collect()
    }

    /// One question to Cedar, about some of the policies of an action.
    fn put(
        &self,
        set: &ActionSet,
        policies: &PolicySet,
        pairs: &Pairs,
        approvals: &[&str],
    ) -> Said {
        let failed = |error: String| Said { allowed: false, by: Vec::new(), errors: vec![error] };
        let approved = approvals.iter().filter_map(|role| set.roles.get(*role));
        let approved = approved.map(|role| RestrictedExpression::new_entity_uid(role.clone()));
        let approved = ("approvals".to_owned(), RestrictedExpression::new_set(approved));
        let context = match Context::from_pairs(pairs.iter().cloned().chain([approved])) {
            Ok(context) => context,
            Err(error) => return failed(error.to_string()),
        };
        let (principal, action, resource) =
            (set.principal.clone(), set.action.clone(), set.resource.clone());
        // The schema is not given: `pairs` has just seen to what it would check.
        let request = match cedar_policy::Request::new(principal, action, resource, context, None) {
            Ok(request) => request,
            Err(error) => return failed(error.to_string()),
        };
        let response = self.authorizer.is_authorized(&request, policies, &self.entities);
        let diagnostics = response.diagnostics();
        let mut by: Vec<_> = diagnostics.reason().map(ToString::to_string).collect();
        by.sort_unstable();
        let errors = diagnostics.errors().map(ToString::to_string).collect();
        Said { allowed: response.decision() == Decision::Allow, by, errors }
    }
}

impl ActionSet {
    /// The policies that may hold; approvals make none of the others hold.
    pub(crate) fn sift(&self, request: &Request<'_>) -> Cow<'_, PolicySet> {
        let given = |member: &Member| {
            let mut given = request.members.iter().filter(|(name, _)| *name == member.name);
            given.next().map(|(_, value)| *value)
        };
        let long = |number: Ppm| Some(Given::Long(number.get()));
        let always: [_; ALWAYS.len()] = [
            long(request.confidence),
            Some(Given::Bool(request.calibrated)),
            long(request.completeness),
            Some(Given::Bool(request.tainted)),
        ];
        let values: Vec<_> = self.members.iter().map(given).chain(always).collect();
        let holding = self.sieve.iter().filter(|(condition, _)| condition.may_hold(&values));
        let holding: Vec<_> = holding.map(|(_, policy)| policy).collect();
        match holding.len() == self.sieve.len() {
            true => Cow::Borrowed(&self.policies),
            false => Cow::Owned(set_of(holding.into_iter())),
        }
    }

    /// The context without approvals: everything the action must bring, of the right type, and no more.
    fn pairs(&self, request: &Request<'_>) -> Result<Pairs, Vec<String>> {
        let mut errors = Vec::new();
        let mut pairs = Pairs::with_capacity(self.members.len() + 4);
        for member in &self.members {
            let mut given = request.members.iter().filter(|(name, _)| *name == member.name);
            let value = match given.next() {
                Some((_, Given::Bool(yes))) if member.kind == Type::Bool => {
                    RestrictedExpression::new_bool(*yes)
                }
                Some((_, Given::Word(word))) if member.kind == Type::Code => {
                    RestrictedExpression::new_string((*word).to_owned())
                }
                Some((_, Given::Long(number))) if cedar_type(member.kind) == "Long" => {
                    RestrictedExpression::new_long(*number)
                }
                Some(_) => {
                    errors.push(format!("`{}` should be of the type {}", member.name, member.kind));
                    continue;
                }
                None if member.optional => continue,
                None => {
                    errors.push(format!("`{}` is missing", member.name));
                    continue;
                }
            };
            if given.next().is_some() {
                errors.push(format!("`{}` is given twice", member.name));
            }
            pairs.push((member.name.clone(), value));
        }
        let known = |name: &str| self.members.iter().any(|member| member.name == name);
        let unknown = request.members.iter().filter(|(name, _)| !known(name));
        errors.extend(unknown.map(|(name, _)| format!("`{name}` is no member of this action")));
        let roles = request.approvals.iter().filter(|role| !self.roles.contains_key(**role));
        errors.extend(roles.map(|role| format!("`{role}` is no role")));
        if !errors.is_empty() {
            return Err(errors);
        }
        let long = RestrictedExpression::new_long;
        let always = [
            long(request.confidence.get()),
            RestrictedExpression::new_bool(request.calibrated),
            long(request.completeness.get()),
            RestrictedExpression::new_bool(request.tainted),
        ];
        pairs.extend(ALWAYS.map(str::to_owned).into_iter().zip(always));
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decl::{ActionDecl, Subject};

    fn request(amount: i64) -> Request<'static> {
        Request {
            members: vec![("amount", Given::Long(amount)), ("given", Given::Long(i64::MAX))],
            confidence: Ppm::new(0),
            calibrated: false,
            completeness: Ppm::new(0),
            tainted: false,
            approvals: Vec::new(),
        }
    }

    /// Cedar itself allows here: a forbid that overflows is skipped. No bundle can hold such a forbid, so
    /// it is put in behind the back of the checks.
    #[test]
    fn an_error_denies() {
        let member =
            |name: &str| Member { name: name.to_owned(), kind: Type::Money, optional: false };
        let action = ActionDecl {
            name: "refund".to_owned(),
            groups: Vec::new(),
            subject: Subject::Case,
            members: vec![member("amount"), member("given")],
        };
        let compiled = Boundaries::compile(&[action], &["finance"], &BTreeMap::new());
        let mut boundaries = compiled.ok().unwrap().boundaries;
        let policies = "permit (principal, action, resource);\n\
                        forbid (principal, action, resource) when { context.given + context.amount > 500000 } \
                        unless { context.approvals.contains(Bellwether::Role::\"finance\") };";
        let set = boundaries.sets.get_mut("refund").unwrap();
        set.policies = policies.parse().unwrap();
        let Answer::Deny { by, errors } = boundaries.ask("refund", &request(1)) else {
            panic!("an error allowed it");
        };
        assert_eq!(
            (by, errors.len()),
            (vec!["policy0".to_owned()], 1),
            "Cedar would have allowed it"
        );
        assert!(errors.iter().all(|error| error.contains("overflow")), "{errors:?}");
        let denied = Answer::Deny { by: vec!["policy1".to_owned()], errors: Vec::new() };
        assert_eq!(boundaries.ask("refund", &request(0)), denied);
    }
}
