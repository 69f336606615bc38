//! One mail, one webhook, one Slack and one Teams message arrive: what is in them, what the journal says of them, and
//! one trace from each signal to its message.

use crate::company::{self, Effect, Leaf, WROTE, signal, write_bundle};
use crate::mailserver::{MailServer, PASSWORD};
use crate::receiver::{Kind, News, Receiver, Request};
use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bellwether_core::event::Performed;
use bellwether_store::View;
use bellwether_testkit::Hunt;
use hmac::{Hmac, Mac as _};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

const SECRET: &[u8] = b"twenty-four bytes or more";
const TOKEN: &str = "xoxb-of-the-test";
/// The span of whoever sends the signals.
const SENDER: &str = "00f067aa0ba902b7";

/// Who receives, but for the mail server.
struct House {
    news: Arc<News>,
    hook: Receiver,
    chat: Receiver,
    team: Receiver,
    collector: Receiver,
}

impl House {
    fn new() -> Self {
        let news = Arc::new(News::default());
        let fine = |kind| Receiver::fine(kind, &news);
        let (hook, chat, team) = (fine(Kind::Webhook), fine(Kind::Slack), fine(Kind::Teams));
        let collector = fine(Kind::Collector);
        Self { news, hook, chat, team, collector }
    }

    /// What the configuration says of the channels; secrets go into files of the world.
    fn settings(&self, world: &World, mail: u64) -> String {
        world.secret("hook.secret", &format!("whsec_{}", STANDARD.encode(SECRET)));
        world.secret("slack.secret", TOKEN);
        world.secret("mail.secret", PASSWORD);
        let (hook, chat, team) = (self.hook.port, self.chat.port, self.team.port);
        world.secret("team.secret", &format!("http://127.0.0.1:{team}/workflows/7?sig=s3cret"));
        format!(
            r#"
[server]
public_url = "https://bellwether.example"
[telemetry]
otlp = "http://127.0.0.1:{}"
private = true
[channels.mail]
kind = "mail"
server = "127.0.0.1"
port = {mail}
tls = "starttls"
ca_file = "mail.pem"
private = true
from = "bellwether@ours.example"
username = "bellwether"
password_file = "mail.secret"
[channels.hook]
kind = "webhook"
url = "http://127.0.0.1:{hook}/bellwether"
secret_file = "hook.secret"
private = true
[channels.chat]
kind = "slack"
url = "http://127.0.0.1:{chat}/api"
token_file = "slack.secret"
private = true
[channels.team]
kind = "teams"
url_file = "team.secret"
private = true
[delivery]
channels = ["mail"]
[delivery.people]
hook-1 = ["hook"]
chat-1 = ["chat:U0CHAT"]
team-1 = ["team"]
"#,
            self.collector.port
        )
    }

    fn spans(&self) -> Vec<Span> {
        let ledger = self.collector.ledger();
        let posts = ledger.requests.iter().inspect(|post| assert_eq!(post.path, "/v1/traces"));
        let read = |post: &Request| ExportTraceServiceRequest::decode(&*post.body).unwrap();
        let all = posts.flat_map(|post| read(post).resource_spans);
        all.flat_map(|one| one.scope_spans).flat_map(|one| one.spans).collect()
    }
}

/// The trace of the signal of a way; that of `quiet` is kept by nobody.
fn traceparent(way: &str) -> String {
    let trace: String = format!("{way:*<16}").bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("00-{trace}-{SENDER}-{}", if way == "quiet" { "00" } else { "01" })
}

