//! The part of the trial page that asks the boundaries about an action.

use super::super::Form;
use super::super::parts::{Tone, badge, words};
use super::field;
use crate::serve::read::trial::Literal;
use crate::serve::read::trial::act::{Judged, TriedAct};
use bellwether_core::Type;
use bellwether_engine::Rules;
use bellwether_expr::Slot;
use bellwether_policy::Action;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Names of fields that are no facts begin so: no fact has a colon.
pub(super) const OWN: &str = "act:";

/// What was filled in about the action.
#[derive(Default)]
pub(super) struct Wish {
    pub(super) action: String,
    set: BTreeMap<String, String>,
    approved: Vec<String>,
    confidence: String,
    calibrated: bool,
    tainted: bool,
}

impl Wish {
    /// Nothing filled in yet.
    pub(super) fn about(action: &str) -> Self {
        Self { action: action.to_owned(), ..Self::default() }
    }

    pub(super) fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).unwrap_or_default().to_owned();
        let own = |prefix: &'static str| {
            let own = form.0.iter().filter_map(move |(name, text)| {
                Some((name.strip_prefix(prefix)?.to_owned(), text.trim().to_owned()))
            });
            own.filter(|(_, text)| !text.is_empty())
        };
        Self {
            action: text("act:action"),
            set: own("act:set:").collect(),
            approved: own("act:approved:").map(|(role, _)| role).collect(),
            confidence: text("act:confidence"),
            calibrated: !text("act:calibrated").is_empty(),
            tainted: !text("act:tainted").is_empty(),
        }
    }

    /// The same as the API takes it; nothing where no action was chosen.
    pub(super) fn tried(&self) -> Option<TriedAct> {
        let set = self.set.iter().map(|(name, text)| (name.clone(), Literal::Text(text.clone())));
        (!self.action.is_empty()).then(|| TriedAct {
            action: self.action.clone(),
            parameters: set.collect(),
            approved: self.approved.clone(),
            // What is no number is refused as one that is out of range.
            confidence: (!self.confidence.is_empty())
                .then(|| self.confidence.parse().unwrap_or(f64::NAN)),
            calibrated: self.calibrated,
            tainted: self.tainted,
        })
    }
}

fn chosen<'a>(rules: &'a Rules, wish: &Wish) -> Option<&'a Action> {
    rules.policy().actions().iter().find(|action| action.name == wish.action)
}

/// Which action; nothing where the rules have none.
pub(super) fn tabs(rules: &Rules, graph: &str, wish: &Wish) -> Markup {
    let actions = rules.policy().actions();
    let here = |name: &str| (wish.action == name).then_some("page");
    html! {
        @if !actions.is_empty() {
            nav.tabs aria-label="Which action" {
                a href={ "/try?graph=" (graph) } aria-current=[here("")] { "no action" }
                @for action in actions {
                    a href={ "/try?graph=" (graph) "&act=" (action.name) } aria-current=[here(&action.name)] { (words(&action.name)) }
                }
            }
        }
    }
}

/// The facts that the graph reads, and those that the action's boundaries do.
pub(super) fn facts<'a>(rules: &'a Rules, graph: usize, wish: &Wish) -> Vec<(&'a str, Slot)> {
    let mut facts: Vec<_> =
        rules.facts_of(graph).iter().map(|(name, slot)| (name.as_str(), *slot)).collect();
    for fact in chosen(rules, wish).iter().flat_map(|action| &action.context) {
        let name = rules.catalogue().fact(fact.slot).map(|known| known.name.as_str());
        if let Some(name) = name.filter(|_| !facts.iter().any(|(_, slot)| *slot == fact.slot)) {
            facts.push((name, fact.slot));
        }
    }
    facts
}

/// What else is asked about the action.
pub(super) fn fields(rules: &Rules, wish: &Wish) -> Markup {
    let Some(action) = chosen(rules, wish) else { return Markup::default() };
    let check = |name: &str, label: &str, checked: bool| {
        html! {
            label.check { input type="checkbox" name=(name) value="yes" checked[checked]; " " (label) }
        }
    };
    html! {
        h2 { (words(&action.name)) }
        @if !action.description.is_empty() { p { (action.description) } }
        input type="hidden" name="act:action" value=(action.name);
        div.grid {
            @for one in &action.parameters {
                (field(&format!("act:set:{}", one.name), one.kind, &[], wish.set.get(&one.name)))
            }
            (field("act:confidence", Type::Ratio, &[], Some(&wish.confidence)))
        }
        fieldset {
            legend { "How it is asked" }
            (check("act:calibrated", "The confidence is calibrated", wish.calibrated))
            (check("act:tainted", "Somebody outside could have written what is used", wish.tainted))
        }
        fieldset {
            legend { "Who has approved" }
            @for role in rules.policy().people().roles_as_written() {
                (check(&format!("act:approved:{role}"), role, wish.approved.iter().any(|one| one == role)))
            }
        }
    }
}

/// What the boundaries say.
pub(super) fn judged(one: &Judged) -> Markup {
    let (tone, word) = match one.decision {
        "allow" => (Tone::Good, "allowed"),
        "approval" => (Tone::Unsure, "needs approval"),
        "deny" => (Tone::Bad, "denied"),
        _ => (Tone::Unsure, "not asked: a person looks"),
    };
    html! {
        section.card.decision aria-label="What the boundaries say" {
            h2 { (words(&one.action)) }
            p.meta { (badge(tone, word)) }
            pre { @for line in one.lines() { (line) "\n" } }
        }
    }
}
