//! Reading `thresholds.yaml`.

use super::cell::{Asks, CellText, join, read_cell};
use super::tighter::{self, Stricter};
use super::{Hit, Outline, PREFIX, Row, Table, check};
use crate::read::{Word, check_handle, required_choice, required_word};
use bellwether_core::authored::{Document, Fields, Key, Kind, Node};
use bellwether_core::{Place, Problem, Type};
use bellwether_expr::{Catalogue, FactDef, Scope, Slot, Space, literal, scalar_place};

/// The most cells of a table.
const MAX_CELLS: usize = 500;

/// Keys of a row that are no columns.
const OWN: [&str; 2] = ["value", "reason"];

/// What the tables are called and hold, as far as that can be read: for a catalogue that knows them
/// before their rows are checked.
pub fn outlines(document: &Document) -> Vec<Outline> {
    let mut ignored = Vec::new();
    let mut fields = Fields::new(document, &document.root, &mut ignored);
    let entries = fields.entries("thresholds");
    entries.iter().filter_map(|(key, node)| outline(document, key, node, &mut Vec::new())).collect()
}

/// Reads every table. `catalogue` knows the facts, and the tables' [`outlines`].
///
/// # Errors
/// Every problem of the file.
pub fn read(document: &Document, catalogue: &Catalogue) -> Result<Vec<Table>, Vec<Problem>> {
    let (mut problems, mut tables) = (Vec::new(), Vec::new());
    let mut fields = Fields::new(document, &document.root, &mut problems);
    for (key, node) in fields.entries("thresholds") {
        let problems = fields.problems();
        let Some(own) = table(document, key, node, catalogue, problems) else { continue };
        problems.extend(looser(document, (key, node), &own, catalogue));
        tables.push(own);
    }
    fields.finish();
    if problems.is_empty() { Ok(tables) } else { Err(problems) }
}

/// What is looser than in a table that it has replaced: those stand under `parent`, one in the other, and each
/// of them binds by its own `child`.
fn looser(
    document: &Document,
    (key, node): (&Key, &Node),
    own: &Table,
    catalogue: &Catalogue,
) -> Vec<Problem> {
    let above = std::iter::successors(replaced(node), |node| replaced(node));
    above.flat_map(|before| looser_than(document, (key, before), own, catalogue)).collect()
}

fn replaced(node: &Node) -> Option<&Node> {
    node.get("parent")
}

fn looser_than(
    document: &Document,
    (key, before): (&Key, &Node),
    own: &Table,
    catalogue: &Catalogue,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let words = Stricter::WORDS;
    let mut fields = Fields::new(document, before, &mut problems);
    let stricter = required_choice(&mut fields, "child", &words, Stricter::from_word);
    let parent = table(document, key, before, catalogue, &mut problems);
    let (Some(stricter), Some(parent)) = (stricter, parent) else { return problems };
    let meaning = |table: &Table| (table.outline.kind, table.outline.scope);
    if meaning(own) == meaning(&parent) {
        problems.extend(tighter::check(own, &parent, stricter, catalogue));
        return problems;
    }
    let (kind, scope) = meaning(&parent);
    let message = format!("`{}` is another thing than its parent's", own.outline.name);
    let problem = Problem::new("threshold-loosens", message).at(own.outline.place.clone());
    problems.push(problem.help(format!("write `type: {kind}` and `scope: {}`", scope.as_str())));
    problems
}

