//! Signal kinds: what may happen around an account, and the typed fields each kind carries.
//!
//! - In: the canonical table, and a bundle's `signals:` section that may add kinds and fields.
//! - Out: [`Kinds`]: by name or code, fields in the order of their names.
//! - Never: a field that changes its type; what is canonical stays as it is.

use bellwether_core::authored::{Document, Fields, Key, Kind as NodeKind, Node};
use bellwether_core::{Code, Problem, Type};
use std::collections::BTreeMap;

/// What filters and facts call the kind of a signal itself.
pub(crate) const KIND: &str = "kind";

/// The canonical kinds; `name: type` for each field.
const CANONICAL: &[(&str, &str)] = &[
    (
        "crm.deal.updated",
        "amount: money, stage: code, probability: ratio, close_at: time, owner: code, owner_left: bool, \
         product: code, procurement: bool",
    ),
    (
        "ticket.opened",
        "severity: int, priority: int, category: code, channel: code, sentiment: ratio, intent: code, \
         confidence: ratio, product: code, reopened: bool, sla_breached: bool",
    ),
    (
        "ticket.updated",
        "severity: int, priority: int, category: code, status: code, channel: code, sentiment: ratio, \
         intent: code, confidence: ratio, product: code, reopened: bool, sla_breached: bool, \
         response_time: duration, resolution_time: duration",
    ),
    (
        "chat.message",
        "sentiment: ratio, intent: code, confidence: ratio, supervisor: bool, conversation: code, \
         direction: code, language: code",
    ),
    (
        "email.received",
        "sentiment: ratio, intent: code, confidence: ratio, exec: bool, conversation: code, \
         language: code, attachments: int",
    ),
    ("calendar.busy", "exec: bool, meeting: code, length: duration, attendees: int"),
    (
        "order.updated",
        "order: code, amount: money, status: code, items: int, due_at: time, product: code",
    ),
    ("order.delayed", "order: code, amount: money, delay: duration, due_at: time, reason: code"),
    ("invoice.issued", "invoice: code, amount: money, due_at: time, status: code, overdue: bool"),
    (
        "contract.clause",
        "contract: code, clause: code, value: money, renews_at: time, ends_at: time, notice: duration, \
         cap: ratio",
    ),
    ("usage.changed", "metric: code, value: int, change: ratio, seats: int, active: int"),
    ("survey.answered", "survey: code, score: int, nps: int, sentiment: ratio"),
    ("engagement.recorded", "channel: code, campaign: code, score: int, action: code, exec: bool"),
    ("procurement.stage", "stage: code, exec: bool, deadline: time, amount: money"),
    (
        "firmographics.updated",
        "tier: code, segment: code, region: code, country: code, industry: code, employees: int, \
         revenue: money, arr: money, fit: ratio, strategic: bool, consent: bool, renews_at: time, \
         overdue: bool, owner: code, owner_left: bool",
    ),
    (
        "lead.created",
        "source: code, origin: code, score: int, campaign: code, fit: ratio, owner: code, \
         owner_left: bool",
    ),
    // What the driver says by itself: whoever owns something has left, or is back.
    ("owner.status", "owner: code, owner_left: bool, named_by: code"),
    (
        "incident.updated",
        "state: code, priority: int, severity: int, impact: int, urgency: int, category: code, \
         reassignments: int, reopened: int, active: bool",
    ),
];

/// What an outcome carries, whatever its last word. Known only when it is over.
const OUTCOME: &str = "result: code, amount: money, reason: code, correct: bool, helpful: bool";

const OUTCOMES: [&str; 8] = [
    "outcome.deal.won",
    "outcome.deal.lost",
    "outcome.case.resolved",
    "outcome.case.reopened",
    "outcome.escalated",
    "outcome.churned",
    "outcome.renewed",
    "outcome.feedback",
];

/// A field of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDef {
    /// Its name.
    pub name: String,
    /// The code of its name.
    pub code: Code,
    /// Its type.
    pub kind: Type,
    /// The words that a code may be; empty means any.
    pub values: Vec<String>,
    /// Whether it is only known when the case or deal is over: no feature may read it.
    pub hindsight: bool,
}

/// A kind of signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindDef {
    /// Its name.
    pub name: String,
    /// The code of its name.
    pub code: Code,
    /// Its fields, in the order of their names.
    pub fields: Vec<FieldDef>,
}

impl KindDef {
    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<&FieldDef> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn add(&mut self, field: FieldDef) {
        let at = self.fields.partition_point(|other| other.name < field.name);
        self.fields.insert(at, field);
    }
}

/// All kinds of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kinds {
    kinds: BTreeMap<String, KindDef>,
}

impl Kinds {
    /// The canonical ones.
    pub fn canonical() -> Self {
        let mut kinds = Self { kinds: BTreeMap::new() };
        let outcomes = OUTCOMES.iter().map(|name| (*name, OUTCOME));
        for (name, fields) in CANONICAL.iter().copied().chain(outcomes) {
            let kind = kinds.open(name);
            for field in fields.split(", ") {
                let (field, word) = field.split_once(": ").unwrap_or((field, "code"));
                let type_ = Type::from_word(word).unwrap_or(Type::Code);
                kind.add(FieldDef::new(field, type_, name.starts_with("outcome.")));
            }
        }
        kinds
    }

