//! Bank accounts: what a customer has, and one of them.
//!
//! - In: the accounts, transactions and disputes of the database.
//! - Out: facts under `holding`, `open`, `account` and `transfer`.
//! - Never: counts an account that is not open as one that is.

use super::{Bank, Known, TODAY, days};
use crate::tau2::data::Reading;
use crate::tau2::day::Day;
use serde_json::{Value, json};

/// What kind of account a row is.
pub(super) fn kind(account: &Value) -> &'static str {
    match account.at("class").as_str() {
        Some("checking") => "personal_checking",
        Some("saving" | "savings") => {
            let level = account.at("level").words();
            if level.contains("Saver") || level.contains("Reserve") {
                "business_savings"
            } else {
                "personal_savings"
            }
        }
        Some("business_checking") => "business_checking",
        Some("business_savings" | "business_saving") => "business_savings",
        _ => "other",
    }
}

fn is_open(account: &Value) -> bool {
    ["OPEN", "ACTIVE"].iter().any(|status| account.at("status").says(status))
}

impl Bank {
    /// What a customer has, and what they want to open.
    pub(super) fn holdings(&self, user: &str, request: &Value, known: &mut Known<'_>) {
        let mine: Vec<_> = self.where_is("accounts", "user_id", user).collect();
        let open =
            |wanted: &str| mine.iter().filter(|one| is_open(one) && kind(one) == wanted).count();
        for wanted in
            ["personal_checking", "personal_savings", "business_checking", "business_savings"]
        {
            known.set(&format!("holding.{wanted}"), json!(open(wanted)));
        }
        let checking = mine.iter().filter(|one| is_open(one) && kind(one) == "personal_checking");
        let oldest = checking.clone().filter_map(|one| days(one.at("date_opened"))).max();
        let largest = checking.filter_map(|one| one.at("current_holdings").cents()).max();
        known.set("holding.open_checking", json!(oldest.is_some()));
        known.set("holding.checking_days", json!(oldest.unwrap_or(0)));
        known.set("holding.personal_balance", json!(largest.unwrap_or(0)));
        let closed = |one: &Value| one.at("status").says("CLOSED");
        known.set("holding.closed", json!(mine.iter().any(|one| closed(one))));
        known.set(
            "holding.closed_for_cause",
            json!(mine.iter().any(|one| one.at("closed_for_cause") == &json!(true))),
        );
        let negative = mine
            .iter()
            .any(|one| one.at("current_holdings").cents().is_some_and(|cents| cents < 0));
        known.set("holding.negative", json!(negative));
        let source = |one: &&&Value| {
            is_open(one)
                && kind(one) == "business_checking"
                && days(one.at("date_opened")) >= Some(30)
                && one.at("current_holdings").cents() >= Some(250_000)
        };
        known.set("holding.business_source", json!(mine.iter().any(|one| source(&one))));
        let cards = self.where_is("credit_card_accounts", "user_id", user);
        let dates = cards
            .map(|card| card.at("date_of_account_open"))
            .chain(mine.iter().map(|one| one.at("date_opened")));
        let years = dates.filter_map(days).max().map(|days| days * 4 / 1461);
        known.set("user.years", json!(years.unwrap_or(0)));
        if !request.at("action").words().starts_with("open_") {
            return;
        }
        let wanted = match request.at("account_type").as_str() {
            Some("checking") => "personal_checking",
            Some("savings") => "personal_savings",
            Some(other) => other,
            None => return,
        };
        known.set("open.kind", json!(wanted));
    }

