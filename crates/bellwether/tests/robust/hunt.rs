//! Searching files and what was said for strings and bytes, in every form in which they may lie there.

use crate::world::Said;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Forms by their first four bytes, with what they are forms of.
#[derive(Default)]
struct Forms {
    by_start: BTreeMap<[u8; 4], Vec<(Vec<u8>, String)>>,
    /// By the first two: most places begin nothing.
    starts: Vec<bool>,
}

impl Forms {
    fn add(&mut self, form: Vec<u8>, of: &str) {
        self.starts.resize(1 << 16, false);
        self.starts[two(&form)] = true;
        let start = form[..4].try_into().unwrap();
        self.by_start.entry(start).or_default().push((form, of.to_owned()));
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

/// Strings and bytes in every form in which they may lie in a file.
pub(crate) struct Hunt {
    /// Plain, UTF-16 and hex, in lower case.
    folded: Forms,
    /// Bytes as they are, and base64.
    exact: Forms,
}

impl Hunt {
    /// For strings, without regard to case where case can be told.
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut hunt = Self { folded: Forms::default(), exact: Forms::default() };
        for word in words {
            let low = word.to_lowercase();
            let units: Vec<u16> = low.encode_utf16().collect();
            let little = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for form in [low.clone().into_bytes(), little, big, hex(low.as_bytes())] {
                hunt.folded.add(form, &word);
            }
            hunt.folded.add(hex(word.as_bytes()).to_ascii_lowercase(), &word);
            hunt.add_base64(word.as_bytes(), &word);
            hunt.add_base64(low.as_bytes(), &word);
        }
        hunt
    }

    /// Looks for bytes too, such as keys.
    pub(crate) fn add_bytes(&mut self, bytes: &[u8], what: &str) {
        self.exact.add(bytes.to_vec(), what);
        self.folded.add(hex(bytes), what);
        self.add_base64(bytes, what);
    }

    /// The middle of base64, wherever it begins: all but the letters that its neighbours share.
    fn add_base64(&mut self, bytes: &[u8], what: &str) {
        for skip in 0..3 {
            for last in [*b"+/", *b"-_"] {
                self.exact.add(base64(&bytes[skip..], last), what);
            }
        }
    }

    /// The first that occurs.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<&str> {
        self.exact.find(bytes).or_else(|| self.folded.find(&bytes.to_ascii_lowercase()))
    }

    #[track_caller]
    pub(crate) fn is_not_in(&self, what: &str, bytes: &[u8]) {
        assert_eq!(self.find(bytes), None, "{what}");
    }

    #[track_caller]
    pub(crate) fn was_not_said(&self, what: &str, said: &Said) {
        self.is_not_in(what, said.out.as_bytes());
        self.is_not_in(what, said.err.as_bytes());
    }

    /// Looks through every file of a folder; says how many bytes there were.
    #[track_caller]
    pub(crate) fn search(&self, folder: &Path) -> u64 {
        let mut size = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            self.is_not_in(&path.display().to_string(), &bytes);
            size += bytes.len() as u64;
        }
        size
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

#[test]
fn a_hunt_finds_what_is_there() {
    let mut hunt = Hunt::new(["Ysolde Mirkwell".to_owned(), "+1 907 555-0120".to_owned()]);
    hunt.add_bytes(&[0xfb, 0xef, 0xbe, 0xff, 0, 1, 2, 3], "a key");
    for bytes in [
        &b"..YSOLDE mirkwell.."[..],
        b"x79736F6C6465206d69726b77656c6c",
        b"59736F6C6465204d69726b77656c6c",
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
    ] {
        assert!(hunt.find(bytes).is_some(), "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(hunt.find(b"Ysolde and Mirkwell"), None);
}
