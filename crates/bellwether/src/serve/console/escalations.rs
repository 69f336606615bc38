//! What waits for whom, and one escalation with all that led to it.

use super::layout::Frame;
use super::parts::{
    Tone, about, account, account_for, badge, empty, in_shadow, is_shadow, outcome, pager, person,
    record, state, time, words,
};
use super::{Shown, decision};
use crate::cli::explain::staff::Staff;
use crate::serve::App;
use crate::serve::api::escalations::key;
use crate::serve::api::request::{Args, Segments};
use crate::serve::read::accounts;
use crate::serve::read::escalations::{self, Escalation, State as Which, Wanted};
use crate::serve::read::log as proofs;
use crate::serve::read::{Desk, decisions};
use crate::serve::viewer::Viewer;
use axum::extract::State;
use bellwether_core::Timestamp;
use maud::{Markup, html};
use std::sync::Arc;

/// What a list of escalations shows.
struct Listed {
    items: Vec<Escalation>,
    next: Option<String>,
    staff: Staff,
    now: Timestamp,
}

fn listed(
    desk: &Desk<'_>,
    viewer: &Viewer,
    wanted: &Wanted,
    limit: usize,
    after: Option<&str>,
) -> Result<Listed, crate::serve::problem::Refused> {
    let names = desk.names(viewer, "escalations")?;
    let page = escalations::page(desk, wanted, &names, limit, after)?;
    Ok(Listed { items: page.items, next: page.next, staff: desk.staff(), now: desk.now() })
}

/// What waits, what is overdue first.
pub(super) async fn waiting(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&["person", "cursor", "limit"])?;
    let asked = if viewer.only_asked { None } else { args.text("person", 64)?.map(str::to_owned) };
    let chosen = asked.or_else(|| viewer.person.clone());
    let (limit, after) = (args.limit()?, args.cursor()?);
    let (looks, only, first) = (viewer.clone(), chosen.clone(), after.is_none());
    let (found, people, shadow) = app
        .reading
        .run(move |desk| {
            let wanted = Wanted { person: only, asked_only: true, ..Wanted::default() };
            let found = listed(desk, &looks, &wanted, limit, after.as_deref())?;
            let people = if looks.only_asked { Vec::new() } else { waited_for(desk)? };
            Ok((found, people, is_shadow(desk)))
        })
        .await?;
    let query = chosen
        .as_ref()
        .map_or_else(String::new, |one| format!("person={}", super::layout::escaped(one)));
    let overdue = found.items.iter().filter(|one| one.overdue).count();
    let body = html! {
        @if shadow { (in_shadow(&viewer)) }
        (filter("/", &people, chosen.as_deref(), &found.staff))
        @if found.items.is_empty() {
            (empty("Nothing waits", &html! {
                "Nobody has an open question."
                @if viewer.opens("/escalations") { " " a href="/escalations?state=all" { "See what there was" } "." }
                @if viewer.opens("/try") { " " a href="/try" { "Try what the policy would do" } "." }
            }))
        } @else {
            @if overdue > 0 {
                p.notice.bad role="status" { strong { (overdue) } " of these " @if overdue == 1 { "is" } @else { "are" } " overdue." }
            }
            (cards(&found, &viewer))
            (pager("/", &query, first, found.next.as_deref()))
        }
    };
    let back = if query.is_empty() { "/".to_owned() } else { format!("/?{query}") };
    Ok(Frame::new("Waiting", "/", &viewer, back).shown(&body))
}

/// Handles that something waits for, with how much.
fn waited_for(desk: &Desk<'_>) -> Result<Vec<(String, usize)>, crate::serve::problem::Refused> {
    let mut people = std::collections::BTreeMap::new();
    let board = desk.board()?;
    for (_, one) in board.cases().filter(|(_, one)| !one.silent && one.state != "closed") {
        if let Some(person) = &one.person {
            *people.entry(person.clone()).or_insert(0) += 1;
        }
    }
    Ok(people.into_iter().collect())
}

fn filter(path: &str, people: &[(String, usize)], chosen: Option<&str>, staff: &Staff) -> Markup {
    html! {
        @if !people.is_empty() {
            form.filter action=(path) method="get" {
                label for="person" { "For whom" }
                select #person name="person" required[false] {
                    option value="" selected[chosen.is_none()] disabled[chosen.is_none()] { "Everybody" }
                    @for (handle, count) in people {
                        option value=(handle) selected[chosen == Some(handle)] {
                            (staff.of(handle)) " · " (count)
                        }
                    }
                }
                button.quiet type="submit" { "Show" }
                @if chosen.is_some() { a href=(path) { "Everybody" } }
            }
        }
    }
}

