//! The frame of every page: what a reader finds in the same place everywhere.

use super::page;
use crate::access::FORM;
use crate::access::decide::Action;
use crate::serve::problem::Refused;
use crate::serve::viewer::Viewer;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use bellwether_core::Purpose;
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

const STYLE: &str = concat!(
    include_str!("style/base.css"),
    include_str!("style/parts.css"),
    include_str!("style/media.css")
);
const ICON: &str = include_str!("style/icon.svg");

/// The names of the files, each with a digest of what is in it: they can be kept for ever.
static FILES: LazyLock<[(String, &str, &str); 2]> = LazyLock::new(|| {
    let name = |text: &str, ending: &str| {
        let digest = BASE64.encode(Sha256::digest(text.as_bytes()));
        format!("{}.{ending}", digest.chars().take(16).collect::<String>())
    };
    [
        (name(STYLE, "css"), "text/css; charset=utf-8", STYLE),
        (name(ICON, "svg"), "image/svg+xml", ICON),
    ]
});

/// Where a page stands in the navigation.
const PLACES: [(&str, &[(&str, &str)]); 3] = [
    ("People", &[("/", "Waiting"), ("/escalations", "Escalations"), ("/accounts", "Accounts")]),
    ("Policy", &[("/decisions", "Decisions"), ("/try", "Try a policy")]),
    (
        "House",
        &[
            ("/sources", "Sources"),
            ("/outbox", "Outbox"),
            ("/rules", "Rules"),
            ("/log", "Log"),
            ("/help", "Help"),
        ],
    ),
];

/// What the frame shows around a page.
pub(super) struct Frame {
    title: String,
    place: &'static str,
    /// The address that "show names" comes back to; none where no names could be shown.
    back: Option<String>,
    viewer: Option<Viewer>,
    search: String,
}

impl Frame {
    /// The frame of a page that shows accounts.
    pub(super) fn new(
        title: impl Into<String>,
        place: &'static str,
        viewer: &Viewer,
        back: impl Into<String>,
    ) -> Self {
        let (back, viewer, search) = (Some(back.into()), Some(viewer.clone()), String::new());
        Self { title: title.into(), place, back, viewer, search }
    }

    /// The frame of a page that shows no account.
    pub(super) fn plain(title: &str, place: &'static str, viewer: &Viewer) -> Self {
        Self { place, viewer: Some(viewer.clone()), ..Self::bare(title) }
    }

    /// The frame of a page that anybody may see.
    pub(super) fn bare(title: &str) -> Self {
        Self { title: title.to_owned(), place: "", back: None, viewer: None, search: String::new() }
    }

    /// What was looked for.
    pub(super) fn searched(mut self, text: &str) -> Self {
        text.clone_into(&mut self.search);
        self
    }

