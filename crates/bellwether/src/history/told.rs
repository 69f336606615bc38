//! What two sets of rules come to over one history, for programs and in the words of people.
//!
//! - In: a [`History`] that was told.
//! - Out: [`Told`], which JSON, pages and text are made of.
//! - Never: a name, unless whoever shows it adds those that are open.

use super::example::Stood;
use super::moves::{Moved, Otherwise, Sum};
use super::shifts::{Shift, days};
use super::{History, Load, Matter};
use crate::cli::names::Names;
use crate::table::{Table, counted, thousands};
use bellwether_core::DocKey;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use utoipa::ToSchema;

/// Where decisions lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = HistoryPlace)]
pub(crate) struct Where {
    /// `cxo`, `sponsor`, `person`, `discover` or `none`.
    pub(crate) outcome: String,
    /// The role that is asked; empty where nobody is.
    pub(crate) role: String,
}

impl Where {
    /// `cxo: cro`, or `none`.
    pub(crate) fn words(&self) -> String {
        match self.role.as_str() {
            "" => self.outcome.clone(),
            role => format!("{}: {role}", self.outcome),
        }
    }
}

/// Decisions that led somewhere and lead elsewhere.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HistoryMove)]
pub(crate) struct Move {
    /// Where they led.
    pub(crate) from: Where,
    /// Where they lead.
    pub(crate) to: Where,
    /// How many decisions.
    pub(crate) decisions: u64,
}

/// Decisions with values of a fact within one band.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HistorySegment)]
pub(crate) struct Segment {
    /// The band; empty for all.
    pub(crate) segment: String,
    /// How many were compared.
    pub(crate) decisions: u64,
    /// How many move.
    pub(crate) moved: u64,
    /// From where to where.
    pub(crate) moves: Vec<Move>,
}

/// Subjects that fare otherwise in one way.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HistoryFate)]
pub(crate) struct Fate {
    /// `newly`, `no_longer`, `somebody_else` or `other_time`.
    pub(crate) how: &'static str,
    /// How many.
    pub(crate) subjects: u64,
    /// The same by kind and role.
    pub(crate) by: Vec<FateBy>,
}

/// Subjects of one kind, and who was asked about them and is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HistoryFateBy)]
pub(crate) struct FateBy {
    /// `account`, `case` or `deal`.
    pub(crate) subject: &'static str,
    /// The role that was asked first; empty where nobody was.
    pub(crate) was: String,
    /// The role that is asked first; empty where nobody is.
    pub(crate) is: String,
    /// How many.
    pub(crate) subjects: u64,
}

/// How often somebody is asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HistoryCalls)]
pub(crate) struct Calls {
    /// The role, or the handle of a person.
    pub(crate) who: String,
    /// Under the rules as they are.
    pub(crate) now: u64,
    /// Under the others.
    pub(crate) then: u64,
}

/// One subject that fares otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HistoryExample)]
pub(crate) struct Example {
    /// `newly`, `no_longer`, `somebody_else` or `other_time`.
    pub(crate) how: &'static str,
    /// When it shows first.
    pub(crate) at: String,
    /// The stream.
    pub(crate) stream: String,
    /// The subject in it.
    pub(crate) doc: String,
    /// What the rules as they are decided then.
    pub(crate) before: Stood,
    /// What the others decide.
    pub(crate) after: Stood,
    /// What the account is called, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_name: Option<String>,
    /// What its source calls it, where names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<String>,
    #[serde(skip)]
    matter: Matter,
}

/// All of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HistoryDiff)]
pub(crate) struct Told {
    /// How many decisions were compared: instants at which either side decided anew about a subject.
    pub(crate) decisions: u64,
    /// How many of them lead elsewhere.
    pub(crate) moved: u64,
    /// From where to where.
    pub(crate) moves: Vec<Move>,
    /// The same by the value of a fact, where one was named.
    pub(crate) segments: Vec<Segment>,
    /// Subjects that fare otherwise.
    pub(crate) subjects: Vec<Fate>,
    /// How often each role is asked.
    pub(crate) roles: Vec<Calls>,
    /// How often each person is asked.
    pub(crate) people: Vec<Calls>,
    /// Some of the subjects.
    pub(crate) examples: Vec<Example>,
}

