//! Rules: versions side by side, what a shadow has come to, and which one decides.

use super::layout::Frame;
use super::parts::{Tone, badge, time, words};
use super::version::tabs;
use super::{Form, Shown, go};
use crate::access::answer::UNDONE;
use crate::access::{FORM, Principal};
use crate::rollout::{Begins, How, compared, shown};
use crate::serve::App;
use crate::serve::api::request::{Args, Segments};
use crate::serve::problem::Refused;
use crate::serve::read::rules::{self, Act, Changing};
use crate::serve::read::version;
use crate::serve::viewer::Viewer;
use crate::table::{short, thousands};
use axum::extract::{Request, State};
use axum::http::{Method, Uri};
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use std::sync::Arc;

/// Every version, and what happened to them.
pub(super) async fn list(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&[])?;
    let watched = Arc::clone(&app.versions);
    let (versions, steps, now) = app
        .reading
        .run(move |desk| Ok((rules::versions(desk, &watched)?, rules::steps(desk)?, desk.now())))
        .await?;
    let body = html! {
        p.intro { "Versions of the rules: which one decides, which ones are tried, and who said so. " a href="/rules/what-if" { "What if a number were another?" } }
        div.scroll role="region" aria-label="Versions" tabindex="0" {
            table {
                thead { tr { th scope="col" { "Version" } th scope="col" { "Stands" } th.right scope="col" { "Records" } th scope="col" { "Proposed" } th scope="col" { "Approved" } } }
                tbody { @for one in &versions {
                    tr {
                        th scope="row" data-label="Version" { a href={ "/rules/" (one.rules) } { (one.bundle) } " " span.id title=(one.rules) { (short(&one.rules)) } }
                        td data-label="Stands" { (stands(one)) }
                        td.right data-label="Records" { (thousands(one.records)) }
                        td data-label="Proposed" { (said(one.proposed.as_ref())) }
                        td data-label="Approved" { (said(one.approved.as_ref())) }
                    }
                } }
            }
        }
        h2 { "What happened" }
        div.scroll role="region" aria-label="What happened" tabindex="0" {
            table {
                thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Version" } th scope="col" { "Who" } th scope="col" { "Why" } } }
                tbody { @for step in &steps {
                    tr {
                        td data-label="When" { (time(step.at, now)) }
                        th scope="row" data-label="What" { (words(step.what.trim_start_matches("rules."))) @if let Some(mode) = step.mode { ": " (mode) } }
                        td data-label="Version" { span.id { (short(step.rules)) } }
                        td data-label="Who" { (step.by) }
                        td data-label="Why" { (step.reason) }
                    }
                } }
            }
        }
    };
    Ok(Frame::plain("Rules", "/rules", &viewer).shown(&body))
}

fn stands(one: &shown::Shown) -> Markup {
    let tone = match one.state.as_str() {
        "in_force" => Tone::Good,
        "canary" | "shadow" | "proposed" => Tone::Unsure,
        _ => Tone::Plain,
    };
    let percent = one.percent.map(|percent| format!(" {percent} %")).unwrap_or_default();
    html! {
        (badge(tone, &format!("{}{percent}", words(&one.state))))
        @if let Some(waits) = &one.waits { " waits for a second person: " (waits) }
    }
}

fn said(said: Option<&shown::Said>) -> Markup {
    html! { @if let Some(said) = said { (said.by) @if !said.reason.is_empty() { ": " (said.reason) } } }
}

