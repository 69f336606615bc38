//! The file channel: a card as a JSON file, for whoever watches a folder.
//!
//! - In: a card. - Out: a file named after its key. - Never: two files for one card.

use super::{document, http};
use crate::channel::{Card, Channel, Outcome, Reconciled, Reply, Request, Unsupported};
use bellwether_core::{Digest, Personal, Timestamp};

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
        let text = format!("{:#}\n", document(card, to)?);
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
