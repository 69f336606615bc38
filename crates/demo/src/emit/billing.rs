//! Billing: invoices from issue to payment, or to dispute.
//!
//! - In: a stage and what changed.
//! - Out: rows of `invoices.csv`.
//! - Never: days overdue on an invoice that is not.

use crate::sheet::{Export, csv, money};
use crate::stage::Stage;
use crate::time::{At, DAY};

/// An invoice as billing shows it at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) amount: i64,
    due: At,
}

impl Stage<'_> {
    pub(crate) fn invoice(&mut self, amount: i64, days_to_pay: i64) -> Invoice {
        let id = format!("INV-2026-{:06}", 4_400 + self.books.number("invoice"));
        let invoice = Invoice { id, amount, due: self.now.plus(days_to_pay * DAY) };
        self.invoice_moves(&invoice, "issued");
        invoice
    }

    pub(crate) fn invoice_moves(&mut self, invoice: &Invoice, status: &str) {
        self.stamp();
        let late = (self.now.0 - invoice.due.0) / DAY;
        let overdue = if status == "overdue" { late.max(1) } else { 0 };
        let row = csv(&[
            &invoice.id,
            &self.account.id,
            &money(invoice.amount),
            self.account.country.currency,
            &invoice.due.date(),
            status,
            &overdue.to_string(),
            &self.now.iso(),
        ]);
        self.books.sheets.add(Export::Invoices, self.now, row);
    }
}
