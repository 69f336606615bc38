//! `actions.yaml`: what the agent may want to do, and what its boundaries are told.
//!
//! - In: the document and the catalogue of facts.
//! - Out: [`Action`]s whose facts exist and are about the action's subject.
//! - Never: decides whether an action is allowed.

use crate::read::{Word, required_choice, required_entries, scalar, words};
use crate::routing::is_visible;
use bellwether_core::authored::{Document, Fields, Key, Node};
use bellwether_core::{Place, Problem, Type};
use bellwether_expr::{Catalogue, Scope, Slot};

/// A value that an action brings itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Type,
}

/// A fact that an action's boundaries may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextFact {
    /// The name that boundaries use.
    pub name: String,
    /// The fact.
    pub slot: Slot,
    /// Its type.
    pub kind: Type,
    /// Whether the action may be asked about without it.
    pub optional: bool,
}

/// Something the agent may want to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// What it does, for people.
    pub description: String,
    /// The groups that boundaries may name it by.
    pub groups: Vec<String>,
    /// What it is done to.
    pub subject: Scope,
    /// What it brings itself.
    pub parameters: Vec<Parameter>,
    /// The facts it is judged by.
    pub context: Vec<ContextFact>,
    /// The names of those that limit it: nobody outside may be able to write them.
    pub limits: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// What every request says besides; no parameter or fact may have such a name.
const FIXED: [&str; 5] = ["confidence", "calibrated", "completeness", "tainted", "approvals"];

/// Reads the file. A broken action is left out, and its problems refuse the bundle.
pub(crate) fn read(
    document: &Document,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Vec<Action> {
    let mut fields = Fields::new(document, &document.root, problems);
    let entries = required_entries(&mut fields, "actions");
    let read = |(key, node): &(Key, Node)| read_action(document, key, node, catalogue, fields.problems());
    let actions: Vec<_> = entries.iter().filter_map(read).collect();
    for action in &actions {
        for group in action.groups.iter().filter(|group| actions.iter().any(|one| one.name == **group)) {
            let message = format!("`{group}` is an action, so it cannot be the group of `{}`", action.name);
            let problem = Problem::new("action-name", message).at(action.place.clone());
            fields.problems().push(problem.help("name the group after what its actions have in common"));
        }
    }
    fields.finish();
    actions
}

fn read_action(
    document: &Document,
    key: &Key,
    node: &Node,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<Action> {
    let place = document.place_of_key(key);
    check_name(&key.text, &place, problems);
    let mut fields = Fields::new(document, node, problems);
    let description = fields.text("description").unwrap_or_default().to_owned();
    let groups = words(&mut fields, "group");
    groups.iter().for_each(|group| check_name(&group.text, &group.place, fields.problems()));
    let scopes = Scope::ALL.map(Scope::as_str);
    let subject = required_choice(&mut fields, "subject", &scopes, Scope::from_word);
    let parameters = fields.entries("parameters");
    let parameters = parameters.iter().filter_map(|(key, node)| {
        let kind = read_type(&scalar(document, node, fields.problems())?, fields.problems())?;
        check_name(&key.text, &document.place_of_key(key), fields.problems());
        Some(Parameter { name: key.text.clone(), kind })
    });
    let parameters: Vec<_> = parameters.collect();
    let context = fields.entries("context");
    let mut facts = Vec::new();
    for (key, node) in context {
        let problems = fields.problems();
        let Some(fact) = scalar(document, node, problems) else { continue };
        let at = document.place_of_key(key);
        check_name(&key.text, &at, problems);
        if parameters.iter().any(|parameter| parameter.name == key.text) {
            let message = format!("`{}` is a parameter and a context fact", key.text);
            problems.push(Problem::new("action-name", message).at(at).help("rename one of them"));
        }
        facts.extend(read_fact(&key.text, &fact, subject, catalogue, problems));
    }
    for word in words(&mut fields, "optional") {
        match facts.iter_mut().find(|fact| fact.name == word.text) {
            Some(fact) => fact.optional = true,
            None => fields.problems().push(no_member(&word, "optional", context.iter().map(|(key, _)| &*key.text))),
        }
    }
    let limits = words(&mut fields, "limits");
    let members = || parameters.iter().map(|one| &*one.name).chain(context.iter().map(|(key, _)| &*key.text));
    for word in limits.iter().filter(|word| !members().any(|name| name == word.text)) {
        fields.problems().push(no_member(word, "limits", members()));
    }
    fields.finish();
    let text = |words: Vec<Word>| words.into_iter().map(|word| word.text).collect();
    let (groups, limits) = (text(groups), text(limits));
    let name = key.text.clone();
    Some(Action { name, description, groups, subject: subject?, parameters, context: facts, limits, place })
}

fn read_type(word: &Word, problems: &mut Vec<Problem>) -> Option<Type> {
    let kind = Type::from_word(&word.text);
    if kind.is_none() {
        let types = Type::ALL.map(Type::as_str);
        let message = format!("`{}` is none of: {}", word.text, types.join(", "));
        let problem = Problem::new("yaml-value", message).at(word.place.clone());
        problems.push(problem.nearest(&word.text, types));
    }
    kind
}

fn read_fact(
    name: &str,
    fact: &Word,
    subject: Option<Scope>,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<ContextFact> {
    let found = catalogue.slot(&fact.text).and_then(|slot| Some((slot, catalogue.fact(slot)?)));
    let Some((slot, known)) = found else {
        let message = format!("there is no fact `{}`", fact.text);
        let problem = Problem::new("policy-unknown-fact", message).at(fact.place.clone());
        let help = "facts.yaml and features.yaml define the facts that boundaries may read";
        let names = catalogue.iter().map(|(_, fact)| fact.name.as_str());
        problems.push(problem.help(help).nearest(&fact.text, names));
        return None;
    };
    if let Some(subject) = subject
        && !is_visible(known.scope, subject)
    {
        let (scope, subject) = (known.scope.as_str(), subject.as_str());
        let message =
            format!("`{}` belongs to one {scope}, but this action is done to the {subject}", known.name);
        let problem = Problem::new("policy-fact-scope", message).at(fact.place.clone());
        problems.push(problem.help(format!("use a fact of the account or the {subject}")));
    }
    Some(ContextFact { name: name.to_owned(), slot, kind: known.kind, optional: false })
}

/// Names become words of Cedar, so they are letters, digits and `_`, and none that it keeps to itself.
fn check_name(name: &str, place: &Place, problems: &mut Vec<Problem>) {
    const KEPT: [&str; 10] =
        ["true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"];
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let taken = FIXED.contains(&name) || KEPT.contains(&name);
    if plain && !taken {
        return;
    }
    let message = format!("`{name}` cannot be a name here");
    let help = match taken {
        true => "every request has one of that name already, or the language keeps it to itself",
        false => "use letters, digits and `_`, a letter first",
    };
    problems.push(Problem::new("action-name", message).at(place.clone()).help(help));
}

fn no_member<'a>(word: &Word, list: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let known: Vec<_> = known.collect();
    let message = format!("`{list}` names `{}`, which this action does not have", word.text);
    let problem = Problem::new("action-member", message).at(word.place.clone());
    problem.help(format!("known here: {}", known.join(", "))).nearest(&word.text, known)
}
