//! Asking the boundaries about an action, with the facts known at one instant.
//!
//! - In: the rules, an action with its parameters, what the agent is worth, the slots.
//! - Out: the boundaries' [`Answer`], or the facts that are missing.
//! - Never: asks without a fact that the action is judged by; that is doubt, and doubt goes to a person.
//!
//! Overrides of the action hold beside the boundaries, and only tighten what those say: one that holds, or of
//! which that cannot be told, forbids or asks for approvals.

use crate::rules::Rules;
use bellwether_boundary::{Answer, Given, Request};
use bellwether_core::{Ppm, Type};
use bellwether_expr::Slots;
use bellwether_policy::{Action, Override, Overrides};

/// What is asked besides facts.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The action.
    pub action: &'a Action,
    /// Its parameters as raw numbers, in their order.
    pub parameters: &'a [i64],
    /// The roles that have approved.
    pub approvals: &'a [String],
    /// How sure the agent is.
    pub confidence: Ppm,
    /// Whether that is calibrated.
    pub calibrated: bool,
    /// Whether the lowest trust of the facts and parameters is below an operator's.
    pub tainted: bool,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    /// What the boundaries say.
    Answered(Answer),
    /// Nothing was asked: these facts are missing or stale.
    Missing(Vec<String>),
}

/// Asks the boundaries of the rules.
pub fn permit(rules: &Rules, wish: &Wish<'_>, slots: &Slots) -> Permit {
    let catalogue = rules.catalogue();
    let overruling: Vec<_> = rules.policy().overruling(&wish.action.name, slots).collect();
    let forbids = overruling.iter().filter(|one| one.overrides == Overrides::Forbid);
    let mut by: Vec<_> = forbids.map(|one| one.id.clone()).collect();
    if !by.is_empty() {
        by.sort_unstable();
        return Permit::Answered(Answer::Deny { by, errors: Vec::new() });
    }
    let mut words = Vec::new();
    let (mut values, mut missing) = (Vec::new(), Vec::new());
    let parameters = wish.action.parameters.iter().zip(wish.parameters);
    values.extend(parameters.map(|(one, raw)| (one.name.as_str(), one.kind, *raw)));
    for fact in &wish.action.context {
        match slots.get(fact.slot) {
            Some(raw) => values.push((fact.name.as_str(), fact.kind, raw)),
            None if fact.optional => {}
            None => {
                missing.extend(catalogue.fact(fact.slot).map(|known| known.name.clone()));
            }
        }
    }
    if !missing.is_empty() {
        return Permit::Missing(missing);
    }
    for (_, kind, raw) in &values {
        words.push(match kind {
            // A word that no author wrote equals nothing that an author wrote: its code tells it apart.
            Type::Code => catalogue.show(Type::Code, *raw),
            _ => String::new(),
        });
    }
    let members = values.iter().zip(&words);
    let members =
        members.map(|((name, kind, raw), word)| (*name, Given::from_raw(*kind, *raw, word)));
    let completeness = catalogue.slot("completeness").and_then(|slot| slots.get(slot));
    let request = Request {
        members: members.collect(),
        confidence: wish.confidence,
        calibrated: wish.calibrated,
        completeness: Ppm::new(completeness.unwrap_or(0)),
        tainted: wish.tainted,
        approvals: wish.approvals.iter().map(String::as_str).collect(),
    };
    let refused =
        || Answer::Deny { by: Vec::new(), errors: vec!["there are no boundaries".to_owned()] };
    let answer = rules.boundaries().map(|known| known.ask(&wish.action.name, &request));
    let answer = answer.unwrap_or_else(refused);
    Permit::Answered(with_approvals(answer, &overruling, wish.approvals))
}

