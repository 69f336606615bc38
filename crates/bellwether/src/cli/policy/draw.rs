//! A routing graph as a drawing: SVG that stands alone, in light and dark.
//!
//! - In: a graph whose checks have passed.
//! - Out: one `<svg>`: nodes in columns, each right of everything that leads to it; rules in the order in
//!   which they are asked, doubt dashed.
//! - Never: a script, a font or a colour of its own but the reader's; text that is not escaped.

use bellwether_policy::{Graph, Node, NodeKind};
use std::fmt::Write as _;

const WIDTH: usize = 190;
const HEIGHT: usize = 62;
/// Between columns: room for the names of rules.
const GAP: usize = 230;
const ROW: usize = 92;
const MARGIN: usize = 24;
/// The longest text in a box or on an edge, in letters.
const LETTERS: usize = 28;

/// One line between two nodes.
struct Edge {
    from: usize,
    to: usize,
    label: String,
    doubt: bool,
}

/// A graph as SVG.
pub(super) fn svg(graph: &Graph) -> String {
    let edges = edges(graph);
    let places = places(graph, &edges);
    let across = places.iter().map(|(x, _)| x + WIDTH).max().unwrap_or(0) + MARGIN;
    let down = places.iter().map(|(_, y)| y + HEIGHT).max().unwrap_or(0) + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {across} {down}\" width=\"{across}\" \
         height=\"{down}\" role=\"img\" class=\"graph\" font-family=\"system-ui, sans-serif\" \
         font-size=\"12\">\n"
    );
    let _ = writeln!(svg, "<title>{}</title>", escaped(graph.name()));
    svg.push_str(STYLE);
    svg.push_str("<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n");
    for edge in &edges {
        draw_edge(&mut svg, edge, &edges, &places);
    }
    for (node, place) in graph.nodes().iter().zip(&places) {
        draw_node(&mut svg, node, *place);
    }
    svg.push_str("</svg>\n");
    svg
}

