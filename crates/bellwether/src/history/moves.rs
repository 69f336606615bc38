//! Moves: from where to where decisions go between two sets of rules, by segment, and about which subjects.
//!
//! - In: where each subject stands on either side, instant by instant.
//! - Out: counts; the subjects that somebody is newly asked about, no longer, or somebody else.
//! - Never: a name. A place is an outcome and the role that is asked.

use super::Matter;
use bellwether_core::value::show_raw;
use bellwether_core::{Code, Timestamp, Type};
use bellwether_engine::{Decided, Rules};
use bellwether_expr::Op;
use std::collections::{BTreeMap, BTreeSet};

/// Above this many limits of the author, bands are quartiles.
const MOST_LIMITS: usize = 6;

/// Where a decision leads: what it means, and the role that is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) outcome: &'static str,
    /// Empty where nobody is asked.
    pub(crate) role: String,
}

/// The place of what nobody has decided anything about.
const NOWHERE: usize = 0;

/// The places of one side's nodes, by graph and node.
pub(crate) struct Side(BTreeMap<(Code, Code), usize>);

impl Side {
    pub(super) fn place(&self, decided: &Decided) -> usize {
        self.0.get(&(decided.graph, decided.node)).copied().unwrap_or(NOWHERE)
    }
}

/// A fact by whose value decisions are told apart.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) fact: String,
    kind: Type,
    /// The words of a code.
    words: Vec<String>,
    /// The first value of each band but the lowest; without them they are quartiles.
    limits: Vec<i64>,
}

impl Segment {
    /// By a fact of either set of rules, in bands between the limits that these compare it with.
    pub(crate) fn new(fact: &str, rules: [&Rules; 2]) -> Option<Self> {
        let known = |rules: &&Rules| {
            let slot = rules.catalogue().slot(fact)?;
            rules.catalogue().fact(slot).map(|known| (known.kind, known.values.clone()))
        };
        let [old, new] = &rules;
        let (kind, words) = known(new).or_else(|| known(old))?;
        let mut limits = BTreeSet::new();
        for rules in rules {
            let slot = rules.catalogue().slot(fact);
            let graphs = rules.policy().graphs().iter();
            for one in graphs.flat_map(|graph| graph.watched().0) {
                let first = match one.op {
                    Op::Lt | Op::Ge => one.limit,
                    Op::Le | Op::Gt => one.limit.saturating_add(1),
                    _ => continue,
                };
                limits.extend((Some(one.slot) == slot).then_some(first));
            }
        }
        let limits = Vec::from_iter(limits);
        let limits = if limits.len() > MOST_LIMITS { Vec::new() } else { limits };
        Some(Self { fact: fact.to_owned(), kind, words, limits })
    }

    /// The first values of the bands over what was counted.
    fn bands(&self, values: &BTreeMap<Option<i64>, Counted>) -> Vec<i64> {
        if !self.limits.is_empty() {
            return self.limits.clone();
        }
        let all: u64 =
            values.iter().filter(|(value, _)| value.is_some()).map(|(_, one)| one.all).sum();
        let mut bands = BTreeSet::new();
        let (mut below, mut quarter) = (0, 1);
        for (value, one) in values {
            let Some(value) = value else { continue };
            while quarter < 4 && below * 4 >= all * quarter {
                bands.extend((below > 0).then_some(*value));
                quarter += 1;
            }
            below += one.all;
        }
        bands.into_iter().collect()
    }

