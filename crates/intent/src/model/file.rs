//! The bytes of a model, and what is wrong with others.
//!
//! - In and out: a line that names the format, counts and tables in little-endian order, SHA-256 of all that.
//! - Never: takes bytes whose digest is not theirs, or that another version wrote.
//!
//! ```text
//! line     "bellwether model 1\n"
//! u32      labels L, features F
//! L times  u16 length, label in UTF-8
//! F x u32  keys, ascending      F x f32  idf      F x f32  scales
//! F*L x i8 weights, row by row  L x f32  bias     32 bytes SHA-256 of everything before
//! ```

use super::{Index, Model};
use bellwether_core::Digest;

const FIRST: &str = "bellwether model ";
/// The version that is written, and the only one that is read.
pub(crate) const VERSION: &str = "1";
/// Refused above: the tables of one model must fit into memory with ease.
const MOST_LABELS: usize = 4_096;
const MOST_FEATURES: usize = 4_000_000;

/// Why bytes are no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// They do not begin as a model does.
    #[error("this is no model of Bellwether")]
    Other,
    /// They were written by another version.
    #[error("the model has format {0:?}, and this program reads format {VERSION}; train it again")]
    Version(String),
    /// Their digest is not the one at their end.
    #[error("the model was altered or cut off: its digest is not the one written at its end")]
    Altered,
    /// They end early, or hold what no model holds.
    #[error("the model is damaged: {0}")]
    Damaged(&'static str),
}

impl Model {
    /// Its bytes; equal models have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{FIRST}{VERSION}\n").into_bytes();
        for count in [self.labels.len(), self.keys.len()] {
            bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        }
        for label in &self.labels {
            bytes.extend(u16::try_from(label.len()).unwrap_or(u16::MAX).to_le_bytes());
            bytes.extend(label.as_bytes());
        }
        bytes.extend(self.keys.iter().flat_map(|key| key.to_le_bytes()));
        bytes.extend(self.idf.iter().chain(&self.scales).flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.weights.iter().flat_map(|weight| weight.to_le_bytes()));
        bytes.extend(self.bias.iter().flat_map(|value| value.to_le_bytes()));
        let digest = Digest::of(&bytes);
        bytes.extend(digest.as_bytes());
        bytes
    }

    /// The digest that names it, of its bytes without the digest at their end.
    pub fn digest(&self) -> Digest {
        let bytes = self.to_bytes();
        Digest::of(bytes.get(..bytes.len() - 32).unwrap_or_default())
    }

    /// Reads a model.
    ///
    /// # Errors
    /// Bytes that are none, of another version, altered, or damaged; see [`ModelError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let rest = checked(FIRST, bytes)?;
        Reader { rest }.model()
    }
}

/// What stands between the first line and the digest at the end, if both are right.
pub(crate) fn checked<'a>(first: &str, bytes: &'a [u8]) -> Result<&'a [u8], ModelError> {
    let rest = bytes.strip_prefix(first.as_bytes()).ok_or(ModelError::Other)?;
    let end = rest.iter().take(12).position(|byte| *byte == b'\n').ok_or(ModelError::Other)?;
    let (version, rest) = rest.split_at(end);
    if version != VERSION.as_bytes() {
        return Err(ModelError::Version(String::from_utf8_lossy(version).into_owned()));
    }
    let cut = bytes.len().checked_sub(32).ok_or(ModelError::Altered)?;
    let (body, digest) = bytes.split_at(cut);
    if Digest::of(body).as_bytes() != digest {
        return Err(ModelError::Altered);
    }
    rest.get(1..rest.len() - 32).ok_or(ModelError::Damaged("it ends early"))
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn model(&mut self) -> Result<Model, ModelError> {
        let (labels, features) = (self.count(MOST_LABELS)?, self.count(MOST_FEATURES)?);
        let labels = (0..labels).map(|_| self.label()).collect::<Result<Vec<_>, _>>()?;
        let keys = self.table(features, u32::from_le_bytes)?;
        if !keys.is_sorted_by(|one, next| one < next) {
            return Err(ModelError::Damaged("its keys are out of order"));
        }
        let (idf, scales) =
            (self.table(features, f32::from_le_bytes)?, self.table(features, f32::from_le_bytes)?);
        let weights = self.table(features * labels.len(), i8::from_le_bytes)?;
        let bias = self.table(labels.len(), f32::from_le_bytes)?;
        if !idf.iter().chain(&scales).chain(&bias).all(|value| value.is_finite()) {
            return Err(ModelError::Damaged("a weight is not a number"));
        }
        if !self.rest.is_empty() {
            return Err(ModelError::Damaged("something follows its last table"));
        }
        let index = Index::new(&keys);
        Ok(Model { labels, keys, idf, scales, weights, bias, index })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or(ModelError::Damaged("it ends early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn count(&mut self, most: usize) -> Result<usize, ModelError> {
        let count = self.table(1, u32::from_le_bytes)?.first().map_or(0, |count| *count as usize);
        if count > most { Err(ModelError::Damaged("it is too large")) } else { Ok(count) }
    }

    fn label(&mut self) -> Result<String, ModelError> {
        let length = self.table(1, u16::from_le_bytes)?.first().map_or(0, |one| usize::from(*one));
        let text = self.take(length)?.to_vec();
        String::from_utf8(text).map_err(|_| ModelError::Damaged("a label is not UTF-8"))
    }

    fn table<T, const N: usize>(
        &mut self,
        count: usize,
        read: fn([u8; N]) -> T,
    ) -> Result<Vec<T>, ModelError> {
        table(&mut self.rest, count, read)
    }
}

/// So many numbers from the beginning of some bytes.
pub(crate) fn table<T, const N: usize>(
    rest: &mut &[u8],
    count: usize,
    read: fn([u8; N]) -> T,
) -> Result<Vec<T>, ModelError> {
    let bytes = count.checked_mul(N).and_then(|bytes| rest.split_at_checked(bytes));
    let (taken, after) = bytes.ok_or(ModelError::Damaged("it ends early"))?;
    *rest = after;
    let (whole, _) = taken.as_chunks::<N>();
    Ok(whole.iter().map(|bytes| read(*bytes)).collect())
}
