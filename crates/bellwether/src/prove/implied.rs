//! Invariants that another one implies: they limit nothing.
//!
//! - In: the invariants, in every kind of request.
//! - Out: each that follows from another, with that one.
//! - Never: calls one implied for which there was no answer in time; sees that several together imply one.

use super::ask::{Asker, Lies, Reply};
use super::properties::{is_about, key};
use super::report::Implied;
use super::world::{Named, World, allowed, set};
use cedar_policy_symcc::implies_asserts;

/// More invariants are not compared with each other: it takes their square.
const MOST_TOGETHER: usize = 60;

/// Every invariant that another one implies, in their order.
pub(super) async fn all(
    world: &World<'_>,
    invariants: &[Named],
    asker: &mut Asker,
) -> Result<Vec<Implied>, Lies> {
    let mut found = Vec::new();
    if invariants.len() > MOST_TOGETHER {
        return Ok(found);
    }
    for one in invariants {
        for other in invariants.iter().filter(|other| other.id != one.id) {
            if implies(world, other, one, asker).await? {
                found.push(Implied { invariant: one.id.clone(), by: other.id.clone() });
                break;
            }
        }
    }
    Ok(found)
}

/// Whether whatever one invariant allows the other allows too, of all that the other is about.
async fn implies(
    world: &World<'_>,
    one: &Named,
    other: &Named,
    asker: &mut Asker,
) -> Result<bool, Lies> {
    let (limit, wider) = (set([&one.permit]), set([&other.permit]));
    let mut about = false;
    for kind in world.kinds.iter().filter(|kind| is_about(world, other, kind)) {
        about = true;
        let compiled = (world.set(&limit, kind), world.set(&wider, kind));
        let (Ok(left), Ok(right)) = compiled else { return Ok(false) };
        if !is_about(world, one, kind) {
            return Ok(false);
        }
        let key = key("implied", kind, [&one.digest, &other.digest]);
        let apart = |env: &_| allowed(&limit, env) && !allowed(&wider, env);
        match asker.ask(key, &implies_asserts(&left, &right), apart).await? {
            Reply::Never => {}
            Reply::Found(_) | Reply::Open(_) => return Ok(false),
        }
    }
    Ok(about)
}