/// An answer, with the approvals that overrides ask for besides.
fn with_approvals(answer: Answer, overruling: &[&Override], given: &[String]) -> Answer {
    let (mut ids, mut roles) = (Vec::new(), Vec::new());
    for one in overruling {
        let Overrides::Approvals(asked) = &one.overrides else { continue };
        let open = asked.iter().filter(|role| !given.contains(role));
        if open.clone().next().is_some() {
            ids.push(one.id.clone());
        }
        let more: Vec<_> = open.filter(|role| !roles.contains(*role)).cloned().collect();
        roles.extend(more);
    }
    if roles.is_empty() {
        return answer;
    }
    let (mut sets, mut denied_by) = match answer {
        Answer::Allow { .. } => (vec![Vec::new()], Vec::new()),
        Answer::NeedsApproval { sets, denied_by } => (sets, denied_by),
        denied @ Answer::Deny { .. } => return denied,
    };
    for set in &mut sets {
        let more: Vec<_> = roles.iter().filter(|role| !set.contains(role)).cloned().collect();
        set.extend(more);
    }
    denied_by.extend(ids);
    denied_by.sort_unstable();
    Answer::NeedsApproval { sets: minimal(sets), denied_by }
}

/// The sets of which no part suffices, fewer roles before more; of two of the same roles the first.
fn minimal(mut sets: Vec<Vec<String>>) -> Vec<Vec<String>> {
    sets.sort_by_key(Vec::len);
    let mut kept: Vec<Vec<String>> = Vec::new();
    for set in sets {
        if !kept.iter().any(|known| known.iter().all(|role| set.contains(role))) {
            kept.push(set);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::{Place, Timestamp};
    use bellwether_policy::About;

    fn asks(id: &str, roles: &[&str]) -> Override {
        let word = |word: &&str| (*word).to_owned();
        Override {
            id: id.to_owned(),
            about: About::Action("refund".to_owned()),
            overrides: Overrides::Approvals(roles.iter().map(word).collect()),
            when: String::new(),
            from: Timestamp::MIN,
            until: Timestamp::MAX,
            reason: String::new(),
            ticket: String::new(),
            author: "ann".to_owned(),
            approver: "bob".to_owned(),
            owner_signs: None,
            place: Place { file: "overrides/a.yaml".to_owned(), line: 1, column: 1 },
        }
    }

    #[test]
    fn no_set_of_approvals_asks_for_more_than_another() {
        let sets = |sets: &[&[&str]]| -> Vec<Vec<String>> {
            let owned = |set: &&[&str]| set.iter().map(|role| (*role).to_owned()).collect();
            sets.iter().map(owned).collect()
        };
        type Row = (Sets, &'static [&'static str], &'static [&'static str], Sets);
        type Sets = &'static [&'static [&'static str]];
        let table: [Row; 5] = [
            (&[&["vp"], &["legal", "cfo"]], &[], &[], &[&["vp"], &["legal", "cfo"]]),
            // Each set has the role by now, and the second is the first with one more.
            (&[&["vp"], &["legal", "vp"]], &["legal"], &[], &[&["vp", "legal"]]),
            (&[&["vp"], &["legal"]], &["vp", "legal"], &[], &[&["vp", "legal"]]),
            (&[&["vp", "cfo"], &["legal"]], &["legal"], &[], &[&["legal"]]),
            (&[&["vp"], &["cfo"]], &["legal"], &["legal"], &[&["vp"], &["cfo"]]),
        ];
        for (before, asked, given, after) in table {
            let answer =
                Answer::NeedsApproval { sets: sets(before), denied_by: vec!["held".to_owned()] };
            let given = sets(&[given]).concat();
            let one = asks("freeze", asked);
            let open = asked.iter().any(|role| !given.iter().any(|known| known == role));
            let Answer::NeedsApproval { sets: found, denied_by } =
                with_approvals(answer, &[&one], &given)
            else {
                unreachable!("an approval is needed still");
            };
            assert_eq!(found, sets(after), "{before:?} and {asked:?}");
            let by: &[&str] = if open { &["freeze", "held"] } else { &["held"] };
            assert_eq!(denied_by, by, "{before:?} and {asked:?}");
        }
    }
}