/// The first `most` of each way of faring otherwise.
pub(crate) fn first(moved: &[Moved], most: usize) -> Vec<Moved> {
    let of = |how| moved.iter().filter(move |one| one.how == how).take(most).copied();
    Otherwise::ALL.into_iter().flat_map(of).collect()
}

/// What a history came to; `stood` is what [`look`](super::example::look) found of `examples`.
pub(crate) fn tell(
    history: &History,
    moved: &[Moved],
    examples: &[Moved],
    stood: Vec<Option<[Stood; 2]>>,
) -> Told {
    let all = segment(history, history.moves.all());
    let segments = history.moves.segments().into_iter().map(|sum| segment(history, sum));
    let examples = examples.iter().zip(stood).filter_map(|(one, stood)| {
        let [before, after] = stood?;
        Some(Example {
            how: one.how.as_str(),
            at: one.at.to_string(),
            stream: one.matter.0.to_string(),
            doc: one.matter.1.to_string(),
            before,
            after,
            account_name: None,
            source_id: None,
            matter: one.matter,
        })
    });
    let [old, new] = &history.worlds;
    Told {
        decisions: all.decisions,
        moved: all.moved,
        moves: all.moves,
        segments: segments.collect(),
        subjects: Otherwise::ALL.into_iter().map(|how| fate(history, moved, how)).collect(),
        roles: calls([&asks(&old.load), &asks(&new.load)]),
        people: calls([&old.load.people, &new.load.people]),
        examples: examples.collect(),
    }
}

fn segment(history: &History, sum: Sum) -> Segment {
    let place = |at: usize| {
        let place = history.moves.place(at);
        let outcome = place.map_or("none", |place| place.outcome).to_owned();
        Where { outcome, role: place.map(|place| place.role.clone()).unwrap_or_default() }
    };
    let mut moves: Vec<_> = sum
        .moved
        .iter()
        .map(|((from, to), decisions)| Move {
            from: place(*from),
            to: place(*to),
            decisions: *decisions,
        })
        .collect();
    moves.sort_by_key(|one| (std::cmp::Reverse(one.decisions), one.from.words(), one.to.words()));
    let moved = sum.moved.values().sum();
    Segment { segment: sum.segment, decisions: sum.decisions, moved, moves }
}

fn subject(doc: DocKey) -> &'static str {
    match doc {
        DocKey::Account => "account",
        DocKey::Case(_) => "case",
        DocKey::Deal(_) => "deal",
    }
}

fn fate(history: &History, moved: &[Moved], how: Otherwise) -> Fate {
    let mut by: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for one in moved.iter().filter(|one| one.how == how) {
        let [was, is] = history.moves.roles(one);
        *by.entry((subject(one.matter.1), was, is)).or_default() += 1;
    }
    let mut by: Vec<_> = by
        .into_iter()
        .map(|((subject, was, is), subjects)| FateBy {
            subject,
            was: was.to_owned(),
            is: is.to_owned(),
            subjects,
        })
        .collect();
    by.sort_by_key(|one| std::cmp::Reverse(one.subjects));
    Fate { how: how.as_str(), subjects: by.iter().map(|one| one.subjects).sum(), by }
}

fn asks(load: &Load) -> BTreeMap<String, u64> {
    load.shifts.shifts().into_iter().map(|(role, shift)| (role, shift.asks)).collect()
}

fn calls([old, new]: [&BTreeMap<String, u64>; 2]) -> Vec<Calls> {
    let all: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let of = |side: &BTreeMap<String, u64>, who| side.get(who).copied().unwrap_or(0);
    all.into_iter()
        .map(|who| Calls { who: who.clone(), now: of(old, who), then: of(new, who) })
        .collect()
}

/// What each role has to do on either side, and over how many days that is spread.
pub(crate) fn roles([old, new]: [&Load; 2]) -> (BTreeMap<String, [Shift; 2]>, u64) {
    let mut roles: BTreeMap<String, [Shift; 2]> = BTreeMap::new();
    for (role, shift) in old.shifts.shifts() {
        roles.insert(role, [shift, Shift::default()]);
    }
    for (role, shift) in new.shifts.shifts() {
        let [_, then] = roles.entry(role).or_default();
        *then = shift;
    }
    (roles, days([&old.shifts, &new.shifts]))
}

