//! Refused rows as they are kept, so that a mended mapping can read them again.
//!
//! `{"cells": {PATH: TEXT}, "file": .., "line": .., "number": .., "rest": {..}}`: what the mapping read by
//! path, and what it does not list. A cell that was a list or an object is kept as `[]`.

use super::json::find;
use super::tree::Json;
use super::unlisted::quote;
use super::{Cell, Row};
use crate::mapping::Mapping;
use std::fmt::Write as _;
use std::sync::Arc;

impl Row {
    /// The row as one JSON object. It holds personal data: seal it.
    pub fn to_kept(&self, mapping: &Mapping) -> Vec<u8> {
        let mut text = String::from("{\"cells\":{");
        let mut first = true;
        for (at, path) in mapping.paths().iter().enumerate() {
            if self.cell(at) == Cell::Missing {
                continue;
            }
            text.push_str(if first { "" } else { "," });
            first = false;
            quote(&path.text, &mut text);
            text.push(':');
            match self.text(at) {
                Some(cell) => quote(cell, &mut text),
                None => text.push_str("[]"),
            }
        }
        text.push_str("},\"file\":");
        quote(&self.file, &mut text);
        let rest = self.rest.as_deref().unwrap_or("{}");
        let _ =
            write!(text, ",\"line\":{},\"number\":{},\"rest\":{rest}}}", self.line, self.number);
        text.into_bytes()
    }

    /// Whether bytes are from [`Row::to_kept`], so that a mapping can read them.
    pub fn is_kept(bytes: &[u8]) -> bool {
        let kept = std::str::from_utf8(bytes).ok().and_then(Json::read);
        kept.is_some_and(|kept| kept.get("cells").is_some() && kept.get("rest").is_some())
    }

    /// The row as another mapping reads it; `None` where the bytes are not from [`Row::to_kept`]: a row
    /// that could not even be cut into cells is kept as its bytes.
    pub fn from_kept(bytes: &[u8], mapping: &Mapping) -> Option<Self> {
        let kept = Json::read(std::str::from_utf8(bytes).ok()?)?;
        let (cells, rest) = (kept.get("cells")?, kept.get("rest")?);
        let number = |name| kept.get(name)?.text()?.parse::<u64>().ok();
        let file = Arc::from(kept.get("file")?.text()?);
        let line = u32::try_from(number("line")?).ok()?;
        let mut row = Self::new(number("number")?, &file, line, mapping.paths().len());
        for path in mapping.paths() {
            let beyond = || match path.steps.is_empty() {
                true => rest.get(path.column()),
                false => find(rest, path),
            };
            match cells.get(&path.text).or_else(beyond) {
                None | Some(Json::Null) => row.cells.push(Cell::Missing),
                Some(Json::List(_) | Json::Object(_)) => row.cells.push(Cell::Compound),
                Some(single) => row.push(single.text().unwrap_or_default()),
            }
        }
        Some(row)
    }
}
