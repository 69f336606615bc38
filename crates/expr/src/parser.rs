//! The parser: tokens to a tree, by precedence (Pratt).

use crate::ast::{Ast, Kind, Number, Sign};
use crate::catalogue::RESERVED;
use crate::expr::MAX_DEPTH;
use crate::fault::{Fault, fault};
use crate::lexer::{Token, TokenKind, tokens};
use crate::node::Op;

/// Reads a whole expression.
pub(crate) fn parse(text: &str) -> Result<Ast, Fault> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let ast = parser.expression(0)?;
    match parser.peek() {
        TokenKind::End => Ok(ast),
        _ => Err(parser.unexpected("the end or an operator")),
    }
}

/// How tightly a sign binds what stands before it; higher binds tighter.
fn strength(kind: &TokenKind) -> Option<u8> {
    Some(match kind {
        TokenKind::Sign("?") => 1,
        TokenKind::Sign("||") => 2,
        TokenKind::Sign("&&") => 3,
        TokenKind::Sign("==" | "!=" | "<" | "<=" | ">" | ">=") => 4,
        TokenKind::Name(name) if name == "in" => 4,
        TokenKind::Sign("+" | "-") => 5,
        TokenKind::Sign("*" | "/" | "%") => 6,
        _ => return None,
    })
}

const PREFIX: u8 = 7;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn span(&self) -> std::ops::Range<usize> {
        self.tokens.get(self.at).map_or(0..0, |token| token.span.clone())
    }

    /// Takes the next token. The end is never passed.
    fn advance(&mut self) -> TokenKind {
        let kind = self.peek().clone();
        if kind != TokenKind::End {
            self.at += 1;
        }
        kind
    }

    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end)
    }

    fn skip(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), TokenKind::Sign(here) if *here == sign);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Fault> {
        if self.skip(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match self.peek() {
            TokenKind::End => "the end".to_owned(),
            TokenKind::Sign(sign) => format!("`{sign}`"),
            TokenKind::Name(name) => format!("`{name}`"),
            TokenKind::Word(word) => format!("'{word}'"),
            TokenKind::Number(_) => "a number".to_owned(),
        };
        let message = format!("expected {wanted}, found {found}");
        let fault = fault("expr-syntax", self.span(), message);
        match self.peek() {
            TokenKind::Name(name) => match name.to_ascii_lowercase().as_str() {
                "and" => fault.help("write `&&` for and"),
                "or" => fault.help("write `||` for or"),
                "not" => fault.help("write `!` for not"),
                "is" => fault.help("write `==` to compare"),
                _ => fault,
            },
            _ => fault,
        }
    }

    fn made(&self, start: usize, kind: Kind) -> Result<Ast, Fault> {
        let ast = Ast::new(start..self.end(), kind);
        if ast.depth > MAX_DEPTH { Err(too_deep(ast.span)) } else { Ok(ast) }
    }

    fn expression(&mut self, least: u8) -> Result<Ast, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(self.span()));
        }
        self.depth += 1;
        let start = self.span().start;
        let mut left = self.operand(start)?;
        while let Some(strength) = strength(self.peek()).filter(|found| *found > least) {
            let kind = match self.advance() {
                TokenKind::Sign("?") => {
                    let yes = self.expression(0)?;
                    self.expect(":")?;
                    Kind::If(Box::new([left, yes, self.expression(strength - 1)?]))
                }
                TokenKind::Sign("&&") => {
                    let right = self.expression(strength)?;
                    match left.kind {
                        Kind::All(mut parts) => {
                            parts.push(right);
                            Kind::All(parts)
                        }
                        _ => Kind::All(vec![left, right]),
                    }
                }
                TokenKind::Sign("||") => {
                    let right = self.expression(strength)?;
                    match left.kind {
                        Kind::Any(mut parts) => {
                            parts.push(right);
                            Kind::Any(parts)
                        }
                        _ => Kind::Any(vec![left, right]),
                    }
                }
                TokenKind::Name(_) => {
                    self.expect("[")?;
                    Kind::In(Box::new(left), self.list("]")?)
                }
                TokenKind::Sign(sign) => {
                    let right = self.expression(strength)?;
                    binary(sign, left, right)
                }
                _ => break,
            };
            left = self.made(start, kind)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self, start: usize) -> Result<Ast, Fault> {
        let kind = match self.peek().clone() {
            TokenKind::Number(number) => {
                self.advance();
                Kind::Number(number)
            }
            TokenKind::Word(word) => {
                self.advance();
                Kind::Word(word)
            }
            TokenKind::Sign("(") => {
                self.advance();
                let inner = self.expression(0)?;
                self.expect(")")?;
                return Ok(inner);
            }
            TokenKind::Sign("!") => {
                self.advance();
                Kind::Not(Box::new(self.expression(PREFIX)?))
            }
            TokenKind::Sign("-") => {
                self.advance();
                let inner = self.expression(PREFIX)?;
                match inner.kind {
                    Kind::Number(n) => Kind::Number(Number { millionths: -n.millionths, ..n }),
                    _ => Kind::Negate(Box::new(inner)),
                }
            }
            TokenKind::Name(name) if name == "true" || name == "false" => {
                self.advance();
                Kind::Bool(name == "true")
            }
            TokenKind::Name(name) if RESERVED.contains(&name.as_str()) => {
                let fault = self.unexpected("a value");
                return Err(match name.as_str() {
                    "null" => fault.help("has(x) asks whether a fact is known"),
                    _ => fault,
                });
            }
            TokenKind::Name(name) => {
                self.advance();
                if self.skip("(") { Kind::Call(name, self.list(")")?) } else { Kind::Name(name) }
            }
            TokenKind::Sign(_) | TokenKind::End => return Err(self.unexpected("a value")),
        };
        self.made(start, kind)
    }

    /// The rest of a list up to and with its closing sign.
    fn list(&mut self, close: &'static str) -> Result<Vec<Ast>, Fault> {
        let mut items = Vec::new();
        if self.skip(close) {
            return Ok(items);
        }
        loop {
            items.push(self.expression(0)?);
            if !self.skip(",") {
                self.expect(close)?;
                return Ok(items);
            }
        }
    }
}

fn binary(sign: &str, left: Ast, right: Ast) -> Kind {
    if let Some(op) = Op::from_word(sign) {
        return Kind::Compare(op, Box::new(left), Box::new(right));
    }
    let sign = match sign {
        "+" => Sign::Plus,
        "-" => Sign::Minus,
        "*" => Sign::Times,
        "/" => Sign::Divide,
        _ => Sign::Modulo,
    };
    if let (Kind::Number(a), Kind::Number(b)) = (&left.kind, &right.kind)
        && let Some(folded) = Number::fold(sign, *a, *b)
    {
        return Kind::Number(folded);
    }
    Kind::Arithmetic(sign, Box::new(left), Box::new(right))
}

fn too_deep(span: std::ops::Range<usize>) -> Fault {
    fault("expr-too-deep", span, format!("the nesting is deeper than {MAX_DEPTH}"))
        .help("define a part of it as a computed fact in features.yaml and name that")
}
