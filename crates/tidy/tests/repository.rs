//! Runs every check of the rules on this repository.

use bellwether_tidy::{Finding, Repo, codes, docs, headers, imports, purity, ratchet, words};

fn assert_tidy(check: fn(&Repo) -> Vec<Finding>) {
    let repo = Repo::read().unwrap_or_default();
    assert!(repo.has("crates/tidy/Cargo.toml"), "the repository could not be read");
    let mut findings: Vec<_> = check(&repo).iter().map(ToString::to_string).collect();
    findings.sort();
    assert!(findings.is_empty(), "{} to mend:\n{}\n", findings.len(), findings.join("\n"));
}

#[test]
fn crates_import_what_the_map_allows() {
    assert_tidy(imports::check);
}

#[test]
fn pure_crates_stay_pure() {
    assert_tidy(purity::check);
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_tidy(headers::check);
}

#[test]
fn what_is_long_only_shrinks() {
    if std::env::var_os("TIDY_UPDATE").is_some() {
        let list = Repo::read().map(|repo| ratchet::list(&repo));
        let file = Repo::root().join(ratchet::LIST);
        let written = list.and_then(|list| std::fs::write(file, list));
        assert!(written.is_ok(), "the list could not be written: {written:?}");
    }
    assert_tidy(ratchet::check);
}

#[test]
fn every_error_code_has_a_page() {
    assert_tidy(codes::check);
}

#[test]
fn no_loose_ends_and_no_traces_of_one_machine() {
    assert_tidy(words::check);
}

#[test]
fn the_documents_hold_together() {
    assert_tidy(docs::check);
}
