//! What if: a number of the rules is moved, and which of last quarter's decisions move with it.

use super::layout::Frame;
use super::parts::{account, table};
use super::{Form, Shown};
use crate::access::FORM;
use crate::history::numbers::Number;
use crate::history::told::{Calls, Example, Move, Told};
use crate::serve::App;
use crate::serve::api::request::Args;
use crate::serve::read::what_if::{self, Asked, Found};
use crate::serve::viewer::Viewer;
use crate::table::thousands;
use axum::extract::{Request, State};
use maud::{Markup, html};
use std::sync::Arc;

const PAGE: &str = "/rules/what-if";

/// The numbers, and the form.
pub(super) async fn form(State(app): State<Arc<App>>, viewer: Viewer, args: Args) -> Shown {
    args.only(&["number"])?;
    let chosen = args.text("number", 400)?.map(str::to_owned);
    let numbers = app.reading.run(what_if::numbers).await?;
    Ok(shown(&viewer, &numbers, (chosen.as_deref(), ""), &Markup::default()))
}

/// Looks what moves.
pub(super) async fn run(State(app): State<Arc<App>>, viewer: Viewer, request: Request) -> Shown {
    let form = Form::read(request).await?;
    let text = |name: &str| form.text(name).unwrap_or_default().to_owned();
    let asked = Asked { number: text("number"), value: text("value") };
    let (number, value) = (asked.number.clone(), asked.value.clone());
    let who = viewer.clone();
    let done = app.reading.run(move |desk| what_if::tried(desk, &who, &asked));
    let (done, numbers) = done.await?;
    let found = match &done {
        Ok(found) => told(found),
        Err(refused) => html! {
            p.notice.bad role="alert" { strong { (refused.problem.message) } ". " (refused.problem.help) }
        },
    };
    Ok(shown(&viewer, &numbers, (Some(&number), &value), &found))
}

fn shown(
    viewer: &Viewer,
    numbers: &[Number],
    (chosen, value): (Option<&str>, &str),
    found: &Markup,
) -> axum::response::Response {
    let body = html! {
        p.intro { "Choose a number of the rules in force and say what it could be instead: you see which decisions of the last 91 days would have come out otherwise. Nothing is changed, and nobody is asked." }
        @if numbers.is_empty() { p { "No rule in force compares with a number." } }
        @else {
            form.facts action=(PAGE) method="post" {
                input type="hidden" name=(FORM) value=(viewer.form);
                div.field {
                    label for="number" { "Number" }
                    select #number name="number" required {
                        @for one in numbers {
                            option value=(one.id) selected[chosen == Some(one.id.as_str())] { (one.id) ": " (one.value) " in " (one.text) }
                        }
                    }
                }
                div.field {
                    label for="value" { "Instead" }
                    input #value name="value" value=(value) maxlength="32" required autocomplete="off" spellcheck="false";
                }
                p.actions { button.primary type="submit" { "Look what moves" } }
            }
        }
        (found)
    };
    Frame::new("What if", "/rules", viewer, PAGE).shown(&body)
}

fn told(one: &Found) -> Markup {
    let Found { number, value, since, accounts, of_accounts, found } = one;
    let whole = accounts == of_accounts;
    let decisions = thousands(found.decisions);
    html! {
        section.card aria-label="What moves" {
            h2 { (number.id) ": " (value) " instead of " (number.value) }
            p.lead { (thousands(found.moved)) " of " (decisions) " decisions come out otherwise." }
            @if whole { p.muted { "Looked at all " (decisions) " decisions since " (since) ", of " (thousands(*accounts)) " accounts." } }
            @else { p.notice { "Looked at " (decisions) " decisions since " (since) ", of " (thousands(*accounts)) " of " (thousands(*of_accounts)) " accounts: the time was over, or an account is too large. " code { "bellwether policy diff ./my-bundle --history" } " looks at all." } }
            ul { @for line in found.subjects.iter().flat_map(|fate| fate.lines()) { li { (line) } } }
        }
        (moves(found))
        (calls("Role", &found.roles))
        @if !found.examples.is_empty() {
            h2 { "Such as" }
            @for one in &found.examples { (example(one)) }
        }
    }
}

fn moves(found: &Told) -> Markup {
    let row = |one: &Move| {
        let cells = [one.from.words(), one.to.words(), thousands(one.decisions)];
        cells.map(|text| html! { (text) }).to_vec()
    };
    let (title, titles) = ("From where to where", ["Led to", "Leads to", ">Decisions"]);
    html! {
        @if !found.moves.is_empty() {
            h2 { (title) }
            (table(title, &titles, found.moves.iter().map(row)))
        }
    }
}

fn calls(who: &str, calls: &[Calls]) -> Markup {
    let row = |one: &Calls| {
        let cells = [one.who.clone(), thousands(one.now), thousands(one.then)];
        cells.map(|text| html! { (text) }).to_vec()
    };
    let title = "Who is asked how often";
    html! {
        @if !calls.is_empty() {
            h2 { (title) }
            (table(title, &[who, ">Now", ">Then"], calls.iter().map(row)))
        }
    }
}

fn example(one: &Example) -> Markup {
    html! {
        section.card aria-label="An example" {
            p.meta { (one.how.replace('_', " ")) ": " (account(&one.stream, one.account_name.as_deref())) " " span.id { (one.source_id.as_deref().unwrap_or(&one.doc)) } " " (one.at) }
            @for (when, side) in [("Was", &one.before), ("Now", &one.after)] {
                p { strong { (when) } " " (side.words()) }
                @if !side.clauses.is_empty() { ul.clauses { @for clause in &side.clauses { li class=(clause.truth) { (clause.sentence) } } } }
            }
        }
    }
}
