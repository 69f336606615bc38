//! Referrals and applications.
//!
//! - In: the referrals of the database, the programmes and cards of the documents, the claims of a request.
//! - Out: facts under `referral` and `apply`.
//! - Never: counts a referral that was rejected.

use super::{Bank, Known, TODAY, days};
use crate::tau2::data::Reading;
use crate::tau2::day::Day;
use serde_json::{Value, json};

impl Bank {
    /// What a referral depends on.
    pub(super) fn referral(&self, user: &str, request: &Value, known: &mut Known<'_>) {
        let name = match request.at("card_name") {
            Value::Null => request.at("account_type").words(),
            name => name.words(),
        };
        let programme = self.products.at("referrals").at(&name);
        known.set("referral.known", json!(programme.is_object()));
        known.set("referral.kind", json!(programme.at("kind").as_str().unwrap_or("none")));
        let until = Day::read(&programme.at("until").words());
        known.set("referral.running", json!(until.is_none_or(|until| TODAY <= until)));
        let counted = |row: &&Value| {
            ["COMPLETE", "IN_PROGRESS", "APPLIED", "NO_PROGRESS"]
                .iter()
                .any(|status| row.at("referral_status").says(status))
        };
        let mine: Vec<_> =
            self.where_is("referrals", "referrer_id", user).filter(counted).collect();
        let window = if programme.at("kind").says("card") { 7 } else { 9 };
        let recent =
            mine.iter().filter(|row| days(row.at("date")).is_some_and(|days| days < window));
        known.set("referral.in_window", json!(recent.count()));
        let year = |row: &Value| row.at("date").words().ends_with("/2025");
        let same =
            mine.iter().filter(|row| row.at("referred_account_type").words() == name && year(row));
        let room =
            programme.at("per_year").as_u64().is_some_and(|most| (same.count() as u64) < most);
        known.set("referral.room", json!(room));
        let checking = self
            .where_is("accounts", "user_id", user)
            .filter(|one| one.at("class").words().ends_with("checking"));
        let tenure = checking.filter_map(|one| days(one.at("date_opened"))).max().unwrap_or(0);
        known.set(
            "referral.tenure",
            json!(programme.at("tenure").as_i64().is_none_or(|needed| tenure >= needed)),
        );
        let terms = ["bonus", "spend", "days"].iter();
        let terms = terms
            .into_iter()
            .all(|term| request.at(term).is_null() || request.at(term) == programme.at(term));
        known.set("referral.terms", json!(terms));
        known.set("referral.eligible", json!(request.at("eligible") != &json!(false)));
    }

    /// What an application for a credit card depends on. Where the agent's advice decides which card, nothing
    /// is known against it.
    pub(super) fn application(&self, request: &Value, known: &mut Known<'_>) {
        let card = self.card_product(&request.at("card_type").words());
        let has = |claim: &str| request.at(claim) == &json!(true);
        let needs = |what: &str| card.at(what) == &json!(true);
        known.set("apply.subscription", json!(!needs("subscription") || has("subscription")));
        known.set("apply.invited", json!(!needs("invitation") || has("invited")));
        let score = request.at("score").as_i64().zip(card.at("score").as_i64());
        known.set("apply.score", json!(score.is_none_or(|(score, least)| score >= least)));
    }
}
