//! Members of the notes about rules: written sorted by name, read by name.

use bellwether_core::Digest;

/// Members in the order in which canonical JSON wants them; empty ones are left out.
pub(super) fn members(given: &[(&str, String)]) -> Vec<(String, String)> {
    let there = given.iter().filter(|(_, text)| !text.is_empty());
    let mut members: Vec<_> =
        there.map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
    members.sort_unstable();
    members
}

/// The text of a member; empty where there is none.
pub(super) fn text<'a>(members: &'a [(String, String)], name: &str) -> &'a str {
    members.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text)
}

/// The digest that a member names.
pub(super) fn digest(members: &[(String, String)], name: &str) -> Option<Digest> {
    text(members, name).parse().ok()
}
