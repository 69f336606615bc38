//! Moving escalations: who is asked, by when, and what if not.
//!
//! One escalation lives per graph and subject. A verdict opens it, raises it to a higher level, or
//! leaves it alone; a deadline passes it on along the chain; an answer accepts, passes on or ends it.

use super::Moving;
use crate::state::GraphState;
use bellwether_core::effect::{AskCause, Timer, TimerKind};
use bellwether_core::escalation::{Closing, EscalationEvent};
use bellwether_core::event::{Answer, Origin};
use bellwether_core::record::{Candidate, MAX_CANDIDATES};
use bellwether_core::{Body, Code, DocKey, Duration, Effect, Escalation, Ppm, Timestamp};
use bellwether_policy::{Graph, Node, NodeKind, Verdict};

/// After an escalation has ended, the same rule asks again only after this.
pub(super) const AGAIN_AFTER: Duration = Duration::from_days(7);

/// The longest pause between two rings when everybody has been asked.
const LONGEST_PAUSE: Duration = Duration::from_days(7);

/// Moves the escalation of one graph after its verdict, and after its own timer if that woke it.
pub(super) fn advance(
    moving: &mut Moving<'_>,
    graph: &Graph,
    key: DocKey,
    verdict: &Verdict,
    rule: Code,
    closed: bool,
    woken: Option<TimerKind>,
) {
    let Some(target) = graph.nodes().get(verdict.node) else { return };
    let now = moving.state.time;
    let Some(state) = moving.doc_mut(key).map(|doc| doc.graph_mut(graph.code()).clone()) else {
        return;
    };
    let changed = moving.scratch.last_draft().is_some_and(|draft| draft.changed);
    let live = state.escalation.filter(Escalation::is_live);
    if closed {
        if live.is_some() {
            close(moving, graph, key, Closing::SubjectClosed);
        }
        return;
    }
    match live {
        None => {
            if may_open(&state, rule, changed, now) {
                enter(moving, graph, key, target, AskCause::Decided, rule);
            }
        }
        Some(Escalation::Discovering { node, due }) => match &target.kind {
            NodeKind::Human(_) => enter(moving, graph, key, target, AskCause::Decided, rule),
            NodeKind::End => close(moving, graph, key, Closing::StoodDown),
            NodeKind::Discover { .. } | NodeKind::Decide { .. } => {
                if woken.is_some() && due <= now {
                    after_discovery(moving, graph, key, node, rule);
                }
            }
        },
        Some(Escalation::Asked { node, rung, due, .. }) => {
            let level = graph.node(node).map_or(0, Node::level);
            if target.level() > level {
                enter(moving, graph, key, target, AskCause::Raised, rule);
            } else if woken == Some(TimerKind::Snooze) && due <= now {
                pass_on(moving, graph, key, node, rung, AskCause::Again);
            } else if woken.is_some() && due <= now {
                pass_on(moving, graph, key, node, rung.saturating_add(1), AskCause::Fallback);
            } else if state.silent && moving.may_act() {
                pass_on(moving, graph, key, node, 0, AskCause::Again);
            }
        }
        Some(Escalation::Accepted { node, rung, due, .. }) => {
            let level = graph.node(node).map_or(0, Node::level);
            if target.level() > level {
                enter(moving, graph, key, target, AskCause::Raised, rule);
            } else if woken.is_some() && due <= now {
                pass_on(moving, graph, key, node, rung, AskCause::Again);
            }
        }
        Some(Escalation::Closed { .. }) => {}
    }
}

/// A closed escalation is not opened again by the same rule for a while, unless the graph decided
/// otherwise in between: then it is a new matter.
fn may_open(state: &GraphState, rule: Code, changed: bool, now: Timestamp) -> bool {
    match state.escalation {
        Some(Escalation::Closed { at, .. }) => {
            changed || state.rule != rule || at.plus(AGAIN_AFTER) <= now
        }
        _ => true,
    }
}

fn after_discovery(moving: &mut Moving<'_>, graph: &Graph, key: DocKey, node: Code, rule: Code) {
    let Some(NodeKind::Discover { then, .. }) = graph.node(node).map(|node| &node.kind) else {
        return;
    };
    if let Some(next) = graph.nodes().get(*then) {
        enter(moving, graph, key, next, AskCause::Decided, rule);
    }
}

