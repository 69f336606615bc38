//! What a mapping accepts and what it says about the rest.

use super::decimal::Decimal;
use super::path::{Path, Step};
use super::{Format, Mapping};
use crate::rows::{Refusal, rows};
use bellwether_core::signal::{AccountHint, RawSignal, RawValue};
use bellwether_core::{Currency, Money, Ppm, Purpose};
use expect_test::expect;
use proptest::prelude::*;

const HEAD: &str = "mapping: m\nversion: 1\nsource: s\nformat: csv\n";

/// A mapping with one field `f` and the columns `id`, `at`, `x`, `currency`.
fn with_field(spec: &str) -> Mapping {
    let text = format!(
        "{HEAD}empty: ['?']\nsignals:\n  - {{kind: a.b, id: id, at: at, fields: {{f: {{{spec}}}}}}}\n"
    );
    Mapping::parse("m.yaml", &text).unwrap_or_else(|found| panic!("{found:#?}"))
}

fn signals(mapping: &Mapping, table: &str) -> Vec<Result<RawSignal, Refusal>> {
    let rows = rows(table.as_bytes(), "t.csv", Format::Csv, mapping).unwrap();
    rows.flat_map(|row| mapping.map(&row.unwrap())).collect()
}

/// What the field `f` becomes for a cell: its value, nothing, or the code of the problem.
fn field(spec: &str, cell: &str) -> String {
    let table = format!("id,at,x,currency\n1,2026-06-01,\"{cell}\",?\n");
    match signals(&with_field(spec), &table).remove(0) {
        Ok(signal) => match signal.fields.first() {
            Some((_, RawValue::Money(money))) => money.to_string(),
            Some((_, value)) => format!("{value:?}"),
            None => "nothing".to_owned(),
        },
        Err(refusal) => refusal.problem.code.to_owned(),
    }
}

