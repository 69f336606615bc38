//! Every shipped scheme against vectors that others made, and forgeries that nobody may pass.
//!
//! `vectors.json`: five are published by the vendors; the others were computed with Python's `hmac`, and those of
//! Slack, Stripe, Twilio and Standard Webhooks were also accepted by these vendors' own Python libraries.

mod forged;
mod schemes;

use super::shipped::schemes as shipped;
use super::*;
use bellwether_core::Digest;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One delivery as it came.
#[derive(Clone, Debug, Deserialize)]
struct Delivery {
    scheme: String,
    secret: String,
    /// Seconds since 1970.
    now: i64,
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
    origin: String,
}

fn vectors() -> Vec<Delivery> {
    serde_json::from_str(include_str!("tests/vectors.json")).unwrap()
}

fn scheme(name: &str) -> Scheme {
    static ALL: LazyLock<BTreeMap<&str, Scheme>> = LazyLock::new(|| {
        let parsed = shipped().iter().map(|(name, text)| match Scheme::parse(name, text) {
            Ok(scheme) => (*name, scheme),
            Err(problems) => panic!("{problems:#?}"),
        });
        parsed.collect()
    });
    ALL[name].clone()
}

impl Delivery {
    fn verify_with(&self, secrets: &[&str], body: &[u8], now: i64) -> Result<Verified, Rejected> {
        let headers: Vec<_> = self.headers.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        let request = Request { method: &self.method, url: &self.url, headers: &headers, body };
        verify(&scheme(&self.scheme), &request, &secrets, Timestamp::from_secs(now))
    }

    fn verify(&self) -> Result<Verified, Rejected> {
        self.verify_with(&[&self.secret], self.body.as_bytes(), self.now)
    }
}

#[test]
fn every_vector_is_verified() {
    for delivery in vectors() {
        let verified = delivery.verify();
        let verified = verified.unwrap_or_else(|why| panic!("{}: {why}", delivery.scheme));
        let signs_time = scheme(&delivery.scheme).tolerance().is_some();
        assert_eq!(verified.at.is_some(), signs_time, "{}", delivery.scheme);
    }
    let known: Vec<_> = vectors().iter().map(|delivery| delivery.scheme.clone()).collect();
    for (name, _) in shipped() {
        assert!(known.iter().any(|it| it == name), "{name} has no vector");
    }
    let published = vectors().iter().filter(|it| it.origin.starts_with("published")).count();
    assert_eq!(published, 5);
}

#[test]
fn several_secrets_may_be_live() {
    for delivery in vectors().iter().filter(|it| it.scheme != "standard-webhooks") {
        let verify = |secrets: &[&str]| {
            delivery.verify_with(secrets, delivery.body.as_bytes(), delivery.now)
        };
        assert!(verify(&["the next one", &delivery.secret]).is_ok(), "{}", delivery.scheme);
        assert_eq!(verify(&["the next one"]), Err(Rejected::Forged), "{}", delivery.scheme);
        assert_eq!(verify(&[]), Err(Rejected::NoSecret), "{}", delivery.scheme);
        assert_eq!(verify(&["", ""]), Err(Rejected::NoSecret), "{}", delivery.scheme);
    }
}

#[test]
fn the_window_is_closed_on_both_sides() {
    for delivery in vectors() {
        let Some(tolerance) = scheme(&delivery.scheme).tolerance() else { continue };
        assert_eq!(tolerance, Duration::from_secs(300));
        let at = delivery.verify().unwrap().at.unwrap();
        let secs = at.micros() / 1_000_000;
        for (apart, fine) in [(-301, false), (-300, true), (300, true), (301, false)] {
            let found =
                delivery.verify_with(&[&delivery.secret], delivery.body.as_bytes(), secs + apart);
            assert_eq!(found.is_ok(), fine, "{} {apart}", delivery.scheme);
            assert!(fine || matches!(found, Err(Rejected::Stale { .. })), "{found:?}");
        }
    }
}

#[test]
fn a_repetition_is_told_by_what_is_signed() {
    for delivery in vectors() {
        let verified = delivery.verify().unwrap();
        assert_eq!(delivery.verify().unwrap(), verified, "the same for a repetition");
        let Some(where_id) = scheme(&delivery.scheme).id else { continue };
        let mut renamed = delivery.clone();
        renamed.headers.insert(where_id.headers[0].clone(), "another".to_owned());
        match renamed.verify() {
            Ok(again) => assert_eq!(again.delivery_id, verified.delivery_id, "{}", delivery.scheme),
            Err(_) => assert_eq!(verified.delivery_id, verified.called.unwrap()),
        }
    }
    let of = |name: &str| vectors().into_iter().find(|it| it.scheme == name).unwrap();
    let id = |name: &str| of(name).verify().unwrap().delivery_id;
    assert_eq!(id("standard-webhooks"), "msg_1");
    assert_eq!(
        id("slack"),
        Digest::of_parts([&b"v0:"[..], b":", of("slack").body.as_bytes()]).to_string()
    );
}

