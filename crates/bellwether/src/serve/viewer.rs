//! Who is looking: the seam between sign-in and whatever is shown.
//!
//! - In: the [`Principal`] of a request, and what the policies let it do.
//! - Out: a [`Viewer`], or the refusal of the whole request.
//! - Never: lets somebody who may not read decisions see more than the questions that they are asked.

use super::App;
use super::problem::Refused;
use super::read::house;
use crate::access::answer::Denied;
use crate::access::decide::{Action, Resource, Why};
use crate::access::{AccessError, Principal, Role};
use crate::cli::names::read_purpose;
use crate::http::Address;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bellwether_core::Personal;
use std::sync::Arc;

/// The header by which a program says what it opens names for.
pub(crate) const PURPOSE_HEADER: &str = "bellwether-purpose";
/// The cookie in which the console keeps the purpose until the browser is closed.
pub(crate) const PURPOSE_COOKIE: &str = "bellwether-purpose";

/// Somebody who is signed in, or a program with a token.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// Under what they are known; it goes into what is written down about names.
    pub(crate) name: String,
    /// Their roles.
    pub(crate) roles: Vec<&'static str>,
    /// Their handle in `people.yaml`, if rules may ask them.
    pub(crate) person: Option<String>,
    /// Whether they may answer in the place of whoever is asked: only where nothing is real.
    pub(crate) stands_in: bool,
    /// Whether they may see nothing but what they are asked.
    pub(crate) only_asked: bool,
    /// What they want to see names for.
    pub(crate) purpose: Option<String>,
    /// What forms of their session carry.
    pub(crate) form: String,
    /// What they are shown the way to.
    pub(crate) may: Vec<Action>,
    /// What the account is called, for the frame of its own pages.
    pub(crate) called: Option<Personal<String>>,
    /// Whether all sending is stopped, which every page says.
    pub(crate) stopped: bool,
}

/// What pages lead to.
const SHOWN: [Action; 4] =
    [Action::ReadDecisions, Action::ReadLog, Action::ReadNames, Action::TryPolicy];

impl Viewer {
    /// Whoever sits at the machine of a made-up company.
    fn of_demo(purpose: Option<String>) -> Self {
        let (name, form, roles) = ("demo".to_owned(), String::new(), vec![Role::Admin.as_str()]);
        let (may, called) = (SHOWN.to_vec(), None);
        let (person, stands_in, only_asked, stopped) = (None, true, false, false);
        Self { name, roles, person, stands_in, only_asked, purpose, form, may, called, stopped }
    }

    /// Whether a page opens for them: nobody is shown the way to one that does not.
    pub(crate) fn opens(&self, page: &str) -> bool {
        needed(page, &Method::GET).is_none_or(|(action, questions)| {
            self.may.contains(&action) || (questions && self.person.is_some())
        })
    }

    /// As whom they may answer somebody's question.
    pub(crate) fn answers_as(&self, asked: &str) -> bool {
        self.stands_in || self.person.as_deref() == Some(asked)
    }

    /// Whether they may see something that somebody is asked.
    pub(crate) fn sees(&self, asked: Option<&str>) -> bool {
        !self.only_asked || (asked.is_some() && self.person.as_deref() == asked)
    }
}

/// What must be allowed for a path; nothing for what is for everybody who is signed in. Whoever is asked may
/// see the pages of questions without it. What only a POST does is told to be wrong for other methods,
/// whoever asks.
fn needed(path: &str, method: &Method) -> Option<(Action, bool)> {
    let posts = *method == Method::POST;
    let below = |part: &str| {
        path == part || path.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'))
    };
    Some(match path {
        // To forget a purpose is never wrong.
        "/names/hide" => return None,
        _ if below("/help") => return None,
        _ if below("/log") || below("/v1/log") || below("/v1/replay") => (Action::ReadLog, false),
        "/v1/stop" if posts => (Action::StopSwitch, false),
        // The proof is asked for before the question, so that a yes is not lost on the way.
        "/outbox/stop" => (Action::StopSwitch, false),
        _ if posts && settles(path) => (Action::SettleDelivery, false),
        _ if below("/try") || below("/v1/policy") => (Action::TryPolicy, false),
        "/" | "/names" => (Action::ReadDecisions, true),
        // One escalation and its answer; the list is for those who read decisions.
        _ if path.starts_with("/escalations/") || path.starts_with("/v1/escalations/") => {
            (Action::ReadDecisions, true)
        }
        _ => (Action::ReadDecisions, false),
    })
}

/// Whether a path is there to settle a dead letter, or to have it tried again.
fn settles(path: &str) -> bool {
    let outbox = path.starts_with("/outbox/") || path.starts_with("/v1/outbox/");
    outbox && (path.ends_with("/settle") || path.ends_with("/retry"))
}

/// Whether somebody is shown the way to something: they may, if need be once they have proved again who
/// they are.
pub(crate) fn is_offered(app: &App, who: &Principal, action: Action) -> bool {
    let may = || app.access.may(who, action, &Resource::House, app.live.now());
    app.is_demo || matches!(may(), Ok(()) | Err(Why::StepUp))
}

