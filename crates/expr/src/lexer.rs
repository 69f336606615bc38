//! The lexer: text to tokens with their bytes.

use crate::ast::Number;
use crate::fault::{Fault, fault};
use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// A token and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) span: Range<usize>,
    pub(crate) kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    Number(Number),
    Word(String),
    Name(String),
    Sign(&'static str),
    End,
}

/// Signs, longest first.
const SIGNS: [&str; 20] = [
    "||", "&&", "==", "!=", "<=", ">=", "!", "<", ">", "+", "-", "*", "/", "%", "?", ":", "(", ")",
    "[", "]",
];

/// Reads all tokens; the last is [`TokenKind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer { text, chars: text.char_indices().peekable() };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    tokens.push(Token { span: text.len()..text.len(), kind: TokenKind::End });
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Lexer<'a> {
    fn here(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let start = self.here();
        while self.chars.next_if(|(_, c)| fits(*c)).is_some() {}
        let end = self.here();
        self.text.get(start..end).unwrap_or_default()
    }

    fn next(&mut self) -> Result<Option<Token>, Fault> {
        self.take_while(char::is_whitespace);
        let Some(&(start, first)) = self.chars.peek() else { return Ok(None) };
        let kind = match first {
            '0'..='9' => self.number(start)?,
            '\'' | '"' => self.word(start, first)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
                TokenKind::Name(self.take_while(fits).to_owned())
            }
            _ => self.sign(start, first)?,
        };
        let end = self.here();
        Ok(Some(Token { span: start..end, kind }))
    }

    fn sign(&mut self, start: usize, first: char) -> Result<TokenKind, Fault> {
        let rest = self.text.get(start..).unwrap_or_default();
        if rest.starts_with(',') {
            self.chars.next();
            return Ok(TokenKind::Sign(","));
        }
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            for _ in sign.chars() {
                self.chars.next();
            }
            return Ok(TokenKind::Sign(sign));
        }
        let span = start..start + first.len_utf8();
        let fault = fault("expr-syntax", span, format!("`{first}` means nothing here"));
        Err(match first {
            '=' => fault.help("write `==` to compare"),
            '&' => fault.help("write `&&` for and"),
            '|' => fault.help("write `||` for or"),
            '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => {
                fault.help("write straight quotes around a word: 'won'")
            }
            _ => fault,
        })
    }

    /// `12`, `250_000`, `0.85`: at most six places, no exponent.
    fn number(&mut self, start: usize) -> Result<TokenKind, Fault> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let text = self.take_while(fits);
        let span = start..start + text.len();
        read_number(text).map(TokenKind::Number).ok_or_else(|| {
            let fault = fault("expr-literal", span, format!("`{text}` is no number"));
            match bellwether_core::Duration::parse(text) {
                Some(_) => fault.help(format!("a span is written duration(\"{text}\")")),
                None => fault.help("write digits such as 250_000 or 0.85, at most six places"),
            }
        })
    }

    /// A quoted word. A backslash keeps the next quote or backslash; a line may not end inside.
    fn word(&mut self, start: usize, quote: char) -> Result<TokenKind, Fault> {
        self.chars.next();
        let mut word = String::new();
        while let Some((_, c)) = self.chars.next() {
            match c {
                _ if c == quote => return Ok(TokenKind::Word(word)),
                '\n' => break,
                '\\' => match self.chars.next_if(|(_, c)| matches!(c, '\\' | '\'' | '"')) {
                    Some((_, kept)) => word.push(kept),
                    None => {
                        let span = start..self.here();
                        let message = "a backslash in a word keeps a quote or a backslash only";
                        return Err(fault("expr-syntax", span, message));
                    }
                },
                c => word.push(c),
            }
        }
        let end = self.here();
        Err(fault("expr-syntax", start..end, "the word is not closed")
            .help(format!("add {quote} where it ends")))
    }
}

fn read_number(text: &str) -> Option<Number> {
    let (whole, places) = match text.split_once('.') {
        Some((whole, places)) => (whole, Some(places)),
        None => (text, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let whole = whole.replace('_', "");
    let decimals = places.unwrap_or("0");
    let fine = digits(&whole) && digits(decimals) && whole.len() <= 24 && decimals.len() <= 6;
    let millionths = format!("{whole}{decimals:0<6}").parse().ok()?;
    fine.then_some(Number { millionths, decimal: places.is_some() })
}
