//! What graphs decide, how they explain it, and what the bundle's own tests say.

mod instants;

use crate::good;
use bellwether_core::{Code, Type};
use bellwether_expr::{Slots, Tri};
use bellwether_policy::{Both, Graph, Masks, NodeKind, Verdict, diff, run_tests};

fn graph(name: &str) -> Code {
    Code::of(name)
}

#[test]
fn two_graphs_decide_beside_each_other_as_each_does_alone() {
    let (policy, catalogue) = good::policy();
    for (old, new) in
        policy.graphs().iter().flat_map(|a| policy.graphs().iter().map(move |b| (a, b)))
    {
        let mut both = Both::new(old, new);
        for facts in [
            "",
            "deal.stage: lost",
            "deal.stage: offer, account.strategic: true, deal.amount: 500000",
            "deal.stage: offer, account.strategic: true, deal.amount: 100000, completeness: 1",
            "deal.stage: offer, account.strategic: false, neg_7d: 2, completeness: 0.59",
        ] {
            let slots = good::slots(&catalogue, facts);
            let mut masks = [(); 4].map(|()| Masks::default());
            let [one, other, alone, beside] = &mut masks;
            let verdicts = both.decide(&slots, one, other);
            let expected = (old.decide(&slots, alone), new.decide(&slots, beside));
            assert_eq!(verdicts, expected, "{} beside {}: {facts}", old.name(), new.name());
            assert_eq!((&masks[0], &masks[1]), (&masks[2], &masks[3]), "{facts}");
        }
    }
}

#[test]
fn the_first_rule_that_holds_or_is_unknown_decides() {
    let (policy, catalogue) = good::policy();
    let graph = policy.graph(graph("prospect-to-cxo")).unwrap();
    let mut masks = Masks::default();
    for (facts, rule, node, doubt) in [
        ("deal.stage: lost", "R0-quiet", "nothing", false),
        ("deal.stage: offer, account.strategic: false, neg_7d: 0", "R0-quiet", "nothing", false),
        ("deal.stage: offer, account.strategic: false", "R0-quiet", "review", true),
        ("", "R0-quiet", "review", true),
        ("deal.stage: offer, account.strategic: true", "R1-strategic", "review", true),
        (
            "deal.stage: offer, account.strategic: true, deal.amount: 500000",
            "R1-strategic",
            "cro",
            false,
        ),
        (
            "deal.stage: offer, account.strategic: true, deal.amount: 499999.99",
            "S1-thin",
            "discover",
            true,
        ),
        (
            "deal.stage: offer, account.strategic: false, neg_7d: 2, completeness: 0.59",
            "S1-thin",
            "discover",
            false,
        ),
        (
            "deal.stage: offer, account.strategic: true, deal.amount: 100000, completeness: 1",
            "S2-large",
            "sponsor",
            false,
        ),
        (
            "deal.stage: offer, account.strategic: true, deal.amount: 99999, completeness: 1",
            "S9-else",
            "nothing",
            false,
        ),
    ] {
        let slots = good::slots(&catalogue, facts);
        let verdict = graph.decide(&slots, &mut masks);
        let shown = (&*graph.rules()[verdict.rule.unwrap()].id, &*graph.nodes()[verdict.node].name);
        assert_eq!((shown, verdict.doubt), ((rule, node), doubt), "{facts}");
        assert_eq!(masks.hit()[0] & 0b100100, 0b100100, "an otherwise always holds");
        assert_eq!(masks.hit()[0] & masks.unknown()[0], 0, "{facts}");
    }
}

