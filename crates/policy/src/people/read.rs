//! Reading `people.yaml`: roles, people, absences, and the proof that somebody is always there.

use super::{Away, People, Person, Role};
use crate::read::{AN_INSTANT, Word, check_handle, instant, scalars, word};
use bellwether_core::authored::{Document, Fields, Key, Node};
use bellwether_core::{Code, Duration, Personal, Place, Problem, Timestamp};

/// Reads the file. What could be read is returned even when there are problems, so that the rest of
/// the bundle is checked against it.
pub(crate) fn read(document: &Document, problems: &mut Vec<Problem>) -> People {
    let mut people = People::default();
    let mut fields = Fields::new(document, &document.root, problems);
    let place = fields.place();
    let persons = fields.entries("people");
    let roles = fields.entries("roles");
    let always = word(&mut fields, "always");
    for (key, node) in persons {
        let person = read_person(document, key, node, fields.problems());
        people.by_code.insert(person.code, people.persons.len());
        people.persons.push(person);
    }
    for (key, node) in roles {
        let role = read_role(document, key, node, &people, fields.problems());
        people.roles.insert(key.text.clone(), role);
        people.order.push(key.text.clone());
    }
    read_always(&mut people, always, place, fields.problems());
    fields.finish();
    people
}

fn read_person(document: &Document, key: &Key, node: &Node, problems: &mut Vec<Problem>) -> Person {
    check_handle("a person's key", &key.text, &document.place_of_key(key), problems);
    let mut fields = Fields::new(document, node, problems);
    let name = fields.text("name").map(|name| Personal::new(name.to_owned()));
    let email = fields.text("email").map(|email| Personal::new(email.to_owned()));
    let left = fields.parsed("left", AN_INSTANT, instant);
    let absences = fields.list("away");
    let absences = absences.iter();
    let away = absences.filter_map(|node| read_away(document, node, fields.problems())).collect();
    fields.finish();
    Person { key: key.text.clone(), code: Code::of(&key.text), name, email, away, left }
}

/// Without `from` it has begun, without `to` it lasts until further notice. A bare date in `to`
/// counts whole: who is away to the 15th is back on the 16th.
fn read_away(document: &Document, node: &Node, problems: &mut Vec<Problem>) -> Option<Away> {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let from = fields.parsed("from", AN_INSTANT, instant).unwrap_or(Timestamp::MIN);
    let to = fields.parsed("to", AN_INSTANT, |text| {
        let end = instant(text)?;
        Some(if is_bare_date(text) { end.plus(Duration::from_days(1)) } else { end })
    });
    let to = to.unwrap_or(Timestamp::MAX);
    fields.finish();
    if to <= from {
        let message = "this absence ends before it begins";
        let problem = Problem::new("policy-absence", message).at(place);
        problems.push(problem.help("write the first day as `from` and the last as `to`"));
        return None;
    }
    Some(Away { from, to })
}

fn is_bare_date(text: &str) -> bool {
    !text.trim().contains(['T', 't', ' '])
}

fn read_role(
    document: &Document,
    key: &Key,
    node: &Node,
    people: &People,
    problems: &mut Vec<Problem>,
) -> Role {
    let mut members = Vec::new();
    let written = scalars(document, node, problems);
    for word in &written {
        let Word { text, place } = word;
        match people.index(text) {
            None => problems.push(unknown_person(people, word)),
            Some(index) if members.contains(&index) => {
                let message = format!("`{text}` stands twice in the role `{}`", key.text);
                let problem = Problem::new("policy-duplicate-person", message).at(place.clone());
                problems.push(problem.help("leave the second one out: each is asked once"));
            }
            Some(index) => members.push(index),
        }
    }
    if written.is_empty() {
        let message = format!("the role `{}` has no people", key.text);
        let problem = Problem::new("policy-empty-role", message).at(document.place_of_key(key));
        problems.push(problem.help("name at least one person, or remove the role"));
    }
    Role { name: key.text.clone(), members }
}

fn read_always(
    people: &mut People,
    always: Option<Word>,
    file: Place,
    problems: &mut Vec<Problem>,
) {
    let Some(word) = always else {
        let message = "no role is said to be always staffed, so a chain of people could end";
        let problem = Problem::new("policy-missing-always", message).at(file);
        problems.push(problem.help("add `always: <role>`: the role that is asked last of all"));
        return;
    };
    let Some(role) = people.roles.get(&word.text) else {
        problems.push(unknown_role(people, &word));
        return;
    };
    let single = role.members.len() == 1;
    people.always.clone_from(&word.text);
    if let Some(at) = people.unstaffed() {
        let message = format!("nobody of the always-staffed role `{}` is there at {at}", word.text);
        let problem = Problem::new("policy-unstaffed", message).at(word.place);
        problems.push(problem.help("add a person to the role, or move an absence"));
    } else if single {
        let message = format!("the always-staffed role `{}` is one person", word.text);
        let problem = Problem::new("policy-single-person", message).at(word.place).warning();
        problems.push(problem.help("add a second one: everybody is ill some day"));
    }
}

/// The problem of a role that `people.yaml` does not have.
pub(crate) fn unknown_role(people: &People, role: &Word) -> Problem {
    let message = format!("there is no role `{}`", role.text);
    let problem = Problem::new("policy-unknown-role", message).at(role.place.clone());
    let known: Vec<_> = people.roles.keys().map(String::as_str).collect();
    problem.help(format!("roles in people.yaml: {}", known.join(", "))).nearest(&role.text, known)
}

/// The problem of a person whom `people.yaml` does not have.
pub(crate) fn unknown_person(people: &People, person: &Word) -> Problem {
    let message = format!("there is no person `{}`", person.text);
    let problem = Problem::new("policy-unknown-person", message).at(person.place.clone());
    let help = format!("add `{}: {{name: ..., email: ...}}` under `people:`", person.text);
    let known = people.persons.iter().map(|person| person.key.as_str());
    problem.help(help).nearest(&person.text, known)
}
