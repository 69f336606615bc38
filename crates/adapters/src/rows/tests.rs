//! Rows of every format, and what is said about damaged ones.

use super::tree::{Json, deeper_than};
use super::{MAX_ROW, Row, gzip::decompress, rows};
use crate::mapping::{Format, Mapping};
use bellwether_core::Purpose;
use expect_test::expect;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::{BufReader, Write};

/// A mapping that reads these paths.
fn mapping(format: &str, extra: &str, paths: &[&str]) -> Mapping {
    let names = paths.iter().enumerate().map(|(at, path)| format!("p{at}: \"{path}\""));
    let names = names.collect::<Vec<_>>().join(", ");
    let text = format!(
        "mapping: m\nversion: 1\nsource: s\nformat: {format}\n{extra}signals:\n  \
         - {{kind: a.b, id: {{const: x}}, at: {{const: x}}, personal: {{{names}}}}}\n"
    );
    Mapping::parse("m.yaml", &text).unwrap_or_else(|found| panic!("{found:?}"))
}

/// Every row as `number@line: cells`, or its problem.
fn read(bytes: &[u8], format: Format, mapping: &Mapping) -> Vec<String> {
    let reader = decompress(BufReader::with_capacity(7, bytes)).unwrap();
    let rows = match rows(reader, "f", format, mapping) {
        Ok(rows) => rows,
        Err(problems) => return problems.iter().map(ToString::to_string).collect(),
    };
    let show = |row: Row| {
        assert_eq!(Row::from_bytes(&row.to_bytes()).as_ref(), Some(&row), "spilled and read again");
        let kept = Row::from_kept(&row.to_kept(mapping), mapping);
        assert_eq!(kept, Some(Row { rest: None, ..row.clone() }), "kept and read again");
        let cells = (0..mapping.paths().len()).map(|at| row.text(at).unwrap_or("-"));
        let cells = cells.collect::<Vec<_>>().join(" | ");
        format!("{}@{}: {cells}", row.number, row.line)
    };
    rows.take(50).map(|row| row.map_or_else(|it| it.problem.to_string(), show)).collect()
}

fn csv(table: &[u8]) -> String {
    read(table, Format::Csv, &mapping("csv", "", &["a", "b"])).join("\n")
}