/// Enters a node: asks its first person, or starts its discovery.
fn enter(
    moving: &mut Moving<'_>,
    graph: &Graph,
    key: DocKey,
    node: &Node,
    cause: AskCause,
    rule: Code,
) {
    let now = moving.state.time;
    match &node.kind {
        NodeKind::Human(_) => {
            if let Some(doc) = moving.doc_mut(key) {
                doc.graph_mut(graph.code()).rule = rule;
            }
            pass_on(moving, graph, key, node.code, 0, cause);
        }
        NodeKind::Discover { within, .. } => {
            let due = now.plus(*within);
            if let Some(doc) = moving.doc_mut(key) {
                doc.graph_mut(graph.code()).rule = rule;
            }
            let discover = EscalationEvent::Discover { node: node.code, due };
            apply(moving, graph, key, discover, TimerKind::Deadline);
        }
        NodeKind::Decide { .. } | NodeKind::End => {}
    }
}

/// Asks the person on a rung of a node's chain. Beyond the chain's end the last one, who is always
/// staffed, is asked again after longer and longer pauses: an escalation is never dropped.
fn pass_on(
    moving: &mut Moving<'_>,
    graph: &Graph,
    key: DocKey,
    node: Code,
    rung: u16,
    cause: AskCause,
) {
    let Some(node) = graph.node(node) else { return };
    let Some(human) = node.human() else { return };
    let now = moving.state.time;
    let people = moving.rules.policy().people();
    let mut chain = std::mem::take(&mut moving.scratch.chain);
    people.chain_into(node, now, &mut chain);
    if chain.is_empty() {
        // Everybody is away: somebody of the role that is always staffed must hear of it all the same.
        chain.extend(people.members(people.always()).map(|person| person.code));
    }
    let last = chain.len().saturating_sub(1);
    let beyond = u32::from(rung).saturating_sub(last as u32).min(16);
    let pause = Duration::from_micros(human.ack.micros().saturating_mul(1 << beyond));
    let pause = if beyond == 0 { human.ack } else { pause.min(LONGEST_PAUSE.max(human.ack)) };
    let person = chain.get(usize::from(rung).min(last)).copied();
    if let Some(draft) = moving.scratch.last_draft() {
        draft.candidate_count = chain.len() as u32;
        draft.candidates.clear();
        draft.candidates.extend(chain.iter().take(MAX_CANDIDATES).map(|candidate| Candidate {
            person: *candidate,
            propensity: Ppm::new(if Some(*candidate) == person { 1_000_000 } else { 0 }),
        }));
    }
    moving.scratch.chain = chain;
    let Some(person) = person else { return };
    // Imported history rings nobody: when its chain has ended there is nothing to wait for.
    let history = moving.event.origin == Origin::History;
    let due = if history && beyond > 0 { Timestamp::MAX } else { now.plus(pause) };
    ask(moving, graph, key, Ask { node: node.code, rung, person, due, cause });
}

/// Whom to ask, at which rung of which node, and until when.
struct Ask {
    node: Code,
    rung: u16,
    person: Code,
    due: Timestamp,
    cause: AskCause,
}

fn ask(moving: &mut Moving<'_>, graph: &Graph, key: DocKey, ask: Ask) {
    let Ask { node, rung, person, due, cause } = ask;
    let at = moving.state.time;
    let before = moving
        .doc_mut(key)
        .and_then(|doc| doc.graph_mut(graph.code()).escalation)
        .filter(Escalation::is_live)
        .and_then(|live| live.person());
    let event = EscalationEvent::Ask { node, rung, person, at, due };
    if !apply(moving, graph, key, event, TimerKind::Deadline) {
        return;
    }
    // What imported history opened was never really asked: only a new signal makes it real, not
    // time and not counting anew.
    let asleep = before.is_some() && moving.is_silent(key, graph.code());
    let woken = matches!(moving.event.body, Body::Timer { .. } | Body::Folded { .. });
    let live = moving.may_act() && !(asleep && woken);
    // What somebody was really asked about is not made unreal by history that is told later.
    let real = before.is_some() && !asleep;
    if let Some(doc) = moving.doc_mut(key) {
        doc.graph_mut(graph.code()).silent = !live && !real;
    }
    if let Some(draft) = moving.scratch.last_draft() {
        draft.asked = Some((person, cause));
    }
    if live {
        let graph = graph.code();
        if let Some(before) = before.filter(|before| *before != person) {
            moving.scratch.effects.push(Effect::StandDown { doc: key, graph, person: before });
        }
        moving.scratch.effects.push(Effect::Ask { doc: key, graph, node, person, cause });
    }
}

