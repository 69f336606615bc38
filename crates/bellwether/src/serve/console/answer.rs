//! Answering: what was chosen is shown once more, with what it needs, before it counts.

use super::escalations::{path as path_of, sentence};
use super::layout::Frame;
use super::parts::{account, outcome, person, words};
use super::{Form, Shown, go};
use crate::serve::App;
use crate::serve::api::escalations::key;
use crate::serve::api::request::{Args, Segments};
use crate::serve::problem::Refused;
use crate::serve::read::escalations::{self, AnswerKind, Answering, Escalation};
use crate::serve::viewer::Viewer;
use axum::extract::{Request, State};
use bellwether_core::event::DECLINE_REASONS;
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

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
    let kind = args.parsed("answer", "an answer", read::<AnswerKind>)?.unwrap_or(AnswerKind::Accept);
    let (key, looks) = (key(&path)?, viewer.clone());
    let (found, staff, people) = app
        .reading
        .run(move |desk| {
            let names = desk.names(&looks, &format!("{} {} {}", key.0, key.1, key.2))?;
            let (now, rules) = (desk.now(), desk.rules()?);
            let there = rules.policy().people().persons().iter().filter(|one| one.is_there(now));
            let there: Vec<String> = there.map(|one| one.key.clone()).collect();
            Ok((escalations::one(desk, &key, &names)?, desk.staff(), there))
        })
        .await?;
    let title = match kind {
        AnswerKind::Accept => "Take it",
        AnswerKind::Decline => "Decline",
        AnswerKind::Delegate => "Hand it on",
        AnswerKind::Snooze => "Later",
        AnswerKind::Resolve => "It is done",
    };
    let who = found.person.as_deref();
    let body = html! {
        section.card.form {
            p.lead { (sentence(&found.reason)) }
            p.meta { (account(&found.stream, found.account_name.as_deref())) " · " (words(&found.graph)) " · " (outcome(&found.outcome)) }
            p { "Asked: " (person(who, who.and_then(|who| staff.name(who)))) }
            p { (effect(kind)) }
            form action={ (path_of(&found)) "/answer" } method="post" {
                input type="hidden" name="ask" value=(found.ask.as_deref().unwrap_or_default());
                input type="hidden" name="answer" value=(word(kind));
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

fn effect(kind: AnswerKind) -> &'static str {
    match kind {
        AnswerKind::Accept => "It is then theirs, and nobody else is asked unless nothing moves in time.",
        AnswerKind::Decline => "The next in line is asked at once, and the reason is kept for the owner of the rule.",
        AnswerKind::Delegate => "Whoever you choose is asked at once, with the time that the rule gives.",
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
    let wrong = |place: &str| Refused::wrong(place, "it cannot be read", "open the page again");
    let hours = form.text("hours").and_then(|hours| hours.parse::<i64>().ok());
    let until = hours.filter(|hours| (1..=24 * 90).contains(hours)).map(|hours| {
        let hours = bellwether_core::Duration::from_micros(hours * 3_600_000_000);
        app.live.now().plus(hours).to_string()
    });
    let said = Answering {
        answer: form.text("answer").and_then(read).ok_or_else(|| wrong("answer"))?,
        ask: form.text("ask").unwrap_or_default().to_owned(),
        reason: form.text("reason").map(|text| read(text).ok_or_else(|| wrong("reason"))).transpose()?,
        to: form.text("to").map(str::to_owned),
        until,
    };
    let done = app.reading.run(move |desk| escalations::answer(desk, &viewer, &key, &said)).await?;
    Ok(go(&format!("{}?done=1", path_of(&done))))
}

/// A word of a closed list.
fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(Value::String(text.to_owned())).ok()
}

fn word(kind: AnswerKind) -> String {
    let word = serde_json::to_value(kind).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
