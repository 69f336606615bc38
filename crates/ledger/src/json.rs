//! Canonical JSON (RFC 8785): just enough to write objects whose keys the caller gives in order.
//!
//! Keys are ASCII, so byte order is the order that the RFC asks for. Numbers are whole and below
//! 2^53; larger ones, money and instants are strings, because JSON numbers are doubles.

/// Integers up to this one survive a JSON reader that uses doubles.
pub const EXACT: u64 = 1 << 53;

/// Writes one object; [`Object::end`] closes it.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
    #[cfg(debug_assertions)]
    last: String,
}

impl<'a> Object<'a> {
    /// Opens an object at the end of a buffer.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self {
            out,
            first: true,
            #[cfg(debug_assertions)]
            last: String::new(),
        }
    }

    /// Starts a member and gives the buffer to write its value to. Keys must come in order.
    #[inline]
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        #[cfg(debug_assertions)]
        {
            debug_assert!(self.first || *self.last < *key, "{} before {key}", self.last);
            self.last = key.to_owned();
        }
        // Keys are ours: they need no escapes.
        debug_assert!(plain(key), "{key} is not a plain key");
        let opening: &[u8] = if std::mem::take(&mut self.first) { b"\"" } else { b",\"" };
        self.out.reserve(key.len() + 4);
        self.out.extend_from_slice(opening);
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A member that is a string.
    pub fn text(&mut self, key: &str, value: &str) {
        text(self.key(key), value);
    }

    /// A member that is a whole number in quotes.
    pub fn quoted(&mut self, key: &str, value: i64) {
        quoted(self.key(key), value);
    }

    /// A member that is a whole number below 2^53.
    pub fn number(&mut self, key: &str, value: u64) {
        debug_assert!(value <= EXACT, "{key} is too large for a JSON number");
        push_unsigned(self.key(key), value);
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push(b'}');
    }
}

/// Writes an array from items.
pub fn array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (nth, item) in items.into_iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Whether a string needs no escapes. It looks at every byte, which is quicker than leaving early.
fn plain(value: &str) -> bool {
    let escaped = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    !value.bytes().fold(false, |found, byte| found | escaped(byte))
}

/// Writes what displays itself without escapes, such as an id, as a string.
pub(crate) fn shown(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    use std::io::Write as _;
    // A buffer takes everything.
    let _ = write!(out, "\"{value}\"");
}

/// Writes a string with the escapes of RFC 8785 section 3.2.2.2.
pub fn text(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    if plain(value) {
        out.extend_from_slice(value.as_bytes());
    } else {
        for byte in value.bytes() {
            match byte {
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => out.extend_from_slice(b"\\\\"),
                0x08 => out.extend_from_slice(b"\\b"),
                0x09 => out.extend_from_slice(b"\\t"),
                0x0a => out.extend_from_slice(b"\\n"),
                0x0c => out.extend_from_slice(b"\\f"),
                0x0d => out.extend_from_slice(b"\\r"),
                0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => out.push(byte),
            }
        }
    }
    out.push(b'"');
}

/// Writes a whole number in quotes.
pub fn quoted(out: &mut Vec<u8>, value: i64) {
    out.push(b'"');
    push_signed(out, value);
    out.push(b'"');
}

/// Writes a whole number: plain below 2^53, else `{"int":"..."}`.
pub fn int(out: &mut Vec<u8>, value: i64) {
    if value.unsigned_abs() <= EXACT {
        push_signed(out, value);
    } else {
        let mut object = Object::new(out);
        object.quoted("int", value);
        object.end();
    }
}

fn push_signed(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn push_unsigned(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Writes a bit set as a hexadecimal string, highest word first, without leading zeros.
pub fn bits(out: &mut Vec<u8>, words: &[u64]) {
    out.push(b'"');
    let highest = words.iter().rposition(|word| *word != 0).unwrap_or(0);
    for (at, word) in words.iter().enumerate().take(highest + 1).rev() {
        let digits = if at == highest { 16 - word.leading_zeros() as usize / 4 } else { 16 };
        for nth in (0..digits.max(1)).rev() {
            let nibble = (word >> (4 * nth) & 15) as u8;
            out.push(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
        }
    }
    if words.is_empty() {
        out.push(b'0');
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_and_bits() {
        assert_eq!(written(|out| int(out, i64::MIN)), r#"{"int":"-9223372036854775808"}"#);
        assert_eq!(written(|out| int(out, -42)), "-42");
        assert_eq!(written(|out| bits(out, &[0x11, 0])), r#""11""#);
        assert_eq!(written(|out| bits(out, &[0, 0xa])), r#""a0000000000000000""#);
        assert_eq!(written(|out| bits(out, &[])), r#""0""#);
        assert_eq!(written(|out| bits(out, &[0, 0])), r#""0""#);
        for value in [0, 7, 10, 99, 100, 101, 999, 1_000, 123_456, u64::MAX] {
            assert_eq!(written(|out| push_unsigned(out, value)), value.to_string());
        }
    }

    proptest! {
        #[test]
        fn strings_agree_with_a_jcs_library(value in any::<String>()) {
            let ours = written(|out| text(out, &value));
            prop_assert_eq!(ours, serde_json_canonicalizer::to_string(&value).unwrap());
        }
    }
}
