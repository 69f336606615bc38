//! Words of customers that would break a format if they could.

use super::*;
use mail_parser::MessageParser;

const NASTY: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=https://evil.example/x.png onerror=alert(1)>",
    "</td></table><style>*{display:none}</style>",
    "&lt;b&gt; &amp; <!channel> <@U1> <https://evil.example|click>",
    "*bold* _it_ ~no~ `code` > quote",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "=cmd|' /C calc'!A0",
    "+1+1 -2 @SUM(A1)",
    "line\r\nBcc: evil@evil.example\r\n\r\nbody",
    "gnp.\u{202e}exe \u{2066}x\u{2069}\u{200b}\u{feff}",
    "\0\u{7}\u{1b}[31m red \u{85} \u{2028}",
    "{\"ok\":true} {{name}} ${HOME} %s",
];

fn nasty(text: &str) -> Card {
    Card {
        title: personal(text),
        facts: vec![(text.to_owned(), personal(text))],
        text: vec![personal(text)],
        ..card()
    }
}

/// What a reader should see of a text.
fn seen(text: &str) -> String {
    line(text, MAX_LINE)
}

#[test]
fn json_carries_them_as_texts() {
    for text in NASTY {
        for (name, channel, to) in
            all().into_iter().filter(|(name, ..)| matches!(*name, "webhook" | "file" | "teams"))
        {
            let message = message(&*channel, &nasty(text), &to);
            let body = message.split_once('{').map(|(_, rest)| format!("{{{rest}")).unwrap();
            let body: Value =
                serde_json::from_str(&body).unwrap_or_else(|why| panic!("{name}: {why}"));
            if name == "teams" {
                let card = &body["attachments"][0]["content"];
                assert_eq!(card["body"][0]["inlines"][0]["text"], json!(seen(text)));
                assert_eq!(card["body"][1]["inlines"][1]["text"], json!(seen(text)));
                let blocks = card["body"].as_array().unwrap();
                assert!(
                    blocks.iter().all(|block| block["type"] == "RichTextBlock"),
                    "nothing reads Markdown"
                );
            } else {
                assert_eq!(body["data"]["title"], json!(seen(text)), "{name}");
                assert_eq!(body["data"]["facts"][0]["value"], json!(seen(text)), "{name}");
            }
        }
    }
}

#[test]
fn slack_reads_no_markup() {
    for text in NASTY {
        let (_, channel, to) = all().remove(2);
        let Request::Http(request) = channel.encode(&nasty(text), &to, NOW).unwrap() else {
            panic!()
        };
        let pairs: Vec<_> =
            form_urlencoded::parse(request.body.reveal(Purpose::Notify)).into_owned().collect();
        assert_eq!(pairs.len(), 8, "no field was added");
        let field = |name: &str| pairs.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let blocks = field("blocks");
        assert!(
            !blocks.contains("mrkdwn") && !blocks.contains('<') && !blocks.contains('>'),
            "{blocks}"
        );
        assert!(!field("text").contains('<'));
        let blocks: Value = serde_json::from_str(&blocks).unwrap();
        let shown = blocks[0]["text"]["text"].as_str().unwrap();
        let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        assert_eq!(shown, seen(text));
    }
}

#[test]
fn mail_gains_no_header_and_no_tag() {
    for text in NASTY {
        let (_, channel, to) = all().remove(1);
        let Request::Mail(mail) = channel.encode(&nasty(text), &to, NOW).unwrap() else { panic!() };
        let bytes = mail.message.reveal(Purpose::Notify);
        let parsed = MessageParser::default().parse(bytes).unwrap();
        assert_eq!(parsed.subject(), Some(seen(text).as_str()));
        assert!(parsed.bcc().is_none() && parsed.headers().len() == 12);
        let html = parsed.body_html(0).unwrap();
        assert_eq!(html.matches('<').count(), rich(&seen("plain")).matches('<').count(), "{html}");
        assert!(!html.contains("<img") && !html.contains("<script"), "{html}");
        assert!(parsed.body_text(0).unwrap().contains(DISCLOSURE));
    }
}

/// The HTML of the same card with plain words.
fn rich(text: &str) -> String {
    let (_, channel, to) = all().remove(1);
    let Request::Mail(mail) = channel.encode(&nasty(text), &to, NOW).unwrap() else { panic!() };
    let parsed = MessageParser::default().parse(mail.message.reveal(Purpose::Notify)).unwrap();
    parsed.body_html(0).unwrap().into_owned()
}

#[test]
fn texts_are_cut_and_cleaned() {
    for (text, expected) in [
        ("a\r\nb\tc", "a b c"),
        ("\u{202e}evil\u{202c}", "evil"),
        ("  ", ""),
        ("\0x\u{1b}y", "x y"),
    ] {
        assert_eq!(line(text, 20), expected);
    }
    assert_eq!(line("abcdef", 4), "abc…");
    assert_eq!(paragraph("a\r\n\r\nb  \rc"), "a\n\nb\nc");
    let long =
        Card { text: vec![personal(&"&<>".repeat(2_000)); 40], title: personal(" "), ..card() };
    for (name, channel, to) in all() {
        let message = message(&*channel, &long, &to);
        assert!(message.len() < 600_000, "{name}: {}", message.len());
    }
    let (_, slack, to) = all().remove(2);
    let Request::Http(request) = slack.encode(&long, &to, NOW).unwrap() else { panic!() };
    let (_, blocks) = form_urlencoded::parse(request.body.reveal(Purpose::Notify))
        .find(|(name, _)| name == "blocks")
        .unwrap();
    let blocks: Vec<Value> = serde_json::from_str(&blocks).unwrap();
    assert!(blocks.len() <= 50);
    let text = |block: &Value| block["text"]["text"].as_str().map(|text| text.chars().count());
    assert!(blocks.iter().filter_map(text).all(|count| (1..=3_000).contains(&count)));
}