#[test]
fn a_mail_a_webhook_a_slack_and_a_teams_message_arrive_on_one_trace_each() {
    let (world, house) = (World::new(), House::new());
    let Some(mail) = MailServer::start(&world.path(".")) else {
        let why = "there is no `python3` with aiosmtpd 1.4 (pip install aiosmtpd)";
        return company::skipped("a_mail_a_webhook_a_slack_and_a_teams_message_arrive", why);
    };
    let ways = ["mail", "hook", "chat", "team", "quiet"].map(str::to_owned);
    write_bundle(&world, &ways);
    world.write(
        "company/messages/cards.yaml",
        "messages:\n  - {node: team, title: 'Your turn: {account} ({rule})'}\n",
    );
    world.to_serve("company", &house.settings(&world, mail.port));
    // Whoever is asked quietly has the webhook too.
    let text = std::fs::read_to_string(world.path("bellwether.toml")).unwrap();
    world.write("bellwether.toml", text.replace("hook-1 =", "quiet-1 = [\"hook\"]\nhook-1 ="));
    let server = world.serve();
    for way in &ways {
        let mut event = signal(way, way, way);
        let mut headers = vec![("content-type", "application/cloudevents+json")];
        let trace = traceparent(way);
        match way.as_str() {
            // As an attribute of the event, or as a header of the request.
            "chat" => headers.push(("traceparent", trace.as_str())),
            _ => event["traceparent"] = json!(trace),
        }
        assert_eq!(server.post("/v1/signals", &headers, event.to_string().as_bytes()).status, 202);
    }
    let mailed = mail.next();
    let view = View::open(world.data()).unwrap();
    company::until("all is delivered", &house.news, 30, || company::is_settled(&view, 5));
    server.end();
    let (effects, leaves) = (company::effects(&view), company::leaves(&view));
    let to = |way: &str| effects.iter().find(|one| one.person == format!("{way}-1")).unwrap();
    each_is_in_the_journal(&effects, &leaves);
    let sent = messages(&house, &mailed);
    for way in &ways {
        let effect = to(way);
        let told = sent.iter().find(|told| told.key == effect.key).unwrap();
        assert_eq!(
            told.link,
            format!("https://bellwether.example/escalations/{}/account/company", effect.stream)
        );
        let title = match way.as_str() {
            "team" => "Your turn: team plc (R-team)".to_owned(),
            _ => format!("They wait: {way} plc"),
        };
        assert_eq!(told.title, title);
        traced(&house.spans(), way, &told.trace);
    }
    assert!(mailed["to"] == json!(["mail-1@staff.example"]) && mailed["tls"] == json!(true));
    no_trace_of_anybody(&house, &leaves, &mailed);
    company::hold(&view, |key| u32::from(sent.iter().any(|told| told.key == key)));
    world.run(&["log", "verify"]).ends(0);
    world.run(&["replay", "--all"]).ends(0);
}

fn each_is_in_the_journal(effects: &[Effect], leaves: &[Leaf]) {
    let mut found = BTreeMap::new();
    for effect in effects {
        let leaf = leaves.iter().find(|leaf| leaf.key == effect.key).unwrap();
        assert_eq!(
            (leaf.kind, leaf.result, leaf.attempts),
            ("effect.result", Performed::Delivered, 1)
        );
        found.insert(effect.person.as_str(), leaf.via.as_str());
    }
    let expected =
        [("mail", "mail"), ("hook", "hook"), ("chat", "chat"), ("team", "team"), ("quiet", "hook")];
    let expected = expected.map(|(way, via)| (format!("{way}-1"), via));
    let expected: BTreeMap<_, _> = expected.iter().map(|(way, via)| (way.as_str(), *via)).collect();
    assert_eq!(found, expected);
}

/// What a person gets to see of a message.
#[derive(Debug)]
struct Told {
    key: String,
    title: String,
    link: String,
    trace: String,
}

/// The messages as their services read them.
fn messages(house: &House, mailed: &Value) -> Vec<Told> {
    let mut told: Vec<_> = house.hook.ledger().requests.iter().map(hooked).collect();
    let only = |receiver: &Receiver| {
        let ledger = receiver.ledger();
        assert_eq!(ledger.requests.len(), 1);
        ledger.requests.first().unwrap().clone()
    };
    told.push(chatted(&only(&house.chat)));
    told.push(carded(&only(&house.team)));
    let headers = &mailed["headers"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (key, plain) =
        (text(&headers["x-bellwether-effect"]), text(&mailed["parts"]["text/plain"]));
    assert_eq!(headers["message-id"], json!(format!("<{key}@ours.example>")));
    assert_eq!(
        (&mailed["from"], &mailed["user"]),
        (&json!("bellwether@ours.example"), &json!("bellwether"))
    );
    let link = plain.lines().find_map(|line| line.strip_prefix("Open in Bellwether: ")).unwrap();
    assert!(text(&mailed["parts"]["text/html"]).contains(&format!("href=\"{link}\"")));
    let (link, title, trace) =
        (link.to_owned(), text(&headers["subject"]), text(&headers["traceparent"]));
    told.push(Told { key, title, link, trace });
    told
}

/// A webhook, once its signature was checked as Standard Webhooks 1.0 says.
fn hooked(request: &Request) -> Told {
    let (id, time) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(SECRET).unwrap();
    mac.update(&[format!("{id}.{time}.").as_bytes(), &request.body].concat());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(request.header("webhook-signature"), signature);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(time.parse().unwrap()) < 300, "{time} is fresh");
    assert_eq!((id, request.path.as_str()), (request.key(), "/bellwether"));
    let body = request.json();
    let (data, text) = (&body["data"], |value: &Value| value.as_str().unwrap().to_owned());
    assert_eq!((&body["type"], text(&data["key"]).as_str()), (&json!("bellwether.ask"), id));
    let trace = request.header("traceparent").to_owned();
    Told { key: id.to_owned(), title: text(&data["title"]), link: text(&data["link"]), trace }
}