#[test]
fn a_missing_header_is_named() {
    let mut all = String::new();
    for delivery in vectors().iter().filter(|it| it.origin == "computed") {
        for name in delivery.headers.keys() {
            let mut without = delivery.clone();
            without.headers.remove(name);
            let said = without.verify().map_or_else(|why| why.to_string(), |_| "taken".to_owned());
            all += &format!("{} without {name}: {said}\n", delivery.scheme);
        }
    }
    expect_test::expect![[r#"
        slack without X-Slack-Request-Timestamp: the header `X-Slack-Request-Timestamp` is missing, or not in the form of the scheme
        slack without X-Slack-Signature: the header `X-Slack-Signature` is missing, or not in the form of the scheme
        stripe without Stripe-Signature: the header `Stripe-Signature` is missing, or not in the form of the scheme
        github without X-GitHub-Delivery: taken
        github without X-Hub-Signature-256: the header `X-Hub-Signature-256` is missing, or not in the form of the scheme
        jira without X-Atlassian-Webhook-Identifier: taken
        jira without X-Hub-Signature: the header `X-Hub-Signature` is missing, or not in the form of the scheme
        zendesk without X-Zendesk-Webhook-Invocation-Id: taken
        zendesk without X-Zendesk-Webhook-Signature: the header `X-Zendesk-Webhook-Signature` is missing, or not in the form of the scheme
        zendesk without X-Zendesk-Webhook-Signature-Timestamp: the header `X-Zendesk-Webhook-Signature-Timestamp` is missing, or not in the form of the scheme
        shopify without X-Shopify-Hmac-Sha256: the header `X-Shopify-Hmac-Sha256` is missing, or not in the form of the scheme
        shopify without X-Shopify-Webhook-Id: taken
        hubspot-v3 without X-HubSpot-Request-Timestamp: the header `X-HubSpot-Request-Timestamp` is missing, or not in the form of the scheme
        hubspot-v3 without X-HubSpot-Signature-v3: the header `X-HubSpot-Signature-v3` is missing, or not in the form of the scheme
        twilio without Content-Type: the signature is not one of ours
        twilio without I-Twilio-Idempotency-Token: taken
        twilio without X-Twilio-Signature: the header `X-Twilio-Signature` is missing, or not in the form of the scheme
        twilio without Content-Type: taken
        twilio without X-Twilio-Signature: the header `X-Twilio-Signature` is missing, or not in the form of the scheme
        standard-webhooks without webhook-id: the header `webhook-id` is missing, or not in the form of the scheme
        standard-webhooks without webhook-signature: the header `webhook-signature` is missing, or not in the form of the scheme
        standard-webhooks without webhook-timestamp: the header `webhook-timestamp` is missing, or not in the form of the scheme
        docusign without X-DocuSign-Signature-1: taken
        docusign without X-DocuSign-Signature-2: the signature is not one of ours
        intercom without X-Hub-Signature: the header `X-Hub-Signature` is missing, or not in the form of the scheme
        pagerduty without X-PagerDuty-Signature: the header `X-PagerDuty-Signature` is missing, or not in the form of the scheme
        pagerduty without X-Webhook-Id: taken
        shared-secret without X-Bellwether-Secret: the header `X-Bellwether-Secret` is missing, or not in the form of the scheme
    "#]].assert_eq(&all);
}

#[test]
fn nothing_shows_a_secret() {
    let secret = Secret::new("a-shared-secret");
    assert_eq!(format!("{secret:?}"), "[secret]");
    let delivery = &vectors()[0];
    let found = delivery.verify_with(&["another-secret"], b"", delivery.now);
    assert!(!format!("{found:?}").contains("another"));
    let standard = scheme("standard-webhooks");
    for (text, fine) in
        [("whsec_AAAA", true), ("AAAA", true), ("whsec_", false), ("whsec_a?b", false), ("", false)]
    {
        assert_eq!(standard.accepts(&Secret::new(text)), fine, "{text}");
    }
}
