//! Reaching a person although one person, one role or one channel is missing.
//!
//! - In: a policy and one of its graphs.
//! - Out: for each human node one proof a property.
//! - Never: two absences at once; what is planned in `people.yaml` comes on top of the one that is not.

use super::walk::{Ask, Chain, How, Walk};
use super::ways::{Way, slowest};
use super::{Proof, Property, Step};
use crate::graph::{Graph, Node};
use crate::policy::Policy;
use bellwether_core::{Duration, Timestamp};
use std::collections::BTreeSet;

/// The proofs of all human nodes of a graph.
pub(super) fn prove(policy: &Policy, graph: &Graph) -> Vec<Proof> {
    let nodes = graph.nodes().iter().zip(slowest(graph));
    let entered = nodes.filter_map(|(node, way)| Class::new(policy, graph, node, way?));
    entered.flat_map(|class| prove_class(policy, &class)).collect()
}

fn prove_class(policy: &Policy, class: &Class<'_>) -> Vec<Proof> {
    let people = &class.chain.rungs;
    let persons = people.iter().enumerate().map(|(at, person)| {
        let missing = (0..people.len()).map(|other| other == at).collect();
        Absence { what: format!("`{}`", person.key), missing }
    });
    let nobody = Absence { what: "nobody".to_owned(), missing: vec![false; people.len()] };
    let persons: Vec<_> = persons.chain([nobody]).collect();
    let roles = policy.people().roles().map(|role| {
        let has = |key: &str| policy.people().members(&role.name).any(|one| one.key == key);
        let missing = people.iter().map(|person| has(&person.key)).collect();
        Absence { what: format!("everybody of the role `{}`", role.name), missing }
    });
    let roles: Vec<_> = roles.filter(Absence::any).collect();
    let named: BTreeSet<_> = people.iter().flat_map(|person| &person.channels).collect();
    let channels = named.into_iter().map(|channel| {
        let only = |person: &Vec<String>| !person.is_empty() && person.iter().all(|c| c == channel);
        let missing = people.iter().map(|person| only(&person.channels)).collect();
        Absence { what: format!("the channel `{channel}`"), missing }
    });
    let channels: Vec<_> = channels.collect();
    let mut proofs = vec![
        class.prove(Property::PersonMissing, &persons, [How::Silent, How::Away]),
        class.prove(Property::RoleMissing, &roles, [How::Silent, How::Away]),
    ];
    // Where people.yaml names no channels there is nothing to prove about them.
    if !channels.is_empty() {
        let ways = [How::Silent, How::Unreachable];
        proofs.push(class.prove(Property::ChannelMissing, &channels, ways));
    }
    proofs
}

/// Who is missing, by position in the chain.
struct Absence {
    what: String,
    missing: Vec<bool>,
}

impl Absence {
    fn any(&self) -> bool {
        self.missing.contains(&true)
    }
}

/// An escalation class: a human node, how it is entered, and what it promises.
struct Class<'a> {
    about: String,
    name: &'a str,
    way: Way,
    promise: Option<Duration>,
    chain: Chain<'a>,
}

impl<'a> Class<'a> {
    fn new(policy: &'a Policy, graph: &Graph, node: &'a Node, way: Way) -> Option<Self> {
        let human = node.human()?;
        let promise = human.reach.or(policy.meta().reach);
        let left =
            promise.map(|promise| Duration::from_micros(promise.micros() - way.after.micros()));
        let people = policy.people();
        let rungs = people.rungs(node).collect();
        let chain = Chain { people, rungs, human, within: left };
        let about = format!("{}/{}", graph.name(), node.name);
        Some(Self { about, name: &node.name, way, promise, chain })
    }

    /// One property: every absence, in both ways, from every instant that differs.
    fn prove(&self, property: Property, absences: &[Absence], hows: [How; 2]) -> Proof {
        let mut worst = Duration::ZERO;
        for how in hows {
            for absence in absences {
                let absent = absence.missing.iter().filter(|missing| **missing).count();
                for start in self.chain.starts(absent) {
                    let walk = self.chain.walk(start, &absence.missing, how);
                    let Some(reached) = walk.reached else {
                        return self.broken(property, absence, how, start, &walk);
                    };
                    worst = worst.max(reached);
                }
            }
        }
        let clock = Some(self.later(worst));
        Proof { property, about: self.about.clone(), holds: true, path: Vec::new(), clock }
    }

    /// An offset from the first ask as one from the decision.
    fn later(&self, after: Duration) -> Duration {
        Duration::from_micros(self.way.after.micros().saturating_add(after.micros()))
    }

    fn broken(
        &self,
        property: Property,
        absence: &Absence,
        how: How,
        start: Timestamp,
        walk: &Walk<'_>,
    ) -> Proof {
        let mut path = self.way.steps.clone();
        let planned = (start != Timestamp::MIN).then(|| format!(", at {start}"));
        let entered = format!(
            "`{}` is entered; {} {}{}",
            self.name,
            absence.what,
            if how == How::Away { "is known to be away" } else { "is missing" },
            planned.unwrap_or_default()
        );
        path.push(Step { after: self.way.after, text: entered });
        let asked = |ask: &Ask<'_>| {
            let again = if ask.again { " again" } else { "" };
            let missing = match (ask.missing, how) {
                (false, _) => "",
                (true, How::Silent) => ", who does not hear of it",
                (true, How::Unreachable) => ", whom nothing reaches",
                (true, How::Away) => ", who is away",
            };
            let text = format!("`{}` is asked{again}{missing}", ask.person.key);
            Step { after: self.later(ask.after), text }
        };
        path.extend(walk.asks.iter().map(asked));
        let broke = self.later(walk.broke);
        let text = match self.promise {
            Some(promise) => format!("the promise to reach somebody within {promise} is broken"),
            None => "everybody has been asked, and nobody was reached".to_owned(),
        };
        path.push(Step { after: broke, text });
        let about = self.about.clone();
        Proof { property, about, holds: false, path, clock: Some(broke) }
    }
}
