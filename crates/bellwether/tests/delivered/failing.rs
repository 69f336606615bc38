//! Every channel while its receiver fails in every way: what was executed, what the journal says, and where the effect
//! went next.
//!
//! Each row of the table has a channel, a receiver and people of its own, so that all of them fail side by side in
//! one server.

use crate::company::{self, Effect, Leaf, signal, write_bundle};
use crate::receiver::{Failing, Fault, Kind, News, Receiver};
use crate::world::{World, full};
use bellwether_core::Digest;
use bellwether_store::{OutboxStatus, View};
use expect_test::{Expect, expect};
use std::fmt::Write as _;
use std::sync::Arc;

/// A channel whose receiver fails.
struct Row {
    name: String,
    kind: Kind,
    /// Whether the person has a second channel; else the next person has it.
    spare: bool,
    /// Whether it never recovers: how often it is tried then, and what is said last, is a matter of chance.
    always: bool,
    receiver: Receiver,
}

/// The trace of every signal.
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const CHANNELS: [(Kind, &str); 4] = [
    (Kind::Webhook, "webhook"),
    (Kind::Slack, "slack"),
    (Kind::Teams, "teams"),
    (Kind::Mail, "mail"),
];

/// One row for every channel that fails so. `always`: and never recovers.
fn rows(fault: Fault, word: &str, (spare, always): (bool, bool), news: &Arc<News>) -> Vec<Row> {
    let row = |(kind, channel): (Kind, &str)| {
        let receiver = Receiver::new(kind, Arc::new(Failing { fault, always }), news);
        Row { name: format!("{channel}-{word}"), kind, spare, always, receiver }
    };
    CHANNELS.map(row).into()
}

fn settings(world: &World, rows: &[Row]) -> String {
    world.secret("hook.secret", "whsec_dHdlbnR5LWZvdXIgYnl0ZXMgb3IgbW9yZQ==");
    world.secret("slack.secret", "xoxb-of-the-test");
    let (mut channels, mut people) = (String::new(), String::new());
    for Row { name, kind, spare, receiver, .. } in rows {
        let port = receiver.port;
        write!(channels, "[channels.{name}]\nprivate = true\n").unwrap();
        match kind {
            Kind::Webhook => write!(
                channels,
                "kind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\nsecret_file = \"hook.secret\"\n"
            ),
            Kind::Slack => write!(
                channels,
                "kind = \"slack\"\nurl = \"http://127.0.0.1:{port}/api\"\ntoken_file = \"slack.secret\"\n"
            ),
            Kind::Teams => {
                world.secret(&format!("{name}.secret"), &format!("http://127.0.0.1:{port}/?sig=s"));
                write!(channels, "kind = \"teams\"\nurl_file = \"{name}.secret\"\n")
            }
            Kind::Mail | Kind::Collector => write!(
                channels,
                "kind = \"mail\"\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"b@ours.example\"\n"
            ),
        }
        .unwrap();
        let way = if *kind == Kind::Slack { format!("{name}:U1") } else { name.clone() };
        let second = if *spare { ", \"spare\"" } else { "" };
        writeln!(people, "{name}-1 = [\"{way}\"{second}]\n{name}-2 = [\"spare\"]").unwrap();
    }
    format!(
        "{channels}[channels.spare]\nkind = \"file\"\nfolder = \"spare\"\n[delivery]\nchannels = [\"spare\"]\n\
         workers = 1\n[delivery.people]\n{people}"
    )
}

/// What became of the ask of a row, as a line of the table.
fn line(row: &Row, effects: &[Effect], leaves: &[Leaf], spared: &dyn Fn(&str) -> bool) -> String {
    let to = |nth: u32| {
        let person = format!("{}-{nth}", row.name);
        effects.iter().find(|one| one.kind == "ask" && one.person == person)
    };
    let told = |effect: &Effect| {
        let mut of = leaves.iter().filter(|leaf| leaf.key == effect.key);
        let (leaf, more) = (of.next().unwrap(), of.count());
        assert_eq!(more, 0, "one leaf each");
        let via = if leaf.via == "spare" { "spare" } else { "own" };
        let times = if row.always { String::new() } else { format!(" in {}", leaf.attempts) };
        (format!("{} {} by {via} channel{times}", leaf.kind, leaf.result.as_str()), via)
    };
    let first = to(1).unwrap();
    let (said, via) = told(first);
    let (requests, looked) = {
        let ledger = row.receiver.ledger();
        (ledger.requests.len(), ledger.asked)
    };
    let asked = match (row.always, looked) {
        (true, _) => String::new(),
        (false, 0) => format!("{requests} asked, "),
        (false, _) => format!("{requests} asked, {looked} looked up, "),
    };
    let done = row.receiver.executed(&first.key);
    let spare = if spared(&first.key) { ", the spare channel 1" } else { "" };
    let next = match (to(2), first.row.status) {
        (Some(second), _) => format!("next person: {}", told(second).0),
        (None, OutboxStatus::Done) if via == "spare" => "next channel".to_owned(),
        (None, OutboxStatus::Done) => "-".to_owned(),
        (None, status) if status.is_dead() => "dead letter".to_owned(),
        (None, status) => format!("{status:?}"),
    };
    let why = if row.always { "" } else { &first.row.why };
    let said = [said.as_str(), why].join(" ");
    let said = said.trim();
    format!("{:<24} {asked}{done} executed{spare} | {said} | {next}", row.name)
}

