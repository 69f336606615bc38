//! Compiling: files and declarations become one policy set per action, or every problem at once.
//!
//! - In: actions, roles in the order of people.yaml, and the files of a bundle.
//! - Out: [`Boundaries`], with the validator's warnings.
//! - Never: loads what Cedar's strict validator refuses.

use crate::ask::ActionSet;
use crate::decl::ActionDecl;
use crate::diff::without;
use crate::pieces::place;
use crate::read::{Boundary, Invariant, Read, offset, read};
use crate::schema;
use crate::sift::Condition;
use bellwether_core::{Problem, Timestamp};
use cedar_policy::{
    ActionConstraint, Authorizer, Entities, EntityId, EntityTypeName, EntityUid, Policy, PolicyId,
    PolicySet, Schema, ValidationMode, Validator,
};
use miette::Diagnostic;
use std::collections::BTreeMap;

/// The boundaries of a bundle, ready to be asked.
pub struct Boundaries {
    pub(crate) authorizer: Authorizer,
    pub(crate) entities: Entities,
    pub(crate) sets: BTreeMap<String, ActionSet>,
    schema: Schema,
    schema_text: String,
    policies: PolicySet,
    boundaries: Vec<Boundary>,
    invariants: Vec<Invariant>,
    words: Vec<String>,
}

/// Boundaries, and what somebody should look at.
pub struct Compiled {
    /// The boundaries.
    pub boundaries: Boundaries,
    /// What did not stop them.
    pub warnings: Vec<Problem>,
}

impl Boundaries {
    /// Reads and checks `boundaries/*.cedar` and `invariants/*.cedar` among the files of a bundle. The
    /// order of `roles` is that of asking: among approvals that suffice, those of earlier roles are cheaper.
    ///
    /// # Errors
    /// Every problem of every policy: `boundary-syntax`, `boundary-invalid` (Cedar's validator),
    /// `boundary-annotation`, `boundary-duplicate`, `boundary-needs`, `boundary-arithmetic`,
    /// `boundary-operator`, `boundary-approvals`; `boundary-schema` when the declarations make no schema.
    pub fn compile(
        actions: &[ActionDecl],
        roles: &[&str],
        files: &BTreeMap<String, String>,
    ) -> Result<Compiled, Vec<Problem>> {
        let schema_text = schema::text(actions, roles);
        let schema = Schema::from_cedarschema_str(&schema_text);
        let (schema, _) = schema.map_err(|error| vec![no_schema(&error.to_string())])?;
        let entities =
            schema.action_entities().map_err(|error| vec![no_schema(&error.to_string())])?;
        let mut problems = Vec::new();
        let read_policies = read(files, false, Some(roles), &mut problems);
        let mut ceilings = read(files, true, Some(roles), &mut problems);
        ceilings.retain_mut(|one| narrow(one, actions, &mut problems));
        let mut warnings = Vec::new();
        for (group, warn) in [(&read_policies, true), (&ceilings, false)] {
            let group = doubtful(group, actions, roles);
            validate(&group, &schema, &mut problems, warn.then_some(&mut warnings));
        }
        if !problems.is_empty() {
            problems.extend(warnings);
            problems.sort_by(|a, b| a.place.cmp(&b.place));
            return Err(problems);
        }
        warnings.extend(twice(&ceilings));
        warnings.sort_by(|a, b| a.place.cmp(&b.place));
        let types = Types::read().map_err(|error| vec![no_schema(&error)])?;
        let sets = actions
            .iter()
            .map(|action| (action.name.clone(), action_set(action, &read_policies, roles, &types)));
        let words = read_policies.iter().flat_map(|one| one.found.words.iter().cloned());
        let mut words: Vec<_> = words.collect();
        words.sort_unstable();
        words.dedup();
        let boundaries = Self {
            authorizer: Authorizer::new(),
            entities,
            sets: sets.collect(),
            schema,
            schema_text,
            policies: set_of(read_policies.iter().map(|one| &one.policy)),
            boundaries: read_policies.into_iter().map(|one| one.boundary).collect(),
            invariants: ceilings.into_iter().map(invariant).collect(),
            words,
        };
        Ok(Compiled { boundaries, warnings })
    }

    /// What is wrong with the Cedar files of a bundle whose actions and people could not be read: as much
    /// as their text alone tells.
    pub fn problems_of_text(files: &BTreeMap<String, String>) -> Vec<Problem> {
        let mut problems = Vec::new();
        read(files, false, None, &mut problems);
        read(files, true, None, &mut problems);
        problems
    }

