//! A version of the rules: what differs, what is proved, and its exceptions.

use super::Shown;
use super::layout::Frame;
use super::parts::{Tone, badge};
use crate::serve::App;
use crate::serve::api::request::{Args, Segments};
use crate::serve::problem::Refused;
use crate::serve::read::version::{self, Differences, Exceptions, Proofs};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use bellwether_core::Digest;
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

fn digest(path: &Segments) -> Result<Digest, Refused> {
    path.parsed("rules", "a digest of 43 characters")
}

/// What differs from the rules in force.
pub(super) async fn diff(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    args.only(&[])?;
    let digest = digest(&path)?;
    let found = app.reading.run(move |desk| version::differences(desk, digest)).await?;
    let body = html! { (tabs(&digest.to_string(), "/diff")) (differences(&found)) };
    Ok(Frame::plain("Differences", "/rules", &viewer).shown(&body))
}

fn differences(found: &Differences) -> Markup {
    html! {
        p.intro { "What differs between this version and the rules in force." }
        @if found.changes.is_empty() { p { "They say the same." } }
        @else {
            div.scroll role="region" aria-label="Differences" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "What" } th scope="col" { "In force" } th scope="col" { "In this version" } } }
                    tbody { @for one in &found.changes {
                        tr {
                            th scope="row" data-label="What" { (one.what) }
                            td data-label="In force" { (one.old.as_deref().unwrap_or("not there")) }
                            td data-label="In this version" { (one.new.as_deref().unwrap_or("not there")) }
                        }
                    } }
                }
            }
        }
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
    args.only(&[])?;
    let digest = digest(&path)?;
    let found = app.reading.run(move |desk| version::proved(desk, digest)).await?;
    let body = html! { (tabs(&digest.to_string(), "/proofs")) (proved(&found)) };
    Ok(Frame::plain("Proofs", "/rules", &viewer).shown(&body))
}

fn result(holds: bool, word: &str) -> Markup {
    badge(if holds { Tone::Good } else { Tone::Bad }, word)
}

fn proved(found: &Proofs) -> Markup {
    html! {
        h2 { "Graphs" }
        p { "Worked out now: each claim holds in every case there is." }
        @let broken: Vec<_> = found.graphs.iter().filter(|one| !one.holds).collect();
        @for one in &broken { pre tabindex="0" { (one.text) } }
        div.scroll role="region" aria-label="What is proved of the graphs" tabindex="0" {
            table {
                thead { tr { th scope="col" { "About" } th scope="col" { "Claim" } th scope="col" { "Result" } } }
                tbody { @for one in &found.graphs {
                    tr {
                        th scope="row" data-label="About" { (one.about) }
                        td data-label="Claim" { (one.claim) }
                        td data-label="Result" { (result(one.holds, if one.holds { "holds" } else { "broken" })) }
                    }
                } }
            }
        }
        h2 { "Boundaries" }
        @match &found.boundaries {
            _ if !found.has_boundaries => p { "This version has no boundaries: an agent may do nothing on its own." },
            Some(report) => {
                p { "As the report says that came with it; the solver was " (report.solver) "." }
                div.scroll role="region" aria-label="What is proved of the boundaries" tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "About" } th scope="col" { "Claim" } th scope="col" { "Result" } } }
                        tbody { @for one in &report.properties {
                            tr {
                                th scope="row" data-label="About" { (one.about) }
                                td data-label="Claim" { (one.claim) }
                                td data-label="Result" { (result(one.result == "proved", &one.result)) @if let Some(why) = &one.why { " " (why) } }
                            }
                        } }
                    }
                }
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
    args.only(&[])?;
    let digest = digest(&path)?;
    let found = app.reading.run(move |desk| version::exceptions(desk, digest)).await?;
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
    html! {
        @if found.overrides.is_empty() { p { "This version has no overrides." } }
        @else {
            p.intro { "Overrides: what holds for a while, who answers for it, and what ends within 14 days. One that is over should be removed." }
            div.scroll role="region" aria-label="Overrides" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "Override" } th scope="col" { "Stands" } th scope="col" { "Does" } th scope="col" { "From" } th scope="col" { "Until" } th scope="col" { "Who" } th scope="col" { "Why" } } }
                    tbody { @for one in &found.overrides {
                        tr {
                            th scope="row" data-label="Override" { (one.id) }
                            td data-label="Stands" { (badge(tone(one.state), word(one.state))) }
                            td data-label="Does" { (one.about) ": " (one.does) @if !one.when.is_empty() { " when " code { (one.when) } } }
                            td data-label="From" { (one.from) }
                            td data-label="Until" { (one.until) }
                            td data-label="Who" { (one.author) ", " (one.approver) "; owner " (one.owner) }
                            td data-label="Why" { (one.reason) @if !one.ticket.is_empty() { " (" (one.ticket) ")" } }
                        }
                    } }
                }
            }
        }
        h2 { "Boundaries to look at again" }
        @if found.overdue.is_empty() { p { "None is overdue." } }
        @else {
            div.scroll role="region" aria-label="Overdue boundaries" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "Boundary" } th scope="col" { "Owner" } th scope="col" { "Due since" } th scope="col" { "Why it is there" } } }
                    tbody { @for one in &found.overdue {
                        tr {
                            th scope="row" data-label="Boundary" { (one.id) }
                            td data-label="Owner" { (one.owner) }
                            td data-label="Due since" { (one.review) }
                            td data-label="Why it is there" { (one.reason) }
                        }
                    } }
                }
            }
        }
    }
}
