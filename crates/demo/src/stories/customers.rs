//! Customers: a wrong invoice, a missing part, and a customer that wants more.
//!
//! - In: a stage with a customer.
//! - Out: the rows of an ordinary problem that an agent can solve, or nearly.
//! - Never: a refund nobody asked for.

use crate::emit::erp::Clause;
use crate::emit::service::Matter;
use crate::sheet::money;
use crate::stage::Stage;
use crate::stories::Told;
use crate::text::{Reply, Topic};
use crate::words::products::BUYING_ASSETS;

pub(crate) fn billing(stage: &mut Stage<'_>) -> Told {
    let contact = stage.contact();
    let part = stage.part();
    let units = stage.rng.range(2, 16);
    let order = stage.order(part, units);
    stage.days(1, 2);
    stage.order_moves(&order, "shipped");
    stage.beat(180);
    stage.order_moves(&order, "delivered");
    let wrong = stage.invoice(order.amount * 2, 14);
    let mut about = stage.facts(&contact, part);
    about.order = order.id.clone();
    about.invoice = wrong.id.clone();
    about.amount = format!("{} {}", money(wrong.amount), stage.account.country.currency);
    stage.beat(320);
    let letter = stage.writes(&contact, &[Topic::Billing], &about, None);
    stage.minutes(20, 300);
    let matter =
        Matter { category: "incorrect_billing", priority: "normal", topics: &[Topic::Billing] };
    let mut ticket = stage.ticket(&contact, &matter, &about);
    stage.minutes(5, 40);
    stage.invoice_moves(&wrong, "disputed");
    stage.minutes(120, 1_300);
    stage.ticket_moves(&mut ticket, "pending");
    let quick = stage.rng.chance(620);
    if !quick {
        stage.replies(&contact, "finance_analyst", &[Reply::Deny], &about, Some(&letter));
        stage.beat(600);
        let mut talk = stage.conversation(&contact);
        stage.says(&mut talk, Topic::Billing, &about, -380);
        stage.answers(&talk, Reply::Delay, &about);
        stage.says(&mut talk, Topic::NoReply, &about, -520);
        stage.answers(&talk, Reply::HandOver, &about);
        stage.ticket_breaches(&mut ticket);
    }
    stage.beat(if quick { 480 } else { 780 });
    stage.replies(&contact, "finance_analyst", &[Reply::FixCredit], &about, Some(&letter));
    let right = stage.invoice(order.amount, 14);
    stage.minutes(10, 60);
    ticket.score = if quick { "good" } else { "offered" };
    stage.ticket_moves(&mut ticket, "solved");
    stage.beat(1000);
    stage.invoice_moves(&right, "paid");
    stage.ticket_moves(&mut ticket, "closed");
    Told { ending: if quick { "solved" } else { "late" }, subject: ticket.id.to_string() }
}

pub(crate) fn missing_part(stage: &mut Stage<'_>) -> Told {
    let contact = stage.contact();
    let part = stage.part();
    let order = stage.order(part, 2);
    stage.days(0, 1);
    stage.order_moves(&order, "shipped");
    stage.beat(330);
    stage.order_moves(&order, "delivered");
    let mut about = stage.facts(&contact, part);
    about.order = order.id.clone();
    stage.minutes(60, 400);
    let matter =
        Matter { category: "missing_part", priority: "normal", topics: &[Topic::MissingPart] };
    let mut ticket = stage.ticket(&contact, &matter, &about);
    stage.minutes(5, 30);
    let mut talk = stage.conversation(&contact);
    stage.says(&mut talk, Topic::MissingPart, &about, -160);
    stage.answers(&talk, Reply::Greet, &about);
    stage.answers(&talk, Reply::FixPart, &about);
    stage.says(&mut talk, Topic::Thanks, &about, 480);
    stage.answers(&talk, Reply::Close, &about);
    stage.ticket_moves(&mut ticket, "pending");
    let again = stage.order(part, 1);
    stage.days(1, 1);
    stage.order_moves(&again, "shipped");
    stage.days(1, 2);
    stage.order_moves(&again, "delivered");
    stage.minutes(30, 300);
    ticket.score = "good";
    stage.ticket_moves(&mut ticket, "solved");
    stage.survey(&contact, "csat", 5);
    Told { ending: "solved", subject: ticket.id.to_string() }
}

pub(crate) fn expansion(stage: &mut Stage<'_>) -> Told {
    let chief = stage.chief();
    let part = stage.part();
    let mut about = stage.facts(&chief, part);
    for percent in [12, 22, 35] {
        stage.usage("active_users", percent);
        stage.days(2, 5);
    }
    stage.engages(&chief, BUYING_ASSETS);
    stage.beat(300);
    let asked = stage.writes(&chief, &[Topic::Renewal], &about, None);
    stage.minutes(60, 400);
    let mut deal = stage.deal();
    about.amount = format!("{} {}", money(deal.amount), stage.account.country.currency);
    stage.minutes(5, 30);
    stage.replies(&chief, "account_executive", &[Reply::Rep], &about, Some(&asked));
    deal.met = true;
    stage.beat(450);
    stage.meets("account_executive", "qbr", (2, 7));
    stage.deal_moves(&mut deal, "proposal", 15);
    stage.engages(&chief, BUYING_ASSETS);
    stage.beat(650);
    let contract = stage.contract();
    for clause in ["sla_credit", "exclusivity", "liability_cap"] {
        let deviates = stage.rng.chance(700);
        stage.clause(&contract, &Clause { clause, deviates, value: deal.amount });
        stage.minutes(1, 3);
    }
    stage.procures(&deal, "legal_review", 8);
    stage.beat(800);
    stage.deal_moves(&mut deal, "negotiation", 5);
    stage.beat(1000);
    let won = stage.rng.chance(700);
    stage.deal_moves(&mut deal, if won { "won" } else { "lost" }, 0);
    Told { ending: if won { "won" } else { "lost" }, subject: deal.id }
}
