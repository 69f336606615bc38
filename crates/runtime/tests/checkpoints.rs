//! Nine approval steps in a row, and three: how long a claim waits, and what is caught.
//!
//! - In: one queue of claims; people with one pile each; claims that are wrong in what one department can see.
//! - Out: the wait until a claim may be settled, and how many wrong ones were refused.
//! - Never: a clock, or chance that is not seeded.
//!
//! The claims, the people's speed and what they see are invented. That nine people look less closely than three who
//! answer for it is an assumption, so both are shown: equal eyes, and eyes that rely on the next one's.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use bellwether_core::event::Answer;
use bellwether_core::signal::RawValue;
use bellwether_core::{Code, Duration, Escalation, Timestamp};
use bellwether_engine::Rules;
use bellwether_measure::checkpoints::{Checkpoint, Ending, Passage, checkpoints};
use bellwether_runtime::rehearsal::{Conduct, Rehearsal, Staff, Standing};
use bellwether_testkit::Dice;
use common::{START, signal};
use std::collections::BTreeMap;
use std::sync::Arc;

const AREAS: [&str; 3] = ["legal", "finance", "technical"];
const CLAIMS: u64 = 400;
const MINUTE: i64 = 60;
/// How long somebody works on a card.
const WORK: i64 = 30 * MINUTE;
/// How far apart claims come, on average: people are busy three quarters of their time.
const GAP: u64 = 40 * 60;

/// A bundle with so many steps for each area.
fn rules(each: usize) -> Arc<Rules> {
    let steps: Vec<String> =
        (1..=each).flat_map(|nth| AREAS.map(|area| format!("{area}-{nth}"))).collect();
    let list = steps.join(", ");
    let roles: String = steps.iter().map(|step| format!("  {step}: [p-{step}]\n")).collect();
    let people: String = steps.iter().map(|step| format!("  p-{step}: {{}}\n")).collect();
    let checkpoints = steps.len();
    let files = [
        (
            "bundle.yaml",
            format!(
                "bundle: claims\nversion: 1.0.0\nowner: claims\ncurrency: EUR\ncheckpoints: {checkpoints}\n"
            ),
        ),
        (
            "facts.yaml",
            "facts:\n  case.urgency: {type: int, from: ticket.updated.urgency, scope: case}\n\
             signals:\n  ticket.updated: {urgency: int}\n"
                .to_owned(),
        ),
        (
            "people.yaml",
            format!(
                "roles:\n{roles}  payer: [p-payer]\n  desk: [p-desk, p-night]\npeople:\n{people}  p-payer: {{}}\n  p-desk: {{}}\n  p-night: {{}}\nalways: desk\n"
            ),
        ),
        (
            "routing/claim.yaml",
            format!(
                "graph: claim\nsubject: case\nowner: claims\nstart: look\nnodes:\n  \
                 look: {{kind: decide, unknown: desk}}\n  desk: {{kind: human, role: desk, ack: 60d}}\n  \
                 settle: {{kind: human, role: payer, ack: 60d, approvals: [{list}]}}\nrules:\n  \
                 - {{id: all, from: look, to: settle, otherwise: true}}\n"
            ),
        ),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text)).into();
    match Rules::compose(files) {
        Ok(rules) => Arc::new(rules),
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            unreachable!("the bundle of the test is right")
        }
    }
}

/// People who work half an hour on each card and see what is wrong in their own area, or miss it.
struct People {
    /// Area of each approval node.
    areas: BTreeMap<Code, usize>,
    /// The area in which a claim is wrong, by its first ask.
    wrong: Dice,
    judged: BTreeMap<bellwether_runtime::rehearsal::Matter, Option<usize>>,
    /// How many of a hundred mistakes one person sees.
    sees: u64,
    eyes: Dice,
}

impl Conduct for People {
    fn works_for(&mut self, _: &Standing) -> Duration {
        Duration::from_secs(WORK)
    }