/// Escalations as cards: one thing to do on each.
fn cards(found: &Listed, viewer: &Viewer) -> Markup {
    html! {
        ul.cards {
            @for one in &found.items {
                li.card.case.overdue[one.overdue] {
                    div.what {
                        h2 {
                            a href=(path(one)) {
                                (heading(one))
                            }
                        }
                        p.meta {
                            (account_for(viewer, &one.stream, one.account_name.as_deref()))
                            " · " (about(&one.doc, one.source_id.as_deref()))
                            " · " (words(&one.graph))
                        }
                    }
                    div.who {
                        p { (state(&one.state, one.live, one.overdue)) " " (outcome(&one.outcome)) }
                        p { (person(one.person.as_deref(), one.person.as_deref().and_then(|p| found.staff.name(p)))) }
                    }
                    div.when { (due(one, found.now)) }
                    p.act { a.button href=(path(one)) aria-label={ "Open: " (heading(one)) } { "Open" } }
                }
            }
        }
    }
}

fn due(one: &Escalation, now: Timestamp) -> Markup {
    html! {
        @match one.times.1 {
            Some(at) => { span.muted { @if one.overdue { "was due " } @else { "due " } } (time(at, now)) }
            None => span.muted { "no deadline" },
        }
    }
}

/// What it is about, in a sentence: the reason that its rule gives.
pub(super) fn heading(one: &Escalation) -> String {
    match (one.reason.is_empty(), one.doubt) {
        (true, _) => sentence(&words(&one.graph)),
        (false, true) => format!("In doubt: {}", one.reason),
        (false, false) => sentence(&one.reason),
    }
}

/// The first letter large: reasons are written as parts of sentences.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The page of an escalation.
pub(super) fn path(one: &Escalation) -> String {
    format!("/escalations/{}/{}/{}", one.stream, one.doc, one.graph)
}

/// Every escalation, by state.
pub(super) async fn list(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&["state", "person", "overdue", "cursor", "limit"])?;
    let which = args.parsed("state", "a state", Which::from_word)?.unwrap_or(Which::Waiting);
    let chosen = args.text("person", 64)?.map(str::to_owned);
    let (limit, after) = (args.limit()?, args.cursor()?);
    let wanted = Wanted {
        state: which,
        person: chosen.clone(),
        overdue: args.flag("overdue")?,
        asked_only: false,
    };
    let (looks, first) = (viewer.clone(), after.is_none());
    let found =
        app.reading.run(move |desk| listed(desk, &looks, &wanted, limit, after.as_deref())).await?;
    let mut query = format!("state={}", which.as_str());
    if let Some(person) = &chosen {
        query = format!("{query}&person={}", super::layout::escaped(person));
    }
    let body = html! {
        nav.tabs aria-label="Which escalations" {
            @for (state, word) in Which::ALL {
                a href={ "/escalations?state=" (word) } aria-current=[(state == which).then_some("page")] { (tab(state)) }
            }
        }
        @if found.items.is_empty() {
            (empty("None of this kind", &html! {
                a href="/escalations?state=all" { "Show all of them" } ", or "
                a href="/decisions" { "look at what was decided" } "."
            }))
        } @else {
            (table(&found))
            (pager("/escalations", &query, first, found.next.as_deref()))
        }
    };
    let back = format!("/escalations?{query}");
    Ok(Frame::new("Escalations", "/escalations", &viewer, back).shown(&body))
}

/// A state as the tabs say it.
fn tab(state: Which) -> &'static str {
    match state {
        Which::Accepted => "taken",
        Which::Discovering => "finding out more",
        other => other.as_str(),
    }
}

fn table(found: &Listed) -> Markup {
    html! {
        div.scroll role="region" aria-label="Escalations" tabindex="0" {
            table {
                thead { tr { th scope="col" { "What for" } th scope="col" { "Account" } th scope="col" { "State" }
                    th scope="col" { "Who" } th scope="col" { "Since" } th scope="col" { "Due" } } }
                tbody {
                    @for one in &found.items {
                        tr {
                            th scope="row" data-label="What for" {
                                a href=(path(one)) { (heading(one)) }
                                br; span.muted { (outcome(&one.outcome)) " " (about(&one.doc, one.source_id.as_deref())) }
                            }
                            td data-label="Account" { (account(&one.stream, one.account_name.as_deref())) }
                            td data-label="State" { (state(&one.state, one.live, one.overdue))  }
                            td data-label="Who" { (person(one.person.as_deref(), one.person.as_deref().and_then(|p| found.staff.name(p)))) }
                            td data-label="Since" { (time(one.times.0, found.now)) }
                            td data-label="Due" { @if let Some(at) = one.times.1 { (time(at, found.now)) } @else { span.muted { "–" } } }
                        }
                    }
                }
            }
        }
    }
}

