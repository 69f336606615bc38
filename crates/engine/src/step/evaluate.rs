//! Evaluating graphs: facts are read once a subject, every graph of that subject decides.

use super::Moving;
use super::escalate;
use crate::rules::Rules;
use crate::state::{Doc, LastDecision, StreamState, scope_of};
use bellwether_core::effect::TimerKind;
use bellwether_core::record::Status;
use bellwether_core::{Code, Digest, DocKey, Signal, Timestamp, Trust};
use bellwether_expr::Scope;
use bellwether_features::{Origins, Reading};
use bellwether_ledger::json::Object;
use bellwether_policy::{Graph, Verdict};

impl<'a> Moving<'a> {
    /// Decides about the account and, where the event touched one, about the case or deal.
    pub(super) fn evaluate(
        &mut self,
        sub: Option<DocKey>,
        signal: Option<&Signal>,
        status: Status,
    ) {
        self.evaluate_after(sub, signal, status, None);
    }

    /// As [`Moving::evaluate`], after the timer of one graph went off.
    pub(super) fn evaluate_after(
        &mut self,
        sub: Option<DocKey>,
        signal: Option<&Signal>,
        status: Status,
        woken: Option<(TimerKind, Code)>,
    ) {
        let looks_at_sub = sub.is_some_and(|sub| {
            self.state.subs.contains_key(&sub) && self.rules.decides_about(scope_of(sub))
        });
        if self.rules.decides_about(Scope::Account)
            || (!looks_at_sub && !self.rules.told().is_empty())
        {
            self.subject(DocKey::Account, signal, status, woken.filter(|_| sub.is_none()));
        }
        if let Some(sub) = sub.filter(|_| looks_at_sub) {
            self.subject(sub, signal, status, woken);
        }
        if !self.rules.told().is_empty() {
            self.tell_others();
        }
    }

    /// Decides about documents whose features were folded anew, and once about the account. Where the
    /// account's were, what other documents waited for was reckoned from what it had counted before, so
    /// they are looked at too: one at a time, as after any fact of the account.
    pub(super) fn evaluate_given(&mut self, given: &[DocKey]) {
        let (rules, tells) = (self.rules, !self.rules.told().is_empty());
        if tells || rules.decides_about(Scope::Account) {
            self.subject(DocKey::Account, None, Status::Applied, None);
        }
        let told = self.state.account.as_ref().map_or(0, |account| account.told);
        if tells && given.contains(&DocKey::Account) {
            self.state.subs.values_mut().for_each(|doc| doc.told = !told);
        }
        for key in given.iter().filter(|key| rules.decides_about(scope_of(**key))) {
            if self.state.subs.contains_key(key) {
                self.subject(*key, None, Status::Applied, None);
            }
        }
        if tells {
            self.tell_others();
        }
    }

    /// When the account's facts may decide differently about its other cases and deals than when those
    /// were last looked at, the first of them is woken; its own evaluation comes by here again for the
    /// next. So an event touches the account and one of them at a time, however many are open.
    fn tell_others(&mut self) {
        let Some(told) = self.state.account.as_ref().map(|account| account.told) else { return };
        let next = Timestamp::from_micros(self.state.time.micros().saturating_add(1));
        let untold = |doc: &Doc| doc.ended.is_none() && doc.told != told;
        let rules = self.rules;
        let first = self
            .state
            .subs
            .iter_mut()
            .find(|(key, doc)| rules.decides_about(scope_of(**key)) && untold(doc));
        if let Some((key, doc)) = first
            && doc.wake.1 > next
        {
            self.scratch.timers.push(doc.set_wake(*key, next));
        }
    }

    fn subject(
        &mut self,
        key: DocKey,
        signal: Option<&Signal>,
        status: Status,
        woken: Option<(TimerKind, Code)>,
    ) {
        let (scope, rules) = (scope_of(key), self.rules);
        self.scratch.read = None;
        if !self.read_facts(key, signal) {
            return;
        }
        if !rules.told().is_empty()
            && let Some(account) = &mut self.state.account
        {
            let told = rules.told().fingerprint(&self.scratch.reading);
            account.told = told;
            if let Some(doc) = self.state.subs.get_mut(&key) {
                doc.told = told;
            }
        }
        let (mut graphs, mut closed) = (0, 0);
        for (nth, graph) in rules.policy().graphs().iter().enumerate() {
            if graph.subject() == scope {
                let own = woken.filter(|(_, woken)| *woken == graph.code()).map(|(kind, _)| kind);
                graphs += 1;
                closed += u32::from(self.graph(nth, graph, key, status, own));
            }
        }
        // A subject has ended when every graph that decides about it says so.
        let ended = graphs > 0 && closed == graphs;
        if !ended && let Some(doc) = self.doc_mut(key) {
            doc.ended = None;
        }
        self.set_wake(key, scope);
        if ended {
            self.end(key);
        }
    }

    /// Reads what is known of a subject now, unless that was done in this step. `false`: nothing is known of
    /// its account.
    pub(super) fn read_facts(&mut self, key: DocKey, signal: Option<&Signal>) -> bool {
        if self.scratch.read == Some(key) {
            return true;
        }
        let (now, rules) = (self.state.time, self.rules);
        let Some(account) = &mut self.state.account else { return false };
        let sub = match key {
            DocKey::Account => None,
            sub => self.state.subs.get_mut(&sub).map(|doc| &mut doc.features),
        };
        let (features, rates) = (rules.features(), rules.policy().rates());
        features.read(&mut account.features, sub, signal, now, rates, &mut self.scratch.reading);
        self.scratch.read = Some(key);
        true
    }