impl Fate {
    /// `newly escalates: 14 deals, 9 of them to cro`, a line for each kind of subject.
    pub(crate) fn lines(&self) -> Vec<String> {
        let how = match self.how {
            "newly" => "newly escalates",
            "no_longer" => "no longer escalates",
            "somebody_else" => "escalates to somebody else",
            _ => "escalates sooner or later",
        };
        let kinds: BTreeSet<_> = self.by.iter().map(|one| one.subject).collect();
        if kinds.is_empty() {
            return vec![format!("{how}: nothing")];
        }
        let line = |kind: &str| {
            let of: Vec<_> = self.by.iter().filter(|one| one.subject == kind).collect();
            let who = |one: &FateBy| match (one.was.as_str(), one.is.as_str()) {
                ("", is) => format!("to {is}"),
                (was, "") => format!("to {was}"),
                (was, is) if was == is => format!("to {is}"),
                (was, is) => format!("to {is} instead of {was}"),
            };
            let all = counted(of.iter().map(|one| one.subjects).sum::<u64>(), kind);
            match of.as_slice() {
                [one] => format!("{how}: {all}, {}", who(one)),
                many => {
                    let parts = many
                        .iter()
                        .map(|one| format!(", {} of them {}", thousands(one.subjects), who(one)));
                    format!("{how}: {all}{}", parts.collect::<String>())
                }
            }
        };
        kinds.into_iter().map(line).collect()
    }
}

impl Stood {
    /// `cxo: cro by R1-large`.
    pub(crate) fn words(&self) -> String {
        if self.node.is_empty() {
            return "nothing".to_owned();
        }
        let place = Where { outcome: self.outcome.clone(), role: self.role.clone() }.words();
        match self.rule.as_str() {
            "" => place,
            rule => format!("{place} by {rule}"),
        }
    }
}

impl Told {
    /// Adds the names that are open.
    pub(crate) fn add_names(&mut self, names: &Names) {
        for one in &mut self.examples {
            one.account_name = names.account(one.matter.0);
            one.source_id = names.source_id(one.matter.0, one.matter.1);
        }
    }

    /// For people.
    pub(crate) fn text(&self, names: &Names) -> String {
        let mut text = format!(
            "{} of {} decisions come out otherwise\n\n",
            thousands(self.moved),
            thousands(self.decisions)
        );
        for line in self.subjects.iter().flat_map(Fate::lines) {
            let _ = writeln!(text, "{line}");
        }
        moves(&mut text, &self.moves);
        for one in &self.segments {
            let (moved, all) = (thousands(one.moved), thousands(one.decisions));
            let _ = writeln!(text, "\n{}: {moved} of {all} decisions", one.segment);
            moves(&mut text, &one.moves);
        }
        for (title, calls) in [("role", &self.roles), ("person", &self.people)] {
            let mut table = Table::new(&[title, ">asked now", ">then", ">change"]);
            for Calls { who, now, then } in calls {
                let change = format!("{:+}", *then as i64 - *now as i64);
                table.row([who.as_str(), &thousands(*now), &thousands(*then), &change]);
            }
            if !table.is_empty() {
                let _ = write!(text, "\n{}", table.render());
            }
        }
        if !self.examples.is_empty() {
            text.push_str("\nsuch as\n");
        }
        for one in &self.examples {
            let called = names.subject(one.matter.0, one.matter.1);
            let how = one.how.replace('_', " ");
            let _ = writeln!(text, "  {how}: {called} at {}", one.at);
            for (when, side) in [("was", &one.before), ("now", &one.after)] {
                let _ = writeln!(text, "    {when} {}", side.words());
                for clause in &side.clauses {
                    let _ = writeln!(text, "        {}", clause.sentence);
                }
            }
        }
        text
    }
}

fn moves(text: &mut String, moves: &[Move]) {
    let mut table = Table::new(&["led to", "leads to", ">decisions"]);
    for one in moves {
        table.row([one.from.words(), one.to.words(), thousands(one.decisions)]);
    }
    if !table.is_empty() {
        let _ = write!(text, "\n{}", table.render());
    }
}
