//! Proofs about graphs: what a broken promise looks like, and agreement with brute force.

mod oracle;

use crate::good;
use bellwether_policy::proof::{Proof, prove, render};
use bellwether_policy::{Files, compile, compile_kept};
use expect_test::expect;

/// A bundle of one graph, with the people and nodes of a test.
pub(crate) fn files(bundle: &str, people: &str, routing: &str) -> Files {
    let bundle = format!("bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\n{bundle}");
    [("bundle.yaml", bundle.as_str()), ("people.yaml", people), ("routing/g.yaml", routing)]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into()
}

fn proofs(bundle: &str, people: &str, nodes: &str) -> Vec<Proof> {
    let routing = format!(
        "graph: g\nsubject: account\nowner: o\nstart: s\nnodes:\n  s: {{kind: decide, unknown: boss}}\n{nodes}\
         rules:\n  - {{id: R1, from: s, to: boss, when: neg_7d > 1}}\n  - {{id: R2, from: s, to: wait, otherwise: true}}\n"
    );
    let mut catalogue = good::catalogue();
    let compiled = compile(&files(bundle, people, &routing), &mut catalogue);
    prove(&compiled.unwrap_or_else(|problems| panic!("{problems:?}")).policy)
}

const PEOPLE: &str = "
people:
  ann: {channels: [mail, slack]}
  bob: {channels: [mail]}
  cleo: {channels: mail, away: [{from: 2026-03-01, to: 2026-03-04}]}
roles: {boss: [ann], desk: [bob, cleo]}
always: desk
";
const NODES: &str = "  wait: {kind: discover, within: 2d, then: boss}\n  boss: {kind: human, role: boss, ack: 4h}\n";

#[test]
fn without_a_promise_somebody_is_reached_before_the_chain_ends() {
    let shown = render(&proofs("", PEOPLE, NODES));
    expect![[r#"
        holds   g: no circle without a deadline
        holds   g: every node leads on, whatever its rules yield
        holds   g/boss: a person is reached although any one person is missing (after 2d4h at worst)
        holds   g/boss: a person is reached although any one role is missing (after 2d4h at worst)
        holds   g/boss: a person is reached although any one channel is down (after 2d at worst)
        5 of 5 properties hold
    "#]]
    .assert_eq(&shown);
}

#[test]
fn a_broken_promise_shows_the_way_with_the_clock() {
    let shown = render(&proofs("reach: 2d3h", PEOPLE, NODES));
    expect![[r#"
        BROKEN  g/boss: a person is reached although any one person is missing
                     +0s  `s` decides: rule `R2`
                     +0s  `wait` finds out more for 2d
                     +2d  `boss` is entered; `ann` is missing
                     +2d  `ann` is asked, who does not hear of it
                   +2d3h  the promise to reach somebody within 2d3h is broken
        BROKEN  g/boss: a person is reached although any one role is missing
                     +0s  `s` decides: rule `R2`
                     +0s  `wait` finds out more for 2d
                     +2d  `boss` is entered; everybody of the role `boss` is missing
                     +2d  `ann` is asked, who does not hear of it
                   +2d3h  the promise to reach somebody within 2d3h is broken
        holds   g: no circle without a deadline
        holds   g: every node leads on, whatever its rules yield
        holds   g/boss: a person is reached although any one channel is down (after 2d at worst)
        3 of 5 properties hold
    "#]]
    .assert_eq(&shown);
    let alone = "people: {ann: {channels: mail}, bob: {channels: mail}}\nroles: {boss: [ann], desk: [bob, ann]}\nalways: desk\n";
    let shown = render(&proofs("", alone, NODES));
    expect![[r#"
        BROKEN  g/boss: a person is reached although any one role is missing
                     +0s  `s` decides: rule `R2`
                     +0s  `wait` finds out more for 2d
                     +2d  `boss` is entered; everybody of the role `desk` is missing
                     +2d  `ann` is asked, who does not hear of it
                   +2d4h  `bob` is asked, who does not hear of it
                   +2d8h  everybody has been asked, and nobody was reached
        BROKEN  g/boss: a person is reached although any one channel is down
                     +0s  `s` decides: rule `R2`
                     +0s  `wait` finds out more for 2d
                     +2d  `boss` is entered; the channel `mail` is missing
                     +2d  `ann` is asked, who does not hear of it
                   +2d4h  `bob` is asked, who does not hear of it
                   +2d8h  everybody has been asked, and nobody was reached
        holds   g: no circle without a deadline
        holds   g: every node leads on, whatever its rules yield
        holds   g/boss: a person is reached although any one person is missing (after 2d4h at worst)
        3 of 5 properties hold
    "#]]
    .assert_eq(&shown);
}

#[test]
fn whoever_an_override_asks_first_is_proved_to_be_there_too() {
    let routing = format!(
        "graph: g\nsubject: account\nowner: o\nstart: s\nnodes:\n  s: {{kind: decide, unknown: boss}}\n{NODES}\
         rules:\n  - {{id: R2, from: s, to: wait, otherwise: true}}\n"
    );
    let mut files = files("reach: 2d1h", PEOPLE, &routing);
    let text = "overrides: {id: freeze, graph: g, approvals: [desk], from: 2026-03-01, until: 2026-04-01, reason: r, author: a, approver: b}\n";
    files.insert("overrides/a.yaml".to_owned(), text.to_owned());
    let compiled = compile(&files, &mut good::catalogue());
    let compiled = compiled.unwrap_or_else(|problems| panic!("{problems:?}"));
    let shown = render(&prove(&compiled.policy));
    let own = shown.lines().filter(|line| line.contains("override:") && !line.starts_with(' '));
    expect![[r#"
        BROKEN  g/boss/override:freeze/approval:desk: a person is reached although any one person is missing
        BROKEN  g/boss/override:freeze/approval:desk: a person is reached although any one role is missing
        BROKEN  g/boss/override:freeze/approval:desk: a person is reached although any one channel is down"#]].assert_eq(&own.collect::<Vec<_>>().join("\n"));
    // Rules that were in force once are read without proofs.
    let warned = |warnings: &[bellwether_core::Problem]| {
        warnings.iter().filter(|one| one.code == "policy-reach").count()
    };
    let kept = compile_kept(&files, &mut good::catalogue());
    assert_eq!(warned(&kept.unwrap_or_else(|problems| panic!("{problems:?}")).warnings), 0);
    assert!(warned(&compiled.warnings) > 0, "{:?}", compiled.warnings);
}
