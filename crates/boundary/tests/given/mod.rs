//! The actions of the tests, and a request that brings everything.

use bellwether_boundary::{ActionDecl, Boundaries, Compiled, Given, Member, Request, Subject};
use bellwether_core::{Ppm, Problem, Type};
use std::collections::BTreeMap;

/// Roles in the order of asking.
pub(crate) const ROLES: [&str; 4] = ["manager", "finance", "legal", "technician"];

fn member(name: &str, kind: Type) -> Member {
    Member { name: name.to_owned(), kind, optional: false }
}

/// A refund and a credit in one group, and a reorder.
pub(crate) fn actions() -> Vec<ActionDecl> {
    let money = |name: &str| ActionDecl {
        name: name.to_owned(),
        groups: vec!["concession".to_owned()],
        subject: Subject::Case,
        members: vec![
            member("amount", Type::Money),
            member("headroom", Type::Money),
            member("safety_risk", Type::Bool),
            member("region", Type::Code),
            Member { optional: true, ..member("legal_hold", Type::Bool) },
        ],
    };
    let reorder = ActionDecl {
        name: "reorder_part".to_owned(),
        groups: Vec::new(),
        subject: Subject::Case,
        members: vec![member("cost", Type::Money)],
    };
    vec![money("issue_refund"), money("issue_credit"), reorder]
}

pub(crate) fn compile(text: &str, invariants: &str) -> Result<Compiled, Vec<Problem>> {
    let files = [("boundaries/a.cedar", text), ("invariants/b.cedar", invariants)];
    let files: BTreeMap<_, _> =
        files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    Boundaries::compile(&actions(), &ROLES, &files)
}

pub(crate) fn fine(text: &str) -> Boundaries {
    match compile(text, "") {
        Ok(compiled) => compiled.boundaries,
        Err(problems) => panic!("{}", shown(&problems)),
    }
}

pub(crate) fn shown(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// A refund by a sure agent that knows everything.
pub(crate) fn refund(amount: i64, headroom: i64) -> Request<'static> {
    Request {
        members: vec![
            ("amount", Given::Long(amount)),
            ("headroom", Given::Long(headroom)),
            ("safety_risk", Given::Bool(false)),
            ("region", Given::Word("eu")),
        ],
        confidence: Ppm::new(950_000),
        calibrated: true,
        completeness: Ppm::new(900_000),
        tainted: false,
        approvals: Vec::new(),
    }
}

/// Numbers that look random; the same for the same seed.
pub(crate) fn random(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    }
}
