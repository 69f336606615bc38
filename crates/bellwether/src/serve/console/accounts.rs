//! Accounts: one box finds who got what and why; one page tells what happened.

use super::Shown;
use super::decision::instant;
use super::escalations::{heading, path as escalation_path};
use super::layout::{Frame, escaped};
use super::parts::{
    Tone, about, account, badge, empty, outcome, pager, person, record, state, time, words,
};
use crate::cli::explain::staff::Staff;
use crate::serve::App;
use crate::serve::api::request::{Args, Segments};
use crate::serve::read::accounts::{self, Account, Moment};
use crate::serve::read::decisions::{self, Page};
use crate::serve::read::escalations::{self, Escalation};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use axum::response::Response;
use bellwether_core::{AccountId, StreamId, Timestamp};
use maud::{Markup, html};
use std::sync::Arc;

/// How many results a search shows.
const RESULTS: usize = 20;

/// The box, and what it found; without words, all accounts.
pub(super) async fn search(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&["q", "cursor", "limit"])?;
    // A form that is sent empty asks for the list.
    let text =
        args.parsed("q", "a text", |text| Some(text.trim().chars().take(254).collect::<String>()))?;
    let text = text.filter(|text| !text.is_empty());
    let (limit, after) = (args.limit()?, args.cursor()?);
    let (looked, looks, first) = (text.clone(), viewer.clone(), after.is_none());
    let (page, staff) = app
        .reading
        .run(move |desk| {
            let names = desk.names(&looks, "accounts")?;
            let page = match looked {
                Some(text) => {
                    Page { items: accounts::search(desk, &text, &names, RESULTS)?, next: None }
                }
                None => accounts::page(desk, &names, limit, after.as_deref())?,
            };
            Ok((page, desk.staff()))
        })
        .await?;
    // Who got this and why, in one step.
    if let (Some(_), [only]) = (&text, &page.items[..]) {
        return Ok(super::go(&format!("/accounts/{}", only.account)));
    }
    let now = app.live.now();
    let body = html! {
        @match (&text, page.items.is_empty()) {
            (Some(_), true) => (empty("Nobody is known by that", &html! {
                "Names, addresses and ids are kept as keyed hashes: write them exactly as the source does. For an id, "
                "name the source: " code { "crm=A-1042" } "."
            })),
            (None, true) => (empty("No account yet", &html! { "Import history or send signals; " a href="/help" { "the help" } " says how." })),
            (_, false) => {
                @if text.is_some() { p.muted { (page.items.len()) " accounts fit." } }
                (table(&page.items, &staff, now))
                (pager("/accounts", "", first, page.next.as_deref()))
            }
        }
    };
    let back = text
        .as_ref()
        .map_or("/accounts".to_owned(), |text| format!("/accounts?q={}", escaped(text)));
    let frame = Frame::new("Accounts", "/accounts", &viewer, back);
    Ok(frame.searched(text.as_deref().unwrap_or_default()).shown(&body))
}

