//! The same figures for each value of each segment.

use super::Segment;
use super::timing::{self, Judged};
use crate::quality::{Matrix, Spread};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn measure(judged: &[Judged<'_>]) -> Vec<Segment> {
    let mut members: BTreeMap<(&str, &str), Vec<&Judged<'_>>> = BTreeMap::new();
    for one in judged {
        // A value named twice is one membership.
        let values: BTreeSet<_> = one.subject.segment.iter().collect();
        for (name, value) in values {
            members.entry((name, value)).or_default().push(one);
        }
    }
    members.into_iter().map(|((name, value), members)| segment(name, value, &members)).collect()
}

fn segment(name: &str, value: &str, members: &[&Judged<'_>]) -> Segment {
    let mut matrix = Matrix::default();
    members.iter().filter_map(|one| one.cell()).for_each(|cell| matrix += cell);
    let leads =
        timing::sorted(members.iter().filter(|one| one.happened()).filter_map(|one| one.lead()));
    Segment {
        name: name.to_owned(),
        value: value.to_owned(),
        subjects: members.len() as u64,
        escalated: members.iter().filter(|one| one.first.is_some()).count() as u64,
        matrix,
        lead: Spread::of(&leads),
    }
}
