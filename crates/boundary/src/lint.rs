//! What a policy may say beyond what Cedar's validator checks.
//!
//! - In: a policy as Cedar writes it in JSON.
//! - Out: the roles and words it names, and what it may not say.
//! - Never: an operator that can fail while a request is evaluated, or an approval that makes things worse.
//!
//! Approvals are monotone: one more never turns an allowed request into a denied one. That holds when
//! they are only asked for positively in the `when` of a permit and in the `unless` of a forbid, and it is
//! what makes the search for the approvers of a denied request sound.

use serde_json::Value;
use std::collections::BTreeSet;

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// `+`, `-` or `*`: they overflow, and an error in a forbid would be skipped.
    Arithmetic(u8),
    /// Another operator or function that is not allowed.
    Operator(String),
    /// Approvals where they could make things worse.
    Approvals,
}

/// What was found in a policy.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) roles: BTreeSet<String>,
    pub(crate) words: BTreeSet<String>,
    pub(crate) faults: BTreeSet<Fault>,
}

/// Where approvals may be asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Approvals {
    /// Here.
    Yes,
    /// Below one more `!`.
    Negated,
    /// Nowhere.
    No,
    /// Everywhere: nothing is said about their direction.
    Any,
}

/// Looks through a policy. `ceiling` is an invariant: it may speak of approvals as it likes.
pub(crate) fn look(policy: &Value, ceiling: bool) -> Found {
    let mut found = Found::default();
    let permits = policy.get("effect").and_then(Value::as_str) == Some("permit");
    for condition in policy.get("conditions").and_then(Value::as_array).into_iter().flatten() {
        let when = condition.get("kind").and_then(Value::as_str) == Some("when");
        let approvals = match (permits, when) {
            _ if ceiling => Approvals::Any,
            (true, true) | (false, false) => Approvals::Yes,
            _ => Approvals::No,
        };
        if let Some(body) = condition.get("body") {
            found.walk(body, approvals);
        }
    }
    found
}

impl Found {
    fn walk(&mut self, node: &Value, approvals: Approvals) {
        let Some((operator, body)) = node.as_object().and_then(|node| node.iter().next()) else {
            return;
        };
        let inner = if approvals == Approvals::Any { Approvals::Any } else { Approvals::No };
        match operator.as_str() {
            "Value" => self.value(body),
            "Var" => {
                // The context as a whole has the approvals in it.
                if body == "context" {
                    self.misused(approvals);
                }
            }
            "!" => {
                let flipped = match approvals {
                    Approvals::Yes => Approvals::Negated,
                    Approvals::Negated => Approvals::Yes,
                    other => other,
                };
                self.parts(body, flipped);
            }
            "&&" | "||" => self.parts(body, approvals),
            "if-then-else" => {
                for (part, inside) in [("if", inner), ("then", approvals), ("else", approvals)] {
                    if let Some(node) = body.get(part) {
                        self.walk(node, inside);
                    }
                }
            }
            "contains" | "containsAll" | "containsAny" if is_approvals(body.get("left")) => {
                let right = body.get("right").unwrap_or(&Value::Null);
                if !named_roles(right)
                    || approvals == Approvals::No
                    || approvals == Approvals::Negated
                {
                    self.misused(approvals);
                }
                self.walk(right, inner);
            }
            "." | "has" if body.pointer("/left/Var").is_some() => {
                if operator == "." && body.get("attr").is_some_and(|attr| attr == "approvals") {
                    self.misused(approvals);
                }
            }
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "contains" | "containsAll"
            | "containsAny" | "isEmpty" | "." | "has" | "is" => self.parts(body, inner),
            "Set" => {
                body.as_array().into_iter().flatten().for_each(|item| self.walk(item, inner));
            }
            // The lowest number has no opposite.
            "neg" if body.pointer("/arg/Value").is_some_and(|number| *number != i64::MIN) => {}
            "+" | "-" | "*" | "neg" => {
                let sign = operator.bytes().next().filter(|_| operator.len() == 1).unwrap_or(b'-');
                self.faults.insert(Fault::Arithmetic(sign));
                self.parts(body, inner);
            }
            other => {
                self.faults.insert(Fault::Operator(other.to_owned()));
            }
        }
    }

    /// The operands of an operator.
    fn parts(&mut self, body: &Value, approvals: Approvals) {
        for part in ["left", "right", "arg", "in"] {
            if let Some(node) = body.get(part) {
                self.walk(node, approvals);
            }
        }
    }

    fn misused(&mut self, approvals: Approvals) {
        if approvals != Approvals::Any {
            self.faults.insert(Fault::Approvals);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(word) => drop(self.words.insert(word.clone())),
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(_) => self.roles.extend(role(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether a node is one role or a list of them, as written.
fn named_roles(node: &Value) -> bool {
    let (value, set) = (node.get("Value"), node.get("Set").and_then(Value::as_array));
    let written = |value: &Value| match value {
        Value::Array(items) => items.iter().all(|item| role(item).is_some()),
        one => role(one).is_some(),
    };
    value.is_some_and(written) || set.is_some_and(|items| items.iter().all(named_roles))
}

/// Whether a node is `context.approvals`.
fn is_approvals(node: Option<&Value>) -> bool {
    let dot = node.and_then(|node| node.get("."));
    dot.is_some_and(|dot| {
        dot.pointer("/left/Var").is_some_and(|var| var == "context")
            && dot.get("attr").is_some_and(|attr| attr == "approvals")
    })
}

/// The role that a written entity is.
fn role(value: &Value) -> Option<String> {
    let entity = value.get("__entity")?;
    let named = entity.get("type")? == "Bellwether::Role";
    entity.get("id")?.as_str().filter(|_| named).map(str::to_owned)
}
