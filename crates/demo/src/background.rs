//! Background: the ordinary days between the stories, until there are as many signals as asked for.
//!
//! - In: the cast, the books and how many signals there should be.
//! - Out: small episodes: an order that arrives, a question answered, a page read.
//! - Never: a formal complaint or a lost customer; those belong to stories.

use crate::accounts::Account;
use crate::emit::erp::{CLAUSES, Clause};
use crate::emit::service::Matter;
use crate::rng::Rng;
use crate::sheet::money;
use crate::stage::{Books, Cast, Stage};
use crate::text::{Reply, Topic};
use crate::time::business_day;
use crate::words::products::{ASSETS, BUYING_ASSETS};

type Episode = fn(&mut Stage<'_>);

const CUSTOMER: &[(usize, Episode)] = &[
    (20, delivery),
    (19, question),
    (15, small_ticket),
    (16, telemetry),
    (8, score),
    (5, clauses),
    (6, reading),
    (8, request),
    (3, review),
    (6, deal),
    (4, grumble),
];
const PROSPECT: &[(usize, Episode)] =
    &[(26, reading), (26, deal), (12, quotation), (10, demo), (12, sales_chat), (8, request)];

/// Adds episodes until the number of signals is reached.
pub(crate) fn fill(cast: &Cast, books: &mut Books, wanted: usize, rng: &mut Rng) {
    // Larger accounts do more: an enterprise appears six times in the hat.
    let mut hat: Vec<&Account> = Vec::new();
    for account in &cast.accounts {
        let times = match account.tier {
            "enterprise" => 6,
            "mid" => 3,
            _ => 1,
        };
        hat.extend(std::iter::repeat_n(account, times));
    }
    for attempt in 0..wanted.saturating_mul(4) {
        if books.sheets.signals() >= wanted {
            return;
        }
        let Some(account) = rng.pick(&hat).copied() else { return };
        let own = rng.fork(attempt as u64);
        episode(cast, account, books, own);
    }
}

fn episode(cast: &Cast, account: &Account, books: &mut Books, mut rng: Rng) {
    let day = business_day(&mut rng, cast.days, account.country.region == "eu");
    // Who left us does not order again; episodes last less than five weeks.
    if books.ended.get(&account.number).is_some_and(|end| day + 35 > end.window_day()) {
        return;
    }
    let episodes = if account.customer { CUSTOMER } else { PROSPECT };
    let weights: Vec<usize> = episodes.iter().map(|(weight, _)| *weight).collect();
    let chosen = rng.weighted(&weights);
    let mut stage = Stage::new(cast, account, books, rng, (day, 1));
    if let Some((_, play)) = episodes.get(chosen) {
        play(&mut stage);
    }
}

fn delivery(stage: &mut Stage<'_>) {
    let part = stage.part();
    let units = stage.rng.range(1, 14);
    let mut order = stage.order(part, units);
    if stage.rng.chance(25) {
        stage.minutes(30, 900);
        stage.order_moves(&order, "cancelled");
        return;
    }
    stage.days(1, 3);
    if stage.rng.chance(120) {
        let late = stage.rng.range(1, 4);
        stage.order_slips(&mut order, late);
        stage.days(2, 5);
    }
    stage.order_moves(&order, "shipped");
    stage.days(1, 4);
    stage.order_moves(&order, "delivered");
    stage.days(0, 2);
    let invoice = stage.invoice(order.amount, 14);
    if stage.rng.chance(90) {
        stage.days(16, 22);
        stage.invoice_moves(&invoice, "overdue");
        stage.days(2, 9);
    } else {
        stage.days(4, 14);
    }
    stage.invoice_moves(&invoice, "paid");
}

fn question(stage: &mut Stage<'_>) {
    let contact = stage.contact();
    let part = stage.part();
    let about = stage.facts(&contact, part);
    let mut talk = stage.conversation(&contact);
    let topic = if stage.rng.chance(800) { Topic::HowTo } else { Topic::Other };
    stage.says(&mut talk, topic, &about, 90);
    stage.answers(&talk, Reply::Greet, &about);
    if stage.rng.chance(300) {
        stage.answers(&talk, Reply::Ask, &about);
        stage.says(&mut talk, topic, &about, 40);
    }
    if stage.rng.chance(25) {
        // Some people simply prefer people; nothing is wrong.
        stage.says(&mut talk, Topic::Supervisor, &about, -120);
        stage.answers(&talk, Reply::HandOver, &about);
        return;
    }
    let answer = if topic == Topic::HowTo { Reply::FixHow } else { Reply::HandOver };
    stage.answers(&talk, answer, &about);
    stage.says(&mut talk, Topic::Thanks, &about, 520);
    if stage.rng.chance(500) {
        stage.answers(&talk, Reply::Close, &about);
    }
}

fn small_ticket(stage: &mut Stage<'_>) {
    let contact = stage.contact();
    let part = stage.wet_part();
    let mut about = stage.facts(&contact, part);
    let kinds: [(usize, &'static str, &'static str, &[Topic]); 5] = [
        (46, "how_to", "low", &[Topic::HowTo]),
        (22, "other", "low", &[Topic::Other]),
        (14, "missing_part", "normal", &[Topic::MissingPart]),
        (10, "incorrect_billing", "normal", &[Topic::Billing]),
        (8, "equipment_malfunction", "high", &[Topic::Malfunction]),
    ];
    let weights: Vec<usize> = kinds.iter().map(|kind| kind.0).collect();
    let chosen = stage.rng.weighted(&weights);
    let Some((_, category, priority, topics)) = kinds.get(chosen).copied() else { return };
    if matches!(category, "missing_part" | "incorrect_billing" | "other") {
        let order = stage.order(part, 3);
        about.order = order.id.clone();
        stage.days(1, 2);
        stage.order_moves(&order, "shipped");
        stage.days(1, 3);
        stage.order_moves(&order, "delivered");
        let invoice = stage.invoice(order.amount, 14);
        about.invoice = invoice.id.clone();
        about.amount = format!("{} {}", money(order.amount), stage.account.country.currency);
        stage.days(0, 2);
        if category == "incorrect_billing" {
            stage.invoice_moves(&invoice, "disputed");
            stage.minutes(5, 90);
        }
    }
    let mut ticket = stage.ticket(&contact, &Matter { category, priority, topics }, &about);
    let wait = if stage.rng.chance(60) { (480, 1_700) } else { (10, 210) };
    stage.minutes(wait.0, wait.1);
    stage.ticket_moves(&mut ticket, if stage.rng.clone().chance(500) { "open" } else { "pending" });
    if stage.rng.chance(150) {
        let kind = if category == "incorrect_billing" { Reply::FixCredit } else { Reply::FixPart };
        let kind = if category == "how_to" { Reply::FixHow } else { kind };
        stage.minutes(4, 40);
        stage.replies(&contact, "support_agent", &[kind], &about, None);
    }
    stage.days(0, 2);
    ticket.score = stage.rng.word(&["offered", "offered", "good", "good", "bad"]);
    stage.ticket_moves(&mut ticket, "solved");
    if stage.rng.chance(45) {
        stage.days(1, 2);
        stage.ticket_moves(&mut ticket, "open");
        stage.days(1, 2);
        stage.ticket_moves(&mut ticket, "solved");
    }
    stage.days(3, 5);
    stage.ticket_moves(&mut ticket, "closed");
}

fn telemetry(stage: &mut Stage<'_>) {
    let metric = stage.rng.word(&["active_users", "active_users", "exports", "api_errors"]);
    for _ in 0..stage.rng.range(2, 5) {
        let percent = stage.rng.range(-11, 13);
        stage.usage(metric, percent);
        stage.days(7, 7);
    }
}

fn score(stage: &mut Stage<'_>) {
    let contact = stage.contact();
    if stage.rng.chance(600) {
        let score = i64::try_from(stage.rng.weighted(&[0, 2, 5, 13, 40, 40])).unwrap_or(4);
        stage.survey(&contact, "csat", score);
    } else {
        let score = stage.rng.range(5, 10);
        stage.survey(&contact, "nps", score);
    }
}

fn clauses(stage: &mut Stage<'_>) {
    let contract = stage.contract();
    let value = stage.rng.range(10, 240) * 100_000;
    for (clause, _) in CLAUSES {
        if stage.rng.chance(750) {
            let deviates = stage.rng.chance(90);
            let named = matches!(*clause, "liability_cap" | "sla_credit" | "exclusivity");
            let value = if named { value } else { 0 };
            stage.clause(&contract, &Clause { clause, deviates, value });
            stage.minutes(0, 2);
        }
    }
}

fn reading(stage: &mut Stage<'_>) {
    let contact = stage.contact();
    for _ in 0..stage.rng.range(1, 4) {
        let assets = if stage.rng.chance(60) { BUYING_ASSETS } else { ASSETS };
        stage.engages(&contact, assets);
        stage.minutes(1, 25);
    }
}

fn request(stage: &mut Stage<'_>) {
    let contact = stage.contact();
    let part = stage.part();
    let about = stage.facts(&contact, part);
    let known = stage.account.customer;
    let topic = if known && stage.rng.chance(550) { Topic::HowTo } else { Topic::Security };
    let asked = stage.writes(&contact, &[topic], &about, None);
    if stage.rng.chance(650) {
        stage.minutes(20, 500);
        let (role, kind) = match topic {
            Topic::HowTo => ("support_agent", Reply::FixHow),
            _ => ("account_executive", Reply::RepAnswer),
        };
        stage.replies(&contact, role, &[kind], &about, Some(&asked));
    }
}

fn review(stage: &mut Stage<'_>) {
    let meeting = stage.meets("account_executive", "qbr", (4, 20));
    if let (Some(meeting), true) = (meeting, stage.rng.chance(120)) {
        stage.days(1, 3);
        stage.cancels(&meeting);
    }
}

fn demo(stage: &mut Stage<'_>) {
    stage.meets("account_executive", "demo", (2, 9));
}

fn deal(stage: &mut Stage<'_>) {
    let mut deal = stage.deal();
    let contact = stage.contact();
    for next in ["discovery", "proposal", "negotiation"] {
        if stage.rng.chance(270) {
            stage.days(5, 20);
            stage.deal_moves(&mut deal, "lost", 0);
            return;
        }
        if stage.rng.chance(250) {
            return;
        }
        stage.days(4, 16);
        deal.fit = (deal.fit + stage.rng.range(-3, 8)).clamp(5, 90);
        deal.met |= stage.rng.chance(180);
        let percent = stage.rng.range(-12, 8);
        stage.deal_moves(&mut deal, next, percent);
        stage.engages(&contact, ASSETS);
    }
    stage.days(2, 8);
    let days = stage.rng.range(1, 6);
    stage.procures(&deal, "purchase_order", days);
    stage.days(1, 5);
    stage.deal_moves(&mut deal, "won", 0);
    if !stage.account.customer {
        stage.minutes(5, 60);
        stage.account_changes(|account| account.customer = true);
    }
}

fn quotation(stage: &mut Stage<'_>) {
    let contact = stage.contact();
    let part = stage.part();
    let about = stage.facts(&contact, part);
    let asked = stage.writes(&contact, &[Topic::Pricing], &about, None);
    stage.minutes(40, 700);
    stage.replies(&contact, "account_executive", &[Reply::RepOffer], &about, Some(&asked));
}

fn sales_chat(stage: &mut Stage<'_>) {
    let contact = stage.contact();
    let part = stage.part();
    let about = stage.facts(&contact, part);
    let mut talk = stage.conversation(&contact);
    stage.says(&mut talk, Topic::Pricing, &about, 150);
    stage.answers(&talk, Reply::Greet, &about);
    if stage.rng.chance(500) {
        stage.says(&mut talk, Topic::Pricing, &about, 120);
    }
    stage.answers(&talk, Reply::RepOffer, &about);
    stage.says(&mut talk, Topic::Thanks, &about, 430);
}

/// A small annoyance that goes away: the counterweight to the stories that do not.
fn grumble(stage: &mut Stage<'_>) {
    let contact = stage.contact();
    let part = stage.part();
    let mut order = stage.order(part, 2);
    let mut about = stage.facts(&contact, part);
    about.order = order.id.clone();
    about.date = order.promised.date();
    stage.days(5, 8);
    let late = stage.rng.range(2, 4);
    stage.order_slips(&mut order, late);
    about.days = late.to_string();
    stage.minutes(30, 600);
    let mut talk = stage.conversation(&contact);
    stage.says(&mut talk, Topic::Late, &about, -260);
    stage.answers(&talk, Reply::Delay, &about);
    stage.says(&mut talk, Topic::NoReply, &about, -340);
    stage.answers(&talk, Reply::HandOver, &about);
    stage.days(1, 2);
    stage.order_moves(&order, "shipped");
    stage.days(1, 2);
    stage.order_moves(&order, "delivered");
    stage.minutes(60, 400);
    stage.says(&mut talk, Topic::Thanks, &about, 360);
}
