//! Files over 400 lines and functions over 70 are listed with their length, and only shrink.

use crate::{Finding, Repo, functions, lexer};
use std::collections::BTreeMap;

/// The list, one `count key` a line.
pub const LIST: &str = "crates/tidy/ratchet.txt";

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 70;

const HEAD: &str = "\
# What is longer than it should be: files over 400 lines, functions over 70 (from `fn` to `}`).
# A number may only shrink; split rather than add. TIDY_UPDATE=1 cargo test -p bellwether-tidy
# writes this list anew.
";

/// Compares what is too long with the list.
pub fn check(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut listed = listed(repo.text(LIST).unwrap_or_default(), &mut findings);
    for (key, count) in too_long(repo) {
        let place = key.split(' ').next().unwrap_or_default().to_owned();
        let what = match listed.remove(&key) {
            None => {
                format!(
                    "`{key}` has {count} lines (a file has {LONGEST_FILE} at most, a function {LONGEST_FUNCTION}): split it"
                )
            }
            Some(old) if count > old => {
                format!("`{key}` grew from {old} to {count} lines: split it")
            }
            Some(old) if count < old => {
                format!("`{key}` shrank, well done: in {LIST} write `{count} {key}`")
            }
            Some(_) => continue,
        };
        findings.push(Finding::new(place, what));
    }
    for (key, _) in listed {
        let what = format!("`{key}` is short enough now, or gone: remove its line");
        findings.push(Finding::new(LIST, what));
    }
    findings
}

/// The list as it should be for this repository.
pub fn list(repo: &Repo) -> String {
    let rows = too_long(repo).into_iter().map(|(key, count)| format!("{count} {key}\n"));
    format!("{HEAD}{}", rows.collect::<String>())
}

/// Key (`path`, or `path fn name`) and length of all that is over its limit.
fn too_long(repo: &Repo) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (path, text) in repo.rust() {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            found.insert(path.to_owned(), lines);
        }
        let tokens = lexer::tokens(text);
        for function in functions::functions(&tokens) {
            if function.lines > LONGEST_FUNCTION {
                let key = format!("{path} fn {}", function.name);
                let twins = (2..).map(|n| format!("{key} ({n})"));
                let free =
                    std::iter::once(key.clone()).chain(twins).find(|k| !found.contains_key(k));
                found.insert(free.unwrap_or(key), function.lines);
            }
        }
    }
    found
}

fn listed(list: &str, findings: &mut Vec<Finding>) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for (number, line) in list.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parts = line.split_once(' ').and_then(|(count, key)| Some((count.parse().ok()?, key)));
        match parts {
            Some((count, key)) if !rows.contains_key(key) => {
                rows.insert(key.to_owned(), count);
            }
            _ => {
                let place = format!("{LIST}:{}", number + 1);
                findings.push(Finding::new(
                    place,
                    "a line is `count path` or `count path fn name`, once",
                ));
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str, lines: usize) -> String {
        format!("fn {name}() {{{}}}\n", "\n".repeat(lines - 1))
    }

    #[test]
    fn what_is_listed_only_shrinks() {
        for (text, list, part) in [
            ("a\n".repeat(400), "", ""),
            ("a\n".repeat(401), "", "`a.rs` has 401 lines"),
            ("a\n".repeat(401), "# head\n\n401 a.rs", ""),
            ("a\n".repeat(402), "401 a.rs", "grew from 401 to 402"),
            ("a\n".repeat(401), "402 a.rs", "write `401 a.rs`"),
            ("a\n".repeat(400), "402 a.rs", "remove its line"),
            (function("f", 70), "", ""),
            (function("f", 71), "", "`a.rs fn f` has 71 lines"),
            (function("f", 71), "71 a.rs fn f", ""),
            (function("f", 72), "71 a.rs fn f", "grew from 71 to 72"),
            (function("f", 71), "75 a.rs fn f", "write `71 a.rs fn f`"),
            (function("f", 70), "75 a.rs fn f", "remove its line"),
            (function("f", 71) + &function("f", 80), "71 a.rs fn f\n80 a.rs fn f (2)", ""),
            (String::new(), "many a.rs", "a line is `count path`"),
            ("a\n".repeat(401), "401 a.rs\n401 a.rs", "a line is `count path`"),
        ] {
            let got = check(&Repo::of(&[("a.rs", &text), (LIST, list)]));
            assert_eq!(got.is_empty(), part.is_empty(), "{list}: {got:?}");
            assert!(got.iter().all(|finding| finding.what.contains(part)), "{list}: {got:?}");
        }
    }

    #[test]
    fn a_new_list_is_accepted() {
        let long = function("f", 90) + &function("f", 80) + &"a\n".repeat(400);
        let list = list(&Repo::of(&[("a.rs", &long)]));
        assert_eq!(list.lines().filter(|line| !line.starts_with('#')).count(), 3);
        assert_eq!(check(&Repo::of(&[("a.rs", &long), (LIST, &list)])), []);
    }
}
