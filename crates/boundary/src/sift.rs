//! Sifting: the policies of an action that may hold, told without asking Cedar.
//!
//! - In: conditions as Cedar writes them in JSON, and the values of one request.
//! - Out: whether a policy may hold.
//! - Never: leaves out a policy that holds, or one that cannot be evaluated.
//!
//! Cedar evaluates every policy of a set, and most of a thousand are false at a comparison of a member with
//! a number or a word. A condition is read here in Cedar's order and with Cedar's short cuts; whatever is no
//! such comparison may be true, false or an error, and so is all that rests on it. What is false here is
//! therefore false for Cedar, without an error, whatever has been approved; the scope of a policy cannot fail.

use crate::ask::Given;
use crate::decl::Member;
use serde_json::Value;
use std::cmp::Ordering;

/// The members that every action has beside its own, in the order of their values; approvals are not told.
pub(crate) const ALWAYS: [&str; 4] = ["confidence", "calibrated", "completeness", "tainted"];

/// What is nested deeper is not looked into.
const DEEPEST: usize = 100;

/// A condition, or a part of one.
#[derive(Debug)]
pub(crate) enum Condition {
    Bool(bool),
    Long(i64),
    Word(String),
    /// The value at a position.
    Member(usize),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    /// A comparison that is the case for some orders: less, equal, greater.
    Compare([bool; 3], Box<Self>, Box<Self>),
    Same(bool, Box<Self>, Box<Self>),
    /// Anything else.
    Opaque,
}

impl Condition {
    /// The condition of a whole policy about an action with these members.
    pub(crate) fn of(policy: &Value, members: &[Member]) -> Self {
        let conditions = policy.get("conditions").and_then(Value::as_array).into_iter().flatten();
        let mut parts = conditions.map(|part| {
            let body = Self::read(part.get("body"), members, DEEPEST);
            match part.get("kind").and_then(Value::as_str) {
                Some("when") => body,
                Some("unless") => Self::Not(Box::new(body)),
                _ => Self::Opaque,
            }
        });
        let first = parts.next().unwrap_or(Self::Bool(true));
        parts.fold(first, |all, part| Self::And(Box::new(all), Box::new(part)))
    }

    fn read(node: Option<&Value>, members: &[Member], depth: usize) -> Self {
        let node = node.filter(|_| depth > 0);
        let one = node.and_then(Value::as_object).filter(|node| node.len() == 1);
        let Some((operator, body)) = one.and_then(|node| node.iter().next()) else {
            return Self::Opaque;
        };
        let part = |name: &str| Box::new(Self::read(body.get(name), members, depth - 1));
        let compare = |orders| Self::Compare(orders, part("left"), part("right"));
        match operator.as_str() {
            "Value" => match body {
                Value::Bool(yes) => Self::Bool(*yes),
                Value::Number(number) => number.as_i64().map_or(Self::Opaque, Self::Long),
                Value::String(word) => Self::Word(word.clone()),
                _ => Self::Opaque,
            },
            "." if body.pointer("/left/Var").is_some_and(|var| var == "context") => {
                let known = members.iter().map(|member| member.name.as_str()).chain(ALWAYS);
                let wanted = body.get("attr").and_then(Value::as_str);
                let at = known.into_iter().position(|name| Some(name) == wanted);
                at.map_or(Self::Opaque, Self::Member)
            }
            "!" => Self::Not(part("arg")),
            "&&" => Self::And(part("left"), part("right")),
            "||" => Self::Or(part("left"), part("right")),
            "==" => Self::Same(true, part("left"), part("right")),
            "!=" => Self::Same(false, part("left"), part("right")),
            "<" => compare([true, false, false]),
            "<=" => compare([true, true, false]),
            ">" => compare([false, false, true]),
            ">=" => compare([false, true, true]),
            _ => Self::Opaque,
        }
    }

