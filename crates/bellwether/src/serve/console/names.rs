//! Showing names: a purpose, once, until the browser is closed; each page that shows them is noted.

use super::layout::Frame;
use super::{Form, Shown, go};
use crate::access::FORM;
use crate::cli::names::read_purpose;
use crate::serve::api::request::Args;
use crate::serve::problem::Refused;
use crate::serve::viewer::{PURPOSE_COOKIE, Viewer};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use maud::html;

/// Asks what for.
pub(super) async fn ask(viewer: Viewer, args: Args) -> Shown {
    let back = args.text("back", 2_000)?.unwrap_or("/").to_owned();
    let body = html! {
        section.card.form {
            p {
                "Accounts stand here by number. Say what you need their names for, in a word such as "
                code { "renewal-call" } " or " code { "audit-2026-q3" } ". It is written down with the time and "
                "every page that shows names, and kept."
            }
            form action="/names" method="post" {
                input type="hidden" name=(FORM) value=(viewer.form);
                input type="hidden" name="back" value=(back);
                label for="purpose" { "Purpose" }
                input #purpose name="purpose" required maxlength="64" pattern="[A-Za-z0-9._#\\-]+"
                    autocomplete="off" spellcheck="false" aria-describedby="rule";
                p.muted #rule { "Letters, digits and -_.# only. No names of people." }
                p.actions { button.primary type="submit" { "Show names" } a.button.quiet href=(own(&back)) { "Back" } }
            }
        }
    };
    Ok(Frame::new("Show names", "", &Viewer { purpose: None, ..viewer }, back).shown(&body))
}

/// Keeps the purpose in the browser.
pub(super) async fn keep(_: Viewer, request: Request) -> Shown {
    let form = Form::read(request).await?;
    let said = form.text("purpose").unwrap_or_default();
    let purpose =
        read_purpose(said).map_err(|message| Refused::wrong("purpose", message, "a word"))?;
    let mut response = go(form.text("back").unwrap_or("/"));
    let cookie = format!("{PURPOSE_COOKIE}={purpose}; Path=/; HttpOnly; SameSite=Strict");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Forgets it.
pub(super) async fn hide(_: Viewer, request: Request) -> Shown {
    let form = Form::read(request).await?;
    let mut response = go(form.text("back").unwrap_or("/"));
    let cookie = format!("{PURPOSE_COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A path of this site, or its first page.
fn own(path: &str) -> &str {
    if path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') {
        path
    } else {
        "/"
    }
}
