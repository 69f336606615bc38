//! The short answer: better than what anybody could do without a bundle, or not, or too few to tell.

use super::{Counts, EqualRecall, Question, Rival, Standing, Verdict};
use crate::quality::{Interval, Matrix};

/// Fewer judged subjects, or fewer that met the outcome or were escalated, tell nothing.
const FEWEST_JUDGED: u64 = 30;
const FEWEST_OF_A_KIND: u64 = 10;

pub(super) fn reach(
    question: &Question,
    matrix: &Matrix,
    counts: &Counts,
    equal: &EqualRecall,
) -> Verdict {
    let rivals = rivals(question, equal);
    let standing = standing(matrix, equal, &rivals);
    Verdict {
        standing,
        sentence: sentence(standing, question, matrix, &rivals),
        cautions: cautions(standing, question, counts, equal, &rivals),
    }
}

/// The rivals that can reach the bundle's recall, by name.
fn rivals(question: &Question, equal: &EqualRecall) -> Vec<(String, Rival)> {
    let all =
        [(format!("{} only", question.baseline), equal.priority), ("always".into(), equal.always)];
    all.into_iter().filter(|(_, rival)| rival.precision.is_some()).collect()
}

/// The rivals whose interval shares a point with the bundle's, and how it does.
fn overlap(equal: &EqualRecall, rivals: &[(String, Rival)]) -> Option<String> {
    let ours = equal.bundle.interval()?;
    let span = |ends: Interval| format!("{:.2} to {:.2}", ends.low, ends.high);
    let theirs = rivals.iter().filter_map(|(name, rival)| Some((name, rival.interval?)));
    let within = theirs.filter(|(_, theirs)| ours.overlaps(*theirs));
    let within: Vec<_> =
        within.map(|(name, theirs)| format!("{} ({name})", span(theirs))).collect();
    (!within.is_empty()).then(|| {
        format!(
            "The 95% intervals overlap: {}, against {}. It may be chance; judge more history.",
            span(ours),
            within.join(" and ")
        )
    })
}

fn standing(matrix: &Matrix, equal: &EqualRecall, rivals: &[(String, Rival)]) -> Standing {
    let few = |count: u64| count < FEWEST_OF_A_KIND;
    if matrix.happened() == 0 || matrix.happened() == matrix.total() {
        Standing::NoEvidence
    } else if matrix.total() < FEWEST_JUDGED || few(matrix.happened()) {
        Standing::TooFew
    } else if matrix.true_positive == 0 {
        Standing::CaughtNothing
    } else if few(matrix.escalated()) {
        Standing::TooFew
    } else if rivals.is_empty() {
        Standing::NoEvidence
    } else if rivals.iter().any(|(_, rival)| rival.beaten != Some(true)) {
        Standing::NotBetter
    } else if overlap(equal, rivals).is_none() {
        Standing::Better
    } else {
        Standing::Unclear
    }
}

fn sentence(
    standing: Standing,
    question: &Question,
    matrix: &Matrix,
    rivals: &[(String, Rival)],
) -> String {
    let Question { subjects, outcome, .. } = question;
    let (judged, happened) = (matrix.total(), matrix.happened());
    match standing {
        Standing::NoEvidence if judged == 0 => {
            format!("Nothing to judge: no {subjects} with a known outcome.")
        }
        Standing::NoEvidence if happened == 0 => {
            format!(
                "Nothing to judge: \u{201c}{outcome}\u{201d} happened to none of {judged} {subjects}."
            )
        }
        Standing::NoEvidence if happened < judged => {
            "Nothing to compare with: calling everybody at the opening would catch fewer in time."
                .to_owned()
        }
        Standing::NoEvidence => {
            format!(
                "Nothing to judge: \u{201c}{outcome}\u{201d} happened to all of {judged} {subjects}."
            )
        }
        Standing::TooFew => format!(
            "Too few to tell: {judged} {subjects} with a known outcome, {happened} of them \
             \u{201c}{outcome}\u{201d}, {} escalated.{}",
            matrix.escalated(),
            compared(matrix, rivals)
                .map(|figures| format!(" Precision {figures}."))
                .unwrap_or_default(),
        ),
        Standing::CaughtNothing => format!(
            "Nothing caught: none of {happened} \u{201c}{outcome}\u{201d} was escalated in time, no more \
             than never escalating would."
        ),
        Standing::NotBetter => format!(
            "Not better than {} at equal recall: precision {}.",
            names(rivals, |rival| rival.beaten != Some(true)),
            compared(matrix, rivals).unwrap_or_default(),
        ),
        Standing::Unclear | Standing::Better => format!(
            "Higher precision than {} at equal recall: {}; never escalating catches nothing.",
            names(rivals, |_| true),
            compared(matrix, rivals).unwrap_or_default(),
        ),
    }
}

fn names(rivals: &[(String, Rival)], keep: fn(&Rival) -> bool) -> String {
    let kept = rivals.iter().filter(|(_, rival)| keep(rival)).map(|(name, _)| name.as_str());
    kept.collect::<Vec<_>>().join(" and ")
}

/// `0.81 against 0.52 (priority only) and 0.37 (always)`, with as many places as tell them apart.
fn compared(matrix: &Matrix, rivals: &[(String, Rival)]) -> Option<String> {
    let ours = matrix.precision().value()?;
    let theirs = || rivals.iter().filter_map(|(name, rival)| Some((name, rival.precision?)));
    theirs().next()?;
    let same = |places: usize| {
        theirs().any(|(_, other)| format!("{ours:.places$}") == format!("{other:.places$}"))
    };
    let places = (2..4).find(|&places| !same(places)).unwrap_or(2);
    let figures = theirs().map(|(name, other)| format!("{other:.places$} ({name})"));
    let figures: Vec<_> = figures.collect();
    Some(format!("{ours:.places$} against {}", figures.join(" and ")))
}

fn cautions(
    standing: Standing,
    question: &Question,
    counts: &Counts,
    equal: &EqualRecall,
    rivals: &[(String, Rival)],
) -> Vec<String> {
    let Question { subjects, outcome, reference, .. } = question;
    let mut said = Vec::new();
    if standing == Standing::Unclear {
        said.extend(overlap(equal, rivals));
    }
    if counts.late > 0 {
        said.push(format!(
            "{} {subjects} with \u{201c}{outcome}\u{201d} were escalated only at or after {reference}: \
             too late, counted as missed.",
            counts.late
        ));
    }
    if counts.known < counts.subjects {
        said.push(format!(
            "{} of {} {subjects} have no known outcome and are not judged.",
            counts.subjects - counts.known,
            counts.subjects
        ));
    }
    if counts.asked_at_open < counts.subjects {
        said.push(format!(
            "{} of {} {subjects} were not put to the bundle when they opened; live, it might have acted \
             on them earlier.",
            counts.subjects - counts.asked_at_open,
            counts.subjects
        ));
    }
    if question.since.is_none() {
        said.push(
            "No date separates the history that the rules were written from; rules look better on what \
             they have already seen."
                .to_owned(),
        );
    }
    said
}
