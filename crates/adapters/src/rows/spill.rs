//! Rows as bytes, so that a long import can be sorted outside of memory.
//!
//! The layout is private to one run of the program: little-endian numbers, the name of the file, one
//! word a cell, the text; what is not listed stands behind the name. Nothing is versioned because nothing is kept.

use super::{Cell, Row};
use std::sync::Arc;

const MISSING: u32 = u32::MAX;
const COMPOUND: u32 = u32::MAX - 1;

impl Row {
    /// The row as bytes. They hold personal data: spill only to files that are erased.
    pub fn to_bytes(&self) -> Vec<u8> {
        let rest = self.rest.as_deref().unwrap_or_default();
        let size = 28 + self.file.len() + 4 * self.cells.len() + self.text.len() + rest.len();
        let mut bytes = Vec::with_capacity(size);
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.line.to_le_bytes());
        bytes.extend((self.file.len() as u32).to_le_bytes());
        bytes.extend((self.cells.len() as u32).to_le_bytes());
        bytes.extend((rest.len() as u32).to_le_bytes());
        bytes.extend(self.file.as_bytes());
        bytes.extend(rest.as_bytes());
        for cell in &self.cells {
            // Texts stand one after the other, so that the end says where the next one starts.
            let word = match cell {
                Cell::Missing => MISSING,
                Cell::Compound => COMPOUND,
                Cell::Text { end, .. } => *end,
            };
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(self.text.as_bytes());
        bytes
    }

    /// The row of such bytes; `None` where they are not from [`Row::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let number = u64::from_le_bytes(*take(&mut rest)?);
        let line = word(&mut rest)?;
        let (file, count) = (word(&mut rest)? as usize, word(&mut rest)? as usize);
        let unlisted = word(&mut rest)? as usize;
        let (file, rest) = rest.split_at_checked(file)?;
        let file = Arc::from(std::str::from_utf8(file).ok()?);
        let (unlisted, mut rest) = rest.split_at_checked(unlisted)?;
        let unlisted = std::str::from_utf8(unlisted).ok()?;
        let unlisted = (!unlisted.is_empty()).then(|| unlisted.to_owned());
        let mut cells = Vec::with_capacity(count.min(rest.len() / 4));
        let mut start = 0;
        for _ in 0..count {
            cells.push(match word(&mut rest)? {
                MISSING => Cell::Missing,
                COMPOUND => Cell::Compound,
                end => {
                    let cell = Cell::Text { start, end };
                    start = end;
                    cell
                }
            });
        }
        let text = std::str::from_utf8(rest).ok()?.to_owned();
        let row = Self { number, file, line, text, cells, rest: unlisted };
        (start as usize == row.text.len()).then_some(row)
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(head)
}

fn word(rest: &mut &[u8]) -> Option<u32> {
    take(rest).map(|bytes| u32::from_le_bytes(*bytes))
}
