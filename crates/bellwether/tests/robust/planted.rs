//! Fifty people leave traces all over the company's exports; nothing of them is to be seen in what the
//! program keeps or says.

use crate::world::{World, full, untraced};
use bellwether_demo::{Company, DEFAULT_SEED, PlantedPerson, Size, company};
use bellwether_testkit::Hunt;
use std::fs;

/// Everything by which a planted person could be known again.
pub(crate) fn strings(one: &PlantedPerson) -> [String; 4] {
    [&one.name, &one.email, &one.phone, &one.secret].map(String::clone)
}

fn hunt(made: &Company) -> Hunt {
    Hunt::new(made.truth.people.iter().flat_map(strings))
}

#[test]
fn planted_people_are_nowhere_in_the_clear() {
    let size = match full() {
        true => Size::default(),
        false => Size { accounts: 200, signals: 5_000, days: 90 },
    };
    let made = company(DEFAULT_SEED, size);
    let hunt = hunt(&made);
    assert_eq!(made.truth.people.len(), 50);
    for person in &made.truth.people {
        for name in &person.files {
            let file = made.files.iter().find(|file| file.name == *name).unwrap();
            let alone = Hunt::new([person.name.clone()]);
            assert!(alone.find(&file.bytes).is_some(), "{} is not in {name}", person.account_id);
        }
    }
    let world = World::new();
    let (accounts, signals) = (size.accounts.to_string(), size.signals.to_string());
    let said = world
        .run(&["demo", "--exit", "--accounts", &accounts, "--signals", &signals, "-vv"])
        .ends(0);
    said.lacks("demo", &hunt);
    for desk in ["customers", "prospects"] {
        let data = world.data().join(desk);
        println!("{desk}: {} bytes without a trace", untraced(&hunt, &data));
        let data = data.to_str().unwrap();
        asks_about_people(&world, &hunt, &made, data);
        let out = world.run(&["export", "decisions", "--out", "-", "--data", data]).ends(0);
        assert!(out.out.lines().count() > 100);
        out.lacks("export", &hunt);
        world.run(&["doctor", "--data", data]).lacks("doctor", &hunt);
    }
    dry_runs(&world, &hunt);
}

/// Asking by a mail address answers without repeating it.
fn asks_about_people(world: &World, hunt: &Hunt, made: &Company, data: &str) {
    let few = if full() { 50 } else { 4 };
    for person in made.truth.people.iter().take(few) {
        for words in [&["--list"][..], &[], &["--format", "json"]] {
            let ask = ["explain", "--data", data, "--email", &person.email];
            let said = world.run(&[&ask[..], words].concat());
            said.lacks("explain", hunt);
        }
    }
}

/// A preview shows which parts would be sealed, not what they say.
fn dry_runs(world: &World, hunt: &Hunt) {
    for (file, mapping) in [
        ("leads.csv", "leads"),
        ("chats.jsonl", "chat-transcripts"),
        ("mail.mbox", "mail"),
        ("tickets.json", "zendesk-tickets"),
    ] {
        let whole = fs::read_to_string(world.data().join("exports").join(file)).unwrap();
        let with = |line: &str| hunt.find(line.as_bytes()).is_some();
        let kept: Vec<&str> = match file {
            "leads.csv" | "chats.jsonl" => {
                let lines = whole.lines().enumerate();
                let head = usize::from(file == "leads.csv");
                lines.filter(|(nth, line)| *nth < head || with(line)).map(|(_, l)| l).collect()
            }
            _ => whole.lines().collect(),
        };
        let name = format!("some-{file}");
        world.write(&name, kept.join("\n") + "\n");
        for form in ["text", "json"] {
            let words = ["import", &name, "--mapping", mapping, "--dry-run", "--format", form];
            let said = world.run(&words).ends(0);
            said.says(&["sealed"]);
            said.lacks(file, hunt);
        }
    }
}

#[test]
fn what_is_refused_is_kept_sealed() {
    let made = company(DEFAULT_SEED, Size { accounts: 60, signals: 1_000, days: 30 });
    let hunt = hunt(&made);
    let person = &made.truth.people[0];
    let (name, email, phone) = (&person.name, &person.email, &person.phone);
    let world = World::under("prospect-to-cxo");
    let header = "lead_id,company,domain,contact_email,contact_name,country,source,amount_estimate,\
                  currency,owner_email,created_at";
    let good: String = (0..20)
        .map(|n| {
            format!(
                "L{n},Some & Co,,{email},{name},DE,fair,10.00,EUR,,2026-06-0{}T10:00:00Z\n",
                n % 9 + 1
            )
        })
        .collect();
    // Columns that have slipped: personal words stand where codes, amounts and instants belong.
    let bad = format!(
        "{name},,,{email},{name},DE,fair,{phone},EUR,,2026-06-01T10:00:00Z\n\
         L90,,,{email},{name},DE,fair,10.00,{name},,2026-06-01T10:00:00Z\n\
         L91,,,{email},{name},DE,fair,10.00,EUR,,{email}\n\
         L92,,,{email},{name},{long},fair,10.00,EUR,,2026-06-01T10:00:00Z\n\
         L93,{name},{secret}\n",
        long = format!("{name} {email} {phone} ").repeat(3),
        secret = person.secret,
    );
    world.write("leads.csv", format!("{header}\n{good}{bad}"));
    let dry = world.run(&["import", "leads.csv", "--dry-run"]);
    dry.lacks("dry run", &hunt);
    let said = world.run(&["import", "leads.csv", "-vv"]).ends(2);
    said.lacks("import", &hunt);
    for code in
        ["row-bad-number", "row-bad-currency", "row-bad-time", "row-word-too-long", "row-ragged"]
    {
        said.names(code);
    }
    let json = world.run(&["doctor", "--format", "json"]);
    json.lacks("doctor", &hunt);
    untraced(&hunt, &world.data());
}
