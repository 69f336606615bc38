//! A bundle without one of its approvals, to see what would be lost.
//!
//! - In: the files of a bundle, a node of a graph, and the role that approves there.
//! - Out: the same files, but for that approval.
//! - Never: files to be kept: comments and the layout of the graph's file are gone.

use crate::policy::Files;
use crate::write::yaml;
use bellwether_core::authored::{Document, Kind, Node};

/// The files without the approval of a role at a node; nothing where no file of `routing/` asks for it there.
pub fn without_approval(files: &Files, graph: &str, node: &str, role: &str) -> Option<Files> {
    let routing = files.iter().filter(|(path, _)| path.starts_with("routing/"));
    let mut read =
        routing.filter_map(|(path, text)| Some((path, Document::read(path, text).ok()?)));
    let (path, document) =
        read.find(|(_, document)| document.root.get("graph").and_then(Node::text) == Some(graph))?;
    let mut root = document.root;
    let human = root.get_mut("nodes")?.get_mut(node)?;
    let wanted = human.get("permit").and_then(|permit| permit.get("approvals"));
    let wanted = wanted.is_some_and(|wanted| !matches!(wanted.kind, Kind::Null));
    let approvals = human.get_mut("approvals")?;
    let Kind::List(items) = &mut approvals.kind else { return None };
    let asked = |item: &Node| item.get("role").unwrap_or(item).text() == Some(role);
    let before = items.len();
    items.retain(|item| !asked(item));
    let (after, none) = (items.len(), items.is_empty());
    if none && let Kind::Map(entries) = &mut human.kind {
        // Without an approval nothing is refused; the boundaries may want some all the same.
        entries.retain(|(key, _)| key.text != "approvals" && (wanted || key.text != "refused"));
    }
    (after < before).then(|| {
        let mut files = files.clone();
        files.insert(path.clone(), yaml(&root));
        files
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_approval_goes_and_the_rest_stays() {
        let graph = "graph: g # a remark\nnodes:\n  a: {kind: human, role: x, approvals: [legal, {role: cfo, ack: 4h}], refused: b}\n  b: {kind: end}\nrules:\n  - {id: R, when: \"n in ['a', 'b']\", to: a}\n";
        let files: Files = [("routing/g.yaml", graph), ("people.yaml", "roles: {}\n")]
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into();
        let one = without_approval(&files, "g", "a", "cfo").unwrap();
        expect_test::expect![[r#"
            graph: g
            nodes:
              a: {kind: human, role: x, approvals: [legal], refused: b}
              b: {kind: end}
            rules: [{id: R, when: "n in ['a', 'b']", to: a}]
        "#]]
        .assert_eq(&one["routing/g.yaml"]);
        let none = without_approval(&one, "g", "a", "legal").unwrap();
        assert!(none["routing/g.yaml"].contains("a: {kind: human, role: x}\n"), "{none:?}");
        assert_eq!(none["people.yaml"], files["people.yaml"]);
        for (graph, node, role) in [("h", "a", "cfo"), ("g", "b", "cfo"), ("g", "a", "ceo")] {
            assert_eq!(without_approval(&files, graph, node, role), None);
        }
    }
}
