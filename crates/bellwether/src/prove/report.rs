//! What was proved: for people, and as the canonical JSON whose digest stands in a lock.
//!
//! - In: properties with what became of them.
//! - Out: [`Report`]; [`Said`], what a lock's reader takes from one.
//! - Never: holds times, so that the same bundle and the same solver give the same bytes.

use super::ask::Counts;
use bellwether_core::Digest;
use bellwether_ledger::json::{Object, array, text};

/// The report's name in a bundle's folder.
pub(crate) const FILE: &str = "PROOF.json";

const FORMAT: &str = "bellwether proof 1";

/// What became of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It holds for every request.
    Proved,
    /// It does not; the text shows it.
    Broken(String),
    /// It is not known, and why.
    Open(String),
}

/// A property of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Property {
    /// What is claimed.
    pub(crate) kind: Claim,
    /// Of which policy, invariant or action.
    pub(crate) about: String,
    /// Whether it holds.
    pub(crate) outcome: Outcome,
}

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    /// Everything that is allowed fits an invariant.
    Holds,
    /// A policy can be evaluated on every request.
    NeverErrors,
    /// A policy matches some request.
    Live,
    /// A policy matches some request that no other of its effect does.
    NotShadowed,
    /// A permit allows some request that nothing forbids.
    NotOverruled,
    /// Nothing is allowed that the older rules, or the parent's, did not allow.
    Tightens,
}

impl Claim {
    /// The word in reports.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::NeverErrors => "never-errors",
            Self::Live => "not-dead",
            Self::NotShadowed => "not-shadowed",
            Self::NotOverruled => "not-overruled",
            Self::Tightens => "tightens",
        }
    }
}

/// Everything that was proved of a bundle.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The digest of its files.
    pub(crate) bundle: Digest,
    /// The solver, as it calls itself; empty where none was needed or there.
    pub(crate) solver: String,
    /// The properties, in a fixed order.
    pub(crate) properties: Vec<Property>,
    /// Where a forbid wins over a permit: worth knowing, and meant so.
    pub(crate) conflicts: Vec<Conflict>,
    /// Invariants that say nothing that another one does not: worth a look, and no fault.
    pub(crate) implied: Vec<Implied>,
    /// How much was asked.
    pub(crate) counts: Counts,
}

/// An invariant that follows from another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Implied {
    /// The invariant that says nothing new.
    pub(crate) invariant: String,
    /// The one that it follows from.
    pub(crate) by: String,
}

/// A forbid that wins over a permit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The action.
    pub(crate) action: String,
    /// The policy that would allow.
    pub(crate) permit: String,
    /// The policy that wins.
    pub(crate) forbid: String,
    /// A request that both match.
    pub(crate) request: String,
}

impl Report {
    /// Of a bundle without boundaries: there is nothing to prove, and nothing is open.
    pub(crate) fn of_nothing(bundle: Digest) -> Self {
        Self {
            bundle,
            solver: String::new(),
            properties: Vec::new(),
            conflicts: Vec::new(),
            implied: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// How many properties are proved, broken and open.
    pub(crate) fn numbers(&self) -> [usize; 3] {
        let count = |fits: fn(&Outcome) -> bool| {
            self.properties.iter().filter(|one| fits(&one.outcome)).count()
        };
        [
            count(|outcome| *outcome == Outcome::Proved),
            count(|outcome| matches!(outcome, Outcome::Broken(_))),
            count(|outcome| matches!(outcome, Outcome::Open(_))),
        ]
    }

    /// Whether every property is proved.
    pub(crate) fn proved(&self) -> bool {
        let [_, broken, open] = self.numbers();
        broken + open == 0
    }

    /// As canonical JSON (RFC 8785) and a line's end.
    pub(crate) fn json(&self) -> String {
        let mut out = Vec::new();
        let mut object = Object::new(&mut out);
        object.text("bundle", &self.bundle.to_string());
        array(object.key("conflicts"), &self.conflicts, |out, one| {
            let mut object = Object::new(out);
            object.text("action", &one.action);
            object.text("forbid", &one.forbid);
            object.text("permit", &one.permit);
            object.text("request", &one.request);
            object.end();
        });
        object.text("format", FORMAT);
        if !self.implied.is_empty() {
            array(object.key("implied"), &self.implied, |out, one| {
                let mut object = Object::new(out);
                object.text("by", &one.by);
                object.text("invariant", &one.invariant);
                object.end();
            });
        }
        array(object.key("properties"), &self.properties, |out, one| {
            let (result, why) = match &one.outcome {
                Outcome::Proved => ("proved", None),
                Outcome::Broken(why) => ("broken", Some(why)),
                Outcome::Open(why) => ("not proved", Some(why)),
            };
            let mut object = Object::new(out);
            object.text("about", &one.about);
            object.text("claim", one.kind.as_str());
            object.text("result", result);
            if let Some(why) = why {
                object.text("why", why);
            }
            object.end();
        });
        object.key("proved").extend(self.proved().to_string().bytes());
        let counts = self.counts;
        let mut queries = Object::new(object.key("queries"));
        queries.number("asked", counts.asked);
        queries.number("faults", counts.faults);
        queries.number("known", counts.known);
        queries.number("repeated", counts.repeated);
        queries.number("replayed", counts.replayed);
        queries.number("solver", counts.solver);
        queries.end();
        text(object.key("solver"), &self.solver);
        object.end();
        out.push(b'\n');
        String::from_utf8(out).unwrap_or_default()
    }
}

/// What the reader of a lock takes from a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Which files it is about.
    pub(crate) bundle: Digest,
    /// Whether every property is proved.
    pub(crate) proved: bool,
}

impl Said {
    /// Reads a report. That `proved` is true is not believed where a property says otherwise.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        if json.get("format")?.as_str()? != FORMAT {
            return None;
        }
        let bundle = json.get("bundle")?.as_str()?.parse().ok()?;
        let properties = json.get("properties")?.as_array()?;
        let fine = |one: &serde_json::Value| one.get("result").is_some_and(|it| it == "proved");
        let proved = json.get("proved")?.as_bool()? && properties.iter().all(fine);
        Some(Self { bundle, proved })
    }
}
