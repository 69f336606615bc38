//! A version of the rules: what differs, what is proved, and its exceptions.

use super::Shown;
use super::layout::Frame;
use super::parts::{Tone, badge, table};
use crate::cli::policy::diff::Told;
use crate::cli::policy::overrides::Listed;
use crate::serve::App;
use crate::serve::api::request::{Args, Segments};
use crate::serve::read::version::{
    self, Claimed, Differences, Exceptions, Overdue, Proofs, Proved,
};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use maud::{Markup, html};
use std::sync::Arc;

/// The pages about one version, for the tabs on each of them.
pub(super) fn tabs(rules: &str, page: &str) -> Markup {
    let pages = [
        ("", "Version"),
        ("/diff", "Differences"),
        ("/proofs", "Proofs"),
        ("/overrides", "Exceptions"),
    ];
    html! {
        nav.tabs aria-label="About this version" {
            @for (path, title) in pages {
                a href={ "/rules/" (rules) (path) } aria-current=[(path == page).then_some("page")] { (title) }
            }
        }
    }
}

/// What differs from the rules in force.
pub(super) async fn diff(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    let (digest, found) = version::of_path(&app, &path, &args, version::differences).await?;
    let body = html! { (tabs(&digest.to_string(), "/diff")) (differences(&found)) };
    Ok(Frame::plain("Differences", "/rules", &viewer).shown(&body))
}

fn differences(found: &Differences) -> Markup {
    let side = |text: &Option<String>| html! { (text.as_deref().unwrap_or("not there")) };
    let row = |one: &Told| {
        let loosens = badge(Tone::Unsure, "loosens, unless it is proved not to");
        let what = html! { (one.what) @if one.loosens { " " (loosens) } };
        vec![what, side(&one.old), side(&one.new)]
    };
    let titles = ["What", "In force", "In this version"];
    html! {
        p.intro { "What differs between this version and the rules in force." }
        @if found.changes.is_empty() { p { "They say the same." } }
        @else { (table("Differences", &titles, found.changes.iter().map(row))) }
        @if !found.moved.is_empty() {
            h2 { "Cases that go elsewhere" }
            ul { @for one in &found.moved { li { (one) } } }
        }
    }
}

/// What is proved of it.
pub(super) async fn proofs(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    let (digest, found) = version::of_path(&app, &path, &args, version::proved).await?;
    let body = html! { (tabs(&digest.to_string(), "/proofs")) (proved(&found)) };
    Ok(Frame::plain("Proofs", "/rules", &viewer).shown(&body))
}

fn result(holds: bool, word: &str) -> Markup {
    badge(if holds { Tone::Good } else { Tone::Bad }, word)
}

fn proved(found: &Proofs) -> Markup {
    let titles = ["About", "Claim", "Result"];
    let graph = |one: &Proved| {
        let word = if one.holds { "holds" } else { "broken" };
        vec![html! { (one.about) }, html! { (one.claim) }, result(one.holds, word)]
    };
    let boundary = |one: &Claimed| {
        let said = result(one.result == "proved", &one.result);
        let said = html! { (said) @if let Some(why) = &one.why { " " (why) } };
        vec![html! { (one.about) }, html! { (one.claim) }, said]
    };
    html! {
        h2 { "Graphs" }
        p { "Worked out now: each claim holds in every case there is." }
        @for one in found.graphs.iter().filter(|one| !one.holds) { pre tabindex="0" { (one.text) } }
        (table("What is proved of the graphs", &titles, found.graphs.iter().map(graph)))
        h2 { "Boundaries" }
        @match &found.boundaries {
            _ if !found.has_boundaries => p { "This version has no boundaries: an agent may do nothing on its own." },
            Some(report) => {
                p { "As the report says that came with it; the solver was " (report.solver) "." }
                (table("What is proved of the boundaries", &titles, report.properties.iter().map(boundary)))
            },
            None => p {
                "No report came with this version. " code { "bellwether policy prove ./my-bundle --out ./my-bundle/PROOF.json" }
                " makes one; it is kept when the bundle is applied."
            },
        }
    }
}

/// Its exceptions, and which boundaries are to be looked at again.
pub(super) async fn overrides(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    let (digest, found) = version::of_path(&app, &path, &args, version::exceptions).await?;
    let body = html! { (tabs(&digest.to_string(), "/overrides")) (exceptions(&found)) };
    Ok(Frame::plain("Exceptions", "/rules", &viewer).shown(&body))
}

fn exceptions(found: &Exceptions) -> Markup {
    let tone = |state: &str| match state {
        "live" => Tone::Good,
        "expiring" => Tone::Unsure,
        "overdue" => Tone::Bad,
        _ => Tone::Plain,
    };
    // For people: what is overdue is over.
    let word = |state: &'static str| if state == "overdue" { "over" } else { state };
    let row = |one: &Listed| {
        vec![
            html! { (one.id) },
            badge(tone(one.state), word(one.state)),
            html! { (one.about) ": " (one.does) @if !one.when.is_empty() { " when " code { (one.when) } } },
            html! { (one.from) },
            html! { (one.until) },
            html! { (one.author) ", " (one.approver) "; owner " (one.owner) },
            html! { (one.reason) @if !one.ticket.is_empty() { " (" (one.ticket) ")" } },
        ]
    };
    let titles = ["Override", "Stands", "Does", "From", "Until", "Who", "Why"];
    let due = |one: &Overdue| {
        [&one.id, &one.owner, &one.review, &one.reason].map(|text| html! { (text) }).to_vec()
    };
    html! {
        @if found.overrides.is_empty() { p { "This version has no overrides." } }
        @else {
            p.intro { "Overrides: what holds for a while, who answers for it, and what ends within 14 days. One that is over should be removed." }
            (table("Overrides", &titles, found.overrides.iter().map(row)))
        }
        h2 { "Boundaries to look at again" }
        @if found.overdue.is_empty() { p { "None is overdue." } }
        @else {
            (table("Overdue boundaries", &["Boundary", "Owner", "Due since", "Why it is there"], found.overdue.iter().map(due)))
        }
    }
}
