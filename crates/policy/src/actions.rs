//! `actions.yaml`: what the agent may want to do, and what its boundaries are told.
//!
//! - In: the document and the catalogue of facts.
//! - Out: [`Action`]s whose facts exist and are about the action's subject.
//! - Never: decides whether an action is allowed.

use crate::read::{Word, required_choice, required_entries, scalar, words};
use crate::scope::is_visible;
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

/// The actions of a bundle, as far as they could be read. Of what could not, only what is wrong with it is said,
/// and not what others say of it.
#[derive(Default)]
pub(crate) struct Actions {
    /// Those whose subject is known. One with something wrong in it lacks that; its problems refuse the bundle.
    pub(crate) read: Vec<Action>,
    /// The names of the others.
    unread: Vec<String>,
    /// Parameters without a type, each behind its action.
    untyped: Vec<(String, String)>,
    /// Whether there is a file that cannot be read, so that nobody can tell which actions there are.
    unknown: bool,
}

impl Actions {
    /// Those of a file that should be there, and is not, or cannot be read.
    pub(crate) fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    /// The position of an action.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.read.iter().position(|action| action.name == name)
    }

    /// The action of a name.
    pub(crate) fn find(&self, name: &str) -> Option<&Action> {
        self.read.iter().find(|action| action.name == name)
    }

    /// The parameters of an action whose types are not known.
    pub(crate) fn untyped<'a>(&'a self, action: &'a str) -> impl Iterator<Item = &'a str> {
        self.untyped.iter().filter(move |(of, _)| of == action).map(|(_, name)| name.as_str())
    }

    /// The problem of a name that no action has; nothing where that cannot be told.
    pub(crate) fn no_such(&self, name: &str, place: &Place) -> Option<Problem> {
        let known = self.read.iter().map(|action| action.name.as_str());
        let known: Vec<_> = known.chain(self.unread.iter().map(String::as_str)).collect();
        if self.unknown || known.contains(&name) {
            return None;
        }
        let message = format!("there is no action `{name}`");
        let help = match known.is_empty() {
            true => "list it in actions.yaml".to_owned(),
            false => format!("actions in actions.yaml: {}", known.join(", ")),
        };
        let problem = Problem::new("policy-unknown-action", message).at(place.clone());
        Some(problem.help(help).nearest(name, known))
    }
}

/// Reads the file.
pub(crate) fn read(
    document: &Document,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Actions {
    let mut fields = Fields::new(document, &document.root, problems);
    let entries = required_entries(&mut fields, "actions");
    let mut all = Actions::default();
    for (key, node) in entries {
        match read_action(document, key, node, (catalogue, &mut all.untyped), fields.problems()) {
            Some(action) => all.read.push(action),
            None => all.unread.push(key.text.clone()),
        }
    }
    let actions = &all.read;
    for action in actions {
        for group in
            action.groups.iter().filter(|group| actions.iter().any(|one| one.name == **group))
        {
            let message =
                format!("`{group}` is an action, so it cannot be the group of `{}`", action.name);
            let problem = Problem::new("action-name", message).at(action.place.clone());
            fields
                .problems()
                .push(problem.help("name the group after what its actions have in common"));
        }
    }
    fields.finish();
    all
}

fn read_action(
    document: &Document,
    key: &Key,
    node: &Node,
    (catalogue, untyped): (&Catalogue, &mut Vec<(String, String)>),
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
    let (brought, context) = (fields.entries("parameters"), fields.entries("context"));
    let mut parameters = Vec::new();
    for (Key { text: name, .. }, node) in brought {
        let word = scalar(document, node, fields.problems());
        match word.and_then(|word| read_type(&word, fields.problems())) {
            Some(kind) => parameters.push(Parameter { name: name.clone(), kind }),
            None => untyped.push((key.text.clone(), name.clone())),
        }
    }
    for (key, _) in brought {
        check_name(&key.text, &document.place_of_key(key), fields.problems());
    }
    let [brought, told] = [brought, context]
        .map(|entries| entries.iter().map(|(key, _)| key.text.clone()).collect::<Vec<_>>());
    let mut facts = Vec::new();
    for (key, node) in context {
        let problems = fields.problems();
        let Some(fact) = scalar(document, node, problems) else { continue };
        let at = document.place_of_key(key);
        check_name(&key.text, &at, problems);
        if brought.contains(&key.text) {
            let message = format!("`{}` is a parameter and a context fact", key.text);
            problems.push(Problem::new("action-name", message).at(at).help("rename one of them"));
        }
        facts.extend(read_fact(&key.text, &fact, subject, catalogue, problems));
    }
    for word in words(&mut fields, "optional") {
        fields.problems().extend(no_member(&word, "optional", &told));
        let optional = facts.iter_mut().find(|fact: &&mut ContextFact| fact.name == word.text);
        if let Some(fact) = optional {
            fact.optional = true;
        }
    }
    let (limits, members) = (words(&mut fields, "limits"), [brought, told].concat());
    for word in &limits {
        fields.problems().extend(no_member(word, "limits", &members));
    }
    fields.finish();
    let text = |words: Vec<Word>| words.into_iter().map(|word| word.text).collect();
    let (groups, limits) = (text(groups), text(limits));
    let name = key.text.clone();
    Some(Action {
        name,
        description,
        groups,
        subject: subject?,
        parameters,
        context: facts,
        limits,
        place,
    })
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
        let message = format!(
            "`{}` belongs to one {scope}, but this action is done to the {subject}",
            known.name
        );
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

/// The problem of a word that is none of an action's members.
fn no_member(word: &Word, list: &str, known: &[String]) -> Option<Problem> {
    if known.contains(&word.text) {
        return None;
    }
    let message = format!("`{list}` names `{}`, which this action does not have", word.text);
    let problem = Problem::new("action-member", message).at(word.place.clone());
    let help = match known.is_empty() {
        true => format!("add it to `context`, or leave `{list}` out"),
        false => format!("known here: {}", known.join(", ")),
    };
    Some(problem.help(help).nearest(&word.text, known.iter().map(String::as_str)))
}
