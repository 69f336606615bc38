//! A compiled expression: its type, its value, what it reads, and what may flip it.

use crate::ast::Ast;
use crate::catalogue::{Catalogue, Slot};
use crate::explain::{self, Clause, ClauseDef, Told};
use crate::fault::{Fault, fault};
use crate::lower::Lowering;
use crate::node::{Arith, Comparison, Node};
use crate::parser;
use crate::program::Program;
use crate::slots::Slots;
use crate::tri::Tri;
use bellwether_core::authored::{self, Document};
use bellwether_core::{Place, Problem, Type};
use std::collections::BTreeSet;

/// The deepest nesting of an expression; chains of `&&` or `||` count once.
pub const MAX_DEPTH: usize = 64;

/// The longest expression, in bytes.
pub const MAX_LENGTH: usize = 4096;

/// An expression that is typed and total.
#[derive(Clone, Debug)]
pub struct Expr {
    source: String,
    kind: Type,
    pub(crate) root: Node,
    program: Program,
    slots: Vec<Slot>,
    has_slots: Vec<Slot>,
    loose_slots: Vec<Slot>,
    comparisons: Vec<Comparison>,
    words: Vec<String>,
    clauses: Vec<ClauseDef>,
}

impl Expr {
    /// Compiles a text. `place` is where its first character stands; see [`scalar_place`].
    ///
    /// # Errors
    /// The first syntax error, or every unknown name and every type that does not fit.
    pub fn compile(text: &str, catalogue: &Catalogue, place: Place) -> Result<Self, Vec<Problem>> {
        Self::compiled(text, catalogue, None).map_err(|faults| placed(faults, text, &place))
    }

    /// Compiles a condition.
    ///
    /// # Errors
    /// Those of [`Expr::compile`], and any type but bool.
    pub fn compile_bool(
        text: &str,
        catalogue: &Catalogue,
        place: Place,
    ) -> Result<Self, Vec<Problem>> {
        let wanted = Some(Type::Bool);
        Self::compiled(text, catalogue, wanted).map_err(|faults| placed(faults, text, &place))
    }

    fn compiled(
        text: &str,
        catalogue: &Catalogue,
        wanted: Option<Type>,
    ) -> Result<Self, Vec<Fault>> {
        if text.len() > MAX_LENGTH {
            let message = format!("the expression has more than {MAX_LENGTH} bytes");
            let help = "define a part of it as a computed fact in features.yaml and name that";
            return Err(vec![fault("expr-too-long", 0..0, message).help(help)]);
        }
        let ast = parser::parse(text).map_err(|fault| vec![fault])?;
        let mut lowering = Lowering::new(catalogue);
        let own = || lowering.shape(&ast).settled().unwrap_or(Type::Bool);
        let kind = wanted.unwrap_or_else(own);
        match lowering.lower(&ast, kind) {
            Some(root) if lowering.faults.is_empty() => {
                Ok(Self::read(text, kind, root, &ast, lowering))
            }
            _ => Err(lowering.faults),
        }
    }

    /// The value of the first condition that holds; missing where one is unknown before that, and where
    /// none holds. Each condition has its place.
    ///
    /// # Errors
    /// Those of [`Expr::compile_bool`] of each condition.
    pub fn choice(
        rows: &[(String, i64, Place)],
        kind: Type,
        catalogue: &Catalogue,
    ) -> Result<Self, Vec<Problem>> {
        let (mut problems, mut parts, mut words) = (Vec::new(), Vec::new(), Vec::new());
        for (when, value, place) in rows {
            match Self::compile_bool(when, catalogue, place.clone()) {
                Ok(expr) => {
                    words.extend(expr.words);
                    parts.push((expr.root, *value));
                }
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        // What no row has a value for is missing, as the quotient by nothing is.
        let nothing = Box::new(Node::Const(0));
        let missing = Node::Arith(Arith::Div(1), nothing.clone(), nothing);
        let root = parts.into_iter().rev().fold(missing, |rest, (when, value)| {
            Node::If(Box::new([when, Node::Const(value), rest]))
        });
        let ast = Ast::new(0..0, crate::ast::Kind::Bool(true));
        let mut lowering = Lowering::new(catalogue);
        lowering.words = words;
        Ok(Self { clauses: Vec::new(), ..Self::read("", kind, root, &ast, lowering) })
    }

    /// Notes what the checked tree reads.
    fn read(text: &str, kind: Type, root: Node, ast: &Ast, mut lowering: Lowering<'_>) -> Self {
        let (mut comparisons, mut loose, mut asked) =
            <(BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)>::default();
        root.walk(&mut |node| match node {
            Node::Test(test) => drop(comparisons.insert(*test)),
            Node::Slot(slot) => drop(loose.insert(*slot)),
            Node::Known { slot, .. } => drop(asked.insert(*slot)),
            _ => {}
        });
        let used: BTreeSet<Slot> =
            comparisons.iter().map(|test| test.slot).chain(loose.iter().copied()).collect();
        let words: BTreeSet<_> = std::mem::take(&mut lowering.words).into_iter().collect();
        Self {
            source: text.to_owned(),
            kind,
            clauses: explain::clauses(text, kind, ast, &mut lowering),
            program: Program::new(&root),
            root,
            slots: used.union(&asked).copied().collect(),
            has_slots: asked.difference(&used).copied().collect(),
            loose_slots: loose.into_iter().collect(),
            comparisons: comparisons.into_iter().collect(),
            words: words.into_iter().collect(),
        }
    }

    /// The type of its value.
    pub const fn kind(&self) -> Type {
        self.kind
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The value, or nothing when it is missing.
    pub fn eval(&self, slots: &Slots) -> Option<i64> {
        self.program.eval(slots)
    }

    /// The truth of a condition; of a number, whether it is not zero.
    pub fn truth(&self, slots: &Slots) -> Tri {
        self.program.truth(slots)
    }

    /// Every fact it reads, sorted.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Facts that only `has(..)` reads, sorted.
    pub fn has_slots(&self) -> &[Slot] {
        &self.has_slots
    }

    /// Every comparison of a fact with a constant, as it counts: under `!` it is the opposite one.
    /// A yes-or-no fact is `!= 0`; `in` is one `==` for each value.
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// Facts that are read in any other way than by a comparison or `has(..)`, sorted.
    pub fn loose_slots(&self) -> &[Slot] {
        &self.loose_slots
    }

    /// The words it names, for [`Catalogue::note_word`].
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Why it holds or not: one clause for each condition that `&&`, `||` and `!` join, as written.
    pub fn explain(&self, slots: &Slots, catalogue: &Catalogue) -> Vec<Clause> {
        self.tell(slots, catalogue).map(|told| told.clause()).collect()
    }

    /// The same clauses, not yet put into words: cheap where few of them are wanted.
    pub fn tell<'a>(
        &'a self,
        slots: &'a Slots,
        catalogue: &'a Catalogue,
    ) -> impl Iterator<Item = Told<'a>> + Clone {
        self.clauses.iter().map(move |clause| clause.told(slots, catalogue))
    }
}

fn placed(faults: Vec<Fault>, text: &str, place: &Place) -> Vec<Problem> {
    faults.into_iter().map(|fault| fault.problem(text, place)).collect()
}

/// Where the first character of a scalar stands: after the quote, if it has one. A text with line
/// breaks is a block, which has none.
pub fn scalar_place(document: &Document, node: &authored::Node) -> Place {
    let mut place = document.place(node);
    match &node.kind {
        authored::Kind::Scalar { text, quoted: true } if !text.contains('\n') => place.column += 1,
        _ => {}
    }
    place
}
