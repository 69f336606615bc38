//! What the journal tells about the versions of the rules, read here and not by the program's own reader.

use crate::world::World;
use bellwether_core::{Body, Code, Digest, DocKey, Escalation, StreamId};
use bellwether_engine::{Replay, RuleBook};
use bellwether_runtime::embedded::read_rules;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// How the versions stand.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The version in force.
    pub(crate) in_force: String,
    /// The version that decides for a share of the accounts.
    pub(crate) canary: Option<String>,
    /// The digest of the version that was in force before.
    pub(crate) previous: Option<String>,
    pub(crate) previous_version: Option<String>,
    /// The digest of what waits for a second person.
    pub(crate) waiting: Option<String>,
    /// How often an escalation was seen with other rules than those in force.
    pub(crate) kept: u64,
    /// Events that were decided by a canary.
    pub(crate) by_canary: u64,
}

/// What is known at one place of the journal.
#[derive(Default)]
struct Fold {
    active: Option<Digest>,
    canary: Option<Digest>,
    /// What was in force, one after the other.
    were: Vec<Digest>,
    /// Who proposed a version, and who agreed.
    proposed: BTreeMap<String, String>,
    approved: BTreeMap<String, String>,
    waiting: Option<String>,
    /// The rules under which an escalation was opened.
    opened: BTreeMap<(StreamId, DocKey, Code, u64), Digest>,
    told: Told,
}

/// Reads the journal: every record is derived again, every event names rules that were in force or a canary
/// when it was taken, two people agreed to each of them, and an escalation keeps the rules that opened it.
#[track_caller]
pub(crate) fn told(world: &World) -> Told {
    let store = world.store();
    let book = read_rules(&store).unwrap();
    let (mut fold, mut replay) = (Fold::default(), Replay::new(&book));
    store
        .scan(1, |row| {
            let (event, _) = match replay.check(row.event, row.record) {
                Ok(derived) => derived,
                Err(error) => panic!("position {}: {error}", row.pos),
            };
            if row.stream == StreamId::SYSTEM {
                fold.house(&event.body, &book);
                return ControlFlow::Continue(());
            }
            let by_canary = Some(event.rules) == fold.canary;
            assert!(by_canary || Some(event.rules) == fold.active, "position {}", row.pos);
            fold.told.by_canary += u64::from(by_canary);
            for (key, doc) in replay.state(row.stream).into_iter().flat_map(|state| state.docs()) {
                for graph in &doc.graphs {
                    if !graph.escalation.as_ref().is_some_and(Escalation::is_live) {
                        continue;
                    }
                    let place = (row.stream, key, graph.graph, graph.opened);
                    let opened = *fold.opened.entry(place).or_insert(event.rules);
                    assert_eq!(graph.rules, Some(opened), "position {}: {place:?}", row.pos);
                    fold.told.kept += u64::from(Some(opened) != fold.active);
                }
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    fold.end(&book)
}

impl Fold {
    fn house(&mut self, body: &Body, book: &RuleBook) {
        match body {
            // For a canary it is the leaf of what its digest was taken of.
            Body::RulesActivated { rules, .. } if Some(*rules) != self.canary => {
                self.may_decide(*rules);
                self.active = Some(*rules);
                self.were.push(*rules);
            }
            Body::Noted { note, members, .. } => {
                let member = |name: &str| {
                    members.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
                };
                let rules = member("rules").unwrap_or_default();
                let digest: Option<Digest> = rules.parse().ok();
                match note.as_str() {
                    "rules.proposed" => {
                        self.approved.remove(&rules);
                        self.waiting = Some(rules.clone());
                        self.proposed.insert(rules, member("by").unwrap());
                    }
                    "rules.approved" => drop(self.approved.insert(rules, member("by").unwrap())),
                    "rules.started" => {
                        self.waiting = None;
                        self.canary = None;
                        if member("mode").as_deref() == Some("canary") {
                            let digest = digest.unwrap();
                            assert!(book.get(&digest).is_some(), "the files of a canary are kept");
                            self.may_decide(digest);
                            self.canary = Some(digest);
                        }
                    }
                    "rules.rolled_back" => self.canary = None,
                    "rules.withdrawn" if digest == self.canary => self.canary = None,
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Two people agreed to rules, or they have been in force, or they are the first.
    #[track_caller]
    fn may_decide(&self, rules: Digest) {
        let name = rules.to_string();
        let two = match (self.proposed.get(&name), self.approved.get(&name)) {
            (Some(proposer), Some(approver)) => proposer != approver,
            _ => false,
        };
        assert!(
            two || self.were.contains(&rules) || self.were.is_empty(),
            "nobody agreed to {name}"
        );
    }

    fn end(self, book: &RuleBook) -> Told {
        let version =
            |rules: &Digest| book.get(rules).map(|rules| rules.policy().meta().version.clone());
        let previous = self.were.iter().rev().find(|rules| Some(**rules) != self.active);
        Told {
            in_force: self.active.as_ref().and_then(version).unwrap(),
            canary: self.canary.as_ref().and_then(version),
            previous: previous.map(ToString::to_string),
            previous_version: previous.and_then(version),
            waiting: self.waiting,
            ..self.told
        }
    }
}
