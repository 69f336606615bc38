//! Channels: a card becomes a request to whatever carries it, and the answer becomes an outcome.
//!
//! - In: a [`Card`], whom it is for, and what a service answered.
//! - Out: a [`Request`] as data, and an [`Outcome`].
//! - Never: opens a socket, reads a clock or a secret's file, or says that something arrived when nobody knows.

use bellwether_core::{Digest, Duration, Personal, Timestamp};

/// What a card wants of whoever gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardKind {
    /// Take this, or say why not.
    Ask,
    /// No need to act any more.
    StandDown,
    /// Something about Bellwether itself: a silent source, a failed delivery.
    Notice,
}

impl CardKind {
    /// The word in messages for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::StandDown => "stand_down",
            Self::Notice => "notice",
        }
    }
}

/// What a person gets to read. Its words are opened for this one message.
#[derive(Clone, Debug)]
pub struct Card {
    /// The key of the effect: a receiver that sees it twice shows it once.
    pub key: Digest,
    /// What it wants.
    pub kind: CardKind,
    /// When it was decided.
    pub at: Timestamp,
    /// One line: who, and why now.
    pub title: Personal<String>,
    /// Labels and values, in the order to be read.
    pub facts: Vec<(String, Personal<String>)>,
    /// Paragraphs: why you, what was tried, what happens if nobody answers.
    pub text: Vec<Personal<String>>,
    /// Where to answer; opening it decides nothing.
    pub link: Option<String>,
    /// W3C `traceparent` of the delivery.
    pub trace: Option<String>,
}

/// What a channel wants sent.
#[derive(Clone, Debug)]
pub enum Request {
    /// An HTTP POST to the channel's own address.
    Http(HttpRequest),
    /// A mail.
    Mail(MailRequest),
    /// A file in the channel's folder; writing it again changes nothing.
    File {
        /// Its name, without a folder.
        name: String,
        /// Its bytes.
        bytes: Personal<Vec<u8>>,
    },
}

/// An HTTP POST.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// What is put behind the channel's address; empty for the address itself.
    pub path: String,
    /// Headers, the content type among them. Signatures are; bearer secrets are `Personal`.
    pub headers: Vec<(String, Personal<String>)>,
    /// The body.
    pub body: Personal<Vec<u8>>,
}

/// A mail, ready to be handed to a server.
#[derive(Clone, Debug)]
pub struct MailRequest {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipient.
    pub to: Personal<String>,
    /// The whole message, RFC 5322.
    pub message: Personal<Vec<u8>>,
}

/// What a service answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status, or the SMTP reply code.
    pub status: u16,
    /// The `Retry-After` header as sent: seconds or an HTTP date.
    pub retry_after: Option<String>,
    /// The start of the body.
    pub body: Vec<u8>,
}

/// What became of a request, as far as anybody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service has it; the receipt is its own id for it, where it gave one.
    Delivered {
        /// The service's id, such as a message's.
        receipt: Option<String>,
    },
    /// It does not have it, and may take it later.
    Later {
        /// Not before this much time has passed, if the service said so.
        after: Option<Duration>,
        /// A word of a closed list that says why.
        why: &'static str,
    },
    /// It will never take this.
    Refused {
        /// A word of a closed list that says why.
        why: &'static str,
    },
    /// Nobody knows whether it has it.
    Unknown,
}

/// What a service says about a request whose result was unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// It has it.
    Done,
    /// It does not.
    NotDone,
    /// It cannot tell.
    Unknown,
}

/// Why a card cannot go through a channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this channel cannot carry it: {what}")]
pub struct Unsupported {
    /// What is missing or wrong.
    pub what: &'static str,
}

/// One way to reach people: two pure functions, and what is known about repeating.
pub trait Channel: Send + Sync {
    /// The request that carries a card to an address. The same card gives the same bytes, so that a
    /// retry can be recognised; `now` only goes where a signature must be fresh.
    ///
    /// # Errors
    /// [`Unsupported`].
    fn encode(
        &self,
        card: &Card,
        to: &Personal<String>,
        now: Timestamp,
    ) -> Result<Request, Unsupported>;

    /// What an answer means; `now` turns a date in `Retry-After` into a span.
    fn decode(&self, reply: &Reply, now: Timestamp) -> Outcome;

    /// Whether the receiver recognises a repeated request by its key: then an unknown result may be
    /// tried again, else a person must be asked.
    fn recognises_repeats(&self) -> bool;

    /// How to ask the service about a request whose result is unknown; `None` where it cannot be asked.
    fn reconcile(&self, key: Digest, to: &Personal<String>) -> Option<Request>;

    /// What the service says to that.
    fn reconciled(&self, key: Digest, reply: &Reply) -> Reconciled;
}
