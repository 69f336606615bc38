//! The documents hold together: links lead somewhere, decisions are numbered, examples explained.

use crate::{Finding, Repo};

const DECISIONS: &str = "docs/decisions";
const DECISION_SECTIONS: [&str; 3] = ["## Decided", "## Measured", "## Why"];

/// Folders whose every child folder needs a page that says what it is.
const SHOWN: [&str; 2] = ["bundles", "examples"];

/// Links, decisions and examples.
pub fn check(repo: &Repo) -> Vec<Finding> {
    let mut findings = broken_links(repo);
    findings.extend(wrong_decisions(repo));
    findings.extend(unexplained(repo));
    findings
}

fn broken_links(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repo.texts().filter(|(path, _)| path.ends_with(".md")) {
        let mut fenced = false;
        for (number, line) in text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            if fenced {
                continue;
            }
            for target in targets(line) {
                if let Some(file) = local(path, target)
                    && !file.is_some_and(|file| repo.has(&file))
                {
                    let place = format!("{path}:{}", number + 1);
                    findings
                        .push(Finding::new(place, format!("the link to `{target}` leads nowhere")));
                }
            }
        }
    }
    findings
}

/// What the links of a line point to: `[text](target)` and `[name]: target`.
fn targets(line: &str) -> Vec<&str> {
    // Every second piece between backticks is code.
    let prose = line.split('`').step_by(2);
    let inline = prose.flat_map(|piece| piece.split("](").skip(1));
    // A link whose text is code starts in one piece and ends in the next: `[`x`](y)`.
    let inline = inline.filter_map(|rest| rest.split([')', ' ']).next());
    let named = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    inline.chain(named.map(|(_, target)| target.trim())).collect()
}

/// The file a link names, from the root; `None` for links that leave the repository or stay on the
/// page, `Some(None)` for one that climbs out of it.
fn local(page: &str, target: &str) -> Option<Option<String>> {
    let file = target.split('#').next().unwrap_or_default();
    if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
        return None;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                if parts.pop().is_none() {
                    return Some(None);
                }
            }
            name => parts.push(name),
        }
    }
    Some((!file.starts_with('/')).then(|| parts.join("/")))
}

fn wrong_decisions(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    let index = repo.text("docs/decisions/README.md").unwrap_or_default();
    let names = repo.below(DECISIONS).into_keys().filter(|name| *name != "README.md");
    for (at, name) in names.enumerate() {
        let place = format!("{DECISIONS}/{name}");
        let number = format!("{:04}-", at + 1);
        if !name.starts_with(&number) || !name.ends_with(".md") {
            let what = format!("the next decision must be named `{number}<words>.md`");
            findings.push(Finding::new(&place, what));
        }
        if !index.contains(&format!("]({name})")) {
            let what = format!("{DECISIONS}/README.md does not list it");
            findings.push(Finding::new(&place, what));
        }
        let text = repo.text(&place).unwrap_or_default();
        for section in DECISION_SECTIONS {
            if !text.lines().any(|line| line == section) {
                findings.push(Finding::new(&place, format!("the section `{section}` is missing")));
            }
        }
    }
    findings
}

fn unexplained(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in SHOWN {
        for (name, is_folder) in repo.below(folder) {
            let page = format!("{folder}/{name}/README.md");
            if is_folder && repo.text(&page).is_none() {
                findings.push(Finding::new(page, "missing; say what this shows and how to run it"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_somewhere() {
        for (line, findings) in [
            ("[a](there.md)", 0),
            ("[a](there.md#part)", 0),
            ("[a](../top.md) and [b](gone.md)", 1),
            ("[a](./gone.md)", 1),
            ("[a](../../out.md)", 1),
            ("[a](/docs/there.md)", 1),
            ("[a](..)", 0),
            ("[a](folder)", 0),
            ("[a](https://example.org/x)", 0),
            ("[a](#part)", 0),
            ("[`a`](gone.md)", 1),
            ("`[a](gone.md)`", 0),
            ("```\n[a](gone.md)\n```", 0),
            ("[a]: gone.md", 1),
            ("[a]: there.md", 0),
            ("[a](there.md \"title\")", 0),
        ] {
            let files = [("docs/page.md", line), ("docs/there.md", ""), ("top.md", "")];
            let repo = Repo::of(&[files.as_slice(), &[("docs/folder/x.md", "")]].concat());
            assert_eq!(broken_links(&repo).len(), findings, "{line}");
        }
    }

    #[test]
    fn decisions_are_numbered_listed_and_complete() {
        let whole = "# A\n\n## Decided\n\n## Measured\n\n## Why\n";
        let index = "[a](0001-a.md) [b](0002-b.md) [c](0003-c.md)";
        for (files, findings) in [
            (vec![("0001-a.md", whole), ("0002-b.md", whole)], 0),
            (vec![("0001-a.md", whole), ("0003-c.md", whole)], 1),
            (vec![("0001-a.md", whole), ("0001-b.md", whole)], 2),
            (vec![("0001-a.txt", whole)], 2),
            (vec![("0001-new.md", whole)], 1),
            (vec![("0001-a.md", "## Decided\n## Why\n")], 1),
        ] {
            let mut all = vec![("docs/decisions/README.md".to_owned(), index)];
            all.extend(files.iter().map(|(name, text)| (format!("docs/decisions/{name}"), *text)));
            let all: Vec<_> = all.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            let got = wrong_decisions(&Repo::of(&all));
            assert_eq!(got.len(), findings, "{files:?}: {got:?}");
        }
    }

    #[test]
    fn examples_are_explained() {
        for (path, findings) in [
            ("bundles/a/README.md", 0),
            ("bundles/a/bundle.yaml", 1),
            ("examples/a/run.sh", 1),
            ("bundles/README.md", 0),
        ] {
            assert_eq!(unexplained(&Repo::of(&[(path, "")])).len(), findings, "{path}");
        }
    }
}