pub(super) fn close(moving: &mut Moving<'_>, graph: &Graph, key: DocKey, how: Closing) {
    let at = moving.state.time;
    let Some(doc) = moving.doc_mut(key) else { return };
    let state = doc.graph_mut(graph.code());
    let (person, silent) = (state.escalation.and_then(|live| live.person()), state.silent);
    let closed = apply(moving, graph, key, EscalationEvent::Close { at, how }, TimerKind::Deadline);
    if let (true, false, Some(person)) = (closed, silent, person) {
        let graph = graph.code();
        if moving.may_act() && how != Closing::Resolved {
            moving.scratch.effects.push(Effect::StandDown { doc: key, graph, person });
        }
    }
}

/// Moves the lifecycle and sets the timer that the new state waits for. `false`: no such move.
fn apply(
    moving: &mut Moving<'_>,
    graph: &Graph,
    key: DocKey,
    event: EscalationEvent,
    kind: TimerKind,
) -> bool {
    let Some(doc) = moving.doc_mut(key) else { return false };
    let state = doc.graph_mut(graph.code());
    let Ok(next) = Escalation::next(state.escalation, event) else { return false };
    state.escalation = Some(next);
    state.generation += 1;
    state.waits = kind;
    let (generation, due) = (state.generation, next.due().unwrap_or(Timestamp::MAX));
    let graph = graph.code();
    moving.scratch.timers.push(Timer { doc: key, kind, graph, generation, due });
    true
}

/// A person's answer. `false` when it does not fit: another person has it, or nothing is waiting.
pub(super) fn answer(
    moving: &mut Moving<'_>,
    key: DocKey,
    graph: Code,
    person: Code,
    answer: Answer,
) -> bool {
    let rules = moving.rules;
    let Some(graph) = rules.policy().graphs().iter().find(|known| known.code() == graph) else {
        return false;
    };
    let now = moving.state.time;
    let Some(doc) = moving.doc_mut(key) else { return false };
    let Some(live) = doc.graph_mut(graph.code()).escalation.filter(Escalation::is_live) else {
        return false;
    };
    if live.person() != Some(person) {
        return false;
    }
    let (Escalation::Asked { node, rung, .. } | Escalation::Accepted { node, rung, .. }) = live
    else {
        return false;
    };
    match answer {
        Answer::Accept => {
            let act = graph.node(node).and_then(Node::human).and_then(|human| human.act);
            let due = act.map_or(Timestamp::MAX, |act| now.plus(act));
            let accept = EscalationEvent::Accept { person, at: now, due };
            apply(moving, graph, key, accept, TimerKind::Deadline)
        }
        Answer::Decline(_) => {
            pass_on(moving, graph, key, node, rung.saturating_add(1), AskCause::PassedOn);
            true
        }
        Answer::Delegate(to) => {
            if rules.policy().people().person(to).is_none_or(|person| !person.is_there(now)) {
                return false;
            }
            let ack = graph.node(node).and_then(Node::human).map(|human| human.ack);
            let due = now.plus(ack.unwrap_or(AGAIN_AFTER));
            let cause = AskCause::PassedOn;
            ask(moving, graph, key, Ask { node, rung, person: to, due, cause });
            true
        }
        Answer::Snooze(until) => {
            let due = until.max(now).min(now.plus(LONGEST_PAUSE));
            let again = EscalationEvent::Ask { node, rung, person, at: now, due };
            apply(moving, graph, key, again, TimerKind::Snooze)
        }
        Answer::Resolve => {
            close(moving, graph, key, Closing::Resolved);
            true
        }
    }
}
