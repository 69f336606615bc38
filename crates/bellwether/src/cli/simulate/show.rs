//! What a simulation came to, for people and for programs.

use crate::bundle;
use crate::cli::names::Names;
use crate::cli::{Format, context::Context};
use crate::history::World;
use crate::history::shifts::Shift;
use crate::history::told::roles;
use crate::table::{Table, thousands};
use bellwether_core::{DocKey, StreamId};
use bellwether_runtime::rehearsal::LeftOut;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

type Subject = (StreamId, DocKey);

/// Both worlds beside each other.
struct Compared<'a> {
    live: &'a World,
    tried: &'a World,
    newly: Vec<Subject>,
    gone: Vec<Subject>,
}

pub(super) fn show(context: &Context, [live, tried]: &[World; 2], most: usize, names: &Names) {
    let of = |world: &World| world.load.subjects.keys().copied().collect::<BTreeSet<_>>();
    let (before, after) = (of(live), of(tried));
    let newly = after.difference(&before).copied().collect();
    let gone = before.difference(&after).copied().collect();
    let compared = Compared { live, tried, newly, gone };
    match context.format {
        Format::Json => println!("{}", compared.json(most, names)),
        Format::Text => compared.print(most, names),
    }
}

impl Compared<'_> {
    fn is_same(&self) -> bool {
        self.live.rules().digest() == self.tried.rules().digest()
    }

    /// Each person with how often they are asked: in force, and tried.
    fn load(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        let [now, then] = [self.live, self.tried].map(|world| &world.load.people);
        let people: BTreeSet<_> = now.keys().chain(then.keys()).collect();
        let of = |person| (now.get(person).copied(), then.get(person).copied());
        people.into_iter().map(move |person| {
            let (now, then) = of(person);
            (person.as_str(), now.unwrap_or(0), then.unwrap_or(0))
        })
    }

    /// Each role with what it has to do: in force, and tried; and over how many days.
    fn roles(&self) -> (BTreeMap<String, [Shift; 2]>, u64) {
        roles([&self.live.load, &self.tried.load])
    }

    fn json(&self, most: usize, names: &Names) -> Value {
        let load = self
            .load()
            .map(|(person, now, then)| json!({"person": person, "now": now, "then": then}));
        let (roles, days) = self.roles();
        let shift = |one: Shift| {
            json!({
                "asks": one.asks, "a_week": one.tenths_a_week(days) as f64 / 10.0, "busiest_day": one.busiest, "at_once": one.at_once,
                "mean_wait_seconds": one.wait.micros() / 1_000_000,
            })
        };
        let roles = roles.into_iter().map(
            |(role, [now, then])| json!({"role": role, "now": shift(now), "then": shift(then)}),
        );
        let listed = |subjects: &[Subject], world: &World| {
            let one = |subject: &Subject| {
                let asked = world.load.subjects.get(subject)?;
                let mut value = json!({
                    "at": asked.at.to_string(), "stream": subject.0.to_string(),
                    "doc": subject.1.to_string(), "node": asked.node, "rule": asked.rule,
                });
                names.add(&mut value, subject.0, subject.1);
                Some(value)
            };
            Value::from_iter(subjects.iter().filter_map(one).take(most))
        };
        json!({
            "in_force": bundle::told(self.live.rules()),
            "tried": bundle::told(self.tried.rules()), "same": self.is_same(),
            "load": Value::from_iter(load), "roles": Value::from_iter(roles),
            "asked_now": self.live.load.subjects.len(), "asked_then": self.tried.load.subjects.len(),
            "newly": self.newly.len(), "no_longer": self.gone.len(),
            "newly_first": listed(&self.newly, self.tried),
            "no_longer_first": listed(&self.gone, self.live),
            "left_out": left_out_json(self.live.told.left_out()),
        })
    }

    fn print(&self, most: usize, names: &Names) {
        let name = |world: &World| {
            let meta = world.rules().policy().meta();
            format!("{} {}", meta.name, meta.version)
        };
        let (live, tried) = (name(self.live), name(self.tried));
        if self.is_same() {
            let digest = self.live.rules().digest();
            println!("{tried} is the very bundle in force ({digest}): nothing can differ\n");
        }
        let mut table = Table::new(&["person", ">in force", ">tried", ">change"]);
        for (person, now, then) in self.load() {
            let change = format!("{:+}", then as i64 - now as i64);
            table.row([person, &thousands(now), &thousands(then), &change]);
        }
        println!("Load: {live} in force, {tried} tried; nobody was asked");
        print!("{}", table.render());
        let columns = ["role", ">asks", ">a week", ">busiest day", ">at once", ">mean wait"];
        let mut table = Table::new(&columns);
        let (roles, days) = self.roles();
        for (role, both) in roles {
            for (which, one) in ["in force", "tried"].into_iter().zip(both) {
                let numbers = [one.asks, one.busiest, one.at_once].map(thousands);
                let [asks, busiest, at_once] = &numbers;
                let wait = one.wait.to_string();
                let tenths = one.tenths_a_week(days);
                let week = format!("{}.{}", tenths / 10, tenths % 10);
                table.row([&format!("{role} ({which})"), asks, &week, busiest, at_once, &wait]);
            }
        }
        print!("\n{}", table.render());
        let [now, then] = [self.live, self.tried].map(|world| world.load.subjects.len());
        println!("subjects that somebody is asked about: {now} now, {then} then");
        for (what, subjects, world) in
            [("newly", &self.newly, self.tried), ("no longer", &self.gone, self.live)]
        {
            println!("\n{what}: {}", subjects.len());
            for subject in subjects.iter().take(most) {
                if let Some(asked) = world.load.subjects.get(subject) {
                    let called = names.subject(subject.0, subject.1);
                    println!("  {}  {called}: {} by {}", asked.at, asked.node, asked.rule);
                }
            }
        }
        print!("{}", left_out(self.live.told.left_out()));
    }
}

/// The same for programs.
pub(in crate::cli) fn left_out_json(left: LeftOut) -> Value {
    let LeftOut { activations, refolds, trimmed } = left;
    json!({"activations": activations, "refolds": refolds, "trimmed": trimmed})
}

/// What of the history was not told again, and why.
pub(in crate::cli) fn left_out(LeftOut { activations, refolds, trimmed }: LeftOut) -> String {
    let mut text = String::new();
    let mut say = |count: u64, what: &str| {
        if count > 0 {
            text.push_str(&format!("  {} {what}\n", thousands(count)));
        }
    };
    say(
        activations.saturating_sub(1),
        "changes of bundle: each column holds one bundle from the first signal on",
    );
    say(refolds, "backfills and recomputes: nothing is missing that they would fill");
    say(
        trimmed,
        "events trimmed by retention: nobody knows what they said, so both columns lack them",
    );
    if text.is_empty() { text } else { format!("\nleft out of both columns:\n{text}") }
}
