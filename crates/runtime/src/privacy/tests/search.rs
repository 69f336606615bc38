//! Searching files for bytes: as they are, as UTF-16, in hex, and in base64.

use std::collections::HashMap;
use std::path::Path;

/// Every form in which bytes may lie in a file.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let little = bytes.iter().flat_map(|byte| [*byte, 0]).collect();
    let big = bytes.iter().flat_map(|byte| [0, *byte]).collect();
    let mut forms = vec![
        bytes.to_vec(),
        bytes.to_ascii_lowercase(),
        bytes.to_ascii_uppercase(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        little,
        big,
    ];
    // The middle of base64, wherever it begins: all but the letters that its neighbours share.
    for skip in 0..3 {
        let rest = bytes.get(skip..).unwrap_or_default();
        forms.extend([base64(rest, *b"+/"), base64(rest, *b"-_")]);
    }
    forms
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

/// The first file of a folder that holds one of the wanted in any form.
pub(super) fn holds(folder: &Path, wanted: &[Vec<u8>]) -> Option<String> {
    let forms: Vec<_> = wanted.iter().flat_map(|bytes| forms(bytes)).collect();
    let mut by_start: HashMap<[u8; 8], Vec<&Vec<u8>>> = HashMap::new();
    // Most places begin nothing: two bytes tell so.
    let mut begins = vec![false; 1 << 16];
    let two = |bytes: &[u8]| usize::from(u16::from_le_bytes([bytes[0], bytes[1]]));
    for form in &forms {
        begins[two(form)] = true;
        by_start.entry(form[..8].try_into().unwrap()).or_default().push(form);
    }
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for (place, start) in bytes.windows(8).enumerate() {
            if !begins[two(start)] {
                continue;
            }
            let Some(begun) = by_start.get(start) else { continue };
            if begun.iter().any(|form| bytes[place..].starts_with(form)) {
                return Some(path.display().to_string());
            }
        }
    }
    None
}

#[test]
fn the_search_finds_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    // Four bytes of it make `/` and `+` in base64.
    let word = b"ysolde.mirkwell\xff\xfb\xef\xbe".to_vec();
    let hex: String = word.iter().map(|byte| format!("{byte:02x}")).collect();
    let hidden = |before: &[u8], last| base64(&[before, &word, b"end"].concat(), last);
    let mut written = vec![
        [b"..", &word[..], b".."].concat(),
        word.to_ascii_uppercase(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        word.iter().flat_map(|byte| [*byte, 0]).collect(),
        word.iter().flat_map(|byte| [0, *byte]).collect(),
    ];
    for before in [&b""[..], b"a", b"ab"] {
        written.extend([hidden(before, *b"+/"), hidden(before, *b"-_")]);
    }
    for form in written {
        std::fs::write(dir.path().join("f"), &form).unwrap();
        assert!(holds(dir.path(), std::slice::from_ref(&word)).is_some(), "{form:?}");
    }
    std::fs::write(dir.path().join("f"), b"ysolde mirkwell").unwrap();
    assert_eq!(holds(dir.path(), &[word]), None);
}
