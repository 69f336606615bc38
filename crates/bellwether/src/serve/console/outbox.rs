//! The outbox: what waits and what did not arrive, the stop switch, and settling dead letters.

use super::channels;
use super::layout::Frame;
use super::parts::{decision_path, empty, in_shadow, is_shadow, pager, person, time, words};
use super::{Form, Shown, go};
use crate::access::answer::UNDONE;
use crate::access::decide::Action;
use crate::access::{FORM, Principal};
use crate::cli::explain::staff::Staff;
use crate::serve::App;
use crate::serve::api::house::{effect_id, which};
use crate::serve::api::request::{Args, Segments};
use crate::serve::problem::Refused;
use crate::serve::read::house::{self, Count, Effect, STATUSES, Sending, Which};
use crate::serve::read::sending;
use crate::serve::viewer::{Viewer, is_offered};
use crate::table::thousands;
use axum::extract::{Request, State};
use bellwether_core::Timestamp;
use bellwether_store::OutboxStatus;
use maud::{Markup, html};
use std::sync::Arc;

/// The page of dead letters.
const DEAD: &str = "/outbox?dead=1";

/// Effects by status: what waits, what did not arrive.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    who: Principal,
    args: Args,
) -> Shown {
    args.only(&["status", "dead", "cursor", "limit"])?;
    let (chosen, limit, after) = (which(&args)?, args.limit()?, args.cursor()?);
    let first = after.is_none();
    let (switch, counts, page, chosen, staff, now, shadow) = app
        .reading
        .run(move |desk| {
            let (switch, counts) = (house::sending(desk.view)?, house::counts(desk.view)?);
            // What needs a person comes first where nothing is chosen.
            let usual = match dead(&counts) {
                0 => Which::In(OutboxStatus::Waiting),
                _ => Which::Dead,
            };
            let chosen = chosen.unwrap_or(usual);
            let page = house::effects(desk, chosen, limit, after.as_deref())?;
            Ok((switch, counts, page, chosen, desk.staff(), desk.now(), is_shadow(desk)))
        })
        .await?;
    let query = match chosen {
        Which::Dead => "dead=1".to_owned(),
        Which::In(status) => {
            let word = STATUSES.iter().find(|(known, _)| *known == status);
            format!("status={}", word.map_or("", |(_, word)| word))
        }
    };
    let form = is_offered(&app, &who, Action::SettleDelivery).then_some(viewer.form.as_str());
    let body = html! {
        p.intro { "What is to be sent to people, and what became of it." }
        @if shadow { (in_shadow(&viewer)) }
        (banner(&switch, is_offered(&app, &who, Action::StopSwitch), now))
        (tiles(&counts, &query))
        @if page.items.is_empty() {
            (empty("Nothing here", &html! { "No effect stands there." }))
        } @else {
            div.scroll role="region" aria-label="Effects" tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { "Effect" } th scope="col" { "For" } th scope="col" { "Channel" } th scope="col" { "Why" }
                        th scope="col" { "Due" } th.right scope="col" { "Tries" } th scope="col" { "Record" }
                        @if form.is_some() { th scope="col" { "What to do" } }
                    } }
                    tbody { @for one in &page.items { (row(one, &staff, form, now)) } }
                }
            }
            (pager("/outbox", &query, first, page.next.as_deref()))
        }
        @if let Some(delivery) = &app.again { (channels::table(delivery.stats(), now)) }
    };
    Ok(Frame::plain("Outbox", "/outbox", &viewer).shown(&body))
}

/// How many effects a person has to look at.
fn dead(counts: &[Count]) -> u64 {
    counts.iter().filter(|one| one.dead).map(|one| one.effects).sum()
}

fn banner(switch: &Sending, offered: bool, now: Timestamp) -> Markup {
    html! {
        @if switch.stopped {
            div.notice.bad role="status" {
                strong { "All sending is stopped" }
                @if let Some(reason) = &switch.reason { ", " (reason) }
                @if let Some(at) = switch.at { ", " (time(at, now)) }
                ". What is decided waits."
                @if offered { p.actions { a.button href="/outbox/stop" { "Go on" } } }
            }
        } @else if offered {
            p.actions { a.button.quiet href="/outbox/stop" { "Stop all sending" } }
        }
    }
}

fn tiles(counts: &[Count], chosen: &str) -> Markup {
    let tile = |query: &str, name: &str, effects: u64| {
        html! {
            a.tile href={ "/outbox?" (query) } aria-current=[(query == chosen).then_some("page")] {
                span.figure { (thousands(effects)) }
                span.name { (name) }
            }
        }
    };
    html! {
        nav.tiles aria-label="By status" {
            (tile("dead=1", "dead letters", dead(counts)))
            @for one in counts { (tile(&format!("status={}", one.status), &words(&one.status), one.effects)) }
        }
    }
}

fn row(one: &Effect, staff: &Staff, form: Option<&str>, now: Timestamp) -> Markup {
    html! {
        tr {
            th scope="row" data-label="Effect" { (words(&one.kind)) " " span.id title=(one.key) { (one.key.chars().take(8).collect::<String>()) } }
            td data-label="For" { (person(Some(&one.person), staff.name(&one.person))) }
            td data-label="Channel" { (one.via) }
            td data-label="Why" { @if one.dead { (words(&one.status)) @if !one.why.is_empty() { ": " } } (words(&one.why)) }
            td data-label="Due" { (time(one.at, now)) }
            td.right data-label="Tries" { (one.attempts) }
            td data-label="Record" { @if let (Some(stream), Some(seq)) = (&one.stream, one.seq) { a href=(decision_path(stream, seq)) { "record " (seq) } } }
            @if let Some(form) = form { td data-label="What to do" { @if one.dead { (settling(one, form)) } } }
        }
    }
}

