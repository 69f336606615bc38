//! Moving escalations: who is asked, by when, and what if not.
//!
//! One escalation lives per graph and subject. A verdict opens it, raises it to a higher level, or
//! leaves it alone; a deadline passes it on along the chain; an answer accepts, passes on or ends it.

use super::Moving;
use crate::state::GraphState;
use bellwether_core::effect::{AskCause, Timer, TimerKind};
use bellwether_core::escalation::{Closing, EscalationEvent};
use bellwether_core::event::{Answer, Origin};
use bellwether_core::record::{Candidate, MAX_CANDIDATES, Move};
use bellwether_core::{
    Body, Code, DocKey, Duration, Effect, EffectKey, Escalation, Ppm, Timestamp,
};
use bellwether_policy::{AGAIN, Graph, Node, NodeKind, People, Person, Verdict};

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
            close(moving, graph.code(), key, Closing::SubjectClosed);
        }
        return;
    }
    match live {
        None => {
            let asks = matches!(target.kind, NodeKind::Human(_) | NodeKind::Discover { .. });
            if may_open(&state, target, rule, changed, now) {
                enter(moving, graph, key, target, AskCause::Decided, rule);
            } else if asks && let Some(draft) = moving.scratch.last_draft() {
                draft.held_back_by = Some(state.opened);
            }
        }
        Some(Escalation::Discovering { node, due }) => match &target.kind {
            NodeKind::Human(_) => enter(moving, graph, key, target, AskCause::Decided, rule),
            NodeKind::End => close(moving, graph.code(), key, Closing::StoodDown),
            NodeKind::Discover { .. } | NodeKind::Decide { .. } => {
                if woken.is_some() && due <= now {
                    after_discovery(moving, graph, key, node, rule);
                }
            }
        },
        Some(Escalation::Asked { node, rung, person, due, .. }) => {
            let level = graph.node(node).map_or(0, Node::level);
            if target.level() > level {
                enter(moving, graph, key, target, AskCause::Raised, rule);
            } else if woken == Some(TimerKind::Snooze) && due <= now {
                pass_on(moving, graph, key, node, Whom::Same(person, rung), AskCause::Again);
            } else if woken.is_some() && due <= now {
                pass_on(moving, graph, key, node, Whom::After(rung), AskCause::Fallback);
            } else if state.silent && moving.may_act() {
                pass_on(moving, graph, key, node, Whom::First, AskCause::Again);
            }
        }
        Some(Escalation::Accepted { node, rung, person, due, .. }) => {
            let level = graph.node(node).map_or(0, Node::level);
            if target.level() > level {
                enter(moving, graph, key, target, AskCause::Raised, rule);
            } else if woken.is_some() && due <= now {
                pass_on(moving, graph, key, node, Whom::Same(person, rung), AskCause::Again);
            }
        }
        Some(Escalation::Closed { .. }) => {}
    }
}

