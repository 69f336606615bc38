//! One suite over all channels, and what becomes of words that would break a format.

mod formats;
mod replies;
mod slack;

use super::*;
use crate::channel::{CardKind, Channel, HttpRequest, Reconciled, Request};
use crate::webhook::{Request as Delivery, Scheme, Secret, verify};
use bellwether_core::Digest;

const NOW: Timestamp = Timestamp::from_secs(1_795_255_200);

fn personal(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

fn card() -> Card {
    Card {
        key: Digest::of(b"effect 17"),
        kind: CardKind::Ask,
        at: Timestamp::from_secs(1_795_255_100),
        title: personal("Nordwind AG: a pump is down for the third time"),
        facts: vec![
            ("Deal".to_owned(), personal("250,000.00 EUR, negotiation")),
            ("Answer by".to_owned(), personal("12:00")),
        ],
        text: vec![
            personal("You lead this account."),
            personal("Support was asked twice.\nNobody answered."),
        ],
        link: Some("https://bellwether.example/e/17".to_owned()),
        trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
    }
}

const SECRETS: [&str; 2] =
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_b2xkZXIgc2VjcmV0IG9mIGEgdGVzdA=="];
const TOKEN: &str = "xoxb-token-of-a-test";

/// Every channel with somebody it reaches.
fn all() -> Vec<(&'static str, Box<dyn Channel>, Personal<String>)> {
    let secrets = SECRETS.map(Secret::new).to_vec();
    vec![
        ("webhook", Box::new(Webhook::new(secrets).unwrap()), personal("maria")),
        (
            "mail",
            Box::new(Mail::new("Bellwether <bw@us.example>").unwrap()),
            personal("maria@us.example"),
        ),
        ("slack", Box::new(Slack::new(personal(TOKEN))), personal("U024MARIA")),
        ("teams", Box::new(Teams), personal("maria")),
        ("file", Box::new(File), personal("maria")),
    ]
}

/// Everything that a request sends, opened.
fn sent(request: &Request) -> String {
    match request {
        Request::Http(HttpRequest { path, headers, body }) => {
            let headers: String = headers
                .iter()
                .map(|(name, value)| format!("{name}: {}\n", value.reveal(Purpose::Notify)))
                .collect();
            let body = String::from_utf8(body.reveal(Purpose::Notify).clone()).unwrap();
            format!("{path}\n{headers}\n{body}")
        }
        Request::Mail(mail) => {
            let to = mail.to.reveal(Purpose::Notify);
            let text = String::from_utf8(mail.message.reveal(Purpose::Notify).clone()).unwrap();
            format!("{} -> {to}\n{text}", mail.from)
        }
        Request::File { name, bytes } => {
            format!("{name}\n{}", String::from_utf8(bytes.reveal(Purpose::Notify).clone()).unwrap())
        }
    }
}

fn message(channel: &dyn Channel, card: &Card, to: &Personal<String>) -> String {
    sent(&channel.encode(card, to, NOW).unwrap())
}

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, retry_after: None, body: body.as_bytes().to_vec() }
}

#[test]
fn the_same_card_gives_the_same_bytes() {
    for (name, channel, to) in all() {
        assert_eq!(message(&*channel, &card(), &to), message(&*channel, &card(), &to), "{name}");
        let mut other = card();
        other.key = Digest::of(b"effect 18");
        assert_ne!(message(&*channel, &card(), &to), message(&*channel, &other, &to), "{name}");
    }
}

#[test]
fn only_a_signature_is_fresh() {
    for (name, channel, to) in all() {
        let later = NOW.plus(Duration::from_secs(60));
        let (first, second) =
            (channel.encode(&card(), &to, NOW), channel.encode(&card(), &to, later));
        let same = sent(&first.unwrap()) == sent(&second.unwrap());
        assert_eq!(same, name != "webhook", "{name}");
    }
}

#[test]
fn every_message_says_that_a_program_sent_it() {
    for (name, channel, to) in all() {
        let message = message(&*channel, &card(), &to);
        let plain: String =
            form_urlencoded::parse(message.as_bytes()).map(|(a, b)| format!("{a}{b}")).collect();
        assert!(message.contains(DISCLOSURE) || plain.contains(DISCLOSURE), "{name}: {message}");
    }
}

