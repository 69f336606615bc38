//! What `policy init`, `schema`, `keygen`, `sign` and `verify` leave behind, and chains of bundles.

use super::*;
use crate::cli::policy::{init, loosened, schema};
use crate::exit::Problems;
use crate::prove;
use bellwether_core::authored::{Document, Kind, Node};
use bellwether_engine::trial::run_tests;
use clap::Parser as _;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Runs a command as it is typed.
fn typed(words: &[&str]) -> Result<Exit> {
    let cli = crate::cli::Cli::try_parse_from([&["bellwether", "policy"], words].concat()).unwrap();
    crate::cli::run(cli)
}

fn codes(result: Result<Exit>) -> Vec<&'static str> {
    let error = result.unwrap_err();
    let problems = error.downcast_ref::<Problems>().unwrap();
    problems.0.iter().map(|problem| problem.code).collect()
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

#[test]
fn the_starter_checks_and_its_tests_pass() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("mine");
    let shown = at.to_str().unwrap();
    assert_eq!(typed(&["init", shown]).unwrap(), Exit::Fine);
    let rules = bundle::load(&at).map_err(|error| error.to_string()).unwrap();
    assert!(rules.warnings().is_empty(), "{:?}", rules.warnings());
    let outcomes = run_tests(&rules);
    assert_eq!((outcomes.len(), trial::text(&outcomes)), (6, "6 tests passed\n".to_owned()));
    let (known, actions) = (rules.boundaries().unwrap(), rules.policy().actions());
    assert_eq!((known.boundaries().len(), known.invariants().len(), actions.len()), (2, 2, 1));
    assert!(rules.catalogue().slot("threshold.voucher").is_some());
    match crate::prove::find(None) {
        Some(_) => assert_eq!(typed(&["prove", shown]).unwrap(), Exit::Fine),
        None => eprintln!("skipped: there is no cvc5"),
    }
    assert_eq!(codes(typed(&["init", shown])), ["bundle-folder-taken"]);
    let copy = folder.path().join("copy");
    typed(&["init", copy.to_str().unwrap(), "--from", "incident-sla"]).unwrap();
    let [ours, theirs] =
        [copy.as_path(), Path::new("incident-sla")].map(|at| bundle::files(at).unwrap());
    assert_eq!(ours, theirs);
    assert!(
        init::STARTER.iter().all(|(_, text)| text.starts_with("# ") || text.starts_with("// ")),
        "each file says what it is"
    );
}

