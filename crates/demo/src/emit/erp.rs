//! ERP: orders, contract clauses and the telemetry of the product.
//!
//! - In: a stage and what changed.
//! - Out: rows of `orders.csv`, `contracts.jsonl`, `usage.csv`.
//! - Never: a delivery before its shipment.

use crate::sheet::{Export, Json, csv, money};
use crate::stage::Stage;
use crate::time::{At, DAY};
use crate::words::products::Part;

/// An order as the ERP shows it at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) promised: At,
    part: &'static str,
    delay: i64,
}

/// What a clause is, and how it stands to our standard text.
pub(crate) struct Clause {
    pub(crate) clause: &'static str,
    pub(crate) deviates: bool,
    /// Minor units; zero when the clause names no amount.
    pub(crate) value: i64,
}

/// Every clause with the section it has in our contracts.
pub(crate) const CLAUSES: &[(&str, &str)] = &[
    ("termination_for_convenience", "12.3"),
    ("liability_cap", "11.1"),
    ("sla_credit", "7.2"),
    ("auto_renewal", "12.1"),
    ("data_residency", "9.4"),
    ("exclusivity", "14.2"),
];

impl Stage<'_> {
    pub(crate) fn order(&mut self, part: &'static Part, units: i64) -> Order {
        // A large customer orders for several lines at once.
        let units = match self.account.tier {
            "enterprise" => units * self.rng.range(6, 20),
            "mid" => units * self.rng.range(2, 5),
            _ => units,
        };
        let number = self.books.number("order");
        let promised = self.now.plus(self.rng.range(4, 12) * DAY);
        let id = format!("SO-{}", 204_810 + number);
        let order = Order { id, amount: part.cents * units, promised, part: part.number, delay: 0 };
        self.order_row(&order, "placed");
        order
    }

    fn order_row(&mut self, order: &Order, status: &str) {
        self.stamp();
        let row = csv(&[
            &order.id,
            &self.account.id,
            status,
            order.part,
            &money(order.amount),
            self.account.country.currency,
            &order.promised.date(),
            &order.delay.to_string(),
            &self.now.iso(),
        ]);
        self.books.sheets.add(Export::Orders, self.now, row);
    }

    pub(crate) fn order_moves(&mut self, order: &Order, status: &str) {
        self.order_row(order, status);
    }

    /// The promise moves by so many more days; `promised_at` keeps the first promise.
    pub(crate) fn order_slips(&mut self, order: &mut Order, days: i64) {
        order.delay += days;
        self.order_row(order, "delayed");
    }

    pub(crate) fn contract(&mut self) -> String {
        format!("CTR-{:05}", 3_100 + self.books.number("contract"))
    }

    pub(crate) fn clause(&mut self, contract: &str, clause: &Clause) {
        self.stamp();
        let section = CLAUSES.iter().find(|(name, _)| *name == clause.clause);
        let section = section.map_or("0.0", |(_, section)| section);
        let value = if clause.value == 0 { "null".to_owned() } else { money(clause.value) };
        let effective = self.now.plus(self.rng.range(-40, 30) * DAY).date();
        let row = Json::new()
            .text("contract_id", contract)
            .text("account_id", &self.account.id)
            .text("clause_id", &format!("{contract}/{section}"))
            .text("clause", clause.clause)
            .raw("deviates_from_standard", if clause.deviates { "true" } else { "false" })
            .raw("value", &value)
            .text("currency", self.account.country.currency)
            .text("effective_at", &effective)
            .text("extracted_at", &self.now.iso());
        self.books.sheets.add(Export::Contracts, self.now, row.end());
    }

    /// One reading of the product's telemetry, this many percent away from what is usual.
    pub(crate) fn usage(&mut self, metric: &str, percent: i64) {
        self.stamp();
        let usual = match metric {
            "active_users" => self.account.users,
            "exports" => self.account.users * 3,
            _ => 4 + self.account.users / 2,
        };
        let value = (usual * (100 + percent) / 100).max(0);
        let change = (value - usual) * 100 / usual.max(1);
        let (value, change) = (value.to_string(), change.to_string());
        let row = csv(&[&self.account.id, metric, &value, &change, &self.now.iso()]);
        self.books.sheets.add(Export::Usage, self.now, row);
    }
}
