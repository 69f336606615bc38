//! Pages of signing in: readable without a script, and without any data but what they need.

use super::error::AccessError;
use axum::response::Html;
use maud::{DOCTYPE, Markup, html};

/// A whole page.
pub(super) type Page = Html<String>;

/// A page of its own.
pub(super) fn page(title: &str, body: &Markup) -> Page {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Bellwether" }
            }
            body { main { h1 { (title) } (body) } }
        }
    };
    Html(whole.into_string())
}

/// What a page says went wrong.
fn said(error: Option<&AccessError>) -> Markup {
    html! {
        @if let Some(error) = error {
            p role="alert" { (error) ": " (error.help()) "." }
        }
    }
}

fn password(label: &str, complete: &str) -> Markup {
    html! {
        p {
            label for="password" { (label) }
            input #password name="password" type="password" autocomplete=(complete) required;
        }
    }
}

/// The field that says where to go on.
fn next_page(next: &str) -> Markup {
    html! { input type="hidden" name="next" value=(next); }
}

/// Signing in.
pub(super) fn sign_in(
    next: &str,
    provider: bool,
    undone: bool,
    error: Option<&AccessError>,
) -> Page {
    let body = html! {
        (said(error))
        @if undone { p.notice.unsure role="status" { "What you sent was not done: you were signed out meanwhile." } }
        form method="post" action="/sign-in" {
            (next_page(next))
            p {
                label for="name" { "Name" }
                input #name name="name" autocomplete="username" required autofocus;
            }
            (password("Password", "current-password"))
            p { button { "Sign in" } }
        }
        @if provider {
            form method="post" action="/oidc/begin" {
                (next_page(next))
                p { button { "Sign in with your organisation" } }
            }
        }
    };
    page("Sign in", &body)
}

/// Proving again who one is.
pub(super) fn step_up(
    next: &str,
    form: &Markup,
    provider: bool,
    undone: bool,
    error: Option<&AccessError>,
) -> Page {
    let body = html! {
        (said(error))
        @if undone { p.notice.unsure role="status" { "Nothing is done yet: after this you are asked once more." } }
        p { "What you are about to do takes a proof that is not older than five minutes." }
        @if provider {
            form method="post" action="/oidc/begin" {
                (form) (next_page(next))
                p { button { "Prove it with your organisation" } }
            }
        } @else {
            form method="post" action="/step-up" {
                (form) (next_page(next))
                (password("Password", "current-password"))
                p { button { "Go on" } }
            }
        }
        p { a href=(next) { "Back" } }
    };
    page("Prove who you are", &body)
}

/// Making an account, or a new password, by a one-time link.
pub(super) fn link(secret: &str, reset: bool, error: Option<&AccessError>) -> Page {
    let body = html! {
        (said(error))
        form method="post" action="/first" {
            input type="hidden" name="token" value=(secret);
            @if !reset {
                p {
                    label for="name" { "Name, such as your mail address" }
                    input #name name="name" autocomplete="username" required autofocus;
                }
            }
            (password("Password: 12 characters or more", "new-password"))
            p { button { "Go on" } }
        }
    };
    page(if reset { "A new password" } else { "Your account" }, &body)
}

/// The way to the provider. A redirect would be held back by `form-action`, which also guards where
/// forms lead.
pub(super) fn to_provider(url: &str) -> Page {
    page("One moment", &html! { p { a href=(url) { "Go on to your organisation" } } })
}

/// A refusal.
pub(super) fn refused(error: &AccessError) -> Page {
    let inside = error.status() >= 500;
    let body = html! {
        p role="alert" {
            @if inside { "It failed inside; the log says more" } @else { (error) }
            "."
        }
        p { (error.help()) "." }
        p { code { (error.code()) } " " a href="/" { "Home" } }
    };
    page("This did not work", &body)
}
