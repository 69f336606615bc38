//! Fifty people leave traces all over the company's exports; nothing of them is to be seen in what the
//! program keeps or says.

use crate::world::{Said, World, full};
use bellwether_demo::{Company, DEFAULT_SEED, Size, company};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Strings in every form in which they may lie in a file; found in one pass, without regard to case.
struct Hunt {
    by_start: BTreeMap<[u8; 4], Vec<(Vec<u8>, String)>>,
    starts: Vec<bool>,
}

impl Hunt {
    fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut hunt = Self { by_start: BTreeMap::new(), starts: vec![false; 1 << 16] };
        for word in words {
            let plain = word.to_lowercase().into_bytes();
            let wide: Vec<u8> =
                word.to_lowercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
            let hex = plain.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            for form in [plain, wide, hex.into_bytes()] {
                hunt.starts[two(&form)] = true;
                let start = form[..4].try_into().unwrap();
                hunt.by_start.entry(start).or_default().push((form, word.clone()));
            }
        }
        hunt
    }

    /// The first word that occurs.
    fn find(&self, bytes: &[u8]) -> Option<&str> {
        let bytes = bytes.to_ascii_lowercase();
        for at in 0..bytes.len().saturating_sub(4) {
            let rest = &bytes[at..];
            if !self.starts[two(rest)] {
                continue;
            }
            let found = self.by_start.get(&rest[..4]).into_iter().flatten();
            if let Some((_, word)) = found.into_iter().find(|(form, _)| rest.starts_with(form)) {
                return Some(word);
            }
        }
        None
    }

    #[track_caller]
    fn is_not_in(&self, what: &str, bytes: &[u8]) {
        assert_eq!(self.find(bytes), None, "{what}");
    }

    #[track_caller]
    fn was_not_said(&self, what: &str, said: &Said) {
        self.is_not_in(what, said.out.as_bytes());
        self.is_not_in(what, said.err.as_bytes());
    }

    /// Looks through every file of a folder; says how many bytes there were.
    fn search(&self, folder: &Path) -> u64 {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let sizes = files.map(|path| {
            let bytes = fs::read(&path).unwrap();
            self.is_not_in(&path.display().to_string(), &bytes);
            bytes.len() as u64
        });
        sizes.sum()
    }
}

fn two(bytes: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([bytes[0], bytes[1]]))
}

/// Everything by which a planted person could be known again.
fn hunt(made: &Company) -> Hunt {
    let people = made.truth.people.iter();
    Hunt::new(
        people.flat_map(|one| [&one.name, &one.email, &one.phone, &one.secret].map(String::clone)),
    )
}

#[test]
fn a_hunt_finds_what_is_there() {
    let hunt = Hunt::new(["Ysolde Mirkwell".to_owned(), "+1 907 555-0120".to_owned()]);
    for bytes in [
        &b"..YSOLDE mirkwell.."[..],
        b"x79736F6C6465206d69726b77656c6c",
        b"y\0s\0o\0l\0d\0e\0 \0m\0i\0r\0k\0w\0e\0l\0l\0",
        b"call +1 907 555-0120 now",
    ] {
        assert!(hunt.find(bytes).is_some(), "{bytes:?}");
    }
    assert_eq!(hunt.find(b"Ysolde and Mirkwell"), None);
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
    let said = world.run(&["demo", "--accounts", &accounts, "--signals", &signals, "-vv"]).ends(0);
    hunt.was_not_said("demo", &said);
    for desk in ["customers", "prospects"] {
        let data = world.data().join(desk);
        println!("{desk}: {} bytes without a trace", hunt.search(&data));
        let data = data.to_str().unwrap();
        asks_about_people(&world, &hunt, &made, data);
        let out = world.run(&["export", "decisions", "--out", "-", "--data", data]).ends(0);
        assert!(out.out.lines().count() > 100);
        hunt.was_not_said("export", &out);
        hunt.was_not_said("doctor", &world.run(&["doctor", "--data", data]));
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
            hunt.was_not_said("explain", &said);
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
            hunt.was_not_said(file, &said);
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
    hunt.was_not_said("dry run", &dry);
    let said = world.run(&["import", "leads.csv", "-vv"]).ends(2);
    hunt.was_not_said("import", &said);
    for code in
        ["row-bad-number", "row-bad-currency", "row-bad-time", "row-word-too-long", "row-ragged"]
    {
        said.names(code);
    }
    let json = world.run(&["doctor", "--format", "json"]);
    hunt.was_not_said("doctor", &json);
    hunt.search(&world.data());
}
