//! Reading safetensors: eight bytes of length, a JSON header, then the tensors one after another.
//!
//! - In: a stream, read once from front to back.
//! - Out: the header's entries in the order of their bytes, then the rows of each tensor that is wanted.
//! - Never: a tensor outside the file, over another, or of another type than 32-bit floating point; a
//!   number that is not finite.
//!
//! Format: the README of the project `safetensors`, version 0.4.

use crate::source::damaged;
use bellwether_core::Problem;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{self, Read};

const LARGEST_HEADER: u64 = 1 << 20;

/// One tensor as the header describes it.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// Its sizes, the slowest first.
    pub(crate) shape: Vec<usize>,
    dtype: String,
    bytes: u64,
}

#[derive(Deserialize)]
struct Described {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// Reads the header. The entries cover the rest of the file without gap or overlap.
pub(crate) fn header(reader: &mut dyn Read, file: &str) -> Result<Vec<Entry>, Problem> {
    let mut length = [0; 8];
    reader.read_exact(&mut length).map_err(|error| short(file, &error))?;
    let length = u64::from_le_bytes(length);
    if length > LARGEST_HEADER {
        return Err(damaged(file, &format!("is no safetensors file: a header of {length} bytes")));
    }
    let mut bytes = vec![0; length as usize];
    reader.read_exact(&mut bytes).map_err(|error| short(file, &error))?;
    let mut described: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&bytes)
        .map_err(|error| damaged(file, &format!("has a header that cannot be read: {error}")))?;
    described.remove("__metadata__");
    let mut entries = Vec::with_capacity(described.len());
    for (name, value) in described {
        let Described { dtype, shape, data_offsets: (start, end) } = serde_json::from_value(value)
            .map_err(|error| damaged(file, &format!("describes `{name}` wrongly: {error}")))?;
        let bytes = end.checked_sub(start).ok_or_else(|| misplaced(file, &name))?;
        entries.push((start, Entry { name, shape, dtype, bytes }));
    }
    entries.sort_by_key(|(start, _)| *start);
    let mut position = 0u64;
    for (start, entry) in &entries {
        if *start != position {
            return Err(misplaced(file, &entry.name));
        }
        position = start.checked_add(entry.bytes).ok_or_else(|| misplaced(file, &entry.name))?;
    }
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

impl Entry {
    /// Reads the tensor's values, `columns` at a time.
    pub(crate) fn rows(
        &self,
        reader: &mut dyn Read,
        columns: usize,
        file: &str,
        mut each: impl FnMut(usize, &[f32]),
    ) -> Result<(), Problem> {
        let values = self.shape.iter().try_fold(1u64, |n, size| n.checked_mul(*size as u64));
        let fits = values.and_then(|values| values.checked_mul(4)) == Some(self.bytes);
        if self.dtype != "F32" || !fits {
            let what = format!("holds `{}` as {} in {} bytes", self.name, self.dtype, self.bytes);
            return Err(damaged(file, &what));
        }
        let mut bytes = vec![0; columns * 4];
        let mut row = vec![0.0; columns];
        for number in 0..(self.bytes / 4) as usize / columns.max(1) {
            reader.read_exact(&mut bytes).map_err(|error| short(file, &error))?;
            for (value, bytes) in row.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *value = f32::from_le_bytes(*bytes);
            }
            if row.iter().any(|value| !value.is_finite()) {
                return Err(damaged(file, &format!("holds no finite number in `{}`", self.name)));
            }
            each(number, &row);
        }
        Ok(())
    }

    /// Passes over the tensor.
    pub(crate) fn skip(&self, reader: &mut dyn Read, file: &str) -> Result<(), Problem> {
        let passed = io::copy(&mut reader.take(self.bytes), &mut io::sink());
        match passed {
            Ok(passed) if passed == self.bytes => Ok(()),
            Ok(_) => Err(short(file, &io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(short(file, &error)),
        }
    }
}

/// Nothing may follow the last tensor.
pub(crate) fn end(reader: &mut dyn Read, file: &str) -> Result<(), Problem> {
    match reader.read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(damaged(file, "goes on after its last tensor")),
        Err(error) => Err(short(file, &error)),
    }
}

fn short(file: &str, error: &io::Error) -> Problem {
    damaged(file, &format!("ends too early: {error}"))
}

fn misplaced(file: &str, name: &str) -> Problem {
    damaged(file, &format!("does not place `{name}` after the tensor before it"))
}
