//! One's own account: who one is, one's sessions and password; and emergencies that wait for a look.

use super::answer::{Asking, Denied, guarded};
use super::error::AccessError;
use super::http::Fields;
use super::pages::{Page, page};
use super::principal::{Account, Principal};
use super::{Action, Desk, Resource};
use crate::http::Address;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use bellwether_core::{Personal, Purpose, Timestamp};
use bellwether_store::{Change, SessionRow, UserRow};
use maud::{Markup, html};
use serde_json::{Value, json};
use std::sync::Arc;

/// Lines of the trail that are sent at once.
const MOST_LINES: u32 = 1000;

pub(super) fn routes(desk: &Arc<Desk>) -> Router<Arc<Desk>> {
    let trail = Router::new().route("/v1/access/trail", get(trail));
    guarded(trail, desk, Action::ReadTrail)
        .route("/profile", get(profile))
        .route("/profile/end", post(end))
        .route("/profile/password", post(password))
        .route("/emergencies", get(emergencies).post(review))
        .route("/v1/me", get(me))
}

/// Whoever is signed in.
pub(super) fn account(asking: &Asking) -> Result<&Account, Denied> {
    match &asking.who {
        Principal::Account(account) => Ok(account),
        Principal::Nobody => Err(asking.denied(AccessError::Nobody)),
        Principal::Service(_) => Err(asking.denied(AccessError::Denied)),
    }
}

async fn me(State(desk): State<Arc<Desk>>, asking: Asking) -> Result<Response, Denied> {
    let now = desk.now();
    let may: Vec<_> = Action::ALL
        .into_iter()
        .filter(|action| {
            matches!(
                desk.may(&asking.who, *action, &Resource::House, now),
                Ok(()) | Err(super::Why::StepUp)
            )
        })
        .map(Action::as_str)
        .collect();
    let body = match &asking.who {
        Principal::Nobody => return Err(asking.denied(AccessError::Nobody)),
        Principal::Account(account) => {
            let (role, person) = (account.role.as_str(), &account.person);
            json!({ "account": account.id, "role": role, "person": person, "may": may })
        }
        Principal::Service(service) => {
            let scopes: Vec<_> = service.scopes.iter().map(|scope| scope.as_str()).collect();
            let trust = service.trust.as_str();
            let sources = &service.sources;
            json!({ "token": service.id, "scopes": scopes, "sources": sources, "trust": trust, "may": may })
        }
    };
    Ok(as_json(&body))
}

/// The newest lines of the trail, the newest first.
async fn trail(State(desk): State<Arc<Desk>>, asking: Asking) -> Result<Response, Denied> {
    let lines = desk.reader().trail(MOST_LINES);
    let lines = lines.map_err(|error| asking.denied(error.into()))?.into_iter().map(|line| {
        let (at, what) = (line.at.to_string(), line.what);
        json!({ "id": line.id, "at": at, "what": what, "account": line.account, "by": line.actor })
    });
    Ok(as_json(&json!({ "trail": lines.collect::<Vec<_>>() })))
}

