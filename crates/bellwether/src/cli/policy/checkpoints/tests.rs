//! Approvals that people gave and refused, as a data directory remembers them.

use super::*;
use crate::cli::context::Working;
use bellwether_core::event::Answer;
use bellwether_core::signal::{AccountHint, Hidden, RawSignal, RawValue};
use bellwether_core::{
    Body, Code, Currency, Effect, Money, Origin, Personal, StreamId, Timestamp, Trust,
};
use bellwether_policy::Files;
use bellwether_runtime::embedded::{Embedded, Tenancy};

const FILES: [(&str, &str); 5] = [
    ("bundle.yaml", "bundle: small\nversion: 1.0.0\nowner: ann\ncurrency: EUR\nmode: enforce\n"),
    (
        "facts.yaml",
        "facts:\n  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}\n",
    ),
    (
        "people.yaml",
        "roles: {cro: [maria, tom], legal: [lea, leo], cfo: [cem, cleo], desk: [lee, kim]}\n\
         people: {maria: {}, tom: {}, lea: {}, leo: {}, cem: {}, cleo: {}, lee: {}, kim: {}}\nalways: desk\n",
    ),
    (
        "routing/deal.yaml",
        "graph: deals\nsubject: deal\nowner: ann\nstart: how\nnodes:\n\
         \x20 how: {kind: decide, unknown: desk}\n\
         \x20 cro: {kind: human, role: cro, level: 2, ack: 8h, act: 3d, approvals: [legal, cfo]}\n\
         \x20 desk: {kind: human, role: desk, level: 1, ack: 1h}\n\
         rules:\n\
         \x20 - {id: R1, from: how, to: cro, when: \"deal.amount >= 500000\", reason: it is large}\n\
         \x20 - {id: R2, from: how, to: desk, otherwise: true}\n",
    ),
    (
        "tests/deal.yaml",
        "tests:\n  - {name: large, graph: deals, facts: {deal.amount: 600000}, expect: {node: cro, approvals: [legal, cfo]}}\n",
    ),
];

const START: i64 = 1_780_000_000;

fn rules(expects: &str) -> Arc<Rules> {
    let files = FILES.map(|(path, text)| {
        let text = text.replace(", approvals: [legal, cfo]}}\n", &format!("{expects}}}}}\n"));
        (path.to_owned(), text)
    });
    match Rules::compose(files.into()) {
        Ok(rules) => Arc::new(rules),
        Err(problems) => panic!("{problems:?}"),
    }
}

fn deal(nth: usize, at: Timestamp) -> RawSignal {
    let euro: Currency = "EUR".parse().unwrap();
    RawSignal {
        source: "crm".to_owned(),
        id: format!("s{nth}"),
        kind: "crm.deal.updated".to_owned(),
        at,
        known_at: None,
        trust: Trust::Operator,
        account: vec![AccountHint::External("crm".to_owned(), Personal::new(format!("A{nth}")))],
        contact: None,
        owner: None,
        case: None,
        deal: Some(format!("D{nth}")),
        numbers: None,
        fields: vec![("amount".to_owned(), RawValue::Money(Money::from_minor(60_000_000, euro)))],
        personal: Vec::new(),
        hidden: Hidden::default(),
    }
}

/// What a step asks of whom.
fn asked(effects: &[(bellwether_core::EffectKey, Effect)]) -> Option<Ask> {
    effects.iter().find_map(|(key, effect)| match effect {
        Effect::Ask { doc, graph, person, .. } => Some((*doc, *graph, *key, *person)),
        _ => None,
    })
}

type Ask = (bellwether_core::DocKey, Code, bellwether_core::EffectKey, Code);

/// Deals for which legal approves after one, two, .. hours; the CFO refuses the first ones at once.
fn data(rules: &Arc<Rules>, deals: usize, refused: usize) -> (tempfile::TempDir, Context) {
    let dir = tempfile::tempdir().unwrap();
    let context = Context { data: dir.path().to_owned(), config: None, format: Format::Json };
    std::fs::write(context.seed_file(), "7").unwrap();
    let tenancy = Tenancy { tenant: "t".to_owned(), region: "r".to_owned() };
    let start = Timestamp::from_secs(START);
    let keys = context.keys().unwrap();
    let made = Embedded::create(&context.data, keys, &tenancy, Arc::clone(rules), start).unwrap();
    let mut driver = Working(made);
    for nth in 0..deals {
        let at = Timestamp::from_secs(START + 86_400 * nth as i64);
        let taken = driver.take(&deal(nth, at), Origin::Live, at).unwrap();
        let mut answer = |stream: StreamId, ask: Ask, answer, at| {
            let (doc, graph, ask, person) = ask;
            let body = Body::Answered { doc, graph, ask, person, answer };
            driver.give(stream, &body, Origin::Live, at).unwrap()
        };
        let later = at.plus(Duration::from_secs(3_600 * (nth as i64 + 1)));
        let legal = asked(&taken.step.effects).unwrap();
        let step = answer(taken.stream, legal, Answer::Accept, later);
        let cfo = asked(&step.effects).unwrap();
        let said = match nth < refused {
            true => Answer::Decline(Code::of("not_needed")),
            false => Answer::Accept,
        };
        answer(taken.stream, cfo, said, later.plus(Duration::from_secs(60)));
    }
    // One more is asked, and nobody answers.
    let at = Timestamp::from_secs(START + 86_400 * deals as i64);
    driver.take(&deal(deals, at), Origin::Live, at).unwrap();
    driver.commit().unwrap();
    drop(driver);
    (dir, context)
}

