//! What an allowed request changes in the database, as far as later requests of the same task depend on it.
//!
//! - In: the request.
//! - Out: the changed database.
//! - Never: changes anything for a request that was refused.

use super::Bank;
use crate::tau2::data::Reading;
use serde_json::{Value, json};

const TODAY: &str = "11/14/2025";

impl Bank {
    /// Carries out an allowed request.
    pub(crate) fn done(&mut self, annotation: &Value, request: &Value) {
        let user = annotation.at("user");
        let action = request.at("action").words();
        let name = action.trim_end_matches(|one: char| one.is_ascii_digit() || one == '_');
        self.accounts_after(name, user, request);
        self.debit_cards_after(name, user, request);
        self.credit_cards_after(name, user, request);
    }

    /// Accounts after an allowed request.
    fn accounts_after(&mut self, name: &str, user: &Value, request: &Value) {
        match name {
            "open_bank_account" => {
                let class = match request.at("account_type").as_str() {
                    Some("savings") => "saving",
                    other => other.unwrap_or("checking"),
                };
                let row = json!({"user_id": user, "class": class, "level": request.at("account_class"), "date_opened": TODAY, "status": "OPEN", "current_holdings": "0.00"});
                self.add("accounts", "account_id", request, row);
            }
            "close_bank_account" => {
                self.change("accounts", request.at("account_id"), "status", json!("CLOSED"))
            }
            "transfer_funds_between_bank_accounts" => {
                let amount = request.at("amount").cents().unwrap_or(0);
                self.pay(request.at("source_account_id"), -amount);
                self.pay(request.at("destination_account_id"), amount);
            }
            "deposit_check" => {
                self.pay(request.at("account_id"), request.at("check_amount").cents().unwrap_or(0))
            }
            "apply_checking_account_credit" => {
                let row = json!({"account_id": request.at("account_id"), "date": TODAY, "type": "fee_refund", "amount": 0, "status": "posted"});
                self.add("bank_account_transaction_history", "transaction_id", request, row);
            }
            "apply_savings_account_credit" => {
                self.change("accounts", request.at("account_id"), "corrected", json!(true))
            }
            _ => {}
        }
    }

    /// Debit cards after an allowed request.
    fn debit_cards_after(&mut self, name: &str, user: &Value, request: &Value) {
        match name {
            "order_debit_card" => {
                let row = json!({"user_id": user, "account_id": request.at("account_id"), "status": "PENDING", "issue_date": TODAY, "expiration_date": "11/30/2029", "issue_reason": request.at("reason")});
                self.add("debit_cards", "card_id", request, row);
            }
            "activate_debit_card" | "unfreeze_debit_card" => {
                self.change("debit_cards", request.at("card_id"), "status", json!("ACTIVE"))
            }
            "freeze_debit_card" => {
                self.change("debit_cards", request.at("card_id"), "status", json!("FROZEN"))
            }
            "close_debit_card" => {
                self.change("debit_cards", request.at("card_id"), "status", json!("CLOSED"));
                self.change("debit_cards", request.at("card_id"), "closed_date", json!(TODAY));
            }
            "clear_debit_card_fraud_alert" => {
                self.change(
                    "debit_cards",
                    request.at("card_id"),
                    "fraud_alert_active",
                    json!(false),
                );
                self.change("debit_cards", request.at("card_id"), "velocity_blocked", json!(false));
            }
            "file_debit_card_transaction_dispute" => {
                let account = self.account_of(request).at("account_id").clone();
                let row = json!({"transaction_id": request.at("transaction_id"), "account_id": account, "status": "OPEN"});
                self.add("debit_card_disputes", "dispute_id", request, row);
            }
            _ => {}
        }
    }

    /// Credit cards, disputes about them and referrals after an allowed request.
    fn credit_cards_after(&mut self, name: &str, user: &Value, request: &Value) {
        let credit = request.at("credit_card_account_id").clone();
        match name {
            "file_credit_card_transaction_dispute" => {
                let row = json!({"transaction_id": request.at("transaction_id"), "user_id": user, "status": "SUBMITTED"});
                self.add("transaction_disputes", "dispute_id", request, row);
            }
            "order_replacement_credit_card" => {
                let row = json!({"credit_card_account_id": credit, "order_date": TODAY, "status": "ORDERED"});
                self.add("credit_card_orders", "order_id", request, row);
            }
            "pay_credit_card_from_checking" => {
                let amount = request.at("amount").cents().unwrap_or(0);
                self.pay(request.at("checking_account_id"), -amount);
                let owed = self
                    .row("credit_card_accounts", &credit)
                    .at("current_balance")
                    .cents()
                    .unwrap_or(0);
                self.change(
                    "credit_card_accounts",
                    &credit,
                    "current_balance",
                    json!(dollars(owed - amount)),
                );
            }
            "close_credit_card_account" => {
                self.change("credit_card_accounts", &credit, "status", json!("CLOSED"))
            }
            "log_credit_card_closure_reason" => {
                let row = json!({"credit_card_account_id": credit, "closure_reason": request.at("closure_reason"), "logged_at": TODAY});
                self.add("credit_card_closure_reasons", "record_id", request, row);
            }
            "submit_credit_limit_increase_request" => {
                let row = json!({"credit_card_account_id": credit, "submitted_date": TODAY, "status": "SUBMITTED"});
                self.add("credit_limit_increase_requests", "request_id", request, row);
            }
            "submit_cash_back_dispute" => {
                let status = if self.approves_at_once() { "APPROVED" } else { "SUBMITTED" };
                let row = json!({"transaction_id": request.at("transaction_id"), "user_id": user, "status": status});
                self.add("cash_back_disputes", "dispute_id", request, row);
            }
            "submit_referral" | "get_referral_link" => {
                let kind = match request.at("card_name") {
                    Value::Null => request.at("account_type"),
                    name => name,
                };
                let row = json!({"referrer_id": user, "referred_account_type": kind, "referral_status": "NO_PROGRESS", "date": TODAY});
                self.add("referrals", "referral_id", request, row);
            }
            _ => {}
        }
    }

    /// Adds a row under the name that the annotation gives it, or under the next number.
    fn add(&mut self, table: &str, key: &str, request: &Value, row: Value) {
        let id = match request.at("as").as_str() {
            Some(name) => name.to_owned(),
            None => format!("made-{}", self.made.len()),
        };
        let mut row = row;
        if let Some(members) = row.as_object_mut() {
            members.insert(key.to_owned(), json!(id));
        }
        self.made.push(id.clone());
        let Some(tables) = self.tables.as_object_mut() else { return };
        let known = tables.entry(table).or_insert_with(|| json!({"data": {}}));
        if let Some(rows) = known.get_mut("data").and_then(Value::as_object_mut) {
            rows.insert(id, row);
        }
    }

    /// Writes a column of a row.
    fn change(&mut self, table: &str, id: &Value, column: &str, value: Value) {
        let row =
            self.tables.get_mut(table).and_then(|table| table.get_mut("data")?.get_mut(id.words()));
        if let Some(row) = row.and_then(Value::as_object_mut) {
            row.insert(column.to_owned(), value);
        }
    }

    /// Puts money into an account, or takes it out.
    fn pay(&mut self, id: &Value, cents: i64) {
        let had = self.row("accounts", id).at("current_holdings").cents().unwrap_or(0);
        self.change("accounts", id, "current_holdings", json!(dollars(had + cents)));
    }
}

fn dollars(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}
