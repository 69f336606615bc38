//! Prospects: one grows ready for a conversation between executives, one only seems to.
//!
//! - In: a stage with a prospect.
//! - Out: engagement, a deal with its history, mails, meetings, procurement, clauses.
//! - Never: a signature before the legal review.

use crate::accounts::Contact;
use crate::emit::crm::Deal;
use crate::emit::erp::Clause;
use crate::sheet::money;
use crate::stage::Stage;
use crate::stories::Told;
use crate::text::{Facts, Reply, Topic};
use crate::words::products::{ASSETS, BUYING_ASSETS, PARTS, SYSTEMS};

fn curiosity(stage: &mut Stage<'_>, contact: &Contact, visits: i64, buying: usize) {
    for _ in 0..visits {
        let assets = if stage.rng.chance(buying) { BUYING_ASSETS } else { ASSETS };
        stage.engages(contact, assets);
        if stage.rng.chance(350) {
            stage.days(1, 2)
        } else {
            stage.minutes(2, 40)
        };
    }
}

/// Facts with the size of the deal, which offers mention.
fn facts(stage: &mut Stage<'_>, contact: &Contact, deal: &Deal) -> Facts {
    let amount = format!("{} {}", money(deal.amount), stage.account.country.currency);
    let part = PARTS.first().unwrap_or(&crate::words::products::BAD_SEAL);
    Facts { amount, ..stage.facts(contact, part) }
}

/// Everything up to the proposal; both prospects live it.
fn courtship(stage: &mut Stage<'_>, user: &Contact) -> Deal {
    let visits = stage.rng.range(2, 4);
    curiosity(stage, user, visits, 80);
    stage.beat(140);
    let mut deal = stage.deal();
    let about = facts(stage, user, &deal);
    stage.beat(200);
    let asked = stage.writes(user, &[Topic::Pricing], &about, None);
    stage.minutes(50, 400);
    stage.replies(user, "account_executive", &[Reply::Rep], &about, Some(&asked));
    stage.beat(280);
    stage.meets("account_executive", "demo", (2, 6));
    deal.fit += stage.rng.range(6, 16);
    stage.deal_moves(&mut deal, "discovery", 0);
    stage.beat(370);
    curiosity(stage, user, 2, 400);
    deal
}

pub(crate) fn ripening(stage: &mut Stage<'_>) -> Told {
    let user = stage.contact();
    let chief = stage.chief();
    let mut deal = courtship(stage, &user);
    stage.beat(430);
    let days = stage.rng.range(2, 9);
    stage.procures(&deal, "rfi", days);
    growing(stage, &mut deal, &chief);
    let about = facts(stage, &chief, &deal);
    stage.beat(640);
    let wish = stage.writes(&chief, &[Topic::Executive], &about, None);
    stage.minutes(35, 300);
    stage.replies(&chief, "account_executive", &[Reply::RepExecutive], &about, Some(&wish));
    stage.minutes(10, 60);
    let title = match chief.title {
        "CFO" => "cfo",
        "CTO" => "cto",
        _ => *stage.rng.pick(&["ceo", "cro"]).unwrap_or(&"ceo"),
    };
    let brief = stage.meets(title, "exec_brief", (3, 9));
    stage.beat(720);
    deal.met = true;
    stage.deal_moves(&mut deal, "negotiation", 8);
    terms(stage, &deal);
    stage.beat(820);
    curiosity(stage, &chief, 2, 900);
    let lost = stage.rng.chance(220);
    if let (true, Some(brief)) = (lost, brief) {
        stage.minutes(10, 90);
        stage.cancels(&brief);
    }
    decide(stage, &mut deal, &chief, lost)
}

/// From a request for information to a proposal that grows.
fn growing(stage: &mut Stage<'_>, deal: &mut Deal, chief: &Contact) {
    stage.beat(480);
    deal.fit = (deal.fit + stage.rng.range(10, 22)).min(96);
    let percent = stage.rng.range(10, 35);
    stage.deal_moves(deal, "proposal", percent);
    let visits = stage.rng.range(3, 6);
    curiosity(stage, chief, visits, 800);
    stage.beat(560);
    let days = stage.rng.range(6, 14);
    stage.procures(deal, "rfp", days);
    stage.beat(600);
    deal.met = true;
    deal.fit = (deal.fit + stage.rng.range(4, 12)).min(97);
    let percent = stage.rng.range(5, 30);
    stage.deal_moves(deal, "proposal", percent);
}

/// Security, legal and the clauses they argue about.
fn terms(stage: &mut Stage<'_>, deal: &Deal) {
    let lawyer = stage.contact();
    let about = facts(stage, &lawyer, deal);
    stage.minutes(20, 200);
    let asked = stage.writes(&lawyer, &[Topic::Security], &about, None);
    let days = stage.rng.range(4, 11);
    stage.procures(deal, "security_review", days);
    stage.days(1, 2);
    stage.replies(&lawyer, "account_executive", &[Reply::RepAnswer], &about, Some(&asked));
    stage.beat(780);
    let contract = stage.contract();
    for (clause, permille) in [("liability_cap", 650), ("data_residency", 400), ("sla_credit", 300)]
    {
        let deviates = stage.rng.chance(permille);
        let value = if clause == "data_residency" { 0 } else { deal.amount * 3 / 2 };
        stage.clause(&contract, &Clause { clause, deviates, value });
        stage.minutes(1, 3);
    }
    let days = stage.rng.range(5, 16);
    stage.procures(deal, "legal_review", days);
}

fn decide(stage: &mut Stage<'_>, deal: &mut Deal, chief: &Contact, lost: bool) -> Told {
    let subject = deal.id.clone();
    if lost {
        stage.beat(960);
        let about = facts(stage, chief, deal);
        stage.writes(chief, &[Topic::OnHold], &about, None);
        stage.minutes(60, 600);
        stage.deal_moves(deal, "lost", 0);
        return Told { ending: "lost", subject };
    }
    if stage.rng.chance(280) {
        return Told { ending: "open", subject };
    }
    stage.beat(930);
    stage.procures(deal, "purchase_order", 2);
    stage.beat(1000);
    stage.deal_moves(deal, "won", 0);
    stage.minutes(5, 60);
    stage.account_changes(|account| account.customer = true);
    let system = stage.rng.pick(SYSTEMS).unwrap_or(&crate::words::products::BAD_SEAL);
    stage.days(1, 3);
    stage.order(system, 1);
    Told { ending: "won", subject }
}

pub(crate) fn stalled(stage: &mut Stage<'_>) -> Told {
    let user = stage.contact();
    let mut deal = courtship(stage, &user);
    stage.beat(480);
    let percent = stage.rng.range(-10, 15);
    stage.deal_moves(&mut deal, "proposal", percent);
    if stage.rng.chance(350) {
        stage.procures(&deal, "rfi", 9);
    }
    let visits = stage.rng.range(1, 3);
    curiosity(stage, &user, visits, 250);
    stage.beat(640);
    let about = facts(stage, &user, &deal);
    let nudge = stage.replies(&user, "account_executive", &[Reply::Rep], &about, None);
    stage.beat(760);
    let subject = deal.id.clone();
    if stage.rng.chance(400) {
        // Silence is an ending, too: nobody ever closes this deal.
        return Told { ending: "silent", subject };
    }
    stage.writes(&user, &[Topic::OnHold], &about, Some(&nudge));
    stage.beat(1000);
    let percent = stage.rng.range(-40, -10);
    stage.deal_moves(&mut deal, "lost", percent);
    Told { ending: "lost", subject }
}
