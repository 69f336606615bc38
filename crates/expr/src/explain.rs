//! Explanation: what each clause asked, what it found, and by how much it held or failed.

use crate::ast::{Ast, Kind};
use crate::catalogue::{Catalogue, Slot};
use crate::lower::Lowering;
use crate::node::{Node, Op};
use crate::slots::Slots;
use crate::tri::Tri;
use bellwether_core::Type;
use bellwether_core::value::show_raw;
use std::collections::BTreeSet;
use std::fmt;

/// One condition of an expression, as it stood at an instant. It prints as one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// What was asked, as written.
    pub text: String,
    /// The part that was looked at, as written.
    pub subject: String,
    /// Whether it held.
    pub truth: Tri,
    /// What was found, for people; `unknown` when it is missing.
    pub found: String,
    /// What was asked for, for people; empty for a value that nothing is asked of.
    pub limit: String,
    /// By how much it held or failed, where that has a meaning.
    pub margin: Option<String>,
    /// The facts it reads, sorted.
    pub slots: Vec<Slot>,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.subject, self.found)?;
        match self.truth {
            _ if self.limit.is_empty() || self.limit == self.found => {}
            Tri::True => write!(f, ", {}", self.limit)?,
            Tri::False => write!(f, ", not {}", self.limit)?,
            Tri::Unknown => write!(f, ", asked for {}", self.limit)?,
        }
        match &self.margin {
            Some(margin) => write!(f, ": by {margin}"),
            None => Ok(()),
        }
    }
}

/// A clause before it is looked at.
#[derive(Clone, Debug)]
pub(crate) struct ClauseDef {
    text: String,
    subject: Part,
    ask: Ask,
    /// What decides its truth.
    node: Node,
    slots: Vec<Slot>,
}

/// A side of a comparison.
#[derive(Clone, Debug)]
struct Part {
    text: String,
    node: Node,
    kind: Type,
    /// Written as a number or word, which is shown as it was written.
    written: bool,
}

#[derive(Clone, Debug)]
enum Ask {
    Compare(Op, Part),
    Member { negated: bool, list: Vec<Part> },
    Known { known: bool },
    Flag { wanted: bool },
    Value,
}

/// The clauses of an expression that is free of faults.
pub(crate) fn clauses(
    text: &str,
    kind: Type,
    ast: &Ast,
    lowering: &mut Lowering<'_>,
) -> Vec<ClauseDef> {
    let mut collector = Collector { text, lowering, clauses: Vec::new() };
    match kind {
        Type::Bool => collector.condition(ast, false),
        _ => collector.value(ast, kind),
    }
    .unwrap_or_default();
    collector.clauses
}

struct Collector<'a, 'c> {
    text: &'a str,
    lowering: &'a mut Lowering<'c>,
    clauses: Vec<ClauseDef>,
}

impl Collector<'_, '_> {
    fn source(&self, ast: &Ast) -> String {
        self.text.get(ast.span.clone()).unwrap_or_default().to_owned()
    }

    fn part(&mut self, ast: &Ast, kind: Type) -> Option<Part> {
        let node = self.lowering.lower(ast, kind)?;
        let (text, written) = match &ast.kind {
            Kind::Word(word) => (word.clone(), true),
            kind => (self.source(ast), matches!(kind, Kind::Number(_))),
        };
        Some(Part { text, node, kind, written })
    }

    /// Takes a condition apart down to what cannot be joined by `&&`, `||` and `!`.
    fn condition(&mut self, ast: &Ast, negated: bool) -> Option<()> {
        match &ast.kind {
            Kind::Not(inner) => return self.condition(inner, !negated),
            Kind::All(parts) | Kind::Any(parts) => {
                return parts.iter().try_for_each(|part| self.condition(part, negated));
            }
            _ => {}
        }
        let node = self.lowering.lower(ast, Type::Bool)?;
        let node = if negated { node.negated() } else { node };
        let (subject, ask) = self.asked(ast, negated)?;
        let text = self.source(ast);
        let text = if negated { format!("!({text})") } else { text };
        self.push(text, subject, ask, node);
        Some(())
    }

    /// What a condition looks at, and what it asks of it.
    fn asked(&mut self, ast: &Ast, negated: bool) -> Option<(Part, Ask)> {
        match &ast.kind {
            Kind::Compare(op, a, b) => {
                let kind = self.lowering.shape(a).join(self.lowering.shape(b))?.settled()?;
                let (a, b) = (self.part(a, kind)?, self.part(b, kind)?);
                let op = if negated { op.negated() } else { *op };
                let constant = matches!(a.node, Node::Const(_));
                Some(if constant && !matches!(b.node, Node::Const(_)) {
                    (b, Ask::Compare(op.flipped(), a))
                } else {
                    (a, Ask::Compare(op, b))
                })
            }
            Kind::In(item, list) => {
                let shapes = list.iter().map(|element| self.lowering.shape(element));
                let own = Some(self.lowering.shape(item));
                let joined = shapes.fold(own, |all, next| all?.join(next));
                let kind = joined?.settled()?;
                let list: Option<_> = list.iter().map(|element| self.part(element, kind)).collect();
                Some((self.part(item, kind)?, Ask::Member { negated, list: list? }))
            }
            Kind::Call(_, parts)
                if matches!(parts.as_slice(), [Ast { kind: Kind::Name(_), .. }]) =>
            {
                let fact = parts.first()?;
                let kind = self.lowering.shape(fact).settled()?;
                Some((self.part(fact, kind)?, Ask::Known { known: !negated }))
            }
            _ => Some((self.part(ast, Type::Bool)?, Ask::Flag { wanted: !negated })),
        }
    }

