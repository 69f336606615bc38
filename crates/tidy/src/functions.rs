//! How long each function is, from its `fn` to the brace that closes it.

use crate::lexer::{self, Kind, Token};

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function<'a> {
    /// Its name.
    pub name: &'a str,
    /// The line of `fn`.
    pub line: usize,
    /// How many lines it takes.
    pub lines: usize,
    /// The index of `fn`.
    pub start: usize,
    /// The index of the brace that opens its body.
    pub open: usize,
    /// The index of the brace that closes it.
    pub end: usize,
}

/// All functions among the tokens; one inside another counts for both.
pub fn functions<'a>(tokens: &[Token<'a>]) -> Vec<Function<'a>> {
    let pairs = tokens.iter().zip(tokens.iter().skip(1)).enumerate();
    let named = pairs.filter_map(|(at, (word, name))| match (word.kind, name.kind) {
        // `fn(` is the type of a pointer, `fn $name` belongs to a macro.
        (Kind::Word("fn"), Kind::Word(name)) => Some((at, word.line, name)),
        _ => None,
    });
    named
        .filter_map(|(at, line, name)| {
            let lexer::Item { open, end } = lexer::item(tokens, at);
            let last = tokens.get(end)?.line;
            Some(Function { name, line, lines: last + 1 - line, start: at, open: open?, end })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_to_their_closing_brace() {
        for (source, expected) in [
            ("fn a() {}", vec![("a", 1)]),
            ("fn a()\nwhere\n    T: B,\n{\n}\n", vec![("a", 5)]),
            ("fn a() {\n  \"}\";\n  '}';\n  // }\n  r#\"}\"#;\n}", vec![("a", 6)]),
            ("fn a() {\n  fn b() {\n  }\n}", vec![("a", 4), ("b", 2)]),
            ("trait T {\n  fn a();\n  fn b() {\n  }\n}", vec![("b", 2)]),
            ("fn a(f: fn(u8) -> [u8; { 2 }]) {\n}", vec![("a", 2)]),
            ("fn a() -> [u8; 2] {\n  [0; 2]\n}", vec![("a", 3)]),
            ("macro_rules! m { ($n:ident) => { fn $n() {} } }", vec![]),
            ("struct S { f: fn() }", vec![]),
            ("fn a<'x>(s: &'x str) {\n  if s == \"\\\"{\" {\n  }\n}", vec![("a", 4)]),
        ] {
            let tokens = lexer::tokens(source);
            let got: Vec<_> = functions(&tokens).iter().map(|f| (f.name, f.lines)).collect();
            assert_eq!(got, expected, "{source}");
        }
    }
}