/// A receiver can tell a repetition: the same key, the same body, on the same trace. A mail holds its own headers, the
/// span of the attempt among them.
fn says_the_same_again(row: &Row) {
    let ledger = row.receiver.ledger();
    let mut messages = ledger.requests.iter().filter(|request| !request.key().is_empty());
    let Some(first) = messages.next() else { return };
    for again in messages {
        assert_eq!(again.key(), first.key(), "{}", row.name);
        assert!(row.kind == Kind::Mail || again.body == first.body, "{}", row.name);
        let traces = [first, again].map(|it| it.header("traceparent"));
        assert_ne!(traces[0], traces[1], "{}: each attempt has a span", row.name);
        assert!(traces.iter().all(|it| it.get(..36) == TRACE.get(..36)), "{traces:?}");
    }
}

/// Every request that a receiver saw is a figure of its channel, and the channel stands beside the outbox.
fn channels_are_told(rows: &[Row], get: &dyn Fn(&str) -> String) {
    let (figures, page) = (get("/metrics"), get("/outbox"));
    for Row { name, receiver, .. } in rows {
        let counted: usize = ["delivered", "later", "refused", "unknown"]
            .map(|outcome| {
                let of = format!("{{channel=\"{name}\",outcome=\"{outcome}\"}} ");
                let line = format!("bellwether_delivery_attempts_total{of}");
                let value = figures.lines().find_map(|one| one.strip_prefix(line.as_str()));
                value.unwrap_or_else(|| panic!("no {line}: {figures}")).parse::<usize>().unwrap()
            })
            .into_iter()
            .sum();
        assert_eq!(counted, receiver.ledger().requests.len(), "{name}");
        assert!(page.contains(&format!("data-label=\"Channel\">{name}<")), "{name}: {page}");
    }
}

/// Has every row be asked about, waits until nothing is left to do, and compares what became of it.
#[track_caller]
fn run(rows: &[Row], news: &News, seconds: u64, expected: &Expect) {
    let world = World::new();
    let names: Vec<_> = rows.iter().map(|row| row.name.clone()).collect();
    write_bundle(&world, &names);
    world.to_serve("company", &settings(&world, rows));
    let words =
        ["access", "token", "create", "--label", "reader", "--scope", "read", "--scope", "metrics"];
    let reader = world.run(&words).ends(0).out;
    let server = world.serve();
    let event = |name: &String| {
        let mut event = signal(name, name, name);
        event["traceparent"] = TRACE.into();
        event
    };
    let events: Vec<_> = names.iter().map(event).collect();
    assert_eq!(server.send(&events).status, 202);
    let view = View::open(world.data()).unwrap();
    let least = names.len() as u64;
    company::until("all of it has ended", news, seconds, || company::is_settled(&view, least));
    let reader = reader.split_whitespace().find(|word| word.starts_with("bw_")).unwrap();
    // The figure follows what is stored.
    let none_waits = "\nbellwether_delivery_effects_waiting 0";
    let is_told = || server.get("/metrics", reader).contains(none_waits);
    company::until("no effect is said to wait", news, seconds, is_told);
    channels_are_told(rows, &|path| server.get(path, reader));
    server.end();
    let (effects, leaves) = (company::effects(&view), company::leaves(&view));
    let spared = |key: &str| {
        let key: Digest = key.parse().unwrap();
        let name: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        world.path(&format!("spare/{name}.json")).is_file()
    };
    let table: Vec<_> = rows.iter().map(|row| line(row, &effects, &leaves, &spared)).collect();
    rows.iter().for_each(says_the_same_again);
    expected.assert_eq(&format!("{}\n", table.join("\n")));
    company::hold(&view, |key| {
        let executed: u32 = rows.iter().map(|row| row.receiver.executed(key)).sum();
        executed + u32::from(spared(key))
    });
    let dead = world.run(&["outbox", "list", "--limit", "100", "--format", "json"]).ends(0).json();
    let buried = effects.iter().filter(|one| one.row.status.is_dead()).count();
    assert_eq!(dead["dead"].as_array().unwrap().len(), buried, "a person sees every one");
    world.run(&["log", "verify"]).ends(0);
    world.run(&["replay", "--all"]).ends(0);
}

