//! Rules: a bundle composed into everything that one step may consult, under one digest.
//!
//! The digest's preimage names the bundle, the feature definitions, the time zone database and the
//! engine's number; `rules.activated` puts it in the log.

mod facts;
mod names;

use crate::boundaries;
use bellwether_boundary::Boundaries;
use bellwether_core::event::DECLINE_REASONS;
use bellwether_core::record::ENGINE;
use bellwether_core::{Code, Digest, Problem};
use bellwether_expr::{Catalogue, Comparison, Scope, Slot};
use bellwether_features::{FeatureSet, Flips, Told, Watched};
use bellwether_policy::{Graph, Policy};
use names::Names;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How files are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    /// As new ones.
    New,
    /// As ones that were in force once. Nobody acts by their boundaries any more: those that this program has
    /// learned to refuse since are none, and permit nothing.
    Kept,
}

/// A checked bundle with its features: what an event's `rules` digest stands for.
pub struct Rules {
    digest: Digest,
    preimage: String,
    engine: u32,
    files: BTreeMap<String, String>,
    features: FeatureSet,
    policy: Policy,
    boundaries: Option<Boundaries>,
    catalogue: Catalogue,
    flips: [Flips; 3],
    told: Told,
    graphs: Vec<GraphFacts>,
    names: Names,
    warnings: Vec<Problem>,
}

impl Rules {
    /// Composes the files of a bundle: paths relative to its folder, and their texts.
    ///
    /// # Errors
    /// Every problem found, in files' order.
    pub fn compose(files: BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        Self::composed(files, Read::New)
    }

    fn composed(mut files: BTreeMap<String, String>, read: Read) -> Result<Self, Vec<Problem>> {
        let with_cedar = |mut problems: Vec<Problem>| {
            problems.extend(Boundaries::problems_of_text(&files));
            problems
        };
        let features = facts::read(&files).map_err(with_cedar)?;
        let mut catalogue = features.catalogue().clone();
        let compiled = match read {
            Read::New => bellwether_policy::compile(&files, &mut catalogue),
            Read::Kept => bellwether_policy::compile_kept(&files, &mut catalogue),
        };
        let compiled = compiled.map_err(with_cedar)?;
        let (policy, mut warnings) = (compiled.policy, compiled.warnings);
        let bounded = boundaries::are_there(&files, &policy);
        let compiled = match (boundaries::compile(&files, &policy), read) {
            (Err(_), Read::Kept) => None,
            (compiled, _) => compiled?,
        };
        let boundaries = compiled.map(|compiled| {
            warnings.extend(compiled.warnings);
            compiled.boundaries
        });
        // Kept rules may have lost their boundaries above; whatever they would ask then goes to a person.
        if read == Read::New {
            let unfit = boundaries::check_permits(boundaries.as_ref(), &policy);
            if !unfit.is_empty() {
                return Err(unfit);
            }
        }
        for word in boundaries.iter().flat_map(Boundaries::words) {
            catalogue.note_word(word);
        }
        // The order of roles decides whose approval is asked for, where there are boundaries.
        let people = policy.people().without_details(bounded);
        // Names and addresses decide nothing, and what is kept with records must hold nobody's.
        files.insert("people.yaml".to_owned(), people);
        let preimage = preimage(&files, &features, bounded);
        let flips = Scope::ALL.map(|scope| features.flips(&watch(&policy, scope)));
        let told = features.told(&watch_subs(&policy));
        let names = names(&policy, &catalogue);
        let graphs = policy.graphs().iter().map(|graph| GraphFacts::new(graph, &catalogue));
        let graphs = graphs.collect();
        Ok(Self {
            digest: Digest::of(preimage.as_bytes()),
            preimage,
            engine: ENGINE,
            files,
            features,
            policy,
            boundaries,
            catalogue,
            flips,
            told,
            graphs,
            names,
            warnings,
        })
    }

