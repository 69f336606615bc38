//! What answers mean.

use super::*;

fn http_channels() -> impl Iterator<Item = (&'static str, Box<dyn Channel>)> {
    all().into_iter().filter(|(name, ..)| *name != "mail").map(|(name, channel, _)| (name, channel))
}

/// A body with which a service that has the message says so.
fn good(name: &str) -> &'static str {
    if name == "slack" { r#"{"ok":true,"ts":"1795255200.000100","message":{"te"# } else { "" }
}

#[test]
fn outages_come_again_and_refusals_reach_a_person() {
    for (name, channel) in http_channels() {
        let decode = |status| channel.decode(&reply(status, good(name)), NOW);
        for status in [200, 202, 204] {
            assert!(matches!(decode(status), Outcome::Delivered { .. }), "{name} {status}");
        }
        for status in [408, 425, 429, 503] {
            assert!(matches!(decode(status), Outcome::Later { .. }), "{name} {status}");
        }
        for status in [301, 307, 400, 401, 403, 404, 410, 413, 418, 422] {
            assert!(matches!(decode(status), Outcome::Refused { .. }), "{name} {status}");
        }
        for status in [500, 502, 504, 599] {
            let later = matches!(decode(status), Outcome::Later { .. });
            assert_eq!(later, channel.recognises_repeats(), "{name} {status}");
            assert!(later || decode(status) == Outcome::Unknown, "{name} {status}");
        }
        for status in [0, 100, 600] {
            assert_eq!(decode(status), Outcome::Unknown, "{name} {status}");
        }
    }
}

#[test]
fn a_service_says_how_long_it_wants_to_rest() {
    // NOW is 2026-11-21T10:00:00Z.
    for (text, seconds) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("Sat, 21 Nov 2026 10:05:00 GMT", Some(300)),
        ("Sat, 21 Nov 2026 09:00:00 GMT", Some(0)),
        ("soon", None),
        ("-5", None),
        ("99999999999999999999", None),
        ("", None),
    ] {
        for (name, channel) in http_channels() {
            let reply = Reply { retry_after: Some(text.to_owned()), ..reply(429, "") };
            let after = seconds.map(Duration::from_secs);
            assert_eq!(
                channel.decode(&reply, NOW),
                Outcome::Later { after, why: "busy" },
                "{name} {text}"
            );
        }
    }
}

#[test]
fn mail_servers_answer_by_their_first_digit() {
    let (_, mail, _) = all().remove(1);
    for (status, expected) in [
        (250, "delivered"),
        (251, "delivered"),
        (421, "later: unavailable"),
        (450, "later: busy"),
        (451, "later: failed"),
        (454, "later: failed"),
        (503, "refused: malformed"),
        (535, "refused: not-allowed"),
        (550, "refused: no-such-address"),
        (552, "refused: too-large"),
        (554, "refused: refused"),
        (354, "unknown"),
        (0, "unknown"),
    ] {
        let found = match mail.decode(&reply(status, "maria"), NOW) {
            Outcome::Delivered { .. } => "delivered".to_owned(),
            Outcome::Later { why, .. } => format!("later: {why}"),
            Outcome::Refused { why } => format!("refused: {why}"),
            Outcome::Unknown => "unknown".to_owned(),
        };
        assert_eq!(found, expected, "{status}");
    }
}
