//! Searching files and what was said for strings and bytes, in every form in which they may lie there.
//!
//! - In: what must not be there: words, keys, hashes.
//! - Out: the first trace of it, in whichever case, as UTF-16, in hex or within base64.
//! - Never: a regular expression; a trace that is cut in two by a file's end is not one.
#![expect(clippy::indexing_slicing, reason = "a search that cannot go on must fail the test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// Forms by their first four bytes, with what they are forms of.
#[derive(Clone, Debug, Default)]
struct Forms {
    by_start: BTreeMap<[u8; 4], Vec<(Vec<u8>, String)>>,
    /// By the first two: most places begin nothing.
    starts: Vec<bool>,
}

impl Forms {
    fn add(&mut self, form: Vec<u8>, of: &str) {
        self.starts.resize(1 << 16, false);
        self.starts[two(&form)] = true;
        let start = [form[0], form[1], form[2], form[3]];
        let known = self.by_start.entry(start).or_default();
        if known.iter().all(|(other, _)| *other != form) {
            known.push((form, of.to_owned()));
        }
    }

    fn find(&self, bytes: &[u8]) -> Option<&str> {
        for at in 0..bytes.len().saturating_sub(3) {
            let rest = &bytes[at..];
            if !self.starts[two(rest)] {
                continue;
            }
            let found = self.by_start.get(&rest[..4]).into_iter().flatten();
            if let Some((_, of)) = found.into_iter().find(|(form, _)| rest.starts_with(form)) {
                return Some(of);
            }
        }
        None
    }
}

fn two(bytes: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([bytes[0], bytes[1]]))
}

/// What a search through a folder found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// How many bytes were looked through.
    pub bytes: u64,
    /// Files with a trace, and of what.
    pub traces: Vec<(String, String)>,
}

/// Strings and bytes, of five and more, in every form in which they may lie in a file.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// As they are, UTF-16 and hex, in lower case.
    folded: Forms,
    /// Base64.
    exact: Forms,
}

impl Hunt {
    /// For strings, without regard to case where case can be told.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut hunt = Self { folded: Forms::default(), exact: Forms::default() };
        for word in words {
            let low = word.to_lowercase();
            let units: Vec<u16> = low.encode_utf16().collect();
            hunt.folded.add(units.iter().flat_map(|unit| unit.to_le_bytes()).collect(), &word);
            hunt.folded.add(units.iter().flat_map(|unit| unit.to_be_bytes()).collect(), &word);
            hunt.add_bytes(word.as_bytes(), &word);
            hunt.add_bytes(low.as_bytes(), &word);
        }
        hunt
    }

    /// Looks for bytes too, such as keys.
    pub fn add_bytes(&mut self, bytes: &[u8], what: &str) {
        let low = bytes.to_ascii_lowercase();
        self.folded.add(low.iter().flat_map(|byte| [*byte, 0]).collect(), what);
        self.folded.add(low.iter().flat_map(|byte| [0, *byte]).collect(), what);
        self.folded.add(low, what);
        self.folded.add(hex(bytes), what);
        // The middle of base64, wherever it begins: all but the letters that its neighbours share.
        for skip in 0..3 {
            for last in [*b"+/", *b"-_"] {
                self.exact.add(base64(&bytes[skip..], last), what);
            }
        }
    }

    /// The first that occurs.
    pub fn find(&self, bytes: &[u8]) -> Option<&str> {
        self.exact.find(bytes).or_else(|| self.folded.find(&bytes.to_ascii_lowercase()))
    }

    /// Fails the test if any occurs.
    #[track_caller]
    pub fn is_not_in(&self, what: &str, bytes: &[u8]) {
        assert_eq!(self.find(bytes), None, "{what}");
    }

    /// Looks through every file of a folder.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn search(&self, folder: &Path) -> io::Result<Searched> {
        let mut searched = Searched::default();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let bytes = fs::read(&path)?;
            searched.bytes += bytes.len() as u64;
            let trace = self.find(&bytes).map(|of| (path.display().to_string(), of.to_owned()));
            searched.traces.extend(trace);
        }
        Ok(searched)
    }
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()
}

fn base64(bytes: &[u8], last: [u8; 2]) -> Vec<u8> {
    let letter = |bits: u32| match (bits & 63) as u8 {
        bits @ 0..26 => b'A' + bits,
        bits @ 26..52 => b'a' + bits - 26,
        bits @ 52..62 => b'0' + bits - 52,
        bits => last[usize::from(bits - 62)],
    };
    let threes = bytes.chunks_exact(3);
    threes
        .flat_map(|three| {
            let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
            [18, 12, 6, 0].map(|shift| letter(bits >> shift))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hunt_finds_what_is_there() {
        let mut hunt = Hunt::new(["Ysolde Mirkwell".to_owned(), "+1 907 555-0120".to_owned()]);
        hunt.add_bytes(&[0xfb, 0xef, 0xbe, 0xff, 0, 1, 2, 3], "a key");
        hunt.add_bytes(b"Quint\xff\xfb\xef\xbe", "bytes with letters");
        for bytes in [
            &b"..YSOLDE mirkwell.."[..],
            b"x79736F6C6465206d69726b77656c6c",
            b"59736F6C6465204D69726b77656c6c",
            b"y\0s\0o\0l\0d\0e\0 \0m\0i\0r\0k\0w\0e\0l\0l\0",
            b"\0Y\0s\0o\0l\0d\0e\0 \0M\0i\0r\0k\0w\0e\0l\0l",
            b"call +1 907 555-0120 now",
            // `Ysolde Mirkwell` at each of the three places, written by another program.
            b"WXNvbGRlIE1pcmt3ZWxs",
            b"Lllzb2xkZSBNaXJrd2VsbC4=",
            b"Li5Zc29sZGUgTWlya3dlbGwuLg==",
            b"--\xfb\xef\xbe\xff\0\x01\x02\x03--",
            b"fbefbeff00010203",
            b"key: ++++/wABAgM=",
            b"key: ----_wABAgM=",
            b"key: Lvvvvv8AAQID",
            b"QUINT\xff\xfb\xef\xbe",
            b"q\0u\0i\0n\0t\0\xff\0\xfb\0\xef\0\xbe\0",
            b"\0Q\0U\0I\0N\0T\0\xff\0\xfb\0\xef\0\xbe",
            b"5175696E74FFFBEFBE",
            // The same with three letters after it, as above.
            b"UXVpbnT/++++ZW5k",
            b"YVF1aW50__vvvmVuZA==",
            b"YWJRdWludP_7775lbmQ=",
        ] {
            assert!(hunt.find(bytes).is_some(), "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(hunt.find(b"Ysolde and Mirkwell"), None);
        assert_eq!(hunt.find(b"ysolde_mirkwell quint"), None);
    }
}