    /// The schema in Cedar's language.
    pub fn schema_text(&self) -> &str {
        &self.schema_text
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Every policy of `boundaries/`, under its `@id`.
    pub fn policies(&self) -> &PolicySet {
        &self.policies
    }

    /// Every invariant.
    pub fn invariants(&self) -> &[Invariant] {
        &self.invariants
    }

    /// The boundary of an id.
    pub fn boundary(&self, id: &str) -> Option<&Boundary> {
        self.boundaries.iter().find(|one| one.id == id)
    }

    /// What the policies of `boundaries/` say about themselves, in the order of files.
    pub fn boundaries(&self) -> &[Boundary] {
        &self.boundaries
    }

    /// The texts that policies compare with, sorted.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// A warning for each policy whose `@review` has passed on this day.
    pub fn overdue(&self, today: Timestamp) -> Vec<Problem> {
        let due = |one: &&Boundary| one.review.is_some_and(|review| review <= today);
        let tell = |one: &Boundary| {
            let message =
                format!("`{}` was to be looked at again by {} before today", one.id, one.owner);
            let help = "see whether it still holds, then set a later `@review`";
            Problem::new("boundary-overdue", message).at(one.place.clone()).warning().help(help)
        };
        self.boundaries.iter().filter(due).map(tell).collect()
    }
}

fn no_schema(error: &str) -> Problem {
    let message = format!("the actions and roles make no schema: {error}");
    Problem::new("boundary-schema", message)
        .help("name actions, groups, members and roles with letters, digits and `_`")
}

/// Narrows an invariant to its action, so that it is checked against that action's context alone.
fn narrow(one: &mut Read, actions: &[ActionDecl], problems: &mut Vec<Problem>) -> bool {
    let Some(action) = one.policy.annotation("action").filter(|action| *action != "*") else {
        return true;
    };
    if !actions.iter().any(|known| known.name == action) {
        let message = format!("`@action(\"{action}\")` of `{}` is no action", one.boundary.id);
        let known = actions.iter().map(|known| known.name.as_str());
        let problem = Problem::new("boundary-annotation", message).at(one.boundary.place.clone());
        let help = "write the name of an action of actions.yaml, or `*` for all of them";
        problems.push(problem.help(help).nearest(action, known));
        return false;
    }
    let same = |named: &EntityUid| {
        named.type_name().to_string() == "Bellwether::Action" && named.id().unescaped() == action
    };
    let problem = match one.policy.action_constraint() {
        ActionConstraint::Eq(named) if same(&named) => return true,
        ActionConstraint::Any => {
            let action = action.to_owned();
            match set_action(one, &action) {
                Ok(()) => return true,
                Err(error) => Problem::new("boundary-invalid", error)
                    .help("name the action in the policy itself: `action == ..`"),
            }
        }
        ActionConstraint::Eq(_) | ActionConstraint::In(_) => {
            let id = &one.boundary.id;
            let message =
                format!("`{id}` is about `{action}` by `@action`, and about another by itself");
            Problem::new("boundary-annotation", message)
                .help("write `action` alone into the policy: `@action` says which")
        }
    };
    problems.push(problem.at(one.boundary.place.clone()));
    false
}

/// Makes a policy about any action one about a single action.
fn set_action(one: &mut Read, action: &str) -> Result<(), String> {
    let scope =
        serde_json::json!({"op": "==", "entity": {"type": "Bellwether::Action", "id": action}});
    let parts = one.json.as_object_mut().ok_or("the policy has no parts")?;
    parts.insert("action".to_owned(), scope);
    let narrowed = Policy::from_json(Some(one.policy.id().clone()), one.json.clone());
    one.policy = narrowed.map_err(|error| error.to_string())?;
    Ok(())
}

/// A warning for each invariant that says what an earlier one says, of the same action or of all of them.
fn twice(ceilings: &[Read]) -> Vec<Problem> {
    let mut first: BTreeMap<String, Vec<(&Read, Option<&str>)>> = BTreeMap::new();
    let mut warnings = Vec::new();
    for one in ceilings {
        let action = one.policy.annotation("action").filter(|action| *action != "*");
        // The actions are compared by what the annotation says.
        let matches = without(one.json.clone(), &["annotations", "action"]);
        let known = first.entry(matches.to_string()).or_default();
        let same = |(_, other): &&(&Read, Option<&str>)| {
            other.is_none() || action.is_none() || *other == action
        };
        if let Some((other, _)) = known.iter().find(same) {
            let (id, other) = (&one.boundary.id, &other.boundary);
            let message = format!("the invariant `{id}` says what `{}` says", other.id);
            let problem = Problem::new("boundary-twice", message).at(one.boundary.place.clone());
            let help =
                format!("the first stands at {}; remove the one that is about less", other.place);
            warnings.push(problem.warning().help(help));
        }
        known.push((one, action));
    }
    warnings
}

fn invariant(one: Read) -> Invariant {
    let action = one.policy.annotation("action").filter(|action| *action != "*").map(str::to_owned);
    Invariant { id: one.boundary.id, action, policy: one.policy, place: one.boundary.place }
}

/// The policies of which Cedar's validator may have something to say. It checks each against every action,
/// so those about one action alone are checked against that one first: for the others their scope is
/// false, and the validator looks no further.
fn doubtful<'a>(read: &'a [Read], actions: &[ActionDecl], roles: &[&str]) -> Vec<&'a Read> {
    let mut by_action: BTreeMap<Option<&str>, Vec<&Read>> = BTreeMap::new();
    for one in read {
        let named = match one.policy.action_constraint() {
            ActionConstraint::Eq(named) => {
                actions.iter().find(|action| action.name == named.id().unescaped())
            }
            ActionConstraint::Any | ActionConstraint::In(_) => None,
        };
        by_action.entry(named.map(|action| action.name.as_str())).or_default().push(one);
    }
    let mut doubtful = by_action.remove(&None).unwrap_or_default();
    for action in actions {
        let Some(group) = by_action.remove(&Some(action.name.as_str())) else { continue };
        let alone = schema::text(std::slice::from_ref(action), roles);
        let fine = Schema::from_cedarschema_str(&alone).is_ok_and(|(schema, _)| {
            let set = set_of(group.iter().map(|one| &one.policy));
            let checked = Validator::new(schema).validate(&set, ValidationMode::Strict);
            checked.validation_passed_without_warnings()
        });
        if !fine {
            doubtful.extend(group);
        }
    }
    doubtful
}

