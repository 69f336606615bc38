//! Rust source cut into tokens: just enough to tell code from strings and comments.
//!
//! - In: the text of a Rust file. - Out: [`Token`]s with their lines; comments are dropped.
//! - Never: fails. Text that is not Rust gives odd tokens, and the compiler says the rest.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// An identifier, keyword or number.
    Word(&'a str),
    /// A string of any sort: what stands between the quotes, escapes as written.
    Text(&'a str),
    /// A character, a byte or a lifetime.
    Quoted,
    /// Anything else, one character at a time.
    Sign(char),
}

/// A token and the line it starts on, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// Where it starts.
    pub line: usize,
}

/// Cuts a file into tokens.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut cursor = Cursor { rest: text, line: 1 };
    let mut found = Vec::new();
    while let Some(first) = cursor.rest.chars().next() {
        let line = cursor.line;
        if let Some(kind) = cursor.next(first) {
            found.push(Token { kind, line });
        }
    }
    found
}

/// Where the item that starts at `from` ends: its `;` or the brace that closes its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The index of the brace that opens the body, if there is one.
    pub open: Option<usize>,
    /// The index of the last token.
    pub end: usize,
}

/// Follows one item from a token inside its head. Brackets in the head are skipped as a whole.
pub fn item(tokens: &[Token<'_>], from: usize) -> Item {
    let (mut inside, mut braces, mut open) = (0_usize, 0_usize, None);
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.kind {
            Kind::Sign('(' | '[') => inside += 1,
            Kind::Sign(')' | ']') => inside = inside.saturating_sub(1),
            Kind::Sign('{') if inside == 0 || open.is_some() => {
                open = open.or(Some(at));
                braces += 1;
            }
            Kind::Sign('}') if open.is_some() => {
                braces = braces.saturating_sub(1);
                if braces == 0 {
                    return Item { open, end: at };
                }
            }
            Kind::Sign(';') if inside == 0 && open.is_none() => return Item { open, end: at },
            _ => {}
        }
    }
    Item { open, end: tokens.len().saturating_sub(1) }
}

/// The token ranges of items marked `#[cfg(test)]` or `#[test]`, attribute included.
pub fn test_ranges(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    use Kind::{Sign, Word};
    let marks: [&[Kind<'_>]; 2] = [
        &[Sign('#'), Sign('['), Word("cfg"), Sign('('), Word("test"), Sign(')'), Sign(']')],
        &[Sign('#'), Sign('['), Word("test"), Sign(']')],
    ];
    let mut found: Vec<Range<usize>> = Vec::new();
    for start in 0..tokens.len() {
        let hit = marks.iter().find(|mark| {
            let here = tokens.iter().skip(start).map(|token| &token.kind);
            here.take(mark.len()).eq(mark.iter())
        });
        if let Some(mark) = hit
            && found.last().is_none_or(|last| last.end <= start)
        {
            found.push(start..item(tokens, start + mark.len()).end + 1);
        }
    }
    found
}

/// The line ranges of those items.
pub fn test_lines(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let line = |at: usize| tokens.get(at).map_or(usize::MAX, |token| token.line);
    let ranges = test_ranges(tokens).into_iter();
    ranges.map(|range| line(range.start)..line(range.end.saturating_sub(1)) + 1).collect()
}

/// The tokens of the code that ships.
pub fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let skip = test_ranges(tokens);
    let kept = tokens.iter().enumerate();
    kept.filter(|(at, _)| !skip.iter().any(|r| r.contains(at))).map(|(_, t)| *t).collect()
}