/// A closed escalation is not opened again by the same rule for a while, unless the graph decided
/// otherwise in between: then it is a new matter.
fn may_open(state: &GraphState, target: &Node, rule: Code, changed: bool, now: Timestamp) -> bool {
    let again = target.human().map_or(AGAIN, |human| human.again);
    match state.escalation {
        Some(Escalation::Closed { at, .. }) => {
            changed || state.rule != rule || at.plus(again) <= now
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
    let NodeKind::Human(_) = node.kind else {
        if let NodeKind::Discover { within, .. } = node.kind {
            let due = moving.state.time.plus(within);
            let discover = EscalationEvent::Discover { node: node.code, due };
            if apply(moving, graph.code(), key, discover, TimerKind::Deadline) {
                moving.set_rule(key, graph, rule);
            }
        }
        return;
    };
    moving.set_rule(key, graph, rule);
    pass_on(moving, graph, key, node.code, Whom::First, cause);
}

/// Who of a node's chain is asked.
#[derive(Clone, Copy, Debug)]
enum Whom {
    /// The first who is there.
    First,
    /// The next after a rung who is there.
    After(u16),
    /// This one again, or the next after their rung if they are not there.
    Same(Code, u16),
}

impl Whom {
    /// The rung and the person: positions in the whole chain, so that somebody who leaves or comes back
    /// moves nobody else. From the chain's length on the last one who is there is asked again.
    fn choose(
        self,
        people: &People,
        node: &Node,
        now: Timestamp,
        engine: u32,
    ) -> Option<(u16, Code)> {
        let from = match self {
            Self::Same(person, rung) => match people.person(person) {
                Some(known) if known.is_there(now) => return Some((rung, person)),
                Some(_) => rung.saturating_add(1),
                // Who came after somebody that was removed stands where they stood.
                None if engine >= 2 => rung,
                // Engine 1 asked nobody, and the escalation ended.
                None => return None,
            },
            Self::First => 0,
            Self::After(rung) => rung.saturating_add(1),
        };
        let there = (0u16..).zip(people.rungs(node)).filter(|(_, person)| person.is_there(now));
        let mut later = there.clone().filter(|(rung, _)| *rung >= from);
        if let Some((rung, person)) = later.next() {
            return Some((rung, person.code));
        }
        let len = u16::try_from(people.rungs(node).count()).unwrap_or(u16::MAX);
        let last = there.last().map(|(_, person)| person);
        // Everybody is away: the role that is always staffed must hear of it all the same.
        let last = last.or_else(|| people.members(people.always()).next())?;
        Some((from.max(len), last.code))
    }
}

/// Asks somebody of a node's chain. Beyond the chain's end the last one is asked again after longer and
/// longer pauses: an escalation is never dropped.
fn pass_on(
    moving: &mut Moving<'_>,
    graph: &Graph,
    key: DocKey,
    node: Code,
    whom: Whom,
    cause: AskCause,
) {
    let Some(node) = graph.node(node) else { return };
    let Some(human) = node.human() else { return };
    let now = moving.state.time;
    let people = moving.rules.policy().people();
    let Some((rung, person)) = whom.choose(people, node, now, moving.engine) else { return };
    let beyond = (usize::from(rung) + 1).saturating_sub(people.rungs(node).count()).min(16);
    let pause = Duration::from_micros(human.ack.micros().saturating_mul(1 << beyond));
    let pause = if beyond == 0 { human.ack } else { pause.min(LONGEST_PAUSE.max(human.ack)) };
    // Imported history rings nobody: when its chain has ended there is nothing to wait for.
    let history = moving.event.origin == Origin::History;
    let due = if history && beyond > 0 { Timestamp::MAX } else { now.plus(pause) };
    ask(moving, graph, key, Ask { node, rung, person, due, cause });
}

/// Whom to ask, at which rung of which node, and until when.
struct Ask<'a> {
    node: &'a Node,
    rung: u16,
    person: Code,
    due: Timestamp,
    cause: AskCause,
}

fn ask(moving: &mut Moving<'_>, graph: &Graph, key: DocKey, ask: Ask<'_>) {
    let Ask { node, rung, person, due, cause } = ask;
    let at = moving.state.time;
    let Some(state) = moving.doc_mut(key).map(|doc| doc.graph_mut(graph.code()).clone()) else {
        return;
    };
    let before = state.escalation.filter(Escalation::is_live).and_then(|live| live.person());
    // What imported history opened was never really asked: only a new signal makes it real, not
    // time and not counting anew.
    let asleep = before.is_some() && state.silent;
    let woken = matches!(moving.event.body, Body::Timer { .. } | Body::Folded { .. });
    let live = moving.may_act() && !(asleep && woken);
    // What somebody was really asked about is not made unreal by history that is told later.
    let real = before.is_some() && !asleep;
    // Nor does it go on by itself: nobody waits for an answer.
    let parked = asleep && woken && moving.event.origin == Origin::Live;
    let due = if parked { Timestamp::MAX } else { due };
    let event = EscalationEvent::Ask { node: node.code, rung, person, at, due };
    if !apply(moving, graph.code(), key, event, TimerKind::Deadline) {
        return;
    }
    if let Some(draft) = moving.scratch.last_draft() {
        draft.asked = Some((person, cause));
    }
    let opened = moving.doc_mut(key).map_or(0, |doc| doc.graph_mut(graph.code()).opened);
    let mut given = state.ask;
    if live {
        let (doc, graph, node) = (key, graph.code(), node.code);
        // Whoever could not be reached has nothing to stand down from.
        let reached = state.ask != EffectKey::NONE && cause != AskCause::Unreached;
        if let Some(before) = before.filter(|before| *before != person && reached) {
            moving.effect(Effect::StandDown { doc, graph, person: before, ask: state.ask });
        }
        given = moving.effect(Effect::Ask { doc, graph, opened, node, person, cause });
    }
    let silent = !live && !real;
    if let Some(doc) = moving.doc_mut(key) {
        let state = doc.graph_mut(graph.code());
        (state.silent, state.ask) = (silent, given);
    }
    let (candidates, candidate_count) = moving.candidates(node, person);
    if let Some(moved) = moving.scratch.moves.last_mut() {
        (moved.cause, moved.silent) = (Some(cause), silent);
        (moved.candidates, moved.candidate_count) = (candidates, candidate_count);
    }
}

impl Moving<'_> {
    fn set_rule(&mut self, key: DocKey, graph: &Graph, rule: Code) {
        if let Some(doc) = self.doc_mut(key) {
            doc.graph_mut(graph.code()).rule = rule;
        }
    }

    /// Who of a node's chain is there, and how likely each was to be asked; and how many they are. Whoever
    /// was chosen is among them, from wherever they come.
    fn candidates(&self, node: &Node, chosen: Code) -> (Vec<Candidate>, u32) {
        let (people, now) = (self.rules.policy().people(), self.state.time);
        let there = people.rungs(node).filter(|person| person.is_there(now));
        let mut count = u32::try_from(there.clone().count()).unwrap_or(u32::MAX);
        let candidate = |person: &Person| {
            let propensity = if person.code == chosen { Ppm::ONE } else { Ppm::default() };
            Candidate { person: person.code, propensity }
        };
        let mut first: Vec<_> = there.clone().take(MAX_CANDIDATES).map(candidate).collect();
        // Engine 1 left out whoever stands further back, or was delegated to.
        if self.engine >= 2 && first.iter().all(|one| one.person != chosen) {
            first.truncate(MAX_CANDIDATES - 1);
            first.push(Candidate { person: chosen, propensity: Ppm::ONE });
            let in_chain = there.clone().any(|person| person.code == chosen);
            count = count.saturating_add(u32::from(!in_chain));
        }
        (first, count)
    }
}

