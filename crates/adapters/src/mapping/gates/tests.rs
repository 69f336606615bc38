//! What gates say about files, table by table.

use super::*;
use crate::mapping::{Format, Mapping};
use crate::rows::rows;

fn mapping(gates: &str) -> Mapping {
    Mapping::parse("m.yaml", &text(gates)).unwrap_or_else(|found| panic!("{found:#?}"))
}

fn text(gates: &str) -> String {
    format!(
        "mapping: m\nversion: 1\nsource: s\nformat: csv\nempty: ['?']\n{gates}signals:\n  - kind: a.b\n    \
         id: id\n    at: at\n    fields:\n      n: {{from: n, type: int}}\n      \
         w: {{from: 'w?', type: code, values: {{new: open, old: closed}}}}\n"
    )
}

fn figures(mapping: &Mapping, table: &str) -> Figures {
    let mut figures = Figures::default();
    for row in rows(table.as_bytes(), "t.csv", Format::Csv, mapping).unwrap() {
        match row {
            Ok(row) => figures.note(mapping, &row, &mapping.map(&row)),
            Err(refusal) => figures.note_broken(mapping, &refusal),
        }
    }
    figures
}

/// `rows` rows of which the first `bad` have no number in `n`.
fn table(rows: u64, bad: u64) -> String {
    let row = |nth: u64| {
        let n = if nth < bad { "x".to_owned() } else { nth.to_string() };
        format!("{nth},2026-06-{:02},{n},new\n", nth % 28 + 1)
    };
    std::iter::once("id,at,n,w\n".to_owned()).chain((0..rows).map(row)).collect()
}

const NOW: &str = "2026-07-01T00:00:00Z";

fn now() -> Timestamp {
    bellwether_core::civil::read(NOW, "iso", &bellwether_core::civil::zone("UTC").unwrap()).unwrap()
}

fn judged(gates: &str, table: &str, past: &[Figures]) -> Vec<&'static str> {
    let mapping = mapping(gates);
    let verdicts = mapping.gates().judge(&figures(&mapping, table), past, now());
    for verdict in &verdicts {
        assert!(Gates::NAMES.contains(&verdict.gate), "{verdict:?}");
        assert!(
            !verdict.problem.help.is_empty() && !verdict.problem.message.contains("2026-06-01")
        );
    }
    verdicts.iter().map(|verdict| verdict.gate).collect()
}

#[test]
fn each_gate_opens_and_closes_at_its_share() {
    let words = "id,at,n,w\n1,2026-06-01,?,new\n2,2026-06-02,2,odd\n3,2026-06-03,3,open\n";
    let twice = "id,at,n,w\n1,2026-06-01,1,new\n1,2026-06-01,1,new\n";
    for (gates, table, expected) in [
        ("", table(100, 20), &[][..]),
        ("", table(100, 21), &["refused"]),
        ("", table(49, 48), &[]),
        ("", table(2, 2), &["all_refused"]),
        ("", table(0, 0), &[]),
        ("gates: {refused: 10%}\n", table(10, 1), &[]),
        ("gates: {refused: 0.1}\n", table(10, 2), &["refused"]),
        ("gates: {missing: {n: 33.4%}}\n", words.to_owned(), &[]),
        ("gates: {missing: {n: 33%}}\n", words.to_owned(), &["missing"]),
        ("gates: {new_words: {w: 33%}}\n", words.to_owned(), &["new_words"]),
        ("gates: {new_words: {w: 50%}}\n", words.to_owned(), &[]),
        ("gates: {age: 28d}\n", words.to_owned(), &[]),
        ("gates: {age: 27d}\n", words.to_owned(), &["age"]),
        ("gates: {duplicates: 50%}\n", twice.to_owned(), &[]),
        ("gates: {duplicates: 49%}\n", twice.to_owned(), &["duplicates"]),
    ] {
        assert_eq!(judged(gates, &table, &[]), expected, "{gates} {}", table.len());
    }
}

#[test]
fn earlier_files_say_how_much_and_which_columns() {
    let plain = mapping("");
    let past = |rows| figures(&plain, &table(rows, 0));
    let three = [past(1_000), past(900), past(1_100)];
    for (gates, rows, past, expected) in [
        ("", 100, &three[..], &[][..]),
        ("", 99, &three, &["volume"]),
        ("", 5, &three[..2], &[]),
        ("gates: {volume: {at_least: 1%}}\n", 99, &three, &[]),
        ("gates: {volume: {at_most: 200%}}\n", 2_000, &three, &[]),
        ("gates: {volume: {at_most: 200%}}\n", 2_001, &three, &["volume"]),
    ] {
        assert_eq!(judged(gates, &table(rows, 0), past), expected, "{gates} {rows}");
    }
    let without: String = table(100, 0).replace(",new", ",?");
    assert_eq!(judged("", &without, &three[..1]), ["vanished"]);
    assert_eq!(judged("gates: {vanished: false}\n", &without, &three[..1]), [""; 0]);
    assert_eq!(judged("", &without, &[]), [""; 0]);
    let kept = three.iter().map(|one| Figures::from_text(&one.to_text()).unwrap());
    assert_eq!(judged("", &without, &kept.collect::<Vec<_>>()), ["vanished"]);
}

#[test]
fn a_verdict_names_the_column_and_the_mend() {
    let plain = mapping("");
    let verdicts = plain.gates().judge(&figures(&plain, &table(100, 40)), &[], now());
    expect_test::expect![[r#"
        error[gate-refused]: 40 of 100 rows were refused, at most 20 % may be; 40: `n` is not a number
          help: look at them with `--dry-run`: a column may have changed its type or its words; `--accept-gate refused` takes the file as it is"#]]
    .assert_eq(&verdicts[0].problem.to_string());
    let renamed = text("").replace("from: n,", "from: 'Net price',");
    let renamed = Mapping::parse("m.yaml", &renamed).unwrap();
    let table = table(100, 40).replace("id,at,n,w", "id,at,Net price,w");
    let verdicts = renamed.gates().judge(&figures(&renamed, &table), &[], now());
    assert!(verdicts[0].problem.message.ends_with("`n` is not a number (column `Net price`)"));
    let unknown = "mapping: m\nversion: 1\nsource: s\nformat: csv\ngates: {missing: {m: 5%}, new_words: {n: x}}\n\
        signals:\n  - {kind: a.b, id: id, at: at, fields: {n: {from: n, type: code}}}\n";
    let found = Mapping::parse("m.yaml", unknown).unwrap_err();
    let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
    expect_test::expect![[r#"
        m.yaml:5:22: error[mapping-gate]: the mapping reads no column or field `m`
          help: did you mean `n`?
        m.yaml:5:42: error[mapping-gate]: this is no share
          help: write one such as `5%`"#]]
    .assert_eq(&shown.join("\n"));
}