struct Cursor<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Cursor<'a> {
    /// Takes `bytes` bytes, or all that is left where that is no character boundary.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn next(&mut self, first: char) -> Option<Kind<'a>> {
        if self.rest.starts_with("//") {
            self.take_while(|c| c != '\n');
            return None;
        }
        if self.rest.starts_with("/*") {
            self.block_comment();
            return None;
        }
        match first {
            '"' => Some(self.text()),
            '\'' => Some(self.quoted()),
            c if c.is_alphanumeric() || c == '_' => Some(self.word()),
            c if c.is_whitespace() => {
                self.take(c.len_utf8());
                None
            }
            c => {
                self.take(c.len_utf8());
                Some(Kind::Sign(c))
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.take(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.take(1);
                self.take_while(|c| c != '/' && c != '*');
            }
        }
    }

    /// A word, or the literal that a prefix such as `b`, `r#` or `br##` introduces.
    fn word(&mut self) -> Kind<'a> {
        let word = self.take_while(|c| c.is_alphanumeric() || c == '_');
        let raw = matches!(word, "r" | "br" | "cr");
        if raw && let Some(text) = self.raw_text() {
            return Kind::Text(text);
        }
        if word == "r" && self.rest.starts_with('#') {
            self.take(1); // A raw identifier: the name without its mark.
            return Kind::Word(self.take_while(|c| c.is_alphanumeric() || c == '_'));
        }
        match word {
            "b" | "c" if self.rest.starts_with('"') => self.text(),
            "b" if self.rest.starts_with('\'') => self.quoted(),
            _ => Kind::Word(word),
        }
    }

    fn raw_text(&mut self) -> Option<&'a str> {
        let hashes = self.rest.len() - self.rest.trim_start_matches('#').len();
        let (marks, rest) = self.rest.split_at_checked(hashes)?;
        let body = rest.strip_prefix('"')?;
        let close = format!("\"{marks}");
        let length = body.find(&close).unwrap_or(body.len());
        self.take(hashes + 1);
        let text = self.take(length);
        self.take(close.len());
        Some(text)
    }

    fn text(&mut self) -> Kind<'a> {
        self.take(1);
        let mut escaped = false;
        let end = self.rest.find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let text = self.take(end.unwrap_or(self.rest.len()));
        self.take(1);
        Kind::Text(text)
    }

    /// `'a'`, `'\''`, `'\u{1f}'` are characters; `'a` is a lifetime.
    fn quoted(&mut self) -> Kind<'a> {
        self.take(1);
        let mut ahead = self.rest.chars();
        match (ahead.next(), ahead.next()) {
            (Some('\\'), Some(escape)) => {
                self.take(1 + escape.len_utf8());
                self.take_while(|c| c != '\'');
                self.take(1);
            }
            (Some(c), Some('\'')) => {
                self.take(c.len_utf8() + 1);
            }
            _ => {
                self.take_while(|c| c.is_alphanumeric() || c == '_');
            }
        }
        Kind::Quoted
    }
}

#[cfg(test)]
mod tests {
    use super::Kind::{Quoted, Sign, Text, Word};
    use super::*;

    #[test]
    fn strings_characters_and_comments_do_not_leak_into_code() {
        for (source, kinds) in [
            (r#"a "b{" c"#, vec![Word("a"), Text("b{"), Word("c")]),
            (r#""q\"{" x"#, vec![Text(r#"q\"{"#), Word("x")]),
            (r#""\\" x"#, vec![Text(r"\\"), Word("x")]),
            ("r#\"a\"}\"# x", vec![Text("a\"}"), Word("x")]),
            ("br##\"\"#{\"## x", vec![Text("\"#{"), Word("x")]),
            ("r\"\\\" x", vec![Text("\\"), Word("x")]),
            ("r#fn x", vec![Word("fn"), Word("x")]),
            (r"'{' x", vec![Quoted, Word("x")]),
            (r"'\'' x", vec![Quoted, Word("x")]),
            (r"'\u{7b}' x", vec![Quoted, Word("x")]),
            (r"b'{' x", vec![Quoted, Word("x")]),
            ("'\"' x", vec![Quoted, Word("x")]),
            ("&'a str", vec![Sign('&'), Quoted, Word("str")]),
            ("a // { \" '\nb", vec![Word("a"), Word("b")]),
            ("a /* { /* } */ \" */ b", vec![Word("a"), Word("b")]),
            ("'\u{e9}' \"\u{e9}\" x", vec![Quoted, Text("\u{e9}"), Word("x")]),
            ("\"open", vec![Text("open")]),
            ("/* open", vec![]),
            ("'", vec![Quoted]),
        ] {
            let got: Vec<_> = tokens(source).into_iter().map(|token| token.kind).collect();
            assert_eq!(got, kinds, "{source}");
        }
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let found = tokens("a\n\"b\n\"\n/*\n\n*/ c\n'd'");
        assert_eq!(found.iter().map(|t| t.line).collect::<Vec<_>>(), [1, 2, 6, 7]);
    }

    #[test]
    fn test_items_are_left_out() {
        let shipped = |source| without_tests(&tokens(source)).len();
        for (source, left) in [
            ("a #[cfg(test)] mod tests { b { c } } d", 2),
            ("a #[cfg(test)] mod tests; d", 2),
            ("a #[cfg(test)] #[path = \"x\"] mod tests; d", 2),
            ("a #[test] fn b(c: [u8; 2]) { d; } e", 2),
            ("#[cfg(feature)] a", 8),
        ] {
            assert_eq!(shipped(source), left, "{source}");
        }
        let lines = test_lines(&tokens("a\n#[cfg(test)]\nmod b {\n}\nc"));
        assert_eq!(lines, vec![2..5; 1]);
    }
}
