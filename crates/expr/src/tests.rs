//! Tests of the whole room: a catalogue that the tables share, and what it all means together.

mod checks;
mod explained;
pub(crate) mod kleene;
mod oracle;
mod values;

use crate::{Catalogue, Expr, FactDef, Scope, Slots};
use bellwether_core::{Place, Problem, Type};

pub(crate) fn place() -> Place {
    Place { file: "routing/a.yaml".into(), line: 7, column: 20 }
}

pub(crate) fn catalogue() -> Catalogue {
    let fact = |name, kind| FactDef::new(name, kind, place());
    let words = |words: [&str; 3]| words.map(str::to_owned).to_vec();
    let catalogue = Catalogue::new(vec![
        fact("deal.amount", Type::Money),
        fact("deal.cap", Type::Money),
        FactDef {
            values: words(["open", "won", "lost"]),
            scope: Scope::Deal,
            ..fact("deal.stage", Type::Code)
        },
        FactDef { values: words(["enterprise", "mid", "smb"]), ..fact("account.tier", Type::Code) },
        fact("account.strategic", Type::Bool),
        fact("account.executive", Type::Bool),
        FactDef { unit: Some("tickets".into()), ..fact("tickets_30d", Type::Int) },
        fact("calls_7d", Type::Int),
        fact("mood", Type::Ratio),
        fact("confidence", Type::Ratio),
        fact("silence", Type::Duration),
        fact("renewal", Type::Time),
        fact("now", Type::Time),
        fact("now.kind", Type::Code),
    ]);
    catalogue.unwrap()
}

/// Facts by name, as a test in YAML would write them.
pub(crate) fn slots(catalogue: &Catalogue, facts: &str) -> Slots {
    let mut slots = Slots::new(catalogue.len());
    for pair in facts.split_whitespace() {
        let (name, text) = pair.split_once('=').unwrap();
        let slot = catalogue.slot(name).unwrap();
        let fact = catalogue.fact(slot).unwrap();
        slots.set(slot, crate::literal(text, fact.kind, &fact.values).unwrap());
    }
    slots
}

pub(crate) fn compile(text: &str) -> Expr {
    compiled(text).unwrap_or_else(|problems| panic!("{text}: {}", shown(&problems)))
}

pub(crate) fn compiled(text: &str) -> Result<Expr, Vec<Problem>> {
    Expr::compile(text, &catalogue(), place())
}

pub(crate) fn shown(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// xorshift64*: the same numbers on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) as usize % limit
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
