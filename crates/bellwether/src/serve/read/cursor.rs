//! Cursors: where a list goes on, opaque to whoever holds one, and stable while others write.
//!
//! A cursor names the last row that was given by what it is sorted by, never by how many came before.

use crate::serve::problem::Refused;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use bellwether_core::Problem;
use std::fmt::Display;

/// The longest cursor that is read, in characters.
pub(crate) const LONGEST: usize = 256;

/// A cursor of a list, from what names its last row.
pub(crate) fn write(list: &str, parts: &[&dyn Display]) -> String {
    let mut text = list.to_owned();
    for part in parts {
        text.push('\n');
        text.push_str(&part.to_string());
    }
    BASE64.encode(text)
}

/// The parts of a cursor of this list.
///
/// # Errors
/// `http-cursor` for what is no cursor, or one of another list.
pub(crate) fn read(list: &str, cursor: &str) -> Result<Vec<String>, Refused> {
    let parts = || -> Option<Vec<String>> {
        if cursor.len() > LONGEST {
            return None;
        }
        let text = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
        let mut lines = text.split('\n').map(str::to_owned);
        (lines.next()? == list).then(|| lines.collect())
    };
    parts().ok_or_else(wrong)
}

/// One part of a cursor as what it stands for.
///
/// # Errors
/// `http-cursor` where it is not there or is none.
pub(crate) fn part<T: std::str::FromStr>(parts: &[String], at: usize) -> Result<T, Refused> {
    parts.get(at).and_then(|part| part.parse().ok()).ok_or_else(wrong)
}

pub(crate) fn wrong() -> Refused {
    let help = "take it from `next` of the answer before, or leave it out to begin";
    let problem = Problem::new("http-cursor", "this is no cursor of this list").help(help);
    Refused::new(StatusCode::CONFLICT, problem).at("cursor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_to_its_own_list_alone() {
        let cursor = write("rows", &[&7, &"x"]);
        let parts = read("rows", &cursor).unwrap();
        assert_eq!(part::<u64>(&parts, 0).unwrap(), 7);
        assert!(part::<u64>(&parts, 1).is_err() && part::<u64>(&parts, 2).is_err());
        for wrong in ["", "cm93cwo3", "!", &"a".repeat(LONGEST + 1)] {
            assert!(read("other", wrong).is_err(), "{wrong}");
        }
        assert!(read("other", &cursor).is_err());
    }
}
