//! The house: sources and the outbox.

use super::Shown;
use super::layout::Frame;
use super::parts::{Tone, badge, decision_path, empty, pager, person, time, words};
use crate::serve::App;
use crate::serve::api::request::Args;
use crate::serve::read::house::{self, Count, Effect, STATUSES};
use crate::serve::viewer::Viewer;
use crate::table::thousands;
use axum::extract::State;
use bellwether_store::OutboxStatus;
use maud::{Markup, html};
use std::sync::Arc;

/// After so long without a word a source is shown as silent, in seconds.
const SILENT: i64 = 86_400;

/// Sources, and how fresh each is.
pub(super) async fn sources(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&[])?;
    let (found, now, refused) = app
        .reading
        .run(|desk| {
            let refused: u64 = desk.view.quarantine_counts()?.iter().map(|(_, count)| count).sum();
            Ok((house::sources(desk)?, desk.now(), refused))
        })
        .await?;
    let body = html! {
        p.intro { "Where signals come from, and when each source was last heard." }
        @if found.is_empty() {
            (empty("No source yet", &html! { "Import an export, or send signals to " code { "/v1/signals" } "." }))
        } @else {
            div.scroll role="region" aria-label="Sources" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "Source" } th scope="col" { "Last heard" } th.right scope="col" { "Signals" } th scope="col" { "State" } } }
                    tbody {
                        @for one in &found {
                            tr {
                                th scope="row" data-label="Source" { (one.source) }
                                td data-label="Last heard" { (time(one.at, now)) }
                                td.right data-label="Signals" { (thousands(one.signals)) }
                                td data-label="State" { @if one.silent_seconds > SILENT { (badge(Tone::Unsure, "silent")) } @else { (badge(Tone::Good, "fresh")) } }
                            }
                        }
                    }
                }
            }
        }
        @if refused > 0 {
            p.notice.unsure { strong { (thousands(refused)) } " rows were refused and are kept sealed: " code { "bellwether quarantine list" } " shows why." }
        }
    };
    Ok(Frame::plain("Sources", "/sources", &viewer).shown(&body))
}

/// Effects by status: what waits, what was given up.
pub(super) async fn outbox(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&["status", "cursor", "limit"])?;
    let status = args.parsed("status", "a status", |text| {
        STATUSES.iter().find(|(_, word)| *word == text).map(|(status, _)| *status)
    })?;
    let (limit, after) = (args.limit()?, args.cursor()?);
    let first = after.is_none();
    let (counts, page, status, staff, now) = app
        .reading
        .run(move |desk| {
            let counts = house::counts(desk)?;
            // What needs a person comes first where nothing is chosen.
            let dead = counts.iter().any(|one| one.status == "given_up" && one.effects > 0);
            let usual = if dead { OutboxStatus::GivenUp } else { OutboxStatus::Waiting };
            let status = status.unwrap_or(usual);
            let page = house::effects(desk, status, limit, after.as_deref())?;
            Ok((counts, page, status, desk.staff(), desk.now()))
        })
        .await?;
    let word = STATUSES.iter().find(|(known, _)| *known == status).map_or("", |(_, word)| word);
    let body = html! {
        p.intro { "What is to be sent to people, and what became of it." }
        (tiles(&counts, word))
        @if page.items.is_empty() {
            (empty("Nothing here", &html! { "No effect stands at \u{201c}" (words(word)) "\u{201d}." }))
        } @else {
            div.scroll role="region" aria-label="Effects" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "Effect" } th scope="col" { "For" } th scope="col" { "Due" } th.right scope="col" { "Tries" } th scope="col" { "Record" } } }
                    tbody { @for one in &page.items { (row(one, &staff, now)) } }
                }
            }
            (pager("/outbox", &format!("status={word}"), first, page.next.as_deref()))
        }
    };
    Ok(Frame::plain("Outbox", "/outbox", &viewer).shown(&body))
}

fn tiles(counts: &[Count], chosen: &str) -> Markup {
    html! {
        nav.tiles aria-label="By status" {
            @for one in counts {
                a.tile href={ "/outbox?status=" (one.status) } aria-current=[(one.status == chosen).then_some("page")] {
                    span.figure { (thousands(one.effects)) }
                    span.name { (words(&one.status)) @if one.status == "given_up" { " · dead letters" } }
                }
            }
        }
    }
}

fn row(
    one: &Effect,
    staff: &crate::cli::explain::staff::Staff,
    now: bellwether_core::Timestamp,
) -> Markup {
    html! {
        tr {
            th scope="row" data-label="Effect" { (words(&one.kind)) " " span.id title=(one.key) { (one.key.chars().take(8).collect::<String>()) } }
            td data-label="For" { (person(Some(&one.person), staff.name(&one.person))) }
            td data-label="Due" { (time(one.at, now)) }
            td.right data-label="Tries" { (one.attempts) }
            td data-label="Record" { @if let (Some(stream), Some(seq)) = (&one.stream, one.seq) { a href=(decision_path(stream, seq)) { "record " (seq) } } }
        }
    }
}