fn settling(one: &Effect, form: &str) -> Markup {
    let path = format!("/outbox/{}/{}", one.pos, one.nth);
    html! {
        form action={ (path) "/retry" } method="post" {
            input type="hidden" name=(FORM) value=(form);
            button type="submit" { "Try again" }
        }
        form action={ (path) "/settle" } method="post" {
            input type="hidden" name=(FORM) value=(form);
            button.quiet type="submit" name="arrived" value="true" { "It arrived" }
            button.quiet type="submit" name="arrived" value="false" { "Nobody wants it" }
        }
    }
}

/// Asks whether all sending shall stop, or go on.
pub(super) async fn ask(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&[UNDONE])?;
    let undone = args.text(UNDONE, 1)?.is_some();
    let (switch, waiting) = app
        .reading
        .run(|desk| {
            let counts = house::counts(desk.view)?;
            let waiting = counts.iter().find(|one| one.status == "waiting");
            Ok((house::sending(desk.view)?, waiting.map_or(0, |one| one.effects)))
        })
        .await?;
    let (title, effect) = match switch.stopped {
        true => ("Go on", "Sending goes on at once. What nobody wants any more is not sent."),
        false => (
            "Stop all sending",
            "Nothing more is sent to anybody, also after a restart, until somebody lets it go on. \
             Deciding goes on, and what is decided waits. What is under way may still arrive.",
        ),
    };
    let body = html! {
        section.card.form {
            @if undone { p.notice.bad role="status" { strong { "It is not done yet." } " The proof was too old; say it once more." } }
            p.lead { (effect) }
            p { (thousands(waiting)) " effects wait now. Who does this is written to the log." }
            form action="/outbox/stop" method="post" {
                input type="hidden" name=(FORM) value=(viewer.form);
                input type="hidden" name="stopped" value=(!switch.stopped);
                p.actions {
                    button.primary type="submit" { "Yes: " (title.to_lowercase()) }
                    a.button.quiet href="/outbox" { "Back" }
                }
            }
        }
    };
    Ok(Frame::plain(title, "/outbox", &viewer).shown(&body))
}

/// Stops all sending, or lets it go on, and goes back to the outbox.
pub(super) async fn stop(State(app): State<Arc<App>>, viewer: Viewer, request: Request) -> Shown {
    let stopped = said(&Form::read(request).await?, "stopped")?;
    app.reading.run(move |desk| sending::stop(desk, &viewer, stopped)).await?;
    Ok(go("/outbox"))
}

/// Settles a dead letter, and goes back to the others.
pub(super) async fn settle(State(app): State<Arc<App>>, path: Segments, request: Request) -> Shown {
    let (id, arrived) = (effect_id(&path)?, said(&Form::read(request).await?, "arrived")?);
    app.reading.run(move |desk| sending::settle(desk, id, arrived)).await?;
    Ok(go(DEAD))
}

/// Has a dead letter tried again, and goes back to the others.
pub(super) async fn retry(State(app): State<Arc<App>>, path: Segments, request: Request) -> Shown {
    let (id, again) = (effect_id(&path)?, app.again.clone());
    Form::read(request).await?;
    app.reading.run(move |desk| sending::retry(desk, again.as_ref(), id)).await?;
    Ok(go(DEAD))
}

/// Yes or no, as a form says it.
fn said(form: &Form, name: &str) -> Result<bool, Refused> {
    let said = form.text(name).and_then(|text| text.parse().ok());
    said.ok_or_else(|| Refused::wrong(name, "something is missing", "go back and choose again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(dead: bool) -> Effect {
        Effect {
            key: "k".repeat(43),
            pos: 17,
            nth: 2,
            stream: None,
            seq: None,
            kind: "stand_down".to_owned(),
            person: "maria".to_owned(),
            status: "given_up".to_owned(),
            dead,
            via: "chat".to_owned(),
            why: "no_answer".to_owned(),
            attempts: 3,
            due: String::new(),
            at: Timestamp::from_secs(0),
        }
    }

    #[test]
    fn only_dead_letters_have_buttons_and_only_for_whoever_may() {
        for (dead, form, buttons) in
            [(true, Some("f0rm"), 3), (true, None, 0), (false, Some("f0rm"), 0)]
        {
            let shown = row(&effect(dead), &Staff::default(), form, Timestamp::from_secs(0));
            let shown = shown.into_string();
            assert_eq!(shown.matches("<button").count(), buttons, "{shown}");
            let fields = shown.matches("name=\"csrf\" value=\"f0rm\"").count();
            assert_eq!(fields, shown.matches("<form").count(), "{shown}");
            assert_eq!(shown.contains("action=\"/outbox/17/2/settle\""), buttons > 0, "{shown}");
            assert_eq!(shown.contains("given up: no answer"), dead, "{shown}");
            assert!(shown.contains("chat"), "{shown}");
        }
    }
}
