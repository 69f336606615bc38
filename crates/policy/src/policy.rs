//! A bundle's files as one policy: every file is read and checked before any problem stops it.
//!
//! - In: the text of the files by relative path, and the catalogue of facts.
//! - Out: a [`Policy`] with its warnings, or every error of every file.
//! - Never: half a policy. Files of other rooms (facts, features, boundaries) are only digested.

use crate::actions::{self, Action, Actions};
use crate::analysis;
use crate::bundle::{Meta, read_meta, read_rates};
use crate::cases::{Known, Property, Test, read_tests};
use crate::files::{check_names, document, documents, is_cedar, is_in, top};
use crate::graph::Graph;
use crate::messages::{self, Message};
use crate::overrides::{self, Draft, Override, Ruling, check_about};
use crate::people::{self, People};
use crate::routing::{self, Names, check_checkpoints};
use bellwether_core::{Code, Digest, Place, Problem, Rates, Severity};
use bellwether_expr::{Catalogue, Slots};
use std::collections::BTreeMap;

/// The files of a bundle: text by relative path, with `/` between folders.
pub type Files = BTreeMap<String, String>;

/// A policy whose checks have passed.
pub struct Policy {
    meta: Meta,
    rates: Rates,
    people: People,
    graphs: Vec<Graph>,
    overrides: Vec<Override>,
    /// Those of actions, with their conditions.
    ruled: Vec<Ruling>,
    actions: Vec<Action>,
    messages: Vec<Message>,
    tests: Vec<Test>,
    properties: Vec<Property>,
    digest: Digest,
}

/// A policy, and what somebody should look at.
pub struct Compiled {
    /// The policy.
    pub policy: Policy,
    /// What did not stop it.
    pub warnings: Vec<Problem>,
}

impl Policy {
    /// What `bundle.yaml` says.
    pub const fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Rates into the bundle's currency.
    pub const fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Who can be asked.
    pub const fn people(&self) -> &People {
        &self.people
    }

    /// The graphs, in the order of their files' paths.
    pub fn graphs(&self) -> &[Graph] {
        &self.graphs
    }

    /// The graph with a name's code.
    pub fn graph(&self, code: Code) -> Option<&Graph> {
        self.graphs.iter().find(|graph| graph.code() == code)
    }

    /// The overrides, in the order of their files' paths, whether they hold by now or not.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// The overrides of an action that hold, or of which that cannot be told.
    pub fn overruling<'a>(
        &'a self,
        action: &'a str,
        slots: &'a Slots,
    ) -> impl Iterator<Item = &'a Override> {
        let own = self.ruled.iter().filter(move |one| one.action == action);
        own.filter(|one| one.may_hold(slots)).filter_map(|one| self.overrides.get(one.at))
    }

    /// What the agent may want to do, as `actions.yaml` lists it.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The words for the asks of a node: of such a node before those of its graph, and those before words for all.
    pub fn message(&self, graph: &str, node: &str) -> Option<&Message> {
        let fit = self.messages.iter().filter(|message| message.fits(graph, node));
        fit.max_by_key(|message| (message.node.is_some(), message.graph.is_some()))
    }

    /// The words for asks, in the order of their files' paths.
    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The tests, in the order of their files' paths.
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// The properties, in the order of their files' paths.
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// [`digest()`] of the files.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// SHA-256 over the path and text of every file, in the order of paths; each part is led by its length,
/// as [`Digest::of_parts`] does.
pub fn digest(files: &Files) -> Digest {
    Digest::of_parts(files.iter().flat_map(|(path, text)| [path.as_bytes(), text.as_bytes()]))
}

/// Reads and checks the files of a bundle. Words of rules and tests are noted in the catalogue, so
/// that explanations can name them.
///
/// # Errors
/// Every problem of every file, in the order of their places, warnings among them.
pub fn compile(files: &Files, catalogue: &mut Catalogue) -> Result<Compiled, Vec<Problem>> {
    compile_as(files, catalogue, true)
}

/// Reads files that were in force once: the same without the analysis of guards, which may have learned
/// to refuse since, and without the proofs about people; no decision rests on either.
///
/// # Errors
/// Those of [`compile`] without the analysis.
pub fn compile_kept(files: &Files, catalogue: &mut Catalogue) -> Result<Compiled, Vec<Problem>> {
    compile_as(files, catalogue, false)
}

fn compile_as(
    files: &Files,
    catalogue: &mut Catalogue,
    analysed: bool,
) -> Result<Compiled, Vec<Problem>> {
    let mut problems = Vec::new();
    let policy = read(files, catalogue, analysed, &mut problems);
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    let broken = problems.iter().any(|problem| problem.severity == Severity::Error);
    match policy {
        Some(policy) if !broken => {
            if analysed {
                problems.extend(crate::proof::warnings(&policy));
            }
            Ok(Compiled { policy, warnings: problems })
        }
        _ => Err(problems),
    }
}