#[test]
fn cells_become_typed_values_or_problems() {
    let long = "w".repeat(65);
    let money = "from: x, type: money, currency: {const: EUR}";
    for (spec, cell, expected) in [
        ("from: x, type: code", "gold", "Word(\"gold\")"),
        ("from: x, type: code", " gold ", "Word(\"gold\")"),
        ("from: x, type: code", "?", "nothing"),
        ("from: x, type: code", &long, "row-word-too-long"),
        ("from: x, type: code, required: true", "", "row-no-field"),
        ("from: x, type: code, values: {a: b}", "a", "Word(\"b\")"),
        ("from: x, type: code, values: {a: b}", "c", "Word(\"c\")"),
        ("from: x, type: code, values: {a: b}, other: drop", "c", "nothing"),
        ("from: x, type: code, values: {a: b}, other: refuse", "c", "row-unknown-word"),
        ("const: web", "", "Word(\"web\")"),
        ("from: x, type: int", "1,234", "Int(1234)"),
        ("from: x, type: int", "5.0", "Int(5)"),
        ("from: x, type: int", "5.5", "row-bad-number"),
        ("from: x, type: int", "1,5", "row-bad-number"),
        ("from: x, type: int, decimal: comma", "1.234", "Int(1234)"),
        ("from: x, type: int, at_least: 0", "-1", "row-out-of-range"),
        ("from: x, type: int", "99999999999999999999", "row-bad-number"),
        ("from: x, type: ratio", "-0.4", "Ratio(-0.4)"),
        ("from: x, type: ratio", "85%", "Ratio(0.85)"),
        ("from: x, type: ratio", "5e-05", "Ratio(0.00005)"),
        ("from: x, type: ratio", "0.0012345678901234567", "Ratio(0.001234)"),
        ("from: x, type: ratio", "1e-30", "Ratio(0)"),
        ("from: x, type: int", "0.00000000000000000000", "Int(0)"),
        ("from: x, type: int", "1.0000000000000000000000001", "row-bad-number"),
        ("from: x, type: int", "1e3", "Int(1000)"),
        ("from: x, type: int", "1e99", "row-bad-number"),
        ("from: x, type: ratio, unit: percent", "85", "Ratio(0.85)"),
        ("from: x, type: ratio, at_most: 1", "1.01", "row-out-of-range"),
        (money, "1,234.5", "1234.50 EUR"),
        (money, "1.005", "row-bad-number"),
        ("from: x, type: money, currency: {const: EUR}, unit: minor", "12345", "123.45 EUR"),
        ("from: x, type: money, currency: {const: EUR}, unit: million", "1.5", "1500000.00 EUR"),
        ("from: x, type: money, currency: {const: EUR}, decimal: comma", "1.234,50", "1234.50 EUR"),
        ("from: x, type: money, currency: {const: EUR}, at_least: 0", "-0.01", "row-out-of-range"),
        ("from: x, type: money, currency: {const: JPY}", "700", "700 JPY"),
        ("from: x, type: money, currency: currency", "7", "row-no-currency"),
        ("from: x, type: money, currency: {const: EURO}", "", "nothing"),
        ("from: x, type: bool", "Yes", "Bool(true)"),
        ("from: x, type: bool", "perhaps", "row-unknown-word"),
        ("from: x, type: bool, values: {met: false}", "met", "Bool(false)"),
        ("from: x, type: bool, values: {met: false}", "true", "row-unknown-word"),
        ("from: x, type: bool, true_when: {at_least: 1}", "2", "Bool(true)"),
        ("from: x, type: bool, true_when: {at_least: 1}", "two", "row-bad-number"),
        ("from: x, type: bool, true_when: {not: [a]}", "a", "Bool(false)"),
        ("from: x, type: bool, true_when: present", "", "Bool(false)"),
        ("from: x, type: bool, mentions: [a human]", "Get me A HUMAN!", "Bool(true)"),
        ("from: x, type: bool, mentions: [a human]", "a humane act", "Bool(false)"),
        ("from: x, type: time", "2026-06-01T10:00", "Time(2026-06-01T10:00:00Z)"),
        (
            "from: x, type: time, timezone: Europe/Berlin",
            "2026-06-01",
            "Time(2026-05-31T22:00:00Z)",
        ),
        ("from: x, type: time, format: '%d/%m/%Y'", "31/12/2025", "Time(2025-12-31T00:00:00Z)"),
        ("from: x, type: time", "soon", "row-bad-time"),
        ("from: x, type: time", "1900-01-01", "row-implausible-time"),
        ("from: x, type: time", "2300-01-01", "row-implausible-time"),
        ("from: x, type: duration, unit: minute", "1.5", "Duration(1m30s)"),
        ("from: x, type: duration", "1d12h", "Duration(1d12h)"),
        ("from: x, type: duration", "36", "row-bad-number"),
    ] {
        assert_eq!(field(spec, cell), expected, "{spec}: {cell}");
    }
}