#[test]
fn a_receiver_that_fails_once() {
    let news = Arc::new(News::default());
    let once = |fault, word: &str, spare| rows(fault, word, (spare, false), &news);
    let all: Vec<_> = [
        once(Fault::Reset { executes: false }, "reset-before", true),
        once(Fault::Reset { executes: true }, "reset-after", true),
        once(Fault::Busy { seconds: 1 }, "busy-1", true),
        once(Fault::Busy { seconds: 120 }, "busy-120", true),
        once(Fault::Broken { executes: false }, "broken-before", true),
        // A mail server that says 451 has not taken the mail.
        once(Fault::Broken { executes: true }, "broken-after", true)
            .into_iter()
            .filter(|row| row.kind != Kind::Mail)
            .collect(),
        once(Fault::Dies, "dies", true),
        once(Fault::Refuses, "refuses", true),
        once(Fault::Refuses, "refuses-alone", false),
    ]
    .into_iter()
    .flatten()
    .collect();
    run(
        &all,
        &news,
        60,
        &expect![[r#"
            webhook-reset-before     2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            slack-reset-before       2 asked, 1 looked up, 1 executed | effect.result delivered by own channel in 2 | -
            teams-reset-before       1 asked, 0 executed | effect.ambiguous unknown by own channel in 1 no_answer | dead letter
            mail-reset-before        2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            webhook-reset-after      2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            slack-reset-after        1 asked, 1 looked up, 1 executed | effect.result delivered by own channel in 1 | -
            teams-reset-after        1 asked, 1 executed | effect.ambiguous unknown by own channel in 1 no_answer | dead letter
            mail-reset-after         1 asked, 1 executed | effect.ambiguous unknown by own channel in 1 no_answer | dead letter
            webhook-busy-1           2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            slack-busy-1             2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            teams-busy-1             2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            mail-busy-1              2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            webhook-busy-120         1 asked, 0 executed, the spare channel 1 | effect.result delivered by spare channel in 2 | next channel
            slack-busy-120           1 asked, 0 executed, the spare channel 1 | effect.result delivered by spare channel in 2 | next channel
            teams-busy-120           1 asked, 0 executed, the spare channel 1 | effect.result delivered by spare channel in 2 | next channel
            mail-busy-120            2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            webhook-broken-before    2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            slack-broken-before      2 asked, 1 looked up, 1 executed | effect.result delivered by own channel in 2 | -
            teams-broken-before      1 asked, 0 executed | effect.ambiguous unknown by own channel in 1 no_answer | dead letter
            mail-broken-before       2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            webhook-broken-after     2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            slack-broken-after       1 asked, 1 looked up, 1 executed | effect.result delivered by own channel in 1 | -
            teams-broken-after       1 asked, 1 executed | effect.ambiguous unknown by own channel in 1 no_answer | dead letter
            webhook-dies             1 asked, 1 executed | effect.result delivered by own channel in 1 | -
            slack-dies               1 asked, 1 looked up, 1 executed | effect.result delivered by own channel in 1 | -
            teams-dies               1 asked, 1 executed | effect.result delivered by own channel in 1 | -
            mail-dies                1 asked, 1 executed | effect.result delivered by own channel in 1 | -
            webhook-refuses          1 asked, 0 executed, the spare channel 1 | effect.result delivered by spare channel in 2 | next channel
            slack-refuses            1 asked, 0 executed, the spare channel 1 | effect.result delivered by spare channel in 2 | next channel
            teams-refuses            1 asked, 0 executed, the spare channel 1 | effect.result delivered by spare channel in 2 | next channel
            mail-refuses             1 asked, 0 executed, the spare channel 1 | effect.result delivered by spare channel in 2 | next channel
            webhook-refuses-alone    1 asked, 0 executed | effect.result refused by own channel in 1 malformed | next person: effect.result delivered by spare channel in 1
            slack-refuses-alone      1 asked, 0 executed | effect.result refused by own channel in 1 malformed | next person: effect.result delivered by spare channel in 1
            teams-refuses-alone      1 asked, 0 executed | effect.result refused by own channel in 1 malformed | next person: effect.result delivered by spare channel in 1
            mail-refuses-alone       1 asked, 0 executed | effect.result refused by own channel in 1 refused | next person: effect.result delivered by spare channel in 1
        "#]],
    );
}

/// Whether rows that take long are wanted.
fn wanted(test: &str) -> bool {
    if !full() {
        company::skipped(test, "it takes minutes (BELLWETHER_FULL=1)");
    }
    full()
}

/// A request has 20 seconds.
#[test]
fn a_receiver_that_drips() {
    if !wanted("a_receiver_that_drips") {
        return;
    }
    let news = Arc::new(News::default());
    let drips = |executes, word| rows(Fault::Drips { executes }, word, (true, false), &news);
    let all: Vec<_> =
        drips(false, "drips-before").into_iter().chain(drips(true, "drips-after")).collect();
    run(
        &all,
        &news,
        120,
        &expect![[r#"
            webhook-drips-before     2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            slack-drips-before       2 asked, 1 looked up, 1 executed | effect.result delivered by own channel in 2 | -
            teams-drips-before       1 asked, 0 executed | effect.ambiguous unknown by own channel in 1 no_answer | dead letter
            mail-drips-before        1 asked, 0 executed, the spare channel 1 | effect.result delivered by spare channel in 2 | next channel
            webhook-drips-after      2 asked, 1 executed | effect.result delivered by own channel in 2 | -
            slack-drips-after        1 asked, 1 looked up, 1 executed | effect.result delivered by own channel in 1 | -
            teams-drips-after        1 asked, 1 executed | effect.ambiguous unknown by own channel in 1 no_answer | dead letter
            mail-drips-after         1 asked, 1 executed | effect.ambiguous unknown by own channel in 1 no_answer | dead letter
        "#]],
    );
}

/// The person's next channel once the breaker has opened, and the next person after eight tries.
#[test]
fn a_receiver_that_never_recovers() {
    if !wanted("a_receiver_that_never_recovers") {
        return;
    }
    let news = Arc::new(News::default());
    let always = |fault, word: &str, spare| rows(fault, word, (spare, true), &news);
    let (broken, busy) = (Fault::Broken { executes: false }, Fault::Busy { seconds: 1 });
    let all: Vec<_> = [
        always(broken, "broken", true),
        always(broken, "broken-alone", false),
        always(busy, "busy", true),
        always(busy, "busy-alone", false),
        always(Fault::Reset { executes: true }, "reset", true),
        always(Fault::Reset { executes: true }, "reset-alone", false),
    ]
    .into_iter()
    .flatten()
    .collect();
    run(
        &all,
        &news,
        900,
        &expect![[r#"
            webhook-broken           0 executed, the spare channel 1 | effect.result delivered by spare channel | next channel
            slack-broken             0 executed, the spare channel 1 | effect.result delivered by spare channel | next channel
            teams-broken             0 executed | effect.ambiguous unknown by own channel | dead letter
            mail-broken              0 executed, the spare channel 1 | effect.result delivered by spare channel | next channel
            webhook-broken-alone     0 executed | effect.result given_up by own channel | next person: effect.result delivered by spare channel
            slack-broken-alone       0 executed | effect.result given_up by own channel | next person: effect.result delivered by spare channel
            teams-broken-alone       0 executed | effect.ambiguous unknown by own channel | dead letter
            mail-broken-alone        0 executed | effect.result given_up by own channel | next person: effect.result delivered by spare channel
            webhook-busy             0 executed, the spare channel 1 | effect.result delivered by spare channel | next channel
            slack-busy               0 executed, the spare channel 1 | effect.result delivered by spare channel | next channel
            teams-busy               0 executed, the spare channel 1 | effect.result delivered by spare channel | next channel
            mail-busy                0 executed, the spare channel 1 | effect.result delivered by spare channel | next channel
            webhook-busy-alone       0 executed | effect.result given_up by own channel | next person: effect.result delivered by spare channel
            slack-busy-alone         0 executed | effect.result given_up by own channel | next person: effect.result delivered by spare channel
            teams-busy-alone         0 executed | effect.result given_up by own channel | next person: effect.result delivered by spare channel
            mail-busy-alone          0 executed | effect.result given_up by own channel | next person: effect.result delivered by spare channel
            webhook-reset            1 executed | effect.ambiguous unknown by own channel | dead letter
            slack-reset              1 executed | effect.result delivered by own channel | -
            teams-reset              1 executed | effect.ambiguous unknown by own channel | dead letter
            mail-reset               1 executed | effect.ambiguous unknown by own channel | dead letter
            webhook-reset-alone      1 executed | effect.ambiguous unknown by own channel | dead letter
            slack-reset-alone        1 executed | effect.result delivered by own channel | -
            teams-reset-alone        1 executed | effect.ambiguous unknown by own channel | dead letter
            mail-reset-alone         1 executed | effect.ambiguous unknown by own channel | dead letter
        "#]],
    );
}
