//! Conditions on a cell: for `when` and `true_when`.

use super::account;
use super::check::refuse;
use super::decimal::Decimal;
use bellwether_core::authored::{Fields, Kind, Node};

const CONDITIONS: &str = "a word, a list of words, `present`, `absent`, `own`, `outside`, \
                          `{not: WORD}` or `{at_least: 1, at_most: 9}`";

/// What a cell must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// There is a value.
    Present,
    /// There is none.
    Absent,
    /// The address or domain is ours.
    Own,
    /// It is somebody else's.
    Outside,
    /// The value is one of these.
    OneOf(Vec<String>),
    /// The value is none of these, or there is none.
    NoneOf(Vec<String>),
    /// A number between these, ends included.
    Between(Option<Decimal>, Option<Decimal>),
}

impl Condition {
    /// Whether it holds for a value; `None` where a number was expected and is not there to read.
    /// `own` are our domains.
    pub(super) fn holds(&self, value: Option<&str>, own: &[String]) -> Option<bool> {
        Some(match (self, value) {
            (Self::Present, value) => value.is_some(),
            (Self::Absent, value) => value.is_none(),
            (Self::Own, Some(value)) => account::is_own(value, own),
            (Self::Outside, Some(value)) => !account::is_own(value, own),
            (Self::OneOf(words), Some(value)) => words.iter().any(|word| word == value),
            (Self::NoneOf(words), Some(value)) => words.iter().all(|word| word != value),
            (Self::NoneOf(_) | Self::Outside, None) => true,
            (Self::Between(least, most), Some(value)) => {
                let number = Decimal::parse(value, false)?;
                within(number, *least, *most)
            }
            (Self::OneOf(_) | Self::Between(..) | Self::Own, None) => false,
        })
    }

    /// What it says where there is no value: only questions of presence have an answer.
    pub(super) fn on_nothing(&self) -> Option<bool> {
        match self {
            Self::Present => Some(false),
            Self::Absent => Some(true),
            Self::Own | Self::Outside | Self::OneOf(_) | Self::NoneOf(_) | Self::Between(..) => {
                None
            }
        }
    }

    /// Reads a condition as written.
    pub(super) fn read(fields: &mut Fields<'_>, node: &Node) -> Option<Self> {
        match &node.kind {
            Kind::Scalar { text, quoted: false } if text == "present" => Some(Self::Present),
            Kind::Scalar { text, quoted: false } if text == "absent" => Some(Self::Absent),
            Kind::Scalar { text, quoted: false } if text == "own" => Some(Self::Own),
            Kind::Scalar { text, quoted: false } if text == "outside" => Some(Self::Outside),
            Kind::Scalar { text, .. } => Some(Self::OneOf(vec![text.clone()])),
            Kind::List(_) => Some(Self::OneOf(words(fields, node))),
            Kind::Map(_) => Self::read_map(fields, node),
            Kind::Null => {
                refuse("mapping-condition", fields, node, "nothing is said here", CONDITIONS);
                None
            }
        }
    }

    fn read_map(fields: &mut Fields<'_>, node: &Node) -> Option<Self> {
        let document = fields.document();
        let mut inner = Fields::new(document, node, fields.problems());
        let not = inner.node("not").map(|node| words(&mut inner, node));
        let (least, most) = limits(&mut inner);
        let empty = not.is_none() && least.is_none() && most.is_none();
        if empty || (not.is_some() && (least.is_some() || most.is_some())) {
            let message = "this is no condition";
            refuse("mapping-condition", &mut inner, node, message, CONDITIONS);
        }
        inner.finish();
        Some(not.map_or(Self::Between(least, most), Self::NoneOf))
    }
}

/// Reads `at_least` and `at_most`.
pub(super) fn limits(fields: &mut Fields<'_>) -> (Option<Decimal>, Option<Decimal>) {
    let read = |text: &str| Decimal::parse(text, false);
    let least = fields.parsed("at_least", "a number", read);
    (least, fields.parsed("at_most", "a number", read))
}

/// Whether a number lies between two others, where they are given.
pub(super) fn within(number: Decimal, least: Option<Decimal>, most: Option<Decimal>) -> bool {
    least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
}

/// The words of a list, or the one word.
pub(super) fn words(fields: &mut Fields<'_>, node: &Node) -> Vec<String> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut found = Vec::new();
    for item in items {
        match &item.kind {
            Kind::Scalar { text, .. } => found.push(text.clone()),
            other => {
                let message = format!("expected a word, found {}", other.name());
                refuse("mapping-condition", fields, item, message, CONDITIONS);
            }
        }
    }
    found
}