    /// The kind of a name.
    pub fn kind(&self, name: &str) -> Option<&KindDef> {
        self.kinds.get(name)
    }

    /// The kind of a code.
    pub fn of(&self, code: Code) -> Option<&KindDef> {
        self.kinds.values().find(|kind| kind.code == code)
    }

    /// All kinds, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &KindDef> {
        self.kinds.values()
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    fn open(&mut self, name: &str) -> &mut KindDef {
        self.kinds.entry(name.to_owned()).or_insert_with(|| KindDef {
            name: name.to_owned(),
            code: Code::of(name),
            fields: Vec::new(),
        })
    }

    /// Adds a bundle's `signals:` section.
    pub(crate) fn extend(
        &mut self,
        document: &Document,
        section: &[(Key, Node)],
        problems: &mut Vec<Problem>,
    ) {
        for (key, node) in section {
            if !matches!(node.kind, NodeKind::Map(_) | NodeKind::Null) {
                Fields::new(document, node, problems);
            }
            let entries = match &node.kind {
                NodeKind::Map(entries) => entries.as_slice(),
                _ => &[],
            };
            let kind = self.open(&key.text);
            for (name, node) in entries {
                let Some(field) = read_field(document, name, node, problems) else { continue };
                match kind.field(&field.name) {
                    None if field.name == KIND => {
                        let message = "`kind` is the signal's kind, and no field";
                        let problem = Problem::new("feature-field-type", message);
                        let place = document.place_of_key(name);
                        problems.push(problem.at(place).help("give your field another name"));
                    }
                    None => kind.add(field),
                    Some(known) if *known == field => {}
                    Some(known) => {
                        let message = format!(
                            "`{}.{}` is already a field of type {}",
                            kind.name, field.name, known.kind
                        );
                        let problem = Problem::new("feature-field-type", message);
                        let help = "leave it as it is, or give your field another name";
                        problems.push(problem.at(document.place_of_key(name)).help(help));
                    }
                }
            }
        }
    }
}

impl FieldDef {
    fn new(name: &str, kind: Type, hindsight: bool) -> Self {
        Self { name: name.to_owned(), code: Code::of(name), kind, values: Vec::new(), hindsight }
    }
}

/// `name: int`, or `name: {type: bool, known: close, values: [..]}`.
fn read_field(
    document: &Document,
    name: &Key,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<FieldDef> {
    let words = Type::ALL.map(Type::as_str);
    if let NodeKind::Scalar { text, .. } = &node.kind {
        let kind = Type::from_word(text);
        if kind.is_none() {
            let message = format!("`{text}` is no type; types are: {}", words.join(", "));
            let problem = Problem::new("feature-type", message).at(document.place(node));
            problems.push(problem.nearest(text, words));
        }
        return Some(FieldDef::new(&name.text, kind?, false));
    }
    let mut fields = Fields::new(document, node, problems);
    let kind = fields.word("type", &words, Type::from_word);
    if kind.is_none() && fields.node("type").is_none() {
        fields.required("type");
    }
    let known = ["close", "event"];
    let hindsight = fields.word("known", &known, |word| match word {
        "close" => Some(true),
        "event" => Some(false),
        _ => None,
    });
    let values = fields.texts("values").into_iter().map(|(text, _)| text.to_owned()).collect();
    fields.finish();
    Some(FieldDef { values, ..FieldDef::new(&name.text, kind?, hindsight.unwrap_or(false)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_table_reads() {
        let kinds = Kinds::canonical();
        for (name, fields) in CANONICAL {
            for field in fields.split(", ") {
                let (field, word) = field.split_once(": ").unwrap();
                let known = kinds.kind(name).and_then(|kind| kind.field(field)).unwrap();
                assert_eq!(Some(known.kind), Type::from_word(word), "{name}.{field}");
            }
            assert_eq!(kinds.of(Code::of(name)).unwrap().name, *name);
        }
        assert!(kinds.kind("outcome.churned").unwrap().field("result").unwrap().hindsight);
    }

    #[test]
    fn a_bundle_adds_and_never_changes() {
        let text = "signals:\n  ticket.opened: {severity: code, queue: {type: code, values: [a]}}\n  \
                    own.kind: {x: {type: bool, known: close}, y: nit, z: {known: close}}\n";
        let document = Document::read("facts.yaml", text).unwrap();
        let mut problems = Vec::new();
        let mut fields = Fields::new(&document, &document.root, &mut problems);
        let section = fields.entries("signals");
        let (mut kinds, mut problems) = (Kinds::canonical(), Vec::new());
        kinds.extend(&document, section, &mut problems);
        let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
        expect_test::expect![[r#"
            facts.yaml:2:19: error[feature-field-type]: `ticket.opened.severity` is already a field of type int
              help: leave it as it is, or give your field another name
            facts.yaml:3:48: error[feature-type]: `nit` is no type; types are: bool, int, ratio, money, time, duration, code
              help: did you mean `int`?
            facts.yaml:3:56: error[yaml-missing-key]: `type` is missing here
              help: add a line `type: ...`"#]].assert_eq(&shown.join("\n"));
        assert_eq!(kinds.kind("ticket.opened").unwrap().field("queue").unwrap().values, ["a"]);
        assert!(kinds.kind("own.kind").unwrap().field("x").unwrap().hindsight);
    }
}
