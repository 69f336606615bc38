//! Reading `tests/*.yaml`.

use super::property::read_property;
use super::{Act, Expected, Judged, Property, Test};
use crate::actions::Actions;
use crate::graph::Outcome;
use crate::people::{People, unknown_person, unknown_role};
use crate::read::{AN_INSTANT, Word, instant, required_list, required_word, scalar, word, words};
use crate::routing::Names;
use crate::scope::{is_visible, wrong_scope};
use bellwether_core::authored::{Document, Fields, Key, Node};
use bellwether_core::{Ppm, Problem, Timestamp, Type};
use bellwether_expr::{Catalogue, Scope, Slot, literal};

/// What tests may speak of. A part that could not be read is missing, and nothing is checked
/// against it.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) graphs: Option<&'a [Names]>,
    pub(crate) people: Option<&'a People>,
    pub(crate) actions: &'a Actions,
}

/// What a test is given besides facts.
struct Given {
    away: Vec<String>,
    at: Timestamp,
    /// Approvals, confidence, whether it is calibrated, whether what is used is tainted.
    act: (Vec<String>, Ppm, bool, bool),
}

impl Default for Given {
    fn default() -> Self {
        Self { away: Vec::new(), at: Timestamp::MIN, act: Default::default() }
    }
}

/// Reads a file of tests. Names are only checked against graphs and people that could be read.
pub(crate) fn read_tests(
    document: &Document,
    known: Known<'_>,
    catalogue: &mut Catalogue,
    (tests, properties): (&mut Vec<Test>, &mut Vec<Property>),
    problems: &mut Vec<Problem>,
) {
    let mut fields = Fields::new(document, &document.root, problems);
    for item in required_list(&mut fields, "tests") {
        let problems = fields.problems();
        if item.get("property").is_some() {
            properties.extend(read_property(document, item, known, catalogue, problems));
            continue;
        }
        if let Some(test) = read_test(document, item, known, catalogue, problems) {
            let twin = tests.iter().find(|before| before.name == test.name);
            if let Some(first) = twin {
                let message = format!("two tests are named `{}`", test.name);
                let problem = Problem::new("policy-duplicate-test", message).at(test.place.clone());
                problems.push(problem.help(format!("the first stands at {}", first.place)));
            }
            tests.push(test);
        }
    }
    fields.finish();
}