    /// What the band of a value is called.
    fn called(&self, value: Option<i64>, bands: &[i64]) -> (usize, String) {
        let Some(value) = value else { return (usize::MAX, "not known".to_owned()) };
        let show = |raw: i64| show_raw(self.kind, raw);
        match self.kind {
            Type::Bool => (usize::from(value != 0), show(value)),
            Type::Code => {
                let at = self.words.iter().position(|word| Code::of(word).raw() == value);
                let word = at.and_then(|at| self.words.get(at));
                (at.unwrap_or(usize::MAX - 1), word.cloned().unwrap_or_else(|| show(value)))
            }
            _ => {
                let at = bands.partition_point(|first| *first <= value);
                let (from, to) = (at.checked_sub(1).and_then(|at| bands.get(at)), bands.get(at));
                let words = match (from, to) {
                    (None, None) => "any".to_owned(),
                    (None, Some(to)) => format!("below {}", show(*to)),
                    (Some(from), None) => format!("{} or more", show(*from)),
                    (Some(from), Some(to)) => format!("{} to below {}", show(*from), show(*to)),
                };
                (at, words)
            }
        }
    }
}

/// From one place to another.
type Way = (usize, usize);

#[derive(Clone, Debug, Default)]
struct Counted {
    all: u64,
    moved: BTreeMap<Way, u64>,
}

/// What became of one subject of one graph.
#[derive(Clone, Debug, Default)]
struct Fate {
    /// The places whose people were asked about it, each once, in order; and when first.
    asked: [Vec<usize>; 2],
    first: [Option<Timestamp>; 2],
    /// When both sides first said other things.
    parted: Option<Timestamp>,
}

/// How a subject fares otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Otherwise {
    /// Somebody is asked about it, and was not before.
    Newly,
    /// Nobody is asked about it any more.
    NoLonger,
    /// Others are asked about it.
    SomebodyElse,
    /// The same are asked about it, sooner or later.
    OtherTime,
}

impl Otherwise {
    /// All ways, in the order in which they are told.
    pub(crate) const ALL: [Self; 4] =
        [Self::Newly, Self::NoLonger, Self::SomebodyElse, Self::OtherTime];

    /// The word for programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Newly => "newly",
            Self::NoLonger => "no_longer",
            Self::SomebodyElse => "somebody_else",
            Self::OtherTime => "other_time",
        }
    }
}

/// One subject that fares otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    pub(crate) how: Otherwise,
    pub(crate) matter: Matter,
    /// When it shows first.
    pub(crate) at: Timestamp,
    /// Whose people were asked first, on either side.
    places: [Option<usize>; 2],
}

/// Counts of one segment, or of all.
pub(crate) struct Sum {
    pub(crate) segment: String,
    pub(crate) decisions: u64,
    /// Decisions that moved, by where from and where to.
    pub(crate) moved: BTreeMap<Way, u64>,
}

/// Everything that was compared.
pub(crate) struct Moves {
    places: Vec<Place>,
    stood: BTreeMap<Matter, [usize; 2]>,
    segment: Option<Segment>,
    values: BTreeMap<Option<i64>, Counted>,
    fates: BTreeMap<Matter, Fate>,
}

impl Moves {
    pub(super) fn new(segment: Option<Segment>) -> Self {
        Self {
            places: vec![Place { outcome: "none", role: String::new() }],
            stood: BTreeMap::new(),
            segment,
            values: BTreeMap::new(),
            fates: BTreeMap::new(),
        }
    }

    pub(super) fn side(&mut self, rules: &Rules) -> Side {
        let mut side = BTreeMap::new();
        for graph in rules.policy().graphs() {
            for node in graph.nodes() {
                let role = node.human().map(|human| human.role.clone()).unwrap_or_default();
                let place = Place { outcome: node.outcome.as_str(), role };
                let known = self.places.iter().position(|known| *known == place);
                let at = known.unwrap_or(self.places.len());
                if known.is_none() {
                    self.places.push(place);
                }
                side.insert((graph.code(), node.code), at);
            }
        }
        Side(side)
    }

    pub(super) fn segment(&self) -> Option<&Segment> {
        self.segment.as_ref()
    }

    /// Where a subject stands from now on; whether that is elsewhere than before, or the first time.
    pub(super) fn stands(&mut self, side: usize, matter: Matter, place: usize) -> bool {
        let is_new = !self.stood.contains_key(&matter);
        let stood = self.stood.entry(matter).or_default();
        let before = stood.get_mut(side).map(|stood| std::mem::replace(stood, place));
        is_new || before != Some(place)
    }