fn told(context: &Context) -> History {
    let store = context.read().unwrap();
    let book = read_rules(&store).unwrap();
    History::of(&store, &book, || {}).unwrap()
}

#[test]
fn what_an_approval_costs_and_catches_is_told() {
    let free = rules("");
    let (_dir, context) = data(&free, 9, 2);
    let told = told(&context);
    let rows = rows(&free, &told, None);
    expect_test::expect![[r#"
        approval                  role   owner  asked  refused  wait           without it
        deals/cro/approval:legal  legal  ann    10     0        5h, p90 8h12m  could go: every proof still holds, it caught 0 of 9
        deals/cro/approval:cfo    cfo    ann    9      2        1m, p90 1m     every proof still holds, but it caught 2 of 9
        2 approvals, 1 could go
    "#]].assert_eq(&to_text(&rows));
    let json = rows.iter().map(to_json).collect::<Vec<_>>();
    assert_eq!(
        json[0]["wait_seconds"],
        serde_json::json!({"median": 18000, "p90": 29520, "total": 162000})
    );
    assert_eq!((&json[0]["open"], &json[0]["could_go"]), (&1.into(), &true.into()));
    assert_eq!((&json[1]["refused"], &json[1]["could_go"]), (&2.into(), &false.into()));

    // A bundle whose tests expect an approval keeps it, and one without history says so.
    let text = |rules: &Rules, told: &History| to_text(&super::rows(rules, told, None));
    let bound = text(&rules(", approvals: [legal, cfo]"), &told);
    assert!(bound.contains("expected by the tests large"), "{bound}");
    let fresh = text(&free, &History::default());
    assert!(fresh.contains("nobody has answered it yet"), "{fresh}");
}

/// The same bundle, whose boundaries want legal for what is tainted, and an override the CFO.
fn bounded(expects: &str, more: &[(&str, &str)]) -> Rules {
    let boundaries = "@id(\"all\") @owner(\"ann\") @reason(\"it may\") @review(\"2099-01-01\")\n\
        permit (principal, action == Bellwether::Action::\"call\", resource);\n\
        @id(\"words\") @owner(\"ann\") @reason(\"from outside\") @needs(\"legal\") @review(\"2099-01-01\")\n\
        forbid (principal, action == Bellwether::Action::\"call\", resource) when { context.tainted }\n\
        unless { context.approvals.contains(Bellwether::Role::\"legal\") };\n";
    let actions =
        "actions:\n  call: {description: a call, subject: deal, context: {amount: deal.amount}}\n";
    let test = format!(
        "tests:\n  - {{name: outside, graph: deals, facts: {{deal.amount: 600000}}, act: {{call: {{}}}}, given: {{tainted: true}}, expect: {expects}}}\n"
    );
    let mut files: Files = FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let routing = files.get_mut("routing/deal.yaml").unwrap();
    let permit = "permit: {action: call, approvals: [legal, cfo], denied: desk}}";
    *routing = routing.replace("approvals: [legal, cfo]}", permit);
    files.insert("tests/deal.yaml".to_owned(), test);
    files.insert("actions.yaml".to_owned(), actions.to_owned());
    files.insert("boundaries/calls.cedar".to_owned(), boundaries.to_owned());
    files.extend(more.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    match Rules::compose(files) {
        Ok(rules) => rules,
        Err(problems) => panic!("{problems:?}"),
    }
}

#[test]
fn what_a_boundary_wants_stands_for_its_tests_and_what_an_override_asks_for_ends() {
    let overrides = "overrides:\n  - {id: more, action: call, from: 2026-01-01, until: 2026-05-01, approvals: [cfo], \
        reason: a test, ticket: T-1, author: lee, approver: kim}\n";
    let overrides = [("overrides/all.yaml", overrides)];
    let told = |rules: &Rules| {
        let mut without = Without::new(rules, None);
        steps(rules)
            .iter()
            .map(|step| (step.role.clone(), without.needed(step)))
            .collect::<Vec<_>>()
    };
    let open = |why: &str| Needed::Open(why.to_owned());
    let solver = || open("there is no solver, see `policy prove`");
    let of = |role: &str, needed| (role.to_owned(), needed);
    let expects = "{decision: approval, by: [words]}";
    let tested = bounded(expects, &overrides);
    assert_eq!(
        told(&tested),
        [
            of("legal", Needed::Tests(vec!["outside".to_owned()])),
            of("cfo", open("an override asks for it, and ends by itself")),
        ]
    );
    // Without such a test it is for the solver to say, and nobody wants the CFO.
    let free = bounded("{node: cro}", &[]);
    assert_eq!(told(&free), [of("legal", solver()), of("cfo", Needed::No)]);
}
