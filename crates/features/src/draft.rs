//! Drafts: facts.yaml and features.yaml as written, before kinds, fields and types are looked up.
//!
//! - In: the two documents.
//! - Out: one [`Draft`] an entry, and every problem of shape.
//! - Never: knows what a kind or a field is.

use bellwether_core::authored::{Document, Fields, Key, Node};
use bellwether_core::{Duration, Place, Problem, Trust, Type};
use bellwether_expr::{Pii, Scope, scalar_place};

/// A text with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// The operations, as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Count,
    Sum,
    Min,
    Max,
    Last,
    Distinct,
    DecayedMean,
    TimeSince,
    Rate,
}

impl Operation {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Count, "count"),
        (Self::Sum, "sum"),
        (Self::Min, "min"),
        (Self::Max, "max"),
        (Self::Last, "last"),
        (Self::Distinct, "distinct"),
        (Self::DecayedMean, "decayed_mean"),
        (Self::TimeSince, "time_since"),
        (Self::Rate, "rate"),
    ];

    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(one, _)| *one == self).map_or("", |(_, word)| word)
    }

    /// Whether the word names kinds; else it names a field, and `of` names the kinds.
    fn names_kinds(self) -> bool {
        matches!(self, Self::Count | Self::TimeSince | Self::Rate)
    }
}

/// A kind, and the field of it that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) kind: Text,
    pub(crate) field: Option<Text>,
}

#[derive(Clone, Debug)]
pub(crate) struct Folding {
    pub(crate) operation: Operation,
    pub(crate) inputs: Vec<Input>,
    pub(crate) filter: Option<Text>,
    pub(crate) window: Option<Duration>,
    pub(crate) baseline: Option<Duration>,
    pub(crate) half_life: Option<Duration>,
    pub(crate) previous: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Making {
    Current(Text),
    Fold(Folding),
    Expr(Text),
    /// The value of the first condition that holds.
    Choice(Vec<(String, i64, Place)>),
}

/// A fact that is made outside of both files: the value of the first row that holds, and missing where
/// that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The fact's name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// Its type.
    pub kind: Type,
    /// The words of its values, where those are codes.
    pub values: Vec<String>,
    /// What it is about.
    pub scope: Scope,
    /// What its author says about it.
    pub description: String,
    /// Conditions, the value of each as it stands in a slot, and where the condition is written.
    pub rows: Vec<(String, i64, Place)>,
}

impl Choice {
    pub(crate) fn draft(&self) -> Draft {
        Draft {
            name: self.name.clone(),
            place: self.place.clone(),
            kind: Some(self.kind),
            values: self.values.clone(),
            unit: None,
            scope: self.scope,
            freshness: None,
            pii: Pii::None,
            required: false,
            default: None,
            description: self.description.clone(),
            version: 1,
            trust: None,
            making: Making::Choice(self.rows.clone()),
        }
    }
}

/// An entry as written.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) kind: Option<Type>,
    pub(crate) values: Vec<String>,
    pub(crate) unit: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) freshness: Option<Duration>,
    pub(crate) pii: Pii,
    pub(crate) required: bool,
    pub(crate) default: Option<Text>,
    pub(crate) description: String,
    pub(crate) version: i64,
    /// The lowest trust of a signal that may move it, where that is not anybody's.
    pub(crate) trust: Option<Trust>,
    pub(crate) making: Making,
}

/// Reads the entries of one section.
pub(crate) fn read(
    document: &Document,
    section: &[(Key, Node)],
    raw: bool,
    problems: &mut Vec<Problem>,
) -> Vec<Draft> {
    section.iter().filter_map(|(key, node)| entry(document, key, node, raw, problems)).collect()
}