    pub(super) fn asks(&mut self, side: usize, matter: Matter, place: usize, at: Timestamp) {
        let fate = self.fates.entry(matter).or_default();
        if let (Some(asked), Some(first)) = (fate.asked.get_mut(side), fate.first.get_mut(side)) {
            first.get_or_insert(at);
            if !asked.contains(&place) {
                asked.push(place);
            }
        }
    }

    /// Counts what both sides say of a subject at an instant.
    pub(super) fn count(&mut self, matter: Matter, at: Timestamp, value: Option<i64>) {
        let [old, new] = self.stood.get(&matter).copied().unwrap_or_default();
        let counted = self.values.entry(value).or_default();
        counted.all += 1;
        if old != new {
            *counted.moved.entry((old, new)).or_default() += 1;
            self.fates.entry(matter).or_default().parted.get_or_insert(at);
        }
    }

    pub(crate) fn place(&self, at: usize) -> Option<&Place> {
        self.places.get(at)
    }

    /// Counts of all decisions.
    pub(crate) fn all(&self) -> Sum {
        self.sum(String::new(), self.values.values())
    }

    /// Counts by segment, in the order of the values.
    pub(crate) fn segments(&self) -> Vec<Sum> {
        let Some(segment) = &self.segment else { return Vec::new() };
        let bands = segment.bands(&self.values);
        let mut parts: BTreeMap<(usize, String), Vec<&Counted>> = BTreeMap::new();
        for (value, counted) in &self.values {
            parts.entry(segment.called(*value, &bands)).or_default().push(counted);
        }
        parts.into_iter().map(|((_, called), parts)| self.sum(called, parts)).collect()
    }

    fn sum<'a>(&self, segment: String, parts: impl IntoIterator<Item = &'a Counted>) -> Sum {
        let (mut decisions, mut moved) = (0, BTreeMap::new());
        for part in parts {
            decisions += part.all;
            part.moved.iter().for_each(|(way, count)| *moved.entry(*way).or_default() += count);
        }
        Sum { segment, decisions, moved }
    }

    /// Every subject about which others are asked, or somebody newly or no longer; the earliest first.
    pub(crate) fn moved(&self) -> Vec<Moved> {
        let mut moved: Vec<_> =
            self.fates.iter().filter_map(|(matter, fate)| fate.moved(*matter)).collect();
        moved.sort_by_key(|one| (one.how, one.at, one.matter));
        moved
    }

    /// The roles that are asked first about a subject: as it is, and as it is to be.
    pub(crate) fn roles(&self, moved: &Moved) -> [&str; 2] {
        moved.places.map(|place| {
            place.and_then(|at| self.place(at)).map_or("", |place| place.role.as_str())
        })
    }
}

impl Fate {
    fn moved(&self, matter: Matter) -> Option<Moved> {
        let [old, new] = &self.asked;
        let how = match (old.is_empty(), new.is_empty()) {
            (true, true) => return None,
            (true, false) => Otherwise::Newly,
            (false, true) => Otherwise::NoLonger,
            (false, false) => {
                let set = |places: &Vec<usize>| places.iter().copied().collect::<BTreeSet<_>>();
                match (set(old) == set(new), &self.first) {
                    (false, _) => Otherwise::SomebodyElse,
                    (true, [was, is]) if was != is => Otherwise::OtherTime,
                    (true, _) => return None,
                }
            }
        };
        let [was, is] = self.first;
        let at = match how {
            Otherwise::Newly => is,
            Otherwise::NoLonger => was,
            Otherwise::SomebodyElse => self.parted.or(is),
            Otherwise::OtherTime => was.min(is),
        };
        // Of those who are asked on both sides, the first who differ.
        let only = |own: &[usize], other: &[usize]| {
            own.iter().find(|place| !other.contains(place)).or(own.first()).copied()
        };
        Some(Moved { how, matter, at: at?, places: [only(old, new), only(new, old)] })
    }
}
