//! Witness, both sides: [`Witness`] asks for a co-signature, [`Desk`] gives one.
//!
//! - In: a checkpoint that this log signed, and proofs that it continues earlier ones.
//! - Out: a co-signature that was checked against the witness's key; or why there is none.
//! - Never: believes an answer without its signature; asks more than twice.
//!
//! The protocol is c2sp.org/tlog-witness; what may be signed is decided in `ledger::witness`.

mod config;
mod desk;
mod error;

pub use config::{Configured, Witnesses};
pub use desk::{Desk, DeskError, log_key};
pub use error::CosignError;

use crate::transport::{Answer, Limits, Peer, TransportError};
use bellwether_core::Digest;
use bellwether_ledger::note::{Checkpoint, Note, Signature, VerifierKey};
use bellwether_ledger::witness::Request;
use std::time::Duration;

/// The path of a request, below a witness's address.
pub const PATH: &str = "add-checkpoint";

/// The media type of an answer that says which size was co-signed last.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// A slow witness must not hold up the log for long, and says no more than a few lines.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(3), whole: Duration::from_secs(10), answer: 64 << 10 };

/// Why a consistency proof could not be made.
pub type ProofFailure = Box<dyn std::error::Error + Send + Sync>;

/// A witness that may be asked.
#[derive(Debug)]
pub struct Witness {
    peer: Peer,
    key: VerifierKey,
}

/// What all witnesses said to one checkpoint.
#[derive(Debug)]
pub struct Cosigned {
    /// The checkpoint with every co-signature that was got.
    pub note: Note,
    /// How many co-signatures that are.
    pub signed: usize,
    /// The witnesses that did not co-sign, by the names of their keys, and why.
    pub refused: Vec<(String, CosignError)>,
}

impl Witness {
    /// A witness by its address and key.
    ///
    /// # Errors
    /// `transport-url`.
    pub fn new(witness: &Configured) -> Result<Self, TransportError> {
        let Configured { url, key, private } = witness;
        Ok(Self { peer: Peer::new(url, *private, LIMITS)?, key: key.clone() })
    }

    /// Its key.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Asks for a co-signature of a checkpoint. `last` is the size that this witness is thought to have
    /// co-signed last, 0 if that is not known; `prove` gives the proof that the tree of another size
    /// begins the checkpoint's. If the witness stands elsewhere, it is asked once more from there.
    ///
    /// # Errors
    /// [`CosignError`]; `witness-rollback`, `witness-fork` and `witness-inconsistent` mean that this log
    /// is not the one that the witness knows.
    pub fn cosign(
        &self,
        checkpoint: &Note,
        last: u64,
        mut prove: impl FnMut(u64) -> Result<Vec<Digest>, ProofFailure>,
    ) -> Result<Signature, CosignError> {
        let text: Checkpoint = checkpoint.text().parse().map_err(CosignError::Checkpoint)?;
        let size = text.head.size;
        let mut ask = |old: u64| {
            let proof = prove(old).map_err(CosignError::Proof)?;
            let request = Request { old_size: old, proof, checkpoint: checkpoint.clone() };
            let body = request.to_string();
            Ok::<_, CosignError>(self.peer.post(
                PATH,
                "text/plain; charset=utf-8",
                body.as_bytes(),
            )?)
        };
        // A log shorter than what the witness co-signed is told so by the witness.
        let mut old = last.min(size);
        let mut answer = ask(old)?;
        for turn in 0..2 {
            let Some(stands) = conflict(&answer)? else { break };
            if stands > size {
                return Err(CosignError::Rollback { witnessed: stands, size });
            }
            match (stands == old, turn) {
                (true, _) if old == size => return Err(CosignError::Fork { size }),
                (false, 0) => {
                    old = stands;
                    answer = ask(old)?;
                }
                (_, _) => return Err(CosignError::Moving { asked: old, stands }),
            }
        }
        self.signature(checkpoint, &answer)
    }

    /// The witness's signature in an answer, if it is one over this checkpoint.
    fn signature(&self, checkpoint: &Note, answer: &Answer) -> Result<Signature, CosignError> {
        match answer.status {
            200 => {}
            403 => return Err(CosignError::LogKey),
            404 => return Err(CosignError::UnknownLog),
            422 => return Err(CosignError::Inconsistent),
            status => return Err(CosignError::Status { status }),
        }
        let wrong = || CosignError::Answer { what: "its lines are no signatures" };
        let text = std::str::from_utf8(&answer.body).map_err(|_| wrong())?;
        let lines: Result<Vec<Signature>, ()> = text.lines().map(str::parse).collect();
        let own = lines.map_err(|()| wrong())?.into_iter().find(|line| line.names(&self.key));
        let own = own.ok_or(CosignError::Answer { what: "no signature is by its key" })?;
        let mut signed = Note::new(checkpoint.text()).map_err(CosignError::Signature)?;
        signed.add(own.clone());
        signed.verify(std::slice::from_ref(&self.key)).map_err(CosignError::Signature)?;
        Ok(own)
    }
}

/// Asks every witness, one after another, and adds what they sign to the checkpoint. Whether that is
/// enough is judged by `note::Trust`, whose `needed` is [`Witnesses::quorum`].
pub fn cosign(
    witnesses: &[Witness],
    checkpoint: &Note,
    last: impl Fn(&VerifierKey) -> u64,
    mut prove: impl FnMut(u64) -> Result<Vec<Digest>, ProofFailure>,
) -> Cosigned {
    let mut cosigned = Cosigned { note: checkpoint.clone(), signed: 0, refused: Vec::new() };
    for witness in witnesses {
        match witness.cosign(checkpoint, last(&witness.key), &mut prove) {
            Ok(signature) => {
                cosigned.note.add(signature);
                cosigned.signed += 1;
            }
            Err(why) => cosigned.refused.push((witness.key.name().to_owned(), why)),
        }
    }
    cosigned
}

/// The size in an answer 409: where the witness stands.
fn conflict(answer: &Answer) -> Result<Option<u64>, CosignError> {
    if answer.status != 409 {
        return Ok(None);
    }
    let wrong = || CosignError::Answer { what: "its conflict names no size" };
    let text = std::str::from_utf8(&answer.body).ok().and_then(|text| text.strip_suffix('\n'));
    let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let typed = answer.content_type.split(';').next().map(str::trim) == Some(SIZE_TYPE);
    let size = digits.and_then(|text| text.parse().ok()).filter(|_| typed);
    size.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
