//! The house: sources.

use super::Shown;
use super::layout::Frame;
use super::parts::{Tone, badge, empty, time};
use crate::serve::App;
use crate::serve::api::request::Args;
use crate::serve::read::house;
use crate::serve::viewer::Viewer;
use crate::table::thousands;
use axum::extract::State;
use maud::html;
use std::sync::Arc;

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
                                td data-label="State" { @if one.is_silent { (badge(Tone::Unsure, "silent")) } @else { (badge(Tone::Good, "fresh")) } }
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
