//! The webhook channel: Standard Webhooks 1.0 (<https://www.standardwebhooks.com>), for programs.
//!
//! - In: a card and the secrets that are live. - Out: a signed POST to the channel's own address.
//! - Never: signs without a secret. The receiver knows a repeat by `webhook-id`, which is the key.

use super::{document, headers, http};
use crate::channel::{
    Card, Channel, HttpRequest, Outcome, Reconciled, Reply, Request, Unsupported,
};
use crate::webhook::{Secret, mac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bellwether_core::{Digest, Personal, Timestamp};
use hmac::Hmac;
use sha2::Sha256;

/// Sends cards to a program of the customer.
#[derive(Clone, Debug)]
pub struct Webhook {
    secrets: Vec<Secret>,
}

impl Webhook {
    /// A channel that signs with every live secret, newest first, each `whsec_` and Base64.
    ///
    /// # Errors
    /// [`Unsupported`] where there is no secret, or one is not of this form.
    pub fn new(secrets: Vec<Secret>) -> Result<Self, Unsupported> {
        let fine = secrets.iter().all(|secret| secret.standard().is_some());
        match fine && !secrets.is_empty() {
            true => Ok(Self { secrets }),
            false => {
                Err(Unsupported { what: "a webhook needs secrets of the form whsec_ and Base64" })
            }
        }
    }
}

impl Channel for Webhook {
    fn encode(
        &self,
        card: &Card,
        to: &Personal<String>,
        now: Timestamp,
    ) -> Result<Request, Unsupported> {
        let body = document(card, to)?.to_string().into_bytes();
        let (id, time) = (card.key.to_string(), now.micros().div_euclid(1_000_000).to_string());
        let sign = |secret: &Secret| {
            let parts = [id.as_bytes(), b".", time.as_bytes(), b".", &body];
            let code = mac::<Hmac<Sha256>>(&secret.standard()?, parts);
            Some(format!("v1,{}", BASE64.encode(code)))
        };
        let signatures: Vec<_> = self.secrets.iter().filter_map(sign).collect();
        let mut headers = headers("application/json", card);
        let more = [
            ("webhook-id", id),
            ("webhook-timestamp", time),
            ("webhook-signature", signatures.join(" ")),
        ];
        headers.extend(more.map(|(name, value)| (name.to_owned(), Personal::new(value))));
        Ok(Request::Http(HttpRequest { path: String::new(), headers, body: Personal::new(body) }))
    }

    fn decode(&self, reply: &Reply, now: Timestamp) -> Outcome {
        http(reply, now, self.recognises_repeats())
    }

    fn recognises_repeats(&self) -> bool {
        true
    }

    fn reconcile(&self, _: Digest, _: &Personal<String>) -> Option<Request> {
        None
    }

    fn reconciled(&self, _: Digest, _: &Reply) -> Reconciled {
        Reconciled::Unknown
    }
}
