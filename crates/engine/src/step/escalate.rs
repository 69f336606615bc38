//! Moving escalations: who is asked, by when, and what if not.
//!
//! One escalation lives per graph and subject. A verdict opens it, raises it to a higher level, or
//! leaves it alone; a deadline passes it on along the chain; an answer accepts, passes on or ends it.
//! Where a node needs approvals, whoever approves is asked before it.

use super::Moving;
use super::chain::Chain;
use super::permit::arrive;
use super::version::Version;
use crate::state::GraphState;
use bellwether_core::effect::{AskCause, Timer, TimerKind};
use bellwether_core::escalation::{Closing, EscalationEvent};
use bellwether_core::event::Origin;
use bellwether_core::record::{Candidate, MAX_CANDIDATES, Move};
use bellwether_core::{Body, Code, DocKey, Effect, EffectKey, Escalation, Ppm, Timestamp};
use bellwether_policy::{AGAIN, Graph, Node, NodeKind, People, Person, Verdict};

/// Moves the escalation of one graph after its verdict, and after its own timer if that woke it.
pub(super) fn advance<'a>(
    moving: &mut Moving<'a>,
    graph: &'a Graph,
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
    let newest = moving.newest(graph);
    let held = moving.held(&state).unwrap_or(newest);
    let goal = Goal { version: newest, node: verdict.node, added: verdict.added, rule };
    match live {
        None => {
            let asks = matches!(target.kind, NodeKind::Human(_) | NodeKind::Discover { .. });
            if may_open(&state, target, rule, changed, now) {
                enter(moving, key, goal, AskCause::Decided);
            } else if asks && let Some(draft) = moving.scratch.last_draft() {
                draft.held_back_by = Some(state.opened);
            }
        }
        Some(Escalation::Discovering { .. }) => match &target.kind {
            NodeKind::Human(_) => enter(moving, key, goal, AskCause::Decided),
            NodeKind::End => close(moving, graph.code(), key, Closing::StoodDown),
            NodeKind::Discover { .. } | NodeKind::Decide { .. } => {
                passes(moving, held, key, &state, (rule, verdict.added), woken);
            }
        },
        Some(Escalation::Asked { node, .. } | Escalation::Accepted { node, .. }) => {
            let level = held.graph.node(node).map_or(0, Node::level).max(state.refused);
            if target.level() > level {
                enter(moving, key, goal, AskCause::Raised);
            } else {
                passes(moving, held, key, &state, (rule, verdict.added), woken);
            }
        }
        Some(Escalation::Closed { .. }) => {}
    }
}

/// What time does to an escalation that no verdict moves.
fn passes<'a>(
    moving: &mut Moving<'a>,
    held: Version<'a>,
    key: DocKey,
    state: &GraphState,
    (rule, added): (Code, Option<usize>),
    woken: Option<TimerKind>,
) {
    let now = moving.state.time;
    let is_due = |due: Timestamp| woken.is_some() && due <= now;
    match state.escalation {
        Some(Escalation::Discovering { node, due }) if is_due(due) => {
            after_discovery(moving, held, key, node, (rule, added));
        }
        Some(Escalation::Asked { node, rung, person, due, .. }) => {
            if woken == Some(TimerKind::Snooze) && is_due(due) {
                pass_on(moving, held, key, node, Whom::Same(person, rung), AskCause::Again);
            } else if is_due(due) {
                pass_on(moving, held, key, node, Whom::After(rung), AskCause::Fallback);
            } else if state.silent
                && moving.may_act()
                && let Some(node) = held.graph.node(node)
            {
                arrive(moving, held, key, node, AskCause::Again);
            }
        }
        Some(Escalation::Accepted { node, rung, person, due, .. }) if is_due(due) => {
            pass_on(moving, held, key, node, Whom::Same(person, rung), AskCause::Again);
        }
        _ => {}
    }
}

/// A timer went off whose graph is not in force any more, or decides about other subjects: the escalation
/// goes on by the rules that it keeps.
pub(super) fn goes_on(moving: &mut Moving<'_>, key: DocKey, graph: Code, kind: TimerKind) {
    let state = moving.state.doc(key).and_then(|doc| doc.graph(graph)).cloned();
    if let Some(state) = state.filter(|state| state.rules.is_some())
        && let Some(held) = moving.held(&state)
    {
        passes(moving, held, key, &state, (state.rule, None), Some(kind));
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

fn after_discovery<'a>(
    moving: &mut Moving<'a>,
    held: Version<'a>,
    key: DocKey,
    node: Code,
    (rule, added): (Code, Option<usize>),
) {
    if let Some(NodeKind::Discover { then, .. }) = held.graph.node(node).map(|node| &node.kind) {
        // An override of today belongs to the rules of today.
        let added = added.filter(|_| moving.is_newest(held));
        enter(moving, key, Goal { version: held, node: *then, added, rule }, AskCause::Decided);
    }
}

/// Where an escalation is led: the position of a node, of the override that adds approvals before it, and
/// the rule that leads there.
#[derive(Clone, Copy)]
struct Goal<'a> {
    version: Version<'a>,
    node: usize,
    added: Option<usize>,
    rule: Code,
}

