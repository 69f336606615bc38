//! `policy show`: routing graphs as text that the owner of the rules can read, or drawn.

use super::draw;
use crate::bundle;
use crate::cli::Format;
use crate::cli::context::{Context, now, read_time};
use crate::exit::Exit;
use anyhow::{Result, bail};
use bellwether_core::problem::nearest;
use bellwether_core::{Timestamp, authored::Document};
use bellwether_engine::Rules;
use bellwether_policy::{Graph, Human, Node, NodeKind};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// What to show.
#[derive(clap::Args)]
pub(crate) struct ShowArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(value_name = "DIR|NAME")]
    bundle: PathBuf,
    /// Only this graph.
    #[arg(long, value_name = "NAME")]
    graph: Option<String>,
    /// Draw the graph as SVG; of a bundle with several, name one with `--graph`.
    #[arg(long)]
    svg: bool,
    /// Who would be asked at this instant, instead of now.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    at: Option<Timestamp>,
}

pub(super) fn run(context: &Context, args: &ShowArgs) -> Result<Exit> {
    let rules = bundle::load(&args.bundle)?;
    let graphs = choose(&rules, args.graph.as_deref())?;
    if args.svg {
        let [graph] = graphs.as_slice() else {
            let names: Vec<_> = graphs.iter().map(|graph| graph.name()).collect();
            bail!("one drawing shows one graph; add `--graph` and one of: {}", names.join(", "))
        };
        print!("{}", draw::svg(graph));
        return Ok(Exit::Fine);
    }
    let at = args.at.unwrap_or_else(now);
    match context.format {
        Format::Text => print!("{}", text(&rules, &graphs, at)),
        Format::Json => {
            let graphs = graphs.iter().map(|graph| graph_json(&rules, graph, at));
            println!("{}", Value::from_iter(graphs));
        }
    }
    Ok(Exit::Fine)
}

fn choose<'a>(rules: &'a Rules, wanted: Option<&str>) -> Result<Vec<&'a Graph>> {
    let all = rules.policy().graphs().iter();
    let Some(wanted) = wanted else { return Ok(all.collect()) };
    if let Some(graph) = all.clone().find(|graph| graph.name() == wanted) {
        return Ok(vec![graph]);
    }
    let names: Vec<_> = all.map(Graph::name).collect();
    match nearest(wanted, names.iter().copied()) {
        Some(close) => bail!("the bundle has no graph `{wanted}`; did you mean `{close}`?"),
        None => bail!("the bundle has no graph `{wanted}`; it has: {}", names.join(", ")),
    }
}

pub(super) fn text(rules: &Rules, graphs: &[&Graph], at: Timestamp) -> String {
    let meta = rules.policy().meta();
    let mut text = format!("{} {}, owner {}", meta.name, meta.version, meta.owner);
    let (mode, currency, lateness) = (meta.mode.as_str(), meta.currency, meta.lateness);
    let _ = writeln!(text, ", {mode}, amounts in {currency}, signals up to {lateness} late");
    if !meta.description.is_empty() {
        let _ = writeln!(text, "{}", meta.description);
    }
    for graph in graphs {
        write_graph(&mut text, rules, graph, at);
    }
    text
}

fn write_graph(text: &mut String, rules: &Rules, graph: &Graph, at: Timestamp) {
    let (name, subject, owner) = (graph.name(), graph.subject().as_str(), graph.owner());
    let _ = writeln!(text, "\ngraph {name}: about the {subject}, owner {owner}");
    if let Some(when) = closed_when(rules, graph) {
        let _ = writeln!(text, "closed when {when}");
    }
    // The start first, then as written.
    let (first, rest): (Vec<_>, Vec<_>) =
        graph.nodes().iter().enumerate().partition(|(position, _)| *position == graph.start());
    for (position, node) in first.into_iter().chain(rest) {
        let start = if position == graph.start() { " (start)" } else { "" };
        let what = what(graph, position);
        let _ = writeln!(text, "\n{}{start}: {what}", node.name);
        if matches!(node.kind, NodeKind::Decide { .. }) {
            write_rules(text, graph, position);
        }
        if node.human().is_some() {
            let _ = writeln!(text, "  asked in turn: {}", chain(rules, node, at).join(", "));
        }
    }
}