/// The masks and the walk say what evaluating rule after rule says.
#[test]
fn random_facts_are_decided_as_the_rules_read() {
    let (policy, catalogue) = good::policy();
    let seed = 11u64;
    let mut state = seed;
    let mut random = |below: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33).cast_signed() % below
    };
    let mut masks = Masks::default();
    for round in 0..2_000 {
        let mut slots = Slots::new(catalogue.len());
        for (slot, fact) in catalogue.iter().filter(|_| round % 7 > 0) {
            let raw = match fact.kind {
                Type::Bool => random(2),
                Type::Int => random(5),
                Type::Ratio => random(1_000_001),
                Type::Money => random(70_000_000),
                _ => Code::of(["offer", "won", "lost"][random(3) as usize]).raw(),
            };
            if random(5) > 0 {
                slots.set(slot, raw);
            }
        }
        for graph in policy.graphs() {
            let verdict = graph.decide(&slots, &mut masks);
            assert_eq!(verdict, read_rules(graph, &slots), "seed {seed}, round {round}: {slots:?}");
            let kind = &graph.nodes()[verdict.node].kind;
            assert!(!matches!(kind, NodeKind::Decide { .. }), "seed {seed}, round {round}");
            let explained = graph.explain(&slots, &catalogue, &verdict);
            let told = graph.tell(&slots, &catalogue, &verdict);
            assert_eq!(told, explained.render(), "seed {seed}, round {round}");
            assert_eq!(explained.path.last(), Some(&graph.nodes()[verdict.node].name));
            assert_eq!(
                explained.decided.map(|rule| rule.id),
                verdict.rule.map(|rule| graph.rules()[rule].id.clone())
            );
        }
    }
}

fn read_rules(graph: &Graph, slots: &Slots) -> Verdict {
    let mut at = graph.start();
    loop {
        let NodeKind::Decide { unknown } = graph.nodes()[at].kind else { panic!("a decide node") };
        let rules = graph.rules().iter().enumerate().filter(|(_, rule)| rule.from == at);
        let mut read = rules.map(|(index, rule)| {
            (
                index,
                rule,
                if rule.otherwise { Tri::True } else { graph.guard(index).unwrap().truth(slots) },
            )
        });
        let (index, rule, truth) = read.find(|(_, _, truth)| *truth != Tri::False).unwrap();
        if truth == Tri::Unknown {
            let (rule, node) = (Some(index), unknown);
            return Verdict { rule, node, doubt: true, ..Verdict::default() };
        }
        if !matches!(graph.nodes()[rule.to].kind, NodeKind::Decide { .. }) {
            let node = rule.to;
            return Verdict { rule: Some(index), node, ..Verdict::default() };
        }
        at = rule.to;
    }
}

#[test]
fn a_subject_ends_when_it_is_sure() {
    let (policy, catalogue) = good::policy();
    for (name, facts, closed) in [
        ("prospect-to-cxo", "deal.stage: won", true),
        ("prospect-to-cxo", "deal.stage: offer", false),
        ("prospect-to-cxo", "", false),
        ("customer-escalation", "deal.stage: won", false),
    ] {
        let slots = good::slots(&catalogue, facts);
        assert_eq!(policy.graph(graph(name)).unwrap().closed(&slots), closed, "{name}: {facts}");
    }
}