/// Enters a node: asks its first person, or whose approval it needs first, or starts its discovery.
fn enter(moving: &mut Moving<'_>, key: DocKey, goal: Goal<'_>, cause: AskCause) {
    let Goal { version, node: target, added, rule } = goal;
    let Some((_, node)) = version.graph.entries_under(target, added).next() else { return };
    match node.kind {
        NodeKind::Human(_) => {
            moving.set_rule(key, version, rule);
            if version.graph.permit(target).is_some()
                && let Some(doc) = moving.doc_mut(key)
            {
                // What was approved for a lower node is no leave for this one.
                doc.graph_mut(version.graph.code()).approvals.clear();
            }
            if node.approval().is_some() {
                pass_on(moving, version, key, node.code, Whom::First, AskCause::Approve);
            } else {
                arrive(moving, version, key, node, cause);
            }
        }
        NodeKind::Discover { within, .. } => {
            let due = moving.state.time.plus(within);
            let discover = EscalationEvent::Discover { node: node.code, due };
            if apply(moving, version.graph.code(), key, discover, TimerKind::Deadline) {
                moving.set_rule(key, version, rule);
            }
        }
        NodeKind::Decide { .. } | NodeKind::End => {}
    }
}

/// Who of a node's chain is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whom {
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
    fn choose(self, people: &People, chain: &Chain<'_>, engine: u32) -> Option<(u16, Code)> {
        let from = match self {
            Self::Same(person, rung) => match people.person(person) {
                Some(known) if chain.may_ask(known) => return Some((rung, person)),
                Some(_) => rung.saturating_add(1),
                // Who came after somebody that was removed stands where they stood.
                None if engine >= 2 => rung,
                // Engine 1 asked nobody, and the escalation ended.
                None => return None,
            },
            Self::First => 0,
            Self::After(rung) => rung.saturating_add(1),
        };
        let there = (0u16..).zip(&chain.rungs).filter(|(_, person)| chain.may_ask(person));
        let mut later = there.clone().filter(|(rung, _)| *rung >= from);
        if let Some((rung, person)) = later.next() {
            return Some((rung, person.code));
        }
        let len = u16::try_from(chain.rungs.len()).unwrap_or(u16::MAX);
        let last = there.last().map(|(_, person)| *person);
        // Everybody is away: the role that is always staffed must hear of it all the same, and first of all
        // those of it whose approval would not be refused.
        let always = || people.members(people.always());
        let last = last.or_else(|| always().find(|person| !chain.is_spent(person.code)));
        let last = last.or_else(|| always().next())?;
        Some((from.max(len), last.code))
    }
}

/// Asks somebody of a node's chain. Beyond the chain's end the last one is asked again after longer and
/// longer pauses: an escalation is never dropped.
pub(super) fn pass_on(
    moving: &mut Moving<'_>,
    version: Version<'_>,
    key: DocKey,
    node: Code,
    whom: Whom,
    cause: AskCause,
) {
    let Some(node) = version.graph.node(node) else { return };
    let Some(human) = node.human() else { return };
    let now = moving.state.time;
    let people = moving.rules.policy().people();
    let chain = moving.chain(version, key, node);
    let Some((rung, person)) = whom.choose(people, &chain, moving.engine) else { return };
    let rungs = chain.rungs.len();
    let pause = human.pause(usize::from(rung), rungs);
    // Imported history rings nobody: when its chain has ended there is nothing to wait for.
    let history = moving.event.origin == Origin::History;
    let due = if history && usize::from(rung) >= rungs { Timestamp::MAX } else { now.plus(pause) };
    ask(moving, version, key, Ask { node, chain: &chain, rung, person, due, cause });
}

/// Whom to ask, at which rung of which node, and until when.
pub(super) struct Ask<'a> {
    pub(super) node: &'a Node,
    pub(super) chain: &'a Chain<'a>,
    pub(super) rung: u16,
    pub(super) person: Code,
    pub(super) due: Timestamp,
    pub(super) cause: AskCause,
}

pub(super) fn ask(moving: &mut Moving<'_>, version: Version<'_>, key: DocKey, ask: Ask<'_>) {
    let graph = version.graph;
    let Ask { node, chain, rung, person, due, cause } = ask;
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
    let graphs = moving.rules.policy().graphs();
    if let Some(draft) = moving.scratch.last_draft()
        && graphs.get(draft.graph).is_some_and(|known| known.code() == graph.code())
    {
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
    let (candidates, candidate_count) = moving.candidates(chain, person);
    if let Some(moved) = moving.scratch.moves.last_mut() {
        (moved.cause, moved.silent) = (Some(cause), silent);
        (moved.candidates, moved.candidate_count) = (candidates, candidate_count);
    }
}

impl Moving<'_> {
    /// Who of a node's chain is there, and how likely each was to be asked; and how many they are. Whoever
    /// was chosen is among them, from wherever they come.
    fn candidates(&self, chain: &Chain<'_>, chosen: Code) -> (Vec<Candidate>, u32) {
        let there = chain.rungs.iter().copied().filter(|person| chain.may_ask(person));
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
        && !matches!(how, Closing::Resolved | Closing::Refused)
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
    if !to.is_live() {
        (state.rules, state.refused) = (None, 0);
        state.approvals.clear();
    }
    state.generation += 1;
    state.waits = kind;
    let (generation, due) = (state.generation, to.due().unwrap_or(Timestamp::MAX));
    let (opened, silent) = (state.opened, state.silent);
    moving.scratch.timers.push(Timer { doc: key, kind, graph, generation, due });
    let (doc, cause, candidates, candidate_count) = (key, None, Vec::new(), 0);
    let permit = None;
    let moved = Move { doc, graph, opened, to, cause, silent, candidates, candidate_count, permit };
    moving.scratch.moves.push(moved);
    true
}
