//! Cells of tables: a comparison, an interval, words, yes or no, `any` or `absent`.
//!
//! - In: the texts of a cell and the fact of its column.
//! - Out: the values that fit, and the same as an expression; or what is wrong.
//! - Never: a cell that fits nothing.

use bellwether_core::{Problem, Type};
use bellwether_expr::{Axis, Cell, FactDef, Op, Slot, Space, Values, literal};

/// A cell as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellText<'a> {
    /// One text; `any` and `absent` mean themselves where they stand in quotes.
    One {
        /// The text.
        text: &'a str,
        /// Whether it stands in quotes.
        quoted: bool,
    },
    /// One of these.
    Several(Vec<&'a str>),
}

/// What a cell asks of its fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    Anything,
    Absent,
    /// One of these numbers; and that as an expression.
    Such(Values, String),
}

/// What is wrong with a cell of a column, if anything is.
pub fn check_cell(
    cell: &CellText<'_>,
    slot: Slot,
    fact: &FactDef,
    space: &Space<'_>,
) -> Option<Problem> {
    read_cell(cell, slot, fact, space).err()
}

/// Reads a cell.
pub(super) fn read_cell(
    cell: &CellText<'_>,
    slot: Slot,
    fact: &FactDef,
    space: &Space<'_>,
) -> Result<Asks, Problem> {
    let asks = match cell {
        CellText::One { text, quoted } => match (text.trim(), quoted) {
            ("" | "any", false) | ("", true) => Asks::Anything,
            ("absent", false) => Asks::Absent,
            (text, _) => one(text, fact)?,
        },
        CellText::Several(texts) => {
            let mut all = Values::between(1, 0);
            let mut words = Vec::new();
            for text in texts {
                let raw = value(text.trim(), fact)?;
                all = all.or(&Values::point(Some(raw)));
                words.push(written(text.trim(), raw, fact.kind));
            }
            Asks::Such(all, format!("{} in [{}]", fact.name, words.join(", ")))
        }
    };
    if let Asks::Such(values, _) = &asks
        && values.and(&space.domain(slot)).is_empty()
    {
        let message = format!("`{}` is never so: no value fits this cell", fact.name);
        let help = "an interval `low..high` holds what is at least `low` and below `high`";
        return Err(Problem::new("threshold-cell", message).help(help));
    }
    Ok(asks)
}

/// A comparison, an interval or a single value.
fn one(text: &str, fact: &FactDef) -> Result<Asks, Problem> {
    let name = &fact.name;
    for sign in [">=", "<=", "!=", "==", ">", "<", "="] {
        let Some(rest) = text.strip_prefix(sign).map(str::trim) else { continue };
        let op = if sign == "=" { Some(Op::Eq) } else { Op::from_word(sign) };
        let Some(op) = op else { continue };
        let orders = !matches!(op, Op::Eq | Op::Ne);
        if orders && matches!(fact.kind, Type::Bool | Type::Code) {
            let message = format!("`{sign}` does not work on the {} `{name}`", fact.kind);
            return Err(Problem::new("threshold-cell", message).help(like(fact)));
        }
        let raw = value(rest, fact)?;
        let expr = match (fact.kind, (raw != 0) == (op == Op::Eq)) {
            (Type::Bool, true) => name.clone(),
            (Type::Bool, false) => format!("!{name}"),
            _ => format!("{name} {} {}", op.as_str(), written(rest, raw, fact.kind)),
        };
        return Ok(Asks::Such(Values::such(op, raw), expr));
    }
    if let Some((low, high)) = text.split_once("..")
        && !matches!(fact.kind, Type::Bool | Type::Code)
    {
        let (low, high) = (low.trim(), high.trim());
        let (from, to) = (value(low, fact)?, value(high, fact)?);
        let (low, high) = (written(low, from, fact.kind), written(high, to, fact.kind));
        let values = Values::such(Op::Ge, from).and(&Values::such(Op::Lt, to));
        return Ok(Asks::Such(values, format!("{name} >= {low} && {name} < {high}")));
    }
    let raw = value(text, fact)?;
    let expr = match fact.kind {
        Type::Bool if raw == 0 => format!("!{name}"),
        Type::Bool => name.clone(),
        kind => format!("{name} == {}", written(text, raw, kind)),
    };
    Ok(Asks::Such(Values::point(Some(raw)), expr))
}

fn value(text: &str, fact: &FactDef) -> Result<i64, Problem> {
    literal(text, fact.kind, &fact.values).ok_or_else(|| {
        let message = format!("`{text}` is no value of the {} `{}`", fact.kind, fact.name);
        let problem = Problem::new("threshold-cell", message).help(like(fact));
        problem.nearest(text, fact.values.iter().map(String::as_str))
    })
}

/// What cells of a column look like.
fn like(fact: &FactDef) -> String {
    match fact.kind {
        Type::Bool => "write true, false or any".to_owned(),
        Type::Int => "write \">= 3\", \"3..10\", a whole number, or any".to_owned(),
        Type::Ratio => "write \">= 0.8\", \"0.5..0.8\", or any".to_owned(),
        Type::Money => {
            "write \">= 250000\", \"100000..250000.50\" in the bundle's currency, commas only between \
             thousands, or any"
                .to_owned()
        }
        Type::Time => "write \">= 2026-01-01\", an interval of dates, or any".to_owned(),
        Type::Duration => {
            "write a span with its unit, \">= 30d\" or \"7d..30d\", or any".to_owned()
        }
        Type::Code if fact.values.is_empty() => "write a word, a list of words, or any".to_owned(),
        Type::Code => format!("write one or several of: {}", fact.values.join(", ")),
    }
}

/// A value as expressions write it.
fn written(text: &str, raw: i64, kind: Type) -> String {
    let sign = if raw < 0 { "-" } else { "" };
    let split = |unit: u64| (raw.unsigned_abs() / unit, raw.unsigned_abs() % unit);
    match kind {
        Type::Bool => (raw != 0).to_string(),
        Type::Int => raw.to_string(),
        Type::Ratio => {
            let (whole, rest) = split(1_000_000);
            format!("{sign}{whole}.{rest:06}")
        }
        Type::Money => {
            let (whole, rest) = split(100);
            format!("{sign}{whole}.{rest:02}")
        }
        Type::Time => format!("timestamp('{text}')"),
        Type::Duration => format!("duration('{text}')"),
        Type::Code => format!("'{text}'"),
    }
}

/// A row as a box, and as an expression. Where some row of the table says `absent` of a fact, the other
/// cells of its column ask for a known one, so that a missing fact is false to them and not unknown.
pub(super) fn join(
    row: &[(Slot, &FactDef, Asks)],
    asked: &[Slot],
    space: &Space<'_>,
) -> (Cell, String) {
    let (mut cell, mut parts) = (Cell::default(), Vec::new());
    for (slot, fact, asks) in row {
        let (name, axis) = (&fact.name, Axis::Fact(*slot));
        let values = match asks {
            Asks::Anything => continue,
            Asks::Absent => {
                parts.push(format!("!has({name})"));
                Values::missing()
            }
            Asks::Such(values, expr) => {
                let known =
                    if asked.contains(slot) { format!("has({name}) && ") } else { String::new() };
                parts.push(format!("{known}{expr}"));
                values.and(&space.domain(*slot))
            }
        };
        cell = cell.with(axis, values).unwrap_or(cell);
    }
    let when = if parts.is_empty() { "true".to_owned() } else { parts.join(" && ") };
    (cell, when)
}
