//! Gates: what a file must be like as a whole before anything of it is taken.
//!
//! - In: `gates:` of a mapping, the [`Figures`] of a file, and what earlier files of it were like.
//! - Out: a [`Verdict`] for each gate that the file does not pass, with figures and a mend.
//! - Never: quotes a cell; columns, fields and counts only.

mod figures;
#[cfg(test)]
mod tests;

use super::Entry;
use super::check::refuse;
use super::path::Path;
use bellwether_core::authored::Fields;
use bellwether_core::problem::nearest;
use bellwether_core::{Duration, Ppm, Problem, Timestamp};
pub use figures::Figures;

/// Below this many rows a share says little: gates that nobody declared wait for more.
const ENOUGH: u64 = 50;

/// How many earlier files a median needs.
const MEDIAN_OF: usize = 3;

const SHARE: &str = "a share such as 20% or 0.2";

/// What is asked of a file.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    refused: Option<Ppm>,
    least: Option<Ppm>,
    most: Option<Ppm>,
    age: Option<Duration>,
    duplicates: Option<Ppm>,
    vanished: Option<bool>,
    missing: Vec<Watched>,
    new_words: Vec<Watched>,
}

/// A column or field whose share is watched.
#[derive(Clone, Debug)]
struct Watched {
    name: String,
    most: Ppm,
    /// The paths that it is read from.
    paths: Vec<usize>,
}

/// A gate that a file does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The gate's name, as `gates:` and `--accept-gate` say it.
    pub gate: &'static str,
    /// What was found, what is allowed, and the mend.
    pub problem: Problem,
    /// Whether somebody may let it through.
    pub acceptable: bool,
}

impl Gates {
    /// The names of all gates.
    pub const NAMES: [&'static str; 8] = [
        "all_refused",
        "refused",
        "missing",
        "vanished",
        "volume",
        "age",
        "duplicates",
        "new_words",
    ];

    pub(super) fn read(fields: &mut Fields<'_>, paths: &[Path], entries: &[Entry]) -> Self {
        let Some(node) = fields.node("gates") else { return Self::default() };
        let mut inner = Fields::new(fields.document(), node, fields.problems());
        let (refused, duplicates) =
            (inner.parsed("refused", SHARE, share), inner.parsed("duplicates", SHARE, share));
        let (age, vanished) = (inner.duration("age"), inner.flag("vanished"));
        let missing = watched(&mut inner, "missing", paths, entries);
        let new_words = watched(&mut inner, "new_words", paths, entries);
        let (mut least, mut most) = (None, None);
        if let Some(node) = inner.node("volume") {
            let mut volume = Fields::new(inner.document(), node, inner.problems());
            least = volume.parsed("at_least", SHARE, share);
            most = volume.parsed("at_most", SHARE, share);
            volume.finish();
        }
        inner.finish();
        Self { refused, least, most, age, duplicates, vanished, missing, new_words }
    }

