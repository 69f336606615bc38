//! Files: each export has the form its readers expect.
//!
//! - In: a small company.
//! - Out: failures that name the file.
//! - Never: looks at what rows mean; `links` does.

use super::read::{addresses, json, json_lines, mails, table, text};
use super::{SMALL, small};

const TABLES: &[(&str, &str)] = &[
    ("accounts.csv", "updated_at"),
    ("deals.csv", "modified_at"),
    ("calendar.csv", "updated_at"),
    ("orders.csv", "updated_at"),
    ("invoices.csv", "updated_at"),
    ("usage.csv", "at"),
    ("engagement.csv", "at"),
    ("procurement.csv", "at"),
    ("surveys.csv", "at"),
    ("leads.csv", "created_at"),
    ("outcomes.csv", "at"),
];

fn in_window(times: &[&str], name: &str) {
    assert!(!times.is_empty(), "{name} has rows");
    assert!(times.is_sorted(), "{name} is in the order of time");
    let (first, last) = (times[0], times[times.len() - 1]);
    assert!(first >= "2026-06-01T00:00:00Z" && last < "2026-07-16T00:00:00Z", "{name}");
    assert!(times.iter().all(|time| time.len() == 20 && time.ends_with('Z')), "{name}");
}

#[test]
fn tables_are_rectangular_and_within_the_window() {
    let made = small();
    assert_eq!(made.truth.window_end, "2026-07-16T00:00:00Z", "{} days", SMALL.days);
    for (name, time) in TABLES {
        let table = table(made, name);
        let file = made.files.iter().find(|file| file.name == *name).expect(name);
        assert_eq!(table.rows.len(), file.rows, "{name}");
        let width = table.header.len();
        assert!(table.rows.iter().all(|row| row.len() == width), "{name} has {width} columns");
        in_window(&table.column(time), name);
    }
}

#[test]
fn awkward_cells_survive_quoting() {
    let made = small();
    let companies = table(made, "leads.csv");
    let companies = companies.column("company");
    assert!(companies.iter().any(|name| name.contains('\n')), "a pasted address block");
    let sources = table(made, "leads.csv");
    let sources = sources.column("source");
    assert!(sources.contains(&"trade fair, hall 4"));
    assert!(sources.contains(&"list \"Q2 dairies\""));
    let names = table(made, "accounts.csv");
    assert!(names.column("name").iter().any(|name| name.contains(", ")));
}

#[test]
fn json_files_parse() {
    let made = small();
    let export = json(&text(made, "tickets.json"));
    let tickets = export.at("tickets").list();
    assert_eq!(export.show("count"), tickets.len().to_string());
    in_window(&tickets.iter().map(|t| t.show("updated_at")).collect::<Vec<_>>(), "tickets");
    let chats = json_lines(made, "chats.jsonl");
    in_window(&chats.iter().map(|c| c.show("at")).collect::<Vec<_>>(), "chats");
    for chat in &chats {
        let felt: f64 = chat.show("sentiment").parse().expect("a number");
        assert!((-1.0..=1.0).contains(&felt));
    }
    let clauses = json_lines(made, "contracts.jsonl");
    in_window(&clauses.iter().map(|c| c.show("extracted_at")).collect::<Vec<_>>(), "contracts");
}

#[test]
fn the_mailbox_splits_into_whole_messages() {
    let made = small();
    let mails = mails(made);
    let file = made.files.iter().find(|file| file.name == "mail.mbox").expect("mail");
    assert_eq!(mails.len(), file.rows);
    let ids: Vec<&str> = mails.iter().filter_map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), mails.len());
    for mail in &mails {
        for name in ["From", "To", "Date", "Subject", "MIME-Version", "Content-Type"] {
            assert!(mail.header(name).is_some_and(|value| !value.is_empty()), "{name}");
        }
        assert!(mail.headers.iter().all(|(_, value)| value.is_ascii()), "{:?}", mail.headers);
        assert!(mail.header("In-Reply-To").is_none_or(|id| ids.contains(&id)), "a known answer");
        if let Some((_, mark)) = mail.header("Content-Type").and_then(|v| v.split_once("boundary="))
        {
            let end = format!("--{}--", mark.trim_matches('"'));
            assert!(mail.body.contains(&end), "the last part of {mark} is closed");
        }
    }
    let with = |word: &str| {
        mails.iter().any(|mail| format!("{:?}{}", mail.headers, mail.body).contains(word))
    };
    for word in
        ["quoted-printable", "multipart/alternative", "multipart/mixed", "=?UTF-8?Q?", "-0400"]
    {
        assert!(with(word), "some mail has {word}");
    }
}

#[test]
fn no_address_and_no_number_is_real() {
    let made = small();
    for file in &made.files {
        // Quoted-printable may break a line within an address.
        let text = text(made, file.name).replace("=\n", "");
        for address in addresses(&text) {
            assert!(address.to_lowercase().ends_with(".example"), "{address} in {}", file.name);
        }
        let numbers = text.match_indices("555-").map(|(at, _)| text.get(at..at + 6));
        for number in numbers {
            assert_eq!(number, Some("555-01"), "{}", file.name);
        }
    }
}

#[test]
fn no_template_shows_through() {
    let made = small();
    let export = json(&text(made, "tickets.json"));
    let chats = json_lines(made, "chats.jsonl");
    let tickets = export.at("tickets").list().iter();
    let said = tickets.flat_map(|t| [t.show("subject"), t.show("description")]);
    for text in said.chain(chats.iter().map(|chat| chat.show("text"))) {
        assert!(!text.is_empty() && !text.contains(['{', '}', '[', ']', '|']), "{text}");
        assert!(!text.contains("  ") && !text.contains(" ."), "an empty slot in: {text}");
    }
}