#[test]
fn debug_shows_nobody_and_no_secret() {
    for (name, channel, to) in all() {
        let shown = format!("{:?} {to:?}", channel.encode(&card(), &to, NOW).unwrap());
        for word in ["Nordwind", "maria", "MARIA", "pump", TOKEN] {
            assert!(!shown.contains(word), "{name} shows {word}: {shown}");
        }
    }
    let shown = format!(
        "{:?} {:?}",
        Slack::new(personal(TOKEN)),
        Webhook::new(SECRETS.map(Secret::new).to_vec())
    );
    assert!(!shown.contains(TOKEN) && !shown.contains("MfKQ"), "{shown}");
}

#[test]
fn a_link_is_a_web_address_and_a_recipient_is_one() {
    for (name, channel, to) in all() {
        for link in
            ["javascript:alert(1)", "https://a.example/\" onclick=x", "file:///etc/passwd", ""]
        {
            let card = Card { link: Some(link.to_owned()), ..card() };
            assert!(channel.encode(&card, &to, NOW).is_err(), "{name}: {link}");
        }
    }
    for (name, to) in [
        ("mail", "nobody"),
        ("mail", "a@b.example\r\nBcc: c@d.example"),
        ("slack", "#a&x=y"),
        ("slack", ""),
    ] {
        let (_, channel, _) = all().into_iter().find(|(known, ..)| *known == name).unwrap();
        assert!(channel.encode(&card(), &personal(to), NOW).is_err(), "{name}: {to}");
    }
    assert!(Mail::new("nobody").is_err());
    assert!(Webhook::new(vec![]).is_err() && Webhook::new(vec![Secret::new("whsec_")]).is_err());
}

#[test]
fn our_own_verifier_takes_our_webhook_under_each_secret() {
    let (_, channel, to) = all().remove(0);
    let Request::Http(request) = channel.encode(&card(), &to, NOW).unwrap() else { panic!() };
    let headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.reveal(Purpose::Notify).as_str()))
        .collect();
    let (name, text) =
        crate::schemes().iter().find(|(name, _)| *name == "standard-webhooks").unwrap();
    let scheme = Scheme::parse(name, text).unwrap();
    let body = request.body.reveal(Purpose::Notify);
    let delivery = Delivery { method: "POST", url: "https://a.example/", headers: &headers, body };
    for secret in SECRETS {
        let verified = verify(&scheme, &delivery, &[Secret::new(secret)], NOW).unwrap();
        assert_eq!(verified.delivery_id, card().key.to_string());
    }
    assert!(verify(&scheme, &delivery, &[Secret::new("whsec_AAAA")], NOW).is_err());
}

#[test]
fn what_is_known_about_repeats() {
    let repeats: Vec<_> = all()
        .iter()
        .filter(|(_, channel, _)| channel.recognises_repeats())
        .map(|(name, ..)| *name)
        .collect();
    assert_eq!(repeats, ["webhook", "file"]);
    let asked: Vec<_> = all()
        .iter()
        .filter(|(_, channel, to)| channel.reconcile(card().key, to).is_some())
        .map(|(name, ..)| *name)
        .collect();
    assert_eq!(asked, ["slack"]);
    for (name, channel, _) in all() {
        let unknown = channel.reconciled(card().key, &reply(200, "{}"));
        assert_eq!(unknown, Reconciled::Unknown, "{name}: an answer that says nothing");
    }
}

#[test]
fn messages_as_they_are_sent() {
    for (name, channel, to) in all() {
        let message = message(&*channel, &card(), &to).replace("\r\n", "\n");
        match name {
            "webhook" => expect_test::expect_file!["tests/webhook.txt"].assert_eq(&message),
            "mail" => expect_test::expect_file!["tests/mail.txt"].assert_eq(&message),
            "slack" => expect_test::expect_file!["tests/slack.txt"].assert_eq(&message),
            "teams" => expect_test::expect_file!["tests/teams.txt"].assert_eq(&message),
            _ => expect_test::expect_file!["tests/file.txt"].assert_eq(&message),
        }
    }
}
