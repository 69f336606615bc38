//! Who may do what: policies in Cedar, compiled in, decided by one function.
//!
//! - In: a principal, an action, what it is done to, and whether they proved who they are of late.
//! - Out: allowed, or why not.
//! - Never: allows because of an error; an error of any policy denies.

use super::principal::{Principal, Role, Service};
use bellwether_core::Trust;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

const POLICIES: &str = include_str!("access.cedar");
const SCHEMA: &str = include_str!("access.cedarschema");

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    ReadDecisions,
    ReadNames,
    ReadLog,
    ReadMetrics,
    ReadTrail,
    ReadSettings,
    ReadQuestion,
    TryPolicy,
    AnswerAsk,
    SettleDelivery,
    StopSwitch,
    ActivateRules,
    ApproveMoney,
    ErasePerson,
    ManageAccounts,
    ManageTokens,
    ReviewEmergency,
    WriteSignals,
}

impl Action {
    pub(crate) const ALL: [Self; 18] = [
        Self::ReadDecisions,
        Self::ReadNames,
        Self::ReadLog,
        Self::ReadMetrics,
        Self::ReadTrail,
        Self::ReadSettings,
        Self::ReadQuestion,
        Self::TryPolicy,
        Self::AnswerAsk,
        Self::SettleDelivery,
        Self::StopSwitch,
        Self::ActivateRules,
        Self::ApproveMoney,
        Self::ErasePerson,
        Self::ManageAccounts,
        Self::ManageTokens,
        Self::ReviewEmergency,
        Self::WriteSignals,
    ];

    /// The word in policies and pages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ReadDecisions => "read.decisions",
            Self::ReadNames => "read.names",
            Self::ReadLog => "read.log",
            Self::ReadMetrics => "read.metrics",
            Self::ReadTrail => "read.trail",
            Self::ReadSettings => "read.settings",
            Self::ReadQuestion => "read.question",
            Self::TryPolicy => "try.policy",
            Self::AnswerAsk => "answer.ask",
            Self::SettleDelivery => "settle.delivery",
            Self::StopSwitch => "stop.switch",
            Self::ActivateRules => "activate.rules",
            Self::ApproveMoney => "approve.money",
            Self::ErasePerson => "erase.person",
            Self::ManageAccounts => "manage.accounts",
            Self::ManageTokens => "manage.tokens",
            Self::ReviewEmergency => "review.emergency",
            Self::WriteSignals => "write.signals",
        }
    }
}

/// What it is done to.
#[cfg_attr(not(test), expect(dead_code, reason = "routes that need the others are on their way"))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resource<'a> {
    /// Everything of this data directory.
    House,
    /// Signals as a source, with a trust.
    Source {
        /// The source's name.
        name: &'a str,
        /// The trust that its signals are given.
        trust: Trust,
    },
    /// Something that waits for an answer.
    Question {
        /// The handles of those who are asked.
        asked: &'a [String],
    },
    /// A change that an account proposed.
    Proposal {
        /// The account.
        by: &'a str,
    },
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Nobody is signed in, and no token was sent.
    Nobody,
    /// What they are does not include it.
    NotAllowed,
    /// They may, once they have proved again who they are.
    StepUp,
    /// It takes somebody else than whoever asked for it.
    FourEyes,
}

/// The policies, ready to decide.
pub(crate) struct Policies {
    authorizer: Authorizer,
    policies: PolicySet,
    schema: Schema,
    actions: BTreeMap<Action, EntityUid>,
    types: Types,
    /// Questions that were asked before: the answer depends on nothing else.
    known: Mutex<BTreeMap<Known, Result<(), Why>>>,
}

/// Everything that an answer depends on, for what is asked with every request.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    who: Subject,
    fresh: bool,
    action: Action,
    /// A source and its trust; else the house.
    source: Option<(String, Trust)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Account(String, Role, Option<String>),
    Service(Service),
}

