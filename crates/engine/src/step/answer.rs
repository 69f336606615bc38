//! What people say when they are asked, and when they cannot be reached.
//!
//! - In: an answer to the newest ask, or that an ask reached nobody.
//! - Out: the escalation moved on, or a word that says why the answer does not fit.
//! - Never: an approval by somebody who has not the role that is asked for it, or by one person for two
//!   roles of one escalation.

use super::Moving;
use super::escalate::{Ask, Whom, apply, ask, close, pass_on};
use super::permit::arrive;
use super::version::Version;
use crate::state::{Approved, GraphState};
use bellwether_core::effect::{AskCause, TimerKind};
use bellwether_core::escalation::{Closing, EscalationEvent};
use bellwether_core::event::{Answer, Origin};
use bellwether_core::{Code, DocKey, EffectKey, Escalation};
use bellwether_policy::{LONGEST_PAUSE, Node, NodeKind};

/// Whoever was asked could not be reached: the next one is asked at once. An older ask, or one that
/// was answered all the same, moves nothing; nor does the last one's, who is asked again when their time
/// is over: asked at once, they would be asked without end.
pub(super) fn unreached(moving: &mut Moving<'_>, (key, graph): (DocKey, Code), effect: EffectKey) {
    let state = moving.state.doc(key).and_then(|doc| doc.graph(graph));
    let Some(state) = state.filter(|state| state.ask == effect) else { return };
    let Some(Escalation::Asked { node, rung, .. }) = state.escalation else { return };
    let Some(held) = moving.held(state) else { return };
    let Some(asking) = held.graph.node(node) else { return };
    let chain = moving.chain(held, key, asking);
    if chain.rungs.iter().skip(usize::from(rung) + 1).any(|person| chain.may_ask(person)) {
        pass_on(moving, held, key, node, Whom::After(rung), AskCause::Unreached);
    }
}

/// Where an answer meets its escalation.
struct Met<'a> {
    key: DocKey,
    version: Version<'a>,
    node: &'a Node,
    person: Code,
}

/// A person's answer to an ask.
///
/// # Errors
/// A word that says why it does not fit: nothing is waiting, another person has it, an older ask, no
/// approval of theirs.
pub(super) fn answer(
    moving: &mut Moving<'_>,
    (key, graph): (DocKey, Code),
    ask_key: EffectKey,
    person: Code,
    answer: Answer,
) -> Result<(), &'static str> {
    let rules = moving.rules;
    let now = moving.state.time;
    let state = moving.state.doc(key).and_then(|doc| doc.graph(graph));
    let newest = || rules.policy().graph(graph).map(|graph| moving.newest(graph));
    let version = state.and_then(|state| moving.held(state)).or_else(newest);
    let version = version.ok_or("graph-unknown")?;
    let state = state.ok_or("not-asked")?;
    let (Some(Escalation::Asked { node, rung, person: asked, .. })
    | Some(Escalation::Accepted { node, rung, person: asked, .. })) = state.escalation
    else {
        return Err("not-asked");
    };
    if asked != person {
        return Err("another-person");
    }
    // Rehearsed history asked nobody: there the person alone says which ask was meant.
    let rehearsed = moving.event.origin == Origin::History;
    if !rehearsed && (state.ask == EffectKey::NONE || state.ask != ask_key) {
        return Err("older-ask");
    }
    let node = version.graph.node(node).ok_or("node-unknown")?;
    let human = node.human().ok_or("node-unknown")?;
    let met = Met { key, version, node, person };
    if node.approval().is_some() && approval(moving, &met, answer)? {
        return Ok(());
    }
    match answer {
        Answer::Accept => {
            let accept = EscalationEvent::Accept { person, at: now, due: now.plus(human.act) };
            let moved = apply(moving, graph, key, accept, TimerKind::Deadline);
            return if moved { Ok(()) } else { Err("accepted-already") };
        }
        Answer::Decline(_) => {
            pass_on(moving, version, key, node.code, Whom::After(rung), AskCause::PassedOn);
        }
        Answer::Delegate(to) => {
            if rules.policy().people().person(to).is_none_or(|person| !person.is_there(now)) {
                return Err("delegate-away");
            }
            let (due, cause) = (now.plus(human.ack), AskCause::PassedOn);
            let chain = &moving.chain(version, key, node);
            ask(moving, version, key, Ask { node, chain, rung, person: to, due, cause });
        }
        Answer::Snooze(until) => {
            let due = until.max(now).min(now.plus(LONGEST_PAUSE));
            let again = EscalationEvent::Ask { node: node.code, rung, person, at: now, due };
            apply(moving, graph, key, again, TimerKind::Snooze);
        }
        Answer::Resolve => close(moving, graph, key, Closing::Resolved),
    }
    Ok(())
}

/// An answer to whoever asks for an approval. `false` where it is an answer as any other.
fn approval(moving: &mut Moving<'_>, met: &Met<'_>, answer: Answer) -> Result<bool, &'static str> {
    let people = moving.rules.policy().people();
    let may = people.may_approve(met.node, met.person);
    match answer {
        Answer::Accept if may => give(moving, met).map(|()| true),
        Answer::Accept => Err("not-an-approver"),
        Answer::Decline(_) if may => {
            refuse(moving, met);
            Ok(true)
        }
        Answer::Delegate(to) if !people.may_approve(met.node, to) => Err("not-an-approver"),
        Answer::Delegate(to) if moving.chain(met.version, met.key, met.node).is_spent(to) => {
            Err("approved-already")
        }
        // What needs an approval is not done before there is one.
        Answer::Resolve => Err("approval-open"),
        Answer::Decline(_) | Answer::Delegate(_) | Answer::Snooze(_) => Ok(false),
    }
}

/// The approval is given: the next one is asked for, or the node is entered that needed them.
fn give(moving: &mut Moving<'_>, met: &Met<'_>) -> Result<(), &'static str> {
    let human = met.node.approval().ok_or("node-unknown")?;
    let next = human.approves.and_then(|next| met.version.graph.nodes().get(next));
    let next = next.ok_or("node-unknown")?;
    let given = Approved { role: Code::of(&human.role), person: met.person };
    let state = state_of(moving, met).ok_or("not-asked")?;
    let other = |known: &Approved| known.person == given.person && known.role != given.role;
    if state.approvals.iter().any(other) {
        return Err("approved-already");
    }
    if !state.approvals.contains(&given) {
        state.approvals.push(given);
    }
    match next.approval() {
        Some(_) => {
            pass_on(moving, met.version, met.key, next.code, Whom::First, AskCause::Approved);
        }
        None => arrive(moving, met.version, met.key, next, AskCause::Approved),
    }
    Ok(())
}

/// The approval is refused. What was approved before it counts for nothing more.
fn refuse(moving: &mut Moving<'_>, met: &Met<'_>) {
    let graph = met.version.graph;
    let refused = met.node.human().and_then(|human| graph.nodes().get(human.refused?));
    let level = met.node.level();
    if let Some(state) = state_of(moving, met) {
        state.approvals.clear();
        state.refused = level;
    }
    match refused {
        Some(Node { code, kind: NodeKind::Human(_), .. }) => {
            pass_on(moving, met.version, met.key, *code, Whom::First, AskCause::Refused);
        }
        _ => close(moving, graph.code(), met.key, Closing::Refused),
    }
}

fn state_of<'m>(moving: &'m mut Moving<'_>, met: &Met<'_>) -> Option<&'m mut GraphState> {
    let graph = met.version.graph.code();
    moving.doc_mut(met.key).map(|doc| doc.graph_mut(graph))
}
