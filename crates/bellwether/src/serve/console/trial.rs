//! Trying the policy: facts in, verdict out, and what the boundaries say to an action; nothing is kept and nobody
//! is asked.

mod act;

use super::layout::Frame;
use super::parts::{Tone, badge, outcome, person, words};
use super::{Form, Shown};
use crate::access::FORM;
use crate::cli::explain::staff::Staff;
use crate::serve::App;
use crate::serve::api::request::Args;
use crate::serve::problem::Refused;
use crate::serve::read::trial::{self, Literal, TriedFacts, Trying, Verdict};
use crate::serve::viewer::Viewer;
use act::Wish;
use axum::extract::{Request, State};
use bellwether_core::Type;
use bellwether_engine::Rules;
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was filled in, by fact.
type Filled = BTreeMap<String, String>;

/// The form of a graph.
pub(super) async fn form(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&["graph", "act"])?;
    let chosen = args.text("graph", 64)?.map(str::to_owned);
    let wish = Wish::about(args.text("act", 64)?.unwrap_or_default());
    let rules = app.reading.run(|desk| desk.rules()).await?;
    Ok(shown(&viewer, &rules, (chosen.as_deref(), &wish), &Filled::new(), &Markup::default()))
}

/// Tries what the form says.
pub(super) async fn run(State(app): State<Arc<App>>, viewer: Viewer, request: Request) -> Shown {
    let form = Form::read(request).await?;
    let graph = form.text("graph").unwrap_or_default().to_owned();
    let wish = Wish::of(&form);
    let given = form.0.iter().filter(|(name, text)| {
        name != "graph" && name != FORM && !name.starts_with(act::OWN) && !text.trim().is_empty()
    });
    let filled: Filled = given.map(|(name, text)| (name.clone(), text.trim().to_owned())).collect();
    let facts = filled.iter().map(|(name, text)| (name.clone(), Literal::Text(text.clone())));
    let (facts, act) = (facts.collect(), wish.tried());
    let tried = TriedFacts { graph: Some(graph.clone()), facts, at: None, act };
    let done = app.reading.run(move |desk| {
        let (rules, staff) = (desk.rules()?, desk.staff());
        Ok((trial::run(desk, &Trying::Facts(tried)), rules, staff))
    });
    let (done, rules, staff) = done.await?;
    let found = match &done {
        Ok(found) => html! {
            @for one in &found.verdicts { (verdict(one, &staff)) }
            @if let Some(judged) = &found.boundary { (act::judged(judged)) }
        },
        Err(refused) => wrong(refused),
    };
    Ok(shown(&viewer, &rules, (Some(&graph), &wish), &filled, &found))
}

fn wrong(refused: &Refused) -> Markup {
    html! {
        p.notice.bad role="alert" { strong { (refused.problem.message) } ". " (refused.problem.help) }
    }
}

fn shown(
    viewer: &Viewer,
    rules: &Rules,
    (chosen, wish): (Option<&str>, &Wish),
    filled: &Filled,
    found: &Markup,
) -> axum::response::Response {
    let graphs = rules.policy().graphs();
    let nth =
        chosen.and_then(|name| graphs.iter().position(|graph| graph.name() == name)).unwrap_or(0);
    let name = graphs.get(nth).map_or("", |graph| graph.name());
    let meta = rules.policy().meta();
    let body = html! {
        p.intro { "What " strong { (meta.name) " " (meta.version) } " would decide. Nothing is kept, and nobody is asked. An empty fact is missing." }
        nav.tabs aria-label="Which graph" {
            @for graph in graphs {
                a href={ "/try?graph=" (graph.name()) } aria-current=[(graph.name() == name).then_some("page")] { (words(graph.name())) }
            }
        }
        (act::tabs(rules, name, wish))
        (found)
        form.facts action="/try" method="post" {
            input type="hidden" name=(FORM) value=(viewer.form);
            input type="hidden" name="graph" value=(name);
            div.grid {
                @for (fact, slot) in act::facts(rules, nth, wish) {
                    @if let Some(known) = rules.catalogue().fact(slot) {
                        (field(fact, known.kind, &known.values, filled.get(fact)))
                    }
                }
            }
            (act::fields(rules, wish))
            p.actions { button.primary type="submit" { "Try it" } a.button.quiet href={ "/try?graph=" (name) } { "Empty all" } }
        }
    };
    Frame::plain("Try a policy", "/try", viewer).shown(&body)
}

fn field(name: &str, kind: Type, values: &[String], filled: Option<&String>) -> Markup {
    let id = format!("fact-{name}");
    let filled = filled.map(String::as_str).unwrap_or_default();
    let example = match kind {
        Type::Int => "3",
        Type::Ratio => "0.25",
        Type::Money => "50000",
        Type::Time => "2026-11-21T09:00:00Z",
        Type::Duration => "2d",
        Type::Code | Type::Bool => "",
    };
    let yes_no = ["true".to_owned(), "false".to_owned()];
    let choices = if kind == Type::Bool { &yes_no[..] } else { values };
    html! {
        div.field {
            label for=(id) { code { (name.rsplit_once(':').map_or(name, |(_, own)| own)) } }
            @if choices.is_empty() {
                input id=(id) name=(name) value=(filled) placeholder=(example) maxlength="200" autocomplete="off" spellcheck="false";
            } @else {
                select id=(id) name=(name) {
                    option value="" { "missing" }
                    @for value in choices { option value=(value) selected[value == filled] { (value) } }
                }
            }
        }
    }
}

fn verdict(one: &Verdict, staff: &Staff) -> Markup {
    html! {
        section.card.decision aria-label="What would be decided" {
            h2 { @if one.reason.is_empty() { (words(&one.graph)) } @else { (super::escalations::sentence(&one.reason)) } }
            p.meta { (outcome(&one.outcome)) " " (one.path.join(" → ")) @if one.doubt { " " (badge(Tone::Unsure, "in doubt")) } }
            @if !one.rule.is_empty() { p { "Because of " code { (one.rule) } } }
            @if !one.clauses.is_empty() { ul.clauses { @for clause in &one.clauses { li class=(clause.truth) { (clause.sentence) } } } }
            @if one.asks.is_empty() { p.muted { "Nobody would be asked." } }
            @else {
                p { "Would be asked, in turn:" }
                ol.people { @for handle in &one.asks { li { (person(Some(handle), staff.name(handle))) } } }
            }
            details { summary { "All of it" } pre tabindex="0" role="region" aria-label="The explanation" { (one.text) } }
        }
    }
}
