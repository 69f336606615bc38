//! The outcome that a backtest is judged by: which signal says that it happened.

use bellwether_core::RawSignal;
use bellwether_core::signal::RawValue;
use std::fmt;
use std::str::FromStr;

/// `KIND.FIELD`, a yes or no; or `KIND.FIELD=WORD`, which happened where the word stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    kind: String,
    field: String,
    word: Option<String>,
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, word) = match text.split_once('=') {
            Some((name, word)) => (name, Some(word.to_owned())),
            None => (text, None),
        };
        match name.rsplit_once('.') {
            Some((kind, field)) if !kind.is_empty() && !field.is_empty() => {
                Ok(Self { kind: kind.to_owned(), field: field.to_owned(), word })
            }
            _ => Err("expected KIND.FIELD or KIND.FIELD=WORD, such as outcome.sla.missed".into()),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.field)?;
        self.word.iter().try_for_each(|word| write!(f, "={word}"))
    }
}

impl Outcome {
    /// What a signal says about the outcome; `None` when it says nothing.
    pub(crate) fn of(&self, raw: &RawSignal) -> Option<bool> {
        if raw.kind != self.kind {
            return None;
        }
        let (_, value) = raw.fields.iter().find(|(name, _)| *name == self.field)?;
        match (value, &self.word) {
            (RawValue::Bool(yes), None) => Some(*yes),
            (RawValue::Word(found), Some(word)) => (found == word).then_some(true),
            _ => None,
        }
    }

    /// Whether subjects of which nothing is said did not have it: so for words that only some get.
    pub(crate) fn silence_is_no(&self) -> bool {
        self.word.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_named_by_kind_and_field() {
        for (text, kind, field, word) in [
            ("outcome.sla.missed", "outcome.sla", "missed", None),
            ("outcome.case.outcome=sla_missed", "outcome.case", "outcome", Some("sla_missed")),
        ] {
            let outcome: Outcome = text.parse().unwrap();
            assert_eq!((outcome.kind.as_str(), outcome.field.as_str()), (kind, field));
            assert_eq!(outcome.word.as_deref(), word);
            assert_eq!(outcome.to_string(), text);
        }
        for wrong in ["missed", ".missed", "outcome."] {
            assert!(wrong.parse::<Outcome>().is_err(), "{wrong}");
        }
    }
}
