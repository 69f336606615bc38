//! Brute force: every single absence, from every minute, played minute by minute on random graphs. Written
//! apart from the proofs: it knows only the model that it wrote the bundle from.

use super::files;
use crate::good;
use bellwether_policy::compile;
use bellwether_policy::proof::{Property, prove};
use bellwether_testkit::Dice;
use std::fmt::Write as _;

/// Choices from a seed.
struct Choice(Dice);

impl Choice {
    fn below(&mut self, most: usize) -> usize {
        self.0.below(most as u64) as usize
    }

    fn some(&mut self, of: usize, most: usize) -> Vec<usize> {
        let mut picked: Vec<usize> = Vec::new();
        for _ in 0..=self.below(most) {
            let one = self.below(of);
            if !picked.contains(&one) {
                picked.push(one);
            }
        }
        picked
    }
}

/// Somebody: absences in minutes, channels by number.
struct Someone {
    away: Vec<(i64, i64)>,
    left: Option<i64>,
    channels: Vec<usize>,
}

/// A human node.
struct Asks {
    role: usize,
    fallback: Vec<usize>,
    ack: i64,
    reach: Option<i64>,
    /// Which of the discoveries lead to it; whether a rule does.
    after: Vec<usize>,
    direct: bool,
}

struct Model {
    people: Vec<Someone>,
    roles: Vec<Vec<usize>>,
    always: usize,
    nodes: Vec<Asks>,
    /// Discoveries: minutes, and the one that follows, before a person decides.
    waits: Vec<(i64, Option<usize>)>,
    reach: Option<i64>,
}

const WINDOW: i64 = 40;

fn model(dice: &mut Choice) -> Model {
    let people: Vec<_> = (0..2 + dice.below(4)).map(|_| someone(dice)).collect();
    let roles: Vec<_> = (0..1 + dice.below(4)).map(|_| dice.some(people.len(), 3)).collect();
    let always = dice.below(roles.len());
    // Each discovery may follow a later one, so that none leads round.
    let count = dice.below(4);
    let waits: Vec<_> = (0..count)
        .map(|at| {
            let next = at + 1 + dice.below(3);
            (1 + dice.below(5) as i64, (next < count).then_some(next))
        })
        .collect();
    let mut nodes: Vec<Asks> = (0..1 + dice.below(3))
        .map(|at| Asks {
            role: dice.below(roles.len()),
            fallback: (0..dice.below(3)).map(|_| dice.below(roles.len())).collect(),
            ack: 1 + dice.below(4) as i64,
            reach: (dice.below(3) > 0).then(|| 1 + dice.below(14) as i64),
            after: Vec::new(),
            // Doubt goes to the first, so it is entered at once whatever else leads to it.
            direct: at == 0 || dice.below(2) > 0,
        })
        .collect();
    for (at, (_, next)) in waits.iter().enumerate() {
        if next.is_none() {
            let to = dice.below(nodes.len());
            nodes[to].after.push(at);
        }
    }
    for node in &mut nodes {
        node.direct |= node.after.is_empty();
    }
    let reach = (dice.below(3) == 0).then(|| 1 + dice.below(14) as i64);
    Model { people, roles, always, nodes, waits, reach }
}

fn someone(dice: &mut Choice) -> Someone {
    let mut away = Vec::new();
    for _ in 0..dice.below(3) {
        let from = dice.below(WINDOW as usize) as i64;
        away.push((from, from + 1 + dice.below(12) as i64));
    }
    let left = (dice.below(8) == 0).then(|| dice.below(WINDOW as usize) as i64);
    let channels = if dice.below(3) == 0 { Vec::new() } else { dice.some(3, 2) };
    Someone { away, left, channels }
}

