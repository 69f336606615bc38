//! Lowering: names to slots, words to codes, every part to one type; all faults at once.

use crate::ast::{Ast, Kind, Sign};
use crate::calls::is_number;
use crate::catalogue::{Catalogue, FactDef};
use crate::fault::{Fault, fault};
use crate::literal;
use crate::node::{Comparison, Node, Op};
use crate::program::Program;
use crate::shape::{Shape, rule};
use bellwether_core::{Code, Type};

pub(crate) struct Lowering<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) faults: Vec<Fault>,
    /// Words of facts that are not closed.
    pub(crate) words: Vec<String>,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue, faults: Vec::new(), words: Vec::new() }
    }

    fn fact(&self, name: &str) -> Option<&'a FactDef> {
        self.catalogue.fact(self.catalogue.slot(name)?)
    }

    /// What type a part has or may take.
    pub(crate) fn shape(&self, ast: &Ast) -> Shape {
        let join = |parts: &[Ast]| {
            let mut shapes = parts.iter().map(|part| self.shape(part));
            let first = shapes.next().unwrap_or(Shape::Broken);
            shapes.try_fold(first, Shape::join).unwrap_or(Shape::Broken)
        };
        match &ast.kind {
            Kind::Number(number) => Shape::Number { decimal: number.decimal },
            Kind::Word(_) => Shape::Word,
            Kind::Name(name) => {
                self.fact(name).map_or(Shape::Broken, |fact| Shape::Known(fact.kind))
            }
            Kind::Negate(inner) => self.shape(inner),
            Kind::Arithmetic(sign, a, b) => rule(*sign, self.shape(a), self.shape(b))
                .map_or(Shape::Broken, |rule| Shape::Known(rule.result)),
            Kind::If(parts) => match parts.as_slice() {
                [_, branches @ ..] => join(branches),
                [] => Shape::Broken,
            },
            Kind::Call(name, parts) => match name.as_str() {
                "has" => Shape::Known(Type::Bool),
                "min" | "max" | "abs" => join(parts),
                "days" => Shape::Known(Type::Int),
                "duration" => Shape::Known(Type::Duration),
                "timestamp" => Shape::Known(Type::Time),
                _ => Shape::Broken,
            },
            _ => Shape::Known(Type::Bool),
        }
    }

    /// The part as a node of the wanted type; nothing once a fault is noted.
    pub(crate) fn lower(&mut self, ast: &Ast, wanted: Type) -> Option<Node> {
        let shape = self.shape(ast);
        if !shape.fits(wanted) {
            self.misfit(ast, shape, wanted);
            let own = shape.settled()?;
            self.inside(ast, own);
            return None;
        }
        self.inside(ast, wanted)
    }

    fn misfit(&mut self, ast: &Ast, shape: Shape, wanted: Type) {
        let found = shape.settled().map_or("nothing", Type::as_str);
        let message = format!("expected {wanted}, found {found}");
        let fault = fault("expr-type", ast.span.clone(), message);
        self.faults.push(match (&ast.kind, wanted) {
            (Kind::Word(word), Type::Duration) => {
                fault.help(format!("a span is written duration(\"{word}\")"))
            }
            (Kind::Word(word), Type::Time) => {
                fault.help(format!("an instant is written timestamp(\"{word}\")"))
            }
            (Kind::Number(_), Type::Duration) => fault.help("a span is written duration(\"30d\")"),
            (_, Type::Bool) => fault.help("compare it with something"),
            (_, Type::Int) if shape == Shape::Known(Type::Duration) => {
                fault.help("days(..) gives the whole days of a span")
            }
            _ => fault,
        });
    }

    fn inside(&mut self, ast: &Ast, wanted: Type) -> Option<Node> {
        match &ast.kind {
            Kind::Bool(yes) => Some(Node::Const((*yes).into())),
            Kind::Number(number) => {
                let raw = literal::number(*number, wanted);
                if raw.is_none() {
                    let message = format!("the number does not fit into {wanted}");
                    let fault = fault("expr-literal", ast.span.clone(), message);
                    self.faults.push(match wanted {
                        Type::Money => fault.help("money has at most two places"),
                        _ => fault,
                    });
                }
                raw.map(Node::Const)
            }
            Kind::Word(word) => {
                self.words.push(word.clone());
                Some(Node::Const(Code::of(word).raw()))
            }
            Kind::Name(name) => self.name(ast, name),
            Kind::Not(inner) => self.lower(inner, Type::Bool).map(Node::negated),
            Kind::Negate(inner) => {
                let node = self.lower(inner, wanted)?;
                if !is_number(wanted) {
                    let message = format!("`-` does not work on {wanted}");
                    self.faults.push(fault("expr-type", ast.span.clone(), message));
                    return None;
                }
                Some(folded(Node::Negate(Box::new(node))))
            }
            Kind::All(parts) => self.each(parts, Type::Bool).map(Node::All),
            Kind::Any(parts) => self.each(parts, Type::Bool).map(Node::Any),
            Kind::Compare(op, a, b) => self.compare(ast, *op, a, b),
            Kind::Arithmetic(sign, a, b) => self.arithmetic(ast, *sign, a, b),
            Kind::In(item, list) => self.member(ast, item, list),
            Kind::If(parts) => {
                let [condition, yes, no] = &**parts;
                if self.shape(yes).join(self.shape(no)).is_none() {
                    self.differ(ast, yes, no);
                    return None;
                }
                let condition = self.lower(condition, Type::Bool);
                let (yes, no) = (self.lower(yes, wanted), self.lower(no, wanted));
                Some(Node::If(Box::new([condition?, yes?, no?])))
            }
            Kind::Call(name, parts) => self.call(ast, name, parts, wanted),
        }
    }

    /// Every part, so that all faults are found, then all or none.
    pub(crate) fn each(&mut self, parts: &[Ast], wanted: Type) -> Option<Vec<Node>> {
        let nodes: Vec<_> = parts.iter().map(|part| self.lower(part, wanted)).collect();
        nodes.into_iter().collect()
    }

    pub(crate) fn name(&mut self, ast: &Ast, name: &str) -> Option<Node> {
        let Some(slot) = self.catalogue.slot(name) else {
            let message = format!("there is no fact `{name}`");
            let known = self.catalogue.iter().map(|(_, fact)| fact.name.as_str());
            let fault = fault("expr-unknown-fact", ast.span.clone(), message);
            self.faults.push(match self.catalogue.word(Code::of(name)) {
                Some(word) => fault.help(format!("a word stands in quotes: '{word}'")),
                None => fault.nearest(name, known),
            });
            return None;
        };
        let kind = self.catalogue.fact(slot)?.kind;
        // A yes-or-no fact is the comparison with no, so that guards and timers see one form.
        Some(match kind {
            Type::Bool => Node::Test(Comparison { slot, op: Op::Ne, limit: 0 }),
            _ => Node::Slot(slot),
        })
    }

    pub(crate) fn differ(&mut self, ast: &Ast, left: &Ast, right: &Ast) {
        let word = |shape: Shape| shape.settled().map_or("nothing", Type::as_str);
        let (a, b) = (self.shape(left), self.shape(right));
        let message = format!("{} and {} do not go together", word(a), word(b));
        let fault = fault("expr-type", ast.span.clone(), message);
        self.faults.push(match (a, b) {
            (Shape::Known(Type::Duration), Shape::Number { .. })
            | (Shape::Number { .. }, Shape::Known(Type::Duration)) => {
                fault.help("a span is written duration(\"30d\"); days(..) makes a number of one")
            }
            (Shape::Known(Type::Bool), Shape::Word) => {
                fault.help("write true or false without quotes")
            }
            (Shape::Known(Type::Int), Shape::Number { .. }) => fault.help("write a whole number"),
            (Shape::Known(kind @ (Type::Duration | Type::Time)), Shape::Word) => {
                let call = if kind == Type::Time { "timestamp" } else { "duration" };
                fault.help(format!("write {call}(..) around the words"))
            }
            _ => fault,
        });
        for part in [left, right] {
            if let Some(own) = self.shape(part).settled() {
                self.inside(part, own);
            }
        }
    }

    fn compare(&mut self, ast: &Ast, op: Op, a: &Ast, b: &Ast) -> Option<Node> {
        let Some(joined) = self.shape(a).join(self.shape(b)) else {
            self.differ(ast, a, b);
            return None;
        };
        let Some(kind) = joined.settled() else {
            self.broken(&[a, b]);
            return None;
        };
        if matches!(kind, Type::Bool | Type::Code) && !matches!(op, Op::Eq | Op::Ne) {
            let message = format!("`{}` does not work on {kind}", op.as_str());
            let fault = fault("expr-type", ast.span.clone(), message);
            self.faults.push(fault.help("use `==`, `!=` or `in [..]`"));
            return None;
        }
        self.closed_words(a, std::slice::from_ref(b));
        self.closed_words(b, std::slice::from_ref(a));
        let (a, b) = (self.lower(a, kind), self.lower(b, kind));
        Some(compared(op, a?, b?, kind))
    }

    /// Notes the faults of parts that cannot be typed together.
    fn broken(&mut self, parts: &[&Ast]) {
        for part in parts {
            let own = self.shape(part).settled().unwrap_or(Type::Int);
            self.inside(part, own);
        }
    }

    /// Words beside a fact of a closed list must be on it.
    fn closed_words(&mut self, item: &Ast, others: &[Ast]) {
        let Kind::Name(name) = &item.kind else { return };
        let Some(fact) = self.fact(name).filter(|fact| !fact.values.is_empty()) else { return };
        for other in others {
            match &other.kind {
                Kind::Word(word) if !fact.values.contains(word) => {
                    let message = format!("`{name}` is never '{word}'");
                    let fault = fault("expr-unknown-word", other.span.clone(), message)
                        .help(format!("it is one of: {}", fact.values.join(", ")));
                    let known = fact.values.iter().map(String::as_str);
                    self.faults.push(fault.nearest(word, known));
                }
                Kind::If(parts) => self.closed_words(item, parts.get(1..).unwrap_or_default()),
                _ => {}
            }
        }
    }

    fn arithmetic(&mut self, ast: &Ast, sign: Sign, a: &Ast, b: &Ast) -> Option<Node> {
        let (left, right) = (self.shape(a), self.shape(b));
        let (Some(left_kind), Some(right_kind)) = (left.settled(), right.settled()) else {
            self.broken(&[a, b]);
            return None;
        };
        let Some(rule) = rule(sign, left, right) else {
            let sign = sign.as_str();
            let message = format!("`{sign}` does not work on {left_kind} and {right_kind}");
            self.faults.push(fault("expr-type", ast.span.clone(), message));
            self.broken(&[a, b]);
            return None;
        };
        let (a, b) = (self.lower(a, rule.left), self.lower(b, rule.right));
        Some(folded(Node::Arith(rule.arith, Box::new(a?), Box::new(b?))))
    }

    fn member(&mut self, ast: &Ast, item: &Ast, list: &[Ast]) -> Option<Node> {
        if list.is_empty() {
            let fault = fault("expr-arguments", ast.span.clone(), "the list is empty");
            self.faults.push(fault.help("name at least one value"));
        }
        let mut joined = self.shape(item);
        for element in list {
            let Some(next) = joined.join(self.shape(element)) else {
                self.differ(element, item, element);
                return None;
            };
            joined = next;
        }
        let Some(kind) = joined.settled() else {
            self.broken(&list.iter().chain([item]).collect::<Vec<_>>());
            return None;
        };
        self.closed_words(item, list);
        let (item, list) = (self.lower(item, kind), self.each(list, kind));
        let (item, list) = (item?, list?);
        // A fact becomes one test for each value; anything larger is not copied.
        if !matches!(item, Node::Slot(_)) {
            return Some(Node::Member(Box::new(item), list));
        }
        let test = |element| compared(Op::Eq, item.clone(), element, kind);
        Some(Node::Any(list.into_iter().map(test).collect()))
    }
}

/// Arithmetic on constants is done once; what overflows stays and is missing.
pub(crate) fn folded(node: Node) -> Node {
    let constant = match &node {
        Node::Arith(_, a, b) => {
            matches!((&**a, &**b), (Node::Const(_), Node::Const(_)))
        }
        Node::Negate(inner) | Node::Abs(inner) => matches!(**inner, Node::Const(_)),
        _ => false,
    };
    let value = if constant { Program::new(&node).eval(&crate::Slots::default()) } else { None };
    value.map_or(node, Node::Const)
}

/// A comparison in its simplest form: a fact and a constant become a test.
fn compared(op: Op, a: Node, b: Node, kind: Type) -> Node {
    match (a, b) {
        (condition, Node::Const(flag)) | (Node::Const(flag), condition) if kind == Type::Bool => {
            if (flag != 0) == (op == Op::Eq) {
                condition
            } else {
                condition.negated()
            }
        }
        (Node::Slot(slot), Node::Const(limit)) => Node::Test(Comparison { slot, op, limit }),
        (Node::Const(limit), Node::Slot(slot)) => {
            Node::Test(Comparison { slot, op: op.flipped(), limit })
        }
        (a, b) => Node::Compare(op, Box::new(a), Box::new(b)),
    }
}
