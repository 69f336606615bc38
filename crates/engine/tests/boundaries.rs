//! Boundaries of a bundle: what its digest rests on, and that words of outsiders change nothing but themselves.
#![cfg(test)]

use bellwether_core::Code;
use bellwether_engine::Rules;
use bellwether_engine::trial::{Judgement, judge};
use bellwether_expr::Slots;
use bellwether_policy::{Act, Judged};
use std::collections::BTreeMap;

const BUNDLE: &str = "bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\n";
const PEOPLE: &str =
    "people: {ann: {}, bob: {}}\nroles: {zeta: [ann], desk: [ann, bob]}\nalways: desk\n";
const FACTS: &str = "facts:\n  case.region: {type: code, from: ticket.opened.tag, scope: case}\n  \
                     case.kind: {type: code, from: ticket.opened.type, scope: case}\n";
const GRAPH: &str = "graph: g\nsubject: case\nowner: o\nstart: s\nnodes:\n  s: {kind: decide, unknown: h}\n  \
                     h: {kind: human, role: desk, ack: 1h}\nrules:\n  - {id: r, from: s, to: h, otherwise: true}\n";
const ACTIONS: &str = "actions:\n  refund:\n    subject: case\n    parameters: {amount: money, reason: code}\n    \
                       context: {region: case.region, kind: case.kind}\n    optional: [kind]\n";
const CEDAR: &str = r#"
@id("eu") @owner("o") @reason("r")
permit (principal, action == Bellwether::Action::"refund", resource)
when { context.region == "eu" && context.amount > 0 && context.amount <= 10000 };
@id("any") @owner("o") @reason("r")
permit (principal, action == Bellwether::Action::"refund", resource)
when { context.approvals.contains(Bellwether::Role::"desk") || context.approvals.contains(Bellwether::Role::"zeta") };
@id("no.gifts") @owner("o") @reason("r")
forbid (principal, action == Bellwether::Action::"refund", resource) when { context.reason == "gift" };
"#;

