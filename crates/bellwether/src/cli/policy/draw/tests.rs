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
    expect_test::expect![[r#"
        <rect class="page" width="100%" height="100%"/>
        <path class="edge" d="M214 36C290 36 788 39 864 39" marker-end="url(#tip)"/>
        <text class="small rule" x="852" y="35" text-anchor="end">R1&amp;2, R3<title>R1&amp;2, R3</title></text>
        <path class="edge" d="M214 48C290 48 368 55 444 55" marker-end="url(#tip)"/>
        <text class="small rule" x="432" y="51" text-anchor="end">R4<title>R4</title></text>
        <path class="edge" d="M214 61C290 61 368 147 444 147" marker-end="url(#tip)"/>
        <text class="small rule" x="432" y="143" text-anchor="end">R9<title>R9</title></text>
        <path class="edge doubt" d="M214 73C290 73 788 55 864 55" marker-end="url(#tip)"/>
        <text class="small rule" x="852" y="51" text-anchor="end">unknown<title>unknown</title></text>
        <path class="edge" d="M634 55C710 55 788 70 864 70" marker-end="url(#tip)"/>
        <text class="small rule" x="852" y="66" text-anchor="end">after 2d<title>after 2d</title></text>
        <g><title>s: decides</title><rect class="box" x="24" y="24" width="190" height="62" rx="2"/>
        <text x="119" y="44" text-anchor="middle" font-weight="600">s</text>
        <text class="small" x="119" y="60" text-anchor="middle">decides</text>
        </g>
        <g><title>wait: finds out more for 2d</title><rect class="box" x="444" y="24" width="190" height="62" rx="2"/>
        <text x="539" y="44" text-anchor="middle" font-weight="600">wait</text>
        <text class="small" x="539" y="60" text-anchor="middle">finds out more</text>
        <text class="small" x="539" y="75" text-anchor="middle">for 2d</text>
        </g>
        <g><title>desk: desk 1h each, level 2</title><rect class="box human" x="864" y="24" width="190" height="62" rx="12"/>
        <text x="959" y="44" text-anchor="middle" font-weight="600">desk</text>
        <text class="small" x="959" y="60" text-anchor="middle">desk</text>
        <text class="small" x="959" y="75" text-anchor="middle">1h each, level 2</text>
        </g>
        <g><title>nothing: nobody is asked</title><rect class="box" x="444" y="116" width="190" height="62" rx="30"/>
        <text x="539" y="136" text-anchor="middle" font-weight="600">nothing</text>
        <text class="small" x="539" y="152" text-anchor="middle">nobody is asked</text>
        </g>
        </svg>
    "#]].assert_eq(shown);
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
                .filter_map(|line| line.split_once("<rect class=\"box")?.1.split_once(" x="))
                .map(|(_, place)| place)
                .collect();
            assert_eq!(boxes.len(), graph.nodes().len(), "{}", graph.name());
            boxes.sort_unstable();
            boxes.dedup();
            assert_eq!(boxes.len(), graph.nodes().len(), "{}", graph.name());
            assert_eq!(drawn.matches("<text").count(), drawn.matches("</text>").count());
        }
    }
}
