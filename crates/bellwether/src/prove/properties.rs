//! The properties of one set of boundaries.
//!
//! - In: the policies in every kind of request.
//! - Out: for each policy and invariant, what holds; where forbids win over permits.
//! - Never: compares policies of actions that have nothing to do with each other.

use super::ask::{Asker, Lies, Reply};
use super::report::{Claim, Conflict, Outcome, Property};
use super::world::{Kind, Named, World, allowed, deciding, errs, set, shown};
use bellwether_core::Digest;
use cedar_policy::{ActionConstraint, Effect, PolicySet};
use cedar_policy_symcc::{
    disjoint_asserts, implies_asserts, never_errors_asserts, never_matches_asserts,
};
use indicatif::ProgressBar;

/// More policies that match one action are not compared with each other: it takes their square.
const MOST_TOGETHER: usize = 200;

/// What is found, in a fixed order.
pub(super) type Found = (Vec<Property>, Vec<Conflict>);

/// Everything about a set of boundaries.
pub(super) async fn all(
    world: &World<'_>,
    invariants: &[Named],
    asker: &mut Asker,
    bar: &ProgressBar,
) -> Result<Found, Lies> {
    let mut properties = Vec::new();
    let whole = set(world.policies.iter().map(|one| &one.policy));
    for invariant in invariants {
        bar.inc(1);
        let outcome = holds(world, &whole, invariant, asker).await?;
        properties.push(property(Claim::Holds, &invariant.id, outcome));
    }
    for policy in &world.policies {
        bar.inc(1);
        let outcome = never_errors(world, policy, asker).await?;
        properties.push(property(Claim::NeverErrors, &policy.id, outcome));
    }
    let mut live: Vec<Vec<&Named>> = vec![Vec::new(); world.kinds.len()];
    for policy in &world.policies {
        bar.inc(1);
        let outcome = alive(world, policy, &mut live, asker).await?;
        properties.push(property(Claim::Live, &policy.id, outcome));
    }
    for policy in &world.policies {
        bar.inc(1);
        let same = Beside { world, live: &live, policy, effect: policy.effect() };
        if let Some(outcome) = same.shadowed(asker).await? {
            properties.push(property(Claim::NotShadowed, &policy.id, outcome));
        }
    }
    let mut conflicts = Vec::new();
    for policy in &world.policies {
        bar.inc(2);
        let against = Beside { world, live: &live, policy, effect: other(policy.effect()) };
        if policy.effect() == Effect::Permit {
            if let Some(outcome) = against.overruled(asker).await? {
                properties.push(property(Claim::NotOverruled, &policy.id, outcome));
            }
        } else {
            conflicts.extend(against.conflicts(asker).await?);
        }
    }
    conflicts
        .sort_by(|a, b| (&a.action, &a.forbid, &a.permit).cmp(&(&b.action, &b.forbid, &b.permit)));
    Ok((properties, conflicts))
}

pub(super) fn property(kind: Claim, about: &str, outcome: Outcome) -> Property {
    Property { kind, about: about.to_owned(), outcome }
}

fn other(effect: Effect) -> Effect {
    match effect {
        Effect::Permit => Effect::Forbid,
        Effect::Forbid => Effect::Permit,
    }
}

/// What a question is remembered by.
pub(super) fn key<'d>(what: &str, kind: &Kind, of: impl IntoIterator<Item = &'d Digest>) -> Digest {
    let parts = [what.as_bytes(), kind.digest.as_bytes()].into_iter();
    Digest::of_parts(parts.chain(of.into_iter().map(|digest| digest.as_bytes().as_slice())))
}

/// Whether everything that is allowed fits the invariant.
async fn holds(
    world: &World<'_>,
    whole: &PolicySet,
    invariant: &Named,
    asker: &mut Asker,
) -> Result<Outcome, Lies> {
    let ceiling = set([&invariant.permit]);
    let mut open = None;
    let mut looked = 0;
    for kind in world.kinds.iter().filter(|kind| is_about(world, invariant, kind)) {
        looked += 1;
        let (rules, limit) = match (world.set(whole, kind), world.set(&ceiling, kind)) {
            (Ok(rules), Ok(limit)) => (rules, limit),
            (Err(why), _) | (_, Err(why)) => return Ok(Outcome::Open(why)),
        };
        let of = world.policies.iter().map(|one| &one.digest).chain([&invariant.digest]);
        let key = key("holds", kind, of);
        let breaks = |env: &_| allowed(whole, env) && !allowed(&ceiling, env);
        match asker.ask(key, &implies_asserts(&rules, &limit), breaks).await? {
            Reply::Never => {}
            Reply::Found(env) => {
                let by = deciding(whole, &env).join(", ");
                return Ok(Outcome::Broken(format!("{by} allows {}", shown(&env))));
            }
            Reply::Open(why) => open = Some(why),
        }
    }
    if looked == 0 {
        return Ok(Outcome::Broken("there is no such action".to_owned()));
    }
    Ok(open.map_or(Outcome::Proved, Outcome::Open))
}