#[test]
#[cfg(unix)]
fn a_bundle_is_signed_by_two_and_a_change_is_noticed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let [dir, ann, bob] = ["mine", "ann.key", "bob.key"].map(at);
    typed(&["init", &dir]).unwrap();
    typed(&["keygen", &ann]).unwrap();
    typed(&["keygen", &bob, "--name", "bob"]).unwrap();
    let mode = std::fs::metadata(&ann).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let [ann_pub, bob_pub] = [&ann, &bob].map(|file| format!("{file}.pub"));
    let both = ["verify", &dir, "--signer", &ann_pub, "--signer", &bob_pub, "--signatures", "2"];
    assert_eq!(typed(&both).unwrap(), Exit::Findings, "not signed");
    typed(&["sign", &dir, "--key", &ann, "--expires", "2190-01-01"]).unwrap();
    assert_eq!(typed(&both).unwrap(), Exit::Findings, "one is too few");
    typed(&["sign", &dir, "--key", &bob]).unwrap();
    assert_eq!(typed(&both).unwrap(), Exit::Fine);
    let lock = std::fs::read_to_string(format!("{dir}/BUNDLE.lock")).unwrap();
    assert!(lock.contains("expires 2190-01-01"), "the second signer keeps what the first said");
    let rules = format!("{dir}/routing/cases.yaml");
    let text = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, text.replace("level: 2", "level: 3")).unwrap();
    assert_eq!(typed(&both).unwrap(), Exit::Findings, "a file was changed");
    typed(&["sign", &dir, "--key", &bob]).unwrap();
    assert_eq!(typed(&both).unwrap(), Exit::Findings, "ann signed something else");
    let public = typed(&["sign", &dir, "--key", &ann_pub]).unwrap_err().to_string();
    assert!(public.contains("is the public key, which") && public.contains("one: "), "{public}");
    let secret = std::fs::read_to_string(&ann).unwrap();
    let told = typed(&["verify", &dir, "--signer", &ann]).unwrap_err().to_string();
    assert!(told.contains("ann.key.pub") && !told.contains(secret.trim()), "{told}");
    std::fs::set_permissions(&ann, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(codes(typed(&["sign", &dir, "--key", &ann])), ["config-secret-exposed"]);
    std::fs::copy(&bob_pub, &ann_pub).unwrap();
    std::fs::set_permissions(&ann, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(codes(typed(&["sign", &dir, "--key", &ann])), ["note-key"]);
    assert_eq!(codes(typed(&["keygen", &at("x y"), "--name", "x y"])), ["note-key"]);
}

#[test]
fn a_child_stands_on_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let starter = init::STARTER;
    write(&folder.path().join("top"), &starter);
    let head = |name: &str, parent: &str| {
        format!(
            "bundle: {name}\nversion: 1.0.0\nowner: ann\ncurrency: EUR\nlateness: 7d\nparent: {parent}\n"
        )
    };
    let child = |name: &str, parent: &str, more: &[(&str, &str)]| {
        let at = folder.path().join(name);
        write(&at, &[("bundle.yaml", &head(name, parent))]);
        write(&at, more);
        at
    };
    let one =
        child("one", "../top", &[("people.yaml", "roles: {field: [sam]}\npeople: {sam: {}}\n")]);
    let rules = bundle::load(&one).map_err(|error| error.to_string()).unwrap();
    assert_eq!((rules.policy().meta().name.as_str(), rules.policy().graphs().len()), ("one", 1));
    assert_eq!(rules.policy().people().roles().count(), 3);
    let source = bundle::source(&one).unwrap();
    assert_eq!(source.own.len(), 2);
    let top = bundle::files(&folder.path().join("top")).unwrap();
    assert_eq!(source.parent, Some(bellwether_policy::digest(&top)));
    child("two", "../one", &[]);
    child("three", "../two", &[]);
    let four = child("four", "../three", &[]);
    let refused = |at: &Path| codes(bundle::files(at).map(|_| Exit::Fine));
    assert!(bundle::files(&folder.path().join("three")).is_ok(), "four stand on each other");
    assert_eq!(refused(&four), ["bundle-parent-deep"]);
    assert_eq!(refused(&child("lost", "../nowhere", &[])), ["bundle-parent-missing"]);
    assert_eq!(refused(&child("self", "../self", &[])), ["bundle-parent-cycle"]);
    let permit = "@id(\"x\") @owner(\"o\") @reason(\"r\") @review(\"2027-01-01\")\n\
                  permit (principal, action == Bellwether::Action::\"offer_voucher\", resource);";
    let permit = [("boundaries/x.cedar", permit)];
    let loose = child("loose", "../top", &permit);
    assert_eq!(refused(&loose), ["merge-not-yours"]);
    match prove::find(None) {
        None => eprintln!("SKIPPED what a loose child would allow: there is no cvc5"),
        solver => {
            let shown = loosened::requests(&loose, solver, Duration::from_secs(20));
            let [(about, request)] = shown.as_slice() else { panic!("{shown:?}") };
            assert!(about.ends_with(" (parent)") && request.contains("amount"), "{shown:?}");
        }
    }
    let broken = [("boundaries/x.cedar", "permit (")];
    assert_eq!(refused(&child("broken", "../top", &broken)), ["merge-not-yours"]);
    let forbid = "@id(\"legal\") forbid (principal, action, resource);";
    let tight = child("tight", "../top", &[("boundaries/x.cedar", forbid)]);
    assert!(bundle::files(&tight).is_ok());
    let again = "@id(\"1egal\") forbid (principal, action, resource);";
    assert_eq!(
        refused(&child("alike", "../tight", &[("boundaries/y.cedar", again)])),
        ["merge-looks-alike"]
    );
}

