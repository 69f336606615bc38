//! What expressions are worth, by type.

use super::{catalogue, compile, slots};
use crate::{Comparison, Op, Tri};
use bellwether_core::Type;

const FACTS: &str = "deal.amount=620000 deal.cap=1000000 deal.stage=won account.tier=mid \
    account.strategic=true tickets_30d=12 calls_7d=-7 mood=-0.4 confidence=0.85 silence=3d12h \
    renewal=2026-07-01 now=2026-06-01 now.kind=chat.message";

/// `account.executive` is missing.
fn worth(text: &str) -> String {
    let catalogue = catalogue();
    let expr = compile(text);
    let value = expr.eval(&slots(&catalogue, FACTS));
    let shown = value.map_or("missing".to_owned(), |value| catalogue.show(expr.kind(), value));
    format!("{shown} {}", expr.kind())
}

#[test]
fn arithmetic_has_types() {
    for (text, expected) in [
        ("tickets_30d + 3", "15 int"),
        ("tickets_30d % 5 - calls_7d", "9 int"),
        ("calls_7d / 2", "-3 int"),
        ("-calls_7d", "7 int"),
        ("abs(calls_7d)", "7 int"),
        ("1_000 * tickets_30d / (tickets_30d + 250)", "45 int"),
        ("deal.amount + 0.5", "620000.50 money"),
        ("deal.amount * 2", "1240000.00 money"),
        ("deal.amount * 0.85", "527000.00 money"),
        ("confidence * deal.amount", "527000.00 money"),
        ("deal.amount / 3", "206666.66 money"),
        ("deal.amount / deal.cap", "0.62 ratio"),
        ("deal.amount / confidence", "729411.76 money"),
        ("mood + 1", "0.6 ratio"),
        ("mood * confidence", "-0.34 ratio"),
        ("mood / confidence", "-0.470588 ratio"),
        ("tickets_30d * confidence", "10.2 ratio"),
        ("confidence * 2", "1.7 ratio"),
        ("tickets_30d / 0.5", "24 ratio"),
        ("renewal - now", "30d duration"),
        ("now + duration(\"1d12h\") - silence", "2026-05-30T00:00:00Z time"),
        ("silence + now", "2026-06-04T12:00:00Z time"),
        ("silence / duration(\"1d\")", "3.5 ratio"),
        ("silence * 2", "7d duration"),
        ("days(silence)", "3 int"),
        ("days(now - renewal + duration(\"1h\"))", "-30 int"),
        ("min(deal.amount, deal.cap, 250000)", "250000.00 money"),
        ("max(mood, 0)", "0 ratio"),
        ("max(now, timestamp(\"2026-06-15\"))", "2026-06-15T00:00:00Z time"),
        ("account.strategic ? 100000 : deal.amount", "100000.00 money"),
        ("deal.stage == 'won' ? 'yes' : 'no'", "yes code"),
        ("2 * 3 + 0.5", "6.5 ratio"),
        ("7 / 2", "3 int"),
    ] {
        let expected =
            expected.replace("yes code", &format!("{} code", bellwether_core::Code::of("yes")));
        assert_eq!(worth(text), expected, "{text}");
    }
}

#[test]
fn what_has_no_value_is_missing() {
    for text in [
        "tickets_30d / (calls_7d + 7)",
        "tickets_30d % 0",
        "deal.amount / 0",
        "9223372036854775807 + tickets_30d",
        "9223372036854775807 * tickets_30d",
        "-(calls_7d - 9223372036854775801)",
        "abs(calls_7d - 9223372036854775801)",
        "(calls_7d - 9223372036854775801) / -1",
        "account.executive ? 1 : 1",
    ] {
        assert!(worth(text).starts_with("missing"), "{text}: {}", worth(text));
    }
    assert_eq!(compile("tickets_30d / 0 > 1").truth(&slots(&catalogue(), FACTS)), Tri::Unknown);
}

