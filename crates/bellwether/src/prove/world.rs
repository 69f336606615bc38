//! What is proved about: policies under every kind of request that the schema knows, compiled for the solver.
//!
//! - In: a schema, boundaries and invariants.
//! - Out: [`World`]: each policy in each kind of request; sets of policies as the solver takes them.
//! - Never: changes what a policy matches. A `forbid` is turned into a `permit` of the same requests where it
//!   is asked when it matches.

use super::ask::said;
use bellwether_core::{Digest, Problem};
use cedar_policy::{Authorizer, Decision, Effect, Policy, PolicyId, PolicySet, RequestEnv, Schema};
use cedar_policy_symcc::{CompiledPolicy, CompiledPolicySet, Env};

/// The boundaries of a bundle, ready to be proved.
pub(crate) struct Subject {
    /// What requests look like.
    pub(crate) schema: Schema,
    /// What is allowed and forbidden.
    pub(crate) boundaries: PolicySet,
    /// What must hold of everything that is allowed: each a `permit` with `@id` and `@action`.
    pub(crate) invariants: PolicySet,
}

impl Subject {
    /// From texts.
    ///
    /// # Errors
    /// `prove-cedar` with what Cedar says.
    #[cfg(test)]
    pub(crate) fn read(schema: &str, boundaries: &str, invariants: &str) -> Result<Self, Problem> {
        let wrong = |what: String| Problem::new("prove-cedar", what);
        let (schema, _) =
            Schema::from_cedarschema_str(schema).map_err(|error| wrong(error.to_string()))?;
        let set = |text: &str| text.parse::<PolicySet>().map_err(|error| wrong(error.to_string()));
        Ok(Self { schema, boundaries: set(boundaries)?, invariants: set(invariants)? })
    }
}

/// A policy by its own name.
pub(super) struct Named {
    /// Its `@id`, or what Cedar calls it.
    pub(super) id: String,
    /// As written.
    pub(super) policy: Policy,
    /// The same requests, as a `permit`.
    pub(super) permit: Policy,
    /// For the memory of what was asked.
    pub(super) digest: Digest,
}

impl Named {
    pub(super) fn effect(&self) -> Effect {
        self.policy.effect()
    }

    /// A policy under its name.
    pub(super) fn new(policy: &Policy) -> Result<Self, Problem> {
        let wrong = |what: String| Problem::new("prove-cedar", what);
        let id = policy.annotation("id").map_or_else(|| policy.id().to_string(), str::to_owned);
        let mut json = policy.to_json().map_err(|error| wrong(error.to_string()))?;
        if let Some(effect) = json.get_mut("effect") {
            *effect = "permit".into();
        }
        let digest = Digest::of_parts([id.as_bytes(), json.to_string().as_bytes()]);
        let permit = Policy::from_json(Some(PolicyId::new(&id)), json);
        let permit = permit.map_err(|error| wrong(error.to_string()))?;
        Ok(Self { policy: policy.new_id(PolicyId::new(&id)), id, permit, digest })
    }
}

/// The policies of a set, sorted by their names.
pub(super) fn named(set: &PolicySet) -> Result<Vec<Named>, Problem> {
    let mut named = set.policies().map(Named::new).collect::<Result<Vec<_>, _>>()?;
    named.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(named)
}

/// One kind of request: an action, and what it is done by and to.
pub(super) struct Kind {
    pub(super) env: RequestEnv,
    /// The action's name, without its namespace.
    pub(super) action: String,
    /// For the memory of what was asked.
    pub(super) digest: Digest,
}

/// Every kind of request, in a fixed order.
pub(super) fn kinds(schema: &Schema) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = schema
        .request_envs()
        .map(|env| {
            let name = format!("{} {} {}", env.action(), env.principal(), env.resource());
            let action = env.action().id().unescaped().to_owned();
            Kind { env, action, digest: Digest::of(name.as_bytes()) }
        })
        .collect();
    kinds.sort_by(|a, b| (&a.action, a.digest).cmp(&(&b.action, b.digest)));
    kinds
}

