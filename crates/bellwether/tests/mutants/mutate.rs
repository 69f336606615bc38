//! Bundles with one mistake each, as somebody in a hurry would make it.
//!
//! - In: the files of a bundle, and dice.
//! - Out: a [`Mutant`]: the files with one change, and where.
//! - Never: a change of a comment only, or of nothing.
#![expect(clippy::string_slice, reason = "cut where an ASCII mark was found")]

use bellwether_testkit::Dice;
use std::collections::BTreeMap;
use std::fmt;

pub(crate) type Files = BTreeMap<String, String>;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Two rules in the other order.
    Swap,
    /// Something is gone: a rule, a forbid, a row.
    Drop,
    /// A limit lets more through.
    Loosen,
    /// A name with two letters in the wrong order.
    Misspell,
    /// A way that leads back to where it came from.
    Cycle,
    /// A rule that another one already covers.
    Shadow,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Swap, Self::Drop, Self::Loosen, Self::Misspell, Self::Cycle, Self::Shadow];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}").to_lowercase())
    }
}

/// A bundle with one mistake.
pub(crate) struct Mutant {
    pub(crate) files: Files,
    /// The file and its changed line, for people.
    pub(crate) what: String,
}

/// A mutant of a kind; nothing where the bundle has no place for it.
pub(crate) fn mutant(files: &Files, kind: Kind, dice: &mut Dice) -> Option<Mutant> {
    let mut spots: Vec<(&String, usize)> = Vec::new();
    for (path, text) in files {
        spots.extend((0..text.lines().count()).map(|line| (path, line)));
    }
    dice.shuffle(&mut spots);
    for (path, line) in spots {
        let text = &files[path];
        let changed = if path.ends_with(".cedar") {
            cedar(text, line, kind, dice)
        } else if path.starts_with("routing/") {
            routing(text, line, kind, dice)
        } else if path == "thresholds.yaml" {
            rows(text, line, kind, dice)
        } else {
            None
        };
        let Some(changed) = changed.filter(|changed| changed != text) else { continue };
        let what = format!("{path}:{}", line + 1);
        let mut files = files.clone();
        files.insert(path.clone(), changed);
        return Some(Mutant { files, what });
    }
    None
}

