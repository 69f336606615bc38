//! The Teams channel: an Adaptive Card 1.4 to an incoming workflow webhook.
//!
//! - In: a card. - Out: a POST to the channel's own address, which is itself the secret.
//! - Never: puts words where Teams reads Markdown; all of them stand in text runs, which have none.

use super::{ANSWER, DISCLOSURE, Words, headers, http};
use crate::channel::{
    Card, Channel, HttpRequest, Outcome, Reconciled, Reply, Request, Unsupported,
};
use bellwether_core::{Digest, Personal, Timestamp};
use serde_json::{Value, json};

/// Posts cards into a chat or a channel of Teams.
#[derive(Clone, Copy, Debug)]
pub struct Teams;

impl Channel for Teams {
    fn encode(
        &self,
        card: &Card,
        _: &Personal<String>,
        _: Timestamp,
    ) -> Result<Request, Unsupported> {
        let words = Words::of(card)?;
        let run = |text: &str| json!({"type": "TextRun", "text": text});
        let bold = |text: &str| json!({"type": "TextRun", "text": text, "weight": "Bolder"});
        let block = |runs: &[Value]| json!({"type": "RichTextBlock", "inlines": runs});
        let title =
            json!({"type": "TextRun", "text": words.title, "weight": "Bolder", "size": "Medium"});
        let note =
            json!({"type": "TextRun", "text": DISCLOSURE, "isSubtle": true, "size": "Small"});
        let facts = words.facts.iter();
        let facts = facts.map(|(label, value)| block(&[bold(&format!("{label}: ")), run(value)]));
        let text = words.text.iter().map(|text| block(&[run(text)]));
        let body: Vec<_> = [block(&[title])]
            .into_iter()
            .chain(facts)
            .chain(text)
            .chain([block(&[note])])
            .collect();
        let open = |url| json!({"type": "Action.OpenUrl", "title": ANSWER, "url": url});
        let message = json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "fallbackText": words.title,
                    "body": body,
                    "actions": words.link.iter().map(open).collect::<Vec<_>>(),
                },
            }],
        });
        let body = Personal::new(message.to_string().into_bytes());
        let headers = headers("application/json", card);
        Ok(Request::Http(HttpRequest { path: String::new(), headers, body }))
    }

    fn decode(&self, reply: &Reply, now: Timestamp) -> Outcome {
        http(reply, now, self.recognises_repeats())
    }

    fn recognises_repeats(&self) -> bool {
        false
    }

    fn reconcile(&self, _: Digest, _: &Personal<String>) -> Option<Request> {
        None
    }

    fn reconciled(&self, _: Digest, _: &Reply) -> Reconciled {
        Reconciled::Unknown
    }
}
