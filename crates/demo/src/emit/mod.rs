//! Emit: the events of a story as rows of the export they would appear in.
//!
//! - In: a [`Stage`](crate::stage::Stage) and a thing that changes (a deal, a ticket, an order).
//! - Out: one row for every change.
//! - Never: decides what happens; stories do.

pub(crate) mod billing;
pub(crate) mod crm;
pub(crate) mod erp;
pub(crate) mod mail;
pub(crate) mod meetings;
pub(crate) mod service;
