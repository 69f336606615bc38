//! The log: how much is signed, by whom, and proofs to take away.

use super::Shown;
use super::decision::instant;
use super::layout::Frame;
use crate::serve::App;
use crate::serve::api::decisions::number;
use crate::serve::api::request::{Args, Segments};
use crate::serve::read::log::{self, LogState};
use crate::serve::viewer::Viewer;
use crate::table::thousands;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use bellwether_core::Timestamp;
use maud::{Markup, html};
use std::sync::Arc;

/// The state of the log.
pub(super) async fn state(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&[])?;
    let (state, note, now) = app
        .reading
        .run(|desk| Ok((log::state(desk)?, log::checkpoint(desk).ok(), desk.now())))
        .await?;
    let body = html! {
        p.intro { "Every decision is a record in a log that only grows. A checkpoint signs all of it at once." }
        @if let Some(newest) = state.epochs.last() {
            div.tiles {
                div.tile { span.figure { (thousands(newest.records)) } span.name { "records" } }
                div.tile { span.figure { (thousands(newest.signed)) } span.name { "signed" } }
                div.tile { span.figure { (newest.signatures) } span.name { "signatures" } }
                div.tile { span.figure { (state.quorum) } span.name { "witnesses needed" } }
            }
            p {
                @match &newest.signed_at { Some(at) => { "Last signed " (instant(at, now)) "." } None => "Not signed yet." }
                @if state.quorum == 0 {
                    " " span.muted { "No witness co-signs: whoever holds the key of this log could sign another history." }
                }
            }
        }
        @if let Some(note) = note {
            section.card aria-labelledby="note" {
                h2 #note { "Newest checkpoint" }
                pre tabindex="0" role="region" aria-label="The signed note" { (String::from_utf8_lossy(&note)) }
                p.actions { a.button href="/v1/log/checkpoint" { "As a file" } }
            }
        }
        (tables(&state, now))
    };
    Ok(Frame::plain("Log", "/log", &viewer).shown(&body))
}

fn tables(state: &LogState, now: Timestamp) -> Markup {
    html! {
        section.card aria-labelledby="keys" {
            h2 #keys { "Keys" }
            p.muted { "Give these to whoever checks the log." }
            @for key in &state.keys {
                p { code.wrap { (key.key) } br;
                    span.muted { "from record " (thousands(key.since)) " of epoch " (key.epoch) @if let Some(until) = &key.until { ", until " (instant(until, now)) } } }
            }
        }
        @if state.epochs.len() > 1 {
            section.card aria-labelledby="epochs" {
                h2 #epochs { "Epochs" }
                ul { @for one in &state.epochs { li { "Epoch " (one.epoch) ": " (thousands(one.records)) " records, begun " (instant(&one.begun, now)) } } }
            }
        }
    }
}

/// The proof of a record, as a file.
pub(super) async fn proof(State(app): State<Arc<App>>, _: Viewer, path: Segments) -> Shown {
    let pos = number(&path, "pos")?;
    let proof = app.reading.run(move |desk| log::proof(desk, pos)).await?;
    let name = format!("attachment; filename=\"record-{pos}.tlog-proof\"");
    let kind = "text/plain; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, &name)], proof.file)
        .into_response())
}

/// The bytes of a record, which its proof is about.
pub(super) async fn record(State(app): State<Arc<App>>, _: Viewer, path: Segments) -> Shown {
    let pos = number(&path, "pos")?;
    let record = app.reading.run(move |desk| log::record(desk, pos)).await?;
    let name = format!("attachment; filename=\"record-{pos}.json\"");
    let kind = "application/json";
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, &name)], record)
        .into_response())
}
