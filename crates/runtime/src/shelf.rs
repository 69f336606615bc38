//! Rules on the shelf: the files of a bundle as one value, kept while a record names them.

use bellwether_ledger::json::Object;
use std::collections::BTreeMap;

/// The files as canonical JSON: path to text.
pub fn pack(files: &BTreeMap<String, String>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::new(&mut out);
    for (path, text) in files {
        object.text(path, text);
    }
    object.end();
    out
}

/// The reverse of [`pack`]; `None` when the bytes are damaged.
pub fn unpack(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let json: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(bytes).ok()?;
    json.into_iter().map(|(path, text)| Some((path, text.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back() {
        let files: BTreeMap<String, String> = [("a.yaml", "x: \"1\"\n"), ("routing/ü.yaml", "")]
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into();
        assert_eq!(unpack(&pack(&files)), Some(files));
        assert_eq!(unpack(b"[]"), None);
    }
}