#[test]
fn what_guards_read_is_watched() {
    let (policy, catalogue) = good::policy();
    let (comparisons, loose) = policy.graph(graph("prospect-to-cxo")).unwrap().watched();
    let shown: Vec<_> = comparisons
        .iter()
        .map(|test| {
            let fact = catalogue.fact(test.slot).unwrap();
            let limit = catalogue.show(fact.kind, test.limit);
            format!("{} {} {limit}", fact.name, test.op.as_str())
        })
        .collect();
    expect_test::expect![[r#"
        deal.amount >= 100000.00
        deal.amount >= 500000.00
        deal.stage == won
        deal.stage == lost
        account.strategic == false
        account.strategic != false
        neg_7d == 0
        completeness < 0.6"#]]
    .assert_eq(&shown.join("\n"));
    assert!(loose.is_empty(), "{loose:?}");
}

fn explained(name: &str, facts: &str) -> String {
    let (policy, catalogue) = good::policy();
    let graph = policy.graph(graph(name)).unwrap();
    let slots = good::slots(&catalogue, facts);
    let verdict = graph.decide(&slots, &mut Masks::default());
    graph.explain(&slots, &catalogue, &verdict).render()
}

#[test]
fn a_decision_explains_itself() {
    let facts = "deal.stage: offer, account.strategic: true, deal.amount: 600000, neg_7d: 4";
    expect_test::expect![[r#"
        cro (cxo), decided by prospect-to-cxo
          asks cro, then ceo: answer within 8h, movement within 3d
          way qualify -> cro; owner revops

        Because of R1-strategic: strategic deal above half a million
          yes deal.amount is 600000.00, at least 500000: by 100000.00
          yes account.strategic is true

        Before it, these rules did not hold:
          R0-quiet -> nothing: deal.stage is offer, not lost; neg_7d is 4, not exactly 0; account.strategic is true, not false

        Why not:
          discover (discover): S1-thin belongs to size, which was not reached
          sponsor (sponsor, vp_sales): S2-large belongs to size, which was not reached
          review (person, escalation_manager): only in doubt, or when a discovery is over
          nothing (none): R0-quiet did not hold (see above)
          nothing (none): S9-else belongs to size, which was not reached
    "#]].assert_eq(&explained("prospect-to-cxo", facts));
}

#[test]
fn doubt_explains_itself() {
    let facts = "deal.stage: offer, account.strategic: true";
    expect_test::expect![[r#"
        review (person), decided by prospect-to-cxo
          asks escalation_manager: answer within 1h, movement within 7d
          way qualify -> review; owner revops

        In doubt about R1-strategic: strategic deal above half a million
          ?   deal.amount is unknown, asked for at least 500000
          yes account.strategic is true

        Before it, these rules did not hold:
          R0-quiet -> nothing: deal.stage is offer, not lost; account.strategic is true, not false

        Why not:
          discover (discover): S1-thin belongs to size, which was not reached
          cro (cxo, cro): R1-strategic could not be evaluated
          sponsor (sponsor, vp_sales): S2-large belongs to size, which was not reached
          nothing (none): R0-quiet did not hold (see above)
          nothing (none): S9-else belongs to size, which was not reached
    "#]]
    .assert_eq(&explained("prospect-to-cxo", facts));
}

#[test]
fn an_otherwise_explains_itself() {
    let facts = "deal.stage: offer, account.strategic: true, deal.amount: 90000, completeness: 1";
    expect_test::expect![[r#"
        nothing (none), decided by prospect-to-cxo
          way qualify -> size -> nothing; owner revops

        Because of S9-else
          no rule before it held

        Before it, these rules did not hold:
          R0-quiet -> nothing: deal.stage is offer, not lost; account.strategic is true, not false
          R1-strategic -> cro: deal.amount is 90000.00, not at least 500000: by 410000.00
          S1-thin -> discover: completeness is 1, not less than 0.6: by 0.4
          S2-large -> sponsor: deal.amount is 90000.00, not at least 100000: by 10000.00

        Why not:
          discover (discover): S1-thin did not hold (see above)
          cro (cxo, cro): R1-strategic did not hold (see above)
          sponsor (sponsor, vp_sales): S2-large did not hold (see above)
          review (person, escalation_manager): only in doubt, or when a discovery is over
    "#]]
    .assert_eq(&explained("prospect-to-cxo", facts));
}

#[test]
fn the_tests_of_the_bundle_pass() {
    let (policy, catalogue) = good::policy();
    let outcomes = run_tests(&policy, &catalogue, &|_| ());
    assert_eq!(outcomes.len(), 5);
    for outcome in outcomes {
        assert!(outcome.passed(), "{}: {:?}", outcome.place, outcome.failures);
    }
}

#[test]
fn a_test_that_fails_says_why() {
    let mut files = good::files();
    let text = "tests:
  - name: wrong in every way
    graph: prospect-to-cxo
    facts: {deal.stage: offer, account.strategic: true, deal.amount: 100_000, completeness: 1}
    expect: {node: cro, outcome: cxo, rule: R1-strategic, person: maria, doubt: true}
  - name: doubt is not mentioned
    graph: customer-escalation
    facts: {neg_7d: 5}
    expect: {node: review}
";
    files.insert("tests/wrong.yaml".to_owned(), text.to_owned());
    let mut catalogue = good::catalogue();
    let policy = bellwether_policy::compile(&files, &mut catalogue).ok().unwrap().policy;
    let failed: Vec<_> = run_tests(&policy, &catalogue, &|_| ())
        .into_iter()
        .filter(|outcome| !outcome.passed())
        .map(|outcome| {
            format!("{}: {}\n  {}", outcome.place, outcome.name, outcome.failures.join("\n  "))
        })
        .collect();
    expect_test::expect![[r#"
        tests/wrong.yaml:2:5: wrong in every way
          expected node `cro`, found `sponsor`
          expected outcome `cxo`, found `sponsor`
          expected rule `R1-strategic`, found `S2-large`
          expected person `maria`, found `ines`
          expected doubt, found no doubt
          `S2-large` decided
          `R1-strategic` did not hold: deal.amount is 100000.00, not at least 500000: by 400000.00
        tests/wrong.yaml:6:5: doubt is not mentioned
          expected no doubt, found doubt
          `C1-safety` cannot be evaluated: case.safety_risk is unknown, asked for true"#]]
    .assert_eq(&failed.join("\n"));
}

#[test]
fn the_digest_knows_every_byte() {
    let digest = |files: &bellwether_policy::Files| {
        bellwether_policy::compile(files, &mut good::catalogue()).ok().unwrap().policy.digest()
    };
    let files = good::files();
    assert_eq!(digest(&files), digest(&files.clone()));
    for path in files.keys() {
        let mut other = files.clone();
        other.get_mut(path).unwrap().push_str("# a remark\n");
        assert_ne!(digest(&files), digest(&other), "{path}");
    }
}

#[test]
fn two_versions_are_compared() {
    let (old, known) = good::policy();
    let mut files = good::files();
    for (path, from, to) in [
        ("bundle.yaml", "1.2.0", "1.3.0"),
        ("people.yaml", "[maria, tom]", "[tom]"),
        ("routing/prospect.yaml", "500000", "250000"),
        ("routing/prospect.yaml", "ack: 8h, ", "ack: 4h, "),
        ("routing/case.yaml", "neg_7d >= 3\"}", "neg_7d >= 3\"} # a remark"),
    ] {
        let text = files.get_mut(path).unwrap();
        *text = text.replace(from, to);
    }
    let added =
        "  - {id: C3-more, from: triage, to: field, when: \"neg_7d == 2\"}\n  - {id: C9-else";
    let text = files.get_mut("routing/case.yaml").unwrap();
    *text = text.replace("  - {id: C9-else", added);
    let new = bellwether_policy::compile(&files, &mut good::catalogue()).ok().unwrap().policy;
    assert!(diff((&old, &known), (&old, &known)).is_empty());
    let shown: Vec<_> =
        diff((&old, &known), (&new, &known)).iter().map(ToString::to_string).collect();
    expect_test::expect![[r#"
        node `cro` of `prospect-to-cxo`
          was asks cro, level 3, outcome cxo, ack 8h, act 3d, again 7d, fallback ceo
          now asks cro, level 3, outcome cxo, ack 4h, act 3d, again 7d, fallback ceo
        order of the rules of `customer-escalation`
          was C1-safety, C2-angry, C9-else
          now C1-safety, C2-angry, C3-more, C9-else
        role `cro`
          was maria, tom
          now tom
        rule `C3-more` of `customer-escalation`
          new triage -> field when neg_7d == 2
        rule `R1-strategic` of `prospect-to-cxo`
          was qualify -> cro when deal.amount >= 500000 && account.strategic (strategic deal above half a million)
          now qualify -> cro when deal.amount >= 250000 && account.strategic (strategic deal above half a million)
        version
          was 1.2.0
          now 1.3.0"#]].assert_eq(&shown.join("\n"));
}
