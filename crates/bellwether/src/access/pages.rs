//! Pages of signing in: readable without a script, and without any data but what they need.

use super::error::AccessError;
use super::link::FIRST;
use crate::serve::console::{alone, sentence};
use axum::response::Html;
use bellwether_store::LinkRow;
use maud::{Markup, html};

/// A whole page.
pub(super) type Page = Html<String>;

/// A page of its own.
pub(super) fn page(title: &str, body: &Markup) -> Page {
    Html(alone(title, body).into_string())
}

/// What a page says went wrong.
fn said(error: Option<&AccessError>) -> Markup {
    html! {
        @if let Some(error) = error {
            p.notice.bad role="alert" { (error) ": " (error.help()) "." }
        }
    }
}

fn password(label: &str, complete: &str) -> Markup {
    html! {
        label for="password" { (label) }
        input #password name="password" type="password" autocomplete=(complete) required;
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
        section.card.form {
            form method="post" action="/sign-in" {
                (next_page(next))
                label for="name" { "Name" }
                input #name name="name" autocomplete="username" required autofocus;
                (password("Password", "current-password"))
                p.actions { button.primary { "Sign in" } }
            }
            @if provider {
                form method="post" action="/oidc/begin" {
                    (next_page(next))
                    p.actions { button { "Sign in with your organisation" } }
                }
            }
        }
        p.muted { "No account, or the password is lost? An admin makes a link for you." }
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
        section.card.form {
            p { "What you are about to do takes a proof that is not older than five minutes." }
            form method="post" action=(if provider { "/oidc/begin" } else { "/step-up" }) {
                (form) (next_page(next))
                @if !provider { (password("Password", "current-password")) }
                p.actions {
                    button.primary { @if provider { "Prove it with your organisation" } @else { "Go on" } }
                    a.button.quiet href="/" { "Leave it" }
                }
            }
        }
    };
    page("Prove who you are", &body)
}

/// Making an account, or a new password, by a one-time link.
pub(super) fn link(secret: &str, link: &LinkRow, error: Option<&AccessError>) -> Page {
    let reset = link.account.is_some();
    let body = html! {
        (said(error))
        section.card.form {
            p {
                @if reset { "This sets a new password for your account, and signs you in." }
                @else if link.kind == FIRST {
                    "This makes the first account: an admin, who can do everything here and invite the others."
                }
                @else { "This makes your account, with the role " strong { (link.role) } ", and signs you in." }
            }
            form method="post" action="/first" {
                input type="hidden" name="token" value=(secret);
                @if !reset {
                    label for="name" { "Name, such as your mail address" }
                    input #name name="name" autocomplete="username" required autofocus;
                }
                (password("Password: 12 characters or more", "new-password"))
                p.actions { button.primary { "Go on" } }
            }
        }
    };
    page(if reset { "A new password" } else { "Your account" }, &body)
}

/// The way to the provider. A redirect would be held back by `form-action`, which also guards where
/// forms lead.
pub(super) fn to_provider(url: &str) -> Page {
    page(
        "One moment",
        &html! { section.card { p { a href=(url) { "Go on to your organisation" } } } },
    )
}

/// A refusal.
pub(super) fn refused(error: &AccessError) -> Page {
    let inside = error.status() >= 500;
    let body = html! {
        section.card.problem {
            p.lead role="alert" {
                @if inside { "It failed inside; the log says more" } @else { (sentence(&error.to_string())) }
                "."
            }
            p { strong { "What to do: " } (error.help()) "." }
            p { a href={ "/errors/" (error.code()) } { "What " code { (error.code()) } " means" } }
            p.actions {
                @if matches!(error, AccessError::Link) { a.button.primary href="/sign-in" { "Sign in" } }
                a.button.quiet href="/" { "Home" }
            }
        }
    };
    page("This did not work", &body)
}