/// Answers that are remembered; then all are forgotten.
const MOST_KNOWN: usize = 10_000;

struct Types {
    account: EntityTypeName,
    service: EntityTypeName,
    house: EntityTypeName,
    source: EntityTypeName,
    question: EntityTypeName,
    proposal: EntityTypeName,
}

impl Policies {
    /// The policies that are compiled in.
    ///
    /// # Errors
    /// What is wrong with them, in words; a test sees to it that there is nothing.
    pub(crate) fn load() -> Result<Self, String> {
        Self::read(POLICIES, SCHEMA)
    }

    fn read(policies: &str, schema: &str) -> Result<Self, String> {
        let policies: PolicySet = policies.parse().map_err(|error| format!("{error}"))?;
        let (schema, warnings) =
            Schema::from_cedarschema_str(schema).map_err(|error| error.to_string())?;
        if let Some(warning) = warnings.into_iter().next() {
            return Err(warning.to_string());
        }
        let checked = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        let mut wrong = checked.validation_errors().map(ToString::to_string);
        if let Some(wrong) = wrong.next() {
            return Err(wrong);
        }
        let mut warned = checked.validation_warnings().map(ToString::to_string);
        if let Some(warned) = warned.next() {
            return Err(warned);
        }
        let name = |name: &str| name.parse::<EntityTypeName>().map_err(|error| error.to_string());
        let action = name("Action")?;
        let uid = |one: Action| {
            let id = EntityId::new(one.as_str());
            (one, EntityUid::from_type_name_and_id(action.clone(), id))
        };
        let types = Types {
            account: name("Account")?,
            service: name("Service")?,
            house: name("House")?,
            source: name("Source")?,
            question: name("Question")?,
            proposal: name("Proposal")?,
        };
        let actions = Action::ALL.map(uid).into_iter().collect();
        let (authorizer, known) = (Authorizer::new(), Mutex::default());
        Ok(Self { authorizer, policies, schema, actions, types, known })
    }