    /// Which gates a file does not pass. `past` are earlier files of the same mapping, the newest first;
    /// `now` is the edge's clock.
    pub fn judge(&self, found: &Figures, past: &[Figures], now: Timestamp) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        if found.rows > 0 && found.refused_rows >= found.rows {
            let message = format!("all {} rows were refused{}", found.rows, found.reasons());
            let help = "the mapping does not fit this file: mend the one or the other";
            let problem = Problem::new("gate-all-refused", message).help(help);
            return vec![Verdict { gate: "all_refused", problem, acceptable: false }];
        }
        self.judge_refused(found, &mut verdicts);
        self.judge_shares(found, &mut verdicts);
        self.judge_past(found, past, &mut verdicts);
        if let (Some(most), Some(newest)) = (self.age, found.newest)
            && newest.plus(most) < now
        {
            let message = format!("the newest row is of {newest}, more than {most} ago");
            let help = "is the export cut off, or an old one? give a newer file";
            verdicts.push(verdict("age", Problem::new("gate-age", message), help));
        }
        verdicts
    }

    fn judge_refused(&self, found: &Figures, verdicts: &mut Vec<Verdict>) {
        let most = self.refused.or((found.rows >= ENOUGH).then_some(Ppm::new(200_000)));
        let Some(most) = most.filter(|most| above(found.refused_rows, found.rows, *most)) else {
            return;
        };
        let (refused, rows, limit) = (found.refused_rows, found.rows, percent(most));
        let reasons = found.reasons();
        let message =
            format!("{refused} of {rows} rows were refused, at most {limit} may be{reasons}");
        let help = "look at them with `--dry-run`: a column may have changed its type or its words";
        verdicts.push(verdict("refused", Problem::new("gate-refused", message), help));
    }

    fn judge_shares(&self, found: &Figures, verdicts: &mut Vec<Verdict>) {
        for watched in &self.missing {
            let missing = found.missing_of(&watched.name);
            if above(missing, found.read(), watched.most) {
                let (name, rows, limit) = (&watched.name, found.read(), percent(watched.most));
                let message = format!(
                    "`{name}` is missing in {missing} of {rows} rows; at most {limit} may lack it"
                );
                let help = "fill it at its source, or raise the share in the mapping";
                verdicts.push(verdict("missing", Problem::new("gate-missing", message), help));
            }
        }
        for watched in &self.new_words {
            let (seen, new) = found.words_of(&watched.name);
            if above(new, seen, watched.most) {
                let (name, limit) = (&watched.name, percent(watched.most));
                let message = format!(
                    "{new} of {seen} words in `{name}` are not listed by the mapping; at most {limit} may be new"
                );
                let help = "list the new words under `values`, or raise the share";
                verdicts.push(verdict("new_words", Problem::new("gate-new-words", message), help));
            }
        }
        if let Some(most) = self.duplicates
            && above(found.duplicates, found.signals, most)
        {
            let (twice, signals, limit) = (found.duplicates, found.signals, percent(most));
            let message = format!(
                "{twice} of {signals} signals stand twice in the file; at most {limit} may"
            );
            let help = "is the export joined from overlapping ones? let the id tell rows apart";
            verdicts.push(verdict("duplicates", Problem::new("gate-duplicates", message), help));
        }
    }

    fn judge_past(&self, found: &Figures, past: &[Figures], verdicts: &mut Vec<Verdict>) {
        let mut rows: Vec<u64> = past.iter().map(|past| past.rows).collect();
        rows.sort_unstable();
        if let Some(median) = rows.get(rows.len() / 2).filter(|_| rows.len() >= MEDIAN_OF) {
            let least = self.least.unwrap_or(Ppm::new(100_000));
            let few = found.rows.saturating_mul(1_000_000) < share_of(*median, least);
            let many = self.most.is_some_and(|most| above(found.rows, *median, most));
            if few || many {
                let message = format!(
                    "{} rows, where the last {} files had {median} in the middle",
                    found.rows,
                    rows.len()
                );
                let help = "is the export whole? the shares are `volume: {at_least, at_most}`";
                verdicts.push(verdict("volume", Problem::new("gate-volume", message), help));
            }
        }
        let last = past.first().filter(|_| self.vanished != Some(false) && found.read() >= ENOUGH);
        for name in last.iter().flat_map(|last| found.vanished_since(last)) {
            let message =
                format!("the column `{name}` is empty in every row; the last file had it in most");
            let help = "it was renamed or dropped at its source: mend the export, or the mapping";
            verdicts.push(verdict("vanished", Problem::new("gate-vanished", message), help));
        }
    }
}

fn verdict(gate: &'static str, problem: Problem, help: &str) -> Verdict {
    let help = format!("{help}; `--accept-gate {gate}` takes the file as it is");
    Verdict { gate, problem: problem.help(help), acceptable: true }
}

/// Millionths of so many.
fn share_of(whole: u64, share: Ppm) -> u64 {
    whole.saturating_mul(u64::try_from(share.get()).unwrap_or(0))
}

fn above(part: u64, whole: u64, most: Ppm) -> bool {
    part.saturating_mul(1_000_000) > share_of(whole, most)
}

fn percent(share: Ppm) -> String {
    let (whole, rest) = (share.get() / 10_000, share.get() % 10_000);
    if rest == 0 { format!("{whole} %") } else { format!("{whole}.{:02} %", rest / 100) }
}

fn share(text: &str) -> Option<Ppm> {
    let share = match text.strip_suffix('%') {
        Some(percent) => Ppm::new(Ppm::parse(percent.trim())?.get() / 100),
        None => Ppm::parse(text)?,
    };
    (share.get() >= 0).then_some(share)
}

/// Names of columns or fields with a share each.
fn watched(
    fields: &mut Fields<'_>,
    key: &'static str,
    paths: &[Path],
    entries: &[Entry],
) -> Vec<Watched> {
    let mut found = Vec::new();
    for (name, node) in fields.entries(key) {
        let column = paths.iter().position(|path| path.text == name.text);
        let typed = entries.iter().flat_map(|entry| &entry.fields);
        let read =
            typed.filter(|field| field.name == name.text).flat_map(|field| field.from.paths());
        let mut of: Vec<usize> = read.copied().chain(column).collect();
        of.sort_unstable();
        of.dedup();
        let text = match &node.kind {
            bellwether_core::authored::Kind::Scalar { text, .. } => text.as_str(),
            _ => "",
        };
        match share(text) {
            _ if of.is_empty() => {
                let message = format!("the mapping reads no column or field `{}`", name.text);
                let known =
                    entries.iter().flat_map(|entry| &entry.fields).map(|it| it.name.as_str());
                let close =
                    nearest(&name.text, known).map(|close| format!("did you mean `{close}`?"));
                let help =
                    close.unwrap_or_else(|| "name a column or field of this mapping".to_owned());
                refuse("mapping-gate", fields, node, message, &help);
            }
            None => {
                refuse("mapping-gate", fields, node, "this is no share", "write one such as `5%`")
            }
            Some(most) => found.push(Watched { name: name.text.clone(), most, paths: of }),
        }
    }
    found
}