/// Whether an invariant is about a kind of request: by its scope, or else by `@action`.
pub(super) fn is_about(world: &World<'_>, invariant: &Named, kind: &Kind) -> bool {
    let policy = &invariant.policy;
    match (policy.action_constraint(), policy.annotation("action")) {
        (ActionConstraint::Any, None | Some("*")) => true,
        (ActionConstraint::Any, Some(action)) => action == kind.action,
        _ => {
            policy.get_valid_request_envs(world.schema).any(|env| env.action() == kind.env.action())
        }
    }
}

async fn never_errors(
    world: &World<'_>,
    policy: &Named,
    asker: &mut Asker,
) -> Result<Outcome, Lies> {
    let alone = set([&policy.permit]);
    let mut open = None;
    for kind in &world.kinds {
        let compiled = match world.one(&policy.permit, kind) {
            Ok(compiled) => compiled,
            Err(why) => return Ok(Outcome::Open(why)),
        };
        let key = key("errors", kind, [&policy.digest]);
        let asserts = never_errors_asserts(&compiled);
        match asker.ask(key, &asserts, |env| errs(&alone, env)).await? {
            Reply::Never => {}
            Reply::Found(env) => {
                let request = shown(&env);
                let what = format!("it cannot be evaluated, so it does not count, on {request}");
                return Ok(Outcome::Broken(what));
            }
            Reply::Open(why) => open = Some(why),
        }
    }
    Ok(open.map_or(Outcome::Proved, Outcome::Open))
}

/// Whether a policy matches anything; notes in which kinds of request it may.
async fn alive<'a>(
    world: &World<'_>,
    policy: &'a Named,
    live: &mut [Vec<&'a Named>],
    asker: &mut Asker,
) -> Result<Outcome, Lies> {
    let alone = set([&policy.permit]);
    let (mut open, mut matches) = (None, false);
    for (kind, live) in world.kinds.iter().zip(live) {
        let compiled = match world.one(&policy.permit, kind) {
            Ok(compiled) => compiled,
            Err(why) => return Ok(Outcome::Open(why)),
        };
        let key = key("matches", kind, [&policy.digest]);
        let asserts = never_matches_asserts(&compiled);
        match asker.ask(key, &asserts, |env| allowed(&alone, env)).await? {
            Reply::Never => continue,
            Reply::Found(_) => matches = true,
            Reply::Open(why) => open = Some(why),
        }
        live.push(policy);
    }
    Ok(match open {
        _ if matches => Outcome::Proved,
        Some(why) => Outcome::Open(why),
        None => Outcome::Broken("it matches no request at all: it is dead".to_owned()),
    })
}

/// A policy beside those of one effect that match requests of the same kind.
struct Beside<'a> {
    world: &'a World<'a>,
    /// Of each kind of request, the policies that match some of them.
    live: &'a [Vec<&'a Named>],
    policy: &'a Named,
    effect: Effect,
}

