//! Help: the documents that came with the program, and a page for each error.

use super::layout::Frame;
use super::{Shown, page as answer};
use crate::serve::api::request::Segments;
use crate::serve::problem::{Refused, title};
use crate::serve::viewer::Viewer;
use axum::http::StatusCode;
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser, Tag};

include!(concat!(env!("OUT_DIR"), "/docs.rs"));

/// What there is to read.
pub(super) async fn index(viewer: Viewer) -> Shown {
    let body = html! {
        section.card {
            h2 { "Documents" }
            ul { @for (name, text) in PAGES { li { a href={ "/help/" (name) } { (heading(text)) } } } }
        }
        section.card {
            h2 { "Errors" }
            p.muted { "Every error has a code, and every code a page." }
            ul.columns { @for (code, _) in ERRORS { li { a href={ "/errors/" (code) } { (code) } } } }
        }
    };
    Ok(Frame::plain("Help", "/help", &viewer).shown(&body))
}

/// A document.
pub(super) async fn page(viewer: Viewer, path: Segments) -> Shown {
    let name = path.text("page");
    let found = PAGES.iter().find(|(known, _)| *known == name);
    let (_, text) = found.ok_or_else(|| Refused::not_found("there is no such document"))?;
    Ok(Frame::plain(heading(text), "/help", &viewer).shown(&written(text)))
}

/// What a code means.
pub(super) async fn error(path: Segments) -> Shown {
    let code = path.text("code");
    let found = ERRORS.iter().find(|(known, _)| *known == code);
    let (code, text) = found.ok_or_else(|| Refused::not_found("there is no such error"))?;
    let body = html! { p.meta { code { (code) } } (written(text)) };
    Ok(answer(StatusCode::OK, Frame::bare(&title(code)).page(&body)))
}

fn heading(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_start_matches("# ")
}

/// A document without its heading, which the frame shows.
fn written(text: &str) -> Markup {
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    let events = Parser::new_ext(rest, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = local(&dest_url).into();
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    });
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events);
    // Code and tables that are wider than the page are moved by the keyboard, too.
    let out = out.replace("<pre>", "<pre tabindex=\"0\">");
    let out = out.replace("<table>", "<table tabindex=\"0\">");
    html! { article.card.prose { (PreEscaped(out)) } }
}

/// A link of the documents as an address here; what is not here leads to the list.
fn local(link: &str) -> String {
    if link.starts_with("https://") || link.starts_with('#') {
        return link.to_owned();
    }
    let file = link.split('#').next().unwrap_or_default();
    let name = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".md");
    if ERRORS.iter().any(|(code, _)| *code == name) {
        return format!("/errors/{name}");
    }
    match PAGES.iter().any(|(page, _)| *page == name) {
        true => format!("/help/{name}"),
        false => "/help".to_owned(),
    }
}
