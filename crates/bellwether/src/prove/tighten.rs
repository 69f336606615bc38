//! Whether newer rules allow nothing that older ones, or a parent's, did not.
//!
//! - In: the newer boundaries, and the older ones.
//! - Out: a property per action: it tightens, or the request that is newly allowed.
//! - Never: takes an action that the older rules did not know for one that they allowed.

use super::ask::{Asker, Lies, Reply};
use super::properties::{key, property};
use super::report::{Claim, Outcome, Property};
use super::world::{Kind, Named, Subject, World, allowed, deciding, kinds, named, set, shown};
use bellwether_core::Problem;
use cedar_policy::PolicySet;
use cedar_policy_symcc::implies_asserts;

/// One property for each action.
pub(super) async fn all(
    new: &World<'_>,
    name: &str,
    older: &Subject,
    asker: &mut Asker,
) -> Result<Result<Vec<Property>, Lies>, Problem> {
    let policies = named(&older.boundaries)?;
    let known: Vec<String> = kinds(&older.schema).into_iter().map(|kind| kind.action).collect();
    let mut properties: Vec<Property> = Vec::new();
    for kind in &new.kinds {
        let older = if known.contains(&kind.action) { policies.as_slice() } else { &[] };
        let outcome = match one(new, kind, older, asker).await {
            Ok(outcome) => outcome,
            Err(lies) => return Ok(Err(lies)),
        };
        properties.push(property(Claim::Tightens, &format!("{} ({name})", kind.action), outcome));
    }
    Ok(Ok(properties))
}

async fn one(
    new: &World<'_>,
    kind: &Kind,
    older: &[Named],
    asker: &mut Asker,
) -> Result<Outcome, Lies> {
    let whole = set(new.policies.iter().map(|one| &one.policy));
    let old: PolicySet = set(older.iter().map(|one| &one.policy));
    let (newer, before) = match (new.set(&whole, kind), new.set(&old, kind)) {
        (Ok(newer), Ok(before)) => (newer, before),
        (Err(why), _) => return Ok(Outcome::Open(why)),
        (_, Err(why)) => return Ok(Outcome::Open(format!("the older rules do not fit: {why}"))),
    };
    // A policy's digest does not tell its effect, and the same ones may stand on both sides.
    let of = new.policies.iter().chain(older).map(|one| &one.digest);
    let effects: String =
        new.policies.iter().chain(older).map(|one| one.effect().to_string()).collect();
    let key = key(&format!("tightens {} {effects}", older.len()), kind, of);
    let more = |env: &_| allowed(&whole, env) && !allowed(&old, env);
    Ok(match asker.ask(key, &implies_asserts(&newer, &before), more).await? {
        Reply::Never => Outcome::Proved,
        Reply::Open(why) => Outcome::Open(why),
        Reply::Found(env) => {
            let by = deciding(&whole, &env).join(", ");
            Outcome::Broken(format!("newly allowed, by {by}: {}", shown(&env)))
        }
    })
}
