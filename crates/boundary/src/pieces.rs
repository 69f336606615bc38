//! Pieces of a Cedar file: one for each policy, with where it stands.
//!
//! - In: the text of a file.
//! - Out: its policies as slices with their offsets; places of offsets.
//! - Never: parses a policy. A policy ends at the `;` outside quotes and comments: the grammar has no other.

use bellwether_core::Place;

/// A policy's text, from its first word to its `;`.
pub(crate) struct Piece<'a> {
    /// Where it starts.
    pub(crate) place: Place,
    /// Its text.
    pub(crate) text: &'a str,
}

/// The policies of a file; what stands behind the last `;` is one too, unless it is blank.
pub(crate) fn pieces<'a>(file: &str, text: &'a str) -> Vec<Piece<'a>> {
    let (mut pieces, mut start) = (Vec::new(), None);
    let (mut place, mut placed) = (Place { file: file.to_owned(), line: 1, column: 1 }, 0);
    let mut cut = |from: usize, end: usize| {
        place = behind(&place, text.get(placed..from).unwrap_or_default());
        placed = from;
        pieces.push(Piece { place: place.clone(), text: text.get(from..end).unwrap_or_default() });
    };
    for (at, byte) in code(text) {
        if byte.is_ascii_whitespace() {
            continue;
        }
        let from = *start.get_or_insert(at);
        if byte == b';' {
            cut(from, at + 1);
            start = None;
        }
    }
    if let Some(from) = start {
        cut(from, text.len());
    }
    pieces
}

/// Where an operator first stands in a policy. A `-` before a digit may be a number's sign, so another
/// one is looked for first.
pub(crate) fn operator(text: &str, wanted: u8) -> Option<usize> {
    let next = |at: usize| text.as_bytes().get(at + 1).copied().unwrap_or(b' ');
    let found = || code(text).filter(|(_, byte)| *byte == wanted).map(|(at, _)| at);
    found().find(|at| wanted != b'-' || !next(*at).is_ascii_digit()).or_else(|| found().next())
}

/// The bytes of a text with their offsets, without comments, and of quoted text only the first quote.
fn code(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while bytes.get(at) == Some(&b'/') && bytes.get(at + 1) == Some(&b'/') {
            let rest = bytes.get(at..).unwrap_or_default();
            at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        }
        let (here, byte) = (at, *bytes.get(at)?);
        at += 1;
        if byte == b'"' {
            while let Some(inner) = bytes.get(at) {
                at += if *inner == b'\\' { 2 } else { 1 };
                if *inner == b'"' {
                    break;
                }
            }
        }
        Some((here, byte))
    })
}

/// The place of an offset in a policy's text, which starts at `start`.
pub(crate) fn place(start: &Place, text: &str, offset: usize) -> Place {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    behind(start, text.get(..end).unwrap_or_default())
}

/// The place right behind a text that starts at `start`.
fn behind(start: &Place, text: &str) -> Place {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let lines = number(text.bytes().filter(|byte| *byte == b'\n').count());
    let last = number(text.rsplit('\n').next().unwrap_or_default().chars().count());
    let column = if lines == 0 { start.column.saturating_add(last) } else { last + 1 };
    Place { file: start.file.clone(), line: start.line.saturating_add(lines), column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_ends_where_cedar_ends_it() {
        let text =
            "// one; two\n@id(\"a;\\\"b\") permit (x);\r\n\n  forbid // ; \"\n;  // end;\npermit";
        let found: Vec<_> = pieces("f", text).into_iter().map(|piece| piece.text).collect();
        assert_eq!(found, ["@id(\"a;\\\"b\") permit (x);", "forbid // ; \"\n;", "permit"]);
        let places: Vec<_> =
            pieces("f", text).iter().map(|piece| piece.place.to_string()).collect();
        assert_eq!(places, ["f:2:1", "f:4:3", "f:6:1"]);
        assert_eq!(operator("\"+\" -5 // +\n a - b", b'-'), Some(15));
        assert_eq!(operator("\"+\" // +\n", b'+'), None);
    }
}
