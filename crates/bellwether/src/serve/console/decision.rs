//! Decisions: the list, and one with its whole explanation and proof.

use super::Shown;
use super::escalations::sentence;
use super::layout::{Frame, escaped};
use super::parts::{
    Tone, about, account, badge, decision_path, empty, in_minutes, outcome, pager, percent, person,
    record, time, words,
};
use crate::cli::explain::staff::Staff;
use crate::cli::explain::stood::{ToldClause, ToldRule};
use crate::cli::explain::told::{Told, ToldDecision, ToldFact};
use crate::serve::App;
use crate::serve::api::decisions::{number, wanted};
use crate::serve::api::request::{Args, Segments};
use crate::serve::problem::Refused;
use crate::serve::read::decisions::{self, Decision};
use crate::serve::read::log as proofs;
use crate::serve::viewer::Viewer;
use axum::extract::State;
use bellwether_core::{StreamId, Timestamp};
use bellwether_policy::Outcome;
use maud::{Markup, html};
use std::sync::Arc;

/// What was decided, newest first.
pub(super) async fn list(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&["outcome", "graph", "person", "cursor", "limit"])?;
    let (limit, after) = (args.limit()?, args.cursor()?);
    let wanted = wanted(&args)?;
    let parts =
        [("outcome", &wanted.outcome), ("graph", &wanted.graph), ("person", &wanted.person)];
    let said =
        parts.iter().filter_map(|(name, text)| Some(format!("{name}={}", escaped(text.as_ref()?))));
    let query = said.collect::<Vec<_>>().join("&");
    let (chosen, looks, first) = (wanted.outcome.clone(), viewer.clone(), after.is_none());
    let (page, staff, now) = app
        .reading
        .run(move |desk| {
            let names = desk.names(&looks, "decisions")?;
            let page = decisions::page(desk, &wanted, &names, limit, after.as_deref())?;
            Ok((page, desk.staff(), desk.now()))
        })
        .await?;
    let body = html! {
        nav.tabs aria-label="Which decisions" {
            a href="/decisions" aria-current=[chosen.is_none().then_some("page")] { "all" }
            @for one in Outcome::ALL.map(Outcome::as_str) {
                a href={ "/decisions?outcome=" (one) } aria-current=[(chosen.as_deref() == Some(one)).then_some("page")] { (outcome_word(one)) }
            }
        }
        @if page.items.is_empty() && page.next.is_none() {
            (empty("Nothing of this kind was decided", &html! { "Import history or send signals; " a href="/help" { "the help" } " says how." }))
        } @else {
            (table(&page.items, &staff, now))
            (pager("/decisions", &query, first, page.next.as_deref()))
        }
    };
    let back =
        if query.is_empty() { "/decisions".to_owned() } else { format!("/decisions?{query}") };
    Ok(Frame::new("Decisions", "/decisions", &viewer, back).shown(&body))
}

fn outcome_word(word: &str) -> &str {
    match word {
        "cxo" => "executive",
        "discover" => "find out more",
        "none" => "nobody",
        other => other,
    }
}

