//! Reading `overrides/*.yaml`.

use super::{About, Draft, LONGEST_OVERRIDE, Override, Overrides};
use crate::actions::Actions;
use crate::people::{People, unknown_role};
use crate::read::{
    AN_INSTANT, Word, check_handle, instant, required_list, required_word, word, words,
};
use crate::routing::approval_twice;
use bellwether_core::authored::{Document, Fields, Node};
use bellwether_core::{Place, Problem, Timestamp};

/// Reads a file of overrides.
pub(crate) fn read(document: &Document, into: &mut Vec<Draft>, problems: &mut Vec<Problem>) {
    let mut fields = Fields::new(document, &document.root, problems);
    for item in required_list(&mut fields, "overrides") {
        if let Some(draft) = read_one(document, item, fields.problems()) {
            if let Some(first) = into.iter().find(|known| known.one.id == draft.one.id) {
                let message = format!("two overrides have the id `{}`", draft.one.id);
                let problem = Problem::new("policy-duplicate-override", message);
                let help =
                    format!("the first stands at {}; give this one its own", first.one.place);
                fields.problems().push(problem.at(draft.one.place.clone()).help(help));
            }
            into.push(draft);
        }
    }
    fields.finish();
}

fn read_one(document: &Document, node: &Node, problems: &mut Vec<Problem>) -> Option<Draft> {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let id = required_word(&mut fields, "id");
    let [graph, action, when, route] =
        ["graph", "action", "when", "route"].map(|key| word(&mut fields, key));
    let forbid = fields.flag("forbid") == Some(true);
    let approvals = words(&mut fields, "approvals");
    for (nth, role) in approvals.iter().enumerate() {
        if approvals.iter().take(nth).any(|known| known.text == role.text) {
            fields.problems().push(approval_twice("this override", role));
        }
    }
    let from = fields.parsed("from", AN_INSTANT, instant);
    let until = fields.parsed("until", AN_INSTANT, instant);
    let reason = fields.required_text("reason").map(str::to_owned);
    let ticket = fields.text("ticket").unwrap_or_default().to_owned();
    let [author, approver] = ["author", "approver"].map(|key| required_word(&mut fields, key));
    let owner_signs = word(&mut fields, "owner_signs");
    for handle in [&author, &approver, &owner_signs].into_iter().flatten() {
        check_handle(
            "whoever answers for an override",
            &handle.text,
            &handle.place,
            fields.problems(),
        );
    }
    fields.finish();
    check_time(from, until, &place, problems);
    if let (Some(author), Some(approver)) = (&author, &approver)
        && author.text == approver.text
    {
        let message = format!("`{}` approves an override of their own", author.text);
        let problem = Problem::new("policy-override-alone", message).at(approver.place.clone());
        problems.push(problem.help("let somebody else approve it"));
    }
    let (about, named) = match (graph, action) {
        (Some(graph), None) => (About::Graph(graph.text.clone()), graph),
        (None, Some(action)) => (About::Action(action.text.clone()), action),
        _ => {
            let message = "an override is about one graph or about one action";
            let problem = Problem::new("policy-override-shape", message).at(place);
            problems.push(problem.help("write `graph: NAME` or `action: NAME`"));
            return None;
        }
    };
    let overrides = what(&about, (&route, forbid, &approvals), &place, problems)?;
    let (when_text, signs) = (when.as_ref().map(|word| word.text.clone()), &owner_signs);
    let one = Override {
        id: id?.text,
        about,
        overrides,
        when: when_text.unwrap_or_default(),
        from: from?,
        until: until?,
        reason: reason?,
        ticket,
        author: author?.text,
        approver: approver?.text,
        owner_signs: signs.as_ref().map(|word| word.text.clone()),
        place,
    };
    Some(Draft { one, about: named, when, route, approvals, owner_signs })
}

/// The one thing that an override does.
fn what(
    about: &About,
    (route, forbid, approvals): (&Option<Word>, bool, &[Word]),
    place: &Place,
    problems: &mut Vec<Problem>,
) -> Option<Overrides> {
    Some(match (route, forbid, approvals.is_empty()) {
        (Some(node), false, true) if matches!(about, About::Graph(_)) => {
            Overrides::Route(node.text.clone())
        }
        (None, true, true) if matches!(about, About::Action(_)) => Overrides::Forbid,
        (None, false, false) => {
            Overrides::Approvals(approvals.iter().map(|word| word.text.clone()).collect())
        }
        _ => {
            let message = "an override does one thing";
            let problem = Problem::new("policy-override-shape", message).at(place.clone());
            let help = "write one of `route: NODE` (of a graph), `forbid: true` (of an action), `approvals: [role, ..]`";
            problems.push(problem.help(help));
            return None;
        }
    })
}

fn check_time(
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    place: &Place,
    problems: &mut Vec<Problem>,
) {
    let message = match (from, until) {
        (Some(from), Some(until)) if until <= from => "this override ends before it begins",
        (Some(from), Some(until)) if until > from.plus(LONGEST_OVERRIDE) => {
            "this override lasts longer than 180 days"
        }
        (Some(_), Some(_)) => return,
        _ => "an override says from when and until when it holds",
    };
    let problem = Problem::new("policy-override-time", message).at(place.clone());
    problems.push(problem.help(
        "write `from` and `until`, at most 180 days apart; what stays belongs into the rules",
    ));
}

/// Checks what an override is about, and the roles that it names.
pub(crate) fn check_about(
    draft: &Draft,
    graphs: Option<&[&str]>,
    actions: &Actions,
    people: Option<&People>,
    problems: &mut Vec<Problem>,
) {
    let word = &draft.about;
    match (&draft.one.about, graphs) {
        (About::Graph(name), Some(graphs)) if !graphs.contains(&name.as_str()) => {
            let message = format!("there is no graph `{name}`");
            let problem = Problem::new("policy-unknown-graph", message).at(word.place.clone());
            let help = format!("known: {}", graphs.join(", "));
            problems.push(problem.help(help).nearest(&word.text, graphs.iter().copied()));
        }
        (About::Action(name), _) => {
            problems.extend(actions.no_such(name, &word.place));
        }
        _ => {}
    }
    for role in draft.approvals.iter().filter(|_| people.is_some()) {
        if let Some(people) = people.filter(|people| !people.roles.contains_key(&role.text)) {
            problems.push(unknown_role(people, role));
        }
    }
}