fn as_json(body: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn profile(State(desk): State<Arc<Desk>>, asking: Asking) -> Result<Page, Denied> {
    let account = account(&asking)?;
    let own = desk.own(account).map_err(|error| asking.denied(error))?;
    Ok(page("Your account", &body(&asking.form(), account, &own)))
}

/// What a profile shows.
struct Own {
    user: UserRow,
    name: Option<Personal<String>>,
    sessions: Vec<SessionRow>,
}

fn body(form: &Markup, account: &Account, own: &Own) -> Markup {
    let Own { user, name, sessions } = own;
    let name = name.as_ref().map_or("", |name| name.reveal(Purpose::Show));
    html! {
        section.card aria-label="Who you are" {
            dl.facts {
                div { dt { "Name" } dd { (name) } }
                div { dt { "Account" } dd { code { (account.id) } } }
                div { dt { "Role" } dd { (account.role.as_str()) } }
                @if let Some(person) = &account.person { div { dt { "Asked as" } dd { (person) } } }
            }
            form method="post" action="/sign-out" {
                (form)
                p.actions {
                    button.primary { "Sign out" }
                    button.quiet name="everywhere" value="yes" { "Sign out everywhere" }
                    a.button.quiet href="/" { "Back" }
                }
            }
        }
        h2.part { "Where you are signed in" }
        (table_of(sessions, account, form))
        @if user.password.is_some() {
            h2.part { "Another password" }
            section.card.form {
                form method="post" action="/profile/password" {
                    (form)
                    label for="old" { "Password so far" }
                    input #old name="old" type="password" autocomplete="current-password" required;
                    label for="new" { "New password: 12 characters or more" }
                    input #new name="new" type="password" autocomplete="new-password" required;
                    p.actions { button { "Change it" } }
                }
            }
        }
    }
}

fn table_of(sessions: &[SessionRow], account: &Account, form: &Markup) -> Markup {
    html! {
        div.scroll role="region" aria-label="Sessions" tabindex="0" {
            table {
                thead { tr { th scope="col" { "Since" } th scope="col" { "Last used" } th scope="col" { "Ends" } th scope="col" { "End it" } } }
                tbody {
                    @for session in sessions {
                        tr {
                            td data-label="Since" { (to_the_minute(session.created)) }
                            td data-label="Last used" { (to_the_minute(session.seen)) }
                            td data-label="Ends" { (to_the_minute(session.ends)) }
                            td data-label="End it" {
                                @if session.number == account.session { "this one" } @else {
                                    form method="post" action="/profile/end" {
                                        (form)
                                        input type="hidden" name="number" value=(session.number);
                                        button { "End" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn to_the_minute(at: Timestamp) -> String {
    let text = crate::cli::context::to_the_second(at).to_string();
    text.get(..16).map_or(text.clone(), |text| text.replace('T', " "))
}

async fn end(
    State(desk): State<Arc<Desk>>,
    asking: Asking,
    fields: Fields,
) -> Result<Redirect, Denied> {
    let account = account(&asking)?.clone();
    let number = fields.get("number").parse().unwrap_or(0);
    let ended = desk.off(move |desk, now| {
        let change = [Change::EndNumber(&account.id, number)];
        desk.change(now, "session.ended", Some(&account.id), &account.id, &change)
    });
    ended.await.map_err(|error| asking.denied(error))?;
    Ok(Redirect::to("/profile"))
}

async fn password(
    State(desk): State<Arc<Desk>>,
    asking: Asking,
    Address(from): Address,
    fields: Fields,
) -> Result<Response, Denied> {
    let account = account(&asking)?.clone();
    let old = Personal::new(fields.get("old").to_owned());
    let new = Personal::new(fields.get("new").to_owned());
    let set = desk.hash_off(move |desk, now| desk.set_password(&account, &old, &new, from, now));
    let begun = set.await.map_err(|error| asking.denied(error))?;
    Ok(super::routes::signed_in(&desk, &begun, "/profile"))
}

async fn emergencies(State(desk): State<Arc<Desk>>, asking: Asking) -> Result<Page, Denied> {
    asking.may(&desk, Action::ReviewEmergency, &Resource::House)?;
    account(&asking)?;
    let form = asking.form();
    let waiting = desk.unreviewed().map_err(|error| asking.denied(error))?;
    let body = html! {
        @if waiting.is_empty() { section.card { p { "Nothing waits for a look." } } }
        @for one in &waiting {
            section.card {
                p {
                    code { (one.account) } " was used from " (to_the_minute(one.at)) " to "
                    (to_the_minute(one.until)) " at the latest."
                }
                form method="post" action="/emergencies" {
                    (form)
                    input type="hidden" name="number" value=(one.number);
                    p.actions { button { "I have looked at what was done" } }
                }
            }
        }
        p { a href="/" { "Back" } }
    };
    Ok(page("Emergencies", &body))
}

async fn review(
    State(desk): State<Arc<Desk>>,
    asking: Asking,
    fields: Fields,
) -> Result<Redirect, Denied> {
    asking.may(&desk, Action::ReviewEmergency, &Resource::House)?;
    let (who, number) = (asking.who.clone(), fields.get("number").parse().unwrap_or(0));
    let reviewed = desk.off(move |desk, now| desk.review(number, &who, now));
    reviewed.await.map_err(|error| asking.denied(error))?;
    Ok(Redirect::to("/emergencies"))
}

impl Desk {
    /// What an account is called, where that can be read: for its own pages.
    pub(crate) fn called(&self, account: &str) -> Option<Personal<String>> {
        let user = self.reader().user(account).ok().flatten()?;
        self.name(&user)
    }

    /// An account, what it is called, and its sessions.
    fn own(&self, account: &Account) -> Result<Own, AccessError> {
        let reader = self.reader();
        let user = reader.user(&account.id)?.ok_or(AccessError::Nobody)?;
        let sessions = reader.sessions(&account.id)?;
        Ok(Own { name: self.name(&user), user, sessions })
    }
}