/// The model as a bundle.
fn written(model: &Model) -> [String; 3] {
    let at = |minute: i64| format!("2026-03-01T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60);
    let bundle = model.reach.map_or(String::new(), |reach| format!("reach: {reach}m\n"));
    let mut people = "people:\n".to_owned();
    for (who, one) in model.people.iter().enumerate() {
        let away: Vec<_> = one
            .away
            .iter()
            .map(|(from, to)| format!("{{from: {}, to: {}}}", at(*from), at(*to)))
            .collect();
        let channels: Vec<_> = one.channels.iter().map(|c| format!("c{c}")).collect();
        let _ = write!(people, "  p{who}: {{away: [{}]", away.join(", "));
        let _ = write!(people, ", channels: [{}]", channels.join(", "));
        let left = one.left.map_or(String::new(), |left| format!(", left: {}", at(left)));
        let _ = writeln!(people, "{left}}}");
    }
    people += "roles:\n";
    let names = |role: &[usize]| role.iter().map(|p| format!("p{p}")).collect::<Vec<_>>();
    for (at, role) in model.roles.iter().enumerate() {
        let _ = writeln!(people, "  r{at}: [{}]", names(role).join(", "));
    }
    let _ = writeln!(people, "always: r{}", model.always);
    let mut nodes = "graph: g\nsubject: account\nowner: o\nstart: s\nnodes:\n".to_owned();
    nodes += "  s: {kind: decide, unknown: n0}\n";
    let mut rules = "rules:\n".to_owned();
    let mut rule = |to: String| {
        let id = rules.lines().count();
        let _ = writeln!(rules, "  - {{id: R{id}, from: s, to: {to}, when: neg_7d == {id}}}");
    };
    for (at, node) in model.nodes.iter().enumerate() {
        let fallback: Vec<_> = node.fallback.iter().map(|role| format!("r{role}")).collect();
        let _ = write!(nodes, "  n{at}: {{kind: human, role: r{}, ack: {}m", node.role, node.ack);
        let reach = node.reach.map_or(String::new(), |reach| format!(", reach: {reach}m"));
        let _ = writeln!(nodes, ", fallback: [{}]{reach}}}", fallback.join(", "));
        if node.direct {
            rule(format!("n{at}"));
        }
    }
    for (at, (within, next)) in model.waits.iter().enumerate() {
        let human = model.nodes.iter().position(|node| node.after.contains(&at));
        let then = next.map_or_else(|| format!("n{}", human.unwrap()), |next| format!("d{next}"));
        let _ = writeln!(nodes, "  d{at}: {{kind: discover, within: {within}m, then: {then}}}");
        rule(format!("d{at}"));
    }
    rules += "  - {id: R, from: s, to: nothing, otherwise: true}\n";
    [bundle, people, format!("{nodes}  nothing: {{kind: end}}\n{rules}")]
}

/// How somebody is missing.
#[derive(Clone, Copy, PartialEq)]
enum Gone {
    Silent,
    Known,
    Told,
}

/// One case: who of the people is missing, how, what is promised and what had passed before.
struct Case<'a> {
    model: &'a Model,
    order: &'a [usize],
    gone: &'a [usize],
    how: Gone,
    ack: i64,
    /// Minutes left of the promise.
    left: Option<i64>,
}

impl Case<'_> {
    fn there(&self, who: usize, minute: i64) -> bool {
        let one = &self.model.people[who];
        let planned = one.away.iter().any(|(from, to)| (*from..*to).contains(&minute));
        let known = self.how == Gone::Known && self.gone.contains(&who);
        !planned && !known && one.left.is_none_or(|left| minute < left)
    }

    /// Plays one escalation that is entered at a minute: after how many somebody is reached, or when it
    /// was too late.
    fn play(&self, entered: i64) -> Result<i64, i64> {
        let (mut rung, mut rings, mut until) = (0, 0u32, entered);
        for minute in entered.. {
            let passed = minute - entered;
            if let Some(left) = self.left.filter(|left| passed > *left) {
                return Err(left);
            }
            if minute < until {
                continue;
            }
            // Whoever's time has run out is followed by the next who is there, at this very minute.
            loop {
                while rung < self.order.len() && !self.there(self.order[rung], minute) {
                    rung += 1;
                }
                if rung == self.order.len() {
                    break;
                }
                let who = self.order[rung];
                rung += 1;
                if !self.gone.contains(&who) {
                    return Ok(passed);
                }
                let later = self.order[rung..].iter().any(|next| self.there(*next, minute));
                if self.how != Gone::Told || !later {
                    until = minute + self.ack;
                    break;
                }
            }
            if until > minute {
                continue;
            }
            if self.left.is_none() {
                return Err(passed);
            }
            // The last who is there is rung again, after twice as long each time.
            let last = self.order.iter().rev().find(|who| self.there(**who, minute));
            if last.is_some_and(|who| !self.gone.contains(who)) {
                return Ok(passed);
            }
            rings += 1;
            until = minute + (self.ack << rings);
        }
        unreachable!("time does not end")
    }
}