#[test]
fn ids_times_and_hints() {
    let text = format!(
        "{HEAD}own_domains: [Us.example]\nsignals:\n  - kind: a.b\n    id: [id, x]\n    at: [at, known]\n    \
         known_at: known\n    account: [{{external: x, system: crm}}, {{domain: web}}, {{domain_of: mail}}]\n    \
         contact: mail\n    when: {{web: {{not: [none]}}}}\n"
    );
    let mapping = Mapping::parse("m.yaml", &text).unwrap();
    let table = "id,x,at,known,web,mail\n\
                 1,a|b,,2026-01-02,https://www.Acme.example:80/x,Ada <ADA@acme.example>\n\
                 2,b,2026-01-01,,none,x\n\
                 3,,2026-01-01,,none such,ada@gmail.com\n\
                 4,b,,,intra.us.example,us@us.example\n\
                 5,b,2026-01-01,1900-01-01,,\n";
    let shown: Vec<_> = signals(&mapping, table)
        .into_iter()
        .map(|signal| match signal {
            Ok(signal) => {
                let hint = |hint: &AccountHint| match hint {
                    AccountHint::External(system, id) => {
                        format!("{system}:{}", id.reveal(Purpose::Show))
                    }
                    AccountHint::Domain(it)
                    | AccountHint::DomainOf(it)
                    | AccountHint::Contact(it)
                    | AccountHint::Name(it) => it.reveal(Purpose::Show).clone(),
                };
                let hints: Vec<_> = signal.account.iter().map(hint).collect();
                let contact = signal.contact.as_ref().map(|it| it.reveal(Purpose::Show));
                format!("{} {} {:?} {hints:?} {contact:?}", signal.id, signal.at, signal.known_at)
            }
            Err(refusal) => refusal.problem.to_string(),
        })
        .collect();
    expect![[r#"
        a.b|1|a\|b 2026-01-02T00:00:00Z Some(2026-01-02T00:00:00Z) ["crm:a|b", "acme.example", "acme.example"] Some("ada@acme.example")
        t.csv:4: error[row-no-id]: a part of the id is missing in this row
          help: a signal needs an id, or a repeat would count twice
        t.csv:5: error[row-no-time]: this row does not say when it happened
          help: name a second column, `at: [updated_at, created_at]`, or fill it at its source
        t.csv:6: error[row-implausible-time]: `known` lies in the year 1900, outside of 1970 to 2199
          help: mend the date at its source; list placeholder dates under `empty`"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn a_refusal_keeps_the_row_and_does_not_print_it() {
    let mut found = signals(&with_field("from: x, type: int"), "id,at,x,currency\n1,,Ada,EUR\n");
    let refusal = found.remove(0).unwrap_err();
    assert!(!format!("{refusal:?}").contains("Ada"));
    let kept = String::from_utf8(refusal.row.reveal(Purpose::Seal).clone()).unwrap();
    assert_eq!(
        kept,
        r#"{"cells":{"at":"","id":"1","x":"Ada"},"file":"t.csv","line":2,"number":1,"rest":{"currency":"EUR"}}"#
    );
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = "mapping: m\nversion: one\nsource: s\nformat: jsn\ntimezone: Europe/Berln\n\
                trust: freind\nrows: tickets\nsignals:\n  - kind: Ticket\n    id: [mail]\n    \
                at: {from: at, format: ios}\n    contact: mail\n    case: a\n    deal: b\n    \
                when: {x: {nto: a}}\n    account: [{external: a}, {domian: b}]\n    fields:\n      \
                Name: {from: mail, type: code}\n      a: {from: a}\n      b: {type: int, const: x}\n      \
                c: {from: a, type: money, at_leats: 0}\n  - {kind: Ticket, id: a, at: a, fields: {b: {const: x}}}\n";
    let found = Mapping::parse("m.yaml", text).unwrap_err();
    let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
    expect![[r#"
        m.yaml:2:10: error[yaml-value]: `version: one` cannot be read: expected a whole number
        m.yaml:4:9: error[yaml-value]: `format: jsn` is none of: csv, json, jsonl, mbox, eml
          help: did you mean `json`?
        m.yaml:5:11: error[mapping-timezone]: unknown time zone `Europe/Berln`
          help: did you mean `Europe/Berlin`?
        m.yaml:6:8: error[yaml-value]: `trust: freind` is none of: customer, partner, operator, system
        m.yaml:7:7: error[mapping-rows]: `rows` is the JSON pointer of a list, such as `/tickets`, for json only
          help: write `rows: /a/b` for the list at key b of key a
        m.yaml:9:11: error[mapping-name]: `Ticket` is no kind
          help: kinds look like `ticket.updated`
        m.yaml:10:10: error[mapping-personal-id]: this part of the id is personal here
          help: write it as `{digest: PATH}`
        m.yaml:11:28: error[mapping-time-format]: `ios` is no format
          help: did you mean `iso`?
        m.yaml:14:11: error[mapping-document]: a signal belongs to a case or to a deal, not to both
          help: leave one of them out
        m.yaml:15:15: error[mapping-condition]: this is no condition
          help: a word, a list of words, `present`, `absent`, `own`, `outside`, `{not: WORD}` or `{at_least: 1, at_most: 9}`
        m.yaml:15:16: error[yaml-unknown-key]: `nto` is not known here
          help: did you mean `not`?
        m.yaml:16:15: error[yaml-missing-key]: `system` is missing here
          help: add a line `system: ...`
        m.yaml:16:30: error[mapping-account]: this is not one way to find an account
          help: one of `external` with `system`, `domain`, `domain_of`, `contact`, `name`
        m.yaml:16:31: error[yaml-unknown-key]: `domian` is not known here
          help: did you mean `domain`?
        m.yaml:18:7: error[mapping-name]: `Name` is no name
          help: names are lower case, digits and `_`
        m.yaml:18:7: error[mapping-personal-field]: the field `Name` copies words that are personal here
          help: list the words it may hold under `values` with `other: drop`, or leave it out
        m.yaml:19:10: error[mapping-field]: the field `a` does not say its type
          help: add `type:` with one of: bool, int, ratio, money, time, duration, code
        m.yaml:20:7: error[mapping-constant]: the constant of `b` cannot be read: `b` is not a number
          help: write it as a cell would have it
        m.yaml:21:33: error[yaml-unknown-key]: `at_leats` is not known here
          help: did you mean `at_least`?
        m.yaml:22:12: error[mapping-name]: `Ticket` is no kind
          help: kinds look like `ticket.updated`
        m.yaml:22:43: error[mapping-type-conflict]: `Ticket` has `b` as code here
          help: in line 20 it is int: use two names"#]].assert_eq(&shown.join("\n"));
}

#[test]
fn the_schema_names_every_field() {
    let text = format!(
        "{HEAD}signals:\n  - kind: a.b\n    id: id\n    at: at\n    fields:\n      \
         x: {{from: x, type: int}}\n      y: {{from: y, type: bool, known: close}}\n"
    );
    let mapping = Mapping::parse("m.yaml", &text).unwrap();
    let shown: Vec<_> = mapping
        .schema()
        .iter()
        .map(|f| format!("{} {} {} {} {}", f.place, f.kind, f.field, f.value, f.known_at_close))
        .collect();
    expect![[r#"
        m.yaml:10:7 a.b x int false
        m.yaml:11:7 a.b y bool true"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn paths_are_read_step_by_step() {
    let key = |name: &str| Step::Key(name.to_owned());
    let pick = Step::Pick { key: "id".into(), value: "36".into() };
    for (text, expected) in [
        ("a", Ok(vec![key("a")])),
        ("a.b", Ok(vec![key("a"), key("b")])),
        ("^a", Ok(vec![key("a")])),
        ("a[0].b", Ok(vec![key("a"), Step::Index(0), key("b")])),
        ("a[id=36].b", Ok(vec![key("a"), pick, key("b")])),
        ("", Err("it is empty")),
        ("a.", Err("it ends with a dot")),
        ("a..b", Err("a name is missing between two dots")),
        ("a[b].c", Err("in `[ ]` stands a number or `key=value`")),
        ("a[0", Err("a `[` is not closed")),
        ("a[0]b", Err("after `]` comes a dot")),
    ] {
        assert_eq!(Path::parse(text, false).map(|path| path.steps), expected, "{text}");
    }
    assert_eq!(Path::parse("Net [EUR].x", true).unwrap().column(), "Net [EUR].x");
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    /// Core's readers are the oracle wherever they read the same text.
    #[test]
    fn decimals_agree_with_money_and_ratios(text in "-?[0-9]{1,9}(\\.[0-9]{0,4})?") {
        let euro: Currency = "EUR".parse().unwrap();
        let minor = Decimal::parse(&text, false).unwrap().exact(2);
        prop_assert_eq!(minor, Money::parse(&text, euro).map(Money::minor), "{}", &text);
        let ppm = Decimal::parse(&text, false).unwrap().times(1_000_000);
        prop_assert_eq!(ppm, Ppm::parse(&text).map(Ppm::get), "{}", &text);
    }

    #[test]
    fn no_text_breaks_a_mapping(text in "[ -~\\n]{0,200}") {
        let _ = Mapping::parse("m.yaml", &text);
        let _ = Mapping::parse("m.yaml", &format!("{HEAD}signals:\n  - {text}\n"));
        let _ = Decimal::parse(&text, false);
    }
}
