//! Answering: what was chosen is shown once more, with what it needs, before it counts.

use super::escalations::{heading, path as path_of};
use super::layout::Frame;
use super::parts::{account_for, outcome, person, words};
use super::{Form, Shown, go};
use crate::access::FORM;
use crate::serve::App;
use crate::serve::api::escalations::key;
use crate::serve::api::request::{Args, Segments};
use crate::serve::problem::Refused;
use crate::serve::read::answering::{self, Answering};
use crate::serve::read::escalations::{self, Escalation};
use crate::serve::viewer::Viewer;
use axum::extract::{Request, State};
use bellwether_core::event::DECLINE_REASONS;
use maud::{Markup, html};
use serde_json::Value;
use std::sync::Arc;

/// The kinds of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnswerKind {
    Accept,
    Decline,
    Delegate,
    Snooze,
    Resolve,
}

impl AnswerKind {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Accept, "accept"),
        (Self::Decline, "decline"),
        (Self::Delegate, "delegate"),
        (Self::Snooze, "snooze"),
        (Self::Resolve, "resolve"),
    ];

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(kind, _)| kind)
    }

    fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }
}

/// Pauses that are offered, in hours, with their words.
const PAUSES: [(i64, &str); 5] =
    [(1, "1 hour"), (4, "4 hours"), (24, "1 day"), (72, "3 days"), (168, "1 week")];

/// Shows what an answer would do and asks for what it needs.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    args: Args,
) -> Shown {
    args.only(&["answer"])?;
    let kind =
        args.parsed("answer", "an answer", AnswerKind::from_word)?.unwrap_or(AnswerKind::Accept);
    let (key, looks) = (key(&path)?, viewer.clone());
    let (found, staff, people) = app
        .reading
        .run(move |desk| {
            let names = desk.names(&looks, &format!("{} {} {}", key.0, key.1, key.2))?;
            let (now, rules) = (desk.now(), desk.rules()?);
            let there = rules.policy().people().persons().iter().filter(|one| one.is_there(now));
            let there: Vec<String> = there.map(|one| one.key.clone()).collect();
            let found = escalations::seen(desk, &looks, &key, &names)?;
            answering::asked(&looks, found.person.as_deref(), &found.state)?;
            found.ask.as_ref().ok_or_else(answering::stale)?;
            Ok((found, desk.staff(), there))
        })
        .await?;
    let title = match kind {
        AnswerKind::Accept if found.approves.is_some() => "Approve",
        AnswerKind::Decline if found.approves.is_some() => "Refuse",
        AnswerKind::Accept => "Take it",
        AnswerKind::Decline => "Decline",
        AnswerKind::Delegate => "Hand it on",
        AnswerKind::Snooze => "Later",
        AnswerKind::Resolve => "It is done",
    };
    let who = found.person.as_deref();
    let body = html! {
        section.card.form {
            p.lead { (heading(&found)) }
            p.meta { (account_for(&viewer, &found.stream, found.account_name.as_deref())) " · " (words(&found.graph)) " · " (outcome(&found.outcome)) }
            p { "Asked: " (person(who, who.and_then(|who| staff.name(who)))) }
            p { (effect(kind, &found)) }
            form action={ (path_of(&found)) "/answer" } method="post" {
                input type="hidden" name=(FORM) value=(viewer.form);
                input type="hidden" name="ask" value=(found.ask.as_deref().unwrap_or_default());
                input type="hidden" name="answer" value=(kind.as_str());
                (needs(kind, &found, &people, &staff))
                p.actions {
                    button.primary type="submit" { "Yes: " (title.to_lowercase()) }
                    a.button.quiet href=(path_of(&found)) { "Back" }
                }
            }
        }
    };
    Ok(Frame::new(title, "/escalations", &viewer, path_of(&found)).shown(&body))
}

fn effect(kind: AnswerKind, found: &Escalation) -> &'static str {
    match kind {
        AnswerKind::Accept if found.approves.is_some() => {
            "Whoever comes next is asked: the next to approve, or who is to do it; or, if it is not allowed, whom the rules name for that."
        }
        AnswerKind::Decline if found.approves.is_some() => match found.refused {
            Some(_) => "It is not done. Whoever the rules name for that is asked instead.",
            None => "It is not done, and the escalation ends here.",
        },
        AnswerKind::Accept => {
            "It is then theirs, and nobody else is asked unless nothing moves in time."
        }
        AnswerKind::Decline => {
            "The next in line is asked at once, and the reason is kept for the owner of the rule."
        }
        AnswerKind::Delegate => {
            "Whoever you choose is asked at once, with the time that the rule gives."
        }
        AnswerKind::Snooze => "The same question comes back then. Nobody else is asked meanwhile.",
        AnswerKind::Resolve => "The escalation ends here.",
    }
}

fn needs(
    kind: AnswerKind,
    found: &Escalation,
    people: &[String],
    staff: &crate::cli::explain::staff::Staff,
) -> Markup {
    html! {
        @match kind {
            AnswerKind::Decline => fieldset {
                legend { "Why not" }
                @for reason in DECLINE_REASONS {
                    label.choice { input type="radio" name="reason" value=(reason) required; " " (words(reason)) }
                }
            },
            AnswerKind::Delegate => {
                label for="to" { "To whom" }
                select #to name="to" required {
                    option value="" { "Choose somebody" }
                    @for handle in people.iter().filter(|one| found.person.as_ref() != Some(one)) {
                        option value=(handle) { (staff.of(handle)) }
                    }
                }
            },
            AnswerKind::Snooze => {
                label for="hours" { "Ask again in" }
                select #hours name="hours" required {
                    @for (hours, words) in PAUSES { option value=(hours) { (words) } }
                }
            },
            AnswerKind::Accept | AnswerKind::Resolve => {},
        }
    }
}

/// Answers, and goes back to the escalation.
pub(super) async fn give(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    path: Segments,
    request: Request,
) -> Shown {
    let key = key(&path)?;
    let form = Form::read(request).await?;
    let hours = form.text("hours").and_then(|hours| hours.parse::<i64>().ok());
    let until = hours.filter(|hours| (1..=24 * 90).contains(hours)).map(|hours| {
        let hours = bellwether_core::Duration::from_micros(hours * 3_600_000_000);
        app.live.now().plus(hours).to_string()
    });
    let fields =
        ["answer", "ask", "reason", "to"].map(|name| (name, form.text(name).map(str::to_owned)));
    let given = fields.into_iter().chain([("until", until)]);
    let given = given.filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
    let said: Answering = serde_json::from_value(given.collect()).map_err(|_| {
        Refused::wrong("answer", "something is missing", "go back and fill the form in")
    })?;
    let done = app.reading.run(move |desk| answering::answer(desk, &viewer, &key, &said)).await?;
    Ok(go(&format!("{}?done=1", path_of(&done))))
}