    /// Composes kept files under the identity that they were activated with, which names the engine and
    /// the time zones of that day: an older engine's semantics stay theirs.
    ///
    /// # Errors
    /// Every problem found; `bundle-engine` when this program does not know that engine.
    pub fn recompose(
        files: BTreeMap<String, String>,
        preimage: String,
    ) -> Result<Self, Vec<Problem>> {
        let named = |engine: &u32| preimage.contains(&format!("\"engine\":{engine},"));
        let Some(engine) = (1..=ENGINE).find(named) else {
            let message = format!("the rules were activated for another engine than 1 to {ENGINE}");
            let help = "run the version of the program that activated them";
            return Err(vec![Problem::new("bundle-engine", message).help(help)]);
        };
        let digest = Digest::of(preimage.as_bytes());
        let composed = Self::composed(files, Read::Kept)?;
        Ok(Self { digest, preimage, engine, ..composed })
    }

    /// The digest that events name.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The number of the semantics of `step` that they were composed or activated for.
    pub fn engine(&self) -> u32 {
        self.engine
    }

    /// Whether an escalation keeps the nodes of these rules where they led to it; those in force hold otherwise.
    pub fn keeps_nodes(&self) -> bool {
        keeps_nodes(self.engine)
    }

    /// What the digest was taken of: canonical JSON.
    pub fn preimage(&self) -> &str {
        &self.preimage
    }

    /// The files that it was composed from; `people.yaml` without names, addresses and comments.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// The feature definitions.
    pub fn features(&self) -> &FeatureSet {
        &self.features
    }

    /// The graphs, people and rates.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the agent may do; nothing for a bundle that says nothing of it, and for one of the past whose
    /// boundaries cannot be read any more.
    pub fn boundaries(&self) -> Option<&Boundaries> {
        self.boundaries.as_ref()
    }

    /// The facts, with every word that the bundle's files name.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Whether signals of a kind mean anything to these rules.
    pub fn reads_kind(&self, kind: &str) -> bool {
        self.features.knows(Code::of(kind))
    }

    /// What did not stop the load.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// What time alone may change for the guards of a subject's graphs.
    pub fn flips(&self, scope: Scope) -> &Flips {
        let [account, case, deal] = &self.flips;
        match scope {
            Scope::Account => account,
            Scope::Case => case,
            Scope::Deal => deal,
        }
    }

    /// What an account's facts tell the guards about its cases and deals.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// Whether any graph decides about subjects of this scope.
    pub fn decides_about(&self, scope: Scope) -> bool {
        self.policy.graphs().iter().any(|graph| graph.subject() == scope)
    }

    /// The code of a graph's rule, by position; zero for none.
    pub fn rule_code(&self, graph: usize, rule: Option<usize>) -> Code {
        let rules = self.graphs.get(graph).map(|graph| graph.rules.as_slice()).unwrap_or_default();
        rule.and_then(|rule| rules.get(rule)).copied().unwrap_or_default()
    }

    /// The facts that a graph's guards can read, sorted by name.
    pub fn facts_of(&self, graph: usize) -> &[(String, Slot)] {
        self.graphs.get(graph).map(|graph| graph.facts.as_slice()).unwrap_or_default()
    }

    /// The word of a code that the bundle names: graphs, nodes, people, facts, closed words.
    pub fn word(&self, code: Code) -> Option<&str> {
        self.names.get(code).or_else(|| self.catalogue.word(code))
    }
}

/// What is looked up of a graph at every step.
struct GraphFacts {
    /// Codes of the rules' ids.
    rules: Vec<Code>,
    /// The facts that its guards read, sorted by name.
    facts: Vec<(String, Slot)>,
}

impl GraphFacts {
    fn new(graph: &Graph, catalogue: &Catalogue) -> Self {
        let guards = (0..graph.guards()).filter_map(|rule| graph.guard(rule));
        let slots: BTreeSet<Slot> = guards.flat_map(|guard| guard.slots()).copied().collect();
        let name = |slot: Slot| Some((catalogue.fact(slot)?.name.clone(), slot));
        let mut facts: Vec<_> = slots.into_iter().filter_map(name).collect();
        facts.sort_unstable();
        Self { rules: graph.rules().iter().map(|rule| Code::of(&rule.id)).collect(), facts }
    }
}

