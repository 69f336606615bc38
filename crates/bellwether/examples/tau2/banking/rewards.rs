//! Points of a credit card transaction: what the card pays, and what was paid.
//!
//! - In: a transaction, the card's rates and exclusions.
//! - Out: whether the points are wrong, and whether a dispute about them was approved.
//! - Never: calls one point a mistake: some rows are rounded, some cut.

use super::Bank;
use crate::tau2::data::Reading;
use crate::tau2::day::Day;
use serde_json::{Value, json};

impl Bank {
    /// Whether a transaction's points are wrong, and whether a dispute about them was approved.
    pub(super) fn rewards(&self, transaction: &Value) -> (bool, bool) {
        let id = transaction.at("transaction_id").words();
        let mut disputes = self.where_is("cash_back_disputes", "transaction_id", &id);
        let approved = disputes
            .any(|row| ["APPROVED", "RESOLVED"].iter().any(|status| row.at("status").says(status)));
        let earned = transaction.at("rewards_earned").words();
        let earned = earned.split(' ').next().and_then(|points| points.parse::<i64>().ok());
        let wrong = earned
            .zip(self.points(transaction))
            .is_some_and(|(earned, due)| (earned - due).abs() > 1);
        (wrong, approved)
    }

    /// The points that a transaction should earn.
    fn points(&self, transaction: &Value) -> Option<i64> {
        let card = self.card_product(&transaction.at("credit_card_type").words());
        let merchant = transaction.at("merchant_name").words();
        let base = card.at("base").as_f64()?;
        let category = card.at("rates").at(&transaction.at("category").words()).as_f64();
        let excluded =
            card.at("not").items().iter().any(|name| merchant.starts_with(&name.words()));
        let rate = match (excluded, category) {
            (true, _) => card.at("not_rate").as_f64()?,
            (false, category) => category.unwrap_or(base),
        };
        let twice = if self.doubled(card, transaction) { 2.0 } else { 1.0 };
        let cents = transaction.at("transaction_amount").cents()?;
        // Points are hundredths of a dollar's percent: exact to well below one point here.
        Some((cents as f64 * rate * twice / 100.0 + 1e-6).floor() as i64)
    }

    /// Whether the card pays twice on that day: opened within the promotion, and new enough.
    fn doubled(&self, card: &Value, transaction: &Value) -> bool {
        let promotion = card.at("twice");
        let user = transaction.at("user_id").words();
        let mut mine = self.where_is("credit_card_accounts", "user_id", &user);
        let held = mine.find(|one| one.at("card_type") == transaction.at("credit_card_type"));
        let opened = held.and_then(|one| Day::read(&one.at("date_of_account_open").words()));
        let day = |value: &Value| Day::read(&value.words());
        let (from, to) = (day(promotion.at("from")), day(promotion.at("to")));
        let made = day(transaction.at("transaction_date"));
        let within = promotion.at("for").as_i64().unwrap_or(0);
        match (opened, made) {
            (Some(opened), Some(made)) => {
                Some(opened) >= from
                    && from.is_some()
                    && Some(opened) <= to
                    && made.since(opened) < within
            }
            _ => false,
        }
    }

    /// Whether the bank approves disputes about points as they come in: only where it says so.
    pub(super) fn approves_at_once(&self) -> bool {
        let settings = self.tables.at("task_config").at("data").at("dispute_settings");
        settings.at("auto_resolve_disputes") == &json!(true)
    }
}