    fn answer(&mut self, ask: &Standing) -> Answer {
        let wrong = *self.judged.entry(ask.matter).or_insert_with(|| {
            let rolled = self.wrong.below(100);
            (rolled < 12).then_some((rolled % 3) as usize)
        });
        let Some(area) = self.areas.get(&ask.node) else { return Answer::Resolve };
        let seen = wrong == Some(*area) && self.eyes.below(100) < self.sees;
        if seen { Answer::Decline(Code::of("not_needed")) } else { Answer::Accept }
    }
}

/// What came of all claims.
struct Outcome {
    steps: Vec<Checkpoint>,
    /// The mean time from the claim until it may be settled, in minutes.
    wait: i64,
    caught: u64,
    wrong: u64,
}

fn run(each: usize, sees: u64) -> Outcome {
    let node = |nth: usize, area: &str| format!("settle/approval:{area}-{nth}");
    let nodes = (1..=each).flat_map(|nth| AREAS.map(|area| node(nth, area)));
    let names: BTreeMap<Code, String> = nodes.map(|name| (Code::of(&name), name)).collect();
    let area_of = |name: &String| AREAS.iter().position(|area| name.contains(area)).unwrap();
    let areas = names.iter().map(|(code, name)| (*code, area_of(name))).collect();
    let people = People { areas, wrong: Dice(5), judged: BTreeMap::new(), sees, eyes: Dice(9) };
    let mut staff = Staff::new(Rehearsal::new(rules(each), 3).unwrap(), people);
    let (mut dice, mut at) = (Dice(1), START);
    for claim in 0..CLAIMS {
        at += dice.below(2 * GAP) as i64;
        let mut raw = signal("insured", &format!("t{claim}"), "ticket.updated", at);
        raw.case = Some(format!("claim-{claim}"));
        raw.fields.push(("urgency".to_owned(), RawValue::Int(3)));
        staff.take(&raw).unwrap();
    }
    staff.pass(Timestamp::from_secs(at + 50 * 24 * 3600)).unwrap();
    assert_eq!(staff.standing().count(), 0, "everybody has answered");
    let passage = |left: &bellwether_runtime::rehearsal::Left| {
        let step = names.get(&left.from.node)?.clone();
        let (end, how) = match left.to {
            Escalation::Asked { at, .. } => (at, Ending::Approved),
            Escalation::Closed { at, .. } => (at, Ending::Refused),
            _ => return None,
        };
        let owner = "claims".to_owned();
        Some(Passage { step, owner, asked: left.from.since, ended: Some((end, how)) })
    };
    let passages: Vec<_> = staff.left().iter().filter_map(passage).collect();
    let steps = checkpoints(&passages);
    let total: i64 = steps.iter().map(|step| step.total).sum();
    Outcome {
        wait: total / 60_000_000 / CLAIMS as i64,
        caught: steps.iter().map(|step| step.caught.hits).sum(),
        wrong: staff.conduct().judged.values().flatten().count() as u64,
        steps,
    }
}

#[test]
fn three_steps_wait_less_and_catch_as_much() {
    let rows = [
        ("nine, each relies on the next", run(3, 50)),
        ("nine, each looks closely", run(3, 90)),
        ("three who answer for it", run(1, 90)),
    ];
    for (name, outcome) in &rows {
        let (wait, caught, wrong) = (outcome.wait, outcome.caught, outcome.wrong);
        println!(
            "{name}: {} steps, a claim waits {wait} min, {caught} of {wrong} caught",
            outcome.steps.len()
        );
    }
    let [(_, relying), (_, close), (_, three)] = &rows;
    assert_eq!((close.steps.len(), three.steps.len()), (9, 3));
    assert_eq!(relying.wrong, three.wrong, "the same claims");
    assert!(close.wait * 100 > three.wait * 156, "nine wait at least half as long again");
    assert!(three.caught * 100 >= relying.caught * 95, "hardly less is caught");
    assert!(three.caught * 10 >= three.wrong * 8, "most of what is wrong is caught");
}
