//! CRM: accounts, deals, engagement and procurement steps.
//!
//! - In: a stage and what changed.
//! - Out: rows of `accounts.csv`, `deals.csv`, `engagement.csv`, `procurement.csv`.
//! - Never: a deal that moves after it was won or lost.

use crate::accounts::{Account, Contact, crm_id};
use crate::sheet::{Export, Sheets, csv, money};
use crate::stage::Stage;
use crate::time::At;

/// A deal as the CRM shows it at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    pub(crate) id: String,
    pub(crate) stage: &'static str,
    pub(crate) amount: i64,
    pub(crate) fit: i64,
    pub(crate) met: bool,
    currency: &'static str,
    owner: String,
}

fn probability(stage: &str) -> i64 {
    match stage {
        "qualification" => 10,
        "discovery" => 25,
        "proposal" => 45,
        "negotiation" => 70,
        "won" => 100,
        _ => 0,
    }
}

/// The row of an account as it stands.
pub(crate) fn account_row(account: &Account, sheets: &mut Sheets, at: At) {
    let flag = |yes: bool| if yes { "true" } else { "false" };
    let row = csv(&[
        &account.id,
        &account.name,
        &account.domain,
        account.industry,
        &account.employees.to_string(),
        &money(account.revenue),
        account.country.currency,
        account.country.code,
        account.country.region,
        account.tier,
        flag(account.strategic),
        if account.customer { "customer" } else { "prospect" },
        &account.renewal.map(At::date).unwrap_or_default(),
        &account.owner,
        &at.iso(),
    ]);
    sheets.add(Export::Accounts, at, row);
}

impl Stage<'_> {
    /// An account row that replaces the earlier one.
    pub(crate) fn account_changes(&mut self, change: impl FnOnce(&mut Account)) {
        self.stamp();
        let mut account = self.account.clone();
        change(&mut account);
        account_row(&account, &mut self.books.sheets, self.now);
    }

    /// A deal of a size that fits the account, in its first stage.
    pub(crate) fn deal(&mut self) -> Deal {
        let thousands = match self.account.tier {
            "enterprise" => self.rng.range(90, 420),
            "mid" => self.rng.range(28, 150),
            _ => self.rng.range(4, 45),
        };
        let number = self.books.number("deal");
        let deal = Deal {
            id: crm_id("006", number),
            stage: "qualification",
            amount: thousands * 100_000,
            fit: self.rng.range(28, 62),
            met: false,
            currency: self.account.country.currency,
            owner: self.account.owner.clone(),
        };
        self.deal_row(&deal);
        deal
    }

    fn deal_row(&mut self, deal: &Deal) {
        self.stamp();
        let jitter = if matches!(deal.stage, "won" | "lost") { 0 } else { self.rng.range(-5, 9) };
        let row = csv(&[
            &deal.id,
            &self.account.id,
            deal.stage,
            &money(deal.amount),
            deal.currency,
            &(probability(deal.stage) + jitter).to_string(),
            &deal.fit.to_string(),
            if deal.met { "true" } else { "false" },
            &deal.owner,
            &self.now.iso(),
        ]);
        self.books.sheets.add(Export::Deals, self.now, row);
    }

    /// The deal enters a stage; its size moves by this many percent.
    pub(crate) fn deal_moves(&mut self, deal: &mut Deal, stage: &'static str, percent: i64) {
        deal.stage = stage;
        deal.amount = (deal.amount * (100 + percent) / 100 / 10_000 * 10_000).max(100_000);
        self.deal_row(deal);
        if matches!(stage, "won" | "lost") {
            let id = deal.id.clone();
            self.minutes(1, 9);
            self.outcome("deal", &id, stage);
        }
    }

    /// Somebody of the account looks at something of ours.
    pub(crate) fn engages(&mut self, contact: &Contact, assets: &[(&str, &str, i64)]) {
        self.stamp();
        let Some((channel, asset, score)) = self.rng.pick(assets).copied() else { return };
        let score = (score + self.rng.range(-2, 3)).max(0).to_string();
        let at = self.now.iso();
        let row = csv(&[&self.account.domain, &contact.email, channel, asset, &score, &at]);
        self.books.sheets.add(Export::Engagement, self.now, row);
    }

    pub(crate) fn procures(&mut self, deal: &Deal, stage: &str, days: i64) {
        self.stamp();
        let at = self.now.iso();
        let row = csv(&[&self.account.id, &deal.id, stage, &days.to_string(), &at]);
        self.books.sheets.add(Export::Procurement, self.now, row);
    }

    pub(crate) fn outcome(&mut self, subject: &str, id: &str, outcome: &str) {
        self.stamp();
        let row = csv(&[subject, id, &self.account.id, outcome, &self.now.iso()]);
        self.books.sheets.add(Export::Outcomes, self.now, row);
    }
}
