//! Debit and credit cards, and transactions on them.
//!
//! - In: cards, orders, disputes, requests and payments of the database.
//! - Out: facts under `card`, `order`, `credit` and `transaction`.
//! - Never: takes a row of somebody else for the customer's.

use super::{Bank, Known, TODAY, days};
use crate::tau2::data::Reading;
use crate::tau2::day::Day;
use serde_json::{Value, json};

impl Bank {
    /// The debit card a request is about.
    pub(super) fn debit_card(&self, user: &str, request: &Value, known: &mut Known<'_>) {
        let card = self.row("debit_cards", request.at("card_id"));
        if !card.is_object() {
            return;
        }
        known.set("card.theirs", json!(card.at("user_id").words() == user));
        known.set("card.status", card.at("status").clone());
        known.set("card.days", json!(days(card.at("issue_date"))));
        let ends = Day::read(&card.at("expiration_date").words());
        known.set("card.expired", json!(ends.is_some_and(|ends| ends < TODAY)));
        let issue = match card.at("issue_reason").as_str() {
            Some("new_account" | "first_card") => "new",
            Some("lost" | "stolen" | "fraud") => "replacement",
            _ => "reissue",
        };
        known.set("card.issue", json!(issue));
        let alert =
            match (card.at("fraud_alert_active") == &json!(true), card.at("alert_source").as_str())
            {
                (false, _) => "none",
                (true, Some("customer_initiated")) => "customer",
                (true, _) => "bank",
            };
        known.set("card.alert", json!(alert));
        known.set("card.velocity", json!(card.at("velocity_blocked") == &json!(true)));
        let risk = request.at("risk_score").as_i64();
        let locked = match (
            card.at("pin_locked") == &json!(true),
            card.at("pin_lock_reason").as_str(),
            risk,
        ) {
            (false, _, _) => "none",
            (true, Some("security_hold"), _) => "hold",
            (true, _, Some(..=4)) => "low",
            (true, _, Some(5..=7)) => "medium",
            (true, _, _) => "high",
        };
        known.set("card.locked", json!(locked));
        let limit = match request.at("limit_type").as_str() {
            Some("atm") => card.at("daily_atm_limit"),
            _ => card.at("daily_purchase_limit"),
        };
        known.set("card.limit_permille", json!(permille(request.at("new_limit"), limit)));
        known.set("card.raised_today", json!(days(card.at("temporary_increase_date")) == Some(0)));
    }

    /// What an order of a debit card depends on.
    pub(super) fn order(&self, request: &Value, known: &mut Known<'_>) {
        let account = request.at("account_id").words();
        let cards: Vec<_> = self.where_is("debit_cards", "account_id", &account).collect();
        let with =
            |status: &str| cards.iter().filter(|card| card.at("status").says(status)).count();
        let orders = self.where_is("debit_card_orders", "account_id", &account);
        let waiting = orders.filter(|order| {
            ["PENDING", "PROCESSING"].iter().any(|status| order.at("status").says(status))
        });
        known.set("order.active", json!(with("ACTIVE")));
        known.set("order.pending", json!(with("PENDING") > 0 || waiting.count() > 0));
        let counted = |card: &&&Value| {
            let reason = card.at("issue_reason").words();
            ["lost", "stolen", "fraud", "damaged"].contains(&reason.as_str())
                && days(card.at("issue_date")) <= Some(365)
        };
        known.set("order.replaced_12m", json!(cards.iter().filter(counted).count()));
        let fresh = |card: &Value| days(card.at("closed_date")).is_some_and(|days| days < 2);
        known.set("order.waited", json!(!cards.iter().any(|card| fresh(card))));
        known.set("order.delivery", json!(request.at("delivery").as_str().unwrap_or("STANDARD")));
        let first = ["new_account", "first_card"].contains(&request.at("reason").words().as_str());
        known.set("order.replaces", json!(!request.at("reason").is_null() && !first));
        known.set("order.pays_excess", json!(request.at("pays_excess") == &json!(true)));
        known.set("order.domestic", json!(request.at("domestic") != &json!(false)));
    }

    /// The credit card a request is about, or that its transaction was made with.
    pub(super) fn credit_card(&self, user: &str, request: &Value, known: &mut Known<'_>) {
        let card = self.row("credit_card_accounts", request.at("credit_card_account_id"));
        if !card.is_object() {
            return;
        }
        let id = card.at("account_id").words();
        let product = self.card_product(&card.at("card_type").words());
        known.set("credit.theirs", json!(card.at("user_id").words() == user));
        known.set("credit.tier", product.at("tier").clone());
        known.set("credit.family", product.at("family").clone());
        let target = self.card_product(&request.at("target_card_type").words());
        known.set("credit.target_family", json!(target.at("family").as_str().unwrap_or("none")));
        let closed = card.at("status").says("CLOSED") || card.at("account_status").says("CLOSED");
        known.set("credit.active", json!(!closed));
        known.set("credit.days", json!(days(card.at("date_of_account_open"))));
        let balance = card.at("current_balance").cents().unwrap_or(0);
        known.set("credit.balance", json!(balance));
        known.set("credit.past_due", json!(card.at("past_due_amount").cents().unwrap_or(0)));
        known.set("credit.disputed", json!(self.is_disputed(user, card)));
        let orders: Vec<_> =
            self.where_is("credit_card_orders", "credit_card_account_id", &id).collect();
        let done = |order: &Value| {
            ["DELIVERED", "CANCELLED"].iter().any(|status| order.at("status").says(status))
        };
        known.set("credit.replacing", json!(orders.iter().any(|order| !done(order))));
        let recent = orders.iter().filter(|order| days(order.at("order_date")) <= Some(60));
        known.set("credit.replaced_60d", json!(recent.count()));
        self.keeping(&id, request, known);
        self.limit(card, &id, balance, request, known);
    }