/// One version: what a shadow has come to, and what can be done.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    args.only(&[])?;
    let digest = version::digest(&path)?;
    let watched = Arc::clone(&app.versions);
    let versions = app.reading.run(move |desk| rules::versions(desk, &watched)).await?;
    let wanted = digest.to_string();
    let version = versions.into_iter().find(|one| one.rules == wanted);
    let version = version.ok_or_else(|| Refused::not_found("no version has this digest"))?;
    let found = app.versions.shadow(digest);
    let offered: &[Act] = match (version.state.as_str(), version.waits.is_some()) {
        (_, true) => &[Act::Approve, Act::Withdraw],
        ("in_force", _) => &[],
        ("was_in_force", _) => &[Act::Rollback],
        ("shadow" | "canary", _) => &[Act::Begin, Act::Withdraw],
        _ => &[Act::Begin],
    };
    let body = html! {
        (tabs(&version.rules, ""))
        p.lead { (version.bundle) ": " (stands(&version)) }
        p { span.id { (version.rules) } }
        p.actions { @for act in offered { a.button.quiet href={ "/rules/" (version.rules) "/" (act.as_str()) } { (label(*act)) } } }
        @if let Some(found) = &found {
            h2 { "In shadow so far" }
            pre tabindex="0" { (compared::text(found)) }
            @if !found.examples.is_empty() {
                ul { @for example in &found.examples {
                    li { a href=(compared::link(example)) { (example.graph) " " (example.at) } }
                } }
            }
        }
    };
    Ok(Frame::plain("Rules", "/rules", &viewer).shown(&body))
}

fn label(act: Act) -> &'static str {
    match act {
        Act::Approve => "Approve",
        Act::Rollback => "Go back to it",
        Act::Withdraw => "Withdraw",
        Act::Begin => "Begin",
    }
}

/// Asks why.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    (viewer, who): (Viewer, Principal),
    (uri, path): (Uri, Segments),
    args: Args,
) -> Shown {
    args.only(&[UNDONE])?;
    let (name, act) = (path.text("rules"), Act::read(path.text("change"))?);
    let asked = rules::guarded(&app, (&viewer, &who), (&uri, &Method::GET), (name, act));
    let version = match asked.await? {
        Ok(version) => version,
        Err(denied) => return Ok(denied.into_response()),
    };
    let waits = version.waits.filter(|_| act == Act::Approve).map(Begins::of);
    let undone = args.text(UNDONE, 1)?.is_some();
    let body = html! {
        @if undone { p.notice.bad role="status" { strong { "It is not done yet." } " The proof was too old; say it once more." } }
        p.lead { (label(act)) ": " span.id { (version.rules) } }
        @if let Some(begins) = waits { p { "It waits to begin: " strong { (begins) } @if let Some(said) = &version.proposed { ". " (said.by) " proposes it: " (said.reason) } } }
        p { "Who does this and why is written to the log. Escalations under way keep the rules that opened them." }
        form action={ "/rules/" (version.rules) "/" (act.as_str()) } method="post" {
            input type="hidden" name=(FORM) value=(viewer.form);
            @if let Some(begins) = waits {
                input type="hidden" name="mode" value=(begins.mode.as_str());
                @if let Some(percent) = begins.percent { input type="hidden" name="percent" value=(percent); }
            }
            @if act == Act::Begin {
                p { label for="mode" { "How" } " " select #mode name="mode" {
                    option value="shadow" { "in shadow" } option value="canary" { "for a share of the accounts" } option value="enforce" { "for all" }
                } }
                p { label for="percent" { "Share in percent" } " " input #percent type="number" name="percent" min="1" max="99"; }
            }
            p { label for="reason" { "Why" } " " input #reason type="text" name="reason" maxlength="500" required; }
            p.actions { button.primary type="submit" { (label(act)) } a.button.quiet href={ "/rules/" (version.rules) } { "Back" } }
        }
    };
    Ok(Frame::plain("Rules", "/rules", &viewer).shown(&body))
}

/// Does it, and goes back to the versions.
pub(super) async fn act(
    State(app): State<Arc<App>>,
    (viewer, who): (Viewer, Principal),
    (uri, path): (Uri, Segments),
    request: Request,
) -> Shown {
    let form = Form::read(request).await?;
    let (name, act) = (path.text("rules").to_owned(), Act::read(path.text("change"))?);
    let asked = rules::guarded(&app, (&viewer, &who), (&uri, &Method::POST), (&name, act));
    if let Err(denied) = asked.await? {
        return Ok(denied.into_response());
    }
    let reason = form.text("reason").unwrap_or_default().to_owned();
    let mode = form.text("mode").and_then(How::read);
    let percent = form.text("percent").and_then(|text| text.parse().ok());
    let (said, four_eyes) = (Changing { reason, mode, percent }, app.four_eyes);
    let done =
        app.reading.run(move |desk| rules::change(desk, (&viewer, four_eyes), (name, act), said));
    done.await?;
    Ok(go("/rules"))
}
