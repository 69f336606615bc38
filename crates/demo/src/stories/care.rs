//! Care: equipment that fails, and warranty claims that are refused.
//!
//! - In: a stage with a customer.
//! - Out: telemetry, tickets, chats, visits, and a complaint where it came to one.
//! - Never: words of danger without an urgent ticket.

use crate::emit::service::Matter;
use crate::sheet::money;
use crate::stage::Stage;
use crate::stories::Told;
use crate::text::{Facts, Reply, Topic};

pub(crate) fn malfunction(stage: &mut Stage<'_>) -> Told {
    let contact = stage.contact();
    let part = stage.wet_part();
    let about = stage.facts(&contact, part);
    let dangerous = stage.rng.chance(650);
    for percent in [40, 130, 310] {
        stage.usage("api_errors", percent);
        stage.days(1, 2);
    }
    stage.beat(300);
    if stage.rng.chance(400) {
        stage.night();
    }
    let topics: &[Topic] =
        if dangerous { &[Topic::Malfunction, Topic::Safety] } else { &[Topic::Malfunction] };
    let priority = if dangerous { "urgent" } else { "high" };
    let matter = Matter { category: "equipment_malfunction", priority, topics };
    let mut ticket = stage.ticket(&contact, &matter, &about);
    if dangerous {
        ticket.tags.push("safety");
    }
    stage.minutes(2, 15);
    let mut talk = stage.conversation(&contact);
    stage.says(&mut talk, Topic::Malfunction, &about, -420);
    stage.answers(&talk, Reply::Ask, &about);
    let worry = if dangerous { Topic::Safety } else { Topic::Malfunction };
    stage.says(&mut talk, worry, &about, -640);
    if dangerous || stage.rng.chance(400) {
        stage.says(&mut talk, Topic::Supervisor, &about, -700);
    }
    stage.answers(&talk, Reply::HandOver, &about);
    let slow = stage.rng.chance(380);
    stage.minutes(if slow { 80 } else { 6 }, if slow { 420 } else { 48 });
    stage.ticket_moves(&mut ticket, "open");
    let spare = stage.order(part, 1);
    stage.days(1, 2);
    stage.order_moves(&spare, "shipped");
    stage.beat(700);
    stage.order_moves(&spare, "delivered");
    if slow && stage.rng.chance(600) {
        stage.writes(&contact, &[Topic::Malfunction, Topic::Complaint], &about, None);
        stage.minutes(5, 30);
        stage.outcome("case", &ticket.id.to_string(), "formal_complaint");
    }
    stage.beat(850);
    stage.ticket_moves(&mut ticket, "solved");
    stage.usage("api_errors", 5);
    stage.days(1, 3);
    let score = if slow { 2 } else { 4 };
    stage.survey(&contact, "csat", score);
    ticket.score = if slow { "bad" } else { "good" };
    stage.ticket_moves(&mut ticket, "closed");
    Told { ending: if slow { "complaint" } else { "solved" }, subject: ticket.id.to_string() }
}

pub(crate) fn warranty(stage: &mut Stage<'_>) -> Told {
    let contact = stage.contact();
    let part = stage.wet_part();
    let mut about = stage.facts(&contact, part);
    let repair = part.cents * stage.rng.range(2, 9);
    about.amount = format!("{} {}", money(repair), stage.account.country.currency);
    let matter =
        Matter { category: "warranty_dispute", priority: "normal", topics: &[Topic::Warranty] };
    let mut ticket = stage.ticket(&contact, &matter, &about);
    stage.minutes(90, 900);
    stage.ticket_moves(&mut ticket, "pending");
    stage.beat(200);
    stage.replies(&contact, "support_agent", &[Reply::Deny], &about, None);
    stage.minutes(2, 30);
    stage.ticket_moves(&mut ticket, "solved");
    stage.beat(330);
    let bill = stage.invoice(repair, 14);
    about.invoice = bill.id.clone();
    stage.days(1, 3);
    stage.ticket_moves(&mut ticket, "open");
    stage.invoice_moves(&bill, "disputed");
    let mut talk = stage.conversation(&contact);
    stage.says(&mut talk, Topic::Warranty, &about, -480);
    stage.answers(&talk, Reply::Deny, &about);
    stage.says(&mut talk, Topic::Supervisor, &about, -660);
    stage.answers(&talk, Reply::HandOver, &about);
    stage.beat(620);
    ticket.priority = "high";
    stage.ticket_moves(&mut ticket, "open");
    if stage.rng.chance(450) {
        return refused(stage, &about, ticket);
    }
    stage.beat(800);
    stage.replies(&contact, "escalation_manager", &[Reply::Apology], &about, None);
    let spare = stage.order(part, 1);
    stage.days(1, 2);
    stage.order_moves(&spare, "shipped");
    stage.days(1, 3);
    stage.order_moves(&spare, "delivered");
    stage.beat(1000);
    ticket.score = "good";
    stage.ticket_moves(&mut ticket, "solved");
    stage.survey(&contact, "csat", 4);
    Told { ending: "solved", subject: ticket.id.to_string() }
}

fn refused(stage: &mut Stage<'_>, about: &Facts, mut ticket: crate::emit::service::Ticket) -> Told {
    let chief = stage.chief();
    stage.beat(760);
    stage.writes(&chief, &[Topic::Warranty, Topic::Complaint], about, None);
    stage.minutes(5, 40);
    stage.outcome("case", &ticket.id.to_string(), "formal_complaint");
    stage.days(1, 4);
    stage.ticket_breaches(&mut ticket);
    stage.survey(&chief, "nps", 2);
    Told { ending: "complaint", subject: ticket.id.to_string() }
}
