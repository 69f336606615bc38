//! Three policies that need no bundle, on the same subjects: always, never, and priority only.
//!
//! A policy by level is a staircase: it escalates whole levels, the most urgent first. To compare it at
//! a recall between two steps, it takes the levels below and a blind part of the next one. Taking each
//! subject of that level with the chance `f = (wanted - caught) / (right ones of the level)` catches
//! exactly the wanted number in expectation and escalates `before + f * level` of them; that is the
//! figure reported, so nothing depends on a draw. Always is the same with one level.

use super::timing::{self, Judged, cell};
use super::{EqualRecall, Policy, PolicyKind, Rival};
use crate::quality::{Matrix, Spread, wilson};
use std::collections::BTreeMap;

/// Subjects of one urgency; `None` has no level and comes last.
#[derive(Clone, Copy, Default)]
struct Level {
    score: Option<i64>,
    /// How many are judged.
    subjects: u64,
    /// How many of them met the outcome, and would be caught in time by a call at the opening.
    right: u64,
}

/// Always, never, and priority at most each level.
pub(super) fn policies(judged: &[Judged<'_>]) -> Vec<Policy> {
    let scores = levels(judged).into_iter().filter_map(|level| level.score);
    let kinds = [PolicyKind::Always, PolicyKind::Never].into_iter();
    kinds.chain(scores.map(PolicyKind::AtMost)).map(|kind| policy(judged, kind)).collect()
}

fn policy(judged: &[Judged<'_>], kind: PolicyKind) -> Policy {
    let called = |one: &Judged<'_>| match kind {
        PolicyKind::Always => true,
        PolicyKind::Never => false,
        PolicyKind::AtMost(limit) => one.subject.baseline_score.is_some_and(|score| score <= limit),
    };
    let mut matrix = Matrix::default();
    let cells = judged
        .iter()
        .filter_map(|one| cell(one.subject, called(one).then_some(one.subject.opened)));
    cells.for_each(|cell| matrix += cell);
    let caught = judged.iter().filter(|one| one.happened() && called(one));
    let leads =
        timing::sorted(caught.filter_map(|one| timing::lead(one.subject, one.subject.opened)));
    Policy { kind, matrix, lead: Spread::of(&leads) }
}

/// The judged subjects by urgency, the most urgent first.
fn levels(judged: &[Judged<'_>]) -> Vec<Level> {
    let mut found: BTreeMap<(bool, Option<i64>), Level> = BTreeMap::new();
    for one in judged {
        let score = one.subject.baseline_score;
        let Some(cell) = cell(one.subject, Some(one.subject.opened)) else { continue };
        let level = found.entry((score.is_none(), score)).or_default();
        level.score = score;
        level.subjects += 1;
        level.right += cell.true_positive;
    }
    found.into_values().collect()
}

pub(super) fn at_equal_recall(judged: &[Judged<'_>], ours: &Matrix) -> EqualRecall {
    let levels = levels(judged);
    let everybody = levels.iter().fold(Level::default(), |all, level| Level {
        score: None,
        subjects: all.subjects + level.subjects,
        right: all.right + level.right,
    });
    let has_scores = levels.iter().any(|level| level.score.is_some());
    EqualRecall {
        recall: ours.recall(),
        bundle: ours.precision(),
        priority: if has_scores { rival(&levels, ours) } else { Rival::default() },
        always: rival(&[everybody], ours),
    }
}

/// The staircase climbed to the recall of `ours`.
fn rival(levels: &[Level], ours: &Matrix) -> Rival {
    let wanted = ours.true_positive;
    let (mut before, mut caught) = (0, 0);
    for level in levels {
        if wanted > 0 && caught + level.right >= wanted {
            return stop(level, before, wanted - caught, ours);
        }
        before += level.subjects;
        caught += level.right;
    }
    Rival::default()
}

/// The rival that takes `before` subjects and then as much of a level as holds `missing` right ones.
fn stop(level: &Level, before: u64, missing: u64, ours: &Matrix) -> Rival {
    let part = missing as f64 / level.right as f64;
    let escalated = before as f64 + part * level.subjects as f64;
    let wanted = ours.true_positive as f64;
    // Both precisions have the same numerator, so the one with fewer escalations is higher.
    let right = u128::from(level.right);
    let theirs = u128::from(before) * right + u128::from(missing) * u128::from(level.subjects);
    Rival {
        level: level.score,
        part: Some(part),
        escalated: Some(escalated),
        precision: Some(wanted / escalated),
        interval: wilson(wanted, escalated),
        beaten: Some(u128::from(ours.escalated()) * right < theirs),
    }
}