fn what(graph: &Graph, at: usize) -> String {
    let Some(node) = graph.nodes().get(at) else { return String::new() };
    match &node.kind {
        NodeKind::Decide { unknown } => {
            format!("the first rule that holds decides; doubt goes to {}", name(graph, *unknown))
        }
        NodeKind::Discover { within, then, ready: None } => {
            format!("finds out more for {within}, then {}", name(graph, *then))
        }
        NodeKind::Discover { within, then, ready: Some(ready) } => {
            let (facts, next) = (ready.facts.join(", "), name(graph, ready.node));
            format!("waits {within} for {facts}, then {}; once known {next}", name(graph, *then))
        }
        NodeKind::Human(Human { role, fallback, ack, refused, approves: Some(next), .. }) => {
            let fallback = fallback.iter().map(|role| format!(" or {role}"));
            let mut what =
                format!("{role}{} approves; {ack} to answer", fallback.collect::<String>());
            if let Some(permit) = graph.permit(*next).filter(|permit| permit.asks.contains(&at)) {
                let _ = write!(what, "; asked where the boundaries of {} want it", permit.action);
            }
            let _ = write!(what, "; then {}; refused, ", name(graph, *next));
            match refused {
                Some(refused) => what.push_str(name(graph, *refused)),
                None => what.push_str("it ends"),
            }
            what
        }
        NodeKind::Human(Human {
            role,
            fallback,
            level,
            ack,
            act,
            again,
            reach,
            steps,
            approval,
            permit,
            ..
        }) => {
            let mut what = format!("asks {role}");
            if !fallback.is_empty() {
                let _ = write!(what, ", then {}", fallback.join(", "));
            }
            let _ = write!(what, " (level {level}, outcome {})", node.outcome.as_str());
            let _ = write!(what, "; {ack} to take it, {act} to act, not again for {again}");
            if let Some(reach) = reach {
                let _ = write!(what, "; somebody hears of it within {reach}");
            }
            if let Some(first) = approval {
                let _ = write!(what, "; first {}", name(graph, *first));
            }
            if let Some(permit) = permit {
                let (action, denied) = (&permit.action, name(graph, permit.denied));
                let _ = write!(what, "; only where {action} is allowed, else {denied}");
            }
            if !steps.is_empty() {
                let _ = write!(what, "; to do: {}", steps.join(", "));
            }
            what
        }
        NodeKind::End => "nobody is asked".to_owned(),
    }
}

fn write_rules(text: &mut String, graph: &Graph, from: usize) {
    for (index, rule) in graph.rules().iter().enumerate().filter(|(_, rule)| rule.from == from) {
        let _ = writeln!(text, "  {} -> {}", rule.id, name(graph, rule.to));
        let _ = writeln!(text, "      {}", condition(graph, index));
        if !rule.reason.is_empty() {
            let _ = writeln!(text, "      because {}", rule.reason);
        }
    }
}

fn condition(graph: &Graph, index: usize) -> String {
    let otherwise = graph.rules().get(index).is_some_and(|rule| rule.otherwise);
    match graph.guard(index) {
        Some(guard) if !otherwise => format!("when {}", guard.source()),
        _ => "otherwise".to_owned(),
    }
}

fn name(graph: &Graph, node: usize) -> &str {
    graph.nodes().get(node).map_or("", |node| &node.name)
}

/// Who would be asked at an instant, first to last, by the handles that records use.
fn chain(rules: &Rules, node: &Node, at: Timestamp) -> Vec<String> {
    let people = rules.policy().people();
    let chain = people.chain(node, at).into_iter();
    chain.filter_map(|code| people.person(code)).map(|person| person.key.clone()).collect()
}

/// The condition under which the subject has ended, as it is written.
fn closed_when(rules: &Rules, graph: &Graph) -> Option<String> {
    let file = &graph.place().file;
    let document = Document::read(file, rules.files().get(file)?).ok()?;
    document.root.get("closed_when")?.text().map(str::to_owned)
}

fn graph_json(rules: &Rules, graph: &Graph, at: Timestamp) -> Value {
    let nodes = graph.nodes().iter().map(|node| {
        let mut value = json!({"node": node.name, "outcome": node.outcome.as_str()});
        let kind = match &node.kind {
            NodeKind::Decide { unknown } => {
                json!({"kind": "decide", "unknown": name(graph, *unknown)})
            }
            NodeKind::Discover { within, then, ready } => json!({
                "kind": if ready.is_some() { "wait" } else { "discover" },
                "within": within.to_string(), "then": name(graph, *then),
                "for": ready.as_ref().map(|ready| &ready.facts),
                "ready": ready.as_ref().map(|ready| name(graph, ready.node)),
            }),
            NodeKind::Human(human) => json!({
                "kind": "human", "role": human.role, "fallback": human.fallback,
                "level": human.level, "ack": human.ack.to_string(),
                "act": human.act.to_string(), "again": human.again.to_string(),
                "asked": chain(rules, node, at), "steps": human.steps,
                "approval": human.approval.map(|at| name(graph, at)),
                "approves": human.approves.map(|at| name(graph, at)),
                "refused": human.refused.map(|at| name(graph, at)),
                "permit": human.permit.as_ref().map(|permit| json!({
                    "action": permit.action, "denied": name(graph, permit.denied),
                    "approvals": permit.asks.iter().map(|at| name(graph, *at)).collect::<Vec<_>>(),
                })),
            }),
            NodeKind::End => json!({"kind": "end"}),
        };
        if let (Value::Object(value), Value::Object(kind)) = (&mut value, kind) {
            value.extend(kind);
        }
        value
    });
    let rules_json = graph.rules().iter().enumerate().map(|(index, rule)| {
        let guard = graph.guard(index).filter(|_| !rule.otherwise);
        json!({
            "rule": rule.id, "from": name(graph, rule.from), "to": name(graph, rule.to),
            "when": guard.map(|guard| guard.source()), "otherwise": rule.otherwise,
            "reason": rule.reason,
        })
    });
    json!({
        "graph": graph.name(), "subject": graph.subject().as_str(), "owner": graph.owner(),
        "start": name(graph, graph.start()), "closed_when": closed_when(rules, graph),
        "nodes": nodes.collect::<Value>(), "rules": rules_json.collect::<Value>(),
    })
}
