//! Who is looking: the seam between sign-in and whatever is shown.

use super::problem::Refused;
use crate::cli::names::read_purpose;
use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;

/// The header by which a program says what it opens names for.
pub(crate) const PURPOSE_HEADER: &str = "bellwether-purpose";
/// The cookie in which the console keeps the purpose until the browser is closed.
pub(crate) const PURPOSE_COOKIE: &str = "bellwether-purpose";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// Under what they are known; it goes into what is written down about names.
    pub(crate) name: String,
    /// Their roles.
    pub(crate) roles: Vec<String>,
    /// Their handle in `people.yaml`, if rules may ask them.
    pub(crate) person: Option<String>,
    /// Whether they may answer in the place of whoever is asked.
    pub(crate) stands_in: bool,
    /// What they want to see names for.
    pub(crate) purpose: Option<String>,
}

/// Who sends a request. Until sign-in stands here, whoever reaches the loopback address is the one
/// administrator of this machine.
fn viewer_of(parts: &Parts) -> Result<Viewer, Refused> {
    Ok(Viewer {
        name: "local".to_owned(),
        roles: vec!["admin".to_owned()],
        person: None,
        stands_in: true,
        purpose: purpose_of(parts)?,
    })
}

impl Viewer {
    /// As whom they may answer somebody's question.
    pub(crate) fn answers_as(&self, asked: &str) -> bool {
        self.stands_in || self.person.as_deref() == Some(asked)
    }
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

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        viewer_of(parts)
    }
}