fn outline(
    document: &Document,
    key: &Key,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Outline> {
    let mut fields = Fields::new(document, node, problems);
    let types = Type::ALL.map(Type::as_str);
    let kind = required_choice(&mut fields, "type", &types, Type::from_word);
    let scopes = Scope::ALL.map(Scope::as_str);
    let scope = fields.word("scope", &scopes, Scope::from_word).unwrap_or(Scope::Account);
    let reason = fields.text("reason").unwrap_or_default().to_owned();
    let kind = kind?;
    let mut values = Vec::new();
    for row in fields.list("rows").iter().filter(|_| kind == Type::Code) {
        let word = Fields::new(document, row, &mut Vec::new()).text("value").map(str::to_owned);
        values.extend(word.filter(|word| !values.contains(word)));
    }
    let place = document.place_of_key(key);
    Some(Outline { name: format!("{PREFIX}{}", key.text), place, kind, scope, values, reason })
}

fn table(
    document: &Document,
    key: &Key,
    node: &Node,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Option<Table> {
    let before = problems.len();
    let outline = outline(document, key, node, problems);
    let mut fields = Fields::new(document, node, problems);
    // The outline has read these, or whoever compares it with its parent's does.
    for key in ["type", "scope", "reason", "parent"] {
        fields.node(key);
    }
    let stricter = fields.word("child", &Stricter::WORDS, Stricter::from_word);
    let owner = required_word(&mut fields, "owner");
    if let Some(Word { text, place }) = &owner {
        check_handle("the owner of a table", text, place, fields.problems());
    }
    let hits = Hit::ALL.map(Hit::as_str);
    let hit = fields.word("hit", &hits, Hit::from_word).unwrap_or(Hit::First);
    let declared = fields.node("columns").is_some();
    let mut columns = Columns { catalogue, found: Vec::new() };
    for (name, node) in fields.texts("columns") {
        let place = scalar_place(document, node);
        columns.add(name, place, fields.problems());
    }
    let rows = fields.required("rows").map(|_| fields.list("rows")).unwrap_or_default();
    let (outline, owner) = (outline?, owner?);
    if outline.kind == Type::Code && stricter.is_some() {
        let message = format!("no word of `{}` is higher than another", outline.name);
        let problem = Problem::new("yaml-value", message).at(outline.place.clone());
        fields
            .problems()
            .push(problem.help("remove `child`: a child cannot replace a table of words"));
    }
    let space = Space::new(catalogue, usize::MAX).closed();
    let mut read = Vec::new();
    for row in rows {
        let columns = (&mut columns, declared);
        read.extend(read_row(document, row, &outline, columns, &space, fields.problems()));
    }
    fields.finish();
    let cells: usize = read.iter().map(|row| row.cells.len()).sum();
    if cells > MAX_CELLS {
        let message = format!("`{}` has {cells} cells; it may have {MAX_CELLS}", outline.name);
        let problem = Problem::new("threshold-too-large", message).at(outline.place.clone());
        problems.push(problem.help("split it into several tables"));
    }
    if problems.len() > before {
        return None;
    }
    let slots: Vec<Slot> = columns.found.iter().map(|(slot, _)| *slot).collect();
    let all = || read.iter().flat_map(|row| &row.cells);
    let asked: Vec<_> =
        all().filter(|(_, _, asks)| *asks == Asks::Absent).map(|(slot, _, _)| *slot).collect();
    let (mut boxes, mut done) = (Vec::new(), Vec::new());
    for row in &read {
        let (cell, when) = join(&row.cells, &asked, &space);
        boxes.push((cell, row.place.clone()));
        let (reason, place) = (row.reason.clone(), row.place.clone());
        done.push(Row { when, value: row.value, reason, place });
    }
    let columns = (slots.as_slice(), asked.as_slice());
    let found = check::check(&outline.name, &outline.place, hit, columns, &boxes, &space);
    problems.extend(found);
    Some(Table { outline, owner: owner.text, hit, rows: done })
}

/// The columns of a table, as they are met.
struct Columns<'a> {
    catalogue: &'a Catalogue,
    found: Vec<(Slot, &'a FactDef)>,
}

impl<'a> Columns<'a> {
    fn add(
        &mut self,
        name: &str,
        place: Place,
        problems: &mut Vec<Problem>,
    ) -> Option<(Slot, &'a FactDef)> {
        let found = self.catalogue.slot(name);
        let Some((slot, fact)) = found.and_then(|slot| Some((slot, self.catalogue.fact(slot)?)))
        else {
            let message = format!("there is no fact `{name}`");
            let problem = Problem::new("threshold-column", message).at(place);
            let known = self.catalogue.iter().map(|(_, fact)| fact.name.as_str());
            let help = "a column is a fact of facts.yaml or features.yaml, `value` or `reason`";
            problems.push(problem.help(help).nearest(name, known));
            return None;
        };
        if !self.found.iter().any(|(known, _)| *known == slot) {
            self.found.push((slot, fact));
        }
        Some((slot, fact))
    }
}

struct ReadRow<'a> {
    cells: Vec<(Slot, &'a FactDef, Asks)>,
    value: i64,
    reason: String,
    place: Place,
}

fn read_row<'a>(
    document: &Document,
    node: &Node,
    outline: &Outline,
    (columns, declared): (&mut Columns<'a>, bool),
    space: &Space<'_>,
    problems: &mut Vec<Problem>,
) -> Option<ReadRow<'a>> {
    let mut fields = Fields::new(document, node, problems);
    let place = fields.place();
    let value = required_word(&mut fields, "value");
    let reason = fields.text("reason").unwrap_or_default().to_owned();
    fields.all();
    fields.finish();
    let mut cells = Vec::new();
    for (key, node) in node.entries().iter().filter(|(key, _)| !OWN.contains(&key.text.as_str())) {
        let at = document.place_of_key(key);
        let known = columns.found.iter().any(|(_, fact)| fact.name == key.text);
        if declared && !known {
            let message = format!("`{}` is none of the `columns` of this table", key.text);
            let problem = Problem::new("threshold-column", message).at(at);
            let names = columns.found.iter().map(|(_, fact)| fact.name.as_str());
            problems.push(problem.help("add it to `columns`").nearest(&key.text, names));
            continue;
        }
        let Some((slot, fact)) = columns.add(&key.text, at, problems) else { continue };
        let Some(text) = text(node) else {
            let message =
                format!("a cell is a value or a list of values, not {}", node.kind.name());
            problems.push(Problem::new("yaml-shape", message).at(document.place(node)));
            continue;
        };
        match read_cell(&text, slot, fact, space) {
            Ok(asks) => cells.push((slot, fact, asks)),
            Err(problem) => problems.push(problem.at(scalar_place(document, node))),
        }
    }
    let value = value?;
    let raw = literal(&value.text, outline.kind, &[]);
    if raw.is_none() {
        let message = format!("`{}` is no {}", value.text, outline.kind);
        let problem = Problem::new("threshold-cell", message).at(value.place);
        problems
            .push(problem.help(format!("the values of this table are of type {}", outline.kind)));
    }
    Some(ReadRow { cells, value: raw?, reason, place })
}

/// The texts of a cell.
fn text(node: &Node) -> Option<CellText<'_>> {
    match &node.kind {
        Kind::Null => Some(CellText::One { text: "", quoted: false }),
        Kind::Scalar { text, quoted } => Some(CellText::One { text, quoted: *quoted }),
        Kind::List(items) => {
            let texts: Vec<_> = items.iter().map(Node::text).collect::<Option<_>>()?;
            (!texts.is_empty()).then_some(CellText::Several(texts))
        }
        Kind::Map(_) => None,
    }
}
