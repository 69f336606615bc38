//! Sheets as tables, and tables in files.

use super::super::put::{put, said};
use super::*;
use bellwether_core::authored::Document;

fn sheet(header: &[&str], rows: &[&[&str]]) -> Sheet {
    let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
    let rows = rows.iter().zip(2..).map(|(cells, line)| (line, owned(cells))).collect();
    Sheet { file: "s.csv".to_owned(), top: 1, header: owned(header), rows }
}

fn head() -> Head {
    let word = str::to_owned;
    Head { kind: word("money"), owner: word("ann"), reason: word("who: me"), ..Head::default() }
}

fn text(written: &Written) -> String {
    written.lines.iter().map(|line| format!("{}\n", line.text)).collect()
}

fn codes(problems: &[Problem]) -> Vec<String> {
    let at = |one: &Problem| one.place.as_ref().map(ToString::to_string).unwrap_or_default();
    problems.iter().map(|one| format!("{} {}", one.code, at(one))).collect()
}

#[test]
fn a_sheet_becomes_a_table() {
    let sheet = sheet(
        &[
            "id",
            "account.tier",
            "deal.amount",
            "account.strategic",
            "value",
            "value:cap:int",
            "reason",
        ],
        &[
            &["R1", "[gold, silver]", ">= 1000", "any", "50", "1", "say \"yes\", then # go"],
            &["", "absent", "", "true", "10.50", "2", ""],
            &["R3", "", "", "", "0", "-3", ""],
        ],
    );
    let columns = outputs(&sheet).unwrap();
    assert_eq!(columns.len(), 2);
    let table = write(&sheet, &columns[0], "limit", &head()).unwrap();
    expect_test::expect![[r#"
        limit:
          type: money
          owner: ann
          reason: "who: me"
          columns: [account.tier, deal.amount, account.strategic]
          rows:
            - {account.tier: [gold, silver], deal.amount: ">= 1000", value: 50, reason: "R1: say \"yes\", then # go"}
            - {account.tier: absent, account.strategic: true, value: 10.50}
            - {value: 0, reason: R3}
    "#]].assert_eq(&text(&table));
    let place = |line, column| table.origin(&sheet, line, column).map(|place| place.to_string());
    assert_eq!(place(6, 9), Some("s.csv:2:2".to_owned()), "the list of the first row");
    assert_eq!(place(6, 45), Some("s.csv:2:3".to_owned()), "its amount");
    assert_eq!(place(7, 5), Some("s.csv:3".to_owned()), "the row as a whole");
    assert_eq!(place(4, 27), Some("s.csv:1:3".to_owned()), "the name of a column");
    assert_eq!((place(2, 1), place(99, 1)), (None, None));
    let other = write(&sheet, &columns[1], "cap", &head()).unwrap();
    assert!(text(&other).contains("- {value: -3, reason: R3}"), "{}", text(&other));
    assert_eq!(
        (&columns[1].table, &columns[1].kind),
        (&Some("cap".to_owned()), &Some("int".to_owned()))
    );
}

#[test]
fn headers_that_make_no_table() {
    for (header, rows, expected) in [
        (vec![], vec![], vec!["table-empty s.csv:1"]),
        (vec!["a", "value"], vec![], vec!["table-empty s.csv:1"]),
        (
            vec!["a", "a", "value", ""],
            vec![vec!["1"]],
            vec!["row-duplicate-column s.csv:1:2", "table-columns s.csv:1:4"],
        ),
        (vec!["a;b;value"], vec![vec!["1"]], vec!["table-columns s.csv:1"]),
        (
            vec!["value:x:number", "value:"],
            vec![vec!["1"]],
            vec!["table-columns s.csv:1:1", "table-columns s.csv:1:2"],
        ),
        (vec!["value", "value"], vec![vec!["1"]], vec!["row-duplicate-column s.csv:1:2"]),
    ] {
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        assert_eq!(codes(&outputs(&sheet(&header, &rows)).unwrap_err()), expected, "{header:?}");
    }
}

#[test]
fn every_bad_cell_is_told_with_its_place() {
    let sheet = sheet(
        &["a", "b", "value"],
        &[&["1,5", "x, y", "1"], &["1"], &["1", "[x,y]", "2"], &["", "1.000,5", "3"]],
    );
    let columns = outputs(&sheet).unwrap();
    let problems = write(&sheet, &columns[0], "t", &head()).unwrap_err();
    let expected = [
        "table-cell s.csv:2:1",
        "table-cell s.csv:2:2",
        "row-ragged s.csv:3",
        "table-cell s.csv:5:2",
    ];
    assert_eq!(codes(&problems), expected);
    assert!(problems.iter().all(|problem| !problem.help.is_empty()));
}

fn small(name: &str) -> Written {
    let sheet = sheet(&["value"], &[&["7"]]);
    let head = Head { kind: "int".to_owned(), owner: "bo".to_owned(), ..Head::default() };
    write(&sheet, &outputs(&sheet).unwrap()[0], name, &head).unwrap()
}

const OLD: &str = "# All limits.\nthresholds:\n    # The first.\n    one: {type: int, owner: ann, rows: [{value: 1}]} # kept\n\n    two:\n        type: int\n        owner: ann\n        # inside\n        rows:\n        - {value: 2}\n\n    # About three.\n    three: {type: int, owner: cy, rows: [{value: 3}]}\n# The end.\n";

#[test]
fn other_text_stays_as_it_is() {
    let own = "    t:\n      type: int\n      owner: bo\n      rows:\n        - {value: 7}\n";
    let put_at_end = put(OLD, &small("t"), false).unwrap();
    let (before, after) = OLD.split_at(OLD.find("# The end.").unwrap());
    assert_eq!(put_at_end, format!("{before}{own}{after}"));
    let replaced = put(OLD, &small("two"), true).unwrap();
    let (from, to) = (OLD.find("    two:").unwrap(), OLD.find("\n    # About").unwrap());
    let two = own.replacen("t:", "two:", 1);
    assert_eq!(replaced, format!("{}{two}{}", OLD.get(..from).unwrap(), OLD.get(to..).unwrap()));
    let again = put(&replaced, &small("two"), true).unwrap();
    assert_eq!(again, replaced, "the same table again changes nothing");
    let crlf = OLD.replace('\n', "\r\n");
    assert_eq!(put(&crlf, &small("t"), false).unwrap(), put_at_end.replace('\n', "\r\n"));
    for fresh in
        ["", "# Nothing yet.", "thresholds:", "thresholds: # none\n", "\u{feff}thresholds:\n"]
    {
        let text = put(fresh, &small("t"), false).unwrap();
        assert!(text.starts_with(fresh), "{text}");
        assert!(
            text.ends_with("  t:\n    type: int\n    owner: bo\n    rows:\n      - {value: 7}\n"),
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_put_is_said() {
    for (old, name, replace, code) in [
        (OLD, "two", false, "table-exists thresholds.yaml:6:5"),
        (
            "thresholds: {a: {type: int, owner: x, rows: [{value: 1}]}}\n",
            "t",
            false,
            "table-layout thresholds.yaml:1",
        ),
        ("thresholds: {}\n", "t", false, "table-layout thresholds.yaml:1"),
        ("- a\n", "t", false, "table-layout thresholds.yaml:1"),
        ("a: [", "t", false, "yaml-syntax thresholds.yaml:2:1"),
    ] {
        assert_eq!(codes(&put(old, &small(name), replace).unwrap_err()), [code], "{old}");
    }
    let document = Document::read("f", OLD).unwrap();
    assert_eq!(said(&document, "three"), [("type", "int"), ("owner", "cy")]);
    assert_eq!(said(&document, "four"), []);
}
