//! The report's plain structs. Leads are in microseconds; renderers turn them into hours.

use crate::quality::{Histogram, Interval, Matrix, Ratio, Spread};
use bellwether_core::Timestamp;

/// What was asked, in the words of the person who asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The bundle and its version.
    pub bundle: String,
    /// What a subject is called in the plural: `incidents`, `deals`.
    pub subjects: String,
    /// The outcome that escalations should foresee: `SLA missed`.
    pub outcome: String,
    /// The instant that lead is measured to: `resolved_at`.
    pub reference: String,
    /// The field of the priority-only policy: `priority`.
    pub baseline: String,
    /// Only subjects opened from here on were judged, if the caller drew such a line.
    pub since: Option<Timestamp>,
}

/// How much there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All subjects.
    pub subjects: u64,
    /// Those whose outcome is known: the ones that are judged.
    pub known: u64,
    /// Those that would have been escalated at least once.
    pub escalated: u64,
    /// All hand-overs; a subject may have seen several.
    pub escalations: u64,
    /// Those that met the outcome and were escalated too late to matter: counted as missed.
    pub late: u64,
    /// Those about which the bundle was asked when they opened.
    pub asked_at_open: u64,
    /// When the first of them opened.
    pub opened_first: Option<Timestamp>,
    /// When the last of them opened.
    pub opened_last: Option<Timestamp>,
}

/// What a bundle would have done, judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What was asked.
    pub question: Question,
    /// How much there was.
    pub counts: Counts,
    /// Right and wrong.
    pub matrix: Matrix,
    /// Reference minus first escalation, of the escalated subjects that met the outcome; microseconds.
    pub lead: Spread,
    /// The same of all escalated subjects.
    pub lead_escalated: Spread,
    /// How `lead` is distributed; nothing when there is no lead.
    pub lead_histogram: Option<Histogram>,
    /// What it would have cost people.
    pub load: Load,
    /// Each rule that escalated, the most telling first.
    pub rules: Vec<RuleReport>,
    /// Each value of each segment, in order of name and value.
    pub segments: Vec<Segment>,
    /// The trivial policies on the same subjects: always, never, priority up to each level.
    pub policies: Vec<Policy>,
    /// What the trivial policies would cost to catch as many.
    pub equal_recall: EqualRecall,
    /// The short answer.
    pub verdict: Verdict,
    /// Every escalation, in order of time.
    pub rows: Vec<Row>,
}

/// What escalations cost people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// Midnight UTC of the first day: the day when the first subject opened.
    pub first_day: Option<Timestamp>,
    /// Escalations of each day, without gaps, to the last opening or escalation.
    pub days: Vec<u64>,
    /// Escalations of a day up to the last opening, quiet days included.
    pub per_day: Spread,
    /// The mean of those days.
    pub mean: Option<f64>,
    /// The most of one day, and its midnight.
    pub busiest: Option<(Timestamp, u64)>,
    /// By person, the most called first; nobody reached is `None`.
    pub people: Vec<Share<Option<String>>>,
    /// By the node it went to.
    pub nodes: Vec<Share<String>>,
    /// By what the node stands for.
    pub outcomes: Vec<Share<String>>,
}

/// One person's or node's part of the load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share<K> {
    /// Who or which.
    pub name: K,
    /// How many escalations.
    pub escalations: u64,
    /// Over how many subjects.
    pub subjects: u64,
    /// The most on one day.
    pub busiest: u64,
}

/// What one rule contributed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleReport {
    /// Its name.
    pub rule: String,
    /// How often it escalated.
    pub fired: u64,
    /// Over how many subjects.
    pub subjects: u64,
    /// Of the judged ones among them, how many met the outcome and were escalated by it in time.
    pub precision: Ratio,
    /// The same out of all subjects that met the outcome.
    pub recall: Ratio,
    /// Reference minus its own first escalation, where the outcome happened; microseconds.
    pub lead: Spread,
    /// What was caught in time by this rule and by no other.
    pub caught_alone: u64,
    /// What was escalated for nothing by this rule and by no other.
    pub wrong_alone: u64,
    /// The whole bundle if this rule had escalated nothing and the others had stayed as they were.
    pub without: Matrix,
}

/// One value of one segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// The segment: `priority`.
    pub name: String,
    /// Its value: `1`.
    pub value: String,
    /// How many subjects.
    pub subjects: u64,
    /// How many of them would have been escalated.
    pub escalated: u64,
    /// Right and wrong among those whose outcome is known.
    pub matrix: Matrix,
    /// As [`Report::lead`]; microseconds.
    pub lead: Spread,
}

/// A policy that needs no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    /// Everybody is called when a subject opens.
    Always,
    /// Nobody is ever called.
    Never,
    /// Those whose priority field is at most this are called when they open.
    AtMost(i64),
}

/// A trivial policy, judged as the bundle was.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Which.
    pub kind: PolicyKind,
    /// Right and wrong.
    pub matrix: Matrix,
    /// As [`Report::lead`], from the opening; microseconds.
    pub lead: Spread,
}

/// The bundle beside the trivial policies, each made to catch as many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EqualRecall {
    /// The recall at which they are compared: the bundle's.
    pub recall: Ratio,
    /// The bundle's precision there.
    pub bundle: Ratio,
    /// Priority only: its levels in order of urgency, and the part of the last level that is needed,
    /// taken blindly; subjects without a level come last. Expected figures, not one random draw.
    pub priority: Rival,
    /// Always, thinned blindly to that recall: expected figures.
    pub always: Rival,
}

/// A trivial policy at the bundle's recall. Nothing in it when it cannot reach that recall.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rival {
    /// The last level it needs, if it goes by level and that level has one.
    pub level: Option<i64>,
    /// The part of that level it needs, from 0 to 1.
    pub part: Option<f64>,
    /// How many it escalates in expectation.
    pub escalated: Option<f64>,
    /// Right ones out of those.
    pub precision: Option<f64>,
    /// The 95% interval of that.
    pub interval: Option<Interval>,
    /// Whether the bundle's precision is higher: compared exactly, not by the rounded figures.
    pub beaten: Option<bool>,
}

/// How the comparison came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// There is nothing to judge: no known outcome, or only one kind of it.
    #[default]
    NoEvidence,
    /// Too few cases for any figure to mean much.
    TooFew,
    /// Nothing was caught.
    CaughtNothing,
    /// A trivial policy does as well or better.
    NotBetter,
    /// Better in figures, but the intervals overlap.
    Unclear,
    /// Better than each trivial policy, and the intervals do not overlap.
    Better,
}

/// The short answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How it came out.
    pub standing: Standing,
    /// In a sentence.
    pub sentence: String,
    /// What to keep in mind, in sentences.
    pub cautions: Vec<String>,
}

/// One escalation that would have taken place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// When.
    pub at: Timestamp,
    /// What about.
    pub subject: String,
    /// The rule that decided.
    pub rule: String,
    /// Where it went.
    pub node: String,
    /// What that stands for.
    pub outcome: String,
    /// Who would have been called.
    pub person: Option<String>,
    /// Whether it was the subject's first.
    pub first: bool,
    /// Whether the named outcome then happened, if that is known.
    pub happened: Option<bool>,
    /// Reference minus this escalation, in microseconds; negative when it came after.
    pub lead: Option<i64>,
}