    /// Whether it may hold with these values: false only where Cedar would find it false.
    pub(crate) fn may_hold(&self, values: &[Option<Given<'_>>]) -> bool {
        self.tell(values) != Some(Given::Bool(false))
    }

    /// Its value; nothing where that cannot be told here.
    fn tell<'a>(&'a self, values: &[Option<Given<'a>>]) -> Option<Given<'a>> {
        match self {
            Self::Bool(yes) => Some(Given::Bool(*yes)),
            Self::Long(number) => Some(Given::Long(*number)),
            Self::Word(word) => Some(Given::Word(word)),
            Self::Member(at) => values.get(*at).copied().flatten(),
            Self::Not(inner) => match inner.tell(values)? {
                Given::Bool(yes) => Some(Given::Bool(!yes)),
                _ => None,
            },
            Self::And(left, right) => match left.tell(values)? {
                Given::Bool(true) => right.tell(values).filter(is_bool),
                Given::Bool(false) => Some(Given::Bool(false)),
                _ => None,
            },
            Self::Or(left, right) => match left.tell(values)? {
                Given::Bool(false) => right.tell(values).filter(is_bool),
                Given::Bool(true) => Some(Given::Bool(true)),
                _ => None,
            },
            Self::Compare([less, equal, greater], left, right) => {
                let (Given::Long(left), Given::Long(right)) =
                    (left.tell(values)?, right.tell(values)?)
                else {
                    return None;
                };
                Some(Given::Bool(match left.cmp(&right) {
                    Ordering::Less => *less,
                    Ordering::Equal => *equal,
                    Ordering::Greater => *greater,
                }))
            }
            Self::Same(wanted, left, right) => {
                let (left, right) = (left.tell(values)?, right.tell(values)?);
                Some(Given::Bool((left == right) == *wanted))
            }
            Self::Opaque => None,
        }
    }
}

fn is_bool(value: &Given<'_>) -> bool {
    matches!(value, Given::Bool(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{Answer, Request};
    use crate::compile::set_of;
    use crate::decl::{ActionDecl, Subject};
    use crate::{Boundaries, Compiled};
    use bellwether_core::{Ppm, Type};
    use cedar_policy::{Policy, PolicyId};
    use std::collections::BTreeMap;

    const ROLES: [&str; 2] = ["finance", "legal"];
    /// Conditions that hold, do not, overflow, lack a member or compare what does not compare.
    const ATOMS: [&str; 24] = [
        "context.amount > 100",
        "context.amount <= 0",
        "100 >= context.amount",
        "context.amount > context.headroom",
        "context.headroom != -1",
        "context.amount == 9223372036854775807",
        "context.word == \"part\"",
        "context.word != \"warranty\"",
        "context.word == 3",
        "context.flag",
        "!context.flag",
        "context.flag < 3",
        "context.flag == (context.amount > 5)",
        "context.amount + context.headroom > 5",
        "context.maybe > 3",
        "context has maybe && context.maybe > 3",
        "context.tainted",
        "context.confidence >= 850000 && context.calibrated",
        "context.completeness < 700000",
        "context.approvals.contains(Bellwether::Role::\"finance\")",
        "[\"part\", \"hold\"].contains(context.word)",
        "true",
        "false",
        "if context.flag then context.amount > 3 else context.maybe > 3",
    ];

    struct Random(u64);

    impl Random {
        fn below(&mut self, below: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 33) as usize % below
        }

        fn pick<T: Copy>(&mut self, from: &[T]) -> T {
            from[self.below(from.len())]
        }

        fn condition(&mut self, depth: usize) -> String {
            let kind = if depth == 0 { 0 } else { self.below(6) };
            if kind == 0 {
                return format!("({})", self.pick(&ATOMS));
            }
            let [a, b] = [(); 2].map(|()| self.condition(depth - 1));
            match kind {
                1 => format!("!{a}"),
                2 => format!("({a} == {b})"),
                3 | 4 => format!("({a} && {b})"),
                _ => format!("({a} || {b})"),
            }
        }

        fn policy(&mut self) -> String {
            let effect = self.pick(&["permit", "permit", "forbid"]);
            let mut text = format!("{effect} (principal, action, resource)");
            for _ in 0..self.below(4) {
                let kind = self.pick(&["when", "when", "unless"]);
                text += &format!(" {kind} {{ {} }}", self.condition(3));
            }
            // As bundles ask for approvals: a permit where there is one, a forbid unless there is.
            if self.below(3) == 0 {
                let kind = if effect == "permit" { "when" } else { "unless" };
                let role = self.pick(&ROLES);
                text += &format!(
                    " {kind} {{ context.approvals.contains(Bellwether::Role::\"{role}\") }}"
                );
            }
            text + ";"
        }
    }

    fn action() -> ActionDecl {
        let member = |name: &str, kind| Member { name: name.to_owned(), kind, optional: false };
        let maybe = Member { optional: true, ..member("maybe", Type::Int) };
        let [amount, headroom] = ["amount", "headroom"].map(|name| member(name, Type::Money));
        let (word, flag) = (member("word", Type::Code), member("flag", Type::Bool));
        ActionDecl {
            name: "refund".to_owned(),
            groups: Vec::new(),
            subject: Subject::Case,
            members: vec![amount, headroom, word, flag, maybe],
        }
    }

    fn request(random: &mut Random) -> Request<'static> {
        let mut long = || Given::Long(random.pick(&[i64::MIN, -1, 0, 1, 6, 100, 101, i64::MAX]));
        let mut members = vec![("amount", long()), ("headroom", long()), ("maybe", long())];
        if random.below(2) == 0 {
            members.pop();
        }
        members.push(("word", Given::Word(random.pick(&["part", "warranty", "hold", ""]))));
        members.push(("flag", Given::Bool(random.below(2) == 0)));
        Request {
            members,
            confidence: Ppm::new(random.pick(&[0, 850_000])),
            calibrated: random.below(2) == 0,
            completeness: Ppm::new(random.pick(&[0, 700_000])),
            tainted: random.below(2) == 0,
            approvals: random.pick(&[&[][..], &["legal"], &["finance"]]).to_vec(),
        }
    }

    /// Conditions that no bundle may hold are among them: what fails must fail as it does unsifted.
    #[test]
    fn a_sifted_set_answers_as_the_whole_one() {
        let action = action();
        let compiled = Boundaries::compile(std::slice::from_ref(&action), &ROLES, &BTreeMap::new());
        let Some(Compiled { mut boundaries, .. }) = compiled.ok() else { panic!("no boundaries") };
        let (mut left_out, mut failed, mut allowed, mut lifted) = (0, 0, 0, 0);
        for seed in 0..2_000 {
            let mut random = Random(seed);
            let policies: Vec<_> = (0..1 + random.below(8))
                .map(|nth| {
                    let text = random.policy();
                    Policy::parse(Some(PolicyId::new(format!("p{nth}"))), &text).unwrap()
                })
                .collect();
            for _ in 0..8 {
                let request = request(&mut random);
                let set = boundaries.sets.get_mut("refund").unwrap();
                (set.policies, set.sieve) = (set_of(policies.iter()), Vec::new());
                set.lifting = ROLES.map(str::to_owned).to_vec();
                let whole = boundaries.ask("refund", &request);
                let set = boundaries.sets.get_mut("refund").unwrap();
                let condition =
                    |one: &Policy| Condition::of(&one.to_json().unwrap(), &action.members);
                set.sieve = policies.iter().map(|one| (condition(one), one.clone())).collect();
                left_out += policies.len() - set.sift(&request).policies().count();
                assert_eq!(boundaries.ask("refund", &request), whole, "seed {seed}: {policies:?}");
                match whole {
                    Answer::Allow { .. } => allowed += 1,
                    Answer::NeedsApproval { .. } => lifted += 1,
                    Answer::Deny { errors, .. } => failed += usize::from(!errors.is_empty()),
                }
            }
        }
        let counts = [left_out, failed, allowed, lifted];
        assert!(counts.iter().all(|count| *count > 300), "{counts:?}");
    }

    #[test]
    fn what_is_nested_too_deep_is_left_to_cedar() {
        let text = |depth: usize| {
            let opened = "(true && ".repeat(depth);
            format!(
                "permit (principal, action, resource) when {{ {opened}false{} }};",
                ")".repeat(depth)
            )
        };
        let may_hold = |depth| {
            let policy = Policy::parse(None, text(depth)).unwrap();
            Condition::of(&policy.to_json().unwrap(), &[]).may_hold(&[])
        };
        assert!(!may_hold(DEEPEST - 1));
        assert!(may_hold(DEEPEST));
    }
}