    fn value(&mut self, ast: &Ast, kind: Type) -> Option<()> {
        let subject = self.part(ast, kind)?;
        let (text, node) = (subject.text.clone(), subject.node.clone());
        self.push(text, subject, Ask::Value, node);
        Some(())
    }

    fn push(&mut self, text: String, subject: Part, ask: Ask, node: Node) {
        let mut slots = BTreeSet::new();
        node.walk(&mut |node| match node {
            Node::Slot(slot) | Node::Known { slot, .. } => drop(slots.insert(*slot)),
            Node::Test(test) => drop(slots.insert(test.slot)),
            _ => {}
        });
        let slots = slots.into_iter().collect();
        self.clauses.push(ClauseDef { text, subject, ask, node, slots });
    }
}

impl ClauseDef {
    /// The clause with what the slots hold.
    pub(crate) fn explain(&self, slots: &Slots, catalogue: &Catalogue) -> Clause {
        let value = self.subject.node.eval(slots);
        let truth = match self.ask {
            Ask::Value => value.map_or(Tri::Unknown, |_| Tri::True),
            _ => self.node.truth(slots),
        };
        let limit = match &self.ask {
            Ask::Compare(op, limit) => {
                let shown = limit.shown(slots, catalogue);
                match words(*op, limit.kind) {
                    "" => shown,
                    words => format!("{words} {shown}"),
                }
            }
            Ask::Member { negated, list } => {
                let list: Vec<_> = list.iter().map(|part| part.shown(slots, catalogue)).collect();
                format!("{} of {}", if *negated { "none" } else { "one" }, list.join(", "))
            }
            Ask::Known { known } => is_known(*known).to_owned(),
            Ask::Flag { wanted } => wanted.to_string(),
            Ask::Value => String::new(),
        };
        let found = match (&self.ask, value) {
            (Ask::Known { .. }, value) => is_known(value.is_some()).to_owned(),
            (ask, Some(value)) => match ask.written(value) {
                Some(word) => word.to_owned(),
                None => self.subject.value(value, catalogue),
            },
            (_, None) => "unknown".to_owned(),
        };
        Clause {
            text: self.text.clone(),
            subject: self.subject.text.clone(),
            truth,
            found,
            limit,
            margin: self.margin(value, slots),
            slots: self.slots.clone(),
        }
    }

    /// The distance to the limit of an ordering.
    fn margin(&self, value: Option<i64>, slots: &Slots) -> Option<String> {
        let Ask::Compare(Op::Lt | Op::Le | Op::Gt | Op::Ge, limit) = &self.ask else { return None };
        let distance = value?.saturating_sub(limit.node.eval(slots)?).saturating_abs();
        let kind = if limit.kind == Type::Time { Type::Duration } else { limit.kind };
        Some(show_raw(kind, distance))
    }
}

impl Ask {
    /// The word it asks for, where that is what was found: the catalogue need not know it.
    fn written(&self, value: i64) -> Option<&str> {
        let parts = match self {
            Self::Compare(_, part) => std::slice::from_ref(part),
            Self::Member { list, .. } => list,
            _ => &[],
        };
        let mut words = parts.iter().filter(|part| part.kind == Type::Code);
        words.find(|part| part.node == Node::Const(value)).map(|part| part.text.as_str())
    }
}

impl Part {
    /// A value of this part, with the unit of its fact.
    fn value(&self, value: i64, catalogue: &Catalogue) -> String {
        let shown = catalogue.show(self.kind, value);
        let Node::Slot(slot) = self.node else { return shown };
        match catalogue.fact(slot).and_then(|fact| fact.unit.as_ref()) {
            Some(unit) => format!("{shown} {unit}"),
            None => shown,
        }
    }

    /// What it stands for as a limit: a constant as written, anything else with its value.
    fn shown(&self, slots: &Slots, catalogue: &Catalogue) -> String {
        match (&self.node, self.node.eval(slots)) {
            _ if self.written => self.text.clone(),
            (Node::Const(_), Some(value)) => catalogue.show(self.kind, value),
            (_, Some(value)) => format!("{} ({})", self.text, catalogue.show(self.kind, value)),
            (_, None) => format!("{} (unknown)", self.text),
        }
    }
}

fn is_known(known: bool) -> &'static str {
    if known { "known" } else { "missing" }
}

/// A comparison in words, before its limit. Equal words and flags need none.
fn words(op: Op, kind: Type) -> &'static str {
    match (op, kind) {
        (Op::Eq, Type::Code | Type::Bool) => "",
        (Op::Eq, _) => "exactly",
        (Op::Ne, _) => "other than",
        (Op::Lt, Type::Time) => "before",
        (Op::Le, Type::Time) => "no later than",
        (Op::Gt, Type::Time) => "after",
        (Op::Ge, Type::Time) => "no earlier than",
        (Op::Lt, _) => "less than",
        (Op::Le, _) => "at most",
        (Op::Gt, _) => "more than",
        (Op::Ge, _) => "at least",
    }
}
