//! What an export says about records, and what it leaves behind.

use super::row::{COLUMNS, rows};
use super::sink::{Sink, safe};
use super::*;

/// A record of imported history, and one that happened now and replaces an earlier decision.
const RECORDS: [&str; 2] = [
    r#"{"at":"1000000","decisions":[{"completeness":500000,"doc":"account","evidence":"x","graph":"care","hit":"1","node":"cro","outcome":"cxo","owner":"ann","rule":"=R1","trust":"system","unknown":"0"},{"completeness":1000000,"doc":"case:1","graph":"cases","hit":"0","node":"nothing","outcome":"none","owner":"ann","trust":"customer","unknown":"0"}],"engine":1,"epoch":1,"event":"e","kind":"signal","moves":[{"candidate_count":2,"candidates":[{"person":"maria","ppm":1000000},{"person":"tom","ppm":0}],"cause":"decided","doc":"account","due":"9","graph":"care","node":"cro","opened":"7","person":"maria","silent":true,"to":"asked"}],"origin":"history","prev":"p","rules":"d","seq":"7","status":"applied","stream":"account:a","stream_time":"1000000","type":"step","v":1}"#,
    r#"{"at":"86400000000","decisions":[{"completeness":0,"doc":"case:1","graph":"cases","hit":"0","node":"cro","outcome":"cxo","owner":"ann","rule":"R\"2","supersedes":"7","trust":"partner","unknown":"0"}],"engine":1,"epoch":1,"event":"e","kind":"signal","moves":[{"cause":"decided","doc":"case:1","graph":"cases","node":"cro","opened":"8","person":"tom","to":"asked"},{"doc":"case:1","graph":"care","how":"stood_down","opened":"7","to":"closed"},{"cause":"decided","doc":"account","graph":"cases","node":"cro","opened":"8","person":"kim","to":"asked"}],"origin":"live","prev":"p","rules":"-d","seq":"8","status":"late","stream":"account:a","stream_time":"86400000000","type":"step","v":1}"#,
];

fn exported(out: &std::path::Path, form: Form) -> String {
    let mut sink = Sink::open(out, form).unwrap();
    for record in RECORDS {
        let (_, rows) = rows(record.as_bytes()).unwrap();
        rows.iter().for_each(|row| sink.put(row).unwrap());
    }
    assert!(!out.exists(), "it appears when it is whole");
    sink.finish().unwrap();
    std::fs::read_to_string(out).unwrap()
}

#[test]
fn decisions_become_rows() {
    let folder = tempfile::tempdir().unwrap();
    expect_test::expect![[r#"
        at,stream,seq,graph,doc,outcome,node,rule,asked,completeness,trust,changed,supersedes,status,origin,rules,source_id,account_name
        1970-01-01T00:00:01Z,account:a,7,care,account,cxo,cro,'=R1,maria,0.5,system,yes,,applied,history,d,,
        1970-01-01T00:00:01Z,account:a,7,cases,case:1,none,nothing,,,1,customer,no,,applied,history,d,,
        1970-01-02T00:00:00Z,account:a,8,cases,case:1,cxo,cro,"R""2",tom,0,partner,no,7,late,live,'-d,,
    "#]].assert_eq(&exported(&folder.path().join("a.csv"), Form::Csv));
    expect_test::expect![[r#"
        {"at":"1970-01-01T00:00:01Z","stream":"account:a","seq":7,"graph":"care","doc":"account","outcome":"cxo","node":"cro","rule":"=R1","asked":["maria"],"completeness":0.5,"trust":"system","changed":true,"supersedes":null,"status":"applied","origin":"history","rules":"d","source_id":null,"account_name":null}
        {"at":"1970-01-01T00:00:01Z","stream":"account:a","seq":7,"graph":"cases","doc":"case:1","outcome":"none","node":"nothing","rule":"","asked":[],"completeness":1.0,"trust":"customer","changed":false,"supersedes":null,"status":"applied","origin":"history","rules":"d","source_id":null,"account_name":null}
        {"at":"1970-01-02T00:00:00Z","stream":"account:a","seq":8,"graph":"cases","doc":"case:1","outcome":"cxo","node":"cro","rule":"R\"2","asked":["tom"],"completeness":0.0,"trust":"partner","changed":false,"supersedes":7,"status":"late","origin":"live","rules":"-d","source_id":null,"account_name":null}
    "#]].assert_eq(&exported(&folder.path().join("a.jsonl"), Form::Jsonl));
}

#[test]
fn a_spreadsheet_reads_back_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let text = exported(&folder.path().join("a.csv"), Form::Csv);
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(csv.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    let read: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(read.len(), 3);
    assert_eq!(&read[0][7], "'=R1");
    assert_eq!(&read[2][7], "R\"2");
}

#[test]
fn an_unfinished_export_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.csv");
    std::fs::write(&out, "before").unwrap();
    for form in [Form::Csv, Form::Jsonl] {
        let mut sink = Sink::open(&out, form).unwrap();
        rows(RECORDS[0].as_bytes()).unwrap().1.iter().for_each(|row| sink.put(row).unwrap());
        drop(sink);
    }
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn formulas_are_defused() {
    for (cell, written) in [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-R1", "'-R1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("a=1", "a=1"),
        ("", ""),
    ] {
        assert_eq!(safe(cell.to_owned()), written);
    }
}

#[test]
fn filters_choose_by_time_graph_and_change() {
    let args = |words: &[&str]| {
        use clap::Parser;
        #[derive(Parser)]
        struct One {
            #[command(flatten)]
            args: DecisionsArgs,
        }
        let words = ["x", "--out", "-"].iter().chain(words);
        One::try_parse_from(words).unwrap().args
    };
    let chosen = |args: &DecisionsArgs| {
        let of = |record: &&str| {
            let (at, rows) = rows(record.as_bytes()).unwrap();
            rows.iter().filter(|row| args.wants(at, row)).count()
        };
        RECORDS.iter().map(of).collect::<Vec<_>>()
    };
    for (words, rows) in [
        (vec![], [2, 1]),
        (vec!["--graph", "cases"], [1, 1]),
        (vec!["--changed"], [1, 0]),
        (vec!["--from", "1970-01-02"], [0, 1]),
        (vec!["--until", "1970-01-02"], [2, 0]),
        (vec!["--from", "1970-01-01", "--until", "1970-01-01T00:00:01Z"], [0, 0]),
    ] {
        assert_eq!(chosen(&args(&words)), rows, "{words:?}");
    }
}

#[test]
fn what_is_no_record_is_refused() {
    for bytes in ["", "{}", "[]", r#"{"at":"x"}"#] {
        assert!(rows(bytes.as_bytes()).is_err(), "{bytes}");
    }
}
