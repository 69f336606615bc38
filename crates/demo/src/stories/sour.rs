//! Sour: a customer lost step by step, or saved when somebody with authority steps in.
//!
//! - In: a stage with a customer.
//! - Out: a late order, falling moods, a reopened ticket, unpaid bills, a complaint, an outcome.
//! - Never: a happy ending without somebody having called.

use crate::accounts::Contact;
use crate::emit::billing::Invoice;
use crate::emit::erp::Order;
use crate::emit::service::{Matter, Ticket};
use crate::sheet::money;
use crate::stage::Stage;
use crate::stories::Told;
use crate::text::{Facts, Reply, Topic};
use crate::time::DAY;

pub(crate) fn sour(stage: &mut Stage<'_>) -> Told {
    let contact = stage.contact();
    let part = stage.part();
    let units = stage.rng.range(4, 30);
    let mut order = stage.order(part, units);
    let mut about = stage.facts(&contact, part);
    about.order = order.id.clone();
    about.date = order.promised.date();
    stage.beat(80);
    let invoice = stage.invoice(order.amount, 14);
    stage.beat(230);
    slips(stage, &mut order, &mut about, (4, 9));
    asks(stage, &contact, &about);
    let mut ticket = opens(stage, &contact, &about);
    stage.beat(430);
    slips(stage, &mut order, &mut about, (5, 14));
    stage.beat(480);
    stage.ticket_moves(&mut ticket, "open");
    stage.usage("active_users", -18);
    demands(stage, &contact, &about, &mut ticket);
    stage.beat(620);
    about.invoice = invoice.id.clone();
    about.amount = format!("{} {}", money(invoice.amount), stage.account.country.currency);
    stage.invoice_moves(&invoice, "overdue");
    let drop = -stage.rng.range(28, 60);
    stage.usage("active_users", drop);
    if stage.rng.chance(330) {
        return saved(stage, &contact, &about, (&order, &invoice, ticket));
    }
    lost(stage, &contact, &about, ticket)
}

fn slips(stage: &mut Stage<'_>, order: &mut Order, about: &mut Facts, days: (i64, i64)) {
    let days = stage.rng.range(days.0, days.1);
    stage.order_slips(order, days);
    let waiting = (stage.now.0 - order.promised.0) / DAY;
    about.days = waiting.max(days).to_string();
}

/// The first question, still civil.
fn asks(stage: &mut Stage<'_>, contact: &Contact, about: &Facts) {
    stage.minutes(30, 400);
    let mut talk = stage.conversation(contact);
    stage.says(&mut talk, Topic::Late, about, -180);
    stage.answers(&talk, Reply::Greet, about);
    stage.answers(&talk, Reply::Delay, about);
    stage.says(&mut talk, Topic::Late, about, -330);
    stage.answers(&talk, Reply::Delay, about);
}

/// A ticket that is closed too early.
fn opens(stage: &mut Stage<'_>, contact: &Contact, about: &Facts) -> Ticket {
    stage.beat(300);
    let matter = Matter { category: "other", priority: "normal", topics: &[Topic::Late] };
    let mut ticket = stage.ticket(contact, &matter, about);
    ticket.tags.push("late_delivery");
    let wait = if stage.rng.chance(550) { (500, 1_600) } else { (60, 420) };
    stage.minutes(wait.0, wait.1);
    stage.ticket_moves(&mut ticket, "pending");
    stage.beat(390);
    stage.ticket_moves(&mut ticket, "solved");
    ticket
}

/// The second conversation ends with the wish for somebody in charge.
fn demands(stage: &mut Stage<'_>, contact: &Contact, about: &Facts, ticket: &mut Ticket) {
    stage.beat(530);
    let mut talk = stage.conversation(contact);
    stage.says(&mut talk, Topic::NoReply, about, -560);
    stage.answers(&talk, Reply::Delay, about);
    stage.says(&mut talk, Topic::Late, about, -720);
    stage.answers(&talk, Reply::Delay, about);
    stage.says(&mut talk, Topic::Supervisor, about, -840);
    if stage.rng.chance(600) {
        stage.answers(&talk, Reply::HandOver, about);
    } else {
        stage.answers(&talk, Reply::Delay, about);
        stage.says(&mut talk, Topic::Supervisor, about, -920);
    }
    stage.minutes(5, 120);
    ticket.priority = "urgent";
    ticket.tags.push("escalation");
    stage.ticket_moves(ticket, "open");
    stage.minutes(60, 300);
    stage.ticket_breaches(ticket);
    stage.days(1, 2);
    let score = stage.rng.range(1, 2);
    stage.survey(contact, "csat", score);
}

fn saved(
    stage: &mut Stage<'_>,
    contact: &Contact,
    about: &Facts,
    (order, invoice, mut ticket): (&Order, &Invoice, Ticket),
) -> Told {
    stage.beat(680);
    stage.replies(contact, "cs_lead", &[Reply::Apology], about, None);
    stage.minutes(20, 90);
    stage.meets("cs_lead", "qbr", (1, 3));
    stage.beat(760);
    stage.order_moves(order, "shipped");
    stage.days(1, 3);
    stage.order_moves(order, "delivered");
    stage.minutes(60, 500);
    ticket.score = "good";
    stage.ticket_moves(&mut ticket, "solved");
    stage.days(1, 2);
    stage.invoice_moves(invoice, "paid");
    stage.writes(contact, &[Topic::Thanks], about, None);
    stage.beat(1000);
    stage.usage("active_users", -3);
    stage.survey(contact, "csat", 4);
    stage.ticket_moves(&mut ticket, "closed");
    Told { ending: "saved", subject: ticket.id.to_string() }
}

fn lost(stage: &mut Stage<'_>, contact: &Contact, about: &Facts, mut ticket: Ticket) -> Told {
    let subject = ticket.id.to_string();
    stage.beat(700);
    let chief = stage.chief();
    let complaint = stage.writes(&chief, &[Topic::Late, Topic::Complaint], about, None);
    stage.minutes(5, 40);
    stage.outcome("case", &subject, "formal_complaint");
    stage.days(1, 3);
    stage.replies(&chief, "escalation_manager", &[Reply::Apology], about, Some(&complaint));
    stage.survey(contact, "nps", 0);
    stage.beat(800);
    ticket.score = "bad";
    stage.ticket_moves(&mut ticket, "pending");
    if stage.rng.chance(450) {
        return Told { ending: "complaint", subject };
    }
    stage.beat(900);
    stage.writes(&chief, &[Topic::Churn], about, None);
    stage.minutes(60, 600);
    stage.outcome("case", &subject, "churned");
    stage.account_changes(|account| account.renewal = None);
    let end = stage.now;
    stage.books.ended.insert(stage.account.number, end);
    Told { ending: "churned", subject }
}