    /// Whether somebody may do something; `fresh` says that they proved who they are of late.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn may(
        &self,
        who: &Principal,
        fresh: bool,
        action: Action,
        what: &Resource<'_>,
    ) -> Result<(), Why> {
        let Some(question) = Known::of(who, fresh, action, what) else {
            return self.judge(who, fresh, action, what);
        };
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known().get(&question) {
            return *answer;
        }
        let answer = self.judge(who, fresh, action, what);
        let mut known = known();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(question, answer);
        answer
    }

    fn judge(
        &self,
        who: &Principal,
        fresh: bool,
        action: Action,
        what: &Resource<'_>,
    ) -> Result<(), Why> {
        if matches!(who, Principal::Nobody) {
            return Err(Why::Nobody);
        }
        match self.ask(who, fresh, action, what) {
            Some(answer) if answer.allowed => Ok(()),
            Some(answer) if answer.why.contains("four-eyes") => Err(Why::FourEyes),
            // Only whoever may do it otherwise is asked to prove again who they are.
            Some(answer) if answer.why.contains("step-up") => {
                match self.ask(who, true, action, what) {
                    Some(answer) if answer.allowed => Err(Why::StepUp),
                    _ => Err(Why::NotAllowed),
                }
            }
            _ => Err(Why::NotAllowed),
        }
    }

    /// `None` where the question makes no sense by the schema, or a policy fails.
    fn ask(
        &self,
        who: &Principal,
        fresh: bool,
        action: Action,
        what: &Resource<'_>,
    ) -> Option<Answer<'_>> {
        let principal = self.principal(who)?;
        let resource = self.resource(what)?;
        let action = self.actions.get(&action)?.clone();
        let context = [("fresh".to_owned(), RestrictedExpression::new_bool(fresh))];
        let context = Context::from_pairs(context).ok()?;
        let (subject, object) = (principal.uid(), resource.uid());
        let request = Request::new(subject, action, object, context, Some(&self.schema)).ok()?;
        let entities = Entities::from_entities([principal, resource], Some(&self.schema)).ok()?;
        let said = self.authorizer.is_authorized(&request, &self.policies, &entities);
        if let Some(error) = said.diagnostics().errors().next() {
            tracing::error!(code = "access-denied", %error, "A policy failed; it was denied.");
            return None;
        }
        let why = said.diagnostics().reason();
        let why = why.filter_map(|id| self.policies.annotation(id, "why")).collect();
        Some(Answer { allowed: said.decision() == Decision::Allow, why })
    }

    fn principal(&self, who: &Principal) -> Option<Entity> {
        let (kind, id, attributes) = match who {
            Principal::Nobody => return None,
            Principal::Account(account) => {
                let mut attributes = HashMap::from([text("role", account.role.as_str())]);
                attributes.extend(account.person.as_deref().map(|person| text("person", person)));
                (&self.types.account, &account.id, attributes)
            }
            Principal::Service(service) => {
                let trust = RestrictedExpression::new_long(rank(service.trust));
                let attributes = HashMap::from([
                    words("scopes", service.scopes.iter().map(|scope| scope.as_str())),
                    words("sources", service.sources.iter().map(String::as_str)),
                    ("trust".to_owned(), trust),
                ]);
                (&self.types.service, &service.id, attributes)
            }
        };
        entity(kind, id, attributes)
    }

    fn resource(&self, what: &Resource<'_>) -> Option<Entity> {
        match what {
            Resource::House => entity(&self.types.house, "house", HashMap::new()),
            Resource::Source { name, trust } => {
                let trust = RestrictedExpression::new_long(rank(*trust));
                let attributes = HashMap::from([text("name", name), ("trust".to_owned(), trust)]);
                entity(&self.types.source, name, attributes)
            }
            Resource::Question { asked } => {
                let asked = words("asked", asked.iter().map(String::as_str));
                entity(&self.types.question, "question", HashMap::from([asked]))
            }
            Resource::Proposal { by } => {
                let id = EntityId::new(by);
                let by = EntityUid::from_type_name_and_id(self.types.account.clone(), id);
                let by = RestrictedExpression::new_entity_uid(by);
                entity(&self.types.proposal, "proposal", HashMap::from([("by".to_owned(), by)]))
            }
        }
    }
}

impl Known {
    /// `None` for what is asked too seldom, or by nobody.
    fn of(who: &Principal, fresh: bool, action: Action, what: &Resource<'_>) -> Option<Self> {
        let who = match who {
            Principal::Nobody => return None,
            Principal::Account(one) => {
                Subject::Account(one.id.clone(), one.role, one.person.clone())
            }
            Principal::Service(service) => Subject::Service(service.clone()),
        };
        let source = match what {
            Resource::House => None,
            Resource::Source { name, trust } => Some(((*name).to_owned(), *trust)),
            Resource::Question { .. } | Resource::Proposal { .. } => return None,
        };
        Some(Self { who, fresh, action, source })
    }
}

struct Answer<'a> {
    allowed: bool,
    why: HashSet<&'a str>,
}

type Attribute = (String, RestrictedExpression);

fn text(name: &str, value: &str) -> Attribute {
    (name.to_owned(), RestrictedExpression::new_string(value.to_owned()))
}

fn words<'a>(name: &str, words: impl Iterator<Item = &'a str>) -> Attribute {
    let words = words.map(|word| RestrictedExpression::new_string(word.to_owned()));
    (name.to_owned(), RestrictedExpression::new_set(words))
}

fn entity(
    kind: &EntityTypeName,
    id: &str,
    attributes: HashMap<String, RestrictedExpression>,
) -> Option<Entity> {
    let uid = EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id));
    Entity::new(uid, attributes, HashSet::new()).ok()
}

/// Trust as a number, the lowest 0.
fn rank(trust: Trust) -> i64 {
    Trust::ALL.iter().take_while(|other| **other != trust).count() as i64
}

#[cfg(test)]
mod tests;
