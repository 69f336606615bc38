//! Rows that cannot be read, each in a file with good ones: the good ones count, and the bad one is told
//! with a code, its place and the mend.

use crate::world::{Said, World};

const BUNDLE: [(&str, &str); 5] = [
    ("bundle.yaml", "bundle: small\nversion: 1.0.0\nowner: ann\ncurrency: EUR\n"),
    (
        "facts.yaml",
        "facts:\n  deal.amount: {type: money, from: crm.deal.updated.amount, scope: deal}\n",
    ),
    (
        "people.yaml",
        "roles: {cro: [maria], desk: [lee, kim]}\npeople: {maria: {}, lee: {}, kim: {}}\nalways: desk\n",
    ),
    (
        "routing/deal.yaml",
        "graph: deals
subject: deal
owner: ann
start: how
nodes:
  how: {kind: decide, unknown: desk}
  cro: {kind: human, role: cro, level: 2, outcome: cxo, ack: 8h, act: 3d}
  desk: {kind: human, role: desk, level: 1, ack: 1h}
  nothing: {kind: end}
rules:
  - {id: large, from: how, to: cro, when: \"deal.amount >= 500000\", reason: it is large}
  - {id: else, from: how, to: nothing, otherwise: true}
",
    ),
    ("rates.yaml", "rates: {USD: [{since: 2026-01-01, rate: 0.5}]}\n"),
];

pub(crate) const DEALS: &str = "deal_id,modified_at,account_id,stage,amount,currency,\
    probability_percent,technical_fit,decision_maker_met,owner_email\n";

pub(crate) fn small() -> World {
    let world = World::new();
    for (path, text) in BUNDLE {
        world.write(&format!("small/{path}"), text);
    }
    world.init("small");
    world
}

/// A deal of some amount on a day of January.
pub(crate) fn deal(id: &str, day: u32, amount: &str, currency: &str) -> String {
    format!("{id},2026-01-{day:02}T09:00:00Z,A1,open,{amount},{currency},20,50,no,tom@us.example\n")
}

/// Twelve good deals.
fn good() -> String {
    (1..=12).map(|n| deal(&format!("G{n}"), n, "1000", "EUR")).collect()
}

/// How many signals were counted.
fn applied(said: &Said) -> u64 {
    let line = said.out.lines().find_map(|line| line.trim().strip_suffix("  applied"));
    line.map_or(0, |count| count.trim().parse().unwrap())
}

#[test]
fn a_bad_row_of_a_table_does_not_stop_the_others() {
    let row = |id: &str, at: &str, amount: &str, currency: &str| {
        format!("{id},{at},A1,open,{amount},{currency},20,50,no,\n").into_bytes()
    };
    let day = "2026-01-09T09:00:00Z";
    let long = format!("B1,{day},A1,{},10,EUR,20,50,no,\n", "x".repeat(2 << 20));
    let table: [(&str, Vec<u8>, &str); 11] = [
        ("too few fields", b"B1,2026-01-09T09:00:00Z,A1\n".to_vec(), "row-ragged"),
        ("no id", row("", day, "10", "EUR"), "row-no-id"),
        ("no time", row("B1", "", "10", "EUR"), "row-no-time"),
        ("1900", row("B1", "1900-01-01T00:00:00Z", "10", "EUR"), "row-implausible-time"),
        ("2300", row("B1", "2300-01-01T00:00:00Z", "10", "EUR"), "row-implausible-time"),
        ("no day", row("B1", "2026-02-30", "10", "EUR"), "row-bad-time"),
        ("below nothing", row("B1", day, "-10", "EUR"), "row-out-of-range"),
        ("no number", row("B1", day, "ten", "EUR"), "row-bad-number"),
        ("no currency", row("B1", day, "10", "EURO"), "row-bad-currency"),
        (
            "not UTF-8",
            [&row("B1", day, "10", "EUR")[..12], b"\xff\xfe,A1,a,1,EUR,1,1,no,\n"].concat(),
            "row-not-utf8",
        ),
        ("2 MiB", long.into_bytes(), "row-too-long"),
    ];
    for (what, bad, code) in table {
        let world = small();
        let file = [DEALS.as_bytes(), &bad, good().as_bytes()].concat();
        world.write("deals.csv", file);
        let said = world.run(&["import", "deals.csv", "--mapping", "crm-deals"]).ends(2);
        println!("{what}:\n{}", said.out);
        said.names(code);
        said.says(&["deals.csv:2", "help: ", "quarantine"]);
        assert_eq!(applied(&said), 12, "{what}: {}", said.out);
        world.run(&["replay", "--all"]).ends(0);
        let dry = world.run(&["import", "deals.csv", "--mapping", "crm-deals", "--dry-run"]);
        dry.ends(2).says(&[code, "deals.csv:2", "help: "]);
    }
}

#[test]
fn what_stands_before_the_end_of_a_torn_file_counts() {
    let world = small();
    let whole = stored_gzip(format!("{DEALS}{}", good()).as_bytes());
    world.write("deals.csv.gz", &whole[..whole.len() - 60]);
    let said = world.run(&["import", "deals.csv.gz", "--mapping", "crm-deals"]).ends(2);
    said.names("row-gzip-truncated");
    let before = applied(&said);
    assert!((9..12).contains(&before), "{}", said.out);
    world.write("whole.csv.gz", whole);
    let said = world.run(&["import", "whole.csv.gz", "--mapping", "crm-deals"]).ends(0);
    assert_eq!(applied(&said), 12 - before, "{}", said.out);
}

/// A gzip file that holds its bytes as they are (RFC 1952 around a stored block of RFC 1951).
fn stored_gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(bytes);
    let mut sum = !0u32;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    file.extend((!sum).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

#[test]
fn deep_json_is_one_bad_row() {
    let world = small();
    let chat = |n: usize, more: &str| {
        format!(
            "{{\"message_id\":\"m{n}\",\"at\":\"2026-01-0{n}T10:00:00Z\",\"account_domain\":\"acme.example\",\
             \"visitor_email\":\"a@acme.example\",\"conversation_id\":\"c\",\"role\":\"customer\",\
             \"sentiment\":0.1,\"wants_supervisor\":false,\"text\":\"t\"{more}}}\n"
        )
    };
    let deep = format!(",\"more\":{}1{}", "[".repeat(1_000), "]".repeat(1_000));
    world.write("chats.jsonl", chat(1, "") + &chat(2, &deep) + &chat(3, ""));
    let said = world.run(&["import", "chats.jsonl", "--mapping", "chat-transcripts"]).ends(2);
    said.names("row-too-deep");
    said.says(&["chats.jsonl:2", "help: "]);
    assert_eq!(world.journal().len(), 2, "{}", said.out);
}

#[test]
fn a_kind_that_nobody_knows_is_stored_and_counted() {
    let world = small();
    world.write(
        "own.yaml",
        "mapping: own\nversion: 1\ndescription: Ours.\nsource: own\nformat: csv\nsignals:\n  \
         - {kind: moon.phase, id: [id], at: at, account: [{external: who, system: crm}], fields: {\
         phase: {from: phase, type: code}}}\n",
    );
    world.write("moon.csv", "id,at,who,phase\n1,2026-01-01,A1,full\n2,2026-01-15,A1,new\n");
    let said = world.run(&["import", "own.yaml=moon.csv"]).ends(0);
    said.says(&["no feature reads `moon.phase` (2 signals)"]);
    assert_eq!(world.journal().len(), 2);
    world.run(&["replay", "--all"]).ends(0);
}

#[test]
fn the_same_id_with_other_words_is_set_aside() {
    let world = small();
    let twice = [deal("D1", 3, "1000", "EUR"), deal("D1", 3, "9000000", "EUR")].concat();
    world.write("deals.csv", format!("{DEALS}{}{twice}", good()));
    let said = world.run(&["import", "deals.csv", "--mapping", "crm-deals"]).ends(2);
    said.names("signal-conflict");
    said.says(&["help: ", "conflict"]);
    assert_eq!(applied(&said), 13, "{}", said.out);
    assert_eq!(decided(&world, "D1"), ["else"], "the first one counts");
}

/// The rules that decided about a deal, in order, whenever one of them changed something.
fn decided(world: &World, deal: &str) -> Vec<String> {
    let said = world.run(&["explain", "--id", &format!("crm={deal}"), "--list"]).ends(0);
    let words =
        said.out.split_whitespace().filter(|word| ["large", "else", "unknown"].contains(word));
    words.map(str::to_owned).collect()
}

#[test]
fn an_amount_without_a_rate_is_not_known() {
    let world = small();
    let rows = [
        deal("EUR", 3, "600000", "EUR"),
        deal("USD", 4, "600000", "USD"),
        deal("YEN", 5, "600000", "JPY"),
        // One deal whose currency changes: at half a euro the dollar takes it below the limit.
        deal("BOTH", 6, "600000", "EUR"),
        deal("BOTH", 7, "600000", "USD"),
    ];
    world.write("deals.csv", format!("{DEALS}{}", rows.concat()));
    let said = world.run(&["import", "deals.csv", "--mapping", "crm-deals"]).ends(0);
    assert_eq!(applied(&said), 5, "a signal counts without its amount: {}", said.out);
    let words = ["export", "decisions", "--out", "-", "--changed"];
    let export = world.run(&words).ends(0).out;
    let mut table = csv::Reader::from_reader(export.as_bytes());
    let names = table.headers().unwrap().clone();
    let decided = table.records().map(|row| {
        let row = row.unwrap();
        let cell = |name| &row[names.iter().position(|known| known == name).unwrap()];
        format!("{} {} {}", cell("at").split('T').next().unwrap(), cell("node"), cell("rule"))
    });
    assert_eq!(
        decided.collect::<Vec<_>>(),
        [
            "2026-01-03 cro large",
            "2026-01-04 nothing else",
            // The rule cannot be evaluated: a person looks.
            "2026-01-05 desk large",
            "2026-01-06 cro large",
            "2026-01-07 nothing else",
        ]
    );
}