/// One escalation: what waits, what can be answered, and the decision behind it.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    args.only(&["done"])?;
    let (key, looks, done) = (key(&path)?, viewer.clone(), args.text("done", 16)?.is_some());
    let (found, told, moves, staff, now) = app
        .reading
        .run(move |desk| {
            let names = desk.names(&looks, &format!("{} {} {}", key.0, key.1, key.2))?;
            let found = escalations::seen(desk, &looks, &key, &names)?;
            // The decision that opened or raised it says why.
            let told = decisions::explain(desk, key.0, found.because, Some(key.1), &names);
            let told = told.map(|told| {
                let proof = proofs::proof(desk, told.pos).map(|proof| (proof.index, proof.size));
                (told, proof)
            });
            let moves = accounts::moves_of(desk, &key, found.opened)?;
            Ok((found, told, moves, desk.staff(), desk.now()))
        })
        .await?;
    let body = html! {
        @if done { p.notice.good role="status" { "Your answer is written down and in force." } }
        (summary(&found, &staff, now, &viewer))
        @match &told {
            Ok((told, _)) => (decision::body(told, &staff, now, &viewer, Some(&found.graph))),
            Err(refused) => section.card { h2 { "Why" } p { (refused.problem.message) ". " (refused.problem.help) } }
        }
        h2.part { "What happened since" }
        (super::accounts::timeline(&moves, &found.stream, &staff, now, &viewer))
        @if let Ok((told, proof)) = &told { (decision::proof_card(&viewer, told.pos, proof)) }
    };
    Ok(Frame::new(heading(&found), "/escalations", &viewer, self::path(&found)).shown(&body))
}

fn summary(one: &Escalation, staff: &Staff, now: Timestamp, viewer: &Viewer) -> Markup {
    let who = one.person.as_deref();
    let open = matches!(one.state.as_str(), "asked" | "accepted") && one.ask.is_some() && one.live;
    html! {
        section.card.summary aria-label="Where it stands" {
            dl.facts {
                div { dt { "Account" } dd { (account_for(viewer, &one.stream, one.account_name.as_deref())) } }
                div { dt { "About" } dd { (about(&one.doc, one.source_id.as_deref())) } }
                div { dt { "State" } dd { (state(&one.state, one.live, one.overdue)) " " (outcome(&one.outcome)) } }
                div { dt { "Who" } dd { (person(who, who.and_then(|who| staff.name(who)))) } }
                div { dt { "Since" } dd { (time(one.times.0, now)) } }
                div { dt { "Due" } dd { @if let Some(at) = one.times.1 { (time(at, now)) } @else { span.muted { "no deadline" } } } }
                div { dt { "Why now" } dd { (words(&one.why)) } }
                @if !one.steps.is_empty() { div { dt { "Steps" } dd { ol { @for step in &one.steps { li { (words(step)) } } } } } }
                div { dt { "Records" } dd {
                    (record(viewer, &one.stream, one.opened, &html! { "opened by " (one.opened) }))
                    @if one.seq != one.opened { ", " (record(viewer, &one.stream, one.seq, &html! { "moved by " (one.seq) })) }
                } }
            }
            @if open && who.is_some_and(|who| viewer.answers_as(who)) { (answers(one)) }
            @else if open { p.muted { "Only whoever is asked can answer." } }
            @else if !one.live { p.muted { (badge(Tone::Plain, "not asked")) " Nobody was asked: this is told of the past, or the rules only watched. It shows who would have been." } }
        }
    }
}

fn answers(one: &Escalation) -> Markup {
    let base = format!("{}/answer", path(one));
    html! {
        div.answers role="group" aria-label="Answer" {
            @if one.approves.is_some() {
                a.button.primary href={ (base) "?answer=accept" } { "Approve" }
                a.button href={ (base) "?answer=decline" } { "Refuse" }
            } @else {
                @if one.state == "asked" { a.button.primary href={ (base) "?answer=accept" } { "Take it" } }
                a.button href={ (base) "?answer=resolve" } { "It is done" }
                a.button href={ (base) "?answer=decline" } { "Decline" }
            }
            a.button href={ (base) "?answer=delegate" } { "Hand it on" }
            a.button href={ (base) "?answer=snooze" } { "Later" }
        }
    }
}
