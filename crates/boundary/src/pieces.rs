//! Pieces of a Cedar file: one for each policy, with where it stands.
//!
//! - In: the text of a file.
//! - Out: its policies as slices with their offsets; places of offsets.
//! - Never: parses a policy. A policy ends at the `;` outside quotes and comments: the grammar has no other.

use bellwether_core::Place;

/// A policy's text, from its first word to its `;`.
pub(crate) struct Piece<'a> {
    /// Where it starts in the file, in bytes.
    pub(crate) start: usize,
    /// Its text.
    pub(crate) text: &'a str,
}

/// The policies of a file; what stands behind the last `;` is one too, unless it is blank.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut start) = (Vec::new(), None);
    for (at, byte) in code(text) {
        if byte.is_ascii_whitespace() {
            continue;
        }
        let from = *start.get_or_insert(at);
        if byte == b';' {
            let text = text.get(from..=at).unwrap_or_default();
            pieces.push(Piece { start: from, text });
            start = None;
        }
    }
    if let Some(start) = start {
        pieces.push(Piece { start, text: text.get(start..).unwrap_or_default() });
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

/// The place of an offset in a file's text.
pub(crate) fn place(file: &str, text: &str, offset: usize) -> Place {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place { file: file.to_owned(), line: number(line), column: number(column) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_ends_where_cedar_ends_it() {
        let text = "// one; two\n@id(\"a;\\\"b\") permit (x);\r\n\n  forbid // ; \"\n;  // end;\npermit";
        let found: Vec<_> = pieces(text).into_iter().map(|piece| piece.text).collect();
        assert_eq!(found, ["@id(\"a;\\\"b\") permit (x);", "forbid // ; \"\n;", "permit"]);
        let places: Vec<_> =
            pieces(text).iter().map(|piece| place("f", text, piece.start).to_string()).collect();
        assert_eq!(places, ["f:2:1", "f:4:3", "f:6:1"]);
        assert_eq!(operator("\"+\" -5 // +\n a - b", b'-'), Some(15));
        assert_eq!(operator("\"+\" // +\n", b'+'), None);
    }
}
