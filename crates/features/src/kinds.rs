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

/// The canonical kinds; `name: type` for each field, and `at close` for what is known only when it is
/// over. The shipped mappings fill these kinds and no others; fields that none of them fills are for
/// sources of one's own.
const CANONICAL: &[(&str, &str)] = &[
    (
        "crm.deal.updated",
        "amount: money, stage: code, probability: ratio, close_at: time, owner: code, owner_left: bool, \
         product: code, procurement: bool, technical_fit: ratio, decision_maker_met: bool",
    ),
    (
        "ticket.opened",
        "severity: int, priority: code, status: code, type: code, tag: code, category: code, \
         channel: code, sentiment: ratio, intent: code, confidence: ratio, product: code, order: code, \
         serial: code, wants_human: bool, reopened: bool, sla_breached: bool",
    ),
    (
        "ticket.updated",
        "severity: int, priority: code, status: code, type: code, tag: code, category: code, \
         channel: code, sentiment: ratio, intent: code, confidence: ratio, product: code, order: code, \
         serial: code, wants_human: bool, reopened: bool, reopens: int, sla_breached: bool, \
         satisfaction: code, first_reply: duration, resolution_time: duration",
    ),
    (
        "chat.message",
        "sentiment: ratio, intent: code, confidence: ratio, wants_human: bool, conversation: code, \
         role: code, language: code",
    ),
    (
        "email.received",
        "sentiment: ratio, intent: code, confidence: ratio, wants_human: bool, exec: bool, \
         conversation: code, reply: bool, automatic: bool, language: code, attachments: int",
    ),
    ("email.sent", "conversation: code, reply: bool, automatic: bool"),
    (
        "calendar.busy",
        "exec: bool, meeting: code, cancelled: bool, starts_at: time, ends_at: time, attendees: int",
    ),
    (
        "order.updated",
        "order: code, amount: money, status: code, items: int, part: code, promised_at: time, \
         delay_days: int, product: code",
    ),
    (
        "order.delayed",
        "order: code, amount: money, part: code, promised_at: time, delay: duration, \
         delay_days: int, reason: code",
    ),
    ("invoice.issued", "invoice: code, amount: money, due_at: time"),
    (
        "invoice.updated",
        "invoice: code, amount: money, due_at: time, status: code, days_overdue: int",
    ),
    (
        "contract.clause",
        "contract: code, clause: code, value: money, deviates: bool, effective_at: time, \
         renews_at: time, ends_at: time, notice: duration, cap: ratio",
    ),
    ("usage.changed", "metric: code, value: int, change: ratio, seats: int, active: int"),
    ("survey.answered", "survey: code, question: code, score: int, sentiment: ratio"),
    (
        "engagement.recorded",
        "channel: code, campaign: code, asset: code, score: int, action: code, exec: bool, \
         pricing: bool, legal: bool",
    ),
    (
        "procurement.stage",
        "stage: code, days_in_stage: int, exec: bool, deadline: time, amount: money",
    ),
    (
        "firmographics.updated",
        "tier: code, segment: code, region: code, country: code, industry: code, employees: int, \
         annual_revenue: money, founded: int, subsidiary: bool, arr: money, fit: ratio, \
         strategic: bool, consent: bool, renewal_at: time, overdue: bool, owner: code, owner_left: bool",
    ),
    (
        "lead.created",
        "source: code, country: code, amount: money, score: int, campaign: code, fit: ratio, \
         owner: code, owner_left: bool",
    ),
    // What the driver says by itself: whoever owns something has left, or is back.
    ("owner.status", "owner: code, owner_left: bool, named_by: code"),
    (
        "incident.updated",
        "state: code, priority: int, severity: int, impact: int, urgency: int, category: code, \
         subcategory: code, symptom: code, item: code, location: code, contact_type: code, \
         assignment_group: code, assigned_to: code, opened_by: code, updated_by: code, \
         opened_at: time, problem: code, vendor: code, active: bool, knowledge: bool, notify: bool, \
         u_priority_confirmation: bool, reassignment_count: int, reopen_count: int, \
         sys_mod_count: int, made_sla: bool at close, closed_code: code at close, \
         resolved_by: code at close, resolved_at: time at close, closed_at: time at close",
    ),
    ("person.updated", "role: code, region: code"),
    ("person.left", "role: code"),
    ("person.returned", "role: code"),
    ("product.updated", "product: code, series: code, list_price: money"),
    ("outcome.account", "outcome: code at close"),
    ("outcome.case", "outcome: code at close"),
    ("outcome.deal", "outcome: code at close, value: money at close, won: bool at close"),
    ("outcome.sla", "missed: bool at close, reference: time at close"),
];

/// The name, the type and whether it is known only at close.
fn written(field: &str) -> (&str, Type, bool) {
    let (name, word) = field.split_once(": ").unwrap_or((field, "code"));
    let (word, hindsight) = match word.strip_suffix(" at close") {
        Some(word) => (word, true),
        None => (word, false),
    };
    (name, Type::from_word(word).unwrap_or(Type::Code), hindsight)
}

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
        for (name, fields) in CANONICAL {
            let kind = kinds.open(name);
            for (field, of, hindsight) in fields.split(", ").map(written) {
                kind.add(FieldDef::new(field, of, hindsight));
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
            let kind = self.open(&key.text);
            for (name, node) in node.entries() {
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
                let of = Type::from_word(word.trim_end_matches(" at close"));
                assert_eq!(Some(known.kind), of, "{name}.{field}");
                assert_eq!(known.hindsight, word.ends_with(" at close"), "{name}.{field}");
            }
            assert_eq!(kinds.of(Code::of(name)).unwrap().name, *name);
        }
        assert!(kinds.kind("outcome.deal").unwrap().field("won").unwrap().hindsight);
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
