//! Calls: what each function takes and becomes.

use crate::ast::{Ast, Kind};
use crate::fault::fault;
use crate::literal;
use crate::lower::{Lowering, folded};
use crate::node::{Arith, Node};
use bellwether_core::{Duration, Timestamp, Type};

/// The functions, with what stands in their brackets.
const FUNCTIONS: [(&str, &str); 7] = [
    ("has", "has(fact)"),
    ("min", "min(a, b, ..)"),
    ("max", "max(a, b, ..)"),
    ("abs", "abs(a)"),
    ("days", "days(span)"),
    ("duration", "duration(\"30d\")"),
    ("timestamp", "timestamp(\"2026-01-01T00:00:00Z\")"),
];

impl Lowering<'_> {
    pub(crate) fn call(
        &mut self,
        ast: &Ast,
        name: &str,
        parts: &[Ast],
        wanted: Type,
    ) -> Option<Node> {
        let Some((_, usage)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
            let message = format!("there is no function `{name}`");
            let known = FUNCTIONS.iter().map(|(name, _)| *name);
            self.faults.push(
                fault("expr-unknown-function", ast.span.clone(), message).nearest(name, known),
            );
            return None;
        };
        match (name, parts) {
            ("has", [Ast { kind: Kind::Name(fact), .. }]) => {
                self.name(parts.first()?, fact)?;
                Some(Node::Known { slot: self.catalogue.slot(fact)?, known: true })
            }
            ("min" | "max", [first, rest @ ..]) => {
                let arith = if name == "min" { Arith::Min } else { Arith::Max };
                self.extreme(ast, arith, first, rest, wanted)
            }
            ("abs", [inner]) => {
                let node = self.lower(inner, wanted)?;
                if !is_number(wanted) {
                    let message = format!("`abs` does not work on {wanted}");
                    self.faults.push(fault("expr-type", ast.span.clone(), message));
                }
                Some(folded(Node::Abs(Box::new(node))))
            }
            ("days", [inner]) => {
                let span = self.lower(inner, Type::Duration)?;
                let day = Node::Const(Duration::from_days(1).micros());
                Some(folded(Node::Arith(Arith::Floor, Box::new(span), Box::new(day))))
            }
            ("duration", [Ast { kind: Kind::Word(text), span, .. }]) => {
                let read = Duration::parse(text).map(Duration::micros);
                self.written(read, span, text, "a span such as 90s, 4h or 30d")
            }
            ("timestamp", [Ast { kind: Kind::Word(text), span, .. }]) => {
                let read = literal::instant(text).map(Timestamp::micros);
                self.written(read, span, text, "an instant such as 2026-01-01T00:00:00Z")
            }
            _ => {
                let message = format!("`{name}` is written {usage}");
                self.faults.push(fault("expr-arguments", ast.span.clone(), message));
                None
            }
        }
    }

    fn written(
        &mut self,
        read: Option<i64>,
        span: &std::ops::Range<usize>,
        text: &str,
        expected: &str,
    ) -> Option<Node> {
        if read.is_none() {
            let message = format!("`{text}` cannot be read: expected {expected}");
            self.faults.push(fault("expr-literal", span.clone(), message));
        }
        read.map(Node::Const)
    }

    fn extreme(
        &mut self,
        ast: &Ast,
        arith: Arith,
        first: &Ast,
        rest: &[Ast],
        wanted: Type,
    ) -> Option<Node> {
        if !is_number(wanted) && wanted != Type::Time {
            let message = format!("{wanted} has no smallest and no largest");
            self.faults.push(fault("expr-type", ast.span.clone(), message));
        }
        for part in rest {
            if self.shape(first).join(self.shape(part)).is_none() {
                self.differ(ast, first, part);
                return None;
            }
        }
        let first = self.lower(first, wanted);
        let rest = self.each(rest, wanted);
        let pair = |a, b| Node::Arith(arith, Box::new(a), Box::new(b));
        Some(rest?.into_iter().fold(first?, pair))
    }
}

/// Whether a type can be added, negated and ordered by size.
pub(crate) fn is_number(kind: Type) -> bool {
    matches!(kind, Type::Int | Type::Ratio | Type::Money | Type::Duration)
}