fn chatted(request: &Request) -> Told {
    assert_eq!(request.path, "/api/chat.postMessage");
    assert_eq!(request.header("authorization"), format!("Bearer {TOKEN}"));
    let form: BTreeMap<_, _> = form_urlencoded::parse(&request.body).into_owned().collect();
    assert_eq!(form.get("channel").map(String::as_str), Some("U0CHAT"));
    let json = |name: &str| serde_json::from_str::<Value>(form.get(name).unwrap()).unwrap();
    let (blocks, key) = (json("blocks"), json("metadata")["event_payload"]["key"].clone());
    assert_eq!(key, json!(request.key()));
    let link =
        blocks.as_array().unwrap().iter().find_map(|block| block["elements"][0]["url"].as_str());
    let (key, trace) = (request.key().to_owned(), request.header("traceparent").to_owned());
    Told { key, title: form.get("text").unwrap().clone(), link: link.unwrap().to_owned(), trace }
}

fn carded(request: &Request) -> Told {
    assert_eq!(request.path, "/workflows/7?sig=s3cret");
    let body = request.json();
    let card = &body["attachments"][0]["content"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (title, link) = (text(&card["fallbackText"]), text(&card["actions"][0]["url"]));
    let (key, trace) = (request.key().to_owned(), request.header("traceparent").to_owned());
    Told { key, title, link, trace }
}

/// The sender's span, the acceptance, the decision, the attempt: each below the one before, and the last one is what
/// the message names. Where the sender keeps no trace, nothing goes to the collector.
fn traced(spans: &[Span], way: &str, header: &str) {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sent = traceparent(way);
    let [_, trace, _, flags] = sent.split('-').collect::<Vec<_>>()[..] else { panic!("{sent}") };
    let of = spans.iter().filter(|span| hex(&span.trace_id) == trace);
    let of: BTreeMap<_, _> = of.map(|span| (span.name.as_str(), span)).collect();
    if flags == "00" {
        assert_eq!(of.keys().collect::<Vec<_>>(), Vec::<&&str>::new(), "{way}: nobody keeps it");
        assert!(header.starts_with(&format!("00-{trace}-")) && header.ends_with("-00"), "{header}");
        return;
    }
    // A header is about the request, an attribute about the event alone.
    let mut line = vec!["signal.accept", "decision", "effect.deliver"];
    line.retain(|name| way == "chat" || *name != "signal.accept");
    let mut above = SENDER.to_owned();
    for name in &line {
        let span = of.get(name).unwrap_or_else(|| panic!("{way}: no {name} in {:?}", of.keys()));
        assert_eq!(hex(&span.parent_span_id), above, "{way}: {name}");
        above = hex(&span.span_id);
    }
    assert_eq!(of.len(), line.len(), "{way}: {:?}", of.keys());
    assert_eq!(header, format!("00-{trace}-{above}-01"), "{way}");
}

/// What a customer wrote goes nowhere; no name and no address gets into a leaf or a span.
fn no_trace_of_anybody(house: &House, leaves: &[Leaf], mailed: &Value) {
    let wrote = Hunt::new([WROTE.split(' ').next().unwrap().to_owned()]);
    wrote.is_not_in("the mail", mailed.to_string().as_bytes());
    for receiver in [&house.hook, &house.chat, &house.team] {
        for request in &receiver.ledger().requests {
            wrote.is_not_in("a message", format!("{:?}", request.headers).as_bytes());
            wrote.is_not_in("a message", &request.body);
        }
    }
    let names = ["mail plc", "hook plc", "chat plc", "team plc", "staff.example", "U0CHAT"];
    let anybody = Hunt::new(names.map(str::to_owned).into_iter().chain([WROTE.to_owned()]));
    for leaf in leaves {
        anybody.is_not_in("a leaf", &leaf.bytes);
    }
    for request in &house.collector.ledger().requests {
        anybody.is_not_in("a span", &request.body);
    }
}
