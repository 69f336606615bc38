//! What people read about a decision.

use super::{catalogue, compile, slots};
use expect_test::expect;

#[test]
fn each_clause_says_what_by_how_much() {
    let catalogue = catalogue();
    let facts = slots(
        &catalogue,
        "deal.amount=620000 deal.cap=1000000 deal.stage=won account.tier=mid \
         account.strategic=true tickets_30d=12 mood=-0.4 silence=3d12h renewal=2026-07-01 \
         now=2026-06-01 now.kind=chat.message",
    );
    let text = [
        "deal.amount >= 500000 && account.strategic && tickets_30d < 10",
        "account.tier in ['enterprise', 'smb'] || !(deal.stage == 'won')",
        "has(confidence) || confidence > 0.8 || !account.executive",
        "deal.amount / deal.cap > 0.6 && deal.amount < deal.cap",
        "silence > duration('30d') && renewal <= timestamp('2026-12-31')",
        "now.kind == 'chat.message' && deal.stage != 'won' && mood == -0.4",
        "500000 < deal.amount && !(deal.amount > 500000) && renewal - now < duration('60d')",
        "account.strategic ? mood > 0 : mood < 0",
        "deal.amount / 2",
    ]
    .map(|text| {
        let clauses = compile(text).explain(&facts, &catalogue);
        let lines = clauses.iter().map(|clause| format!("  [{}] {clause}\n", clause.truth));
        format!("{text}\n{}", lines.collect::<String>())
    });
    expect![[r#"
        deal.amount >= 500000 && account.strategic && tickets_30d < 10
          [true] deal.amount is 620000.00, at least 500000: by 120000.00
          [true] account.strategic is true
          [false] tickets_30d is 12 tickets, not less than 10: by 2
        account.tier in ['enterprise', 'smb'] || !(deal.stage == 'won')
          [false] account.tier is mid, not one of enterprise, smb
          [false] deal.stage is won, not other than won
        has(confidence) || confidence > 0.8 || !account.executive
          [false] confidence is missing, not known
          [unknown] confidence is unknown, asked for more than 0.8
          [unknown] account.executive is unknown, asked for false
        deal.amount / deal.cap > 0.6 && deal.amount < deal.cap
          [true] deal.amount / deal.cap is 0.62, more than 0.6: by 0.02
          [true] deal.amount is 620000.00, less than deal.cap (1000000.00): by 380000.00
        silence > duration('30d') && renewal <= timestamp('2026-12-31')
          [false] silence is 3d12h, not more than 30d: by 26d12h
          [true] renewal is 2026-07-01T00:00:00Z, no later than 2026-12-31T00:00:00Z: by 183d
        now.kind == 'chat.message' && deal.stage != 'won' && mood == -0.4
          [true] now.kind is chat.message
          [false] deal.stage is won, not other than won
          [true] mood is -0.4, exactly -0.4
        500000 < deal.amount && !(deal.amount > 500000) && renewal - now < duration('60d')
          [true] deal.amount is 620000.00, more than 500000: by 120000.00
          [false] deal.amount is 620000.00, not at most 500000: by 120000.00
          [true] renewal - now is 30d, less than 60d: by 30d
        account.strategic ? mood > 0 : mood < 0
          [false] account.strategic ? mood > 0 : mood < 0 is false, not true
        deal.amount / 2
          [true] deal.amount / 2 is 310000.00
    "#]]
    .assert_eq(&text.concat());
}

#[test]
fn a_clause_is_data_too() {
    let catalogue = catalogue();
    let facts = slots(&catalogue, "deal.amount=620000");
    let clauses = compile("!(deal.amount < 500000)").explain(&facts, &catalogue);
    expect![[r#"
        [
            Clause {
                text: "!(deal.amount < 500000)",
                subject: "deal.amount",
                truth: True,
                found: "620000.00",
                limit: "at least 500000",
                margin: Some(
                    "120000.00",
                ),
                slots: [
                    0,
                ],
                sentence: "deal.amount is 620000.00, at least 500000: by 120000.00",
            },
        ]
    "#]]
    .assert_debug_eq(&clauses);
}
