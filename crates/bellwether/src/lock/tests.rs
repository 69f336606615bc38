//! Every way in which a bundle may not be what was signed.

use super::*;
use crate::prove::{Claim, Outcome, Property, Report};
use bellwether_ledger::note::{Scheme, Signer};

fn signer(name: &str, secret: u8) -> Signer {
    Signer::new(name, Scheme::Plain, &[secret; 32]).unwrap()
}

fn at(text: &str) -> Timestamp {
    civil::read(text, "iso", &civil::zone("UTC").unwrap()).unwrap()
}

fn files(more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let head = ("bundle.yaml", "bundle: small\nversion: 1.4.0\n");
    let all = [head, ("facts.yaml", "facts: {}\n")];
    all.iter().chain(more).map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn proof(source: &Source, outcome: Outcome) -> String {
    let about = "I1".to_owned();
    let properties = vec![Property { kind: Claim::Holds, about, outcome }];
    let bundle = bellwether_policy::digest(&source.files);
    let (solver, conflicts) = (String::new(), Vec::new());
    Report {
        bundle,
        solver,
        properties,
        conflicts,
        implied: Vec::new(),
        counts: Default::default(),
    }
    .json()
}

/// A folder as it is signed by some.
fn signed(by: &[&Signer], expires: Option<&str>) -> Source {
    let own = files(&[]);
    let mut source = Source { files: own.clone(), own, parent: None, lock: None, proof: None };
    source.proof = Some(proof(&source, Outcome::Proved));
    sign(&mut source, by, expires);
    source
}

fn sign(source: &mut Source, by: &[&Signer], expires: Option<&str>) {
    let lock = Lock::of(source, expires.map(at)).unwrap();
    let mut note = Note::new(lock.text()).unwrap();
    by.iter().for_each(|signer| note.add(signer.sign(note.text(), Timestamp::MIN)));
    source.lock = Some(note.to_string());
}

/// What ann and bob signed, with something done to it afterwards.
fn change(change: &dyn Fn(&mut Source)) -> Source {
    let mut source = signed(&[&signer("ann", 1), &signer("bob", 2)], Some("2027-01-01"));
    change(&mut source);
    source
}

/// The same with a file written.
fn put(path: &'static str, text: &'static str) -> Source {
    change(&move |source| {
        for files in [&mut source.own, &mut source.files] {
            files.insert(path.to_owned(), text.to_owned());
        }
    })
}

/// Bundles that are not what two of ann and bob signed, each with what is wrong.
fn wrong() -> Vec<(&'static str, Source, &'static [&'static str])> {
    let (ann, bob, eve, again) =
        (signer("ann", 1), signer("bob", 2), signer("eve", 3), signer("ann-too", 1));
    let broken = |source: &Source| Some(proof(source, Outcome::Broken("it does".to_owned())));
    vec![
        ("unsigned", change(&|source| source.lock = None), &["lock-missing"][..]),
        ("rubbish", change(&|source| source.lock = Some("x".to_owned())), &["lock-format"]),
        ("too few", signed(&[&ann], None), &["lock-too-few"]),
        ("one signer twice", signed(&[&ann, &again], None), &["lock-too-few"]),
        ("a stranger", signed(&[&eve], None), &["lock-unknown-signer"]),
        ("expired", signed(&[&ann, &bob], Some("2026-12-01")), &["lock-expired"]),
        ("a changed file", put("facts.yaml", "facts: {a: 1}\n"), &["lock-file-changed"]),
        ("another file", put("boundaries/x.cedar", ""), &["lock-file-extra"]),
        (
            "a file less",
            change(&|source| {
                drop((source.own.remove("facts.yaml"), source.files.remove("facts.yaml")))
            }),
            &["lock-file-missing"],
        ),
        (
            "another parent",
            change(&|source| source.parent = Some(Digest::of(b"p"))),
            &["lock-parent"],
        ),
        (
            "a parent's changed file",
            change(&|source| drop(source.files.insert("rates.yaml".to_owned(), String::new()))),
            &["lock-digest"],
        ),
        ("no proof here", change(&|source| source.proof = None), &["lock-proof-missing"]),
        ("another proof", change(&|source| source.proof = broken(source)), &["lock-proof-other"]),
        (
            "a proof with findings",
            change(&|source| {
                source.proof = broken(source);
                sign(source, &[&ann, &bob], None);
            }),
            &["lock-proof-findings"],
        ),
        (
            "no proof signed",
            change(&|source| {
                source.proof = None;
                sign(source, &[&ann, &bob], None);
            }),
            &["lock-proof-missing"],
        ),
        (
            "a lock that was edited",
            change(&|source| {
                source.lock = source.lock.take().map(|text| text.replace("1.4.0", "1.5.0"));
            }),
            &["lock-tampered"],
        ),
        (
            "everything at once",
            change(&|source| {
                sign(source, &[&ann, &bob], Some("2026-01-01"));
                source.own.insert("facts.yaml".to_owned(), "x".to_owned());
                source.proof = None;
            }),
            &["lock-file-changed", "lock-expired", "lock-proof-missing"],
        ),
    ]
}

#[test]
fn whoever_signed_is_believed_and_nobody_else() {
    let (ann, bob, eve) = (signer("ann", 1), signer("bob", 2), signer("eve", 3));
    let again = signer("ann-too", 1);
    let keys: Vec<_> = [&ann, &bob, &again].map(|signer| signer.verifier().clone()).into();
    let two = Wanted { signers: &keys, signatures: 2, require_proof: true, now: at("2026-12-01") };
    let fine = signed(&[&ann, &bob, &eve], Some("2027-01-01"));
    let verified = verify(&fine, &two).unwrap();
    assert_eq!(verified.signed_by, ["ann", "bob"]);
    assert_eq!(verified.lock.unwrap().version, "1.4.0");

    for (what, source, codes) in wrong() {
        let problems = verify(&source, &two).expect_err(what);
        let found: Vec<_> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(found, *codes, "{what}: {problems:?}");
        assert!(problems.iter().all(|problem| !problem.help.is_empty()), "{problems:?}");
    }
}

#[test]
fn where_nobody_must_sign_an_unsigned_bundle_is_fine_and_a_tampered_one_is_not() {
    let ann = signer("ann", 1);
    let wanted =
        Wanted { signers: &[], signatures: 0, require_proof: false, now: at("2026-12-01") };
    let mut source = signed(&[&ann], None);
    assert_eq!(verify(&source, &wanted).unwrap().signed_by, Vec::<String>::new());
    source.own.insert("facts.yaml".to_owned(), String::new());
    assert_eq!(verify(&source, &wanted).unwrap_err()[0].code, "lock-file-changed");
    source.lock = None;
    assert_eq!(verify(&source, &wanted).unwrap(), Verified { lock: None, signed_by: Vec::new() });
}

#[test]
fn a_lock_reads_like_a_list() {
    let source = signed(&[&signer("ann", 1)], Some("2027-01-01"));
    let (lock, note) = read(source.lock.as_ref().unwrap()).unwrap();
    assert_eq!(lock, Lock::of(&source, Some(at("2027-01-01"))).unwrap());
    expect_test::expect![[r#"
        bundle small
        version 1.4.0
        digest A8KXDTCI4piLZb8Bx8tBWPyaUfDNXGoMUWRY6L7ZIys
        parent -
        expires 2027-01-01T00:00:00Z
        proof zLcS8cuon3ZJjLnO5a1gHmmqCC8HM3PPDNH2DLVXBJI
        npDhv9ovxxvIiVDamPAcM2_LfCZdvpgUCt7wbPdH6dA bundle.yaml
        Wf5j9oyUATibT25ThAt8-qYmlsK-_BHiLCxBulWrzjY facts.yaml
    "#]]
    .assert_eq(note.text().strip_prefix("bellwether bundle lock 1\n").unwrap());
}
