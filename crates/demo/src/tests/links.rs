//! Links: what one file says of another is so.
//!
//! - In: a small company.
//! - Out: failures that name the key that leads nowhere.
//! - Never: looks at texts; `people` does.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Json, Table, json, json_lines, mails, table, text};
use super::small;
use crate::Company;
use crate::words::slug;

fn set<'a>(table: &'a Table, column: &str) -> BTreeSet<&'a str> {
    table.column(column).into_iter().collect()
}

fn resolve<'a>(what: &str, keys: impl IntoIterator<Item = &'a str>, known: &BTreeSet<&str>) {
    for key in keys {
        assert!(known.contains(key), "{what}: {key} leads nowhere");
    }
}

fn tickets(made: &Company) -> Json {
    json(&text(made, "tickets.json"))
}

#[test]
fn every_account_and_domain_is_known() {
    let made = small();
    let accounts = table(made, "accounts.csv");
    let (ids, domains) = (set(&accounts, "account_id"), set(&accounts, "domain"));
    for name in ["deals", "orders", "invoices", "usage", "procurement", "surveys", "outcomes"] {
        let name = format!("{name}.csv");
        resolve(&name, table(made, &name).column("account_id"), &ids);
    }
    let tickets = tickets(made);
    resolve(
        "tickets",
        tickets.at("tickets").list().iter().map(|t| t.show("organization_id")),
        &ids,
    );
    let clauses = json_lines(made, "contracts.jsonl");
    resolve("contracts", clauses.iter().map(|clause| clause.show("account_id")), &ids);
    let chats = json_lines(made, "chats.jsonl");
    resolve("chats", chats.iter().map(|chat| chat.show("account_domain")), &domains);
    resolve("engagement", table(made, "engagement.csv").column("account_domain"), &domains);
    let calendar = table(made, "calendar.csv");
    let booked = calendar.column("account_domain").into_iter().filter(|domain| !domain.is_empty());
    resolve("calendar", booked, &domains);
    for mail in mails(made) {
        let ends =
            [mail.header("From"), mail.header("To")].map(|h| h.unwrap_or_default().to_owned());
        let known = |end: &String| {
            let domain = end.trim_end_matches('>').rsplit('@').next().unwrap_or_default();
            domains.contains(domain)
        };
        assert!(ends.iter().any(known), "{ends:?} names no account");
    }
}

#[test]
fn every_document_is_known() {
    let made = small();
    let (deals, orders) = (table(made, "deals.csv"), table(made, "orders.csv"));
    resolve(
        "procurement",
        table(made, "procurement.csv").column("deal_id"),
        &set(&deals, "deal_id"),
    );
    let tickets = tickets(made);
    let tickets = tickets.at("tickets").list();
    let cited = tickets.iter().map(|t| t.show("external_id")).filter(|id| *id != "null");
    resolve("tickets", cited, &set(&orders, "order_id"));
    let mut subjects = set(&deals, "deal_id");
    subjects.extend(tickets.iter().map(|ticket| ticket.show("id")));
    resolve("outcomes", table(made, "outcomes.csv").column("subject_id"), &subjects);
    let told = made.truth.stories.iter().map(|story| story.subject_id.as_str());
    resolve("stories", told, &subjects);
}

#[test]
fn every_one_of_our_people_is_known() {
    let made = small();
    let people = table(made, "people.csv");
    let staff = set(&people, "email");
    for (name, column) in [
        ("accounts.csv", "owner_email"),
        ("deals.csv", "owner_email"),
        ("leads.csv", "owner_email"),
        ("calendar.csv", "attendee_email"),
    ] {
        resolve(name, table(made, name).column(column), &staff);
    }
    let managers = people.column("manager_email").into_iter().filter(|email| !email.is_empty());
    resolve("people", managers, &staff);
    let gone: BTreeSet<&str> =
        people.rows.iter().filter(|row| row[4] == "false").map(|row| row[0].as_str()).collect();
    let leads = table(made, "leads.csv");
    let orphans = leads.rows.iter().filter(|row| gone.contains(row[9].as_str())).count();
    assert_eq!(orphans, made.truth.ownerless_leads.len());
    assert!(orphans > 0, "some leads have lost their owner");
}

#[test]
fn endings_agree_with_histories() {
    let made = small();
    let outcomes = table(made, "outcomes.csv");
    let ended = |what: &str| -> BTreeSet<&str> {
        outcomes.rows.iter().filter(|row| row[3] == what).map(|row| row[1].as_str()).collect()
    };
    let deals = table(made, "deals.csv");
    let mut last = BTreeMap::new();
    for row in &deals.rows {
        let before = last.insert(row[0].as_str(), row);
        assert!(before.is_none_or(|old| !matches!(old[2].as_str(), "won" | "lost")), "{row:?}");
    }
    let (won, lost) = (ended("won"), ended("lost"));
    for (deal, row) in last {
        // The outcome follows the last change by minutes, so the last day may lack it.
        let told = row[9].as_str() < "2026-07-15";
        for (stage, deals) in [("won", &won), ("lost", &lost)] {
            assert!(row[2] == stage || !deals.contains(deal), "{row:?} did not end as {stage}");
            assert!(row[2] != stage || !told || deals.contains(deal), "{row:?} has no outcome");
        }
    }
    let tickets = tickets(made);
    let missed = ended("sla_missed");
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for ticket in tickets.at("tickets").list() {
        let (id, updated) = (ticket.show("id"), ticket.show("updated_at"));
        assert!(seen.insert(id, updated).is_none_or(|before| before < updated), "{id} goes on");
        assert!(ticket.show("created_at") <= updated, "{id}");
        if ticket.show("metric.sla_breached") == "true" && updated < "2026-07-15" {
            assert!(missed.contains(id), "{id} was breached without an outcome");
        }
    }
}

#[test]
fn disguises_keep_evidence_and_traps_do_not() {
    let made = small();
    let accounts = table(made, "accounts.csv");
    let leads = table(made, "leads.csv");
    let lead = |id: &str| leads.rows.iter().find(|row| row[0] == id).expect("a lead");
    let account = |id: &str| accounts.rows.iter().find(|row| row[0] == id).expect("an account");
    let within = |domain: &str, of: &str| domain == of || domain.ends_with(&format!(".{of}"));
    for look in &made.truth.look_alikes {
        let (row, real) = (lead(&look.lead_id), account(&look.account_id));
        let host = row[2].trim().to_lowercase().replace("https://", "");
        let host = host.split('/').next().unwrap_or_default();
        let mail = row[3].to_lowercase();
        let mail_domain = mail.split('@').next_back().unwrap_or_default();
        let name = slug(&row[1]).replace("-und-", "-");
        let same_name = name.starts_with(real[2].trim_end_matches(".example"));
        let found = within(host, &real[2]) || within(mail_domain, &real[2]) || same_name;
        assert!(found, "{look:?}: {row:?} is {real:?}");
    }
    for trap in &made.truth.traps {
        let row = lead(&trap.lead_id);
        let domains = accounts.column("domain");
        assert!(domains.iter().all(|domain| !within(&row[2], domain)), "{trap:?}: {row:?}");
        assert!(row[3].ends_with(&row[2]), "{trap:?} writes from its own domain");
    }
}
