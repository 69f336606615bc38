//! Schemes as files: what is wrong with them is said, all at once.

use super::*;

fn said(text: &str) -> String {
    match Scheme::parse("acme.yaml", text) {
        Ok(scheme) => format!("{} is fine\n", scheme.name()),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}

#[test]
fn the_shipped_ones_are_named_after_their_files() {
    for (name, _) in shipped() {
        let scheme = scheme(name);
        assert_eq!(scheme.name(), *name);
        assert!(scheme.description().ends_with('.'), "{name}");
    }
    let keyed = shipped().iter().filter(|(name, _)| scheme(name).algorithm != Algorithm::None);
    assert!(keyed.count() >= 11);
}

#[test]
fn the_example_of_the_page_is_one() {
    let page = include_str!("../../../schemes/README.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    assert_eq!(said(example), "acme is fine\n");
}

#[test]
fn what_does_not_hold_together_is_refused() {
    let head = "scheme: acme\nalgorithm: sha256\nsignature: {header: A}\n";
    let time = "timestamp: {header: T}\n";
    let all = [
        said(""),
        said(
            "scheme: acme\nalgorithm: md5\nsignature: {prefix: x}\nsigned: \"{body}\"\nsecrets: x\n",
        ),
        said(&format!("{head}signed: \"{{bdy}}\"\n")),
        said(&format!("{head}signed: \"{{body\"\n")),
        said(&format!("{head}signed: \"{{url}}\"\n")),
        said(&format!("{head}signed: \"{{timestamp}}{{body}}\"\n")),
        said(&format!("{head}{time}signed: \"{{body}}\"\n")),
        said(&format!("{head}signed: \"{{id}}{{body}}\"\n")),
        said(&format!(
            "{head}timestamp: {{header: T, unit: hours, tolerance: soon}}\nsigned: \"{{timestamp}}{{body}}\"\n"
        )),
        said(&format!("scheme: acme\nalgorithm: none\nsignature: {{header: A}}\n{time}")),
        said("scheme: acme\nalgorithm: none\nsignature: {header: A}\n"),
    ];
    expect_test::expect![[r#"
        acme.yaml:1:1: error[yaml-missing-key]: `scheme` is missing here
          help: add a line `scheme: ...`
        acme.yaml:1:1: error[yaml-missing-key]: `algorithm` is missing here
          help: add a line `algorithm: ...`
        acme.yaml:1:1: error[yaml-missing-key]: `signature` is missing here
          help: add a line `signature: ...`
        acme.yaml:1:1: error[yaml-missing-key]: `signed` is missing here
          help: add a line `signed: ...`
        acme.yaml:2:12: error[yaml-value]: `algorithm: md5` is none of: sha1, sha256, none
        acme.yaml:3:12: error[yaml-missing-key]: `header` is missing here
          help: add a line `header: ...`
        acme.yaml:5:1: error[yaml-unknown-key]: `secrets` is not known here
          help: did you mean `secret`?
        acme.yaml:4:9: error[scheme-signed]: `signed` has a word that is not known
          help: did you mean `body`?
        acme.yaml:4:9: error[scheme-signed]: `signed` has a word that is not known
          help: did you mean `body`?
        acme.yaml:4:9: error[scheme-signed]: the body is not signed
          help: add `{body}` to `signed`
        acme.yaml:4:9: error[scheme-signed]: the time is either not signed or not found
          help: write both `timestamp:` and `{timestamp}` in `signed`, or neither
        acme.yaml:5:9: error[scheme-signed]: the time is either not signed or not found
          help: write both `timestamp:` and `{timestamp}` in `signed`, or neither
        acme.yaml:4:9: error[scheme-signed]: the id is signed and not found
          help: say under `id` which header has it
        acme.yaml:4:30: error[yaml-value]: `unit: hours` is none of: s, ms, iso
        acme.yaml:4:48: error[yaml-value]: `tolerance: soon` cannot be read: expected a span such as 15m, 4h or 30d
        acme.yaml:1:1: error[scheme-signed]: without a signature a time proves nothing
          help: leave `timestamp` out
        acme is fine
    "#]].assert_eq(&all.concat());
}