fn entry(
    document: &Document,
    key: &Key,
    node: &Node,
    raw: bool,
    problems: &mut Vec<Problem>,
) -> Option<Draft> {
    let place = document.place_of_key(key);
    let mut fields = Fields::new(document, node, problems);
    let kinds = Type::ALL.map(Type::as_str);
    let kind = fields.word("type", &kinds, Type::from_word);
    let scopes = Scope::ALL.map(Scope::as_str);
    let texts = |fields: &mut Fields<'_>| {
        fields.texts("values").into_iter().map(|(text, _)| text.to_owned()).collect()
    };
    let mut draft = Draft {
        name: key.text.clone(),
        place: place.clone(),
        kind,
        values: texts(&mut fields),
        unit: fields.text("unit").map(str::to_owned),
        scope: fields.word("scope", &scopes, Scope::from_word).unwrap_or(Scope::Account),
        freshness: span(&mut fields, "freshness"),
        pii: pii(&mut fields),
        required: fields.flag("required").unwrap_or(false),
        default: text(&mut fields, "default"),
        description: fields.text("description").unwrap_or_default().to_owned(),
        version: fields.int("version").unwrap_or(1),
        trust: trust(&mut fields),
        making: Making::Current(Text { text: String::new(), place: place.clone() }),
    };
    let making = if raw { raw_making(&mut fields) } else { making(&mut fields) };
    fields.finish();
    match making {
        Made::One(one) => draft.making = one,
        Made::Broken => return None,
        Made::None => {
            let message = match raw {
                true => format!("`{}` says neither `from` nor `current`", draft.name),
                false => format!("`{}` has no operation", draft.name),
            };
            let help = match raw {
                true => "add `from: kind.field`, or `current: field` for the present signal",
                false => {
                    "add one of: count, sum, min, max, last, distinct, decayed_mean, time_since, rate, expr"
                }
            };
            problems.push(Problem::new("feature-operation", message).at(place).help(help));
            return None;
        }
        Made::Several(words) => {
            let message = format!("`{}` has more than one operation: {words}", draft.name);
            let help = "make a feature of each";
            problems.push(Problem::new("feature-operation", message).at(place).help(help));
            return None;
        }
    }
    Some(draft)
}

enum Made {
    One(Making),
    None,
    Several(String),
    /// Its problem has been reported.
    Broken,
}

fn text<'a>(fields: &mut Fields<'a>, name: &'a str) -> Option<Text> {
    let node = fields.node(name)?;
    let place = scalar_place(fields.document(), node);
    fields.text(name).map(|text| Text { text: text.to_owned(), place })
}

fn texts<'a>(fields: &mut Fields<'a>, name: &'a str) -> Vec<Text> {
    let found = fields.texts(name);
    let place = |node| scalar_place(fields.document(), node);
    found.into_iter().map(|(text, n)| Text { text: text.to_owned(), place: place(n) }).collect()
}

/// A span longer than nothing.
fn span<'a>(fields: &mut Fields<'a>, name: &'a str) -> Option<Duration> {
    fields.parsed(name, "a span such as 15m, 4h or 30d, longer than nothing", |text| {
        Duration::parse(text).filter(|span| *span > Duration::ZERO)
    })
}

fn pii(fields: &mut Fields<'_>) -> Pii {
    let Some(node) = fields.node("pii") else { return Pii::None };
    if fields.text("pii") == Some("personal") {
        let problem = Problem::new("feature-personal", "a personal fact has no place in rules");
        let place = fields.place_of(node);
        let help = "keep personal data in the sealed payload; rules may read what follows from it";
        fields.problems().push(problem.at(place).help(help));
        return Pii::None;
    }
    fields.word("pii", &["none", "pseudonymous"], Pii::from_word).unwrap_or(Pii::None)
}

/// The lowest label is that of everything anyway.
fn trust(fields: &mut Fields<'_>) -> Option<Trust> {
    let labels = Trust::ALL.map(Trust::as_str);
    fields.word("trust", &labels, Trust::from_word).filter(|trust| *trust > Trust::CustomerText)
}

