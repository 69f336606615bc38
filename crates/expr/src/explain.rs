//! Explanation: what each clause asked, what it found, and by how much it held or failed.

use crate::ast::{Ast, Kind};
use crate::catalogue::{Catalogue, Slot};
use crate::lower::Lowering;
use crate::node::{Node, Op};
use crate::program::Program;
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
    /// All of it as one sentence.
    pub sentence: String,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// A clause as it stands for some facts, not yet put into words.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    def: &'a ClauseDef,
    slots: &'a Slots,
    catalogue: &'a Catalogue,
    truth: Tri,
}

/// A clause before it is looked at.
#[derive(Clone, Debug)]
pub(crate) struct ClauseDef {
    text: String,
    subject: Part,
    ask: Ask,
    /// What decides its truth.
    program: Program,
    slots: Vec<Slot>,
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    text: String,
    node: Node,
    program: Program,
    kind: Type,
    /// Written as a number or word, which is shown as it was written.
    written: bool,
}

#[derive(Clone, Debug, PartialEq)]
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
        Some(Part { text, program: Program::new(&node), node, kind, written })
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
        let program = Program::new(&node);
        self.clauses.push(ClauseDef { text, subject, ask, program, slots });
    }
}

impl ClauseDef {
    /// The clause with what the slots hold.
    pub(crate) fn told<'a>(&'a self, slots: &'a Slots, catalogue: &'a Catalogue) -> Told<'a> {
        let truth = match self.ask {
            Ask::Value => self.subject.program.eval(slots).map_or(Tri::Unknown, |_| Tri::True),
            _ => self.program.truth(slots),
        };
        Told { def: self, slots, catalogue, truth }
    }
}

impl Told<'_> {
    /// Whether it holds.
    pub const fn truth(&self) -> Tri {
        self.truth
    }

    /// Writes it as one sentence.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(&self.def.subject.text)?;
        out.write_str(" is ")?;
        self.found(out)?;
        let told = self.truth == Tri::True && self.def.says_what_it_asks();
        if self.def.ask != Ask::Value && !told {
            out.write_str(match self.truth {
                Tri::True => ", ",
                Tri::False => ", not ",
                Tri::Unknown => ", asked for ",
            })?;
            self.limit(out)?;
        }
        if let Some((kind, distance)) = self.margin() {
            out.write_str(": by ")?;
            self.catalogue.write(kind, distance, out)?;
        }
        Ok(())
    }

    /// All of it as data.
    pub fn clause(&self) -> Clause {
        let text = |write: &dyn Fn(&mut String) -> fmt::Result| {
            let mut text = String::new();
            // A string takes everything.
            let _ = write(&mut text);
            text
        };
        let margin = self.margin().map(|(kind, distance)| show_raw(kind, distance));
        Clause {
            text: self.def.text.clone(),
            subject: self.def.subject.text.clone(),
            truth: self.truth,
            found: text(&|out| self.found(out)),
            limit: text(&|out| self.limit(out)),
            margin,
            slots: self.def.slots.clone(),
            sentence: text(&|out| self.write(out)),
        }
    }

    fn value(&self) -> Option<i64> {
        self.def.subject.program.eval(self.slots)
    }

    fn found(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let ask = &self.def.ask;
        match (ask, self.value()) {
            (Ask::Known { .. }, value) => out.write_str(is_known(value.is_some())),
            (_, Some(value)) => match ask.written(value) {
                Some(word) => out.write_str(word),
                None => self.def.subject.value(value, self.catalogue, out),
            },
            (_, None) => out.write_str("unknown"),
        }
    }

    fn limit(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match &self.def.ask {
            Ask::Compare(op, limit) => {
                let words = words(*op, limit.kind);
                out.write_str(words)?;
                out.write_str(if words.is_empty() { "" } else { " " })?;
                limit.shown(self.slots, self.catalogue, out)
            }
            Ask::Member { negated, list } => {
                out.write_str(if *negated { "none of " } else { "one of " })?;
                for (nth, part) in list.iter().enumerate() {
                    out.write_str(if nth == 0 { "" } else { ", " })?;
                    part.shown(self.slots, self.catalogue, out)?;
                }
                Ok(())
            }
            Ask::Known { known } => out.write_str(is_known(*known)),
            Ask::Flag { wanted } => out.write_str(if *wanted { "true" } else { "false" }),
            Ask::Value => Ok(()),
        }
    }

    /// The distance to the limit of an ordering.
    fn margin(&self) -> Option<(Type, i64)> {
        let Ask::Compare(Op::Lt | Op::Le | Op::Gt | Op::Ge, limit) = &self.def.ask else {
            return None;
        };
        let distance =
            self.value()?.saturating_sub(limit.program.eval(self.slots)?).saturating_abs();
        let kind = if limit.kind == Type::Time { Type::Duration } else { limit.kind };
        Some((kind, distance))
    }
}

impl ClauseDef {
    /// Whether what is found, when it holds, reads like what was asked for.
    fn says_what_it_asks(&self) -> bool {
        match &self.ask {
            Ask::Known { .. } | Ask::Flag { .. } => true,
            Ask::Compare(op, limit) => {
                words(*op, limit.kind).is_empty() && matches!(limit.node, Node::Const(_))
            }
            Ask::Member { .. } | Ask::Value => false,
        }
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
    fn value(&self, value: i64, catalogue: &Catalogue, out: &mut impl fmt::Write) -> fmt::Result {
        catalogue.write(self.kind, value, out)?;
        let Node::Slot(slot) = self.node else { return Ok(()) };
        match catalogue.fact(slot).and_then(|fact| fact.unit.as_ref()) {
            Some(unit) => write!(out, " {unit}"),
            None => Ok(()),
        }
    }

    /// What it stands for as a limit: a constant as written, anything else with its value.
    fn shown(
        &self,
        slots: &Slots,
        catalogue: &Catalogue,
        out: &mut impl fmt::Write,
    ) -> fmt::Result {
        if self.written {
            return out.write_str(&self.text);
        }
        match (&self.node, self.program.eval(slots)) {
            (Node::Const(_), Some(value)) => catalogue.write(self.kind, value, out),
            (_, Some(value)) => {
                write!(out, "{} (", self.text)?;
                catalogue.write(self.kind, value, out)?;
                out.write_str(")")
            }
            (_, None) => write!(out, "{} (unknown)", self.text),
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
