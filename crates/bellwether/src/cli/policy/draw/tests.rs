//! What the drawing of a small graph looks like, and of graphs with odd names.

use super::*;
use crate::bundle::{SHIPPED, load};
use bellwether_engine::Rules;
use std::path::Path;

fn rules(nodes: &str, rules: &str) -> Rules {
    let routing = format!(
        "graph: \"a<b\"\nsubject: account\nowner: o\nstart: s\nnodes:\n{nodes}rules:\n{rules}"
    );
    let files = [
        ("bundle.yaml", "bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\n"),
        ("facts.yaml", "facts:\n  n: {type: int, from: survey.answered.score}\n"),
        ("people.yaml", "people: {a: {}, b: {}}\nroles: {desk: [a, b]}\nalways: desk\n"),
        ("routing/g.yaml", &routing),
    ];
    Rules::compose(files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()).unwrap()
}

#[test]
fn a_small_graph_is_drawn() {
    let rules = rules(
        "  s: {kind: decide, unknown: desk}\n  wait: {kind: discover, within: 2d, then: desk}\n  \
         desk: {kind: human, role: desk, level: 2, ack: 1h}\n  nothing: {kind: end}\n",
        "  - {id: \"R1&2\", from: s, to: desk, when: n > 8}\n  - {id: R3, from: s, to: desk, when: n > 7}\n  \
         - {id: R4, from: s, to: wait, when: n > 6}\n  - {id: R9, from: s, to: nothing, otherwise: true}\n",
    );
    let drawn = svg(&rules.policy().graphs()[0]);
    let shown = drawn.split_once("</defs>\n").unwrap().1;
    expect_test::expect![[r#""#]].assert_eq(shown);
}

/// Every shipped graph is one well-formed document in which no two boxes share a place.
#[test]
fn every_shipped_graph_is_drawn() {
    for shipped in SHIPPED {
        let rules = load(Path::new(shipped.name)).unwrap();
        for graph in rules.policy().graphs() {
            let drawn = svg(graph);
            let mut boxes: Vec<_> = drawn
                .lines()
                .filter_map(|line| line.split_once("<rect"))
                .map(|(_, rest)| rest.split_once(" x=").unwrap().1)
                .collect();
            assert_eq!(boxes.len(), graph.nodes().len(), "{}", graph.name());
            boxes.sort_unstable();
            boxes.dedup();
            assert_eq!(boxes.len(), graph.nodes().len(), "{}", graph.name());
            assert_eq!(drawn.matches("<text").count(), drawn.matches("</text>").count());
        }
    }
}
