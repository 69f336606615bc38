//! A bundle asked about one request: what its graph says, then what its boundaries say.
//!
//! - In: a bundle's folder; an action, its parameters and the facts about it.
//! - Out: a [`Route`] with the rules or policies that decided.
//! - Never: an action that the bundle does not declare, or one that lacks a fact: both are refused.

use crate::tau2::data::{Reading, problems, yaml};
use anyhow::{Context, Result, anyhow};
use bellwether_boundary::{ActionDecl, Answer, Boundaries, Given, Member, Request, Subject};
use bellwether_core::{Ppm, Type};
use bellwether_engine::Rules;
use bellwether_expr::{Catalogue, Slots, literal};
use bellwether_policy::Masks;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Facts and parameters by name.
pub(crate) type Facts = BTreeMap<String, Value>;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The agent does it.
    Act(String),
    /// The agent does not.
    Refuse(String),
    /// A person takes it.
    Transfer(String),
}

/// A bundle, ready to be asked.
pub(crate) struct Judge {
    rules: Rules,
    boundaries: Boundaries,
    /// For each action: its members, and the fact behind each that is no parameter.
    members: BTreeMap<String, Vec<(Member, Option<String>)>>,
    groups: BTreeMap<String, Vec<String>>,
}

impl Judge {
    /// Reads a bundle's folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let files = files(folder)?;
        let text = files.get("actions.yaml").context("the bundle has no actions.yaml")?;
        let written = yaml("actions.yaml", text)?;
        let rules = Rules::compose(files.clone()).map_err(|found| problems(&found))?;
        let actions = declared(&written, rules.catalogue())?;
        let roles = yaml("people.yaml", files.get("people.yaml").map_or("", String::as_str))?;
        let roles = roles.at("roles").as_object().cloned().unwrap_or_default();
        let roles: Vec<_> = roles.keys().map(String::as_str).collect();
        let compiled = Boundaries::compile(&actions, &roles, &files);
        let boundaries = compiled.map_err(|found| problems(&found))?.boundaries;
        let (mut members, mut groups) = (BTreeMap::new(), BTreeMap::new());
        for action in &actions {
            let context = written.at("actions").at(&action.name).at("context").clone();
            let fact = |member: &Member| context.at(&member.name).as_str().map(str::to_owned);
            let pairs = action.members.iter().map(|member| (member.clone(), fact(member)));
            members.insert(action.name.clone(), pairs.collect());
            groups.insert(action.name.clone(), action.groups.clone());
        }
        Ok(Self { rules, boundaries, members, groups })
    }

    /// The bundle's own tests: those that failed, and how many there are.
    pub(crate) fn own_tests(&self) -> (Vec<String>, usize) {
        let outcomes = bellwether_policy::run_tests(self.rules.policy(), self.rules.catalogue());
        let failed = outcomes.iter().filter(|outcome| !outcome.passed());
        let told = |outcome: &bellwether_policy::TestOutcome| format!("{}: {}", outcome.name, outcome.failures.join("; "));
        (failed.map(told).collect(), outcomes.len())
    }

    /// Whether an action is one that changes something: declared, and no hand-over.
    pub(crate) fn is_write(&self, action: &str) -> bool {
        let within = |groups: &Vec<String>| !groups.iter().any(|group| group == "handover");
        self.groups.get(action).is_some_and(within)
    }

    /// What becomes of a request.
    pub(crate) fn judge(&self, action: &str, facts: &Facts) -> Result<Route> {
        let (node, rule) = self.decide(action, facts)?;
        if node.starts_with("transfer") {
            return Ok(Route::Transfer(rule));
        }
        Ok(self.ask(action, facts))
    }

    /// The node that the graph reaches, and the rule that led there.
    fn decide(&self, action: &str, facts: &Facts) -> Result<(String, String)> {
        let (catalogue, policy) = (self.rules.catalogue(), self.rules.policy());
        let graph = policy.graphs().first().ok_or_else(|| anyhow!("the bundle has no graph"))?;
        let mut slots = Slots::new(catalogue.len());
        let asked = [("request.action".to_owned(), Value::String(action.to_owned()))];
        for (name, value) in asked.iter().map(|(name, value)| (name, value)).chain(facts) {
            let Some(slot) = catalogue.slot(name) else { continue };
            let Some(fact) = catalogue.fact(slot) else { continue };
            let text = in_slot(fact.kind, value);
            match literal(&text, fact.kind, &fact.values) {
                Some(raw) => slots.set(slot, raw),
                None if value.is_null() => {}
                None => anyhow::bail!("`{text}` is no value of `{name}`"),
            }
        }
        let verdict = graph.decide(&slots, &mut Masks::default());
        let node = graph.nodes().get(verdict.node).map_or("", |node| &node.name).to_owned();
        let rule = verdict.rule.and_then(|rule| graph.rules().get(rule));
        let doubt = if verdict.doubt { " (doubt)" } else { "" };
        Ok((node, format!("{}{doubt}", rule.map_or("", |rule| &rule.id))))
    }

    fn ask(&self, action: &str, facts: &Facts) -> Route {
        let Some(members) = self.members.get(action) else {
            return Route::Refuse("no such action".to_owned());
        };
        let given = |(member, fact): &(Member, Option<String>)| {
            let value = facts.get(fact.as_deref().unwrap_or(&member.name))?;
            Some((member.name.clone(), value.clone(), member.kind))
        };
        let given: Vec<_> = members.iter().filter_map(given).collect();
        let pairs = given.iter().filter_map(|(name, value, kind)| {
            let given = match (kind, value) {
                (_, Value::Null) => return None,
                (Type::Bool, value) => Given::Bool(value.as_bool()?),
                (Type::Code, value) => Given::Word(value.as_str()?),
                (_, value) => Given::Long(value.as_i64()?),
            };
            Some((name.as_str(), given))
        });
        let request = Request {
            members: pairs.collect(),
            confidence: Ppm::ONE,
            calibrated: true,
            completeness: Ppm::ONE,
            // Whatever is asked was said by somebody outside.
            tainted: true,
            approvals: Vec::new(),
        };
        match self.boundaries.ask(action, &request) {
            Answer::Allow { by } => Route::Act(by.join(", ")),
            Answer::NeedsApproval { denied_by, .. } => Route::Refuse(denied_by.join(", ")),
            Answer::Deny { by, errors } => Route::Refuse(match (by.is_empty(), errors.is_empty()) {
                (_, false) => errors.join(", "),
                (true, true) => "no permit".to_owned(),
                (false, true) => by.join(", "),
            }),
        }
    }
}

