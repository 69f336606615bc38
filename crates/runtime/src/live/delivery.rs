//! A delivery as the inbox keeps it: whence it came and its bytes as they were sent, sealed.
//!
//! The bytes are read once when they are taken, and once more only if the program ended before they were
//! stepped; so what is kept is what was sent, not what was understood of it.

use crate::keys::Vault;
use bellwether_core::{Digest, Personal, Problem, Purpose, RawSignal, Timestamp};

use super::LiveError;

/// The name of the key under which deliveries wait, among the tenant's secrets.
const SECRET: &str = "inbox";

/// What was delivered.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The configured source that it came from.
    pub source: String,
    /// How its bytes are to be read, in whatever words the reader of the parcel understands.
    pub form: String,
    /// When it was taken.
    pub at: Timestamp,
    /// W3C `traceparent` of whoever sent it, if it was given.
    pub trace: Option<String>,
    /// The bytes as they were sent.
    pub body: Personal<Vec<u8>>,
    /// What tells a repetition of it, where its sender repeats what was taken.
    pub once: Option<Digest>,
}

/// The bytes that count as one signal among what waits, where there are fewer signals.
const BYTES: u64 = 4096;

impl Parcel {
    /// What it counts among those that wait: its signals, or more if it is large, and at least one. However
    /// much it is, it counts no more than all that may wait, or it could never be taken.
    pub(super) fn weight(&self, understood: &Understood, most: u64) -> u64 {
        let bytes = self.body.reveal(Purpose::Seal).len() as u64;
        (understood.signals.len() as u64).max(bytes.div_ceil(BYTES)).clamp(1, most.max(1))
    }
}

/// What was understood of a parcel.
#[derive(Clone, Debug, Default)]
pub struct Understood {
    /// Its signals.
    pub signals: Vec<Arrived>,
    /// What is wrong with the rest of it, which is kept in quarantine.
    pub refused: Option<Problem>,
}

/// When a parcel became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// With this offer.
    Now,
    /// Its sender repeated it: nothing was added.
    Before,
}

/// One signal of a parcel.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// What was understood.
    pub signal: RawSignal,
    /// W3C `traceparent` under which what follows from it is traced.
    pub trace: Option<String>,
}

/// Seals and opens what waits. Deliveries are nobody's in particular yet, so one key of the tenant's
/// serves for all of them; what is stepped is sealed again under its subjects' keys.
pub(super) struct Cover(crate::cover::Cover);

impl Cover {
    /// The cover of a tenant; its key is made at the first start.
    pub(super) fn of(vault: &mut Vault, at: Timestamp) -> Result<Self, LiveError> {
        Ok(Self(crate::cover::Cover::of(vault, SECRET, at)?))
    }

    /// Seals a parcel under its number.
    pub(super) fn seal(&self, seq: u64, parcel: &Parcel) -> Result<Vec<u8>, LiveError> {
        Ok(self.0.seal(&seq.to_be_bytes(), &written(parcel))?)
    }

    /// Opens what was sealed under a number.
    pub(super) fn open(&self, seq: u64, at: Timestamp, sealed: &[u8]) -> Result<Parcel, LiveError> {
        let opened = self.0.open(&seq.to_be_bytes(), sealed);
        opened.and_then(|bytes| read(&bytes, at)).ok_or(LiveError::Damaged { seq })
    }
}

/// Three short texts behind their lengths, then the body.
fn written(parcel: &Parcel) -> Vec<u8> {
    let body = parcel.body.reveal(Purpose::Seal);
    let mut out = Vec::with_capacity(body.len() + 128);
    for text in [&parcel.source, &parcel.form, parcel.trace.as_ref().unwrap_or(&String::new())] {
        out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(body);
    out
}

fn read(bytes: &[u8], at: Timestamp) -> Option<Parcel> {
    let mut rest = bytes;
    let mut text = || -> Option<String> {
        let (len, after) = rest.split_first_chunk::<4>()?;
        let (text, after) = after.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        rest = after;
        String::from_utf8(text.to_vec()).ok()
    };
    let (source, form, trace) = (text()?, text()?, text()?);
    let trace = Some(trace).filter(|trace| !trace.is_empty());
    Some(Parcel { source, form, at, trace, body: Personal::new(rest.to_vec()), once: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_survives_the_wait() {
        for trace in [None, Some("00-aa-bb-01".to_owned())] {
            let (source, form) = ("crm".to_owned(), String::new());
            let body = Personal::new(b"{\"a\":1}".to_vec());
            let at = Timestamp::from_secs(5);
            let parcel = Parcel { source, form, at, trace, body, once: None };
            let back = read(&written(&parcel), parcel.at).unwrap();
            assert_eq!(
                (back.source, back.form, back.trace, back.body),
                (parcel.source, parcel.form, parcel.trace, parcel.body)
            );
        }
        assert!(read(&[0, 0, 0, 9, 1], Timestamp::MIN).is_none(), "cut short");
    }
}
