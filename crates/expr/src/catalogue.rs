//! The catalogue: every fact a rule may name, with its type and its slot.

use bellwether_core::{Code, Duration, Place, Problem, Type};
use std::collections::BTreeMap;
use std::fmt;

/// The number of a fact in the dense array of [`Slots`](crate::Slots).
pub type Slot = u16;

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The account.
    Account,
    /// A case of the account.
    Case,
    /// A deal of the account.
    Deal,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::Account, Self::Case, Self::Deal];

    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Case => "case",
            Self::Deal => "deal",
        }
    }

    /// The scope of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// How personal a fact is. Personal ones have no slot: the core sees no personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pii {
    /// It says nothing about a person.
    None,
    /// It speaks of a person who cannot be named from it alone.
    Pseudonymous,
}

impl Pii {
    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pseudonymous => "pseudonymous",
        }
    }

    /// The class of a word; `personal` is none that a fact may have.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::None, Self::Pseudonymous].into_iter().find(|class| class.as_str() == word)
    }
}

/// A fact as the catalogue knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactDef {
    /// The dotted name: letters, digits and `_`.
    pub name: String,
    /// The code of the name.
    pub code: Code,
    /// Its type.
    pub kind: Type,
    /// The words that a code may be; empty means any.
    pub values: Vec<String>,
    /// What is counted, for people.
    pub unit: Option<String>,
    /// What it is about.
    pub scope: Scope,
    /// How personal it is.
    pub pii: Pii,
    /// How long a value may be used; nothing means for ever.
    pub freshness: Option<Duration>,
    /// Whether its absence lowers completeness.
    pub required: bool,
    /// Whether time alone can change it.
    pub time_dependent: bool,
    /// Where it was written.
    pub place: Place,
}

impl FactDef {
    /// A plain fact of an account: open, not personal, not required, fresh for ever.
    pub fn new(name: &str, kind: Type, place: Place) -> Self {
        Self {
            name: name.to_owned(),
            code: Code::of(name),
            kind,
            values: Vec::new(),
            unit: None,
            scope: Scope::Account,
            pii: Pii::None,
            freshness: None,
            required: false,
            time_dependent: false,
            place,
        }
    }
}

/// Every fact with its slot, and the words that codes stand for.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    facts: Vec<FactDef>,
    by_name: BTreeMap<String, Slot>,
    words: BTreeMap<Code, String>,
}

impl Catalogue {
    /// Gives each fact the slot of its position.
    ///
    /// # Errors
    /// Every name that is written twice or that an expression could not write, and too many facts.
    pub fn new(facts: Vec<FactDef>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut catalogue = Self::default();
        for (position, fact) in facts.iter().enumerate() {
            let Ok(slot) = Slot::try_from(position) else {
                let message = format!("there are more than {} facts", Slot::MAX);
                problems.push(Problem::new("fact-too-many", message).at(fact.place.clone()));
                break;
            };
            if !is_name(&fact.name) {
                let message = format!("`{}` cannot be the name of a fact", fact.name);
                let help = "use words of letters, digits and `_` with dots between them";
                problems.push(Problem::new("fact-name", message).at(fact.place.clone()).help(help));
            }
            for word in &fact.values {
                catalogue.note_word(word);
            }
            if let Some(first) = catalogue.by_name.insert(fact.name.clone(), slot) {
                let message = format!("the fact `{}` is defined twice", fact.name);
                let first = facts.get(usize::from(first)).map(|fact| fact.place.to_string());
                let help = format!("the first stands at {}", first.unwrap_or_default());
                let problem = Problem::new("fact-duplicate", message).at(fact.place.clone());
                problems.push(problem.help(help));
            }
        }
        catalogue.facts = facts;
        if problems.is_empty() { Ok(catalogue) } else { Err(problems) }
    }

    /// The slot of a name.
    pub fn slot(&self, name: &str) -> Option<Slot> {
        self.by_name.get(name).copied()
    }

    /// The fact in a slot.
    pub fn fact(&self, slot: Slot) -> Option<&FactDef> {
        self.facts.get(usize::from(slot))
    }

    /// All facts in the order of their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &FactDef)> {
        (0..).zip(&self.facts)
    }

    /// How many facts there are.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The word of a code: of the closed lists, and those noted by [`Catalogue::note_word`].
    pub fn word(&self, code: Code) -> Option<&str> {
        self.words.get(&code).map(String::as_str)
    }

    /// Remembers a word that somebody wrote, so that an explanation can show it.
    pub fn note_word(&mut self, word: &str) {
        self.words.entry(Code::of(word)).or_insert_with(|| word.to_owned());
    }

    /// A slot's number for people.
    pub fn show(&self, kind: Type, raw: i64) -> String {
        let mut text = String::new();
        // A string takes everything.
        let _ = self.write(kind, raw, &mut text);
        text
    }

    /// The same at the end of a text.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn write(&self, kind: Type, raw: i64, out: &mut impl fmt::Write) -> fmt::Result {
        match kind {
            Type::Int => write_int(raw, out),
            Type::Code if let Some(word) = self.word(Code::from_raw(raw)) => out.write_str(word),
            _ => out.write_str(&bellwether_core::value::show_raw(kind, raw)),
        }
    }
}

/// Explanations are full of small numbers, and the formatter of the standard library takes its time.
fn write_int(raw: i64, out: &mut impl fmt::Write) -> fmt::Result {
    let Ok(mut left) = u32::try_from(raw) else { return write!(out, "{raw}") };
    let mut digits = [b'0'; 10];
    let mut first = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit += (left % 10) as u8;
        (left, first) = (left / 10, at);
        if left == 0 {
            break;
        }
    }
    let shown = digits.get(first..).and_then(|digits| std::str::from_utf8(digits).ok());
    out.write_str(shown.unwrap_or_default())
}

/// Words that mean something else in an expression.
pub(crate) const RESERVED: [&str; 4] = ["true", "false", "null", "in"];

fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        let starts = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    name.split('.').all(part) && !RESERVED.contains(&name)
}