/// The actions as `actions.yaml` declares them; a context's type is its fact's.
fn declared(written: &Value, catalogue: &Catalogue) -> Result<Vec<ActionDecl>> {
    let one = |(name, action): (&String, &Value)| {
        let optional: Vec<_> = action.at("optional").items().iter().map(Reading::words).collect();
        let mut members = Vec::new();
        for (name, kind) in action.at("parameters").as_object().into_iter().flatten() {
            let kind = kind.words();
            let kind = Type::from_word(&kind).with_context(|| format!("`{kind}` is no type"))?;
            members.push(Member { name: name.clone(), kind, optional: optional.contains(name) });
        }
        for (name, fact) in action.at("context").as_object().into_iter().flatten() {
            let known = catalogue.slot(&fact.words()).and_then(|slot| catalogue.fact(slot));
            let known = known.with_context(|| format!("there is no fact `{}`", fact.words()))?;
            members.push(Member { name: name.clone(), kind: known.kind, optional: optional.contains(name) });
        }
        let groups = action.at("group").items().iter().map(Reading::words).collect();
        Ok(ActionDecl { name: name.clone(), groups, subject: Subject::Case, members })
    };
    written.at("actions").as_object().into_iter().flatten().map(one).collect()
}

/// Numbers of a request are whole: cents, days, counts. A slot of money is written in units.
fn in_slot(kind: Type, value: &Value) -> String {
    match (kind, value.as_i64()) {
        (Type::Money, Some(cents)) => {
            let sign = if cents < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
        }
        _ => value.words(),
    }
}

/// The files of a bundle: paths relative to its folder, and their texts.
pub(crate) fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for inside in ["", "boundaries", "invariants", "routing", "tests", "overrides"] {
        let Ok(entries) = std::fs::read_dir(folder.join(inside)) else { continue };
        for entry in entries {
            let path = entry?.path();
            let named = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            if path.is_file() && (named.ends_with(".yaml") || named.ends_with(".cedar")) {
                files.insert(named, std::fs::read_to_string(&path)?);
            }
        }
    }
    Ok(files)
}