    /// Lets one graph decide and moves its escalation. `true` when the subject has ended.
    fn graph(
        &mut self,
        nth: usize,
        graph: &'a Graph,
        key: DocKey,
        status: Status,
        woken: Option<TimerKind>,
    ) -> bool {
        let rules = self.rules;
        let (draft, reading) = self.scratch.draft(nth, key);
        let verdict = graph.decide(&reading.slots, &mut draft.masks);
        draft.verdict = verdict;
        draft.completeness = reading.completeness();
        let Some(origins) = origins_of(self.state, rules, key, reading) else { return false };
        draft.trust = describe_facts(rules, graph, &verdict, &origins, &mut draft.facts);
        let closed = graph.closed(&reading.slots);
        let rule = rules.rule_code(nth, verdict.rule);
        let node = graph.nodes().get(verdict.node).map_or(Code::default(), |node| node.code);
        let seq = self.state.seq;
        let Some(doc) = self.doc_mut(key) else { return false };
        let state = doc.graph_mut(graph.code());
        let before = state.last.replace(LastDecision { seq, rule, node });
        let changed = before.is_none_or(|last| (last.rule, last.node) != (rule, node));
        let late = before.filter(|_| status == Status::Late).map(|last| last.seq);
        let reading = &self.scratch.reading;
        let origins = origins_of(self.state, rules, key, reading).filter(|_| changed);
        let evidence = origins.map(|origins| write_evidence(rules, nth, graph, reading, &origins));
        if let Some(draft) = self.scratch.last_draft() {
            draft.changed = changed;
            draft.supersedes = late;
            draft.evidence = evidence.as_deref().map(Digest::of);
        }
        self.scratch.evidence.extend(evidence);
        escalate::advance(self, graph, key, &verdict, rule, closed, woken);
        closed
    }

    /// Keeps one re-evaluation timer per document, at the next instant at which a guard may change.
    fn set_wake(&mut self, key: DocKey, scope: Scope) {
        let (now, rules) = (self.state.time, self.rules);
        let Some(account) = &self.state.account else { return };
        let sub = self.state.subs.get(&key).map(|doc| &doc.features);
        let features = rules.features();
        let reading = &self.scratch.reading;
        let flips = rules.flips(scope);
        let due = features.next_flip(&account.features, sub, reading, now, flips);
        let Some(doc) = self.doc_mut(key) else { return };
        // A timer for this very instant would fire for ever.
        let next = Timestamp::from_micros(now.micros().saturating_add(1));
        let due = if doc.ended.is_some() { Timestamp::MAX } else { due.max(next) };
        if doc.wake.1 != due {
            let timer = doc.set_wake(key, due);
            self.scratch.timers.push(timer);
        }
    }

    /// Marks a subject as ended and forgets those that ended longer ago than a signal may be late.
    fn end(&mut self, key: DocKey) {
        let (now, lateness) = (self.state.time, self.rules.policy().meta().lateness);
        if let Some(doc) = self.doc_mut(key) {
            doc.ended.get_or_insert(now);
            if doc.wake.1 != Timestamp::MAX {
                let timer = doc.set_wake(key, Timestamp::MAX);
                self.scratch.timers.push(timer);
            }
        }
        self.state.forget_ended(now.minus(lateness));
    }
}

/// Where the facts of a subject's reading come from.
pub(super) fn origins_of<'a>(
    state: &'a StreamState,
    rules: &'a Rules,
    key: DocKey,
    reading: &'a Reading,
) -> Option<Origins<'a>> {
    let sub = state.subs.get(&key).map(|doc| &doc.features);
    Some(rules.features().origins(&state.account.as_ref()?.features, sub, reading))
}

/// The facts that the deciding rule and an override read, with their event times; gives their lowest trust.
fn describe_facts(
    rules: &Rules,
    graph: &Graph,
    verdict: &Verdict,
    origins: &Origins<'_>,
    facts: &mut Vec<(Code, Timestamp)>,
) -> Trust {
    let overridden = verdict.overridden().and_then(|one| graph.overrides().get(one));
    let deciding = verdict.rule.into_iter().chain(overridden.map(|one| one.guard));
    let mut trust = Trust::System;
    for slot in deciding.filter_map(|guard| graph.guard(guard)).flat_map(|guard| guard.slots()) {
        let Some(fact) = rules.catalogue().fact(*slot) else { continue };
        let origin = origins.of(*slot);
        trust = trust.join(origin.trust());
        facts.push((fact.code, origin.as_of().unwrap_or(Timestamp::MIN)));
    }
    trust
}

/// The facts that the graph's guards can read, as they were: canonical JSON.
fn write_evidence(
    rules: &Rules,
    nth: usize,
    graph: &Graph,
    reading: &Reading,
    origins: &Origins<'_>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let mut evidence = Object::new(&mut out);
    let mut facts = Object::new(evidence.key("facts"));
    for (name, slot) in rules.facts_of(nth) {
        let Some(raw) = reading.slots.get(*slot) else { continue };
        let mut fact = Object::new(facts.key(name));
        let origin = origins.of(*slot);
        if let Some(as_of) = origin.as_of() {
            fact.quoted("as_of", as_of.micros());
        }
        let known_at = origin.known_at();
        if let Some(known_at) = known_at.filter(|_| known_at != origin.as_of()) {
            fact.quoted("known_at", known_at.micros());
        }
        fact.quoted("raw", raw);
        fact.end();
    }
    facts.end();
    evidence.text("graph", graph.name());
    evidence.end();
    out
}