fn joined(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

fn owned(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// The lines of the list item that starts at a line, where one does.
fn item(lines: &[String], start: usize) -> Option<std::ops::Range<usize>> {
    let first = lines.get(start)?;
    let depth = first.len() - first.trim_start().len();
    if !first.trim_start().starts_with("- ") {
        return None;
    }
    let inside = |line: &&String| {
        let text = line.trim_start();
        !text.is_empty() && !text.starts_with('#') && line.len() - text.len() > depth
    };
    let more = lines.iter().skip(start + 1).take_while(inside).count();
    Some(start..start + 1 + more)
}

/// The word behind a key within some lines.
fn value(lines: &[String], key: &str) -> Option<String> {
    let key = format!("{key}: ");
    let found = lines.iter().find_map(|line| {
        let at = line.find(&key)?;
        Some(line[at + key.len()..].split([',', '}', ' ']).next()?.to_owned())
    });
    found.filter(|word| !word.is_empty())
}

/// Replaces the word behind a key.
fn set(lines: &mut [String], key: &str, old: &str, new: &str) {
    let (old, new) = (format!("{key}: {old}"), format!("{key}: {new}"));
    if let Some(line) = lines.iter_mut().find(|line| line.contains(&old)) {
        *line = line.replacen(&old, &new, 1);
    }
}

fn routing(text: &str, line: usize, kind: Kind, dice: &mut Dice) -> Option<String> {
    let mut lines = owned(text);
    if kind == Kind::Misspell {
        lines[line] = misspelt(&lines[line], &["to: ", "role: ", "unknown: ", "when: \""], dice)?;
        return Some(joined(&lines));
    }
    let this = item(&lines, line)?;
    let block = lines[this.clone()].to_vec();
    let from = value(&block, "from")?;
    match kind {
        Kind::Swap => {
            let next = (this.end..lines.len()).find_map(|at| item(&lines, at))?;
            let other = lines[next.clone()].to_vec();
            if value(&other, "from")? != from {
                return None;
            }
            let between = lines[this.end..next.start].to_vec();
            let swapped = [other, between, block].concat();
            lines.splice(this.start..next.end, swapped);
        }
        Kind::Drop => drop(lines.drain(this)),
        Kind::Loosen => {
            let at = this.clone().find(|at| lines[*at].contains("when: \""))?;
            lines[at] = renumbered(&lines[at], dice)?;
        }
        Kind::Cycle => {
            let to = value(&block, "to")?;
            set(&mut lines[this], "to", &to, &from);
        }
        Kind::Shadow => {
            if block.iter().any(|line| line.contains("otherwise")) {
                return None;
            }
            let mut copy = block;
            let id = value(&copy, "id")?;
            set(&mut copy, "id", &id, &format!("{id}-again"));
            lines.splice(this.end..this.end, copy);
        }
        Kind::Misspell => return None,
    }
    Some(joined(&lines))
}

fn rows(text: &str, line: usize, kind: Kind, dice: &mut Dice) -> Option<String> {
    let mut lines = owned(text);
    if kind == Kind::Misspell {
        lines[line] = misspelt(&lines[line], &["- {"], dice)?;
        return Some(joined(&lines));
    }
    let this = item(&lines, line)?;
    match kind {
        Kind::Drop => drop(lines.drain(this)),
        Kind::Loosen => {
            let old = value(&lines[this.clone()], "value")?;
            let number: f64 = old.parse().ok()?;
            set(&mut lines[this], "value", &old, &format!("{:.2}", number * 0.8));
        }
        Kind::Swap => {
            let next = item(&lines, this.end)?;
            lines[this.start..next.end].rotate_left(this.len());
        }
        Kind::Shadow => {
            let copy = lines[this.clone()].to_vec();
            lines.splice(this.end..this.end, copy);
        }
        Kind::Cycle | Kind::Misspell => return None,
    }
    Some(joined(&lines))
}

/// Policies end with a line that ends with `;`, and begin behind the one before.
fn policy(lines: &[String], line: usize) -> Option<std::ops::Range<usize>> {
    let ends = |at: &usize| lines[*at].trim_end().ends_with("};");
    let end = (line..lines.len()).find(ends)?;
    let start = (0..line).rev().find(ends).map_or(0, |at| at + 1);
    let start = (start..=end).find(|at| lines[*at].starts_with('@'))?;
    (start..=end).contains(&line).then_some(start..end + 1)
}

fn cedar(text: &str, line: usize, kind: Kind, dice: &mut Dice) -> Option<String> {
    let mut lines = owned(text);
    if lines[line].trim_start().starts_with("//") {
        return None;
    }
    let this = policy(&lines, line)?;
    match kind {
        Kind::Drop if lines[line].contains(" && ") => {
            let (kept, gone) = lines[line].split_once(" && ")?;
            let closed = gone.find(" }").map_or("", |at| &gone[at..]);
            lines[line] = format!("{kept}{closed}");
        }
        Kind::Drop => {
            let forbid = lines[this.clone()].iter().any(|line| line.starts_with("forbid"));
            if !forbid {
                return None;
            }
            lines.drain(this);
        }
        Kind::Loosen => lines[line] = renumbered(&lines[line], dice)?,
        Kind::Misspell => {
            lines[line] = misspelt(&lines[line], &["context.", "Role::\"", "Action::\""], dice)?;
        }
        Kind::Shadow => {
            let mut copy = lines[this.clone()].to_vec();
            let id = copy.iter_mut().find(|line| line.contains("@id(\""))?;
            *id = id.replacen("@id(\"", "@id(\"again.", 1);
            lines.splice(this.end..this.end, copy);
        }
        Kind::Swap | Kind::Cycle => return None,
    }
    Some(joined(&lines))
}

/// The first number behind a comparison, ten times as large or a tenth.
fn renumbered(line: &str, dice: &mut Dice) -> Option<String> {
    let places: Vec<_> = line.match_indices(['<', '>']).map(|(at, _)| at).collect();
    let at = *places.get(dice.below(places.len() as u64) as usize)?;
    let begin = at + line[at..].find(|c: char| c.is_ascii_digit() || c == ' ')?;
    let begin = begin + line[begin..].len() - line[begin..].trim_start().len();
    let len = line[begin..].find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')?;
    let number: f64 = line[begin..begin + len].replace('_', "").parse().ok()?;
    let wider = if line[at..].starts_with('<') { number * 10.0 } else { (number / 10.0).floor() };
    let wider = if number == 0.0 { -1.0 } else { wider };
    Some(format!("{}{wider}{}", &line[..begin], &line[begin + len..]))
}

/// Two letters of a name behind one of these marks in the wrong order.
fn misspelt(line: &str, marks: &[&str], dice: &mut Dice) -> Option<String> {
    let found = marks.iter().flat_map(|mark| line.match_indices(mark));
    let starts: Vec<usize> = found.map(|(at, mark)| at + mark.len()).collect();
    let start = *starts.get(dice.below(starts.len() as u64) as usize)?;
    let name = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    let len = line[start..].find(|c| !name(c)).unwrap_or(line.len() - start);
    let mut letters: Vec<char> = line[start..start + len].chars().collect();
    let at = (1..letters.len()).find(|at| letters[*at] != letters[at - 1])?;
    letters.swap(at, at - 1);
    let changed: String = letters.into_iter().collect();
    Some(format!("{}{changed}{}", &line[..start], &line[start + len..]))
}