/// Everybody a node asks, in order.
fn order(model: &Model, node: &Asks) -> Vec<usize> {
    let mut order = Vec::new();
    let roles = std::iter::once(node.role).chain(node.fallback.clone()).chain([model.always]);
    for who in roles.flat_map(|role| model.roles[role].clone()) {
        if !order.contains(&who) {
            order.push(who);
        }
    }
    order
}

/// The longest time before a node is entered: back along the discoveries that lead to it.
fn before(model: &Model, node: &Asks) -> i64 {
    fn back(model: &Model, wait: usize) -> i64 {
        let (within, _) = model.waits[wait];
        let earlier = (0..wait).filter(|one| model.waits[*one].1 == Some(wait));
        within + earlier.map(|one| back(model, one)).max().unwrap_or(0)
    }
    node.after.iter().map(|wait| back(model, *wait)).max().unwrap_or(0)
}

/// Every absence of a property, and both ways of being missing.
fn absences(model: &Model, order: &[usize], property: Property) -> (Vec<Vec<usize>>, [Gone; 2]) {
    match property {
        Property::PersonMissing => {
            let single = order.iter().map(|who| vec![*who]);
            (single.chain([Vec::new()]).collect(), [Gone::Silent, Gone::Known])
        }
        Property::RoleMissing => (model.roles.clone(), [Gone::Silent, Gone::Known]),
        _ => {
            let only = |channel: usize| {
                let mine = |who: &usize| model.people[*who].channels == [channel];
                (0..model.people.len()).filter(mine).collect()
            };
            ((0..3).map(only).collect(), [Gone::Silent, Gone::Told])
        }
    }
}

/// What brute force says: the worst minute, or the first that broke.
fn verdict(model: &Model, node: &Asks, property: Property) -> Result<i64, i64> {
    let (order, before) = (order(model, node), before(model, node));
    let left = node.reach.or(model.reach).map(|reach| reach - before);
    let (all, hows) = absences(model, &order, property);
    let mut worst = 0;
    for how in hows {
        for gone in &all {
            let case = Case { model, order: &order, gone, how, ack: node.ack, left };
            // From long before the first absence to after the last.
            for entered in -2 * WINDOW..2 * WINDOW {
                match case.play(entered) {
                    Ok(after) => worst = worst.max(after),
                    Err(after) => return Err(after + before),
                }
            }
        }
    }
    Ok(worst + before)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how many graphs is the caller's choice")]
#[expect(clippy::disallowed_macros, reason = "the seeds are shown")]
fn proofs_agree_with_brute_force() {
    let wanted = if std::env::var_os("BELLWETHER_FULL").is_some() { 500 } else { 150 };
    let (mut graphs, mut seed, mut held, mut broke) = (0, 0u64, 0, 0);
    while graphs < wanted {
        seed += 1;
        let mut dice = Choice(Dice(seed));
        let model = model(&mut dice);
        let [bundle, people, routing] = written(&model);
        let mut catalogue = good::catalogue();
        let policy = match compile(&files(&bundle, &people, &routing), &mut catalogue) {
            Ok(compiled) => compiled.policy,
            Err(problems) => {
                let unstaffed = problems.iter().any(|one| one.code == "policy-unstaffed");
                assert!(unstaffed, "seed {seed}: {problems:?}\n{people}\n{routing}");
                continue;
            }
        };
        graphs += 1;
        let proofs = prove(&policy);
        for (at, node) in model.nodes.iter().enumerate() {
            let named =
                order(&model, node).iter().any(|who| !model.people[*who].channels.is_empty());
            for property in
                [Property::PersonMissing, Property::RoleMissing, Property::ChannelMissing]
            {
                let about = format!("g/n{at}");
                let proof = proofs.iter().find(|p| p.about == about && p.property == property);
                let Some(proof) = proof else {
                    assert!(property == Property::ChannelMissing && !named, "seed {seed}: {about}");
                    continue;
                };
                let clock = proof.clock.unwrap().micros() / 60_000_000;
                let proved = if proof.holds { Ok(clock) } else { Err(clock) };
                let played = verdict(&model, node, property);
                assert_eq!(proved, played, "seed {seed}: {proof}\n{bundle}{people}{routing}");
                if played.is_ok() { held += 1 } else { broke += 1 }
            }
        }
    }
    println!("{graphs} graphs, seeds 1 to {seed}: {held} hold, {broke} do not");
    assert!(held > 50 && broke > 50, "{held} hold, {broke} do not");
}
