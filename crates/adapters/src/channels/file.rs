//! The file channel: a card as a JSON file, for whoever watches a folder.
//!
//! - In: a card. - Out: a file named after its key. - Never: two files for one card.

use super::{document, http};
use crate::channel::{Card, Channel, Outcome, Reconciled, Reply, Request, Unsupported};
use bellwether_core::{Digest, Personal, Timestamp};
use serde_json::Value;

/// Writes cards into the channel's folder.
#[derive(Clone, Copy, Debug)]
pub struct File;

impl Channel for File {
    fn encode(
        &self,
        card: &Card,
        to: &Personal<String>,
        _: Timestamp,
    ) -> Result<Request, Unsupported> {
        let name = format!("{}.json", hex::encode(card.key.as_bytes()));
        let mut document = document(card, to)?;
        // A file has no headers in which its trace could stand.
        if let Some(data) = document.get_mut("data").and_then(Value::as_object_mut) {
            data.insert("traceparent".to_owned(), card.trace.clone().into());
        }
        let text = format!("{document:#}\n");
        Ok(Request::File { name, bytes: Personal::new(text.into_bytes()) })
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