    /// The whole page.
    pub(super) fn page(&self, body: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                (head(&self.title))
                body {
                    a.skip href="#main" { "Skip to the page" }
                    (self.header())
                    (self.navigation())
                    main #main tabindex="-1" {
                        (self.stopped())
                        div.head { h1 { (self.title) } (self.names()) }
                        (body)
                    }
                    footer { (self.footer()) }
                }
            }
        }
    }

    /// The page as an answer.
    pub(super) fn shown(&self, body: &Markup) -> Response {
        page(StatusCode::OK, self.page(body))
    }

    fn header(&self) -> Markup {
        html! {
            header.top {
                (brand())
                @if self.leads("/accounts") {
                    form.search role="search" action="/accounts" method="get" {
                        label.hidden for="q" { "Find an account" }
                        input #q type="search" name="q" value=(self.search) maxlength="254" autocomplete="off"
                            spellcheck="false" placeholder="Name, mail, domain or id";
                        button type="submit" { "Find" }
                    }
                }
            }
        }
    }

    /// Whether the page opens for whoever looks; of nobody it is not known.
    fn leads(&self, to: &str) -> bool {
        self.viewer.as_ref().map_or(matches!(to, "/" | "/help"), |viewer| viewer.opens(to))
    }

    /// That nothing is sent; the Outbox page says more of it itself.
    fn stopped(&self) -> Markup {
        let stopped = self.viewer.as_ref().is_some_and(|viewer| viewer.stopped);
        html! {
            @if stopped && self.place != "/outbox" {
                div.notice.bad role="status" {
                    strong { "All sending is stopped." } " Nobody hears of anything new. "
                    @if self.leads("/outbox") { a href="/outbox" { "To the Outbox" } }
                }
            }
        }
    }

    fn navigation(&self) -> Markup {
        html! {
            nav.places aria-label="Pages" {
                @for (group, places) in PLACES.iter().filter(|(_, places)| places.iter().any(|(to, _)| self.leads(to))) {
                    p.group aria-hidden="true" { (group) }
                    ul {
                        @for (to, name) in places.iter().filter(|(to, _)| self.leads(to)) {
                            li {
                                @if *to == self.place { a href=(to) aria-current="page" { (name) } }
                                @else { a href=(to) { (name) } }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether names are shown, and how to change that.
    fn names(&self) -> Markup {
        let (Some(back), Some(viewer)) = (&self.back, &self.viewer) else {
            return Markup::default();
        };
        if !viewer.may.contains(&Action::ReadNames) {
            return Markup::default();
        }
        html! {
            @match &viewer.purpose {
                Some(purpose) => {
                    form.names action="/names/hide" method="post" {
                        input type="hidden" name=(FORM) value=(viewer.form);
                        input type="hidden" name="back" value=(back);
                        span { "Names are shown for " strong { (purpose) } }
                        button.quiet type="submit" { "Hide names" }
                    }
                }
                None => {
                    p.names {
                        a.button.quiet href={ "/names?back=" (escaped(back)) } { "Show names" }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            p { "Bellwether " (env!("CARGO_PKG_VERSION")) " · times are UTC" }
            @if let Some(viewer) = &self.viewer { (account(viewer)) }
            p { a href="/help" { "Help" } " · " a href="/v1/openapi.json" { "API" } }
        }
    }
}

/// A page outside the console, such as signing in: the same look, with nothing around it but the way home.
pub(crate) fn alone(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body.alone {
                header.top { (brand()) }
                main #main { div.head { h1 { (title) } } (body) }
                footer { p { "Bellwether " (env!("CARGO_PKG_VERSION")) " · times are UTC" } }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    let [(style, ..), (icon, ..)] = &*FILES;
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · Bellwether" }
            link rel="stylesheet" href={ "/assets/" (style) };
            link rel="icon" href={ "/assets/" (icon) } type="image/svg+xml";
        }
    }
}

fn brand() -> Markup {
    let [_, (icon, ..)] = &*FILES;
    html! {
        a.brand href="/" {
            img src={ "/assets/" (icon) } alt="" width="28" height="28";
            span { "Bellwether" }
        }
    }
}

/// Who is signed in, and as what; for an account, the way to its own page and out.
fn account(viewer: &Viewer) -> Markup {
    let called = viewer.called.as_ref().map(|name| name.reveal(Purpose::Show).as_str());
    let called = called.unwrap_or(&viewer.name);
    html! {
        div.account {
            "signed in as "
            @if viewer.form.is_empty() { strong { (called) } } @else { a href="/profile" { (called) } }
            @if !viewer.roles.is_empty() { " (" (viewer.roles.join(", ")) ")" }
            @if !viewer.form.is_empty() {
                form action="/sign-out" method="post" {
                    input type="hidden" name=(FORM) value=(viewer.form);
                    button.quiet type="submit" { "Sign out" }
                }
            }
        }
    }
}

/// A text as part of an address.
pub(super) fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A file of the pages.
pub(super) async fn asset(Path(file): Path<String>) -> Response {
    let Some((_, kind, text)) = FILES.iter().find(|(name, ..)| *name == file) else {
        return super::refused(&Refused::not_found("there is no such file"));
    };
    let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, for_ever),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, *text).into_response()
}
