//! Every error code has a page, and every page a code.
//!
//! A code is a text of lowercase words joined by `-` that stands in shipped code
//!
//! 1. inside a function named `code`,
//! 2. as the first argument of `Problem::new(`, `Problem::at(`, `problem(`, or of a function of the
//!    same crate whose first parameter is named `code`,
//! 3. as the value of a constant named `CODE` or `..._CODE`,
//! 4. or as the field `code = "..."` of what is logged, in a macro of `tracing`.

use crate::lexer::{self, Kind, Token};
use crate::{Finding, Repo, functions, repo};
use std::collections::{BTreeMap, BTreeSet};

const FOLDER: &str = "docs/errors";
const SECTIONS: [&str; 3] = ["What it means", "How to mend it", "Example"];

/// Compares the codes with the pages.
pub fn check(repo: &Repo) -> Vec<Finding> {
    let codes = all(repo);
    let mut findings = Vec::new();
    for (code, place) in &codes {
        let page = format!("{FOLDER}/{code}.md");
        match repo.text(&page) {
            None => {
                let what = format!("the code `{code}` has no page; write {page}");
                findings.push(Finding::new(place, what));
            }
            Some(text) => findings.extend(wrong_page(code, text).map(|w| Finding::new(&page, w))),
        }
    }
    for (name, _) in repo.below(FOLDER) {
        let code = name.strip_suffix(".md").unwrap_or(name);
        if name != "README.md" && !codes.contains_key(code) {
            let what = format!("no code `{code}` is in the program; remove the page");
            findings.push(Finding::new(format!("{FOLDER}/{name}"), what));
        }
    }
    findings
}

/// Every code, with the first place it stands.
fn all(repo: &Repo) -> BTreeMap<String, String> {
    let mut crates: BTreeMap<&str, Vec<(&str, Vec<Token<'_>>)>> = BTreeMap::new();
    for (path, text) in repo.rust().filter(|(path, _)| !repo::is_test_file(path)) {
        if let Some(name) = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next()) {
            let shipped = lexer::without_tests(&lexer::tokens(text));
            crates.entry(name).or_default().push((path, shipped));
        }
    }
    let mut found = BTreeMap::new();
    for files in crates.values() {
        let takers: BTreeSet<&str> = files.iter().flat_map(|(_, tokens)| takers(tokens)).collect();
        for (path, tokens) in files {
            for (code, line) in codes(tokens, &takers) {
                found.entry(code.to_owned()).or_insert_with(|| format!("{path}:{line}"));
            }
        }
    }
    found
}

/// Functions whose first parameter, after `self`, is named `code`. `new` is too common a name.
fn takers<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    let functions = functions::functions(tokens).into_iter();
    let takes = |open: usize, start: usize| {
        let head = tokens.iter().take(open).skip(start);
        let inside = head.skip_while(|token| token.kind != Kind::Sign('(')).skip(1);
        let mut words = inside.filter_map(|token| match token.kind {
            Kind::Word(word) if !matches!(word, "mut" | "self") => Some(word),
            _ => None,
        });
        words.next() == Some("code")
    };
    let named = functions.filter(|f| f.name != "new" && takes(f.open, f.start));
    named.map(|function| function.name).collect()
}

fn codes<'a>(tokens: &[Token<'a>], takers: &BTreeSet<&str>) -> Vec<(&'a str, usize)> {
    let mut found = Vec::new();
    for function in functions::functions(tokens).iter().filter(|f| f.name == "code") {
        let body = tokens.iter().take(function.end).skip(function.open);
        found.extend(body.filter_map(code));
    }
    for at in 0..tokens.len() {
        let rest = tokens.get(at..).unwrap_or_default();
        found.extend(argument(rest, takers).and_then(code));
        found.extend(constant(rest).and_then(code));
        found.extend(logged(rest).into_iter().flatten().filter_map(code));
    }
    found
}

fn code<'a>(token: &Token<'a>) -> Option<(&'a str, usize)> {
    match token.kind {
        Kind::Text(text) if is_code(text) => Some((text, token.line)),
        _ => None,
    }
}

/// The first argument, where a call that makes a problem starts here.
fn argument<'t, 'a>(tokens: &'t [Token<'a>], takers: &BTreeSet<&str>) -> Option<&'t Token<'a>> {
    use Kind::{Sign, Word};
    let kinds: Vec<_> = tokens.iter().take(5).map(|token| token.kind).collect();
    match kinds.as_slice() {
        [Word("Problem"), Sign(':'), Sign(':'), Word("new" | "at"), Sign('(')] => tokens.get(5),
        [Word(name), Sign('('), ..] if *name == "problem" || takers.contains(name) => tokens.get(2),
        _ => None,
    }
}

/// The values of fields named `code`, where a macro that logs starts here.
fn logged<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<impl Iterator<Item = &'t Token<'a>>> {
    let [
        Token { kind: Kind::Word("error" | "warn" | "info" | "debug" | "trace"), .. },
        Token { kind: Kind::Sign('!'), .. },
        Token { kind: Kind::Sign('('), .. },
        rest @ ..,
    ] = tokens
    else {
        return None;
    };
    // A call is a statement or an arm of its own: its fields end where that does, at the latest.
    let end = rest.iter().position(|token| matches!(token.kind, Kind::Sign(';' | '{' | '}')));
    let fields = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    Some(fields.windows(3).filter_map(|three| match three {
        [Token { kind: Kind::Word("code"), .. }, Token { kind: Kind::Sign('='), .. }, value] => {
            Some(value)
        }
        _ => None,
    }))
}