const STYLE: &str = "<style>
.graph{color:#1f2328;--page:#fff;--box:#f6f8fa;--human:#e4e9ef}
@media (prefers-color-scheme:dark){.graph{color:#e6edf3;--page:#0d1117;--box:#161b22;--human:#2a313c}}
.page{fill:var(--page)}
text{fill:currentColor}
.rule{stroke:var(--page);stroke-width:4;paint-order:stroke}
.small{font-size:10.5px}
.box{fill:var(--box);stroke:currentColor;stroke-width:1.2}
.human{fill:var(--human);stroke-width:1.8}
.edge{fill:none;stroke:currentColor;stroke-opacity:.6}
.doubt{stroke-dasharray:5 4}
</style>
<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"currentColor\" fill-opacity=\".7\"/></marker></defs>
";

/// Every line, rules first in their order, those between the same nodes as one.
fn edges(graph: &Graph) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let mut add = |from: usize, to: usize, label: &str, doubt: bool| {
        let same = |edge: &&mut Edge| (edge.from, edge.to, edge.doubt) == (from, to, doubt);
        match edges.iter_mut().find(same) {
            Some(edge) => {
                edge.label.push_str(", ");
                edge.label.push_str(label);
            }
            None => edges.push(Edge { from, to, label: label.to_owned(), doubt }),
        }
    };
    // Whoever must approve first, or whom the boundaries may want first, is asked first.
    let entry = |to: usize| graph.doors(to).first().copied().unwrap_or(to);
    for rule in graph.rules() {
        add(rule.from, entry(rule.to), &rule.id, false);
    }
    for (at, node) in graph.nodes().iter().enumerate() {
        match &node.kind {
            NodeKind::Decide { unknown } => add(at, entry(*unknown), "unknown", true),
            NodeKind::Discover { within, then, ready } => {
                add(at, entry(*then), &format!("after {within}"), false);
                if let Some(ready) = ready {
                    add(at, entry(ready.node), "known", false);
                }
            }
            NodeKind::Human(human) => {
                if let Some(next) = graph.given(at).first() {
                    add(at, *next, "approved", false);
                }
                if let Some(permit) = &human.permit {
                    add(at, permit.denied, "not allowed", true);
                }
                if let (Some(_), Some(refused)) = (human.approves, human.refused) {
                    add(at, refused, "refused", false);
                }
            }
            NodeKind::End => {}
        }
    }
    edges
}

/// Where each node stands: its column is the longest way to it, its row the order in which ways lead there.
fn places(graph: &Graph, edges: &[Edge]) -> Vec<(usize, usize)> {
    let count = graph.nodes().len();
    let mut columns = vec![0usize; count];
    // Ways form no circles, so that as many rounds as nodes suffice.
    for _ in 0..count {
        for edge in edges {
            let next = columns.get(edge.from).map_or(0, |column| column + 1);
            if let Some(column) = columns.get_mut(edge.to) {
                *column = (*column).max(next).min(count);
            }
        }
    }
    let first = |at: usize| edges.iter().position(|edge| edge.to == at);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| (columns.get(*at).copied(), first(*at)));
    let mut places = vec![(0, 0); count];
    let mut rows = vec![0usize; count + 1];
    for at in order {
        let column = columns.get(at).copied().unwrap_or(0);
        let Some(row) = rows.get_mut(column) else { continue };
        if let Some(place) = places.get_mut(at) {
            *place = (MARGIN + column * (WIDTH + GAP), MARGIN + *row * ROW);
        }
        *row += 1;
    }
    places
}

/// A curve from the right of one box to the left of the other; those that leave or enter the same box do so
/// below each other, in their order.
fn draw_edge(svg: &mut String, edge: &Edge, edges: &[Edge], places: &[(usize, usize)]) {
    let (Some(from), Some(to)) = (places.get(edge.from), places.get(edge.to)) else { return };
    let port = |same: &dyn Fn(&Edge) -> bool| {
        let all = edges.iter().filter(|other| same(other));
        let before = all.clone().position(|other| std::ptr::eq(other, edge)).unwrap_or(0);
        (before + 1) * HEIGHT / (all.count() + 1)
    };
    let (x1, y1) = (from.0 + WIDTH, from.1 + port(&|other| other.from == edge.from));
    let (x2, y2) = (to.0, to.1 + port(&|other| other.to == edge.to));
    let bend = GAP / 3;
    let class = if edge.doubt { "edge doubt" } else { "edge" };
    let _ = writeln!(
        svg,
        "<path class=\"{class}\" d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" marker-end=\"url(#tip)\"/>",
        x1 + bend,
        x2.saturating_sub(bend)
    );
    let label = escaped(&shortened(&edge.label));
    let (x, y) = (x2.saturating_sub(12), y2.saturating_sub(4));
    let whole = escaped(&edge.label);
    let _ = writeln!(
        svg,
        "<text class=\"small rule\" x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{label}<title>{whole}</title></text>"
    );
}

fn draw_node(svg: &mut String, node: &Node, (x, y): (usize, usize)) {
    let (class, corner, lines) = match &node.kind {
        NodeKind::Decide { .. } => ("box", 2, ["decides".to_owned(), String::new()]),
        NodeKind::Discover { within, .. } => {
            ("box", 2, ["finds out more".to_owned(), format!("for {within}")])
        }
        NodeKind::Human(human) => {
            let (role, ack, level) = (&human.role, human.ack, human.level);
            ("box human", 12, [role.clone(), format!("{ack} each, level {level}")])
        }
        NodeKind::End => ("box", 30, ["nobody is asked".to_owned(), String::new()]),
    };
    let middle = x + WIDTH / 2;
    let _ = writeln!(
        svg,
        "<g><title>{}: {}</title><rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" rx=\"{corner}\"/>\n\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"600\">{}</text>",
        escaped(&node.name),
        escaped(lines.join(" ").trim_end()),
        y + 20,
        escaped(&shortened(&node.name))
    );
    for (line, down) in lines.iter().zip([36, 51]).filter(|(line, _)| !line.is_empty()) {
        let shown = escaped(&shortened(line));
        let down = y + down;
        let _ = writeln!(
            svg,
            "<text class=\"small\" x=\"{middle}\" y=\"{down}\" text-anchor=\"middle\">{shown}</text>"
        );
    }
    svg.push_str("</g>\n");
}

/// At most so many letters.
fn shortened(text: &str) -> String {
    if text.chars().count() <= LETTERS {
        return text.to_owned();
    }
    text.chars().take(LETTERS - 1).chain(['\u{2026}']).collect()
}

/// Text as XML has it; letters that XML has not are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
