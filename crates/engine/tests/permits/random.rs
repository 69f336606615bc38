//! Random facts, trust, times and answers: whoever is asked, was asked with leave.
//!
//! - In: seeds.
//! - Out: histories in which the boundaries are asked again by themselves at each entry.
//! - Never: the node's people without an allow that the recorded approvals give.

use crate::world::{World, asked, case};
use crate::{assert_replays, by, files, give, node, rules, urgent};
use bellwether_core::effect::AskCause;
use bellwether_core::event::Answer;
use bellwether_core::{Code, Ppm, Trust};
use bellwether_engine::trial::judge;
use bellwether_engine::{Rules, Step};
use bellwether_expr::Slots;
use bellwether_policy::{Act, Judged};
use std::sync::Arc;

/// A case under way, and what was said of it.
struct Told {
    world: World,
    rules: Arc<Rules>,
    at: i64,
    amount: i64,
    hold: Option<bool>,
    /// Who wrote the newest signal, and who wrote whether it is held.
    trust: (Trust, Trust),
    seed: u64,
    random: u64,
}

impl Told {
    fn new(seed: u64, rules: &Arc<Rules>) -> Self {
        Self {
            world: World::under(Arc::clone(rules)),
            rules: Arc::clone(rules),
            at: 1_000,
            amount: 0,
            hold: None,
            trust: (Trust::System, Trust::System),
            seed,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    fn below(&mut self, most: usize) -> usize {
        let next = self.random.wrapping_mul(6_364_136_223_846_793_005);
        self.random = next.wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % most
    }

    /// Something is seen, or whoever is asked answers; `None` where nobody is asked.
    fn step(&mut self) -> Option<Step> {
        self.at += 1 + self.below(3_000) as i64;
        for step in self.world.pass(self.at) {
            self.check(&step);
        }
        if self.below(2) == 0 {
            self.amount = *[-1, 50, 100, 101, 500].get(self.below(5)).unwrap();
            self.trust.0 = *Trust::ALL.get(self.below(4)).unwrap();
            let priority = self.below(3) as i64;
            let mut what = urgent(self.at, self.amount).int("urgency", priority);
            if self.below(2) == 0 {
                let hold = self.below(2) == 0;
                what = what.flag("hold", hold);
                (self.hold, self.trust.1) = (Some(hold), self.trust.0);
            }
            return Some(self.world.see(by(self.trust.0, what)));
        }
        let live = self.world.escalation(case(7), "case-desk").and_then(|held| held.person());
        let people = ["vp-1", "legal-1", "desk-1", "exec-1"];
        let person = people.iter().find(|known| Some(Code::of(known)) == live)?;
        let answer = match self.below(5) {
            0 => Answer::Decline(Code::of("busy")),
            1 => Answer::Resolve,
            _ => Answer::Accept,
        };
        Some(give(&mut self.world, self.at, person, answer))
    }

    /// Whether the boundaries allow it with what is known and who has approved, asked by themselves.
    fn allows(&self) -> bool {
        let slot = |name: &str| self.rules.catalogue().slot(name).unwrap();
        let mut slots = Slots::new(self.rules.catalogue().len());
        slots.set(slot("case.amount"), self.amount);
        if let Some(hold) = self.hold {
            slots.set(slot("case.hold"), i64::from(hold));
        }
        let held = self.world.state.doc(case(7)).unwrap().graph(Code::of("case-desk")).unwrap();
        let given = |role: &&str| held.approvals.iter().any(|one| one.role == Code::of(role));
        let approvals = self.rules.policy().people().roles_as_written().filter(given);
        let act = Act {
            action: 0,
            parameters: Vec::new(),
            approvals: approvals.map(str::to_owned).collect(),
            confidence: Ppm::default(),
            calibrated: false,
            tainted: self.trust.0.join(self.trust.1) < Trust::Operator,
        };
        judge(&self.rules, &act, &slots).unwrap().decision == Judged::Allow
    }

    /// Checks a step; gives how often the node was entered, and how often not.
    fn check(&self, step: &Step) -> (u32, u32) {
        let first = [AskCause::Decided, AskCause::Raised, AskCause::Approved];
        let exec = |(person, cause)| person == Code::of("exec-1") && first.contains(&cause);
        let entered = asked(step).into_iter().any(exec);
        let [said] = step.permits.as_slice() else {
            assert!(!entered && step.permits.is_empty(), "seed {}: asked without leave", self.seed);
            return (0, 0);
        };
        assert_eq!(entered, said.decision == "allow", "seed {}", self.seed);
        assert_eq!(entered, node(&self.world) == Some(Code::of("exec")), "seed {}", self.seed);
        if entered {
            assert!(self.allows(), "seed {}: {} of {:?}", self.seed, self.amount, self.hold);
        }
        (u32::from(entered), u32::from(!entered))
    }
}

#[test]
fn nobody_is_asked_without_leave() {
    let rules = rules(files());
    let (mut entered, mut elsewhere) = (0, 0);
    for seed in 0..600_u64 {
        let mut told = Told::new(seed, &rules);
        for _ in 0..12 {
            let Some(step) = told.step() else { continue };
            let (more, less) = told.check(&step);
            (entered, elsewhere) = (entered + more, elsewhere + less);
        }
        assert_replays(&told.world);
    }
    assert!(entered > 100 && elsewhere > 100, "{entered} entered, {elsewhere} elsewhere");
}
