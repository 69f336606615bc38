//! Spike: a bad batch of seals makes many customers ask for their money on the same day.
//!
//! - In: a stage with a customer that got the batch.
//! - Out: an order, a chat and a ticket on the day of the spike, and the credit afterwards.
//! - Never: a sign before the day, other than the orders themselves.

use crate::emit::service::Matter;
use crate::sheet::money;
use crate::stage::Stage;
use crate::stories::Told;
use crate::text::{Reply, Topic};
use crate::words::products::BAD_SEAL;

/// The day on which the seals fail: a Tuesday about halfway through a long window.
pub(crate) fn day(days: i64) -> i64 {
    let halfway = days * 55 / 100;
    (halfway - halfway % 7 + 1).min((days - 2).max(0))
}

pub(crate) fn refund(stage: &mut Stage<'_>) -> Told {
    let contact = stage.contact();
    let units = stage.rng.range(6, 12);
    let order = stage.order(&BAD_SEAL, units);
    stage.days(0, 1);
    stage.order_moves(&order, "shipped");
    stage.days(1, 2);
    stage.order_moves(&order, "delivered");
    let bill = stage.invoice(order.amount, 30);
    let gap = day(stage.cast.days) - stage.now.window_day();
    if gap > 0 {
        stage.days(gap, gap);
    }
    let mut about = stage.facts(&contact, &BAD_SEAL);
    about.order = order.id.clone();
    about.invoice = bill.id.clone();
    about.amount = format!("{} {}", money(order.amount), stage.account.country.currency);
    let mut talk = stage.conversation(&contact);
    stage.says(&mut talk, Topic::Refund, &about, -520);
    stage.answers(&talk, Reply::Ask, &about);
    stage.says(&mut talk, Topic::Refund, &about, -610);
    if stage.rng.chance(300) {
        stage.says(&mut talk, Topic::Supervisor, &about, -720);
    }
    stage.answers(&talk, Reply::HandOver, &about);
    let matter = Matter { category: "other", priority: "high", topics: &[Topic::Refund] };
    let mut ticket = stage.ticket(&contact, &matter, &about);
    ticket.tags.push("refund");
    stage.minutes(40, 700);
    stage.ticket_moves(&mut ticket, "open");
    stage.minutes(5, 50);
    stage.invoice_moves(&bill, "disputed");
    stage.days(2, 5);
    stage.replies(&contact, "support_agent", &[Reply::Apology, Reply::FixCredit], &about, None);
    stage.minutes(5, 50);
    ticket.score = if stage.rng.chance(600) { "good" } else { "offered" };
    stage.ticket_moves(&mut ticket, "solved");
    Told { ending: "refunded", subject: ticket.id.to_string() }
}