/// Whether a node fits a schema; where it does not, what is wrong.
fn misfit(schema: &Value, node: &Node) -> Option<String> {
    if let Some(ways) = schema.get("anyOf").and_then(Value::as_array) {
        let misfits: Vec<_> = ways.iter().map(|way| misfit(way, node)).collect();
        return misfits
            .iter()
            .all(Option::is_some)
            .then(|| misfits.into_iter().flatten().next())
            .flatten();
    }
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(one) => Vec::from_iter(one.as_str()),
        None => Vec::new(),
    };
    let fits = match &node.kind {
        Kind::Null => types.contains(&"null"),
        Kind::List(_) => types.contains(&"array"),
        Kind::Map(_) => types.contains(&"object"),
        Kind::Scalar { text, .. } => match schema.get("enum").and_then(Value::as_array) {
            Some(words) => words.iter().any(|word| word == text.as_str()),
            None => types.iter().any(|one| match *one {
                "string" => true,
                "boolean" => matches!(text.as_str(), "true" | "false"),
                "integer" => text.parse::<i64>().is_ok(),
                "number" => text.parse::<f64>().is_ok(),
                _ => false,
            }),
        },
    };
    if !fits {
        return Some(format!("{}:{} is no {schema}", node.line, node.column));
    }
    match &node.kind {
        Kind::List(items) => items.iter().find_map(|item| misfit(schema.get("items")?, item)),
        Kind::Map(entries) => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let missing = required.filter_map(Value::as_str);
            let mut missing =
                missing.filter(|name| entries.iter().all(|(key, _)| key.text != *name));
            if let Some(name) = missing.next() {
                return Some(format!("{}: no {name}", node.line));
            }
            entries.iter().find_map(|(key, node)| {
                let own = schema.get("properties").and_then(|all| all.get(&key.text));
                match (own, schema.get("additionalProperties")) {
                    (Some(own), _) => misfit(own, node),
                    (None, Some(Value::Bool(false))) => Some(format!("{}: {}", key.line, key.text)),
                    (None, Some(more @ Value::Object(_))) => misfit(more, node),
                    (None, _) => None,
                }
            })
        }
        _ => None,
    }
}

fn schema_of(kind: &str) -> Value {
    let (_, text) = schema::SCHEMAS.iter().find(|(name, _)| *name == kind).unwrap();
    serde_json::from_str(text).unwrap()
}

fn kind_of(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".yaml")
}

#[test]
fn every_shipped_file_fits_its_schema_and_a_wrong_one_does_not() {
    let mut fitted = 0;
    let starter = bundle::Shipped { name: "starter", about: "", files: &init::STARTER };
    for shipped in bundle::SHIPPED.iter().chain([&starter]) {
        for (path, text) in shipped.files.iter().filter(|(path, _)| path.ends_with(".yaml")) {
            let Some((kind, text)) = schema::SCHEMAS
                .iter()
                .find(|(kind, _)| *kind == kind_of(path))
                .map(|_| (kind_of(path), text))
            else {
                continue;
            };
            let document = Document::read(path, text).unwrap();
            assert_eq!(misfit(&schema_of(kind), &document.root), None, "{} {path}", shipped.name);
            fitted += 1;
        }
    }
    assert!(fitted > 30, "{fitted}");
    for (kind, text) in [
        ("bundle", "bundle: x\nversion: 1.0.0\nowner: a\ncurrency: EUR\nmode: loud\n"),
        ("bundle", "bundle: x\nversion: 1.0.0\nowner: a\ncurrency: EUR\nnmae: x\n"),
        ("routing", "graph: x\nsubject: dael\nowner: a\nstart: a\nnodes: {}\nrules: []\n"),
        ("tests", "tests: [{name: x}]\n"),
        ("people", "roles: {a: [b]}\n"),
    ] {
        let document = Document::read(kind, text).unwrap();
        assert!(misfit(&schema_of(kind), &document.root).is_some(), "{text}");
    }
}

/// What a reader knows it says of a key that it does not know; an editor must know as much.
#[test]
fn every_key_that_a_reader_knows_is_in_the_schema() {
    let top = |kind: &str| schema_of(kind)["properties"].clone();
    let node = || top("routing")["nodes"]["additionalProperties"]["properties"].clone();
    let test = || top("tests")["tests"]["anyOf"][0]["properties"].clone();
    for (path, from, to, properties) in [
        ("bundle.yaml", "mode: shadow", "mode: shadow\nxyzzy-plugh: 1", top("bundle")),
        ("people.yaml", "always:", "xyzzy-plugh: 1\nalways:", top("people")),
        ("routing/cases.yaml", "start:", "xyzzy-plugh: 1\nstart:", top("routing")),
        ("routing/cases.yaml", "level: 2,", "level: 2, xyzzy-plugh: 1,", node()),
        ("tests/cases.yaml", "graph: cases\n", "graph: cases\n    xyzzy-plugh: 1\n", test()),
    ] {
        let mut files: BTreeMap<_, _> =
            init::STARTER.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
        let text = files.get_mut(path).unwrap();
        *text = text.replacen(from, to, 1);
        let problems = Rules::compose(files).err().unwrap();
        let unknown = problems.iter().find(|one| one.code == "yaml-unknown-key").unwrap();
        let known = unknown.help.strip_prefix("known here: ").unwrap();
        for key in known.split(", ") {
            assert!(properties.get(key).is_some(), "{path}: the schema does not know `{key}`");
        }
    }
}
