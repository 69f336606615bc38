//! Read: small readers for the exports, written apart from the code that writes them.
//!
//! - In: bytes of a file.
//! - Out: rows of cells, JSON values, mails.
//! - Never: forgives an error; these panic, as tests should.

use crate::Company;

pub(super) fn text(company: &Company, name: &str) -> String {
    let file = company.files.iter().find(|file| file.name == name).expect(name);
    String::from_utf8(file.bytes.clone()).expect("UTF-8")
}

/// The rows of a CSV file as header and cells.
pub(super) struct Table {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// All values of one column.
    pub(super) fn column(&self, name: &str) -> Vec<&str> {
        let at = self.header.iter().position(|cell| cell == name).expect(name);
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }
}

pub(super) fn table(company: &Company, name: &str) -> Table {
    let mut rows = vec![vec![String::new()]];
    let mut inside = false;
    let source = text(company, name);
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        let row = rows.last_mut().expect("a row");
        match letter {
            '"' if inside && letters.peek() == Some(&'"') => {
                letters.next();
                row.last_mut().expect("a cell").push('"');
            }
            '"' => inside = !inside,
            ',' if !inside => row.push(String::new()),
            '\n' if !inside => rows.push(vec![String::new()]),
            other => row.last_mut().expect("a cell").push(other),
        }
    }
    assert!(!inside, "{name} ends inside a quoted cell");
    assert_eq!(rows.pop(), Some(vec![String::new()]), "{name} ends with a line end");
    let header = rows.remove(0);
    Table { header, rows }
}

/// A JSON value; numbers stay text.
#[derive(Debug, PartialEq)]
pub(super) enum Json {
    Plain(String),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

impl Json {
    /// The value under a path of keys, written as `requester.email`.
    pub(super) fn at(&self, path: &str) -> &Json {
        path.split('.').fold(self, |value, key| match value {
            Json::Map(pairs) => &pairs.iter().find(|(name, _)| name == key).expect(key).1,
            other => panic!("{key} of {other:?}"),
        })
    }

    pub(super) fn show(&self, path: &str) -> &str {
        match self.at(path) {
            Json::Plain(value) | Json::Text(value) => value,
            other => panic!("{path} is {other:?}"),
        }
    }

    pub(super) fn list(&self) -> &[Json] {
        if let Json::List(items) = self { items } else { panic!("{self:?} is no list") }
    }
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

pub(super) fn json(source: &str) -> Json {
    let mut letters = source.chars().peekable();
    let value = parse(&mut letters);
    assert!(letters.all(char::is_whitespace), "nothing follows the value");
    value
}

fn skip(letters: &mut Letters<'_>) {
    while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
}

fn parse(letters: &mut Letters<'_>) -> Json {
    skip(letters);
    match letters.peek().expect("a value") {
        '"' => Json::Text(string(letters)),
        '[' => Json::List(items(letters, ']', parse)),
        '{' => Json::Map(items(letters, '}', |letters| {
            skip(letters);
            let key = string(letters);
            skip(letters);
            assert_eq!(letters.next(), Some(':'));
            (key, parse(letters))
        })),
        _ => {
            let mut plain = String::new();
            while let Some(letter) = letters.next_if(|l| !matches!(l, ',' | ']' | '}' | '\n')) {
                plain.push(letter);
            }
            let known = matches!(plain.as_str(), "true" | "false" | "null");
            assert!(known || plain.parse::<f64>().is_ok(), "{plain} is no JSON");
            Json::Plain(plain)
        }
    }
}

fn items<T>(letters: &mut Letters<'_>, end: char, one: fn(&mut Letters<'_>) -> T) -> Vec<T> {
    let mut all = Vec::new();
    letters.next();
    skip(letters);
    while letters.next_if_eq(&end).is_none() {
        all.push(one(letters));
        skip(letters);
        letters.next_if_eq(&',');
        skip(letters);
    }
    all
}

fn string(letters: &mut Letters<'_>) -> String {
    let mut out = String::new();
    assert_eq!(letters.next(), Some('"'));
    loop {
        match letters.next().expect("the end of a string") {
            '"' => return out,
            '\\' => match letters.next().expect("an escape") {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'u' => {
                    let digits: String = letters.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).expect("hex");
                    out.push(char::from_u32(code).expect("a letter"));
                }
                other => out.push(other),
            },
            letter => out.push(letter),
        }
    }
}

pub(super) fn json_lines(company: &Company, name: &str) -> Vec<Json> {
    text(company, name).lines().map(json).collect()
}

/// A mail as headers, unfolded, and the body as it travels.
pub(super) struct Mail {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Mail {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Splits an mbox as old tools do: at every line that begins with `From `.
pub(super) fn mails(company: &Company) -> Vec<Mail> {
    let mut mails: Vec<Vec<String>> = Vec::new();
    for line in text(company, "mail.mbox").lines() {
        if line.starts_with("From ") {
            mails.push(Vec::new());
        } else {
            mails.last_mut().expect("a From_ line first").push(line.to_owned());
        }
    }
    mails.into_iter().map(|lines| mail(&lines)).collect()
}

fn mail(lines: &[String]) -> Mail {
    let blank = lines.iter().position(String::is_empty).expect("a body");
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in &lines[..blank] {
        match line.strip_prefix(' ') {
            Some(rest) => headers.last_mut().expect("a header").1.push_str(rest),
            None => {
                let (name, value) = line.split_once(": ").expect("a header");
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    Mail { headers, body: lines[blank + 1..].join("\n") }
}

/// Every word of a text that contains an at sign, without the signs around it.
pub(super) fn addresses(text: &str) -> Vec<&str> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '-' | '+' | '_');
    let words = text.split(|c: char| !part(c)).filter(|word| word.contains('@'));
    words.map(|word| word.trim_end_matches('.')).collect()
}