/// A fact: `from` one or more fields, or a field of the `current` signal.
fn raw_making(fields: &mut Fields<'_>) -> Made {
    let (from, current) = (texts(fields, "from"), text(fields, "current"));
    match (from.is_empty(), current) {
        (true, None) if fields.node("from").is_some() => Made::Broken,
        (true, None) => Made::None,
        (true, Some(field)) => Made::One(Making::Current(field)),
        (false, Some(_)) => Made::Several("from, current".to_owned()),
        (false, None) => {
            let mut inputs = Vec::new();
            for Text { text, place } in from {
                let Some((kind, field)) = text.rsplit_once('.') else {
                    let message = format!("`{text}` names no field");
                    let problem = Problem::new("feature-unknown-field", message).at(place);
                    let help = "write the kind, a dot and the field: crm.deal.updated.amount";
                    fields.problems().push(problem.help(help));
                    return Made::Broken;
                };
                let part = |text: &str| Text { text: text.to_owned(), place: place.clone() };
                inputs.push(Input { kind: part(kind), field: Some(part(field)) });
            }
            Made::One(Making::Fold(Folding {
                operation: Operation::Last,
                inputs,
                filter: None,
                window: None,
                baseline: None,
                half_life: None,
                previous: false,
            }))
        }
    }
}

/// A feature: one of the operations, or `expr`.
fn making(fields: &mut Fields<'_>) -> Made {
    let mut found = Vec::new();
    for (operation, word) in Operation::ALL {
        if fields.node(word).is_some() {
            found.push((Some(operation), word));
        }
    }
    let expr = text(fields, "expr");
    if expr.is_some() {
        found.push((None, "expr"));
    }
    match (found.as_slice(), expr) {
        ([], _) => Made::None,
        ([(None, _)], Some(expr)) => Made::One(Making::Expr(expr)),
        ([(Some(operation), word)], _) => folding(fields, *operation, word),
        (several, _) => {
            let words: Vec<_> = several.iter().map(|(_, word)| *word).collect();
            Made::Several(words.join(", "))
        }
    }
}

fn folding<'a>(fields: &mut Fields<'a>, operation: Operation, word: &'a str) -> Made {
    let inputs: Vec<Input> = if operation.names_kinds() {
        texts(fields, word).into_iter().map(|kind| Input { kind, field: None }).collect()
    } else {
        let Some(field) = text(fields, word) else { return Made::Broken };
        let of = texts(fields, "of");
        if of.is_empty() && fields.required("of").is_none() {
            return Made::Broken;
        }
        of.into_iter().map(|kind| Input { kind, field: Some(field.clone()) }).collect()
    };
    if inputs.is_empty() {
        return Made::Broken;
    }
    let filter = text(fields, "where");
    use Operation::{Count, DecayedMean, Distinct, Last, Max, Min, Rate, Sum, TimeSince};
    let mut folding = Folding {
        operation,
        inputs,
        filter,
        window: None,
        baseline: None,
        half_life: None,
        previous: false,
    };
    if matches!(operation, Count | Sum | Min | Max | Distinct | Rate) {
        folding.window = span(fields, "window");
    }
    let mut needs = |there: bool, name: &'static str| there || fields.required(name).is_some();
    let complete = match operation {
        Rate => needs(folding.window.is_some(), "window") && needs(false, "baseline"),
        DecayedMean => needs(false, "half_life"),
        _ => true,
    };
    match operation {
        Rate => folding.baseline = span(fields, "baseline"),
        DecayedMean => folding.half_life = span(fields, "half_life"),
        Last | TimeSince => folding.previous = fields.flag("previous").unwrap_or(false),
        _ => {}
    }
    let missing = (operation == Rate && (folding.window.is_none() || folding.baseline.is_none()))
        || (operation == DecayedMean && folding.half_life.is_none());
    if complete && !missing { Made::One(Making::Fold(folding)) } else { Made::Broken }
}