/// Ends an escalation; whoever was really asked and did not end it hears that they need not act.
pub(super) fn close(moving: &mut Moving<'_>, graph: Code, key: DocKey, how: Closing) {
    let at = moving.state.time;
    let Some(doc) = moving.doc_mut(key) else { return };
    let state = doc.graph_mut(graph).clone();
    let person = state.escalation.and_then(|live| live.person());
    let closed = apply(moving, graph, key, EscalationEvent::Close { at, how }, TimerKind::Deadline);
    if let (true, false, Some(person)) = (closed, state.silent, person)
        && moving.may_act()
        && how != Closing::Resolved
    {
        moving.effect(Effect::StandDown { doc: key, graph, person, ask: state.ask });
    }
}

/// Moves the lifecycle, notes the move, and sets the timer that the new state waits for. `false`: no
/// such move.
pub(super) fn apply(
    moving: &mut Moving<'_>,
    graph: Code,
    key: DocKey,
    event: EscalationEvent,
    kind: TimerKind,
) -> bool {
    let seq = moving.state.seq;
    let Some(doc) = moving.doc_mut(key) else { return false };
    let state = doc.graph_mut(graph);
    let was_live = state.escalation.is_some_and(|one| one.is_live());
    let Ok(to) = Escalation::next(state.escalation, event) else { return false };
    if !was_live {
        (state.opened, state.ask) = (seq, EffectKey::NONE);
    }
    state.escalation = Some(to);
    state.generation += 1;
    state.waits = kind;
    let (generation, due) = (state.generation, to.due().unwrap_or(Timestamp::MAX));
    let (opened, silent) = (state.opened, state.silent);
    moving.scratch.timers.push(Timer { doc: key, kind, graph, generation, due });
    let (doc, cause, candidates, candidate_count) = (key, None, Vec::new(), 0);
    let moved = Move { doc, graph, opened, to, cause, silent, candidates, candidate_count };
    moving.scratch.moves.push(moved);
    true
}