/// Puts Cedar's complaints where the policies stand.
fn validate(
    read: &[&Read],
    schema: &Schema,
    problems: &mut Vec<Problem>,
    warnings: Option<&mut Vec<Problem>>,
) {
    let set = set_of(read.iter().map(|one| &one.policy));
    let checked = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    let by_id: BTreeMap<&PolicyId, &Read> =
        read.iter().map(|one| (one.policy.id(), *one)).collect();
    let placed = |problem: Problem, id: &PolicyId, told: &dyn Diagnostic| match by_id.get(id) {
        Some(one) => problem.at(place(&one.boundary.place, &one.text, offset(told))),
        None => problem,
    };
    let invalid = checked.validation_errors();
    problems.extend(invalid.map(|error| {
        let (message, help) = told(error);
        let problem = Problem::new("boundary-invalid", message).help(help);
        placed(problem, error.policy_id(), error)
    }));
    if let Some(warnings) = warnings {
        let warned = checked.validation_warnings().map(|warning| {
            let (message, help) = told(warning);
            let problem = Problem::new("boundary-dead", message).help(help);
            placed(problem, warning.policy_id(), warning).warning()
        });
        warnings.extend(warned);
    }
}

/// A complaint of Cedar in our words, and how to mend it.
fn told(told: &dyn Diagnostic) -> (String, String) {
    let message = told.to_string().replace("for policy `invariant:", "for policy `");
    let help = told.help().map_or_else(
        || "the schema is made from actions.yaml and people.yaml".to_owned(),
        |help| help.to_string(),
    );
    (message, help)
}

pub(crate) fn set_of<'a>(policies: impl Iterator<Item = &'a Policy>) -> PolicySet {
    let mut set = PolicySet::new();
    for policy in policies {
        // Ids are unique: those that are not were refused.
        let _ = set.add(policy.clone());
    }
    set
}

/// The names of entity types, parsed once.
struct Types {
    action: EntityTypeName,
    agent: EntityTypeName,
    role: EntityTypeName,
    subjects: BTreeMap<&'static str, EntityTypeName>,
}

impl Types {
    fn read() -> Result<Self, String> {
        let name = |name: &str| {
            format!("Bellwether::{name}")
                .parse::<EntityTypeName>()
                .map_err(|error| error.to_string())
        };
        let subjects = crate::decl::Subject::ALL.into_iter();
        let subjects = subjects.map(|subject| Ok((subject.entity(), name(subject.entity())?)));
        Ok(Self {
            action: name("Action")?,
            agent: name("Agent")?,
            role: name("Role")?,
            subjects: subjects.collect::<Result<_, String>>()?,
        })
    }
}

fn action_set(action: &ActionDecl, read: &[Read], roles: &[&str], types: &Types) -> ActionSet {
    let uid = |kind: &EntityTypeName, id: &str| {
        EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
    };
    let this = uid(&types.action, &action.name);
    let groups: Vec<_> = action.groups.iter().map(|group| uid(&types.action, group)).collect();
    let about = |one: &&Read| match one.policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(named) => named == this,
        ActionConstraint::In(named) => {
            named.iter().any(|named| *named == this || groups.contains(named))
        }
    };
    let read: Vec<_> = read.iter().filter(about).collect();
    let mentioned = |role: &&&str| read.iter().any(|one| one.found.roles.contains(**role));
    let lifting = roles.iter().filter(mentioned).map(|role| (*role).to_owned()).collect();
    let subject = action.subject.entity();
    let kind = types.subjects.get(subject).unwrap_or(&types.agent);
    let condition = |one: &&Read| Condition::of(&one.json, &action.members);
    ActionSet {
        members: action.members.clone(),
        sieve: read.iter().map(|one| (condition(one), one.policy.clone())).collect(),
        policies: set_of(read.iter().map(|one| &one.policy)),
        principal: uid(&types.agent, "agent"),
        resource: uid(kind, "subject"),
        action: this,
        lifting,
        roles: roles.iter().map(|role| ((*role).to_owned(), uid(&types.role, role))).collect(),
    }
}

/// The version of Cedar's language that policies are read by, such as `4.5`.
pub fn language() -> String {
    let version = cedar_policy::get_lang_version();
    format!("{}.{}", version.major, version.minor)
}
