//! What differs between two versions of the starter: boundaries, actions, tables, exceptions.

use super::*;
use crate::cli::policy::init::STARTER;

/// The starter with one text replaced by another in a file.
fn starter(path: &str, from: &str, to: &str) -> Rules {
    let mut files: BTreeMap<String, String> =
        STARTER.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let text = files.entry(path.to_owned()).or_default();
    assert!(text.contains(from), "`{from}` is not in {path}");
    *text = if from.is_empty() { to.to_owned() } else { text.replacen(from, to, 1) };
    match Rules::compose(files) {
        Ok(rules) => rules,
        Err(problems) => panic!("{problems:?}"),
    }
}

fn said(path: &str, from: &str, to: &str) -> String {
    let (old, new) = (starter("bundle.yaml", "currency", "currency"), starter(path, from, to));
    diff::changes(&old, &new).iter().map(|change| format!("{change}\n")).collect()
}

const CEDAR: &str = "boundaries/vouchers.cedar";
const CEILING: &str = "invariants/vouchers.cedar";

#[test]
fn a_boundary_is_told_by_what_it_matches() {
    assert_eq!(said(CEDAR, "// A forbid wins", "// Here,\n// a forbid wins"), "", "a remark");
    assert_eq!(said(CEDAR, "when { context.legal_hold }", "when\n{\n  context.legal_hold\n}"), "");
    let told = [
        said(CEDAR, "<= 10000", "<= 9000"),
        said(CEDAR, "@owner(\"head-of-support\") @needs", "@owner(\"legal\") @needs"),
        said(CEDAR, "@id(\"voucher.legal-hold\")", "@id(\"voucher.hold\")"),
        said(CEILING, "<= 10000", "<= 20000"),
        said(CEILING, "@id(\"I2.legal-hold\")", "@id(\"I3.legal-hold\")"),
    ];
    expect_test::expect![[r#"
        boundary `voucher.small`
          was permits offer_voucher when { (context.amount > 0) && (context.amount <= context.limit) && (context.amount <= 10000) && context.calibrated && (context.confidence >= 800000) }; owner head-of-support (within the limit of the customer's tier, and the agent is sure), to be looked at again by 2027-12-31T00:00:00Z
          now permits offer_voucher when { (context.amount > 0) && (context.amount <= context.limit) && (context.amount <= 9000) && context.calibrated && (context.confidence >= 800000) }; owner head-of-support (within the limit of the customer's tier, and the agent is sure), to be looked at again by 2027-12-31T00:00:00Z
          loosens, unless `policy prove NEW --old OLD` proves that it does not

        boundary `voucher.legal-hold`
          was forbids offer_voucher when { context.legal_hold } unless { context.approvals.contains(Role::"support_lead") }; owner head-of-support (nothing is offered while a dispute is open, unless the lead says so), to be looked at again by 2027-12-31T00:00:00Z
          now forbids offer_voucher when { context.legal_hold } unless { context.approvals.contains(Role::"support_lead") }; owner legal (nothing is offered while a dispute is open, unless the lead says so), to be looked at again by 2027-12-31T00:00:00Z

        boundary `voucher.hold`
          new forbids offer_voucher when { context.legal_hold } unless { context.approvals.contains(Role::"support_lead") }; owner head-of-support (nothing is offered while a dispute is open, unless the lead says so), to be looked at again by 2027-12-31T00:00:00Z
        boundary `voucher.legal-hold`
          gone forbids offer_voucher when { context.legal_hold } unless { context.approvals.contains(Role::"support_lead") }; owner head-of-support (nothing is offered while a dispute is open, unless the lead says so), to be looked at again by 2027-12-31T00:00:00Z
          loosens, unless `policy prove NEW --old OLD` proves that it does not

        invariant `I1.ceiling`
          was at most offer_voucher when { (context.amount > 0) && (context.amount <= 10000) }
          now at most offer_voucher when { (context.amount > 0) && (context.amount <= 20000) }
          loosens, unless `policy prove NEW --old OLD` proves that it does not

        invariant `I2.legal-hold`
          gone at most offer_voucher when { (!context.legal_hold) || context.approvals.contains(Role::"support_lead") }
          loosens, unless `policy prove NEW --old OLD` proves that it does not
        invariant `I3.legal-hold`
          new at most offer_voucher when { (!context.legal_hold) || context.approvals.contains(Role::"support_lead") }
    "#]].assert_eq(&told.join("\n"));
}

#[test]
fn tables_actions_people_and_exceptions_are_told() {
    let exception = "overrides:\n  - {id: O1, graph: cases, when: \"account.tier == 'smb'\", from: 2026-12-01, \
                     until: 2027-01-15, route: lead, reason: the holidays, author: ann, approver: bob}\n";
    let told = [
        said("thresholds.yaml", "mid, value: 50", "mid, value: 40"),
        said("thresholds.yaml", "      - {account.tier: mid, value: 50}\n", ""),
        said("actions.yaml", "limits: [limit, legal_hold]", "limits: [limit]"),
        said(
            "actions.yaml",
            "legal_hold: account.legal_hold}",
            "legal_hold: account.legal_hold, tier: account.tier}\n    optional: [tier]",
        ),
        said("actions.yaml", "{amount: money}", "{amount: int}"),
        said("people.yaml", "support_lead: [lead-1]", "support_lead: [lead-1, desk-1]"),
        said("overrides/holidays.yaml", "", exception),
        said(
            "messages/cards.yaml",
            "",
            "messages:\n  - {graph: cases, node: lead, title: 'A case: {account}', text: ['{reason}.', Look.]}\n  \
             - {text: 'Until {due}.'}\n",
        ),
    ];
    expect_test::expect![[r#"
        row of `threshold.voucher` when account.tier == 'mid'
          was 50.00
          now 40.00

        order of the rows of `threshold.voucher`
          was when account.tier == 'enterprise'; when account.tier == 'mid'; for all
          now when account.tier == 'enterprise'; for all
        row of `threshold.voucher` when account.tier == 'mid'
          gone 50.00

        action `offer_voucher`
          was about the case, groups none, limits limit, legal_hold (offer a voucher to somebody who had to wait)
          now about the case, groups none, limits limit (offer a voucher to somebody who had to wait)

        context `tier` of `offer_voucher`
          new code, from account.tier, optional

        parameter `amount` of `offer_voucher`
          was money
          now int

        role `support_lead`
          was lead-1
          now lead-1, desk-1

        override `O1`
          new leads to lead in the graph cases when account.tier == 'smb', 2026-12-01T00:00:00Z to 2027-01-15T00:00:00Z, by ann and bob (the holidays)

        message for `lead` of `cases`
          new titled 'A case: {account}', says '{reason}.', 'Look.'
        message for all
          new says 'Until {due}.'
    "#]].assert_eq(&told.join("\n"));
}