fn read(
    files: &Files,
    catalogue: &mut Catalogue,
    analysed: bool,
    problems: &mut Vec<Problem>,
) -> Option<Policy> {
    check_names(files, problems);
    let meta = document(files, "bundle.yaml", problems)
        .and_then(|document| read_meta(&document, problems));
    let people =
        document(files, "people.yaml", problems).map(|document| people::read(&document, problems));
    let currency = meta.as_ref().map(|meta| meta.currency);
    let mut dated = Vec::new();
    if files.contains_key("rates.yaml")
        && let Some(document) = document(files, "rates.yaml", problems)
    {
        dated = read_rates(&document, currency, problems);
    }
    let mut drafts = Vec::new();
    for document in documents(files, "overrides", problems) {
        overrides::read(&document, &mut drafts, problems);
    }
    let actions = read_actions(files, catalogue, problems);
    let known = (&actions, drafts.as_slice());
    let read = read_graphs(files, people.as_ref(), catalogue, known, problems);
    let graphs: Vec<_> = read.names.iter().map(|names| names.graph.as_str()).collect();
    let graphs = read.complete.then_some(&*graphs);
    let about = (graphs, &actions, people.as_ref());
    let ruled = read_rulings(&drafts, about, catalogue, problems);
    if let Some(meta) = &meta {
        read.graphs.iter().for_each(|graph| check_checkpoints(graph, meta.checkpoints, problems));
    }
    for word in read.graphs.iter().flat_map(Graph::words) {
        catalogue.note_word(word);
    }
    for graph in read.graphs.iter().filter(|_| analysed) {
        problems.extend(analysis::findings(graph, catalogue));
    }
    let names = read.complete.then_some(read.names.as_slice());
    let mut messages = Vec::new();
    for document in documents(files, "messages", problems) {
        messages::read(&document, names, &mut messages, problems);
    }
    let known = Known { graphs: names, people: people.as_ref(), actions: &actions };
    let (tests, properties) = read_cases(files, known, catalogue, problems);
    let whole = read.complete && read.graphs.len() == read.names.len();
    let (meta, people) = (meta?, people.filter(|_| whole)?);
    let mut rates = Rates::new(meta.currency);
    for (from, since, ppm) in dated {
        rates.add(from, since, ppm);
    }
    let overrides = drafts.into_iter().map(|draft| draft.one).collect();
    Some(Policy {
        meta,
        rates,
        people,
        graphs: read.graphs,
        overrides,
        ruled,
        actions: actions.read,
        messages,
        tests,
        properties,
        digest: digest(files),
    })
}

/// The tests of a bundle; that there are none is something that somebody should look at.
fn read_cases(
    files: &Files,
    known: Known<'_>,
    catalogue: &mut Catalogue,
    problems: &mut Vec<Problem>,
) -> (Vec<Test>, Vec<Property>) {
    let (mut tests, mut properties) = (Vec::new(), Vec::new());
    for document in documents(files, "tests", problems) {
        read_tests(&document, known, catalogue, (&mut tests, &mut properties), problems);
    }
    if !files.keys().any(|path| is_in(path, "tests")) {
        let problem = Problem::new("policy-no-tests", "the bundle has no tests");
        let problem = problem.at(top("bundle.yaml")).warning();
        let help = "write tests/<name>.yaml: facts, and the node that is expected for them";
        problems.push(problem.help(help));
    }
    (tests, properties)
}

/// Checks what overrides are about, and compiles those of actions.
fn read_rulings(
    drafts: &[Draft],
    (graphs, actions, people): (Option<&[&str]>, &Actions, Option<&People>),
    catalogue: &mut Catalogue,
    problems: &mut Vec<Problem>,
) -> Vec<Ruling> {
    for draft in drafts {
        check_about(draft, graphs, actions, people, problems);
    }
    let rulings = overrides::rulings(drafts, actions, catalogue, problems);
    let words = rulings.iter().flat_map(|ruling| ruling.guard.words());
    words.for_each(|word| catalogue.note_word(word));
    rulings
}

/// The actions, where the bundle has any; boundaries without an action would be about nothing.
fn read_actions(files: &Files, catalogue: &Catalogue, problems: &mut Vec<Problem>) -> Actions {
    if !files.keys().any(|path| path == "actions.yaml" || is_cedar(path)) {
        return Actions::default();
    }
    if !files.contains_key("actions.yaml") {
        let problem = Problem::new("policy-missing-file", "`actions.yaml` is missing");
        let help = "boundaries are about actions: list there what the agent may want to do";
        problems.push(problem.at(top("actions.yaml")).help(help));
        return Actions::unknown();
    }
    let document = document(files, "actions.yaml", problems);
    document.map_or_else(Actions::unknown, |document| actions::read(&document, catalogue, problems))
}

/// The graphs of a bundle.
struct ReadGraphs {
    /// Those that may decide; a broken one is left out, and its problems refuse the bundle.
    graphs: Vec<Graph>,
    /// The names of every graph, in the order of paths.
    names: Vec<Names>,
    /// Whether every file could be read, so that a name that is not there is a mistake.
    complete: bool,
}

fn read_graphs(
    files: &Files,
    people: Option<&People>,
    catalogue: &Catalogue,
    known: (&Actions, &[Draft]),
    problems: &mut Vec<Problem>,
) -> ReadGraphs {
    let paths: Vec<_> = files.keys().filter(|path| is_in(path, "routing")).collect();
    if paths.is_empty() {
        let problem = Problem::new("policy-missing-file", "the bundle has no routing graph");
        problems.push(problem.at(top("bundle.yaml")).help("write routing/<name>.yaml"));
    }
    let mut first: BTreeMap<String, Place> = BTreeMap::new();
    let mut read = ReadGraphs { graphs: Vec::new(), names: Vec::new(), complete: true };
    for path in &paths {
        let Some(document) = document(files, path, problems) else {
            read.complete = false;
            continue;
        };
        let draft = routing::read(&document, problems);
        match &draft.name {
            None => read.complete = false,
            Some(name) => match first.get(&name.text) {
                Some(first) => {
                    let message = format!("two graphs are named `{}`", name.text);
                    let problem = Problem::new("policy-duplicate-graph", message);
                    let help = format!("the first stands at {first}; rename one of them");
                    problems.push(problem.at(name.place.clone()).help(help));
                }
                None => drop(first.insert(name.text.clone(), name.place.clone())),
            },
        }
        read.names.push(draft.names());
        read.graphs.extend(routing::build(&draft, people, catalogue, known, problems));
    }
    read
}
