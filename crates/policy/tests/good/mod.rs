//! A bundle without mistakes, and the facts that its rules name.

use bellwether_core::{Place, Type};
use bellwether_expr::{Catalogue, FactDef, Scope, Slots, literal};
use bellwether_policy::{Files, Policy, compile};

/// The files of the good bundle.
pub(crate) fn files() -> Files {
    [
        ("bundle.yaml", include_str!("bundle.yaml")),
        ("rates.yaml", include_str!("rates.yaml")),
        ("people.yaml", include_str!("people.yaml")),
        ("routing/prospect.yaml", include_str!("routing/prospect.yaml")),
        ("routing/case.yaml", include_str!("routing/case.yaml")),
        ("tests/deals.yaml", include_str!("tests/deals.yaml")),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into()
}

/// The facts.
pub(crate) fn catalogue() -> Catalogue {
    let fact = |name: &str, kind, scope| FactDef {
        scope,
        ..FactDef::new(name, kind, Place { file: "facts.yaml".into(), line: 1, column: 1 })
    };
    let stages = ["offer", "won", "lost"].map(str::to_owned).to_vec();
    Catalogue::new(vec![
        fact("deal.amount", Type::Money, Scope::Deal),
        FactDef { values: stages, ..fact("deal.stage", Type::Code, Scope::Deal) },
        fact("account.strategic", Type::Bool, Scope::Account),
        fact("neg_7d", Type::Int, Scope::Account),
        fact("completeness", Type::Ratio, Scope::Account),
        fact("case.safety_risk", Type::Bool, Scope::Case),
        fact("now", Type::Time, Scope::Account),
    ])
    .unwrap()
}

/// The good bundle, compiled.
pub(crate) fn policy() -> (Policy, Catalogue) {
    let mut catalogue = catalogue();
    let compiled = compile(&files(), &mut catalogue).unwrap_or_else(|problems| {
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", shown.join("\n"))
    });
    let warnings: Vec<_> = compiled.warnings.iter().map(ToString::to_string).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
    (compiled.policy, catalogue)
}

/// Facts written as in a test file: `name: value` on each line or after each comma.
pub(crate) fn slots(catalogue: &Catalogue, written: &str) -> Slots {
    let mut slots = Slots::new(catalogue.len());
    for pair in written.split([',', '\n']).filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once(':').unwrap();
        let slot = catalogue.slot(name.trim()).unwrap();
        let fact = catalogue.fact(slot).unwrap();
        slots.set(slot, literal(value, fact.kind, &fact.values).unwrap());
    }
    slots
}