fn table(items: &[Account], staff: &Staff, now: Timestamp) -> Markup {
    html! {
        div.scroll role="region" aria-label="Accounts" tabindex="0" {
            table {
                thead { tr { th scope="col" { "Account" } th.right scope="col" { "Waiting" } th scope="col" { "Newest escalation" }
                    th scope="col" { "Who" } th scope="col" { "When" } } }
                tbody {
                    @for one in items {
                        tr {
                            th scope="row" data-label="Account" {
                                (account(&one.stream, one.name.as_deref()))
                                @if let Some(doc) = &one.doc { br; span.muted { (about(doc, one.source_id.as_deref())) } }
                            }
                            td.right data-label="Waiting" { (one.waiting) }
                            @match &one.newest {
                                Some(newest) => {
                                    td data-label="Newest escalation" { (badge(Tone::Plain, &newest.state)) " " (words(&newest.graph)) @if !newest.rule.is_empty() { br; code { (newest.rule) } } }
                                    td data-label="Who" { (person(newest.person.as_deref(), newest.person.as_deref().and_then(|p| staff.name(p)))) }
                                    td data-label="When" { (instant(&newest.at, now)) }
                                }
                                None => {
                                    td data-label="Newest escalation" { span.muted { "none" } } td data-label="Who" {} td data-label="When" {}
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One account: what waits, the newest decision that asked somebody, and the whole timeline.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    args.only(&["cursor"])?;
    let id: AccountId = path.parsed("account", "`acc_` and 26 letters and digits")?;
    let (after, looks) = (args.cursor()?, viewer.clone());
    let first = after.is_none();
    let stream = StreamId::account(id);
    let (one, open, page, told, staff, now) = app
        .reading
        .run(move |desk| {
            let names = desk.names(&looks, &id.to_string())?;
            let one = accounts::one(desk, id, &names)?;
            let open = escalations::of_stream(desk, stream, &names)?;
            let page = accounts::timeline(desk, stream, 40, after.as_deref())?;
            // The newest escalation that asked somebody, and the decision behind it.
            let asked = open.iter().filter(|one| one.person.is_some()).max_by_key(|one| one.opened);
            let told = asked.map(|one| {
                let told =
                    decisions::explain(desk, stream, one.because, one.doc.parse().ok(), &names);
                (one.graph.clone(), told)
            });
            Ok((one, open, page, told.filter(|_| after.is_none()), desk.staff(), desk.now()))
        })
        .await?;
    let title = one.name.clone().unwrap_or_else(|| {
        format!("Account {}", stream.id.to_string().chars().take(8).collect::<String>())
    });
    let body = html! {
        p.meta { span.id { (one.account) } @if let Some(id) = &one.source_id { " · " (id) } }
        @if first {
            (escalations_of(&open, &staff, now))
            @if let Some((graph, Ok(told))) = &told {
                h2.part { "Who got this, and why" }
                (super::decision::body(told, &staff, now, &viewer, Some(graph)))
            }
        }
        h2.part { "What happened" }
        (timeline(&page.items, &one.stream, &staff, now, &viewer))
        (pager(&format!("/accounts/{id}"), "", first, page.next.as_deref()))
    };
    Ok(shown(&title, &viewer, id, &body))
}

fn shown(title: &str, viewer: &Viewer, id: AccountId, body: &Markup) -> Response {
    Frame::new(title, "/accounts", viewer, format!("/accounts/{id}")).shown(body)
}

fn escalations_of(all: &[Escalation], staff: &Staff, now: Timestamp) -> Markup {
    html! {
        @if all.is_empty() {
            section.card { p.muted { "Nobody was ever asked about this account." } }
        } @else {
            h2.part { "Escalations" }
            ul.cards {
                @for one in all.iter().take(12) {
                    li.card.case.overdue[one.overdue] {
                        div.what {
                            h3 { a href=(escalation_path(one)) { (heading(one)) } }
                            p.meta { (about(&one.doc, one.source_id.as_deref())) " · " (words(&one.graph)) }
                        }
                        div.who {
                            p { (state(&one.state, one.live, one.overdue)) " " (outcome(&one.outcome)) }
                            p { (person(one.person.as_deref(), one.person.as_deref().and_then(|p| staff.name(p)))) }
                        }
                        div.when { span.muted { "since " (time(one.times.0, now)) } }
                    }
                }
            }
            @if all.len() > 12 { p.muted { "and " (all.len() - 12) " more" } }
        }
    }
}

/// What happened, newest first.
pub(super) fn timeline(
    items: &[Moment],
    stream: &str,
    staff: &Staff,
    now: Timestamp,
    viewer: &Viewer,
) -> Markup {
    html! {
        ol.timeline {
            @for one in items {
                li.quiet[one.decided.is_empty() && one.moved.is_empty()] {
                    p.when { (instant(&one.at, now)) }
                    div.what {
                        p {
                            (record(viewer, stream, one.seq, &html! { (one.what) }))
                            @if one.status != "applied" { " " (badge(Tone::Unsure, &one.status)) }
                        }
                        @for decided in &one.decided {
                            p.step { (outcome(&decided.outcome)) " " (words(&decided.graph)) " → " (words(&decided.node))
                                @if !decided.rule.is_empty() { " by " code { (decided.rule) } }
                                @if !decided.asked.is_empty() { ", asks " (person(Some(&decided.asked), staff.name(&decided.asked))) } }
                        }
                        @for moved in one.moved.iter().filter(|moved| !one.decided.iter().any(|d| d.graph == moved.graph && d.doc == moved.doc)) {
                            p.step { (state(&moved.to, !moved.silent, false)) " " (words(&moved.graph))
                                @if !moved.person.is_empty() { " · " (person(Some(&moved.person), staff.name(&moved.person))) }
                                @if !moved.why.is_empty() { " · " (words(&moved.why)) } }
                        }
                    }
                }
            }
        }
    }
}