fn read_test(
    document: &Document,
    node: &Node,
    known: Known<'_>,
    catalogue: &mut Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<Test> {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let name = required_word(&mut fields, "name");
    let graph = required_word(&mut fields, "graph");
    let facts = fields.entries("facts");
    let given = fields.node("given");
    let act = fields.entries("act");
    let expect = fields.required("expect");
    let problems = fields.problems();
    let given =
        given.map_or_else(Given::default, |node| read_given(document, node, known, problems));
    let graph = graph.and_then(|word| find_graph(&word, known, problems));
    let found = graph.and_then(|at| known.graphs?.get(at));
    let facts = read_facts(document, facts, found, catalogue, problems);
    let expected = expect.map(|node| read_expected(document, node, found, known, problems));
    let Given { away, at, act: given } = given;
    let subject = found.and_then(|graph| graph.subject);
    let tried = !act.is_empty();
    let act = read_act(document, act, given, subject, known, catalogue, problems);
    if !tried
        && let Some(expected) = &expected
        && (expected.decision.is_some() || expected.by.is_some())
    {
        let message = "the test expects something of boundaries, but tries no action";
        let problem = Problem::new("policy-empty-test", message).at(place.clone());
        problems.push(problem.help("add `act: {ACTION: {PARAMETER: value}}`"));
    }
    fields.finish();
    let expected = expected?;
    Some(Test { name: name?.text, place, graph: graph?, facts, away, at, act, expected })
}

pub(super) fn find_graph(
    word: &Word,
    known: Known<'_>,
    problems: &mut Vec<Problem>,
) -> Option<usize> {
    let graphs = known.graphs?;
    let found = graphs.iter().position(|graph| graph.graph == word.text);
    if found.is_none() {
        let message = format!("there is no graph `{}`", word.text);
        let problem = Problem::new("policy-unknown-graph", message).at(word.place.clone());
        let names: Vec<_> = graphs.iter().map(|graph| graph.graph.as_str()).collect();
        let help = format!("graphs of this bundle: {}", names.join(", "));
        problems.push(problem.help(help).nearest(&word.text, names));
    }
    found
}

fn read_given(
    document: &Document,
    node: &Node,
    known: Known<'_>,
    problems: &mut Vec<Problem>,
) -> Given {
    let mut fields = Fields::new(document, node, problems);
    let away = words(&mut fields, "away");
    let at = fields.parsed("at", AN_INSTANT, instant).unwrap_or(Timestamp::MIN);
    let approvals = words(&mut fields, "approvals");
    let confidence = fields.ratio("confidence").unwrap_or_default();
    let calibrated = fields.flag("calibrated") == Some(true);
    let tainted = fields.flag("tainted") == Some(true);
    fields.finish();
    away.iter().for_each(|word| check_person(word, known, problems));
    approvals.iter().for_each(|word| check_role(word, known, problems));
    let text = |words: Vec<Word>| words.into_iter().map(|word| word.text).collect();
    let act = (text(approvals), confidence, calibrated, tainted);
    Given { away: text(away), at, act }
}

/// Reads the one action that a test tries: `act: {issue_refund: {amount: 90}}`.
fn read_act(
    document: &Document,
    entries: &[(Key, Node)],
    given: (Vec<String>, Ppm, bool, bool),
    subject: Option<Scope>,
    known: Known<'_>,
    catalogue: &mut Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<Act> {
    let (key, node) = entries.first()?;
    let place = document.place_of_key(key);
    if let Some((second, _)) = entries.get(1) {
        let problem = Problem::new("policy-unknown-action", "a test tries one action at a time");
        let place = document.place_of_key(second);
        problems.push(problem.at(place).help("write another test for the second one"));
    }
    let Some(action) = known.actions.position(&key.text) else {
        problems.extend(known.actions.no_such(&key.text, &place));
        return None;
    };
    let declared = known.actions.read.get(action)?;
    if subject.is_some_and(|subject| subject != declared.subject) {
        let message = format!(
            "`{}` is done to the {}, not to what this graph decides about",
            key.text,
            declared.subject.as_str()
        );
        let problem = Problem::new("policy-fact-scope", message).at(place);
        problems.push(problem.help("name a graph of the same subject"));
    }
    let mut fields = Fields::new(document, node, problems);
    let mut parameters = Vec::new();
    for name in known.actions.untyped(&key.text) {
        fields.node(name);
    }
    for parameter in &declared.parameters {
        let Some(written) = required_word(&mut fields, &parameter.name) else { continue };
        match literal(&written.text, parameter.kind, &[]) {
            Some(raw) => parameters.push(raw),
            None => {
                let message = format!(
                    "`{}` is no value of the {} `{}`",
                    written.text, parameter.kind, parameter.name
                );
                let problem = Problem::new("policy-test-value", message).at(written.place.clone());
                fields.problems().push(problem.help(like(parameter.kind, &[])));
            }
        }
        if parameter.kind == Type::Code {
            catalogue.note_word(&written.text);
        }
    }
    fields.finish();
    let (approvals, confidence, calibrated, tainted) = given;
    let whole = parameters.len() == declared.parameters.len();
    whole.then_some(Act { action, parameters, approvals, confidence, calibrated, tainted })
}

fn check_role(word: &Word, known: Known<'_>, problems: &mut Vec<Problem>) {
    if let Some(people) = known.people
        && !people.roles().any(|role| role.name == word.text)
    {
        problems.push(unknown_role(people, word));
    }
}

fn check_person(word: &Word, known: Known<'_>, problems: &mut Vec<Problem>) {
    if let Some(people) = known.people
        && people.index(&word.text).is_none()
    {
        problems.push(unknown_person(people, word));
    }
}

pub(super) fn read_facts(
    document: &Document,
    entries: &[(Key, Node)],
    graph: Option<&Names>,
    catalogue: &mut Catalogue,
    problems: &mut Vec<Problem>,
) -> Vec<(Slot, i64)> {
    let mut facts = Vec::new();
    for (key, node) in entries {
        let Some(value) = scalar(document, node, problems) else { continue };
        let place = document.place_of_key(key);
        let Some(slot) = catalogue.slot(&key.text) else {
            let message = format!("there is no fact `{}`", key.text);
            let problem = Problem::new("policy-unknown-fact", message).at(place);
            let known = catalogue.iter().map(|(_, fact)| fact.name.as_str());
            let help = "facts.yaml and features.yaml define the facts a test may give";
            problems.push(problem.help(help).nearest(&key.text, known));
            continue;
        };
        let Some(fact) = catalogue.fact(slot) else { continue };
        if let Some(subject) = graph.and_then(|graph| graph.subject)
            && !is_visible(fact.scope, subject)
        {
            problems.push(wrong_scope(fact, subject).at(place));
        }
        let kind = fact.kind;
        match literal(&value.text, kind, &fact.values) {
            Some(raw) => facts.push((slot, raw)),
            None => {
                let message = format!("`{}` is no value of the {kind} `{}`", value.text, key.text);
                let problem = Problem::new("policy-test-value", message).at(value.place);
                let values = fact.values.iter().map(String::as_str);
                problems.push(problem.help(like(kind, &fact.values)).nearest(&value.text, values));
            }
        }
        if kind == Type::Code {
            catalogue.note_word(&value.text);
        }
    }
    facts
}

/// What a value of a type looks like.
pub(super) fn like(kind: Type, values: &[String]) -> String {
    match kind {
        Type::Bool => "write true or false".to_owned(),
        Type::Int => "write a whole number such as 3".to_owned(),
        Type::Ratio => "write a ratio such as 0.85 or 85%".to_owned(),
        Type::Money => "write an amount such as 250000 or 99.50".to_owned(),
        Type::Time => format!("write {AN_INSTANT}"),
        Type::Duration => "write a span such as 15m, 4h or 30d".to_owned(),
        Type::Code => format!("write one of: {}", values.join(", ")),
    }
}

fn read_expected(
    document: &Document,
    node: &Node,
    graph: Option<&Names>,
    known: Known<'_>,
    problems: &mut Vec<Problem>,
) -> Expected {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let (to, rule) = (word(&mut fields, "node"), word(&mut fields, "rule"));
    let outcomes = Outcome::ALL.map(Outcome::as_str);
    let outcome = fields.word("outcome", &outcomes, Outcome::from_word);
    let person = word(&mut fields, "person");
    let doubt = fields.flag("doubt");
    let decisions = Judged::ALL.map(Judged::as_str);
    let decision = fields.word("decision", &decisions, Judged::from_word);
    let by = said_words(&mut fields, "by");
    let steps = said_words(&mut fields, "steps");
    let approvals = said_words(&mut fields, "approvals");
    let said = to.is_some() || rule.is_some() || outcome.is_some() || person.is_some();
    let said = said || decision.is_some() || by.is_some() || approvals.is_some();
    let said = said || steps.is_some();
    fields.finish();
    if !said && doubt.is_none() {
        let problem = Problem::new("policy-empty-test", "the test expects nothing").at(place);
        problems.push(problem.help("say at least the `node` that is expected"));
    }
    if let Some(person) = &person {
        check_person(person, known, problems);
    }
    approvals.iter().flatten().for_each(|word| check_role(word, known, problems));
    let text = |words: Vec<Word>| words.into_iter().map(|word| word.text).collect::<Vec<_>>();
    let (by, approvals, steps) = (by.map(text), approvals.map(text), steps.map(text));
    let doubt = doubt == Some(true);
    let mut expected =
        Expected { outcome, doubt, decision, by, approvals, steps, ..Expected::default() };
    expected.person = person.map(|word| word.text);
    if let Some(graph) = graph {
        expected.node = to.and_then(|word| {
            let message = format!("`{}` has no node `{}`", graph.graph, word.text);
            position(&word, &graph.nodes, Problem::new("policy-unknown-node", message), problems)
        });
        expected.rule = rule.and_then(|word| {
            let message = format!("`{}` has no rule `{}`", graph.graph, word.text);
            position(&word, &graph.rules, Problem::new("policy-unknown-rule", message), problems)
        });
    }
    expected
}

/// The single values of a key, if it is there; an empty list says that there are none.
fn said_words<'a>(fields: &mut Fields<'a>, name: &'a str) -> Option<Vec<Word>> {
    fields.node(name)?;
    Some(words(fields, name))
}

/// The position of a word among names, or the problem that it is none of them.
pub(super) fn position(
    word: &Word,
    names: &[String],
    problem: Problem,
    problems: &mut Vec<Problem>,
) -> Option<usize> {
    let found = names.iter().position(|name| *name == word.text);
    if found.is_none() {
        let help = format!("known: {}", names.join(", "));
        let problem = problem.at(word.place.clone()).help(help);
        problems.push(problem.nearest(&word.text, names.iter().map(String::as_str)));
    }
    found
}