/// A schema, and the policies under it.
pub(super) struct World<'a> {
    pub(super) schema: &'a Schema,
    pub(super) kinds: Vec<Kind>,
    pub(super) policies: Vec<Named>,
}

impl<'a> World<'a> {
    pub(super) fn new(schema: &'a Schema, policies: &PolicySet) -> Result<Self, Problem> {
        Ok(Self { schema, kinds: kinds(schema), policies: named(policies)? })
    }

    pub(super) fn one(&self, policy: &Policy, kind: &Kind) -> Result<CompiledPolicy, String> {
        CompiledPolicy::compile(policy, &kind.env, self.schema).map_err(|error| said(&error))
    }

    pub(super) fn set(&self, set: &PolicySet, kind: &Kind) -> Result<CompiledPolicySet, String> {
        CompiledPolicySet::compile(set, &kind.env, self.schema).map_err(|error| said(&error))
    }
}

/// Policies as one set.
pub(super) fn set<'p>(policies: impl IntoIterator<Item = &'p Policy>) -> PolicySet {
    let mut set = PolicySet::new();
    for policy in policies {
        // Names were checked to differ when the bundle was read; a second one adds nothing.
        let _ = set.add(policy.clone());
    }
    set
}

/// Whether the authorizer allows the counterexample.
pub(super) fn allowed(set: &PolicySet, env: &Env) -> bool {
    let answer = Authorizer::new().is_authorized(&env.request, set, &env.entities);
    answer.decision() == Decision::Allow
}

/// Whether evaluating fails on the counterexample.
pub(super) fn errs(set: &PolicySet, env: &Env) -> bool {
    let answer = Authorizer::new().is_authorized(&env.request, set, &env.entities);
    answer.diagnostics().errors().next().is_some()
}

/// The policies that decide about the counterexample.
pub(super) fn deciding(set: &PolicySet, env: &Env) -> Vec<String> {
    let answer = Authorizer::new().is_authorized(&env.request, set, &env.entities);
    let mut by: Vec<String> = answer.diagnostics().reason().map(ToString::to_string).collect();
    by.sort_unstable();
    by
}

/// A request on one line, for people: the action, then what stands in its context, and what the entities say.
pub(super) fn shown(env: &Env) -> String {
    let name = |uid: Option<&cedar_policy::EntityUid>| {
        uid.map_or_else(|| "?".to_owned(), |uid| uid.id().unescaped().to_owned())
    };
    let mut parts = Vec::new();
    let context = env.request.context().and_then(|context| context.to_json_value().ok());
    if let Some(serde_json::Value::Object(members)) = context {
        let mut members: Vec<_> = members.iter().collect();
        members.sort_by_key(|(key, _)| key.as_str());
        parts.extend(members.iter().map(|(key, value)| format!("{key}: {}", plain(value))));
    }
    let mut entities: Vec<_> = env.entities.iter().collect();
    entities.sort_by_key(|entity| entity.uid().to_string());
    for entity in entities {
        let Ok(json) = entity.to_json_value() else { continue };
        let Some(serde_json::Value::Object(attrs)) = json.get("attrs") else { continue };
        if !attrs.is_empty() {
            let attrs = plain(&serde_json::Value::Object(attrs.clone()));
            parts.push(format!("{} {attrs}", entity.uid().type_name().basename()));
        }
    }
    format!("{} with {}", name(env.request.action()), parts.join(", "))
}

/// JSON as people read it: words without quotes, entities by their name.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::Object(members) => {
            let entity = members.get("__entity").and_then(|entity| entity.get("id"));
            if let Some(serde_json::Value::String(id)) = entity {
                return id.clone();
            }
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key.as_str());
            let members: Vec<_> =
                members.iter().map(|(key, value)| format!("{key}: {}", plain(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        other => other.to_string(),
    }
}