    /// What was done to keep a card, and the offer that its tier allows.
    fn keeping(&self, id: &str, request: &Value, known: &mut Known<'_>) {
        let reasons: Vec<_> =
            self.where_is("credit_card_closure_reasons", "credit_card_account_id", id).collect();
        let tried =
            |row: &Value| days(row.at("logged_at")).is_some_and(|days| (1..=365).contains(&days));
        known.set("credit.closure_tried", json!(reasons.iter().any(|row| tried(row))));
        let today = reasons.iter().find(|row| days(row.at("logged_at")) == Some(0));
        let today = today.and_then(|row| row.at("closure_reason").as_str());
        known.set("credit.reason", json!(today.unwrap_or("none")));
        if request.at("amount").is_null() && request.at("reason").says("retention_offer") {
            let offer = match known.0.get("credit.tier").and_then(Value::as_str) {
                Some("entry") => 500,
                Some("mid") => 2_000,
                _ => 5_000,
            };
            known.set("amount", json!(offer));
        }
    }

    /// What a higher limit depends on.
    fn limit(&self, card: &Value, id: &str, balance: i64, request: &Value, known: &mut Known<'_>) {
        let limit = card.at("credit_limit");
        known.set("credit.increase_permille", json!(permille(request.at("increase"), limit)));
        let used =
            limit.cents().filter(|limit| *limit > 0).map(|limit| balance * 1_000_000 / limit);
        known.set("credit.utilization", json!(used));
        let asked: Vec<_> =
            self.where_is("credit_limit_increase_requests", "credit_card_account_id", id).collect();
        let granted = asked.iter().filter(|row| row.at("status").says("approved"));
        let last = granted.filter_map(|row| days(row.at("submitted_date"))).min();
        known.set("credit.since_increase", json!(last.unwrap_or(100_000)));
        known.set(
            "credit.requested",
            json!(asked.iter().any(|row| row.at("status").says("submitted"))),
        );
        let payments = self.where_is("payment_history", "credit_card_account_id", id);
        let mut payments: Vec<_> = payments
            .filter_map(|row| {
                Some((days(row.at("payment_date"))?, row.at("status").says("ON_TIME")))
            })
            .collect();
        payments.sort_unstable();
        payments.dedup();
        known.set(
            "credit.on_time",
            json!(payments.iter().take_while(|(_, on_time)| *on_time).count()),
        );
    }

    /// Whether a dispute about a transaction of a card is not resolved.
    fn is_disputed(&self, user: &str, card: &Value) -> bool {
        let open = |dispute: &&Value| {
            ["SUBMITTED", "UNDER_REVIEW", "OPEN", "PENDING"]
                .iter()
                .any(|status| dispute.at("status").says(status))
        };
        let mut mine = self.where_is("transaction_disputes", "user_id", user).filter(open);
        mine.any(|dispute| {
            let made = self.row("credit_card_transaction_history", dispute.at("transaction_id"));
            let named = dispute.at("credit_card_account_id");
            // A dispute whose transaction is not known stands in the way of every card it may be about.
            made.at("credit_card_type") == card.at("card_type")
                || named == card.at("account_id")
                || made.is_null() && named.is_null()
        })
    }

    /// The transaction a request is about.
    pub(super) fn transaction(&self, user: &str, request: &Value, known: &mut Known<'_>) {
        let id = request.at("transaction_id");
        let of_card = self.row("credit_card_transaction_history", id);
        let of_account = self.row("bank_account_transaction_history", id);
        let owner = match of_card.is_object() {
            true => of_card.at("user_id"),
            false => self.row("accounts", of_account.at("account_id")).at("user_id"),
        };
        if owner.is_null() {
            return;
        }
        let (date, amount) = match of_card.is_object() {
            true => (of_card.at("transaction_date"), of_card.at("transaction_amount")),
            false => (of_account.at("date"), of_account.at("amount")),
        };
        let amount = amount.cents().map(i64::abs);
        known.set("transaction.theirs", json!(owner.words() == user));
        known.set("transaction.days", json!(days(date)));
        known.set("transaction.amount", json!(amount));
        let id = id.words();
        let tables = ["transaction_disputes", "debit_card_disputes"];
        let disputed =
            tables.iter().any(|table| self.where_is(table, "transaction_id", &id).next().is_some());
        known.set("transaction.disputed", json!(disputed));
        let claimed = request.at("claimed_amount").cents();
        known.set("transaction.as_claimed", json!(claimed.is_none() || claimed == amount));
        let (wrong, approved) = self.rewards(of_card);
        known.set("rewards.wrong", json!(wrong));
        known.set("rewards.approved", json!(approved));
    }

    /// What the documents say about a credit card, by its name.
    pub(super) fn card_product(&self, name: &str) -> &Value {
        let cards = self.products.at("cards");
        let (short, long) = (name.trim_end_matches(" Card"), format!("{name} Card"));
        [name, short, &long]
            .into_iter()
            .map(|name| cards.at(name))
            .find(|card| card.is_object())
            .unwrap_or(&Value::Null)
    }
}

/// One amount as thousandths of another.
fn permille(part: &Value, whole: &Value) -> Option<i64> {
    let whole = whole.cents().filter(|whole| *whole > 0)?;
    Some(part.cents()? * 1_000 / whole)
}