    /// The account a request is about, or that its card belongs to.
    pub(super) fn account(&self, user: &str, request: &Value, known: &mut Known<'_>) {
        let account = self.account_of(request);
        if !account.is_object() {
            return;
        }
        let id = account.at("account_id").words();
        let kind = kind(account);
        let level = account.at("level").words();
        let product = self.products.at("accounts").at(kind).at(level.trim_end_matches(" Account"));
        let age = days(account.at("date_opened")).unwrap_or(0);
        let early = product.at("within").as_i64().is_some_and(|within| age < within);
        let fee = if early { product.at("fee").cents().unwrap_or(0) } else { 0 };
        known.set("account.theirs", json!(account.at("user_id").words() == user));
        known.set("account.open", json!(is_open(account)));
        known.set("account.kind", json!(kind));
        known.set("account.tier", json!(product.at("tier").as_str().unwrap_or("unlisted")));
        known.set("account.review", json!(product.at("review").as_str().unwrap_or("none")));
        known.set("account.closure_fee", json!(fee));
        known.set("account.days", json!(age));
        let opened = TODAY.0 - age;
        known.set(
            "account.business_days",
            json!((opened..TODAY.0).filter(|day| !Day(*day).is_weekend()).count()),
        );
        known.set("account.balance", json!(account.at("current_holdings").cents()));
        let live = |card: &Value| {
            !["CLOSED", "CANCELLED"].iter().any(|status| card.at("status").says(status))
        };
        known.set(
            "account.cards_open",
            json!(self.where_is("debit_cards", "account_id", &id).any(live)),
        );
        let mine = |wanted: &str| {
            self.where_is("accounts", "user_id", user)
                .any(|one| is_open(one) && super::holdings::kind(one) == wanted)
        };
        known.set("account.savings_depend", json!(mine("business_savings")));
        known.set("account.business_checking_open", json!(mine("business_checking")));
        self.activity(&id, account, known);
    }

    /// What happened on an account lately.
    fn activity(&self, id: &str, account: &Value, known: &mut Known<'_>) {
        let moves: Vec<_> =
            self.where_is("bank_account_transaction_history", "account_id", id).collect();
        let lately =
            |row: &Value, within: i64| days(row.at("date")).is_some_and(|days| days <= within);
        let of = |types: &[&str], row: &Value| types.iter().any(|kind| row.at("type").says(kind));
        known.set(
            "account.pending",
            json!(moves.iter().any(|row| row.at("status").says("pending"))),
        );
        let overdrawn = moves.iter().any(|row| of(&["overdraft_fee"], row) && lately(row, 30));
        known.set("account.overdrawn_30d", json!(overdrawn));
        let credited =
            moves.iter().any(|row| of(&["rebate_credit", "fee_refund"], row) && lately(row, 14));
        known.set("account.credited_14d", json!(credited));
        let fees =
            moves.iter().filter(|row| row.at("type").words().ends_with("_fee") && lately(row, 60));
        let fees: i64 = fees.filter_map(|row| row.at("amount").cents()).map(i64::abs).sum();
        known.set("account.fees", json!(fees));
        known.set(
            "account.interest",
            json!(moves.iter().any(|row| of(&["interest_credit"], row) && lately(row, 60))),
        );
        known.set("account.corrected", json!(account.at("corrected") == &json!(true)));
        let live = |row: &&Value| {
            !row.at("status").words().starts_with("RESOLVED")
                && !row.at("status").words().starts_with("CLOSED")
        };
        let disputes = self.where_is("debit_card_disputes", "account_id", id).filter(live).count();
        known.set("account.disputes", json!(disputes));
    }

    /// The account a request names, directly or by its card.
    pub(super) fn account_of(&self, request: &Value) -> &Value {
        let named = self.row("accounts", request.at("account_id"));
        if named.is_object() {
            return named;
        }
        let card = self.row("debit_cards", request.at("card_id"));
        self.row("accounts", card.at("account_id"))
    }

    /// The two ends of a transfer, or of a payment of a credit card.
    pub(super) fn moved(&self, user: &str, request: &Value, known: &mut Known<'_>) {
        let from = match request.at("checking_account_id") {
            Value::Null => request.at("source_account_id"),
            id => id,
        };
        let (from, to) = (
            self.row("accounts", from),
            self.row("accounts", request.at("destination_account_id")),
        );
        if !from.is_object() {
            return;
        }
        let balance = from.at("current_holdings").cents().unwrap_or(0);
        let theirs = |one: &Value| one.is_null() || one.at("user_id").words() == user;
        known.set("transfer.from_open", json!(is_open(from)));
        known.set("transfer.to_open", json!(is_open(to)));
        known.set("transfer.same_owner", json!(theirs(from) && theirs(to)));
        known.set("transfer.distinct", json!(from.at("account_id") != to.at("account_id")));
        known.set("transfer.balance", json!(balance));
        if request.at("amount").is_null() {
            // The least that opens an account, which an annotation need not know.
            known.set("amount", json!(balance.min(1)));
        }
    }
}