fn table(items: &[Decision], staff: &Staff, now: Timestamp) -> Markup {
    html! {
        @if items.is_empty() { p.muted { "Nothing here yet; older records may have more." } }
        @else {
            div.scroll role="region" aria-label="Decisions" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Account" } th scope="col" { "Decided" }
                        th scope="col" { "Rule" } th scope="col" { "Asked" } th.right scope="col" { "Known" } } }
                    tbody {
                        @for one in items {
                            tr {
                                th scope="row" data-label="When" {
                                    a href=(decision_path(&one.stream, one.seq)) { (instant(&one.at, now)) }
                                }
                                td data-label="Account" { (account(&one.stream, one.account_name.as_deref())) br; span.muted { (about(&one.doc, one.source_id.as_deref())) } }
                                td data-label="Decided" { (outcome(&one.outcome)) " " span.muted { (words(&one.graph)) } }
                                td data-label="Rule" { @if one.rule.is_empty() { span.muted { "none held" } } @else { code { (one.rule) } } }
                                td data-label="Asked" { @if one.asked.is_empty() { span.muted { "nobody" } } @for handle in &one.asked { (person(Some(handle), staff.name(handle))) " " } }
                                td.right data-label="Known" { (percent(one.completeness_ppm)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// An instant as records write it.
pub(super) fn instant(text: &str, now: Timestamp) -> Markup {
    match crate::cli::context::read_time(text) {
        Ok(at) => time(at, now),
        Err(_) => html! { (text) },
    }
}

/// One record with its whole explanation.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    args.only(&[])?;
    let stream: StreamId = path.parsed("stream", "a stream")?;
    let (seq, looks) = (number(&path, "seq")?, viewer.clone());
    let (told, staff, now, called, proof) = app
        .reading
        .run(move |desk| {
            let names = desk.names(&looks, &format!("{stream}#{seq}"))?;
            let told = decisions::explain(desk, stream, seq, None, &names)?;
            let proof = proofs::proof(desk, told.pos).map(|proof| (proof.index, proof.size));
            Ok((told, desk.staff(), desk.now(), names.called(stream), proof))
        })
        .await?;
    let body = html! {
        section.card.summary aria-label="The record" {
            dl.facts {
                div { dt { "Account" } dd { (account(&told.stream, called.as_deref())) } }
                div { dt { "When" } dd { (instant(&told.at, now)) } }
                div { dt { "What happened" } dd { (told.because) } }
                div { dt { "Done with it" } dd { (words(&told.status)) @if let Some(gone) = told.gone { " · its words are " (gone) } } }
            }
        }
        (self::body(&told, &staff, now, &viewer, None))
        (proof_card(&viewer, told.pos, &proof))
    };
    let title = format!("Record {seq}");
    Ok(Frame::new(title, "/decisions", &viewer, decision_path(&told.stream, seq)).shown(&body))
}

/// Where a record stands in its tree, and how large the tree is under its checkpoint; or why that cannot
/// be told.
pub(super) type Proved = Result<(u64, u64), Refused>;

/// The place of a record in the log, with what is needed to check it elsewhere; for whoever reads the log.
pub(super) fn proof_card(viewer: &Viewer, pos: u64, proof: &Proved) -> Markup {
    if !viewer.opens("/log/proof") {
        return Markup::default();
    }
    html! {
        section.card aria-labelledby="proof" {
            h2 #proof { "Proof" }
            @match proof {
                Ok((index, size)) => {
                    p { "Record " strong { (index) } " of a log of " strong { (size) } " records, under a signed checkpoint. "
                        "The proof and the record stand alone: anybody can check them without this server." }
                    p.actions {
                        a.button href={ "/log/proof/" (pos) } download { "Download the proof" }
                        a.button.quiet href={ "/log/record/" (pos) } download { "Download the record" }
                    }
                    p.muted { "Check: " code { "bellwether log check record-" (pos) ".json record-" (pos) ".tlog-proof --key KEY" } }
                }
                Err(refused) => p { (refused.problem.message) ". " (refused.problem.help) },
            }
        }
    }
}

/// What a record decided and why, of one graph or of all.
pub(super) fn body(
    told: &Told,
    staff: &Staff,
    now: Timestamp,
    viewer: &Viewer,
    graph: Option<&str>,
) -> Markup {
    let shown = told.decisions.iter().filter(|one| graph.is_none_or(|graph| one.graph == graph));
    let mut shown: Vec<_> = shown.collect();
    // Those that ask somebody first.
    shown.sort_by_key(|one| (one.asks.is_none(), one.outcome == "none"));
    html! {
        @if shown.is_empty() {
            section.card { h2 { "Nothing was decided" } p.muted { "The event was counted, and no graph had anything to say." } }
        }
        @for one in shown { (decision(one, told, staff, now, viewer, graph.is_none())) }
    }
}

/// What decided, in a sentence; where the page says it already, that this is why.
fn heading(one: &ToldDecision, whole: bool) -> String {
    match (whole, one.reason.as_deref().filter(|reason| !reason.is_empty())) {
        (false, _) => "Why".to_owned(),
        (true, Some(reason)) if one.doubt => format!("In doubt: {reason}"),
        (true, Some(reason)) => sentence(reason),
        (true, None) => sentence(&words(&one.graph)),
    }
}

fn decision(
    one: &ToldDecision,
    told: &Told,
    staff: &Staff,
    now: Timestamp,
    viewer: &Viewer,
    whole: bool,
) -> Markup {
    html! {
        section.card.decision {
            h2 { (heading(one, whole)) }
            p.meta {
                (outcome(&one.outcome)) " " (words(&one.graph)) " · " (about(&one.doc, one.source_id.as_deref()))
                " · owner " (one.owner)
                @if one.doubt { " " (badge(Tone::Unsure, "in doubt")) }
                @if let Some(seq) = one.supersedes { " · replaces " (record(viewer, &told.stream, seq, &html! { "record " (seq) })) }
            }
            div.two {
                div {
                    h3 { @if one.doubt { "What could not be told" } @else { "Because" } }
                    @match &one.rule { Some(rule) => p { code { (rule) } }, None => p.muted { "No rule held." } }
                    (clauses(&one.clauses))
                    p.muted { "The way: " (one.path.join(" → ")) ". " (percent(one.completeness_ppm)) " of the required facts were known." }
                }
                div { (who(one, staff)) }
            }
            (facts(one, &told.stream, now, viewer))
            @if !one.before.is_empty() || !one.others.is_empty() { (others(one)) }
        }
    }
}

fn clauses(all: &[ToldClause]) -> Markup {
    html! {
        @if !all.is_empty() {
            ul.clauses {
                @for one in all {
                    li class=(one.truth) {
                        span.hidden { @match one.truth { "true" => "held: ", "false" => "did not hold: ", _ => "unknown: " } }
                        (one.sentence)
                    }
                }
            }
        }
    }
}

fn who(one: &ToldDecision, staff: &Staff) -> Markup {
    html! {
        h3 { "Who" }
        @match &one.asks {
            Some(asks) => {
                p { "Asks " strong { (words(&asks.role)) }
                    @for role in &asks.fallback { ", then " (words(role)) }
                    ". " (asks.ack) " to take it, " (asks.act) " to move." }
                @if !one.candidates.is_empty() {
                    p.muted { "Could be asked then:" }
                    ol.people {
                        @for handle in &one.candidates {
                            li { (person(Some(handle), staff.name(handle))) @if *handle == one.asked { " " (badge(Tone::Unsure, "asked")) } }
                        }
                    }
                }
            }
            None => p.muted { "Nobody is asked." },
        }
        p { "After this record: " (in_minutes(&one.stands)) "." }
    }
}

fn facts(one: &ToldDecision, stream: &str, now: Timestamp, viewer: &Viewer) -> Markup {
    let label = |what: &str| format!("{what}: {} {}", one.graph, one.doc);
    let (read, rest): (Vec<_>, Vec<_>) = one.facts.iter().partition(|fact| fact.decided);
    let missing = rest.iter().filter(|fact| fact.value.is_none()).count();
    html! {
        @if !read.is_empty() { h3 { "What the rule read" } (fact_table(&label("Facts that the rule read"), &read, stream, now, viewer)) }
        @if !rest.is_empty() {
            details {
                summary { (rest.len()) " other facts" @if missing > 0 { ", " (missing) " of them missing" } }
                (fact_table(&label("Other facts"), &rest, stream, now, viewer))
            }
        }
    }
}

fn fact_table(
    label: &str,
    facts: &[&ToldFact],
    stream: &str,
    now: Timestamp,
    viewer: &Viewer,
) -> Markup {
    html! {
        div.scroll role="region" aria-label=(label) tabindex="0" {
            table.dense {
                thead { tr { th scope="col" { "Fact" } th scope="col" { "Value" } th scope="col" { "As of" }
                    th scope="col" { "Written by" } th scope="col" { "From signals" } } }
                tbody {
                    @for fact in facts {
                        tr {
                            th scope="row" data-label="Fact" { code { (fact.fact) } }
                            td data-label="Value" { @if fact.value.is_some() { (fact.shown()) } @else { span.muted { (fact.shown()) } } }
                            td data-label="As of" { @if let Some(at) = &fact.as_of { (instant(at, now)) } @else { span.muted { "–" } } }
                            td data-label="Written by" { (fact.trust) }
                            td data-label="From signals" {
                                @if fact.from.is_empty() { span.muted { "–" } }
                                @for signal in fact.from.iter().rev().take(3) {
                                    span title=(signal.at) { (record(viewer, &signal.stream, signal.seq, &html! { (signal.kind) " " span.id { (signal.seq) } })) }
                                    @if signal.words != "kept" { " " span.muted { (signal.words) } }
                                    @if signal.stream != stream { " " span.muted { "linked" } }
                                    br;
                                }
                                @if fact.from.len() > 3 { span.muted { "and " (fact.from.len() - 3) " more" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn others(one: &ToldDecision) -> Markup {
    let rule = |rule: &ToldRule| {
        html! {
            li { code { (rule.rule) } " → " (words(&rule.to)) " " span.muted { (words(rule.standing)) } (clauses(&rule.clauses)) }
        }
    };
    html! {
        details {
            summary { "Why nothing else" }
            @if !one.before.is_empty() { h3 { "Rules before it that did not hold" } ul.rules { @for one in &one.before { (rule(one)) } } }
            @for node in &one.others {
                h3 { (words(&node.node)) @if let Some(role) = &node.role { " (" (words(role)) ")" } }
                @if node.rules.is_empty() { p.muted { "Reached by doubt or after finding out more only." } }
                @else { ul.rules { @for one in &node.rules { (rule(one)) } } }
            }
        }
    }
}
