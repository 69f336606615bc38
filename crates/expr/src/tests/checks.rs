//! What is refused, where, and with which mend; and that nothing a person types can do harm.

use super::{Random, catalogue, compiled, place, shown};
use crate::{Catalogue, Expr, FactDef, MAX_DEPTH, scalar_place};
use bellwether_core::authored::{Document, Kind};
use bellwether_core::{Place, Type};
use expect_test::expect;

fn refused(text: &str) -> String {
    shown(&Expr::compile_bool(text, &catalogue(), place()).unwrap_err())
}

/// The text starts at column 20.
#[test]
fn all_problems_at_once_with_their_places() {
    let text = "deal.amuont >= 5 && account.tier == 'enterprize' && silence > 30 \
        && mood == 'bad' && tickets_30d";
    expect![[r#"
        routing/a.yaml:7:20: error[expr-unknown-fact]: there is no fact `deal.amuont`
          help: did you mean `deal.amount`?
        routing/a.yaml:7:56: error[expr-unknown-word]: `account.tier` is never 'enterprize'
          help: did you mean `enterprise`?
        routing/a.yaml:7:72: error[expr-type]: duration and int do not go together
          help: a span is written duration("30d"); days(..) makes a number of one
        routing/a.yaml:7:88: error[expr-type]: ratio and code do not go together
        routing/a.yaml:7:105: error[expr-type]: expected bool, found int
          help: compare it with something
    "#]]
    .assert_eq(&refused(text));
}

#[test]
fn mistakes_and_their_mends() {
    let all: String = [
        "account.tier == mid",
        "account.strategic and mood > 0",
        "account.tier = 'mid'",
        "account.tier == 'mid",
        "silence > 30d",
        "silence > '30d'",
        "now > '2026-01-01'",
        "mood > 0.1234567",
        "deal.amount > 0.001",
        "tickets_30d > 2.5",
        "size(account.tier) > 3",
        "has(mood > 1)",
        "has(moood)",
        "duration('soon') < silence",
        "account.tier < 'mid'",
        "now + now > renewal",
        "abs(now) > now",
        "account.tier in []",
        "tickets_30d in [1, 'two']",
        "mood == null",
        "(mood > 0",
        "mood > 0)",
        "",
        "tickets_30d > 1 > 2",
        "account.strategic ? mood : now",
        "min() > 3",
        "deal.amount % 2 == 0",
        "account.strategic == 'true'",
        "mood > 0 && \u{201c}x\u{201d} == account.tier",
    ]
    .iter()
    .map(|text| format!("{text}\n{}", refused(text).replace("routing/a.yaml:7:", "  ")))
    .collect();
    expect![[r#"
        account.tier == mid
          36: error[expr-unknown-fact]: there is no fact `mid`
          help: a word stands in quotes: 'mid'
        account.strategic and mood > 0
          38: error[expr-syntax]: expected the end or an operator, found `and`
          help: write `&&` for and
        account.tier = 'mid'
          33: error[expr-syntax]: `=` means nothing here
          help: write `==` to compare
        account.tier == 'mid
          36: error[expr-syntax]: the word is not closed
          help: add ' where it ends
        silence > 30d
          30: error[expr-literal]: `30d` is no number
          help: a span is written duration("30d")
        silence > '30d'
          20: error[expr-type]: duration and code do not go together
          help: write duration(..) around the words
        now > '2026-01-01'
          20: error[expr-type]: time and code do not go together
          help: write timestamp(..) around the words
        mood > 0.1234567
          27: error[expr-literal]: `0.1234567` is no number
          help: write digits such as 250_000 or 0.85, at most six places
        deal.amount > 0.001
          34: error[expr-literal]: the number does not fit into money
          help: money has at most two places
        tickets_30d > 2.5
          20: error[expr-type]: int and ratio do not go together
          help: write a whole number
        size(account.tier) > 3
          20: error[expr-unknown-function]: there is no function `size`
        has(mood > 1)
          20: error[expr-arguments]: `has` is written has(fact)
        has(moood)
          24: error[expr-unknown-fact]: there is no fact `moood`
          help: did you mean `mood`?
        duration('soon') < silence
          29: error[expr-literal]: `soon` cannot be read: expected a span such as 90s, 4h or 30d
        account.tier < 'mid'
          20: error[expr-type]: `<` does not work on code
          help: use `==`, `!=` or `in [..]`
        now + now > renewal
          20: error[expr-type]: `+` does not work on time and time
        abs(now) > now
          20: error[expr-type]: `abs` does not work on time
        account.tier in []
          20: error[expr-arguments]: the list is empty
          help: name at least one value
        tickets_30d in [1, 'two']
          39: error[expr-type]: int and code do not go together
        mood == null
          28: error[expr-syntax]: expected a value, found `null`
          help: has(x) asks whether a fact is known
        (mood > 0
          29: error[expr-syntax]: expected `)`, found the end
        mood > 0)
          28: error[expr-syntax]: expected the end or an operator, found `)`

          20: error[expr-syntax]: expected a value, found the end
        tickets_30d > 1 > 2
          20: error[expr-type]: bool and int do not go together
        account.strategic ? mood : now
          20: error[expr-type]: ratio and time do not go together
        min() > 3
          20: error[expr-arguments]: `min` is written min(a, b, ..)
        deal.amount % 2 == 0
          20: error[expr-type]: `%` does not work on money and int
        account.strategic == 'true'
          20: error[expr-type]: bool and code do not go together
          help: write true or false without quotes
        mood > 0 && “x” == account.tier
          32: error[expr-syntax]: `“` means nothing here
          help: write straight quotes around a word: 'won'
    "#]]
    .assert_eq(&all);
}

#[test]
fn places_follow_quotes_and_lines() {
    let yaml = "a: \"  moood > 1\"\nb: moood > 1\nc: |\n  mood > 1 &&\n  moood > 1\n";
    let document = Document::read("f.yaml", yaml).unwrap();
    let Kind::Map(entries) = &document.root.kind else { panic!("a mapping") };
    let places = entries.iter().map(|(_, node)| {
        let Kind::Scalar { text, .. } = &node.kind else { panic!("a scalar") };
        let start = scalar_place(&document, node);
        let problems = Expr::compile(text, &catalogue(), start).unwrap_err();
        problems[0].place.as_ref().unwrap().to_string()
    });
    let places: Vec<_> = places.collect();
    assert_eq!(places, ["f.yaml:1:7", "f.yaml:2:4", "f.yaml:5:3"]);
}

#[test]
fn bounds() {
    let nested = |levels: usize| format!("{}mood{} > 0", "(".repeat(levels), ")".repeat(levels));
    assert!(compiled(&nested(MAX_DEPTH - 2)).is_ok());
    for (text, code) in [
        (nested(MAX_DEPTH), "expr-too-deep"),
        (nested(1900), "expr-too-deep"),
        ("!".repeat(4000), "expr-too-deep"),
        (format!("{}1", "1 - tickets_30d - ".repeat(200)), "expr-too-deep"),
        (format!("mood{} > 0", " ".repeat(5000)), "expr-too-long"),
        ("9".repeat(30), "expr-literal"),
        (format!("{} == 1", "9".repeat(24)), "expr-literal"),
    ] {
        assert_eq!(compiled(&text).unwrap_err()[0].code, code, "{text}");
    }
    // Repeated parts are not copied.
    let doubling =
        (0..55).fold("mood > 0".to_owned(), |text, _| format!("({text}) in [true, false]"));
    assert!(compiled(&doubling).is_ok());
    // A long chain is not deep.
    assert!(compiled(&vec!["mood > 0"; 300].join(" && ")).is_ok());
}

#[test]
fn nothing_typed_does_harm() {
    let pieces = [
        "mood",
        "tickets_30d",
        "deal.stage",
        "'won'",
        "0.5",
        "12",
        "(",
        ")",
        "[",
        "]",
        ",",
        "&&",
        "||",
        "!",
        "==",
        "<",
        "-",
        "+",
        "*",
        "/",
        "%",
        "?",
        ":",
        "in",
        "has(",
        "min(",
        "duration(",
        "\"3d\"",
        "days(",
        "true",
        "\\",
        "'",
        "\u{e4}",
        "\n",
        ".",
        "null",
        "9999999999999999999",
    ];
    let catalogue = catalogue();
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let text: String = if seed % 2 == 0 {
            (0..random.below(24)).map(|_| random.pick(&pieces)).collect::<Vec<_>>().join(" ")
        } else {
            let bytes: Vec<_> = (0..random.below(40)).map(|_| random.below(256) as u8).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        match Expr::compile(&text, &catalogue, place()) {
            Ok(expr) => {
                let slots = super::kleene::random_slots(&mut random, &catalogue);
                expr.eval(&slots);
                expr.explain(&slots, &catalogue);
            }
            Err(problems) => assert!(!problems.is_empty(), "seed {seed}: no reason for {text:?}"),
        }
    }
}

#[test]
fn a_catalogue_has_each_name_once() {
    let fact = |name: &str, line| {
        FactDef::new(name, Type::Int, Place { file: "facts.yaml".into(), line, column: 3 })
    };
    let facts = vec![fact("a.b", 1), fact("c", 2), fact("a.b", 3), fact("a..b", 4), fact("in", 5)];
    expect![[r#"
        facts.yaml:3:3: error[fact-duplicate]: the fact `a.b` is defined twice
          help: the first stands at facts.yaml:1:3
        facts.yaml:4:3: error[fact-name]: `a..b` cannot be the name of a fact
          help: use words of letters, digits and `_` with dots between them
        facts.yaml:5:3: error[fact-name]: `in` cannot be the name of a fact
          help: use words of letters, digits and `_` with dots between them
    "#]]
    .assert_eq(&shown(&Catalogue::new(facts).unwrap_err()));
    let many = (0..=65_536).map(|number| fact(&format!("f{number}"), number)).collect();
    assert_eq!(Catalogue::new(many).unwrap_err()[0].code, "fact-too-many");
}