fn files(bounded: bool) -> BTreeMap<String, String> {
    let plain = [
        ("bundle.yaml", BUNDLE),
        ("people.yaml", PEOPLE),
        ("facts.yaml", FACTS),
        ("routing/g.yaml", GRAPH),
    ];
    let more = [("actions.yaml", ACTIONS), ("boundaries/a.cedar", CEDAR)];
    let more = more.into_iter().filter(|_| bounded);
    plain.into_iter().chain(more).map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

fn rules(files: BTreeMap<String, String>) -> Rules {
    match Rules::compose(files) {
        Ok(rules) => rules,
        Err(problems) => panic!("{problems:#?}"),
    }
}

fn ask(rules: &Rules, region: &str, reason: &str) -> Judgement {
    let mut slots = Slots::new(rules.catalogue().len());
    let slot = rules.catalogue().slot("case.region").unwrap();
    slots.set(slot, Code::of(region).raw());
    let act = Act {
        action: 0,
        parameters: vec![9_000, Code::of(reason).raw()],
        approvals: Vec::new(),
        confidence: bellwether_core::Ppm::new(900_000),
        calibrated: true,
        tainted: true,
    };
    judge(rules, &act, &slots).unwrap()
}

#[test]
fn a_bundle_without_actions_rests_on_what_it_always_did() {
    let plain = rules(files(false));
    assert!(plain.boundaries().is_none());
    assert!(!plain.preimage().contains("cedar"), "{}", plain.preimage());
    let roles = |rules: &Rules| {
        rules.files()["people.yaml"].find("zeta") < rules.files()["people.yaml"].find("desk\":")
    };
    assert!(!roles(&plain), "sorted as ever");
    let bounded = rules(files(true));
    assert!(bounded.preimage().contains(r#","cedar":"4."#), "{}", bounded.preimage());
    assert!(roles(&bounded), "the order of asking is kept");
    let again = Rules::recompose(bounded.files().clone(), bounded.preimage().to_owned());
    let again = again.ok().unwrap();
    assert_eq!(again.digest(), bounded.digest());
    assert_eq!(ask(&again, "us", "late"), ask(&bounded, "us", "late"));
    assert_eq!(
        ask(&again, "us", "late").approvals,
        [["zeta"], ["desk"]],
        "in the order of people.yaml"
    );
}

#[test]
fn a_changed_boundary_is_another_bundle() {
    let first = rules(files(true)).digest();
    let mut other = files(true);
    other.insert("boundaries/a.cedar".to_owned(), CEDAR.replace("10000", "10001"));
    assert_ne!(rules(other).digest(), first);
}

#[test]
fn mistakes_of_every_language_are_told_together() {
    let mut bad = files(true);
    bad.insert("boundaries/a.cedar".to_owned(), CEDAR.replace("> 0", "+ 1 > 0"));
    bad.insert("people.yaml".to_owned(), PEOPLE.replace("always: desk", "always: dsek"));
    let codes: Vec<_> = Rules::compose(bad).err().unwrap().iter().map(|one| one.code).collect();
    assert_eq!(codes, ["policy-no-tests", "policy-unknown-role", "boundary-arithmetic"]);
}

/// A fact that is missing is doubt; an optional one is not.
#[test]
fn what_is_missing_is_asked_of_a_person() {
    let rules = rules(files(true));
    let act = Act {
        action: 0,
        parameters: vec![1, 0],
        approvals: vec!["desk".to_owned()],
        confidence: bellwether_core::Ppm::default(),
        calibrated: false,
        tainted: false,
    };
    let judged = judge(&rules, &act, &Slots::new(rules.catalogue().len())).unwrap();
    assert_eq!(judged.decision, Judged::Doubt);
    assert_eq!(judged.errors, ["case.region"]);
}

/// 1,000 texts that look like policies, ids and quotes, as the code of a fact and as a parameter.
#[test]
fn hostile_texts_decide_nothing_but_their_own_equality() {
    const PARTS: [&str; 20] = [
        "eu",
        "gift",
        "\"",
        "\\",
        "permit(principal,action,resource);",
        "};",
        "//",
        "@id(\"eu\")",
        "&&",
        "||",
        "true",
        "Bellwether::Role::\"desk\"",
        "context.approvals",
        "\u{202e}",
        "\u{200b}",
        "е",
        "#",
        "*",
        "\0",
        " ",
    ];
    let rules = rules(files(true));
    let mut state = 11_u64;
    let mut random = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let shown = Code::of("eu").to_string();
    let (mut allowed, mut denied) = (0, 0);
    for nth in 0..1_000 {
        let text: String = match nth {
            0 => shown.clone(),
            1 => "eu".to_owned(),
            2 => "gift".to_owned(),
            _ => (0..1 + random(5)).map(|_| PARTS[random(PARTS.len())]).collect(),
        };
        for (region, reason) in [(text.as_str(), "late"), ("us", text.as_str())] {
            let judged = ask(&rules, region, reason);
            let expected = match (region, reason) {
                (_, "gift") => Judged::Deny,
                ("eu", _) => Judged::Allow,
                _ => Judged::Approval,
            };
            assert_eq!(judged.decision, expected, "{nth}: {region:?}, {reason:?}");
            assert!(judged.errors.is_empty(), "{nth}: {:?}", judged.errors);
            allowed += usize::from(expected == Judged::Allow);
            denied += usize::from(expected == Judged::Deny);
        }
    }
    assert!(allowed > 0 && denied > 0);
}

fn codes(files: BTreeMap<String, String>) -> Vec<&'static str> {
    let problems = Rules::compose(files).err().unwrap_or_default();
    problems.iter().map(|problem| problem.code).collect()
}

fn with(path: &str, text: &str) -> BTreeMap<String, String> {
    let mut files = files(true);
    files.insert(path.to_owned(), text.to_owned());
    files
}

#[test]
fn mistakes_of_boundaries_are_told_whatever_else_is_wrong() {
    let mut files = with("actions.yaml", "actions: {}\n");
    let codes_of = |files: &BTreeMap<String, String>| codes(files.clone());
    assert!(codes_of(&files).contains(&"boundary-invalid"), "there is no such action");
    files.insert("boundaries/a.cedar".to_owned(), "permit (principal".to_owned());
    assert_eq!(codes_of(&files), ["boundary-syntax"]);
    files.insert("facts.yaml".to_owned(), "facts: {case.region: {type: word}}\n".to_owned());
    let told = codes_of(&files);
    assert!(told.len() > 1 && told.contains(&"boundary-syntax"), "{told:?}");
}

#[test]
fn rules_of_the_past_are_read_although_their_boundaries_are_refused_today() {
    let then = rules(files(true));
    assert_eq!(ask(&then, "eu", "late").decision, Judged::Allow);
    let (mut kept, preimage) = (then.files().clone(), then.preimage().to_owned());
    let cedar = CEDAR.replace("@id(\"eu\")", "@id(\"eu\") @unheard(\"of\")");
    kept.insert("boundaries/a.cedar".to_owned(), cedar);
    assert_eq!(codes(kept.clone()), ["boundary-annotation"]);
    let read = Rules::recompose(kept, preimage).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!((read.digest(), read.boundaries().is_some()), (then.digest(), false));
    assert_eq!(read.files()["people.yaml"], then.files()["people.yaml"], "roles keep their order");
    assert_eq!(ask(&read, "eu", "late").decision, Judged::Deny);
}