fn viewer_of(parts: &Parts, app: &App) -> Result<Viewer, Box<Response>> {
    let purpose = purpose_of(parts).map_err(|refused| Box::new(refused.into_response()))?;
    if app.is_demo {
        return Ok(Viewer::of_demo(purpose));
    }
    let denied = |error| Box::new(Denied::of(&parts.uri, &parts.method, error).into_response());
    let who = parts.extensions.get().unwrap_or(&Principal::Nobody);
    let asked = |action| app.access.may(who, action, &Resource::House, app.live.now());
    let may = |action| asked(action).is_ok();
    let needs = needed(parts.uri.path(), &parts.method);
    let questions = needs.is_some_and(|(_, questions)| questions);
    let (name, roles, person, form) = match who {
        Principal::Nobody => return Err(denied(AccessError::Nobody)),
        Principal::Account(account) => {
            let roles = vec![account.role.as_str()];
            (account.id.clone(), roles, account.person.clone(), account.form.clone())
        }
        Principal::Service(service) => (service.id.clone(), Vec::new(), None, String::new()),
    };
    let answer = needs.map_or(Ok(()), |(action, _)| asked(action));
    let all = answer.is_ok();
    if let (Err(why), false) = (answer, questions && person.is_some()) {
        return Err(denied(why.into()));
    }
    // Whoever is asked about somebody has to know about whom.
    let is_person = matches!(who, Principal::Account(account) if account.role == Role::Person);
    let purpose = purpose.filter(|_| needs.is_some());
    if purpose.is_some() && !may(Action::ReadNames) && !(is_person && questions) {
        return Err(denied(AccessError::Denied));
    }
    let mut may: Vec<_> = SHOWN.into_iter().filter(|one| is_offered(app, who, *one)).collect();
    may.extend(is_person.then_some(Action::ReadNames));
    let (stands_in, called, stopped) = (false, None, false);
    Ok(Viewer {
        name,
        roles,
        person,
        stands_in,
        only_asked: !all,
        purpose,
        form,
        may,
        called,
        stopped,
    })
}

/// Adds what only the frame of a page shows: the account's own name, and whether sending is stopped.
async fn framed(viewer: Viewer, app: &Arc<App>) -> Viewer {
    let called = if viewer.form.is_empty() { None } else { app.access.called(&viewer.name) };
    let stopped = app.reading.run(|desk| Ok(house::sending(desk.view)?.stopped)).await;
    // A page that cannot be read says so itself.
    Viewer { called, stopped: stopped.unwrap_or(false), ..viewer }
}

/// The purpose of a request: the header, else the cookie.
fn purpose_of(parts: &Parts) -> Result<Option<String>, Refused> {
    if let Some(said) = parts.headers.get(PURPOSE_HEADER) {
        let said = said.to_str().map_err(|_| "expected a word".to_owned()).and_then(read_purpose);
        let wrong = |message| Refused::wrong(PURPOSE_HEADER, message, "such as `audit-2026-q3`");
        return said.map(Some).map_err(wrong);
    }
    let kept = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let kept = kept.flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == PURPOSE_COOKIE).then_some(value)
    });
    Ok(kept.and_then(|text| read_purpose(text).ok()))
}

/// What anybody may ask for; whoever sends signals is told apart by the intake itself.
fn is_public(path: &str) -> bool {
    let below = ["/assets/", "/errors/", "/v1/hooks/"];
    matches!(path, "/healthz" | "/readyz" | "/v1/openapi.json" | "/v1/signals")
        || below.iter().any(|public| path.starts_with(public))
}

/// Lets nobody pass who may not see what a path shows; no handler can forget that.
pub(super) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if is_public(request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let viewer = match viewer_of(&parts, &app) {
        Ok(viewer) => viewer,
        Err(refused) => return *refused,
    };
    let is_page = parts.method == Method::GET && !parts.uri.path().starts_with("/v1/");
    let viewer = if is_page { framed(viewer, &app).await } else { viewer };
    parts.extensions.insert(viewer);
    next.run(Request::from_parts(parts, body)).await
}

/// Figures are for whoever may read them, and for whatever runs on this machine.
pub(super) async fn guard_figures(
    State(app): State<Arc<App>>,
    Address(from): Address,
    request: Request,
    next: Next,
) -> Response {
    let who = request.extensions().get().unwrap_or(&Principal::Nobody);
    let local = from.is_loopback() && !app.behind_proxy && *who == Principal::Nobody;
    let may = |now| app.access.may(who, Action::ReadMetrics, &Resource::House, now).is_ok();
    if local || may(app.live.now()) {
        return next.run(request).await;
    }
    let error = match who {
        Principal::Nobody => AccessError::Nobody,
        _ => AccessError::Denied,
    };
    Denied::of(request.uri(), request.method(), error).into_response()
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let known = parts.extensions.get().cloned();
        known.ok_or_else(|| anyhow::anyhow!("a page has no guard").into())
    }
}
