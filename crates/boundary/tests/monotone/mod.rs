//! Properties against an independent evaluation: random policies about approvals, made and judged here.

use crate::given::{ROLES, fine, random, refund};
use bellwether_boundary::Answer;
use std::fmt::Write as _;

type Random<'a> = &'a mut dyn FnMut(usize) -> usize;

/// A condition as this test understands it.
enum Condition {
    Has(usize),
    AmountAtMost(i64),
    Tainted,
    Both(Box<Condition>, Box<Condition>),
    Either(Box<Condition>, Box<Condition>),
}

impl Condition {
    fn random(random: Random<'_>, depth: usize, approvals: bool) -> Self {
        match random(if depth == 0 { 4 } else { 6 }) {
            0 | 1 if approvals => Self::Has(random(ROLES.len())),
            3 => Self::Tainted,
            kind @ (4 | 5) => {
                let [a, b] = [(); 2].map(|()| Box::new(Self::random(random, depth - 1, approvals)));
                if kind == 4 { Self::Both(a, b) } else { Self::Either(a, b) }
            }
            _ => Self::AmountAtMost(random(4) as i64 * 100),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Has(role) => {
                format!("context.approvals.contains(Bellwether::Role::\"{}\")", ROLES[*role])
            }
            Self::AmountAtMost(most) => format!("context.amount <= {most}"),
            Self::Tainted => "context.tainted".to_owned(),
            Self::Both(a, b) => format!("({} && {})", a.text(), b.text()),
            Self::Either(a, b) => format!("({} || {})", a.text(), b.text()),
        }
    }

    fn holds(&self, amount: i64, tainted: bool, approvals: u32) -> bool {
        let of = |condition: &Self| condition.holds(amount, tainted, approvals);
        match self {
            Self::Has(role) => approvals >> role & 1 == 1,
            Self::AmountAtMost(most) => amount <= *most,
            Self::Tainted => tainted,
            Self::Both(a, b) => of(a) && of(b),
            Self::Either(a, b) => of(a) || of(b),
        }
    }

    fn roles(&self) -> u32 {
        match self {
            Self::Has(role) => 1 << role,
            Self::Both(a, b) | Self::Either(a, b) => a.roles() | b.roles(),
            _ => 0,
        }
    }
}

fn names(set: u32) -> Vec<&'static str> {
    (0..ROLES.len()).filter(|role| set >> role & 1 == 1).map(|role| ROLES[role]).collect()
}

/// Random policies: permits, and forbids with what lifts them.
struct Policies {
    permits: Vec<Condition>,
    forbids: Vec<(Condition, Condition)>,
}

impl Policies {
    fn random(random: Random<'_>) -> Self {
        let permits = (0..1 + random(3)).map(|_| Condition::random(random, 2, true)).collect();
        let forbids = (0..random(4))
            .map(|_| (Condition::random(random, 1, false), Condition::random(random, 2, true)))
            .collect();
        Self { permits, forbids }
    }

    fn text(&self) -> String {
        let scope = "(principal, action == Bellwether::Action::\"issue_refund\", resource)";
        let mut text = String::new();
        for (nth, when) in self.permits.iter().enumerate() {
            let when = when.text();
            let _ = writeln!(text, "@id(\"p{nth}\") @owner(\"o\") @reason(\"r\") permit {scope} when {{ {when} }};");
        }
        for (nth, (when, unless)) in self.forbids.iter().enumerate() {
            let roles = names(unless.roles()).join(",");
            let needs = if roles.is_empty() { String::new() } else { format!("@needs(\"{roles}\")") };
            let (when, unless) = (when.text(), unless.text());
            let _ = writeln!(
                text,
                "@id(\"f{nth}\") @owner(\"o\") @reason(\"r\") {needs} forbid {scope} when {{ {when} }} unless {{ {unless} }};"
            );
        }
        text
    }

    fn allow(&self, amount: i64, tainted: bool, approvals: u32) -> bool {
        let forbidden = |(when, unless): &(Condition, Condition)| {
            when.holds(amount, tainted, approvals) && !unless.holds(amount, tainted, approvals)
        };
        self.permits.iter().any(|when| when.holds(amount, tainted, approvals))
            && !self.forbids.iter().any(forbidden)
    }
}

#[test]
fn approvals_are_monotone_and_the_sets_found_are_the_smallest() {
    let mut needed = 0;
    for seed in 0..150_u64 {
        let policies = Policies::random(&mut random(seed));
        let text = policies.text();
        let boundaries = fine(&text);
        for (amount, tainted) in [(0, false), (150, true), (250, false), (999, true)] {
            let allowed = |set: u32| policies.allow(amount, tainted, set);
            for given in 0..1_u32 << ROLES.len() {
                let more = (0..ROLES.len()).all(|role| !allowed(given) || allowed(given | 1 << role));
                assert!(more, "seed {seed}: not monotone");
                let mut request = refund(amount, 0);
                (request.tainted, request.approvals) = (tainted, names(given));
                // Every set that suffices while none within it does, smallest first.
                let suffices = |more: &u32| more & given == 0 && allowed(given | more);
                let smallest = |more: &u32| !(0..*more).any(|less| less & more == less && suffices(&less));
                let mut expected: Vec<u32> = (1..1_u32 << ROLES.len()).collect();
                expected.retain(|more| more.count_ones() <= 3 && suffices(more) && smallest(more));
                let position = |name: &&str| ROLES.iter().position(|role| role == name);
                expected.sort_by_key(|set| {
                    (set.count_ones(), names(*set).iter().map(position).collect::<Vec<_>>())
                });
                let expected: Vec<_> = expected.into_iter().map(names).collect();
                let allowed = allowed(given);
                match boundaries.ask("issue_refund", &request) {
                    Answer::Allow { .. } => assert!(allowed, "seed {seed}\n{text}"),
                    Answer::Deny { errors, .. } => {
                        assert!(!allowed && expected.is_empty(), "seed {seed}\n{text}");
                        assert!(errors.is_empty(), "seed {seed}: {errors:?}");
                    }
                    Answer::NeedsApproval { sets, .. } => {
                        assert!(!allowed, "seed {seed}\n{text}");
                        assert_eq!(sets, expected, "seed {seed}\n{text}");
                        needed += 1;
                    }
                }
            }
        }
    }
    assert!(needed > 500, "{needed}");
}