fn preimage(files: &BTreeMap<String, String>, features: &FeatureSet, bounded: bool) -> String {
    let parts = files.iter().flat_map(|(path, text)| [path.as_bytes(), text.as_bytes()]);
    let bundle = Digest::of_parts(parts);
    let tz = jiff_version();
    let features = features.digest();
    // Boundaries also rest on the language that they are written in.
    let cedar = if bounded {
        format!(r#""cedar":"{}","#, bellwether_boundary::language())
    } else {
        String::new()
    };
    format!(
        r#"{{"bundle":"{bundle}",{cedar}"engine":{ENGINE},"features":"{features}","tz":"{tz}"}}"#
    )
}

/// The time zone database is inside the binary; its edition is part of what a decision rests on.
fn jiff_version() -> &'static str {
    bellwether_core::civil::TZDB
}

fn watch(policy: &Policy, scope: Scope) -> Watched {
    let mut watched = Watched::default();
    for graph in policy.graphs().iter().filter(|graph| graph.subject() == scope) {
        let (comparisons, loose) = graph.watched();
        let plain = |one: Comparison| (one.slot, one.op, one.limit);
        watched.comparisons.extend(comparisons.into_iter().map(plain));
        watched.loose.extend(loose);
    }
    watched.comparisons.sort_unstable();
    watched.comparisons.dedup();
    watched.loose.sort_unstable();
    watched.loose.dedup();
    watched
}

/// What the graphs of cases and deals read.
fn watch_subs(policy: &Policy) -> Watched {
    let [mut cases, deals] = [Scope::Case, Scope::Deal].map(|scope| watch(policy, scope));
    cases.comparisons.extend(deals.comparisons);
    cases.loose.extend(deals.loose);
    cases
}

fn names(policy: &Policy, catalogue: &Catalogue) -> Names {
    let mut words = vec!["undecided"];
    words.extend(DECLINE_REASONS);
    for graph in policy.graphs() {
        words.push(graph.name());
        words.extend(graph.nodes().iter().map(|node| node.name.as_str()));
        words.extend(graph.rules().iter().map(|rule| rule.id.as_str()));
    }
    words.extend(policy.people().persons().iter().map(|person| person.key.as_str()));
    words.extend(catalogue.iter().map(|(_, fact)| fact.name.as_str()));
    Names::new(&words)
}

/// Whether an engine keeps the nodes of the rules that led to an escalation.
pub(crate) const fn keeps_nodes(engine: u32) -> bool {
    engine >= 3
}

/// The rules that events may name, by digest.
#[derive(Clone, Default)]
pub struct RuleBook {
    /// With the engine that decides by them.
    known: BTreeMap<Digest, (Arc<Rules>, u32)>,
}

impl RuleBook {
    /// A book with one set of rules.
    pub fn of(rules: Arc<Rules>) -> Self {
        let mut book = Self::default();
        book.add(rules);
        book
    }

    /// Adds rules.
    pub fn add(&mut self, rules: Arc<Rules>) {
        let engine = rules.engine();
        self.known.insert(rules.digest(), (rules, engine));
    }

    /// A book in which `rules` stand in for all that this one knows: records derived by it differ from
    /// the kept ones where these rules decide otherwise, and only there: each engine stays what it was.
    #[must_use]
    pub fn with_stand_in(&self, rules: &Arc<Rules>) -> Self {
        let known = self.known.iter();
        let known = known.map(|(digest, (_, engine))| (*digest, (Arc::clone(rules), *engine)));
        Self { known: known.collect() }
    }

    /// The rules of a digest.
    pub fn get(&self, digest: &Digest) -> Option<&Arc<Rules>> {
        self.known.get(digest).map(|(rules, _)| rules)
    }

    /// The rules of a digest, and the number of the semantics under which they decide.
    pub(crate) fn with_engine(&self, digest: &Digest) -> Option<(&Rules, u32)> {
        self.known.get(digest).map(|(rules, engine)| (rules.as_ref(), *engine))
    }
}