impl<'a> Beside<'a> {
    /// The kinds of request that the policy matches, each with the others.
    fn kinds(&self) -> impl Iterator<Item = (&'a Kind, Vec<&'a Named>)> + use<'a> {
        let (own, effect) = (self.policy, self.effect);
        let here = move |live: &[&Named]| live.iter().any(|one| one.id == own.id);
        let kinds = self.world.kinds.iter().zip(self.live).filter(move |(_, live)| here(live));
        kinds.map(move |(kind, live)| {
            let others = live.iter().copied().filter(|one| one.id != own.id);
            (kind, others.filter(|one| one.effect() == effect).collect())
        })
    }

    /// A request of the kind that the policy matches and none of the others does.
    async fn alone(
        &self,
        kind: &Kind,
        others: &[&Named],
        asker: &mut Asker,
    ) -> Result<Reply, Lies> {
        let policy = self.policy;
        if others.len() > MOST_TOGETHER {
            let why = format!("more than {MOST_TOGETHER} policies stand beside it");
            return Ok(Reply::Open(why));
        }
        let (one, rest) = (set([&policy.permit]), set(others.iter().map(|other| &other.permit)));
        let (compiled, beside) = match (self.world.set(&one, kind), self.world.set(&rest, kind)) {
            (Ok(compiled), Ok(beside)) => (compiled, beside),
            (Err(why), _) | (_, Err(why)) => return Ok(Reply::Open(why)),
        };
        let of = [&policy.digest].into_iter().chain(others.iter().map(|other| &other.digest));
        let key = key("alone", kind, of);
        let alone = |env: &_| allowed(&one, env) && !allowed(&rest, env);
        asker.ask(key, &implies_asserts(&compiled, &beside), alone).await
    }

    /// The kinds of request that it is about, with the others beside it; nothing where one kind has no others.
    fn rivals(&self) -> Option<Vec<(&'a Kind, Vec<&'a Named>)>> {
        let kinds: Vec<_> = self.kinds().collect();
        let alone = kinds.is_empty() || kinds.iter().any(|(_, others)| others.is_empty());
        (!alone).then_some(kinds)
    }

    /// That it matches a request which the others leave, or why that cannot be told; nothing where they leave
    /// none.
    async fn somewhere_alone(
        &self,
        kinds: &[(&Kind, Vec<&Named>)],
        asker: &mut Asker,
    ) -> Result<Option<Outcome>, Lies> {
        for (kind, others) in kinds {
            match self.alone(kind, others, asker).await? {
                Reply::Never => {}
                Reply::Found(_) => return Ok(Some(Outcome::Proved)),
                Reply::Open(why) => return Ok(Some(Outcome::Open(why))),
            }
        }
        Ok(None)
    }

    /// Whether another of its effect, or several, match whatever it matches; `None` where none could.
    async fn shadowed(&self, asker: &mut Asker) -> Result<Option<Outcome>, Lies> {
        let Some(kinds) = self.rivals() else { return Ok(None) };
        if let Some(outcome) = self.somewhere_alone(&kinds, asker).await? {
            return Ok(Some(outcome));
        }
        let Some((_, candidates)) = kinds.first() else { return Ok(None) };
        for other in candidates {
            let mut covers = true;
            for (kind, others) in &kinds {
                let there = others.iter().any(|one| one.id == other.id);
                covers &= there && matches!(self.alone(kind, &[other], asker).await?, Reply::Never);
            }
            if covers {
                return Ok(Some(Outcome::Broken(self.covered_by(other, &kinds, asker).await?)));
            }
        }
        let others: Vec<_> = candidates.iter().map(|one| one.id.as_str()).collect();
        let what = format!("others together match all that it matches: {}", others.join(", "));
        Ok(Some(Outcome::Broken(what)))
    }

    /// How one policy covers this one: more, or exactly as much.
    async fn covered_by(
        &self,
        other: &'a Named,
        kinds: &[(&Kind, Vec<&Named>)],
        asker: &mut Asker,
    ) -> Result<String, Lies> {
        let back = Beside { policy: other, ..*self };
        let mut same = back.kinds().count() == kinds.len();
        for (kind, _) in kinds {
            same &= matches!(back.alone(kind, &[self.policy], asker).await?, Reply::Never);
        }
        let id = &other.id;
        Ok(match same {
            true => format!("{id} matches exactly the same requests: one of them is a duplicate"),
            false => format!("{id} matches all that it matches, and more"),
        })
    }

    /// Whether forbids leave nothing of a permit; `None` where nothing forbids.
    async fn overruled(&self, asker: &mut Asker) -> Result<Option<Outcome>, Lies> {
        let Some(kinds) = self.rivals() else { return Ok(None) };
        if let Some(outcome) = self.somewhere_alone(&kinds, asker).await? {
            return Ok(Some(outcome));
        }
        let what = "everything that it would permit is forbidden".to_owned();
        Ok(Some(Outcome::Broken(what)))
    }

    /// The permits over which this forbid wins somewhere.
    async fn conflicts(&self, asker: &mut Asker) -> Result<Vec<Conflict>, Lies> {
        let policy = self.policy;
        let one = set([&policy.permit]);
        let mut found = Vec::new();
        for (kind, mut left) in self.kinds() {
            while !left.is_empty() && left.len() <= MOST_TOGETHER {
                let rest = set(left.iter().map(|other| &other.permit));
                let (Ok(forbid), Ok(permits)) =
                    (self.world.set(&one, kind), self.world.set(&rest, kind))
                else {
                    break;
                };
                let of = [&policy.digest].into_iter().chain(left.iter().map(|other| &other.digest));
                let key = key("overlap", kind, of);
                let both = |env: &_| allowed(&one, env) && allowed(&rest, env);
                let asserts = disjoint_asserts(&forbid, &permits);
                let Reply::Found(env) = asker.ask(key, &asserts, both).await? else { break };
                let by = deciding(&rest, &env);
                found.extend(by.iter().map(|permit| Conflict {
                    action: kind.action.clone(),
                    permit: permit.clone(),
                    forbid: policy.id.clone(),
                    request: shown(&env),
                }));
                left.retain(|one| !by.contains(&one.id));
            }
        }
        Ok(found)
    }
}