/// The value, where a constant named `..._CODE` starts here.
fn constant<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<&'t Token<'a>> {
    let [Token { kind: Kind::Word("const"), .. }, Token { kind: Kind::Word(name), .. }, rest @ ..] =
        tokens
    else {
        return None;
    };
    let head = rest.iter().take_while(|token| token.kind != Kind::Sign(';'));
    let named = *name == "CODE" || name.ends_with("_CODE");
    head.skip_while(|token| token.kind != Kind::Sign('=')).nth(1).filter(|_| named)
}

/// `a-b`, `a2b` is none: words of lowercase letters and digits, at least two, the first all letters.
fn is_code(text: &str) -> bool {
    let mut words = text.split('-');
    let first = words.next().unwrap_or_default();
    let rest: Vec<_> = words.collect();
    let fine = |word: &str, digits: bool| {
        let fits = |c: char| c.is_ascii_lowercase() || (digits && c.is_ascii_digit());
        !word.is_empty() && word.chars().all(fits)
    };
    fine(first, false) && !rest.is_empty() && rest.iter().all(|word| fine(word, true))
}

fn wrong_page(code: &str, text: &str) -> impl Iterator<Item = String> {
    let titled =
        text.lines().next().is_some_and(|line| line.replace('`', "") == format!("# {code}"));
    let title = (!titled).then(|| format!("the first line must be `# {code}`"));
    let mut lacking = Vec::new();
    for section in SECTIONS {
        let mut after = text.lines().skip_while(|line| *line != format!("## {section}")).skip(1);
        let filled =
            after.find(|line| !line.trim().is_empty()).is_some_and(|line| !line.starts_with("## "));
        if !filled {
            lacking.push(format!("the section `## {section}` is missing or empty"));
        }
    }
    title.into_iter().chain(lacking)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_by_one_rule() {
        for (source, expected) in [
            ("fn code(&self) -> &str { match self { A => \"a-b\", B => \"c-2\" } }", "a-b c-2"),
            ("fn code(&self) -> u16 { 404 }", ""),
            ("fn code() -> &str { \"EUR\" }", ""),
            ("fn help() -> &str { \"a-b\" }", ""),
            ("let p = Problem::new(\"a-b\", \"not-this\");", "a-b"),
            ("Problem::at(\n  \"a-b\",\n  span)", "a-b"),
            ("Problem::other(\"a-b\")", ""),
            ("found.push(problem(\"a-b\", 1))", "a-b"),
            ("fn refuse(&mut self, code: &str) {} fn f() { self.refuse(\"a-b\", 1) }", "a-b"),
            ("fn refuse(&mut self, why: &str) {} fn f() { self.refuse(\"a-b\", 1) }", ""),
            ("impl P { fn new(code: &str) {} } fn f() { Other::new(\"a-b\") }", ""),
            ("pub const LATE_CODE: &str = \"a-b\";", "a-b"),
            ("const CODE: &'static str = \"a-b\";", "a-b"),
            ("const NAME: &str = \"a-b\";", ""),
            ("// problem(\"a-b\")", ""),
            ("fn f() { tracing::warn!(pos = 1, code = \"a-b\", \"c-d\"); }", "a-b"),
            ("fn f() { match x { 1 => error!(code = \"a-b\", \"X.\"), _ => () } }", "a-b"),
            ("fn f() { tracing::warn!(code = error.code(), \"X.\"); code = \"a-b\"; }", ""),
            ("fn f() { let code = \"a-b\"; }", ""),
            ("#[cfg(test)] mod t { fn code() -> &str { \"a-b\" } }", ""),
        ] {
            let repo = Repo::of(&[("crates/a/src/lib.rs", source)]);
            let got: Vec<_> = all(&repo).into_keys().collect();
            assert_eq!(got.join(" "), expected, "{source}");
        }
    }

    #[test]
    fn a_function_that_takes_a_code_does_so_in_its_whole_crate() {
        let call = "fn f() { refuse(\"a-b\") }";
        for (path, found) in [("crates/a/src/b.rs", 1), ("crates/b/src/b.rs", 0)] {
            let takes = ("crates/a/src/lib.rs", "fn refuse(code: &str) {}");
            assert_eq!(all(&Repo::of(&[takes, (path, call)])).len(), found, "{path}");
        }
    }

    #[test]
    fn a_code_is_lowercase_words() {
        for (text, fine) in [
            ("policy-read", true),
            ("a-b-3", true),
            ("a", false),
            ("A-b", false),
            ("a-", false),
            ("-a", false),
            ("a2-b", false),
            ("a b-c", false),
            ("", false),
        ] {
            assert_eq!(is_code(text), fine, "{text}");
        }
    }

    #[test]
    fn codes_and_pages_pair_up() {
        let source = "fn code() { \"a-b\" }";
        let page =
            "# a-b\n\n## What it means\n\nX.\n\n## How to mend it\n\nY.\n\n## Example\n\nZ.\n";
        let empty = page.replace("X.", "");
        let untitled = page.replace("# a-b\n", "# Broken\n");
        for (source, name, page, part) in [
            (source, "a-b.md", page, ""),
            (source, "README.md", "", "has no page"),
            ("", "a-b.md", page, "no code `a-b`"),
            (source, "a-b.md", empty.as_str(), "`## What it means` is missing or empty"),
            (source, "a-b.md", untitled.as_str(), "first line must be `# a-b`"),
        ] {
            let file = format!("docs/errors/{name}");
            let got = check(&Repo::of(&[("crates/a/src/lib.rs", source), (&file, page)]));
            assert_eq!(got.is_empty(), part.is_empty(), "{name}: {got:?}");
            assert!(got.iter().all(|finding| finding.what.contains(part)), "{name}: {got:?}");
        }
    }
}
