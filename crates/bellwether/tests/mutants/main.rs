//! Mistakes in bundles: which check finds each of them, and that nothing is found where there is none.
//!
//! Small counts unless `BELLWETHER_FULL` is set. Every mutant comes from a seed that is printed.
#![cfg(test)]

mod mutate;

use bellwether_testkit::Dice;
use mutate::{Files, Kind, Mutant, mutant};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// The checks, in the order in which somebody runs them.
const CHECKS: [&str; 4] = ["check", "test", "prove", "diff"];

/// Bundles in which nothing is wrong.
const CLEAN: [&str; 4] = ["customer-escalation", "prospect-to-cxo", "incident-sla", "crm-pipeline"];

/// Of each kind, in how many of these bundles there must be a place for a mistake.
const LEAST: u64 = 3;

fn full() -> bool {
    std::env::var_os("BELLWETHER_FULL").is_some()
}

fn bundle(name: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles").join(name);
    let mut files = Files::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            if name.ends_with(".yaml") || name.ends_with(".cedar") {
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn write(folder: &Path, files: &Files) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn policy(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bellwether")).arg("policy").args(arguments).output().unwrap()
}

fn has_solver() -> bool {
    let path = std::env::var_os("CVC5").unwrap_or_else(|| "cvc5".into());
    let cvc5 = Command::new(path).arg("--version").output();
    cvc5.is_ok_and(|output| output.status.success())
}

/// Whether a proof does not hold. Without a solver only those of the graphs are looked at, which need none.
fn broken(prove: &[&str], solver: bool) -> bool {
    if solver {
        return finds(&policy(prove));
    }
    let said = policy(&[prove, &["--format", "json"]].concat());
    let told: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    told["graphs"].as_array().unwrap().iter().any(|proof| proof["holds"] == false)
}

/// The first check that finds the mistake.
fn found_by(mutant: &Mutant, clean: &Path, solver: bool) -> Option<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &mutant.files);
    let (new, old) = (folder.path().to_str().unwrap(), clean.to_str().unwrap());
    CHECKS.into_iter().find(|check| match *check {
        "prove" => broken(&["prove", new, "--old", old], solver),
        "diff" => {
            let said = policy(&["diff", old, new]);
            !String::from_utf8_lossy(&said.stdout).starts_with("they say the same")
        }
        check => finds(&policy(&[check, new])),
    })
}

/// Whether a check ends with findings, or warns; on clean bundles it does neither.
fn finds(said: &Output) -> bool {
    said.status.code() == Some(2) || warns(said)
}

fn warns(said: &Output) -> bool {
    let words = String::from_utf8_lossy(&said.stdout);
    words.contains("warning[") || words.contains("warning: ")
}

#[test]
fn mistakes_are_found_and_clean_bundles_are_clean() {
    let solver = has_solver();
    if !solver {
        println!("skipped: proofs of boundaries, because there is no cvc5 (`apt install cvc5`)");
    }
    let each: u64 = if full() { 12 } else { 1 };
    let mut tally: BTreeMap<(Kind, &str), u32> = BTreeMap::new();
    let (mut missed, mut all) = (Vec::new(), 0);
    for name in CLEAN {
        let clean = tempfile::tempdir().unwrap();
        let files = bundle(name);
        write(clean.path(), &files);
        assert!(!broken(&["prove", clean.path().to_str().unwrap()], solver), "prove {name}");
        for check in ["check", "test"] {
            let said = policy(&[check, clean.path().to_str().unwrap()]);
            let words = String::from_utf8_lossy(&said.stdout);
            assert_eq!(said.status.code(), Some(0), "{check} {name}:\n{words}");
            assert!(!warns(&said), "{check} {name}:\n{words}");
        }
        for kind in Kind::ALL {
            for nth in 0..each {
                let seed = nth * 100 + kind as u64;
                let Some(mutant) = mutant(&files, kind, &mut Dice(seed)) else { continue };
                all += 1;
                let by = found_by(&mutant, clean.path(), solver);
                *tally.entry((kind, by.unwrap_or("nobody"))).or_default() += 1;
                if by.is_none() {
                    missed.push(format!("{name} {kind} seed {seed}: {}", mutant.what));
                }
            }
        }
    }
    println!("{:10}{}", "", CHECKS.map(|check| format!("{check:>8}")).concat() + "  nobody");
    let mut few = Vec::new();
    for kind in Kind::ALL {
        let made: u32 =
            tally.iter().filter(|((of, _), _)| *of == kind).map(|(_, count)| count).sum();
        if u64::from(made) < each * LEAST {
            few.push(format!("{kind}: {made}"));
        }
        let count = |by| tally.get(&(kind, by)).copied().unwrap_or(0);
        let counts = CHECKS.map(|check| format!("{:>8}", count(check))).concat();
        println!("{kind:10}{counts}{:>8}", count("nobody"));
    }
    println!("{all} mutants");
    missed.iter().for_each(|one| println!("missed: {one}"));
    assert!(few.is_empty(), "too few mistakes to tell anything: {}", few.join(", "));
    assert!(missed.is_empty(), "{} of {all} were found by nobody", missed.len());
}
