//! Rules on the shelf: the files of a bundle as one value, kept while a record names them.

use bellwether_ledger::json::Object;
use std::collections::BTreeMap;

/// The files (path to text) and what the rules' digest was taken of, as canonical JSON.
pub fn pack(files: &BTreeMap<String, String>, preimage: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::new(&mut out);
    let mut inner = Object::new(object.key("files"));
    for (path, text) in files {
        inner.text(path, text);
    }
    inner.end();
    object.text("preimage", preimage);
    object.end();
    out
}

/// The reverse of [`pack`]; `None` when the bytes are damaged.
pub fn unpack(bytes: &[u8]) -> Option<(BTreeMap<String, String>, String)> {
    let json: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let files = json.get("files")?.as_object()?.iter();
    let files = files.map(|(path, text)| Some((path.clone(), text.as_str()?.to_owned())));
    Some((files.collect::<Option<_>>()?, json.get("preimage")?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back() {
        let files: BTreeMap<String, String> = [("a.yaml", "x: \"1\"\n"), ("routing/ü.yaml", "")]
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into();
        assert_eq!(unpack(&pack(&files, "{}")), Some((files, "{}".to_owned())));
        assert_eq!(unpack(b"[]"), None);
    }
}
