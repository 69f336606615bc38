//! Answering an escalation: by whoever is asked, about the newest question, and durable when it is said.

use super::Desk;
use super::board::Key;
use super::escalations::{Escalation, one};
use crate::cli::names::Names;
use crate::serve::problem::Refused;
use crate::serve::viewer::Viewer;
use axum::http::StatusCode;
use bellwether_core::event::{Answer, DECLINE_REASONS};
use bellwether_core::record::Status;
use bellwether_core::{Body, Code, Digest, EffectKey, Origin, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// What somebody answers. `ask` is the key of the ask, as the escalation shows it: an answer to an older
/// one changes nothing.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum Answering {
    /// Takes it.
    Accept {
        #[schema(min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
        ask: String,
    },
    /// Does not, for a reason; the next in line is asked.
    Decline {
        #[schema(min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
        ask: String,
        /// Why not.
        reason: DeclineReason,
    },
    /// Hands it on.
    Delegate {
        #[schema(min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
        ask: String,
        /// The handle of who should instead.
        #[schema(min_length = 1, max_length = 64)]
        to: String,
    },
    /// Puts it off.
    Snooze {
        #[schema(min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
        ask: String,
        /// When to ask again.
        #[schema(format = DateTime, pattern = "^(19[7-9][0-9]|2[01][0-9]{2})-")]
        until: String,
    },
    /// Ends it.
    Resolve {
        #[schema(min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
        ask: String,
    },
}

/// Why somebody declines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeclineReason {
    Away,
    Busy,
    NotMine,
    NotNeeded,
    WrongAccount,
    Other,
}

impl DeclineReason {
    /// All, in the order of the core's closed list.
    pub(crate) const ALL: [Self; DECLINE_REASONS.len()] =
        [Self::Away, Self::Busy, Self::NotMine, Self::NotNeeded, Self::WrongAccount, Self::Other];

    fn word(self) -> &'static str {
        let at = Self::ALL.iter().position(|known| *known == self).unwrap_or_default();
        DECLINE_REASONS.get(at).copied().unwrap_or_default()
    }
}

/// Answers an escalation in the name of whoever is asked; it is durable when this returns.
///
/// # Errors
/// `answer-not-yours`, `answer-stale`, `answer-refused`, `http-value`; what the driver says.
pub(crate) fn answer(
    desk: &Desk<'_>,
    viewer: &Viewer,
    key: &Key,
    said: &Answering,
) -> Result<Escalation, Refused> {
    let standing = desk.board()?.case(key).cloned();
    let standing = standing.ok_or_else(|| Refused::not_found("there is no such escalation"))?;
    let named = standing.ask.as_deref().filter(|ask| *ask == said.ask());
    let ask = named.and_then(|ask| ask.parse::<Digest>().ok()).ok_or_else(stale)?;
    let asked = asked(viewer, standing.person.as_deref(), &standing.state)?;
    let words = said.words(desk)?;
    let (stream, doc, graph) = key;
    let body = Body::Answered {
        doc: *doc,
        graph: Code::of(graph),
        ask: EffectKey(ask),
        person: Code::of(asked),
        answer: words,
    };
    let stream = *stream;
    let status = desk
        .live()
        .call(move |driver, now| Ok(driver.give(stream, &body, Origin::Live, now)?.status))?;
    match status {
        Status::Applied | Status::Late => one(desk, key, &Names::closed()),
        _ => Err(unfit("the answer does not fit what stands now")),
    }
}

/// Who is asked, if the viewer may answer in their name.
///
/// # Errors
/// `answer-stale` where nobody is asked any more, `answer-not-yours`.
pub(crate) fn asked<'a>(
    viewer: &Viewer,
    person: Option<&'a str>,
    state: &str,
) -> Result<&'a str, Refused> {
    let person = person.filter(|_| state != "closed").ok_or_else(stale)?;
    if viewer.answers_as(person) {
        return Ok(person);
    }
    let problem = Problem::new("answer-not-yours", "somebody else is asked");
    let help = "only whoever is asked may answer; they can delegate it to you";
    Err(Refused::new(StatusCode::FORBIDDEN, problem.help(help)))
}

fn unfit(message: &str) -> Refused {
    let problem = Problem::new("answer-refused", message);
    let help = "look at the escalation again: it has moved, or whoever it should go to is away";
    Refused::new(StatusCode::CONFLICT, problem.help(help))
}

fn stale() -> Refused {
    let problem = Problem::new("answer-stale", "this question was answered or asked anew since");
    let help = "look at the escalation again and answer the newest question";
    Refused::new(StatusCode::CONFLICT, problem.help(help))
}

impl Answering {
    /// The key of the ask that is answered.
    fn ask(&self) -> &str {
        match self {
            Self::Accept { ask }
            | Self::Decline { ask, .. }
            | Self::Delegate { ask, .. }
            | Self::Snooze { ask, .. }
            | Self::Resolve { ask } => ask,
        }
    }

    fn words(&self, desk: &Desk<'_>) -> Result<Answer, Refused> {
        Ok(match self {
            Self::Accept { .. } => Answer::Accept,
            Self::Resolve { .. } => Answer::Resolve,
            Self::Decline { reason, .. } => Answer::Decline(Code::of(reason.word())),
            Self::Delegate { to, .. } => {
                let to = Code::of(to);
                let known = desk.rules()?.policy().people().person(to).is_some();
                if !known {
                    return Err(unfit("the rules in force know nobody of this handle"));
                }
                Answer::Delegate(to)
            }
            Self::Snooze { until, .. } => {
                let until = crate::cli::context::read_time(until).map_err(|_| {
                    Refused::wrong("until", "this is no instant", "such as 2026-11-21T09:00:00Z")
                })?;
                if until <= desk.now() {
                    return Err(unfit("the instant to ask again is past"));
                }
                Answer::Snooze(until)
            }
        })
    }
}