/// Whoever was asked could not be reached: the next one is asked at once. An older ask, or one that
/// was answered all the same, moves nothing; nor does the last one's, who is asked again when their time
/// is over: asked at once, they would be asked without end.
pub(super) fn unreached(moving: &mut Moving<'_>, (key, graph): (DocKey, Code), effect: EffectKey) {
    let graphs = moving.rules.policy().graphs();
    let Some(graph) = graphs.iter().find(|known| known.code() == graph) else { return };
    let state = moving.state.doc(key).and_then(|doc| doc.graph(graph.code()));
    let Some(state) = state.filter(|state| state.ask == effect) else { return };
    let Some(Escalation::Asked { node, rung, .. }) = state.escalation else { return };
    let (people, now) = (moving.rules.policy().people(), moving.state.time);
    let later = graph.node(node).into_iter().flat_map(|node| people.rungs(node));
    if later.skip(usize::from(rung) + 1).any(|person| person.is_there(now)) {
        pass_on(moving, graph, key, node, Whom::After(rung), AskCause::Unreached);
    }
}

/// A person's answer to an ask.
///
/// # Errors
/// A word that says why it does not fit: nothing is waiting, another person has it, an older ask.
pub(super) fn answer(
    moving: &mut Moving<'_>,
    (key, graph): (DocKey, Code),
    ask_key: EffectKey,
    person: Code,
    answer: Answer,
) -> Result<(), &'static str> {
    let rules = moving.rules;
    let graphs = rules.policy().graphs();
    let graph = graphs.iter().find(|known| known.code() == graph).ok_or("graph-unknown")?;
    let now = moving.state.time;
    let state = moving.state.doc(key).and_then(|doc| doc.graph(graph.code())).ok_or("not-asked")?;
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
    let node = graph.node(node).ok_or("node-unknown")?;
    let human = node.human().ok_or("node-unknown")?;
    match answer {
        Answer::Accept => {
            let accept = EscalationEvent::Accept { person, at: now, due: now.plus(human.act) };
            let moved = apply(moving, graph.code(), key, accept, TimerKind::Deadline);
            return if moved { Ok(()) } else { Err("accepted-already") };
        }
        Answer::Decline(_) => {
            pass_on(moving, graph, key, node.code, Whom::After(rung), AskCause::PassedOn);
        }
        Answer::Delegate(to) => {
            if rules.policy().people().person(to).is_none_or(|person| !person.is_there(now)) {
                return Err("delegate-away");
            }
            let (due, cause) = (now.plus(human.ack), AskCause::PassedOn);
            ask(moving, graph, key, Ask { node, rung, person: to, due, cause });
        }
        Answer::Snooze(until) => {
            let due = until.max(now).min(now.plus(LONGEST_PAUSE));
            let again = EscalationEvent::Ask { node: node.code, rung, person, at: now, due };
            apply(moving, graph.code(), key, again, TimerKind::Snooze);
        }
        Answer::Resolve => close(moving, graph.code(), key, Closing::Resolved),
    }
    Ok(())
}
