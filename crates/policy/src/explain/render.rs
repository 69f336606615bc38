//! An explanation as plain text that is read in half a minute.
//!
//! - In: how each rule of a graph stood.
//! - Out: lines of at most about a hundred characters: what, because of what, and why nothing else.
//! - Never: more than [`MOST`] rules of one kind; the rest are counted.

use super::{Explainer, Standing};
use crate::graph::{Node, NodeKind, Rule, Verdict};
use bellwether_expr::{Told, Tri};
use std::fmt::Write as _;

/// The most rules of one kind that are written out; the rest are counted.
const MOST: usize = 8;

impl Explainer<'_> {
    /// Writes it for people.
    pub(super) fn tell(&self, verdict: &Verdict) -> String {
        let mut out = String::with_capacity(4096);
        self.headline(verdict, &mut out);
        self.because(verdict, &mut out);
        let before = self.before();
        if !before.is_empty() {
            out.push_str("\nBefore it, these rules did not hold:\n");
        }
        let told = before.get(..MOST).unwrap_or(&before);
        for rule in told {
            if let Some(named) = self.graph.rules.get(*rule) {
                push(&mut out, &["  ", &named.id, " -> ", self.name(named.to), ": "]);
                self.lacks(*rule, Tri::False, &mut out);
                out.push('\n');
            }
        }
        rest(&mut out, before.len());
        for (nth, (at, node)) in self.ends(verdict).enumerate() {
            out.push_str(if nth == 0 { "\nWhy not:\n" } else { "" });
            self.why_not(at, node, told, &mut out);
        }
        out
    }

    fn headline(&self, verdict: &Verdict, out: &mut String) {
        let graph = self.graph;
        let Some(node) = graph.nodes.get(verdict.node) else { return };
        let outcome = node.outcome.as_str();
        push(out, &[&node.name, " (", outcome, "), decided by ", &graph.name, "\n"]);
        if let Some(human) = node.human() {
            push(out, &["  asks ", &human.role]);
            human.fallback.iter().for_each(|role| push(out, &[", then ", role]));
            let (ack, act) = (human.ack, human.act);
            let _ = writeln!(out, ": answer within {ack}, movement within {act}");
        }
        for (nth, approval) in self.approvals(verdict).enumerate() {
            push(
                out,
                &[if nth == 0 { "  first approved by " } else { ", then by " }, &approval.role],
            );
        }
        if let Some(approval) = self.approvals(verdict).next() {
            match approval.refused.map(|at| self.name(at)) {
                Some(refused) => push(out, &["; refused, it goes to ", refused, "\n"]),
                None => out.push_str("; refused, it ends\n"),
            }
        }
        if let Some(permit) = node.human().and_then(|human| human.permit.as_ref()) {
            push(out, &["  only where ", &permit.action, " is allowed"]);
            let asks = permit.asks.iter().filter_map(|at| graph.nodes.get(*at)?.human());
            for (nth, human) in asks.enumerate() {
                push(out, &[if nth == 0 { "; it may take " } else { ", " }, &human.role]);
            }
            push(out, &["; else it goes to ", self.name(permit.denied), "\n"]);
        }
        if let Some(human) = node.human().filter(|human| !human.steps.is_empty()) {
            push(out, &["  to do: ", &human.steps.join(", "), "\n"]);
        }
        if let NodeKind::Discover { within, then, ready } = &node.kind {
            let then = self.name(*then);
            let _ = match ready {
                None => writeln!(out, "  finds out more for {within}, then {then} decides"),
                Some(ready) => {
                    let (facts, next) = (ready.facts.join(", "), self.name(ready.node));
                    writeln!(
                        out,
                        "  waits for {facts}: known, {next} is next; after {within} {then}"
                    )
                }
            };
        }
        for (nth, node) in self.way(verdict).enumerate() {
            push(out, &[if nth == 0 { "  way " } else { " -> " }, &node.name]);
        }
        push(out, &["; owner ", &graph.owner, "\n"]);
        if let Some(one) = self.overridden(verdict) {
            push(out, &["  overridden by ", &one.id, ": ", &one.reason, "\n"]);
        }
    }

    fn because(&self, verdict: &Verdict, out: &mut String) {
        let Some(index) = verdict.rule else { return };
        let Some(rule) = self.graph.rules.get(index) else { return };
        let verb = if verdict.doubt { "\nIn doubt about " } else { "\nBecause of " };
        push(out, &[verb, &rule.id]);
        push(out, &[if rule.reason.is_empty() { "" } else { ": " }, &rule.reason, "\n"]);
        if rule.otherwise {
            out.push_str("  no rule before it held\n");
        }
        for clause in self.clauses(index) {
            push(out, &["  ", mark(clause.truth()), " "]);
            said(out, clause);
            out.push('\n');
        }
    }

    /// `told` are the rules whose clauses are written out already.
    fn why_not(&self, at: usize, node: &Node, told: &[usize], out: &mut String) {
        let name = |out: &mut String| {
            push(out, &["  ", &node.name, " (", node.outcome.as_str()]);
            if let Some(human) = node.human() {
                push(out, &[", ", &human.role]);
            }
            out.push_str("): ");
        };
        let mut count = 0;
        for index in self.leading(at) {
            count += 1;
            if let (true, Some(rule)) = (count <= MOST, self.graph.rules.get(index)) {
                name(out);
                push(out, &[&rule.id, " "]);
                self.stood(index, rule, told.contains(&index), out);
                out.push('\n');
            }
        }
        if count == 0 {
            name(out);
            let ready = |node: &&Node| match &node.kind {
                NodeKind::Discover { ready: Some(ready), .. } => ready.node == at,
                _ => false,
            };
            match self.graph.nodes.iter().find(ready) {
                Some(wait) => {
                    push(out, &["when `", &wait.name, "` has what it waits for, in doubt,"]);
                }
                None => out.push_str("only in doubt,"),
            }
            out.push_str(" or when a discovery is over\n");
        }
        rest(out, count);
    }

    fn stood(&self, index: usize, rule: &Rule, told: bool, out: &mut String) {
        match self.standing(index) {
            Standing::Decided => out.push_str("decided, but the way went on"),
            Standing::Doubtful => out.push_str("could not be evaluated"),
            Standing::Failed if told => out.push_str("did not hold (see above)"),
            Standing::Failed => {
                out.push_str("did not hold: ");
                self.lacks(index, Tri::False, out);
            }
            Standing::Outranked => out.push_str("holds too, but comes later"),
            Standing::Unread => {
                out.push_str("comes later, and is unknown: ");
                self.lacks(index, Tri::Unknown, out);
            }
            Standing::NotNeeded => out.push_str("is for when no other rule holds"),
            Standing::NotReached => {
                push(out, &["belongs to ", self.name(rule.from), ", which was not reached"]);
            }
        }
    }

    /// The clauses that kept a rule from holding, on one line.
    fn lacks(&self, index: usize, truth: Tri, out: &mut String) {
        short_of(out, self.clauses(index), truth);
    }
}

/// The clauses with a truth, on one line; all of them where none has it.
pub(super) fn short_of<'a>(
    out: &mut String,
    clauses: impl Iterator<Item = Told<'a>> + Clone,
    truth: Tri,
) {
    let wanted = clauses.clone().filter(|clause| clause.truth() == truth);
    if said_all(out, wanted) == 0 {
        said_all(out, clauses);
    }
}

/// Says how many there were.
fn said_all<'a>(out: &mut String, clauses: impl Iterator<Item = Told<'a>>) -> usize {
    let mut count = 0;
    for clause in clauses {
        out.push_str(if count == 0 { "" } else { "; " });
        said(out, clause);
        count += 1;
    }
    count
}

fn said(out: &mut String, clause: Told<'_>) {
    // A string takes everything.
    let _ = clause.write(out);
}

const fn mark(truth: Tri) -> &'static str {
    match truth {
        Tri::True => "yes",
        Tri::False => "no ",
        Tri::Unknown => "?  ",
    }
}

fn push(out: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| out.push_str(part));
}

fn rest(out: &mut String, count: usize) {
    if count > MOST {
        let _ = writeln!(out, "  and {} more", count - MOST);
    }
}