#[test]
fn tables_are_read_row_by_row() {
    let mut table = b"\xef\xbb\xbfb,a,c\r\n1,\"x,\n\"\"y\"\"\",2\r\n\n1,2\n1,2,3,4\n".to_vec();
    table.extend(b"1,\xff,2\n1,");
    table.extend("é".repeat(MAX_ROW).as_bytes());
    table.extend(b",2\n3,,4\n");
    expect![[r#"
        1@2: x,
        "y" | 1
        f:4: error[row-ragged]: this row has 2 fields, the header 3
          help: quote fields that hold the delimiter, a quote or a line break
        f:6: error[row-ragged]: this row has 4 fields, the header 3
          help: quote fields that hold the delimiter, a quote or a line break
        f:7: error[row-not-utf8]: this row is not UTF-8
          help: export the file as UTF-8, or convert it: `iconv -f WINDOWS-1252 -t UTF-8`
        f:8: error[row-too-long]: this row is longer than 1048576 bytes
          help: split it; in a table, look for a quote that is not closed
        6@9:  | 3"#]]
    .assert_eq(&csv(&table));
}

#[test]
fn headers_are_checked_when_the_table_is_opened() {
    expect![[r#"
        f:1: error[row-duplicate-column]: the column `a` stands here twice
          help: rename one of them: a value must have one meaning"#]]
    .assert_eq(&csv(b"a,b,a\n"));
    expect![[r#"
        f:1: error[row-unknown-column]: there is no column `amount` here
          help: did you mean `amuont`?
        f:1: error[row-unknown-column]: there is no column `owner` here
          help: the columns are: amuont, x; write `owner?` if exports may lack it"#]]
    .assert_eq(
        &read(b"amuont,x\n", Format::Csv, &mapping("csv", "", &["amount", "owner", "c?"]))
            .join("\n"),
    );
    expect![[r#"
        f:1: error[row-unknown-column]: there is no column `a` here
          help: the columns are: ; write `a?` if exports may lack it
        f:1: error[row-unknown-column]: there is no column `b` here
          help: the columns are: ; write `b?` if exports may lack it"#]]
    .assert_eq(&csv(b""));
    let tabs = mapping("csv", "delimiter: ';'\n", &["a"]);
    assert_eq!(read(b"b;a\n1;2\n", Format::Csv, &tabs), ["1@2: 2"]);
}

#[test]
fn a_quote_that_never_closes_ends_the_table() {
    let mut table = b"a,b\n1,2\n\"".to_vec();
    table.resize(40 * MAX_ROW, b'x');
    let reader = BufReader::new(table.as_slice());
    let mapping = mapping("csv", "", &["a", "b"]);
    let found: Vec<_> = rows(reader, "f", Format::Csv, &mapping).unwrap().collect();
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].as_ref().unwrap_err().problem.code, "row-too-long");
}

#[test]
fn elements_of_an_array_are_read_one_by_one() {
    let mapping =
        mapping("json", "rows: /data/tickets\n", &["id", "who.mail", "f[k=2].v", "t[0]", "t"]);
    let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
    let text = format!(
        "{{\"n\": [1, {{\"tickets\": \"]}}\"}}], \"data\": {{\"tickets\": [\n\
         {{\"id\": 12345678901234567890.10, \"who\": {{\"mail\": \"a\\u00e9\\\"b\"}}, \"f\": [{{\"k\": 1}}, {{\"k\": 2, \"v\": true}}]}},\n\
         {{\"id\": null, \"t\": [\"x\"], \"id\": 7}},\n{{\"id\": {deep}}},\n{{\"id\": 01}},\n{{\"id\": \"\\ud800\"}},\n\
         {{\"id\": \"{}\"}},\n{{\"id\": 8}}\n], \"more\": 1}}}}",
        "x".repeat(2 * MAX_ROW)
    );
    expect![[r#"
        1@2: 12345678901234567890.10 | aé"b | true | - | -
        2@3: 7 | - | - | x | -
        f:4: error[row-too-deep]: this row nests deeper than 64 levels
          help: flatten it before it is sent
        f:5: error[row-not-json]: this is not JSON
          help: look at this line: a bracket, a quote or a comma is missing or too many
        f:6: error[row-not-json]: this is not JSON
          help: look at this line: a bracket, a quote or a comma is missing or too many
        f:7: error[row-too-long]: this row is longer than 1048576 bytes
          help: split it; in a table, look for a quote that is not closed
        7@8: 8 | - | - | - | -"#]]
    .assert_eq(&read(text.as_bytes(), Format::Json, &mapping).join("\n"));
}

#[test]
fn documents_that_hold_no_rows_or_end_early() {
    let mapping = mapping("json", "rows: /t\n", &["id"]);
    for (text, expected) in [
        (&b"{\"t\": {\"id\": 1}}"[..], "1@1: 1"),
        (b"{\"t\": []}", ""),
        (b"{\"t\": 5}", "row-no-rows"),
        (b"{\"x\": []}", "row-no-rows"),
        (b"[]", "row-no-rows"),
        (b"", "row-no-rows"),
        (b"{\"t\": [{\"id\": 1}, {\"id\":", "1@1: 1 row-not-json"),
        (b"{\"t\": [{\"id\": 1} {\"id\": 2}]}", "1@1: 1 row-not-json"),
        (b"{\"t\": [{\"id\": \"\xff\"}, {\"id\": 2}]}", "row-not-utf8 2@1: 2"),
    ] {
        let short = |line: &String| match line.split_once("error[") {
            Some((_, rest)) => rest.split(']').next().unwrap().to_owned(),
            None => line.clone(),
        };
        let found: Vec<_> = read(text, Format::Json, &mapping).iter().map(short).collect();
        assert_eq!(found.join(" "), expected, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn a_row_for_each_part_knows_its_parent() {
    let each = mapping("jsonl", "each: comments\n", &["id", "^id"]);
    let text = b"{\"id\": 1, \"comments\": [{\"id\": 2}, {\"id\": 3}]}\n\n{\"id\": 4}\n{broken\n{\"id\": 5, \"comments\": [{}]}";
    let found = read(text, Format::JsonLines, &each);
    assert_eq!(found[..2], ["1@1: 2 | 1", "2@1: 3 | 1"]);
    assert!(found[2].starts_with("f:4: error[row-not-json]"), "{found:?}");
    assert_eq!(found[3], "5@5: - | 5");
}

#[test]
fn compressed_files_say_when_they_end_early() {
    let mut table = b"a,b\n".to_vec();
    for number in 0..20_000u32 {
        table.extend(format!("{number},{}\n", number.wrapping_mul(2_654_435_761)).as_bytes());
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(&table).unwrap();
    let packed = packer.finish().unwrap();
    let mapping = mapping("csv", "", &["a", "b"]);
    let last = |bytes: &[u8]| {
        let reader = decompress(BufReader::new(bytes)).unwrap();
        let found: Vec<_> = rows(reader, "f", Format::Csv, &mapping).unwrap().collect();
        let good = found.iter().take_while(|row| row.is_ok()).count();
        (good, found.into_iter().nth(good).map(|row| row.unwrap_err().problem.code))
    };
    assert_eq!(last(&packed), (20_000, None));
    let (good, code) = last(&packed[..packed.len() / 2]);
    assert_eq!(code, Some("row-gzip-truncated"));
    assert!(good > 5_000, "{good} rows before the end");
    assert_eq!(last(&packed[..packed.len() - 4]), (20_000, Some("row-gzip-truncated")));
    let mut damaged = packed.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0xff);
    assert_eq!(last(&damaged).1, Some("row-gzip-damaged"));
    let two = [packed.clone(), packed[..0].to_vec()].concat();
    assert_eq!(last(&two).0, 20_000);
}

const MAILBOX: &str = "From ada@acme.example Mon Jun  1 07:06:18 2026\n\
From: =?UTF-8?Q?Ada_Gr=C3=BCn?= <Ada@Acme.example>\nTo: us@us.example\nDate: Mon, 01 Jun 2026 09:06:18 +0200\n\
Subject: =?UTF-8?B?R3LDvMOfZQ==?=\nMessage-ID: <1@acme>\nContent-Type: multipart/alternative; boundary=b\n\n\
--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
Sch=C3=B6n\n>From here\n\nFrom nowhere, no clock\n--b\nContent-Type: text/html\n\n<p>no</p>\n--b--\n\n\
From x Mon Jun  1 08:00:00 2026\nFrom: us@us.example\nDate: nonsense\nMessage-ID: <2@us>\nIn-Reply-To: <1@acme>\n\
References: <0@acme> <1@acme>\nAuto-Submitted: auto-replied\nContent-Type: text/html\n\n<p>Out of <b>office</b></p>\n";

const MAIL: [&str; 9] = [
    "message_id",
    "thread",
    "from",
    "from_name",
    "to",
    "date",
    "subject",
    "body",
    "auto_submitted",
];

#[test]
fn mailboxes_are_split_and_decoded() {
    let found = read(MAILBOX.as_bytes(), Format::Mbox, &mapping("mbox", "", &MAIL));
    expect![[r#"
        1@1: 1@acme | 1@acme | ada@acme.example | Ada Grün | us@us.example | 2026-06-01T09:06:18+02:00 | Grüße | Schön
        From here

        From nowhere, no clock | no
        2@23: 2@us | 0@acme | us@us.example | - | - | - | - | Out of office
         | auto-replied"#]].assert_eq(&found.join("\n"));
    let one = MAILBOX.split_once('\n').unwrap().1.split("\nFrom x").next().unwrap();
    let single = read(one.as_bytes(), Format::Eml, &mapping("eml", "", &["message_id", "subject"]));
    assert_eq!(single, ["1@1: 1@acme | Grüße"]);
    let none = read(b"Subject: x\n\nno mailbox", Format::Mbox, &mapping("mbox", "", &["subject"]));
    assert!(none[0].contains("row-not-mailbox"), "{none:?}");
    let unknown = read(b"", Format::Eml, &mapping("eml", "", &["form"]));
    assert!(unknown[0].contains("did you mean `from`?"), "{unknown:?}");
}

#[test]
fn a_refused_row_is_kept_but_not_shown() {
    let mapping = mapping("csv", "", &["a"]);
    let found = rows(&b"a\nAda,x\n"[..], "f", Format::Csv, &mapping).unwrap().next().unwrap();
    let refusal = found.unwrap_err();
    assert!(!format!("{refusal:?}").contains("Ada"));
    assert_eq!(refusal.row.reveal(Purpose::Seal), b"Adax");
}

/// The document as serde_json sees it, numbers as text.
fn plain(json: &Json<'_>) -> serde_json::Value {
    match json {
        Json::Null => serde_json::Value::Null,
        Json::Bare(text) => serde_json::from_str(text).unwrap(),
        Json::Text(text) => text.as_ref().into(),
        Json::List(items) => items.iter().map(plain).collect(),
        Json::Object(entries) => {
            entries.iter().map(|(key, value)| (key.to_string(), plain(value))).collect()
        }
    }
}

fn documents() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[a-c\\\\\"\\[{é]{1,2}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(11),
        ..ProptestConfig::default()
    })]

    #[test]
    fn our_tree_is_what_serde_reads(document in documents(), pretty in any::<bool>()) {
        let text = if pretty { format!("{document:#}") } else { document.to_string() };
        prop_assert_eq!(Json::read(&text).as_ref().map(plain), Some(document));
        prop_assert!(!deeper_than(8, text.as_bytes()));
    }

    #[test]
    fn the_array_is_cut_where_serde_cuts_it(items in prop::collection::vec(documents(), 0..6)) {
        let mapping = mapping("json", "rows: /t\n", &["a"]);
        let text = serde_json::json!({"x\"]": [{"t": 1}], "t": items}).to_string();
        let found = read(text.as_bytes(), Format::Json, &mapping);
        prop_assert_eq!(found.len(), items.len(), "{} {:?}", text, found);
    }

    #[test]
    fn no_bytes_break_a_reader(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[\\[{}\\]\",:0-9a-c\\n>From ]{0,120}") {
        for format in Format::ALL {
            let name = format.as_str();
            let path = if matches!(format, Format::Mbox | Format::Eml) { "from" } else { "a?" };
            let mapping = mapping(name, "", &[path]);
            read(&bytes, format, &mapping);
            read(text.as_bytes(), format, &mapping);
            let _ = Row::from_bytes(&bytes);
        }
    }
}

/// What each row holds beyond the mapping.
fn beyond(bytes: &[u8], format: Format, mapping: &Mapping) -> Vec<Option<String>> {
    rows(bytes, "f", format, mapping).unwrap().map(|row| row.unwrap().rest).collect()
}

#[test]
fn what_is_not_listed_stands_apart() {
    let table = b"a,\"b \"\"c\"\"\",d,e\n1,x,,?\n2,?,?,?\n3,\xc3\xa9,\t\"q,2\n";
    let text = "empty: ['?']\n";
    let some = |text: &str| Some(text.to_owned());
    let expected = [some(r#"{"b \"c\"":"x"}"#), None, some(r#"{"b \"c\"":"é","d":"\"q","e":"2"}"#)];
    assert_eq!(beyond(table, Format::Csv, &mapping("csv", text, &["a"])), expected);
    let drop = format!("{text}unknown: drop\n");
    let mapping_that_drops = mapping("csv", &drop, &["a"]);
    assert_eq!(beyond(table, Format::Csv, &mapping_that_drops), [None, None, None]);
    assert_eq!(beyond(table, Format::Csv, &mapping_that_drops.keeping_unlisted()), expected);
    let nested = br#"{"a":{"b":1,"c":[]},"n":null,"x":2.50}"#;
    let json = mapping("json", "", &["a.b"]);
    assert_eq!(beyond(nested, Format::Json, &json), [some(r#"{"x":2.50}"#)]);
    let mail = b"From: Ada <ada@x.example>\nTo: us@y.example\nSubject: Hello\n\nBody\n";
    let found = beyond(mail, Format::Eml, &mapping("eml", "", &["from", "body"]));
    let found = found[0].as_deref().unwrap();
    assert!(found.contains(r#""subject":"Hello""#) && !found.contains("Body"), "{found}");
}

#[test]
fn a_mended_mapping_reads_a_kept_row_anew() {
    let old = mapping("json", "", &["id", "who.mail", "list"]);
    let row = br#"{"id":"7","who":{"mail":"a@b","tel":"12"},"list":[1],"amount":3}"#;
    let row = rows(&row[..], "f.json", Format::Json, &old).unwrap().next().unwrap().unwrap();
    let new = mapping("json", "", &["who.tel", "amount", "who.mail", "list", "list[0]", "none"]);
    let again = Row::from_kept(&row.to_kept(&old), &new).unwrap();
    let cells: Vec<_> = (0..6).map(|at| again.text(at).unwrap_or("-")).collect();
    assert_eq!(cells, ["12", "3", "a@b", "-", "1", "-"]);
    assert_eq!(again.place().to_string(), row.place().to_string());
    let old = mapping("csv", "", &["a"]);
    let row =
        rows(&b"a,b\n1,2\n"[..], "f.csv", Format::Csv, &old).unwrap().next().unwrap().unwrap();
    let again = Row::from_kept(&row.to_kept(&old), &mapping("csv", "", &["b", "a"])).unwrap();
    assert_eq!([again.text(0), again.text(1)], [Some("2"), Some("1")]);
    assert_eq!(row.unlisted(), ["b"]);
    for bytes in [&b"1,2"[..], b"{}", b"{\"cells\":{}}", b"\xff"] {
        assert_eq!(Row::from_kept(bytes, &old), None);
    }
}