#[test]
fn conditions() {
    for (text, expected) in [
        ("deal.amount >= 500000 && account.strategic", Tri::True),
        ("deal.amount >= 2 * 250000", Tri::True),
        ("deal.amount < 620000.01", Tri::True),
        ("deal.amount >= (account.strategic ? 700000 : 500000)", Tri::False),
        ("mood < -0.4 || mood <= -.4 + 0", Tri::True),
        ("500 < tickets_30d", Tri::False),
        ("account.tier in ['enterprise', \"mid\"]", Tri::True),
        ("!(account.tier in ['enterprise', 'mid'])", Tri::False),
        ("tickets_30d in [1, 12]", Tri::True),
        ("now.kind == 'chat.message'", Tri::True),
        ("tickets_30d + 1 in [1, 13]", Tri::True),
        ("!(tickets_30d + 1 in [1, 13])", Tri::False),
        ("account.strategic in [false, account.executive]", Tri::Unknown),
        ("account.strategic in [true, account.executive]", Tri::True),
        ("account.executive", Tri::Unknown),
        ("account.executive == true", Tri::Unknown),
        ("account.strategic != false", Tri::True),
        ("has(account.executive)", Tri::False),
        ("!has(account.executive) || account.executive", Tri::True),
        ("has(account.executive) && account.executive", Tri::False),
        ("silence > duration('3d')", Tri::True),
        ("renewal - now < duration('60d')", Tri::True),
        ("now >= timestamp('2026-06-01T00:00:00Z')", Tri::True),
        ("!account.strategic == account.executive", Tri::Unknown),
        ("true ? false : true", Tri::False),
    ] {
        let text = text.replace("-.4", "-0.4");
        assert_eq!(compile(&text).truth(&slots(&catalogue(), FACTS)), expected, "{text}");
    }
}

#[test]
fn what_is_read_and_how() {
    let catalogue = catalogue();
    let expr = compile(
        "!(deal.amount < 500000 || account.strategic) && has(mood) && has(confidence) \
         && confidence > mood && account.tier in ['mid', 'smb'] && 3 < tickets_30d",
    );
    let name = |slot: &u16| catalogue.fact(*slot).unwrap().name.clone();
    let names = |slots: &[u16]| slots.iter().map(name).collect::<Vec<_>>().join(" ");
    let every = "deal.amount account.tier account.strategic tickets_30d mood confidence";
    assert_eq!(names(expr.slots()), every);
    assert_eq!(names(expr.loose_slots()), "mood confidence");
    assert_eq!(names(expr.has_slots()), "");
    assert_eq!(names(compile("has(mood)").has_slots()), "mood");
    assert_eq!(expr.words(), ["mid", "smb"]);
    let tests: Vec<_> = expr.comparisons().iter().map(|test| (name(&test.slot), test.op)).collect();
    assert_eq!(
        tests,
        [
            ("deal.amount".into(), Op::Ge),
            ("account.tier".into(), Op::Eq),
            ("account.tier".into(), Op::Eq),
            ("account.strategic".into(), Op::Eq),
            ("tickets_30d".into(), Op::Gt),
        ]
    );
    let strategic = catalogue.slot("account.strategic").unwrap();
    assert!(expr.comparisons().contains(&Comparison { slot: strategic, op: Op::Eq, limit: 0 }));
}

#[test]
fn literals_of_tests_and_defaults() {
    let words = ["mid".to_owned()];
    for (text, kind, expected) in [
        ("true", Type::Bool, Some(1)),
        ("yes", Type::Bool, None),
        ("1_000", Type::Int, Some(1000)),
        ("1.5", Type::Int, None),
        ("85%", Type::Ratio, Some(850_000)),
        ("600000", Type::Money, Some(60_000_000)),
        ("250_000.5", Type::Money, Some(25_000_050)),
        ("250,000.50", Type::Money, Some(25_000_050)),
        ("500,00", Type::Money, None),
        ("2026-01-01", Type::Time, Some(1_767_225_600_000_000)),
        ("1h", Type::Duration, Some(3_600_000_000)),
        ("soon", Type::Duration, None),
        ("mid", Type::Code, Some(bellwether_core::Code::of("mid").raw())),
        ("big", Type::Code, None),
    ] {
        assert_eq!(crate::literal(text, kind, &words), expected, "{text} as {kind}");
    }
}
